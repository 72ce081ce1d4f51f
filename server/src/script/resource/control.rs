//! The items as the control API sees them: without an operation, and held to what the operations show.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::super::grammar::Field;
use super::{ActiveResource, key_text};
use crate::budget::Full;
use crate::session::{Collection, Memory};

/// What there is to know of a resource from outside.
#[derive(Debug)]
pub(crate) struct ResourceInfo<'r> {
    pub(crate) name: &'r str,
    /// The member that tells items apart.
    pub(crate) key: &'r str,
    /// The parameters that each combination of values of has items of its own.
    pub(crate) within: Vec<String>,
}

/// Why an item is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ItemRefused {
    /// What is wrong with it, each with its place.
    Invalid(Vec<(String, String)>),
    /// There is one of this key.
    Taken(String),
    /// There is no room for it.
    Full(Full),
}

impl From<Full> for ItemRefused {
    fn from(full: Full) -> Self {
        Self::Full(full)
    }
}

impl ActiveResource {
    /// What there is to know of it from outside.
    pub(crate) fn info(&self) -> ResourceInfo<'_> {
        let resource = &*self.resource;
        ResourceInfo {
            name: &resource.name,
            key: &resource.key,
            within: resource.within.iter().map(Field::label).collect(),
        }
    }

    /// The values of the parameters that a collection is within.
    pub(crate) fn values_of(&self, within: &str) -> Vec<String> {
        match self.resource.within.len() {
            0 if within.is_empty() => Vec::new(),
            0 | 1 => vec![within.to_owned()],
            _ => within.split('/').map(|text| text.replace("%2F", "/").replace("%25", "%")).collect(),
        }
    }

    fn collection<'c>(&'c self, memory: &'c mut Memory, within: &'c str) -> Collection<'c> {
        let resource = &*self.resource;
        memory.resources.of(&resource.name, within, resource.initial.of(within))
    }

    /// How many items there are.
    pub(crate) fn count(&self, memory: &mut Memory, within: &str) -> usize {
        self.collection(memory, within).all().len()
    }

    /// Every item, in order.
    pub(crate) fn items(&self, memory: &mut Memory, within: &str) -> Vec<Value> {
        let items = self.collection(memory, within).all();
        items.iter().map(|(_, item)| self.shown(item)).collect()
    }

    /// The item of a key.
    pub(crate) fn item(&self, memory: &mut Memory, within: &str, key: &str) -> Option<Value> {
        let item = self.collection(memory, within).get(key)?;
        Some(self.shown(&item))
    }

    /// Makes an item, with a key where it has none.
    pub(crate) fn make(&self, memory: &mut Memory, within: &str, item: &Value) -> Result<Value, ItemRefused> {
        let mut collection = self.collection(memory, within);
        let Some(members) = item.as_object() else { return Err(not_an_object("")) };
        let (key, item) = match self.resource.key_of(item) {
            Some(key) => (key, self.valid(item, "")?),
            None => {
                let made = self.with_new_key(members.clone(), &mut collection);
                let (key, made) = made.ok_or_else(|| {
                    ItemRefused::Invalid(vec![(String::new(), "no key is found for it".to_owned())])
                })?;
                let mut item = members.clone();
                item.extend(made.get(&self.resource.key).map(|key| (self.resource.key.clone(), key.clone())));
                (key, self.valid(&Value::Object(item), "")?)
            }
        };
        if collection.get(&key).is_some() {
            return Err(ItemRefused::Taken(key));
        }
        collection.put(&key, Arc::clone(&item))?;
        Ok(self.shown(&item))
    }

    /// Puts an item in the place of a key, whether there was one or not.
    pub(crate) fn put(
        &self,
        memory: &mut Memory,
        within: &str,
        key: &str,
        item: &Value,
    ) -> Result<Value, ItemRefused> {
        let mut item = item.clone();
        let own = &self.resource.key;
        let Some(members) = item.as_object_mut() else { return Err(not_an_object("")) };
        match members.get(own).map(key_text) {
            Some(given) if given == key => {}
            Some(given) => {
                let message = format!("the item is `{given}`, and the path says `{key}`");
                return Err(ItemRefused::Invalid(vec![(format!("/{own}"), message)]));
            }
            None => {
                // The text is a number where only that is valid.
                let number = serde_json::from_str::<Value>(key).ok().filter(Value::is_number);
                let forms = std::iter::once(Value::from(key)).chain(number);
                let is_fitting = |form: &Value| {
                    let mut with = members.clone();
                    with.insert(own.clone(), form.clone());
                    let faults = self.resource.canon.faults(&Value::Object(with));
                    !faults.iter().any(|(place, ..)| *place == format!("/{own}"))
                };
                let form = forms.into_iter().find(is_fitting).unwrap_or_else(|| Value::from(key));
                members.insert(own.clone(), form);
            }
        }
        let item = self.valid(&item, "")?;
        self.collection(memory, within).put(key, Arc::clone(&item))?;
        Ok(self.shown(&item))
    }

    /// Puts items in the place of all there are.
    pub(crate) fn replace(
        &self,
        memory: &mut Memory,
        within: &str,
        items: &[Value],
    ) -> Result<Vec<Value>, ItemRefused> {
        let (mut valid, mut faults, mut keys) = (Vec::new(), Vec::new(), HashSet::new());
        for (index, item) in items.iter().enumerate() {
            let at = format!("/{index}");
            match (self.valid(item, &at), self.resource.key_of(item)) {
                (Err(ItemRefused::Invalid(found)), _) => faults.extend(found),
                (Err(other), _) => return Err(other),
                (Ok(_), None) => faults.push((at, format!("it has no `{}`", self.resource.key))),
                (Ok(_), Some(key)) if !keys.insert(key.clone()) => {
                    faults.push((at, format!("the key `{key}` is above already")));
                }
                (Ok(item), Some(key)) => valid.push((key.into(), item)),
            }
        }
        if !faults.is_empty() {
            return Err(ItemRefused::Invalid(faults));
        }
        self.collection(memory, within).replace(valid)?;
        Ok(self.items(memory, within))
    }

    /// Removes the item of a key; whether there was one.
    pub(crate) fn remove(&self, memory: &mut Memory, within: &str, key: &str) -> bool {
        self.collection(memory, within).remove(key)
    }

    /// Puts the items back to what the script begins with.
    pub(crate) fn reset(&self, memory: &mut Memory, within: &str) {
        self.collection(memory, within).reset();
    }

    /// An item that is valid as it stands.
    fn valid(&self, item: &Value, at: &str) -> Result<Arc<Value>, ItemRefused> {
        if !item.is_object() {
            return Err(not_an_object(at));
        }
        let faults = self.resource.canon.faults(item);
        if faults.is_empty() {
            return Ok(Arc::new(item.clone()));
        }
        let told = faults
            .into_iter()
            .map(|(place, message, keyword)| (format!("{at}{place}"), format!("{message} [{keyword}]")));
        Err(ItemRefused::Invalid(told.collect()))
    }

    fn shown(&self, item: &Value) -> Value {
        let key = self.resource.key_of(item).unwrap_or_default();
        self.resource.canon.fit(item, &self.seed_of(&key, 0))
    }
}

fn not_an_object(at: &str) -> ItemRefused {
    ItemRefused::Invalid(vec![(at.to_owned(), "an item is an object".to_owned())])
}
