//! `style-unusable`

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;
use crate::document::Version;

declare! {
    /// Found when a parameter has a `style` (in 2.0 a `collectionFormat`) that its location does not know.
    ///
    /// Why it matters: how its value is written is not known then; the location's own style is taken instead.
    ///
    /// Example: `{in: query, style: simple}`; `{in: header, style: form}`; `collectionFormat: multi` in a path.
    ///
    /// What to do: take a style of the location: in a path `matrix`, `label` or `simple`; in a query `form`,
    /// `spaceDelimited`, `pipeDelimited` or `deepObject`; in a header `simple`; in a cookie `form`.
    STYLE_UNUSABLE = "style-unusable", Warning, Judge::Object(&[Kind::Parameter, Kind::Header], judge)
}

/// The styles of a location (OpenAPI 3.0.3, section 4.7.12.3).
fn styles(location: &str, version: Version) -> &'static [&'static str] {
    match location {
        "path" => &["matrix", "label", "simple"],
        "query" => &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
        "header" => &["simple"],
        "cookie" if version >= Version::V3_2 => &["form", "cookie"],
        "cookie" => &["form"],
        _ => &[],
    }
}

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let location =
        if site.kind == Kind::Header { "header" } else { site.place.text("in").unwrap_or_default() };
    let (member, known) = match scene.version() {
        Version::V2_0 => ("collectionFormat", formats(location)),
        version => ("style", styles(location, version)),
    };
    let Some(style) = site.place.text(member) else { return };
    if known.is_empty() || known.contains(&style) {
        return;
    }
    let message =
        format!("`{style}` is no `{member}` of a {location} parameter; `{}` is taken instead", known[0]);
    let names: Vec<String> = known.iter().map(|style| format!("`{style}`")).collect();
    let hint = format!("write {}", names.join(" or "));
    findings.add_with_hint(&STYLE_UNUSABLE, &site.place.pointer.join(member), message, hint);
}

/// The collection formats of a location (Swagger 2.0, Parameter Object).
fn formats(location: &str) -> &'static [&'static str] {
    match location {
        "query" | "formData" => &["csv", "ssv", "tsv", "pipes", "multi"],
        "path" | "header" => &["csv", "ssv", "tsv", "pipes"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};

    #[test]
    fn each_location_has_styles_of_its_own() {
        for (parameter, is_found) in [
            ("in: query, style: simple", true),
            ("in: query, style: deepObject", false),
            ("in: header, style: form", true),
            ("in: path, style: label, required: true", false),
            ("in: cookie, style: form", false),
            ("in: query, style: fancy", true),
        ] {
            let text = with_operation("3.0.3", &format!("parameters: [{{name: p, {parameter}}}]"), "");
            assert_eq!(!found("style-unusable", &text).is_empty(), is_found, "{parameter}");
        }
    }
}
