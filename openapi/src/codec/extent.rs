//! How many values a body can hold, counted without reading it: a value takes dozens of times the memory of its text,
//! so that a body well within its limit of bytes could still cost a thousand times that.

use super::media::{self, Kind};

/// The bytes of the limit of a body for which it may hold one value.
pub(crate) const BYTES_A_VALUE: usize = 64;

/// The values that a body may hold whatever the limit of its bytes.
pub(crate) const LEAST: usize = 4_096;

/// The most values that a body may hold, by the limit of its bytes.
pub(crate) fn most_values(limit: usize) -> usize {
    (limit / BYTES_A_VALUE).max(LEAST)
}

/// Whether a body can hold more than so many values; forms and several parts have limits of their own.
pub(crate) fn holds_more(content_type: &str, body: &[u8], most: usize) -> bool {
    // Each value takes a byte, and one that parts it from the next.
    if body.len() / 2 <= most {
        return false;
    }
    let count = match media::kind(content_type) {
        Kind::Json | Kind::JsonLines => json_values(body),
        // Every line is a field, whose value can be JSON.
        Kind::EventStream => json_values(body) + body.iter().filter(|byte| **byte == b'\n').count(),
        Kind::Xml => body.iter().filter(|byte| matches!(byte, b'<' | b'=')).count(),
        Kind::Yaml => body.iter().filter(|byte| matches!(byte, b'\n' | b',' | b'[' | b'{')).count(),
        _ => 0,
    };
    count > most
}

/// What begins a value or parts two, outside of strings, none of which goes on beyond its line.
fn json_values(body: &[u8]) -> usize {
    let (mut count, mut is_quoted, mut is_escaped) = (0, false, false);
    for byte in body {
        match byte {
            b'\n' => (is_quoted, is_escaped) = (false, false),
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b',' | b'[' | b'{' if !is_quoted => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_texts_are_not() {
        let list = format!("[{}1]", "1,".repeat(LEAST));
        let text = format!("[\"{}\"]", "a, [b], {c}\\\" ".repeat(LEAST));
        let members = format!("{{{}\"z\":1}}", "\"a\":1,".repeat(LEAST));
        let tags = "<a/>".repeat(LEAST + 1);
        let events = "data:\n\n".repeat(LEAST);
        let table = [
            ("application/json", list.as_str(), true),
            ("application/json", &list[2..], false),
            ("application/json", &text, false),
            ("application/json", &members, true),
            ("application/jsonl", &members, true),
            ("application/xml", &tags, true),
            ("application/xml", &text, false),
            ("text/event-stream", &events, true),
            ("text/plain", &list, false),
        ];
        for (content_type, body, expected) in table {
            let found = holds_more(content_type, body.as_bytes(), LEAST);
            assert_eq!(found, expected, "{content_type} {}", &body[..20]);
        }
    }

    #[test]
    fn there_is_room_for_a_value_in_every_so_many_bytes() {
        assert_eq!(most_values(16 * 1024 * 1024), 262_144);
        assert_eq!(most_values(0), LEAST);
    }
}
