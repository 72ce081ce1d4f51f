//! Header fields: of style `simple`, or separated as 2.0 has it, and without escapes.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::content as media_content;
use super::error::{EncodeError, Inexpressible};
use super::escape::{Escape, Role};
use super::scalar::{self, Reading};
use super::style::{Delimiter, delimited, simple};
use crate::contract::{Content, Header, Style};
use crate::schema::{Direction, Schema, Shape};
use crate::violation::Part;

/// The text of a header, the lines of a repeated one joined by commas (RFC 9110, section 5.3); nothing when it is
/// not there. Bytes that are not UTF-8 are Latin-1, as they once were (section 5.5).
pub(super) fn joined<'h>(headers: &'h HeaderMap, name: &str) -> Option<Cow<'h, str>> {
    let mut lines = headers.get_all(name).iter().map(|line| match std::str::from_utf8(line.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => line.as_bytes().iter().copied().map(char::from).collect(),
    });
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
        return media_content::decode(content, &raw, Direction::Response).map(Some);
    }
    let schema = value_schema(header);
    let shape = Shape::of(schema);
    let is_each_a_cookie = is_never_combined(header) && shape.is_list() && !raw.is_empty();
    let read = |reading: &Reading| match is_each_a_cookie {
        true => {
            let lines = headers.get_all(&header.name).iter().enumerate();
            let item = |(index, line): (usize, &HeaderValue)| {
                let text = String::from_utf8_lossy(line.as_bytes());
                decode_text(&text, header.style, header.explode, &shape.item(index), reading)
            };
            Value::Array(lines.map(item).collect())
        }
        false => decode_text(&raw, header.style, header.explode, &shape, reading),
    };
    Ok(Some(scalar::read_validly(schema, Direction::Response, read, |value: &Value| Some(value))))
}

/// Whether several fields of the name cannot be written as one (RFC 9110, section 5.3).
fn is_never_combined(header: &Header) -> bool {
    header.content.is_none() && header.name.eq_ignore_ascii_case("set-cookie")
}

/// The fields that a response header is written as: one, but for the cookies of a `Set-Cookie` that is an array, of
/// which each is a field of its own.
///
/// # Errors
///
/// As for [`encode_header`].
pub fn encode_header_fields(header: &Header, value: &Value) -> Result<Vec<HeaderValue>, EncodeError> {
    match value {
        // No cookie at all is an empty field, so that what is required is there.
        Value::Array(cookies) if is_never_combined(header) && !cookies.is_empty() => {
            cookies.iter().map(|cookie| encode_header(header, cookie)).collect()
        }
        _ => Ok(vec![encode_header(header, value)?]),
    }
}

/// The field value that a response header is written as.
///
/// # Errors
///
/// When the header cannot hold the value.
pub fn encode_header(header: &Header, value: &Value) -> Result<HeaderValue, EncodeError> {
    let part = || Part::Header(header.name.clone());
    let shape = Shape::of(value_schema(header));
    let text = encode_text(value, header.content.as_ref(), header.style, header.explode, &shape)
        .map_err(|why| why.at(part()))?;
    HeaderValue::from_str(&text)
        .or_else(|_| HeaderValue::from_bytes(text.as_bytes()))
        .map_err(|_| Inexpressible("no header field can hold it").at(part()))
}

pub(crate) fn value_schema(header: &Header) -> Option<&Schema> {
    header.schema.as_ref().or_else(|| header.content.as_ref()?.iter().next()?.schema.as_ref())
}

/// The value of the text of a header field.
pub(super) fn decode_text(
    raw: &str,
    style: Style,
    explode: bool,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Value {
    match Delimiter::of(style) {
        Some(delimiter) => delimited::decode_text(raw.trim(), delimiter, Escape::Header, shape, reading),
        None => simple::decode(raw.trim(), explode, Escape::Header, shape, reading),
    }
}

/// The text of a header field.
pub(super) fn encode_text(
    value: &Value,
    content: Option<&Content>,
    style: Style,
    explode: bool,
    shape: &Shape<'_>,
) -> Result<String, Inexpressible> {
    match (content, Delimiter::of(style)) {
        (Some(content), _) => {
            let mut text = String::new();
            let written = media_content::encode(content, value)?;
            Escape::Header.write(&written, Role::Whole, &mut text).map(|()| text)
        }
        (None, Some(delimiter)) => delimited::encode_text(value, delimiter, Escape::Header, shape),
        (None, None) => simple::encode(value, explode, Escape::Header, shape),
    }
}
