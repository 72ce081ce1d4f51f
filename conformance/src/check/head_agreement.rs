//! `head_agreement`

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
    /// that asks of GET what it does not ask of HEAD.
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
        (200..=299, 404 | 405 | 410) | (404 | 410, 200..=299) => Judgement::failed(
            format!("status {head} where GET answers {get}"),
            format!("GET answers {get} before and after it, and HEAD, in the same request, {head}"),
        ),
        _ => Judgement::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use crate::case::{Intent, Probe};
    use crate::check::fixture::Scene;

    #[test]
    fn head_is_answered_as_get_is() {
        let head = |before, head, after| {
            let scene = Scene::new("anyHead", "/any").intent(Intent::Probe(Probe::BesideGet));
            scene.read_before_as(before).status(head).read_since(after, "").says("head_agreement")
        };
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
        let alone = Scene::new("anyHead", "/any").read_before_as(200).status(404).read_since(200, "");
        assert_eq!(alone.says("head_agreement"), "n/a");
    }
}
