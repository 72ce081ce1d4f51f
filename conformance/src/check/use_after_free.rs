//! `use_after_free`

use counterfoil_openapi::{Response, folded};
use http::Method;
use serde_json::Value;

use super::registry::declare;
use super::{Expectation, Judgement, Observation, Outcome, listed};
use crate::resource::listing;

declare! {
    /// Fails when a resource is still there after it was removed: a GET answers 2xx after the DELETE of the same path
    /// did, or a list still has it when reading it answers 404. Fails as well when a change of it, or something made
    /// below its path, is answered 2xx, and reading it answers 404 before and after that.
    ///
    /// Why it matters: what somebody had removed is still there for anybody to see, and later requests build on what
    /// should be gone.
    ///
    /// The resource was read with success before it was removed, and the server was seen to answer 404 to a resource
    /// that never was: one that answers 2xx to everything knows of no resources, and proves nothing. What a list has is
    /// the resource where it shows the name that stands in the resource's path, and shows nothing else than its reading
    /// did.
    ///
    /// Not judged: a DELETE answered with 202, which only promises; what is made below it, unless the answer is 201, or
    /// 200 with an object; a PUT answered with 201, which makes it anew; a change that says that it did nothing
    /// (`"affected": 0`); a resource that something else may have made
    /// again in between; an answer that holds nothing, or says of itself that the resource is gone (`deletedAt`,
    /// `"status": "cancelled"`) where it did not say so before it was removed.
    ///
    /// Example: `DELETE /pets/7` answers 204, and `GET /pets/7` answers 200 with the pet.
    ///
    /// Silence: `--checks=-use_after_free`.
    UseAfterFree = "use_after_free", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let Some(response) = observation.response() else { return Judgement::NotApplicable };
    let before = observation.before.map(|before| &*before.body);
    let status = response.status.as_u16();
    match (observation.expectation, status) {
        (Some(Expectation::Unlisted), 200) => unlisted(observation, &response.body),
        (Some(Expectation::Absent), 400..=499) => Judgement::Passed,
        (Some(Expectation::Absent), 200 | 201 | 203..=299) => in_vain(observation, response),
        (Some(Expectation::Gone), 404 | 410) => Judgement::Passed,
        (Some(Expectation::Gone), 204 | 205) => Judgement::NotApplicable,
        (Some(Expectation::Gone), 200..=299) if says_gone(&response.body, before) => Judgement::NotApplicable,
        (Some(Expectation::Gone), 200..=299) => Judgement::failed(
            "read after removal",
            format!("the resource was removed with success, and reading it still answers {status}"),
        ),
        _ => Judgement::NotApplicable,
    }
}

/// What was done to something that is gone, with success, and to no effect.
fn in_vain(observation: &Observation<'_>, response: &Response) -> Judgement {
    let is_gone = |since: &Response| matches!(since.status.as_u16(), 404 | 410);
    let Some(Outcome::Answered(since)) = observation.since else { return Judgement::NotApplicable };
    let is_told = !response.body.is_empty() && says_gone(&response.body, None);
    // Whether it lists nothing or says that there is nothing, is one.
    let is_bare = observation.request.method == Method::GET
        && serde_json::from_slice::<Value>(&response.body)
            .map_or(true, |body| listing::items(&body).is_none_or(<[Value]>::is_empty));
    if !is_gone(since) || is_told || is_bare || !is_deed(&observation.request.method, response) {
        return Judgement::NotApplicable;
    }
    let (method, status) = (&observation.request.method, response.status.as_u16());
    Judgement::failed(
        format!("{method} after removal"),
        format!(
            "the resource was removed with success, reading it answers {}, and {method} below its path answers {status}",
            since.status.as_u16()
        ),
    )
}

/// Whether an answer says that a request did something to what was there.
fn is_deed(method: &Method, response: &Response) -> bool {
    let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    let has_members = || body.as_object().is_some_and(|members| !members.is_empty());
    let is_one = match (method, response.status.as_u16()) {
        (&Method::POST, 201) => true,
        (&Method::POST, 200) => has_members(),
        (&Method::POST, _) | (&Method::PUT, 201) => false,
        _ => true,
    };
    is_one && !says_nothing_done(&body)
}

