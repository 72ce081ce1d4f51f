//! JSON text (RFC 8259) to the value tree, with positions.

use serde_json::Number;

use super::load::{Budget, ParseError};
use super::mend::{MAX_MENDED, Mended};
use super::node::{Member, Node, NodeKind};
use super::{MAX_DEPTH, Position};

/// Parses one JSON text.
///
/// Lenient where real documents are wrong and the meaning is plain: raw control characters inside strings are
/// kept, a lone surrogate becomes U+FFFD, a number beyond 64 bits becomes the nearest double. What only strict parsers
/// refuse is noted as mended: comments, a comma behind the last member or item, text behind the end.
pub(super) fn parse(text: &str) -> Result<Parsed, ParseError> {
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        line: 1,
        marked: 0,
        column: 1,
        budget: Budget::default(),
        mended: Vec::new(),
    };
    parser.skip_space();
    let root = parser.value(0)?;
    parser.skip_space();
    if parser.at < parser.bytes.len() {
        if !parser.bytes[parser.at..].iter().all(|byte| b" \t\r\n}],;".contains(byte)) {
            return Err(parser.error("text after the end of the JSON value"));
        }
        parser.mend("the JSON value has ended before this", "remove what follows");
    }
    Ok(Parsed { root, mended: parser.mended })
}

/// A parsed text, and what is not JSON in it by the letter.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) root: Node,
    pub(super) mended: Vec<Mended>,
}

struct Parser<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    line: u32,
    /// The byte up to which columns are counted, and the column there: counted on, never again from the line's
    /// start, since whole documents come as one line.
    marked: usize,
    column: u32,
    budget: Budget,
    mended: Vec<Mended>,
}

impl Parser<'_> {
    /// Notes what is not JSON, once a line.
    fn mend(&mut self, message: &'static str, hint: &'static str) {
        let position = self.position();
        let is_known = self.mended.last().is_some_and(|last| last.position.line == position.line);
        if self.mended.len() < MAX_MENDED && !is_known {
            self.mended.push(Mended { position, code: "json-mended", message, hint });
        }
    }

    fn position(&mut self) -> Position {
        let passed = self.text.get(self.marked..self.at).map_or(0, |passed| passed.chars().count());
        self.column = self.column.saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
        self.marked = self.at;
        Position { line: self.line, column: self.column }
    }

    /// Steps over a line break.
    fn next_line(&mut self) {
        self.at += 1;
        self.line = self.line.saturating_add(1);
        self.marked = self.at;
        self.column = 1;
    }

    fn error(&mut self, message: impl Into<String>) -> ParseError {
        ParseError::new(self.position(), message)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => self.next_line(),
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'/' if matches!(self.bytes.get(self.at + 1), Some(b'/' | b'*')) => self.skip_comment(),
                _ => break,
            }
        }
    }

    fn skip_comment(&mut self) {
        self.mend(
            "JSON has no comments",
            "remove the comment, or name the file `.yaml` and begin it with `#`",
        );
        let is_block = self.bytes[self.at + 1] == b'*';
        self.at += 2;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' if !is_block => break,
                b'\n' => self.next_line(),
                b'*' if is_block && self.bytes.get(self.at + 1) == Some(&b'/') => {
                    self.at += 2;
                    break;
                }
                _ => self.at += 1,
            }
        }
    }

    /// Whether what closes an object or a list follows a comma, which is noted.
    fn ends_after_comma(&mut self, closing: u8) -> bool {
        self.skip_space();
        let ends = self.peek() == Some(closing);
        if ends {
            self.mend(
                "a comma stands behind the last one, and nothing follows it",
                "remove the comma before this",
            );
            self.at += 1;
        }
        ends
    }

    fn value(&mut self, depth: usize) -> Result<Node, ParseError> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("values nested deeper than {MAX_DEPTH} levels")));
        }
        let position = self.position();
        self.budget.spend(position)?;
        let kind = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => NodeKind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => NodeKind::Number(self.number()?),
            Some(b't') => self.word("true", NodeKind::Bool(true))?,
            Some(b'f') => self.word("false", NodeKind::Bool(false))?,
            Some(b'n') => self.word("null", NodeKind::Null)?,
            Some(_) => return Err(self.error("expected a JSON value")),
            None => return Err(self.error("the text ends where a JSON value was expected")),
        };
        Ok(Node { position, kind })
    }

    fn word(&mut self, word: &str, kind: NodeKind) -> Result<NodeKind, ParseError> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(kind)
        } else {
            Err(self.error("expected a JSON value"))
        }
    }

    fn object(&mut self, depth: usize) -> Result<NodeKind, ParseError> {
        self.at += 1;
        let mut members = Vec::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(NodeKind::Object(members));
        }
        loop {
            self.skip_space();
            let key_position = self.position();
            if self.peek() != Some(b'"') {
                return Err(self.error("expected a member name in double quotes"));
            }
            let key = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.error("expected `:` after the member name"));
            }
            self.at += 1;
            self.skip_space();
            let value = self.value(depth + 1)?;
            members.push(Member { key, key_position, value });
            self.skip_space();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    if self.ends_after_comma(b'}') {
                        return Ok(NodeKind::Object(members));
                    }
                }
                Some(b'}') => {
                    self.at += 1;
                    return Ok(NodeKind::Object(members));
                }
                _ => return Err(self.error("expected `,` or `}` after a member")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<NodeKind, ParseError> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(NodeKind::Array(items));
        }
        loop {
            self.skip_space();
            items.push(self.value(depth + 1)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    if self.ends_after_comma(b']') {
                        return Ok(NodeKind::Array(items));
                    }
                }
                Some(b']') => {
                    self.at += 1;
                    return Ok(NodeKind::Array(items));
                }
                _ => return Err(self.error("expected `,` or `]` after an item")),
            }
        }
    }

    fn number(&mut self) -> Result<Number, ParseError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        let digits = &self.text[start..self.at];
        number(digits).ok_or_else(|| self.error(format!("`{digits}` is not a JSON number")))
    }

    fn string(&mut self) -> Result<String, ParseError> {
        self.at += 1;
        let mut value = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | b'\n')) {
                self.at += 1;
            }
            value.push_str(&self.text[start..self.at]);
            match self.peek() {
                None => return Err(self.error("the text ends inside a string")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(value);
                }
                Some(b'\n') => {
                    self.next_line();
                    value.push('\n');
                }
                Some(_) => value.push(self.escape()?),
            }
        }
    }

    fn escape(&mut self) -> Result<char, ParseError> {
        self.at += 1;
        let escaped = self.peek();
        self.at += 1;
        Ok(match escaped {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.unicode_escape()?,
            _ => {
                self.at -= 1;
                return Err(self.error("expected one of `\"\\/bfnrtu` after a backslash"));
            }
        })
    }

    fn unicode_escape(&mut self) -> Result<char, ParseError> {
        let first = self.four_hex_digits()?;
        if (0xD800..0xDC00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.four_hex_digits()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn four_hex_digits(&mut self) -> Result<u32, ParseError> {
        let digits = self.bytes.get(self.at..self.at + 4).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => Err(self.error("expected four hexadecimal digits after `\\u`")),
        }
    }
}

