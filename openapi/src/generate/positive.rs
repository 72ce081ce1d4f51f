//! Valid values.

use std::fmt;
use std::sync::Arc;

use proptest::strategy::{NewTree, SBoxedStrategy, Strategy};
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::generator::Generator;
use super::no_instance::NoInstance;
use super::shrink::Shrinking;
use super::variety::Variety;
use crate::schema::{Direction, Schema};

/// The valid values of a schema, plain ones; every value drawn has been confirmed by the validator.
///
/// # Errors
///
/// When the schema admits no value that can be written down, or none was found.
pub fn positive(schema: &Schema, direction: Direction) -> Result<SBoxedStrategy<Value>, NoInstance> {
    positive_in(schema, direction, Variety::Plain)
}

/// The valid values of a schema, as adventurous as asked.
///
/// # Errors
///
/// As for [`positive`].
pub fn positive_in(
    schema: &Schema,
    direction: Direction,
    variety: Variety,
) -> Result<SBoxedStrategy<Value>, NoInstance> {
    let generator = Generator::of(schema, direction)?;
    Ok(Positive { schema: schema.clone(), direction, generator, variety }.sboxed())
}

/// The least valid value of a schema, or nearly so: always the same one.
///
/// # Errors
///
/// As for [`positive`].
pub fn minimal(schema: &Schema, direction: Direction) -> Result<Value, NoInstance> {
    Generator::of(schema, direction).map(|generator| generator.witness().clone())
}

struct Positive {
    schema: Schema,
    direction: Direction,
    generator: Arc<Generator>,
    variety: Variety,
}

impl fmt::Debug for Positive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Positive").field("schema", &self.schema).field("variety", &self.variety).finish()
    }
}

impl Strategy for Positive {
    type Tree = Shrinking<Value>;
    type Value = Value;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let (schema, direction) = (self.schema.clone(), self.direction);
        let value = self.generator.value(runner, self.variety, &|value| schema.is_valid(value, direction));
        let hints = self.generator.hints();
        let read = move |value: &Value| schema.is_valid(value, direction).then(|| value.clone());
        Ok(Shrinking::new(value.clone(), value, hints, Box::new(read)))
    }
}
