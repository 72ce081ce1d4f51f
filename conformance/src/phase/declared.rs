//! Members that a schema declares and a value lacks, of every alternative there is.

use serde_json::{Map, Value, json};

/// The deepest value that is looked into, and the most schemas that are followed to what they are made of.
const MAX_DEPTH: usize = 10;
/// The most members that are proposed for one value.
const MAX_PROPOSED: usize = 64;

/// A member that a value could have: the object it is for, its name, and something of its type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Proposed {
    pub(super) pointer: String,
    pub(super) name: String,
    pub(super) value: Value,
}

/// The members that objects within a value lack and a schema of theirs declares, whether of the alternative that they
/// are of or of another one. Whether the value is valid with one of them the validator has to say.
pub(super) fn lacking(root: &Value, value: &Value) -> Vec<Proposed> {
    let mut found = Vec::new();
    walk(root, root, value, "", 0, &mut found);
    found
}

fn walk(root: &Value, schema: &Value, value: &Value, pointer: &str, depth: usize, found: &mut Vec<Proposed>) {
    let Some(schema) = schema.as_object() else { return };
    if depth > MAX_DEPTH || found.len() >= MAX_PROPOSED {
        return;
    }
    for part in same_place(root, schema) {
        walk(root, part, value, pointer, depth + 1, found);
    }
    match value {
        Value::Object(members) => {
            let declared = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            for (name, part) in declared {
                match members.get(name) {
                    Some(member) => {
                        let below = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                        walk(root, part, member, &below, depth + 1, found);
                    }
                    None if *part != Value::Bool(false) && found.len() < MAX_PROPOSED => {
                        let value = of_schema(root, part, 0);
                        let proposed = Proposed { pointer: pointer.to_owned(), name: name.clone(), value };
                        if !found.contains(&proposed) {
                            found.push(proposed);
                        }
                    }
                    None => {}
                }
            }
        }
        Value::Array(items) => {
            if let (Some(part), Some(first)) = (schema.get("items"), items.first()) {
                walk(root, part, first, &format!("{pointer}/0"), depth + 1, found);
            }
        }
        _ => {}
    }
}

/// The schemas that speak of the same value as a schema object.
fn same_place<'s>(root: &'s Value, schema: &'s Map<String, Value>) -> impl Iterator<Item = &'s Value> {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    let applied =
        ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array());
    target.and_then(|target| root.pointer(target)).into_iter().chain(applied.flatten())
}

/// The least that a schema seems to ask for; perhaps not valid.
fn of_schema(root: &Value, schema: &Value, depth: usize) -> Value {
    let Some(object) = schema.as_object().filter(|_| depth <= MAX_DEPTH) else { return json!("text") };
    let first = |keyword: &str| object.get(keyword).and_then(|members| members.get(0));
    let given = object.get("const").or_else(|| object.get("default")).or_else(|| object.get("example"));
    if let Some(given) = given.or_else(|| first("enum")).or_else(|| first("examples")) {
        return given.clone();
    }
    let kind = match object.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        Some(kind) => kind.as_str(),
        None => None,
    };
    let count = |keyword: &str| object.get(keyword).and_then(Value::as_u64).unwrap_or(0);
    match kind {
        Some("string") => {
            let least = usize::try_from(count("minLength")).unwrap_or_default().min(1_000);
            let most = object.get("maxLength").and_then(Value::as_u64).unwrap_or(4);
            let text: String = "text".chars().take(usize::try_from(most).unwrap_or(4)).collect();
            Value::from(format!("{text}{}", "a".repeat(least.saturating_sub(text.len()))))
        }
        Some("integer" | "number") => object.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some(_) => json!({}),
        None => match same_place(root, object).next() {
            Some(part) => of_schema(root, part, depth + 1),
            None => json!("text"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_every_alternative_are_proposed() {
        let schema = json!({
            "properties": {"config": {"oneOf": [{"$ref": "#/$defs/a"}, {"properties": {"c": {"enum": ["x", "y"]}}}]}},
            "$defs": {"a": {"properties": {"a": {"type": "string"}, "b": {"type": "integer", "minimum": 3}}}},
        });
        let proposed = lacking(&schema, &json!({"config": {"a": 7}}));
        let told: Vec<String> = proposed
            .iter()
            .map(|known| format!("{}/{} {}", known.pointer, known.name, known.value))
            .collect();
        assert_eq!(told, ["/config/b 3", "/config/c \"x\""]);
    }

    #[test]
    fn a_schema_of_itself_ends() {
        let schema = json!({"$ref": "#", "properties": {"next": {"$ref": "#"}}});
        assert!(lacking(&schema, &json!({"next": {"next": {}}})).len() <= MAX_PROPOSED);
    }
}
