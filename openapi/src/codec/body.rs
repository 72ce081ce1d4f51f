//! Bodies: which codec reads and writes a media type.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::Value;

use super::error::{EncodeError, Inexpressible, Loss};
use super::media::{self, Kind};
use super::multipart::Parts;
use super::scalar;
use super::stream::{events, lines};
use super::values::Payload;
use super::{binary, charset, form, json, multipart, text, xml, yaml};
use crate::contract::{Encodings, MediaType};
use crate::schema::{Direction, Schema, Shape, Types};
use crate::violation::Part;

/// The bytes of a body of a documented media type.
///
/// # Errors
///
/// When the media type cannot express the value, or no codec writes it.
pub fn encode_body(media: &MediaType, payload: &Payload) -> Result<Bytes, EncodeError> {
    encode_as(&media.name, Some(media), payload)
}

/// The `Content-Type` to send a body of a media type with.
///
/// That of a multipart body names the boundary that the body begins with, as every one that [`encode_body`] writes
/// does; any other is the media type.
pub fn content_type<'m>(media_type: &'m str, body: &[u8]) -> Cow<'m, str> {
    multipart::content_type(media_type, body)
}

/// Whether any value that is written under a media type is read again as itself.
pub(crate) fn reads_as_written(media_type: &str) -> bool {
    media::kind(media_type) == Kind::Json && charset::stated(media_type).is_none()
}

/// The bytes of a body of a media type that is perhaps not documented.
pub(super) fn encode_as(
    media_type: &str,
    media: Option<&MediaType>,
    payload: &Payload,
) -> Result<Bytes, EncodeError> {
    let value = match payload {
        Payload::Bytes(bytes) => return Ok(bytes.clone()),
        Payload::Value(value) => value,
    };
    match media::kind(media_type) {
        Kind::Json if charset::stated(media_type).is_none() => Ok(json::encode(value)),
        Kind::Json => charset::encode(media_type, &value.to_string()).map_err(|why| why.at(Part::Body)),
        Kind::Form => {
            let shape = Shape::of(media.and_then(|media| media.schema.as_ref()));
            let none = Encodings::default();
            let encodings = media.map_or(&none, |media| &media.encoding);
            form::encode(value, encodings, &shape).map_err(|why| why.at(Part::Body))
        }
        Kind::Multipart => {
            let shape = Shape::of(media.and_then(|media| media.schema.as_ref()));
            let none = Encodings::default();
            let encodings = media.map_or(&none, |media| &media.encoding);
            multipart::encode(media_type, value, encodings, &shape).map_err(|why| why.at(Part::Body))
        }
        Kind::Text => text::encode(media_type, value).map_err(|why| why.at(Part::Body)),
        Kind::Yaml if is_text(media.and_then(|media| media.schema.as_ref())) => {
            text::encode(media_type, value).map_err(|why| why.at(Part::Body))
        }
        Kind::Yaml => charset::encode(media_type, &yaml::encode(value)).map_err(|why| why.at(Part::Body)),
        Kind::Binary => Ok(binary::encode(value)),
        Kind::Xml | Kind::EventStream => {
            let schema = media.and_then(|media| media.schema.as_ref());
            encode_by_schema(media_type, schema, value, Loss::Refused).map_err(|why| why.at(Part::Body))
        }
        Kind::JsonLines => lines::encode(media_type, value)
            .and_then(|text| charset::encode(media_type, &text))
            .map_err(|why| why.at(Part::Body)),
    }
}

