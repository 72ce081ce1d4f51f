//! `reference-siblings`

use super::anatomy::Kind;
use super::findings::Findings;
use super::member_misspelt::ALL_KINDS;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;
use crate::document::{Severity, Version};

declare! {
    /// Found when members stand beside a `$ref` where the edition says that they are ignored.
    ///
    /// Why it matters: what they say does not hold. A `nullable: true` beside a reference of 3.0 lets no `null` through.
    /// A description is only not shown, which is a note; what changes the values that are valid is a warning.
    ///
    /// Example: `owner: {$ref: "#/components/schemas/User", nullable: true}` in a 3.0 document.
    ///
    /// What to do: in 2.0 and 3.0 put the reference into an `allOf` of its own, beside which other keywords count; in
    /// 3.1 schemas may have siblings as they are.
    REFERENCE_SIBLINGS = "reference-siblings", Warning, Judge::Object(&ALL_KINDS, judge)
}

/// Members of a Schema Object that do not change which values are valid, and `type`, which mostly says again what
/// the reference leads to.
const HARMLESS: [&str; 10] = [
    "title",
    "description",
    "example",
    "examples",
    "deprecated",
    "default",
    "xml",
    "externalDocs",
    "$comment",
    "type",
];

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    if site.place.text("$ref").is_none() || site.kind == Kind::PathItem {
        return;
    }
    let is_31 = scene.version() >= Version::V3_1;
    if is_31 && site.kind == Kind::Schema {
        return;
    }
    let is_ignored = |name: &&str| {
        *name != "$ref" && !name.starts_with("x-") && !(is_31 && matches!(*name, "summary" | "description"))
    };
    let members = site.place.value.as_object().into_iter().flatten();
    let ignored: Vec<&str> = members.map(|(name, _)| name.as_str()).filter(is_ignored).collect();
    let Some(first) = ignored.first() else { return };
    let matters = |name: &&&str| {
        site.kind == Kind::Schema
            && site.kind.members().iter().any(|known| known.name == **name)
            && !HARMLESS.contains(*name)
    };
    let named: Vec<String> = ignored.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("what stands beside a reference is ignored: {}", named.join(", "));
    let counting = ignored.iter().find(matters);
    let at = site.place.pointer.join(counting.unwrap_or(first));
    findings.add(&REFERENCE_SIBLINGS, &at, message);
    if counting.is_none() {
        findings.soften(Severity::Note);
    }
    match site.kind {
        Kind::Schema => findings.hint("put the reference into an `allOf`, beside which other keywords count"),
        _ => findings.hint("remove it, or say it where the reference leads"),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{findings, with_schema};
    use crate::document::Severity;

    #[test]
    fn what_changes_validity_matters_more() {
        let table = [
            ("3.0.3", "nullable: true", Some(Severity::Warning)),
            ("3.0.3", "description: x", Some(Severity::Note)),
            ("3.0.3", "x-order: 1", None),
            ("3.1.0", "maxLength: 5", None),
        ];
        for (version, sibling, severity) in table {
            let text = with_schema(
                version,
                &format!("{{properties: {{a: {{$ref: '#/components/schemas/S', {sibling}}}}}}}"),
            );
            let found = findings(&text).into_iter().find(|finding| finding.code == "reference-siblings");
            assert_eq!(found.map(|finding| finding.severity), severity, "{sibling}");
        }
    }
}
