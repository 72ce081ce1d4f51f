//! Media Type, Encoding and Request Body Objects (OpenAPI 3.0.3, sections 4.7.13 to 4.7.15).

use std::sync::Arc;

use super::{Example, Header, Style, example, header};
use crate::document::{Document, Place, Pointer};
use crate::schema::Schema;

/// The `content` of a body: media types in document order.
#[derive(Debug, Clone, Default)]
pub struct Content(pub Vec<MediaType>);

impl Content {
    /// Whether no media type is documented.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The media types in document order.
    pub fn iter(&self) -> impl Iterator<Item = &MediaType> {
        self.0.iter()
    }

    /// The documented media type that a concrete `Content-Type` falls under, the most specific one first:
    /// exact with equal parameters, exact, structured-syntax suffix range (`application/*+json`), `type/*`, `*/*`.
    ///
    /// Parameters of `content_type` that the document does not name are ignored.
    pub fn matching(&self, content_type: &str) -> Option<&MediaType> {
        self.0
            .iter()
            .filter_map(|media| Some((crate::codec::media::specificity(&media.name, content_type)?, media)))
            .max_by(|(left, _), (right, _)| left.cmp(right).then(std::cmp::Ordering::Greater))
            .map(|(_, media)| media)
    }
}

/// One media type of a body.
#[derive(Debug, Clone)]
pub struct MediaType {
    /// The media type or range as documented, for example `application/json` or `text/*`.
    pub name: String,
    /// The schema of the decoded body.
    pub schema: Option<Schema>,
    /// Its examples: `example`, then `examples`.
    pub examples: Vec<Example>,
    /// Serialisation of single properties (form and multipart bodies only), by property name.
    pub encoding: Vec<Encoding>,
    /// Where it stands in the document.
    pub pointer: Pointer,
}

/// How one property of a form or multipart body is serialised.
#[derive(Debug, Clone)]
pub struct Encoding {
    /// The property.
    pub property: String,
    /// The media type of the property's part.
    pub content_type: Option<String>,
    /// The style, as for query parameters.
    pub style: Option<Style>,
    /// Whether arrays and objects become several pairs.
    pub explode: Option<bool>,
    /// Whether reserved characters are sent as they stand.
    pub allow_reserved: bool,
    /// Headers of the property's part.
    pub headers: Vec<Header>,
}

/// The body of a request.
#[derive(Debug, Clone)]
pub struct RequestBody {
    /// Whether a request without a body breaks the contract.
    pub required: bool,
    /// What it may hold.
    pub content: Content,
    /// Where it stands in the document.
    pub pointer: Pointer,
}

pub(crate) fn read_content(document: &Arc<Document>, owner: &Place<'_>) -> Content {
    let Some(content) = owner.get("content") else { return Content::default() };
    // The specification has no reference here, and some documents have one all the same.
    let content = content.follow(document).unwrap_or(content);
    Content(
        content
            .members()
            .filter_map(|(name, place)| {
                let object = place.follow(document).ok()?;
                Some(MediaType {
                    name: name.trim().to_owned(),
                    schema: object.get("schema").map(|schema| Schema::new(document, schema.pointer)),
                    examples: example::read(document, &object),
                    encoding: read_encoding(document, &object),
                    pointer: object.pointer,
                })
            })
            .collect(),
    )
}

fn read_encoding(document: &Arc<Document>, owner: &Place<'_>) -> Vec<Encoding> {
    let Some(encodings) = owner.get("encoding") else { return Vec::new() };
    encodings
        .members()
        .map(|(property, object)| Encoding {
            property: property.to_owned(),
            content_type: object.text("contentType").map(str::to_owned),
            style: object.text("style").and_then(Style::of),
            explode: object.value.get("explode").and_then(serde_json::Value::as_bool),
            allow_reserved: object.is("allowReserved"),
            headers: header::read(document, &object),
        })
        .collect()
}
