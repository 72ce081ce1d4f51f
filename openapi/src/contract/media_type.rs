//! Media Type and Request Body Objects (OpenAPI 3.0.3, sections 4.7.13 and 4.7.14).

use std::sync::Arc;

use super::{Encodings, Example, encoding, example, stream};
use crate::codec::media;
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
            .filter_map(|media| Some((media::specificity(&media.name, content_type)?, media)))
            .max_by(|(left, _), (right, _)| left.cmp(right).then(std::cmp::Ordering::Greater))
            .map(|(_, media)| media)
    }
}

/// One media type of a body.
#[derive(Debug, Clone)]
pub struct MediaType {
    /// The media type or range as documented, for example `application/json` or `text/*`.
    pub name: String,
    /// The schema of the decoded body; of a sequence (JSON lines, server-sent events) it is an array's.
    pub schema: Option<Schema>,
    /// Its examples: `example`, then `examples`.
    pub examples: Vec<Example>,
    /// How its parts are serialised (form and multipart bodies only).
    pub encoding: Encodings,
    /// Where it stands in the document.
    pub pointer: Pointer,
}

impl MediaType {
    /// A media type that nothing documents, so that nothing is known of it but its name.
    pub fn undocumented(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            schema: None,
            examples: Vec::new(),
            encoding: Encodings::default(),
            pointer: Pointer::root(),
        }
    }
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
                let name = name.trim().to_owned();
                let mut media = MediaType {
                    schema: body_schema(document, &name, &object),
                    examples: Vec::new(),
                    encoding: encodings(document, &name, &object),
                    pointer: object.pointer.clone(),
                    name,
                };
                media.examples = example::read_bodies(document, &media, &object);
                Some(media)
            })
            .collect(),
    )
}

/// The schema of the whole body.
pub(super) fn body_schema(document: &Arc<Document>, name: &str, object: &Place<'_>) -> Option<Schema> {
    let (schema, item) = (object.get("schema"), object.get("itemSchema"));
    if stream::is_sequence(name) || (is_multipart(name) && item.is_some()) {
        return stream::body_schema(document, name, &object.pointer, schema.as_ref(), item.as_ref());
    }
    schema.map(|schema| Schema::new(document, schema.pointer))
}

fn encodings(document: &Arc<Document>, name: &str, object: &Place<'_>) -> Encodings {
    let mut encodings = encoding::read(document, object);
    if is_multipart(name) {
        let version = document.version();
        encodings.by_name =
            encodings.by_name.into_iter().map(|encoding| encoding.in_multipart(version)).collect();
    }
    encodings
}

fn is_multipart(name: &str) -> bool {
    media::kind(name) == media::Kind::Multipart
}
