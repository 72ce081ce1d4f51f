//! `path-shadowed`

use std::sync::Arc;

use serde_json::Value;

use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use crate::contract::{Location, Operation};
use crate::document::Place;
use crate::route::{BasePaths, Router};

declare! {
    /// Found when a literal path hides a value of a variable: the variable admits the very text that stands in its place
    /// in another path with the same method, which is found first.
    ///
    /// Why it matters: a request with that value means the other operation. A pet whose id is `mine` can never be asked
    /// for.
    ///
    /// Example: `GET /pets/mine` beside `GET /pets/{petId}`, where `petId` is any text.
    ///
    /// What to do: nothing, where no such value exists; say so by a `pattern` or `type` of the parameter.
    PATH_SHADOWED = "path-shadowed", Note, Judge::Document(judge)
}

/// The most texts that a variable lists which are looked at.
const MAX_LISTED: usize = 64;

/// A segment that no document has, to stand for a variable's value.
const ANY: &str = "%01";

fn judge(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let router = Router::new(scene.contract.operations(), BasePaths::Optional);
    for operation in scene.contract.operations() {
        let path = operation.path().fill(|_| ANY.to_owned());
        for wider in router.matching(operation.method(), &path) {
            if wider.id() == operation.id() || wider.path().shape() == operation.path().shape() {
                continue;
            }
            let Some(hidden) = hidden(wider, &path) else { continue };
            tell(operation, wider, &hidden, findings);
        }
        listed(scene, &router, operation, findings);
    }
}

/// Tells of each text that a variable of an operation lists, and that stands as a literal in another path which is found
/// first though neither path is the wider one: `/a/{b}/c` beside `/a/b/{c}`.
fn listed(scene: &Scene<'_>, router: &Router, operation: &Operation, findings: &mut Findings<'_>) {
    for parameter in operation.parameters_in(Location::Path) {
        let Some(schema) = parameter.value_schema() else { continue };
        let place = Place { pointer: schema.pointer().clone(), value: schema.source() };
        let Some(members) =
            place.follow(scene.document).ok().and_then(|place| place.value.get("enum")?.as_array())
        else {
            continue;
        };
        let is_plain =
            |text: &&str| text.chars().all(|one| one.is_ascii_alphanumeric() || "-_.".contains(one));
        for member in members.iter().take(MAX_LISTED).filter_map(Value::as_str).filter(is_plain) {
            let fill = |name: &str| if name == parameter.name { member.to_owned() } else { ANY.to_owned() };
            let path = operation.path().fill(fill);
            let found = router.matching(operation.method(), &path);
            let is_other = |first: &&&Arc<Operation>| first.path().shape() != operation.path().shape();
            if let Some(first) = found.first().filter(is_other) {
                tell(first, operation, &format!("`{}` is `{member}`", parameter.name), findings);
            }
        }
    }
}

fn tell(first: &Operation, other: &Operation, hidden: &str, findings: &mut Findings<'_>) {
    let message = format!("{} takes the requests of {} whose {hidden}", first.label(), other.label());
    let hint = "where there is no such value, let the parameter's schema say so";
    findings.add_with_hint(&PATH_SHADOWED, other.pointer(), message, hint);
}

/// The values of an operation's variables that a path gives them, where the operation admits them all.
fn hidden(operation: &Operation, path: &str) -> Option<String> {
    let mut told = Vec::new();
    for (name, raw) in operation.path().captures(path)? {
        if raw.contains(ANY) {
            continue;
        }
        let parameter = operation.parameters_in(Location::Path).find(|parameter| parameter.name == name);
        let schema = parameter.and_then(|parameter| parameter.value_schema());
        let value = Value::String(raw.to_owned());
        if schema.is_some_and(|schema| !schema.is_valid(&value, crate::schema::Direction::Request)) {
            return None;
        }
        told.push(format!("`{name}` is `{raw}`"));
    }
    (!told.is_empty()).then(|| told.join(" and "))
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::found;

    #[test]
    fn only_a_value_that_the_variable_admits_is_hidden() {
        let text = "
openapi: 3.0.3
paths:
  /pets/mine: {get: {}, put: {}}
  /pets/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: string}}]}}
  /toys/new: {get: {}}
  /toys/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: integer}}]}}
  /a/{b}/c: {get: {}}
  /a/b/{c}: {get: {}}
  /zones/{zone}: {get: {}}
  /{kind}/count: {get: {parameters: [{name: kind, in: path, required: true, schema: {enum: [zones, maps]}}]}}
  /{kind}/all: {get: {parameters: [{name: kind, in: path, required: true, schema: {enum: [maps]}}]}}
";
        insta::assert_snapshot!(found("path-shadowed", text), @r"
        /paths/~1pets~1{id}/get GET /pets/mine takes the requests of GET /pets/{id} whose `id` is `mine`
        /paths/~1{kind}~1count/get GET /zones/{zone} takes the requests of GET /{kind}/count whose `kind` is `zones`
        ");
    }
}
