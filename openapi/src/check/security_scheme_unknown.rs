//! `security-scheme-unknown`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::{Scene, nearest};
use super::walk::Site;

declare! {
    /// Found when a security requirement names a scheme that the document does not declare.
    ///
    /// Why it matters: nothing is known of what a request must show, so that none is refused for lack of it.
    ///
    /// Example: `security: [{apiKey: []}]` where `components.securitySchemes` has only `api_key`.
    ///
    /// What to do: declare the scheme, or name one that is declared.
    SECURITY_SCHEME_UNKNOWN = "security-scheme-unknown", Error, Judge::Object(&[Kind::SecurityRequirement], judge)
}

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let known = || scene.contract.security_schemes().iter().map(|scheme| scheme.name.as_str());
    for (name, place) in site.place.members().filter(|(name, _)| !name.starts_with("x-")) {
        // Since 3.2 a requirement may refer to a scheme by its URI.
        if known().any(|scheme| scheme == name) || name.contains('/') {
            continue;
        }
        findings.add(
            &SECURITY_SCHEME_UNKNOWN,
            &place.pointer,
            format!("no security scheme `{name}` is declared"),
        );
        match nearest(name, known()) {
            Some(near) => findings.hint(format!("did you mean `{near}`?")),
            None => findings.hint("declare it, or name one that is declared"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{findings, with_operation};

    #[test]
    fn schemes_are_looked_up() {
        let schemes = "securitySchemes: {api_key: {type: http, scheme: basic}}";
        let text = with_operation("3.0.3", "security: [{api_key: []}, {apikey: []}, {}]", schemes);
        let found: Vec<_> =
            findings(&text).into_iter().filter(|finding| finding.code == "security-scheme-unknown").collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].hint.as_deref(), Some("did you mean `api_key`?"));
    }
}
