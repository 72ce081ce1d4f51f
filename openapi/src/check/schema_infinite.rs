//! `schema-infinite`

use std::collections::HashSet;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use crate::generate::is_endless;
use crate::schema::Direction;

declare! {
    /// Found when every value of a schema would hold another value of it, without end.
    ///
    /// Why it matters: no finite value is valid, so that no request can be made and no answer be given. Schemas that
    /// hold themselves where they need not are fine, and no finding.
    ///
    /// Example: `Person: {type: object, required: [mother], properties: {mother: {$ref: "#/components/schemas/Person"}}}`
    ///
    /// What to do: make one property on the way optional or nullable, or let one list on the way be empty.
    SCHEMA_INFINITE = "schema-infinite", Error, Judge::Document(judge)
}

fn judge(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let mut judged = HashSet::new();
    for reference in scene.walk.references.iter().filter(|reference| reference.wanted == Kind::Schema) {
        let Some(target) = scene.target(reference.text) else { continue };
        if scene.walk.kind_of(target.value) != Some(Kind::Schema) || !judged.insert(target.pointer.clone()) {
            continue;
        }
        // A reference that only leads on is told as circular, or where it leads.
        let leads_on = target.text("$ref").is_some();
        if !leads_on && is_endless(scene.contract.document(), &target.pointer, Direction::Response) {
            let message =
                "no value of this schema ends: what it requires leads on to more of the same without end";
            let hint = "make a property on the way optional or nullable, or let a list on the way be empty";
            findings.add_with_hint(&SCHEMA_INFINITE, &target.pointer, message, hint);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn only_what_must_be_there_makes_a_schema_endless() {
        let to = |name: &str| format!("$ref: '#/components/schemas/{name}'");
        let schemas = format!(
            "schemas: {{A: {{type: object, required: [a], properties: {{a: {{{a}}}}}}},
              B: {{type: object, properties: {{b: {{{b}}}}}}},
              C: {{type: array, minItems: 1, items: {{{c}}}}}, D: {{type: array, items: {{{d}}}}},
              E: {{type: object, required: [f], properties: {{f: {{{f}}}}}}}, F: {{type: object, required: [e], properties: {{e: {{{e}}}}}}},
              G: {{type: object, nullable: true, required: [g], properties: {{g: {{{g}}}}}}}}}",
            a = to("A"), b = to("B"), c = to("C"), d = to("D"), e = to("E"), f = to("F"), g = to("G"),
        );
        let text = with_operation("3.0.3", "responses: {'200': {description: ''}}", &schemas);
        insta::assert_snapshot!(found("schema-infinite", &text), @r"
        /components/schemas/A no value of this schema ends: what it requires leads on to more of the same without end
        /components/schemas/C no value of this schema ends: what it requires leads on to more of the same without end
        /components/schemas/E no value of this schema ends: what it requires leads on to more of the same without end
        /components/schemas/F no value of this schema ends: what it requires leads on to more of the same without end
        ");
    }
}
