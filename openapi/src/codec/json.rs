//! JSON bodies (RFC 8259).
//!
//! - Arrays and objects nest at most 128 deep, which is the parser's own limit.
//! - Of a repeated name the last value counts.
//! - A number beyond the range of a double is refused; one beyond 64 bits loses digits.

use bytes::Bytes;
use serde_json::Value;

/// The body of a value.
pub(super) fn encode(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

/// The value of a body.
pub(super) fn decode(body: &[u8]) -> Result<Value, String> {
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if text.is_empty() {
        return Err("not JSON: the body is empty".to_owned());
    }
    serde_json::from_slice(text).map_err(|error| format!("not JSON: {error}"))
}
