//! What a session keeps: values by name, and the states that scenarios are in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::by_value::{ByValue, ValueKey};
use super::collections::Collections;
use crate::budget::{Budget, Full, Share};

/// The most that the values of `state` may take together, in bytes of JSON, in a session.
pub const MAX_STATE_BYTES: usize = 1024 * 1024;

/// What is counted of the state that a scenario is in for a value, whose text is kept up to 256 bytes.
const PLACE_BYTES: usize = 384;

/// Everything that requests change together, under one lock of the session.
#[derive(Debug)]
pub(crate) struct Memory {
    /// What differs from what scripts begin with; nothing where a value was removed.
    values: BTreeMap<String, Option<Value>>,
    bytes: usize,
    /// By the name of a scenario, what has left its first state.
    places: BTreeMap<String, ByValue<Arc<str>>>,
    /// What values and places take of what all sessions may.
    share: Share,
    /// The items of resources.
    pub(crate) resources: Collections,
}

/// What a decision changes. It is made while the memory is held, and carried out before it is let go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// Values to keep, or to remove where there is none.
    pub(crate) set: Vec<(String, Option<Value>)>,
    pub(crate) moved: Option<Move>,
}

/// A step of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) scenario: String,
    pub(crate) key: ValueKey,
    pub(crate) to: Arc<str>,
}

impl Effects {
    /// Whether nothing is changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.moved.is_none()
    }
}

impl Memory {
    /// A memory of nothing, which takes what it keeps of a budget.
    pub(crate) fn new(kept: &Arc<Budget>) -> Self {
        Self {
            values: BTreeMap::new(),
            bytes: 0,
            places: BTreeMap::new(),
            share: kept.share(),
            resources: Collections::new(kept),
        }
    }

    /// The value of a name, over what scripts begin with.
    pub(crate) fn value<'m>(&'m self, name: &str, initial: &'m BTreeMap<String, Value>) -> Option<&'m Value> {
        match self.values.get(name) {
            Some(changed) => changed.as_ref(),
            None => initial.get(name),
        }
    }

    /// All values.
    pub(crate) fn values(&self, initial: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
        let mut all = initial.clone();
        for (name, changed) in &self.values {
            match changed {
                Some(value) => all.insert(name.clone(), value.clone()),
                None => all.remove(name),
            };
        }
        all
    }

    /// Keeps values, or removes them where there is none.
    ///
    /// # Errors
    ///
    /// When there is no room for all of them; nothing changes then.
    pub(crate) fn set(&mut self, values: Vec<(String, Option<Value>)>) -> Result<(), Full> {
        self.set_beside(values, 0)
    }

    /// As [`set`](Self::set), where so many places come too.
    fn set_beside(&mut self, values: Vec<(String, Option<Value>)>, places: usize) -> Result<(), Full> {
        let before: usize =
            values.iter().filter_map(|(name, _)| Some(size(name, self.values.get(name)?))).sum();
        let after: usize = values.iter().map(|(name, value)| size(name, value)).sum();
        let bytes = self.bytes - before + after;
        if bytes > MAX_STATE_BYTES && bytes > self.bytes {
            return Err(Full::Session);
        }
        self.share.resize(bytes + (self.place_count() + places) * PLACE_BYTES)?;
        self.bytes = bytes;
        self.values.extend(values);
        Ok(())
    }

    /// Puts every value back to what scripts begin with.
    pub(crate) fn clear_values(&mut self) {
        self.values.clear();
        self.bytes = 0;
        self.settle();
    }

    /// The state that a scenario is in for a value; nothing where it never left the first one.
    pub(crate) fn place(&self, scenario: &str, key: &ValueKey) -> Option<&str> {
        self.places.get(scenario)?.find(key).map(|state| &**state)
    }

    /// Every value that left the first state of a scenario, and where it is.
    pub(crate) fn places(&self, scenario: &str) -> Vec<(&ValueKey, &str)> {
        let all = self.places.get(scenario).map(ByValue::all).unwrap_or_default();
        all.into_iter().map(|(key, state)| (key, &**state)).collect()
    }

    /// Puts a scenario into a state.
    ///
    /// # Errors
    ///
    /// When there is no room for one more place; nothing changes then.
    pub(crate) fn go(&mut self, moved: Move) -> Result<(), Full> {
        self.apply(Effects { set: Vec::new(), moved: Some(moved) })
    }

    /// How many values have left the first state of their scenario.
    fn place_count(&self) -> usize {
        self.places.values().map(ByValue::len).sum()
    }

    /// Takes what it keeps now, no more and no less.
    fn settle(&self) {
        self.share.settle(self.bytes + self.place_count() * PLACE_BYTES);
    }

