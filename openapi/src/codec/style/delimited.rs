//! `spaceDelimited` and `pipeDelimited`: `color=blue%20black`, `color=R%7C100%7CG%7C200`; exploded as `form`.

use serde_json::Value;

use super::{Notation, form, list, notation};
use crate::codec::error::Inexpressible;
use crate::codec::escape::Escape;
use crate::codec::query::{QueryPairs, QueryWriter};
use crate::codec::scalar::{self, Reading};
use crate::schema::Shape;

/// What separates items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::codec) enum Delimiter {
    /// A space.
    Space,
    /// A vertical bar.
    Pipe,
}

impl Delimiter {
    fn character(self) -> char {
        match self {
            Self::Space => ' ',
            Self::Pipe => '|',
        }
    }

    /// As it stands between items. In a query neither is allowed unescaped (RFC 3986, section 3.4); a part of a
    /// multipart body has no escapes.
    fn separator(self, escape: Escape) -> &'static str {
        match (self, escape) {
            (Self::Space, Escape::Part) => " ",
            (Self::Pipe, Escape::Part) => "|",
            (Self::Space, _) => "%20",
            (Self::Pipe, _) => "%7C",
        }
    }

    /// Escaping does not tell an item's own character from the delimiter, since that is escaped too.
    fn check(self, text: &str) -> Result<(), Inexpressible> {
        if text.contains(self.character()) {
            return Err(Inexpressible("an item holds the character that separates items"));
        }
        Ok(())
    }

    fn check_value(self, value: &Value) -> Result<(), Inexpressible> {
        match value {
            Value::String(text) => self.check(text),
            // An inner array or object is JSON.
            Value::Array(_) | Value::Object(_) => self.check(&value.to_string()),
            _ => Ok(()),
        }
    }
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
    let mut text = String::new();
    let separator = delimiter.separator(escape);
    // A comma is no separator here.
    let within = if escape == Escape::Part { Escape::None } else { escape };
    match value {
        Value::Array(items) => {
            items.iter().try_for_each(|item| delimiter.check_value(item))?;
            list::write_items(items, separator, within, shape, &mut text)?;
        }
        Value::Object(members) => {
            members.keys().try_for_each(|name| delimiter.check(name))?;
            members.values().try_for_each(|value| delimiter.check_value(value))?;
            list::write_members(members, separator, separator, within, shape, &mut text)?;
        }
        scalar => return form::encode(name, scalar, false, escape, shape, out),
    }
    out.written_pair(name, &text, escape)
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
    let text = escape.read(raw);
    let scalar = || scalar::read(&text, shape, reading);
    let separator = delimiter.character();
    let pieces = text.split(separator);
    Some(match notation(shape.types(), &text, text.contains(separator), reading) {
        Notation::Scalar => scalar(),
        Notation::Array => list::read_items(pieces, Escape::None, shape, reading),
        Notation::Object => {
            list::read_alternating(pieces, Escape::None, shape, reading).unwrap_or_else(scalar)
        }
    })
}
