//! `list_conformance`

use counterfoil_openapi::ListParameter;
use serde_json::Value;

use super::registry::declare;
use super::{Breach, Expectation, Judgement, Observation};

declare! {
    /// Fails when a list holds more items than its limit asks for, or items that its filter leaves out.
    ///
    /// Why it matters: who asks for ten gets a thousand, and who asks for what is open works on what is closed. Nothing
    /// else in the answer says so.
    ///
    /// Judged is the list of a resource that the suite made and read, of a server that was seen to answer 404 to a
    /// resource that never was. A limit is a whole number called `limit`, `per_page`, `pageSize` and the like; a filter
    /// is an enumeration or a boolean that is called as a property of the items, and asks for a value that is not
    /// theirs.
    ///
    /// Not judged: a limit of 0, which many take for none; booleans that are false, or by their name add to the list (`include_deleted`); members that stand for
    /// all (`all`, `any`); any other parameter.
    ///
    /// Example: `GET /pets?kind=dog` answers with a pet whose `kind` is `cat`.
    ///
    /// Silence: `--checks=-list_conformance`.
    ListConformance = "list_conformance", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let (Some(Expectation::Listed), Some(response)) = (observation.expectation, observation.response())
    else {
        return Judgement::NotApplicable;
    };
    let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    let Some(items) = items(&body).filter(|_| response.status.as_u16() == 200) else {
        return Judgement::NotApplicable;
    };
    let mut breaches = Vec::new();
    for parameter in observation.operation.parameters() {
        let asked = observation.reading.values.query.get(&parameter.name);
        let (Some(said), Some(asked)) = (parameter.of_list(), asked) else { continue };
        let name = &parameter.name;
        let breach = match said {
            ListParameter::AtMost(_) => {
                // Many take 0 for no limit at all.
                let most = asked.as_u64().filter(|most| *most > 0);
                let most = most.and_then(|most| usize::try_from(most).ok());
                most.filter(|most| items.len() > *most).map(|most| {
                    (format!("more than {name}"), format!("{name} is {most}, and {} items came", items.len()))
                })
            }
            ListParameter::Only(_) => items.iter().find_map(|item| {
                let found = item.get(name)?;
                is_left_out(found, asked).then(|| {
                    let message = format!("{name} is {asked}, and an item came whose {name} is {found}");
                    (format!("not by {name}"), message)
                })
            }),
        };
        breaches.extend(breach.map(|(kind, message)| Breach { kind, message, document_pointer: None }));
    }
    Judgement::of(breaches)
}

/// The items of a list: the body, or the only array of objects in it.
fn items(body: &Value) -> Option<&[Value]> {
    if let Value::Array(items) = body {
        return Some(items);
    }
    let is_list = |value: &&Value| {
        value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(Value::is_object))
    };
    let mut lists = body.as_object()?.values().filter(is_list);
    lists.next().filter(|_| lists.next().is_none()).and_then(Value::as_array).map(Vec::as_slice)
}

/// Whether a value is plainly another than the one asked for.
fn is_left_out(found: &Value, asked: &Value) -> bool {
    let is_other = |asked: &Value| match (found, asked) {
        (Value::String(found), Value::String(asked)) => !found.eq_ignore_ascii_case(asked),
        (Value::Bool(found), Value::Bool(true)) => !found,
        _ => false,
    };
    match asked {
        Value::Array(any) => !any.is_empty() && any.iter().all(is_other),
        one => is_other(one),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn a_list_is_what_was_asked_for() {
        let list = |query: &str, body| {
            let scene = Scene::new("listPets", &format!("/pets?{query}")).body("application/json", body);
            scene.expecting(Expectation::Listed)
        };
        let dogs = r#"[{"kind": "dog"}, {"kind": "cat"}]"#;
        let table = [
            (list("limit=1", dogs), "failed: more than limit"),
            (list("limit=2", dogs), "passed"),
            (list("limit=0", dogs), "passed"),
            (list("limit=1", r#"{"total": 2, "pets": [{}, {}], "links": []}"#), "failed: more than limit"),
            (list("limit=1", r#"{"pets": [{}, {}], "owners": [{}]}"#), "n/a"),
            (list("kind=dog", dogs), "failed: not by kind"),
            (list("kind=dog", r#"[{"kind": "Dog"}, {"kind": null}, {}]"#), "passed"),
            (list("kinds=dog&kinds=cat", r#"[{"kinds": "cat"}, {"kinds": "cow"}]"#), "failed: not by kinds"),
            (list("kinds=dog&kinds=cat", r#"[{"kinds": "cat"}, {"kinds": ["cow"]}]"#), "passed"),
            (list("tame=true", r#"[{"tame": false}]"#), "failed: not by tame"),
            (list("tame=false", r#"[{"tame": true}]"#), "passed"),
            (list("limit=1", dogs).status(206), "n/a"),
            (list("limit=1", "no list"), "n/a"),
            (Scene::new("listPets", "/pets?limit=1").body("application/json", dogs), "n/a"),
        ];
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("list_conformance"), expected, "row {row}");
        }
    }
}
