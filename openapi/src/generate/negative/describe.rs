//! What is broken, in one line.

use serde_json::Value;

use super::target::Rule;
use crate::schema::SchemaViolation;

/// The most characters of a value that a description quotes.
const MAX_QUOTED: usize = 60;

/// The most members of an enumeration that a description names.
const MAX_MEMBERS: usize = 5;

/// One line that says where, what must be, and what is sent: `/tags/0 must be string, sent 7`.
///
/// `stated` is what the document says of the keyword; `rule` what was meant to be broken.
pub(super) fn describe(
    violation: &SchemaViolation,
    stated: Option<&Value>,
    value: &Value,
    rule: Option<&Rule>,
) -> String {
    let place = match violation.instance_pointer.as_str() {
        "" => "the value",
        pointer => pointer,
    };
    let found = value.pointer(&violation.instance_pointer);
    let sent = || found.map_or_else(|| "nothing".to_owned(), quote);
    let stated_text = || stated.map_or_else(String::new, quote);
    let characters = || found.and_then(Value::as_str).map_or(0, |text| text.chars().count());
    let items = || found.and_then(Value::as_array).map_or(0, Vec::len);
    let members = || found.and_then(Value::as_object).map_or(0, serde_json::Map::len);
    let must = match (violation.keyword.as_str(), rule) {
        ("type", _) if stated.is_some() => format!("must be {}, sent {}", names(stated), sent()),
        ("enum", _) if stated.is_some_and(Value::is_array) => {
            format!("must be one of {}, sent {}", list(stated), sent())
        }
        ("const", _) => format!("must be {}, sent {}", stated_text(), sent()),
        ("minimum", _) => format!("must be at least {}, sent {}", stated_text(), sent()),
        ("maximum", _) => format!("must be at most {}, sent {}", stated_text(), sent()),
        ("exclusiveMinimum", _) => format!("must be more than {}, sent {}", stated_text(), sent()),
        ("exclusiveMaximum", _) => format!("must be less than {}, sent {}", stated_text(), sent()),
        ("multipleOf", _) => format!("must be a multiple of {}, sent {}", stated_text(), sent()),
        ("minLength", _) => {
            format!("must have at least {}, sent {}", counted(stated, "character"), characters())
        }
        ("maxLength", _) => {
            format!("must have at most {}, sent {}", counted(stated, "character"), characters())
        }
        ("pattern", _) => format!("must match {}, sent {}", stated_text(), sent()),
        ("format", _) => format!("must be of the format {}, sent {}", stated_text(), sent()),
        ("minItems", _) => format!("must have at least {}, sent {}", counted(stated, "item"), items()),
        ("maxItems", _) => format!("must have at most {}, sent {}", counted(stated, "item"), items()),
        ("minProperties", _) => {
            format!("must have at least {}, sent {}", counted(stated, "property"), members())
        }
        ("maxProperties", _) => {
            format!("must have at most {}, sent {}", counted(stated, "property"), members())
        }
        ("uniqueItems", _) => format!("must not hold the same item twice, sent {}", sent()),
        ("required", Some(Rule::Required(name))) => {
            format!("must have the property \"{name}\", sent without it")
        }
        ("readOnly", _) => "must not be sent, since it is read-only".to_owned(),
        ("writeOnly", _) => "must not be sent, since it is write-only".to_owned(),
        ("not", _) => format!("must not be what the schema rules out, sent {}", sent()),
        _ => format!("is invalid: {}", violation.message),
    };
    format!("{place} {must}")
}

/// A number of things: `1 item`, `2 properties`.
fn counted(stated: Option<&Value>, thing: &str) -> String {
    match stated {
        Some(count) if count.as_f64() == Some(1.0) => format!("{count} {thing}"),
        Some(count) => match thing.strip_suffix('y') {
            Some(stem) => format!("{count} {stem}ies"),
            None => format!("{count} {thing}s"),
        },
        None => format!("another number of {thing}"),
    }
}

/// A value as JSON, cut where it is long.
fn quote(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The types that a `type` keyword names.
fn names(stated: Option<&Value>) -> String {
    match stated {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            names.join(" or ")
        }
        _ => "of another type".to_owned(),
    }
}

fn list(stated: Option<&Value>) -> String {
    let members = stated.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut named: Vec<String> = members.iter().take(MAX_MEMBERS).map(quote).collect();
    if members.len() > MAX_MEMBERS {
        named.push(format!("{} more", members.len() - MAX_MEMBERS));
    }
    named.join(", ")
}
