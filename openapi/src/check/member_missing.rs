//! `member-missing`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;

declare! {
    /// Found when an object lacks a member that the specification requires of it.
    ///
    /// Why it matters: we do without it, but other tools refuse the document.
    ///
    /// Example: a response without `description`; a document without `info`.
    ///
    /// What to do: add the member.
    MEMBER_MISSING = "member-missing", Note, Judge::Object(
        &[
            Kind::Root, Kind::Info, Kind::License, Kind::Server, Kind::ServerVariable, Kind::ExternalDocs,
            Kind::RequestBody, Kind::Response, Kind::Header, Kind::Tag, Kind::Discriminator, Kind::SecurityScheme,
        ],
        judge,
    )
}

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let is_missing = |name: &str| site.place.value.get(name).is_none();
    if site.place.value.get("$ref").is_some() {
        return;
    }
    let required =
        site.kind.members().iter().filter(|member| member.is_required && member.is_in(scene.version()));
    // Other rules tell of these, and of what follows from it.
    let is_told = |name: &str| site.kind == Kind::Root && ["openapi", "swagger", "paths"].contains(&name);
    for member in required.filter(|member| is_missing(member.name) && !is_told(member.name)) {
        let message =
            format!("this {} has no `{}`, which the specification requires", site.kind.name(), member.name);
        findings.add_with_hint(
            &MEMBER_MISSING,
            &site.place.pointer,
            message,
            format!("add `{}`", member.name),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::found;

    #[test]
    fn what_an_edition_requires_is_missed() {
        let paths = "paths: {/a: {get: {responses: {'200': {}}}}}";
        insta::assert_snapshot!(found("member-missing", &format!("openapi: 3.0.3\ninfo: {{title: A}}\n{paths}\n")), @r"
        /info this Info Object has no `version`, which the specification requires
        /paths/~1a/get/responses/200 this Response Object has no `description`, which the specification requires
        ");
        assert_eq!(
            found("member-missing", "openapi: 3.1.0\ninfo: {title: A, version: '1'}\nwebhooks: {}\n"),
            ""
        );
    }
}
