//! Items and members between separators, as most styles have them.

use serde_json::{Map, Value};

use crate::codec::error::Inexpressible;
use crate::codec::escape::{Escape, Role};
use crate::codec::scalar::{self, Reading};
use crate::schema::{Shape, Types};

const EMPTY: Inexpressible = Inexpressible("an empty array or object cannot be told from an absent one");

/// Appends the items of an array.
pub(super) fn write_items(
    items: &[Value],
    separator: &str,
    escape: Escape,
    shape: &Shape<'_>,
    out: &mut String,
) -> Result<(), Inexpressible> {
    if items.is_empty() {
        return Err(EMPTY);
    }
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        escape.write(&scalar::write(item, &shape.item(index))?, Role::Item, out)?;
    }
    Ok(())
}

/// Appends the members of an object, `joint` between a name and its value.
pub(super) fn write_members(
    members: &Map<String, Value>,
    separator: &str,
    joint: &str,
    escape: Escape,
    shape: &Shape<'_>,
    out: &mut String,
) -> Result<(), Inexpressible> {
    if members.is_empty() {
        return Err(EMPTY);
    }
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        escape.write(name, Role::Key, out)?;
        out.push_str(joint);
        escape.write(&scalar::write(value, &shape.property(name))?, Role::Item, out)?;
    }
    Ok(())
}

/// The array whose items stand in the pieces of a text.
pub(super) fn read_items<'t>(
    pieces: impl Iterator<Item = &'t str>,
    escape: Escape,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Value {
    let items = pieces.enumerate().map(|(index, piece)| {
        scalar::read(&escape.read(trimmed(piece, escape)), &shape.item(index), reading)
    });
    Value::Array(items.collect())
}

/// The object whose names and values stand in the pieces of a text by turns; nothing when they do not pair up.
pub(super) fn read_alternating<'t>(
    mut pieces: impl Iterator<Item = &'t str>,
    escape: Escape,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Option<Value> {
    let mut members = Map::new();
    while let Some(name) = pieces.next() {
        read_member(name, pieces.next()?, escape, shape, reading, &mut members);
    }
    Some(Value::Object(members))
}

/// The object whose members stand in the pieces of a text as `name=value`; nothing when one has no `=`.
pub(super) fn read_joined<'t>(
    pieces: impl Iterator<Item = &'t str>,
    escape: Escape,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Option<Value> {
    let mut members = Map::new();
    for piece in pieces {
        let (name, value) = piece.split_once('=')?;
        read_member(name, value, escape, shape, reading, &mut members);
    }
    Some(Value::Object(members))
}

fn read_member(
    name: &str,
    value: &str,
    escape: Escape,
    shape: &Shape<'_>,
    reading: &Reading,
    members: &mut Map<String, Value>,
) {
    let name = escape.read(trimmed(name, escape)).into_owned();
    let value = scalar::read(&escape.read(trimmed(value, escape)), &shape.property(&name), reading);
    members.insert(name, value);
}

/// Lists in header fields may have white space around their commas (RFC 9110, section 5.6.1).
fn trimmed(piece: &str, escape: Escape) -> &str {
    if escape == Escape::Header { piece.trim() } else { piece }
}

/// Whether the items are scalars but never strings, so that an encoded separator can only be a separator.
pub(super) fn holds_no_text(shape: &Shape<'_>) -> bool {
    let types = shape.item(0).types();
    types.admits_scalar() && !types.admits(Types::STRING) && !types.admits_container()
}
