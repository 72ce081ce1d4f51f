//! Text bodies, in the charset that their media type names.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::Value;

use super::charset;
use super::error::Inexpressible;

/// The body of a value: a string's characters, anything else as JSON has it.
pub(super) fn encode(media_type: &str, value: &Value) -> Result<Bytes, Inexpressible> {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    };
    charset::encode(media_type, &text)
}

/// The text of a body.
pub(super) fn read<'b>(content_type: &str, body: &'b [u8]) -> Result<Cow<'b, str>, String> {
    charset::decode(content_type, body)
}
