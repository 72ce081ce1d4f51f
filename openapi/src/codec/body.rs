//! Bodies: which codec reads and writes a media type.

use std::borrow::Cow;

use bytes::Bytes;

use super::error::EncodeError;
use super::media::{self, Kind};
use super::scalar;
use super::values::Payload;
use super::{binary, form, json, text};
use crate::contract::MediaType;
use crate::schema::Direction;
use crate::schema::Shape;
use crate::violation::Part;

/// The bytes of a body of a documented media type.
///
/// # Errors
///
/// When the media type cannot express the value, or no codec writes it.
pub fn encode_body(media: &MediaType, payload: &Payload) -> Result<Bytes, EncodeError> {
    encode_as(&media.name, Some(media), payload)
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
        Kind::Json => Ok(json::encode(value)),
        Kind::Form => {
            let shape = Shape::of(media.and_then(|media| media.schema.as_ref()));
            let encodings = media.map_or(&[][..], |media| &media.encoding);
            form::encode(value, encodings, &shape).map_err(|why| why.at(Part::Body))
        }
        Kind::Text => text::encode(media_type, value).map_err(|why| why.at(Part::Body)),
        Kind::Binary => Ok(binary::encode(value)),
        Kind::Multipart | Kind::Xml | Kind::EventStream | Kind::JsonLines => {
            Err(EncodeError::new(Part::Body, format!("no codec writes {}", media::essence(media_type))))
        }
    }
}

/// What a body holds.
///
/// `content_type` is the one it was sent with, which says how to read it; `media` is the documented one it falls
/// under, whose schema says which types its texts are of. A media type that no codec reads stays bytes, and so does
/// a text whose schema admits neither text nor numbers (YAML, for one).
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
        Kind::Json => json::decode(body).map(Payload::Value),
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
        Kind::Text => {
            let shape = Shape::of(schema);
            if schema.is_some() && !shape.types().admits_scalar() {
                return Ok(Payload::Bytes(body.clone()));
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
        Kind::Multipart | Kind::Xml | Kind::EventStream | Kind::JsonLines | Kind::Binary => {
            Ok(Payload::Bytes(body.clone()))
        }
    }
}

/// A form body is ASCII once escaped; some clients leave UTF-8 unescaped, which is as good.
fn form_text(body: &Bytes) -> Result<Cow<'_, str>, String> {
    std::str::from_utf8(body)
        .map(Cow::Borrowed)
        .map_err(|error| format!("not a form: not UTF-8 at byte {}", error.valid_up_to()))
}
