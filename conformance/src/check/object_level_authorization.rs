//! `object_level_authorization`

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::registry::declare;
use super::use_after_free::says_gone;
use super::write_read_consistency::is_same;
use super::{Expectation, Judgement, Observation, Outcome, listed};
use crate::resource::listing;

declare! {
    /// Fails when somebody reads, lists, changes or removes what somebody else made: with the credentials of
    /// `--other-header`, a GET answers 2xx for a resource that those of `--header` made; or that GET is refused, and a
    /// list shows the resource all the same, or a PUT, PATCH or DELETE answers 2xx and it is changed or gone.
    ///
    /// Why it matters: an id that can be guessed is then all it takes to get at what belongs to others. It is the first
    /// of the ten most frequent faults of APIs (OWASP API1:2023).
    ///
    /// It needs a second identity, which may do what the first one may, with things of its own. The resource was read
    /// with success by who made it, and the server was seen to answer 404 to a resource that never was. That it was
    /// changed or is gone is read by who made it, right after.
    ///
    /// A list is looked through page by page, as far as its parameters say how.
    ///
    /// Not judged: lists, changes and removals that ask for no credentials; a list that shows less of a resource than
    /// what was refused, where that was refused with 403: some say to all that it is there; a reading of what its maker
    /// named, which may be another one of that name, unless it shows a text or a number that the first one was made
    /// with.
    ///
    /// Example: Ada makes invoice 7, and `GET /invoices/7` answers 200 to Bob.
    ///
    /// Silence: give no `--other-header`, or `--checks=-object_level_authorization`.
    ObjectLevelAuthorization = "object_level_authorization", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    match (observation.expectation, observation.status()) {
        (Some(Expectation::Hidden), Some(200..=299)) if may_be_of_its_own(observation) => {
            Judgement::NotApplicable
        }
        (Some(Expectation::Hidden), Some(status @ 200..=299)) => Judgement::failed(
            "read by another identity",
            format!("one identity made the resource, and reading it answers {status} to the other one"),
        ),
        (Some(Expectation::Hidden | Expectation::Undisclosed | Expectation::Protected), Some(400..=499)) => {
            Judgement::Passed
        }
        // What asks for no credentials may be open to all.
        (Some(Expectation::Undisclosed | Expectation::Protected), _)
            if !observation.operation.is_secured() =>
        {
            Judgement::NotApplicable
        }
        (Some(Expectation::Undisclosed), Some(200)) => undisclosed(observation),
        (Some(Expectation::Protected), Some(200..=299)) => protected(observation),
        _ => Judgement::NotApplicable,
    }
}

/// The shortest text that two do not choose by chance.
const MIN_TELLING: usize = 4;

/// Whether what was read may be something that its reader made: whoever made it named it, so that there may be one of
/// that name for each, and nothing in it tells whose it is.
fn may_be_of_its_own(observation: &Observation<'_>) -> bool {
    let Some((maker, _)) = observation.earlier.first() else { return false };
    let name = |path: &str| {
        let last = path.rsplit('/').next().unwrap_or_default();
        percent_decode_str(last).decode_utf8_lossy().into_owned()
    };
    let name = name(observation.request.path());
    let sent = object(&maker.body);
    let is_name = |value: &Value| listed::plain(value).is_some_and(|text| text == name);
    let is_named = maker.path() == observation.request.path()
        || sent.iter().any(|(member, value)| listing::is_naming(member) && is_name(value));
    let shown = observation.response().map(|response| object(&response.body)).unwrap_or_default();
    let is_telling = |value: &Value| match value {
        Value::String(text) => text.chars().count() >= MIN_TELLING,
        Value::Number(number) => number.to_string().len() >= MIN_TELLING,
        _ => false,
    };
    let tells = |(member, value): (&String, &Value)| {
        is_telling(value) && !is_name(value) && shown.get(member).is_some_and(|shown| is_same(value, shown))
    };
    is_named && !sent.iter().any(tells)
}

/// Whether a list shows what its reader was refused.
fn undisclosed(observation: &Observation<'_>) -> Judgement {
    let body = observation.response().map(|response| &*response.body).unwrap_or_default();
    let Some(listed) = listed::Listed::new(observation, body) else { return Judgement::NotApplicable };
    let Some(item) = listed.item() else { return Judgement::Passed };
    let refused = observation.earlier.iter().map(|(_, response)| response.status.as_u16());
    let refusal = refused.rev().find(|status| (400..500).contains(status));
    let is_whole = || {
        listed
            .read
            .iter()
            .all(|(name, read)| read.is_null() || item.get(name).is_some_and(|item| item == read))
    };
    match refusal {
        Some(404 | 410) => {}
        Some(403) if is_whole() => {}
        _ => return Judgement::NotApplicable,
    }
    Judgement::failed(
        "listed to another identity",
        format!(
            "one identity made the resource, reading it is refused to the other one ({}), and a list shows it: {item}",
            refusal.unwrap_or_default()
        ),
    )
}

/// Whether a resource is as it was, after somebody else was told that it is changed or removed.
fn protected(observation: &Observation<'_>) -> Judgement {
    let (Some(Outcome::Answered(since)), Some(before)) = (observation.since, observation.before) else {
        return Judgement::NotApplicable;
    };
    let is_removal = observation.request.method == Method::DELETE;
    let is_gone = match since.status.as_u16() {
        404 | 410 => true,
        200 => says_gone(&since.body, Some(&before.body)),
        _ => return Judgement::NotApplicable,
    };
    let failed = |deed: &str, how: &str| {
        let status = observation.status().unwrap_or_default();
        let message = format!(
            "one identity made the resource, {} by the other one, to whom reading it is refused, answers {status}, and it is {how}",
            observation.request.method
        );
        Judgement::failed(format!("{deed} by another identity"), message)
    };
    if is_gone {
        return if is_removal { failed("removed", "gone") } else { Judgement::NotApplicable };
    }
    let (sent, old, new) = (object(&observation.request.body), object(&before.body), object(&since.body));
    let is_written = |(name, sent): (&String, &Value)| {
        let (old, new) = (old.get(name), new.get(name));
        new.is_some_and(|new| is_same(sent, new)) && old.is_some_and(|old| !is_same(sent, old))
    };
    match sent.iter().find(|member| is_written(*member)) {
        Some((name, value)) => failed("changed", &format!("changed: {name} is {value}")),
        None => Judgement::Passed,
    }
}

