//! Each example of the grammar of scripts, put in force over the control API of a running stub and tried over HTTP: once
//! as bytes, once through the typed client.

use counterfoil_client::control::{Client, types};
use counterfoil_openapi::{Contract, Document};
use counterfoil_server::StubServer;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

const DOCUMENT: &str = "
openapi: 3.0.3
info: { title: Pets, version: '1' }
components:
  schemas: { Pet: { type: object, required: [id, name], properties: { id: { type: integer }, name: { type: string } } } }
  parameters: { pet: { name: petId, in: path, required: true, schema: { type: integer } } }
  responses:
    Problem: { description: No., content: { application/json: { schema: { type: object }, example: { message: no } } } }
paths:
  /pets:
    get:
      operationId: listPets
      parameters: [{ name: limit, in: query, schema: { type: integer } }]
      responses:
        '200':
          description: All.
          content:
            application/json:
              schema: { type: array, items: { $ref: '#/components/schemas/Pet' } }
              examples: { two: { value: [{ id: 1, name: Rex }, { id: 2, name: Tom }] }, none: { value: [] } }
        '503': { $ref: '#/components/responses/Problem' }
    post:
      operationId: createPet
      parameters: [{ name: X-Api-Key, in: header, schema: { type: string } }]
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name], properties: { name: { type: string } } } } } }
      responses:
        '201':
          description: It.
          headers: { Location: { schema: { type: string } } }
          content: { application/json: { schema: { $ref: '#/components/schemas/Pet' }, example: { id: 3, name: Ada } } }
        '403': { $ref: '#/components/responses/Problem' }
        '409': { $ref: '#/components/responses/Problem' }
  /pets/{petId}:
    parameters: [{ $ref: '#/components/parameters/pet' }]
    get:
      operationId: getPet
      responses:
        '200':
          description: It.
          content:
            application/json:
              schema: { $ref: '#/components/schemas/Pet' }
              examples: { rex: { value: { id: 1, name: Rex } }, tom: { value: { id: 2, name: Tom } } }
        '401': { $ref: '#/components/responses/Problem' }
        '404': { $ref: '#/components/responses/Problem' }
    put:
      operationId: updatePet
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
      responses:
        '200': { description: It., content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
        '404': { $ref: '#/components/responses/Problem' }
    delete:
      operationId: deletePet
      responses: { '204': { description: Gone. }, '404': { $ref: '#/components/responses/Problem' } }
  /orders/{orderId}:
    parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
    get:
      operationId: getOrder
      responses:
        '200': { description: It., content: { application/json: { example: { id: o, status: unknown } } } }
    post:
      operationId: payOrder
      responses: { '200': { description: Paid. }, '409': { $ref: '#/components/responses/Problem' } }
";

/// How a script is put in force.
#[derive(Debug, Clone, Copy)]
enum Way {
    Raw,
    Typed,
}

struct Steered {
    stub: StubServer,
    http: reqwest::Client,
}

impl Steered {
    async fn under(script: &str, way: Way) -> Self {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).expect("a document");
        let stub = StubServer::builder(contract).control_port(Some(0)).start().await.expect("a port is free");
        let control_url = stub.control_url().expect("it was asked for");
        let http = reqwest::Client::new();
        match way {
            Way::Raw => {
                let put =
                    http.put(format!("{control_url}/script")).header("content-type", "application/yaml");
                let answer = put.body(script.to_owned()).send().await.expect("an answer");
                assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap_or_default());
            }
            Way::Typed => {
                let (read, _) = Document::read_tree("script", script.as_bytes()).expect("YAML");
                let script = types::ScriptText(read.root().as_object().expect("an object").clone());
                let control = Client::new(control_url).expect("a client");
                let set = control.set_script(None, None, &script).await.expect("it is taken");
                assert!(set.warnings.is_empty(), "{:?}", set.warnings);
            }
        }
        Self { stub, http }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.stub.url()))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        read(self.request(Method::GET, path).send().await.expect("a reply")).await
    }

    async fn create(&self, name: &str, key: &str) -> (u16, Value) {
        let request =
            self.request(Method::POST, "/pets").header("x-api-key", key).json(&json!({"name": name}));
        read(request.send().await.expect("a reply")).await
    }

    async fn statuses(&self, path: &str, calls: usize) -> Vec<u16> {
        let mut statuses = Vec::new();
        for _ in 0..calls {
            statuses.push(self.get(path).await.0);
        }
        statuses
    }

    async fn verified(&self, way: Way) -> bool {
        let control_url = self.stub.control_url().expect("it was asked for");
        match way {
            Way::Raw => {
                let answer = self.http.get(format!("{control_url}/verify")).send().await.expect("an answer");
                answer.status() == 200
            }
            Way::Typed => Client::new(control_url).expect("a client").verify_expectations(None).await.is_ok(),
        }
    }
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let bytes = response.bytes().await.expect("a whole body");
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[tokio::test]
async fn two_lines_sequences_and_the_first_rule_that_matches() {
    for way in [Way::Raw, Way::Typed] {
        let stub = Steered::under("script: 1\nrules: { createPet: 403, getPet: tom }", way).await;
        assert_eq!(stub.create("Rex", "k").await, (403, json!({"message": "no"})), "{way:?}");
        assert_eq!(stub.get("/pets/1").await, (200, json!({"id": 2, "name": "Tom"})), "{way:?}");

        let script = "
script: 1
rules:
  getPet: [401, 200]
  listPets: { respond: [503*3, none], after: pass }
";
        let stub = Steered::under(script, way).await;
        assert_eq!(stub.statuses("/pets/1", 3).await, [401, 200, 200], "{way:?}");
        assert_eq!(stub.statuses("/pets", 3).await, [503; 3], "{way:?}");
        assert_eq!(stub.get("/pets").await, (200, json!([])), "{way:?}");
        assert_eq!(stub.get("/pets").await.1[0]["name"], "Rex", "{way:?}: the usual answer");

        let script = r#"
script: 1
rules:
  createPet:
    - { when: { body.name: Rex }, respond: 409 }
    - { when: { header.X-Api-Key: { re: "^ro-" } }, respond: 403 }
    - { patch: { id: "${seq}", name: "${body.name}" }, headers: { Location: "/pets/${seq}" } }
"#;
        let stub = Steered::under(script, way).await;
        assert_eq!(stub.create("Rex", "ro-1").await.0, 409, "{way:?}");
        assert_eq!(stub.create("Tom", "ro-1").await.0, 403, "{way:?}");
        assert_eq!(stub.create("Tom", "rw-1").await, (201, json!({"id": 1, "name": "Tom"})), "{way:?}");
        assert_eq!(stub.create("Ada", "rw-1").await, (201, json!({"id": 2, "name": "Ada"})), "{way:?}");
    }
}

