//! Compressed responses are held to what they hold.

use std::io::Write as _;

use bytes::Bytes;
use counterfoil_openapi::{Contract, Response, validate};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

const DOCUMENT: &str = "
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /:
    get:
      responses:
        '200': {description: ok, content: {application/json: {schema: {type: array, items: {type: integer}}}}}
";

fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all").into()
}

#[test]
fn a_compressed_response_is_judged_by_what_it_holds() {
    let contract = Contract::load("t.yaml", DOCUMENT.as_bytes()).expect("a document");
    let table: [(&'static str, Bytes, &[&str]); 5] = [
        ("gzip", gzip(b"[1, 2]"), &[]),
        ("gzip", gzip(b"[1, \"2\"]"), &["body/1: \"2\" is not of type \"integer\" [type]"]),
        ("gzip", Bytes::from_static(b"[1, 2]"), &["body: not gzip: it begins with other bytes [unreadable]"]),
        ("identity", Bytes::from_static(b"[1, 2]"), &[]),
        (
            "utf-8",
            Bytes::from_static(b"[1, 2]"),
            &[
                "content-encoding: the content coding `utf-8` is not known; known are gzip, deflate, br, zstd [unknown]",
            ],
        ),
    ];
    for (coding, body, expected) in table {
        let mut response = Response::new(StatusCode::OK);
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        response.body = body;
        let told: Vec<String> = validate::response(&contract.operations()[0], &response)
            .violations
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(told, expected, "{coding}");
    }
}
