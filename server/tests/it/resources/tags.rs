//! Entity tags of items, and conditions on them (RFC 9110, section 13).

use counterfoil_openapi::Contract;
use counterfoil_server::Script;
use reqwest::Method;
use serde_json::json;

use crate::scripts::{Answer, Stub};

const SCRIPT: &str = "
script: 1
resources:
  pets:
    key: id
    read: getPet
    update: putPet
    delete: deletePet
    seed: [{ id: 1, name: Rex }, { id: 2, name: Tom }]
";

/// A document whose readings have a header `ETag` of a schema, and a 304; changes have a 412.
async fn stub(schema: &str) -> Stub {
    let pet = "{application/json: {schema: {type: object, required: [id, name], properties: {id: {type: integer}, name: {type: string}}}}}";
    let id = "{name: id, in: path, required: true, schema: {type: integer}}";
    let document = format!(
        "
openapi: 3.0.3
info: {{title: Pets, version: '1'}}
paths:
  /pets/{{id}}:
    parameters: [{id}]
    get:
      operationId: getPet
      responses:
        '200': {{description: it, headers: {{ETag: {{schema: {schema}}}}}, content: {pet}}}
        '304': {{description: the same}}
    put:
      operationId: putPet
      parameters: [{{name: If-Match, in: header, schema: {{type: string}}}}]
      requestBody: {{content: {pet}}}
      responses:
        '200': {{description: it, headers: {{ETag: {{schema: {schema}}}}}, content: {pet}}}
        '412': {{description: another}}
    delete:
      operationId: deletePet
      parameters: [{{name: If-Match, in: header, schema: {{type: string}}}}]
      responses: {{'204': {{description: gone}}}}
"
    );
    let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
    let script =
        Script::load("pets.script.yaml", SCRIPT.as_bytes(), std::slice::from_ref(&contract)).unwrap();
    Stub::serving(contract, vec![script]).await
}

async fn asked(stub: &Stub, method: Method, path: &str, condition: (&str, &str)) -> Answer {
    let name = if path == "/pets/1" { "Ada" } else { "Tom" };
    let request = stub.request(method.clone(), path).header(condition.0, condition.1);
    let id = path.rsplit('/').next().and_then(|id| id.parse::<u64>().ok());
    Answer::of(match method {
        Method::PUT => request.json(&json!({"id": id, "name": name})),
        _ => request,
    })
    .await
}

#[tokio::test]
async fn a_tag_is_another_one_for_each_state_and_conditions_are_kept_to() {
    let stub = stub("{type: string}").await;
    let one = stub.get("/pets/1").await;
    let tag = one.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.len() == 18, "{tag}");
    assert_eq!(stub.get("/pets/1").await.header("etag"), tag, "nothing has changed");
    assert_ne!(stub.get("/pets/2").await.header("etag"), tag);

    let weak = format!("\"other\", W/{tag}");
    for (given, status) in [(&*tag, 304), (&*weak, 304), ("*", 304), ("\"other\"", 200), ("W/\"other\"", 200)]
    {
        let answer = asked(&stub, Method::GET, "/pets/1", ("if-none-match", given)).await;
        assert_eq!((answer.status, answer.header("etag")), (status, &*tag), "{given}");
    }

    for (given, status) in [("\"other\"", 412), (&*weak, 412), (&*tag, 200), ("*", 200)] {
        let answer = asked(&stub, Method::PUT, "/pets/1", ("if-match", given)).await;
        assert_eq!(answer.status, status, "{given}");
    }
    let changed = stub.get("/pets/1").await;
    assert_eq!(changed.json()["name"], "Ada");
    assert_ne!(changed.header("etag"), tag);
    let same = asked(&stub, Method::PUT, "/pets/2", ("if-match", "*")).await;
    assert_eq!(same.header("etag"), stub.get("/pets/2").await.header("etag"));
    // Without a 412 a condition is not looked at.
    assert_eq!(asked(&stub, Method::DELETE, "/pets/2", ("if-match", "\"other\"")).await.status, 204);
}

#[tokio::test]
async fn where_no_tag_can_be_told_there_are_no_conditions() {
    let stub = stub("{type: string, maxLength: 3}").await;
    let tag = stub.get("/pets/1").await.header("etag").to_owned();
    assert!(tag.len() <= 3, "{tag}");
    assert_eq!(asked(&stub, Method::GET, "/pets/1", ("if-none-match", &tag)).await.status, 200);
    assert_eq!(asked(&stub, Method::PUT, "/pets/1", ("if-match", "\"other\"")).await.status, 200);
}
