//! Multipart bodies of requests, with `encoding`: what is taken, what is refused and for which part.

use counterfoil_server::StubServer;
use serde_json::{Value, json};

use crate::stub::{Reply, Stub, contract};

const DOCUMENT: &[u8] = br#"
openapi: 3.1.0
info: {title: Orders, version: '1'}
paths:
  /orders:
    post:
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [order, photos]
              properties:
                order:
                  type: object
                  required: [item]
                  properties: {item: {type: string}, count: {type: integer, maximum: 9}}
                photos: {type: array, maxItems: 2, items: {type: string, contentMediaType: image/png}}
                scan: {contentMediaType: application/pdf, maxLength: 8}
                note: {type: string, maxLength: 5}
                ids: {type: array, items: {type: integer}}
            encoding:
              order: {contentType: application/json}
              photos:
                contentType: image/png, image/jpeg
                headers: {X-Number: {required: true, schema: {type: integer, maximum: 9}}}
      responses: {'200': {description: ok, content: {application/json: {example: ok}}}}
"#;

const ORDER: &str = "name=\"order\"\nContent-Type: application/json\n\n{\"item\": \"a\"}";
const PHOTO: &str = "name=\"photos\"; filename=\"a.png\"\nContent-Type: image/png\nX-Number: 1\n\n\u{1}PNG";

async fn stub() -> Stub {
    Stub::start(StubServer::builder(contract(DOCUMENT))).await
}

/// A body of form data; every part is what comes after `form-data; `.
fn form(parts: &[&str]) -> Vec<u8> {
    let mut body = String::new();
    for part in parts {
        body.push_str(&format!("--b\nContent-Disposition: form-data; {part}\n"));
    }
    body.push_str("--b--\n");
    body.replace('\n', "\r\n").into_bytes()
}

async fn send(stub: &Stub, body: Vec<u8>) -> Reply {
    stub.send("POST /orders", &[("content-type", "multipart/form-data; boundary=b")], body).await
}

#[tokio::test]
async fn row_multipart_bodies_are_taken_when_every_part_is_as_documented() {
    let stub = stub().await;
    let jpeg = "name=photos; filename=b.jpg\nContent-Type: IMAGE/JPEG\nX-Number: 2\n\n\u{2}";
    let scan = "name=scan; filename=\"s.pdf\"\nContent-Type: application/pdf\n\n%PDF";
    let ids = ["name=ids\n\n1", "name=ids\n\n2"];
    for parts in [
        vec![ORDER, PHOTO],
        vec![PHOTO, ORDER],
        vec![ORDER, PHOTO, jpeg],
        vec![ORDER, PHOTO, scan, "name=note\n\nshort", ids[0], ids[1]],
        vec![ORDER, PHOTO, "name=undocumented\n\nanything"],
        // A part without a media type is of the documented one.
        vec!["name=order\n\n{\"item\": \"a\", \"count\": 9}", PHOTO],
    ] {
        let reply = send(&stub, form(&parts)).await;
        assert_eq!((reply.status, reply.value()), (200, json!("ok")), "{parts:?}: {:?}", stub.trail(&reply));
    }
}

#[tokio::test]
async fn row_multipart_bodies_are_refused_by_the_name_of_the_part() {
    let stub = stub().await;
    let broken = ORDER.replace("\"a\"}", "\"a\"");
    let unnumbered = PHOTO.replace("X-Number: 1\n", "");
    let great = PHOTO.replace("X-Number: 1", "X-Number: 10");
    let gif = PHOTO.replace("image/png", "image/gif");
    let xml = ORDER.replace("application/json", "application/xml");
    let table: [(Vec<&str>, &[&str]); 14] = [
        (vec![ORDER], &[r#"body: "photos" is a required property [required]"#]),
        (
            vec!["name=order\nContent-Type: application/json\n\n{}", PHOTO],
            &[r#"body/order: "item" is a required property [required]"#],
        ),
        (
            vec!["name=order\nContent-Type: application/json\n\n{\"item\": \"a\", \"count\": 10}", PHOTO],
            &["body/order/count: 10 is greater than the maximum of 9 [maximum]"],
        ),
        (
            vec![&broken, PHOTO],
            &["body: part `order`: not JSON: EOF while parsing an object at line 1 column 12 [unreadable]"],
        ),
        (vec![&xml, PHOTO], &["body: part `order`: not XML: "]),
        (
            vec![ORDER, PHOTO, "name=note\n\ntoo long"],
            &["body/note: \"too long\" is longer than 5 characters"],
        ),
        (
            vec![ORDER, PHOTO, "name=ids\n\n1", "name=ids\n\nx"],
            &["body/ids/1: \"x\" is not of type \"integer\""],
        ),
        (vec![ORDER, PHOTO, PHOTO, PHOTO], &["body/photos: "]),
        (
            vec![ORDER, &gif],
            &["body/photos: the part is `image/gif`; documented are: image/png, image/jpeg [undocumented]"],
        ),
        (vec![ORDER, &unnumbered], &["body/photos: the part has no header `X-Number` [missing]"]),
        (
            vec![ORDER, &great],
            &[
                "body/photos: the header `X-Number` of the part: 10 is greater than the maximum of 9 [maximum]",
            ],
        ),
        (vec![ORDER, PHOTO, "name=scan\nContent-Type: application/pdf\n\n%PDF-1.7\u{7f}"], &["body/scan: "]),
        (vec![ORDER, PHOTO, "filename=x\n\na"], &["body: part 3 has no name [unreadable]"]),
        (vec![ORDER, PHOTO, ORDER], &["body/order: "]),
    ];
    for (parts, expected) in table {
        let reply = send(&stub, form(&parts)).await;
        let problem: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!((reply.status, &problem["status"]), (400, &json!(400)), "{parts:?}: {problem}");
        let reason = reply.header("counterfoil-reason").to_owned();
        for expected in expected {
            assert!(reason.contains(expected), "{parts:?}: {reason}");
        }
    }
}

#[tokio::test]
async fn row_multipart_bodies_that_are_none_are_refused() {
    let stub = stub().await;
    let whole = form(&[ORDER, PHOTO]);
    let table: [(&str, &[u8], u16, &str); 6] = [
        ("multipart/form-data", &whole, 400, "its content type names no boundary"),
        ("multipart/form-data; boundary=c", &whole, 400, "the line `--c` does not occur"),
        ("multipart/form-data; boundary=b", &whole[..whole.len() - 8], 400, "part 2 has no end"),
        ("multipart/form-data; boundary=b", b"--b--\r\n", 400, "is a required property"),
        ("multipart/mixed; boundary=b", &whole, 415, "`multipart/mixed` is not documented"),
        ("application/json", b"{}", 415, "`application/json` is not documented"),
    ];
    for (content_type, body, status, expected) in table {
        let reply = stub.send("POST /orders", &[("content-type", content_type)], body).await;
        let reason = reply.header("counterfoil-reason");
        assert!(reply.status == status && reason.contains(expected), "{content_type}: {reason}");
    }
}
