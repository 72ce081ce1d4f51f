//! `when`: which requests a rule answers.

use counterfoil_openapi::{Content, Location, MediaType};
use serde_json::Value;

use super::super::grammar::{
    Clause, FieldClause, InvalidClause, InvalidPart, MediaTypes, Nth, Validity, When,
};
use super::super::nearest;
use super::cursor::{Node, Reader};
use super::{condition, field, reply};

/// How deep `any`, `all` and `not` may be nested.
const MAX_NESTING: usize = 16;

/// Reads a `when`; nothing where a part of it cannot be read, since the rest would match too much.
pub(super) fn when<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<When> {
    seeing(reader, node, Validity::default())
}

/// As [`when`], of requests of that validity where nothing is said of it.
pub(super) fn seeing<'d>(reader: &mut Reader<'d>, node: &Node<'d>, unsaid: Validity) -> Option<When> {
    let Some(object) = node.value.as_object() else {
        reader.unexpected(node, "a map of conditions");
        return None;
    };
    let mut when = When::default();
    let mut validity = None;
    let mut is_whole = true;
    for (key, value) in object {
        let member = Node { value, pointer: node.pointer.join(key) };
        let is_read = match key.as_str() {
            "valid" => {
                validity = valid(reader, &member);
                validity.is_some()
            }
            "invalid" => match invalid(reader, &member) {
                Some(parts) => {
                    when.invalid = parts;
                    true
                }
                None => false,
            },
            "nth" => {
                when.nth = nth(reader, &member);
                when.nth.is_some()
            }
            "chance" => {
                when.chance = chance(reader, &member);
                when.chance.is_some()
            }
            _ => match clause(reader, key, &member, 0) {
                Some(clause) => {
                    when.clauses.push(clause);
                    true
                }
                None => false,
            },
        };
        is_whole &= is_read;
    }
    when.validity = match validity {
        Some(Validity::Valid) if !when.invalid.is_empty() => {
            let message = "a request that is valid has no invalid part";
            let hint = Some("leave out `valid` or `invalid`".to_owned());
            reader.error("matcher-never-matches", &node.pointer, message, hint);
            return None;
        }
        _ if !when.invalid.is_empty() => Validity::Invalid,
        // Who asks for it anywhere inside sees all requests.
        None if speaks_of_validity(&when.clauses) => Validity::Any,
        stated => stated.unwrap_or(unsaid),
    };
    is_whole.then_some(when)
}

fn speaks_of_validity(clauses: &[Clause]) -> bool {
    clauses.iter().any(|clause| match clause {
        Clause::Valid(_) | Clause::Invalid(_) => true,
        Clause::Any(groups) | Clause::All(groups) => groups.iter().any(|group| speaks_of_validity(group)),
        Clause::Not(group) => speaks_of_validity(group),
        Clause::Field(_) | Clause::MediaType(_) | Clause::Accept(_) => false,
    })
}

fn clause<'d>(reader: &mut Reader<'d>, key: &str, node: &Node<'d>, depth: usize) -> Option<Clause> {
    match key {
        "any" | "all" => {
            let items = reader.items(node, "a list of conditions")?;
            if items.is_empty() {
                let message = format!("`{key}` of nothing");
                reader.error("value-invalid", &node.pointer, message, None);
                return None;
            }
            let read: Vec<_> = items.iter().map(|item| nested(reader, item, depth + 1)).collect();
            let groups: Vec<Vec<Clause>> = read.into_iter().collect::<Option<_>>()?;
            Some(if key == "any" { Clause::Any(groups) } else { Clause::All(groups) })
        }
        "not" => Some(Clause::Not(nested(reader, node, depth + 1)?)),
        "valid" => Some(Clause::Valid(valid(reader, node)?)),
        "invalid" => Some(Clause::Invalid(invalid(reader, node)?)),
        "media_type" => Some(Clause::MediaType(media_types(reader, node)?)),
        "accept" => Some(Clause::Accept(media_types(reader, node)?)),
        _ => {
            let field = field::field(reader, key, &node.pointer)?;
            let condition = condition::condition(reader, key, &field, node)?;
            Some(Clause::Field(FieldClause { field, condition, pointer: node.pointer.clone() }))
        }
    }
}

