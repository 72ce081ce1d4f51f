//! Whether what an action says it did to a thing is there afterwards.

use counterfoil_openapi::{Request, Response, folded};
use http::Method;
use serde_json::{Map, Value};

use super::Observation;
use super::named::Name;
use super::write_read_consistency::object;

/// What is done to see what would come of it.
const TRIALS: [&str; 14] = [
    "preview",
    "validate",
    "check",
    "test",
    "simulate",
    "estimate",
    "calculate",
    "render",
    "verify",
    "dryrun",
    "validateonly",
    "try",
    "copy",
    "clone",
];
/// What is done and over, so that what comes of it may be as before.
const PASSING: [&str; 22] = [
    "restart", "reboot", "reload", "refresh", "retry", "resend", "sync", "run", "scan", "ping", "poll",
    "trigger", "start", "stop", "wake", "touch", "bump", "send", "notify", "reset", "renew", "extend",
];
/// How a word ends that says what goes on, and is not done: `cancelling`.
const GOING_ON: &str = "ing";
/// How many letters of an action's name stand in what it does: `cancelled`, `archivedAt`.
const STEM: usize = 5;
/// The fewest of them.
const MIN_STEM: usize = 3;

/// Kind and message of an action (`POST /orders/7/cancel`) that answers with the thing as it is after it, where the next
/// reading shows it wholly as it was before.
pub(super) fn unkept(
    observation: &Observation<'_>,
    name: &Name,
    shown: &Map<String, Value>,
) -> Option<(String, String)> {
    let earlier = &observation.earlier;
    let is_deed = |(request, _): &(&Request, &Response)| !request.method.is_safe();
    let is_reading = |(request, reply): &&(&Request, &Response)| {
        request.method == Method::GET
            && request.target == observation.request.target
            && reply.status.as_u16() == 200
    };
    let at = earlier.iter().rposition(is_deed)?;
    let since = earlier[..at].iter().rposition(is_deed)?;
    let (request, reply) = earlier[at];
    let before = object(&earlier[since + 1..at].iter().rfind(is_reading)?.1.body)?;
    if earlier[at + 1..].iter().any(|step| is_reading(&step)) || reply.status.as_u16() != 200 {
        return None;
    }
    let action = request.path().strip_prefix(observation.request.path())?.strip_prefix('/')?;
    let replied = object(&reply.body)?;
    let stem = stem(action)?;
    let is_it = before == *shown
        && !is_trial(request, action)
        && !PASSING.iter().any(|passing| folded(action).contains(passing))
        && replied.len() == before.len()
        && replied.keys().all(|member| before.contains_key(member))
        && name.shown_by(&before).is_some_and(|member| before.get(member) == replied.get(member));
    let is_done = |(member, after): &(&String, &Value)| {
        if after.as_str().is_some_and(|after| folded(after).contains(GOING_ON)) {
            return false;
        }
        let is_named = || folded(member).contains(&stem) && !folded(member).contains(GOING_ON);
        match (&before[*member], after) {
            (Value::Bool(old), Value::Bool(new)) => old != new && is_named(),
            (Value::String(old), Value::String(new)) => old != new && folded(new).contains(&stem),
            (Value::Null, new) => !new.is_null() && is_named(),
            _ => false,
        }
    };
    let (member, after) = replied.iter().filter(|_| is_it).find(is_done)?;
    let message = format!(
        "{member} is {after} in the answer to `{} {}`, and the next reading is wholly the one before it, where it is {}",
        request.method,
        request.path(),
        before[member]
    );
    Some((format!("answered, and not kept: {action}"), message))
}

/// What the name of an action has in common with that of its outcome: `cance` of `cancel`, `clos` of `close`.
fn stem(action: &str) -> Option<String> {
    let action = folded(Some(action).filter(|action| !action.contains('/'))?);
    let word = action.strip_suffix('e').unwrap_or(&action);
    let stem: String = word.chars().take(STEM).collect();
    (stem.chars().count() >= MIN_STEM).then_some(stem)
}

