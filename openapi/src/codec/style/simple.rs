//! `simple`: `blue,black` · `R,100,G,200`, exploded `R=100,G=200`.

use serde_json::Value;

use super::{Notation, list, notation};
use crate::codec::error::Inexpressible;
use crate::codec::escape::{Escape, Role};
use crate::codec::scalar::{self, Reading};
use crate::schema::Shape;

/// The text of a value.
pub(in crate::codec) fn encode(
    value: &Value,
    explode: bool,
    escape: Escape,
    shape: &Shape<'_>,
) -> Result<String, Inexpressible> {
    let mut text = String::new();
    match value {
        Value::Array(items) => list::write_items(items, ",", escape, shape, &mut text)?,
        Value::Object(members) => {
            let joint = if explode { "=" } else { "," };
            list::write_members(members, ",", joint, escape, shape, &mut text)?;
        }
        scalar => escape.write(&scalar::write(scalar, shape)?, Role::Whole, &mut text)?,
    }
    Ok(text)
}

/// The value of a text.
pub(in crate::codec) fn decode(
    raw: &str,
    explode: bool,
    escape: Escape,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Value {
    let scalar = || scalar::read(&escape.read(raw), shape, reading);
    match notation(shape.types(), raw, raw.contains(','), reading) {
        Notation::Scalar => scalar(),
        Notation::Array => list::read_items(raw.split(','), escape, shape, reading),
        Notation::Object => {
            let pieces = raw.split(',');
            let object = if explode {
                list::read_joined(pieces, escape, shape, reading)
            } else {
                list::read_alternating(pieces, escape, shape, reading)
            };
            object.unwrap_or_else(scalar)
        }
    }
}
