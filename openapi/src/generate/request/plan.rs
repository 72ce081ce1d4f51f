//! What the requests of an operation are made of.

use std::sync::Arc;

use bytes::Bytes;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::wire::{Fault, UNFIT, Wire};
use crate::codec::{BodyValue, Payload, RequestValues, media};
use crate::contract::{Location, MediaType, Operation, Parameter, is_transport_header};
use crate::generate::body::{self, Carrier};
use crate::generate::generator::Generator;
use crate::generate::no_instance::NoInstance;
use crate::generate::seed::{Dice, Seed, runner};
use crate::generate::variety::Variety;
use crate::schema::{Direction, Schema};
use crate::violation::Part;

/// How often the parts at fault are drawn anew.
const ROUNDS: usize = 24;

/// The rounds after which optional parts at fault are left out.
const PATIENT_ROUNDS: usize = 8;

/// Of so many rounds one takes members away from the objects at fault.
const THINNING_ROUNDS: usize = 4;

/// The most bytes of a body that is nothing but bytes.
const MAX_BYTES: usize = 64;

/// The most listed values that shrinking tries.
const MAX_MEMBERS: usize = 128;

/// What the requests of an operation are made of, and the way they take.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) operation: Arc<Operation>,
    pub(super) wire: Wire,
    slots: Vec<Slot>,
    /// Valid values, kept for when drawing others fails.
    witness: RequestValues,
}

/// A part of a request.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) part: Part,
    pub(super) is_required: bool,
    /// A body has one for each media type.
    pub(super) sources: Vec<Source>,
}

/// Where the values of a part come from.
#[derive(Debug)]
pub(super) struct Source {
    /// The media type to send; empty for a parameter.
    pub(super) media_type: String,
    /// Nothing where no codec writes values.
    pub(super) values: Option<(Schema, Arc<Generator>)>,
    /// What carries the values of a body; parameters are looked at as a whole.
    pub(super) carrier: Option<Carrier>,
}

impl Plan {
    /// The plan of an operation; the error says which required part nothing can be generated for.
    pub(super) fn new(operation: &Arc<Operation>) -> Result<Self, NoInstance> {
        let mut slots = Vec::new();
        for parameter in operation.parameters() {
            if is_transport_header(parameter.location, &parameter.name) || !is_sent(operation, parameter) {
                continue;
            }
            match parameter_slot(operation, parameter) {
                Ok(slot) => slots.push(slot),
                Err(none) if parameter.required => return Err(none),
                Err(_) => {}
            }
        }
        slots.extend(body_slot(operation)?);
        let wire = Wire::new(operation);
        let witness = RequestValues::default();
        let mut plan = Self { operation: Arc::clone(operation), wire, slots, witness };
        plan.witness = match plan.find_witness() {
            Ok(witness) => witness,
            Err(faults) => {
                plan.wire.admit_slashes(unfit(&faults));
                plan.find_witness().map_err(|faults| plan.none(faults))?
            }
        };
        Ok(plan)
    }

