//! Which members of a value are secret: those a schema calls a password, and those it lets travel only towards the
//! server.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::Schema;
use crate::document::{Document, Place};

/// Keywords whose value is a schema.
const ONE: [&str; 10] = [
    "additionalProperties",
    "items",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "unevaluatedItems",
    "unevaluatedProperties",
    "propertyNames",
];
/// Keywords whose value is a list of schemas.
const LIST: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords whose value is a map of schemas by other things than property names.
const MAP: [&str; 2] = ["patternProperties", "dependentSchemas"];

impl Schema {
    /// Whether its values are secret as a whole: a `format: password`, or `writeOnly`.
    pub fn is_secret(&self) -> bool {
        is_secret(self.document(), &Place { pointer: self.pointer().clone(), value: self.source() })
    }

    /// The names of secret properties anywhere in its values. Reads the whole schema each time.
    pub fn secret_members(&self) -> BTreeSet<String> {
        let document = self.document();
        let mut names = BTreeSet::new();
        let mut seen = HashSet::new();
        let mut queue = vec![Place { pointer: self.pointer().clone(), value: self.source() }];
        while let Some(schema) = queue.pop() {
            if !schema.value.is_object() || !seen.insert(schema.pointer.clone()) {
                continue;
            }
            queue.extend(schema.follow(document));
            if let Some(properties) = schema.get("properties") {
                for (name, property) in properties.members() {
                    if is_secret(document, &property) {
                        names.insert(name.to_owned());
                    }
                    queue.push(property);
                }
            }
            queue.extend(ONE.iter().filter_map(|keyword| schema.get(keyword)));
            for list in LIST.iter().filter_map(|keyword| schema.get(keyword)) {
                queue.extend(list.items());
            }
            for map in MAP.iter().filter_map(|keyword| schema.get(keyword)) {
                queue.extend(map.members().map(|(_, schema)| schema));
            }
        }
        names
    }
}

/// Whether anything in a document, be it a schema or not, is marked as schemas mark secrets.
pub(super) fn has_any(document: &Document) -> bool {
    let mut pending = vec![document.root()];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items),
            Value::Object(members) => {
                let is_marked = members.get("format").and_then(Value::as_str) == Some("password")
                    || members.get("writeOnly").and_then(Value::as_bool) == Some(true);
                if is_marked {
                    return true;
                }
                pending.extend(members.values());
            }
            _ => {}
        }
    }
    false
}

/// Whether a schema, what it refers to, or a part of that calls its values secret.
fn is_secret(document: &Document, schema: &Place<'_>) -> bool {
    if says_so(schema) {
        return true;
    }
    let Ok(resolved) = schema.follow(document) else { return false };
    says_so(&resolved)
        || resolved.get("allOf").is_some_and(|parts| {
            parts.items().any(|part| part.follow(document).is_ok_and(|part| says_so(&part)))
        })
}

fn says_so(schema: &Place<'_>) -> bool {
    schema.text("format") == Some("password") || schema.is("writeOnly")
}

#[cfg(test)]
mod tests {
    use crate::Contract;

    #[test]
    fn passwords_and_write_only_members_are_secret_wherever_they_stand() {
        let text = r#"
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /login:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                user: { type: string }
                password: { type: string, format: password }
                next: { $ref: '#/components/schemas/Node' }
                pin: { $ref: '#/components/schemas/Pin' }
              oneOf:
                - { properties: { otp: { type: string, writeOnly: true } } }
      responses: { '200': { description: ok } }
components:
  schemas:
    Pin: { type: string, format: password }
    Node:
      type: object
      properties:
        children: { type: array, items: { $ref: '#/components/schemas/Node' } }
        key: { allOf: [ { $ref: '#/components/schemas/Pin' } ] }
"#;
        let contract = Contract::load("secrets.yaml", text.as_bytes()).unwrap();
        let body = contract.operations()[0].request_body().unwrap();
        let schema = body.content.0[0].schema.as_ref().unwrap();
        let members = schema.secret_members();
        let names: Vec<&str> = members.iter().map(String::as_str).collect();
        assert_eq!(names, ["key", "otp", "password", "pin"]);
        assert!(!schema.is_secret());
    }
}
