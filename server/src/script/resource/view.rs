//! Items as replies show them.

use counterfoil_openapi::generate::{self, Seed};
use counterfoil_openapi::{Direction, PathTemplate, Schema};
use serde_json::{Map, Value};

use super::Members;

/// What an operation answers where it does what it is there for.
#[derive(Debug)]
pub(in crate::script) struct View {
    pub(in crate::script) status: u16,
    /// Of an operation that makes an item: the status where there is one already.
    pub(in crate::script) status_if_known: Option<u16>,
    /// How its body shows what it is about; nothing where it shows none of it.
    pub(in crate::script) body: Option<BodyView>,
    /// Where the header `Location` leads, where the document has one.
    pub(in crate::script) location: Option<Location>,
    /// Whether the header `ETag` tells which state of the item it is, where the document has one that can.
    pub(in crate::script) is_tagged: bool,
}

/// Where an item is found.
#[derive(Debug)]
pub(in crate::script) struct Location {
    /// The path of the operation that shows it.
    pub(in crate::script) path: PathTemplate,
    /// The variable that names it.
    pub(in crate::script) variable: String,
    /// How many segments the path of this operation has.
    pub(in crate::script) segments: usize,
}

/// How a body shows an item, or a list of them.
#[derive(Debug, Clone)]
pub(in crate::script) struct BodyView {
    pub(in crate::script) schema: Option<Schema>,
    /// The way to it.
    pub(in crate::script) place: Vec<String>,
    pub(in crate::script) holds: Holds,
    /// What is around it.
    pub(in crate::script) around: Value,
    /// The members of an item that are shown.
    pub(in crate::script) members: Members,
}

/// What stands in a place of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::script) enum Holds {
    Item,
    Items,
}

impl BodyView {
    /// An item as it is shown: without what the schema does not know of it or keeps secret, and valid where that can
    /// be had; what has to be made up for that the seed decides.
    pub(in crate::script) fn fit(&self, item: &Value, seed: &Seed) -> Value {
        let shown = self.known(item);
        let Some(schema) = &self.schema else { return shown };
        let whole = self.around(self.held(vec![shown.clone()]));
        if schema.is_valid(&whole, Direction::Response) {
            return shown;
        }
        let repaired = generate::repair(schema, Direction::Response, &whole, seed).ok();
        let fitted = repaired.and_then(|repaired| {
            let found = at(&repaired.value, &self.place)?;
            match self.holds {
                Holds::Item => Some(found.clone()),
                Holds::Items => found.get(0).cloned(),
            }
        });
        fitted.filter(Value::is_object).unwrap_or(shown)
    }

    /// The member of an item that a seed draws; nothing where that has none.
    pub(in crate::script) fn drawn(&self, member: &str, seed: &Seed) -> Option<Value> {
        let bodies = generate::positive(self.schema.as_ref()?, Direction::Response).ok()?;
        let body = generate::sample(&bodies, seed)?;
        let place = at(&body, &self.place)?;
        let item = if self.holds == Holds::Items { place.get(0)? } else { place };
        item.get(member).cloned()
    }

    /// A body that shows an item.
    pub(in crate::script) fn one(&self, item: &Value, seed: &Seed) -> Value {
        self.around(self.held(vec![self.fit(item, seed)]))
    }

    /// A body that shows items, each completed by a seed of its own where that is needed.
    pub(in crate::script) fn all<'i>(
        &self,
        items: impl Iterator<Item = &'i Value> + Clone,
        seed_of: impl Fn(&Value) -> Seed,
    ) -> Value {
        let shown: Vec<Value> = items.clone().map(|item| self.known(item)).collect();
        let whole = self.around(self.held(shown));
        let is_valid = self.schema.as_ref().is_none_or(|schema| schema.is_valid(&whole, Direction::Response));
        if is_valid {
            return whole;
        }
        self.around(self.held(items.map(|item| self.fit(item, &seed_of(item))).collect()))
    }

    /// What is wrong with an item, by its place in the item, the message, and the keyword of the schema.
    pub(in crate::script) fn faults(&self, item: &Value) -> Vec<(String, String, String)> {
        let Some(schema) = &self.schema else { return Vec::new() };
        let whole = self.around(self.held(vec![item.clone()]));
        let mut prefix: String = self.place.iter().map(|step| format!("/{}", escaped(step))).collect();
        if self.holds == Holds::Items {
            prefix.push_str("/0");
        }
        let told = schema.violations(&whole, Direction::Response).into_iter().filter_map(|violation| {
            let place = violation.instance_pointer.as_str().strip_prefix(&prefix)?;
            let is_inside = place.is_empty() || place.starts_with('/');
            is_inside.then(|| (place.to_owned(), violation.message.clone(), violation.keyword.to_string()))
        });
        told.collect()
    }

    /// The members that may be shown.
    fn known(&self, item: &Value) -> Value {
        let Some(members) = item.as_object() else { return item.clone() };
        let is_shown = |name: &String| {
            self.members.known.contains(name)
                || (self.members.is_open && !self.members.refused.contains(name))
        };
        let shown = members.iter().filter(|(name, _)| is_shown(name));
        Value::Object(shown.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    fn held(&self, mut items: Vec<Value>) -> Value {
        match self.holds {
            Holds::Item => items.pop().unwrap_or_default(),
            Holds::Items => Value::Array(items),
        }
    }

    fn around(&self, value: Value) -> Value {
        if self.place.is_empty() {
            return value;
        }
        let mut whole = self.around.clone();
        put_at(&mut whole, &self.place, value);
        whole
    }
}

/// A token of a JSON pointer.
fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

/// What stands at the end of a way.
pub(in crate::script) fn at<'v>(value: &'v Value, way: &[String]) -> Option<&'v Value> {
    way.iter().try_fold(value, |value, step| value.get(step))
}

/// Puts something at the end of a way, through objects that are made where there are none.
pub(in crate::script) fn put_at(whole: &mut Value, way: &[String], value: Value) {
    let mut place = whole;
    for step in way {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = match place {
            Value::Object(members) => members.entry(step.clone()).or_insert(Value::Null),
            // It was made an object just now.
            other => other,
        };
    }
    *place = value;
}
