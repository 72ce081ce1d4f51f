//! What draws the values of one schema.

use std::sync::Arc;

use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::canonical::{Canonical, canonical};
use super::draw::{Care, Draw, Gap};
use super::grammar::{Grammar, NodeId};
use super::no_instance::NoInstance;
use super::seed::{Dice, Seed, runner};
use super::shrink::Hints;
use super::variety::Variety;
use crate::schema::{Direction, Schema};

/// The quick draws of a value before parts are put to the judge as they are drawn.
const QUICK_DRAWS: usize = 4;

/// The careful draws of a value before it is given up.
const CAREFUL_DRAWS: usize = 12;

/// What draws the values of one schema in one direction.
#[derive(Debug)]
pub(crate) struct Generator {
    /// What values are drawn from: the document's own schema or its canonical form.
    grammar: Grammar,
    root: NodeId,
    /// The document's own schema, where values are drawn from another form.
    own: Option<Grammar>,
    /// A valid value, kept for when drawing another fails.
    witness: Value,
}

impl Generator {
    /// The generator of a schema; made once and kept with the schema.
    pub(crate) fn of(schema: &Schema, direction: Direction) -> Result<Arc<Self>, NoInstance> {
        schema.generator(direction, || Self::make(schema, direction).map(Arc::new)).clone()
    }

    fn make(schema: &Schema, direction: Direction) -> Result<Self, NoInstance> {
        let bundle = schema.bundle(direction);
        let judge = |value: &Value| schema.is_valid(value, direction);
        let gap = match Self::by_shape(bundle, &judge) {
            Ok(generator) => return Ok(generator),
            Err(gap) => gap,
        };
        let message = match rewritten(bundle, &gap) {
            Canonical::Nothing => format!("no value is valid: {}", gap.reason),
            Canonical::Unknown => gap.reason,
            Canonical::Schema(rewritten) => match Self::by_shape(&Arc::new(rewritten), &judge) {
                Ok(generator) => return Ok(Self { own: Some(Grammar::new(bundle)), ..generator }),
                Err(_) => gap.reason,
            },
        };
        Err(NoInstance { pointer: schema.document_pointer(direction, &gap.pointer), message })
    }

    /// A generator that goes by the shape of a bundle, where one valid value at least can be drawn.
    fn by_shape(bundle: &Arc<Value>, judge: &dyn Fn(&Value) -> bool) -> Result<Self, Gap> {
        let grammar = Grammar::new(bundle);
        let root = grammar.root();
        let mut made = Self { grammar, root, own: None, witness: Value::Null };
        let mut runner = runner(&Seed::derive(0, &["witness"], 0));
        let mut last = made.draw(&mut runner, Variety::Minimal, judge);
        for variety in [Variety::Plain, Variety::Wild, Variety::Wild] {
            match &last {
                Err(gap) if !gap.is_certain => {}
                _ => break,
            }
            last = made.draw(&mut runner, variety, judge).or(last);
        }
        made.witness = last?;
        Ok(made)
    }

    /// A value that the judge admits; where a few draws find none, a value that was found before.
    pub(crate) fn value(
        &self,
        runner: &mut TestRunner,
        variety: Variety,
        judge: &dyn Fn(&Value) -> bool,
    ) -> Value {
        self.draw(runner, variety, judge).unwrap_or_else(|_| self.witness.clone())
    }

    /// The valid value that was found first: about the least there is.
    pub(crate) fn witness(&self) -> &Value {
        &self.witness
    }

    /// What values shrink to: the least one as a whole, and the values that the schema lists.
    pub(crate) fn hints(&self) -> Hints {
        Hints { wholes: vec![self.witness.clone()], members: self.members() }
    }

    /// The values that the schema lists.
    pub(crate) fn members(&self) -> Vec<Value> {
        self.grammar().members()
    }

    /// The document's own schema.
    pub(crate) fn grammar(&self) -> &Grammar {
        self.own.as_ref().unwrap_or(&self.grammar)
    }

    fn draw(
        &self,
        runner: &mut TestRunner,
        variety: Variety,
        judge: &dyn Fn(&Value) -> bool,
    ) -> Result<Value, Gap> {
        let mut failure = None;
        for attempt in 0..QUICK_DRAWS + CAREFUL_DRAWS {
            let care = if attempt < QUICK_DRAWS { Care::Quick } else { Care::Careful };
            match Draw::new(&self.grammar, Dice::of(runner), variety, care).value(self.root, 0) {
                Ok(value) if judge(&value) => return Ok(value),
                Ok(_) => {}
                Err(gap) if gap.is_certain => return Err(gap),
                Err(gap) => failure = Some(gap),
            }
        }
        Err(failure.unwrap_or_else(|| Gap {
            pointer: String::new(),
            reason: "no value was found that the schema admits".to_owned(),
            is_certain: false,
        }))
    }
}

/// The bundle in canonical form, where that can help.
fn rewritten(bundle: &Value, gap: &Gap) -> Canonical {
    if gap.is_certain { Canonical::Unknown } else { canonical(bundle) }
}
