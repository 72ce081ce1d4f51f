//! What the answer to a request that makes or changes something shows of it.

use counterfoil_openapi::Response;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG};
use http::{HeaderMap, Method};
use serde_json::{Map, Value};

use super::write_read_consistency::{Found, is_decided_by_server, is_same, object};
use super::{Observation, documented};
use crate::case::Intent;

/// Words that end the names of numbers which servers find out by themselves.
const RECKONED: [&str; 14] = [
    "position", "order", "index", "rank", "sequence", "number", "count", "total", "balance", "score", "size",
    "page", "limit", "offset",
];
/// The least difference of numbers that is no rounding to a hundredth.
const MIN_DIFFERENCE: f64 = 0.5;
/// The shortest text that may be what is left of a longer one.
const MIN_LEFT: usize = 8;

/// What the answer to a request shows as something else than was sent or than is the document's default; nothing where
/// it shows nothing as it was sent.
pub(super) fn found(observation: &Observation<'_>) -> Found {
    let response = observation.response()?;
    let (method, status) = (&observation.request.method, response.status.as_u16());
    let is_making = *method == Method::POST && status == 201;
    let is_change = matches!(*method, Method::PUT | Method::PATCH) && matches!(status, 200 | 201);
    let is_positive = matches!(observation.intent, Intent::Positive | Intent::Example)
        && observation.reading.violations.is_empty();
    if !is_positive || !(is_making || is_change) {
        return None;
    }
    let (sent, shown) = (object(&observation.request.body)?, object(&response.body)?);
    let own = || sent.iter().filter(|(name, _)| !is_decided_by_server(observation, name));
    let is_kept = own().any(|(name, sent)| {
        // What says little may be there by chance.
        let is_telling = sent.as_str().is_some_and(|text| text.len() > 3) || sent.is_number();
        is_telling && shown.get(name).is_some_and(|shown| is_same(sent, shown))
    });
    if !is_kept {
        return None;
    }
    let mut found = Vec::new();
    for (name, sent) in own() {
        let Some(now) = shown.get(name).filter(|now| is_altered(name, sent, now)) else { continue };
        if documented::admits(observation, &shown, name, sent) {
            let message = format!("{name} was sent as {sent}, and the answer shows {now}");
            found.push((format!("answered with another {name}"), message));
        }
    }
    if is_making {
        found.extend(not_by_default(observation, &sent, &shown));
    }
    Some(found)
}

/// Whether bytes are read as they were sent; nothing where they are no bytes to both sides.
pub(super) fn bytes(observation: &Observation<'_>) -> Found {
    let is_bytes = |headers: &HeaderMap| {
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/octet-stream")
    };
    let [(maker, reply)] = observation.earlier[..] else { return None };
    let read = observation.response().filter(|response| response.status.as_u16() == 200)?;
    let is_encoded = read.headers.contains_key(CONTENT_ENCODING);
    if !is_bytes(&maker.headers) || !is_bytes(&read.headers) || is_encoded || !reply.status.is_success() {
        return None;
    }
    let message =
        || format!("{} bytes were sent, and what is read are {} others", maker.body.len(), read.body.len());
    Some((maker.body != read.body).then(|| ("other bytes".to_owned(), message())).into_iter().collect())
}

/// Whether a strong `ETag` is the one of before, although what is shown has changed to what was sent.
pub(super) fn etag(
    observation: &Observation<'_>,
    sent: &Map<String, Value>,
    before: &Map<String, Value>,
    shown: &Map<String, Value>,
) -> Option<(String, String)> {
    let tag =
        |response: &Response| response.headers.get(ETAG).and_then(|tag| Some(tag.to_str().ok()?.to_owned()));
    let now = tag(observation.response()?)?;
    let is_strong = now.starts_with('"');
    if !is_strong || observation.before.and_then(tag)? != now {
        return None;
    }
    let has_changed = |(name, sent): &(&String, &Value)| {
        let (old, new) = (before.get(*name), shown.get(*name));
        old.is_some_and(|old| !is_same(old, sent)) && new.is_some_and(|new| is_same(new, sent))
    };
    let (name, value) = sent.iter().find(has_changed)?;
    let message = format!("{name} was {}, and is {value} now, and the ETag is {now} still", before[name]);
    Some(("ETag of before".to_owned(), message))
}

