//! A schema compiled together with all it refers to, to say what it refuses about a value.
//!
//! That a value is refused is known before, by [`super::definition::Definition`]; only the errors of a whole name
//! the alternatives they come from. It costs as much as the graph behind the schema is large, so only the most
//! recently used ones are kept.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use jsonschema::{ValidationOptions, Validator};
use serde_json::Value;

use super::Direction;
use super::depth::{MAX_LOOKED_THROUGH, MAX_STEPS, in_place};
use super::explain::Located;
use super::format::FORMATS;
use super::lower::{self, Origins};
use super::pattern;
use crate::document::{Document, Place, Pointer};

/// The wholes of one document that are kept however large they are.
const MIN_RECENT: usize = 32;

/// The values, over all lowered schemas of one document, up to which more of them are kept.
const MAX_RECENT_SIZE: usize = 20_000;

/// A compiled whole.
pub(super) struct Whole {
    pub(super) validator: Result<Validator, String>,
    /// How many references lead on, one behind the other, without a step into the value.
    pub(super) in_place: usize,
    /// Where its parts stand in the document.
    pub(super) origins: Origins,
    /// Where in the document it was broken before.
    pub(super) located: Located,
    /// How many values it was lowered to.
    size: usize,
}

/// The wholes used most recently.
#[derive(Default)]
pub(crate) struct Recent {
    /// For each direction, by where the schema stands.
    known: [HashMap<Pointer, Used>; 2],
    /// The values in all of them.
    size: usize,
    /// How often any was asked for.
    clock: u64,
}

struct Used {
    whole: Arc<Whole>,
    /// What the clock said then.
    last: u64,
}

impl Recent {
    fn get(&mut self, pointer: &Pointer, direction: Direction) -> Option<Arc<Whole>> {
        self.clock += 1;
        let used = self.known[direction.index()].get_mut(pointer)?;
        used.last = self.clock;
        Some(Arc::clone(&used.whole))
    }

    fn keep(&mut self, pointer: Pointer, direction: Direction, whole: Arc<Whole>) {
        self.size += whole.size;
        let used = Used { whole, last: self.clock };
        if let Some(same) = self.known[direction.index()].insert(pointer, used) {
            self.size -= same.whole.size;
        }
        while self.size > MAX_RECENT_SIZE && self.known.iter().map(HashMap::len).sum::<usize>() > MIN_RECENT {
            let all = self.known.iter().enumerate();
            let all =
                all.flat_map(|(index, known)| known.iter().map(move |(at, used)| (used.last, index, at)));
            let Some((_, index, pointer)) = all.min_by_key(|(last, ..)| *last) else { return };
            let pointer = pointer.clone();
            self.size -= self.known[index].remove(&pointer).map_or(0, |used| used.whole.size);
        }
    }
}

/// How many values a value holds, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

impl Whole {
    /// The whole of the schema at a pointer of the document; `place` finds what stands there.
    pub(super) fn of<'d>(
        document: &'d Arc<Document>,
        pointer: &Pointer,
        direction: Direction,
        place: impl FnOnce() -> Place<'d>,
    ) -> Arc<Self> {
        let recent = || document.definitions().wholes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = recent().get(pointer, direction) {
            return known;
        }
        // Compiled without the lock: what two compile at once is the same.
        let compiled = Arc::new(Self::compile(document, &place(), direction));
        recent().keep(pointer.clone(), direction, Arc::clone(&compiled));
        compiled
    }

    /// Compiles the whole of a schema that may stand nowhere in the document.
    pub(super) fn compile(document: &Document, place: &Place<'_>, direction: Direction) -> Self {
        let (bundle, origins, looks_through) = lower::whole(document, place, direction);
        // What is evaluated behind references is found out when they are compiled, on the stack.
        let most = if looks_through { MAX_LOOKED_THROUGH } else { MAX_STEPS };
        let in_place = in_place(&bundle);
        let validator = match in_place > most {
            true => Err(format!("{in_place} references lead on from one another, where {most} are the most")),
            false => validator(&bundle),
        };
        Self { validator, in_place, origins, located: Located::default(), size: size(&bundle) }
    }
}

/// How every schema is compiled: as JSON Schema 2020-12, formats asserted, our own included, and patterns as ECMA-262
/// has them.
pub(super) fn options() -> ValidationOptions<'static> {
    let mut options = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .with_keyword("pattern", pattern::asserted);
    for (name, check) in FORMATS {
        options = options.with_format(name, check);
    }
    options
}

/// Compiles a schema that is lowered and refers to nothing outside itself; the error says what is wrong with it.
pub(crate) fn validator(lowered: &Value) -> Result<Validator, String> {
    options().build(lowered).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(size: usize) -> Arc<Whole> {
        let (origins, located) = (Origins::default(), Located::default());
        Arc::new(Whole { validator: Err(String::new()), in_place: 0, origins, located, size })
    }

    fn at(number: usize) -> Pointer {
        Pointer::root().index(number)
    }

    #[test]
    fn what_was_not_used_for_long_goes_where_there_is_too_much() {
        let mut recent = Recent::default();
        for number in 0..MIN_RECENT * 4 {
            recent.keep(at(number), Direction::Request, whole(1));
        }
        assert!(recent.get(&at(0), Direction::Request).is_some(), "small ones all stay");
        assert!(recent.get(&at(0), Direction::Response).is_none());
        for number in 1000..1000 + MIN_RECENT - 1 {
            recent.keep(at(number), Direction::Response, whole(MAX_RECENT_SIZE));
            assert!(recent.get(&at(0), Direction::Request).is_some(), "it is used all the time");
        }
        assert_eq!(recent.known.each_ref().map(HashMap::len), [1, MIN_RECENT - 1]);
        assert_eq!(recent.size, 1 + (MIN_RECENT - 1) * MAX_RECENT_SIZE);
    }
}
