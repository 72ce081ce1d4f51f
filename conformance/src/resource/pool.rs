//! The resources known to exist, and how those were made that the suite made itself.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::handed::Given;
use super::learn::Learned;
use super::links::Links;
use crate::case::Case;
use crate::replay::Place;

/// The most resources of a kind that are remembered.
const MAX_KNOWN: usize = 16;
/// The most that is remembered of what links have handed on to one operation.
const MAX_HANDED: usize = 8;

/// A request that made a resource, so that one like it can be made again.
#[derive(Debug)]
pub(crate) struct Maker {
    /// The request.
    pub(crate) case: Arc<Case>,
    /// What its reply told.
    pub(crate) made: Learned,
    /// Where in it the value of the resource's own variable stands.
    pub(crate) place: Option<Place>,
}

/// A resource known to exist.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    /// The values of its path's variables, from left to right.
    pub(crate) values: Vec<Value>,
    /// How it was made, where the suite made it.
    pub(crate) maker: Option<Arc<Maker>>,
}

/// The resources known to exist, some of each kind.
///
/// They are kept in the order of their values, so that it makes no difference which of two replies came first.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    kinds: Vec<Vec<Binding>>,
    /// What links have handed on, by the place in the plan of the operation it is for, each with what orders it.
    handed: BTreeMap<usize, Vec<(String, Given)>>,
}

impl Pool {
    pub(crate) fn new(links: &Links) -> Self {
        Self { kinds: links.resources.iter().map(|_| Vec::new()).collect(), handed: BTreeMap::new() }
    }

    pub(crate) fn of(&self, resource: usize) -> &[Binding] {
        self.kinds.get(resource).map_or(&[], Vec::as_slice)
    }

    /// Remembers what a link has handed on to an operation.
    pub(crate) fn hand(&mut self, operation: usize, given: &Given) {
        let known = self.handed.entry(operation).or_default();
        let key = format!("{given:?}");
        let at = known.binary_search_by(|(other, _)| (other.len(), other).cmp(&(key.len(), &key)));
        if let Err(at) = at
            && at < MAX_HANDED
        {
            known.insert(at, (key, given.clone()));
            known.truncate(MAX_HANDED);
        }
    }

    /// What links have handed on to an operation.
    pub(crate) fn handed_to(&self, operation: usize) -> impl Iterator<Item = &Given> {
        self.handed.get(&operation).into_iter().flatten().map(|(_, given)| given)
    }

    /// Remembers a resource.
    pub(crate) fn add(&mut self, resource: usize, values: &[Value], maker: Option<Arc<Maker>>) {
        let Some(known) = self.kinds.get_mut(resource) else { return };
        match known.binary_search_by(|binding| compare(&binding.values, values)) {
            Ok(at) => {
                if known[at].maker.is_none() {
                    known[at].maker = maker;
                }
            }
            Err(at) => {
                if at < MAX_KNOWN {
                    known.insert(at, Binding { values: values.to_vec(), maker });
                    known.truncate(MAX_KNOWN);
                }
            }
        }
    }

    /// Forgets a resource that is gone, and those that are part of it.
    pub(crate) fn remove(&mut self, links: &Links, resource: usize, values: &[Value]) {
        let Some(gone) = links.resources.get(resource) else { return };
        let inside = format!("{}/", gone.shape);
        for (other, known) in links.resources.iter().zip(&mut self.kinds) {
            if other.shape == gone.shape || other.shape.starts_with(&inside) {
                known.retain(|binding| {
                    let first = binding.values.get(..values.len()).unwrap_or_default();
                    compare(first, values) != Ordering::Equal
                });
            }
        }
    }
}

/// Numbers by size, texts by length and then by their characters; a number and its text are the same.
fn compare(left: &[Value], right: &[Value]) -> Ordering {
    let key = |value: &Value| {
        let text = plain(value);
        (text.len(), text)
    };
    left.iter().map(key).cmp(right.iter().map(key))
}

/// A value as it stands in a path.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_replies_makes_no_difference_and_what_is_gone_takes_its_parts_along() {
        let document = "openapi: 3.0.3\npaths:\n  /pets/{a}: {get: {responses: {}}}\n  /pets/{b}/toys/{c}: {get: {responses: {}}}\n";
        let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
        let links = Links::new(contract.operations().iter().map(AsRef::as_ref));
        let filled = |ids: &mut dyn Iterator<Item = u64>| {
            let mut pool = Pool::new(&links);
            for id in ids {
                pool.add(0, &[json!(id)], None);
                pool.add(1, &[json!(id), json!("x")], None);
            }
            pool
        };
        let ids = |pool: &Pool, resource: usize| -> Vec<u64> {
            pool.of(resource).iter().map(|binding| binding.values[0].as_u64().unwrap()).collect()
        };
        let mut pool = filled(&mut (0..40).rev());
        assert_eq!(ids(&pool, 0), ids(&filled(&mut (0..40)), 0));
        assert_eq!(ids(&pool, 0), (0..16).collect::<Vec<_>>());
        pool.remove(&links, 0, &[json!("3")]);
        assert!(!ids(&pool, 0).contains(&3) && !ids(&pool, 1).contains(&3));
        assert_eq!((pool.of(0).len(), pool.of(1).len()), (15, 15));
    }
}
