//! Whether a list has the same item twice.

use counterfoil_openapi::folded;
use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Observation;
use super::listed::plain;
use crate::resource::listing::is_naming;

/// An item that a list has twice, as a whole and under the same name, where one of the list was read under its name.
pub(super) fn twice(observation: &Observation<'_>, items: &[Value]) -> Option<(String, String)> {
    let names = || {
        observation.earlier.iter().filter_map(|(request, response)| {
            let (above, name) = request.path().rsplit_once('/')?;
            let is_read = request.method == Method::GET && response.status.as_u16() == 200;
            if !is_read || above != observation.request.path().trim_end_matches('/') {
                return None;
            }
            let name = percent_decode_str(name).decode_utf8().ok()?;
            let Ok(Value::Object(read)) = serde_json::from_slice(&response.body) else { return None };
            let mut members = read
                .into_iter()
                .filter(|(member, value)| is_naming(member) && plain(value).is_some_and(|text| text == name));
            // Of two that are called so, either may be by chance.
            let (member, _) = members.next().filter(|_| members.next().is_none())?;
            (!is_sent(observation, &member, &name)).then_some(member)
        })
    };
    names().find_map(|member| {
        let is_same = |one: &Value, other: &Value| {
            let name = one.get(&member).and_then(plain);
            one == other && name.is_some_and(|name| !is_sent(observation, &member, &name))
        };
        let (_, item) = items
            .iter()
            .enumerate()
            .find(|(at, item)| items[..*at].iter().any(|other| is_same(item, other)))?;
        let message = format!("the item whose {member} is {} is in the list twice", item[&member]);
        Some(("an item twice".to_owned(), message))
    })
}

/// Whether a request of the story sent a name, or any other for the same member: a queue has twice what a client put
/// into it twice.
fn is_sent(observation: &Observation<'_>, member: &str, name: &str) -> bool {
    observation.earlier.iter().any(|(request, _)| match serde_json::from_slice::<Value>(&request.body) {
        Ok(body) => holds(&body, member, name),
        Err(_) => !request.body.is_empty(),
    })
}

/// Whether a value has a member, or a name, anywhere in it.
fn holds(value: &Value, member: &str, name: &str) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(known, value)| folded(known) == folded(member) || holds(value, member, name))
        }
        Value::Array(values) => values.iter().any(|value| holds(value, member, name)),
        other => plain(other).is_some_and(|text| text == name),
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn an_item_is_listed_once() {
        let read = r#"{"id": 1, "name": "Rex"}"#;
        let table = [
            ("/pets/1", read, r#"[{"id": 1}, {"id": 2}, {"id": 1}]"#, "failed: an item twice"),
            ("/pets/1", read, r#"{"pets": [{"id": 2}, {"id": 2}]}"#, "failed: an item twice"),
            ("/pets/Rex", read, r#"[{"name": "Rex"}, {"name": "Rex"}]"#, "failed: an item twice"),
            ("/pets/1", read, r#"[{"id": 1}, {"id": 2}]"#, "passed"),
            // They differ in something, so that they may be two.
            ("/pets/1", read, r#"[{"id": 1, "line": 1}, {"id": 1, "line": 2}]"#, "passed"),
            // Nothing says that the name is of one thing only.
            ("/pets/1", read, r#"[{"name": "Rex"}, {"name": "Rex"}]"#, "passed"),
            ("/others/1", read, r#"[{"id": 1}, {"id": 1}]"#, "passed"),
            ("/pets/7", read, r#"[{"id": 1}, {"id": 1}]"#, "passed"),
            ("/pets/1", r#"{"id": 1, "code": 1}"#, r#"[{"id": 1}, {"id": 1}]"#, "passed"),
            ("/pets/1", read, r#"[{"id": null}, {"id": null}]"#, "passed"),
        ];
        for (path, read, list, expected) in table {
            let scene = Scene::new("listPets", "/pets").body("application/json", list);
            let scene = scene.earlier_at(path, Method::GET, "", 200, read).expecting(Expectation::Listed);
            assert_eq!(scene.says("list_conformance"), expected, "{path} {list}");
        }
        // What a client names, it may put in as often as it likes.
        let queue = [
            (r#"{"title": "a"}"#, "failed: an item twice"),
            (r#"{"id": 1}"#, "passed"),
            (r#"{"id": 5}"#, "passed"),
            (r#"{"pet": "1"}"#, "passed"),
            (r#"{"pets": [{"pet": 2}]}"#, "passed"),
            ("pet=1", "passed"),
        ];
        for (sent, expected) in queue {
            let scene = Scene::new("listPets", "/pets").body("application/json", r#"[{"id": 2}, {"id": 2}]"#);
            let scene = scene.earlier_at("/pets", Method::POST, sent, 201, read);
            let scene = scene.earlier_at("/pets/1", Method::GET, "", 200, read);
            assert_eq!(scene.expecting(Expectation::Listed).says("list_conformance"), expected, "{sent}");
        }
    }
}
