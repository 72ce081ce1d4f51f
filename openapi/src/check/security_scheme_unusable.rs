//! `security-scheme-unusable`

use http::HeaderName;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;
use crate::document::{Place, Version};

declare! {
    /// Found when a security scheme does not say what a request must show: its `type` is unknown, or a member that the
    /// type needs is missing, or names a header that cannot be.
    ///
    /// Why it matters: nothing is asked of requests by such a scheme.
    ///
    /// Example: `{type: apiKey, in: header}` without `name`; `{type: bearer}`.
    ///
    /// What to do: write `apiKey` with `in` and `name`, `http` with `scheme` (in 2.0 `basic`), `oauth2` with its flows,
    /// `openIdConnect` with its URL, or `mutualTLS` since 3.1.
    SECURITY_SCHEME_UNUSABLE = "security-scheme-unusable", Warning, Judge::Object(&[Kind::SecurityScheme], judge)
}

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let place = &site.place;
    let is_v2 = scene.version() == Version::V2_0;
    let Some(kind) = place.text("type") else { return };
    let lacks = |name: &str| place.text(name).is_none();
    let (message, hint) = match kind {
        "apiKey" if lacks("name") => (
            "a scheme of type `apiKey` needs a `name`".to_owned(),
            "add the name of the header, query parameter or cookie",
        ),
        "apiKey" if is_no_header(place) => (
            "no header can be called that, so nothing is asked of requests".to_owned(),
            "name the header as it is sent: letters, digits and `-`",
        ),
        "apiKey" if lacks("in") => (
            "a scheme of type `apiKey` needs `in`; taken as `header`".to_owned(),
            "add `in: header`, `in: query` or `in: cookie`",
        ),
        "http" if !is_v2 && lacks("scheme") => (
            "a scheme of type `http` needs a `scheme`; taken as `bearer`".to_owned(),
            "add `scheme: basic` or `scheme: bearer`",
        ),
        "basic" if !is_v2 => {
            ("`basic` is no type of scheme since 3.0".to_owned(), "write `type: http` with `scheme: basic`")
        }
        "http" | "openIdConnect" | "mutualTLS" if !is_v2 => return,
        "basic" | "apiKey" | "oauth2" => return,
        other => (
            format!("`{other}` is no type of scheme, so nothing is asked of requests"),
            "write one of `apiKey`, `http`, `oauth2`, `openIdConnect`",
        ),
    };
    findings.add_with_hint(&SECURITY_SCHEME_UNUSABLE, &place.pointer, message, hint);
}

/// Whether a scheme names a header that cannot be sent (RFC 9110, section 5.1).
fn is_no_header(scheme: &Place<'_>) -> bool {
    let is_header = scheme.text("in").is_none_or(|location| location == "header");
    is_header && scheme.text("name").is_some_and(|name| HeaderName::try_from(name).is_err())
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn each_type_needs_members_of_its_own() {
        for (scheme, is_found) in [
            ("{type: apiKey, in: header}", true),
            ("{type: apiKey, in: header, name: k}", false),
            ("{type: apiKey, in: header, name: My Key}", true),
            ("{type: apiKey, in: query, name: My Key}", false),
            ("{type: http}", true),
            ("{type: http, scheme: basic}", false),
            ("{type: basic}", true),
            ("{type: bearer}", true),
            ("{type: oauth2}", false),
        ] {
            let text = with_operation("3.0.3", "", &format!("securitySchemes: {{s: {scheme}}}"));
            assert_eq!(!found("security-scheme-unusable", &text).is_empty(), is_found, "{scheme}");
        }
    }
}
