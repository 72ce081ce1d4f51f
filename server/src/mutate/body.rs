//! Bodies with one thing wrong.

use std::sync::Arc;

use counterfoil_openapi::codec::{self, Payload};
use counterfoil_openapi::{Direction, MediaType, Operation, Part, Response, Schema, validate};
use http::header;
use serde_json::{Map, Value, json};

use super::mutation::{Deed, Mutation};
use super::places;
use super::sample;

/// The check that finds what is wrong with a body.
const CHECK: &str = "response_schema_conformance";
/// What no document has as a member of anything.
const STRANGE: &str = "counterfoil-mutated";
/// The most values that are tried in the stead of one.
const MAX_TRIED: usize = 2_000;
/// The names of properties that may not be sent which are tried at one place.
const MAX_NAMES: usize = 100;

/// What is put in the place of a value, and the rules of which one is broken then.
struct Breakage {
    rules: &'static [&'static str],
    replacements: fn(&Value, &Surroundings<'_>) -> Vec<Value>,
}

/// What a value is among.
struct Surroundings<'s> {
    operation: &'s Operation,
    schema: &'s Schema,
    /// The name of the member that it is the value of.
    name: &'s str,
}

macro_rules! breakage {
    ($rules:expr, $replacements:expr) => {
        Deed::Success(|operation, response| {
            break_body(operation, response, &Breakage { rules: &$rules, replacements: $replacements })
        })
    };
}

