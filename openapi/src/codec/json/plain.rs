//! The JSON that most bodies are, read in one go.
//!
//! What is not plain is left to `serde_json`: whatever is wrong, so that there is one source of messages; what nests
//! deeper than [`MAX_DEPTH`]; and single strings with escapes and numbers that are no short whole ones.

use serde_json::{Map, Value};

/// How deep plain JSON nests.
const MAX_DEPTH: usize = 32;
/// The most digits of a whole number that fits 64 bits whatever its digits are.
const MAX_DIGITS: usize = 18;
/// About as many bytes as a member of an object takes: what room is made for at first. To make room again and again
/// costs more than to read the members. Nested objects start empty, since there may be millions of them.
const MEMBER: usize = 24;
/// The most members that room is made for at first.
const ROOM: usize = 16;

/// The value of a text; nothing where it is not plain, or no JSON.
pub(super) fn read(text: &str) -> Option<Value> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_space();
    let value = match reader.peek()? {
        b'{' => reader.object(Map::with_capacity((text.len() / MEMBER).min(ROOM)), 1)?,
        _ => reader.value(0)?,
    };
    reader.skip_space();
    (reader.at == text.len()).then_some(value)
}

struct Reader<'t> {
    text: &'t str,
    /// The byte that comes next.
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Steps over a byte that must be there.
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.text[self.at..].starts_with(word).then(|| {
            self.at += word.len();
            value
        })
    }

    /// The value that begins here, with so many arrays and objects around it.
    fn value(&mut self, depth: usize) -> Option<Value> {
        match self.peek()? {
            b'"' => Some(Value::String(self.string()?)),
            b'{' => self.object(Map::new(), depth + 1),
            b'[' => self.array(depth + 1),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn object(&mut self, mut members: Map<String, Value>, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.at += 1;
        self.skip_space();
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(Value::Object(members));
        }
        loop {
            let name = self.string()?;
            self.skip_space();
            self.expect(b':')?;
            self.skip_space();
            let value = self.value(depth)?;
            members.insert(name, value);
            self.skip_space();
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Some(Value::Object(members));
                }
                _ => return None,
            }
            self.skip_space();
        }
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.peek()? == b']' {
            self.at += 1;
            return Some(Value::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.skip_space();
            match self.peek()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Some(Value::Array(items));
                }
                _ => return None,
            }
            self.skip_space();
        }
    }

    fn string(&mut self) -> Option<String> {
        self.expect(b'"')?;
        let start = self.at;
        let mut has_escapes = false;
        loop {
            self.at += special(self.text.as_bytes().get(self.at..)?)?;
            match self.peek()? {
                b'"' => break,
                // Whatever comes behind it belongs to it, a quote as well.
                b'\\' => {
                    has_escapes = true;
                    self.at += 2;
                }
                _ => return None,
            }
        }
        let end = self.at;
        self.at += 1;
        match has_escapes {
            false => Some(self.text.get(start..end)?.to_owned()),
            true => serde_json::from_str(self.text.get(start - 1..=end)?).ok(),
        }
    }

    fn number(&mut self) -> Option<Value> {
        let rest: &'t str = &self.text[self.at..];
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.bytes().position(|byte| !is_part(&byte)).unwrap_or(rest.len());
        let token = &rest[..length];
        self.at += length;
        whole(token.as_bytes()).or_else(|| serde_json::from_str(token).ok())
    }
}

/// A short whole number that is not negative, without zeros before it.
fn whole(token: &[u8]) -> Option<Value> {
    let is_plain = token.len() <= MAX_DIGITS
        && token.iter().all(u8::is_ascii_digit)
        && (token.len() == 1 || token.first() != Some(&b'0'));
    let number = |number: u64, digit: &u8| number * 10 + u64::from(digit - b'0');
    is_plain.then(|| token.iter().fold(0, number).into())
}

/// Where the first quote, backslash or control character stands.
fn special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The highest bit of every byte that is zero, and perhaps of some that come after one.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut at = 0;
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        let word = u64::from_le_bytes(word.try_into().ok()?);
        let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let found =
            controls | zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = words.remainder().iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
    Some(at + rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// JSON and what is nearly JSON.
    fn text() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            Just("{"),
            Just("}"),
            Just("["),
            Just("]"),
            Just(","),
            Just(":"),
            Just(" "),
            Just("\n"),
            Just("\""),
            Just("\\"),
            Just("\u{1}"),
            Just("true"),
            Just("nul"),
            Just("null"),
            Just("0"),
            Just("-"),
            Just("12"),
            Just("."),
            Just("e"),
            Just("+7"),
            Just("é"),
            Just("\"a\":"),
            Just("\"a\""),
            Just("\"\\u00e9\\n\""),
            Just("123456789012345678901234567890"),
            Just("{\"b\":[1,2.5,{}]}"),
        ];
        prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
    }

    fn value() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            any::<u64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9).prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
            ".{0,40}".prop_map(Value::from),
            "[\\x00-\\x7f]{0,20}".prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 60, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec((".{0,12}", inner), 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_serde_json_reads(text in text()) {
            if let Some(value) = read(&text) {
                prop_assert_eq!(Ok(value), serde_json::from_str(&text).map_err(|error| error.to_string()));
            }
        }

        #[test]
        fn what_is_written_is_plain(value in value()) {
            let [compact, spacious] = [read(&value.to_string()), read(&format!(" {value:#}\n"))];
            prop_assert_eq!(compact.as_ref(), Some(&value));
            prop_assert_eq!(spacious, Some(value));
        }
    }

    #[test]
    fn what_is_not_plain_is_left_alone() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(read(&nested(MAX_DEPTH)), serde_json::from_str(&nested(MAX_DEPTH)).ok());
        let deep = nested(MAX_DEPTH + 1);
        for text in ["", " ", "01", "-", "1.", "{\"a\":1,}", "[1 2]", "\"a", "\"\t\"", "\"\\", "{} x", &deep]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
