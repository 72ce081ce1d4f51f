//! What was refused, and done all the same.

use counterfoil_openapi::{Request, Response};
use http::Method;
use serde_json::{Map, Value};

use super::write_read_consistency::{Found, is_decided_by_server, is_same, object};
use super::{Observation, documented};

/// The shortest text or number that nobody shows by chance.
const MIN_TELLING: usize = 4;
/// Refusals that say nothing of what was sent: a condition, which has a check of its own, and a time-out, after which
/// the server may have got it all the same.
const OTHERS: [u16; 2] = [408, 412];

/// Whether a change that was refused is shown by a reading right after it, as it was not by one right before it; nothing
/// where it was not refused, or says too little.
///
/// The reading before shows what the suite had written: a server that shows something else each time keeps nothing.
pub(super) fn applied(observation: &Observation<'_>) -> Found {
    let earlier = &observation.earlier;
    let at = earlier.iter().rposition(is_deed)?;
    let (request, reply) = earlier[at];
    let status = reply.status.as_u16();
    let is_update =
        matches!(request.method, Method::PUT | Method::PATCH) && request.path() == observation.request.path();
    let is_reading = |(request, reply): &&(&Request, &Response)| {
        request.method == Method::GET
            && request.target == observation.request.target
            && reply.status.as_u16() == 200
    };
    let is_refused = (400..500).contains(&status) && !OTHERS.contains(&status);
    if !is_update || !is_refused || earlier[at + 1..].iter().any(|step| is_reading(&step)) {
        return None;
    }
    let since = earlier[..at].iter().rposition(is_deed)?;
    let before = object(&earlier[since + 1..at].iter().rfind(is_reading)?.1.body)?;
    let shown = observation.response().filter(|response| response.status.as_u16() == 200)?;
    let (sent, shown) = (object(&request.body)?, object(&shown.body)?);
    let others: Vec<Map<String, Value>> = earlier[..at]
        .iter()
        .filter(|step| is_deed(step))
        .filter_map(|(request, _)| object(&request.body))
        .collect();
    let is_sent_before = |name: &str, value: &Value| {
        others.iter().any(|sent| sent.get(name).is_some_and(|sent| is_same(sent, value)))
    };
    if !before.iter().any(|(name, value)| is_telling(value) && is_sent_before(name, value)) {
        return None;
    }
    let is_new = |(name, sent): &(&String, &Value)| {
        is_telling(sent)
            && before.get(*name).is_none_or(|before| !is_same(sent, before))
            && !is_sent_before(name, sent)
            && !is_decided_by_server(observation, name)
            && !documented::is_enumerated(observation, name)
    };
    let mut new = sent.iter().filter(is_new).peekable();
    new.peek()?;
    let applied = new.find(|(name, sent)| shown.get(*name) == Some(sent));
    Some(
        applied
            .map(|(name, sent)| {
                let old = before.get(name).map_or("nothing".to_owned(), Value::to_string);
                let message = format!(
                    "{name} was {old}, an update to {sent} was refused with {status}, and it is {sent}"
                );
                ("refused, and applied".to_owned(), message)
            })
            .into_iter()
            .collect(),
    )
}

pub(super) fn is_deed((request, _): &(&Request, &Response)) -> bool {
    !matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a value is a text or a number that says enough to be no accident.
pub(crate) fn is_telling(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.chars().filter(|character| character.is_alphanumeric()).count() >= MIN_TELLING
        }
        Value::Number(number) => number.to_string().len() >= MIN_TELLING,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    const PET: &str = r#"{"id": 1, "tag": "tabby", "age": 4}"#;

    fn story(method: Method, sent: &str, status: u16, shown: &'static str) -> Scene {
        Scene::new("getPet", "/pets/1")
            .expecting(Expectation::Changed)
            .body("application/json", shown)
            .earlier(Method::PUT, PET, 201, PET)
            .earlier(Method::GET, "", 200, PET)
            .earlier(method, sent, status, "{}")
    }

    #[test]
    fn what_was_refused_is_not_shown_afterwards() {
        let sent = r#"{"tag": "black", "age": -1}"#;
        let applied = r#"{"id": 1, "tag": "black", "age": 4}"#;
        let failed = "failed: refused, and applied";
        let table = [
            (Method::PUT, sent, 400, applied, failed),
            (Method::PATCH, sent, 422, applied, failed),
            (Method::PATCH, sent, 409, applied, failed),
            (Method::PUT, sent, 400, PET, "passed"),
            // What comes of it where it was not refused, or perhaps not, is for others to say.
            (Method::PUT, sent, 500, applied, "n/a"),
            (Method::PUT, sent, 408, applied, "n/a"),
            (Method::PUT, sent, 412, applied, "n/a"),
            (Method::PUT, sent, 302, applied, "n/a"),
            (Method::POST, sent, 400, applied, "n/a"),
            // It may be so by chance, or by itself.
            (Method::PUT, r#"{"age": 5}"#, 400, r#"{"id": 1, "tag": "tabby", "age": 5}"#, "n/a"),
            (Method::PUT, r#"{"coat": "long"}"#, 400, r#"{"id": 1, "tag": "tabby", "coat": "long"}"#, "n/a"),
            (
                Method::PUT,
                r#"{"state": "done"}"#,
                400,
                r#"{"id": 1, "tag": "tabby", "state": "done"}"#,
                "n/a",
            ),
            (Method::PUT, r#"{"tag": "Tabby", "age": 1}"#, 400, PET, "n/a"),
            (Method::PUT, sent, 400, r#"{"id": 1, "tag": "white", "age": 4}"#, "passed"),
        ];
        for (method, sent, status, shown, expected) in table {
            let says = story(method.clone(), sent, status, shown).says("write_read_consistency");
            assert_eq!(says, expected, "{method} {sent} {status} {shown}");
        }
    }

    #[test]
    fn it_is_known_what_was_there_before() {
        let (sent, applied) = (r#"{"tag": "black"}"#, r#"{"id": 1, "tag": "black", "age": 4}"#);
        let read = || {
            Scene::new("getPet", "/pets/1").expecting(Expectation::Changed).body("application/json", applied)
        };
        let put = |scene: Scene, sent: &str, status| scene.earlier(Method::PUT, sent, status, "{}");
        let says = |scene: Scene| scene.says("write_read_consistency");
        let got = |scene: Scene, shown| scene.earlier(Method::GET, "", 200, shown);
        // Not read since the last change, or read once already.
        assert_eq!(says(put(put(read(), PET, 201), sent, 400)), "n/a");
        assert_eq!(says(got(put(got(put(read(), PET, 201), PET), sent, 400), applied)), "n/a");
        // A change of before may show late.
        let late = put(put(read(), PET, 201), r#"{"tag": "black"}"#, 200);
        assert_eq!(says(put(got(late, PET), r#"{"tag": "black", "age": -1}"#, 400)), "n/a");
        // It shows nothing of what was sent.
        assert_eq!(says(put(got(put(read(), PET, 201), r#"{"tag": "other"}"#), sent, 400)), "n/a");
    }
}
