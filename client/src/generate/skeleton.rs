//! The OpenAPI 3.0.3 document that the generator makes types and signatures of.
//!
//! It has the types of the client as its components, and an operation for each method whose parameters are of the
//! types that the method takes. Names are synthetic, since those of documents clash and may be anything: what a method
//! sends is written by [`super::dress`], which has the real ones.

use serde_json::{Map, Value, json};

use super::plan::{BodyKind, Method};

/// The document for some methods and types.
pub(crate) fn document(title: &str, methods: &[&Method<'_>], components: &Map<String, Value>) -> Value {
    let paths: Map<String, Value> = methods
        .iter()
        .enumerate()
        .map(|(index, method)| (format!("/{index}"), json!({ "post": operation(index, method) })))
        .collect();
    json!({
        "openapi": "3.0.3",
        "info": { "title": title, "version": "1" },
        "paths": paths,
        "components": { "schemas": components },
    })
}

/// What a method is called in the skeleton.
pub(crate) fn method_name(index: usize) -> String {
    format!("operation{index}")
}

/// What a parameter is called in the skeleton.
pub(crate) fn parameter_name(index: usize) -> String {
    format!("parameter{index}")
}

fn operation(index: usize, method: &Method<'_>) -> Value {
    let parameters: Vec<Value> = method
        .inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            json!({
                "name": parameter_name(index),
                "in": "query",
                "required": input.required,
                "schema": input.schema,
            })
        })
        .collect();
    let mut operation = json!({
        "operationId": method_name(index),
        "parameters": parameters,
        "responses": { "default": {
            "description": "",
            "content": { "application/octet-stream": {} },
        } },
    });
    if let Some(body) = &method.body {
        let content = match body.kind {
            BodyKind::Raw => json!({
                "application/octet-stream": { "schema": { "type": "string", "format": "binary" } }
            }),
            _ => json!({ "application/json": { "schema": body.schema } }),
        };
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}
