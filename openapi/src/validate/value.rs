//! A decoded value held to its schema.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::codec::CodingError;
use crate::codec::media::{self, Kind};
use crate::contract::{Content, MediaType};
use crate::schema::{Direction, Schema, Secrecy};
use crate::violation::{Part, Violation};

/// What a schema refuses about a value, as violations of a part of a message.
pub(super) fn violations(
    part: impl Fn() -> Part,
    schema: Option<&Schema>,
    value: &Value,
    direction: Direction,
    secrecy: Secrecy,
) -> Vec<Violation> {
    let Some(schema) = schema else { return Vec::new() };
    schema
        .explain(value, direction, secrecy)
        .into_iter()
        .map(|found| Violation {
            part: part(),
            rule: found.keyword.into(),
            pointer: found.instance_pointer,
            document_pointer: Some(found.document_pointer),
            message: found.message,
        })
        .collect()
}

/// What the schema of a body refuses about its value; of a sequence it is told about which item.
pub(super) fn body_violations(
    media: &MediaType,
    content_type: &str,
    value: &Value,
    direction: Direction,
    secrecy: Secrecy,
) -> Vec<Violation> {
    let mut found = violations(|| Part::Body, media.schema.as_ref(), value, direction, secrecy);
    if found.is_empty() {
        return found;
    }
    let is_sequence =
        matches!(media::kind(content_type), Kind::JsonLines | Kind::EventStream | Kind::Multipart);
    if is_sequence && value.is_array() {
        for violation in &mut found {
            let index = violation.pointer.split('/').nth(1).and_then(|index| index.parse::<usize>().ok());
            if let Some(index) = index {
                violation.message = format!("item {}: {}", index + 1, violation.message);
            }
        }
    }
    found
}

/// The documented media type that a `Content-Type` falls under, or the violation that it falls under none.
pub(super) fn documented_media<'c>(
    content: &'c Content,
    content_type: Option<&str>,
    headers: &HeaderMap,
) -> Result<&'c MediaType, Box<Violation>> {
    let refuse = |rule: &'static str, found: &str| {
        let message = format!("{found}; documented are: {}", names(content));
        Box::new(Violation::new(Part::ContentType, rule, message))
    };
    let Some(content_type) = content_type else {
        return Err(if headers.contains_key(CONTENT_TYPE) {
            refuse("unreadable", "it is not text")
        } else {
            refuse("missing", "there is a body without a content type")
        });
    };
    let found = content.matching(content_type);
    if let Some(media) = found.filter(|media| media.name == content_type && !content_type.contains('*')) {
        return Ok(media);
    }
    // A document may name what is no media type itself.
    let is_named = || {
        found.is_some_and(|media| {
            media::essence(&media.name).eq_ignore_ascii_case(media::essence(content_type))
        })
    };
    if !media::is_media_type(content_type) && (content_type.contains('*') || !is_named()) {
        return Err(refuse("unreadable", &format!("`{}` is no media type", content_type.escape_debug())));
    }
    found.ok_or_else(|| {
        let essence = media::essence(content_type);
        // Where the type itself is documented, its parameters are why.
        let is_documented =
            content.iter().any(|media| media::essence(&media.name).eq_ignore_ascii_case(essence));
        let sent = if is_documented { content_type } else { essence };
        refuse("undocumented", &format!("`{}` is not documented", sent.escape_debug()))
    })
}

/// The violation that a body's content codings cannot be undone.
pub(super) fn coding_violation(error: &CodingError) -> Violation {
    let (part, rule) = match error {
        error if error.is_unknown() => (Part::ContentEncoding, "unknown"),
        error if error.is_too_large() => (Part::Body, "too-large"),
        _ => (Part::Body, "unreadable"),
    };
    Violation::new(part, rule, error.to_string())
}

/// The documented media types, for messages.
pub(super) fn names(content: &Content) -> String {
    let names: Vec<&str> = content.iter().map(|media| media.name.as_str()).collect();
    names.join(", ")
}
