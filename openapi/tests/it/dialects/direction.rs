//! `readOnly` and `writeOnly`: what may not travel one way is refused there, and nothing asks for it.

use counterfoil_openapi::generate::{Seed, Variety, positive_in, sample};
use counterfoil_openapi::{Contract, Direction, Schema};
use serde_json::{Value, json};

/// A schema as the body of a request and of its response.
fn both(version: &str, schemas: &Value) -> [(Schema, Direction); 2] {
    let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/Root"}}});
    let document = json!({
        "openapi": version,
        "info": {"title": "both ways", "version": "1"},
        "paths": {"/x": {"post": {
            "requestBody": {"content": content},
            "responses": {"200": {"description": "", "content": content}},
        }}},
        "components": {"schemas": schemas},
    });
    let contract = Contract::load("both.json", document.to_string().as_bytes()).expect("a document");
    let operation = &contract.operations()[0];
    let request = operation.request_body().expect("a body").content.0[0].schema.clone();
    let response = operation.responses().0[0].content.0[0].schema.clone();
    [(request.expect("a schema"), Direction::Request), (response.expect("a schema"), Direction::Response)]
}

#[test]
fn what_may_not_travel_is_neither_sent_nor_asked_for_at_any_depth() {
    let user = || {
        json!({"type": "object", "required": ["id", "password", "name"], "properties": {
            "id": {"type": "integer", "readOnly": true},
            "password": {"type": "string", "writeOnly": true},
            "name": {"type": "string"},
        }})
    };
    let to_user = || json!({"$ref": "#/components/schemas/User"});
    let asking = json!({"allOf": [to_user(), {"type": "object", "required": ["id"]}]});
    // Where users are in a value of the schema, with the schema.
    let rows = [
        ("itself", "", user()),
        ("a reference", "", to_user()),
        ("allOf", "", json!({"allOf": [to_user(), {"type": "object"}]})),
        ("asked for beside allOf", "", json!({"allOf": [to_user()], "required": ["id", "password"]})),
        ("asked for in another part", "", asking),
        ("a property", "/a", json!({"type": "object", "required": ["a"], "properties": {"a": to_user()}})),
        ("items", "/0", json!({"type": "array", "minItems": 1, "maxItems": 1, "items": to_user()})),
        (
            "items of items",
            "/0/0",
            json!({"type": "array", "minItems": 1, "items": {"type": "array", "minItems": 1, "items": to_user()}}),
        ),
        (
            "additionalProperties",
            "/k",
            json!({"type": "object", "required": ["k"], "additionalProperties": to_user()}),
        ),
        ("oneOf", "", json!({"oneOf": [to_user(), {"type": "string", "maxLength": 0}]})),
        (
            "references to what is marked",
            "",
            json!({"type": "object", "required": ["id", "password", "name"], "properties": {
                "id": {"$ref": "#/components/schemas/Id"},
                "password": {"allOf": [{"$ref": "#/components/schemas/Secret"}]},
                "name": {"type": "string"},
            }}),
        ),
        (
            "marked behind two references",
            "",
            json!({"type": "object", "required": ["id", "password", "name"], "properties": {
                "id": {"allOf": [{"allOf": [{"$ref": "#/components/schemas/Id"}]}]},
                "password": {"$ref": "#/components/schemas/SecretToo"},
                "name": {"type": "string"},
            }}),
        ),
    ];
    let id = json!(5);
    for (name, at, root) in rows {
        let schemas = json!({
            "Root": root,
            "User": user(),
            "Id": {"type": "integer", "readOnly": true},
            "Secret": {"type": "string", "writeOnly": true},
            "SecretToo": {"$ref": "#/components/schemas/Secret"},
        });
        for version in ["3.0.3", "3.1.0"] {
            for (schema, direction) in both(version, &schemas) {
                let (hidden, shown) = match direction {
                    Direction::Request => (("id", &id), ("password", json!("x"))),
                    Direction::Response => (("password", &json!("x")), ("id", id.clone())),
                };
                let place = |user: Value| placed(at, user);
                let plain = json!({"name": "a", shown.0: shown.1});
                let mut told = plain.clone();
                told[hidden.0] = hidden.1.clone();
                let case = format!("{name}, {version}, {direction:?}");
                assert!(schema.is_valid(&place(plain.clone()), direction), "{case}");
                assert!(!schema.is_valid(&place(told), direction), "{case}: {} is hidden", hidden.0);
                let without = json!({"name": "a"});
                assert!(!schema.is_valid(&place(without), direction), "{case}: {} is required", shown.0);
                for variety in [Variety::Plain, Variety::Wild] {
                    let strategy = positive_in(&schema, direction, variety).expect("there are values");
                    for index in 0..4 {
                        let value = sample(&strategy, &Seed::derive(1, &[name], index)).expect("a value");
                        assert!(schema.is_valid(&value, direction), "{case}: {value}");
                        let found = value.pointer(at).and_then(|user| user.get(hidden.0));
                        assert_eq!(found, None, "{case}: {value}");
                    }
                }
            }
        }
    }
}

/// A value with a user at a place.
fn placed(at: &str, user: Value) -> Value {
    at.rsplit('/').filter(|token| !token.is_empty()).fold(user, |inner, token| match token {
        "0" => json!([inner]),
        name => json!({ name: inner }),
    })
}
