//! One value drawn from a grammar.

mod array;
mod distinguish;
mod number;
mod object;

use serde_json::Value;

use super::Variety;
use super::grammar::{Form, FormKind, Grammar, Node, NodeId};
use super::realistic;
use super::seed::Dice;

pub(crate) use number::{decimal, exact};

/// The most nodes of one value; a schema that asks for more counts as admitting none. Every [`TEXT_NODE`] bytes of its
/// strings count as a node, so that no value is longer than some megabytes.
pub(crate) const MAX_NODES: usize = 20_000;

/// The bytes of a string that count as a node.
const TEXT_NODE: usize = 100;

/// The nodes after which nothing optional is added any more.
const PLENTY: usize = 300;

/// The depth from which nothing optional is added any more.
const DEEP: u32 = 5;

/// The draws of parts that may fail before the whole value is given up.
const PATIENCE: u32 = 2_000;

/// The forms of a node that are tried in turn where drawing fails.
const TRIED_FORMS: usize = 12;

/// The draws from one form where each is put to the judge.
const CAREFUL_DRAWS: usize = 6;

/// Why nothing was drawn, and where in the bundle.
#[derive(Debug, Clone)]
pub(crate) struct Gap {
    pub(crate) pointer: String,
    pub(crate) reason: String,
    /// Whether no other draw can do better.
    pub(crate) is_certain: bool,
}

/// Whether parts are put to the judge as they are drawn. It costs time, and is needed only where rules of a
/// part that the grammar does not know (`not`, exactly one of several) would spoil most values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Care {
    Quick,
    Careful,
}

/// The drawing of one value.
#[derive(Debug)]
pub(crate) struct Draw<'g> {
    grammar: &'g Grammar,
    pub(crate) dice: Dice,
    /// Never [`Variety::Realistic`]: that is plain, with `names`.
    variety: Variety,
    care: Care,
    /// What realistic values are called, and what holds them, the innermost last; nothing where none is wanted.
    names: Option<Vec<String>>,
    used: usize,
    patience: u32,
    /// How many optional properties in a hundred are there.
    fullness: u32,
}

impl<'g> Draw<'g> {
    /// Gets ready to draw one value.
    pub(crate) fn new(grammar: &'g Grammar, mut dice: Dice, variety: Variety, care: Care) -> Self {
        let fullness = match variety {
            Variety::Minimal => 0,
            Variety::Plain => 85,
            Variety::Realistic => 95,
            // Values that hold nearly all and values that hold nearly nothing find different mistakes.
            Variety::Wild => [10, 50, 50, 90][dice.below(4)],
        };
        let (variety, names) = match variety {
            Variety::Realistic => (Variety::Plain, Some(Vec::new())),
            variety => (variety, None),
        };
        Self { grammar, dice, variety, care, names, used: 0, patience: PATIENCE, fullness }
    }

    /// A value of a node, `depth` levels below the root.
    pub(crate) fn value(&mut self, id: NodeId, depth: u32) -> Result<Value, Gap> {
        let node = self.grammar.node(id);
        self.used += 1;
        if self.used > MAX_NODES {
            let is_least = self.variety == Variety::Minimal;
            let reason = format!(
                "a value needs more than {MAX_NODES} nodes, where {TEXT_NODE} characters count as one"
            );
            let gap = self.gap(node, reason);
            return Err(Gap { is_certain: is_least, ..gap });
        }
        let Some(height) = self.grammar.height(id) else {
            return Err(match self.grammar.contradiction(id) {
                Some(id) => {
                    let node = self.grammar.node(id);
                    if node.is_partial {
                        let reason = "the alternatives that apply here have too many combinations";
                        return Err(self.gap(node, reason.to_owned()));
                    }
                    self.certain(node, "the schemas that apply here contradict each other".to_owned())
                }
                None => {
                    let reason = "there is no finite instance: a value would contain itself without end, or nest too deep";
                    self.certain(node, reason.to_owned())
                }
            });
        };
        let mut failure: Option<Gap> = None;
        let mut is_certain = node.forms.len() <= TRIED_FORMS && !node.is_partial;
        for form in self.candidates(id, node, height, depth) {
            let draws = if self.care == Care::Careful { CAREFUL_DRAWS } else { 1 };
            for _ in 0..draws {
                match self.form(node, form, depth) {
                    Ok(value) if self.care == Care::Quick || self.grammar.admits(node, &value) => {
                        return Ok(value);
                    }
                    Ok(value) => {
                        if let Some(value) = self.distinguish(node, &value) {
                            return Ok(value);
                        }
                        let reason = "no value was found that meets all of the schema".to_owned();
                        failure.get_or_insert_with(|| self.gap(node, reason));
                        is_certain = false;
                    }
                    Err(gap) => {
                        is_certain &= gap.is_certain;
                        failure = Some(gap);
                        break;
                    }
                }
                self.patience = self.patience.saturating_sub(1);
                if self.patience == 0 || self.used > MAX_NODES {
                    break;
                }
            }
            if self.patience == 0 || self.used > MAX_NODES {
                is_certain &= self.variety == Variety::Minimal && self.patience > 0;
                break;
            }
        }
        let failure = failure.unwrap_or_else(|| self.gap(node, "nothing could be drawn".to_owned()));
        Err(Gap { is_certain, ..failure })
    }

