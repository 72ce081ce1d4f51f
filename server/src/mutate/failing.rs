//! Requests that are valid and unusual, and answered with 500.

use counterfoil_openapi::Location;
use serde_json::{Map, Value, json};

use super::mutation::{Act, Deed, Mutation, Needs};
use super::places::{self, Seen};
use super::subject::Subject;
use super::witness;

const CHECK: &str = "not_a_server_error";

/// The longest text that is counted on: a longer one hardly anybody sends.
const MAX_LENGTH: usize = 4_096;

macro_rules! fails {
    ($values:expr, $is_it:expr, $why:expr) => {
        Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| subject.succeeds() && witness::is_met(subject, &$values, &$is_it),
            act: |scene| {
                scene.is_success()
                    && places::any_value(scene.operation, &scene.reading().values, &$is_it)
                    && scene.fail($why)
            },
        })
    };
}

pub(super) const ALL: &[Mutation] = &[
    Mutation {
        name: "fail-on-bound",
        about: "a number that is as small or as large as it may be is answered with 500",
        check: CHECK,
        deed: fails!(|_, schema| bounds(schema), |_, seen| is_bound(seen), "a number is at its bound"),
    },
    Mutation {
        name: "fail-on-longest-text",
        about: "a text that is as long as it may be is answered with 500",
        check: CHECK,
        deed: fails!(
            |_, schema| {
                let longest = longest(schema).filter(|_| is_free_text(schema));
                longest.map(|most| json!("a".repeat(most))).into_iter().collect()
            },
            |_, (schema, value)| is_free_text(schema)
                && value.as_str().is_some_and(|text| Some(text.chars().count()) == longest(schema)),
            "a text is as long as it may be"
        ),
    },
    Mutation {
        name: "fail-on-empty-text",
        about: "an empty text is answered with 500, where it is valid",
        check: CHECK,
        deed: fails!(
            |location, schema| texts(location, schema, ""),
            |location, (schema, value)| carries_any_text(location) && is_free_text(schema) && *value == "",
            "a text is empty"
        ),
    },
    Mutation {
        name: "fail-on-unicode",
        about: "a text beyond ASCII is answered with 500",
        check: CHECK,
        deed: fails!(
            |location, schema| texts(location, schema, "\u{e9}"),
            |location, (schema, value)| carries_any_text(location)
                && is_free_text(schema)
                && value.as_str().is_some_and(|text| !text.is_ascii()),
            "a text has characters beyond ASCII"
        ),
    },
    Mutation {
        name: "fail-on-zero",
        about: "the number 0 is answered with 500, where it is valid",
        check: CHECK,
        deed: fails!(
            |_, schema| is_number(schema).then(|| json!(0)).into_iter().collect(),
            |_, (schema, value)| is_number(schema) && value.as_f64() == Some(0.0),
            "a number is zero"
        ),
    },
    Mutation {
        name: "fail-without-optional",
        about: "a request without any of its optional parameters is answered with 500",
        check: CHECK,
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| {
                subject.succeeds()
                    && subject.operation.parameters().iter().any(|parameter| !parameter.required)
            },
            act: |scene| {
                let values = scene.reading().values;
                let mut optional =
                    scene.operation.parameters().iter().filter(|parameter| !parameter.required);
                let has_none = optional.all(|parameter| {
                    places::value_of(&values, parameter.location, &parameter.name).is_none()
                });
                scene.is_success() && has_none && scene.fail("an optional parameter is missing")
            },
        }),
    },
];

/// Whether a schema bounds numbers so that the bound is one of them.
fn has_bound(schema: &Map<String, Value>) -> bool {
    is_number(schema)
        && !schema.contains_key("enum")
        && ["minimum", "maximum"].into_iter().any(|keyword| schema.get(keyword).is_some_and(Value::is_number))
}

/// The bounds that a schema states for numbers.
fn bounds(schema: &Map<String, Value>) -> Vec<Value> {
    let stated = ["minimum", "maximum"].into_iter().filter_map(|keyword| schema.get(keyword));
    stated.filter(|_| has_bound(schema)).cloned().collect()
}

/// Whether some valid request has a number at its bound.
pub(super) fn reaches_bound(subject: &Subject<'_>) -> bool {
    witness::is_met(subject, &|_, schema| bounds(schema), &|_, seen| is_bound(seen))
}

/// A text, where a schema is of any.
fn texts(location: Option<Location>, schema: &Map<String, Value>, text: &str) -> Vec<Value> {
    let is_fit = carries_any_text(location) && is_free_text(schema);
    is_fit.then(|| json!(text)).into_iter().collect()
}

/// Whether a number is at the bound that its schema states.
pub(super) fn is_bound((schema, value): Seen<'_>) -> bool {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    has_bound(schema)
        && value.as_f64().is_some_and(|number| [bound("minimum"), bound("maximum")].contains(&Some(number)))
}

fn longest(schema: &Map<String, Value>) -> Option<usize> {
    let most = usize::try_from(schema.get("maxLength")?.as_u64()?).ok()?;
    (1..=MAX_LENGTH).contains(&most).then_some(most)
}

/// Whether a schema is of texts, and says nothing of what is in them.
fn is_free_text(schema: &Map<String, Value>) -> bool {
    has_type(schema, &["string"])
        && !["enum", "const", "pattern", "format", "allOf", "anyOf", "oneOf", "not"]
            .into_iter()
            .any(|keyword| schema.contains_key(keyword))
}

fn is_number(schema: &Map<String, Value>) -> bool {
    has_type(schema, &["integer", "number"])
}

fn has_type(schema: &Map<String, Value>, names: &[&str]) -> bool {
    let is_it = |name: &Value| name.as_str().is_some_and(|name| names.contains(&name));
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(is_it),
        Some(name) => is_it(name),
        None => false,
    }
}

/// Whether a text of any characters, or of none, arrives as it was: a path cannot be without a segment, and fields
/// are trimmed and of ASCII.
fn carries_any_text(location: Option<Location>) -> bool {
    matches!(location, None | Some(Location::Query | Location::QueryString))
}
