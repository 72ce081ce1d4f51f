//! `reference-circular`

use std::collections::HashSet;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use crate::document::Version;

declare! {
    /// Found when following a `$ref` leads back to it without ever coming to an object.
    ///
    /// Why it matters: nothing stands at the end, so that nothing is known of what should. Schemas that hold
    /// themselves in a property or as items are fine, and no finding.
    ///
    /// Example: `A: {$ref: "#/components/schemas/B"}` and `B: {$ref: "#/components/schemas/A"}`.
    ///
    /// What to do: let one of them say what it is.
    REFERENCE_CIRCULAR = "reference-circular", Error, Judge::Document(judge)
}

fn judge(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    for reference in &scene.walk.references {
        // Since 3.1 a schema says more than its reference does, and circles are told as schemas without a value.
        if reference.wanted == Kind::Schema && scene.version() >= Version::V3_1 {
            let keywords = reference.holder.value.as_object().map_or(0, serde_json::Map::len);
            if keywords > 1 {
                continue;
            }
        }
        let mut passed = HashSet::from([reference.holder.pointer.clone()]);
        let mut text = reference.text;
        while let Some(target) = scene.target(text) {
            if !passed.insert(target.pointer.clone()) {
                if target.pointer == reference.holder.pointer {
                    let first = scene.target(reference.text).map(|first| scene.name(&first.pointer));
                    let message =
                        format!("this reference leads back to itself, by `{}`", first.unwrap_or_default());
                    let at = reference.holder.pointer.join("$ref");
                    findings.add_with_hint(
                        &REFERENCE_CIRCULAR,
                        &at,
                        message,
                        "say here what it is, instead of referring on",
                    );
                }
                break;
            }
            match target.text("$ref") {
                Some(next) => text = next,
                None => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn circles_of_references_are_told_apart_from_recursion() {
        let schemas = "schemas: {A: {$ref: '#/components/schemas/B'}, B: {$ref: '#/components/schemas/A'},
            C: {$ref: '#/components/schemas/A'}, D: {properties: {d: {$ref: '#/components/schemas/D'}}}}";
        let text = with_operation("3.0.3", "responses: {'200': {description: ''}}", schemas);
        insta::assert_snapshot!(found("reference-circular", &text), @r"
        /components/schemas/A/$ref this reference leads back to itself, by `#/components/schemas/B`
        /components/schemas/B/$ref this reference leads back to itself, by `#/components/schemas/A`
        ");
    }
}
