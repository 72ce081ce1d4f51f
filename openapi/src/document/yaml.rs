//! YAML 1.2 text to the value tree, with positions, from saphyr-parser's events.

use std::collections::HashMap;
use std::fmt::Write as _;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::json::number;
use super::load::{Budget, ParseError};
use super::node::{Member, Node, NodeKind};
use super::{MAX_ALIASED_NODES, MAX_DEPTH, Position};

/// The most lines of one text whose indentation is mended.
const MAX_MENDED_LINES: usize = 64;

/// A parsed text, and the lines that had to be mended before it was YAML.
pub(super) struct Parsed {
    pub(super) root: Node,
    pub(super) mended: Vec<Position>,
}

/// Parses the first YAML document of a text, mending what other parsers let pass.
///
/// Inside `{}` and `[]` every line must stand deeper than the block around it (YAML 1.2, section 7.4). Many
/// documents close a brace at the block's own depth; such a line is moved to the right until it is YAML.
pub(super) fn parse(text: &str) -> Result<Parsed, ParseError> {
    let mut mended = Vec::new();
    let mut moved = String::new();
    loop {
        let current = if mended.is_empty() { text } else { &moved };
        match parse_strictly(current) {
            Ok(root) => return Ok(Parsed { root, mended }),
            Err(error) => {
                let line = error.position().line;
                let is_repeated = mended.last().is_some_and(|last: &Position| last.line == line);
                if !error.is_indentation() || is_repeated || mended.len() >= MAX_MENDED_LINES {
                    return Err(error);
                }
                let Some(shifted) = move_line(current, line) else { return Err(error) };
                moved = shifted;
                mended.push(error.position());
            }
        }
    }
}

/// The text with one line, counted from 1, moved to stand deeper than the line before it.
fn move_line(text: &str, line: u32) -> Option<String> {
    let at = usize::try_from(line).ok()?.checked_sub(1)?;
    let mut lines: Vec<&str> = text.split('\n').collect();
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let before = lines[..at].iter().rev().find(|line| !line.trim().is_empty())?;
    let wanted = depth(before).max(depth(lines.get(at)?) + 1);
    let shifted = format!("{}{}", " ".repeat(wanted), lines[at].trim_start());
    lines[at] = &shifted;
    Some(lines.join("\n"))
}

/// Parses the first YAML document of a text, by the core schema of YAML 1.2 (section 10.3).
///
/// Merge keys (`<<`) are followed, since real documents use them. Scalars with leading zeros stay strings, as do
/// `yes`, `no`, `on` and `off`. Anchors cost what they expand to: see [`MAX_ALIASED_NODES`].
fn parse_strictly(text: &str) -> Result<Node, ParseError> {
    let mut builder = Builder {
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        aliased: 0,
        budget: Budget::default(),
    };
    loop {
        let (event, span) = builder.next()?;
        match event {
            Event::StreamEnd => {
                return Err(ParseError::new(position(span.start), "the document is empty"));
            }
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) => {}
            event => return builder.node(event, span, 0),
        }
    }
}

fn position(marker: Marker) -> Position {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Position { line: number(marker.line()), column: number(marker.col()).saturating_add(1) }
}

fn scan_error(error: &ScanError) -> ParseError {
    ParseError::new(position(*error.marker()), error.info().to_owned())
}

struct Builder<'t> {
    events: Parser<'t, StrInput<'t>>,
    /// Anchored nodes and how many nodes each holds.
    anchors: HashMap<usize, (Node, usize)>,
    aliased: usize,
    budget: Budget,
}

impl<'t> Builder<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), ParseError> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(scan_error(&error)),
            None => Ok((Event::StreamEnd, Span::empty(Marker::new(0, 1, 0)))),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, ParseError> {
        let position = position(span.start);
        if depth > MAX_DEPTH {
            let message = format!("values nested deeper than {MAX_DEPTH} levels");
            return Err(ParseError::new(position, message));
        }
        let before = self.budget.spend(position)?;
        let (kind, anchor) = match event {
            Event::Alias(anchor) => return self.alias(anchor, position),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_ref().filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
                (scalar(&text, style, tag), anchor)
            }
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if matches!(event, Event::SequenceEnd) {
                        break;
                    }
                    items.push(self.node(event, span, depth + 1)?);
                }
                (NodeKind::Array(items), anchor)
            }
            Event::MappingStart(anchor, _) => (self.mapping(depth)?, anchor),
            other => {
                return Err(ParseError::new(position, format!("unexpected {other:?}")));
            }
        };
        let node = Node { position, kind };
        if anchor > 0 {
            let nodes = self.budget.spent() - before + 1;
            self.anchors.insert(anchor, (node.clone(), nodes));
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, position: Position) -> Result<Node, ParseError> {
        let Some((node, nodes)) = self.anchors.get(&anchor) else {
            return Err(ParseError::new(position, "an alias inside the node it names"));
        };
        self.aliased += nodes;
        if self.aliased > MAX_ALIASED_NODES {
            let message = format!("aliases expand to more than {MAX_ALIASED_NODES} nodes");
            return Err(ParseError::new(position, message));
        }
        // What an anchor around this alias costs includes what the alias brings in.
        let (node, nodes) = (node.clone(), *nodes);
        self.budget.spend_many(nodes.saturating_sub(1), position)?;
        Ok(node)
    }

    fn mapping(&mut self, depth: usize) -> Result<NodeKind, ParseError> {
        let mut members: Vec<Member> = Vec::new();
        let mut merged: Vec<Member> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key_position = position(span.start);
            let plain = matches!(&event, Event::Scalar(_, ScalarStyle::Plain, _, _));
            let key_text = match &event {
                Event::Scalar(text, ..) => Some(text.to_string()),
                _ => None,
            };
            let key_node = self.node(event, span, depth + 1)?;
            let key = match key_text {
                Some(text) => text,
                None => match key_node.kind {
                    NodeKind::String(text) => text,
                    _ => return Err(ParseError::new(key_position, "a key that is not a scalar")),
                },
            };
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            if plain && key == "<<" {
                merge_sources(value, &mut merged);
            } else {
                members.push(Member { key, key_position, value });
            }
        }
        for member in merged {
            if !members.iter().any(|own| own.key == member.key) {
                members.push(member);
            }
        }
        Ok(NodeKind::Object(members))
    }
}