#[tokio::test]
async fn seeded_chaos_a_state_machine_and_items() {
    for way in [Way::Raw, Way::Typed] {
        // Nobody waits for the delays here: their distribution is held to what is asked elsewhere.
        let script = "
script: 1
seed: 7
defaults: { delay: { lognormal: { p50: 80us, p99: 400us } } }
rules:
  listPets:
    - { when: { chance: 0.05 }, fault: reset }
    - { drip: { chunks: 5, over: 1ms } }
  getPet:
    - { when: { nth: 3 }, fault: { truncate: 12 } }
";
        let stub = Steered::under(script, way).await;
        let mut resets = 0;
        for _ in 0..60 {
            resets += u8::from(stub.request(Method::GET, "/pets").send().await.is_err());
        }
        assert!((1..15).contains(&resets), "{way:?}: {resets} of 60 at a chance of 5 %, the same each time");
        let mut whole = Vec::new();
        for _ in 0..4 {
            let reply = stub.request(Method::GET, "/pets/1").send().await.expect("a head");
            whole.push(reply.bytes().await.is_ok());
        }
        assert_eq!(whole, [true, true, false, true], "{way:?}: the third is cut off");

        let script = r#"
script: 1
scenarios:
  order:
    per: path.orderId
    start: pending
    states:
      pending:
        getOrder: { patch: { id: "${path.orderId}", status: pending } }
        payOrder: { respond: 200, to: paid }
      paid:
        getOrder: { patch: { id: "${path.orderId}", status: paid } }
        payOrder: 409
"#;
        let stub = Steered::under(script, way).await;
        let pay =
            async |path: &str| read(stub.request(Method::POST, path).send().await.expect("a reply")).await.0;
        assert_eq!(stub.get("/orders/a").await.1, json!({"id": "a", "status": "pending"}), "{way:?}");
        assert_eq!((pay("/orders/a").await, pay("/orders/a").await), (200, 409), "{way:?}");
        assert_eq!(stub.get("/orders/a").await.1, json!({"id": "a", "status": "paid"}), "{way:?}");
        assert_eq!(stub.get("/orders/b").await.1, json!({"id": "b", "status": "pending"}), "{way:?}");

        let script = "
script: 1
resources:
  pets: { key: id, list: listPets, create: createPet, read: getPet, update: updatePet, delete: deletePet,
          seed: [ { id: 1, name: Rex }, { id: 2, name: Tom } ] }
";
        let stub = Steered::under(script, way).await;
        assert_eq!(stub.create("Ada", "k").await, (201, json!({"id": 3, "name": "Ada"})), "{way:?}");
        assert_eq!(stub.get("/pets/3").await.1["name"], "Ada", "{way:?}");
        let update = stub.request(Method::PUT, "/pets/3").json(&json!({"id": 3, "name": "Eve"}));
        assert_eq!(read(update.send().await.expect("a reply")).await.0, 200, "{way:?}");
        let gone = stub.request(Method::DELETE, "/pets/1").send().await.expect("a reply");
        assert_eq!(gone.status(), 204, "{way:?}");
        assert_eq!(stub.get("/pets/1").await, (404, json!({"message": "no"})), "{way:?}");
        let left = json!([{"id": 2, "name": "Tom"}, {"id": 3, "name": "Eve"}]);
        assert_eq!(stub.get("/pets").await, (200, left), "{way:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_on_purpose_and_what_must_have_been_seen() {
    for way in [Way::Raw, Way::Typed] {
        let script = "
script: 1
rules:
  getPet:
    - { when: { path.petId: 13 }, patch: { name: null }, allow_invalid: [body] }
    - { when: { path.petId: 14 }, status: 418, body: { teapot: true }, allow_invalid: true }
    - { when: { valid: false }, respond: 404 }
";
        let stub = Steered::under(script, way).await;
        let odd = stub.request(Method::GET, "/pets/13").send().await.expect("a reply");
        assert_eq!(odd.headers()["counterfoil-invalid"], "body", "{way:?}");
        assert_eq!(stub.get("/pets/14").await, (418, json!({"teapot": true})), "{way:?}");
        assert_eq!((stub.get("/pets/x").await.0, stub.get("/pets/1").await.0), (404, 200), "{way:?}");

        let script = "
script: 1
rules: { createPet: 201 }
expect:
  createPet: 1
  listPets: { min: 1, where: { query.limit: { le: 100 } } }
  deletePet: 0
";
        let stub = Steered::under(script, way).await;
        assert!(!stub.verified(way).await, "{way:?}: nothing was called");
        stub.create("Rex", "k").await;
        stub.get("/pets?limit=101").await;
        assert!(!stub.verified(way).await, "{way:?}: not with that limit");
        stub.get("/pets?limit=100").await;
        assert!(stub.verified(way).await, "{way:?}");
        stub.request(Method::DELETE, "/pets/1").send().await.expect("a reply");
        assert!(!stub.verified(way).await, "{way:?}: it was not to be deleted");
    }
}
