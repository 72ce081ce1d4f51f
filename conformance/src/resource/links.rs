//! Which operations tell of which resources, read from the names in their paths and of their schemas.
//!
//! A resource is what a path names up to one of its variables: `/owners/{id}/pets/{petId}` has two, an owner and a pet
//! of an owner. How variables are called makes no difference: `/pets/{id}` and `/pets/{petId}/toys` speak of one thing.

use std::collections::HashMap;

use counterfoil_openapi::{Direction, Link, Location, Operation, Schema, StatusPattern};
use serde_json::Value;

use super::handed::{Handing, handings};
use super::naming::{self, Certainty};

/// Words that, at the end of a path, say what is done with the resources named before: what such a path answers is
/// taken to be of those.
const VERBS: [&str; 22] = [
    "find", "search", "list", "query", "all", "create", "new", "add", "batch", "bulk", "register", "mine",
    "me", "recent", "popular", "featured", "random", "latest", "filter", "signup", "current", "self",
];

/// A kind of thing that a path names.
#[derive(Debug)]
pub(crate) struct Resource {
    /// Its path with the variables unnamed: `/owners/{}/pets/{}`.
    pub(crate) shape: String,
    /// How many variables its path has; the last one is its own.
    pub(crate) variables: usize,
    /// Its name: `pet`.
    pub(crate) noun: String,
    /// The fields of a body that may hold the value of its own variable.
    pub(crate) fields: Vec<(String, Certainty)>,
    /// The schema of its own variable.
    schema: Option<Schema>,
}

impl Resource {
    /// The value that a text in the place of its own variable means.
    pub(crate) fn read(&self, text: &str) -> Value {
        let number = text.parse::<i64>().ok().filter(|number| number.to_string() == text).map(Value::from);
        let is_number = |number: &Value| {
            self.schema.as_ref().is_some_and(|schema| {
                schema.is_valid(number, Direction::Request)
                    && !schema.is_valid(&Value::from(text), Direction::Request)
            })
        };
        number.filter(is_number).unwrap_or_else(|| Value::from(text))
    }

    /// Whether a field with a name may hold the value of its own variable.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        let name = counterfoil_openapi::folded(name);
        self.fields.iter().any(|(field, _)| *field == name)
    }

    /// Whether a value may stand in the place of its own variable.
    pub(crate) fn admits(&self, value: &Value) -> bool {
        let is_name = match value {
            Value::String(text) => {
                !text.is_empty()
                    && text.len() <= 256
                    && text != "."
                    && text != ".."
                    && !text.contains(['/', '\\'])
            }
            Value::Number(number) => !number.is_f64(),
            _ => false,
        };
        let is_valid = |value: &Value| {
            self.schema.as_ref().is_none_or(|schema| schema.is_valid(value, Direction::Request))
        };
        is_name && (is_valid(value) || (value.is_number() && is_valid(&Value::from(value.to_string()))))
    }
}

/// A resource that an operation's replies tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tells {
    /// The resource's place among all.
    pub(crate) resource: usize,
    /// Whether the operation's path is the one of all resources of the kind, and not just like it.
    pub(crate) is_collection: bool,
}

/// A link of the document that leads to a resource.
#[derive(Debug)]
pub(crate) struct NextStep {
    pub(crate) status: StatusPattern,
    /// The resource that the path of the operation names to which it leads.
    pub(crate) resource: usize,
    /// Values for the variables of that path, from left to right; texts may be runtime expressions.
    pub(crate) values: Vec<Value>,
}

/// What is known of one operation.
#[derive(Debug, Default)]
pub(crate) struct OperationLinks {
    /// The resources that its path names, the innermost last.
    pub(crate) along: Vec<usize>,
    /// The resource that its whole path names.
    pub(crate) item: Option<usize>,
    /// What its replies tell of.
    pub(crate) tells: Vec<Tells>,
    /// What the document says can be done after it.
    pub(crate) steps: Vec<NextStep>,
    /// What it hands on to operations that can be called after it.
    pub(crate) hands: Vec<Handing>,
    /// What refers to resources from its query and body, by their nouns.
    pub(super) refers: Vec<String>,
}

/// Which operations tell of which resources.
#[derive(Debug, Default)]
pub(crate) struct Links {
    pub(crate) resources: Vec<Resource>,
    /// In the order of the plan.
    pub(crate) operations: Vec<OperationLinks>,
    nouns: HashMap<String, Vec<usize>>,
}

