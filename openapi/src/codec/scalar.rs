//! Single values as text: the type comes from the schema, since text has none.

use std::borrow::Cow;
use std::cell::Cell;
use std::str::FromStr;

use serde_json::{Number, Value};

use super::error::Inexpressible;
use crate::schema::{Direction, Schema};
use crate::schema::{Shape, Types};

/// Which of several readings of a text is wanted, where a schema admits strings besides other types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Preference {
    /// `12` is a number.
    Typed,
    /// `12` is a string.
    Text,
}

/// One reading of a text.
#[derive(Debug)]
pub(super) struct Reading {
    preference: Preference,
    is_ambiguous: Cell<bool>,
}

impl Reading {
    /// Whether the other type is wanted where text can be a string or something else; it is noted that it can.
    pub(super) fn prefers_typed(&self) -> bool {
        self.is_ambiguous.set(true);
        self.preference == Preference::Typed
    }
}

/// Reads with `read`: typed values first and, where that is ambiguous and invalid, as strings.
///
/// Text is valid when some reading of it is; where none is, the typed one stands.
pub(super) fn read_validly<T>(
    schema: Option<&Schema>,
    direction: Direction,
    read: impl Fn(&Reading) -> T,
    value_of: impl Fn(&T) -> Option<&Value>,
) -> T {
    let reading = Reading { preference: Preference::Typed, is_ambiguous: Cell::new(false) };
    let typed = read(&reading);
    let is_valid = |read: &T| match (schema, value_of(read)) {
        (Some(schema), Some(value)) => schema.is_valid(value, direction),
        _ => true,
    };
    if !reading.is_ambiguous.get() || is_valid(&typed) {
        return typed;
    }
    let text = read(&Reading { preference: Preference::Text, is_ambiguous: Cell::new(false) });
    if is_valid(&text) { text } else { typed }
}

/// The value that a text stands for.
///
/// | the schema admits | the text | the value |
/// |---|---|---|
/// | anything | | a string |
/// | `null`, no string | empty | `null` |
/// | `boolean` | `true`, `false` | that |
/// | `integer`, `number` | a JSON number | that |
/// | `array` (a member only, in 2.0) | its items, as its `collectionFormat` separates them | those |
/// | `array`, `object` (a member only) | its JSON | that |
/// | | anything else | a string, which the schema then refuses where it admits none |
pub(super) fn read(text: &str, shape: &Shape<'_>, reading: &Reading) -> Value {
    let types = shape.types();
    let as_text = || Value::String(text.to_owned());
    if types.is_any() {
        return as_text();
    }
    if types.admits(Types::ARRAY)
        && let Some(separator) = shape.inner_separator()
    {
        let items = text.split(separator).enumerate();
        return Value::Array(items.map(|(index, item)| read(item, &shape.item(index), reading)).collect());
    }
    match read_typed(text, types) {
        Some(value) if !types.admits(Types::STRING) || reading.prefers_typed() => value,
        _ => as_text(),
    }
}

fn read_typed(text: &str, types: Types) -> Option<Value> {
    match text.as_bytes().first() {
        None => (types.admits(Types::NULL) && !types.admits(Types::STRING)).then_some(Value::Null),
        Some(b't' | b'f') if types.admits(Types::BOOLEAN) => match text {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        Some(b'-' | b'0'..=b'9') if types.admits(Types::INTEGER | Types::NUMBER) => {
            Number::from_str(text).ok().map(Value::Number)
        }
        Some(b'[') if types.admits(Types::ARRAY) => read_container(text),
        Some(b'{') if types.admits(Types::OBJECT) => read_container(text),
        _ => None,
    }
}

fn read_container(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// The text that a value is written as.
///
/// An array or object, for which no style has a notation inside another one, is its JSON, but for the arrays of 2.0,
/// which have their `collectionFormat` there as well. `null` is the empty text,
/// which is a string again where the schema admits strings: there it cannot be written.
pub(super) fn write<'v>(value: &'v Value, shape: &Shape<'_>) -> Result<Cow<'v, str>, Inexpressible> {
    Ok(match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Null if shape.types().admits(Types::STRING) => {
            return Err(Inexpressible("null cannot be told from the empty string"));
        }
        Value::Null => Cow::Borrowed(""),
        Value::Array(items) => match shape.inner_separator() {
            Some(separator) => Cow::Owned(join(items, separator, shape)?),
            None => Cow::Owned(value.to_string()),
        },
        other => Cow::Owned(other.to_string()),
    })
}

/// The items of an array inside another one.
fn join(items: &[Value], separator: char, shape: &Shape<'_>) -> Result<String, Inexpressible> {
    let mut text = String::new();
    for (index, item) in items.iter().enumerate() {
        let item = write(item, &shape.item(index))?;
        if item.contains(separator) {
            return Err(Inexpressible("an item holds the character that separates items"));
        }
        if index > 0 {
            text.push(separator);
        }
        text.push_str(&item);
    }
    match items.is_empty() {
        true => Err(Inexpressible("an empty array cannot be told from one of an empty item")),
        false => Ok(text),
    }
}
