//! `media-type-invalid`

use serde_json::Value;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;
use crate::codec::media::is_media_type;
use crate::document::Place;

declare! {
    /// Found when what should be a media type is none.
    ///
    /// Why it matters: no `Content-Type` matches it, so that a body is never read by it and never sent with it.
    ///
    /// Example: `content: {json: ...}`, or `produces: [application json]`.
    ///
    /// What to do: write type and subtype with a slash between them, for example `application/json`; ranges such as
    /// `image/*` are fine.
    MEDIA_TYPE_INVALID = "media-type-invalid", Warning, Judge::Object(
        &[Kind::RequestBody, Kind::Response, Kind::Parameter, Kind::Header, Kind::Operation, Kind::Root],
        judge,
    )
}

fn judge(_: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    if let Some(content) = site.place.get("content") {
        content.members().for_each(|(name, place)| tell(name, &place, findings));
    }
    for list in ["consumes", "produces"].into_iter().filter_map(|member| site.place.get(member)) {
        for place in list.items() {
            if let Value::String(name) = place.value {
                tell(name, &place, findings);
            }
        }
    }
}

fn tell(name: &str, place: &Place<'_>, findings: &mut Findings<'_>) {
    if is_media_type(name) || name == "$ref" || name.starts_with("x-") {
        return;
    }
    let hint = match name.to_lowercase().as_str() {
        "json" => "write `application/json`".to_owned(),
        "xml" => "write `application/xml`".to_owned(),
        "schema" | "example" | "examples" => {
            format!("name the media type around it: `application/json: {{{name}: ...}}`")
        }
        _ => "write type and subtype, for example `application/json`".to_owned(),
    };
    findings.add_with_hint(
        &MEDIA_TYPE_INVALID,
        &place.pointer,
        format!("`{name}` is not a media type"),
        hint,
    );
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation};
    use crate::codec::media::is_media_type;

    #[test]
    fn media_types_are_told_from_other_text() {
        let table = [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("*/*", true),
            ("image/*", true),
            ("application/vnd.a+json", true),
            ("json", false),
            ("application/", false),
            ("application json", false),
            ("a/b/c", false),
            ("", false),
        ];
        for (text, expected) in table {
            assert_eq!(is_media_type(text), expected, "{text}");
        }
    }

    #[test]
    fn keys_of_content_are_judged() {
        let text = with_operation("3.0.3", "responses: {'200': {description: '', content: {json: {}}}}", "");
        assert_eq!(
            found("media-type-invalid", &text),
            "/paths/~1a/get/responses/200/content/json `json` is not a media type"
        );
    }
}
