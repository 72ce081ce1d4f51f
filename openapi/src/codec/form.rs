//! `application/x-www-form-urlencoded` bodies.
//!
//! | a property | is written as |
//! |---|---|
//! | that holds bytes | its bytes |
//! | with `style`, `explode` or `allowReserved` in its encoding | a query parameter of that style |
//! | with a structured `contentType` in its encoding (JSON, XML, YAML, a form) | a body of that media type in one pair; of an array one pair an item, unless it is JSON |
//! | an object | JSON in one pair (OpenAPI 3.0.4, section 4.8.15) |
//! | an array | one pair an item |
//! | anything else | its text |
//!
//! Of several content types the first that suits what the schema admits counts. An array that is to be JSON is read
//! from pairs of one item each as well.
//!
//! The specification knows no form but that of an object. Where the schema admits none, the body is one pair with an
//! empty name, or one an item, as some servers have it; what has no name at all is read as well.

use std::borrow::Cow;

use bytes::Bytes;
use indexmap::IndexMap;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::error::Inexpressible;
use super::escape::{self, Escape, Role};
use super::media::{self, Kind};
use super::query::{QueryPairs, QueryWriter};
use super::scalar::{self, Reading};
use super::style::{PairStyle, form};
use super::{Loss, binary, json, xml, yaml};
use crate::contract::{Encoding, Encodings, Style};
use crate::schema::{Shape, Types};

/// The name of what is no member.
const NAMELESS: &str = "";

/// How a property is written.
enum Way<'w> {
    Raw,
    Styled(PairStyle, Escape),
    /// The text of a body of this media type.
    Body(&'w str, &'w Encodings),
    Plain,
}

fn way<'w>(encoding: Option<&'w Encoding>, property: &Shape<'_>) -> Way<'w> {
    let types = property.types();
    if property.held().is_binary && !types.is_any() && !types.admits_container() {
        return Way::Raw;
    }
    let Some(encoding) = encoding else { return Way::Plain };
    if encoding.has_style() {
        let style = encoding.style.unwrap_or(Style::Form);
        let explode = encoding.explode.unwrap_or(style.explodes_by_default());
        let escape = if encoding.allow_reserved { Escape::QueryReserved } else { Escape::Form };
        return Way::Styled(PairStyle { style, explode }, escape);
    }
    let is_structured = |media_type: &&str| match media::kind(media_type) {
        Kind::Json => true,
        // Elsewhere a string is the text itself.
        Kind::Xml | Kind::Yaml => types.is_any() || !types.admits(Types::STRING),
        Kind::Form => types.admits(Types::OBJECT),
        _ => false,
    };
    let mut listed = encoding.content_types();
    let chosen = if types.admits_container() { listed.find(is_structured) } else { listed.next() };
    match chosen.filter(is_structured) {
        Some(media_type) => Way::Body(media_type, &encoding.inner),
        None => Way::Plain,
    }
}

/// The body of an object.
pub(super) fn encode(
    value: &Value,
    encodings: &Encodings,
    shape: &Shape<'_>,
) -> Result<Bytes, Inexpressible> {
    let mut out = QueryWriter::new("&");
    if !shape.types().admits(Types::OBJECT) {
        form::encode(NAMELESS, value, true, Escape::Form, shape, &mut out)?;
        return Ok(Bytes::from(out.into_text()));
    }
    let Value::Object(members) = value else {
        return Err(Inexpressible("a form body holds an object's members and nothing else"));
    };
    for (name, value) in members {
        let property = shape.property(name);
        match (way(encodings.named(name), &property), value) {
            (Way::Styled(style, escape), _) => style.encode(name, value, escape, &property, &mut out)?,
            (Way::Body(media_type, inner), Value::Array(items)) if media::kind(media_type) != Kind::Json => {
                if items.is_empty() {
                    return Err(Inexpressible("an empty array cannot be told from an absent one"));
                }
                for (index, item) in items.iter().enumerate() {
                    let text = body_text(media_type, item, inner, &property.item(index))?;
                    out.pair(name, &text, Role::Whole, Escape::Form)?;
                }
            }
            (Way::Body(media_type, inner), value) => {
                let text = body_text(media_type, value, inner, &property)?;
                out.pair(name, &text, Role::Whole, Escape::Form)?;
            }
            (Way::Raw, Value::String(text)) => out.bytes(name, &binary::to_bytes(text)?)?,
            (Way::Raw | Way::Plain, Value::Array(_)) => {
                form::encode(name, value, true, Escape::Form, &property, &mut out)?
            }
            (Way::Raw | Way::Plain, other) => {
                out.pair(name, &scalar::write(other, &property)?, Role::Whole, Escape::Form)?
            }
        }
    }
    Ok(Bytes::from(out.into_text()))
}

