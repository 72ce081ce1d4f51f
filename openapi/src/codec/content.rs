//! Parameters and headers that have a media type of their own, and the query string as a whole (OpenAPI 3.0.3,
//! section 4.7.12.2, `content`; 3.2.0, section 4.12.2, `querystring`).
//!
//! | media type | text |
//! |---|---|
//! | JSON, XML, YAML, `text/*`, a form, a sequence | a body of that media type, in Unicode whatever `charset` says |
//! | anything else | the value's own text, and JSON where it is an array or object |
//!
//! The text is then escaped like any other value in its place. Only a form that is the whole query string is not,
//! since its own escapes are those of a query.

use bytes::Bytes;
use serde_json::Value;

use super::error::Inexpressible;
use super::escape::{Escape, Role};
use super::media::{self, Kind};
use super::scalar::{self, Reading};
use super::stream::{events, lines};
use super::values::Payload;
use super::{Loss, body, form, text, xml, yaml};
use crate::contract::{Content, MediaType};
use crate::schema::{Direction, Shape, Types};

/// The text of a value, before it is escaped.
pub(super) fn encode(content: &Content, value: &Value) -> Result<String, Inexpressible> {
    let Some(media) = content.iter().next() else { return Ok(plain(value)) };
    // Characters are not bytes yet.
    let media_type = media::essence(&media.name);
    let schema = media.schema.as_ref();
    let bytes = match media::kind(media_type) {
        Kind::Json => return Ok(value.to_string()),
        Kind::Form => form::encode(value, &media.encoding, &Shape::of(schema))?,
        Kind::Xml => xml::encode(media_type, value, schema, Loss::Refused)?,
        Kind::Yaml if !Shape::of(schema).types().admits(Types::STRING) => return Ok(yaml::encode(value)),
        Kind::Text | Kind::Yaml => text::encode(media_type, value)?,
        Kind::JsonLines => return lines::encode(media_type, value),
        Kind::EventStream => return events::encode(value, &Shape::of(schema), Loss::Refused),
        _ => return Ok(plain(value)),
    };
    String::from_utf8(bytes.into()).map_err(|_| Inexpressible("its media type writes it as bytes"))
}

/// The value of a text that is no longer escaped.
///
/// # Errors
///
/// When it is not what the media type says.
pub(crate) fn decode(content: &Content, text: &str, direction: Direction) -> Result<Value, String> {
    let as_text = || Value::String(text.to_owned());
    let Some(media) = content.iter().next() else { return Ok(as_text()) };
    let media_type = media::essence(&media.name);
    let body = Bytes::copy_from_slice(text.as_bytes());
    match body::decode_body(media, media_type, &body, direction)? {
        Payload::Value(value) => Ok(value),
        Payload::Bytes(_) => {
            let schema = media.schema.as_ref();
            let shape = Shape::of(schema);
            let read = |reading: &Reading| scalar::read(text, &shape, reading);
            Ok(scalar::read_validly(schema, direction, read, |value| Some(value)))
        }
    }
}

/// The whole query string that says a value.
pub(super) fn encode_query_string(content: &Content, value: &Value) -> Result<String, Inexpressible> {
    let text = encode(content, value)?;
    if content.iter().next().is_some_and(is_form) {
        return Ok(text);
    }
    let mut escaped = String::with_capacity(text.len());
    Escape::Query.write(&text, Role::Whole, &mut escaped)?;
    Ok(escaped)
}

/// The value of a whole query string.
///
/// # Errors
///
/// When it is not what the media type says.
pub(crate) fn decode_query_string(content: &Content, raw: &str) -> Result<Value, String> {
    match content.iter().next() {
        Some(media) if is_form(media) => decode(content, raw, Direction::Request),
        // A plus is a space in forms alone.
        _ => decode(content, &Escape::Path.read(raw), Direction::Request),
    }
}

fn is_form(media: &MediaType) -> bool {
    media::kind(&media.name) == Kind::Form
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