impl Links {
    pub(crate) fn new<'o>(operations: impl Iterator<Item = &'o Operation> + Clone) -> Self {
        let mut links = Self::default();
        let mut by_shape: HashMap<String, usize> = HashMap::new();
        for operation in operations.clone() {
            let mut known = OperationLinks::default();
            for name in Named::all(operation) {
                let index = *by_shape.entry(name.shape.clone()).or_insert_with(|| {
                    links.resources.push(name.resource(operation));
                    links.resources.len() - 1
                });
                if name.is_whole {
                    known.item = Some(index);
                }
                known.along.push(index);
            }
            links.operations.push(known);
        }
        for (index, resource) in links.resources.iter().enumerate() {
            links.nouns.entry(resource.noun.clone()).or_default().push(index);
        }
        let all: Vec<&Operation> = operations.clone().collect();
        for (index, operation) in operations.enumerate() {
            let mut tells = links.told_by(operation, &by_shape);
            let refers = links.referred_by(operation);
            let steps = links.steps_after(operation, &all);
            for step in &steps {
                let is_new = !tells.iter().any(|known| known.resource == step.resource);
                if is_new {
                    tells.push(Tells { resource: step.resource, is_collection: false });
                }
            }
            links.operations[index].steps = steps;
            links.operations[index].hands = handings(operation, &all);
            links.operations[index].tells = tells;
            links.operations[index].refers = refers;
        }
        links
    }

    /// The resources with a noun.
    pub(crate) fn named(&self, noun: &str) -> &[usize] {
        self.nouns.get(noun).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn nouns(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.nouns.iter().map(|(noun, resources)| (noun.as_str(), resources.as_slice()))
    }

    fn told_by(&self, operation: &Operation, by_shape: &HashMap<String, usize>) -> Vec<Tells> {
        let (shape, _) = shape(operation.path().as_str());
        let mut tells = Vec::new();
        let mut add = |resource: Option<&usize>, is_collection| {
            if let Some(resource) = resource
                && !tells.iter().any(|known: &Tells| known.resource == *resource)
            {
                tells.push(Tells { resource: *resource, is_collection });
            }
        };
        add(by_shape.get(&format!("{shape}/{{}}")), true);
        if let Some((around, last)) = shape.rsplit_once('/') {
            let last = counterfoil_openapi::folded(last);
            if VERBS.iter().any(|verb| last.starts_with(verb)) {
                add(by_shape.get(&format!("{around}/{{}}")), false);
            }
        }
        let names = schema_names(operation);
        for noun in names.iter().map(|name| naming::noun(name)) {
            for index in self.named(&noun) {
                // Nothing is known of what is around a resource of another path.
                if self.resources[*index].variables == 1 {
                    add(Some(index), false);
                }
            }
        }
        tells
    }

    /// The links of an operation that give all variables of a path that names a resource.
    fn steps_after(&self, operation: &Operation, all: &[&Operation]) -> Vec<NextStep> {
        let read = |link: Link| {
            let at = all.iter().position(|operation| link.target.is(operation))?;
            let resource = *self.operations[at].along.last()?;
            let given = |name: &str| {
                let is_it = |key: &str| key == name || key.strip_prefix("path.") == Some(name);
                link.parameters.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value.clone())
            };
            let values: Option<Vec<Value>> =
                all[at].path().variables().take(self.resources[resource].variables).map(given).collect();
            Some(NextStep { status: link.status, resource, values: values? })
        };
        operation.links().into_iter().filter_map(read).collect()
    }

    fn referred_by(&self, operation: &Operation) -> Vec<String> {
        let mut names: Vec<String> = operation
            .parameters()
            .iter()
            .filter(|parameter| parameter.location != Location::Path)
            .map(|parameter| parameter.name.clone())
            .collect();
        let body = operation.request_body().and_then(|body| body.content.iter().next()?.schema.as_ref());
        if let Some(properties) = body.and_then(|schema| schema.resolved().get("properties")?.as_object()) {
            names.extend(properties.keys().cloned());
        }
        let nouns = names.iter().filter_map(|name| naming::referred(name));
        nouns.filter(|noun| !self.named(noun).is_empty()).collect()
    }
}

/// A resource that a path names.
struct Named {
    shape: String,
    variable: String,
    variables: usize,
    noun: String,
    is_whole: bool,
}

