//! YAML bodies (RFC 9512): read by the reader of documents, with its limits, and written as JSON, which is YAML.

use serde_json::Value;

use crate::document::read_yaml;

/// The text of a value.
pub(super) fn encode(value: &Value) -> String {
    // What YAML does not print (section 5.1) can only stand within a string here, so that an escape means the same.
    let json = value.to_string();
    if !json.chars().any(is_unprintable) {
        return json;
    }
    let mut text = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if is_unprintable(character) {
            text.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            text.push(character);
        }
    }
    text
}

/// Whether a character is a break or none at all in YAML, though JSON takes it as it stands.
fn is_unprintable(character: char) -> bool {
    matches!(character, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// The value of a text: its first document.
pub(super) fn decode(text: &str) -> Result<Value, String> {
    read_yaml(text).map_err(|error| format!("not YAML: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{decode, encode};

    #[test]
    fn what_is_written_is_read_back() {
        let table = [
            json!(null),
            json!("null"),
            json!({"a": [1, -2.5, true, "x: y", "- z", "#", "é\u{1f600}"], "b c": {}, "": []}),
            json!("\u{85}\u{2028}\u{7f}\u{feff}\u{1}\n\t\"\\/"),
            json!(18_446_744_073_709_551_615_u64),
        ];
        for value in table {
            assert_eq!(decode(&encode(&value)), Ok(value.clone()), "{value}");
        }
    }

    #[test]
    fn yaml_is_read_and_what_is_none_is_refused() {
        assert_eq!(decode("a: 1\nb:\n- x\n- yes\n"), Ok(json!({"a": 1, "b": ["x", "yes"]})));
        assert_eq!(
            decode("a: [1"),
            Err("not YAML: 2:1: while parsing a flow sequence, expected ',' or ']'".to_owned())
        );
    }
}
