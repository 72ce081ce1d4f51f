//! What is broken, in one line.

use serde_json::Value;

use crate::schema::SchemaViolation;

/// The most characters of a value that a description quotes.
const MAX_QUOTED: usize = 60;

/// The most members of an enumeration that a description names.
const MAX_MEMBERS: usize = 5;

/// One line that says where, what must be, and what is sent: `/tags/0 must be string, sent 7`.
///
/// `stated` is what the document says of the keyword, where the keyword is the document's own.
pub(super) fn describe(violation: &SchemaViolation, stated: Option<&Value>, value: &Value) -> String {
    let place = match violation.instance_pointer.as_str() {
        "" => "the value",
        pointer => pointer,
    };
    let found = value.pointer(&violation.instance_pointer).unwrap_or(&Value::Null);
    let must = stated.and_then(|stated| must(&violation.keyword, stated, found));
    let must = must.or_else(|| may_not(&violation.keyword, found));
    match must {
        Some(must) => format!("{place} {must}"),
        None => format!("{place} is invalid: {}", violation.message),
    }
}

/// What a keyword asks for, by what it states, and what is sent instead.
fn must(keyword: &str, stated: &Value, found: &Value) -> Option<String> {
    let limit = match keyword {
        "type" => return Some(format!("must be {}, sent {}", names(stated)?, quote(found))),
        "enum" => return Some(format!("must be one of {}, sent {}", list(stated)?, quote(found))),
        "required" => {
            let name = missing(stated, found)?;
            return Some(format!("must have the property \"{name}\", sent without it"));
        }
        "const" => "be",
        "minimum" => "be at least",
        "maximum" => "be at most",
        "exclusiveMinimum" => "be more than",
        "exclusiveMaximum" => "be less than",
        "multipleOf" => "be a multiple of",
        "pattern" => "match",
        "format" => "be of the format",
        "minLength" | "minItems" | "minProperties" => "have at least",
        "maxLength" | "maxItems" | "maxProperties" => "have at most",
        _ => return None,
    };
    if let Some((thing, count)) = counted(keyword, found) {
        return Some(format!("must {limit} {}, sent {count}", plural(stated, thing)?));
    }
    // Before 3.1 an exclusive bound is a flag, and the bound itself stands elsewhere.
    (!stated.is_boolean() || keyword == "const")
        .then(|| format!("must {limit} {}, sent {}", quote(stated), quote(found)))
}

/// What may not be, whatever the document states.
fn may_not(keyword: &str, found: &Value) -> Option<String> {
    Some(match keyword {
        "uniqueItems" => format!("must not hold the same item twice, sent {}", quote(found)),
        "not" => format!("must not be what the schema rules out, sent {}", quote(found)),
        "readOnly" => "must not be sent, since it is read-only".to_owned(),
        "writeOnly" => "must not be sent, since it is write-only".to_owned(),
        _ => return None,
    })
}

/// What the limit of a keyword counts, and how many there are.
fn counted(keyword: &str, found: &Value) -> Option<(&'static str, usize)> {
    Some(match (keyword, found) {
        ("minLength" | "maxLength", Value::String(text)) => ("character", text.chars().count()),
        ("minItems" | "maxItems", Value::Array(items)) => ("item", items.len()),
        ("minProperties" | "maxProperties", Value::Object(map)) => ("property", map.len()),
        _ => return None,
    })
}

/// A number of things: `1 item`, `2 properties`.
fn plural(count: &Value, thing: &str) -> Option<String> {
    let plural = match (count.as_f64()? == 1.0, thing.strip_suffix('y')) {
        (true, _) => thing.to_owned(),
        (false, Some(stem)) => format!("{stem}ies"),
        (false, None) => format!("{thing}s"),
    };
    Some(format!("{count} {plural}"))
}

/// A value as JSON, cut where it is long.
fn quote(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The first property that is required and not there.
fn missing<'s>(stated: &'s Value, found: &Value) -> Option<&'s str> {
    let found = found.as_object()?;
    stated.as_array()?.iter().filter_map(Value::as_str).find(|name| !found.contains_key(*name))
}

/// The types that a `type` keyword names.
fn names(stated: &Value) -> Option<String> {
    match stated {
        Value::String(name) => Some(name.clone()),
        Value::Array(names) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            Some(names.join(" or "))
        }
        _ => None,
    }
}

fn list(stated: &Value) -> Option<String> {
    let members = stated.as_array()?;
    let mut named: Vec<String> = members.iter().take(MAX_MEMBERS).map(quote).collect();
    if members.len() > MAX_MEMBERS {
        named.push(format!("{} more", members.len() - MAX_MEMBERS));
    }
    Some(named.join(", "))
}
