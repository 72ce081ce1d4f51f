//! `spaceDelimited` and `pipeDelimited`: `color=blue%20black`, `color=R%7C100%7CG%7C200`; exploded as `form`.
//!
//! So are, in any place, the arrays of 2.0 whose `collectionFormat` is `ssv`, `tsv` or `pipes`.

use serde_json::Value;

use super::{Notation, form, list, notation};
use crate::codec::error::Inexpressible;
use crate::codec::escape::{Escape, Role};
use crate::codec::query::{QueryPairs, QueryWriter};
use crate::codec::scalar::{self, Reading};
use crate::contract::Style;
use crate::schema::Shape;

/// What separates items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::codec) enum Delimiter {
    /// A space.
    Space,
    /// A vertical bar.
    Pipe,
    /// A tabulator.
    Tab,
}

impl Delimiter {
    /// That of a style; most have another notation.
    pub(in crate::codec) fn of(style: Style) -> Option<Self> {
        match style {
            Style::SpaceDelimited => Some(Self::Space),
            Style::PipeDelimited => Some(Self::Pipe),
            Style::TabDelimited => Some(Self::Tab),
            _ => None,
        }
    }

    fn character(self) -> char {
        match self {
            Self::Space => ' ',
            Self::Pipe => '|',
            Self::Tab => '\t',
        }
    }

    /// As it stands between items. No URL has it unescaped (RFC 3986, section 2); header fields and the parts of a
    /// multipart body have no escapes.
    fn separator(self, escape: Escape) -> &'static str {
        let is_plain = matches!(escape, Escape::Part | Escape::Header | Escape::None);
        match (self, is_plain) {
            (Self::Space, true) => " ",
            (Self::Pipe, true) => "|",
            (Self::Tab, true) => "\t",
            (Self::Space, false) => "%20",
            (Self::Pipe, false) => "%7C",
            (Self::Tab, false) => "%09",
        }
    }

    /// Escaping does not tell an item's own character from the delimiter, since that is escaped too.
    fn check(self, text: &str, escape: Escape) -> Result<(), Inexpressible> {
        if text.contains(self.character()) {
            return Err(Inexpressible("an item holds the character that separates items"));
        }
        match escape {
            // A comma is no separator here.
            Escape::Header => escape.write(text, Role::Whole, &mut String::new()),
            _ => Ok(()),
        }
    }

    fn check_value(self, value: &Value, escape: Escape) -> Result<(), Inexpressible> {
        match value {
            Value::String(text) => self.check(text, escape),
            // An inner array or object is JSON.
            Value::Array(_) | Value::Object(_) => self.check(&value.to_string(), escape),
            _ => Ok(()),
        }
    }
}

/// The text of a value.
pub(in crate::codec) fn encode_text(
    value: &Value,
    delimiter: Delimiter,
    escape: Escape,
    shape: &Shape<'_>,
) -> Result<String, Inexpressible> {
    let mut text = String::new();
    let separator = delimiter.separator(escape);
    let within = if matches!(escape, Escape::Part | Escape::Header) { Escape::None } else { escape };
    match value {
        Value::Array(items) => {
            items.iter().try_for_each(|item| delimiter.check_value(item, escape))?;
            list::write_items(items, separator, within, shape, &mut text)?;
        }
        Value::Object(members) => {
            members.keys().try_for_each(|name| delimiter.check(name, escape))?;
            members.values().try_for_each(|value| delimiter.check_value(value, escape))?;
            list::write_members(members, separator, separator, within, shape, &mut text)?;
        }
        scalar => escape.write(&scalar::write(scalar, shape)?, Role::Whole, &mut text)?,
    }
    if escape == Escape::Header && text.trim() != text {
        return Err(Inexpressible("a header field does not keep outer white space"));
    }
    Ok(text)
}

/// Writes a value as one pair.
pub(in crate::codec) fn encode(
    name: &str,
    value: &Value,
    delimiter: Delimiter,
    escape: Escape,
    shape: &Shape<'_>,
    out: &mut QueryWriter,
) -> Result<(), Inexpressible> {
    out.written_pair(name, &encode_text(value, delimiter, escape, shape)?, escape)
}

/// The value of a text.
pub(in crate::codec) fn decode_text(
    raw: &str,
    delimiter: Delimiter,
    escape: Escape,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Value {
    let text = escape.read(raw);
    let scalar = || scalar::read(&text, shape, reading);
    let separator = delimiter.character();
    let pieces = text.split(separator);
    match notation(shape.types(), &text, text.contains(separator), reading) {
        Notation::Scalar => scalar(),
        Notation::Array => list::read_items(pieces, Escape::None, shape, reading),
        Notation::Object => {
            list::read_alternating(pieces, Escape::None, shape, reading).unwrap_or_else(scalar)
        }
    }
}

/// Reads a value; nothing when it is not there.
pub(in crate::codec) fn decode(
    name: &str,
    delimiter: Delimiter,
    pairs: &QueryPairs<'_>,
    escape: Escape,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Option<Value> {
    let found = pairs.named(name);
    let [raw] = found.as_slice() else {
        return (!found.is_empty()).then(|| form::decode_values(&found, true, escape, shape, reading));
    };
    Some(decode_text(raw, delimiter, escape, shape, reading))
}
