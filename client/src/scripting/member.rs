//! What is within a parameter that is an object: the grammar has no names for its members, and asks of the whole
//! parameter whether a schema takes it.

use serde_json::{Value, json};

use super::condition::Condition;

/// The condition on a member, in the keywords that every edition of OpenAPI has.
pub(super) fn asks(parameter: &str, path: &[String], word: &str, operand: &Value) -> Condition {
    let whole = |schema: Value| Condition::of(parameter, Ok(json!({ "schema": schema })));
    let equal = || json!({ "enum": [operand] });
    match word {
        "exists" if operand == &Value::Bool(false) => !whole(within(path, json!({}))),
        "exists" => whole(within(path, json!({}))),
        "ne" => !whole(within(path, equal())),
        word => whole(within(path, leaf(word, operand))),
    }
}

/// An object that has a member at the end of a path which a schema takes.
fn within(path: &[String], schema: Value) -> Value {
    path.iter().rev().fold(schema, |schema, name| {
        json!({ "type": "object", "required": [name], "properties": { name.as_str(): schema } })
    })
}

/// A schema for what a word of the grammar means.
fn leaf(word: &str, operand: &Value) -> Value {
    let equal = || json!({ "enum": [operand] });
    match word {
        "in" => json!({ "enum": operand }),
        "ge" => json!({ "minimum": operand }),
        "le" => json!({ "maximum": operand }),
        "gt" => json!({ "minimum": operand, "not": equal() }),
        "lt" => json!({ "maximum": operand, "not": equal() }),
        "re" => json!({ "pattern": operand }),
        "icase" => {
            json!({ "pattern": format!("^(?:{})$", in_either_case(operand.as_str().unwrap_or_default())) })
        }
        "contains" => {
            let holds = json!({ "type": "array", "not": { "items": { "not": equal() } } });
            match operand.as_str() {
                Some(text) => json!({ "anyOf": [{ "type": "string", "pattern": escaped(text) }, holds] }),
                None => holds,
            }
        }
        "len" => match (operand.get("ge"), operand.get("le")) {
            (Some(least), _) => json!({ "minLength": least, "minItems": least }),
            (None, most) => json!({ "maxLength": most, "maxItems": most }),
        },
        _ => equal(),
    }
}

/// A pattern for a text as it stands.
fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let escape = "\\^$.*+?()[]{}|/".contains(character).then_some('\\');
            escape.into_iter().chain([character])
        })
        .collect()
}

/// A pattern for a text in either case of letters.
fn in_either_case(text: &str) -> String {
    let either = |character: char| {
        let (lower, upper) = (character.to_lowercase().to_string(), character.to_uppercase().to_string());
        match lower == upper {
            true => escaped(&lower),
            false => format!("(?:{lower}|{upper})"),
        }
    };
    text.chars().map(either).collect()
}