/// The text of a value in the notation of a structured media type.
fn body_text(
    media_type: &str,
    value: &Value,
    inner: &Encodings,
    shape: &Shape<'_>,
) -> Result<String, Inexpressible> {
    // Characters are escaped as UTF-8, whatever charset is named.
    let media_type = media::essence(media_type);
    let bytes = match media::kind(media_type) {
        Kind::Xml => xml::encode_shaped(media_type, value, shape, Loss::Refused)?,
        Kind::Form => encode(value, inner, shape)?,
        Kind::Yaml => return Ok(yaml::encode(value)),
        _ => return Ok(value.to_string()),
    };
    String::from_utf8(bytes.into()).map_err(|_| Inexpressible("its media type writes it as bytes"))
}

/// The object of a body.
///
/// # Errors
///
/// When a field is not escaped soundly, or not what its content type says.
pub(super) fn decode(
    text: &str,
    encodings: &Encodings,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Result<Value, String> {
    let pairs = QueryPairs::read(text)?;
    let mut names = text.split('&').map(|piece| piece.split_once('=').map_or(piece, |(name, _)| name));
    if let Some(fault) = names.find_map(escape::fault) {
        return Err(format!("the name of a field: {fault}"));
    }
    if !shape.types().admits(Types::OBJECT) {
        return decode_nameless(text, shape, reading);
    }
    let mut members = Map::new();
    let declared = shape.property_names();
    let is_taken = |name: &str| declared.contains(&name) || encodings.named(name).is_some();
    for encoding in &encodings.by_name {
        let name = encoding.property.as_str();
        let property = shape.property(name);
        if let Way::Styled(style, escape) = way(Some(encoding), &property) {
            let found = style.decode(name, &pairs, escape, &property, reading, &is_taken);
            if let Some(fault) = pairs.fault() {
                return Err(at(name, fault));
            }
            members.extend(found.map(|value| (name.to_owned(), value)));
        }
    }
    let mut named: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for (name, value) in pairs.unread() {
        named.entry(name).or_default().push(value);
    }
    for (name, values) in named {
        let value = decode_field(&values, encodings.named(name), &shape.property(name), reading)
            .map_err(|why| at(name, why))?;
        members.insert(name.to_owned(), value);
    }
    Ok(Value::Object(members))
}

/// The value of a body that is no object.
fn decode_nameless(text: &str, shape: &Shape<'_>, reading: &Reading) -> Result<Value, String> {
    if let Some(fault) = escape::fault(text) {
        return Err(fault);
    }
    if !shape.types().admits_items() {
        return Ok(scalar::read(&Escape::Form.read(without_name(text)), shape, reading));
    }
    let values: Vec<&str> = text.split('&').filter(|piece| !piece.is_empty()).map(without_name).collect();
    Ok(form::decode_values(&values, true, Escape::Form, shape, reading))
}

fn without_name(piece: &str) -> &str {
    piece.strip_prefix('=').unwrap_or(piece)
}

fn at(name: &str, why: String) -> String {
    format!("the field `{}`: {why}", name.escape_debug())
}

fn decode_field(
    values: &[&str],
    encoding: Option<&Encoding>,
    property: &Shape<'_>,
    reading: &Reading,
) -> Result<Value, String> {
    let way = way(encoding, property);
    let fault = match way {
        Way::Raw => values.iter().find_map(|raw| escape::malformed(raw)),
        _ => values.iter().find_map(|raw| escape::fault(raw)),
    };
    if let Some(fault) = fault {
        return Err(fault);
    }
    Ok(match (way, values) {
        (Way::Raw, [raw]) => Value::String(raw_text(raw)),
        (Way::Body(media_type, inner), [raw]) if media::kind(media_type) == Kind::Json => {
            match decode_body(media_type, raw, inner, property, reading)? {
                item if property.is_list() && !item.is_array() && !item.is_null() => Value::Array(vec![item]),
                value => value,
            }
        }
        (Way::Body(media_type, inner), [raw]) if !property.types().admits_items() => {
            decode_body(media_type, raw, inner, property, reading)?
        }
        (Way::Body(media_type, inner), values) => {
            let items = values.iter().enumerate();
            let items =
                items.map(|(index, raw)| decode_body(media_type, raw, inner, &property.item(index), reading));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        (_, [raw]) if !property.types().admits_items() => {
            scalar::read(&Escape::Form.read(raw), property, reading)
        }
        _ => form::decode_values(values, true, Escape::Form, property, reading),
    })
}

/// The value of an escaped text in the notation of a structured media type. What is no JSON is a string, which some
/// clients send without its quotes.
fn decode_body(
    media_type: &str,
    raw: &str,
    inner: &Encodings,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Result<Value, String> {
    let media_type = media::essence(media_type);
    let text = Escape::Form.read(raw);
    match media::kind(media_type) {
        Kind::Xml => xml::decode_shaped(media_type, text.as_bytes(), shape, reading),
        Kind::Form => decode(&text, inner, shape, reading),
        Kind::Yaml => yaml::decode(&text),
        _ => Ok(json::decode(text.as_bytes()).unwrap_or_else(|_| Value::String(text.into_owned()))),
    }
}

fn raw_text(raw: &str) -> String {
    let spaced: Cow<'_, str> = if raw.contains('+') { raw.replace('+', " ").into() } else { raw.into() };
    let bytes: Vec<u8> = percent_decode_str(&spaced).collect();
    binary::to_text(&bytes).into_owned()
}
