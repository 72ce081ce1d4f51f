//! What values come to, of a schema with everything in it.

use counterfoil_openapi::Contract;
use counterfoil_openapi::Pointer;
use serde_json::{Value, json};

use super::Tested;
use super::rules::Rules;
use crate::event::Mode;

const DOCUMENT: &str = r#"
openapi: 3.1.0
paths:
  /pets/{id}:
    put:
      operationId: put
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/Pet'}}
      responses: {}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        name: {type: string, minLength: 1}
        age: {type: integer, maximum: 30}
        friend: {$ref: '#/components/schemas/Pet'}
        kind:
          oneOf:
            - {type: object, required: [purrs], properties: {purrs: {type: boolean}}}
            - {type: object, required: [barks], properties: {barks: {type: string, pattern: w}}}
        tags: {type: array, maxItems: 3, items: {type: string, enum: [a, b]}}
"#;

fn reached(value: &Value) -> Vec<String> {
    let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
    let root = contract.document().root();
    let mut rules = Rules::default();
    let pet = rules.read(root, &Pointer::from_escaped("/components/schemas/Pet")).unwrap();
    let mut told = vec![false; rules.all().len()];
    rules.reached(pet, value, &mut |rule| told[rule] = true);
    let reached = rules.all().iter().zip(told).filter(|(_, told)| *told);
    let short = |pointer: &str| pointer.replace("/components/schemas/Pet/", "").replace("properties/", "");
    reached.map(|(rule, _)| short(&rule.pointer)).collect()
}

#[test]
fn a_value_comes_to_the_keywords_that_concern_it() {
    assert_eq!(reached(&json!({})), ["type", "required"]);
    assert_eq!(reached(&json!(5)), ["type"]);
    let age = reached(&json!({"name": "x", "age": 3}));
    assert_eq!(age, ["type", "required", "name/type", "name/minLength", "age/type", "age/maximum"]);
    // A member that refers to the whole leads back to it, and no further than the value does.
    let friend = reached(&json!({"friend": {"friend": {"age": "x"}}}));
    assert_eq!(friend, ["type", "required", "age/type"]);
    let tags = reached(&json!({"tags": ["a"]}));
    assert_eq!(
        tags,
        ["type", "required", "tags/type", "tags/maxItems", "tags/items/type", "tags/items/enum"]
    );
    let barks = reached(&json!({"kind": {"barks": "wow"}}));
    assert!(barks.contains(&"kind/oneOf/1/barks/pattern".to_owned()), "{barks:?}");
    assert!(!barks.iter().any(|rule| rule.starts_with("kind/oneOf/0")), "{barks:?}");
}

#[test]
fn valid_and_invalid_values_are_counted_apart() {
    let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
    let operation = contract.operation("put").unwrap();
    let mut tested = Tested::new(operation, contract.document().root());
    let mut values = counterfoil_openapi::codec::RequestValues::default();
    values.path.insert("id".to_owned(), json!(5));
    tested.take(Mode::Positive, &values, &[]);
    tested.take(Mode::Positive, &values, &[]);
    let location = counterfoil_openapi::Location::Path;
    let part = counterfoil_openapi::Part::Parameter(location, "id".to_owned());
    let mut violation = counterfoil_openapi::Violation::new(part, "minimum", "too small");
    violation.document_pointer = Some("/paths/~1pets~1{id}/put/parameters/0/schema/minimum".to_owned());
    tested.take(Mode::Negative, &values, &[violation]);
    let coverage = tested.coverage();
    let id = &coverage.parameters[0];
    assert_eq!((id.location.as_str(), id.name.as_str(), id.valid, id.invalid), ("path", "id", 2, 1));
    let found = coverage.keywords.iter().filter(|keyword| keyword.valid + keyword.invalid > 0);
    let found: Vec<(&str, u64, u64)> =
        found.map(|keyword| (keyword.keyword.as_str(), keyword.valid, keyword.invalid)).collect();
    assert_eq!(found, [("type", 2, 0), ("minimum", 2, 1)]);
}
