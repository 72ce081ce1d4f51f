//! Encoding Object (OpenAPI 3.0.3, section 4.7.15; by position since 3.2.0, section 4.15).

use std::sync::Arc;

use serde_json::Value;

use super::{Header, Style, header};
use crate::document::{Document, Place, Version};

/// How the parts of a form or multipart body are serialised.
#[derive(Debug, Clone, Default)]
pub struct Encodings {
    /// `encoding`: single properties, by name.
    pub by_name: Vec<Encoding>,
    /// `prefixEncoding`: the first parts of a body whose parts have no names.
    pub prefix: Vec<Encoding>,
    /// `itemEncoding`: the parts that come after those.
    pub item: Option<Box<Encoding>>,
}

impl Encodings {
    /// The encoding of a property.
    pub fn named(&self, property: &str) -> Option<&Encoding> {
        self.by_name.iter().find(|encoding| encoding.property == property)
    }

    /// The encoding of a part by its position.
    pub fn at(&self, index: usize) -> Option<&Encoding> {
        self.prefix.get(index).or(self.item.as_deref())
    }
}

/// How one property or part is serialised.
#[derive(Debug, Clone, Default)]
pub struct Encoding {
    /// The property; empty for a part without a name.
    pub property: String,
    /// The media type of its part: one, or several and ranges with commas between them.
    pub content_type: Option<String>,
    /// The style, as for query parameters.
    pub style: Option<Style>,
    /// Whether arrays and objects become several pairs.
    pub explode: Option<bool>,
    /// Whether reserved characters are sent as they stand.
    pub allow_reserved: bool,
    /// Headers of its part.
    pub headers: Vec<Header>,
    /// How what is inside the part is serialised, where that is a form or multipart body itself (3.2).
    pub inner: Encodings,
}

/// How deep encodings nest; what is deeper is not read.
const MAX_DEPTH: usize = 8;

/// Reads the encodings of a media type or of another encoding.
pub(super) fn read(document: &Arc<Document>, owner: &Place<'_>) -> Encodings {
    read_within(document, owner, MAX_DEPTH)
}

fn read_within(document: &Arc<Document>, owner: &Place<'_>, depth: usize) -> Encodings {
    if depth == 0 {
        return Encodings::default();
    }
    let read = |property: &str, place: &Place<'_>| {
        let object = place.follow(document).unwrap_or_else(|_| place.clone());
        Encoding {
            property: property.to_owned(),
            content_type: object.text("contentType").map(str::to_owned),
            style: object.text("style").and_then(Style::of),
            explode: object.value.get("explode").and_then(Value::as_bool),
            allow_reserved: object.is("allowReserved"),
            headers: header::read(document, &object),
            inner: read_within(document, &object, depth - 1),
        }
    };
    let named = owner.get("encoding");
    let prefix = owner.get("prefixEncoding");
    Encodings {
        by_name: named.iter().flat_map(Place::members).map(|(name, place)| read(name, &place)).collect(),
        prefix: prefix.iter().flat_map(Place::items).map(|place| read("", &place)).collect(),
        item: owner.get("itemEncoding").map(|place| Box::new(read("", &place))),
    }
}

impl Encoding {
    /// The media types and ranges of its part, in order; none where the document leaves it to the schema.
    pub fn content_types(&self) -> impl Iterator<Item = &str> {
        let listed = self.content_type.iter().flat_map(|listed| listed.split(','));
        listed.map(str::trim).filter(|range| !range.is_empty())
    }

    /// Whether a style is asked for, and not a media type. In multipart bodies 3.0 does not know styles, while the
    /// form fields of 2.0 have their `collectionFormat` there too.
    pub(crate) fn has_style(&self) -> bool {
        self.style.is_some() || self.explode.is_some() || self.allow_reserved
    }

    /// The encoding without its style, where the edition has none for multipart bodies.
    pub(super) fn in_multipart(mut self, version: Version) -> Self {
        if version == Version::V3_0 {
            (self.style, self.explode, self.allow_reserved) = (None, None, false);
        }
        self
    }
}
