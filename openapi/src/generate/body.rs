//! Bodies that arrive: values of a schema that their media type can carry.

use std::fmt;
use std::sync::Arc;

use proptest::strategy::{NewTree, SBoxedStrategy, Strategy};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::draw::is_same;
use super::generator::Generator;
use super::no_instance::NoInstance;
use super::shrink::Shrinking;
use super::variety::Variety;
use crate::codec::{media, settle};
use crate::contract::MediaType;
use crate::schema::{Direction, Schema};

/// How often a body is drawn before one is taken that does not arrive as it was drawn.
const DRAWS: usize = 8;

/// The most items of a sequence that is drawn.
const MAX_ITEMS: usize = 3;

/// The bodies of a media type that are valid and are read as what they were written from.
///
/// - Where nothing like that is found, a body is valid and is perhaps read as another one, or cannot be written.
/// - `media` names the media type to be sent: of a documented range, it is to be one that the range covers.
///
/// # Errors
///
/// When there is no schema to draw from, or it admits nothing.
pub fn positive_body(
    media: &MediaType,
    direction: Direction,
    variety: Variety,
) -> Result<SBoxedStrategy<Value>, NoInstance> {
    let schema = media.schema.clone().ok_or_else(|| NoInstance {
        pointer: media.pointer.to_string(),
        message: "there is no schema here".to_owned(),
    })?;
    let generator = generator(media, &media.name, &schema, direction)?;
    let carrier = Carrier { media: media.clone(), media_type: media.name.clone(), schema, direction };
    Ok(PositiveBody { carrier, generator, variety }.sboxed())
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

struct PositiveBody {
    carrier: Carrier,
    generator: Arc<Generator>,
    variety: Variety,
}

impl fmt::Debug for PositiveBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PositiveBody").field("carrier", &self.carrier).finish_non_exhaustive()
    }
}

impl Strategy for PositiveBody {
    type Tree = Shrinking<Value>;
    type Value = Value;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let value = self.carrier.draw(&self.generator, runner, self.variety);
        let carrier = self.carrier.clone();
        let read = move |value: &Value| carrier.carries(value).then(|| value.clone());
        Ok(Shrinking::new(value.clone(), value, self.generator.hints(), Box::new(read)))
    }
}
