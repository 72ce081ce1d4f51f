//! Requests with exactly one thing wrong.

use std::sync::Arc;

use bytes::Bytes;
use proptest::strategy::{NewTree, SBoxedStrategy, Strategy};
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::form::{from_json, to_json};
use super::plan::{Plan, Slot, Source, place};
use crate::codec::{BodyValue, Payload, RequestValues, encode_request, media};
use crate::contract::{Location, Operation};
use crate::generate::negative::{Breaker, BrokenValue, Constraint};
use crate::generate::no_instance::NoInstance;
use crate::generate::seed::{Dice, Seed, runner};
use crate::generate::shrink::{Hints, Shrinking};
use crate::generate::variety::Variety;
use crate::schema::Direction;
use crate::validate::Reading;
use crate::violation::{Part, Violation};

/// How often a way to be wrong is tried before what came of it once is taken again.
const ATTEMPTS: usize = 4;

/// How often each way to be wrong is tried before it counts as not possible.
const PROBES: u64 = 6;

/// The least that is cut off the end of a body: without less than this, a multipart body is still one.
const MIN_CUT: usize = 5;

/// Media types to send a body as that its operation does not document.
const OTHER_MEDIA_TYPES: [&str; 5] = [
    "text/plain",
    "application/xml",
    "application/json",
    "application/octet-stream",
    "application/x-undocumented",
];

/// A request with one thing wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct BrokenRequest {
    /// Its values, the wrong one among them.
    pub values: RequestValues,
    /// What it was made to break, which was found broken after the request was encoded and decoded again.
    pub constraint: Constraint,
}

/// The requests of an operation that have one thing wrong: a value of a parameter or of the body, a required part
/// that is missing, a body that is no JSON, XML or multipart, or a media type that is not documented.
///
/// - Everything else is valid, and no other part breaks the contract.
/// - What is wrong survives encoding: `7` for a string in a query is no mistake there, and is not generated.
/// - An undeclared parameter is not wrong.
///
/// # Errors
///
/// When no valid request can be generated to start from, or nothing about one can be wrong.
pub fn negative_request(operation: &Arc<Operation>) -> Result<SBoxedStrategy<BrokenRequest>, NoInstance> {
    let plan = Plan::new(operation)?;
    let mut faulty = Faulty { attacks: attacks(&plan), witnesses: Vec::new(), plan };
    faulty.keep_possible();
    if faulty.attacks.is_empty() {
        return Err(NoInstance {
            pointer: operation.pointer().to_string(),
            message: "nothing was found that could be wrong about a request".to_owned(),
        });
    }
    Ok(NegativeRequest { faulty: Arc::new(faulty) }.sboxed())
}

/// One way to be wrong.
#[derive(Debug)]
struct Attack {
    part: Part,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// A wrong value, in the media type given for a body.
    Value { media_type: String, breaker: Box<Breaker> },
    /// Not there, and required.
    Missing,
    /// A body that is no JSON, XML or multipart, in a media type that is.
    Malformed { media_type: String },
    /// A body in a media type that is not documented.
    Undocumented { media_type: &'static str },
}

#[derive(Debug)]
struct Faulty {
    plan: Plan,
    attacks: Vec<Attack>,
    /// What each attack came to once, with the number of further violations.
    witnesses: Vec<(BrokenRequest, usize)>,
}

fn attacks(plan: &Plan) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for slot in plan.slots() {
        let part = || slot.part.clone();
        for source in &slot.sources {
            let breaker =
                source.values.as_ref().and_then(|(schema, _)| Breaker::new(schema, Direction::Request).ok());
            if let Some(breaker) = breaker {
                let media_type = source.media_type.clone();
                attacks.push(Attack {
                    part: part(),
                    kind: Kind::Value { media_type, breaker: Box::new(breaker) },
                });
            }
            if has_grammar(source) {
                let media_type = source.media_type.clone();
                attacks.push(Attack { part: part(), kind: Kind::Malformed { media_type } });
            }
        }
        if slot.is_required && !matches!(slot.part, Part::Parameter(Location::Path, _)) {
            attacks.push(Attack { part: part(), kind: Kind::Missing });
        }
        attacks.extend(
            undocumented(plan, slot).map(|media_type| Attack {
                part: Part::ContentType,
                kind: Kind::Undocumented { media_type },
            }),
        );
    }
    attacks
}

/// Whether not every text is a body of the media type.
fn has_grammar(source: &Source) -> bool {
    let kinds = [media::Kind::Json, media::Kind::Xml, media::Kind::Multipart];
    !source.media_type.is_empty() && kinds.contains(&media::kind(&source.media_type))
}

