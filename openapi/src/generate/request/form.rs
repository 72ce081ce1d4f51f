//! The values of a request as one JSON value, so that they shrink like any other.

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::codec::{BodyValue, Payload, RequestValues};

/// Writes the values; bytes stand outside, in the second part.
pub(super) fn to_json(values: &RequestValues) -> (Value, Option<Bytes>) {
    let place = |values: &IndexMap<String, Value>| -> Value {
        Value::Object(values.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    let mut form = json!({
        "path": place(&values.path),
        "query": place(&values.query),
        "header": place(&values.header),
        "cookie": place(&values.cookie),
    });
    let mut bytes = None;
    if let Some(body) = &values.body {
        form["body"] = match &body.payload {
            Payload::Value(value) => json!({ body.media_type.as_str(): value }),
            Payload::Bytes(raw) => {
                bytes = Some(raw.clone());
                json!(body.media_type)
            }
        };
    }
    (form, bytes)
}

/// Reads the values back; nothing where the JSON is not of that form any more.
pub(super) fn from_json(form: &Value, bytes: Option<&Bytes>) -> Option<RequestValues> {
    let place = |name: &str| -> Option<IndexMap<String, Value>> {
        let map: &Map<String, Value> = form.get(name)?.as_object()?;
        Some(map.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    let body = match form.get("body") {
        None => None,
        Some(Value::Object(body)) => {
            let (media_type, value) = body.iter().next()?;
            Some(BodyValue { media_type: media_type.clone(), payload: Payload::Value(value.clone()) })
        }
        Some(Value::String(media_type)) => {
            Some(BodyValue { media_type: media_type.clone(), payload: Payload::Bytes(bytes?.clone()) })
        }
        Some(_) => return None,
    };
    Some(RequestValues {
        path: place("path")?,
        query: place("query")?,
        header: place("header")?,
        cookie: place("cookie")?,
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_from_their_form() {
        let mut values = RequestValues::default();
        values.path.insert("id".to_owned(), json!(7));
        values.query.insert("tags".to_owned(), json!(["a"]));
        let payloads = [Payload::Value(json!({"a": 1})), Payload::Bytes(Bytes::from_static(b"\x00\xff"))];
        for payload in payloads {
            values.body = Some(BodyValue { media_type: "application/x".to_owned(), payload });
            let (form, bytes) = to_json(&values);
            assert_eq!(from_json(&form, bytes.as_ref()), Some(values.clone()));
        }
    }
}
