//! The items that there are from the start, held to what the operations show.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use counterfoil_openapi::Pointer;
use serde_json::Value;

use super::super::super::grammar::Field;
use super::super::super::resource::{BodyView, Initials, key_text};
use super::Check;
use crate::session::Initial;

/// Items in order, each under the text of its key.
type Items = Vec<(Box<str>, Arc<Value>)>;

impl Check<'_, '_> {
    /// The items that collections begin with.
    ///
    /// Where a resource has collections within parameters, an item that has a member called as each of these is in
    /// the one of its values, any other in each of them.
    pub(super) fn seeds(&mut self, canon: &BodyView) -> Initials {
        let resource = self.resource;
        let mut valid: Vec<(Option<String>, Box<str>, Arc<Value>)> = Vec::new();
        let mut known: HashMap<(Option<String>, String), Pointer> = HashMap::new();
        for (item, at) in &resource.seed {
            if !item.is_object() {
                self.invalid(at, "an item is a map".to_owned());
                continue;
            }
            for (place, message, keyword) in canon.faults(item) {
                let place = Pointer::from_escaped(format!("{at}{place}"));
                self.invalid(
                    &place,
                    format!("the item breaks the schema of its reply: {message} [{keyword}]"),
                );
            }
            let Some(key) = item.get(&resource.key.name).filter(|key| !key.is_null()).map(key_text) else {
                self.invalid(at, format!("the item has no `{}`", resource.key.name));
                continue;
            };
            let within = self.home(item);
            if known.insert((within.clone(), key.clone()), at.clone()).is_some() {
                self.invalid(at, format!("another item has the key `{key}` already"));
                continue;
            }
            valid.push((within, key.into(), Arc::new(item.clone())));
        }
        let homes: HashSet<&String> = valid.iter().filter_map(|(home, ..)| home.as_ref()).collect();
        let of = |wanted: Option<&String>| -> Items {
            let mut taken = HashSet::new();
            let is_there = |home: &Option<String>| home.is_none() || home.as_ref() == wanted;
            let items = valid.iter().filter(|(home, ..)| is_there(home));
            let items = items.filter(|(_, key, _)| taken.insert(key.clone()));
            items.map(|(_, key, item)| (key.clone(), Arc::clone(item))).collect()
        };
        let own = homes.iter().map(|home| ((*home).clone(), Initial::new(of(Some(home))))).collect();
        Initials { own, common: Initial::new(of(None)) }
    }

    fn invalid(&mut self, at: &Pointer, message: String) {
        let hint = "an item is as the operation that reads, lists or creates it replies it".to_owned();
        self.reader.error("seed-invalid", at, message, Some(hint));
    }

    /// The collection that an item says it is in.
    fn home(&self, item: &Value) -> Option<String> {
        let within = &self.resource.within;
        let texts: Option<Vec<String>> = within
            .iter()
            .map(|per| match &per.field {
                Field::Parameter(_, name) => item.get(name).map(key_text),
                _ => None,
            })
            .collect();
        texts.filter(|texts| !texts.is_empty()).map(|texts| crate::script::resource::join(&texts))
    }
}
