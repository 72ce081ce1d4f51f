//! Which operations belong together, since what one is answered decides what another is asked.

use std::collections::HashSet;

use counterfoil_openapi::{Location, Operation, Pointer};
use serde_json::Value;

use super::links::Links;
use super::naming;

/// The group of each operation, in the order of the operations; groups are numbered by their first operation.
///
/// Operations of one path belong together, and so do those that name, make, tell of or refer to one resource, and those
/// that a link joins. `root` is
/// the document, to which the references of schemas lead.
pub(crate) fn groups<'o>(
    links: &Links,
    operations: impl Iterator<Item = &'o Operation>,
    root: &Value,
) -> Vec<usize> {
    let count = links.operations.len();
    // Operations first, then resources.
    let mut sets = Sets::new(count + links.resources.len());
    let mut first_of_path = std::collections::HashMap::new();
    for (index, operation) in operations.take(count).enumerate() {
        let first = *first_of_path.entry(operation.path().as_str().to_owned()).or_insert(index);
        sets.join(index, first);
        let known = &links.operations[index];
        let told = known.tells.iter().map(|tells| tells.resource);
        let steps = known.steps.iter().map(|step| step.resource);
        for resource in known.along.iter().copied().chain(told).chain(steps) {
            sets.join(index, count + resource);
        }
        for handing in &known.hands {
            sets.join(index, handing.target);
        }
        for noun in names(operation, root).iter().filter_map(|name| naming::referred(name)) {
            for resource in links.named(&noun) {
                sets.join(index, count + resource);
            }
        }
    }
    (0..count).map(|index| sets.first(index)).collect()
}

/// What the parts of a request are called that may refer to a resource: parameters, and members of bodies at any depth.
fn names(operation: &Operation, root: &Value) -> HashSet<String> {
    let parameters = operation.parameters().iter().filter(|parameter| parameter.location != Location::Path);
    let mut names: HashSet<String> = parameters.map(|parameter| parameter.name.clone()).collect();
    let body = operation.request_body().into_iter().flat_map(|body| body.content.iter());
    let mut pending: Vec<&Value> =
        body.filter_map(|media| media.schema.as_ref()).map(|schema| schema.source()).collect();
    let mut followed: HashSet<&str> = HashSet::new();
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items),
            Value::Object(members) => {
                if let Some(properties) = members.get("properties").and_then(Value::as_object) {
                    names.extend(properties.keys().cloned());
                }
                let reference = members.get("$ref").and_then(Value::as_str);
                if let Some(pointer) = reference.and_then(|reference| reference.strip_prefix('#'))
                    && followed.insert(pointer)
                {
                    pending.extend(Pointer::from_escaped(pointer).find(root));
                }
                pending.extend(members.values());
            }
            _ => {}
        }
    }
    names
}

/// Disjoint sets, each known by its least member.
struct Sets {
    parents: Vec<usize>,
}

impl Sets {
    fn new(count: usize) -> Self {
        Self { parents: (0..count).collect() }
    }

    fn first(&mut self, mut member: usize) -> usize {
        while self.parents[member] != member {
            self.parents[member] = self.parents[self.parents[member]];
            member = self.parents[member];
        }
        member
    }

    fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.first(left), self.first(right));
        self.parents[left.max(right)] = left.min(right);
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;

    use super::*;

    #[test]
    fn what_one_operation_tells_another_keeps_them_together() {
        let text = r#"
openapi: 3.0.3
paths:
  /pets: {post: {operationId: addPet, responses: {}}}
  /pets/{id}: {get: {operationId: readPet, responses: {}}, delete: {operationId: removePet, responses: {}}}
  /status: {get: {operationId: status, responses: {}}}
  /visits:
    post:
      operationId: visit
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Visit'}}}}
      responses: {}
  /owners/{id}: {get: {operationId: readOwner, responses: {}}}
components:
  schemas:
    Visit: {type: object, properties: {deep: {type: object, properties: {petId: {type: integer}}}}}
"#;
        let contract = Contract::load("pets.yaml", text.as_bytes()).unwrap();
        let operations = || contract.operations().iter().map(AsRef::as_ref);
        let links = Links::new(operations());
        let groups = groups(&links, operations(), contract.document().root());
        let ids: Vec<&str> = operations().map(|operation| operation.id().as_str()).collect();
        let shown: Vec<(&str, usize)> = ids.into_iter().zip(groups).collect();
        let expected =
            [("addPet", 0), ("readPet", 0), ("removePet", 0), ("status", 3), ("visit", 0), ("readOwner", 5)];
        assert_eq!(shown, expected);
    }
}