pub(super) const ALL: &[Mutation] = &[
    Mutation {
        name: "drop-required-property",
        about: "a body lacks a property that is required",
        check: CHECK,
        deed: breakage!(["required"], |value, _| without_members(value)),
    },
    Mutation {
        name: "wrong-type",
        about: "a value in a body has another type than documented",
        check: CHECK,
        deed: breakage!(["type"], |value, _| others_of_type(value)),
    },
    Mutation {
        name: "null-not-nullable",
        about: "a body has null where it may not be",
        check: CHECK,
        deed: breakage!(["type", "enum", "const", "anyOf", "oneOf", "not"], |value, _| match value {
            Value::Null => Vec::new(),
            _ => vec![Value::Null],
        }),
    },
    Mutation {
        name: "invalid-enum",
        about: "a body has a value that is no member of its enumeration",
        check: CHECK,
        deed: breakage!(["enum", "const"], |value, _| match value {
            Value::String(_) => vec![json!(STRANGE)],
            Value::Number(_) => vec![json!(-987_654_321)],
            _ => Vec::new(),
        }),
    },
    Mutation {
        name: "number-out-of-bounds",
        about: "a number in a body is below its minimum or above its maximum",
        check: CHECK,
        deed: breakage!(
            ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
            |value, _| match value.is_number() {
                true => vec![json!(-1), json!(0), json!(-999_999_999_999_i64), json!(999_999_999_999_i64)],
                false => Vec::new(),
            }
        ),
    },
    Mutation {
        name: "string-out-of-bounds",
        about: "a text in a body is shorter or longer than documented",
        check: CHECK,
        deed: breakage!(["minLength", "maxLength"], |value, _| match value {
            Value::String(text) => {
                let longer = |times| if text.is_empty() { "a".repeat(times) } else { text.repeat(times) };
                vec![json!(""), json!(longer(8)), json!(longer(6_000))]
            }
            _ => Vec::new(),
        }),
    },
    Mutation {
        name: "array-out-of-bounds",
        about: "a list in a body has fewer or more items than documented, or the same item twice",
        check: CHECK,
        deed: breakage!(["minItems", "maxItems", "uniqueItems"], |value, _| match value {
            Value::Array(items) => {
                let repeated =
                    |times| Value::Array(items.iter().cycle().take(items.len() * times).cloned().collect());
                vec![json!([]), repeated(2), repeated(300)]
            }
            _ => Vec::new(),
        }),
    },
    Mutation {
        name: "invalid-format",
        about: "a text in a body does not have its format",
        check: CHECK,
        deed: breakage!(["format"], |value, _| broken_texts(value)),
    },
    Mutation {
        name: "broken-pattern",
        about: "a text in a body does not match its pattern",
        check: CHECK,
        deed: breakage!(["pattern"], |value, _| broken_texts(value)),
    },
    Mutation {
        name: "extra-property",
        about: "a body has a property more where no other is allowed",
        check: CHECK,
        deed: breakage!(
            ["additionalProperties", "unevaluatedProperties", "false", "maxProperties", "propertyNames"],
            |value, _| with_members(value, [STRANGE])
        ),
    },
    Mutation {
        name: "send-write-only",
        about: "a body has a property that is writeOnly, such as a password",
        check: CHECK,
        deed: breakage!(["writeOnly"], |value, around| {
            let names = around.schema.secret_members();
            with_members(value, names.iter().take(MAX_NAMES).map(String::as_str))
        }),
    },
    Mutation {
        name: "unmapped-discriminator",
        about: "the property that tells the kinds of a value apart names a kind that there is not",
        check: CHECK,
        deed: breakage!(["enum", "const", "oneOf", "anyOf", "not", "pattern"], |value, around| {
            match value.is_string() && discriminators(around.operation).contains(&around.name) {
                true => vec![json!(STRANGE)],
                false => Vec::new(),
            }
        }),
    },
    Mutation {
        name: "broken-page-link",
        about: "the link to another page, in a body, is no link",
        check: CHECK,
        deed: breakage!(["format", "pattern"], |value, around| match is_page_link(around.name) {
            true => broken_texts(value),
            false => Vec::new(),
        }),
    },
    Mutation {
        name: "malformed-body",
        about: "a body breaks off in the middle, and is called whole",
        check: CHECK,
        deed: Deed::Success(|operation, response| {
            let half = response.body.slice(..response.body.len() / 2);
            confirmed(operation, Response { body: half, ..response.clone() }, &["unreadable"])
        }),
    },
    Mutation {
        name: "empty-body",
        about: "there is no body where one is documented",
        check: CHECK,
        deed: Deed::Success(|operation, response| {
            let mut empty = Response { body: bytes::Bytes::new(), ..response.clone() };
            empty.headers.remove(header::CONTENT_TYPE);
            confirmed(operation, empty, &["missing"])
        }),
    },
    Mutation {
        name: "wrong-charset",
        about: "the Content-Type names a charset that the body is not written in",
        check: CHECK,
        deed: Deed::Success(|operation, response| {
            let essence = codec::media::essence(response.content_type()?).to_owned();
            ["utf-16", "utf-16be", "utf-32"].iter().find_map(|charset| {
                let mut wrong = response.clone();
                let named = format!("{essence}; charset={charset}").parse().ok()?;
                wrong.headers.insert(header::CONTENT_TYPE, named);
                confirmed(operation, wrong, &[])
            })
        }),
    },
    Mutation {
        name: "false-content-encoding",
        about: "the Content-Encoding is gzip, and the body is not compressed",
        check: CHECK,
        deed: Deed::Success(|operation, response| {
            if response.body.is_empty() {
                return None;
            }
            let mut wrong = response.clone();
            wrong.headers.insert(header::CONTENT_ENCODING, http::HeaderValue::from_static("gzip"));
            confirmed(operation, wrong, &[])
        }),
    },
];

/// A response, where the validator says that its body breaks one of some rules, or any where none is named.
pub(super) fn confirmed(operation: &Operation, response: Response, rules: &[&str]) -> Option<Response> {
    let violations = validate::response(operation, &response).violations;
    let is_meant = |rule: &str| rules.is_empty() || rules.contains(&rule);
    let is_broken = violations.iter().any(|known| known.part == Part::Body && is_meant(&known.rule));
    is_broken.then_some(response)
}

/// The same response with one value in its body replaced.
fn break_body(operation: &Arc<Operation>, response: &Response, breakage: &Breakage) -> Option<Response> {
    let reading = validate::response(operation, response);
    let media = reading.media?;
    let schema = media.schema.as_ref()?;
    let value = reading.payload.as_ref()?.as_value()?;
    if !states_any(schema.bundle(Direction::Response), breakage.rules) {
        return None;
    }
    let media = MediaType { name: response.content_type()?.to_owned(), ..media.clone() };
    candidates(value, operation, schema, breakage).take(MAX_TRIED).find_map(|candidate| {
        let violations = schema.violations(&candidate, Direction::Response);
        if !violations.iter().any(|known| breakage.rules.contains(&known.keyword.as_str())) {
            return None;
        }
        let body = codec::encode_body(&media, &Payload::Value(candidate)).ok()?;
        let mut broken = Response { body, ..response.clone() };
        sample::put_type(&mut broken.headers, &media, &broken.body);
        confirmed(operation, broken, breakage.rules)
    })
}