/// The conditions inside `any`, `all` or `not`, all of which must hold.
fn nested<'d>(reader: &mut Reader<'d>, node: &Node<'d>, depth: usize) -> Option<Vec<Clause>> {
    if depth > MAX_NESTING {
        let message = format!("conditions nested deeper than {MAX_NESTING} levels");
        reader.error("value-invalid", &node.pointer, message, None);
        return None;
    }
    let Some(object) = node.value.as_object().filter(|object| !object.is_empty()) else {
        reader.unexpected(node, "a map of conditions");
        return None;
    };
    let read: Vec<Option<Clause>> = object
        .iter()
        .map(|(key, value)| {
            let member = Node { value, pointer: node.pointer.join(key) };
            if ["nth", "chance"].contains(&key.as_str()) {
                let message = format!("`{key}` takes some of the requests that all else holds for");
                let hint = Some("move it to the top of `when`".to_owned());
                reader.error("matcher-unknown", &member.pointer, message, hint);
                return None;
            }
            clause(reader, key, &member, depth)
        })
        .collect();
    read.into_iter().collect()
}

/// A media type, or a list of which one is enough.
fn media_types<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<MediaTypes> {
    let items = node.items().unwrap_or_else(|| vec![node.clone()]);
    if items.is_empty() {
        reader.error("matcher-never-matches", &node.pointer, "nothing is in an empty list", None);
        return None;
    }
    let read: Vec<Option<Content>> = items
        .iter()
        .map(|item| {
            let named = reply::media_range(reader, item)?;
            Some(Content(vec![MediaType::undocumented(named.name)]))
        })
        .collect();
    Some(MediaTypes { each: read.into_iter().collect::<Option<_>>()?, pointer: node.pointer.clone() })
}

fn chance<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<f64> {
    let chance = node.value.as_f64().filter(|chance| (0.0..=1.0).contains(chance));
    match chance {
        None => reader.unexpected(node, "a number from 0 to 1"),
        Some(0.0) => {
            reader.error("matcher-never-matches", &node.pointer, "a chance of 0 never comes", None);
            return None;
        }
        Some(_) => {}
    }
    chance
}

fn valid<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Validity> {
    match node.value {
        Value::Bool(true) => Some(Validity::Valid),
        Value::Bool(false) => Some(Validity::Invalid),
        Value::String(text) if text == "any" => Some(Validity::Any),
        _ => {
            reader.unexpected(node, "true, false or any");
            None
        }
    }
}

fn invalid<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Vec<InvalidClause>> {
    const EXPECTED: &str =
        "a list of parts: security, media_type, body, path, query, header, cookie, query.NAME …";
    let items = reader.items(node, EXPECTED)?;
    if items.is_empty() {
        reader.unexpected(node, EXPECTED);
        return None;
    }
    let read: Vec<_> = items
        .iter()
        .map(|item| {
            let part = invalid_part(reader, item)?;
            Some(InvalidClause { part, pointer: item.pointer.clone() })
        })
        .collect();
    read.into_iter().collect()
}

fn invalid_part<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<InvalidPart> {
    const PARTS: [&str; 7] = ["security", "media_type", "body", "path", "query", "header", "cookie"];
    let text = reader.text(node, "a part of a request")?;
    let (word, name) =
        text.split_once('.').map_or((text, None), |(word, name)| (word, Some(name.to_owned())));
    let location = match (word, &name) {
        ("security", None) => return Some(InvalidPart::Security),
        ("media_type", None) => return Some(InvalidPart::MediaType),
        ("body", None) => return Some(InvalidPart::Body),
        ("path", _) => Location::Path,
        ("query", _) => Location::Query,
        ("header", _) => Location::Header,
        ("cookie", _) => Location::Cookie,
        _ => {
            let message = format!("`{text}` is no part of a request that can be invalid");
            reader.error("value-invalid", &node.pointer, message, nearest::hint(word, PARTS));
            return None;
        }
    };
    Some(InvalidPart::Parameter(location, name))
}

fn nth<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Nth> {
    let parsed = match node.value {
        Value::Number(number) => number.as_u64().map(|only| Nth { first: only, last: only }),
        Value::String(text) => match text.split_once("..") {
            Some((first, last)) => {
                first.parse().ok().zip(last.parse().ok()).map(|(first, last)| Nth { first, last })
            }
            None => text.parse().ok().map(|only| Nth { first: only, last: only }),
        },
        _ => None,
    };
    let Some(nth) = parsed.filter(|nth| nth.first > 0) else {
        reader.unexpected(node, "a number from 1 up, or two of them (2..4)");
        return None;
    };
    if nth.first > nth.last {
        let message = format!("{}..{} holds no number", nth.first, nth.last);
        reader.error("matcher-never-matches", &node.pointer, message, None);
        return None;
    }
    Some(nth)
}
