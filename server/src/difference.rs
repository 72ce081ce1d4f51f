//! Which operations of some contracts are there in others, and say the same.
//!
//! An operation is what stands at its place, what its path and the root of the document say for it, and all that one
//! of these refers to. So each of them is compared alone, by its place, and what differs is followed back to the
//! operations that lead to it: each reference is looked at once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use counterfoil_openapi::{Contract, Operation, Pointer};
use serde_json::Value;

use crate::changes::Difference;

/// Members of a path item that are operations of their own.
const METHODS: [&str; 10] =
    ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query", "additionalOperations"];
/// Members of a document's root that say something of every operation.
const OF_ALL: [&str; 10] = [
    "openapi",
    "swagger",
    "servers",
    "host",
    "basePath",
    "security",
    "securityDefinitions",
    "consumes",
    "produces",
    "jsonSchemaDialect",
];

/// What differs between the operations of old contracts and new ones; documents are the same by their names.
pub(crate) fn of_operations(old: &[Contract], new: &[Contract]) -> Difference {
    let mut difference = Difference::default();
    let named = |contracts: &[Contract], name: &str| {
        contracts.iter().find(|contract| contract.document().name() == name).cloned()
    };
    for new in new {
        let Some(old) = named(old, new.document().name()) else {
            difference.added.extend(ids(new));
            continue;
        };
        if old.digest() == new.digest() {
            continue;
        }
        let (old, new) = (Graph::of(&old), Graph::of(new));
        let affected = new.affected(&old);
        for id in new.operations.keys() {
            if !old.operations.contains_key(id) {
                difference.added.push(id.clone());
            } else if affected.contains(&Place::Operation(id.clone())) {
                difference.changed.push(id.clone());
            }
        }
        let gone = old.operations.keys().filter(|id| !new.operations.contains_key(*id));
        difference.removed.extend(gone.cloned());
    }
    for old in old {
        if named(new, old.document().name()).is_none() {
            difference.removed.extend(ids(old));
        }
    }
    difference
}

fn ids(contract: &Contract) -> impl Iterator<Item = String> {
    contract.operations().iter().map(|operation| operation.id().as_str().to_owned())
}

/// A part of a document that is compared alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    /// What the root says of every operation.
    Root,
    /// An operation by its id, with what its path item says for it.
    Operation(String),
    /// What some reference leads to.
    Target(String),
}

/// The parts of a document, and which leads to which.
struct Graph {
    prints: HashMap<Place, u64>,
    /// The parts that refer to each part.
    referrers: HashMap<Place, Vec<Place>>,
    /// By id, so that what is told has an order.
    operations: BTreeMap<String, ()>,
}

impl Graph {
    fn of(contract: &Contract) -> Self {
        let root = contract.document().root();
        let mut graph =
            Self { prints: HashMap::new(), referrers: HashMap::new(), operations: BTreeMap::new() };
        let mut open = Vec::new();
        let schemes = root.pointer("/components/securitySchemes");
        let of_all = OF_ALL.iter().filter_map(|name| root.get(name)).chain(schemes);
        graph.add(contract, Place::Root, of_all, &mut open);
        for operation in contract.operations() {
            let id = operation.id().as_str().to_owned();
            let place = Place::Operation(id.clone());
            graph.referrers.entry(Place::Root).or_default().push(place.clone());
            graph.add(contract, place, parts(root, operation), &mut open);
            graph.operations.insert(id, ());
        }
        while let Some(pointer) = open.pop() {
            let place = Place::Target(pointer);
            if !graph.prints.contains_key(&place)
                && let Place::Target(pointer) = &place
            {
                let decoded = percent_encoding::percent_decode_str(pointer).decode_utf8_lossy();
                let target = Pointer::from_escaped(decoded.into_owned());
                let value = target.find(root);
                graph.add(contract, place, value.into_iter(), &mut open);
            }
        }
        graph
    }

