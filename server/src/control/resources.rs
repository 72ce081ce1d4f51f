//! The items of resources, without the operations that show them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asked::{Asked, NamesSession};
use super::problem::{FindingBody, Problem};
use super::state::AnyValue;
use crate::script::{ActiveResource, ItemRefused, nearest};
use crate::session::{MAX_RESOURCE_BYTES, MAX_RESOURCE_ITEMS, Memory};

/// A resource, and how many items it has.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ResourceSummary {
    /// Its name.
    pub(crate) name: String,
    /// The member that tells its items apart.
    pub(crate) key: String,
    /// The parameters that each combination of values of has items of its own.
    pub(crate) within: Vec<String>,
    /// The values of these for which items were changed, each with the number of its items; one without values where
    /// there are no such parameters.
    pub(crate) collections: Vec<CollectionSummary>,
}

/// Items that belong together.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CollectionSummary {
    /// The values of the parameters, in their order.
    pub(crate) within: Vec<String>,
    /// How many items there are.
    pub(crate) items: usize,
}

/// The resource a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ResourcePath {
    /// Its name.
    pub(crate) name: String,
}

/// The item a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ItemPath {
    /// The name of its resource.
    pub(crate) name: String,
    /// Its key, as text.
    pub(crate) key: String,
}

/// Which items of a resource are meant.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ItemsQuery {
    /// The value of the resource's `in`; of several, those values with a `/` between them, and with `%2F` for a `/` and
    /// `%25` for a `%` in them.
    #[serde(rename = "in")]
    pub(crate) within: Option<String>,
    /// The name of a session, made on first use; absent for that of requests which name none.
    pub(crate) session: Option<String>,
}

impl NamesSession for ItemsQuery {
    fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }
}

/// Items, as they travel.
pub(crate) type Items = Vec<AnyValue>;

/// Every resource, in the order of the scripts.
pub(super) fn list(asked: &Asked<'_>) -> Vec<ResourceSummary> {
    let edition = asked.edition();
    let mut memory = asked.session.memory();
    let summary = |resource: ActiveResource| {
        let info = resource.info();
        let changed = match info.within.is_empty() {
            true => vec![String::new()],
            false => memory.resources.changed(info.name).into_iter().map(str::to_owned).collect(),
        };
        let collections = changed.into_iter().map(|within| CollectionSummary {
            items: resource.count(&mut memory, &within),
            within: resource.values_of(&within),
        });
        let collections = collections.collect();
        let (name, key, within) = (info.name.to_owned(), info.key.to_owned(), info.within);
        ResourceSummary { name, key, within, collections }
    };
    edition.engine.resources().map(summary).collect()
}

/// Every item.
pub(super) fn items(asked: &Asked<'_>, name: &str, within: Option<&str>) -> Result<Items, Problem> {
    with(asked, name, within, |resource, within, memory| {
        Ok(resource.items(memory, within).into_iter().map(AnyValue).collect())
    })
}

/// Puts the items of a body in the place of all there are.
pub(super) fn replace(
    asked: &Asked<'_>,
    name: &str,
    within: Option<&str>,
    items: Items,
) -> Result<Items, Problem> {
    let items: Vec<Value> = items.into_iter().map(|AnyValue(item)| item).collect();
    with(asked, name, within, |resource, within, memory| {
        let replaced = resource.replace(memory, within, &items).map_err(refused)?;
        Ok(replaced.into_iter().map(AnyValue).collect())
    })
}

/// Makes the item of a body.
pub(super) fn make(
    asked: &Asked<'_>,
    name: &str,
    within: Option<&str>,
    AnyValue(item): &AnyValue,
) -> Result<AnyValue, Problem> {
    with(asked, name, within, |resource, within, memory| {
        resource.make(memory, within, item).map(AnyValue).map_err(refused)
    })
}

/// Puts the items back to what the script begins with.
pub(super) fn reset(asked: &Asked<'_>, name: &str, within: Option<&str>) -> Result<(), Problem> {
    with(asked, name, within, |resource, within, memory| {
        resource.reset(memory, within);
        Ok(())
    })
}

/// One item.
pub(super) fn show(asked: &Asked<'_>, path: &ItemPath, within: Option<&str>) -> Result<AnyValue, Problem> {
    with(asked, &path.name, within, |resource, within, memory| {
        resource.item(memory, within, &path.key).map(AnyValue).ok_or_else(|| unknown_item(path))
    })
}

/// Puts the item of a body in the place of a key.
pub(super) fn put(
    asked: &Asked<'_>,
    path: &ItemPath,
    within: Option<&str>,
    AnyValue(item): &AnyValue,
) -> Result<AnyValue, Problem> {
    with(asked, &path.name, within, |resource, within, memory| {
        resource.put(memory, within, &path.key, item).map(AnyValue).map_err(refused)
    })
}

/// Removes one item.
pub(super) fn remove(asked: &Asked<'_>, path: &ItemPath, within: Option<&str>) -> Result<(), Problem> {
    with(asked, &path.name, within, |resource, within, memory| {
        resource.remove(memory, within, &path.key).then_some(()).ok_or_else(|| unknown_item(path))
    })
}

/// Does something to the items of a resource.
fn with<T>(
    asked: &Asked<'_>,
    name: &str,
    within: Option<&str>,
    act: impl FnOnce(&ActiveResource, &str, &mut Memory) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let edition = asked.edition();
    let Some(resource) = edition.engine.resource(name) else {
        let resources: Vec<ActiveResource> = edition.engine.resources().collect();
        let names = resources.iter().map(|resource| resource.info().name);
        let hint = nearest::hint(name, names).map_or_else(String::new, |hint| format!("; {hint}"));
        return Err(Problem::unknown("resource-unknown", format!("no resource is called `{name}`{hint}")));
    };
    let wanted = resource.info().within;
    let given = within.map_or(0, |within| resource.values_of(within).len());
    if given != wanted.len() {
        let message = match wanted.is_empty() {
            true => "its items are within nothing, so `in` means nothing".to_owned(),
            false => format!("its items are within {}, whose values `in` has to name", wanted.join(" and ")),
        };
        return Err(Problem::with("these are no items", vec![FindingBody::at("", "in-invalid", message)]));
    }
    let mut memory = asked.session.memory();
    act(&resource, within.unwrap_or_default(), &mut memory)
}

fn unknown_item(path: &ItemPath) -> Problem {
    let ItemPath { name, key } = path;
    Problem::unknown("item-unknown", format!("the resource `{name}` has no item `{key}`"))
}

fn refused(refused: ItemRefused) -> Problem {
    match refused {
        ItemRefused::Taken(key) => Problem::conflict("id-taken", format!("there is an item `{key}` already")),
        ItemRefused::Full(full) => {
            let message = full.told(format_args!(
                "a session keeps {MAX_RESOURCE_ITEMS} items of resources and {MAX_RESOURCE_BYTES} bytes at the most"
            ));
            Problem::with("there is no room for it", vec![FindingBody::at("", "resources-full", message)])
        }
        ItemRefused::Invalid(faults) => {
            let told = faults.into_iter().map(|(at, message)| FindingBody::at(&at, "item-invalid", message));
            Problem::with("nothing is changed", told.collect())
        }
    }
}
