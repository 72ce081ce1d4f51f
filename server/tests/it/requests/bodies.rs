//! Bodies of requests: every kind of media type, charsets, streams, and bodies that are not there.

use counterfoil_openapi::Contract;
use counterfoil_server::StubServer;

use crate::stub::{Stub, contract};

const STREAMS: &[u8] = include_bytes!("../../../../openapi/documents/samples/streams.yaml");

const DOCUMENT: &[u8] = br##"
openapi: 3.1.0
info: { title: Bodies, version: "1" }
paths:
  /json: { post: { requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } }, application/*+json: { schema: { $ref: "#/components/schemas/Pet" } } } }, responses: { "200": { description: ok } } } }
  /versions: { post: { requestBody: { content: { application/json; version=1: { schema: { required: [a] } }, application/json; version=2: { schema: { required: [b] } } } }, responses: { "200": { description: ok } } } }
  /form:
    post:
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema: { type: object, required: [name], properties: { name: { type: string }, age: { type: integer }, tags: { type: array, items: { type: boolean } }, ids: { type: array, items: { type: integer } }, whole: { type: object, required: [a] } } }
            encoding: { ids: { style: pipeDelimited, explode: false }, whole: { contentType: application/json } }
      responses: { "200": { description: ok } }
  /text: { post: { requestBody: { required: true, content: { text/plain: { schema: { type: string, maxLength: 4, pattern: "^c" } } } }, responses: { "200": { description: ok } } } }
  /number: { post: { requestBody: { required: true, content: { text/plain: { schema: { type: integer } } } }, responses: { "200": { description: ok } } } }
  /xml: { post: { requestBody: { required: true, content: { application/xml: { schema: { $ref: "#/components/schemas/Pet" } } } }, responses: { "200": { description: ok } } } }
  /yaml: { post: { requestBody: { required: true, content: { application/yaml: { schema: { $ref: "#/components/schemas/Pet" } } } }, responses: { "200": { description: ok } } } }
  /bytes: { post: { requestBody: { required: true, content: { application/octet-stream: {}, image/*: {} } }, responses: { "200": { description: ok } } } }
  /any: { post: { requestBody: { required: true, content: { "*/*": { schema: { $ref: "#/components/schemas/Pet" } } } }, responses: { "200": { description: ok } } } }
  /optional: { post: { requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } } } }, responses: { "200": { description: ok } } } }
  /none: { post: { responses: { "200": { description: ok } } } }
components:
  schemas:
    Pet:
      type: object
      xml: { name: pet }
      required: [name]
      properties: { name: { type: string }, age: { type: integer, minimum: 0, xml: { attribute: true } }, tags: { type: array, xml: { wrapped: true }, items: { type: boolean, xml: { name: tag } } } }
"##;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What is sent where and as what, the status, and the reason.
type Row = (&'static str, &'static str, &'static [u8], u16, &'static str);

async fn walk(table: &[Row]) {
    let stub = Stub::start(StubServer::builder(contract(DOCUMENT))).await;
    for (path, content_type, body, status, reason) in table {
        let headers: &[(&str, &str)] =
            if content_type.is_empty() { &[] } else { &[("content-type", content_type)] };
        let reply = stub.send(&format!("POST {path}"), headers, *body).await;
        let about = format!("{path} {content_type} {:?}", String::from_utf8_lossy(body));
        assert_eq!((reply.status, reply.header("counterfoil-reason")), (*status, *reason), "{about}");
    }
}