/// Whether a request asks for what would be, by its action or by what it sends.
fn is_trial(request: &Request, action: &str) -> bool {
    let (query, body) = (request.query().unwrap_or_default(), String::from_utf8_lossy(&request.body));
    let asked = folded(&format!("{action} {query} {body}"));
    TRIALS.iter().any(|trial| asked.contains(trial))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    const BEFORE: &str = r#"{"id": 7, "lent": false, "lendAt": null, "state": "new", "note": "a"}"#;

    fn story(action: &str, sent: &str, status: u16, answer: &str, shown: &'static str) -> String {
        let book = "/shelves/3/books/7";
        Scene::new("getBook", book)
            .expecting(Expectation::Changed)
            .earlier_at("/shelves/3/books", Method::POST, "{}", 201, BEFORE)
            .earlier(Method::GET, "", 200, BEFORE)
            .earlier_at(&format!("{book}/{action}"), Method::POST, sent, status, answer)
            .body("application/json", shown)
            .says("write_read_consistency")
    }

    #[test]
    fn what_an_action_says_it_did_is_done() {
        let with = |from: &str, to: &str| BEFORE.replace(from, to);
        let lost = "failed: answered, and not kept: ";
        let lend = format!("{lost}lend");
        let table = [
            ("lend", 200, with("null", r#""2026-01-02""#), BEFORE, lend.as_str()),
            ("lend", 200, with("new", "lended"), BEFORE, &lend),
            ("lent", 200, with("false", "true"), BEFORE, "failed: answered, and not kept: lent"),
            // It says nothing of what was done, or does it later.
            ("lend", 200, BEFORE.to_owned(), BEFORE, "n/a"),
            ("lend", 200, with(r#""a""#, r#""b""#), BEFORE, "n/a"),
            ("move", 200, with("null", r#""2026-01-02""#), BEFORE, "n/a"),
            ("lend", 202, with("new", "lended"), BEFORE, "n/a"),
            ("lend/again", 200, with("new", "lended"), BEFORE, "n/a"),
            ("lend-preview", 200, with("new", "lended"), BEFORE, "n/a"),
            // It goes on, or is over.
            ("lend", 200, with("new", "lending"), BEFORE, "n/a"),
            ("lend", 200, with("new", "lending-out"), BEFORE, "n/a"),
            ("lend", 200, with("null", r#""lending""#), BEFORE, "n/a"),
            ("reboot", 200, with(r#""new""#, r#""rebooting""#), BEFORE, "n/a"),
            ("reboot", 200, with(r#""new""#, r#""rebooted""#), BEFORE, "n/a"),
            ("re-send", 200, with(r#""new""#, r#""resend""#), BEFORE, "n/a"),
            ("stop", 200, with(r#""new""#, r#""stopped""#), BEFORE, "n/a"),
            ("close", 200, with(r#""new""#, r#""closed""#), BEFORE, "failed: answered, and not kept: close"),
            // It is about another thing, or about no thing.
            ("lend", 200, with("new", "lended").replace('7', "8"), BEFORE, "n/a"),
            ("lend", 200, r#"{"id": 7, "state": "lended"}"#.to_owned(), BEFORE, "n/a"),
            // Something was done.
            (
                "lend",
                200,
                with("new", "lended"),
                r#"{"id": 7, "lent": false, "lendAt": null, "state": "new", "note": "b"}"#,
                "n/a",
            ),
        ];
        for (action, status, answer, shown, expected) in table {
            assert_eq!(story(action, "", status, &answer, shown), expected, "{action} {status} {answer}");
        }
        let lended = with("new", "lended");
        assert_eq!(story("lend", r#"{"dry_run": true}"#, 200, &lended, BEFORE), "n/a");
        assert_eq!(story("lend", r#"{"for": "a day"}"#, 200, &lended, BEFORE), lend);
    }

    #[test]
    fn what_was_done_is_read_before_and_right_after() {
        let (book, lended) = ("/shelves/3/books/7", BEFORE.replace("new", "lended"));
        let lend = |scene: Scene| scene.earlier_at("/shelves/3/books/7/lend", Method::POST, "", 200, &lended);
        let made = || {
            Scene::new("getBook", book)
                .expecting(Expectation::Changed)
                .body("application/json", BEFORE)
                .earlier_at("/shelves/3/books", Method::POST, "{}", 201, BEFORE)
        };
        let read = |scene: Scene| scene.earlier(Method::GET, "", 200, BEFORE);
        let says = |scene: Scene| scene.says("write_read_consistency");
        assert_eq!(says(lend(read(made()))), "failed: answered, and not kept: lend");
        assert_eq!(says(lend(made())), "n/a");
        assert_eq!(says(lend(lend(read(made())))), "n/a");
        assert_eq!(says(read(lend(read(made())))), "n/a");
    }
}
