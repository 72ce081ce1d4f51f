//! `operation-id-missing`

use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use crate::contract::Operation;

declare! {
    /// Found when an operation has no `operationId`.
    ///
    /// Why it matters: scripts, reports and generated clients name operations by it. Without one a name is made of method
    /// and path, which changes when the path does.
    ///
    /// Example: `GET /pets/{petId}` without an id goes by `getPetsPetId`.
    ///
    /// What to do: give it an id; the finding says which name it goes by.
    OPERATION_ID_MISSING = "operation-id-missing", Note, Judge::Operation(judge)
}

fn judge(scene: &Scene<'_>, operation: &Operation, findings: &mut Findings<'_>) {
    let object = operation.pointer().find(scene.document.root());
    let given = object.and_then(|object| object.get("operationId")?.as_str());
    if given.is_none_or(|id| id.trim().is_empty()) {
        let message = format!("{} has no `operationId`", operation.label());
        let hint = format!("add one; until then it goes by `{}`", operation.id());
        findings.add_with_hint(&OPERATION_ID_MISSING, operation.pointer(), message, hint);
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::found;

    #[test]
    fn the_made_name_is_told() {
        let text =
            "openapi: 3.0.3\npaths: {/a: {get: {operationId: a}, put: {}, post: {operationId: ' '}}}\n";
        insta::assert_snapshot!(found("operation-id-missing", text), @r"
        /paths/~1a/put PUT /a has no `operationId`
        /paths/~1a/post POST /a has no `operationId`
        ");
    }
}
