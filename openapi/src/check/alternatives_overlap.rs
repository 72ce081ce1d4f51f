//! `alternatives-overlap`

mod admitted;

use self::admitted::Admitted;
use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;
use crate::document::{Place, Severity};

declare! {
    /// Found when whatever is valid for one alternative of a `oneOf` is valid for another one too.
    ///
    /// Why it matters: `oneOf` admits what is valid for exactly one alternative, so that such an alternative never counts;
    /// where each of them is covered by another one, no value is valid at all. A `discriminator` changes nothing about
    /// that: it only says where to look. Where some alternative is left it is a warning.
    ///
    /// Example: `oneOf: [{type: integer}, {type: number}]`, which refuses every whole number.
    ///
    /// What to do: write `anyOf`, or tell the alternatives apart: by a `const` in a required property, by a required property
    /// that the others do not admit.
    ALTERNATIVES_OVERLAP = "alternatives-overlap", Error, Judge::Object(&[Kind::Schema], judge)
}

/// The most alternatives that are compared, each with each.
const MAX_ALTERNATIVES: usize = 24;

/// The most pairs told of one `oneOf`.
const MAX_TOLD: usize = 3;

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let Some(list) = site.place.get("oneOf") else { return };
    let alternatives: Vec<Place<'_>> = list.items().collect();
    if !(2..=MAX_ALTERNATIVES).contains(&alternatives.len()) {
        return;
    }
    let admitted: Vec<Admitted<'_>> = alternatives.iter().map(|place| Admitted::by(scene, place)).collect();
    let covering = |index: usize| {
        let is_covering = |other: &usize| *other != index && admitted[*other].covers(&admitted[index]);
        (0..admitted.len()).find(is_covering).map(|other| (index, other))
    };
    let covered: Vec<(usize, usize)> = (0..admitted.len()).filter_map(covering).collect();
    if covered.is_empty() {
        return;
    }
    let name = |index: usize| match alternatives[index].text("$ref") {
        Some(reference) => format!("`{reference}`"),
        None => format!("alternative {}", index + 1),
    };
    let told =
        covered.iter().take(MAX_TOLD).map(|(one, other)| format!("{} within {}", name(*one), name(*other)));
    let mut told: Vec<String> = told.collect();
    if covered.len() > MAX_TOLD {
        told.push(format!("and so with {} more", covered.len() - MAX_TOLD));
    }
    let is_all = covered.len() == admitted.len();
    let outcome =
        if is_all { "so no value is valid for exactly one" } else { "which is then valid for none" };
    let message =
        format!("what is valid for one alternative is valid for another, {outcome}: {}", told.join(", "));
    findings.add_with_hint(
        &ALTERNATIVES_OVERLAP,
        &list.pointer,
        message,
        "write `anyOf`, or tell the alternatives apart by a `const` in a required property",
    );
    if !is_all {
        findings.soften(Severity::Warning);
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{findings, with_operation, with_schema};
    use crate::document::Severity;

    /// What is found about a `oneOf` of some alternatives.
    fn told(version: &str, alternatives: &str) -> Option<Severity> {
        let found = findings(&with_schema(version, &format!("{{oneOf: [{alternatives}]}}")));
        found.iter().find(|finding| finding.code == "alternatives-overlap").map(|finding| finding.severity)
    }

    #[test]
    fn an_alternative_within_another_is_found() {
        use Severity::{Error, Warning};
        let table = [
            ("{type: integer}, {type: number}", Some(Warning)),
            ("{type: integer}, {type: string}", None),
            ("{type: string}, {type: string, format: uuid}", Some(Warning)),
            ("{type: string, format: uuid}, {type: string, format: date}", None),
            ("{type: string, maxLength: 2}, {type: string, maxLength: 3}", Some(Warning)),
            ("{type: string, enum: [a]}, {type: string, enum: [a, b]}", Some(Warning)),
            ("{type: string, enum: [a]}, {type: string, enum: [b]}", None),
            ("{type: object}, {type: object}", Some(Error)),
            ("{type: object, required: [a]}, {type: object, required: [b]}", None),
            ("{type: object, required: [a]}, {type: object}", Some(Warning)),
            ("{properties: {a: {type: integer}}}, {properties: {a: {type: string}}}", None),
            ("{properties: {a: {type: integer}}}, {properties: {a: {type: number}, b: {}}}", Some(Warning)),
            ("{properties: {a: {type: integer}}}, {properties: {b: {type: number}}}", None),
            ("{additionalProperties: false}, {properties: {b: {type: number}}, required: [b]}", None),
            ("{additionalProperties: false}, {properties: {b: {type: number}}}", Some(Warning)),
            (
                "{additionalProperties: false, properties: {a: {}}}, {additionalProperties: false}",
                Some(Warning),
            ),
            ("{additionalProperties: false}, {additionalProperties: {type: string}}", Some(Warning)),
            (
                "{properties: {a: {type: integer}}, additionalProperties: {type: string}}, {additionalProperties: {type: string}}",
                None,
            ),
            (
                "{properties: {a: {}}, additionalProperties: {type: string}}, {additionalProperties: {type: string}}",
                Some(Warning),
            ),
            ("{type: array, items: {type: integer}}, {type: array, items: {type: number}}", Some(Warning)),
            ("{type: array, items: {type: integer}}, {type: array, items: {type: string}}", None),
            ("{not: {type: string}}, {not: {type: string}, description: same}", Some(Error)),
            ("{not: {type: string}}, {not: {type: integer}}", None),
        ];
        for version in ["3.0.3", "3.1.0"] {
            for (alternatives, expected) in table {
                assert_eq!(told(version, alternatives), expected, "{version}: {alternatives}");
            }
        }
        assert_eq!(told("3.0.3", "{type: string, nullable: true}, {type: string}"), Some(Warning));
        assert_eq!(told("3.0.3", "{type: string, nullable: true}, {type: integer, nullable: true}"), None);
    }

    #[test]
    fn what_references_and_compositions_say_counts() {
        let schemas = "schemas: {
            Base: {type: object, required: [type], properties: {type: {type: string}}},
            A: {allOf: [{$ref: '#/components/schemas/Base'}, {required: [x], properties: {x: {$ref: '#/components/schemas/Base'}}}]},
            B: {allOf: [{$ref: '#/components/schemas/Base'}]},
            C: {allOf: [{$ref: '#/components/schemas/Base'}], description: the same},
            Loop: {properties: {next: {$ref: '#/components/schemas/Loop'}}},
            Any: {oneOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/B'}, {$ref: '#/components/schemas/C'}],
                  discriminator: {propertyName: type}},
            Loops: {oneOf: [{$ref: '#/components/schemas/Loop'}, {properties: {next: {properties: {next: {$ref: '#/components/schemas/Loop'}}}}}]}}";
        let text = with_operation("3.0.3", "responses: {'200': {description: ok}}", schemas);
        insta::assert_snapshot!(crate::check::fixture::found("alternatives-overlap", &text), @r"
        /components/schemas/Any/oneOf what is valid for one alternative is valid for another, so no value is valid for exactly one: `#/components/schemas/A` within `#/components/schemas/B`, `#/components/schemas/B` within `#/components/schemas/C`, `#/components/schemas/C` within `#/components/schemas/B`
        /components/schemas/Loops/oneOf what is valid for one alternative is valid for another, so no value is valid for exactly one: `#/components/schemas/Loop` within alternative 2, alternative 2 within `#/components/schemas/Loop`
        ");
    }
}
