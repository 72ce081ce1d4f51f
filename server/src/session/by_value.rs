//! One of a thing for each value that requests bring.

use std::collections::HashMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// How many values of a `per` are told apart at a time, in a session; beyond it those that were not asked for the
/// longest begin anew.
pub const MAX_PER_VALUES: usize = 10_000;

/// The longest text of a value that is kept as it stands, in bytes; of a longer one a hash is.
const MAX_TEXT: usize = 256;

/// What a value is known by: its text, so that `7` and `"7"` are the same; nothing where a request has none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ValueKey(Option<Box<str>>);

impl ValueKey {
    /// The key of what a request has, or does not have.
    pub(crate) fn of(value: Option<&Value>) -> Self {
        Self(value.map(|value| match value {
            Value::String(text) => short(text),
            other => short(&other.to_string()),
        }))
    }

    /// The key of a text.
    pub(crate) fn of_text(text: Option<&str>) -> Self {
        Self(text.map(short))
    }

    /// The text; nothing where the request had none.
    pub(crate) fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

fn short(text: &str) -> Box<str> {
    if text.len() <= MAX_TEXT {
        return text.into();
    }
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}")).into()
}

/// Something for each of at most [`MAX_PER_VALUES`] values.
#[derive(Debug)]
pub(crate) struct ByValue<T> {
    kept: HashMap<ValueKey, (T, u64)>,
    /// Counts what was asked.
    tick: u64,
}

impl<T> Default for ByValue<T> {
    fn default() -> Self {
        Self { kept: HashMap::new(), tick: 0 }
    }
}

impl<T> ByValue<T> {
    /// What is there for a value; nothing where it was never asked for.
    pub(crate) fn find(&self, key: &ValueKey) -> Option<&T> {
        self.kept.get(key).map(|(item, _)| item)
    }

    /// What is there for a value, made where it was never asked for.
    pub(crate) fn of(&mut self, key: ValueKey, make: impl FnOnce() -> T) -> &mut T {
        if !self.kept.contains_key(&key) && self.kept.len() >= MAX_PER_VALUES {
            self.make_room();
        }
        self.tick += 1;
        let tick = self.tick;
        let (item, asked) = self.kept.entry(key).or_insert_with(|| (make(), tick));
        *asked = tick;
        item
    }

    /// Puts something in the place of a value.
    pub(crate) fn put(&mut self, key: ValueKey, item: T) {
        let mut item = Some(item);
        let place = self.of(key, || item.take().expect("made once"));
        if let Some(item) = item {
            *place = item;
        }
    }

    /// Forgets a value; whether it was there.
    pub(crate) fn remove(&mut self, key: &ValueKey) -> bool {
        self.kept.remove(key).is_some()
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Everything there is, by the text of the value.
    pub(crate) fn all(&self) -> Vec<(&ValueKey, &T)> {
        let mut all: Vec<_> = self.kept.iter().map(|(key, (item, _))| (key, item)).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    /// Forgets the tenth that was not asked for the longest, so that this is done seldom.
    fn make_room(&mut self) {
        let mut asked: Vec<u64> = self.kept.values().map(|(_, asked)| *asked).collect();
        let (_, last_to_go, _) = asked.select_nth_unstable(MAX_PER_VALUES / 10);
        let last_to_go = *last_to_go;
        self.kept.retain(|_, (_, asked)| *asked > last_to_go);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_known_by_its_text() {
        let key = |value: Value| ValueKey::of(Some(&value));
        assert_eq!(key(json!(7)), key(json!("7")));
        assert_eq!(key(json!("7")), ValueKey::of_text(Some("7")));
        assert_ne!(key(json!("")), ValueKey::of(None));
        let long = "x".repeat(MAX_TEXT + 1);
        assert_eq!(key(json!(long)).as_str().map(str::len), Some(71));
        assert_ne!(key(json!(long)), key(json!(format!("{long}x"))));
    }

    #[test]
    fn what_was_not_asked_for_the_longest_goes_where_there_is_too_much() {
        let mut counts = ByValue::default();
        let key = |number: usize| ValueKey::of(Some(&json!(number)));
        for number in 0..MAX_PER_VALUES {
            *counts.of(key(number), || 0) += 1;
        }
        *counts.of(key(0), || 0) += 1;
        counts.of(key(MAX_PER_VALUES), || 0);
        assert_eq!(counts.find(&key(0)), Some(&2), "it was asked for lately");
        assert_eq!(counts.find(&key(1)), None);
        assert!(counts.kept.len() <= MAX_PER_VALUES && counts.kept.len() > MAX_PER_VALUES / 2);
    }
}
