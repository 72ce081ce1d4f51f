//! What was refused to be made, and is there all the same.

use counterfoil_openapi::{Request, Response};
use http::Method;
use serde_json::Value;

use super::Observation;
use super::refused::{is_deed, is_telling};
use super::write_read_consistency::{Found, is_decided_by_server, is_same, object};
use crate::resource::listing::items;

/// Refusals of what was sent: others, as of a payment, may be kept with what they are of.
const OF_DATA: [u16; 2] = [400, 422];

/// Whether a list shows what was refused to be made right before it, and did not show it right before that; nothing where
/// it was not refused, or says too little.
pub(super) fn listed(observation: &Observation<'_>) -> Found {
    let earlier = &observation.earlier;
    let at = earlier.iter().rposition(is_deed)?;
    let (request, reply) = earlier[at];
    let status = reply.status.as_u16();
    let path = observation.request.path();
    if request.method != Method::POST || request.path() != path || !OF_DATA.contains(&status) {
        return None;
    }
    let since = earlier[..at].iter().rposition(is_deed).map_or(0, |since| since + 1);
    let is_list = |(request, reply): &&(&Request, &Response)| {
        request.method == Method::GET && request.path() == path && reply.status.as_u16() == 200
    };
    let list = |body: &[u8]| serde_json::from_slice::<Value>(body).ok();
    // The same list right before it, and what other pages of it were asked for.
    let first = earlier.get(at + 1).map_or(&observation.request.target, |(request, _)| &request.target);
    let start = earlier[since..at].iter().rposition(|(request, _)| request.target == *first)? + since;
    let before: Vec<Value> =
        earlier[start..at].iter().filter(is_list).filter_map(|(_, reply)| list(&reply.body)).collect();
    let now = list(&observation.response().filter(|response| response.status.as_u16() == 200)?.body)?;
    let sent = object(&request.body)?;
    let count = |list: &Value, name: &str, value: &Value| {
        let is_it = |item: &&Value| item.get(name).is_some_and(|shown| is_same(shown, value));
        items(list).map_or(0, |items| items.iter().filter(is_it).count())
    };
    // Nothing is known of a list that shows nothing.
    let is_shown = |list: &Value| items(list).is_some_and(|items| !items.is_empty());
    if !before.iter().any(is_shown) {
        return None;
    }
    let is_its_own =
        |(name, value): &(&String, &Value)| is_telling(value) && !is_decided_by_server(observation, name);
    let mut own = sent.iter().filter(is_its_own).peekable();
    own.peek()?;
    // What was made by the same request some other time is there already.
    let made = own.find(|(name, value)| {
        let known: usize = before.iter().map(|list| count(list, name, value)).sum();
        count(&now, name, value) > known
    });
    let found = made.map(|(name, value)| {
        let message = format!(
            "what was to be made with {value} as {name} was refused with {status}, and is in the list, where there were fewer of it before"
        );
        ("refused, and made".to_owned(), message)
    });
    Some(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn what_was_refused_is_not_in_the_list() {
        let story = |before: &str, method: Method, sent: &str, status: u16, now: &'static str| {
            Scene::new("listPets", "/pets?limit=9")
                .expecting(Expectation::Unmade)
                .body("application/json", now)
                .earlier_at("/pets", Method::POST, r#"{"tag": "tabby"}"#, 201, "{}")
                .earlier_at("/pets?limit=9", Method::GET, "", 200, before)
                .earlier_at("/pets", method, sent, status, "{}")
                .says("write_read_consistency")
        };
        let (sent, post) = (r#"{"tag": "black", "age": -1}"#, Method::POST);
        let (before, now) =
            (r#"[{"id": 1, "tag": "tabby"}]"#, r#"[{"id": 1, "tag": "tabby"}, {"id": 2, "tag": "black"}]"#);
        let twice = r#"[{"id": 1, "tag": "tabby"}, {"id": 2, "tag": "black"}, {"id": 3, "tag": "black"}]"#;
        let failed = "failed: refused, and made";
        let table = [
            (before, &post, sent, 400, now, failed),
            (before, &post, sent, 422, now, failed),
            (before, &post, sent, 400, before, "passed"),
            (before, &post, sent, 402, now, "n/a"),
            (before, &post, sent, 409, now, "n/a"),
            (before, &post, sent, 201, now, "n/a"),
            (before, &Method::PUT, sent, 400, now, "n/a"),
            // It was there before.
            (now, &post, sent, 400, now, "passed"),
            (now, &post, sent, 400, twice, failed),
            ("[]", &post, sent, 400, now, "n/a"),
            (before, &post, r#"{"age": -1}"#, 400, r#"[{"age": -1}]"#, "n/a"),
        ];
        for (before, method, sent, status, now, expected) in table {
            let says = story(before, method.clone(), sent, status, now);
            assert_eq!(says, expected, "{before} {method} {sent} {status} {now}");
        }
        let scene =
            Scene::new("listPets", "/pets").expecting(Expectation::Unmade).body("application/json", now);
        assert_eq!(scene.says("write_read_consistency"), "n/a");
    }
}