    /// Adds a part; what it refers to is yet to be added.
    fn add<'v>(
        &mut self,
        contract: &Contract,
        place: Place,
        values: impl Iterator<Item = &'v Value>,
        open: &mut Vec<String>,
    ) {
        let mut hasher = DefaultHasher::new();
        for value in values {
            value.to_string().hash(&mut hasher);
            let mut hash_file = |address: &str| contract.document().external(address).hash(&mut hasher);
            for pointer in references(value, &mut hash_file) {
                self.referrers.entry(Place::Target(pointer.clone())).or_default().push(place.clone());
                open.push(pointer);
            }
        }
        self.prints.insert(place, hasher.finish());
    }

    /// The parts that differ from those of another graph, and all that lead to one of them.
    fn affected(&self, old: &Self) -> HashSet<Place> {
        let differs = |(place, print): (&Place, &u64)| old.prints.get(place) != Some(print);
        let mut open: Vec<&Place> =
            self.prints.iter().filter(|entry| differs(*entry)).map(|(place, _)| place).collect();
        let mut affected = HashSet::new();
        while let Some(place) = open.pop() {
            if affected.insert(place.clone()) {
                open.extend(self.referrers.get(place).into_iter().flatten());
            }
        }
        affected
    }
}

/// An operation, and what its path item says of all its methods.
fn parts<'v>(root: &'v Value, operation: &Operation) -> impl Iterator<Item = &'v Value> + use<'v> {
    let pointer = operation.pointer();
    let item = pointer.as_str().rsplit_once('/').map_or("", |(item, _)| item);
    let members = Pointer::from_escaped(item).find(root).and_then(Value::as_object);
    let shared = members.into_iter().flatten().filter(|(name, _)| !METHODS.contains(&name.as_str()));
    pointer.find(root).into_iter().chain(shared.map(|(_, value)| value))
}

/// Every text that may be a local reference, its `#` left out; behind the loader all references are local. The address
/// of each file that an example is in goes to `external`.
fn references(value: &Value, mut external: impl FnMut(&str)) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => {
                found.extend(text.strip_prefix('#').filter(|rest| rest.starts_with('/')).map(str::to_owned));
            }
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                if let Some(address) = members.get("externalValue").and_then(Value::as_str) {
                    external(address);
                }
                open.extend(members.values());
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /a:
    parameters: [ { name: p, in: query, schema: { type: string } } ]
    get: { operationId: getA, responses: { '200': { $ref: '#/components/responses/R' } } }
    put: { operationId: putA, responses: { '204': { description: done } } }
  /b: { get: { operationId: getB, responses: { '200': { description: b } } } }
components:
  responses:
    R: { description: r, content: { application/json: { schema: { $ref: '#/components/schemas/S' } } } }
  schemas:
    S: { properties: { next: { $ref: '#/components/schemas/S' }, t: { $ref: '#/components/schemas/T' } } }
    T: { type: string }
"#;

    fn contract(name: &str, text: &str) -> Contract {
        Contract::load(name, text.as_bytes()).unwrap()
    }

    #[test]
    fn an_operation_changes_with_what_it_leads_to() {
        let all = ["getA", "getB", "putA"];
        let table: [(&str, &str, &[&str]); 8] = [
            ("title: t", "title: other", &[]),
            ("description: b", "description: c", &["getB"]),
            ("description: done", "description: gone", &["putA"]),
            ("name: p,", "name: q,", &["getA", "putA"]),
            ("description: r", "description: s", &["getA"]),
            ("T: { type: string }", "T: { type: integer }", &["getA"]),
            ("info:", "servers: [ { url: /v1 } ]\ninfo:", &all),
            ("    T:", "    U: { type: string }\n    T:", &[]),
        ];
        for (from, to, changed) in table {
            assert_eq!(DOCUMENT.matches(from).count(), 1, "{from}");
            let new = contract("a.yaml", &DOCUMENT.replace(from, to));
            let found = of_operations(&[contract("a.yaml", DOCUMENT)], &[new]);
            assert_eq!(found.changed, changed, "{from} to {to}");
            assert!(found.added.is_empty() && found.removed.is_empty(), "{from} to {to}");
        }
    }

    #[test]
    fn operations_come_and_go_with_their_text_and_with_their_document() {
        let old = [contract("a.yaml", DOCUMENT), contract("b.yaml", DOCUMENT)];
        let new = [contract("a.yaml", &DOCUMENT.replace("getB", "getC")), contract("c.yaml", DOCUMENT)];
        let found = of_operations(&old, &new);
        assert_eq!(found.added, ["getC", "getA", "putA", "getB"]);
        assert_eq!(found.removed, ["getB", "getA", "putA", "getB"]);
        assert!(found.changed.is_empty(), "{found:?}");
        assert!(of_operations(&old, &old).is_empty());
    }
}
