//! The strategy of invalid values.

use std::fmt;
use std::sync::{Arc, LazyLock};

use proptest::strategy::{NewTree, SBoxedStrategy, Strategy};
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::breaking::Breaking;
use super::describe::describe;
use super::target::{Rule, Targets};
use crate::document::Pointer;
use crate::generate::draw::{Care, Draw};
use crate::generate::generator::Generator;
use crate::generate::grammar::{Grammar, Source};
use crate::generate::no_instance::NoInstance;
use crate::generate::seed::{Dice, Seed, runner};
use crate::generate::shrink::{Hints, Shrinking};
use crate::generate::variety::Variety;
use crate::schema::{Direction, Schema, SchemaViolation};
use crate::violation::Part;

/// The rules that are tried on one valid value.
const TRIED_RULES: usize = 24;

/// The valid values that are tried before a case is given up.
const TRIED_VALUES: usize = 3;

/// The same, those included about which no rule is stated.
const TRIED_BASES: usize = 16;

/// The values of any kind that are tried last.
const GUESSES: usize = 8;

/// The cases that are tried before a schema counts as admitting everything.
const TRIED_CASES: u64 = 6;

/// How often in a hundred a value is taken that breaks more than was meant.
const MESSY: u32 = 10;

/// An invalid value and the rule it breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct BrokenValue {
    /// The value.
    pub value: Value,
    /// What it breaks, as the validator found it.
    pub constraint: Constraint,
}

/// A rule of the document that something breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// The part of the message; the body, where it is not known of what a value is a part.
    pub part: Part,
    /// The keyword, or another rule as in [`crate::Violation::rule`].
    pub keyword: String,
    /// Where in the value, as a JSON Pointer; for a missing property, the object that lacks it.
    pub pointer: String,
    /// Where in the document the rule stands, as a JSON Pointer.
    pub document_pointer: String,
    /// One line: what must be, and what is sent.
    pub description: String,
}

/// The invalid values of a schema.
///
/// - Each is a valid value with one rule broken that the document states about one place in it, as far as that can
///   be had; the rule named is one that the validator found broken.
/// - They shrink to smaller values that break the same rule.
///
/// - Where no value is valid, they are any values.
///
/// # Errors
///
/// When the schema admits everything, or nearly so.
pub fn negative(schema: &Schema, direction: Direction) -> Result<SBoxedStrategy<BrokenValue>, NoInstance> {
    let breaker = Arc::new(Breaker::new(schema, direction)?);
    Ok(Negative { breaker }.sboxed())
}

