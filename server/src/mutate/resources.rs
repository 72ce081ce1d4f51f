//! Resources that a document seems to speak of, as a script that keeps them.

use std::collections::BTreeMap;
use std::sync::Arc;

use counterfoil_openapi::{Contract, Direction, ListParameter, MediaType, Operation, Parameter, is_total};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::places;
use crate::script::Script;

/// The most resources of one document that are looked for.
const MAX_RESOURCES: usize = 64;
/// The schemas that are followed to what they are made of.
const MAX_DEPTH: usize = 10;
/// The items of each collection that are kept: lists stay short, and there is room for the next one.
const KEPT: usize = 100;
/// The members within which the key of an item is looked for in a request.
const MAX_WRAPPERS: usize = 2;

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
///
/// A stub that keeps one answers nothing that is not documented: an operation is left out that does not say what it
/// answers where there is no such item (404), or where a request can name the key of one that there is (409). The newest
/// hundred items of each collection are kept, so that there is room for another.
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
    look.retain(|role, operation| documents_refusals(role, operation));
    if !look.contains_key("create") || !look.contains_key("read") {
        return None;
    }
    // What is kept is listed in the order in which it was made, and in no other, and not by bounds.
    let is_beyond_us = |list: &&Arc<Operation>| {
        let mut said = list.parameters().iter().filter_map(Parameter::of_list);
        said.any(|said| matches!(said, ListParameter::Order(_) | ListParameter::Bound(_)))
    };
    if look.get("list").is_some_and(is_beyond_us) {
        look.remove("list");
    }
    // What stands in the way of the others is left out, the least important first.
    for optional in [None, Some("patch"), Some("list"), Some("update"), Some("delete")] {
        if optional.is_some_and(|role| look.remove(role).is_none()) {
            continue;
        }
        for key in keys(look["read"]).iter().filter(|key| can_be_taken(look["create"], look["read"], key)) {
            if let Some(script) = script(contract, &look, key) {
                let operations =
                    look.iter().map(|(role, operation)| (*role, Arc::clone(operation))).collect();
                return Some(DerivedResource { path: path.to_owned(), operations, script });
            }
        }
    }
    None
}

/// Whether an operation says what it answers where it cannot do what it is for.
fn documents_refusals(role: &str, operation: &Operation) -> bool {
    let documents = |status| operation.responses().documenting(status).is_some();
    let media = || operation.request_body().into_iter().flat_map(|body| body.content.iter());
    match role {
        "create" | "list" => true,
        // A patch in steps may be one that cannot be applied.
        "patch" if media().any(|media| media.name.contains("json-patch")) => {
            documents(StatusCode::NOT_FOUND) && documents(StatusCode::UNPROCESSABLE_ENTITY)
        }
        _ => documents(StatusCode::NOT_FOUND),
    }
}

/// Whether the document says how an item is refused that is there already, or no request names its key.
fn can_be_taken(create: &Operation, read: &Operation, key: &str) -> bool {
    let shown = shown(read);
    // An item that is shown in a member of the reply is sent in one as well.
    let is_bare = has(&shown, Direction::Response, key, 0);
    let sent: Vec<&MediaType> =
        create.request_body().into_iter().flat_map(|body| body.content.iter()).collect();
    let is_named = has(&sent, Direction::Request, key, if is_bare { 0 } else { MAX_WRAPPERS });
    !is_named || create.responses().documenting(StatusCode::CONFLICT).is_some()
}

/// What an operation answers with where it succeeds.
fn shown(read: &Operation) -> Vec<&MediaType> {
    let successes = read.responses().iter().filter(|response| response.status.to_string().starts_with('2'));
    successes.flat_map(|response| response.content.iter()).collect()
}

/// Whether a body may have a property, itself or so many members within.
fn has(content: &[&MediaType], direction: Direction, key: &str, wrappers: usize) -> bool {
    content.iter().filter_map(|media| media.schema.as_ref()).any(|schema| {
        let root = schema.bundle(direction);
        names(root, root, key, 0, wrappers)
    })
}

