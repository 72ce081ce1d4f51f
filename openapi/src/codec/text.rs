//! Text bodies: UTF-8 or what `charset` says of UTF-8, US-ASCII and ISO 8859-1.

use bytes::Bytes;
use serde_json::Value;

use super::error::Inexpressible;
use super::media;

/// The body of a value: a string's characters, anything else as JSON has it.
pub(super) fn encode(media_type: &str, value: &Value) -> Result<Bytes, Inexpressible> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if !is_latin(media_type) {
        return Ok(Bytes::from(text));
    }
    let bytes = text.chars().map(u8::try_from).collect::<Result<Vec<u8>, _>>();
    bytes.map(Bytes::from).map_err(|_| Inexpressible("its charset has no such characters"))
}

/// The text of a body.
pub(super) fn read(content_type: &str, body: &[u8]) -> Result<String, String> {
    if is_latin(content_type) {
        return Ok(body.iter().copied().map(char::from).collect());
    }
    match std::str::from_utf8(body) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(format!("not UTF-8 at byte {}", error.valid_up_to())),
    }
}

fn is_latin(media_type: &str) -> bool {
    media::parameter(media_type, "charset").is_some_and(|charset| {
        ["iso-8859-1", "latin1"].iter().any(|latin| charset.eq_ignore_ascii_case(latin))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{encode, read};

    #[test]
    fn a_charset_is_read_as_it_is_written() {
        let table = [
            ("text/plain", "é€", Some("é€".as_bytes())),
            ("text/plain; charset=UTF-8", "é€", Some("é€".as_bytes())),
            ("text/plain; charset=\"Latin1\"", "é", Some(b"\xE9")),
            ("text/plain; charset=ISO-8859-1", "€", None),
        ];
        for (media_type, text, expected) in table {
            let written = encode(media_type, &json!(text)).ok();
            assert_eq!(written.as_deref(), expected, "{media_type}");
            if let Some(written) = written {
                assert_eq!(read(media_type, &written).as_deref(), Ok(text), "{media_type}");
            }
        }
        assert_eq!(read("text/plain", b"a\xE9"), Err("not UTF-8 at byte 1".to_owned()));
    }
}
