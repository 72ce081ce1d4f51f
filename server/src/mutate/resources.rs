//! Resources that a document seems to speak of, as a script that keeps them.

use std::collections::BTreeMap;
use std::sync::Arc;

use counterfoil_openapi::{Contract, Direction, Operation};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::places;
use crate::script::Script;

/// The most resources of one document that are looked for.
const MAX_RESOURCES: usize = 64;
/// The schemas that are followed to what they are made of.
const MAX_DEPTH: usize = 10;

/// Items that operations of a document create, read and perhaps change, list and remove.
#[derive(Debug, Clone)]
pub struct DerivedResource {
    /// The path of all of them.
    pub path: String,
    /// The operations, each under its word in a script (`create`, `read`, `list`, `update`, `patch`, `delete`).
    pub operations: BTreeMap<&'static str, Arc<Operation>>,
    /// A script that keeps these items and no others.
    pub script: Script,
}

/// The resources of a document: a path to which something is posted, and the same path with a variable behind it from
/// which it is read. What the operations say of their bodies has to fit, or there is no resource.
pub fn derive_resources(contract: &Contract) -> Vec<DerivedResource> {
    let mut looks: BTreeMap<&str, Look<'_>> = BTreeMap::new();
    for operation in contract.operations() {
        let path = operation.path().as_str();
        let Some((base, last)) = path.rsplit_once('/') else { continue };
        let is_one = last.starts_with('{') && last.ends_with('}') && last.matches('{').count() == 1;
        let role = match (operation.method().as_str(), is_one) {
            ("GET", true) => "read",
            ("PUT", true) => "update",
            ("PATCH", true) => "patch",
            ("DELETE", true) => "delete",
            ("GET", false) => "list",
            ("POST", false) => "create",
            _ => continue,
        };
        looks.entry(if is_one { base } else { path }).or_default().insert(role, operation);
    }
    let is_whole = |look: &Look<'_>| look.contains_key("create") && look.contains_key("read");
    let whole = looks.into_iter().filter(|(_, look)| is_whole(look)).take(MAX_RESOURCES);
    whole.filter_map(|(path, look)| derive(contract, path, look)).collect()
}

type Look<'c> = BTreeMap<&'static str, &'c Arc<Operation>>;

/// The resource that operations look like, with as many of them as can be.
fn derive(contract: &Contract, path: &str, mut look: Look<'_>) -> Option<DerivedResource> {
    // What stands in the way of the others is left out, the least important first.
    for optional in [None, Some("patch"), Some("list"), Some("update"), Some("delete")] {
        if optional.is_some_and(|role| look.remove(role).is_none()) {
            continue;
        }
        for key in keys(look["read"]).iter().filter(|key| can_be_taken(look["create"], key)) {
            if let Some(script) = script(contract, &look, key) {
                let operations =
                    look.iter().map(|(role, operation)| (*role, Arc::clone(operation))).collect();
                return Some(DerivedResource { path: path.to_owned(), operations, script });
            }
        }
    }
    None
}

/// Whether the document says how an item is refused that is there already, or no request names its key.
fn can_be_taken(create: &Operation, key: &str) -> bool {
    let media = create.request_body().into_iter().flat_map(|body| body.content.iter());
    let mut schemas = media.filter_map(|media| media.schema.as_ref());
    let is_named = schemas.any(|schema| {
        let root = schema.bundle(Direction::Request);
        names(root, root, key, 0)
    });
    !is_named || create.responses().documenting(StatusCode::CONFLICT).is_some()
}

/// Whether a schema has a property, which a request may send.
fn names(root: &Value, schema: &Value, key: &str, depth: usize) -> bool {
    let Some(object) = schema.as_object().filter(|_| depth <= MAX_DEPTH) else { return false };
    let property = object.get("properties").and_then(|properties| properties.get(key));
    property.is_some_and(|property| *property != Value::Bool(false))
        || places::same_place(root, object).any(|schema| names(root, schema, key, depth + 1))
}

/// The members that the variable of an item's path seems to mean, the likeliest first.
fn keys(read: &Operation) -> Vec<String> {
    let variable = read.path().variables().last().unwrap_or_default().to_owned();
    let tail = ["Id", "ID", "_id", "Name", "_name"]
        .iter()
        .find_map(|tail| variable.ends_with(tail).then(|| tail.trim_start_matches('_').to_ascii_lowercase()));
    let mut keys = vec![variable];
    keys.extend(tail);
    keys.extend(["id", "uuid", "name", "key", "slug"].map(str::to_owned));
    let mut seen = Vec::new();
    keys.retain(|key| {
        !seen.contains(key) && {
            seen.push(key.clone());
            true
        }
    });
    keys
}

fn script(contract: &Contract, look: &Look<'_>, key: &str) -> Option<Script> {
    let mut resource = Map::from_iter([("key".to_owned(), json!(key))]);
    for (role, operation) in look {
        resource.insert((*role).to_owned(), json!(operation.label()));
    }
    let within: Vec<Value> =
        look["create"].path().variables().map(|name| json!(format!("path.{name}"))).collect();
    resource.insert("in".to_owned(), Value::Array(within));
    let text = json!({"script": 1, "resources": {"items": resource}}).to_string();
    Script::load("derived.json", text.as_bytes(), std::slice::from_ref(contract)).ok()
}
