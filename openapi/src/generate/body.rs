//! Bodies that arrive: values of a schema that their media type can carry.

use std::fmt;
use std::sync::Arc;

use proptest::strategy::{NewTree, SBoxedStrategy, Strategy};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::draw::is_same;
use super::generator::Generator;
use super::no_instance::NoInstance;
use super::seed::{Seed, runner};
use super::shrink::Shrinking;
use super::variety::Variety;
use crate::codec::{media, settle};
use crate::contract::MediaType;
use crate::schema::{Direction, Schema};

/// How often a body is drawn before one is taken that does not arrive as it was drawn.
const DRAWS: usize = 8;

/// The most items of a sequence that is drawn.
const MAX_ITEMS: usize = 3;

/// The bodies of a media type, as [`PositiveBody`] draws them.
///
/// # Errors
///
/// As for [`PositiveBody::of`].
pub fn positive_body(
    media: &MediaType,
    direction: Direction,
    variety: Variety,
) -> Result<SBoxedStrategy<Value>, NoInstance> {
    PositiveBody::of(media, direction, variety).map(|bodies| Shrinkable(bodies).sboxed())
}

/// What draws the bodies of a media type: of a sequence 1 to [`MAX_ITEMS`] items, where the schema leaves that open.
pub(super) fn generator(
    media: &MediaType,
    media_type: &str,
    schema: &Schema,
    direction: Direction,
) -> Result<Arc<Generator>, NoInstance> {
    if matches!(media::kind(media_type), media::Kind::JsonLines | media::Kind::EventStream) {
        let bounds = json!({ "minItems": 1, "maxItems": MAX_ITEMS });
        let bounded = json!({ "allOf": [schema.source(), bounds] });
        let bounded = Schema::made(schema.shared_document(), media.pointer.clone(), bounded);
        if let Ok(generator) = Generator::of(&bounded, direction) {
            return Ok(generator);
        }
    }
    Generator::of(schema, direction)
}

/// A media type that carries the values of a schema.
#[derive(Debug, Clone)]
pub(super) struct Carrier {
    /// The documented one.
    pub(super) media: MediaType,
    /// The one to be sent.
    pub(super) media_type: String,
    pub(super) schema: Schema,
    pub(super) direction: Direction,
}

impl Carrier {
    /// A valid value that arrives, where one is found.
    pub(super) fn draw(&self, generator: &Generator, runner: &mut TestRunner, variety: Variety) -> Value {
        let judge = |value: &Value| self.schema.is_valid(value, self.direction);
        if self.is_transparent() {
            return generator.value(runner, variety, &judge);
        }
        let mut last = None;
        for draw in 0..DRAWS {
            // Rare characters and odd ends are what most notations cannot carry.
            let variety = if draw < DRAWS / 2 { variety } else { variety.min(Variety::Plain) };
            let value = generator.value(runner, variety, &judge);
            let Some(read) = self.read(&value) else {
                last.get_or_insert(value);
                continue;
            };
            if is_same(&read, &value) {
                return value;
            }
            // What it is read as is most often a value too.
            if judge(&read) && self.read(&read).is_some_and(|again| is_same(&again, &read)) {
                return read;
            }
            last = Some(value);
        }
        let witness = generator.witness();
        if self.carries(witness) { witness.clone() } else { last.unwrap_or_else(|| witness.clone()) }
    }

    /// Whether a value is valid, and read as what it was written from.
    pub(super) fn carries(&self, value: &Value) -> bool {
        let is_read = || self.read(value).is_some_and(|read| is_same(&read, value));
        self.schema.is_valid(value, self.direction) && (self.is_transparent() || is_read())
    }

    /// What the nearest body to a value is read as.
    fn read(&self, value: &Value) -> Option<Value> {
        settle(&self.media, &self.media_type, value, self.direction)
    }

    /// Whether every value can be written.
    fn is_transparent(&self) -> bool {
        matches!(media::kind(&self.media_type), media::Kind::Json | media::Kind::Binary)
    }
}

/// The bodies of a media type that are valid and are read as what they were written from.
///
/// Where nothing like that is found, a body is valid and is perhaps read as another one, or cannot be written.
pub struct PositiveBody {
    carrier: Carrier,
    generator: Arc<Generator>,
    variety: Variety,
}

impl PositiveBody {
    /// The bodies of a media type; of a documented range, `media` names one that the range covers.
    ///
    /// # Errors
    ///
    /// When there is no schema to draw from, or it admits nothing.
    pub fn of(media: &MediaType, direction: Direction, variety: Variety) -> Result<Self, NoInstance> {
        let schema = media.schema.clone().ok_or_else(|| NoInstance {
            pointer: media.pointer.to_string(),
            message: "there is no schema here".to_owned(),
        })?;
        let generator = generator(media, &media.name, &schema, direction)?;
        let carrier = Carrier { media: media.clone(), media_type: media.name.clone(), schema, direction };
        Ok(Self { carrier, generator, variety })
    }

    /// The body that a seed draws: the same as of the strategy, without what it could shrink to.
    pub fn sample(&self, seed: &Seed) -> Value {
        self.carrier.draw(&self.generator, &mut runner(seed), self.variety)
    }
}

impl fmt::Debug for PositiveBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PositiveBody").field("carrier", &self.carrier).finish_non_exhaustive()
    }
}

/// The same as a strategy.
#[derive(Debug)]
struct Shrinkable(PositiveBody);

impl Strategy for Shrinkable {
    type Tree = Shrinking<Value>;
    type Value = Value;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let PositiveBody { carrier, generator, variety } = &self.0;
        let value = carrier.draw(generator, runner, *variety);
        let carrier = carrier.clone();
        let read = move |value: &Value| carrier.carries(value).then(|| value.clone());
        Ok(Shrinking::new(value.clone(), value, generator.hints(), Box::new(read)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;
    use crate::generate::sample;

    #[test]
    fn a_seed_draws_the_same_body_with_and_without_what_it_shrinks_to() {
        let schema = json!({
            "type": "object", "required": ["a"],
            "properties": {
                "a": {"type": "array", "items": {"type": "number", "minimum": 0.5, "maximum": 1e6}},
                "b": {"enum": ["x", "y", 7]},
                "c": {"type": "string", "format": "date-time", "nullable": true}
            }
        });
        for name in ["application/json", "application/xml", "application/x-ndjson"] {
            let document = json!({
                "openapi": "3.0.3",
                "paths": {"/": {"get": {"responses": {"200": {
                    "description": "", "content": {name: {"schema": schema}}
                }}}}}
            });
            let contract = Contract::load("t.json", document.to_string().as_bytes()).unwrap();
            let media = &contract.operations()[0].responses().0[0].content.0[0];
            for variety in [Variety::Plain, Variety::Realistic, Variety::Wild] {
                let strategy = positive_body(media, Direction::Response, variety).unwrap();
                let bodies = PositiveBody::of(media, Direction::Response, variety).unwrap();
                for index in 0..20 {
                    let seed = Seed::derive(1, &[name], index);
                    assert_eq!(
                        Some(bodies.sample(&seed)),
                        sample(&strategy, &seed),
                        "{name} {variety:?} {index}"
                    );
                }
            }
        }
    }
}
