//! `application/x-www-form-urlencoded` bodies.
//!
//! | a property | is written as |
//! |---|---|
//! | with `style`, `explode` or `allowReserved` in its encoding | a query parameter of that style |
//! | with a JSON `contentType` in its encoding | JSON in one pair |
//! | an object | JSON in one pair (OpenAPI 3.0.4, section 4.8.15) |
//! | an array | one pair an item |
//! | anything else | its text |

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::error::Inexpressible;
use super::escape::{Escape, Role};
use super::media;
use super::query::{QueryPairs, QueryWriter};
use super::scalar::{self, Reading};
use super::style::{PairStyle, form};
use crate::contract::{Encoding, Encodings, Style};
use crate::schema::Shape;

/// How a property is written.
enum Way {
    Json,
    Styled(PairStyle, Escape),
    Plain,
}

fn way(encoding: Option<&Encoding>) -> Way {
    let Some(encoding) = encoding else { return Way::Plain };
    if encoding.has_style() {
        let style = encoding.style.unwrap_or(Style::Form);
        let explode = encoding.explode.unwrap_or(style == Style::Form);
        let escape = if encoding.allow_reserved { Escape::QueryReserved } else { Escape::Form };
        return Way::Styled(PairStyle { style, explode }, escape);
    }
    match &encoding.content_type {
        Some(media_type) if media::kind(media_type) == media::Kind::Json => Way::Json,
        _ => Way::Plain,
    }
}

/// The body of an object.
pub(super) fn encode(
    value: &Value,
    encodings: &Encodings,
    shape: &Shape<'_>,
) -> Result<Bytes, Inexpressible> {
    let Value::Object(members) = value else {
        return Err(Inexpressible("a form body holds an object's members and nothing else"));
    };
    let mut out = QueryWriter::new("&");
    for (name, value) in members {
        let property = shape.property(name);
        match way(encodings.named(name)) {
            Way::Json => out.pair(name, &value.to_string(), Role::Whole, Escape::Form)?,
            Way::Styled(style, escape) => style.encode(name, value, escape, &property, &mut out)?,
            Way::Plain => match value {
                Value::Array(_) => form::encode(name, value, true, Escape::Form, &property, &mut out)?,
                other => out.pair(name, &scalar::write(other, &property)?, Role::Whole, Escape::Form)?,
            },
        }
    }
    Ok(Bytes::from(out.into_text()))
}

/// The object of a body.
pub(super) fn decode(
    text: &str,
    encodings: &Encodings,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Result<Value, String> {
    let pairs = QueryPairs::read(text)?;
    let mut members = Map::new();
    let declared = shape.property_names();
    let is_taken = |name: &str| declared.contains(&name) || encodings.named(name).is_some();
    for encoding in &encodings.by_name {
        if let Way::Styled(style, escape) = way(Some(encoding)) {
            let name = encoding.property.as_str();
            let property = shape.property(name);
            let found = style.decode(name, &pairs, escape, &property, reading, &is_taken);
            members.extend(found.map(|value| (name.to_owned(), value)));
        }
    }
    let mut named: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for (name, value) in pairs.unread() {
        named.entry(name).or_default().push(value);
    }
    for (name, values) in named {
        let property = shape.property(name);
        let value = match (way(encodings.named(name)), values.as_slice()) {
            (Way::Json, [raw]) => {
                let text = Escape::Form.read(raw);
                serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()))
            }
            (_, [raw]) if !property.types().admits_items() => {
                scalar::read(&Escape::Form.read(raw), &property, reading)
            }
            _ => form::decode_values(&values, true, Escape::Form, &property, reading),
        };
        members.insert(name.to_owned(), value);
    }
    Ok(Value::Object(members))
}
