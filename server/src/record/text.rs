//! Rules as the text of a script: YAML whose values are JSON, a key of a rule a line.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// The rules of one operation.
#[derive(Debug)]
pub(super) struct Entry {
    /// The operation's id.
    pub(super) operation: String,
    pub(super) rules: Vec<Map<String, Value>>,
}

/// The text of a script; `remarks` are comments at its top.
pub(super) fn yaml(remarks: &[String], entries: &[Entry]) -> String {
    let mut text = String::new();
    for remark in remarks {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# {remark}");
    }
    text.push_str("script: 1\n");
    if !entries.is_empty() {
        text.push_str("rules:\n");
    }
    for Entry { operation, rules } in entries {
        let _ = writeln!(text, "  {}:", quoted(operation));
        for rule in rules {
            for (index, (key, value)) in rule.iter().enumerate() {
                let lead = if index == 0 { "    - " } else { "      " };
                match value {
                    Value::Array(replies) if key == "respond" => {
                        let _ = writeln!(text, "{lead}{key}:");
                        for reply in replies {
                            let _ = writeln!(text, "        - {}", printable(&reply.to_string()));
                        }
                    }
                    value => {
                        let _ = writeln!(text, "{lead}{key}: {}", printable(&value.to_string()));
                    }
                }
            }
        }
    }
    text
}

/// The same script in JSON, which says the same of every value.
pub(super) fn json(entries: &[Entry]) -> String {
    let rules: Map<String, Value> = entries
        .iter()
        .map(|entry| {
            let rules = entry.rules.iter().cloned().map(Value::Object).collect();
            (entry.operation.clone(), Value::Array(rules))
        })
        .collect();
    let script = json!({ "script": 1, "rules": rules });
    let mut text = serde_json::to_string_pretty(&script).unwrap_or_else(|_| script.to_string());
    text.push('\n');
    printable(&text)
}

fn quoted(text: &str) -> String {
    printable(&Value::from(text).to_string())
}

/// JSON in which every character is one that YAML lets stand in a text (YAML 1.2.2, section 5.1), and none turns the
/// direction of what a terminal shows.
fn printable(json: &str) -> String {
    let is_printable = |character: char| {
        !matches!(
            character,
            '\u{7f}'..='\u{9f}'
                | '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
                | '\u{fffe}'
                | '\u{ffff}'
        )
    };
    if json.chars().all(is_printable) {
        return json.to_owned();
    }
    let mut text = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if is_printable(character) {
            text.push(character);
        } else {
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_escaped_in_either_notation() {
        let said = "\u{1b}]52;c;aGk=\u{7} \u{9b}31m \u{202e}evil\u{2066} \u{2028} \u{1f600}";
        let rule = Map::from_iter([("body".to_owned(), Value::from(said))]);
        let entries = [Entry { operation: "get\u{202e}".to_owned(), rules: vec![rule] }];
        let (yaml, json) = (yaml(&["A remark.".to_owned()], &entries), json(&entries));
        for text in [yaml, json] {
            let acts = |character: char| {
                (character.is_control() && character != '\n')
                    || ('\u{2028}'..='\u{2069}').contains(&character)
            };
            assert!(!text.chars().any(acts), "{text:?}");
            assert!(text.contains("\\u202eevil") && text.contains('\u{1f600}'), "{text}");
        }
    }
}