/// A JSON number from its digits; beyond 64 bits the nearest double, beyond doubles the largest one.
pub(super) fn number(digits: &str) -> Option<Number> {
    if let Ok(number) = digits.parse::<Number>() {
        return Some(number);
    }
    let is_json = digits.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit());
    let value = digits.parse::<f64>().ok().filter(|_| is_json)?;
    Number::from_f64(value.clamp(f64::MIN, f64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::parse;
    use crate::document::Pointer;
    use crate::document::places::Places;

    fn value(text: &str) -> Value {
        parse(text).expect("the text of this test is JSON").root.into_value()
    }

    #[test]
    fn strings_keep_what_their_escapes_mean() {
        let table = [
            (r#""\u0041\n\/""#, "A\n/"),
            (r#""\ud83d\ude00""#, "\u{1F600}"),
            (r#""\ud83d""#, "\u{FFFD}"),
            (r#""\ud83d\u0041""#, "\u{FFFD}A"),
            ("\"a\tb\"", "a\tb"),
            ("\"a\nb\"", "a\nb"),
        ];
        for (text, expected) in table {
            assert_eq!(value(text), json!(expected), "{text}");
        }
    }

    #[test]
    fn numbers_beyond_64_bits_become_the_nearest_double() {
        assert_eq!(value("9223372036854775807"), json!(i64::MAX));
        assert_eq!(value("18446744073709551616"), json!(18_446_744_073_709_551_616.0));
        assert_eq!(value("1e999"), json!(f64::MAX));
        assert_eq!(value("-1e999"), json!(f64::MIN));
    }

    #[test]
    fn an_error_says_line_and_column() {
        let error = parse("{\n  \"a\": [1, }").map(drop).map_err(|error| format!("{error:?}"));
        insta::assert_snapshot!(
            error.unwrap_err(),
            @r#"ParseError { position: Position { line: 2, column: 12 }, message: "expected a JSON value" }"#
        );
    }

    #[test]
    fn what_only_strict_parsers_refuse_is_noted() {
        let table = [
            ("{\"a\": [1, 2,], }", json!({"a": [1, 2]}), "1:13"),
            ("// one\n{\"a\": /* two\nlines */ 1}", json!({"a": 1}), "1:1 2:7"),
            ("{\"a\": \"//\"}\n}", json!({"a": "//"}), "2:1"),
        ];
        for (text, expected, places) in table {
            let parsed = parse(text).expect("the text of this test is nearly JSON");
            let found: Vec<String> = parsed.mended.iter().map(|one| one.position.to_string()).collect();
            assert_eq!((parsed.root.into_value(), found.join(" ").as_str()), (expected, places), "{text}");
        }
        for text in ["[,]", "{,}", "[1,,]", "{} {}", "/", "[1 // two]"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nesting_beyond_the_limit_is_an_error_and_no_overflow() {
        for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
            let error = parse(&text).map(drop).map_err(|error| format!("{error:?}"));
            assert!(error.unwrap_err().contains("nested deeper"));
        }
    }

    #[test]
    fn a_member_is_where_its_key_is() {
        let parsed = parse("{\"a\": 1,\n \"b\": [true,\n  null]}").expect("the text of this test is JSON");
        let places = Places::of(parsed.root);
        let at = |pointer: &str| places.find(&Pointer::from_escaped(pointer)).map(|at| at.to_string());
        assert_eq!(at("/b"), Some("2:2".to_owned()));
        assert_eq!(at("/b/1"), Some("3:3".to_owned()));
        assert_eq!(at("/c"), None);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            proptest::num::f64::NORMAL.prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((".*", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn parsing_undoes_writing(written in any_json()) {
            prop_assert_eq!(value(&written.to_string()), written.clone());
            let pretty = serde_json::to_string_pretty(&written).expect("a value can be written");
            prop_assert_eq!(value(&pretty), written);
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse(&text);
            let _ = crate::document::yaml::parse(&text);
        }
    }
}
