//! `label`: `.blue,black`, exploded `.blue.black` · `.R,100,G,200`, exploded `.R=100.G=200`.
//!
//! OpenAPI 3.0.3 has dots between the items of `explode: false` too, against RFC 6570, which its successors follow;
//! that is read as well, and never written.

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
    shape: &Shape<'_>,
) -> Result<String, Inexpressible> {
    let escape = Escape::Label;
    let separator = if explode { "." } else { "," };
    let mut text = ".".to_owned();
    match value {
        Value::Array(items) => list::write_items(items, separator, escape, shape, &mut text)?,
        Value::Object(members) => {
            let joint = if explode { "=" } else { "," };
            list::write_members(members, separator, joint, escape, shape, &mut text)?;
        }
        scalar => escape.write(&scalar::write(scalar, shape)?, Role::Whole, &mut text)?,
    }
    Ok(text)
}

/// The value of a text.
pub(in crate::codec) fn decode(
    raw: &str,
    explode: bool,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Result<Value, String> {
    let raw = raw.strip_prefix('.').ok_or("not in the label style: it does not begin with a dot")?;
    let escape = Escape::Label;
    let separator = if explode || !raw.contains(',') { '.' } else { ',' };
    let scalar = || scalar::read(&escape.read(raw), shape, reading);
    let pieces = raw.split(separator);
    Ok(match notation(shape.types(), raw, raw.contains(separator), reading) {
        Notation::Scalar => scalar(),
        Notation::Array => list::read_items(pieces, escape, shape, reading),
        Notation::Object => {
            let object = if explode {
                list::read_joined(pieces, escape, shape, reading)
            } else {
                list::read_alternating(pieces, escape, shape, reading)
            };
            object.unwrap_or_else(scalar)
        }
    })
}