fn object(body: &[u8]) -> Map<String, Value> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn what_is_hidden_is_not_read() {
        let read = |expectation| Scene::new("secret", "/secret").expecting(expectation);
        let table = [
            (read(Expectation::Hidden).status(200), "failed: read by another identity"),
            (read(Expectation::Hidden).status(403), "passed"),
            (read(Expectation::Hidden).status(404), "passed"),
            (read(Expectation::Hidden).status(500), "n/a"),
            (read(Expectation::There).status(200), "n/a"),
            (Scene::new("secret", "/secret").status(200), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("object_level_authorization"), expected, "row {row}");
        }
    }

    #[test]
    fn what_each_may_have_by_one_name_is_told_by_what_it_was_made_with() {
        let read = |maker: &str, method, sent: &str, shown| {
            Scene::new("secret", "/pets/rex")
                .earlier_at(maker, method, sent, 201, "")
                .expecting(Expectation::Hidden)
                .body("application/json", shown)
                .says("object_level_authorization")
        };
        let (failed, tag) = ("failed: read by another identity", r#"{"tag": "tabby", "age": 4}"#);
        let table = [
            ("/pets/rex", Method::PUT, tag, tag, failed),
            ("/pets/rex", Method::PUT, tag, r#"{"tag": "black", "age": 4}"#, "n/a"),
            ("/pets/rex", Method::PUT, r#"{"age": 4}"#, r#"{"age": 4}"#, "n/a"),
            ("/pets", Method::POST, r#"{"name": "rex", "tag": "tabby"}"#, r#"{"tag": "tabby"}"#, failed),
            ("/pets", Method::POST, r#"{"name": "rex"}"#, r#"{"name": "rex"}"#, "n/a"),
            // Who serves it named it, and gives no name twice.
            ("/pets", Method::POST, r#"{"age": 4}"#, "{}", failed),
        ];
        for (row, (maker, method, sent, shown, expected)) in table.into_iter().enumerate() {
            assert_eq!(read(maker, method, sent, shown), expected, "row {row}");
        }
    }

    #[test]
    fn what_is_refused_is_not_listed() {
        let list_of = |operation, refusal, list: &'static str| {
            let read = r#"{"id": 7, "tag": "tabby", "age": null}"#;
            Scene::new(operation, "/pets")
                .earlier_at("/pets/7", Method::GET, "", 200, read)
                .earlier_at("/pets/7", Method::GET, "", refusal, "")
                .read_before(read)
                .expecting(Expectation::Undisclosed)
                .body("application/json", list)
        };
        let list = |refusal, list| list_of("secret", refusal, list);
        let (whole, failed) = (r#"[{"id": 7, "tag": "tabby"}]"#, "failed: listed to another identity");
        let table = [
            (list(404, whole), failed),
            (list(404, r#"[{"id": 7}]"#), failed),
            // It asks nobody who they are.
            (list_of("listPets", 404, whole), "n/a"),
            (list(404, r#"[{"id": 8, "tag": "tabby"}]"#), "passed"),
            (list(404, "[]"), "passed"),
            (list(403, whole), failed),
            // All may know that it is there, and only some what it is.
            (list(403, r#"[{"id": 7}]"#), "n/a"),
            (list(401, whole), "n/a"),
            (list(404, whole).status(403), "passed"),
            (list(404, whole).status(500), "n/a"),
            (list(404, "no list"), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("object_level_authorization"), expected, "row {row}");
        }
    }

    #[test]
    fn what_is_refused_is_not_changed() {
        let put = |sent| {
            Scene::new("locked", "/pets/7")
                .sent_body("application/json", sent)
                .read_before(r#"{"id": 7, "tag": "tabby", "status": "open"}"#)
                .expecting(Expectation::Protected)
        };
        let sent = || put(r#"{"tag": "other"}"#);
        let table = [
            (sent().read_since(200, r#"{"tag": "other"}"#), "failed: changed by another identity"),
            (sent().read_since(200, r#"{"tag": "tabby"}"#), "passed"),
            // It has another one of its own by that name now.
            (sent().status(201).read_since(200, r#"{"tag": "tabby"}"#), "passed"),
            (put(r#"{"tag": "tabby"}"#).read_since(200, r#"{"tag": "tabby"}"#), "passed"),
            (sent().read_since(404, ""), "n/a"),
            (sent().read_since(500, ""), "n/a"),
            (sent(), "n/a"),
            (sent().status(404), "passed"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("object_level_authorization"), expected, "row {row}");
        }
        let removed = || sent().method(Method::DELETE).status(204);
        let table = [
            (removed().read_since(404, ""), "failed: removed by another identity"),
            (
                removed().read_since(200, r#"{"id": 7, "status": "deleted"}"#),
                "failed: removed by another identity",
            ),
            // It says so of what is not there for the other one as well.
            (removed().read_since(200, r#"{"id": 7, "tag": "tabby"}"#), "passed"),
            (removed().read_since(401, ""), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("object_level_authorization"), expected, "removal, row {row}");
        }
    }
}
