//! `member-misplaced`

use super::anatomy::Kind;
use super::findings::Findings;
use super::member_misspelt::ALL_KINDS;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;
use crate::document::{Severity, Version};

declare! {
    /// Found when a member belongs to another edition of the specification than the document names.
    ///
    /// Why it matters: tools that keep to the edition overlook the member, so that the document means different things
    /// to different tools. We read it as the edition that has it.
    ///
    /// Example: `const` or a list of types in a 3.0 document; `nullable` in a 3.1 document.
    ///
    /// What to do: write it as the edition does (`enum` with one value, `nullable: true`, `type: [string, "null"]`), or
    /// name the edition that the document follows.
    MEMBER_MISPLACED = "member-misplaced", Warning, Judge::Object(&ALL_KINDS, judge)
}

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let version = scene.version();
    // What another edition has as a whole is told of where it begins.
    if version == Version::V2_0
        && matches!(
            site.kind,
            Kind::RequestBody | Kind::MediaType | Kind::Encoding | Kind::Components | Kind::Link
        )
    {
        return;
    }
    if site.kind == Kind::Schema
        && version < Version::V3_1
        && site.place.value.get("type").is_some_and(|kind| kind.is_array())
    {
        let message = format!("a list of types belongs to OpenAPI 3.1, and this is a document of {version}");
        let hint = if version == Version::V3_0 {
            "name one type, and `nullable: true` beside it for `null`"
        } else {
            "name one type"
        };
        findings.add_with_hint(&MEMBER_MISPLACED, &site.place.pointer.join("type"), message, hint);
    }
    for (name, member) in site.place.members() {
        let elsewhere = site.kind.members().iter().find(|known| known.name == name);
        let Some(elsewhere) = elsewhere else { continue };
        if site.kind.member(name, version).is_some() {
            continue;
        }
        let edition = match (elsewhere.since, elsewhere.until) {
            (since, until) if since == until => format!("OpenAPI {since}"),
            (since, _) if since > version => format!("OpenAPI {since} and later"),
            (_, until) => format!("OpenAPI up to {until}"),
        };
        let message = format!("`{name}` belongs to {edition}, and this is a document of {version}");
        findings.add(&MEMBER_MISPLACED, &member.pointer, message);
        match (site.kind, name) {
            (Kind::Schema, "nullable") => findings.hint("add \"null\" to `type`: `type: [string, \"null\"]`"),
            (Kind::Schema, "const") => findings.hint("write `enum` with one value"),
            (Kind::Operation, "requestBody") if version == Version::V2_0 => {
                findings.hint("describe the body by a parameter with `in: body` and a `schema`")
            }
            (Kind::Root, "components") => {
                findings.hint("write `definitions`, `parameters` and `responses` at the root")
            }
            (Kind::Root, "definitions") => findings.hint("write `components: {schemas: ...}`"),
            (Kind::Root, "host" | "basePath" | "schemes") => {
                findings.hint("write `servers: [{url: https://host/path}]`")
            }
            (Kind::Root, "openapi" | "swagger") => findings.hint("keep one of `openapi` and `swagger`"),
            (Kind::Schema, "examples") => findings.hint("write `example` with one value"),
            _ => {}
        }
        // Without these nothing else is judged.
        if matches!(name, "examples" | "$comment" | "$schema" | "$id" | "deprecated" | "summary" | "title") {
            findings.soften(Severity::Note);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_schema};

    #[test]
    fn each_edition_has_members_of_its_own() {
        let table = [
            (
                "3.0.3",
                "{const: 1}",
                "`const` belongs to OpenAPI 3.1 and later, and this is a document of 3.0",
            ),
            (
                "3.0.3",
                "{type: [string, 'null']}",
                "a list of types belongs to OpenAPI 3.1, and this is a document of 3.0",
            ),
            (
                "3.1.0",
                "{type: string, nullable: true}",
                "`nullable` belongs to OpenAPI 3.0, and this is a document of 3.1",
            ),
        ];
        for (version, schema, message) in table {
            let found = found("member-misplaced", &with_schema(version, schema));
            assert!(found.ends_with(message), "{found}");
        }
        assert_eq!(found("member-misplaced", &with_schema("3.1.0", "{const: 1, exclusiveMinimum: 1}")), "");
    }
}
