//! `nullable`, as 2020-12 states it.

use serde_json::{Map, Value, json};

use super::LINK;

/// A schema that admits `null` as well.
pub(super) fn nullable(mut lowered: Map<String, Value>) -> Value {
    let is_composed = ["$ref", LINK, "allOf", "anyOf", "oneOf", "not", "const"]
        .iter()
        .any(|keyword| lowered.contains_key(*keyword));
    if is_composed {
        return json!({ "anyOf": [{ "type": "null" }, lowered] });
    }
    let types = match lowered.get("type") {
        Some(Value::String(name)) if name != "null" => Some(json!([name, "null"])),
        Some(Value::Array(names)) if !names.contains(&json!("null")) => {
            let mut names = names.clone();
            names.push(json!("null"));
            Some(Value::Array(names))
        }
        _ => None,
    };
    if let Some(types) = types {
        lowered.insert("type".to_owned(), types);
    }
    if let Some(Value::Array(members)) = lowered.get_mut("enum")
        && !members.contains(&Value::Null)
    {
        members.push(Value::Null);
    }
    Value::Object(lowered)
}
