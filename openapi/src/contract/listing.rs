//! Which parameters of a list say what is to be in it.

use serde_json::Value;

use super::{Location, Parameter};
use crate::schema::Direction;

/// The names, folded, of parameters that say how many items a list may have at most.
const LIMITS: [&str; 12] = [
    "limit",
    "perpage",
    "pagesize",
    "pagelimit",
    "maxresults",
    "maxitems",
    "maxcount",
    "itemsperpage",
    "resultsperpage",
    "recordsperpage",
    "top",
    "size",
];
/// Words in names that say that a parameter adds to a list, and leaves nothing out of it.
const ADDING: [&str; 9] =
    ["include", "with", "show", "expand", "all", "deleted", "archived", "hidden", "expired"];
/// Members of enumerations that leave nothing out of a list.
const EVERYTHING: [&str; 5] = ["all", "any", "both", "every", "none"];
/// The most members of an enumeration that are asked for.
const MAX_MEMBERS: usize = 8;

/// What a query parameter of a list says of its items.
#[derive(Debug, Clone, PartialEq)]
pub enum ListParameter {
    /// How many there are at most; the least number that may be asked for.
    AtMost(u64),
    /// What their property of the same name is; the values that may be asked for.
    Only(Vec<Value>),
}

impl Parameter {
    /// What a query parameter says of the items of a list, as far as its name and schema leave no
    /// doubt. OpenAPI has no words for it; these are the names in use.
    ///
    /// | parameter | says |
    /// |---|---|
    /// | `limit`, `per_page`, `pageSize`, … of whole numbers | at most so many |
    /// | an enumeration, or an array of one | only items that have the member in the property of the same name |
    /// | a boolean, unless its name says that it adds (`include_deleted`) | `true`: only items that have it as well |
    pub fn of_list(&self) -> Option<ListParameter> {
        let is_query = self.location == Location::Query;
        let root = self.value_schema().filter(|_| is_query)?.bundle(Direction::Request);
        let schema = resolved(root, root);
        let name = folded(&self.name);
        let is = |schema: &Value, wanted: &str| schema.get("type").is_some_and(|found| found == wanted);
        if LIMITS.contains(&name.as_str()) && is(schema, "integer") {
            let least = schema.get("minimum").and_then(Value::as_u64).unwrap_or(1).max(1);
            return Some(ListParameter::AtMost(least));
        }
        if ADDING.iter().any(|word| name.contains(word)) {
            return None;
        }
        if is(schema, "boolean") {
            return Some(ListParameter::Only(vec![Value::Bool(true)]));
        }
        let members = |schema: &Value| -> Option<Vec<Value>> {
            let members = schema.get("enum")?.as_array()?.iter().take(MAX_MEMBERS);
            let leaves_out =
                |text: &str| !text.is_empty() && !EVERYTHING.contains(&text.to_ascii_lowercase().as_str());
            Some(members.filter(|member| member.as_str().is_some_and(leaves_out)).cloned().collect())
        };
        if is(schema, "array") {
            let items = members(resolved(root, schema.get("items")?))?;
            return Some(ListParameter::Only(
                items.into_iter().map(|member| Value::Array(vec![member])).collect(),
            ));
        }
        members(schema).map(ListParameter::Only)
    }
}

/// A name without what notations of the same differ in: case, and what is no letter or digit.
fn folded(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The schema that a reference leads to.
fn resolved<'s>(root: &'s Value, mut schema: &'s Value) -> &'s Value {
    for _ in 0..8 {
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        match target.and_then(|target| root.pointer(target)) {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}
