//! `head_agreement`

use counterfoil_openapi::{Operation, Pointer};
use serde_json::Value;

use super::registry::declare;
use super::{Judgement, Observation, Outcome};
use crate::case::{Intent, Probe};

declare! {
    /// Fails when a HEAD is answered as if something were there that GET does not find, or the other way round: 2xx to
    /// one of them, and 404 or 410 (or 405, to HEAD) to the other.
    ///
    /// Why it matters: HEAD is GET without the body (RFC 9110, section 9.3.2). Clients ask it whether something is
    /// there, and caches bring up to date by it what they have; both believe the answer.
    ///
    /// It is judged where the document has both methods for a path. The request is sent as GET, as HEAD and as GET once
    /// more: where both readings have the same status, nothing has changed in between.
    ///
    /// Not judged: other statuses, 401, 403, 429 and 5xx among them; an operation that documents no success; a path
    /// that asks of GET what it does not ask of HEAD, or whose HEAD has a query or header parameter that GET has not;
    /// 404 and 410 where GET documents neither, nor 4XX, and its path does not end in a variable.
    ///
    /// Example: `GET /pets/7` answers 200, and `HEAD /pets/7` answers 404.
    ///
    /// Silence: `--checks=-head_agreement`.
    HeadAgreement = "head_agreement", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let (Intent::Probe(Probe::BesideGet), Some(head), Some(before), Some(Outcome::Answered(after))) =
        (observation.intent, observation.status(), observation.before, observation.since)
    else {
        return Judgement::NotApplicable;
    };
    let get = before.status.as_u16();
    match (get, head) {
        _ if before.status != after.status => Judgement::NotApplicable,
        (200..=299, 200..=299) | (404 | 410, 404 | 410) => Judgement::Passed,
        (200..=299, 404 | 410) | (404 | 410, 200..=299) if !may_lack(observation.operation) => {
            Judgement::NotApplicable
        }
        (200..=299, 404 | 405 | 410) | (404 | 410, 200..=299) => Judgement::failed(
            format!("status {head} where GET answers {get}"),
            format!("GET answers {get} before and after it, and HEAD, in the same request, {head}"),
        ),
        _ => Judgement::NotApplicable,
    }
}

/// Whether what a HEAD is for may be lacking: its path names one thing of many, or GET of the same path says so.
fn may_lack(head: &Operation) -> bool {
    let is_named = || head.path().as_str().trim_end_matches('/').ends_with('}');
    let path_item = head.pointer().as_str().strip_suffix("/head").map(Pointer::from_escaped);
    let get = path_item.map(|path_item| path_item.join("get").join("responses"));
    let responses = get.as_ref().and_then(|get| get.find(head.document().root()));
    let says_so =
        |status: &String| ["404", "410"].contains(&status.as_str()) || status.eq_ignore_ascii_case("4XX");
    is_named() || responses.and_then(Value::as_object).is_some_and(|responses| responses.keys().any(says_so))
}

#[cfg(test)]
mod tests {
    use crate::case::{Intent, Probe};
    use crate::check::fixture::Scene;

    #[test]
    fn head_is_answered_as_get_is() {
        let asked = |operation: &str, target: &str, before, head, after| {
            let scene = Scene::new(operation, target).intent(Intent::Probe(Probe::BesideGet));
            scene.read_before_as(before).status(head).read_since(after, "").says("head_agreement")
        };
        let head = |before, head, after| asked("headThing", "/things/1", before, head, after);
        let table = [
            (200, 200, 200, "passed"),
            (200, 204, 200, "passed"),
            (404, 410, 404, "passed"),
            (200, 404, 200, "failed: status 404 where GET answers 200"),
            (200, 405, 200, "failed: status 405 where GET answers 200"),
            (404, 200, 404, "failed: status 200 where GET answers 404"),
            (410, 204, 410, "failed: status 204 where GET answers 410"),
            (200, 404, 404, "n/a"),
            (404, 200, 200, "n/a"),
            (200, 403, 200, "n/a"),
            (200, 500, 200, "n/a"),
            (405, 200, 405, "n/a"),
            (302, 200, 302, "n/a"),
        ];
        for (before, status, after, expected) in table {
            assert_eq!(head(before, status, after), expected, "{before} {status} {after}");
        }
        // Nobody said that it may not be there.
        let table = [
            ("anyHead", "/any", 404, "n/a"),
            ("anyHead", "/any", 405, "failed: status 405 where GET answers 200"),
            ("headState", "/things/1/state", 404, "failed: status 404 where GET answers 200"),
            ("headName", "/things/1/name", 404, "failed: status 404 where GET answers 200"),
        ];
        for (operation, target, status, expected) in table {
            assert_eq!(asked(operation, target, 200, status, 200), expected, "{operation}");
        }
        assert_eq!(asked("anyHead", "/any", 404, 200, 404), "n/a");
        let alone = Scene::new("headThing", "/things/1").read_before_as(200).status(404).read_since(200, "");
        assert_eq!(alone.says("head_agreement"), "n/a");
    }
}