/// Whether a body, or an object in it, says that nothing was done: nothing was found, or nothing has changed.
fn says_nothing_done(body: &Value) -> bool {
    const PARTS: [&str; 3] = ["affected", "modified", "matched"];
    const NAMES: [&str; 8] =
        ["updated", "updatedcount", "deletedcount", "changed", "count", "success", "successful", "ok"];
    let is_none = |(name, value): (&String, &Value)| {
        let name = folded(name);
        let is_count = PARTS.iter().any(|part| name.contains(part)) || NAMES.contains(&name.as_str());
        is_count && (*value == Value::Bool(false) || value.as_f64() == Some(0.0))
    };
    let members = || body.as_object().into_iter().flatten();
    members().any(is_none) || members().filter_map(|(_, member)| member.as_object()).flatten().any(is_none)
}

/// Whether a list still has what is gone.
fn unlisted(observation: &Observation<'_>, body: &[u8]) -> Judgement {
    let found = listed::Listed::new(observation, body);
    let Some((item, read)) = found.as_ref().map(|listed| (listed.item(), &listed.read)) else {
        return Judgement::NotApplicable;
    };
    let Some(item) = item else { return Judgement::Passed };
    if says_gone(item.to_string().as_bytes(), Some(Value::Object(read.clone()).to_string().as_bytes())) {
        return Judgement::NotApplicable;
    }
    Judgement::failed(
        "listed after removal",
        format!(
            "the resource was removed with success, reading it says so, and the list has it still: {item}"
        ),
    )
}

/// Words that say of a thing that it is gone.
const WORDS: [&str; 12] = [
    "deleted",
    "removed",
    "archived",
    "cancelled",
    "canceled",
    "inactive",
    "disabled",
    "revoked",
    "closed",
    "terminated",
    "trashed",
    "deleting",
];

/// Whether a body holds nothing, or marks what it holds as removed, which the body `before` the removal did not.
pub(super) fn says_gone(body: &[u8], before: Option<&[u8]>) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return body.trim_ascii().is_empty() };
    let before = before.and_then(|before| serde_json::from_slice::<Value>(before).ok()).unwrap_or_default();
    match &value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => {
            members.is_empty()
                || members.iter().any(|(name, member)| {
                    let before = before.get(name);
                    is_new_mark(name, member, before)
                        || member.as_object().is_some_and(|inner| {
                            inner.iter().any(|(name, member)| {
                                is_new_mark(name, member, before.and_then(|before| before.get(name)))
                            })
                        })
                })
        }
        _ => false,
    }
}

