//! `conditional_requests`

use std::collections::BTreeSet;

use counterfoil_openapi::{Response, StatusPattern, folded};
use http::Method;
use http::header::{ETAG, IF_NONE_MATCH};

use super::registry::declare;
use super::{Expectation, Judgement, Observation, Outcome};
use crate::case::{Intent, Probe, is_conditional, is_revalidated};

declare! {
    /// Fails when a condition of a request (RFC 9110, section 13) is not heeded, or one is that the request does not
    /// have:
    ///
    ///   GET without a condition                                     is answered 304
    ///   GET, `If-None-Match` with a tag that nothing has            is answered 304
    ///   GET, `If-None-Match` with the `ETag` that was just read     is answered 200 with the same `ETag`
    ///   PUT, PATCH, DELETE, `If-Match` with a tag that nothing has  is answered 2xx, and the resource is another one
    ///
    /// Why it matters: a client that is told "not modified" of what it does not have shows nothing, or what is long out
    /// of date. One whose condition is not heeded writes over what somebody else has written meanwhile.
    ///
    /// The third is judged where the operation documents 304 and the parameter `If-None-Match`, the fourth where it
    /// documents 412 and the parameter `If-Match`, and both of a server only that was seen to tell what is there from
    /// what is not, and to show another `ETag` after a change.
    ///
    /// Not judged: a 304 of an operation that documents no success, or to a request that says otherwise what its
    /// sender knows or waits for (`?since=`, `/changes/{cursor}`).
    ///
    /// Example: `GET /pets/7` shows `ETag: "3"`, and `PATCH /pets/7` with `If-Match: "1"` answers 200.
    ///
    /// Silence: `--checks=-conditional_requests`.
    ConditionalRequests = "conditional_requests", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let Some(response) = observation.response() else { return Judgement::NotApplicable };
    match (observation.intent, observation.expectation) {
        (Intent::Positive | Intent::Example, _) if !is_conditional(observation.request) => {
            unasked(observation, response)
        }
        (Intent::Probe(Probe::UnknownTag), _) => match response.status.as_u16() {
            304 if !is_answer(observation) => Judgement::NotApplicable,
            304 => Judgement::failed(
                "304 to an unknown tag",
                "`If-None-Match` has a tag that nothing has, and the answer is 304: not modified",
            ),
            200..=299 => Judgement::Passed,
            _ => Judgement::NotApplicable,
        },
        (Intent::Probe(Probe::KnownTag { .. }), Some(Expectation::Unmodified)) => {
            known(observation, response)
        }
        (Intent::Probe(Probe::Stale), Some(Expectation::Unmatched)) => stale(observation, response),
        _ => Judgement::NotApplicable,
    }
}

/// Whether a 304 comes without having been asked for.
fn unasked(observation: &Observation<'_>, response: &Response) -> Judgement {
    let is_reading = matches!(observation.request.method, Method::GET | Method::HEAD);
    if response.status.as_u16() != 304 || !is_reading {
        return Judgement::NotApplicable;
    }
    match is_answer(observation) {
        true => Judgement::failed(
            "304 without a condition",
            "the request has no condition, and the answer is 304: not modified",
        ),
        false => Judgement::NotApplicable,
    }
}

/// Whether a 304 can only be the answer to a condition: the operation has another answer, and nothing else of the request
/// says what its sender knows, or waits for.
fn is_answer(observation: &Observation<'_>) -> bool {
    /// Parts of names under which senders say so.
    const KNOWING: [&str; 22] = [
        "since", "after", "from", "tag", "version", "revision", "modif", "match", "hash", "digest",
        "checksum", "known", "cache", "last", "time", "seq", "cursor", "offset", "index", "wait", "poll",
        "token",
    ];
    let has_success =
        observation.operation.responses().iter().any(|response| {
            matches!(response.status, StatusPattern::Exact(200..=299) | StatusPattern::Range(2))
        });
    let values = &observation.reading.values;
    let places = [&values.path, &values.query, &values.header, &values.cookie];
    // The conditions themselves are the probe's.
    let mut names = places.into_iter().flat_map(|place| place.keys()).map(|name| folded(name));
    let is_knowing = |name: String| {
        !matches!(name.as_str(), "ifnonematch" | "ifmatch") && KNOWING.iter().any(|part| name.contains(part))
    };
    has_success && !names.any(is_knowing)
}

/// Whether what has not changed is told to be so.
fn known(observation: &Observation<'_>, response: &Response) -> Judgement {
    let sent = observation.request.headers.get(IF_NONE_MATCH).and_then(|sent| sent.to_str().ok());
    let Some(sent) = sent.filter(|_| changes_tags(observation) && is_revalidated(observation.operation))
    else {
        return Judgement::NotApplicable;
    };
    match response.status.as_u16() {
        304 => Judgement::Passed,
        // Weak comparison (RFC 9110, section 8.8.3.2).
        200 if tag(response).is_some_and(|shown| opaque(shown) == opaque(sent)) => Judgement::failed(
            "200 to its own tag",
            format!(
                "`If-None-Match` has the tag that the answer shows as well, {sent}, and the answer is 200, not 304"
            ),
        ),
        _ => Judgement::NotApplicable,
    }
}

