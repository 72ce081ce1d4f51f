//! The mending of one value, from the root down.

use serde_json::Value;

use super::change::{Change, Remedy};
use super::convert::{self, Content};
use super::near;
use crate::document::Pointer;
use crate::generate::Variety;
use crate::generate::draw::{Care, Draw, is_same};
use crate::generate::grammar::{Form, FormKind, Grammar, Node, NodeId};
use crate::generate::seed::Dice;

/// The places that are looked at before the value is given up, each as often as it is tried.
const MAX_STEPS: u32 = 10_000;

/// The deepest place that is mended; what is wrong further down is wrong with the place above it.
const MAX_DEPTH: u32 = 64;

/// The forms that are tried at one place.
const TRIED_FORMS: usize = 6;

/// The values that are drawn for a place before it is given up.
const DRAWS: usize = 8;

/// The mending of one value.
pub(super) struct Mender<'g> {
    pub(super) grammar: &'g Grammar,
    dice: Dice,
    steps: u32,
    depth: u32,
    changes: Vec<Change>,
    /// How many values the changes lose.
    lost: u32,
}

/// How far the mending had come.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    changes: usize,
    lost: u32,
}

/// A way to mend a place that is kept while others are tried.
struct Way {
    value: Value,
    changes: Vec<Change>,
    lost: u32,
}

impl Way {
    /// What is wrong with it, so to speak: a change is better than a value lost as well.
    fn cost(&self) -> u32 {
        self.lost.saturating_add(u32::try_from(self.changes.len()).unwrap_or(u32::MAX))
    }
}

impl<'g> Mender<'g> {
    pub(super) fn new(grammar: &'g Grammar, dice: Dice) -> Self {
        Self { grammar, dice, steps: MAX_STEPS, depth: 0, changes: Vec::new(), lost: 0 }
    }

