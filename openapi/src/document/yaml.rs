//! YAML 1.2 text to the value tree, with positions, from saphyr-parser's events.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput};
use serde_json::Value;

use super::json::number;
use super::load::{Budget, ParseError};
use super::mend::{Mended, parse_mending};
use super::node::{Member, Node, NodeKind};
use super::{MAX_ALIASED_NODES, MAX_DEPTH, Position};

/// A parsed text, and what had to be mended before it was YAML.
pub(super) struct Parsed {
    pub(super) root: Node,
    pub(super) mended: Vec<Mended>,
}

/// Parses the first YAML document of a text that holds anything, mending what other parsers let pass.
pub(super) fn parse(text: &str) -> Result<Parsed, ParseError> {
    let (root, mended) = parse_mending(text, parse_strictly)?;
    Ok(Parsed { root, mended })
}

/// Parses the first YAML document of a text that is not null, by the core schema of YAML 1.2 (section 10.3).
///
/// An alias inside the node it names is null, and a key that is no scalar is its JSON text. Merge keys (`<<`) are followed, since real documents use them. Scalars with leading zeros stay strings, as do
/// `yes`, `no`, `on` and `off`. Anchors cost what they expand to: see [`MAX_ALIASED_NODES`].
pub(super) fn parse_strictly(text: &str) -> Result<Node, ParseError> {
    let mut builder = Builder {
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        aliased: 0,
        budget: Budget::default(),
    };
    let mut empty = Err("the document is empty");
    loop {
        let (event, span) = builder.next()?;
        match event {
            Event::StreamEnd => {
                return empty.map_err(|message| ParseError::new(position(span.start), message));
            }
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
            event => {
                let root = builder.node(event, span, 0)?.node;
                if !matches!(root.kind, NodeKind::Null) {
                    return Ok(root);
                }
                empty = empty.or(Ok(root));
            }
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

/// A node and how many levels of values it holds, itself included.
#[derive(Clone)]
struct Built {
    node: Node,
    height: usize,
}

/// A node with a name, and how many nodes it holds.
#[derive(Clone)]
struct Anchored {
    built: Built,
    nodes: usize,
}

struct Builder<'t> {
    events: Parser<'t, StrInput<'t>>,
    /// Anchored nodes and what each costs.
    anchors: HashMap<usize, Anchored>,
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

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Built, ParseError> {
        let position = position(span.start);
        check_depth(depth, position)?;
        let before = self.budget.spend(position)?;
        let (kind, height, anchor) = match event {
            Event::Alias(anchor) => return self.alias(anchor, position, depth),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_ref().filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
                (scalar(&text, style, tag), 1, anchor)
            }
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                let mut height = 0;
                loop {
                    let (event, span) = self.next()?;
                    if matches!(event, Event::SequenceEnd) {
                        break;
                    }
                    let item = self.node(event, span, depth + 1)?;
                    height = height.max(item.height);
                    items.push(item.node);
                }
                (NodeKind::Array(items), height + 1, anchor)
            }
            Event::MappingStart(anchor, _) => {
                let (members, height) = self.mapping(depth)?;
                (NodeKind::Object(members), height + 1, anchor)
            }
            other => {
                return Err(ParseError::new(position, format!("unexpected {other:?}")));
            }
        };
        let built = Built { node: Node { position, kind }, height };
        if anchor > 0 {
            let nodes = self.budget.spent() - before + 1;
            self.anchors.insert(anchor, Anchored { built: built.clone(), nodes });
        }
        Ok(built)
    }

    fn alias(&mut self, anchor: usize, position: Position, depth: usize) -> Result<Built, ParseError> {
        let Some(Anchored { built, nodes }) = self.anchors.get(&anchor) else {
            return Ok(Built { node: Node { position, kind: NodeKind::Null }, height: 1 });
        };
        self.aliased += nodes;
        if self.aliased > MAX_ALIASED_NODES {
            let message = format!("aliases expand to more than {MAX_ALIASED_NODES} nodes");
            return Err(ParseError::new(position, message));
        }
        check_depth(depth + built.height - 1, position)?;
        // What an anchor around this alias costs includes what the alias brings in.
        let (built, nodes) = (built.clone(), *nodes);
        self.budget.spend_many(nodes.saturating_sub(1), position)?;
        Ok(built)
    }

    /// The members of a mapping, and the height of the highest.
    fn mapping(&mut self, depth: usize) -> Result<(Vec<Member>, usize), ParseError> {
        let mut members: Vec<Member> = Vec::new();
        let mut merged: Vec<Member> = Vec::new();
        let mut height = 0;
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
            let key_node = self.node(event, span, depth + 1)?.node;
            let key = key_text.unwrap_or_else(|| match key_node.into_value() {
                Value::String(text) => text,
                other => other.to_string(),
            });
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            height = height.max(value.height);
            if plain && key == "<<" {
                merge_sources(value.node, &mut merged);
            } else {
                members.push(Member { key, key_position, value: value.node });
            }
        }
        if !merged.is_empty() {
            let mut own: HashSet<String> = members.iter().map(|member| member.key.clone()).collect();
            members.extend(merged.into_iter().filter(|member| own.insert(member.key.clone())));
        }
        Ok((members, height))
    }
}

fn check_depth(depth: usize, position: Position) -> Result<(), ParseError> {
    if depth > MAX_DEPTH {
        let message = format!("values nested deeper than {MAX_DEPTH} levels");
        return Err(ParseError::new(position, message));
    }
    Ok(())
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
    fn aliases_do_not_nest_deeper_than_text_may() {
        let mut text = format!("a0: &a0 {}{}\n", "[".repeat(100), "]".repeat(100));
        let _ = writeln!(text, "a1: &a1 {}*a0{}", "[".repeat(100), "]".repeat(100));
        let error = parse(&text).map(drop).map_err(|error| format!("{error:?}"));
        assert!(error.unwrap_err().contains("nested deeper"));
    }

    #[test]
    fn the_first_document_that_holds_anything_is_read() {
        for text in ["a: 1\n---\nb: 2\n", "---\n# none\n---\na: 1\n", "%YAML 1.2\n---\na: 1\n...\n"] {
            assert_eq!(value(text), json!({"a": 1}), "{text}");
        }
    }

    #[test]
    fn strange_keys_and_aliases_are_read_all_the_same() {
        assert_eq!(value("? [a, b]\n: 1\n? k\n: 2\n"), json!({"[\"a\",\"b\"]": 1, "k": 2}));
        assert_eq!(value("a: &a {b: *a}\n"), json!({"a": {"b": null}}));
        assert_eq!(value("a: &a /x\n*a : 1\n"), json!({"a": "/x", "/x": 1}));
    }

    #[test]
    fn nesting_beyond_the_limit_is_an_error_and_no_overflow() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"- ".repeat(100_000)).is_err());
    }
}