/// Whether a schema has a property which may be sent, itself or so many members within.
fn names(root: &Value, schema: &Value, key: &str, depth: usize, wrappers: usize) -> bool {
    let Some(object) = schema.as_object().filter(|_| depth <= MAX_DEPTH) else { return false };
    let properties = || object.get("properties").and_then(Value::as_object);
    let property = properties().and_then(|properties| properties.get(key));
    property.is_some_and(|property| *property != Value::Bool(false))
        || places::same_place(root, object).any(|schema| names(root, schema, key, depth + 1, wrappers))
        || (wrappers > 0
            && properties()
                .into_iter()
                .flat_map(Map::values)
                .any(|schema| names(root, schema, key, depth + 1, wrappers - 1)))
}

/// The members that the variable of an item's path seems to mean, the likeliest first; what the document says that is
/// shown before all else, which may be hidden in each reply.
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
    let shown = shown(read);
    keys.sort_by_cached_key(|key| !has(&shown, Direction::Response, key, MAX_WRAPPERS));
    keys
}

/// Where the reply of a list says how many items there are in all, as a script names places.
fn total(list: &Operation) -> Option<String> {
    let reply = list.responses().documenting(StatusCode::OK)?;
    let is_plain = |name: &&str| {
        is_total(name) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let header = reply.headers.iter().map(|header| header.name.as_str()).find(is_plain);
    let schema = reply.content.iter().find_map(|media| media.schema.as_ref());
    let member = || {
        let properties = schema?.resolved().get("properties")?.as_object()?;
        properties.keys().map(String::as_str).find(is_plain).map(|name| format!("body.{name}"))
    };
    header.map(|name| format!("header.{name}")).or_else(member)
}

/// The script of a resource, whose lists come in parts and by filters as far as their parameters say so.
fn script(contract: &Contract, look: &Look<'_>, key: &str) -> Option<Script> {
    let mut resource = Map::from_iter([("key".to_owned(), json!(key)), ("keep".to_owned(), json!(KEPT))]);
    for (role, operation) in look {
        resource.insert((*role).to_owned(), json!(operation.label()));
    }
    let within: Vec<Value> =
        look["create"].path().variables().map(|name| json!(format!("path.{name}"))).collect();
    resource.insert("in".to_owned(), Value::Array(within));
    let parameters = || look.get("list").into_iter().flat_map(|list| list.parameters());
    let mut page = Map::new();
    for parameter in parameters() {
        let (word, first) = match parameter.of_list() {
            Some(ListParameter::AtMost(_)) => ("limit", None),
            Some(ListParameter::Offset) => ("offset", None),
            Some(ListParameter::Page(first)) => ("page", first),
            _ => continue,
        };
        let is_beginning = word != "limit" && (page.contains_key("offset") || page.contains_key("page"));
        if !is_beginning && !page.contains_key(word) {
            page.insert(word.to_owned(), json!(parameter.name));
            if first == Some(0) {
                page.insert("first".to_owned(), json!(0));
            }
        }
    }
    if let Some(total) = look.get("list").and_then(|list| total(list)) {
        page.insert("total".to_owned(), json!(total));
    }
    if !page.is_empty() {
        resource.insert("page".to_owned(), Value::Object(page));
    }
    let load = |resource: &Map<String, Value>| {
        let text = json!({"script": 1, "resources": {"items": resource}}).to_string();
        Script::load("derived.json", text.as_bytes(), std::slice::from_ref(contract)).ok()
    };
    let mut script = load(&resource)?;
    let is_filter = |parameter: &&Parameter| matches!(parameter.of_list(), Some(ListParameter::Only(_)));
    let mut filters = Vec::new();
    for filter in parameters().filter(is_filter) {
        filters.push(json!(filter.name));
        resource.insert("filter".to_owned(), Value::Array(filters.clone()));
        // What is no member of the items narrows nothing.
        match load(&resource) {
            Some(narrowing) => script = narrowing,
            None => drop(filters.pop()),
        }
    }
    Some(script)
}