    /// The forms to try, best first.
    fn candidates<'n>(&mut self, id: NodeId, node: &'n Node, height: u32, depth: u32) -> Vec<&'n Form> {
        if let [only] = &node.forms[..] {
            return vec![only];
        }
        let mut fitting: Vec<(u32, &Form)> =
            node.forms.iter().filter_map(|form| Some((self.grammar.height_of(id, form)?, form))).collect();
        if self.is_sparing(depth) || self.variety == Variety::Minimal {
            fitting.sort_by_key(|(own, _)| own.saturating_sub(height));
        } else {
            // Where anything goes a string says most; elsewhere null says least.
            let is_anything = fitting.len() >= 6 && node.key.is_empty();
            if !(is_anything && self.variety == Variety::Plain) {
                let order = self.dice.order(fitting.len());
                fitting = order.into_iter().map(|index| fitting[index]).collect();
                if self.variety == Variety::Plain && self.dice.chance(85) {
                    fitting.sort_by_key(|(_, form)| matches!(form.kind, FormKind::Null));
                }
            }
        }
        // Deep down what is meant may be what never ends.
        let is_any_not_meant = !self.is_sparing(depth) && fitting.iter().any(|(_, form)| !form.is_meant);
        if is_any_not_meant && (self.variety != Variety::Wild || self.dice.chance(75)) {
            fitting.sort_by_key(|(_, form)| !form.is_meant);
        }
        fitting.truncate(TRIED_FORMS);
        fitting.into_iter().map(|(_, form)| form).collect()
    }

    fn form(&mut self, node: &Node, form: &Form, depth: u32) -> Result<Value, Gap> {
        match &form.kind {
            FormKind::Values(values) => {
                let drawn = match self.variety {
                    Variety::Minimal => values.iter().find(|value| !value.is_null()).or(values.first()),
                    Variety::Plain | Variety::Realistic => {
                        let value = self.dice.pick(values);
                        value.filter(|value| !value.is_null()).or_else(|| self.dice.pick(values))
                    }
                    Variety::Wild => self.dice.pick(values),
                };
                Ok(drawn.cloned().unwrap_or_default())
            }
            FormKind::Null => Ok(Value::Null),
            FormKind::Boolean => Ok(Value::Bool(self.variety != Variety::Minimal && self.dice.chance(50))),
            FormKind::Number { rule, is_whole } => {
                if let Some(names) = &self.names
                    && let Some(value) = realistic::number(names, *is_whole, &mut self.dice)
                    && self.grammar.admits(node, &value)
                {
                    return Ok(value);
                }
                number::draw(rule, *is_whole, &mut self.dice, self.variety)
                    .map_err(|reason| self.gap(node, reason))
            }
            FormKind::Text(text) => {
                if let Some(names) = &self.names
                    && let Some(drawn) = realistic::text(names, &text.rule, &mut self.dice)
                    && text.admits(&drawn)
                {
                    return Ok(Value::String(drawn));
                }
                let drawn = text.draw(&mut self.dice, self.variety);
                let drawn = drawn
                    .map_err(|none| Gap { is_certain: none.is_certain, ..self.gap(node, none.reason) })?;
                self.used += drawn.len() / TEXT_NODE;
                Ok(Value::String(drawn))
            }
            FormKind::Array(array) => self.array(node, array, depth),
            FormKind::Object(object) => self.object(node, object, depth),
        }
    }

    /// A value of a node that is held by what is drawn, under a name.
    fn named(&mut self, name: &str, id: NodeId, depth: u32) -> Result<Value, Gap> {
        let Some(names) = &mut self.names else { return self.value(id, depth) };
        names.push(name.to_owned());
        let value = self.value(id, depth);
        self.names.iter_mut().for_each(|names| names.truncate(names.len().saturating_sub(1)));
        value
    }

    /// Whether only what must be there is drawn: the value is deep or large enough already.
    fn is_sparing(&self, depth: u32) -> bool {
        depth >= DEEP || self.used >= PLENTY
    }

    /// A failure that another draw may avoid.
    fn gap(&self, node: &Node, reason: String) -> Gap {
        Gap { pointer: self.grammar.pointer(node), reason, is_certain: false }
    }

    /// A failure that no other draw avoids.
    fn certain(&self, node: &Node, reason: String) -> Gap {
        Gap { is_certain: true, ..self.gap(node, reason) }
    }
}

/// Whether two values are the same to JSON Schema, for which `1` and `1.0` are one number.
pub(crate) fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| is_same(value, other)))
        }
        _ => left == right,
    }
}
