//! Bodies that no codec reads: their bytes.

use bytes::Bytes;
use serde_json::Value;

/// The body of a value: a string's bytes, anything else as JSON.
pub(super) fn encode(value: &Value) -> Bytes {
    match value {
        Value::String(text) => Bytes::from(text.clone()),
        other => Bytes::from(other.to_string()),
    }
}
