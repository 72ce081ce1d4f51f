//! A35: values of the document, of a script or of a request that would end a header and begin another.

use super::Target;
use crate::process::{run, text, write};
use crate::wire::send;

const DOCUMENT: &str = r#"
openapi: 3.1.0
info: { title: Injection, version: "1" }
paths:
  /example:
    get:
      operationId: example
      parameters: [{ name: n, in: query, schema: { type: integer } }]
      responses:
        "200":
          description: ok
          headers:
            X-Line: { required: true, schema: { type: string }, example: "a\r\nX-Injected: 1" }
            X-Feed: { schema: { type: string }, example: "a\nX-Injected: 1" }
            X-List: { schema: { type: array, items: { type: string } }, example: ["a", "b\r\nX-Injected: 1"] }
            X-Json: { content: { application/json: { example: { a: "b\r\nX-Injected: 1" } } } }
            X-Constant: { schema: { type: string, const: "a\r\nX-Injected: 1" } }
            "X-Name\r\nX-Injected": { schema: { type: string }, example: a }
          content: { "text/plain\r\nX-Injected: 1": { example: "a" } }
  /parts:
    get:
      responses:
        "200": { description: ok, content: { multipart/form-data: { example: { "a\"\r\nX-Injected: 1\r\n\r\n": "b" } } } }
  /alive: { get: { responses: { "200": { description: ok, content: { text/plain: { example: alive } } } } } }
  /pets: { post: { responses: { "200": { description: ok } } } }
"#;

#[test]
fn a35_no_example_of_the_document_splits_a_header() {
    let target = Target::of(DOCUMENT);
    for line in ["GET /example", "GET /example?__dynamic=true"] {
        let answer = target.attack(line, || send(target.url(), line, &[], b""));
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("x-injected"), "", "{answer:?}");
        assert!(!answer.header("x-line").is_empty(), "what is required is sent: {answer:?}");
        // JSON has an escape for it.
        let json = answer.header("x-json");
        assert!(json.is_empty() || json == r#"{"a":"b\r\nX-Injected: 1"}"#, "{json}");
    }
    let parts = send(target.url(), "GET /parts", &[], b"");
    assert!(!parts.text().contains("\r\nX-Injected"), "{}", parts.text());
}

#[test]
fn a35_no_value_of_a_request_splits_a_header() {
    let target = Target::of(DOCUMENT);
    for line in [
        "GET /example?n=a%0D%0AX-Injected:%201",
        "GET /example?__example=a%0D%0AX-Injected:%201",
        "GET /exampl%0D%0AX-Injected:%201",
    ] {
        let answer = target.attack(line, || send(target.url(), line, &[("Origin", "http://localhost")], b""));
        assert!([400, 404].contains(&answer.status), "{line}: {}", answer.status);
        assert_eq!(answer.header("x-injected"), "", "{line}: {answer:?}");
    }
    let answer = send(target.url(), "GET /example?n=a%0D%0Ab", &[], b"");
    assert_eq!(answer.header("counterfoil-reason"), r#"query.n: "a\r\nb" is not of type "integer" [type]"#);
}

#[test]
fn a35_a_script_with_such_a_value_is_refused_at_load() {
    let folder = tempfile::tempdir().unwrap();
    let document = write(folder.path(), "target.yaml", DOCUMENT);
    for (header, value) in
        [("X-A", r"a\r\nX-Injected: 1"), ("X-A", r"a\nb"), (r"X-A\r\nX-B", "a"), ("X-A", r"a\0")]
    {
        let rule =
            format!("script: 1\nrules: {{ example: [ {{ headers: {{ \"{header}\": \"{value}\" }} }} ] }}\n");
        let script = write(folder.path(), "script.yaml", &rule);
        let finished =
            run(["mock", "--port", "0", "--control-port", "0", text(&document), "--script", text(&script)]);
        assert_eq!(finished.code, Some(2), "{header} {value}: {}", finished.stderr);
        assert!(finished.stderr.contains("header-invalid"), "{}", finished.stderr);
    }
}

#[test]
fn a35_the_control_plane_takes_no_such_value() {
    let target = Target::of(DOCUMENT);
    let reply = r#"{"headers": {"X-A": "a\r\nX-Injected: 1"}}"#;
    let json = [("Content-Type", "application/json")];
    let answer = send(&target.mock.control_url, "PUT /operations/example/reply", &json, reply.as_bytes());
    assert!(answer.status == 422 && answer.text().contains("header-invalid"), "{}", answer.text());
    assert_eq!(send(target.url(), "GET /example", &[], b"").header("x-injected"), "");
}
