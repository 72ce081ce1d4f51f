//! `path-parameter-optional`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;

declare! {
    /// Found when a path parameter does not say `required: true`.
    ///
    /// Why it matters: a path without the value is another path, so the parameter is required whatever the document says;
    /// other tools refuse the document.
    ///
    /// Example: `{name: petId, in: path, schema: {type: string}}`.
    ///
    /// What to do: add `required: true`; for a variable that may be left out, document a second path without it.
    PATH_PARAMETER_OPTIONAL = "path-parameter-optional", Warning, Judge::Object(&[Kind::Parameter], judge)
}

fn judge(_: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    if site.place.text("in") == Some("path") && !site.place.is("required") {
        let name = site.place.text("name").unwrap_or_default();
        let message = format!("the path parameter `{name}` does not say `required: true`");
        findings.add_with_hint(
            &PATH_PARAMETER_OPTIONAL,
            &site.place.pointer,
            message,
            "add `required: true`",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn only_path_parameters_must_be_required() {
        for (parameter, is_found) in [
            ("{name: p, in: path}", true),
            ("{name: p, in: path, required: false}", true),
            ("{name: p, in: path, required: true}", false),
            ("{name: p, in: query}", false),
        ] {
            let text = with_operation("3.0.3", &format!("parameters: [{parameter}]"), "");
            assert_eq!(!found("path-parameter-optional", &text).is_empty(), is_found, "{parameter}");
        }
    }
}