/// Whether a value is another one than was sent, and no other notation of it: another number, the beginning of a text,
/// some items of a list.
fn is_altered(name: &str, sent: &Value, shown: &Value) -> bool {
    let is_telling = |text: &str| text.chars().filter(|character| character.is_alphanumeric()).count() > 1;
    match (sent, shown) {
        (Value::Number(sent), Value::Number(shown)) => {
            let (sent, shown) = (sent.as_f64().unwrap_or_default(), shown.as_f64().unwrap_or_default());
            let name = name.to_ascii_lowercase();
            let difference = (sent - shown).abs();
            difference >= MIN_DIFFERENCE
                && difference > sent.abs() / 100.0
                && !RECKONED.iter().any(|word| name.ends_with(word))
        }
        (Value::String(sent), Value::String(shown)) => {
            let is_plain = !sent.contains(|character: char| {
                character.is_control() || matches!(character, '<' | '&' | ':' | '/' | '?' | '#')
            });
            let rest = sent.strip_prefix(shown.as_str());
            is_plain && shown.chars().count() >= MIN_LEFT && rest.is_some_and(is_telling)
        }
        (Value::Array(sent), Value::Array(shown)) => {
            let is_in = |item: &Value, items: &[Value]| items.iter().any(|other| is_same(item, other));
            let is_plain = |item: &Value| item.as_str().is_some_and(is_telling);
            sent.iter().all(Value::is_string)
                && shown.iter().all(|item| is_in(item, sent))
                && sent.iter().any(|item| is_plain(item) && !is_in(item, shown))
        }
        _ => false,
    }
}

