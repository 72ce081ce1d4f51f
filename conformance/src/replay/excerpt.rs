//! As much of a document as some of its operations need, so that a case can be judged wherever it is sent.

use std::collections::BTreeSet;

use counterfoil_openapi::{Contract, Operation, Pointer};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// The members of a path item that are operations; of the others every operation needs all.
const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];
/// The members at the root of which only what is referred to is taken.
const LIBRARIES: [&str; 7] =
    ["paths", "webhooks", "components", "definitions", "parameters", "responses", "x-counterfoil-files"];
/// What a document that names parts of itself otherwise than by place is told by; it is taken whole.
const OTHER_NAMES: [&str; 5] = ["$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef"];
/// The deepest excerpt that common JSON readers still read within another document.
const MAX_DEPTH: usize = 96;

/// The excerpt; nothing where it would be nested too deeply to stand in a file.
pub(super) fn excerpt(contract: &Contract, operations: &[&Operation]) -> Option<Value> {
    let root = contract.document().root();
    let found = (!has_other_names(root))
        .then(|| {
            let mut excerpt = Excerpt::new(root);
            operations.iter().all(|operation| excerpt.take_operation(operation)).then(|| excerpt.finish())
        })
        .flatten();
    let found = found.unwrap_or_else(|| root.clone());
    (depth(&found) <= MAX_DEPTH).then_some(found)
}

struct Excerpt<'d> {
    root: &'d Value,
    /// The places taken whole.
    whole: BTreeSet<String>,
    /// Places found and not yet looked into.
    next: Vec<String>,
}

impl<'d> Excerpt<'d> {
    fn new(root: &'d Value) -> Self {
        let mut excerpt = Self { root, whole: BTreeSet::new(), next: Vec::new() };
        let members = root.as_object().into_iter().flat_map(Map::keys);
        for name in members.filter(|name| !LIBRARIES.contains(&name.as_str()) && *name != "tags") {
            excerpt.next.push(Pointer::root().join(name).as_str().to_owned());
        }
        // Which of them an operation asks for is told by name.
        excerpt.next.push("/components/securitySchemes".to_owned());
        excerpt
    }

    /// Whether an operation's place is known, and it is taken.
    fn take_operation(&mut self, operation: &Operation) -> bool {
        let own = operation.pointer().as_str();
        let Some(paths) = self.root.get("paths").and_then(Value::as_object) else { return false };
        let item = own.rfind('/').map(|end| &own[..end]).unwrap_or_default();
        let is_here = |name: &&String| Pointer::root().join("paths").join(name).as_str() == item;
        let Some(name) = paths.keys().find(is_here) else { return false };
        let place = Pointer::root().join("paths").join(name);
        let Some(members) = paths[name].as_object() else { return false };
        for member in members.keys() {
            let pointer = place.join(member);
            if !METHODS.contains(&member.to_ascii_lowercase().as_str()) || pointer.as_str() == own {
                self.next.push(pointer.as_str().to_owned());
            }
        }
        true
    }

    fn finish(mut self) -> Value {
        let children = children(self.root);
        while let Some(pointer) = self.next.pop() {
            // An item of a list has its place only in the whole list.
            let pointer = self.outside_of_lists(&pointer);
            let Some(value) = self.root.pointer(&pointer) else { continue };
            if !self.is_taken(&pointer) {
                self.whole.insert(pointer.clone());
                references(value, &mut self.next);
            }
            if value.get("discriminator").is_some() {
                let of_it = children.iter().filter(|(parent, _)| *parent == pointer);
                self.next.extend(
                    of_it.map(|(_, child)| child.clone()).filter(|child| !self.whole.contains(child)),
                );
            }
        }
        let mut out = Value::Object(Map::new());
        for pointer in &self.whole {
            if let Some(value) = self.root.pointer(pointer) {
                put(&mut out, pointer, value);
            }
        }
        out
    }

    fn is_taken(&self, pointer: &str) -> bool {
        let ends = pointer.match_indices('/').map(|(at, _)| at).chain([pointer.len()]);
        ends.filter(|end| *end > 0).any(|end| self.whole.contains(&pointer[..end]))
    }

    fn outside_of_lists(&self, pointer: &str) -> String {
        let ends = pointer.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
        let list = ends.map(|end| &pointer[..end]).find(|above| {
            self.root.pointer(above).is_some_and(Value::is_array)
                // The files gathered into a document are a list; each is looked into by itself.
                && *above != "/x-counterfoil-files"
        });
        list.unwrap_or(pointer).to_owned()
    }
}