/// A media type that the body does not document, where there is one.
fn undocumented(plan: &Plan, slot: &Slot) -> Option<&'static str> {
    let body = plan.operation.request_body().filter(|_| slot.part == Part::Body)?;
    OTHER_MEDIA_TYPES.into_iter().find(|media_type| body.content.matching(media_type).is_none())
}

impl Faulty {
    /// Drops the attacks that come to nothing, and keeps what the others came to.
    fn keep_possible(&mut self) {
        for attack in std::mem::take(&mut self.attacks) {
            let carried_out = (0..PROBES).find_map(|probe| {
                let mut runner = runner(&Seed::derive(0, &["attack"], probe));
                self.carry_out(&attack, &mut runner)
            });
            if let Some(witness) = carried_out {
                self.attacks.push(attack);
                self.witnesses.push(witness);
            }
        }
    }

    /// A broken request, the number of the way it is wrong, and how many more violations there are.
    fn draw(&self, runner: &mut TestRunner) -> (BrokenRequest, usize, usize) {
        let index = Dice::of(runner).below(self.attacks.len());
        let drawn = (0..ATTEMPTS).find_map(|_| self.carry_out(&self.attacks[index], runner));
        // It was possible once.
        let (broken, others) = drawn.unwrap_or_else(|| self.witnesses[index].clone());
        (broken, index, others)
    }

    /// A request that is wrong in this way and in no other, and how many more violations its part has.
    fn carry_out(&self, attack: &Attack, runner: &mut TestRunner) -> Option<(BrokenRequest, usize)> {
        let mut dice = Dice::of(runner);
        let variety = if dice.chance(50) { Variety::Plain } else { Variety::Wild };
        let mut values = self.plan.draw(runner, variety);
        match &attack.kind {
            Kind::Missing => {
                self.plan.slots().find(|slot| slot.part == attack.part)?.clear(&mut values);
            }
            Kind::Malformed { media_type } => {
                let broken = match media::kind(media_type) {
                    media::Kind::Json => malformed(&values, &mut dice),
                    _ => {
                        self.ensure_body(&mut values, runner, &mut dice, variety)?;
                        self.broken_off(&values, media_type, &mut dice)?
                    }
                };
                let payload = Payload::Bytes(broken);
                values.body = Some(BodyValue { media_type: media_type.clone(), payload });
            }
            Kind::Undocumented { media_type } => {
                self.ensure_body(&mut values, runner, &mut dice, variety)?;
                let payload = Payload::Bytes(encode_request(&self.plan.operation, &values).ok()?.body);
                values.body = Some(BodyValue { media_type: (*media_type).to_owned(), payload });
            }
            Kind::Value { media_type, breaker } => {
                let with = |broken: &BrokenValue| {
                    let mut values = values.clone();
                    put(&mut values, &attack.part, media_type, broken.value.clone());
                    values
                };
                let judged = |broken: &BrokenValue| {
                    let meant = &broken.constraint;
                    self.judged(with(broken), attack, |violation| {
                        is_rule(violation, meant) && violation.pointer == meant.pointer
                    })
                };
                let (broken, _) = breaker.draw(runner, &|broken| judged(broken).is_some())?;
                return judged(&broken);
            }
        }
        let rule = match &attack.kind {
            Kind::Malformed { .. } => "unreadable",
            Kind::Undocumented { .. } => "undocumented",
            _ => "missing",
        };
        self.judged(values, attack, |violation| violation.rule == rule)
    }

    /// Gives the request a valid body where it has none.
    fn ensure_body(
        &self,
        values: &mut RequestValues,
        runner: &mut TestRunner,
        dice: &mut Dice,
        variety: Variety,
    ) -> Option<()> {
        if values.body.is_none() {
            self.plan.slots().find(|slot| slot.part == Part::Body)?.fill(values, runner, dice, variety);
        }
        Some(())
    }

    /// A body of a media type without its end.
    fn broken_off(&self, values: &RequestValues, media_type: &str, dice: &mut Dice) -> Option<Bytes> {
        let value = values.body.as_ref().and_then(|body| body.payload.as_value())?.clone();
        let whole = BodyValue { media_type: media_type.to_owned(), payload: Payload::Value(value) };
        let whole = RequestValues { body: Some(whole), ..values.clone() };
        let body = encode_request(&self.plan.operation, &whole).ok()?.body;
        // Beyond the first byte and before the last ones, which are a line end or the end of a tag.
        let end = 1 + dice.below(body.len().checked_sub(MIN_CUT)?);
        // A text is not cut within a character.
        let end = (1..=end).rev().find(|end| body[*end] & 0xC0 != 0x80)?;
        Some(body.slice(..end))
    }

