//! Shorts: `403`, `tom`, `404/notFound`, each with an optional `*N`.

use counterfoil_openapi::Pointer;
use serde_json::Value;

use super::super::grammar::{Named, Reply, Step};
use super::cursor::{Node, Reader};

/// What a short means.
#[derive(Debug, PartialEq, Eq)]
struct Short<'t> {
    status: Option<u16>,
    example: Option<&'t str>,
    count: u64,
}

/// Reads a short: a step of one reply, so many times in a row.
pub(super) fn short<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Step> {
    let parsed = match node.value {
        Value::Number(number) => number.as_u64().and_then(status_of).map(|status| Short {
            status: Some(status),
            example: None,
            count: 1,
        }),
        Value::String(text) => parse(text),
        _ => None,
    };
    let Some(Short { status, example, count }) = parsed else {
        reader.unexpected(
            node,
            "a status (403), the name of an example (tom), both (404/notFound), each with an optional *N",
        );
        return None;
    };
    let status = match status {
        Some(status) => Some((final_status(reader, status, &node.pointer)?, node.pointer.clone())),
        None => None,
    };
    let example = example.map(|name| Named { name: name.to_owned(), pointer: node.pointer.clone() });
    Some(Step { count, reply: Reply { pointer: node.pointer.clone(), status, example, ..Reply::default() } })
}

/// A status that can end an exchange; what cannot is told.
pub(super) fn final_status(reader: &mut Reader<'_>, status: u16, at: &Pointer) -> Option<u16> {
    if status < 200 {
        let message = format!("{status} announces a response to come and cannot be the reply itself");
        reader.error("value-invalid", at, message, None);
        return None;
    }
    Some(status)
}

/// A number that has the form of a status.
pub(super) fn status_of(number: u64) -> Option<u16> {
    u16::try_from(number).ok().filter(|status| (100..=999).contains(status))
}

fn parse(text: &str) -> Option<Short<'_>> {
    let (text, count) = match text.rsplit_once('*') {
        Some((text, digits)) if is_digits(digits) => {
            (text, digits.parse::<u64>().ok().filter(|count| *count > 0)?)
        }
        _ => (text, 1),
    };
    let text = text.trim_end();
    let (status, example) = match text.split_once('/') {
        Some((status, name)) if is_status(status) => (Some(status), Some(name)),
        None if is_status(text) => (Some(text), None),
        _ => (None, Some(text)),
    };
    if example.is_some_and(str::is_empty) {
        return None;
    }
    let status = match status {
        Some(digits) => Some(status_of(digits.parse().ok()?)?),
        None => None,
    };
    Some(Short { status, example, count })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_status(text: &str) -> bool {
    text.len() == 3 && is_digits(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_is_a_status_a_name_or_both_so_many_times() {
        let short = |status, example, count| Some(Short { status, example, count });
        let table = [
            ("403", short(Some(403), None, 1)),
            ("tom", short(None, Some("tom"), 1)),
            ("404/notFound", short(Some(404), Some("notFound"), 1)),
            ("503*3", short(Some(503), None, 3)),
            ("tom*2", short(None, Some("tom"), 2)),
            ("404/a/b*2", short(Some(404), Some("a/b"), 2)),
            ("200/404", short(Some(200), Some("404"), 1)),
            ("a/b", short(None, Some("a/b"), 1)),
            ("a*b", short(None, Some("a*b"), 1)),
            ("4031", short(None, Some("4031"), 1)),
            ("503*0", None),
            ("503*99999999999999999999", None),
            ("099", None),
            ("404/", None),
            ("", None),
            ("*3", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
