//! The items of resources: what a session has changed of those that scripts begin with.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use crate::budget::{Budget, Full, Share};

/// The most items of resources that a session keeps beside those that scripts begin with; each of those that it has
/// changed or removed counts too.
pub const MAX_RESOURCE_ITEMS: usize = 10_000;
/// The most bytes that they may take together, as JSON.
pub const MAX_RESOURCE_BYTES: usize = 4 * 1024 * 1024;

/// About what an item takes beside its JSON.
const ITEM_BYTES: usize = 128;

/// Numbers of items that were made, which come after those that scripts begin with, however many a reload brings.
const FIRST_OWN: u64 = 1 << 32;

/// The items that a collection begins with, in order; every session shares them.
#[derive(Debug, Default)]
pub(crate) struct Initial {
    items: IndexMap<Box<str>, Arc<Value>>,
    /// The greatest key that is a whole number.
    greatest: i64,
}

/// An item as it is listed: its number, which tells where it stands among the others, and what it holds.
pub(crate) type Listed = (u64, Arc<Value>);

/// All collections of a session: those of each resource, by what they are within.
#[derive(Debug)]
pub(crate) struct Collections {
    by_name: BTreeMap<String, HashMap<Box<str>, Changes>>,
    items: usize,
    bytes: usize,
    /// What they take of what all sessions may.
    share: Share,
}

/// How a collection differs from what it began with.
#[derive(Debug, Default)]
struct Changes {
    /// Those it began with that were removed.
    gone: HashSet<Box<str>>,
    /// Those it began with that were changed; they keep their place.
    changed: HashMap<Box<str>, Arc<Value>>,
    /// Those that were made, in order.
    own: IndexMap<Box<str>, (u64, Arc<Value>)>,
    /// How many were made.
    made: u64,
    /// How many keys were drawn.
    drawn: u64,
    /// The greatest key made that is a whole number.
    greatest: i64,
}

/// One collection of a session.
#[derive(Debug)]
pub(crate) struct Collection<'c> {
    all: &'c mut Collections,
    name: &'c str,
    within: &'c str,
    initial: &'c Initial,
}

impl Initial {
    /// A collection that begins with these items, in their order.
    pub(crate) fn new(items: impl IntoIterator<Item = (Box<str>, Arc<Value>)>) -> Self {
        let items: IndexMap<_, _> = items.into_iter().collect();
        let greatest = items.keys().map(|key| whole(key)).max().unwrap_or_default();
        Self { items, greatest }
    }

    /// The items, in order.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Arc<Value>> {
        self.items.values()
    }
}

impl Collections {
    /// Collections as they began, which take what is changed of a budget.
    pub(super) fn new(kept: &Arc<Budget>) -> Self {
        Self { by_name: BTreeMap::new(), items: 0, bytes: 0, share: kept.share() }
    }

    /// One of them; `initial` is what it began with.
    pub(crate) fn of<'c>(
        &'c mut self,
        name: &'c str,
        within: &'c str,
        initial: &'c Initial,
    ) -> Collection<'c> {
        Collection { all: self, name, within, initial }
    }

    /// What the collections of a resource are within, as far as they were changed.
    pub(crate) fn changed(&self, name: &str) -> Vec<&str> {
        let mut found: Vec<&str> =
            self.by_name.get(name).into_iter().flat_map(HashMap::keys).map(|within| &**within).collect();
        found.sort_unstable();
        found
    }

    /// Forgets the changes of resources that there are no longer.
    pub(crate) fn retain(&mut self, is_known: impl Fn(&str) -> bool) {
        self.by_name.retain(|name, _| is_known(name));
        self.count_anew();
    }

    /// Puts every collection back to what it began with.
    pub(crate) fn clear(&mut self) {
        self.by_name.clear();
        self.count_anew();
    }

    fn count_anew(&mut self) {
        let all = || self.by_name.values().flat_map(HashMap::values);
        let (items, bytes) = (all().map(Changes::items).sum(), all().map(Changes::bytes).sum());
        (self.items, self.bytes) = (items, bytes);
        self.settle();
    }

    /// Takes what is counted now, no more and no less.
    fn settle(&self) {
        self.share.settle(self.bytes);
    }
}

