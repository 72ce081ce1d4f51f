//! The coverage phase: one thing varied at a time, without chance.
//!
//! A full valid request is taken apart: every value in it is replaced by the values at and beyond the boundaries that
//! its schema draws, every part that may be left out is left out. What is valid among the results is sent as valid,
//! what is not as invalid; the document's validator decides, not the way they were made.

use std::collections::HashSet;

use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues};
use counterfoil_openapi::{Direction, Location, Operation};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::boundaries;
use super::fullest::full_requests;
use crate::case::{Case, Factory, Intent, Origin};
use crate::event::{Mode, Phase};
use crate::plan::OperationPlan;
use crate::resource::{About, Known};

/// The most alternatives tried at one node.
const MAX_ALTERNATIVES: usize = 8;
/// The deepest value varied.
const MAX_DEPTH: usize = 6;
/// The most values of one request that are varied.
const MAX_NODES: usize = 400;
/// The most cases of an operation.
const MAX_CASES: usize = 2_000;

/// The cases of an operation, each request once.
///
/// The request that is taken apart is about known resources, where there are any; each case about one of them.
pub(crate) fn coverage(factory: &Factory, plan: &OperationPlan, known: &Known, modes: &[Mode]) -> Vec<Case> {
    let mut cases = Cases {
        factory,
        plan,
        known,
        modes,
        path: IndexMap::new(),
        number: 0,
        sent: HashSet::new(),
        cases: Vec::new(),
    };
    for (at, full) in full_requests(factory, plan).into_iter().enumerate() {
        let base = cases.about_known(full.values);
        cases.path.clone_from(&base.path);
        cases.add(base.clone());
        // Parameters are the same whatever the body is.
        let parameters = if at == 0 { parameter_variations(&plan.operation, &base) } else { Vec::new() };
        for variation in parameters.into_iter().chain(body_variations(&plan.operation, &base, &full.others)) {
            if cases.cases.len() >= MAX_CASES {
                break;
            }
            cases.add(variation);
        }
    }
    cases.cases
}

/// Everything that differs from a request in one parameter.
fn parameter_variations(operation: &Operation, base: &RequestValues) -> Vec<RequestValues> {
    let mut found = Vec::new();
    for parameter in operation.parameters() {
        let place = |values: &mut RequestValues| match parameter.location {
            Location::Path => std::mem::take(&mut values.path),
            Location::Query | Location::QueryString => std::mem::take(&mut values.query),
            Location::Header => std::mem::take(&mut values.header),
            _ => std::mem::take(&mut values.cookie),
        };
        let with = |change: &dyn Fn(&mut IndexMap<String, Value>)| {
            let mut values = base.clone();
            let mut map = place(&mut values);
            change(&mut map);
            match parameter.location {
                Location::Path => values.path = map,
                Location::Query | Location::QueryString => values.query = map,
                Location::Header => values.header = map,
                _ => values.cookie = map,
            }
            values
        };
        if parameter.location != Location::Path {
            found.push(with(&|map| {
                map.shift_remove(&parameter.name);
            }));
        }
        let current = place(&mut base.clone()).get(&parameter.name).cloned();
        let (Some(schema), Some(current)) = (parameter.value_schema(), current) else { continue };
        let bundle = schema.bundle(Direction::Request);
        for value in varied(bundle, &current, &[]) {
            found.push(with(&|map| {
                map.insert(parameter.name.clone(), value.clone());
            }));
        }
    }
    found
}

/// Everything that differs from a request in one thing of its body; `others` are other valid bodies.
fn body_variations(operation: &Operation, base: &RequestValues, others: &[Value]) -> Vec<RequestValues> {
    let Some(body) = &base.body else { return Vec::new() };
    let with = |body: Option<BodyValue>| RequestValues { body, ..base.clone() };
    let mut found = vec![with(None)];
    let Payload::Value(value) = &body.payload else { return found };
    let media = operation.request_body().and_then(|documented| documented.content.matching(&body.media_type));
    if let Some(schema) = media.and_then(|media| media.schema.as_ref()) {
        for value in varied(schema.bundle(Direction::Request), value, others) {
            found.push(with(Some(BodyValue {
                media_type: body.media_type.clone(),
                payload: Payload::Value(value),
            })));
        }
    }
    if media::kind(&body.media_type) == Kind::Json {
        for text in ["{", "", "nonsense"] {
            let payload = Payload::Bytes(text.into());
            found.push(with(Some(BodyValue { media_type: body.media_type.clone(), payload })));
        }
    }
    if media::kind(&body.media_type) == Kind::Multipart {
        let payload = Payload::Bytes("--\r\n\r\ntext\r\n----\r\n".into());
        found.push(with(Some(BodyValue { media_type: "multipart/form-data".to_owned(), payload })));
    }
    let payload = Payload::Bytes("text".into());
    found.push(with(Some(BodyValue { media_type: "text/x-counterfoil".to_owned(), payload })));
    found
}

