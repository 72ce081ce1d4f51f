//! `member-misspelt`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;

declare! {
    /// Found when an object has a member that the specification does not know, and a name that it knows is very near.
    ///
    /// Why it matters: a misspelt member is overlooked by every tool, and what it was to say is lost without a word.
    ///
    /// Example: `requried: [name]`, `maxlength: 5`, `operationID: getPet`.
    ///
    /// What to do: write the name that the finding suggests; a member of your own begins with `x-`.
    MEMBER_MISSPELT = "member-misspelt", Warning, Judge::Object(&ALL_KINDS, judge)
}

/// Every kind of object whose members have names that the specification gives.
pub(super) static ALL_KINDS: [Kind; 25] = [
    Kind::Root,
    Kind::Info,
    Kind::Contact,
    Kind::License,
    Kind::Server,
    Kind::ServerVariable,
    Kind::Components,
    Kind::PathItem,
    Kind::Operation,
    Kind::ExternalDocs,
    Kind::Parameter,
    Kind::RequestBody,
    Kind::MediaType,
    Kind::Encoding,
    Kind::Response,
    Kind::Example,
    Kind::Link,
    Kind::Header,
    Kind::Tag,
    Kind::Schema,
    Kind::Discriminator,
    Kind::Xml,
    Kind::SecurityScheme,
    Kind::OAuthFlows,
    Kind::OAuthFlow,
];

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    for (name, member) in site.place.members() {
        let Some(meant) = meant(scene, site, name) else { continue };
        let message = format!("`{name}` is no member of {}, and overlooked", site.kind.with_article());
        findings.add_with_hint(
            &MEMBER_MISSPELT,
            &member.pointer,
            message,
            format!("did you mean `{meant}`?"),
        );
    }
}

/// The member that an unknown one is likely to be: one that is not there itself, and differs by a slip.
pub(super) fn meant(scene: &Scene<'_>, site: &Site<'_>, name: &str) -> Option<&'static str> {
    let members = site.kind.members();
    if name.starts_with("x-") || name == "$ref" || members.iter().any(|known| known.name == name) {
        return None;
    }
    let is_free = |known: &&str| site.place.value.get(*known).is_none();
    let known =
        members.iter().filter(|known| known.is_in(scene.version())).map(|known| known.name).filter(is_free);
    known
        .map(|known| (strsim::osa_distance(&name.to_lowercase(), &known.to_lowercase()), known))
        // One slip in a short word, two in a long one; words of three letters are all near each other.
        .filter(|(distance, known)| *distance <= known.len().min(name.len()).saturating_sub(1) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{findings, with_schema};

    #[test]
    fn a_slip_is_told_from_a_word_of_ones_own() {
        let table = [
            ("requried", Some("did you mean `required`?")),
            ("maxlength", Some("did you mean `maxLength`?")),
            ("propertys", Some("did you mean `properties`?")),
            ("x-required", None),
            ("id", None),
            ("tyep", None),
            ("colour", None),
        ];
        for (name, hint) in table {
            let found = findings(&with_schema("3.1.0", &format!("{{{name}: []}}")));
            let found = found.into_iter().find(|finding| finding.code == "member-misspelt");
            assert_eq!(found.and_then(|finding| finding.hint).as_deref(), hint, "{name}");
        }
    }
}