/// Whether something is changed under a condition that does not hold.
fn stale(observation: &Observation<'_>, response: &Response) -> Judgement {
    let (Some(before), status) = (observation.before, response.status.as_u16()) else {
        return Judgement::NotApplicable;
    };
    if !changes_tags(observation) {
        return Judgement::NotApplicable;
    }
    let is_changed = match observation.since {
        Some(Outcome::Answered(since)) => match since.status.as_u16() {
            404 | 410 => true,
            200 => tag(since) != tag(before),
            _ => false,
        },
        _ => false,
    };
    match status {
        412 => Judgement::Passed,
        200..=299 if is_changed => Judgement::failed(
            "unmatched condition",
            format!(
                "`If-Match` has a tag that nothing has, and the answer is {status}, not 412; the resource is another one since"
            ),
        ),
        _ => Judgement::NotApplicable,
    }
}

/// Whether the resource was seen to show another tag after a change.
fn changes_tags(observation: &Observation<'_>) -> bool {
    let path = observation.request.path();
    let is_reading = |(request, response): &&(&counterfoil_openapi::Request, &Response)| {
        request.method == Method::GET && request.path() == path && response.status.as_u16() == 200
    };
    let readings = observation.earlier.iter().filter(is_reading);
    readings.filter_map(|(_, response)| tag(response)).collect::<BTreeSet<_>>().len() > 1
}

/// The entity tag of a response.
fn tag(response: &Response) -> Option<&str> {
    response.headers.get(ETAG)?.to_str().ok().map(str::trim)
}

/// A tag without the mark of a weak one.
fn opaque(tag: &str) -> &str {
    tag.trim().trim_start_matches("W/")
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::case::{Intent, Probe};
    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    const CHECK: &str = "conditional_requests";

    #[test]
    fn nobody_is_told_unasked_that_nothing_has_changed() {
        let get = |target| Scene::new("getPage", target).status(304);
        let failed = "failed: 304 without a condition";
        let unknown = || Scene::new("getPage", "/pages/1").intent(Intent::Probe(Probe::UnknownTag));
        let table = [
            (get("/pages/1"), failed),
            (get("/pages/1").status(200), "n/a"),
            (get("/pages/1").sent_header("if-modified-since", "x"), "n/a"),
            (get("/pages/1?sinceVersion=1"), "n/a"),
            (get("/pages/1?size=1"), failed),
            (get("/pages/1").intent(Intent::Negative), "n/a"),
            // It documents no success by name.
            (Scene::new("any", "/any").status(304), "n/a"),
            (Scene::new("putPage", "/pages/1").status(304), "n/a"),
            (unknown().status(304), "failed: 304 to an unknown tag"),
            (unknown().status(200), "passed"),
            (
                Scene::new("getPage", "/pages/1?sinceVersion=1")
                    .intent(Intent::Probe(Probe::UnknownTag))
                    .status(304),
                "n/a",
            ),
            (unknown().status(404), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says(CHECK), expected, "row {row}");
        }
    }

    /// A request after readings that showed these tags.
    fn after(scene: Scene, tags: &[&'static str]) -> Scene {
        let read =
            |scene: Scene, tag: &&'static str| scene.earlier_tagged("/pages/1", tag).read_before_tagged(tag);
        tags.iter().fold(scene, read)
    }

    #[test]
    fn what_has_not_changed_is_not_shown_again() {
        let known = |operation, tags: &[&'static str], shown| {
            let intent = Intent::Probe(Probe::KnownTag { tag: "\"2\"".to_owned() });
            let scene =
                Scene::new(operation, "/pages/1").intent(intent).sent_header("if-none-match", "\"2\"");
            after(scene, tags).expecting(Expectation::Unmodified).header("etag", shown)
        };
        let failed = "failed: 200 to its own tag";
        let table = [
            (known("getPage", &["\"1\"", "\"2\""], "\"2\""), failed),
            (known("getPage", &["\"1\"", "\"2\""], "W/\"2\""), failed),
            (known("getPage", &["\"1\"", "\"2\""], "\"2\"").status(304), "passed"),
            (known("getPage", &["\"1\"", "\"2\""], "\"3\""), "n/a"),
            // It may be the tag of an example.
            (known("getPage", &["\"2\"", "\"2\""], "\"2\""), "n/a"),
            (known("getOther", &["\"1\"", "\"2\""], "\"2\""), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says(CHECK), expected, "row {row}");
        }
    }

    #[test]
    fn nothing_is_changed_under_a_condition_that_does_not_hold() {
        let put = |tags: &[&'static str]| {
            let scene = Scene::new("putPage", "/pages/1").method(Method::PUT);
            after(scene.intent(Intent::Probe(Probe::Stale)), tags).expecting(Expectation::Unmatched)
        };
        let tags = ["\"1\"", "\"2\""];
        let table = [
            (put(&tags).read_since_tagged(200, "\"3\""), "failed: unmatched condition"),
            (put(&tags).status(204).read_since_tagged(404, "\"3\""), "failed: unmatched condition"),
            (put(&tags).read_since_tagged(200, "\"2\""), "n/a"),
            (put(&tags).read_since_tagged(500, "\"3\""), "n/a"),
            (put(&tags), "n/a"),
            (put(&["\"2\"", "\"2\""]).read_since_tagged(200, "\"3\""), "n/a"),
            (put(&tags).status(412), "passed"),
            (put(&tags).status(400), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says(CHECK), expected, "row {row}");
        }
    }
}
