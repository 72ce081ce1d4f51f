//! `use_after_free`

use serde_json::Value;

use super::registry::declare;
use super::{Expectation, Judgement, Observation};

declare! {
    /// Fails when a resource can still be read after it was removed: a GET answers 2xx after the DELETE of the same
    /// path did.
    ///
    /// Why it matters: what somebody had removed is still there for anybody to see, and later requests build on what
    /// should be gone.
    ///
    /// The resource was read with success before it was removed, and the server was seen to answer 404 to a resource
    /// that never was: one that answers 2xx to everything knows of no resources, and proves nothing.
    ///
    /// Not judged: a DELETE answered with 202, which only promises; a resource that something else may have made
    /// again in between; an answer that holds nothing, or says of itself that the resource is gone (`deletedAt`,
    /// `"status": "cancelled"`).
    ///
    /// Example: `DELETE /pets/7` answers 204, and `GET /pets/7` answers 200 with the pet.
    ///
    /// Silence: `--checks=-use_after_free`.
    UseAfterFree = "use_after_free", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let (Some(Expectation::Gone), Some(response)) = (observation.expectation, observation.response()) else {
        return Judgement::NotApplicable;
    };
    let status = response.status.as_u16();
    match status {
        404 | 410 => Judgement::Passed,
        204 | 205 => Judgement::NotApplicable,
        200..=299 if says_gone(&response.body) => Judgement::NotApplicable,
        200..=299 => Judgement::failed(
            "read after removal",
            format!("the resource was removed with success, and reading it still answers {status}"),
        ),
        _ => Judgement::NotApplicable,
    }
}

/// Whether a body holds nothing, or marks what it holds as removed.
fn says_gone(body: &[u8]) -> bool {
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
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return body.trim_ascii().is_empty() };
    let is_marked = |name: &str, member: &Value| {
        let name = name.to_ascii_lowercase();
        match member {
            Value::String(text) if WORDS.contains(&text.to_ascii_lowercase().as_str()) => true,
            Value::Null | Value::Bool(false) => name == "active" || name == "isactive" || name == "is_active",
            Value::Bool(true) | Value::String(_) => WORDS.iter().any(|word| name.contains(word)),
            _ => false,
        }
    };
    match &value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => {
            members.is_empty()
                || members.iter().any(|(name, member)| {
                    is_marked(name, member)
                        || member
                            .as_object()
                            .is_some_and(|inner| inner.iter().any(|(name, member)| is_marked(name, member)))
                })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Expectation;
    use crate::check::fixture::Scene;

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
