//! What holds for every reply of ours: it is held to the document, and says where it comes from.

use counterfoil_server::{Examples, OwnReplies};
use serde_json::Value;

use crate::stub::{Stub, tables};

/// What is sent, with headers and body, and the status and source of the answer.
type Row<'r> = (&'r str, &'r str, &'r [(&'r str, &'r str)], &'r str, u16, &'r str);

#[tokio::test]
async fn row_the_reply_we_send_is_itself_validated_warning_journal_and_500_with_strict() {
    let as_is = || tables().examples(Examples::AsIs);
    let stub = Stub::start(as_is()).await;
    let reply = stub.get("/bodies/broken").await;
    assert_eq!((reply.status, reply.value()), (200, Value::from("no integer")));
    let told = stub.trail(&reply).last().unwrap().clone();
    assert!(told.starts_with("reply: breaks the contract: body: \"no integer\" is not of type"), "{told}");
    let strict = Stub::start(as_is().own_replies(OwnReplies::Refused)).await;
    let reply = strict.get("/bodies/broken").await;
    assert_eq!((reply.status, reply.value()), (500, Value::from("problem response-invalid")));
    let problem: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(
        (&problem["violations"][0]["part"], &problem["violations"][0]["rule"]),
        (&"body".into(), &"type".into())
    );
    assert_eq!(strict.get("/bodies/example").await.status, 200);
}

#[tokio::test]
async fn an_example_that_breaks_its_schema_is_repaired_and_the_trail_says_how() {
    let stub = Stub::start(tables().own_replies(OwnReplies::Refused)).await;
    let mended = stub.get("/bodies/mended").await;
    assert_eq!((mended.status, mended.text()), (200, r#"{"id":7,"name":"Rex"}"#));
    insta::assert_snapshot!(stub.trail(&mended).join("\n"), @r#"
    request: valid
    status 200: the lowest documented 2xx
    body: the example `tom` of application/json
    body: the example breaks its own schema and was repaired: /id: "7" is not of type "integer" [type]; read as 7; /colour: may not be here; left out; /name: missing; added "Rex"
    "#);
    let first = stub.get("/bodies/broken").await;
    assert_eq!(first.status, 200);
    let again = stub.get("/bodies/broken").await;
    assert_eq!(again.text(), first.text());
    let other = Stub::start(tables().seed(1)).await.get("/bodies/broken").await;
    assert_ne!(other.text(), first.text(), "what is made up depends on the seed");
}

#[tokio::test]
async fn row_counterfoil_source_and_counterfoil_call_are_on_every_reply() {
    let stub = Stub::start(tables().body_limit(64)).await;
    let long = "x".repeat(65);
    let json = ("content-type", "application/json");
    let preflight = [("origin", "http://localhost:1"), ("access-control-request-method", "PUT")];
    let table: [Row<'_>; 15] = [
        ("an example", "GET /pets", &[], "", 200, "example"),
        ("generated", "GET /bodies/generated", &[], "", 200, "generated"),
        ("no content", "DELETE /pets/7", &[], "", 204, "document"),
        ("no body, for HEAD", "HEAD /pets", &[], "", 200, "example"),
        ("an unknown path", "GET /nowhere", &[], "", 404, "routing"),
        ("a bad escape", "GET /pets/%zz", &[], "", 400, "routing"),
        ("a wrong method", "PATCH /pets", &[], "", 405, "routing"),
        ("OPTIONS", "OPTIONS /pets", &[], "", 204, "routing"),
        ("a preflight", "OPTIONS /pets", &preflight, "", 204, "routing"),
        ("an invalid request", "POST /pets", &[json], "{}", 400, "validation"),
        ("no credentials", "GET /secure/x", &[], "", 401, "validation"),
        ("a body over the limit", "POST /pets", &[json], &long, 413, "validation"),
        ("nothing acceptable", "GET /media/several", &[("accept", "image/png")], "", 406, "validation"),
        ("a bad preference", "GET /pets", &[("prefer", "code=x")], "", 422, "stub"),
        ("no response documented", "GET /valid/none", &[], "", 501, "stub"),
    ];
    for (number, (about, line, headers, body, status, source)) in table.into_iter().enumerate() {
        let reply = stub.send(line, headers, body).await;
        assert_eq!((reply.status, reply.header("counterfoil-source")), (status, source), "{about}");
        assert_eq!(reply.header("counterfoil-call"), (number + 1).to_string(), "{about}");
        assert!(!stub.trail(&reply).is_empty(), "{about}");
    }
}
