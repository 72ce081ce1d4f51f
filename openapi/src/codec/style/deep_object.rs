//! `deepObject`: `color[R]=100&color[G]=200`.
//!
//! The specification stops at scalar members. Deeper ones are written as most servers read them, one more pair of
//! brackets a level, with the index of an array's item; `color[]=…` and a repeated name are read as arrays too.
//!
//! - Members nest at most [`MAX_DEPTH`] deep; what is deeper is no part of the value.
//! - An empty array or object inside, a name with brackets in it and the empty name cannot be written.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::form;
use crate::codec::error::Inexpressible;
use crate::codec::escape::{Escape, Role};
use crate::codec::query::{QueryPairs, QueryWriter};
use crate::codec::scalar::{self, Reading};
use crate::schema::{Shape, Types};

/// The most brackets after a name.
pub(in crate::codec) const MAX_DEPTH: usize = 32;

/// Writes a value as one pair for each scalar in it.
pub(in crate::codec) fn encode(
    name: &str,
    value: &Value,
    escape: Escape,
    shape: &Shape<'_>,
    out: &mut QueryWriter,
) -> Result<(), Inexpressible> {
    write(name, value, 0, escape, shape, out)
}

fn write(
    name: &str,
    value: &Value,
    depth: usize,
    escape: Escape,
    shape: &Shape<'_>,
    out: &mut QueryWriter,
) -> Result<(), Inexpressible> {
    if depth > MAX_DEPTH {
        return Err(Inexpressible("it nests too deep"));
    }
    match value {
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                write(&format!("{name}[{index}]"), item, depth + 1, escape, &shape.item(index), out)?;
            }
            Ok(())
        }
        Value::Object(members) if !members.is_empty() => {
            for (member, value) in members {
                if member.is_empty() || member.contains(['[', ']']) {
                    return Err(Inexpressible(
                        "a name with brackets, or without anything, means something else",
                    ));
                }
                write(&format!("{name}[{member}]"), value, depth + 1, escape, &shape.property(member), out)?;
            }
            Ok(())
        }
        Value::Array(_) | Value::Object(_) => {
            Err(Inexpressible("an empty array or object cannot be told from an absent one"))
        }
        scalar => out.pair(name, &scalar::write(scalar, shape)?, Role::Whole, escape),
    }
}

/// What stands under one name: values of its own, and members in brackets.
#[derive(Debug, Default)]
struct Branch<'q> {
    values: Vec<&'q str>,
    members: IndexMap<String, Branch<'q>>,
}

/// Reads a value from the pairs whose names begin with its own; nothing when none does.
pub(in crate::codec) fn decode(
    name: &str,
    pairs: &QueryPairs<'_>,
    escape: Escape,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Option<Value> {
    let mut root = Branch::default();
    pairs.take(|found, raw| {
        let Some(path) = found.strip_prefix(name).and_then(bracketed) else { return false };
        let branch = path
            .into_iter()
            .fold(&mut root, |branch, member| branch.members.entry(member.to_owned()).or_default());
        branch.values.push(raw);
        true
    });
    let is_there = !root.values.is_empty() || !root.members.is_empty();
    is_there.then(|| read(&root, escape, shape, reading))
}

/// The names in brackets that a text consists of; nothing when it is anything else, or too deep.
fn bracketed(text: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = rest.strip_prefix('[')?.split_once(']')?;
        if names.len() == MAX_DEPTH {
            return None;
        }
        names.push(name);
        rest = after;
    }
    Some(names)
}

fn read(branch: &Branch<'_>, escape: Escape, shape: &Shape<'_>, reading: &Reading) -> Value {
    if branch.members.is_empty() {
        return form::decode_values(&branch.values, true, escape, shape, reading);
    }
    let types = shape.types();
    let is_indexed = branch.members.keys().all(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    if is_indexed && types.admits(Types::ARRAY) && (types.is_any() || !types.admits(Types::OBJECT)) {
        return read_items(branch, escape, shape, reading);
    }
    let mut members = Map::new();
    for (name, member) in &branch.members {
        members.insert(name.clone(), read(member, escape, &shape.property(name), reading));
    }
    Value::Object(members)
}

/// Items by their index, whose gaps close up; those without one come last.
fn read_items(branch: &Branch<'_>, escape: Escape, shape: &Shape<'_>, reading: &Reading) -> Value {
    let mut indexed: Vec<(u64, &Branch<'_>)> =
        branch.members.iter().filter_map(|(name, member)| Some((name.parse().ok()?, member))).collect();
    indexed.sort_by_key(|(index, _)| *index);
    let mut items: Vec<Value> = Vec::new();
    for (_, member) in indexed {
        items.push(read(member, escape, &shape.item(items.len()), reading));
    }
    if let Some(unnumbered) = branch.members.get("") {
        if unnumbered.members.is_empty() {
            for raw in &unnumbered.values {
                let item = form::decode_values(&[raw], true, escape, &shape.item(items.len()), reading);
                items.push(item);
            }
        } else {
            items.push(read(unnumbered, escape, &shape.item(items.len()), reading));
        }
    }
    Value::Array(items)
}
