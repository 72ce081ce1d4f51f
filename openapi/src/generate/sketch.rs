//! A value as near to a schema as can be made, where none is valid or none was found.

use serde_json::{Map, Value, json};

use super::positive::positive_in;
use super::seed::{Seed, sample};
use super::variety::Variety;
use crate::schema::{Direction, Schema};

/// The most schemas looked at for one sketch.
const MAX_VISITS: u32 = 64;
/// How deep a sketch goes; what is deeper is as empty as its type allows.
const MAX_DEPTH: u32 = 12;
/// The most members of one object in a sketch.
const MAX_MEMBERS: usize = 64;

/// A value that has the shape of a schema, though the schema may refuse it: for those who want to see something all the
/// same, and say that it is wrong.
///
/// - Each part of it is valid by its own schema where there is such a value; of alternatives the first counts.
/// - Where [`positive`](super::positive) finds a value, this is one of those.
/// - It follows from the schema, the variety and the seed; the work is bounded.
pub fn sketch(schema: &Schema, direction: Direction, variety: Variety, seed: &Seed) -> Value {
    Sketch { direction, variety, seed, visits: 0 }.of(schema, MAX_DEPTH)
}

struct Sketch<'s> {
    direction: Direction,
    variety: Variety,
    seed: &'s Seed,
    visits: u32,
}

impl Sketch<'_> {
    fn of(&mut self, schema: &Schema, depth: u32) -> Value {
        self.visits += 1;
        let is_exhausted = self.visits > MAX_VISITS || depth == 0;
        if !is_exhausted
            && let Ok(strategy) = positive_in(schema, self.direction, self.variety)
            && let Some(value) = sample(&strategy, self.seed)
        {
            return value;
        }
        let Some(object) = schema.resolved().as_object() else { return Value::Null };
        if let Some(value) = object.get("const") {
            return value.clone();
        }
        if let Some(first) = object.get("enum").and_then(|members| members.get(0)) {
            return first.clone();
        }
        if is_exhausted {
            return least(object);
        }
        let made =
            |part: &Value| Schema::made(schema.shared_document(), schema.pointer().clone(), part.clone());
        let mut parts: Vec<Value> = Vec::new();
        for part in object.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            parts.push(self.of(&made(part), depth - 1));
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(first) = object.get(keyword).and_then(|alternatives| alternatives.get(0)) {
                parts.push(self.of(&made(first), depth - 1));
            }
        }
        let own = self.own(object, &made, depth);
        match own {
            Some(own) => parts.into_iter().rev().fold(own, merged),
            None => parts.into_iter().reduce(merged).unwrap_or_else(|| least(object)),
        }
    }

    /// What the keywords of containers make.
    fn own(
        &mut self,
        object: &Map<String, Value>,
        made: &dyn Fn(&Value) -> Schema,
        depth: u32,
    ) -> Option<Value> {
        if let Some(properties) = object.get("properties").and_then(Value::as_object) {
            let flag = match self.direction {
                Direction::Request => "readOnly",
                Direction::Response => "writeOnly",
            };
            let travel = properties.iter().filter(|(_, property)| property.get(flag) != Some(&json!(true)));
            let members = travel.take(MAX_MEMBERS);
            return Some(
                members.map(|(name, property)| (name.clone(), self.of(&made(property), depth - 1))).collect(),
            );
        }
        let items = object.get("items").filter(|items| items.is_object())?;
        Some(Value::Array(vec![self.of(&made(items), depth - 1)]))
    }
}

/// Two objects as one, what the first says before what the second does; of other values the first.
fn merged(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut first), Value::Object(second)) => {
            for (name, value) in second {
                first.entry(name).or_insert(value);
            }
            Value::Object(first)
        }
        (first, _) => first,
    }
}

/// The least value of the type that a schema names.
fn least(object: &Map<String, Value>) -> Value {
    let named = object.get("type");
    let name = named.and_then(|named| named.as_str().or_else(|| named.get(0)?.as_str()));
    match name {
        Some("string") => json!(""),
        Some("integer" | "number") => json!(0),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        Some("null") => Value::Null,
        Some(_) => json!({}),
        None if object.contains_key("items") => json!([]),
        None => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;

    fn sketched(schema: &str) -> Value {
        let text = format!(
            "{{openapi: 3.1.0, paths: {{/a: {{get: {{responses: {{'200': {{content: {{application/json: {{schema: {schema}}}}}}}}}}}}}}}, \
             components: {{schemas: {{Endless: {{type: object, required: [next], properties: {{next: {{$ref: '#/components/schemas/Endless'}}}}}}}}}}}}"
        );
        let contract = Contract::load("a.yaml", text.as_bytes()).expect("it is a document");
        let operation = &contract.operations()[0];
        let media = operation.responses().0[0].content.iter().next().expect("there is one");
        let schema = media.schema.as_ref().expect("it has a schema");
        sketch(schema, Direction::Response, Variety::Plain, &Seed::derive(0, &["sketch"], 0))
    }

    #[test]
    fn a_sketch_has_the_shape_though_nothing_is_valid() {
        let none = "{type: 'null', oneOf: [{type: string, const: x}, {type: number}]}";
        let table = [
            (format!("{{type: object, required: [id, of], properties: {{id: {{const: 7}}, of: {none}}}}}"), json!({"id": 7, "of": "x"})),
            (format!("{{type: array, minItems: 1, items: {none}}}"), json!(["x"])),
            ("{allOf: [{type: object, required: [a], properties: {a: {const: 1}}}, {type: object, required: [b], properties: {b: false}}]}".to_owned(), json!({"a": 1, "b": null})),
            ("{oneOf: [{type: string}, {type: string}]}".to_owned(), json!("")),
            ("{enum: [5, 6], type: string}".to_owned(), json!(5)),
            ("{type: integer, minimum: 5, maximum: 4}".to_owned(), json!(0)),
            ("false".to_owned(), Value::Null),
        ];
        for (schema, expected) in table {
            let found = sketched(&schema);
            let is_text = found.is_string() && expected == json!("");
            assert!(found == expected || is_text, "{schema}: {found}");
        }
    }

    #[test]
    fn what_has_no_end_ends_somewhere() {
        let found = sketched("{$ref: '#/components/schemas/Endless'}").to_string();
        assert!(found.starts_with(r#"{"next":{"next":"#) && found.len() < 1000, "{found}");
    }

    #[test]
    fn what_is_valid_is_taken() {
        assert!(sketched("{type: integer, minimum: 5}").as_i64().is_some_and(|number| number >= 5));
    }
}
