//! Bodies that are sequences of items.

use counterfoil_openapi::Contract;
use counterfoil_server::StubServer;

use crate::stub::Stub;

const STREAMS: &[u8] = include_bytes!("../../../openapi/documents/samples/streams.yaml");

async fn stub() -> Stub {
    Stub::start(StubServer::builder(Contract::load("streams.yaml", STREAMS).unwrap())).await
}

#[tokio::test]
async fn a_stream_that_was_written_down_is_sent_as_it_stands() {
    let stub = stub().await;
    let reply = stub.get("/events/written").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "text/event-stream");
    assert_eq!(reply.text(), ": hello\ndata: one\nevent: a\n\ndata: two\ndata: lines\n\n");
}

#[tokio::test]
async fn a_generated_stream_has_items() {
    let stub = stub().await;
    let reply = stub.get("/chunks").await;
    let text = reply.text();
    let events: Vec<&str> = text.split_terminator("\n\n").collect();
    assert!((1..=3).contains(&events.len()), "{text}");
    assert!(events.iter().all(|event| event.starts_with("data: {\"at\":")), "{text}");
    let lines = stub.send("POST /lines", &[("content-type", "application/jsonl")], "").await;
    assert_eq!(lines.status, 400, "a body is required: {:?}", lines.text());
}

#[tokio::test]
async fn a_wrong_item_of_a_request_is_named() {
    let stub = stub().await;
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
        assert_eq!(reply.status, status, "{body:?}: {}", reply.text());
        assert_eq!(reply.header("counterfoil-reason"), reason, "{body:?}");
    }
}
