//! Documented streams that never end: their first items are judged, and nobody is blamed for the rest.

use std::time::Duration;

use counterfoil_conformance::{Phase, Settings, Target};
use counterfoil_openapi::Contract;

use super::{Hostile, Piece};
use crate::running::Outcome;

fn contract(version: &str, media_type: &str, schema: &str) -> Contract {
    let text = format!(
        "openapi: {version}\ninfo: {{title: Feed, version: '1'}}\npaths:\n  /feed:\n    get:\n      operationId: feed\n      responses:\n        '200':\n          description: a feed\n          content: {{'{media_type}': {schema}}}\n"
    );
    Contract::load("feed.yaml", text.as_bytes()).expect("it is a document")
}

/// What is said of a server that answers with a stream of these items and never ends it.
async fn told(contract: &Contract, content_type: &str, first: &str, then: Piece) -> Vec<String> {
    let boundary = if content_type.starts_with("multipart/") { "; boundary=b" } else { "" };
    let head = format!("HTTP/1.1 200 .\r\ncontent-type: {content_type}{boundary}\r\n\r\n{first}");
    let feed = Hostile::open(move |_, _| vec![Piece::text(&head), then.clone()]).await;
    let settings = Settings {
        max_cases: 2,
        phases: vec![Phase::Fuzzing],
        // Long enough that nobody who waits for it would be done before the test is given up.
        timeout: Duration::from_secs(3_600),
        ..Settings::default()
    };
    let outcome = Outcome::of(contract, &Target::new(&feed.url), &settings).await;
    assert!(outcome.summary.cases > 0 && !outcome.summary.interrupted);
    outcome.failures().iter().map(|failure| format!("{}: {}", failure.check, failure.message)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_without_end_is_judged_by_its_first_items() {
    let item = "{type: object, required: [at], properties: {at: {type: integer}}}";
    let of_items = |item: &str| format!("{{itemSchema: {item}}}");
    let event = "{type: object, required: [data], properties: {data: {type: string, maxLength: 3}}}";
    let (good, bad) = ("{\"at\":1}", "{\"at\":\"x\"}");
    let second = "response_schema_conformance: body/1/at: item 2: \"x\" is not of type \"integer\" [type]";
    // A part is there as a whole once the next one begins.
    let part = |text: &str| format!("Content-Type: application/json\r\n\r\n{text}\r\n--b\r\n");
    let rows = [
        // What 3.2 calls an item, and what `schema` says of one before.
        ("3.2.0", "text/event-stream", of_items(event), "data: a\n\n".to_owned(), "data: b\n\n", None),
        (
            "3.2.0",
            "text/event-stream",
            of_items(event),
            "data: a\n\ndata: long\n\n".to_owned(),
            "data: b\n\n",
            Some(
                "response_schema_conformance: body/1/data: item 2: \"long\" is longer than 3 characters [maxLength]",
            ),
        ),
        (
            "3.1.0",
            "text/event-stream",
            format!("{{schema: {item}}}"),
            format!("data: {good}\n\n"),
            "data: {\"at\":2}\n\n",
            None,
        ),
        (
            "3.0.3",
            "application/x-ndjson",
            format!("{{schema: {item}}}"),
            format!("{good}\n{bad}\n"),
            "{\"at\":2}\n",
            Some(second),
        ),
        (
            "3.2.0",
            "application/json-seq",
            of_items(item),
            format!("\u{1e}{good}\n\u{1e}{bad}\n"),
            "\u{1e}{\"at\":2}\n",
            Some(second),
        ),
        // The parts of a multipart body, where they are items.
        (
            "3.2.0",
            "multipart/mixed",
            of_items(item),
            format!("--b\r\n{}{}", part(good), part(bad)),
            "Content-Type: application/json\r\n\r\n{\"at\":2}\r\n--b\r\n",
            Some(second),
        ),
        (
            "3.0.3",
            "multipart/x-mixed-replace",
            "{}".to_owned(),
            format!("--b\r\n{}", part(good)),
            "\r\nx\r\n--b\r\n",
            None,
        ),
        (
            "3.0.3",
            "multipart/x-mixed-replace",
            "{schema: {type: string, format: binary}}".to_owned(),
            format!("--b\r\n{}", part(good)),
            "\r\nx\r\n--b\r\n",
            None,
        ),
        // How many there are nobody can know.
        (
            "3.0.3",
            "application/jsonl",
            format!("{{schema: {{type: array, minItems: 1000, items: {item}}}}}"),
            format!("{good}\n"),
            "{\"at\":2}\n",
            None,
        ),
    ];
    for (version, media_type, schema, first, then, expected) in rows {
        let contract = contract(version, media_type, &schema);
        for then in [Piece::Forever(then.as_bytes().to_vec()), Piece::Silence] {
            let told = told(&contract, media_type, &first, then).await;
            assert_eq!(told, expected.into_iter().collect::<Vec<_>>(), "{version} {media_type} {first:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_another_type_is_blamed_for_its_type() {
    let contract = contract("3.1.0", "application/json", "{schema: {type: object}}");
    let told = told(&contract, "text/event-stream", "", Piece::Forever(b"data: b\n\n".to_vec())).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("content_type_conformance: "), "{told:?}");
}
