//! `form`: `color=blue,black`, exploded `color=blue&color=black` · `color=R,100,G,200`, exploded `R=100&G=200`.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{Notation, list, notation};
use crate::codec::error::Inexpressible;
use crate::codec::escape::{Escape, Role};
use crate::codec::query::{QueryPairs, QueryWriter};
use crate::codec::scalar::{self, Reading};
use crate::schema::{Shape, Types};

/// Writes a value as one or several pairs.
pub(in crate::codec) fn encode(
    name: &str,
    value: &Value,
    explode: bool,
    escape: Escape,
    shape: &Shape<'_>,
    out: &mut QueryWriter,
) -> Result<(), Inexpressible> {
    match value {
        Value::Array(items) if explode && !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                out.pair(name, &scalar::write(item, &shape.item(index))?, Role::Whole, escape)?;
            }
        }
        Value::Object(_) if explode && !shape.types().admits(Types::OBJECT) => {
            // Its members would not be found under their own names.
            out.pair(name, &value.to_string(), Role::Whole, escape)?;
        }
        Value::Object(members) if explode && !members.is_empty() => {
            for (member, value) in members {
                if !shape.claims(member) {
                    return Err(Inexpressible("an undeclared member of an exploded object is on its own"));
                }
                out.pair(member, &scalar::write(value, &shape.property(member))?, Role::Whole, escape)?;
            }
        }
        Value::Array(items) => {
            let mut text = String::new();
            list::write_items(items, ",", escape, shape, &mut text)?;
            out.written_pair(name, &text, escape)?;
        }
        Value::Object(members) => {
            let mut text = String::new();
            list::write_members(members, ",", ",", escape, shape, &mut text)?;
            out.written_pair(name, &text, escape)?;
        }
        scalar => out.pair(name, &scalar::write(scalar, shape)?, Role::Whole, escape)?,
    }
    Ok(())
}

/// Reads a value from the pairs that speak of it, which are marked as read; nothing when none does.
///
/// An exploded object has no name of its own: its members are the properties it declares, or where it is free-form
/// every pair, whose name `is_taken` by nothing else.
pub(in crate::codec) fn decode(
    name: &str,
    explode: bool,
    pairs: &QueryPairs<'_>,
    escape: Escape,
    shape: &Shape<'_>,
    reading: &Reading,
    is_taken: &dyn Fn(&str) -> bool,
) -> Option<Value> {
    let types = shape.types();
    let found = if explode && types.is_object() { Vec::new() } else { pairs.named(name) };
    if found.is_empty() {
        let is_object = explode && types.admits(Types::OBJECT) && !types.is_any();
        let is_other = |found: &str| found != name && is_taken(found);
        return if is_object { decode_members(pairs, escape, shape, reading, &is_other) } else { None };
    }
    Some(decode_values(&found, explode, escape, shape, reading))
}

/// Reads a value from the raw values of the pairs that have its name.
pub(in crate::codec) fn decode_values(
    values: &[&str],
    explode: bool,
    escape: Escape,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Value {
    let all = || list::read_items(values.iter().copied(), escape, shape, reading);
    let [raw] = values else {
        // Several values where one is documented are an array, which the schema refuses.
        return all();
    };
    let is_plural = !explode && raw.contains(',');
    let scalar = || scalar::read(&escape.read(raw), shape, reading);
    match notation(shape.types(), raw, is_plural, reading) {
        Notation::Array if explode => all(),
        Notation::Array if !raw.contains(',') && list::holds_no_text(shape) => {
            // Many clients encode the separator as well.
            list::read_items(escape.read(raw).split(','), Escape::None, shape, reading)
        }
        Notation::Array => list::read_items(raw.split(','), escape, shape, reading),
        Notation::Object if explode => scalar(),
        Notation::Object => {
            list::read_alternating(raw.split(','), escape, shape, reading).unwrap_or_else(scalar)
        }
        Notation::Scalar => scalar(),
    }
}

fn decode_members(
    pairs: &QueryPairs<'_>,
    escape: Escape,
    shape: &Shape<'_>,
    reading: &Reading,
    is_taken: &dyn Fn(&str) -> bool,
) -> Option<Value> {
    let declared = shape.property_names();
    let is_free_form = shape.is_free_form();
    let mut named: IndexMap<String, Vec<&str>> = IndexMap::new();
    pairs.take(|name, raw| {
        let is_member = !is_taken(name) && (is_free_form || declared.contains(&name));
        if is_member {
            match named.get_mut(name) {
                Some(values) => values.push(raw),
                None => drop(named.insert(name.to_owned(), vec![raw])),
            }
        }
        is_member
    });
    let members: Map<String, Value> = named
        .into_iter()
        .map(|(name, values)| {
            let value = decode_member(&values, escape, &shape.property(&name), reading);
            (name, value)
        })
        .collect();
    (!members.is_empty()).then_some(Value::Object(members))
}

/// Reads a member of an exploded object: an array or object inside is JSON, or several pairs.
pub(in crate::codec) fn decode_member(
    values: &[&str],
    escape: Escape,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Value {
    if let [raw] = values
        && shape.types().admits_container()
        && let inner @ (Value::Array(_) | Value::Object(_)) = scalar::read(&escape.read(raw), shape, reading)
    {
        return inner;
    }
    decode_values(values, true, escape, shape, reading)
}
