//! Whatever is sent, something is answered, and the stub is none the worse for it.

use counterfoil_openapi::generate::{Seed, runner};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use crate::stub::{Stub, tables};

const CASES: u64 = 300;

/// Targets near the documented ones, and any text that a request line can hold.
fn target() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "/pets",
        "/pets/",
        "/pets/7",
        "/v1/pets",
        "/ranges/1-2",
        "/ranges/-",
        "/files/.json",
        "/invalid/x/all",
        "/invalid/x/none",
        "/media/any",
        "/media/several",
        "/bodies/generated",
        "/headers",
        "/secure/x",
        "/secrets",
    ]);
    let query = prop_oneof![
        Just(String::new()),
        "\\?(limit|page|__code|__example|__dynamic|__seed|api_key)=[!-~]{0,12}",
        "\\?[!-~]{0,30}"
    ];
    let path = prop_oneof![4 => known.prop_map(str::to_owned), 1 => "/[!-~]{0,30}"];
    (path, query).prop_map(|(path, query)| path + &query)
}

fn header() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "Accept",
        "Content-Type",
        "Content-Encoding",
        "Prefer",
        "Cookie",
        "Authorization",
        "X-Key",
        "Origin",
        "Access-Control-Request-Method",
        "X-Any",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "application/json",
            "*/*",
            "garbage;;;",
            "text/csv;q=x",
            "application/json; charset=\"",
            "code=404",
            "code=299, dynamic",
            "example=\"",
            "delay=1us",
            "Basic =",
            "Bearer ",
            "a=b; c",
            "http://[::1]:x",
            "gzip",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,40}",
    ];
    (name, value).prop_map(|(name, value)| format!("{name}: {value}\r\n"))
}

fn body() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("{\"name\": \"Rex\"}".to_owned()),
        Just(format!("{}{}", "[".repeat(5_000), "]".repeat(5_000))),
        "[ -~é\\n]{0,60}",
        "\\{\"(name|id|pin|password)\": (1e999|-0|null|\\[\\]|\"\\\\ud800\"|[0-9]{1,40})\\}",
    ]
}

fn request() -> impl Strategy<Value = String> {
    let method =
        prop::sample::select(vec!["GET", "GET", "GET", "POST", "POST", "POST", "HEAD", "OPTIONS", "QUERY"]);
    (method, target(), prop::collection::vec(header(), 0..5), body()).prop_map(|(method, target, headers, body)| {
        let length = body.len();
        let headers = headers.concat();
        format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
    })
}

#[tokio::test]
async fn every_request_is_answered() {
    let stub = Stub::start(tables()).await;
    for case in 0..CASES {
        let sent = request()
            .new_tree(&mut runner(&Seed::derive(0, &["every_request_is_answered"], case)))
            .unwrap()
            .current();
        let reply = stub.send_raw(&sent).await;
        assert!(reply.starts_with("HTTP/1.1 "), "case {case}: {sent:?}: {reply:?}");
        assert!(!reply.contains("urn:counterfoil:defect"), "case {case}: {sent:?}: {reply:?}");
    }
    assert_eq!(stub.get("/pets").await.value(), "pets");
}