/// What a body holds.
///
/// `content_type` is the one it was sent with, which says how to read it; `media` is the documented one it falls
/// under, whose schema says which types its texts are of. A media type that no codec reads stays bytes, and so does
/// a text whose schema admits neither text nor numbers, unless it is JSON, and so do several parts whose schema knows
/// nothing but a text.
///
/// # Errors
///
/// What is wrong with the bytes, as a fragment: `not JSON: …`.
pub fn decode_body(
    media: &MediaType,
    content_type: &str,
    body: &Bytes,
    direction: Direction,
) -> Result<Payload, String> {
    let schema = media.schema.as_ref();
    match media::kind(content_type) {
        Kind::Json if charset::stated(content_type).is_none() && !is_wide(body) => {
            json::decode(body).map(Payload::Value)
        }
        Kind::Json => json::decode(charset::decode(content_type, body)?.as_bytes()).map(Payload::Value),
        Kind::Form => {
            let text = form_text(body)?;
            let shape = Shape::of(schema);
            let read = scalar::read_validly(
                schema,
                direction,
                |reading| form::decode(&text, &media.encoding, &shape, reading),
                |read| read.as_ref().ok(),
            );
            read.map(Payload::Value)
        }
        Kind::Multipart => {
            let parts = Parts::read(content_type, body)?;
            let shape = Shape::of(schema);
            if !parts.is_single() && shape.types().admits(Types::STRING) && !shape.types().admits_container()
            {
                // Such documents mean "some multipart text".
                return Ok(Payload::Bytes(body.clone()));
            }
            let read = scalar::read_validly(
                schema,
                direction,
                |reading| parts.value(content_type, &media.encoding, &shape, reading),
                |read| read.as_ref().ok(),
            );
            read.map(Payload::Value)
        }
        Kind::Yaml if !is_text(schema) => {
            yaml::decode(&charset::decode(content_type, body)?).map(Payload::Value)
        }
        Kind::Text | Kind::Yaml => {
            let shape = Shape::of(schema);
            if schema.is_some() && !shape.types().admits_scalar() {
                let text = text::read(content_type, body).ok();
                let value = text.and_then(|text| json::decode(text.as_bytes()).ok());
                return Ok(value.map_or_else(|| Payload::Bytes(body.clone()), Payload::Value));
            }
            let text = text::read(content_type, body)?;
            let value = scalar::read_validly(
                schema,
                direction,
                |reading| scalar::read(&text, &shape, reading),
                |value| Some(value),
            );
            Ok(Payload::Value(value))
        }
        Kind::Xml => xml::decode(content_type, body, schema, direction).map(Payload::Value),
        Kind::JsonLines => {
            lines::decode(content_type, &charset::decode(content_type, body)?).map(Payload::Value)
        }
        Kind::EventStream => {
            let text = charset::decode(content_type, body)?;
            let shape = Shape::of(schema);
            let read = scalar::read_validly(
                schema,
                direction,
                |reading| events::decode(&text, &shape, reading),
                |read| read.as_ref().ok(),
            );
            read.map(Payload::Value)
        }
        Kind::Binary => Ok(Payload::Bytes(body.clone())),
    }
}

/// The body of a notation in which not every value has one.
fn encode_by_schema(
    media_type: &str,
    schema: Option<&Schema>,
    value: &Value,
    loss: Loss,
) -> Result<Bytes, Inexpressible> {
    match media::kind(media_type) {
        Kind::Xml => xml::encode(media_type, value, schema, loss),
        _ => charset::encode(media_type, &events::encode(value, &Shape::of(schema), loss)?),
    }
}

/// What the body nearest to a value is read as: where the media type cannot express all of the value, some notations
/// can do without the rest.
pub(crate) fn settle(
    media: &MediaType,
    media_type: &str,
    value: &Value,
    direction: Direction,
) -> Option<Value> {
    let body = match media::kind(media_type) {
        Kind::Xml | Kind::EventStream => {
            encode_by_schema(media_type, media.schema.as_ref(), value, Loss::Accepted).ok()?
        }
        _ => encode_as(media_type, Some(media), &Payload::Value(value.clone())).ok()?,
    };
    match decode_body(media, &content_type(media_type, &body), &body, direction).ok()? {
        Payload::Value(value) => Some(value),
        Payload::Bytes(_) => None,
    }
}

/// Whether a schema speaks of the text itself: it admits strings, and nothing that a text could be the notation of.
fn is_text(schema: Option<&Schema>) -> bool {
    let types = Shape::of(schema).types();
    types.admits(Types::STRING) && !types.admits_container()
}

/// Whether a body starts with a byte-order mark of UTF-16.
fn is_wide(body: &[u8]) -> bool {
    body.starts_with(b"\xFE\xFF") || body.starts_with(b"\xFF\xFE")
}

/// A form body is ASCII once escaped; some clients leave UTF-8 unescaped, which is as good.
fn form_text(body: &Bytes) -> Result<Cow<'_, str>, String> {
    std::str::from_utf8(body)
        .map(Cow::Borrowed)
        .map_err(|error| format!("not a form: not UTF-8 at byte {}", error.valid_up_to()))
}
