//! Queries by which lists are tried.

use counterfoil_openapi::{ListParameter, Operation};
use serde_json::Value;

/// Queries of one parameter each that say what is to be in a list.
pub(crate) fn choices(operation: &Operation) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for parameter in operation.parameters() {
        match parameter.of_list() {
            Some(ListParameter::AtMost(least)) => found.push((parameter.name.clone(), Value::from(least))),
            Some(ListParameter::Only(values)) => {
                found.extend(values.into_iter().map(|value| (parameter.name.clone(), value)));
            }
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_schemas_say_what_is_to_be_in_a_list() {
        let table = [
            ("limit", "{type: integer, minimum: 1}", json!([1])),
            ("per_page", "{type: integer, minimum: 5}", json!([5])),
            ("limit", "{type: string}", json!([])),
            ("page", "{type: integer}", json!([])),
            ("kind", "{type: string, enum: [cat, dog, all]}", json!(["cat", "dog"])),
            ("kind", "{$ref: '#/components/schemas/Kind'}", json!(["cat"])),
            ("kind", "{type: array, items: {type: string, enum: [cat, dog]}}", json!([["cat"], ["dog"]])),
            ("tame", "{type: boolean}", json!([true])),
            ("include_deleted", "{type: boolean}", json!([])),
            ("name", "{type: string}", json!([])),
        ];
        for (name, schema, expected) in table {
            let document = format!(
                "openapi: 3.0.3\npaths: {{/pets: {{get: {{parameters: [{{name: {name}, in: query, schema: {schema}}}], responses: {{}}}}}}}}\ncomponents: {{schemas: {{Kind: {{type: string, enum: [cat]}}}}}}\n"
            );
            let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
            let values: Value =
                choices(&contract.operations()[0]).into_iter().map(|(_, value)| value).collect();
            assert_eq!(values, expected, "{name} {schema}");
        }
    }
}