/// The properties that were not sent, and are shown with another value than the document gives them then.
fn not_by_default(
    observation: &Observation<'_>,
    sent: &Map<String, Value>,
    shown: &Map<String, Value>,
) -> Vec<(String, String)> {
    let content = observation.operation.request_body().map(|body| &body.content);
    let media = content.into_iter().flat_map(|content| content.iter()).collect::<Vec<_>>();
    // Of several media types, it takes more to know which one was sent.
    let [only] = media[..] else { return Vec::new() };
    let Some(schema) = only.schema.as_ref() else { return Vec::new() };
    let is_time =
        |name: &str| ["at", "date", "time", "on"].iter().any(|end| name.to_ascii_lowercase().ends_with(end));
    let others = documented::defaults(schema.resolved()).into_iter().filter_map(|(name, default)| {
        let now = shown.get(name)?;
        let is_other = !sent.contains_key(name)
            && (default.is_boolean() || default.is_number() || default.is_string())
            && !is_time(name)
            && !is_same(default, now)
            && documented::admits(observation, shown, name, default);
        is_other.then(|| {
            let message =
                format!("{name} was not sent, its default is {default}, and the answer shows {now}");
            (format!("not the default {name}"), message)
        })
    });
    others.collect()
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::case::Intent;
    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    fn answered(operation: &str, sent: &'static str, status: u16, shown: &'static str) -> Scene {
        Scene::new(operation, "/things")
            .sent_body("application/json", sent)
            .status(status)
            .body("application/json", shown)
    }

    #[test]
    fn an_answer_shows_what_was_sent() {
        let sent = r#"{"name": "a long name of it", "weight": 3.5, "position": 4, "tags": ["a7", "b7", " "], "level": 2}"#;
        let table = [
            (sent, "passed"),
            (r#"{"name": "A Long name of it ", "weight": 3.504, "tags": ["b7", "a7", "a7"]}"#, "passed"),
            (r#"{"name": "a long name of it", "weight": 3}"#, "failed: answered with another weight"),
            (r#"{"name": "a long name of it", "weight": 350}"#, "failed: answered with another weight"),
            (r#"{"name": "a long name of it", "level": 3}"#, "failed: answered with another level"),
            (r#"{"name": "a long name", "weight": 3.5}"#, "failed: answered with another name"),
            (r#"{"weight": 3.5, "tags": ["b7"]}"#, "failed: answered with another tags"),
            // Nothing but blanks is lost, and others took the place of all.
            (r#"{"weight": 3.5, "tags": ["a7", "b7"]}"#, "passed"),
            (r#"{"weight": 3.5, "tags": ["c"]}"#, "passed"),
            (r#"{"name": "another one", "weight": 3.5}"#, "passed"),
            (r#"{"name": "a long name of it", "position": 1}"#, "passed"),
            (r#"{"name": "a long name of it", "weight": "3"}"#, "passed"),
            // It shows nothing as it was sent: it may be an example.
            (r#"{"name": "x", "weight": 3}"#, "n/a"),
        ];
        for (shown, expected) in table {
            let says = |scene: Scene| scene.says("write_read_consistency");
            assert_eq!(says(answered("makeThing", sent, 201, shown)), expected, "{shown}");
            assert_eq!(says(answered("changeThing", sent, 200, shown)), expected, "PATCH, {shown}");
            // It may be what was reckoned from it.
            assert_eq!(says(answered("makeThing", sent, 200, shown)), "n/a", "200, {shown}");
            assert_eq!(
                says(answered("makeThing", sent, 201, shown).intent(Intent::Negative)),
                "n/a",
                "{shown}"
            );
        }
    }

    #[test]
    fn bytes_are_read_as_they_were_sent() {
        let read = |maker: &'static str, media_type, body| {
            Scene::new("getPet", "/pets/1")
                .expecting(Expectation::Made)
                .made_of(maker, "abc")
                .body(media_type, body)
                .says("write_read_consistency")
        };
        let bytes = "application/octet-stream";
        assert_eq!(read(bytes, bytes, "abc"), "passed");
        assert_eq!(read(bytes, bytes, "ab"), "failed: other bytes");
        // It may be another notation of the same.
        assert_eq!(read(bytes, "image/png", "ab"), "n/a");
        assert_eq!(read("image/png", bytes, "ab"), "n/a");
    }

    #[test]
    fn another_representation_has_another_etag() {
        let pet = r#"{"id": 1, "tag": "tabby"}"#;
        let read = |sent: &str, etag, shown| {
            Scene::new("getPet", "/pets/1")
                .expecting(Expectation::Changed)
                .earlier(Method::PUT, pet, 201, pet)
                .earlier(Method::GET, "", 200, pet)
                .earlier(Method::PUT, sent, 200, "")
                .read_before_tagged(r#""1""#)
                .header("etag", etag)
                .body("application/json", shown)
                .says("write_read_consistency")
        };
        let (sent, old, new) = (r#"{"tag": "black"}"#, r#""1""#, r#""2""#);
        let shown = r#"{"id": 1, "tag": "black"}"#;
        assert_eq!(read(sent, old, shown), "failed: ETag of before");
        assert_eq!(read(sent, new, shown), "passed");
        assert_eq!(read(r#"{"tag": "Tabby"}"#, old, pet), "n/a");
    }

    #[test]
    fn an_answer_shows_the_defaults_of_what_was_not_sent() {
        let sent = r#"{"name": "rex the dog"}"#;
        let table = [
            (r#"{"name": "rex the dog", "level": 3, "mood": "calm"}"#, "passed"),
            (r#"{"name": "rex the dog"}"#, "passed"),
            (r#"{"name": "rex the dog", "level": 4}"#, "failed: not the default level"),
            (r#"{"name": "rex the dog", "mood": "wild"}"#, "failed: not the default mood"),
            (r#"{"name": "rex the dog", "made_at": "2024"}"#, "passed"),
            (r#"{"name": "rex", "level": 4}"#, "n/a"),
        ];
        for (shown, expected) in table {
            assert_eq!(
                answered("makeThing", sent, 201, shown).says("write_read_consistency"),
                expected,
                "{shown}"
            );
        }
        // What was sent is no default, and a PATCH leaves what it does not name.
        let (sent, shown) = (
            r#"{"name": "rex the dog", "level": 4}"#,
            r#"{"name": "rex the dog", "level": 4, "mood": "wild"}"#,
        );
        let patched = answered("changeThing", sent, 200, shown).method(Method::PATCH);
        assert_eq!(patched.says("write_read_consistency"), "passed");
    }
}