/// Every place that a value refers to.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "$ref" => found.extend(place(text)),
                    Value::Object(mapping) if name == "mapping" => {
                        for target in mapping.values().filter_map(Value::as_str) {
                            let by_name = |library: &str| format!("{library}/{}", escaped(target));
                            match place(target) {
                                Some(place) => found.push(place),
                                None => found.extend(["/components/schemas", "/definitions"].map(by_name)),
                            }
                        }
                    }
                    _ => {}
                }
                references(member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// The schemas that say that they are another one too, each after that one.
fn children(root: &Value) -> Vec<(String, String)> {
    let mut children = Vec::new();
    for library in ["/components/schemas", "/definitions"] {
        let schemas = root.pointer(library).and_then(Value::as_object);
        for (name, schema) in schemas.into_iter().flatten() {
            let parts = schema.get("allOf").and_then(Value::as_array);
            for part in parts.into_iter().flatten() {
                if let Some(parent) = part.get("$ref").and_then(Value::as_str).and_then(place) {
                    children.push((parent, format!("{library}/{}", escaped(name))));
                }
            }
        }
    }
    children
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The place a reference leads to within its own document.
fn place(reference: &str) -> Option<String> {
    let pointer = reference.strip_prefix('#').filter(|pointer| pointer.starts_with('/'))?;
    Some(percent_decode_str(pointer).decode_utf8().ok()?.into_owned())
}

/// Puts a value into a place, with what is needed around it.
fn put(out: &mut Value, pointer: &str, value: &Value) {
    let Some((above, name)) = pointer.rsplit_once('/') else { return };
    let mut at = out;
    for part in above.split('/').skip(1) {
        let Value::Object(members) = at else { return };
        at = members.entry(unescaped(part)).or_insert_with(|| Value::Object(Map::new()));
    }
    if let Value::Object(members) = at {
        members.insert(unescaped(name), value.clone());
    }
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn has_other_names(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, member)| {
            (OTHER_NAMES.contains(&name.as_str()) && member.is_string())
                || (name == "$ref" && member.as_str().is_some_and(|text| !text.starts_with("#/")))
                || has_other_names(member)
        }),
        Value::Array(items) => items.iter().any(has_other_names),
        _ => false,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r##"
openapi: 3.0.3
info: {title: Pets, version: '1'}
tags: [{name: pets}]
security: [{key: []}]
paths:
  /pets:
    parameters: [{$ref: '#/components/parameters/Page'}]
    get: {operationId: list, responses: {'200': {$ref: '#/components/responses/Pets'}}}
    post: {operationId: add, responses: {'200': {$ref: '#/components/responses/Unneeded'}}}
  /other: {get: {operationId: other, responses: {}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  parameters:
    Page: {name: page, in: query, schema: {type: integer}}
  responses:
    Unneeded: {description: no}
    Pets:
      description: ok
      content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}}}
  schemas:
    Pet: {type: object, discriminator: {propertyName: kind}, properties: {kind: {type: string}}}
    Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {type: object, properties: {toy: {$ref: '#/components/schemas/Toy'}}}]}
    Toy: {type: string}
    Unneeded: {type: string}
"##;

    #[test]
    fn an_excerpt_has_what_its_operations_need_and_nothing_else() {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let list = contract.operation("list").unwrap();
        let excerpt = excerpt(&contract, &[list]).unwrap();
        let has = |pointer: &str| excerpt.pointer(pointer).is_some();
        for pointer in [
            "/openapi",
            "/security",
            "/paths/~1pets/get",
            "/paths/~1pets/parameters/0",
            "/components/parameters/Page",
            "/components/responses/Pets",
            "/components/schemas/Pet",
            "/components/schemas/Cat",
            "/components/schemas/Toy",
            "/components/securitySchemes/key",
        ] {
            assert!(has(pointer), "{pointer}");
        }
        for pointer in [
            "/tags",
            "/paths/~1pets/post",
            "/paths/~1other",
            "/components/responses/Unneeded",
            "/components/schemas/Unneeded",
        ] {
            assert!(!has(pointer), "{pointer}");
        }
        let text = serde_json::to_vec(&excerpt).unwrap();
        let again = Contract::load("excerpt.json", &text).unwrap();
        assert_eq!(again.operations().len(), 1);
        assert!(again.findings().is_empty(), "{:?}", again.findings());
    }

    #[test]
    fn a_document_that_names_its_parts_otherwise_is_taken_whole() {
        let document =
            DOCUMENT.replace("Toy: {type: string}", "Toy: {$id: 'https://x.test/toy', type: string}");
        let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
        let list = contract.operation("list").unwrap();
        assert!(excerpt(&contract, &[list]).unwrap().pointer("/paths/~1other").is_some());
    }
}