/// The members a merge key brings in: those of one mapping, or of several in order of precedence.
fn merge_sources(value: Node, merged: &mut Vec<Member>) {
    match value.kind {
        NodeKind::Object(members) => merged.extend(members),
        NodeKind::Array(items) => items.into_iter().for_each(|item| merge_sources(item, merged)),
        _ => {}
    }
}

/// A scalar's value by the core schema: only plain scalars without a tag are more than text.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&str>) -> NodeKind {
    match tag {
        Some("str") => return NodeKind::String(text.to_owned()),
        None if style != ScalarStyle::Plain => return NodeKind::String(text.to_owned()),
        _ => {}
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => NodeKind::Null,
        "true" | "True" | "TRUE" => NodeKind::Bool(true),
        "false" | "False" | "FALSE" => NodeKind::Bool(false),
        _ => plain_number(text).map_or_else(|| NodeKind::String(text.to_owned()), NodeKind::Number),
    }
}

fn plain_number(text: &str) -> Option<serde_json::Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    if let Some(hex) = unsigned.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).ok().map(Into::into);
    }
    if let Some(octal) = unsigned.strip_prefix("0o") {
        return u64::from_str_radix(octal, 8).ok().map(Into::into);
    }
    let has_leading_zero =
        unsigned.len() > 1 && unsigned.starts_with('0') && unsigned.as_bytes()[1].is_ascii_digit();
    let is_number =
        unsigned.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
            && unsigned.bytes().any(|byte| byte.is_ascii_digit());
    if has_leading_zero || !is_number {
        return None;
    }
    // JSON wants digits on both sides of the point, YAML does not.
    let mut digits = String::with_capacity(text.len() + 2);
    if text.starts_with('-') {
        digits.push('-');
    }
    if unsigned.starts_with('.') {
        digits.push('0');
    }
    let _ = write!(digits, "{unsigned}");
    if digits.ends_with('.') {
        digits.push('0');
    }
    number(&digits.replace(".e", ".0e").replace(".E", ".0E"))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use serde_json::{Value, json};

    use super::parse;

    fn value(text: &str) -> Value {
        parse(text).expect("the text of this test is YAML").root.into_value()
    }

    #[test]
    fn plain_scalars_follow_the_core_schema() {
        let table = [
            ("null", json!(null)),
            ("~", json!(null)),
            ("true", json!(true)),
            ("no", json!("no")),
            ("on", json!("on")),
            ("42", json!(42)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("010", json!("010")),
            ("1.50", json!(1.5)),
            (".5", json!(0.5)),
            ("5.", json!(5.0)),
            ("1e3", json!(1000.0)),
            ("1.2.3", json!("1.2.3")),
            ("2024-01-02", json!("2024-01-02")),
            ("12:30", json!("12:30")),
            ("-", json!([null])),
            ("'42'", json!("42")),
            ("!!str 42", json!("42")),
            ("9223372036854775808", json!(9_223_372_036_854_775_808_u64)),
            ("-9223372036854776000", json!(-9_223_372_036_854_776_000.0)),
        ];
        for (text, expected) in table {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn keys_are_text_whatever_they_look_like() {
        assert_eq!(value("200: a\ntrue: b\nnull: c"), json!({"200": "a", "true": "b", "null": "c"}));
    }

    #[test]
    fn merge_keys_bring_in_what_is_not_there() {
        let text = "base: &base {a: 1, b: 2}\nown:\n  <<: *base\n  b: 3\n";
        assert_eq!(value(text)["own"], json!({"b": 3, "a": 1}));
    }

    #[test]
    fn an_alias_bomb_is_refused_by_its_budget() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let items = vec![format!("*a{}", level - 1); 9].join(", ");
            let _ = writeln!(text, "a{level}: &a{level} [{items}]");
        }
        let error = parse(&text).map(drop).map_err(|error| format!("{error:?}"));
        assert!(error.unwrap_err().contains("aliases expand"));
    }

    #[test]
    fn a_brace_closed_at_the_depth_of_its_block_is_mended() {
        let text = "a:\n  b: {\n    \"80/tcp\": {},\n    \"c\": {}\n  }\n  e: 3\n";
        let parsed = parse(text).expect("the text of this test is YAML once mended");
        assert_eq!(parsed.root.into_value(), json!({"a": {"b": {"80/tcp": {}, "c": {}}, "e": 3}}));
        assert_eq!(parsed.mended.len(), 1);
        assert!(parse("a: {\nb: 1").is_err());
    }

    #[test]
    fn nesting_beyond_the_limit_is_an_error_and_no_overflow() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"- ".repeat(100_000)).is_err());
    }
}
