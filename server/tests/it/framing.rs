//! Requests that are framed, addressed or spelt to mislead: what comes back, and that nothing is smuggled.

use crate::stub::{Stub, tables};

/// A request that must never be served: it is hidden in the bytes of another.
const HIDDEN: &str = "GET /pets/7 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// The status lines of what came back.
fn statuses(raw: &str) -> Vec<&str> {
    raw.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")?.split(' ').next()).collect()
}

#[tokio::test]
async fn a28_no_request_is_smuggled_behind_another() {
    let stub = Stub::start(tables()).await;
    let post = "POST /pets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let get = "GET /pets HTTP/1.1\r\nHost: x\r\n";
    for (about, request, expected) in [
        (
            "length and chunks",
            format!("{post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
            "400",
        ),
        (
            "chunks and length",
            format!("{post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n{HIDDEN}"),
            "400",
        ),
        ("two lengths", format!("{post}Content-Length: 4\r\nContent-Length: 0\r\n\r\n{HIDDEN}"), "400"),
        ("a list of lengths", format!("{post}Content-Length: 4, 0\r\n\r\n{HIDDEN}"), "400"),
        ("a signed length", format!("{post}Content-Length: +4\r\n\r\n1234{HIDDEN}"), "400"),
        (
            "a coding that is none",
            format!("{post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
            "400",
        ),
        (
            "chunked, then another coding",
            format!("{post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{HIDDEN}"),
            "400",
        ),
        (
            "a space before the colon",
            format!("{post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
            "400",
        ),
        (
            "a size of a chunk that is none",
            format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{HIDDEN}"),
            "400",
        ),
        (
            "a size of a chunk beyond all bounds",
            format!("{post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{HIDDEN}"),
            "400",
        ),
        ("a folded header", format!("{get}X-Folded: a\r\n b\r\n\r\n{HIDDEN}"), "400"),
        ("a bare CR in a header", format!("{get}X-Bare: a\rb\r\n\r\n{HIDDEN}"), "400"),
        ("a NUL in a header", format!("{get}X-Nul: a\0b\r\n\r\n{HIDDEN}"), "400"),
        ("a name that is none", format!("{get}X(bad): a\r\n\r\n{HIDDEN}"), "400"),
    ] {
        let raw = stub.send_raw(&request).await;
        assert_eq!(statuses(&raw), [expected], "{about}: {raw}");
    }
    let hidden = stub.server.calls().into_iter().filter(|call| call.url == "/pets/7").count();
    assert_eq!(hidden, 0, "no hidden request was served");
}

#[tokio::test]
async fn a25_a26_heads_up_to_hypers_limits_are_read_and_larger_ones_are_431_or_414() {
    let stub = Stub::start(tables()).await;
    let with = |fields: String| format!("GET /pets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{fields}\r\n");
    let many = |count| with((0..count).map(|number| format!("x-{number}: 1\r\n")).collect());
    let long = |length| with(format!("x-long: {}\r\n", "a".repeat(length)));
    let target =
        |length| format!("GET /pets?{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "a".repeat(length));
    for (about, request, status) in [
        ("100 fields", many(98), "200"),
        ("101 fields", many(99), "431"),
        ("64 KiB in a field", long(64 * 1024), "200"),
        // How much is looked at after the limit is what one more read brings.
        ("2 MiB in a field", long(2 * 1024 * 1024), "431"),
        ("a target of 60,000 bytes", target(60_000), "200"),
        ("a target of 70,000 bytes", target(70_000), "414"),
    ] {
        let raw = stub.send_raw(&request).await;
        assert_eq!(statuses(&raw), [status], "{about}");
        assert_eq!(
            raw.contains("access-control-allow-origin"),
            status == "200",
            "{about}: hyper knows no CORS"
        );
    }
}

#[tokio::test]
async fn a29_a_host_is_a_name_or_an_address_with_or_without_a_port() {
    let stub = Stub::start(tables()).await;
    for (host, status) in [
        ("x", "200"),
        ("x:80", "200"),
        ("", "200"),
        ("127.0.0.1:4010", "200"),
        ("[::1]:4010", "200"),
        ("a_b.example", "200"),
        ("xn--bcher-kva.example", "200"),
        ("a b", "400"),
        ("x/y", "400"),
        ("user@x", "400"),
        ("x?y", "400"),
        ("x#y", "400"),
        ("x\\y", "400"),
        ("x, y", "400"),
        ("[::1", "400"),
        ("x:port", "400"),
        ("\u{e9}", "400"),
    ] {
        let raw =
            stub.send_raw(&format!("GET /pets HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await;
        assert_eq!(statuses(&raw), [status], "{host:?}: {raw}");
    }
}

#[tokio::test]
async fn a30_paths_that_try_to_climb_reach_no_other_operation_and_no_file() {
    let stub = Stub::start(tables()).await;
    let mut told = Vec::new();
    for path in [
        "/pets/..",
        "/pets/../../etc/passwd",
        "/pets/%2e%2e",
        "/pets/%2E%2E/pets",
        "/pets/%2F",
        "/pets/a%2Fb",
        "/pets/%5c",
        "/pets/..%5cpets",
        "/pets/%00",
        "//pets",
        "/pets//7",
        "/pets/7;x",
        "/pets;x",
        "/pets/%C0%AE%C0%AE",
        "/pets/%E0%80%AF",
        "/pets/%zz",
        "/pets/%",
        "/pets/%u002e",
        "/%70ets",
    ] {
        let raw =
            stub.send_raw(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
        let code = raw.split("urn:counterfoil:").nth(1).and_then(|rest| rest.split('"').next());
        let by = match (raw.contains("counterfoil-source"), code) {
            (false, _) => "dropshot",
            (true, Some(code)) => code,
            (true, None) => "the operation",
        };
        let operation = stub
            .server
            .calls()
            .last()
            .filter(|call| call.url == path)
            .and_then(|call| call.operation.clone());
        told.push(format!(
            "{path}: {} by {by}, {}",
            statuses(&raw).join(" "),
            operation.as_deref().unwrap_or("-")
        ));
        assert!(!raw.contains("root:"), "{raw}");
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn a37_nothing_becomes_a_tunnel() {
    let stub = Stub::start(tables()).await;
    let websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let h2c = "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n";
    for (about, request, expected) in [
        ("a WebSocket", format!("GET /pets HTTP/1.1\r\nHost: x\r\n{websocket}\r\n"), "400"),
        ("an upgrade to HTTP/2, as curl asks", format!("GET /pets HTTP/1.1\r\nHost: x\r\n{h2c}\r\n"), "200"),
        ("CONNECT", "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\nConnection: close\r\n\r\n".to_owned(), "405"),
        (
            "TRACE",
            "TRACE /pets HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: secret\r\n\r\n".to_owned(),
            "405",
        ),
    ] {
        let raw = stub.send_raw(&request).await;
        assert_eq!(statuses(&raw), [expected], "{about}: {raw}");
        assert!(!raw.contains("secret"), "{about}: {raw}");
    }
}
