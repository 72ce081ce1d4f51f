//! What a schema says of strings that hold something else: a file, or bytes as text.

use serde_json::Value;

use super::{Shape, Visit};
use crate::document::Version;
use crate::schema::Types;

/// What the strings of a schema hold (OpenAPI 3.0.3, section 4.7.24.2 and 3.1.0, section 4.8.24.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Held<'s> {
    /// Bytes as they are: `format: binary`, the type `file` of 2.0, or from 3.1 on a `contentMediaType` without a
    /// `contentEncoding`.
    pub(crate) is_binary: bool,
    /// `contentEncoding`: how bytes are written as text.
    pub(crate) encoding: Option<&'s str>,
    /// `contentMediaType`.
    pub(crate) media_type: Option<&'s str>,
}

impl<'s> Shape<'s> {
    /// What the value holds where it is a string.
    pub(crate) fn held(&self) -> Held<'s> {
        let mut held = Held::default();
        Visit::of(self).each(&self.node, &mut |schema| {
            let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
            held.is_binary |= text("format") == Some("binary") || text("type") == Some("file");
            held.encoding = held.encoding.or_else(|| text("contentEncoding"));
            held.media_type = held.media_type.or_else(|| text("contentMediaType"));
        });
        held.is_binary |= held.media_type.is_some() && held.encoding.is_none();
        held
    }

    /// Whether an array or `null` is all it can be, and said so.
    pub(crate) fn is_list(&self) -> bool {
        let types = self.types();
        types.admits(Types::ARRAY) && !types.admits_scalar() && !types.admits(Types::OBJECT)
    }

    /// What separates the items of an array inside another one (`collectionFormat` of an Items Object of 2.0); the
    /// later editions have no notation for one.
    pub(crate) fn inner_separator(&self) -> Option<char> {
        self.document.filter(|document| document.version() == Version::V2_0)?;
        if !self.is_list() {
            return None;
        }
        let mut format = None;
        Visit::of(self).each(&self.node, &mut |schema| {
            format = format.or_else(|| schema.get("collectionFormat").and_then(Value::as_str));
        });
        Some(match format {
            Some("ssv") => ' ',
            Some("tsv") => '\t',
            Some("pipes") => '|',
            _ => ',',
        })
    }

    /// Whether the document is of 3.1 or later, where a schema that says nothing of a type is one of bytes.
    pub(crate) fn is_untyped_binary(&self) -> bool {
        self.types().is_any()
            && self.document.is_some_and(|document| document.version().has_json_schema_dialect())
    }
}
