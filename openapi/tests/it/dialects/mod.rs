//! What the editions of OpenAPI have schemas say, a row a rule.

mod direction;
mod discriminator;
mod keywords;

use counterfoil_openapi::{Contract, Direction, Schema};
use serde_json::{Value, json};

/// The schema `Root` of a document of some edition, as its only response body; `schemas` are its components.
fn schema(version: &str, schemas: &Value) -> Schema {
    let document = if version.starts_with('2') {
        let text = schemas.to_string().replace("#/components/schemas/", "#/definitions/");
        let definitions: Value = serde_json::from_str(&text).expect("it was JSON before");
        json!({
            "swagger": version,
            "info": {"title": "schemas", "version": "1"},
            "paths": {"/x": {"get": {"produces": ["application/json"], "responses": {"200": {
                "description": "", "schema": {"$ref": "#/definitions/Root"},
            }}}}},
            "definitions": definitions,
        })
    } else {
        json!({
            "openapi": version,
            "info": {"title": "schemas", "version": "1"},
            "paths": {"/x": {"get": {"responses": {"200": {"description": "", "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Root"}},
            }}}}}},
            "components": {"schemas": schemas},
        })
    };
    let contract = Contract::load("schemas.json", document.to_string().as_bytes()).expect("a document");
    let responses = contract.operations()[0].responses();
    responses.0[0].content.0[0].schema.clone().expect("a schema")
}

/// What a schema refuses of a value, as `pointer: message [keyword] document pointer`.
fn refused(schema: &Schema, value: &Value) -> Vec<String> {
    let found = schema.violations(value, Direction::Response);
    assert_eq!(found.is_empty(), schema.is_valid(value, Direction::Response), "{value} {found:?}");
    let tell = |found: &counterfoil_openapi::SchemaViolation| {
        let at = found.document_pointer.replace("/components/schemas/", "").replace("/definitions/", "");
        format!("{}: {} [{}] {at}", found.instance_pointer, found.message, found.keyword)
    };
    found.iter().map(tell).collect()
}
