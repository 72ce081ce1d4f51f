//! Loading, as far as it is no affair of the command line: lenient reading, and several documents on one stub.

use counterfoil_openapi::BasePaths;
use counterfoil_server::{StubBuilder, StubServer};

use super::{row, walk};
use crate::stub::{Stub, contract};

#[tokio::test]
async fn any_openapi_2_0_3_0_3_1_or_3_2_document_yaml_or_json() {
    for document in [
        r#"{"swagger": "2.0", "basePath": "/v1", "produces": ["application/json"],
            "paths": {"/a": {"get": {"responses": {"200": {"examples": {"application/json": "a"}}}}}}}"#,
        "swagger: '2.0'\nbasePath: /v1\npaths:\n  /a:\n    get:\n      produces: [application/json]\n      responses:\n        200: {examples: {application/json: a}}\n",
        r#"{"openapi": "3.0.4", "servers": [{"url": "/v1"}],
            "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"example": "a"}}}}}}}}"#,
        "openapi: 3.1.1\nservers: [{url: /v1}]\npaths:\n  /a: {get: {responses: {'200': {content: {application/json: {example: a}}}}}}\n",
        "openapi: 3.2.0\nservers: [{url: /v1}]\npaths:\n  /a: {get: {responses: {'200': {content: {application/json: {examples: {x: {dataValue: a}}}}}}}}\n",
    ] {
        walk(StubServer::builder(contract(document.as_bytes())), [row("GET /v1/a", 200, "a")]).await;
    }
}

#[tokio::test]
async fn lenient_no_info_no_descriptions_integer_keys_for_statuses() {
    let document = "
openapi: 3.0.0
paths:
  /a: {get: {responses: {200: {content: {application/json: {example: a}}}, 404: {}}}}
  /b: {get: {responses: {2xx: {content: {application/json: {example: b}}}}}}
  /c: {get: {responses: null}}
  d: {get: {responses: {'200': {content: {application/json: {example: d}}}}}}
  x-internal: {get: {}}
";
    walk(
        StubServer::builder(contract(document.as_bytes())),
        [
            row("GET /a", 200, "a"),
            row("GET /a?__code=404", 404, ""),
            row("GET /b", 200, "b"),
            row("GET /c", 501, "problem no-response-documented"),
            row("GET /d", 200, "d"),
        ],
    )
    .await;
}

#[tokio::test]
async fn references_in_circles_are_fine_everywhere() {
    let document = "
openapi: 3.0.0
paths:
  /tree: {get: {responses: {200: {content: {application/json: {schema: {$ref: '#/components/schemas/Tree'}}}}}}}
  /a: {$ref: '#/paths/~1b'}
  /b: {$ref: '#/paths/~1a'}
  /response: {get: {responses: {200: {$ref: '#/components/responses/Round'}}}}
  /parameter: {get: {parameters: [{$ref: '#/components/parameters/Round'}], responses: {200: {content: {application/json: {example: p}}}}}}
components:
  schemas: {Tree: {type: object, required: [children], properties: {children: {type: array, items: {$ref: '#/components/schemas/Tree'}}}}}
  responses: {Round: {$ref: '#/components/responses/Back'}, Back: {$ref: '#/components/responses/Round'}}
  parameters: {Round: {$ref: '#/components/parameters/Round'}}
";
    let stub = Stub::start(StubServer::builder(contract(document.as_bytes()))).await;
    let tree = stub.get("/tree").await;
    assert_eq!(tree.status, 200);
    assert!(tree.value()["children"].is_array(), "{}", tree.text());
    stub.walk([row("GET /a", 404, "problem path-unknown"), row("GET /parameter", 200, "p")]).await;
    let response = stub.get("/response").await;
    assert!([200, 501].contains(&response.status), "{}", response.status);
}

/// A document whose operations answer with its name.
fn document(name: &str, base_path: &str, paths: &[&str]) -> counterfoil_openapi::Contract {
    let item = |path: &&str| {
        format!(
            "  {path}: {{get: {{responses: {{'200': {{content: {{application/json: {{example: {name}}}}}}}}}}}}}\n"
        )
    };
    let paths: String = paths.iter().map(item).collect();
    let servers =
        if base_path.is_empty() { String::new() } else { format!("servers: [{{url: '{base_path}'}}]\n") };
    contract(format!("openapi: 3.0.0\n{servers}paths:\n{paths}").as_bytes())
}

fn both(first: counterfoil_openapi::Contract, second: counterfoil_openapi::Contract) -> StubBuilder {
    StubServer::builder(first).contract(second)
}

#[tokio::test]
async fn several_documents_on_one_stub_each_at_its_own_base_path() {
    let first = || document("a", "https://a.example/v1", &["/pets", "/only-a", "/{any}/x"]);
    let second = || document("b", "https://b.example/v2", &["/pets", "/only-b", "/own/x"]);
    walk(
        both(first(), second()),
        [
            row("GET /v1/pets", 200, "a"),
            row("GET /v2/pets", 200, "b"),
            // Without a base path both are meant, and the first given has it.
            row("GET /pets", 200, "a"),
            row("GET /only-b", 200, "b"),
            row("GET /own/x", 200, "b"),
            row("GET /other/x", 200, "a"),
            row("GET /v1/only-b", 404, "problem path-unknown"),
        ],
    )
    .await;
    walk(
        both(first(), second()).base_paths(BasePaths::Strict),
        [row("GET /v2/pets", 200, "b"), row("GET /pets", 404, "problem path-unknown")],
    )
    .await;
}

#[tokio::test]
async fn or_mounted() {
    let first = document("a", "", &["/pets"]).mounted(&"/one".parse().unwrap());
    let second = document("b", "https://b.example/v2", &["/pets", "/b"]).mounted(&"/two/".parse().unwrap());
    let stub = || both(first.clone(), second.clone()).contract(document("c", "", &["/pets"]));
    let stub_optional = Stub::start(stub()).await;
    stub_optional
        .walk([
            row("GET /one/pets", 200, "a"),
            row("GET /two/pets", 200, "b"),
            row("GET /two/v2/pets", 200, "b"),
            row("GET /pets", 200, "c"),
            row("GET /v2/pets", 404, "problem path-unknown"),
            row("GET /two/one/pets", 404, "problem path-unknown"),
        ])
        .await;
    let problem: serde_json::Value =
        serde_json::from_slice(&stub_optional.get("/two/pest").await.body).unwrap();
    assert_eq!(problem["nearest"][0], "/two/pets", "{problem}");
    walk(
        stub().base_paths(BasePaths::Strict),
        [
            row("GET /one/pets", 200, "a"),
            row("GET /two/pets", 404, "problem path-unknown"),
            row("GET /two/v2/b", 200, "b"),
            row("GET /pets", 200, "c"),
        ],
    )
    .await;
}