/// Breaks values of one schema.
pub(crate) struct Breaker {
    schema: Schema,
    direction: Direction,
    /// What draws the valid values to break; nothing where none is valid.
    generator: Option<Arc<Generator>>,
    /// An invalid value, kept for when breaking another one fails.
    witness: Option<(BrokenValue, usize)>,
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Breaker {
    /// The breaker of a schema that refuses something.
    pub(crate) fn new(schema: &Schema, direction: Direction) -> Result<Self, NoInstance> {
        let generator = Generator::of(schema, direction).ok();
        let mut breaker = Self { schema: schema.clone(), direction, generator, witness: None };
        let cases = 0..TRIED_CASES;
        breaker.witness = cases
            .map(|index| Seed::derive(0, &["broken witness"], index))
            .find_map(|seed| breaker.draw(&mut runner(&seed), &|_| true));
        match breaker.witness {
            Some(_) => Ok(breaker),
            None => Err(NoInstance {
                pointer: schema.pointer().to_string(),
                message: "no value was found that the schema refuses".to_owned(),
            }),
        }
    }

    /// A broken value and how much more it breaks than was meant; one found before where a few draws find none.
    pub(crate) fn value(&self, runner: &mut TestRunner) -> Option<(BrokenValue, usize)> {
        self.draw(runner, &|_| true).or_else(|| self.witness.clone())
    }

    /// A broken value that `is_usable` accepts, and how much more it breaks than was meant: mostly nothing.
    pub(crate) fn draw(
        &self,
        runner: &mut TestRunner,
        is_usable: &dyn Fn(&BrokenValue) -> bool,
    ) -> Option<(BrokenValue, usize)> {
        let mut tried = 0;
        for generator in self.generator.iter().cycle().take(TRIED_BASES) {
            let judge = |value: &Value| self.schema.is_valid(value, self.direction);
            let base = generator.value(runner, Variety::Wild, &judge);
            let (is_ruled, broken) = self.break_one(generator, &base, &mut Dice::of(runner), is_usable);
            tried += usize::from(is_ruled);
            if broken.is_some() {
                return broken;
            }
            if tried >= TRIED_VALUES {
                break;
            }
        }
        self.guess(&mut Dice::of(runner), is_usable)
    }

    /// Whether any rule is stated about a valid value, and the value with one of them broken.
    fn break_one(
        &self,
        generator: &Generator,
        base: &Value,
        dice: &mut Dice,
        is_usable: &dyn Fn(&BrokenValue) -> bool,
    ) -> (bool, Option<(BrokenValue, usize)>) {
        let (grammar, root) = generator.grammar();
        let targets = Targets::of(grammar, &[root], base);
        let mut nearest: Option<(bool, BrokenValue, usize)> = None;
        for index in dice.order(targets.rules.len()).into_iter().take(TRIED_RULES) {
            let Some(((shape, rule), spots)) = targets.rules.get_index(index) else { continue };
            let Some(spot) = dice.pick(spots).and_then(|spot| targets.spots.get(*spot)) else { continue };
            let mut breaking = Breaking { grammar, dice: &mut *dice };
            let Some(value) = breaking.apply(base, spot, *shape, rule) else { continue };
            let Some((broken, others)) = self.judged(value, Some((&spot.pointer, rule)), None) else {
                continue;
            };
            if !is_usable(&broken) {
                continue;
            }
            let found = &broken.constraint;
            let is_other = !(rule.is_place(&spot.pointer, &found.pointer) && rule.is_keyword(&found.keyword));
            // Some rules cannot be broken alone; they get their turn, now and then.
            if !is_other && (others == 0 || dice.chance(MESSY)) {
                return (true, Some((broken, others)));
            }
            if nearest.as_ref().is_none_or(|(is_far, _, fewest)| (is_other, others) < (*is_far, *fewest)) {
                nearest = Some((is_other, broken, others));
            }
        }
        (!targets.rules.is_empty(), nearest.map(|(_, broken, others)| (broken, others)))
    }

    /// Any value that happens to be invalid, for rules that cannot be broken on purpose.
    fn guess(
        &self,
        dice: &mut Dice,
        is_usable: &dyn Fn(&BrokenValue) -> bool,
    ) -> Option<(BrokenValue, usize)> {
        static ANYTHING: LazyLock<Grammar> =
            LazyLock::new(|| Grammar::new(Source::Bundle(Arc::new(Value::Bool(true)))));
        let grammar = &*ANYTHING;
        let anything = grammar.node_of(&[]);
        (0..GUESSES).find_map(|_| {
            let mut draw = Draw::new(grammar, dice.split(), Variety::Wild, Care::Quick);
            let (broken, others) = self.judged(draw.value(anything, 0).ok()?, None, None)?;
            is_usable(&broken).then_some((broken, others))
        })
    }

    /// What a value breaks, and how much else it breaks; nothing where it is valid, or does not break `same`.
    fn judged(
        &self,
        value: Value,
        meant: Option<(&Pointer, &Rule)>,
        same: Option<&Constraint>,
    ) -> Option<(BrokenValue, usize)> {
        if self.schema.is_valid(&value, self.direction) {
            return None;
        }
        let violations = self.schema.violations(&value, self.direction);
        let is_meant = |violation: &&SchemaViolation| {
            meant.is_none_or(|(pointer, rule)| {
                rule.is_place(pointer, &violation.instance_pointer) && rule.is_keyword(&violation.keyword)
            }) && same.is_none_or(|constraint| {
                violation.keyword == constraint.keyword
                    && violation.document_pointer == constraint.document_pointer
            })
        };
        let found = violations.iter().find(is_meant);
        if found.is_none() && same.is_some() {
            return None;
        }
        let others = violations.len() - usize::from(found.is_some());
        let violation = found.or(violations.first())?;
        let stated = Pointer::from_escaped(violation.document_pointer.as_str());
        let stated = stated.find(self.schema.document().root());
        let is_keyword = violation.document_pointer.ends_with(&format!("/{}", violation.keyword));
        let constraint = Constraint {
            part: Part::Body,
            keyword: violation.keyword.clone(),
            pointer: violation.instance_pointer.clone(),
            document_pointer: violation.document_pointer.clone(),
            description: describe(violation, stated.filter(|_| is_keyword), &value),
        };
        Some((BrokenValue { value, constraint }, others))
    }

    /// What a value breaks of the rule that stands at a place of the document, in one line.
    pub(crate) fn describe(&self, value: &Value, keyword: &str, document_pointer: &str) -> Option<String> {
        let rule = Constraint {
            part: Part::Body,
            keyword: keyword.to_owned(),
            pointer: String::new(),
            document_pointer: document_pointer.to_owned(),
            description: String::new(),
        };
        self.judged(value.clone(), None, Some(&rule)).map(|(broken, _)| broken.constraint.description)
    }

    /// A value that breaks the same rule as another one, and at most as many others.
    pub(crate) fn same(&self, value: &Value, constraint: &Constraint, most: usize) -> Option<BrokenValue> {
        let (mut broken, others) = self.judged(value.clone(), None, Some(constraint))?;
        broken.constraint.part = constraint.part.clone();
        (others <= most).then_some(broken)
    }
}

#[derive(Debug)]
struct Negative {
    breaker: Arc<Breaker>,
}

impl Strategy for Negative {
    type Tree = Shrinking<BrokenValue>;
    type Value = BrokenValue;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let (broken, others) = self.breaker.value(runner).ok_or("no value was broken")?;
        let generator = self.breaker.generator.as_ref();
        let members = generator.map(|generator| generator.members()).unwrap_or_default();
        let hints = Hints { wholes: Vec::new(), members };
        let breaker = Arc::clone(&self.breaker);
        let constraint = broken.constraint.clone();
        let read = move |value: &Value| breaker.same(value, &constraint, others);
        Ok(Shrinking::new(broken.value.clone(), broken, hints, Box::new(read)))
    }
}