#[tokio::test]
async fn row_json_bodies() {
    walk(&[
        ("/json", JSON, br#"{"name": "Rex", "age": 3, "tags": [true]}"#, 200, ""),
        ("/json", "application/vnd.pet+json; charset=utf-8", br#"{"name": "Rex"}"#, 200, ""),
        ("/json", JSON, b"\xEF\xBB\xBF{\"name\": \"Rex\"}", 200, ""),
        ("/json", JSON, br#"{"age": -1}"#, 400, "body: \"name\" is a required property [required]; body/age: -1 is less than the minimum of 0 [minimum]"),
        ("/json", JSON, br#"{"name": "Rex"} x"#, 400, "body: not JSON: trailing characters at line 1 column 17 [unreadable]"),
        ("/json", JSON, b"{\"name\": \"\xFF\"}", 400, "body: not JSON: not UTF-8 at byte 10 [unreadable]"),
        ("/json", JSON, br#"name=Rex"#, 400, "body: not JSON: expected ident at line 1 column 2 [unreadable]"),
        ("/versions", "application/json; version=2", b"{}", 400, "body: \"b\" is a required property [required]"),
        ("/versions", "application/json", b"{}", 400, "body: \"a\" is a required property [required]"),
        ("/versions", "application/json; version=3", b"{}", 415, "content-type: `application/json; version=3` is not documented; documented are: application/json; version=1, application/json; version=2 [undocumented]"),
        ("/json", "text/json", br#"{"name": "Rex"}"#, 415, "content-type: `text/json` is not documented; documented are: application/json, application/*+json [undocumented]"),
        ("/json", "", br#"{"name": "Rex"}"#, 415, "content-type: there is a body without a content type; documented are: application/json, application/*+json [missing]"),
    ])
    .await;
}

#[tokio::test]
async fn row_form_bodies_with_encoding() {
    walk(&[
        (
            "/form",
            FORM,
            b"name=R%C3%A9x+1&age=3&tags=true&tags=false&ids=1|2&whole=%7B%22a%22%3A1%7D",
            200,
            "",
        ),
        ("/form", FORM, b"name=&age=3", 200, ""),
        ("/form", FORM, b"age=x&name=a", 400, "body/age: \"x\" is not of type \"integer\" [type]"),
        (
            "/form",
            FORM,
            b"name=a&tags=true&tags=1",
            400,
            "body/tags/1: \"1\" is not of type \"boolean\" [type]",
        ),
        ("/form", FORM, b"name=a&ids=1|x", 400, "body/ids/1: \"x\" is not of type \"integer\" [type]"),
        ("/form", FORM, b"name=a&whole=%7B%7D", 400, "body/whole: \"a\" is a required property [required]"),
        (
            "/form",
            FORM,
            b"name=%zz",
            400,
            "body: the field `name`: `%zz` is no percent-encoded character [unreadable]",
        ),
        ("/form", FORM, b"", 400, "body: \"name\" is a required property [required]"),
    ])
    .await;
}

#[tokio::test]
async fn row_text_bodies_and_charsets() {
    walk(&[
        ("/text", "text/plain", "café".as_bytes(), 200, ""),
        ("/text", "text/plain; charset=iso-8859-1", b"caf\xE9", 200, ""),
        ("/text", "text/plain; charset=\"UTF-16LE\"", b"c\0a\0", 200, ""),
        ("/text", "text/plain", b"coffee", 400, "body: \"coffee\" is longer than 4 characters [maxLength]"),
        ("/text", "text/plain", b"tea", 400, "body: \"tea\" does not match \"^c\" [pattern]"),
        ("/text", "text/plain", b"c\xFF", 400, "body: not UTF-8 at byte 1 [unreadable]"),
        (
            "/text",
            "text/plain; charset=klingon",
            b"c",
            400,
            "body: the charset `klingon` is not known [unreadable]",
        ),
        ("/number", "text/plain", b"12", 200, ""),
        ("/number", "text/plain", b"x", 400, "body: \"x\" is not of type \"integer\" [type]"),
        (
            "/json",
            "application/json; charset=utf-16le",
            b"{\0}\0",
            400,
            "body: \"name\" is a required property [required]",
        ),
    ])
    .await;
}

#[tokio::test]
async fn row_xml_and_yaml_bodies() {
    const XML: &str = "application/xml";
    walk(&[
        ("/xml", XML, b"<pet age=\"3\"><name>Rex</name><tags><tag>true</tag></tags></pet>", 200, ""),
        (
            "/xml",
            XML,
            b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><pet><name>R\xE9x</name></pet>",
            200,
            "",
        ),
        (
            "/xml",
            XML,
            b"<pet age=\"x\"><name>Rex</name></pet>",
            400,
            "body/age: \"x\" is not of type \"integer\" [type]",
        ),
        (
            "/xml",
            XML,
            b"<pet><tags><tag>no</tag></tags><name>a</name></pet>",
            400,
            "body/tags/0: \"no\" is not of type \"boolean\" [type]",
        ),
        ("/xml", XML, b"<pet/>", 400, "body: \"name\" is a required property [required]"),
        ("/xml", XML, b"<pet>", 400, "body: not XML: <pet> is not closed [unreadable]"),
        ("/yaml", "application/yaml", b"name: Rex\ntags: [true]\n", 200, ""),
        (
            "/yaml",
            "application/yaml",
            b"name: Rex\nage: -1\n",
            400,
            "body/age: -1 is less than the minimum of 0 [minimum]",
        ),
    ])
    .await;
}

#[tokio::test]
async fn row_binary_bodies() {
    walk(&[
        ("/bytes", "application/octet-stream", b"\x00\xFF", 200, ""),
        ("/bytes", "image/gif", b"GIF89a\xFF", 200, ""),
        ("/bytes", "application/octet-stream", b"", 400, "body: a body is required, and it is empty [missing]"),
        ("/bytes", "video/mp4", b"x", 415, "content-type: `video/mp4` is not documented; documented are: application/octet-stream, image/* [undocumented]"),
        ("/any", "video/mp4", b"x", 200, ""),
        ("/any", JSON, b"{}", 400, "body: \"name\" is a required property [required]"),
    ])
    .await;
}

#[tokio::test]
async fn row_an_empty_body_is_valid_only_where_the_body_is_not_required() {
    walk(&[
        ("/optional", "", b"", 200, ""),
        ("/optional", JSON, b"", 200, ""),
        ("/optional", "text/csv", b"", 200, ""),
        ("/optional", JSON, b"{}", 400, "body: \"name\" is a required property [required]"),
        ("/json", "", b"", 400, "body: a body is required, and it is empty [missing]"),
        ("/json", JSON, b"", 400, "body: a body is required, and it is empty [missing]"),
        ("/xml", "application/xml", b"", 400, "body: a body is required, and it is empty [missing]"),
        ("/text", "text/plain", b"", 400, "body: a body is required, and it is empty [missing]"),
        ("/none", JSON, b"{", 200, ""),
        ("/none", "", b"whatever", 200, ""),
    ])
    .await;
}

#[tokio::test]
async fn row_json_lines_bodies_name_the_wrong_item() {
    let stub = Stub::start(StubServer::builder(Contract::load("streams.yaml", STREAMS).unwrap())).await;
    let table = [
        ("application/jsonl", "{\"at\":1,\"celsius\":2}\n\n{\"at\":2,\"celsius\":3}", 200, ""),
        (
            "application/jsonl",
            "{\"at\":1,\"celsius\":2}\n{\"at\":\"2\",\"celsius\":3}\n",
            400,
            "body/1/at: item 2: \"2\" is not of type \"integer\" [type]",
        ),
        (
            "application/x-ndjson",
            "{\"at\":1,\"celsius\":2}\n{\"at\":\n",
            400,
            "body: line 2: not JSON: EOF while parsing a value at column 6 [unreadable]",
        ),
        ("application/json-seq", "\u{1e}{\"at\":1,\n\"celsius\":2}\n", 200, ""),
        ("application/json-seq", "", 400, "body: a body is required, and it is empty [missing]"),
        (
            "application/json-seq",
            "\u{1e}1\u{1e}1\u{1e}1\u{1e}1\u{1e}1",
            400,
            "body: [1,1,1,1,1] has more than 4 items [maxItems]; body/0: item 1: 1 is not of type \"object\" [type]; body/1: item 2: 1 is not of type \"object\" [type]; body/2: item 3: 1 is not of type \"object\" [type]; body/3: item 4: 1 is not of type \"object\" [type]; body/4: item 5: 1 is not of type \"object\" [type]",
        ),
    ];
    for (media_type, body, status, reason) in table {
        let headers = [("content-type", media_type), ("accept", "application/jsonl, application/json")];
        let reply = stub.send("POST /lines", &headers, body).await;
        assert_eq!((reply.status, reply.header("counterfoil-reason")), (status, reason), "{body:?}");
    }
}
