//! Examples that are files, and bodies that are bytes.

use std::fs;
use std::os::unix::fs::symlink;

use counterfoil_openapi::{Contract, Folder};
use counterfoil_server::{OwnReplies, StubServer};

use crate::stub::Stub;

const DOCUMENT: &[u8] = br#"
openapi: 3.1.0
info: { title: Files, version: "1" }
paths:
  /pet:
    get:
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema: { type: object, required: [name], properties: { name: { type: string } } }
              examples: { kept: { externalValue: examples/pet.json }, other: { value: { name: Tom } } }
  /dot: { get: { responses: { "200": { description: ok, content: { image/png: { examples: { dot: { externalValue: ./dot.png } } } } } } } }
  /blob:
    get:
      responses:
        "200":
          description: ok
          content:
            application/octet-stream: { schema: { type: string, format: binary }, examples: { all: { externalValue: blob } } }
  /header:
    get:
      responses:
        "200":
          description: ok
          headers: { X-Limits: { schema: { type: array, items: { type: integer } }, examples: { kept: { externalValue: limits.json } } } }
          content: { text/plain: { example: ok } }
  /outside: { get: { responses: { "200": { description: ok, content: { text/plain: { examples: { a: { externalValue: ../secret }, b: { value: inside } } } } } } } }
  /link: { get: { responses: { "200": { description: ok, content: { text/plain: { examples: { a: { externalValue: link }, b: { value: inside } } } } } } } }
  /absolute: { get: { responses: { "200": { description: ok, content: { text/plain: { examples: { a: { externalValue: /etc/hostname }, b: { value: inside } } } } } } } }
  /far: { get: { responses: { "200": { description: ok, content: { text/plain: { examples: { a: { externalValue: "http://127.0.0.1:9/a" }, b: { value: inside } } } } } } } }
  /lost: { get: { responses: { "200": { description: ok, content: { text/plain: { examples: { a: { externalValue: lost }, b: { value: inside } } } } } } } }
  /made/bytes: { get: { responses: { "200": { description: ok, content: { application/octet-stream: { schema: { type: string, format: binary, minLength: 9 } } } } } } }
  /made/picture: { get: { responses: { "200": { description: ok, content: { image/png: {} } } } } }
"#;

/// What no text is.
const DOT: &[u8] = b"\x89PNG\r\n\x1a\n\x00\xFF\xFE";

#[tokio::test]
async fn row_external_value_binary_and_images_are_served_as_bytes_confined_like_ref() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    fs::create_dir_all(inside.join("examples")).unwrap();
    fs::write(inside.join("examples/pet.json"), "{ \"name\" : \"Rex\" }\n").unwrap();
    fs::write(inside.join("dot.png"), DOT).unwrap();
    let every_byte: Vec<u8> = (0..=255).collect();
    fs::write(inside.join("blob"), &every_byte).unwrap();
    fs::write(inside.join("limits.json"), "[1, 2]").unwrap();
    fs::write(folder.path().join("secret"), "secret").unwrap();
    symlink(folder.path().join("secret"), inside.join("link")).unwrap();
    let files = Folder::new(&inside, &inside).unwrap();
    let contract = Contract::load_with("files.yaml", DOCUMENT, &files).unwrap();
    let stub = Stub::start(StubServer::builder(contract).own_replies(OwnReplies::Refused)).await;
    let table: [(&str, &str, &[u8]); 5] = [
        // To the letter: not read and written anew.
        ("/pet", "application/json", b"{ \"name\" : \"Rex\" }\n"),
        ("/pet?__example=other", "application/json", br#"{"name":"Tom"}"#),
        ("/dot", "image/png", DOT),
        ("/blob", "application/octet-stream", &every_byte),
        ("/made/picture", "image/png", b""),
    ];
    for (target, content_type, body) in table {
        let reply = stub.get(target).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, content_type), "{target}");
        assert_eq!(reply.body, body, "{target}");
    }
    assert_eq!(stub.get("/header").await.header("x-limits"), "1,2");
    assert!(stub.get("/made/bytes").await.body.len() >= 9);
    for target in ["/outside", "/link", "/absolute", "/far", "/lost"] {
        assert_eq!(stub.get(target).await.text(), "inside", "{target}");
    }
    // A document without its folder has no files at all.
    let alone = Stub::start(StubServer::builder(Contract::load("files.yaml", DOCUMENT).unwrap())).await;
    assert_eq!(alone.get("/pet").await.value()["name"], "Tom");
}
