//! `path-shadowed`

use serde_json::Value;

use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use crate::contract::{Location, Operation};
use crate::route::{BasePaths, Router};

declare! {
    /// Found when a literal path hides a value of a variable: the variable admits the very text that stands in its place
    /// in another path with the same method.
    ///
    /// Why it matters: a request with that value means the other operation. A pet whose id is `mine` can never be asked
    /// for.
    ///
    /// Example: `GET /pets/mine` beside `GET /pets/{petId}`, where `petId` is any text.
    ///
    /// What to do: nothing, where no such value exists; say so by a `pattern` or `type` of the parameter.
    PATH_SHADOWED = "path-shadowed", Note, Judge::Document(judge)
}

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
            let message =
                format!("{} takes the requests of {} whose {hidden}", operation.label(), wider.label());
            let hint = "where there is no such value, let the parameter's schema say so";
            findings.add_with_hint(&PATH_SHADOWED, wider.pointer(), message, hint);
        }
    }
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
";
        insta::assert_snapshot!(found("path-shadowed", text), @r"
        /paths/~1pets~1{id}/get GET /pets/mine takes the requests of GET /pets/{id} whose `id` is `mine`
        ");
    }
}
