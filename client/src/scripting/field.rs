//! The fields of a request, and what can be asked of each by its type.

use std::collections::HashMap;
use std::marker::PhantomData;

use serde::Serialize;
use serde_json::{Value, json};

use super::condition::Condition;
use super::member;

/// A part of a request that holds a value of the type `T`.
///
/// A condition on a field that is not there does not hold, but for [`absent`](Self::absent) and [`ne`](Self::ne).
#[must_use = "a field asks for nothing by itself"]
pub struct Field<T> {
    place: Place,
    holds: PhantomData<fn() -> T>,
}

/// Where a field stands.
#[derive(Debug, Clone)]
enum Place {
    /// A parameter, or a value that scripts keep: the whole name of the grammar.
    Named(String),
    /// The body, or what is in it at these names.
    Body(Vec<String>),
    /// What is in a parameter at these names, after its whole name.
    Member(String, Vec<String>),
}

/// A header field, documented or not, as its text.
///
/// A name that the document has is better asked for by its own method.
pub fn header(name: &str) -> Field<String> {
    Field::of_parameter("header", name)
}

/// A value that scripts keep.
pub fn state(name: &str) -> Field<Value> {
    Field::of_parameter("state", name)
}

impl<T> Field<T> {
    pub(crate) fn of_parameter(location: &str, name: &str) -> Self {
        Self { place: Place::Named(format!("{location}.{name}")), holds: PhantomData }
    }

    pub(crate) fn of_body() -> Self {
        Self { place: Place::Body(Vec::new()), holds: PhantomData }
    }

    /// What is in it under a name.
    pub(crate) fn field_within<U>(&self, name: &str) -> Field<U> {
        let place = match &self.place {
            Place::Named(whole) => Place::Member(whole.clone(), vec![name.to_owned()]),
            Place::Body(names) => Place::Body(names.iter().cloned().chain([name.to_owned()]).collect()),
            Place::Member(whole, names) => {
                Place::Member(whole.clone(), names.iter().cloned().chain([name.to_owned()]).collect())
            }
        };
        Field { place, holds: PhantomData }
    }

    /// The item at a place; what is no part of a body has none that scripts could name, which the stub says.
    fn field_item<U>(&self, index: usize) -> Field<U> {
        match &self.place {
            Place::Body(_) => self.field_within(&index.to_string()),
            _ => Field { place: Place::Named(format!("{}.{index}", self.field_name())), holds: PhantomData },
        }
    }

    /// The same value, as another type.
    pub(crate) fn field_again<U>(&self) -> Field<U> {
        Field { place: self.place.clone(), holds: PhantomData }
    }

    /// Its name in the grammar of scripts: a path of names with dots where these are plain, a JSON Pointer otherwise.
    pub(super) fn field_name(&self) -> String {
        let is_plain = |name: &String| {
            name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) && !name.is_empty()
        };
        match &self.place {
            Place::Named(name) => name.clone(),
            Place::Member(whole, names) => format!("{whole}.{}", names.join(".")),
            // `body` alone would take a map for members to have.
            Place::Body(names) if names.is_empty() => "body#".to_owned(),
            Place::Body(names) if names.iter().all(is_plain) => format!("body.{}", names.join(".")),
            Place::Body(names) => {
                let escaped = names.iter().map(|name| name.replace('~', "~0").replace('/', "~1"));
                escaped.fold("body#".to_owned(), |pointer, name| format!("{pointer}/{name}"))
            }
        }
    }

    fn field_asks(&self, word: &str, operand: Result<Value, serde_json::Error>) -> Condition {
        match (&self.place, operand) {
            (Place::Member(whole, names), Ok(operand)) => member::asks(whole, names, word, &operand),
            (_, operand) => Condition::of(self.field_name(), operand.map(|operand| json!({ word: operand }))),
        }
    }

    /// It is there.
    pub fn exists(&self) -> Condition {
        self.field_asks("exists", Ok(Value::Bool(true)))
    }

    /// It is not there.
    pub fn absent(&self) -> Condition {
        self.field_asks("exists", Ok(Value::Bool(false)))
    }
}

