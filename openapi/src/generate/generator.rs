//! What draws the values of one schema.

use std::sync::Arc;

use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::canonical::{Canonical, canonical};
use super::draw::{Care, Draw, Gap};
use super::grammar::{Grammar, ShapeId, Source};
use super::no_instance::NoInstance;
use super::seed::{Dice, Seed, runner};
use super::shrink::Hints;
use super::variety::Variety;
use crate::document::{Document, Pointer};
use crate::schema::{Direction, Discriminators, Schema};

/// The quick draws of a value before parts are put to the judge as they are drawn.
const QUICK_DRAWS: usize = 4;

/// The careful draws of a value before it is given up.
const CAREFUL_DRAWS: usize = 12;

/// What draws the values of one schema in one direction.
#[derive(Debug)]
pub(crate) struct Generator {
    /// The document's own schema, with what discriminators tell apart in it.
    own: Grammared,
    /// The document's own schema alone.
    plain: Grammared,
    /// Its canonical form, where values are drawn from that.
    rewritten: Option<Grammared>,
    /// A valid value, kept for when drawing another fails.
    witness: Value,
}

impl Generator {
    /// The generator of a schema; made once and kept with the schema.
    pub(crate) fn of(schema: &Schema, direction: Direction) -> Result<Arc<Self>, NoInstance> {
        schema.generator(direction, || Self::make(schema, direction).map(Arc::new)).clone()
    }

    fn make(schema: &Schema, direction: Direction) -> Result<Self, NoInstance> {
        let judge = |value: &Value| schema.is_valid(value, direction);
        let nowhere = || NoInstance {
            pointer: schema.pointer().to_string(),
            message: "there is no schema here".to_owned(),
        };
        let plain = Grammared::of(schema, direction, Discriminators::Ignored).ok_or_else(nowhere)?;
        let hinted = match schema.shared_document().definitions().discriminators(schema.document()) {
            Discriminators::Followed => Grammared::of(schema, direction, Discriminators::Followed),
            Discriminators::Ignored => None,
        };
        // Discriminators are hints: where they leave nothing they are none.
        if let Some(own) = hinted
            && let Ok(witness) = own.witness(&judge)
        {
            return Ok(Self { own, plain, rewritten: None, witness });
        }
        let own = plain.clone();
        let gap = match own.witness(&judge) {
            Ok(witness) => return Ok(Self { own, plain, rewritten: None, witness }),
            Err(gap) => gap,
        };
        let message = match rewritten(schema, direction, &gap) {
            Canonical::Nothing => format!("no value is valid: {}", gap.reason),
            Canonical::Unknown => gap.reason,
            Canonical::Schema(bundle) => {
                let rewritten = Grammared::rewritten(bundle);
                match rewritten.as_ref().map(|rewritten| rewritten.witness(&judge)) {
                    Some(Ok(witness)) => return Ok(Self { own, plain, rewritten, witness }),
                    _ => gap.reason,
                }
            }
        };
        // What no schema is said of has no place.
        let pointer = if gap.pointer.is_empty() { schema.pointer().to_string() } else { gap.pointer };
        Err(NoInstance { pointer, message })
    }

    /// A value that the judge admits; where a few draws find none, a value that was found before.
    pub(crate) fn value(
        &self,
        runner: &mut TestRunner,
        variety: Variety,
        judge: &dyn Fn(&Value) -> bool,
    ) -> Value {
        let drawn = self.rewritten.as_ref().unwrap_or(&self.own).draw(runner, variety, judge);
        drawn.unwrap_or_else(|_| self.witness.clone())
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
        self.own.grammar.members(self.own.root)
    }

    /// What the document's own schema says, whatever its discriminators tell apart, with its root there.
    pub(crate) fn grammar(&self) -> (&Grammar, ShapeId) {
        (&self.plain.grammar, self.plain.root)
    }
}

/// What values of a schema are made of, and its root there: first with its discriminators followed, where there are
/// any, then without; none where there is no schema.
///
/// Unlike [`Generator::of`] it does not ask whether there is any value.
pub(super) fn grounds(schema: &Schema, direction: Direction) -> Vec<(Arc<Grammar>, ShapeId)> {
    let hinted = schema.shared_document().definitions().discriminators(schema.document());
    let all = if hinted == Discriminators::Followed {
        vec![Discriminators::Followed, Discriminators::Ignored]
    } else {
        vec![Discriminators::Ignored]
    };
    let grammared = all.into_iter().filter_map(|followed| Grammared::of(schema, direction, followed));
    grammared.map(|own| (own.grammar, own.root)).collect()
}

/// Whether every value of the schema at a place of the document would hold another one, without end.
pub(crate) fn is_endless(document: &Arc<Document>, pointer: &Pointer, direction: Direction) -> bool {
    let schema = Schema::new(document, pointer.clone());
    Grammared::of(&schema, direction, Discriminators::Ignored).is_some_and(|own| {
        let node = own.grammar.node_of(&[own.root]);
        own.grammar.height(node).is_none() && own.grammar.contradiction(node).is_none()
    })
}

/// A schema in a grammar.
#[derive(Debug, Clone)]
struct Grammared {
    grammar: Arc<Grammar>,
    root: ShapeId,
}

impl Grammared {
    /// A schema of a document, in the grammar that it shares with all others there.
    fn of(schema: &Schema, direction: Direction, discriminators: Discriminators) -> Option<Self> {
        let document = schema.shared_document();
        let source =
            |made| Source::Document { document: Arc::downgrade(document), direction, discriminators, made };
        let (grammar, pointer) = match schema.as_made() {
            None => {
                let shared =
                    document.definitions().grammar(direction, discriminators, || Grammar::new(source(None)));
                (Arc::clone(shared), schema.pointer().as_str())
            }
            Some(made) => {
                let made = Some((schema.pointer().clone(), Arc::clone(made)));
                (Arc::new(Grammar::new(source(made))), "")
            }
        };
        Some(Self { root: grammar.unit(pointer)?, grammar })
    }

    fn rewritten(bundle: Value) -> Option<Self> {
        let grammar = Arc::new(Grammar::new(Source::Bundle(Arc::new(bundle))));
        Some(Self { root: grammar.unit("")?, grammar })
    }

    /// A valid value, about the least there is.
    fn witness(&self, judge: &dyn Fn(&Value) -> bool) -> Result<Value, Gap> {
        let mut runner = runner(&Seed::derive(0, &["witness"], 0));
        let mut last = self.draw(&mut runner, Variety::Minimal, judge);
        for variety in [Variety::Plain, Variety::Wild, Variety::Wild] {
            match &last {
                Err(gap) if !gap.is_certain => {}
                _ => break,
            }
            last = self.draw(&mut runner, variety, judge).or(last);
        }
        last
    }

    fn draw(
        &self,
        runner: &mut TestRunner,
        variety: Variety,
        judge: &dyn Fn(&Value) -> bool,
    ) -> Result<Value, Gap> {
        let root = self.grammar.node_of(&[self.root]);
        let mut failure = None;
        for attempt in 0..QUICK_DRAWS + CAREFUL_DRAWS {
            let care = if attempt < QUICK_DRAWS { Care::Quick } else { Care::Careful };
            match Draw::new(&self.grammar, Dice::of(runner), variety, care).value(root, 0) {
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

/// The schema in canonical form, where that can help.
fn rewritten(schema: &Schema, direction: Direction, gap: &Gap) -> Canonical {
    if gap.is_certain { Canonical::Unknown } else { canonical(schema.bundle(direction)) }
}
