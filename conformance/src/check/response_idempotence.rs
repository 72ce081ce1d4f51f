//! `response_idempotence`

use serde_json::{Map, Value};

use super::registry::declare;
use super::{Judgement, Observation, Outcome};

declare! {
    /// Fails when the same GET, sent twice at once, is answered with another status, or with a body of another shape:
    /// members that come and go, values that change their type.
    ///
    /// Why it matters: a client tests what it got once. An answer that depends on which replica, cache or moment it
    /// came from fails it later, where nobody looks.
    ///
    /// It is off by default, since each GET is sent twice for it. Values may differ as they like; so may the number of
    /// items in an array.
    ///
    /// Not judged: other methods; 429 and 5xx, which pass; answers that are not JSON, but for their status.
    ///
    /// Example: `GET /pets/7` answers with `owner` one time and without it the next.
    ///
    /// Silence: leave `+response_idempotence` out of `--checks`.
    ResponseIdempotence = "response_idempotence", Off
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let (Some(first), Some(Outcome::Answered(second))) = (observation.response(), observation.again) else {
        return Judgement::NotApplicable;
    };
    let (before, after) = (first.status.as_u16(), second.status.as_u16());
    if [before, after].iter().any(|status| *status == 429 || *status >= 500) {
        return Judgement::NotApplicable;
    }
    if before != after {
        let message = format!("the same request was answered {before}, and then {after}");
        return Judgement::failed("another status", message);
    }
    let read = |body: &[u8]| serde_json::from_slice::<Value>(body).ok();
    let (Some(before), Some(after)) = (read(&first.body), read(&second.body)) else {
        return Judgement::Passed;
    };
    match difference(&before, &after, "") {
        Some((at, what)) => Judgement::failed(
            "another shape",
            format!("the same request was answered twice, and body{at} {what} the second time"),
        ),
        None => Judgement::Passed,
    }
}

/// Where two values first differ in shape, and how.
fn difference(before: &Value, after: &Value, at: &str) -> Option<(String, &'static str)> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let lacks = |members: &Map<String, Value>, others: &Map<String, Value>| {
                others.keys().find(|name| !members.contains_key(*name)).map(|name| format!("{at}/{name}"))
            };
            let gone = lacks(after, before).map(|at| (at, "is gone"));
            let new = || lacks(before, after).map(|at| (at, "is new"));
            let inside = || {
                before
                    .iter()
                    .find_map(|(name, value)| difference(value, after.get(name)?, &format!("{at}/{name}")))
            };
            gone.or_else(new).or_else(inside)
        }
        (Value::Array(before), Value::Array(after)) => {
            difference(before.first()?, after.first()?, &format!("{at}/0"))
        }
        _ => (std::mem::discriminant(before) != std::mem::discriminant(after))
            .then(|| (at.to_owned(), "is of another type")),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::Scene;

    #[test]
    fn the_same_request_gets_the_same_kind_of_answer() {
        let twice = |first: &'static str, status, second: &'static str| {
            let scene = Scene::new("any", "/any").status(200).body("application/json", first);
            scene.answered_again(status, second).says("response_idempotence")
        };
        let table = [
            (r#"{"a": 1}"#, 200, r#"{"a": 2}"#, "passed"),
            (r#"{"a": [1, 2]}"#, 200, r#"{"a": []}"#, "passed"),
            (r#"{"a": 1}"#, 404, r#"{"a": 1}"#, "failed: another status"),
            (r#"{"a": 1}"#, 200, "{}", "failed: another shape"),
            ("{}", 200, r#"{"a": 1}"#, "failed: another shape"),
            (r#"{"a": [{"b": 1}]}"#, 200, r#"{"a": [{"b": "1"}]}"#, "failed: another shape"),
            (r#"{"a": 1}"#, 503, "{}", "n/a"),
            (r#"{"a": 1}"#, 429, "{}", "n/a"),
            ("one", 200, "two", "passed"),
        ];
        for (first, status, second, expected) in table {
            assert_eq!(twice(first, status, second), expected, "{first} {status} {second}");
        }
        assert_eq!(Scene::new("any", "/any").status(200).says("response_idempotence"), "n/a");
    }
}
