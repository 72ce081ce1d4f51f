//! `reference-kind-wrong`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Reference;
use crate::document::{Place, Version};

declare! {
    /// Found when a `$ref` leads to an object of another kind than is wanted where it stands.
    ///
    /// Why it matters: a response read as a schema accepts everything, and a schema read as a response has no content.
    /// Nobody notices until a value that should be refused is not.
    ///
    /// Example: `schema: {$ref: "#/components/responses/Pet"}`.
    ///
    /// What to do: refer to an object of the kind that the finding names.
    REFERENCE_KIND_WRONG = "reference-kind-wrong", Error, Judge::Document(judge)
}

fn judge(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    for reference in &scene.walk.references {
        let Some(target) = scene.target(reference.text) else { continue };
        let at = reference.holder.pointer.join("$ref");
        let wanted = reference.wanted.with_article();
        let may_be_flag = reference.wanted == Kind::Schema && target.value.is_boolean();
        if !target.value.is_object() && !may_be_flag {
            let message = format!("{wanted} is wanted here, and `{}` is none", scene.name(&target.pointer));
            findings.add(&REFERENCE_KIND_WRONG, &at, message);
            continue;
        }
        let Some(kind) = scene.walk.kind_of(target.value).filter(|kind| !is_fitting(scene, reference, *kind))
        else {
            continue;
        };
        let message = format!(
            "{wanted} is wanted here, and `{}` is {}",
            scene.name(&target.pointer),
            kind.with_article()
        );
        findings.add(&REFERENCE_KIND_WRONG, &at, message);
        if let Some(meant) = inner(&target, reference.wanted) {
            findings.hint(format!("did you mean `{}`?", scene.name(&meant.pointer)));
        } else {
            findings.hint("refer to an object of that kind, or write it out here");
        }
    }
}

fn is_fitting(scene: &Scene<'_>, reference: &Reference<'_>, kind: Kind) -> bool {
    let wanted = reference.wanted;
    kind == wanted
        // Before 3.0 a parameter or header is a schema and more.
        || (scene.version() == Version::V2_0 && wanted == Kind::Schema && matches!(kind, Kind::Parameter | Kind::Header))
        // A whole document or file that is referred to as something is that.
        || kind == Kind::Root
}

/// The object of a kind that a target holds, where one does.
fn inner<'d>(target: &Place<'d>, wanted: Kind) -> Option<Place<'d>> {
    (wanted == Kind::Schema).then_some(())?;
    if let Some(schema) = target.get("schema") {
        return Some(schema);
    }
    let content = target.get("content")?;
    content.members().find_map(|(_, media)| media.get("schema"))
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn kinds_are_told_apart() {
        let components = "schemas: {S: {type: string}, T: {$ref: '#/components/responses/R'}, U: {$ref: '#/components/schemas'}},
            responses: {R: {description: ''}}";
        let text = with_operation(
            "3.0.3",
            "responses: {'200': {$ref: '#/components/schemas/S'}, '201': {$ref: '#/components/responses/R'}}",
            components,
        );
        insta::assert_snapshot!(found("reference-kind-wrong", &text), @r"
        /paths/~1a/get/responses/200/$ref a Response Object is wanted here, and `#/components/schemas/S` is a Schema Object
        /components/schemas/T/$ref a Schema Object is wanted here, and `#/components/responses/R` is a Response Object
        /components/schemas/U/$ref a Schema Object is wanted here, and `#/components/schemas` is a map or list of objects
        ");
    }
}