impl Named {
    /// The resources that the path of an operation names, from left to right. Variables that share a segment, or have
    /// text in it, name one together.
    fn all(operation: &Operation) -> Vec<Self> {
        let (shape, segments) = shape(operation.path().as_str());
        let mut found = Vec::new();
        let (mut prefix, mut noun, mut variables) = (String::new(), String::new(), 0);
        for segment in &segments {
            let names = variables_of(segment);
            let Some(own) = names.last() else {
                prefix.push_str(&format!("/{segment}"));
                noun = naming::noun(segment);
                continue;
            };
            variables += names.len();
            prefix.push_str(&format!("/{}", unnamed(segment)));
            found.push(Self {
                shape: prefix.clone(),
                variable: (*own).to_owned(),
                variables,
                noun: noun.clone(),
                is_whole: prefix == shape,
            });
        }
        found
    }

    fn resource(self: &Named, operation: &Operation) -> Resource {
        let own = operation.parameters_in(Location::Path).find(|parameter| parameter.name == self.variable);
        Resource {
            shape: self.shape.clone(),
            variables: self.variables,
            noun: self.noun.clone(),
            fields: naming::fields(&self.variable, &self.noun),
            schema: own.and_then(|parameter| parameter.value_schema()).cloned(),
        }
    }
}

/// A path template with its variables unnamed, and its segments.
fn shape(path: &str) -> (String, Vec<&str>) {
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let shape = segments.iter().map(|segment| format!("/{}", unnamed(segment))).collect();
    (shape, segments)
}

fn variables_of(segment: &str) -> Vec<&str> {
    segment.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

fn unnamed(segment: &str) -> String {
    variables_of(segment)
        .iter()
        .fold(segment.to_owned(), |text, name| text.replacen(&format!("{{{name}}}"), "{}", 1))
}

/// The names of the schemas that the good replies of an operation refer to, alone or in a list.
fn schema_names(operation: &Operation) -> Vec<String> {
    let name = |value: &Value| {
        let reference = value.get("$ref")?.as_str()?;
        reference.rsplit('/').next().map(str::to_owned)
    };
    let mut names = Vec::new();
    for response in operation.responses().iter() {
        let is_good = response.status.to_string().starts_with('2');
        for schema in response.content.iter().filter_map(|media| media.schema.as_ref()).filter(|_| is_good) {
            let source = schema.source();
            names.extend(name(source));
            names.extend(source.get("items").and_then(name));
            names.extend(schema.resolved().get("items").and_then(name));
        }
    }
    names
}

#[cfg(test)]
pub(super) mod tests {
    use counterfoil_openapi::Contract;

    use super::*;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /pets/{id}:
    delete: {operationId: removePet, responses: {'204': {description: gone}}}
    get: {operationId: readPet, responses: {'200': {description: ok}}}
  /pets:
    get: {operationId: listPets, responses: {'200': {description: ok}}}
    post:
      operationId: addPet
      requestBody: {content: {application/json: {schema: {type: object, properties: {ownerId: {type: integer}}}}}}
      responses: {'201': {description: ok}}
  /pets/{petId}/toys/{toyId}:
    delete: {operationId: removeToy, responses: {'204': {description: gone}}}
  /pets/{petId}/toys:
    post: {operationId: addToy, responses: {'201': {description: ok}}}
  /pets/findByStatus:
    get: {operationId: findPets, responses: {'200': {description: ok}}}
  /adoptions:
    post:
      operationId: adopt
      responses:
        '201': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
  /owners:
    post: {operationId: addOwner, responses: {'201': {description: ok}}}
  /owners/{owner}:
    get: {operationId: readOwner, responses: {'200': {description: ok}}}
components: {schemas: {Pet: {type: object}}}
"#;

    /// The ids of the operations, and the links between them.
    pub(in crate::resource) fn links() -> (Vec<String>, Links, Contract) {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let operations = || contract.operations().iter().map(AsRef::as_ref);
        let ids = operations().map(|operation: &Operation| operation.id().as_str().to_owned()).collect();
        (ids, Links::new(operations()), contract)
    }

    #[test]
    fn operations_tell_of_the_resources_of_their_paths() {
        let (ids, links, _) = links();
        let told = |id: &str| -> Vec<(&str, bool)> {
            let index = ids.iter().position(|known| known == id).unwrap();
            let tells = links.operations[index].tells.iter();
            tells.map(|tells| (links.resources[tells.resource].shape.as_str(), tells.is_collection)).collect()
        };
        assert_eq!(told("listPets"), [("/pets/{}", true)]);
        assert_eq!(told("addPet"), [("/pets/{}", true)]);
        assert_eq!(told("findPets"), [("/pets/{}", false)]);
        assert_eq!(told("adopt"), [("/pets/{}", false)]);
        assert_eq!(told("addToy"), [("/pets/{}/toys/{}", true)]);
        assert_eq!(told("readPet"), []);
    }
}
