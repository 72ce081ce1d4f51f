//! Which parameters of a list say what is to be in it.

use counterfoil_openapi::{Direction, Location, Operation, Parameter};
use serde_json::Value;

use super::folded;

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

/// What a parameter of a list says of its items.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Says {
    /// How many there are at most; the least number that may be asked for.
    AtMost(u64),
    /// What their property of the same name is; the values that may be asked for.
    Only(Vec<Value>),
}

/// What a query parameter says of the items of a list, as far as its name and schema leave no doubt.
///
/// | parameter | says |
/// |---|---|
/// | `limit`, `per_page`, `pageSize`, … of whole numbers | at most so many |
/// | an enumeration, or an array of one | only items that have the member in the property of the same name |
/// | a boolean, unless its name says that it adds (`include_deleted`) | `true`: only items that have it as well |
pub(crate) fn says(parameter: &Parameter) -> Option<Says> {
    let is_query = parameter.location == Location::Query;
    let root = parameter.value_schema().filter(|_| is_query)?.bundle(Direction::Request);
    let schema = resolved(root, root);
    let name = folded(&parameter.name);
    let is = |schema: &Value, wanted: &str| schema.get("type").is_some_and(|found| found == wanted);
    if LIMITS.contains(&name.as_str()) && is(schema, "integer") {
        let least = schema.get("minimum").and_then(Value::as_u64).unwrap_or(1).max(1);
        return Some(Says::AtMost(least));
    }
    if ADDING.iter().any(|word| name.contains(word)) {
        return None;
    }
    if is(schema, "boolean") {
        return Some(Says::Only(vec![Value::Bool(true)]));
    }
    let members = |schema: &Value| -> Option<Vec<Value>> {
        let members = schema.get("enum")?.as_array()?.iter().take(MAX_MEMBERS);
        let leaves_out =
            |text: &str| !text.is_empty() && !EVERYTHING.contains(&text.to_ascii_lowercase().as_str());
        Some(members.filter(|member| member.as_str().is_some_and(leaves_out)).cloned().collect())
    };
    if is(schema, "array") {
        let items = members(resolved(root, schema.get("items")?))?;
        return Some(Says::Only(items.into_iter().map(|member| Value::Array(vec![member])).collect()));
    }
    members(schema).map(Says::Only)
}

/// Queries of one parameter each that say what is to be in a list.
pub(crate) fn choices(operation: &Operation) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for parameter in operation.parameters() {
        match says(parameter) {
            Some(Says::AtMost(least)) => found.push((parameter.name.clone(), Value::from(least))),
            Some(Says::Only(values)) => {
                found.extend(values.into_iter().map(|value| (parameter.name.clone(), value)));
            }
            None => {}
        }
    }
    found
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
