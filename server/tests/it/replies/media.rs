//! Replies that are neither JSON nor a text: each written by the codec of its media type.

use bytes::Bytes;
use counterfoil_openapi::codec::Payload;
use counterfoil_openapi::{Contract, Response, validate};
use counterfoil_server::{OwnReplies, StubServer};
use http::StatusCode;
use serde_json::{Value, json};

use crate::stub::{Stub, contract};

const STREAMS: &[u8] = include_bytes!("../../../../openapi/documents/samples/streams.yaml");

const DOCUMENT: &[u8] = br##"
openapi: 3.1.0
info: { title: Reports, version: "1" }
paths:
  /xml:
    get:
      responses:
        "200":
          description: ok
          content:
            application/xml:
              schema: { $ref: "#/components/schemas/Pet" }
              example: { id: 7, name: "a & <b>", photos: [x, y], tags: [one, two], owner: { name: Kim }, born: 2020-02-29 }
  /xml/written: { get: { responses: { "200": { description: ok, content: { application/xml: { example: "<pet><id>7</id></pet>" } } } } } }
  /xml/empty: { get: { responses: { "200": { description: ok, content: { application/xml: { schema: { type: object, xml: { name: r }, properties: { a: { type: array, items: { type: string } } } }, example: { a: [] } } } } } } }
  /xml/none: { get: { responses: { "200": { description: ok, content: { application/xml: { schema: { type: string, xml: { name: r }, example: "<?xml version=\"1.0\"?>..." } } } } } } }
  /xml/made: { get: { responses: { "200": { description: ok, content: { text/xml: { schema: { $ref: "#/components/schemas/Pet" } } } } } } }
  /form:
    get:
      responses:
        "200":
          description: ok
          content:
            application/x-www-form-urlencoded:
              schema: { type: object, properties: { a: { type: string }, b: { type: integer }, list: { type: array, items: { type: string } }, whole: { type: object } } }
              example: { a: "x y&=", b: 2, list: [p, q], whole: { c: 1 } }
              encoding: { list: { style: pipeDelimited, explode: false }, whole: { contentType: application/json } }
  /yaml: { get: { responses: { "200": { description: ok, content: { application/yaml: { example: { a: [1, "2"] } } } } } } }
  /latin: { get: { responses: { "200": { description: ok, content: { text/plain; charset=iso-8859-1: { example: "caf\u00e9" } } } } } }
  /reports:
    get:
      responses:
        "200":
          description: ok
          content:
            multipart/mixed:
              schema: { $ref: "#/components/schemas/Report" }
              example: { title: "a\r\nb", pages: ["\uEFFF\uEFD8", "x"], totals: { sum: 7 } }
            multipart/form-data: { schema: { $ref: "#/components/schemas/Report" } }
            multipart/related; type="text/plain": { schema: { $ref: "#/components/schemas/Report" } }
  /lines/3.1:
    get: { responses: { "200": { description: ok, content: { application/x-ndjson: { schema: { type: object, properties: { a: {} } }, example: { a: "x\ny" } } } } } }
components:
  schemas:
    Pet:
      type: object
      required: [id, name]
      xml: { name: pet, namespace: "http://example.com/schema", prefix: p }
      properties:
        id: { type: integer, xml: { attribute: true } }
        name: { type: string, xml: { name: title } }
        photos: { type: array, xml: { wrapped: true }, items: { type: string, xml: { name: photo } } }
        tags: { type: array, items: { type: string, xml: { name: tag } } }
        owner: { type: object, xml: { prefix: q, namespace: "urn:q" }, properties: { name: { type: string } } }
        born: { type: string, format: date }
    Report:
      type: object
      required: [title, pages, totals]
      properties:
        title: { type: string }
        pages: { type: array, minItems: 1, items: { type: string, contentMediaType: image/png } }
        totals: { type: object, required: [sum], properties: { sum: { type: integer } } }
"##;

async fn stub() -> Stub {
    Stub::start(StubServer::builder(contract(DOCUMENT)).own_replies(OwnReplies::Refused)).await
}

