//! `member-unknown`

use super::anatomy::Kind;
use super::findings::Findings;
use super::member_misspelt::{ALL_KINDS, meant};
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;

declare! {
    /// Found when an object has a member that the specification does not know, and that begins with no `x-`.
    ///
    /// Why it matters: tools overlook it. In a schema of OpenAPI 3.1 or later it is an annotation that anyone may
    /// write, so nothing is found there.
    ///
    /// Example: `optional: true` in a parameter, `schema` right below a response of 3.0.
    ///
    /// What to do: move it to where it belongs, remove it, or let its name begin with `x-`.
    MEMBER_UNKNOWN = "member-unknown", Note, Judge::Object(&ALL_KINDS, judge)
}

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    if site.place.value.get("$ref").is_some()
        || (site.kind == Kind::Schema && scene.version().has_json_schema_dialect())
    {
        return;
    }
    // `content: {schema: ...}` lacks the media type, and what is inside is a schema.
    if site.kind == Kind::MediaType && site.place.pointer.tokens().last().is_some_and(|name| name == "schema")
    {
        return;
    }
    for (name, member) in site.place.members() {
        let is_known = site.kind.members().iter().any(|known| known.name == name);
        let is_own = site.place.pointer.as_str().is_empty() && name == "x-counterfoil-files";
        if is_known || is_own || name.starts_with("x-") || meant(scene, site, name).is_some() {
            continue;
        }
        let message = format!("`{name}` is no member of {}, and overlooked", site.kind.with_article());
        findings.add_with_hint(
            &MEMBER_UNKNOWN,
            &member.pointer,
            message,
            "remove it, or let its name begin with `x-`",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_schema};

    #[test]
    fn schemas_take_words_of_ones_own_since_3_1() {
        assert_eq!(
            found("member-unknown", &with_schema("3.0.3", "{colour: red, x-colour: red}")),
            "/components/schemas/S/colour `colour` is no member of a Schema Object, and overlooked"
        );
        assert_eq!(found("member-unknown", &with_schema("3.1.0", "{colour: red}")), "");
    }
}
