//! Text bodies: UTF-8 or what `charset` says of UTF-8, US-ASCII and ISO 8859-1.

use bytes::Bytes;
use serde_json::Value;

use super::media;
use super::scalar::{self, Reading};
use crate::schema::Shape;

/// The body of a value: a string's characters, anything else as in a parameter.
pub(super) fn encode(value: &Value) -> Bytes {
    match value {
        Value::String(text) => Bytes::from(text.clone()),
        other => Bytes::from(other.to_string()),
    }
}

/// The text of a body.
pub(super) fn read(content_type: &str, body: &[u8]) -> Result<String, String> {
    let charset = media::parameter(content_type, "charset");
    let is_latin = charset.is_some_and(|charset| {
        ["iso-8859-1", "latin1"].iter().any(|latin| charset.eq_ignore_ascii_case(latin))
    });
    if is_latin {
        return Ok(body.iter().copied().map(char::from).collect());
    }
    match std::str::from_utf8(body) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(format!("not UTF-8 at byte {}", error.valid_up_to())),
    }
}

/// The value of a text, of the type its schema says.
pub(super) fn decode(text: &str, shape: &Shape<'_>, reading: &Reading) -> Value {
    scalar::read(text, shape, reading)
}