impl Changes {
    fn items(&self) -> usize {
        1 + self.gone.len() + self.changed.len() + self.own.len()
    }

    fn bytes(&self) -> usize {
        let gone: usize = self.gone.iter().map(|key| ITEM_BYTES + key.len()).sum();
        let changed: usize = self.changed.iter().map(|(key, value)| size(key, value)).sum();
        let own: usize = self.own.iter().map(|(key, (_, value))| size(key, value)).sum();
        ITEM_BYTES + gone + changed + own
    }

    /// What a key takes.
    fn size_of(&self, key: &str) -> usize {
        match (self.changed.get(key), self.own.get(key)) {
            (Some(value), _) | (None, Some((_, value))) => size(key, value),
            (None, None) => 0,
        }
    }
}

impl Collection<'_> {
    fn changes(&self) -> Option<&Changes> {
        self.all.by_name.get(self.name)?.get(self.within)
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut Changes) -> T) -> T {
        let collections = self.all.by_name.entry(self.name.to_owned()).or_default();
        let changes = collections.entry(self.within.into()).or_insert_with(|| {
            self.all.items += 1;
            self.all.bytes += ITEM_BYTES;
            self.all.share.add(ITEM_BYTES);
            Changes::default()
        });
        change(changes)
    }

    /// The item of a key.
    pub(crate) fn get(&self, key: &str) -> Option<Arc<Value>> {
        let initial = || self.initial.items.get(key);
        let found = match self.changes() {
            None => initial(),
            Some(changes) => match changes.own.get(key) {
                Some((_, value)) => Some(value),
                None if changes.gone.contains(key) => None,
                None => changes.changed.get(key).or_else(initial),
            },
        };
        found.map(Arc::clone)
    }

    /// Every item, in the order in which they were made.
    pub(crate) fn all(&self) -> Vec<Listed> {
        let changes = self.changes();
        let numbered = (1..).zip(&self.initial.items);
        let initial =
            numbered.filter(|(_, (key, _))| changes.is_none_or(|changes| !changes.gone.contains(*key)));
        let initial = initial.map(|(number, (key, value))| {
            let changed = changes.and_then(|changes| changes.changed.get(key));
            (number, Arc::clone(changed.unwrap_or(value)))
        });
        let own = changes.into_iter().flat_map(|changes| changes.own.values());
        initial.chain(own.map(|(number, value)| (*number, Arc::clone(value)))).collect()
    }

    /// Puts an item in the place of a key, or behind all others where there is none.
    ///
    /// # Errors
    ///
    /// When there is no room for it; nothing changes then.
    pub(crate) fn put(&mut self, key: &str, value: Arc<Value>) -> Result<(), Full> {
        let before = self.changes().map_or(0, |changes| changes.size_of(key));
        let is_new = before == 0;
        let items = self.all.items + usize::from(is_new);
        let bytes = self.all.bytes - before + size(key, &value);
        let is_over = items > MAX_RESOURCE_ITEMS || bytes > MAX_RESOURCE_BYTES;
        if is_over && (is_new || bytes > self.all.bytes) {
            return Err(Full::Session);
        }
        // A collection that is changed for the first time takes some room itself.
        let first = if self.changes().is_none() { ITEM_BYTES } else { 0 };
        self.all.share.resize(bytes + first)?;
        let is_initial = self.initial.items.contains_key(key);
        self.change(|changes| {
            if is_initial && !changes.gone.contains(key) {
                changes.changed.insert(key.into(), value);
            } else if let Some((_, known)) = changes.own.get_mut(key) {
                *known = value;
            } else {
                changes.made += 1;
                changes.own.insert(key.into(), (FIRST_OWN + changes.made, value));
            }
            changes.greatest = changes.greatest.max(whole(key));
        });
        // What was counted while it was made comes on top.
        self.all.items += usize::from(is_new);
        self.all.bytes = self.all.bytes - before + self.changes().map_or(0, |changes| changes.size_of(key));
        self.all.settle();
        Ok(())
    }

    /// Puts a new item behind all others, and lets the oldest ones go that were made: those beyond so many of this
    /// collection, and where there is no room, those of others of the resource as well.
    ///
    /// # Errors
    ///
    /// When there is no room for it by itself.
    pub(crate) fn put_newest(&mut self, key: &str, value: &Arc<Value>, most: usize) -> Result<(), Full> {
        while self.changes().is_some_and(|changes| changes.own.len() >= most) {
            self.forget(self.within);
        }
        loop {
            let full = match self.put(key, Arc::clone(value)) {
                Ok(()) => return Ok(()),
                Err(full) => full,
            };
            let has_own = |within: &&str| {
                let changes = self.all.by_name.get(self.name).and_then(|all| all.get(*within));
                changes.is_some_and(|changes| !changes.own.is_empty())
            };
            let others = || self.all.by_name.get(self.name).into_iter().flat_map(HashMap::iter);
            // Of several the largest, and of those the last by name, so that it is always the same one.
            let largest = || {
                let counted = others().map(|(within, changes)| (changes.own.len(), within.clone()));
                counted.max().map(|(_, within)| within)
            };
            let own = Some(self.within).filter(has_own).map(Box::from);
            match own.or_else(largest).filter(|within| has_own(&&**within)) {
                Some(within) => self.forget(&within),
                None => return Err(full),
            }
        }
    }

    /// Lets the oldest item go that was made in a collection of the resource.
    fn forget(&mut self, within: &str) {
        let changes = self.all.by_name.get_mut(self.name).and_then(|all| all.get_mut(within));
        if let Some((key, (_, value))) = changes.and_then(|changes| changes.own.shift_remove_index(0)) {
            self.all.items -= 1;
            self.all.bytes -= size(&key, &value);
            self.all.settle();
        }
    }

    /// Removes the item of a key; whether there was one.
    pub(crate) fn remove(&mut self, key: &str) -> bool {
        if self.get(key).is_none() {
            return false;
        }
        let is_initial = self.initial.items.contains_key(key);
        let before = self.changes().map_or(0, |changes| changes.size_of(key));
        let (had, has) = self.change(|changes| {
            let had = usize::from(changes.own.shift_remove(key).is_some())
                + usize::from(changes.changed.remove(key).is_some());
            // One that it began with may have been made again after it was removed.
            (had, usize::from(is_initial && changes.gone.insert(key.into())))
        });
        self.all.items = self.all.items + has - had;
        self.all.bytes = self.all.bytes - before + has * (ITEM_BYTES + key.len());
        self.all.settle();
        true
    }

    /// Puts these items in the place of all there are.
    ///
    /// # Errors
    ///
    /// When there is no room for them; nothing changes then.
    pub(crate) fn replace(&mut self, items: Vec<(Box<str>, Arc<Value>)>) -> Result<(), Full> {
        let gone = self.initial.items.keys().cloned().collect();
        let (made, drawn, greatest) =
            self.changes().map_or((0, 0, 0), |changes| (changes.made, changes.drawn, changes.greatest));
        let greatest = items.iter().map(|(key, _)| whole(key)).fold(greatest, i64::max);
        let last = made + items.len() as u64;
        let own = (made + 1..).zip(items).map(|(number, (key, value))| (key, (FIRST_OWN + number, value)));
        let new = Changes { gone, own: own.collect(), made: last, drawn, greatest, ..Changes::default() };
        let (items, bytes) = self.changes().map_or((0, 0), |old| (old.items(), old.bytes()));
        let (items, bytes) = (self.all.items - items + new.items(), self.all.bytes - bytes + new.bytes());
        if items > MAX_RESOURCE_ITEMS || bytes > MAX_RESOURCE_BYTES {
            return Err(Full::Session);
        }
        self.all.share.resize(bytes)?;
        self.change(|changes| *changes = new);
        (self.all.items, self.all.bytes) = (items, bytes);
        self.all.settle();
        Ok(())
    }

    /// Puts everything back to what it began with.
    pub(crate) fn reset(&mut self) {
        let Some(collections) = self.all.by_name.get_mut(self.name) else { return };
        let Some(gone) = collections.remove(self.within) else { return };
        self.all.items -= gone.items();
        self.all.bytes -= gone.bytes();
        if collections.is_empty() {
            self.all.by_name.remove(self.name);
        }
        self.all.settle();
    }

    /// A whole number that is greater than every key there ever was.
    pub(crate) fn next_number(&self) -> i64 {
        let greatest = self.changes().map_or(0, |changes| changes.greatest).max(self.initial.greatest);
        greatest.saturating_add(1).max(1)
    }

    /// How many keys were drawn before this one.
    pub(crate) fn draw(&mut self) -> u64 {
        self.change(|changes| {
            changes.drawn += 1;
            changes.drawn - 1
        })
    }
}