    /// The parts that a request may have.
    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter()
    }

    /// The values that the schemas of the parts list.
    pub(super) fn members(&self) -> Vec<Value> {
        let sources = self.slots.iter().flat_map(|slot| &slot.sources);
        let generators = sources.filter_map(|source| source.values.as_ref());
        let mut members: Vec<Value> = generators.flat_map(|(_, generator)| generator.members()).collect();
        members.truncate(MAX_MEMBERS);
        members
    }

    /// Valid values of about the least there is.
    pub(super) fn witness(&self) -> &RequestValues {
        &self.witness
    }

    /// Values that arrive as they are and valid.
    pub(super) fn draw(&self, runner: &mut TestRunner, variety: Variety) -> RequestValues {
        self.try_draw(runner, variety).unwrap_or_else(|_| self.witness.clone())
    }

    fn find_witness(&self) -> Result<RequestValues, Vec<Fault>> {
        let mut runner = runner(&Seed::derive(0, &["request"], 0));
        let mut last = Vec::new();
        for variety in [Variety::Minimal, Variety::Plain, Variety::Wild] {
            match self.try_draw(&mut runner, variety) {
                Ok(values) => return Ok(values),
                Err(faults) => last = faults,
            }
        }
        Err(last)
    }

    /// That nothing can be generated, for what was wrong last.
    fn none(&self, faults: Vec<Fault>) -> NoInstance {
        let (pointer, message) = match faults.into_iter().next() {
            Some(fault) => (self.pointer(&fault.part), fault.why),
            None => (self.operation.pointer().to_string(), "no valid request was found".to_owned()),
        };
        NoInstance { pointer, message }
    }

    /// Where in the document a part of the request stands.
    pub(super) fn pointer(&self, part: &Part) -> String {
        let pointer = match part {
            Part::Parameter(location, name) => self
                .operation
                .parameters_in(*location)
                .find(|parameter| parameter.name == *name)
                .map(|parameter| &parameter.pointer),
            _ => self.operation.request_body().map(|body| &body.pointer),
        };
        pointer.unwrap_or(self.operation.pointer()).to_string()
    }

    fn try_draw(&self, runner: &mut TestRunner, variety: Variety) -> Result<RequestValues, Vec<Fault>> {
        let mut dice = Dice::of(runner);
        let fullness = match variety {
            Variety::Minimal => 0,
            Variety::Plain | Variety::Realistic => 50,
            Variety::Wild => [0, 30, 60, 100][dice.below(4)],
        };
        let mut values = RequestValues::default();
        for slot in &self.slots {
            // A body says more than a parameter.
            let chance = if slot.part == Part::Body { fullness.max(80) } else { fullness };
            let is_there = slot.is_required || (variety != Variety::Minimal && dice.chance(chance));
            if is_there {
                slot.fill(&mut values, runner, &mut dice, variety);
            }
        }
        let mut faults = Vec::new();
        for round in 0..ROUNDS {
            faults = self.wire.faults(&values);
            if faults.is_empty() {
                return Ok(values);
            }
            let is_faulty = |slot: &Slot| {
                faults.iter().any(|fault| {
                    fault.part == slot.part || (slot.part == Part::Body && !is_parameter(&fault.part))
                })
            };
            for slot in self.slots.iter().filter(|slot| is_faulty(slot)) {
                if round >= PATIENT_ROUNDS && !slot.is_required {
                    slot.clear(&mut values);
                    continue;
                }
                // Now and then what is there already only holds too much.
                if round % THINNING_ROUNDS == THINNING_ROUNDS - 1 && slot.thin(&mut values, &mut dice) {
                    continue;
                }
                // Rare characters are what most places cannot carry.
                let tamer = match variety {
                    Variety::Wild if round >= PATIENT_ROUNDS => Variety::Plain,
                    Variety::Minimal if round > 0 => Variety::Plain,
                    variety => variety,
                };
                slot.fill(&mut values, runner, &mut dice, tamer);
            }
        }
        Err(faults)
    }
}

impl Slot {
    /// Puts a valid value into its place, whether the place can carry it or not.
    pub(super) fn fill(
        &self,
        values: &mut RequestValues,
        runner: &mut TestRunner,
        dice: &mut Dice,
        variety: Variety,
    ) {
        let source = match variety {
            Variety::Minimal => self.sources.first(),
            _ => dice.pick(&self.sources),
        };
        let Some(source) = source else { return };
        let drawn = source.values.as_ref().map(|(schema, generator)| match &source.carrier {
            Some(carrier) => carrier.draw(generator, runner, variety),
            None => generator.value(runner, variety, &|value| schema.is_valid(value, Direction::Request)),
        });
        match &self.part {
            Part::Parameter(location, name) => {
                let place = place(values, *location);
                if let Some(value) = drawn {
                    place.insert(name.clone(), value);
                }
            }
            _ => {
                let payload = match drawn {
                    Some(value) => Payload::Value(value),
                    None => Payload::Bytes(bytes(dice, variety)),
                };
                values.body = Some(BodyValue { media_type: source.media_type.clone(), payload });
            }
        }
    }

    /// Leaves one member of an object, where that is valid: members of exploded objects can have names that other
    /// parameters have as well, and only one of them may be sent.
    fn thin(&self, values: &mut RequestValues, dice: &mut Dice) -> bool {
        let (Part::Parameter(location, name), [source]) = (&self.part, &self.sources[..]) else {
            return false;
        };
        let (Some(Value::Object(map)), Some((schema, _))) =
            (place(values, *location).get_mut(name), &source.values)
        else {
            return false;
        };
        let names: Vec<&String> = map.keys().collect();
        let Some(kept) = dice.pick(&names).map(|name| (*name).clone()) else { return false };
        let mut thin = map.clone();
        thin.retain(|name, _| *name == kept);
        let thin = Value::Object(thin);
        let is_valid = schema.is_valid(&thin, Direction::Request);
        if is_valid {
            place(values, *location).insert(name.clone(), thin);
        }
        is_valid
    }

    /// Leaves the part out.
    pub(super) fn clear(&self, values: &mut RequestValues) {
        match &self.part {
            Part::Parameter(location, name) => {
                place(values, *location).shift_remove(name);
            }
            _ => values.body = None,
        }
    }
}

/// The values sent in one place.
pub(super) fn place(
    values: &mut RequestValues,
    location: Location,
) -> &mut indexmap::IndexMap<String, Value> {
    match location {
        Location::Path => &mut values.path,
        Location::Query | Location::QueryString => &mut values.query,
        Location::Header => &mut values.header,
        Location::Cookie => &mut values.cookie,
    }
}

