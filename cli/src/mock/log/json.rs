//! A line as a JSON object; its members are told in `--help`.

use std::fmt::Write as _;

use counterfoil_conformance::report::visible;
use serde_json::{Map, Value, json};

use super::event::Told;

/// One object in one line, without the line feed.
pub(super) fn line(told: &Told) -> String {
    let mut members = Map::new();
    members.insert("time".to_owned(), told.time.clone().into());
    members.insert("level".to_owned(), told.level().into());
    match &told.request {
        Some(request) => {
            members.insert("event".to_owned(), "request".into());
            members.insert("call".to_owned(), request.call.into());
            members.insert("session".to_owned(), json!(request.session));
            members.insert("method".to_owned(), request.method.clone().into());
            members.insert("url".to_owned(), request.url.clone().into());
            members.insert("operation".to_owned(), json!(request.operation));
            members.insert("status".to_owned(), json!(request.status));
            members.insert("source".to_owned(), request.source.clone().into());
            members.insert("rule".to_owned(), json!(request.rule));
            members.insert("violations".to_owned(), json!(request.violations.read()));
            if !request.upstream_violations.is_empty() {
                members.insert("upstream_violations".to_owned(), json!(request.upstream_violations.read()));
            }
            members.insert("trail".to_owned(), json!(request.trail.read()));
            members.insert("latency_us".to_owned(), request.latency_us.into());
        }
        None => {
            members.insert("event".to_owned(), "message".into());
            let message = anstream::adapter::strip_str(&told.message).to_string();
            members.insert("message".to_owned(), message.into());
            for (name, value) in &told.others {
                members.insert((*name).to_owned(), value.clone().into());
            }
        }
    }
    inert(&Value::Object(members).to_string())
}

/// JSON with everything escaped that a terminal might act upon, which means the same.
fn inert(json: &str) -> String {
    if json.is_ascii() && !json.contains('\u{7f}') {
        return json.to_owned();
    }
    let mut inert = String::with_capacity(json.len());
    for character in json.chars() {
        if is_plain(character) {
            inert.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(inert, "\\u{unit:04x}");
            }
        }
    }
    inert
}

/// Whether a character means nothing to a terminal but itself.
fn is_plain(character: char) -> bool {
    (character.is_ascii() && character != '\u{7f}') || {
        let mut buffer = [0; 4];
        let text: &str = character.encode_utf8(&mut buffer);
        *visible(text) == *text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_upon_is_escaped_and_means_the_same() {
        for text in ["\u{7f}", "\u{9b}31m", "\u{202e}evil", "\u{2066}", "ü 😀"] {
            let json = Value::from(text).to_string();
            let inert = inert(&json);
            assert!(!inert.chars().any(|character| "\u{7f}\u{9b}\u{202e}\u{2066}".contains(character)));
            assert_eq!(serde_json::from_str::<Value>(&inert).unwrap(), text);
        }
        assert_eq!(inert("\"ü 😀\""), "\"ü 😀\"");
    }
}
