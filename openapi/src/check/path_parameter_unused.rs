//! `path-parameter-unused`

use serde_json::Value;

use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use crate::contract::{Location, Operation};
use crate::document::{Place, Pointer};

declare! {
    /// Found when a path parameter is declared that the path template has no variable for.
    ///
    /// Why it matters: there is no place to send it. Mostly one of the two names is misspelt, and the variable itself is
    /// then declared nowhere.
    ///
    /// Example: `{name: id, in: path}` under `/pets/{petId}`.
    ///
    /// What to do: rename one of the two, or remove the parameter.
    PATH_PARAMETER_UNUSED = "path-parameter-unused", Warning, Judge::Operation(judge)
}

fn judge(scene: &Scene<'_>, operation: &Operation, findings: &mut Findings<'_>) {
    // A variable of the query part is no path parameter by the letter, but there is a place for its value.
    let in_query = operation.path().as_str().split_once('?').map_or("", |(_, query)| query);
    for parameter in operation.parameters_in(Location::Path) {
        let is_used = operation.path().variables().any(|variable| variable == parameter.name)
            || in_query.contains(&format!("{{{}}}", parameter.name));
        if is_used {
            continue;
        }
        let message = format!("the path `{}` has no variable `{{{}}}`", operation.path(), parameter.name);
        findings.add(&PATH_PARAMETER_UNUSED, &declared_at(scene, operation, &parameter.name), message);
        let undeclared = operation
            .parameters_in(Location::Path)
            .filter(|parameter| parameter.pointer == *operation.pointer());
        match undeclared.map(|parameter| parameter.name.as_str()).next() {
            Some(variable) => findings.hint(format!("did you mean `{variable}`, which nothing declares?")),
            None => findings.hint("remove the parameter, or add the variable to the path"),
        }
    }
}

/// Where the operation, or the path item around it, lists a path parameter.
fn declared_at(scene: &Scene<'_>, operation: &Operation, name: &str) -> Pointer {
    let mut around = operation.pointer().as_str();
    loop {
        let pointer = Pointer::from_escaped(around).join("parameters");
        let value = pointer.find(scene.document.root()).unwrap_or(&Value::Null);
        let listed = Place { pointer, value };
        let is_meant = |item: &Place<'_>| {
            scene
                .followed(item)
                .is_some_and(|item| item.text("in") == Some("path") && item.text("name") == Some(name))
        };
        if let Some(item) = listed.items().find(is_meant) {
            return item.pointer;
        }
        match around.rsplit_once('/') {
            Some((parent, _)) => around = parent,
            None => return operation.pointer().clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::findings;

    #[test]
    fn a_parameter_without_a_variable_is_told_where_it_is_listed() {
        let text = "
openapi: 3.0.3
paths:
  /pets/{petId}:
    parameters: [{name: id, in: path, required: true}]
    get: {responses: {default: {description: ''}}}
";
        let found = findings(text)
            .into_iter()
            .find(|finding| finding.code == "path-parameter-unused")
            .expect("it is found");
        assert_eq!(found.pointer.as_str(), "/paths/~1pets~1{petId}/parameters/0");
        assert_eq!(found.hint.as_deref(), Some("did you mean `petId`, which nothing declares?"));
    }
}