/// Whether a member says that what it is a member of is gone, and is not what it was before.
fn is_new_mark(name: &str, member: &Value, before: Option<&Value>) -> bool {
    let name = name.to_ascii_lowercase();
    let is_mark = match member {
        Value::String(text) if WORDS.contains(&text.to_ascii_lowercase().as_str()) => true,
        Value::Null | Value::Bool(false) => name == "active" || name == "isactive" || name == "is_active",
        Value::Bool(true) | Value::String(_) => WORDS.iter().any(|word| name.contains(word)),
        _ => false,
    };
    is_mark && before != Some(member)
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn a_mark_that_was_there_before_is_none_of_removal() {
        let read = |before, after| {
            Scene::new("getPet", "/pets/1")
                .sent_header("x-tenant", "t")
                .expecting(Expectation::Gone)
                .read_before(before)
                .status(200)
                .body("application/json", after)
                .says("use_after_free")
        };
        let failed = "failed: read after removal";
        let table = [
            (r#"{"id": 1, "closed_by": "ada"}"#, r#"{"id": 1, "closed_by": "ada"}"#, failed),
            (r#"{"id": 1, "closed_by": null}"#, r#"{"id": 1, "closed_by": "ada"}"#, "n/a"),
            (r#"{"status": "open"}"#, r#"{"status": "closed"}"#, "n/a"),
            (r#"{"status": "closed"}"#, r#"{"status": "closed"}"#, failed),
            (r#"{"a": {"active": false}}"#, r#"{"a": {"active": false}}"#, failed),
            (r#"{"a": {"active": true}}"#, r#"{"a": {"active": false}}"#, "n/a"),
            ("no JSON", r#"{"status": "closed"}"#, "n/a"),
        ];
        for (before, after, expected) in table {
            assert_eq!(read(before, after), expected, "{before} {after}");
        }
    }

    #[test]
    fn what_was_removed_is_not_listed() {
        let list = |read: &'static str, list: &'static str| {
            Scene::new("listPets", "/pets")
                .earlier_at("/pets/7?limit=1", Method::GET, "", 200, read)
                .earlier_at("/pets/7", Method::DELETE, "", 204, "")
                .earlier_at("/pets/7", Method::GET, "", 404, "")
                .read_before(read)
                .expecting(Expectation::Unlisted)
                .body("application/json", list)
        };
        let (pet, failed) = (r#"{"id": 7, "tag": "tabby"}"#, "failed: listed after removal");
        let table = [
            (list(pet, r#"[{"id": 7, "tag": "tabby"}]"#), failed),
            (list(pet, r#"{"total": 2, "pets": [{"id": 1}, {"id": 7}]}"#), failed),
            (list(pet, r#"[{"id": 8, "tag": "tabby"}]"#), "passed"),
            (list(pet, "[]"), "passed"),
            // Another one of the same name, or one that says that it is gone.
            (list(pet, r#"[{"id": 7, "tag": "other"}]"#), "passed"),
            (list(pet, r#"[{"id": 7, "tag": "tabby", "deleted": true}]"#), "n/a"),
            (list(r#"{"id": 7, "status": "open"}"#, r#"[{"id": 7, "status": "closed"}]"#), "passed"),
            (list(pet, "no list"), "n/a"),
            (list(pet, r#"[{"id": 7}]"#).status(206), "n/a"),
            (list("[]", r#"[{"id": 7}]"#), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("use_after_free"), expected, "row {row}");
        }
    }

    #[test]
    fn what_is_gone_is_not_changed() {
        let done = |operation, target, status, since| {
            Scene::new(operation, target)
                .expecting(Expectation::Absent)
                .status(status)
                .read_since(since, "{}")
        };
        let put = |status, since| done("putPet", "/pets/1", status, since);
        let list = |body| done("listPets", "/pets", 200, 404).body("application/json", body);
        let json = "application/json";
        let told = |body| put(200, 404).body(json, body);
        let below = |status| done("getPet", "/pets/1", status, 404).method(Method::POST);
        let table = [
            (told(r#"{"age": 0}"#), "failed: PUT after removal"),
            (told(r#"{"modifiedCount": 1}"#), "failed: PUT after removal"),
            (told(r#"{"modifiedCount": 0}"#), "n/a"),
            (told(r#"{"result": {"rows_affected": 0}}"#), "n/a"),
            (told(r#"{"success": false}"#), "n/a"),
            (told(r#"{"deletedCount": 0.0}"#), "n/a"),
            // It was made anew.
            (put(201, 404), "n/a"),
            (below(201), "failed: POST after removal"),
            (below(200).body(json, r#"{"id": 2}"#), "failed: POST after removal"),
            (below(200), "n/a"),
            (below(200).body(json, r#"[{"id": 2}]"#), "n/a"),
            (below(200).body(json, "{}"), "n/a"),
            (below(204), "n/a"),
            (below(201).body(json, r#"{"count": 0}"#), "n/a"),
            (put(200, 404), "failed: PUT after removal"),
            (put(204, 410), "failed: PUT after removal"),
            (put(404, 404), "passed"),
            (put(409, 404), "passed"),
            // It is there again, or will be; or the answer says what is the case.
            (put(201, 200), "n/a"),
            (put(202, 404), "n/a"),
            (put(200, 404).body("application/json", r#"{"deleted": true}"#), "n/a"),
            (put(500, 404), "n/a"),
            (list(r#"[{"id": 1}]"#), "failed: GET after removal"),
            (list("[]"), "n/a"),
            (list(r#"{"id": 1}"#), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("use_after_free"), expected, "row {row}");
        }
    }

    #[test]
    fn what_was_removed_is_not_there() {
        let read =
            |expectation| Scene::new("getPet", "/pets/1").sent_header("x-tenant", "t").expecting(expectation);
        let gone = || read(Expectation::Gone);
        let table = [
            (gone().status(200).body("application/json", r#"{"id": 1}"#), "failed: read after removal"),
            (gone().status(206).body("application/json", r#"{"id": 1}"#), "failed: read after removal"),
            (gone().status(404), "passed"),
            (gone().status(410), "passed"),
            (gone().status(401), "n/a"),
            (gone().status(500), "n/a"),
            (gone().status(204), "n/a"),
            (gone().status(200), "n/a"),
            (gone().status(200).body("application/json", "null"), "n/a"),
            (gone().status(200).body("application/json", r#"{"id": 1, "deleted": true}"#), "n/a"),
            (gone().status(200).body("application/json", r#"{"id": 1, "status": "Cancelled"}"#), "n/a"),
            (gone().status(200).body("application/json", r#"{"id": 1, "deleted_at": "2024-01-01"}"#), "n/a"),
            (
                gone().status(200).body("application/json", r#"{"id": 1, "deleted": false}"#),
                "failed: read after removal",
            ),
            (read(Expectation::There).status(200).body("application/json", r#"{"id": 1}"#), "n/a"),
            (Scene::new("getPet", "/pets/1").status(200), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("use_after_free"), expected, "row {row}");
        }
    }
}