    /// Puts a scenario back into its first state, for one value or for all.
    pub(crate) fn restart(&mut self, scenario: &str, key: Option<&ValueKey>) {
        match (key, self.places.get_mut(scenario)) {
            (Some(key), Some(places)) => drop(places.remove(key)),
            _ => drop(self.places.remove(scenario)),
        }
        self.settle();
    }

    /// Forgets everything but the items of resources.
    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.clear_values();
    }

    /// Carries out what a decision changes.
    ///
    /// # Errors
    ///
    /// When there is no room for a value or a place; nothing changes then.
    pub(crate) fn apply(&mut self, Effects { set, moved }: Effects) -> Result<(), Full> {
        let is_new = |moved: &Move| self.place(&moved.scenario, &moved.key).is_none();
        self.set_beside(set, usize::from(moved.as_ref().is_some_and(is_new)))?;
        if let Some(Move { scenario, key, to }) = moved {
            self.places.entry(scenario).or_default().put(key, to);
            // Where there were too many of them, some have gone.
            self.settle();
        }
        Ok(())
    }
}

/// About how many bytes a value takes.
fn size(name: &str, value: &Option<Value>) -> usize {
    name.len() + size_of::<Value>() + value.as_ref().map_or(0, |value| value.to_string().len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn memory() -> Memory {
        Memory::new(&Budget::new(usize::MAX))
    }

    #[test]
    fn values_lie_over_those_that_scripts_begin_with() {
        let initial = BTreeMap::from([("a".to_owned(), json!(1)), ("b".to_owned(), json!(2))]);
        let mut memory = memory();
        let set = [("a", Some(json!({"x": 1}))), ("b", None), ("c", Some(Value::Null))];
        memory.set(set.map(|(name, value)| (name.to_owned(), value)).into()).unwrap();
        assert_eq!(memory.value("a", &initial), Some(&json!({"x": 1})));
        assert_eq!((memory.value("b", &initial), memory.value("d", &initial)), (None, None));
        assert_eq!(json!(memory.values(&initial)), json!({"a": {"x": 1}, "c": null}));
        memory.clear_values();
        assert_eq!(memory.values(&initial), initial);
    }

    #[test]
    fn values_take_no_more_room_than_they_may_and_come_all_or_none() {
        let mut memory = memory();
        let one = |name: &str, value: &Value| vec![(name.to_owned(), Some(value.clone()))];
        memory.set(one("a", &json!("before"))).unwrap();
        let half = json!("x".repeat(MAX_STATE_BYTES / 2));
        let set = |names: &[&str]| Effects {
            set: names.iter().map(|name| ((*name).to_owned(), Some(half.clone()))).collect(),
            moved: Some(Move { scenario: "s".into(), key: ValueKey::of(None), to: "t".into() }),
        };
        assert_eq!(memory.apply(set(&["a", "b"])), Err(Full::Session));
        assert_eq!(memory.value("a", &BTreeMap::new()), Some(&json!("before")));
        assert_eq!(
            (memory.value("b", &BTreeMap::new()), memory.place("s", &ValueKey::of(None))),
            (None, None)
        );
        assert_eq!(memory.apply(set(&["a"])), Ok(()));
        assert_eq!(memory.place("s", &ValueKey::of(None)), Some("t"));
        assert_eq!(memory.set(one("b", &half)), Err(Full::Session));
        assert_eq!(memory.set(one("a", &json!(1))), Ok(()));
        assert_eq!(memory.set(one("b", &half)), Ok(()));
    }

    #[test]
    fn what_is_kept_is_taken_of_what_all_may_keep() {
        let kept = Budget::new(3 * PLACE_BYTES);
        let (mut one, mut other) = (Memory::new(&kept), Memory::new(&kept));
        let moved = |key: &str| Move {
            scenario: "s".to_owned(),
            key: ValueKey::of_text(Some(key)),
            to: Arc::from("gone"),
        };
        let full = Err(Full::Together(3 * PLACE_BYTES));
        assert_eq!((one.go(moved("1")), one.go(moved("2")), other.go(moved("1"))), (Ok(()), Ok(()), Ok(())));
        assert_eq!((other.go(moved("2")), other.go(moved("1"))), (full, Ok(())), "a place is taken once");
        assert_eq!(other.place("s", &ValueKey::of_text(Some("2"))), None);
        let value = vec![("a".to_owned(), Some(json!(1)))];
        assert_eq!(other.set(value.clone()), full);
        one.restart("s", Some(&ValueKey::of_text(Some("1"))));
        assert_eq!(other.set(value), Ok(()));
        assert_eq!(one.go(moved("3")), full);
        drop(other);
        assert_eq!(one.go(moved("3")), Ok(()));
        one.clear();
        assert_eq!(one.share.bytes(), 0);
    }
}
