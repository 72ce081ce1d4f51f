//! Header fields: always of style `simple`, and without escapes.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::error::{EncodeError, Inexpressible};
use super::escape::{Escape, Role};
use super::scalar;
use super::style::simple;
use super::{decode_content, parameter};
use crate::contract::{Content, Header};
use crate::schema::Shape;
use crate::schema::{Direction, Schema};
use crate::violation::Part;

/// The text of a header, the lines of a repeated one joined by commas (RFC 9110, section 5.3); nothing when it is
/// not there.
pub(super) fn joined<'h>(headers: &'h HeaderMap, name: &str) -> Option<Cow<'h, str>> {
    let mut lines = headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    let first = lines.next()?;
    Some(lines.fold(first, |joined, line| Cow::Owned(format!("{joined}, {line}"))))
}

/// The value of a response header; nothing when it is not there.
///
/// # Errors
///
/// When a `content`-typed header does not hold what its media type says.
pub fn decode_header(header: &Header, headers: &HeaderMap) -> Result<Option<Value>, String> {
    let Some(raw) = joined(headers, &header.name) else { return Ok(None) };
    if let Some(content) = &header.content {
        return decode_content(content, &raw).map(Some);
    }
    let schema = value_schema(header);
    let shape = Shape::of(schema);
    Ok(Some(scalar::read_validly(
        schema,
        Direction::Response,
        |reading| simple::decode(raw.trim(), header.explode, Escape::Header, &shape, reading),
        |value: &Value| Some(value),
    )))
}

/// The field value that a response header is written as.
///
/// # Errors
///
/// When the header cannot hold the value.
pub fn encode_header(header: &Header, value: &Value) -> Result<HeaderValue, EncodeError> {
    let part = || Part::Header(header.name.clone());
    let shape = Shape::of(value_schema(header));
    let text =
        encode_text(value, header.content.as_ref(), header.explode, &shape).map_err(|why| why.at(part()))?;
    HeaderValue::from_str(&text)
        .or_else(|_| HeaderValue::from_bytes(text.as_bytes()))
        .map_err(|_| Inexpressible("no header field can hold it").at(part()))
}

pub(crate) fn value_schema(header: &Header) -> Option<&Schema> {
    header.schema.as_ref().or_else(|| header.content.as_ref()?.iter().next()?.schema.as_ref())
}

/// The text of a header field.
pub(super) fn encode_text(
    value: &Value,
    content: Option<&Content>,
    explode: bool,
    shape: &Shape<'_>,
) -> Result<String, Inexpressible> {
    match content {
        Some(content) => {
            let mut text = String::new();
            let written = parameter::encode_content(content, value);
            Escape::Header.write(&written, Role::Whole, &mut text).map(|()| text)
        }
        None => simple::encode(value, explode, Escape::Header, shape),
    }
}