/// The whole number that a key is, or 0.
fn whole(key: &str) -> i64 {
    key.parse().unwrap_or_default()
}

/// About how many bytes an item takes.
fn size(key: &str, value: &Value) -> usize {
    ITEM_BYTES + key.len() + written(value)
}

/// How many bytes a value takes as JSON, or about that.
fn written(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 20,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| written(item) + 1).sum::<usize>() + 2,
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() + written(value) + 4).sum::<usize>() + 2
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn initial(keys: &[u8]) -> Initial {
        Initial::new(keys.iter().map(|key| (key.to_string().into(), Arc::new(json!({"id": key})))))
    }

    fn collections() -> Collections {
        Collections::new(&Budget::new(usize::MAX))
    }

    /// What may be done to a collection.
    #[derive(Debug, Clone)]
    enum Step {
        Put(u8, String),
        Remove(u8),
        Replace(Vec<u8>),
        Reset,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (0..8_u8, "[a-z]{0,9}").prop_map(|(key, name)| Step::Put(key, name)),
            5 => (0..8_u8).prop_map(Step::Remove),
            1 => vec(0..8_u8, 0..4).prop_map(|keys| {
                let mut seen = HashSet::new();
                Step::Replace(keys.into_iter().filter(|key| seen.insert(*key)).collect())
            }),
            1 => Just(Step::Reset),
        ]
    }

    proptest! {
        /// Whatever is done, it is a list of items in the order in which they were made, and what it takes is counted.
        #[test]
        fn a_collection_is_what_was_put_into_it(steps in vec(step(), 0..40)) {
            let initial = initial(&[3, 1, 2]);
            let begin = || vec![("3".to_owned(), json!({"id": 3})), ("1".to_owned(), json!({"id": 1})), ("2".to_owned(), json!({"id": 2}))];
            let mut model = begin();
            let mut all = collections();
            for step in steps {
                let mut collection = all.of("pets", "", &initial);
                match step {
                    Step::Put(key, name) => {
                        let (key, value) = (key.to_string(), json!({"name": name}));
                        collection.put(&key, Arc::new(value.clone())).unwrap();
                        match model.iter_mut().find(|(known, _)| *known == key) {
                            Some((_, known)) => *known = value,
                            None => model.push((key, value)),
                        }
                    }
                    Step::Remove(key) => {
                        let key = key.to_string();
                        let before = model.len();
                        model.retain(|(known, _)| *known != key);
                        prop_assert_eq!(collection.remove(&key), model.len() < before);
                    }
                    Step::Replace(keys) => {
                        model = keys.iter().map(|key| (key.to_string(), json!(key))).collect();
                        let items = model.iter().map(|(key, value)| (key.as_str().into(), Arc::new(value.clone())));
                        collection.replace(items.collect()).unwrap();
                    }
                    Step::Reset => {
                        collection.reset();
                        model = begin();
                    }
                }
                let listed: Vec<Value> = collection.all().iter().map(|(_, value)| (**value).clone()).collect();
                prop_assert_eq!(&listed, &model.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>());
                prop_assert!(collection.all().is_sorted_by_key(|(number, _)| *number));
                for key in 0..8_u8 {
                    let found = collection.get(&key.to_string()).map(|value| (*value).clone());
                    let known = model.iter().find(|(known, _)| *known == key.to_string());
                    prop_assert_eq!(found, known.map(|(_, value)| value.clone()));
                }
                let counted = (all.items, all.bytes, all.share.bytes());
                all.count_anew();
                prop_assert_eq!(counted, (all.items, all.bytes, all.bytes));
            }
        }
    }

    #[test]
    fn it_takes_no_more_room_than_it_may() {
        let (initial, mut all) = (initial(&[1]), collections());
        let half = Arc::new(json!("x".repeat(MAX_RESOURCE_BYTES / 2)));
        assert_eq!(all.of("a", "", &initial).put("1", Arc::clone(&half)), Ok(()));
        assert_eq!(all.of("b", "o1", &initial).put("7", Arc::clone(&half)), Err(Full::Session));
        assert_eq!(all.of("b", "o1", &initial).get("7"), None);
        assert_eq!(all.of("b", "o1", &initial).replace(vec![("7".into(), half)]), Err(Full::Session));
        let small = Arc::new(json!({}));
        assert_eq!(all.of("a", "", &initial).put("1", Arc::clone(&small)), Ok(()), "less is always taken");
        let put = |number: usize, all: &mut Collections| {
            all.of("b", "o1", &initial).put(&number.to_string(), Arc::clone(&small))
        };
        let taken = (0..MAX_RESOURCE_ITEMS).take_while(|number| put(*number, &mut all).is_ok()).count();
        assert_eq!(taken, MAX_RESOURCE_ITEMS - 3, "two collections and one item");
        assert!(all.of("b", "o1", &initial).remove("5"));
        assert_eq!(put(MAX_RESOURCE_ITEMS, &mut all), Ok(()));
        all.retain(|name| name == "a");
        assert_eq!(all.items, 2);
    }

    #[test]
    fn the_oldest_items_go_where_only_the_newest_are_kept() {
        let (initial, mut all) = (initial(&[1]), collections());
        let keys = |all: &mut Collections, within: &str| -> Vec<String> {
            let items = all.of("a", within, &initial).all();
            items.iter().map(|(_, item)| item.to_string()).collect()
        };
        for number in 2..=5 {
            let item = Arc::new(json!(number));
            assert_eq!(all.of("a", "", &initial).put_newest(&number.to_string(), &item, 2), Ok(()));
        }
        assert_eq!(keys(&mut all, ""), [r#"{"id":1}"#, "4", "5"], "what it began with stays");
        let large = Arc::new(json!("x".repeat(MAX_RESOURCE_BYTES - 8 * ITEM_BYTES)));
        assert_eq!(all.of("a", "o1", &initial).put_newest("7", &large, 2), Ok(()));
        assert_eq!(all.of("a", "o2", &initial).put_newest("8", &large, 2), Ok(()));
        assert_eq!(keys(&mut all, "o1"), [r#"{"id":1}"#], "there is no room for both");
        let counted = (all.items, all.bytes, all.share.bytes());
        all.count_anew();
        assert_eq!(counted, (all.items, all.bytes, all.bytes));
        let larger = Arc::new(json!("x".repeat(MAX_RESOURCE_BYTES)));
        assert_eq!(all.of("a", "o3", &initial).put_newest("9", &larger, 2), Err(Full::Session));
    }

    #[test]
    fn items_are_taken_of_what_all_may_keep() {
        let (initial, kept) = (initial(&[1]), Budget::new(8 * ITEM_BYTES));
        let (mut one, mut other) = (Collections::new(&kept), Collections::new(&kept));
        let item = || Arc::new(json!("x".repeat(ITEM_BYTES)));
        let full = Err(Full::Together(8 * ITEM_BYTES));
        assert_eq!(one.of("a", "", &initial).put("7", item()), Ok(()));
        assert_eq!(one.of("a", "", &initial).put("8", item()), Ok(()));
        assert_eq!(other.of("a", "", &initial).put("7", item()), full);
        assert_eq!((other.of("a", "", &initial).get("7"), other.bytes), (None, 0));
        assert_eq!(other.of("a", "", &initial).replace(vec![("7".into(), item())]), full);
        assert!(one.of("a", "", &initial).remove("8"));
        assert_eq!(other.of("a", "", &initial).put("7", item()), Ok(()));
        other.clear();
        one.of("a", "", &initial).reset();
        assert_eq!((one.share.bytes(), other.share.bytes()), (0, 0));
    }

    #[test]
    fn numbers_are_given_once() {
        let (initial, mut all) = (initial(&[1, 7]), collections());
        let mut collection = all.of("a", "", &initial);
        assert_eq!(collection.next_number(), 8);
        collection.put("8", Arc::default()).unwrap();
        collection.put("-4", Arc::default()).unwrap();
        collection.put("nine", Arc::default()).unwrap();
        assert!(collection.remove("8"));
        assert_eq!((collection.next_number(), collection.draw(), collection.draw()), (9, 0, 1));
    }
}