impl<T: Serialize> Field<T> {
    /// It equals a value.
    pub fn eq(&self, value: impl Into<T>) -> Condition {
        self.field_asks("eq", serde_json::to_value(value.into()))
    }

    /// It does not equal a value, or is not there.
    pub fn ne(&self, value: impl Into<T>) -> Condition {
        self.field_asks("ne", serde_json::to_value(value.into()))
    }

    /// It equals one of several values.
    pub fn one_of(&self, values: impl IntoIterator<Item = impl Into<T>>) -> Condition {
        let values: Vec<T> = values.into_iter().map(Into::into).collect();
        self.field_asks("in", serde_json::to_value(values))
    }
}

/// A type of numbers.
pub trait Number: Serialize {}

impl Number for i32 {}
impl Number for i64 {}
impl Number for u32 {}
impl Number for u64 {}
impl Number for f32 {}
impl Number for f64 {}

impl<T: Number> Field<T> {
    /// It is greater than a value.
    pub fn gt(&self, value: impl Into<T>) -> Condition {
        self.field_asks("gt", serde_json::to_value(value.into()))
    }

    /// It is a value or greater.
    pub fn ge(&self, value: impl Into<T>) -> Condition {
        self.field_asks("ge", serde_json::to_value(value.into()))
    }

    /// It is less than a value.
    pub fn lt(&self, value: impl Into<T>) -> Condition {
        self.field_asks("lt", serde_json::to_value(value.into()))
    }

    /// It is a value or less.
    pub fn le(&self, value: impl Into<T>) -> Condition {
        self.field_asks("le", serde_json::to_value(value.into()))
    }
}

impl Field<String> {
    /// A regular expression matches it somewhere.
    pub fn matches(&self, pattern: &str) -> Condition {
        self.field_asks("re", Ok(json!(pattern)))
    }

    /// A text is part of it.
    pub fn contains(&self, part: &str) -> Condition {
        self.field_asks("contains", Ok(json!(part)))
    }

    /// It equals a text, in either case of letters.
    pub fn eq_ignoring_case(&self, text: &str) -> Condition {
        match &self.place {
            Place::Member(whole, names) => member::asks(whole, names, "icase", &json!(text)),
            _ => Condition::of(self.field_name(), Ok(json!({ "eq": text, "icase": true }))),
        }
    }

    /// It has so many characters at least.
    pub fn min_len(&self, characters: u64) -> Condition {
        self.field_asks("len", Ok(json!({ "ge": characters })))
    }

    /// It has so many characters at most.
    pub fn max_len(&self, characters: u64) -> Condition {
        self.field_asks("len", Ok(json!({ "le": characters })))
    }
}

impl<T> Field<Vec<T>> {
    /// One of its items, the first being 0; of a body only.
    pub fn item(&self, index: usize) -> Field<T> {
        self.field_item(index)
    }

    /// It has so many items at least.
    pub fn min_len(&self, items: u64) -> Condition {
        self.field_asks("len", Ok(json!({ "ge": items })))
    }

    /// It has so many items at most.
    pub fn max_len(&self, items: u64) -> Condition {
        self.field_asks("len", Ok(json!({ "le": items })))
    }
}

impl<T: Serialize> Field<Vec<T>> {
    /// One of its items equals a value.
    pub fn contains(&self, item: impl Into<T>) -> Condition {
        self.field_asks("contains", serde_json::to_value(item.into()))
    }
}

impl<T> Field<HashMap<String, T>> {
    /// What it holds under a name.
    pub fn key(&self, name: &str) -> Field<T> {
        self.field_within(name)
    }
}

impl<T> std::fmt::Debug for Field<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Field").field(&self.field_name()).finish()
    }
}