/// Whether a schema states one of some rules anywhere; of those that have no keyword of their own name, whether it may.
fn states_any(bundle: &Value, rules: &[&str]) -> bool {
    const OWN: [&str; 14] = [
        "required",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
        "format",
        "pattern",
        "enum",
        "const",
    ];
    let is_stated = |members: &Map<String, Value>| {
        rules.iter().any(|rule| !OWN.contains(rule) || members.contains_key(*rule))
    };
    match bundle {
        Value::Object(members) => {
            is_stated(members) || members.values().any(|member| states_any(member, rules))
        }
        Value::Array(items) => items.iter().any(|item| states_any(item, rules)),
        _ => false,
    }
}

/// A value with one of its places replaced, in every way there is.
fn candidates<'v>(
    value: &'v Value,
    operation: &'v Operation,
    schema: &'v Schema,
    breakage: &'v Breakage,
) -> impl Iterator<Item = Value> + 'v {
    places::of_value(value).into_iter().flat_map(move |pointer| {
        let current = value.pointer(&pointer).unwrap_or(&Value::Null);
        let name = pointer.rsplit('/').find(|token| token.parse::<usize>().is_err()).unwrap_or_default();
        let found = (breakage.replacements)(current, &Surroundings { operation, schema, name });
        let replaced = found.into_iter().filter_map(|replacement| {
            let mut whole = value.clone();
            *whole.pointer_mut(&pointer)? = replacement;
            Some(whole)
        });
        replaced.collect::<Vec<Value>>()
    })
}

fn without_members(value: &Value) -> Vec<Value> {
    let Value::Object(members) = value else { return Vec::new() };
    let without = |name: &String| {
        let kept = members.iter().filter(|(known, _)| *known != name);
        Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    members.keys().map(without).collect()
}

fn with_members<'n>(value: &Value, names: impl IntoIterator<Item = &'n str>) -> Vec<Value> {
    let Value::Object(members) = value else { return Vec::new() };
    let with = |name: &str| {
        let mut more = members.clone();
        more.insert(name.to_owned(), json!("text"));
        Value::Object(more)
    };
    names.into_iter().filter(|name| !members.contains_key(*name)).map(with).collect()
}

fn others_of_type(value: &Value) -> Vec<Value> {
    let all = [json!({}), json!([STRANGE]), json!(STRANGE), json!(-7.5), json!(true)];
    let is_other = |other: &Value| std::mem::discriminant(other) != std::mem::discriminant(value);
    all.into_iter().filter(is_other).collect()
}

fn broken_texts(value: &Value) -> Vec<Value> {
    match value {
        Value::String(_) => vec![json!("~ mutated \u{7f} ~"), json!(""), json!("{{ :: }}")],
        _ => Vec::new(),
    }
}

/// Whether a member seems to lead to another page.
fn is_page_link(name: &str) -> bool {
    let folded: String =
        name.chars().filter(|known| known.is_alphanumeric()).collect::<String>().to_lowercase();
    let words =
        ["next", "previous", "prev", "first", "last", "nextlink", "nextpage", "nexturl", "previouspage"];
    words.contains(&folded.as_str()) || ["nextpageurl", "prevpageurl", "nexthref"].contains(&folded.as_str())
}

/// The names of properties by which a document tells kinds of values apart.
fn discriminators(operation: &Operation) -> Vec<&str> {
    fn walk<'d>(value: &'d Value, found: &mut Vec<&'d str>) {
        match value {
            Value::Object(members) => {
                let property = members.get("discriminator").and_then(|discriminator| {
                    discriminator.as_str().or_else(|| discriminator.get("propertyName")?.as_str())
                });
                found.extend(property);
                members.values().for_each(|member| walk(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    // What a document may be deep is bounded where it is read.
    walk(operation.document().root(), &mut found);
    found.sort_unstable();
    found.dedup();
    found
}
