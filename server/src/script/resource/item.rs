//! What an item is made of, and what its key is.

use counterfoil_openapi::generate::Seed;
use serde_json::{Map, Value, json};

use super::super::chance::Chance;
use super::super::grammar::Field;
use super::super::scope::Scope;
use super::{ActiveResource, CompiledResource};
use crate::session::Collection;

/// How often a key is drawn before there is none.
const MAX_DRAWS: usize = 32;

/// What keys look like where the stub makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::script) enum KeyKind {
    /// One more than the greatest there ever was.
    Number,
    Uuid,
    Text,
}

/// The text that a key is known by, so that `7` and `"7"` are the same.
pub(in crate::script) fn key_text(key: &Value) -> String {
    match key {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64().filter(|float| float.fract() == 0.0) {
            // 7.0 is 7, and a whole number that is too large for that is written as it stands.
            Some(float) if number.is_f64() && float.abs() < 1e15 => format!("{float:.0}"),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

impl CompiledResource {
    /// The text of an item's key.
    pub(super) fn key_of(&self, item: &Value) -> Option<String> {
        item.get(&self.key).filter(|key| !key.is_null()).map(key_text)
    }

    /// Fills what an item must have and does not: from the request, from what the script or the document shows of
    /// others.
    pub(super) fn fill(&self, item: &mut Map<String, Value>, scope: Option<&Scope<'_>>) {
        for field in &self.within {
            let Field::Parameter(_, name) = field else { continue };
            let is_known = self.canon.members.known.contains(name);
            if let Some(value) = scope.filter(|_| is_known).and_then(|scope| field.value(scope)) {
                item.entry(name.clone()).or_insert_with(|| value.into_owned());
            }
        }
        let seeded =
            self.initial.common.values().chain(self.initial.own.values().flat_map(|own| own.values()));
        let look = seeded.into_iter().next().and_then(|value| value.as_object());
        for name in self.required.iter().filter(|name| **name != self.key) {
            if item.contains_key(name) {
                continue;
            }
            let asked = scope.and_then(|scope| {
                let values = &scope.subject.reading.values;
                values.path.get(name).or_else(|| values.query.get(name))
            });
            let found = asked.or_else(|| look?.get(name)).or_else(|| self.look.get(name));
            if let Some(value) = found {
                item.insert(name.clone(), value.clone());
            }
        }
    }
}

impl ActiveResource {
    /// What is made up for an item is drawn by.
    pub(super) fn seed_of(&self, key: &str, draw: u64) -> Seed {
        Seed::derive(self.seed, &["resource", &self.resource.name, key], draw)
    }

    /// An item as it is kept: with all that it needs to be shown.
    pub(super) fn settled(&self, mut item: Value, seed: &Seed) -> Value {
        let fitted = self.resource.canon.fit(&item, seed);
        overlay(&mut item, fitted);
        item
    }

    /// A new item under a key that there is not, and that key; nothing where none is found.
    pub(super) fn with_new_key(
        &self,
        mut item: Map<String, Value>,
        collection: &mut Collection<'_>,
    ) -> Option<(String, Value)> {
        let resource = &*self.resource;
        for attempt in 0..MAX_DRAWS {
            let draw = collection.draw();
            let mut chance = Chance::new(self.seed, &resource.name, draw);
            let key = match resource.key_kind {
                KeyKind::Number if attempt == 0 => json!(collection.next_number()),
                KeyKind::Number => json!(chance.between(1, i64::from(i32::MAX))),
                KeyKind::Uuid => json!(chance.uuid()),
                KeyKind::Text => json!(format!("{:016x}{:08x}", chance.bits(), chance.bits() >> 32)),
            };
            let seed = self.seed_of(&key_text(&key), draw);
            item.insert(resource.key.clone(), key);
            // One that its schema refuses is left out where it may be.
            let fitted = resource.canon.fit(&Value::Object(item.clone()), &seed);
            let refused = format!("/{}", resource.key);
            let is_refused = fitted.get(&resource.key).is_none()
                || resource.canon.faults(&fitted).iter().any(|(place, ..)| *place == refused);
            if is_refused {
                let Some(key) = resource.canon.drawn(&resource.key, &seed) else { continue };
                item.insert(resource.key.clone(), key);
            }
            let settled = self.settled(Value::Object(item.clone()), &seed);
            let Some(key) = resource.key_of(&settled) else { continue };
            if collection.get(&key).is_none() {
                return Some((key, settled));
            }
        }
        None
    }
}

/// Puts what is known of a value over it, members that it alone has aside.
fn overlay(value: &mut Value, over: Value) {
    match (value, over) {
        (Value::Object(members), Value::Object(over)) => {
            for (name, over) in over {
                match members.get_mut(&name) {
                    Some(member) => overlay(member, over),
                    None => drop(members.insert(name, over)),
                }
            }
        }
        (value, over) => *value = over,
    }
}
