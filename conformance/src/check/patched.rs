//! What a change did beside what it asks for.

use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::kept::is_reckoned;
use super::write_read_consistency::{Deed, is_decided_by_server, is_empty, is_same, is_word};
use super::{Observation, documented};

/// The media type of changes of which it is known what each member of them does (RFC 7396).
const MERGE_PATCH: &str = "application/merge-patch+json";
/// Words that end the names of what servers set by themselves, and yet not to what it is by default when they are told
/// to change something else by a merge patch: what is written is what the client set before.
const SETTABLE: [&str; 5] = ["status", "state", "type", "kind", "role"];
/// The fewest letters and digits of a text that is no code.
const MIN_TELLING: usize = 4;

/// Kinds and messages of what a change did beside what it asks for: `before` is what was read right before it.
pub(super) fn beside(
    observation: &Observation<'_>,
    deed: &Deed<'_>,
    before: &Map<String, Value>,
    shown: &Map<String, Value>,
) -> Vec<(String, String)> {
    let is_patch = deed.request.method == Method::PATCH;
    let is_merge = is_patch && is_merge_patch(deed);
    // What a PATCH of another media type does to what is in it, nobody says.
    let says_what = is_merge || deed.request.method == Method::PUT;
    let mut found = Vec::new();
    for (name, old) in before.iter().filter(|(name, old)| !is_empty(old) && deed.is_written(name, old)) {
        let Some(now) = shown.get(name).filter(|now| !now.is_null()) else { continue };
        let is_settable = is_merge && SETTABLE.iter().any(|word| is_word(name, word));
        if (is_decided_by_server(observation, name) && !is_settable) || is_reckoned(name) {
            continue;
        }
        match deed.sent.get(name) {
            None if is_patch && !is_same(old, now) => {
                let default = documented::default(observation, name);
                let is_reset = || default.is_some_and(|default| is_same(default, now));
                // One state follows from another.
                if (is_merge && !is_settable) || is_reset() {
                    let message =
                        format!("{name} was {old}, a PATCH without it was accepted, and it is {now}");
                    found.push((format!("changed by PATCH: {name}"), message));
                }
            }
            Some(Value::Null) if is_merge && is_same(old, now) && is_free(observation, name, old) => {
                let default = documented::default(observation, name);
                let may_stay = default.is_some_and(|default| is_same(default, old))
                    || documented::body(observation).is_none_or(|schema| documented::requires(schema, name));
                if !may_stay {
                    let message = format!(
                        "{name} was {old}, a merge patch with null, which removes it, was accepted, and it is {old} still"
                    );
                    found.push((format!("not removed: {name}"), message));
                }
            }
            Some(Value::Array(sent)) if says_what => {
                if let (Some(old), Some(now)) = (old.as_array(), now.as_array())
                    && is_mixture(name, sent, old, now)
                {
                    let [sent, old, now] = [sent, old, now].map(|items| Value::from(items.clone()));
                    let message = format!("{name} was {old}, {sent} was sent in its place, and it is {now}");
                    found.push((format!("not replaced: {name}"), message));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a value is a text that can be anything: of a number, a flag or a code there may always be one.
fn is_free(observation: &Observation<'_>, name: &str, value: &Value) -> bool {
    let letters = |text: &str| text.chars().filter(|character| character.is_alphanumeric()).count();
    value.as_str().is_some_and(|text| letters(text) >= MIN_TELLING)
        && !documented::is_enumerated(observation, name)
}

fn is_merge_patch(deed: &Deed<'_>) -> bool {
    let media_type = deed.request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(MERGE_PATCH)
}

/// Whether a list is made of some items that were there and some that were sent in their place, and of no others.
///
/// Not of lists that refer to others, which may not go as long as something needs them.
fn is_mixture(name: &str, sent: &[Value], old: &[Value], now: &[Value]) -> bool {
    let has = |items: &[Value], item: &Value| items.iter().any(|other| is_same(other, item));
    let is_plain = |items: &[Value]| items.iter().all(|item| item.is_string() || item.is_number());
    let refers = ["id", "ids", "uuids", "keys"].iter().any(|word| is_word(name, word));
    !refers
        && [sent, old, now].into_iter().all(is_plain)
        && now.iter().all(|item| has(sent, item) || has(old, item))
        && now.iter().any(|item| has(old, item) && !has(sent, item))
        && now.iter().any(|item| has(sent, item) && !has(old, item))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn a_change_does_what_it_asks_for_and_nothing_else() {
        let pet = r#"{"id": 1, "tag": "tabby", "age": 4, "state": "new", "names": ["ada", "bea"], "size": 3, "coat": "short", "code": "ab1", "note": "a text", "weight": 7, "tame": true}"#;
        let (json, merge) = ("application/json", "application/merge-patch+json");
        let story = |method: Method, media_type, sent: &str, shown| {
            Scene::new("getPet", "/pets/1")
                .expecting(Expectation::Changed)
                .body(json, shown)
                .earlier(Method::PUT, pet, 201, pet)
                .earlier(Method::GET, "", 200, pet)
                .earlier_as(method, media_type, sent, 200)
                .says("write_read_consistency")
        };
        let (patch, put) = (Method::PATCH, Method::PUT);
        let table = [
            (&patch, merge, r#"{"age": 5}"#, r#"{"tag": "black"}"#, "failed: changed by PATCH: tag"),
            (&patch, merge, r#"{"age": 5}"#, r#"{"state": "open"}"#, "passed"),
            (&patch, merge, r#"{"age": 5}"#, r#"{"state": "draft"}"#, "failed: changed by PATCH: state"),
            (&patch, json, r#"{"age": 5}"#, r#"{"state": "draft"}"#, "passed"),
            (&patch, merge, r#"{"age": 5}"#, r#"{"tag": "Tabby"}"#, "passed"),
            // Sums and places are the server's own.
            (&patch, merge, r#"{"age": 5}"#, r#"{"size": 2}"#, "passed"),
            // One thing may follow from another.
            (&patch, json, r#"{"age": 5}"#, r#"{"tag": "black"}"#, "passed"),
            (&patch, json, r#"{"age": 5}"#, r#"{"tag": "untagged"}"#, "failed: changed by PATCH: tag"),
            (&put, json, r#"{"age": 5}"#, r#"{"tag": "untagged"}"#, "passed"),
            (&patch, merge, r#"{"tag": null}"#, r#"{"age": 4}"#, "failed: not removed: tag"),
            (&patch, merge, r#"{"note": null}"#, r#"{"tag": "tabby"}"#, "failed: not removed: note"),
            // Of these there is always one.
            (&patch, merge, r#"{"size": null}"#, r#"{"tag": "tabby"}"#, "passed"),
            (&patch, merge, r#"{"weight": null}"#, r#"{"tag": "tabby"}"#, "passed"),
            (&patch, merge, r#"{"tame": null}"#, r#"{"tag": "tabby"}"#, "passed"),
            (&patch, merge, r#"{"coat": null}"#, r#"{"tag": "tabby"}"#, "passed"),
            (&patch, merge, r#"{"code": null}"#, r#"{"tag": "tabby"}"#, "passed"),
            (&patch, merge, r#"{"tag": null}"#, r#"{"tag": null}"#, "passed"),
            (&patch, json, r#"{"tag": null}"#, r#"{"age": 4}"#, "passed"),
            (&patch, merge, r#"{"names": ["cid"]}"#, r#"{"names": ["cid"]}"#, "passed"),
            (
                &patch,
                merge,
                r#"{"names": ["cid"]}"#,
                r#"{"names": ["ada", "cid"]}"#,
                "failed: not replaced: names",
            ),
            (
                &put,
                json,
                r#"{"names": ["cid"]}"#,
                r#"{"names": ["ada", "cid"]}"#,
                "failed: not replaced: names",
            ),
            (&put, json, r#"{"names": ["cid"]}"#, r#"{"names": ["ada", "dee", "cid"]}"#, "n/a"),
            (&patch, json, r#"{"names": ["cid"]}"#, r#"{"names": ["ada", "cid"]}"#, "passed"),
        ];
        for (method, media_type, sent, changes, expected) in table {
            let mut shown: serde_json::Value = serde_json::from_str(pet).unwrap();
            let changes: serde_json::Value = serde_json::from_str(changes).unwrap();
            for (name, value) in changes.as_object().unwrap() {
                shown[name] = value.clone();
            }
            if sent.contains("age") {
                shown["age"] = 5.into();
            }
            let shown: &'static str = Box::leak(shown.to_string().into_boxed_str());
            let says = story(method.clone(), media_type, sent, shown);
            assert_eq!(says, expected, "{method} {media_type} {sent} {changes}");
        }
    }
}
