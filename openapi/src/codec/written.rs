//! What a person writes for a value: in a flag, or in a file of settings.

use serde_json::Value;

use super::{header, scalar};
use crate::contract::Style;
use crate::schema::{Direction, Schema, Shape};

/// The value that a text stands for: its JSON, where the schema admits that; else what the text is where text alone is
/// sent, the items of an array with commas between them (style `simple`). The schema may refuse it all the same.
pub fn written_value(schema: &Schema, text: &str) -> Value {
    let direction = Direction::Request;
    let json = serde_json::from_str(text).ok().filter(|value| schema.is_valid(value, direction));
    json.unwrap_or_else(|| {
        let shape = Shape::of(Some(schema));
        let read =
            |reading: &scalar::Reading| header::decode_text(text, Style::Simple, false, &shape, reading);
        scalar::read_validly(Some(schema), direction, read, |value: &Value| Some(value))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Contract;

    #[test]
    fn a_text_is_json_where_the_schema_admits_that_and_else_text() {
        let contract = Contract::load("t", b"openapi: 3.1.0\npaths: {/a: {get: {responses: {}}}}\n").unwrap();
        let read = |schema: Value, text| written_value(&contract.operations()[0].schema(schema), text);
        let table = [
            (json!({"type": "integer"}), "42", json!(42)),
            (json!({"type": "string"}), "42", json!("42")),
            (json!({"type": "string"}), "\"42\"", json!("42")),
            (json!({"type": ["integer", "string"]}), "42", json!(42)),
            (json!({"type": ["integer", "string"]}), "\"42\"", json!("42")),
            (json!({}), "{\"a\": [1]}", json!({"a": [1]})),
            (json!({}), "a b", json!("a b")),
            (json!({"type": "boolean"}), "true", json!(true)),
            (json!({"type": "boolean"}), "yes", json!("yes")),
            (json!({"type": ["string", "null"]}), "null", json!(null)),
            (json!({"type": "array", "items": {"type": "integer"}}), "1,2", json!([1, 2])),
            (json!({"type": "array", "items": {"type": "integer"}}), "[1,2]", json!([1, 2])),
            (
                json!({"type": "object", "properties": {"a": {"type": "integer"}}}),
                "{\"a\":1}",
                json!({"a": 1}),
            ),
            (json!({"type": "string", "enum": ["42"]}), "42", json!("42")),
        ];
        for (schema, text, value) in table {
            assert_eq!(read(schema.clone(), text), value, "{text} by {schema}");
        }
    }
}