    /// What the changes cost so far: a change is better than a value lost as well.
    pub(super) fn cost(&self) -> usize {
        self.changes.len() + self.lost as usize
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// The whole value, mended; nothing where it cannot be.
    pub(super) fn mend_root(&mut self, id: NodeId, value: &Value) -> Option<Value> {
        self.mend(id, value, &Pointer::root())
    }

    /// The value of a place, mended; nothing where no value of the place was found.
    pub(super) fn mend(&mut self, id: NodeId, value: &Value, at: &Pointer) -> Option<Value> {
        let node = self.grammar.node(id);
        if self.grammar.verdict(node, value) == Some(true) {
            return Some(value.clone());
        }
        if self.steps == 0 || self.grammar.height(id).is_none() {
            return None;
        }
        self.steps -= 1;
        if let Some(read) = convert::readings(value, node).into_iter().find(|read| self.fits(node, read)) {
            self.note(at.as_str().to_owned(), Remedy::Read, Some(read.clone()), 0);
            return Some(read);
        }
        if self.depth < MAX_DEPTH {
            self.depth += 1;
            let mended = self.mend_inside(node, value, at);
            self.depth -= 1;
            if mended.is_some() || self.steps == 0 {
                return mended;
            }
        }
        let made = self.make(id, &[])?;
        self.note(at.as_str().to_owned(), Remedy::Replaced, Some(made.clone()), size(value));
        Some(made)
    }

    /// The value mended by mending its parts, or the parts of what it means.
    fn mend_inside(&mut self, node: &'g Node, value: &Value, at: &Pointer) -> Option<Value> {
        let start = self.mark();
        let mut best = None;
        for form in self.nearest(node, value) {
            let mended = self.by_form(node, form, value, at);
            self.keep_better(start, size(value), mended, &mut best);
        }
        for Content { value: inner, lost } in convert::contents(value, node) {
            if best.as_ref().is_some_and(|way: &Way| way.cost() <= 1 + lost) {
                continue;
            }
            let note = |mender: &mut Self| {
                mender.note(at.as_str().to_owned(), Remedy::Read, Some(inner.clone()), lost);
            };
            if self.fits(node, &inner) {
                note(self);
                self.keep_better(start, size(&inner) + lost, Some(inner.clone()), &mut best);
                continue;
            }
            for form in self.nearest(node, &inner) {
                note(self);
                let mended = self.by_form(node, form, &inner, at);
                self.keep_better(start, size(&inner) + lost, mended, &mut best);
            }
        }
        let way = best?;
        self.changes.extend(way.changes);
        self.lost = self.lost.saturating_add(way.lost);
        Some(way.value)
    }

    fn nearest(&self, node: &'g Node, value: &Value) -> Vec<&'g Form> {
        let mut forms = near::order(self.grammar, node, value);
        forms.truncate(TRIED_FORMS);
        forms
    }

    /// Ends a try that began at `start`: keeps it as the best way where it is better than the one before, and where
    /// something is left of the `all` values there were.
    fn keep_better(&mut self, start: Mark, all: u32, mended: Option<Value>, best: &mut Option<Way>) {
        let changes = self.changes.split_off(start.changes);
        let lost = self.lost - start.lost;
        self.lost = start.lost;
        let Some(value) = mended else { return };
        let way = Way { value, changes, lost };
        let is_better = best.as_ref().is_none_or(|best| way.cost() < best.cost());
        // The container itself is no loss, and no gain.
        if is_better && (lost == 0 || lost + 1 < all) {
            *best = Some(way);
        }
    }

    fn by_form(&mut self, node: &'g Node, form: &'g Form, value: &Value, at: &Pointer) -> Option<Value> {
        let mended = match (&form.kind, value) {
            (FormKind::Object(form), Value::Object(members)) => self.object(form, members, at)?,
            (FormKind::Array(form), Value::Array(items)) => self.array(form, items, at)?,
            _ => return None,
        };
        match self.grammar.verdict(node, &mended) {
            Some(false) => self.distinguished(node, mended, at),
            // Where a place cannot be judged apart from what is around it, the judge of the whole will tell.
            Some(true) | None => Some(mended),
        }
    }

    /// An object that fits several branches of a `oneOf`, with a property more that leaves it one.
    fn distinguished(&mut self, node: &'g Node, value: Value, at: &Pointer) -> Option<Value> {
        let mut draw = Draw::new(self.grammar, self.dice.split(), Variety::Plain, Care::Careful);
        let distinct = draw.distinguish(node, &value)?;
        let (before, after) = (value.as_object()?, distinct.as_object()?);
        for (name, member) in after {
            if before.get(name) != Some(member) {
                self.note(at.join(name).to_string(), Remedy::Added, Some(member.clone()), 0);
            }
        }
        Some(distinct)
    }

    /// A new value of a place that differs from the ones given: what the place's schema shows of it, or a generated one.
    pub(super) fn make(&mut self, id: NodeId, others: &[Value]) -> Option<Value> {
        let node = self.grammar.node(id);
        self.grammar.height(id)?;
        let is_new = |value: &Value| !others.iter().any(|other| is_same(other, value));
        if let Some(shown) = self.grammar.documented(node).iter().find(|shown| is_new(shown)) {
            return Some(shown.clone());
        }
        (0..DRAWS).find_map(|attempt| {
            let care = if attempt * 2 < DRAWS { Care::Quick } else { Care::Careful };
            let mut draw = Draw::new(self.grammar, self.dice.split(), Variety::Plain, care);
            let drawn = draw.value(id, self.depth).ok()?;
            (self.fits(node, &drawn) && is_new(&drawn)).then_some(drawn)
        })
    }

    /// Whether a value is not known to be wrong at a place.
    pub(super) fn fits(&self, node: &Node, value: &Value) -> bool {
        self.grammar.admits(node, value)
    }

    /// Writes down a change that loses some values.
    pub(super) fn note(&mut self, pointer: String, remedy: Remedy, put: Option<Value>, lost: u32) {
        self.changes.push(Change::new(pointer, remedy, put));
        self.lost = self.lost.saturating_add(lost);
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { changes: self.changes.len(), lost: self.lost }
    }

    /// Forgets the changes since a mark.
    pub(super) fn back_to(&mut self, mark: Mark) {
        self.changes.truncate(mark.changes);
        self.lost = mark.lost;
    }
}

/// How many values a value is made of, itself included.
pub(super) fn size(value: &Value) -> u32 {
    let sum = |sizes: &mut dyn Iterator<Item = u32>| sizes.fold(1_u32, u32::saturating_add);
    match value {
        Value::Array(items) => sum(&mut items.iter().map(size)),
        Value::Object(members) => sum(&mut members.values().map(size)),
        _ => 1,
    }
}
