//! `parameter-unspecified`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;
use crate::document::Version;

declare! {
    /// Found when a parameter or header says nothing of its value, or says it twice: it has neither `schema` nor
    /// `content`, or both.
    ///
    /// Why it matters: without either, any text is valid. Of both, `schema` counts here, and other tools may differ.
    ///
    /// Example: `{name: page, in: query}`.
    ///
    /// What to do: add a `schema` (in 2.0 a `type`), or `content` with one media type where the value is, for example,
    /// JSON.
    PARAMETER_UNSPECIFIED = "parameter-unspecified", Note, Judge::Object(&[Kind::Parameter, Kind::Header], judge)
}

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let place = &site.place;
    if place.value.get("$ref").is_some() {
        return;
    }
    let has = |name: &str| place.value.get(name).is_some();
    let noun = if site.kind == Kind::Header { "header" } else { "parameter" };
    let name = place.text("name").map(|name| format!(" `{name}`")).unwrap_or_default();
    let (message, hint) = match scene.version() {
        Version::V2_0 if !has("type") && !has("schema") => {
            (format!("the {noun}{name} has no `type`, so any text is valid"), "add a `type`")
        }
        Version::V2_0 => return,
        _ if has("schema") && has("content") => (
            format!("the {noun}{name} has both `schema` and `content`; `schema` counts"),
            "keep one of the two",
        ),
        _ if !has("schema") && !has("content") => (
            format!("the {noun}{name} has neither `schema` nor `content`, so any text is valid"),
            "add a `schema`",
        ),
        _ => return,
    };
    findings.add_with_hint(&PARAMETER_UNSPECIFIED, &place.pointer, message, hint);
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn one_of_the_two_is_wanted() {
        for (parameter, is_found) in [
            ("{name: p, in: query}", true),
            ("{name: p, in: query, schema: {}, content: {}}", true),
            ("{name: p, in: query, schema: {}}", false),
        ] {
            let text = with_operation("3.0.3", &format!("parameters: [{parameter}]"), "");
            assert_eq!(!found("parameter-unspecified", &text).is_empty(), is_found, "{parameter}");
        }
    }
}
