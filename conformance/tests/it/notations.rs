//! The two halves in every notation: what the suite writes over the network a stub that insists on its document takes,
//! and what the suite breaks the stub refuses; one operation a style, explode and type, and one a media type.

use std::collections::BTreeMap;

use counterfoil_conformance::{Failure, Mode, Phase, Settings, Target};
use counterfoil_openapi::Contract;
use counterfoil_openapi::validate::UnknownQuery;
use counterfoil_server::StubServer;
use serde_json::{Map, Value, json};

use crate::running::Outcome;

/// The styles of a location.
const STYLES: [(&str, &str); 10] = [
    ("path", "simple"),
    ("path", "label"),
    ("path", "matrix"),
    ("query", "form"),
    ("query", "spaceDelimited"),
    ("query", "pipeDelimited"),
    ("query", "deepObject"),
    ("header", "simple"),
    ("cookie", "form"),
    ("cookie", "cookie"),
];

fn record() -> Value {
    json!({"type": "object", "required": ["x"], "properties": {
        "x": {"type": "integer", "maximum": 99}, "y": {"type": "string", "minLength": 1}
    }})
}

/// What a parameter holds, with a name for it.
fn kinds() -> [(&'static str, Value); 4] {
    [
        ("text", json!({"type": "string", "minLength": 2, "maxLength": 12})),
        ("texts", json!({"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}})),
        ("numbers", json!({"type": "array", "minItems": 1, "maxItems": 4, "items": {"type": "number"}})),
        ("record", record()),
    ]
}

fn nested() -> Value {
    json!({"type": "object", "required": ["at"], "properties": {
        "at": record(), "list": {"type": "array", "minItems": 1, "items": {"type": "boolean"}},
        "records": {"type": "array", "minItems": 1, "items": record()}
    }})
}

#[derive(Default)]
struct Paths(Map<String, Value>);

impl Paths {
    fn add(&mut self, id: &str, parameter: Option<&Value>, content: Option<&Value>) {
        let variable = parameter.is_some_and(|parameter| parameter["in"] == "path");
        let path = format!("/{id}{}", if variable { "/{p}" } else { "" });
        let mut operation = json!({
            "operationId": id,
            "responses": {
                "200": {"description": "ok", "content": {"application/json": {"example": 1}}},
                "400": {"description": "refused", "content": {"application/json": {}}},
                "415": {"description": "refused", "content": {"application/json": {}}}
            }
        });
        operation["parameters"] = parameter.into_iter().cloned().collect();
        if let Some(content) = content {
            operation["requestBody"] = json!({"required": true, "content": content});
        }
        self.0.insert(path, json!({"post": operation}));
    }
}

fn parameters() -> Value {
    let mut paths = Paths::default();
    for (location, style) in STYLES {
        for explode in [false, true] {
            let mut kinds = kinds().to_vec();
            if style == "deepObject" {
                kinds.push(("nested", nested()));
            }
            for (kind, schema) in kinds {
                let parameter = json!({
                    "name": "p", "in": location, "required": true, "style": style, "explode": explode,
                    "allowReserved": explode, "schema": schema
                });
                paths.add(&format!("{location}-{style}-{explode}-{kind}"), Some(&parameter), None);
            }
        }
    }
    for location in ["path", "query", "header", "cookie", "querystring"] {
        for (name, media_type) in [
            ("json", "application/json"),
            ("form", "application/x-www-form-urlencoded"),
            ("xml", "application/xml"),
        ] {
            let content = json!({ media_type: {"schema": record()} });
            let parameter = json!({"name": "p", "in": location, "required": true, "content": content});
            paths.add(&format!("{location}-{name}"), Some(&parameter), None);
        }
    }
    Value::Object(paths.0)
}

fn bodies() -> Value {
    let whole = json!({"type": "object", "required": ["record", "text"], "properties": {
        "text": {"type": "string", "minLength": 1}, "record": record(), "nested": nested(),
        "texts": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "joined": {"type": "array", "minItems": 1, "items": {"type": "integer"}},
        "file": {"type": "string", "contentMediaType": "image/png"}
    }});
    let encoding = json!({
        "nested": {"style": "deepObject"}, "joined": {"style": "pipeDelimited", "explode": false},
        "record": {"contentType": "application/xml"}
    });
    let described = json!({"schema": whole, "encoding": encoding});
    let mut paths = Paths::default();
    for (name, content) in [
        ("form", json!({"application/x-www-form-urlencoded": described})),
        ("form-data", json!({"multipart/form-data": described})),
        ("mixed", json!({"multipart/mixed": {"schema": whole}})),
        ("items", json!({"multipart/mixed": {"itemSchema": record()}})),
        ("json", json!({"application/vnd.x+json; version=1": {"schema": whole}})),
        ("xml", json!({"application/xml": {"schema": record()}})),
        ("yaml", json!({"application/yaml": {"schema": record()}})),
        ("text", json!({"text/plain; charset=iso-8859-1": {"schema": {"type": "integer"}}})),
        ("bytes", json!({"application/octet-stream": {}})),
        ("ranges", json!({"application/*+json": {"schema": record()}, "image/*": {}})),
        ("anything", json!({"*/*": {"schema": record()}})),
    ] {
        paths.add(&format!("body-{name}"), None, Some(&content));
    }
    Value::Object(paths.0)
}

/// The collection formats of 2.0, in every place.
fn collections() -> Value {
    let mut paths = Map::new();
    for location in ["path", "query", "header", "formData"] {
        for format in ["csv", "ssv", "tsv", "pipes", "multi"] {
            let parameter = json!({
                "name": "p", "in": location, "required": true, "type": "array", "minItems": 1,
                "items": {"type": "integer"}, "collectionFormat": format
            });
            let id = format!("{location}-{format}");
            let path = format!("/{id}{}", if location == "path" { "/{p}" } else { "" });
            let operation = json!({
                "operationId": id, "parameters": [parameter], "produces": ["application/json"],
                "responses": {
                    "200": {"description": "ok", "schema": {"type": "integer"}},
                    "400": {"description": "refused", "schema": {}},
                    "415": {"description": "refused", "schema": {}}
                }
            });
            paths.insert(path, json!({"post": operation}));
        }
    }
    Value::Object(paths)
}

/// Runs the suite against a stub of the same document.
async fn hold(named: &str, version: &str, paths: Value) {
    let document = json!({named: version, "info": {"title": "t", "version": "1"}, "paths": paths});
    let contract = Contract::load("notations.json", document.to_string().as_bytes()).expect("a document");
    let stub = StubServer::builder(contract.clone())
        .unknown_query(UnknownQuery::Refuse)
        .start()
        .await
        .expect("a port is free");
    let settings = Settings { max_cases: 8, phases: vec![Phase::Fuzzing], ..Settings::default() };
    let outcome = Outcome::of(&contract, &Target::new(stub.url()), &settings).await;
    assert_eq!(outcome.failures(), Vec::<&Failure>::new());
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    for case in outcome.cases().filter(|case| case.mode == Mode::Positive) {
        assert_eq!(case.exchange.status, Some(200), "{case:?}");
        *taken.entry(&case.operation).or_default() += 1;
    }
    for operation in contract.operations() {
        let count = taken.get(operation.id().as_str()).copied().unwrap_or_default();
        assert!(count > 0, "no valid request of {} was made", operation.id());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_of_every_style_are_taken_as_they_are_written() {
    hold("openapi", "3.2.0", parameters()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_of_every_media_type_are_taken_as_they_are_written() {
    hold("openapi", "3.2.0", bodies()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collections_of_every_format_are_taken_as_they_are_written() {
    hold("swagger", "2.0", collections()).await;
}
