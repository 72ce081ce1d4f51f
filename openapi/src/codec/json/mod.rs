//! JSON bodies (RFC 8259).
//!
//! - Arrays and objects nest at most 128 deep, which is the parser's own limit.
//! - Of a repeated name the last value counts.
//! - A number beyond the range of a double is refused; one beyond 64 bits loses digits.
//! - What is no UTF-8 is told with the byte where it ceases to be.

mod plain;

use bytes::Bytes;
use serde_json::Value;

/// The body of a value.
pub(super) fn encode(value: &Value) -> Bytes {
    // Twice as fast as `Display`, which sends each piece through a formatter.
    serde_json::to_vec(value).expect("the names of objects are text, and memory takes what is written").into()
}

/// The value of a body.
pub(super) fn decode(body: &[u8]) -> Result<Value, String> {
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if text.is_empty() {
        return Err("not JSON: the body is empty".to_owned());
    }
    // Looked at as a whole, which costs less than each string by itself.
    let text = std::str::from_utf8(text).map_err(|error| {
        let mark = body.len() - text.len();
        format!("not JSON: not UTF-8 at byte {}", mark + error.valid_up_to())
    })?;
    match plain::read(text) {
        Some(value) => Ok(value),
        None => serde_json::from_str(text).map_err(|error| format!("not JSON: {error}")),
    }
}

/// The value of a line of a body; the error says what is wrong with it, and at which column.
pub(super) fn decode_line(line: &str) -> Result<Value, String> {
    serde_json::from_str(line).map_err(|error| {
        let told = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        match told.strip_suffix(&place).filter(|_| error.line() == 1) {
            Some(what) => format!("not JSON: {what} at column {}", error.column()),
            None => format!("not JSON: {told}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_read_as_serde_json_reads_it() {
        let table = [
            "null",
            "true",
            "-7",
            "18446744073709551615",
            "1.5e3",
            "\"a\\u00e9\"",
            "[]",
            "[1, [2], {\"a\": 3}]",
            "{}",
            "{\"a\": 1, \"b\": {\"c\": [null]}, \"a\": 2}",
            " {\"a\": 1} ",
            "{",
            "{\"a\": 1} x",
            "1e999",
            "[1,]",
            "\"",
            "nul",
            "{\"a\" 1}",
        ];
        for text in table {
            let expected = serde_json::from_slice::<Value>(text.as_bytes())
                .map_err(|error| format!("not JSON: {error}"));
            assert_eq!(decode(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(decode(b"\xEF\xBB\xBF{\"a\": 1}"), Ok(json!({"a": 1})));
        assert_eq!(decode(b"{\"a\": \"\xE9\"}"), Err("not JSON: not UTF-8 at byte 7".to_owned()));
    }
}
