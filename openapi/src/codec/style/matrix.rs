//! `matrix`: `;color=blue,black`, exploded `;color=blue;color=black` · `;color=R,100,G,200`, exploded `;R=100;G=200`.

use serde_json::Value;

use super::{Notation, form, list, notation};
use crate::codec::error::Inexpressible;
use crate::codec::escape::{Escape, Role};
use crate::codec::scalar::{self, Reading};
use crate::schema::Shape;

/// The text of a value.
pub(in crate::codec) fn encode(
    name: &str,
    value: &Value,
    explode: bool,
    escape: Escape,
    shape: &Shape<'_>,
) -> Result<String, Inexpressible> {
    let mut head = ";".to_owned();
    escape.write(name, Role::Key, &mut head)?;
    let mut text = String::new();
    match value {
        Value::Object(members) if explode => {
            text.push(';');
            list::write_members(members, ";", "=", escape, shape, &mut text)?;
            return Ok(text);
        }
        Value::Array(items) if explode => {
            list::write_items(items, &format!("{head}="), escape, shape, &mut text)?;
        }
        Value::Array(items) => list::write_items(items, ",", escape, shape, &mut text)?,
        Value::Object(members) => list::write_members(members, ",", ",", escape, shape, &mut text)?,
        scalar => {
            escape.write(&scalar::write(scalar, shape)?, Role::Whole, &mut text)?;
            if text.is_empty() {
                return Ok(head);
            }
        }
    }
    Ok(format!("{head}={text}"))
}

/// The value of a text.
pub(in crate::codec) fn decode(
    name: &str,
    raw: &str,
    explode: bool,
    shape: &Shape<'_>,
    reading: &Reading,
) -> Result<Value, String> {
    let escape = Escape::Path;
    let raw = raw.strip_prefix(';').ok_or("not in the matrix style: it does not begin with a semicolon")?;
    let pieces = || raw.split(';').map(|piece| piece.split_once('=').unwrap_or((piece, "")));
    if explode && shape.types().is_object() {
        return list::read_joined(raw.split(';'), escape, shape, reading)
            .ok_or_else(|| "not in the matrix style: a piece without an equals sign".to_owned());
    }
    let named: Vec<&str> =
        pieces().filter(|(found, _)| escape.read(found) == name).map(|(_, value)| value).collect();
    if named.is_empty() {
        let is_object = explode && notation(shape.types(), raw, true, reading) == Notation::Object;
        let object = is_object.then(|| list::read_joined(raw.split(';'), escape, shape, reading)).flatten();
        return object.ok_or_else(|| format!("not in the matrix style: it does not name `{name}`"));
    }
    Ok(form::decode_values(&named, explode, escape, shape, reading))
}
