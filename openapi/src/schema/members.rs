//! The members that a schema speaks of.

use std::collections::HashSet;

use serde_json::Value;

use super::Schema;
use crate::document::Place;

/// The most schemas that are looked at for the members of one.
const MAX_SCHEMAS: usize = 512;
/// Keywords whose schemas speak of the same value.
const APPLIED: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// Keywords with a schema that speaks of the same value, where another one holds or does not.
const CONDITIONAL: [&str; 2] = ["then", "else"];

impl Schema {
    /// The properties that the schema declares for an object, of every alternative, and for the items of an array, each
    /// with its schema; a name as often as there are schemas for it. Those that only responses have are not among them.
    ///
    /// References are followed, those into properties aside.
    pub fn members(&self) -> Vec<(String, Self)> {
        let document = self.shared_document();
        let mut seen = HashSet::new();
        let mut queue = vec![Place { pointer: self.pointer().clone(), value: self.source() }];
        let mut found = Vec::new();
        while let Some(schema) = queue.pop() {
            if !schema.value.is_object()
                || !seen.insert(std::ptr::from_ref::<Value>(schema.value))
                || seen.len() > MAX_SCHEMAS
            {
                continue;
            }
            queue.extend(schema.step(document).ok());
            for list in APPLIED.iter().filter_map(|keyword| schema.get(keyword)) {
                queue.extend(list.items());
            }
            queue.extend(CONDITIONAL.iter().chain(&["items"]).filter_map(|keyword| schema.get(keyword)));
            let Some(properties) = schema.get("properties") else { continue };
            let is_sent = |property: &Place<'_>| {
                *property.value != false
                    && !property.is("readOnly")
                    && !property.follow(document).is_ok_and(|place| place.is("readOnly"))
            };
            for (name, property) in properties.members().filter(|(_, property)| is_sent(property)) {
                let schema = Self::made(document, property.pointer.clone(), property.value.clone());
                found.push((name.to_owned(), schema));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Contract, Direction};

    #[test]
    fn members_are_those_of_every_alternative_and_of_items_through_references() {
        let text = r#"
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /pets:
    post:
      operationId: add
      requestBody:
        content:
          application/json:
            schema:
              allOf:
                - $ref: '#/components/schemas/Pet'
                - oneOf: [{properties: {lives: {type: integer}}}, {properties: {barks: {type: boolean}, id: {type: integer}}}]
      responses: {}
components:
  schemas:
    Pet:
      type: object
      properties:
        id: {type: string, readOnly: true}
        owners: {type: array, items: {$ref: '#/components/schemas/Owner'}}
        parent: {$ref: '#/components/schemas/Pet'}
    Owner: {type: object, properties: {name: {type: string, nullable: true, maxLength: 2}}}
"#;
        let contract = Contract::load("pets.yaml", text.as_bytes()).unwrap();
        let body = contract.operation("add").unwrap().request_body().unwrap();
        let schema = body.content.iter().next().unwrap().schema.as_ref().unwrap();
        let names = |members: &[(String, super::Schema)]| {
            let mut names: Vec<String> = members.iter().map(|(name, _)| name.clone()).collect();
            names.sort_unstable();
            names
        };
        let members = schema.members();
        assert_eq!(names(&members), ["barks", "id", "lives", "owners", "parent"]);
        let of = |name: &str| members.iter().find(|(known, _)| known == name).unwrap().1.clone();
        assert_eq!(names(&of("parent").members()), ["owners", "parent"]);
        let owners = of("owners").members();
        assert_eq!(names(&owners), ["name"]);
        for (value, is_valid) in
            [(json!("ab"), true), (json!(null), true), (json!("abc"), false), (json!(1), false)]
        {
            assert_eq!(owners[0].1.is_valid(&value, Direction::Request), is_valid, "{value}");
        }
    }
}
