//! Header Object (OpenAPI 3.0.3, section 4.7.21).

use std::sync::Arc;

use super::{Content, Example, Style, example, media_type};
use crate::document::{Document, Place, Pointer};
use crate::schema::Schema;

/// A header of a response or of a part of a body.
#[derive(Debug, Clone)]
pub struct Header {
    /// The field name, as documented.
    pub name: String,
    /// Whether it must be there.
    pub required: bool,
    /// `simple`, but for what the `collectionFormat` of 2.0 asks for.
    pub style: Style,
    /// Whether an array's or object's members are separated (`simple` style, explode).
    pub explode: bool,
    /// The schema of its decoded value.
    pub schema: Option<Schema>,
    /// The single media type of a `content`-typed header.
    pub content: Option<Content>,
    /// Its examples.
    pub examples: Vec<Example>,
    /// Where it stands in the document.
    pub pointer: Pointer,
}

/// Reads the headers of a response or an encoding; `Content-Type` is ignored, as the specification says.
pub(crate) fn read(document: &Arc<Document>, owner: &Place<'_>) -> Vec<Header> {
    let Some(headers) = owner.get("headers") else { return Vec::new() };
    headers
        .members()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"))
        .filter_map(|(name, place)| {
            let object = place.follow(document).ok()?;
            Some(Header {
                name: name.to_owned(),
                required: object.is("required"),
                style: Style::Simple,
                explode: object.is("explode"),
                schema: object.get("schema").map(|schema| Schema::new(document, schema.pointer)),
                content: object.get("content").map(|_| media_type::read_content(document, &object)),
                examples: example::read(document, &object),
                pointer: object.pointer,
            })
        })
        .collect()
}