#[tokio::test]
async fn row_xml_the_openapi_xml_object_is_honoured() {
    let stub = stub().await;
    let reply = stub.get("/xml").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/xml"), "{:?}", reply.text());
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?><p:pet xmlns:p="http://example.com/schema" id="7"><title>a &amp; &lt;b&gt;</title><photos><photo>x</photo><photo>y</photo></photos><tag>one</tag><tag>two</tag><q:owner xmlns:q="urn:q"><name>Kim</name></q:owner><born>2020-02-29</born></p:pet>"#;
    assert_eq!(reply.text(), expected);
    assert_eq!(stub.get("/xml/written").await.text(), "<pet><id>7</id></pet>", "as it is written down");
    // An empty list that is not wrapped cannot be told from none.
    let empty = stub.get("/xml/empty").await;
    assert_eq!((empty.status, empty.header("counterfoil-source")), (200, "generated"));
    assert!(empty.text().contains("<r"), "{}", empty.text());
    let none = stub.get("/xml/none").await;
    assert!(none.text().ends_with("<r>&lt;?xml version=\"1.0\"?&gt;...</r>"), "{}", none.text());
    assert!(
        stub.trail(&none).iter().any(|line| line.contains("written as a text")),
        "{:?}",
        stub.trail(&none)
    );
    let made = stub.get("/xml/made").await;
    assert_eq!((made.status, made.header("content-type")), (200, "text/xml"));
    assert!(made.text().contains("<p:pet ") && made.text().contains("<title>"), "{}", made.text());
}

#[tokio::test]
async fn row_form_yaml_and_text_replies_are_encoded_by_the_same_codecs() {
    let stub = stub().await;
    let table: [(&str, &str, &[u8]); 3] = [
        ("/form", "application/x-www-form-urlencoded", b"a=x+y%26%3D&b=2&list=p%7Cq&whole=%7B%22c%22%3A1%7D"),
        ("/yaml", "application/yaml", br#"{"a":[1,"2"]}"#),
        ("/latin", "text/plain; charset=iso-8859-1", b"caf\xE9"),
    ];
    for (path, content_type, body) in table {
        let reply = stub.get(path).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, content_type), "{path}");
        assert_eq!(String::from_utf8_lossy(&reply.body), String::from_utf8_lossy(body), "{path}");
    }
}

#[tokio::test]
async fn row_multipart_replies_name_their_boundary_and_read_back() {
    let stub = stub().await;
    let contract = contract(DOCUMENT);
    let operation = contract.operation("GET /reports").unwrap();
    for accept in ["multipart/mixed", "multipart/form-data", "multipart/related"] {
        let reply = stub.send("GET /reports", &[("accept", accept)], "").await;
        let content_type = reply.header("content-type");
        assert!(content_type.starts_with(accept) && content_type.contains("boundary="), "{content_type}");
        let response = Response {
            status: StatusCode::OK,
            headers: reply.headers.clone(),
            body: Bytes::from(reply.body.clone()),
        };
        let reading = validate::response(operation, &response);
        assert_eq!(reading.violations, [], "{accept}");
        let value = reading.payload.as_ref().and_then(Payload::as_value).expect("a value").clone();
        if accept == "multipart/mixed" {
            let example =
                json!({"title": "a\r\nb", "pages": ["\u{EFFF}\u{EFD8}", "x"], "totals": {"sum": 7}});
            assert_eq!(value, example);
            assert!(reply.body.windows(2).any(|bytes| bytes == [0xFF, 0xD8]), "bytes are sent as bytes");
        }
        let again = stub.send("GET /reports", &[("accept", accept)], "").await;
        assert_eq!(again.body, reply.body, "{accept}");
    }
}

#[tokio::test]
async fn row_event_stream_replies_are_events() {
    let stub = Stub::start(StubServer::builder(Contract::load("streams.yaml", STREAMS).unwrap())).await;
    let written = stub.get("/events/written").await;
    assert_eq!((written.status, written.header("content-type")), (200, "text/event-stream"));
    assert_eq!(written.text(), ": hello\ndata: one\nevent: a\n\ndata: two\ndata: lines\n\n", "as it stands");
    let made = stub.get("/chunks").await;
    let text = made.text();
    let events: Vec<&str> = text.split_terminator("\n\n").collect();
    assert!((1..=3).contains(&events.len()), "{text}");
    assert!(events.iter().all(|event| event.starts_with("data: {\"at\":")), "{text}");
}

#[tokio::test]
async fn row_json_lines_replies_are_one_value_a_line() {
    assert_eq!(
        stub().await.get("/lines/3.1").await.text(),
        "{\"a\":\"x\\ny\"}\n",
        "an example is the only item"
    );
    let stub = Stub::start(StubServer::builder(Contract::load("streams.yaml", STREAMS).unwrap())).await;
    let body = r#"{"at":1,"celsius":2}"#;
    for accept in ["application/jsonl", "application/json-seq"] {
        let headers = [("content-type", "application/jsonl"), ("accept", accept)];
        let reply = stub.send("POST /lines", &headers, body).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, accept), "{:?}", reply.text());
        let lines: Vec<&str> = reply.text().lines().collect();
        assert!((1..=3).contains(&lines.len()), "{lines:?}");
        for line in lines {
            let text = if accept.ends_with("seq") { line.strip_prefix('\u{1e}').expect(line) } else { line };
            let item: Value = serde_json::from_str(text).expect(line);
            assert!(item["at"].is_u64() && item["celsius"].is_number(), "{line}");
        }
    }
}
