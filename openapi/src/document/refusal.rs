//! Why a text is no document, in words for whoever wrote it, and what to do about it.
//!
//! A parser says what it met; its words are for those who know its grammar. Here they become what people know: quotes,
//! tabs, brackets, indentation. What is not recognised keeps the parser's words.

use serde_json::Value;

use super::Position;
use super::load::ParseError;
use super::mend::{closes, open_quote};

/// What is wrong, and what to do.
pub(super) type Refusal = (String, Option<String>);

/// How many lines before an error a quote is looked for that is not closed.
const MAX_LOOKED_BACK: usize = 32;
const QUOTE: &str = "put the whole text in quotes";

/// What a file is that holds no text.
pub(super) fn binary(bytes: &[u8]) -> Option<Refusal> {
    let (what, hint) = match bytes {
        [b'P', b'K', 3, 4, ..] => ("a ZIP archive", "unpack it, and name the document in it"),
        [0x1F, 0x8B, ..] => ("packed by gzip", "unpack it first, for example with `gunzip`"),
        [b'%', b'P', b'D', b'F', ..] => ("a PDF file", "ask for the document that it was made from"),
        [0x89, b'P', b'N', b'G', ..] | [0xFF, 0xD8, 0xFF, ..] | [b'G', b'I', b'F', b'8', ..] => {
            ("a picture", "ask for the document that it shows")
        }
        _ => return None,
    };
    Some((format!("this is {what}, and no text"), Some(hint.to_owned())))
}

/// What a text is that is not even meant as a document.
pub(super) fn foreign(text: &str) -> Option<Refusal> {
    let start: String = text.trim_start().chars().take(64).collect::<String>().to_ascii_lowercase();
    if !start.starts_with('<') {
        return None;
    }
    let (message, hint) = if start.starts_with("<!doctype html") || start.starts_with("<html") {
        let hint = "save the document itself: the page may link to it, often as `openapi.json` or `swagger.json`; a page \
                    to sign in is what a server may send in its place";
        ("this is a web page (HTML)", hint)
    } else {
        ("this is XML", "a document is JSON or YAML")
    };
    Some((format!("{message}, and no OpenAPI document"), Some(hint.to_owned())))
}

/// Why a tree is no document: it names no version, and has no paths.
pub(super) fn other_tree(root: &Value) -> Refusal {
    let usual = "a document begins with `openapi: 3.1.1` or `swagger: \"2.0\"`, and has `paths`";
    let has = |name: &str| root.get(name).is_some();
    let (message, hint) = match root {
        Value::Object(members) if has("asyncapi") => {
            let version = members["asyncapi"].as_str().unwrap_or_default();
            (
                format!("this is an AsyncAPI document {version}"),
                "it speaks of messages and not of HTTP requests".to_owned(),
            )
        }
        Value::Object(_) if has("swaggerVersion") => (
            "this is a document of Swagger 1".to_owned(),
            "convert it to OpenAPI; Swagger 2.0 is the oldest edition that is read".to_owned(),
        ),
        Value::Object(_) if has("info") && has("item") => (
            "this is a collection of requests as Postman has them".to_owned(),
            "export it as an OpenAPI document".to_owned(),
        ),
        Value::Object(_) if has("$schema") || (has("type") && has("properties")) => {
            ("this is a JSON Schema".to_owned(), usual.to_owned())
        }
        Value::Object(members) => {
            let wrapped = members.iter().find(|(_, value)| {
                (value.get("openapi").is_some() || value.get("swagger").is_some())
                    && value.get("paths").is_some()
            });
            match wrapped {
                Some((name, _)) => (
                    format!("a document stands inside `{name}`"),
                    "save what is inside as a file of its own".to_owned(),
                ),
                None => ("the root has neither `openapi` nor `swagger`".to_owned(), usual.to_owned()),
            }
        }
        Value::Array(_) => ("the root is a list".to_owned(), usual.to_owned()),
        _ => ("the root is only a text or a number".to_owned(), usual.to_owned()),
    };
    let joint = if message.starts_with("this is") { ", and" } else { ": this is" };
    (format!("{message}{joint} no OpenAPI document"), Some(hint))
}

