//! Requests and documents of kinds that are known to end other stubs, or to keep them busy for ever: each is answered
//! as it should be, and so is the next request.

use serde_json::{Map, Value, json};

use crate::process::{Mock, text, write};
use crate::wire::{Answer, send};

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Survival, version: "1" }
paths:
  /simple/{id}: { get: { parameters: [{ name: id, in: path, required: true, schema: { type: string } }], responses: { "200": { description: ok, content: { application/json: { example: simple } } } } } }
  /label/{id}: { get: { parameters: [{ name: id, in: path, required: true, style: label, schema: { type: integer } }], responses: { "200": { description: ok } } } }
  /matrix/{id}: { get: { parameters: [{ name: id, in: path, required: true, style: matrix, schema: { type: integer } }], responses: { "200": { description: ok } } } }
  /pipes: { get: { parameters: [{ name: id, in: query, required: true, style: pipeDelimited, explode: false, schema: { type: integer } }], responses: { "200": { description: ok } } } }
  /query: { get: { parameters: [{ name: id, in: query, schema: { type: string } }], responses: { "200": { description: ok } } } }
  /media: { get: { responses: { "200": { description: ok, content: { application/json: { example: json }, text/csv: { example: csv } } } } } }
  /parts: { post: { requestBody: { required: true, content: { multipart/form-data: { schema: { type: object, required: [a], properties: { a: { type: string }, b: { type: integer } } } } } }, responses: { "200": { description: ok } } } }
  /header: { get: { responses: { "200": { description: ok, headers: { X-List: { required: true, schema: { type: array, items: { type: string } }, example: [a, b] }, X-Made: { schema: { type: array, minItems: 1, items: { enum: [1] } } } } } } } }
  /json: { post: { requestBody: { required: true, content: { application/json: { schema: { type: object } } } }, responses: { "200": { description: ok } } } }
  /circular: { get: { responses: { "200": { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Node" } } } } } } }
components:
  schemas:
    Node: { type: object, required: [name], properties: { name: { type: string }, parent: { $ref: "#/components/schemas/Node" }, children: { type: array, items: { $ref: "#/components/schemas/Node" } } } }
"##;

/// A stub of a document in a folder of its own.
struct Stub {
    mock: Mock,
    _folder: tempfile::TempDir,
}

impl Stub {
    fn start(document: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = write(folder.path(), "survival.yaml", document);
        let mock = Mock::start([text(&path), "--strict"]);
        Self { mock, _folder: folder }
    }

    fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        send(&self.mock.url, line, headers, body.as_bytes())
    }

    /// Asks, expects a status and the reason, and that the next request is answered.
    fn expect(
        &self,
        line: &str,
        headers: &[(&str, &str)],
        body: &str,
        (status, reason): (u16, &str),
    ) -> Answer {
        let answer = self.ask(line, headers, body);
        let told = answer.header("counterfoil-reason");
        assert_eq!((answer.status, told), (status, reason), "{line} {headers:?} {body:?}: {}", answer.text());
        let next = self.ask("GET /simple/1", &[], "");
        assert_eq!((next.status, next.text().as_str()), (200, "\"simple\""), "after {line}");
        answer
    }
}

const VALID: (u16, &str) = (200, "");

#[test]
fn a_bad_percent_escape_is_400() {
    let stub = Stub::start(DOCUMENT);
    for path in ["/simple/%", "/simple/%zz", "/simple/%2"] {
        let answer = stub.expect(&format!("GET {path}"), &[], "", (400, ""));
        assert!(answer.text().contains("urn:counterfoil:escape-invalid"), "{}", answer.text());
    }
    let reason = |text: &str| {
        format!("query.id: its value cannot be read: `{text}` is no percent-encoded character [unreadable]")
    };
    for text in ["%zz", "%2"] {
        stub.expect(&format!("GET /query?id={text}"), &[], "", (400, &reason(text)));
    }
}

#[test]
fn an_accept_that_is_garbage_is_none() {
    let stub = Stub::start(DOCUMENT);
    // What names a range of nothing documented is refused, what names none is no wish.
    for (accept, status) in [
        ("garbage;;;", 200),
        (";;;", 200),
        (",,,", 200),
        ("/", 200),
        ("*/*/*", 200),
        ("a/b;q", 406),
        ("\"", 200),
        ("text/\"", 200),
        ("text/", 200),
        ("/csv", 200),
        ("text/csv;q=NaN", 200),
        ("=;=", 200),
    ] {
        let answer = stub.ask("GET /media", &[("accept", accept)], "");
        assert_eq!(answer.status, status, "{accept}");
    }
    let answer = stub.expect("GET /media", &[("accept", "garbage;;;")], "", VALID);
    assert_eq!(answer.text(), "\"json\"");
}

#[test]
fn a_label_or_matrix_parameter_without_its_prefix_is_400() {
    let stub = Stub::start(DOCUMENT);
    stub.expect("GET /label/.5", &[], "", VALID);
    stub.expect("GET /matrix/;id=5", &[], "", VALID);
    for (target, reason) in [
        ("/label/5", "path.id: not in the label style: it does not begin with a dot [unreadable]"),
        ("/matrix/5", "path.id: not in the matrix style: it does not begin with a semicolon [unreadable]"),
    ] {
        stub.expect(&format!("GET {target}"), &[], "", (400, reason));
    }
}

#[test]
fn pipe_delimited_on_a_scalar_is_that_scalar() {
    let stub = Stub::start(DOCUMENT);
    stub.expect("GET /pipes?id=5", &[], "", VALID);
    stub.expect("GET /pipes?id=1|2", &[], "", (400, "query.id: \"1|2\" is not of type \"integer\" [type]"));
    stub.expect("GET /pipes?id", &[], "", (400, "query.id: \"\" is not of type \"integer\" [type]"));
}

#[test]
fn a_multipart_part_without_a_value_is_empty_or_400() {
    let stub = Stub::start(DOCUMENT);
    let form = [("content-type", "multipart/form-data; boundary=b")];
    let part = |text: &str| format!("--b\r\nContent-Disposition: form-data; {text}\r\n--b--\r\n");
    stub.expect("POST /parts", &form, &part("name=a\r\n\r\n"), VALID);
    stub.expect("POST /parts", &form, &part("name=a\r\n"), VALID);
    let missing = "body: \"a\" is a required property [required]";
    stub.expect("POST /parts", &form, &part("name=b\r\n\r\n5"), (400, missing));
    stub.expect("POST /parts", &form, "--b--\r\n", (400, missing));
    stub.expect(
        "POST /parts",
        &form,
        &part("filename=a\r\n\r\n"),
        (400, "body: part 1 has no name [unreadable]"),
    );
    let cut = "--b\r\nContent-Disposition: form-data; name=a";
    let reason = "body: part 1: no empty line ends its headers [unreadable]";
    stub.expect("POST /parts", &form, cut, (400, reason));
}

#[test]
fn an_array_typed_response_header_is_sent() {
    let stub = Stub::start(DOCUMENT);
    let answer = stub.expect("GET /header", &[], "", VALID);
    assert_eq!(answer.header("x-list"), "a,b");
    assert!(answer.header("x-made").split(',').all(|item| item == "1"), "{answer:?}");
}

#[test]
fn malformed_json_is_400() {
    let stub = Stub::start(DOCUMENT);
    let table = [
        ("{", "body: not JSON: EOF while parsing an object at line 1 column 1 [unreadable]"),
        ("{\"a\":}", "body: not JSON: expected value at line 1 column 6 [unreadable]"),
        ("\u{0}", "body: not JSON: expected value at line 1 column 1 [unreadable]"),
        ("{} {}", "body: not JSON: trailing characters at line 1 column 4 [unreadable]"),
        ("undefined", "body: not JSON: expected value at line 1 column 1 [unreadable]"),
    ];
    for (body, reason) in table {
        stub.expect("POST /json", &[("content-type", "application/json")], body, (400, reason));
    }
}

#[test]
fn circular_schemas_are_answered_with_what_ends() {
    let stub = Stub::start(DOCUMENT);
    for seed in 0..20 {
        let answer = stub.expect(&format!("GET /circular?__seed={seed}"), &[], "", VALID);
        let node: Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(node["name"].is_string(), "{node}");
    }
}

/// A document of so many operations, and so many schemas that refer to each other by every keyword there is.
fn entangled(operations: usize, schemas: usize) -> String {
    let reference = |number: usize| json!({"$ref": format!("#/components/schemas/S{}", number % schemas)});
    let mut components = Map::new();
    for number in 0..schemas {
        let schema = json!({
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "integer"},
                "next": reference(number + 1),
                "list": {"type": "array", "items": reference(number * 7 + 3)},
                "either": {"oneOf": [reference(number * 3 + 1), {"type": "null"}]},
                "any": {"anyOf": [reference(number * 5 + 2), reference(number * 11 + 4)]},
                "all": {"allOf": [reference(number * 13 + 5), {"description": "more"}]}
            },
            "additionalProperties": reference(number * 17 + 6)
        });
        components.insert(format!("S{number}"), schema);
    }
    let mut paths = Map::new();
    paths.insert("/simple/{id}".to_owned(), json!({"get": {"responses": {"200": {"description": "ok", "content": {"application/json": {"example": "simple"}}}}}}));
    for number in 0..operations {
        let media = json!({"application/json": {"schema": reference(number * 19)}});
        let operation = json!({
            "requestBody": {"required": true, "content": media},
            "responses": {"200": {"description": "ok", "content": media}}
        });
        paths.insert(format!("/o{number}"), json!({"post": operation}));
    }
    let document = json!({
        "openapi": "3.1.0", "info": {"title": "Entangled", "version": "1"},
        "paths": paths, "components": {"schemas": components}
    });
    document.to_string()
}

/// Asks a spread of the operations, once rightly and once wrongly.
fn walk_entangled(operations: usize, schemas: usize, step: usize) {
    let stub = Stub::start(&entangled(operations, schemas));
    let json = [("content-type", "application/json")];
    for number in (0..operations).step_by(step) {
        let line = format!("POST /o{number}");
        let body = r#"{"id": 1, "next": {"id": 2, "list": [{"id": 3}]}, "either": null}"#;
        let answer = stub.expect(&line, &json, body, VALID);
        let reply: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert!(reply["id"].is_i64(), "{reply}");
        let wrong = r#"{"id": 1, "next": {"id": "x"}}"#;
        stub.expect(&line, &json, wrong, (400, "body/next/id: \"x\" is not of type \"integer\" [type]"));
    }
}

#[test]
fn four_hundred_operations_over_three_hundred_entangled_schemas_are_answered() {
    walk_entangled(400, 300, 57);
}

#[test]
fn forty_cyclic_schemas_are_answered() {
    walk_entangled(40, 40, 13);
}
