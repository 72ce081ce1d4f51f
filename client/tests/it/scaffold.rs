//! What documents become as servers: a trait, types, rules beside it, and what dropshot cannot serve.

use counterfoil_client::generate::{Scaffold, scaffold};
use counterfoil_openapi::Contract;

const PETS: &str = r"
openapi: 3.0.3
info: {title: Pets, version: '1'}
security: [{key: []}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
    Pet: {type: object, required: [name], properties: {name: {type: string, maxLength: 20}}}
    Problem: {type: object, required: [message], properties: {message: {type: string, example: no}}}
paths:
  /pets/{petId}:
    put:
      operationId: writePet
      summary: Writes a pet.
      tags: [pets]
      parameters:
        - {name: petId, in: path, required: true, schema: {type: integer, minimum: 1}}
        - {name: tags, in: query, explode: false, schema: {type: array, items: {type: string}}}
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
      responses:
        '200': {description: the pet, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}, example: {name: Rex}}}}
        '204': {description: none}
        4XX: {description: no, content: {application/problem+json: {schema: {$ref: '#/components/schemas/Problem'}}}}
";

fn scaffold_of(text: &str) -> Scaffold {
    let contract = Contract::load("pets.yaml", text.as_bytes()).expect("a document");
    scaffold(&contract, None).expect("a scaffold")
}

#[test]
fn a_small_document_becomes_a_server() {
    let made = scaffold_of(PETS);
    let text = |path: &str| {
        let file = made.package.files.iter().find(|file| file.path == path).expect("a file");
        format!("==> {path}\n{}\n", file.text)
    };
    let files =
        ["Cargo.toml", "README.md", "src/api.rs", "src/stub.rs", "src/rules.json", "src/examples.json"];
    insta::assert_snapshot!("scaffold_pets", files.map(text).concat());
}

#[test]
fn what_dropshot_cannot_serve_is_left_out_and_told() {
    let get = "responses: {'200': {description: ok}}";
    let rows = [
        ("a plain path", format!("/a: {{get: {{{get}}}}}"), 1, ""),
        ("a variable beside text", format!("/a/{{b}}.json: {{get: {{{get}}}}}"), 0, "operation-unserved"),
        ("a variable twice", format!("/a/{{b}}/{{b}}: {{get: {{{get}}}}}"), 0, "operation-unserved"),
        ("a method that dropshot has not", format!("/a: {{trace: {{{get}}}}}"), 0, "operation-unserved"),
        (
            "a literal beside a variable",
            format!("/a/b: {{get: {{{get}}}}}\n  /a/{{c}}: {{get: {{{get}}}, put: {{{get}}}}}"),
            2,
            "path-unserved",
        ),
        (
            "two names for one place",
            format!("/a/{{b}}: {{get: {{{get}}}}}\n  /a/{{c}}/d: {{get: {{{get}}}}}"),
            2,
            "",
        ),
        (
            "a slash at the end",
            format!("/a: {{get: {{{get}}}}}\n  /a/: {{get: {{{get}}}}}"),
            1,
            "path-unserved",
        ),
        ("no reply at all", "/a: {get: {responses: {}}}".to_owned(), 0, "operation-unanswered"),
        (
            "a reply that nothing is",
            "/a: {get: {responses: {'200': {description: ok, content: {application/json: {schema: {not: {}}}}}}}}".to_owned(),
            0,
            "operation-unanswered",
        ),
        (
            "a multipart body",
            format!(
                "/a: {{post: {{requestBody: {{content: {{multipart/form-data: {{schema: {{type: object}}}}}}}}, {get}}}}}"
            ),
            0,
            "operation-unserved",
        ),
        (
            "a body that is JSON or text",
            format!(
                "/a: {{post: {{requestBody: {{content: {{application/json: {{}}, text/plain: {{}}}}}}, {get}}}}}"
            ),
            0,
            "operation-unserved",
        ),
        (
            "a deep object",
            format!(
                "/a: {{get: {{parameters: [{{name: f, in: query, style: deepObject, schema: {{type: object}}}}], {get}}}}}"
            ),
            0,
            "parameter-unserved",
        ),
        (
            "a list in the query",
            format!(
                "/a: {{get: {{parameters: [{{name: f, in: query, schema: {{type: array, items: {{type: string}}}}}}], {get}}}}}"
            ),
            1,
            "parameter-undocumented",
        ),
        (
            "a cookie",
            format!(
                "/a: {{get: {{parameters: [{{name: f, in: cookie, schema: {{type: string}}}}], {get}}}}}"
            ),
            1,
            "parameter-undocumented",
        ),
        (
            "a reply of several media types",
            "/a: {get: {responses: {'200': {description: ok, content: {application/json: {}, text/plain: {}}}}}}".to_owned(),
            1,
            "media-type-unserved",
        ),
        (
            "a pattern that no validator takes",
            format!(
                "/a: {{get: {{parameters: [{{name: f, in: query, schema: {{type: string, pattern: '(?<broken'}}}}], {get}}}}}"
            ),
            1,
            "pattern-unheld",
        ),
        (
            "a pattern that is held to",
            format!(
                "/a: {{get: {{parameters: [{{name: f, in: query, schema: {{type: string, pattern: '^a+$'}}}}], {get}}}}}"
            ),
            1,
            "",
        ),
        (
            "a pattern deep in a body",
            format!(
                "/a: {{post: {{requestBody: {{content: {{application/json: {{schema: {{type: array, items: {{type: string, pattern: '(?<broken'}}}}}}}}}}, {get}}}}}"
            ),
            1,
            "pattern-unheld",
        ),
    ];
    for (name, paths, claimed, code) in rows {
        let made =
            scaffold_of(&format!("openapi: 3.0.3\ninfo: {{title: A, version: '1'}}\npaths:\n  {paths}\n"));
        assert_eq!(made.claimed.len(), claimed, "{name}: {:?}", made.findings);
        let codes: Vec<&str> = made.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes.join(" "), code, "{name}");
    }
}

#[test]
fn a_document_makes_the_same_server_each_time() {
    assert_eq!(scaffold_of(PETS).package, scaffold_of(PETS).package);
}