/// What a parser's error means.
pub(super) fn explained(text: &str, error: &ParseError) -> Refusal {
    let line = line_at(text, error.position()).unwrap_or_default();
    let rest: String = line.chars().skip(error.position().column.saturating_sub(1) as usize).collect();
    let says = |words: &[&str]| words.iter().any(|words| error.says(words));
    let own = error.message().to_owned();
    let told = |message: &str, hint: &str| (message.to_owned(), Some(hint.to_owned()));
    if says(&["the document is empty"]) {
        return (
            own,
            Some("see that the path is right, and that what should write the file does".to_owned()),
        );
    }
    if says(&["the text ends", "end of stream", "unexpected eof"]) {
        return (
            own,
            Some("the file may be cut short: see that it is whole, and that quotes are closed".to_owned()),
        );
    }
    if says(&["a member name in double quotes", "a JSON value"]) && rest.starts_with('\'') {
        return told("JSON has double quotes and no single ones", "write `\"` in the place of `'`");
    }
    if says(&["expected `,` or"]) {
        return (own, Some("a comma may be missing before this place".to_owned()));
    }
    if indentation(line).contains('\t') || says(&["tab cannot", "tabs disallowed", "start with a tab"]) {
        return told(
            "a tab indents this line, and YAML is indented by spaces",
            "put spaces in the place of the tab",
        );
    }
    let is_structural =
        says(&["mapping values", "block mapping", "invalid indentation", "not allowed", "simple key"]);
    if is_structural && let Some(line) = open_quote_before(text, error.position().line) {
        let message =
            format!("a quoted text begins on line {line}, and no quote closes it before this place");
        return (message, Some("close the quote".to_owned()));
    }
    if says(&["mapping values are not allowed"]) {
        return told(
            "a text that has `: ` in it is taken for a key and a value, and there is a value already",
            QUOTE,
        );
    }
    if says(&[
        "unexpected character",
        "found unknown anchor",
        "while scanning an anchor",
        "while parsing a tag",
    ]) {
        let first = rest.chars().find(|first| !first.is_whitespace()).unwrap_or('?');
        return (format!("a text without quotes cannot begin with `{first}`"), Some(QUOTE.to_owned()));
    }
    if says(&["unknown escape"]) {
        return told(
            "this backslash escapes nothing that YAML knows",
            "double it, or put the text in single quotes",
        );
    }
    if says(&["trailing content after double-quoted"]) {
        return told(
            "text follows the closing quote",
            "escape the quotes inside the text as `\\\"`, or remove the text",
        );
    }
    if says(&["flow", "illegal placement of ':'", "misplaced bracket"]) {
        let message =
            "a bracket or brace before this place is not closed, or a comma between two items is missing";
        let hint = unclosed(text, error.position())
            .map_or_else(|| "close it".to_owned(), |(bracket, at)| format!("see the `{bracket}` at {at}"));
        return (message.to_owned(), Some(hint));
    }
    if says(&[
        "block mapping",
        "block collection",
        "invalid indentation",
        "wrongly indented",
        "not allowed in this context",
    ]) {
        let hint = "indent it like the line it belongs beside, or deeper than the line it belongs below";
        return told(
            "this line does not fit: no line before it has the same indentation, or the one before is not complete",
            hint,
        );
    }
    if says(&["simple key expect"]) {
        return told(
            "a key and a `:` are expected here",
            "write `key: value`, or join the line to the one before",
        );
    }
    (own, None)
}

fn line_at(text: &str, position: Position) -> Option<&str> {
    text.lines().nth(position.line.checked_sub(1)? as usize)
}

fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// The line of a quoted text that is still open at the start of a line, or opens on it and is not closed there.
fn open_quote_before(text: &str, line: u32) -> Option<usize> {
    let end = usize::try_from(line).ok()?;
    let lines: Vec<&str> = text.lines().take(end).collect();
    let first = lines.len().saturating_sub(MAX_LOOKED_BACK);
    (first..lines.len()).rev().find_map(|at| {
        let quote = open_quote(lines[at])?;
        let further = lines.get(at + 1..end - 1).unwrap_or_default();
        (!further.iter().any(|line| closes(line, quote))).then_some(at + 1)
    })
}

/// The innermost bracket that is open at a place, as far as can be told without parsing.
fn unclosed(text: &str, end: Position) -> Option<(char, Position)> {
    let mut open: Vec<(char, Position)> = Vec::new();
    let mut quote = None;
    let mut before = '\n';
    let (mut line, mut column) = (1, 1);
    for character in text.chars() {
        if (line, column) >= (end.line, end.column) {
            break;
        }
        let begins_value = matches!(before, '\n' | ':' | '-' | ',' | '[' | '{');
        match (quote, character) {
            (Some(closing), _) if character == closing => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if begins_value => quote = Some(character),
            (None, '[' | '{') if begins_value || !open.is_empty() => {
                open.push((character, Position { line, column }))
            }
            (None, ']' | '}') => {
                open.pop();
            }
            _ => {}
        }
        if character == '\n' {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
        if !character.is_whitespace() || (character == '\n' && open.is_empty()) {
            before = character;
        }
    }
    open.pop()
}

#[cfg(test)]
mod tests {
    use crate::document::{Document, NoFiles};

    #[test]
    fn what_a_parser_says_is_put_in_words_that_people_know() {
        let table: [(&[u8], &str, &str); 18] = [
            (b"", "the document is empty", "see that the path"),
            (b"<!doctype HTML><p>", "a web page (HTML)", "save the document itself"),
            (b"<?xml version='1.0'?><a/>", "this is XML", "JSON or YAML"),
            (b"PK\x03\x04\0\0\xFF", "a ZIP archive", "unpack it"),
            (b"\x1F\x8B\x08\0", "packed by gzip", "unpack it"),
            (b"asyncapi: 3.0.0", "an AsyncAPI document 3.0.0", "messages"),
            (b"info: {}\nitem: []", "Postman", "export it"),
            (b"type: object\nproperties: {}", "a JSON Schema", "begins with"),
            (b"data: {openapi: 3.0.0, paths: {}}", "inside `data`", "file of its own"),
            (b"- a", "the root is a list", "begins with"),
            (b"a: b: c", "taken for a key and a value", "in quotes"),
            (b"a: \"b\nc: d", "begins on line 1, and no quote", "close the quote"),
            (b"a:\n\tb: 1", "a tab indents this line", "put spaces"),
            (b"a: @b", "cannot begin with `@`", "in quotes"),
            (b"a:\n  b: 1\n c: 2", "does not fit", "indent it like"),
            (b"a: [1, [2]\nb: 1", "is not closed", "the `[` at 1:4"),
            (b"{'a' \"b\"}", "no single ones", "write `\"`"),
            (b"{\"a\": 1 \"b\": 2}", "expected `,` or `}`", "comma may be missing"),
        ];
        for (bytes, message, hint) in table {
            let error = Document::read("x", bytes, &NoFiles).map(drop).expect_err("it is no document");
            let finding = error.to_finding();
            let shown = String::from_utf8_lossy(bytes);
            assert!(finding.message.contains(message), "{shown}: {}", finding.message);
            assert!(
                finding.hint.as_ref().is_some_and(|text| text.contains(hint)),
                "{shown}: {:?}",
                finding.hint
            );
        }
    }
}
