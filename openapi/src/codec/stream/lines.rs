//! Sequences of JSON texts: a line each, or each after a record separator (RFC 7464).
//!
//! - Lines of white space are passed over, and so are empty records.
//! - A body of `json-seq` without any separator is read line by line.

use std::borrow::Cow;

use serde_json::Value;

use super::check_count;
use crate::codec::error::Inexpressible;
use crate::codec::{json, media};

const SEPARATOR: char = '\u{1e}';

/// The text of an array's items.
pub(in crate::codec) fn encode(media_type: &str, value: &Value) -> Result<String, Inexpressible> {
    let Value::Array(items) = value else {
        return Err(Inexpressible("a sequence is an array of its items"));
    };
    let is_sequence = is_sequence(media_type);
    let mut text = String::new();
    for item in items {
        if is_sequence {
            text.push(SEPARATOR);
        }
        text.push_str(&item.to_string());
        text.push('\n');
    }
    Ok(text)
}

/// The array of the items of a text.
pub(in crate::codec) fn decode(media_type: &str, text: &str) -> Result<Value, String> {
    let is_sequence = is_sequence(media_type) && text.contains(SEPARATOR);
    let (word, pieces): (_, Box<dyn Iterator<Item = &str>>) = match is_sequence {
        true => ("record", Box::new(text.split(SEPARATOR))),
        false => ("line", Box::new(text.split('\n'))),
    };
    let mut items = Vec::new();
    for (index, piece) in pieces.enumerate() {
        let piece = piece.trim_matches([' ', '\t', '\r', '\n']);
        if piece.is_empty() {
            continue;
        }
        check_count(items.len() + 1)?;
        // The first record follows the first separator.
        let number = if is_sequence { index } else { index + 1 };
        items.push(json::decode_line(piece).map_err(|error| format!("{word} {number}: {error}"))?);
    }
    Ok(Value::Array(items))
}

pub(super) fn is_sequence(media_type: &str) -> bool {
    let essence: Cow<'_, str> = media::essence(media_type).to_ascii_lowercase().into();
    essence.ends_with("json-seq")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::MAX_ITEMS;
    use super::{decode, encode};

    const LINES: &str = "application/x-ndjson";
    const SEQUENCE: &str = "application/json-seq";

    #[test]
    fn items_are_written_and_read_back() {
        let table = [
            (LINES, json!([{"a": "x\ny"}, 1, null]), "{\"a\":\"x\\ny\"}\n1\nnull\n"),
            (LINES, json!([]), ""),
            (SEQUENCE, json!([{"a": 1}, "b"]), "\u{1e}{\"a\":1}\n\u{1e}\"b\"\n"),
        ];
        for (media_type, value, text) in table {
            assert_eq!(encode(media_type, &value).as_deref(), Ok(text), "{value}");
            assert_eq!(decode(media_type, text), Ok(value), "{text}");
        }
        assert!(encode(LINES, &json!({"a": 1})).is_err());
    }

    #[test]
    fn lines_of_others_are_read_and_what_is_no_json_is_told_with_its_line() {
        let table: [(&str, &str, Result<Value, &str>); 5] = [
            (LINES, "\r\n{\"a\": 1}\r\n \n2", Ok(json!([{"a": 1}, 2]))),
            (SEQUENCE, "1\n2\n", Ok(json!([1, 2]))),
            (SEQUENCE, "\u{1e}{\n\"a\": 1\n}\n\u{1e}\u{1e}2", Ok(json!([{"a": 1}, 2]))),
            (LINES, "1\n\n{\n", Err("line 3: not JSON: EOF while parsing an object at column 1")),
            (SEQUENCE, "\u{1e}1\n\u{1e}x", Err("record 2: not JSON: expected value at column 1")),
        ];
        for (media_type, text, expected) in table {
            assert_eq!(decode(media_type, text), expected.map_err(str::to_owned), "{text:?}");
        }
        let many = "1\n".repeat(MAX_ITEMS + 1);
        assert_eq!(decode(LINES, &many), Err("more than 100000 items".to_owned()));
    }
}
