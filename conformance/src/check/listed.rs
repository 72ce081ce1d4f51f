//! What stands in a list, and whether it is a thing that was read by itself.

use counterfoil_openapi::Request;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::Observation;
use crate::resource::listing::{is_naming, items};

/// A list that was asked for after a resource was read by itself.
pub(super) struct Listed {
    pub(super) list: Value,
    /// What the reading showed.
    pub(super) read: Map<String, Value>,
    /// What stands last in the resource's path.
    name: String,
}

impl Listed {
    /// The body of a list, with the last good reading before it; nothing where either is none.
    pub(super) fn new(observation: &Observation<'_>, body: &[u8]) -> Option<Self> {
        let list: Value = serde_json::from_slice(body).ok()?;
        items(&list).or_else(|| list.as_object().map(|_| &[][..]))?;
        let (request, reading) = observation.reading()?;
        let Ok(Value::Object(read)) = serde_json::from_slice(&reading.body) else { return None };
        Some(Self { list, read, name: name_of(request)? })
    }

    /// The item that is the resource.
    pub(super) fn item(&self) -> Option<&Value> {
        found(items(&self.list)?, &self.read, &self.name)
    }
}

/// The item of a list that is the thing which its own reading showed, where its path ends with a name.
///
/// It is the same where both have that name in a member which tells things apart, and agree in whatever else both show.
pub(super) fn found<'l>(items: &'l [Value], read: &Map<String, Value>, name: &str) -> Option<&'l Value> {
    items.iter().find(|item| {
        let Some(item) = item.as_object() else { return false };
        let is_named = read.iter().any(|(member, value)| {
            is_naming(member)
                && plain(value).is_some_and(|text| text == name)
                && item.get(member) == Some(value)
        });
        let agrees = |(member, value): (&String, &Value)| {
            value.is_array() || value.is_object() || read.get(member).is_none_or(|read| read == value)
        };
        is_named && item.iter().all(agrees)
    })
}

/// What stands last in the path of a request.
pub(super) fn name_of(request: &Request) -> Option<String> {
    Some(percent_decode_str(request.path().rsplit('/').next()?).decode_utf8().ok()?.into_owned())
}

/// A text or a number as it stands in a path.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_what_was_read_where_name_and_all_else_agree() {
        let read = json!({"id": 3, "age": 4, "tags": ["a"]});
        let read = read.as_object().unwrap();
        let is_found = |item: Value| found(&[json!({"id": 9}), item], read, "3").is_some();
        assert!(is_found(json!({"id": 3})));
        assert!(is_found(json!({"id": 3, "age": 4, "more": 1, "tags": []})));
        assert!(!is_found(json!({"id": 3, "age": 5})));
        assert!(!is_found(json!({"id": 5, "age": 4})));
        assert!(!is_found(json!({"age": 4})));
        // Four is the age of it, and names nothing.
        assert!(found(&[json!({"age": 4})], read, "4").is_none());
        let of_text = json!({"slug": "red"});
        assert!(found(&[json!({"slug": "red"})], of_text.as_object().unwrap(), "red").is_some());
    }
}