    /// What the values break, and how much else they break in the same part; nothing where another part breaks the
    /// contract, or what is meant to be broken is not.
    fn judged(
        &self,
        values: RequestValues,
        attack: &Attack,
        is_meant: impl Fn(&Violation) -> bool,
    ) -> Option<(BrokenRequest, usize)> {
        let reading = self.plan.wire.verdict(&values)?;
        if reading.violations.iter().any(|violation| violation.part != attack.part) {
            return None;
        }
        let first = reading.violations.iter().find(|violation| is_meant(violation))?;
        let constraint = Constraint {
            part: first.part.clone(),
            keyword: first.rule.clone().into_owned(),
            pointer: first.pointer.clone(),
            document_pointer: first
                .document_pointer
                .clone()
                .unwrap_or_else(|| self.plan.pointer(&first.part)),
            description: self.describe(&values, &reading, first, attack),
        };
        Some((BrokenRequest { values, constraint }, reading.violations.len() - 1))
    }

    fn describe(
        &self,
        sent: &RequestValues,
        reading: &Reading,
        violation: &Violation,
        attack: &Attack,
    ) -> String {
        match &attack.kind {
            Kind::Missing => "is required, and is not sent".to_owned(),
            Kind::Malformed { media_type } => match media::kind(media_type) {
                media::Kind::Json => "must be JSON, and is broken off or garbled".to_owned(),
                _ => format!("must be {}, and is broken off", media::essence(media_type)),
            },
            Kind::Undocumented { media_type } => {
                let documented = self.plan.operation.request_body().map(|body| body.content.iter());
                let documented: Vec<&str> =
                    documented.into_iter().flatten().map(|media| media.name.as_str()).collect();
                format!("must be {}, sent as {media_type}", documented.join(" or "))
            }
            Kind::Value { breaker, .. } => {
                let value = value_of(&reading.values, &attack.part).or_else(|| value_of(sent, &attack.part));
                let pointer = violation.document_pointer.as_deref().unwrap_or_default();
                value.and_then(|value| breaker.describe(value, &violation.rule, pointer)).unwrap_or_else(
                    || {
                        let place =
                            if violation.pointer.is_empty() { "the value" } else { &violation.pointer };
                        format!("{place} is invalid: {}", violation.message)
                    },
                )
            }
        }
    }
}

/// Whether what a violation breaks is the rule of a constraint, wherever in the value.
fn is_rule(violation: &Violation, constraint: &Constraint) -> bool {
    let document_pointer = violation.document_pointer.as_deref();
    violation.rule == constraint.keyword
        && document_pointer.is_none_or(|pointer| pointer == constraint.document_pointer)
}

/// The value of a part, where it has one.
fn value_of<'v>(values: &'v RequestValues, part: &Part) -> Option<&'v Value> {
    match part {
        Part::Parameter(Location::Path, name) => values.path.get(name),
        Part::Parameter(Location::Query | Location::QueryString, name) => values.query.get(name),
        Part::Parameter(Location::Header, name) => values.header.get(name),
        Part::Parameter(Location::Cookie, name) => values.cookie.get(name),
        _ => values.body.as_ref()?.payload.as_value(),
    }
}

fn put(values: &mut RequestValues, part: &Part, media_type: &str, value: Value) {
    match part {
        Part::Parameter(location, name) => {
            place(values, *location).insert(name.clone(), value);
        }
        _ => {
            values.body =
                Some(BodyValue { media_type: media_type.to_owned(), payload: Payload::Value(value) })
        }
    }
}

/// A text that is nearly JSON.
fn malformed(values: &RequestValues, dice: &mut Dice) -> Bytes {
    let body = values.body.as_ref().and_then(|body| body.payload.as_value());
    let json = body.map_or_else(|| "{}".to_owned(), Value::to_string);
    let text = match dice.below(5) {
        0 => json.chars().take(json.chars().count() - 1).collect(),
        1 => format!("{json},"),
        2 => format!("{{{json}}}"),
        3 => format!("{{'a': {json}}}"),
        _ => "{".to_owned(),
    };
    Bytes::from(text)
}

#[derive(Debug)]
struct NegativeRequest {
    faulty: Arc<Faulty>,
}

impl Strategy for NegativeRequest {
    type Tree = Shrinking<BrokenRequest>;
    type Value = BrokenRequest;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let (broken, index, most) = self.faulty.draw(runner);
        let (form, bytes) = to_json(&broken.values);
        let faulty = Arc::clone(&self.faulty);
        let constraint = broken.constraint.clone();
        let read = move |form: &Value| {
            let values = from_json(form, bytes.as_ref())?;
            let attack = faulty.attacks.get(index)?;
            let (broken, others) = faulty.judged(values, attack, |found| is_rule(found, &constraint))?;
            (others <= most).then_some(broken)
        };
        let hints = Hints { wholes: Vec::new(), members: self.faulty.plan.members() };
        Ok(Shrinking::new(form, broken, hints, Box::new(read)))
    }
}