/// The path variables for which no value was found that a path should hold.
fn unfit(faults: &[Fault]) -> impl Iterator<Item = &str> {
    faults.iter().filter(|fault| fault.why == UNFIT).filter_map(|fault| match &fault.part {
        Part::Parameter(_, name) => Some(name.as_str()),
        _ => None,
    })
}

fn is_parameter(part: &Part) -> bool {
    matches!(part, Part::Parameter(..))
}

/// Whether there is a place for a parameter: a path parameter needs its variable.
fn is_sent(operation: &Operation, parameter: &Parameter) -> bool {
    parameter.location != Location::Path
        || operation.path().variables().any(|variable| variable == parameter.name)
}

fn parameter_slot(operation: &Operation, parameter: &Parameter) -> Result<Slot, NoInstance> {
    // Without a schema the text itself is the value.
    let made = || Schema::made(operation.document(), parameter.pointer.clone(), json!({ "type": "string" }));
    let schema = parameter.value_schema().cloned().unwrap_or_else(made);
    let generator = Generator::of(&schema, Direction::Request)?;
    Ok(Slot {
        part: Part::Parameter(parameter.location, parameter.name.clone()),
        is_required: parameter.required,
        sources: vec![Source { media_type: String::new(), values: Some((schema, generator)), carrier: None }],
    })
}

fn body_slot(operation: &Operation) -> Result<Option<Slot>, NoInstance> {
    let Some(body) = operation.request_body() else { return Ok(None) };
    let mut sources = Vec::new();
    let mut failure = None;
    for media in body.content.iter() {
        match body_source(operation, media) {
            Ok(Some(source)) => sources.push(source),
            Ok(None) => {
                failure.get_or_insert_with(|| NoInstance {
                    pointer: media.pointer.to_string(),
                    message: format!("no codec writes {}", media::essence(&media.name)),
                });
            }
            Err(none) => {
                failure.get_or_insert(none);
            }
        }
    }
    match failure {
        Some(none) if sources.is_empty() && body.required => Err(none),
        _ if sources.is_empty() => Ok(None),
        _ => Ok(Some(Slot { part: Part::Body, is_required: body.required, sources })),
    }
}

/// Where the bodies of a media type come from; nothing where no codec writes them.
fn body_source(operation: &Operation, media: &MediaType) -> Result<Option<Source>, NoInstance> {
    let media_type = media_type_to_send(media);
    // Some documents name no media type at all, and nothing else is sent as one.
    if !media::essence(&media_type).contains('/') {
        return Ok(None);
    }
    if media::kind(&media_type) == media::Kind::Binary {
        return Ok(Some(Source { media_type, values: None, carrier: None }));
    }
    let free = match media::kind(&media_type) {
        // An event holds text for all that is known.
        media::Kind::EventStream => json!({ "type": "array", "items": { "type": "string" } }),
        media::Kind::JsonLines => json!({ "type": "array" }),
        _ => json!(true),
    };
    let made = || Schema::made(operation.document(), media.pointer.clone(), free);
    let schema = media.schema.clone().unwrap_or_else(made);
    let generator = body::generator(media, &media_type, &schema, Direction::Request)?;
    let sample = Payload::Value(generator.witness().clone());
    let is_written = has_codec(&media_type) || crate::codec::encode_body(media, &sample).is_ok();
    let carrier = Carrier {
        media: media.clone(),
        media_type: media_type.clone(),
        schema: schema.clone(),
        direction: Direction::Request,
    };
    let values = Some((schema, generator));
    Ok(is_written.then_some(Source { media_type, values, carrier: Some(carrier) }))
}

/// The media type to send for a documented one: JSON where a range admits it and a schema says what to send.
pub(super) fn media_type_to_send(media: &MediaType) -> String {
    const JSON: &str = "application/json";
    let is_range = media.name.contains('*');
    match is_range && media.schema.is_some() && media::specificity(&media.name, JSON).is_some() {
        true => JSON.to_owned(),
        false => media::concrete(&media.name).into_owned(),
    }
}

/// Whether a codec writes a media type, even if not every value.
fn has_codec(media_type: &str) -> bool {
    media::kind(media_type) != media::Kind::Binary
}

fn bytes(dice: &mut Dice, variety: Variety) -> Bytes {
    match variety {
        Variety::Minimal => Bytes::from_static(b"a"),
        Variety::Plain | Variety::Realistic => {
            Bytes::from_static(crate::generate::text::word(dice).as_bytes())
        }
        Variety::Wild => {
            let length = 1 + dice.below(MAX_BYTES);
            (0..length).map(|_| dice.below(256) as u8).collect()
        }
    }
}
