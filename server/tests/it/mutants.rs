//! Stubs that break their contract on purpose.

use std::sync::LazyLock;

use counterfoil_openapi::{Contract, Part, Response, validate};
use counterfoil_server::{
    Credentials, Mutant, Mutation, Needs, StubBuilder, StubServer, Subject, derive_resources, mutations,
};
use http::{Method, StatusCode};
use reqwest::Client;

/// A document in which every mutation finds something to break.
const DOCUMENT: &str = r#"
openapi: 3.0.3
info: {title: Items, version: '1'}
paths:
  /items:
    get:
      operationId: listItems
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 0, maximum: 10}}
        - {name: q, in: query, schema: {type: string, maxLength: 5}}
        - {name: note, in: query, schema: {type: string}}
        - {name: kind, in: query, schema: {type: string, enum: [a, b]}}
        - {name: page, in: cookie, schema: {type: integer}}
      responses:
        '200':
          description: ok
          headers: {X-Total: {required: true, schema: {type: integer}}}
          content:
            application/json:
              schema:
                type: object
                required: [items, next]
                additionalProperties: false
                properties:
                  items: {type: array, minItems: 1, maxItems: 3, items: {$ref: '#/components/schemas/Item'}}
                  next: {type: string, format: uri}
        '400': {$ref: '#/components/responses/Refused'}
    post:
      operationId: createItem
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/Item'}, example: {name: abc, state: 'on'}}}
      responses:
        '201':
          description: made
          headers: {Location: {schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Item'}}}
        '400': {$ref: '#/components/responses/Refused'}
  /items/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get:
      operationId: getItem
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Item'}}}}
        '404': {description: none}
    delete: {operationId: removeItem, responses: {'204': {description: gone}, '404': {description: none}}}
  /secret:
    get:
      operationId: secret
      security: [{key: []}]
      parameters: [{name: X-Tenant, in: header, required: true, schema: {type: string, pattern: '^t[0-9]+$'}}]
      responses: {'200': {description: ok, content: {text/plain: {schema: {type: string}}}}, '400': {description: no}, '401': {description: who}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  responses:
    Refused:
      description: refused
      content: {application/json: {schema: {type: object, required: [code], properties: {code: {type: string}}}}}
  schemas:
    Item:
      type: object
      required: [id, name, state]
      discriminator: {propertyName: state}
      additionalProperties: false
      properties:
        id: {type: integer, minimum: 1, readOnly: true}
        name: {type: string, minLength: 1, maxLength: 10, pattern: '^[a-z]+$'}
        state: {type: string, enum: ['on', 'off']}
        password: {type: string, writeOnly: true}
"#;

/// A request: method, target, headers, body.
type Asked = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

/// Requests that show all there is to break.
const REQUESTS: [Asked; 19] = [
    ("GET", "/items", &[], ""),
    ("GET", "/items?limit=10", &[], ""),
    ("GET", "/items?limit=0", &[], ""),
    ("GET", "/items?q=abcde", &[], ""),
    ("GET", "/items?note=", &[], ""),
    ("GET", "/items?note=%C3%A9", &[], ""),
    ("GET", "/items?kind=b", &[], ""),
    ("GET", "/items?limit=99", &[], ""),
    ("GET", "/items", &[("cookie", "page=x")], ""),
    ("PUT", "/items", &[], ""),
    ("GET", "/items/0", &[], ""),
    ("POST", "/items", &[("content-type", "application/json")], r#"{"name": "abc", "state": "on"}"#),
    (
        "POST",
        "/items",
        &[("content-type", "application/json")],
        r#"{"name": "abc", "state": "on", "password": "p"}"#,
    ),
    ("POST", "/items", &[("content-type", "application/json")], r#"{"name": "ABC", "state": "on"}"#),
    ("POST", "/items", &[("content-type", "application/json")], "{"),
    ("POST", "/items", &[("content-type", "text/plain")], "abc"),
    ("GET", "/secret", &[("x-tenant", "t1")], ""),
    ("GET", "/secret", &[("x-key", "k")], ""),
    ("GET", "/secret", &[("x-key", "k"), ("x-tenant", "x")], ""),
];

fn contract() -> Contract {
    static ITEMS: LazyLock<Contract> = LazyLock::new(|| {
        Contract::load("items.yaml", DOCUMENT.as_bytes()).expect("the document can be read")
    });
    ITEMS.clone()
}

fn mutation(name: &str) -> &'static Mutation {
    Mutation::named(name).expect("there is such a mutation")
}

struct Answer {
    status: u16,
    reason: String,
    response: Option<Response>,
}

/// Sends a request; a reply that does not arrive whole has no response.
async fn ask(client: &Client, url: &str, index: usize) -> Answer {
    let (method, target, headers, body) = REQUESTS[index];
    let method = Method::from_bytes(method.as_bytes()).expect("it is well-formed, and the stub answers");
    let request = client.request(method, format!("{url}{target}")).body(body);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let Ok(answer) = request.send().await else {
        return Answer { status: 0, reason: String::new(), response: None };
    };
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let reason =
        headers.get("counterfoil-reason").and_then(|reason| reason.to_str().ok()).unwrap_or_default();
    let reason = reason.to_owned();
    let body = answer.bytes().await.ok();
    let status_code = StatusCode::from_u16(status).expect("it is well-formed, and the stub answers");
    Answer { status, reason, response: body.map(|body| Response { status: status_code, headers, body }) }
}

fn builder() -> StubBuilder {
    StubServer::builder(contract())
}

/// The part of a message that a check judges by the document alone.
fn part_of(check: &str) -> Option<fn(&Part) -> bool> {
    Some(match check {
        "response_schema_conformance" => |part| *part == Part::Body,
        "content_type_conformance" => |part| matches!(part, Part::ContentType | Part::ContentEncoding),
        "response_headers_conformance" => |part| matches!(part, Part::Header(_)),
        "status_code_conformance" => |part| *part == Part::Status,
        _ => return None,
    })
}

#[tokio::test]
async fn every_mutant_breaks_what_it_says_and_tells_so() {
    let client = crate::stub::client();
    let contract = contract();
    let router =
        counterfoil_openapi::Router::new(contract.operations(), counterfoil_openapi::BasePaths::Optional);
    // A body without an end is no matter for a client that reads whole ones; the suite tries it.
    let is_tried = |mutation: &&Mutation| {
        mutation.needs() == Needs::Nothing && !["stall", "endless-body"].contains(&mutation.name())
    };
    for mutation in mutations().filter(is_tried) {
        let name = mutation.name();
        let mut operations = contract.operations().iter();
        assert!(
            operations.any(|operation| mutation.applies_to(&Subject::new(operation, &contract))),
            "{name} applies nowhere"
        );
        let stub = builder().mutate(Mutant::everywhere(mutation)).start().await.unwrap();
        for (index, (method, target, ..)) in REQUESTS.into_iter().enumerate() {
            let before = stub.mutated();
            let answer = ask(&client, stub.url(), index).await;
            let call = stub.calls().pop().expect("it was recorded");
            let is_told = call.trail.iter().any(|line| line.starts_with(&format!("mutated: {name}: ")));
            assert_eq!(is_told, stub.mutated() > before, "{name} {method} {target}: {:?}", call.trail);
            if mutation.check() != "server_crash" {
                assert_eq!(
                    answer.reason.starts_with(&format!("mutated: {name}")),
                    is_told,
                    "{name} {target}"
                );
            }
            let Some(is_meant) = part_of(mutation.check()).filter(|_| is_told) else { continue };
            let path = target.split('?').next().unwrap();
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let counterfoil_openapi::Route::Found(found) = router.find(&method, path) else {
                panic!("{target}")
            };
            let response = answer.response.expect("it arrived");
            let violations = validate::response(found.operation, &response).violations;
            assert!(violations.iter().any(|known| is_meant(&known.part)), "{name} {target}: {violations:?}");
        }
        assert!(stub.mutated() > 0, "{name} was never seen");
    }
}

#[tokio::test]
async fn a_mutant_of_one_operation_leaves_the_others_alone() {
    let client = crate::stub::client();
    let stub =
        builder().mutate(Mutant::of(mutation("undocumented-status"), "getItem")).start().await.unwrap();
    assert_eq!(ask(&client, stub.url(), 0).await.status, 200);
    let broken = client.get(format!("{}/items/1", stub.url())).send().await.unwrap();
    assert_eq!(broken.status(), 299);
    // By the path, where no operation is meant.
    let stub = builder().mutate(Mutant::of(mutation("forget-allow"), "GET /items")).start().await.unwrap();
    let put = |path: &str| client.put(format!("{}{path}", stub.url())).send();
    assert!(!put("/items").await.unwrap().headers().contains_key("allow"));
    assert!(put("/items/1").await.unwrap().headers().contains_key("allow"));
    let error = builder().mutate(Mutant::of(mutation("stall"), "getitem")).start().await.unwrap_err();
    assert_eq!(error.to_string(), "break `getitem`");
}

#[tokio::test]
async fn wrong_credentials_are_ignored_and_missing_ones_are_not() {
    let client = crate::stub::client();
    let accepted = Credentials::load("accepted", b"key: right", &[contract()]).unwrap();
    let mutant = Mutant::everywhere(mutation("ignore-wrong-credentials"));
    let stub = builder().credentials(accepted).mutate(mutant).start().await.unwrap();
    let status = async |key: Option<&str>| {
        let request = client.get(format!("{}/secret", stub.url())).header("x-tenant", "t1");
        let request = key.into_iter().fold(request, |request, key| request.header("x-key", key));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((status(Some("right")).await, stub.mutated()), (200, 0));
    assert_eq!((status(Some("wrong")).await, stub.mutated()), (200, 1));
    assert_eq!((status(None).await, stub.mutated()), (401, 1));
}

/// The statuses of making an item, reading it, reading it as somebody else, and reading it after its removal; whether
/// its `Location` leads to it; and whether it is in the list after its removal.
async fn life(name: Option<&str>) -> ([u16; 4], bool, bool) {
    let client = crate::stub::client();
    let resources = derive_resources(&contract());
    let [items] = resources.as_slice() else { panic!("{resources:?}") };
    let roles: Vec<&str> = items.operations.keys().copied().collect();
    assert_eq!((items.path.as_str(), roles), ("/items", vec!["create", "delete", "list", "read"]));
    let builder = builder().script(items.script.clone());
    let builder =
        name.into_iter().fold(builder, |builder, name| builder.mutate(Mutant::everywhere(mutation(name))));
    let stub = builder.start().await.expect("it is well-formed, and the stub answers");
    let url = format!("{}/items", stub.url());
    let body = r#"{"name": "abc", "state": "on"}"#;
    let made = client
        .post(&url)
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await
        .expect("it is well-formed, and the stub answers");
    let status = made.status().as_u16();
    let location =
        made.headers()["location"].to_str().expect("it is well-formed, and the stub answers").to_owned();
    let id = serde_json::from_slice::<serde_json::Value>(
        &made.bytes().await.expect("it is well-formed, and the stub answers"),
    )
    .expect("it is well-formed, and the stub answers")["id"]
        .clone();
    let read = async |session: &str| {
        let request = client.get(format!("{url}/{id}")).header("counterfoil-session", session);
        let request = if session.is_empty() { client.get(format!("{url}/{id}")) } else { request };
        request.send().await.expect("it is well-formed, and the stub answers").status().as_u16()
    };
    let (own, other) = (read("").await, read("somebody-else").await);
    client.delete(format!("{url}/{id}")).send().await.expect("it is well-formed, and the stub answers");
    // A list has to have an item, by its document.
    let other_item = client.post(&url).header("content-type", "application/json").body(body);
    other_item.send().await.expect("it is well-formed, and the stub answers");
    let list = client.get(&url).send().await.expect("it is well-formed, and the stub answers");
    let list = list.bytes().await.expect("it is well-formed, and the stub answers");
    let list: serde_json::Value = serde_json::from_slice(&list).expect("a list is JSON");
    let items = list["items"].as_array().expect("a list has items");
    let is_listed = items.iter().any(|item| item["id"] == id);
    ([status, own, other, read("").await], location.ends_with(&format!("/items/{id}")), is_listed)
}

#[tokio::test]
async fn resources_are_kept_otherwise_than_they_should_be() {
    let rows = [
        (None, ([201, 200, 404, 404], true, false)),
        (Some("resurrect-removed"), ([201, 200, 404, 200], true, false)),
        (Some("lose-created"), ([201, 404, 404, 404], true, false)),
        (Some("show-to-others"), ([201, 200, 200, 404], true, false)),
        (Some("broken-location"), ([201, 200, 404, 404], false, false)),
        (Some("list-removed"), ([201, 200, 404, 404], true, true)),
    ];
    for (name, expected) in rows {
        assert_eq!(life(name).await, expected, "{name:?}");
    }
}

#[test]
fn a_resource_answers_nothing_that_is_not_documented() {
    let roles = |document: &str| -> Option<Vec<&'static str>> {
        let contract = Contract::load("items.yaml", document.as_bytes()).unwrap();
        let resources = derive_resources(&contract);
        resources.first().map(|resource| resource.operations.keys().copied().collect())
    };
    let removes = "'204': {description: gone}, '404': {description: none}";
    let reads = "        '404': {description: none}\n";
    let all = Some(vec!["create", "delete", "list", "read"]);
    let rows = [
        ("all are documented", DOCUMENT.to_owned(), all.clone()),
        (
            "a range",
            DOCUMENT.replace(removes, "'204': {description: gone}, 4XX: {description: no}"),
            all.clone(),
        ),
        (
            "a default",
            DOCUMENT.replace(removes, "default: {description: any}, '204': {description: gone}"),
            all,
        ),
        (
            "no 404 of the removal",
            DOCUMENT.replace(removes, "'204': {description: gone}"),
            Some(vec!["create", "list", "read"]),
        ),
        ("no 404 of the reading", DOCUMENT.replace(reads, ""), None),
        // A request can name the key of an item that there is, and no 409 is documented.
        ("no 409", DOCUMENT.replace("minimum: 1, readOnly: true", "minimum: 1"), None),
    ];
    for (row, document, expected) in rows {
        assert!(row.starts_with("all") || document != DOCUMENT, "{row}");
        assert_eq!(roles(&document), expected, "{row}");
    }
}

#[tokio::test]
async fn a_derived_resource_is_read_by_what_is_shown_of_it() {
    let document = |members: &str| {
        format!(
            "openapi: 3.0.3
paths:
  /apps:
    post: {{responses: {{'201': {{$ref: '#/components/responses/App'}}}}}}
  /apps/{{app_id}}:
    parameters: [{{name: app_id, in: path, required: true, schema: {{type: string}}}}]
    get: {{responses: {{'200': {{$ref: '#/components/responses/App'}}, '404': {{description: none}}}}}}
components:
  responses:
    App:
      description: app
      content: {{application/json: {{schema: {{type: object, properties: {{{members}}}}}}}}}
"
        )
    };
    let client = crate::stub::client();
    for (members, key) in [
        ("id: {type: string}, labels: {type: object, additionalProperties: {type: string}}", "/id"),
        ("id: {type: string}, app_id: {type: string}", "/app_id"),
        ("app: {type: object, properties: {id: {type: string}}}", "/app/id"),
    ] {
        let contract = Contract::load("apps.yaml", document(members).as_bytes()).unwrap();
        let resources = derive_resources(&contract);
        let builder = StubServer::builder(contract).script(resources[0].script.clone());
        let stub = builder.start().await.unwrap();
        let url = format!("{}/apps", stub.url());
        let made = client.post(&url).send().await.unwrap().bytes().await.unwrap();
        let made: serde_json::Value = serde_json::from_slice(&made).unwrap();
        let own = made.pointer(key).and_then(serde_json::Value::as_str);
        let own = own.unwrap_or_else(|| panic!("{members}: {made}"));
        let read = client.get(format!("{url}/{own}")).send().await.unwrap();
        assert_eq!(read.status(), StatusCode::OK, "{members}: {made}");
    }
}

#[tokio::test]
async fn a_derived_resource_keeps_the_newest_items() {
    let client = crate::stub::client();
    let resources = derive_resources(&contract());
    let stub = builder().script(resources[0].script.clone()).start().await.unwrap();
    let url = format!("{}/items", stub.url());
    let mut made = Vec::new();
    for _ in 0..102 {
        let request = client.post(&url).header("content-type", "application/json");
        let answer = request.body(r#"{"name": "abc", "state": "on"}"#).send().await.unwrap();
        let item: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        made.push(item["id"].clone());
    }
    let status =
        async |at: usize| client.get(format!("{url}/{}", made[at])).send().await.unwrap().status().as_u16();
    assert_eq!([status(0).await, status(1).await, status(2).await, status(101).await], [404, 404, 200, 200]);
}

#[tokio::test]
async fn lists_of_a_derived_resource_heed_their_limits_and_filters() {
    const PETS: &str = r#"
openapi: 3.0.3
paths:
  /pets:
    get:
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: kind, in: query, schema: {type: string, enum: [cat, dog]}}
        - {name: colour, in: query, schema: {type: string, enum: [red]}}
      responses: {'200': {content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}}}}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
      responses: {'201': {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}}
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      responses:
        '200': {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
        '404': {description: none}
components:
  schemas:
    Pet:
      type: object
      properties: {id: {type: integer, readOnly: true}, kind: {type: string, enum: [cat, dog]}}
"#;
    let contract = Contract::load("pets.yaml", PETS.as_bytes()).unwrap();
    let resources = derive_resources(&contract);
    let stub = StubServer::builder(contract).script(resources[0].script.clone()).start().await.unwrap();
    let client = crate::stub::client();
    let url = format!("{}/pets", stub.url());
    for kind in ["dog", "cat", "dog"] {
        let request = client.post(&url).header("content-type", "application/json");
        let made = request.body(format!(r#"{{"kind": "{kind}"}}"#)).send().await.unwrap();
        assert_eq!(made.status(), 201);
    }
    let count = async |query: &str| {
        let answer = client.get(format!("{url}{query}")).send().await.unwrap();
        let list: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        list.as_array().map(Vec::len)
    };
    assert_eq!(
        [count("").await, count("?limit=2").await, count("?kind=cat").await],
        [Some(3), Some(2), Some(1)]
    );
    // The items have no such member, so that it narrows nothing.
    assert_eq!(count("?colour=red").await, Some(3));
}

/// A document of one operation with a body, a query and a header of its reply.
fn document_of(query: &str, body: &str, header: &str) -> Contract {
    let text = format!(
        "openapi: 3.1.0\npaths:\n  /items:\n    post:\n      parameters: [{{name: q, in: query, schema: {query}}}]\n      \
         requestBody: {{content: {{application/json: {body}}}}}\n      responses:\n        '200':\n          \
         headers: {{{header}: {{schema: {{type: boolean}}}}}}\n          content: {{application/json: {{schema: {{type: boolean}}}}}}\n"
    );
    Contract::load("items.yaml", text.as_bytes()).unwrap()
}

#[test]
fn a_mutation_applies_where_a_message_shows_it() {
    let text = "{type: string}";
    let open = "{schema: {type: object, properties: {a: {type: string}}, required: [a]}}";
    // Each text is of both alternatives, and so of neither.
    let never = "{schema: {type: object, properties: {a: {oneOf: [{type: string}, {type: string}]}}}}";
    let last = "{schema: {type: object, properties: {a: {enum: [x, y]}}, required: [a]}}";
    let closed = "{schema: {type: object, properties: {a: {enum: [x, y], not: {const: y}}}, required: [a]}}";
    let example = "{schema: {type: object, required: [a]}, example: {a: 1}}";
    let wrong = r#"{schema: {type: object, required: [a]}, example: '{"b": 1}'}"#;
    let bound = "{schema: {type: array, items: {type: integer, maximum: 7}, minItems: 1}}";
    let rows = [
        ("fail-on-unicode", "{type: integer}", open, "X-A", true),
        ("fail-on-unicode", "{type: integer}", never, "X-A", false),
        ("fail-on-empty-text", "{type: integer}", never, "X-A", false),
        ("fail-on-empty-text", text, never, "X-A", true),
        ("fail-on-longest-text", "{type: string, maxLength: 30}", open, "X-A", true),
        ("fail-on-zero", "{type: integer, minimum: 1}", open, "X-A", false),
        ("fail-on-zero", "{type: integer, minimum: 0}", open, "X-A", true),
        ("refuse-enum-member", text, last, "X-A", true),
        ("refuse-enum-member", text, closed, "X-A", false),
        ("refuse-bound", text, bound, "X-A", true),
        ("refuse-example", text, example, "X-A", true),
        ("refuse-example", text, wrong, "X-A", false),
        ("invalid-response-header", text, open, "X-A", true),
        // It is set when all else is done.
        ("invalid-response-header", text, open, "Access-Control-Allow-Credentials", false),
    ];
    for (name, query, body, header, expected) in rows {
        let contract = document_of(query, body, header);
        let subject = Subject::new(&contract.operations()[0], &contract);
        assert_eq!(mutation(name).applies_to(&subject), expected, "{name}: {query} {body} {header}");
    }
}

#[test]
fn names_are_unique_and_say_what_is_done() {
    let mut names: Vec<&str> = mutations().map(Mutation::name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(count >= 25, "{count}");
    for mutation in mutations() {
        assert_eq!(Mutation::named(mutation.name()), Some(mutation));
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(mutation.name().bytes().all(is_plain), "{}", mutation.name());
        assert!(!mutation.about().ends_with('.') && mutation.about().len() < 110, "{}", mutation.about());
    }
    assert_eq!(Mutation::named("no-such-thing"), None);
}

#[test]
fn a_mutant_is_written_as_a_kind_and_perhaps_an_operation() {
    let everywhere: Mutant = "close-connection".parse().unwrap();
    assert_eq!((everywhere.mutation().name(), everywhere.operation()), ("close-connection", None));
    let one: Mutant = "close-connection@GET /a@b".parse().unwrap();
    assert_eq!((one.operation(), one.to_string().as_str()), (Some("GET /a@b"), "close-connection@GET /a@b"));
    let rows = [
        ("close-conection", "no mutation is called `close-conection`; did you mean `close-connection`?"),
        ("close-connection@", "there is no operation after `@`"),
    ];
    for (text, message) in rows {
        assert_eq!(text.parse::<Mutant>().unwrap_err().to_string(), message);
    }
}