/// The values that differ from a value in one node, by the schema that holds there.
///
/// Where a schema has alternatives, what others have there is tried as well: each may be of another alternative.
fn varied(schema: &Value, value: &Value, others: &[Value]) -> Vec<Value> {
    let mut walk = Walk { root: schema, value, others, nodes: 0, found: Vec::new() };
    walk.node(schema, value, "", 0);
    walk.found
}

struct Walk<'v> {
    root: &'v Value,
    value: &'v Value,
    others: &'v [Value],
    nodes: usize,
    found: Vec<Value>,
}

impl<'v> Walk<'v> {
    fn node(&mut self, schema: &'v Value, node: &'v Value, pointer: &str, depth: usize) {
        let Some(schema) = schema.as_object() else { return };
        if depth > MAX_DEPTH || self.nodes >= MAX_NODES {
            return;
        }
        self.nodes += 1;
        for replacement in boundaries::values(schema, node) {
            self.replace(pointer, replacement);
        }
        if schema.contains_key("anyOf") || schema.contains_key("oneOf") {
            for alternative in self.alternatives(pointer, node) {
                self.replace(pointer, alternative);
            }
        }
        self.applicators(schema, node, pointer, depth);
    }

    fn replace(&mut self, pointer: &str, replacement: Value) {
        let mut whole = self.value.clone();
        if let Some(place) = whole.pointer_mut(pointer)
            && *place != replacement
        {
            *place = replacement;
            self.found.push(whole);
        }
    }

    /// What other values have at a node, one of each make: of the same type, with members of the same names.
    fn alternatives(&self, pointer: &str, node: &Value) -> Vec<Value> {
        let mut makes = vec![make(node)];
        let mut found = Vec::new();
        for value in self.others.iter().filter_map(|other| other.pointer(pointer)) {
            let make = make(value);
            if found.len() < MAX_ALTERNATIVES && !makes.contains(&make) {
                makes.push(make);
                found.push(value.clone());
            }
        }
        found
    }

    /// Goes on with the schemas that hold at the same node, then with those of its members.
    fn applicators(&mut self, schema: &'v Map<String, Value>, node: &'v Value, pointer: &str, depth: usize) {
        let target =
            schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        if let Some(target) = target.and_then(|target| self.root.pointer(target)) {
            self.node(target, node, pointer, depth + 1);
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for part in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                self.node(part, node, pointer, depth + 1);
            }
        }
        match node {
            Value::Object(members) => {
                let properties = schema.get("properties").and_then(Value::as_object);
                for (name, member) in members {
                    let declared = properties.and_then(|properties| properties.get(name));
                    let Some(part) = declared.or_else(|| schema.get("additionalProperties")) else {
                        continue;
                    };
                    let name = name.replace('~', "~0").replace('/', "~1");
                    self.node(part, member, &format!("{pointer}/{name}"), depth + 1);
                }
            }
            Value::Array(items) => {
                let first = schema.get("prefixItems").and_then(Value::as_array);
                let first = first.map_or(&[][..], Vec::as_slice);
                for (at, (part, item)) in first.iter().zip(items).enumerate() {
                    self.node(part, item, &format!("{pointer}/{at}"), depth + 1);
                }
                if let (Some(part), Some(item)) = (schema.get("items"), items.get(first.len())) {
                    self.node(part, item, &format!("{pointer}/{}", first.len()), depth + 1);
                }
            }
            _ => {}
        }
    }
}

/// The type of a value, and the names of its members.
fn make(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "boolean".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(items) => format!("array of {}", items.first().map(make).unwrap_or_default()),
        Value::Object(members) => {
            let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
            names.sort_unstable();
            names.join(" ")
        }
    }
}

struct Cases<'a> {
    factory: &'a Factory,
    plan: &'a OperationPlan,
    known: &'a Known,
    modes: &'a [Mode],
    /// The path's values where they are not what is varied.
    path: IndexMap<String, Value>,
    number: u64,
    sent: HashSet<Vec<u8>>,
    cases: Vec<Case>,
}

impl Cases<'_> {
    /// A full request made about known resources, and by what refusals taught, as far as that leaves it valid.
    fn about_known(&self, drawn: RequestValues) -> RequestValues {
        let is_valid = |values: &RequestValues| {
            self.factory.build(&self.plan.operation, &Intent::Positive, values).is_some()
        };
        let drawn = self.known.heed(&drawn, 0).filter(is_valid).unwrap_or(drawn);
        let about = self.known.about(&drawn, 0).map(|about| about.values);
        about.filter(is_valid).unwrap_or(drawn)
    }

    /// Adds a case with these values, as what the document says it is.
    fn add(&mut self, values: RequestValues) {
        let (plan, operation) = (self.plan, &self.plan.operation);
        let known = (values.path == self.path).then(|| self.known.on_path(&values, self.number)).flatten();
        let About { values, subject } = known.unwrap_or(About { values, subject: None });
        let Some((intent, sent)) = self.factory.classify(operation, &values) else { return };
        if self.modes.contains(&intent.mode()) && self.sent.insert(sent.wire()) {
            self.cases.push(Case {
                id: Case::id_of(operation, Phase::Coverage, self.number),
                operation: operation.clone(),
                index: plan.index,
                phase: Phase::Coverage,
                intent,
                origin: Origin::Fixed,
                values,
                subject,
                sent,
            });
            self.number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use counterfoil_openapi::Contract;

    use super::*;
    use crate::case::Signer;
    use crate::config::{Credentials, Settings, Target};
    use crate::plan::Plan;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /pets:
    post:
      operationId: addPet
      parameters:
        - {name: dry, in: query, required: true, schema: {type: boolean}}
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Pet'}}
      responses: {}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      additionalProperties: false
      properties:
        name: {type: string, minLength: 2, maxLength: 4}
        age: {type: integer, minimum: 0, maximum: 30}
        kind: {type: string, enum: [cat, dog]}
        tags: {type: array, maxItems: 2, items: {type: string, maxLength: 3}}
"#;

    fn cases(modes: &[Mode]) -> Vec<Case> {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let signer = Signer::new(&Target::new("http://localhost"), Credentials::Given).unwrap();
        let plan = Plan::new(&contract, &Settings::default());
        coverage(&Factory::new(&contract, signer), &plan.operations[0], &Known::default(), modes)
    }

    #[test]
    fn every_constraint_is_kept_at_its_boundary_and_broken_just_beyond() {
        let cases = cases(&[Mode::Positive, Mode::Negative]);
        let body = |case: &Case| case.values.body.as_ref().and_then(|body| body.payload.as_value()).cloned();
        let values = |intent: &Intent, pointer: &str| -> Vec<Value> {
            let of_intent = cases.iter().filter(|case| case.intent == *intent);
            of_intent.filter_map(|case| body(case)?.pointer(pointer).cloned()).collect()
        };
        for age in [0, 30] {
            assert!(values(&Intent::Positive, "/age").contains(&age.into()), "{age}");
        }
        for age in [-1, 31] {
            assert!(values(&Intent::Negative, "/age").contains(&age.into()), "{age}");
        }
        let lengths = |intent| -> BTreeSet<usize> {
            values(intent, "/name").iter().filter_map(|name| Some(name.as_str()?.chars().count())).collect()
        };
        assert!(lengths(&Intent::Positive).is_superset(&[2, 3, 4].into()));
        assert!(lengths(&Intent::Negative).is_superset(&[0, 1, 5].into()));
        for kind in ["cat", "dog"] {
            assert!(values(&Intent::Positive, "/kind").contains(&kind.into()));
        }
        let rules: BTreeSet<&str> = cases
            .iter()
            .filter(|case| case.intent == Intent::Negative)
            .flat_map(|case| case.sent.data_violations())
            .map(|violation| violation.rule.as_ref())
            .collect();
        for rule in [
            "additionalProperties",
            "enum",
            "maximum",
            "maxItems",
            "maxLength",
            "minimum",
            "minLength",
            "missing",
            "required",
            "type",
            "unreadable",
            "undocumented",
        ] {
            assert!(rules.contains(rule), "{rule} is not broken; broken are {rules:?}");
        }
    }

    #[test]
    fn an_invalid_case_is_broken_in_one_place() {
        for case in cases(&[Mode::Negative]) {
            let places: BTreeSet<(String, &str)> = case
                .sent
                .data_violations()
                .map(|violation| (violation.part.to_string(), violation.pointer.as_str()))
                .collect();
            assert_eq!(places.len(), 1, "{places:?}");
        }
    }

    #[test]
    fn modes_are_kept_to_and_no_request_is_made_twice() {
        assert!(cases(&[Mode::Positive]).iter().all(|case| case.intent == Intent::Positive));
        let cases = cases(&[Mode::Positive, Mode::Negative]);
        let wires: BTreeSet<Vec<u8>> = cases.iter().map(|case| case.sent.wire()).collect();
        assert_eq!(wires.len(), cases.len());
    }
}
