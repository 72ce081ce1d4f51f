use std::io::Write;
use std::process::{Command, Output, Stdio};

use bytes::Bytes;
use counterfoil_client::curl;
use counterfoil_client::transport::{Transport, TransportOptions};
use counterfoil_openapi::Request;
use http::{HeaderName, HeaderValue, Method};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::server::{Received, Server, response};

const SECRET: &str = "it's \"$a\" `secret`\\";

fn has_curl() -> bool {
    let found = Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        println!("skipped: curl is not installed");
    }
    found
}

/// Sends a request through the transport and through the shell; both as the server got them.
async fn send_both(request: &Request, hidden: &[(&str, &str)]) -> (Received, Received, String) {
    let server = Server::start([response(200, "text/plain", "ok")]).await;
    Transport::new(&server.url, TransportOptions::default()).unwrap().send(request).await.unwrap();
    let line = curl::command(&server.url, request, hidden);
    assert!(!line.contains('\n'), "{line}");
    let output = paste(line.clone()).await;
    assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    let received = server.received();
    assert_eq!(received.len(), 2, "{line}");
    (received[0].clone(), received[1].clone(), line)
}

/// Runs a line as a shell does that reads it from a terminal: an argument would be cut at the system's limit.
async fn paste(line: String) -> Output {
    let mut shell = Command::new("sh");
    shell.env("no_proxy", "*").env("COUNTERFOIL_AUTH", SECRET);
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = move || {
        let mut child = shell.spawn().unwrap();
        child.stdin.take().expect("stdin is piped").write_all(line.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

async fn assert_same(request: &Request) {
    let (sent, pasted, line) = send_both(request, &[]).await;
    assert_eq!(pasted.request_line(), sent.request_line(), "{line}");
    assert_eq!(pasted.fields(), sent.fields(), "{line}");
    assert_eq!(pasted.body, sent.body, "{line}");
}

#[tokio::test]
async fn a_pasted_line_sends_what_the_transport_sends() {
    if !has_curl() {
        return;
    }
    let bodies: [&[u8]; 12] = [
        b"",
        b"plain",
        b"@/etc/hostname",
        b"it's \"quoted\" $HOME `id` \\ %s !x",
        b"two\nlines\r\n",
        b"\0\x01\xff\xfe",
        b"-n %d\n",
        "naïve ☃".as_bytes(),
        b"trailing newline\n",
        b"\n",
        b"@-",
        br#"{"a":"\u0000 \\ \n"}"#,
    ];
    for body in bodies {
        for method in [Method::POST, Method::GET, Method::DELETE, Method::PUT] {
            let mut request = Request::new(method, "/a%2Fb//c?x=%7B");
            request.body = Bytes::from_static(body);
            assert_same(&request).await;
        }
    }
    for method in [Method::HEAD, Method::OPTIONS, Method::PATCH, Method::TRACE, "QUERY".parse().unwrap()] {
        assert_same(&Request::new(method, "/")).await;
    }
    for size in [40_000, 1_200_000] {
        let mut large = Request::new(Method::POST, "/");
        large.body = Bytes::from(vec![b'x'; size]);
        assert_same(&large).await;
    }
}

#[tokio::test]
async fn headers_and_targets_survive_the_shell() {
    if !has_curl() {
        return;
    }
    let targets = ["/a/../b", "/%7b", "/a?", "/[x]{y}", "/a'b;c?x=$HOME&y=*", "/~a|b^c", "/a%"];
    for target in targets {
        assert_same(&Request::new(Method::GET, target)).await;
    }
    let values: [&[u8]; 9] =
        [b"", b"plain", b"it's", b"$HOME `id` \\ \"x\"", b"caf\xe9", b"a\tb", b"%s", b"@x", b"a; b"];
    let mut request = Request::new(Method::POST, "/");
    for (index, value) in values.into_iter().enumerate() {
        let name: HeaderName = format!("x-{index}").parse().unwrap();
        request.headers.append(name, HeaderValue::from_bytes(value).unwrap());
    }
    for (name, value) in
        [("accept", "*/*"), ("user-agent", "us"), ("content-type", "a/b"), ("host", "elsewhere")]
    {
        request.headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    assert_same(&request).await;
}

#[tokio::test]
async fn a_secret_stays_in_the_environment_and_arrives() {
    if !has_curl() {
        return;
    }
    let mut request = Request::new(Method::GET, "/");
    request.headers.insert("admin-auth", HeaderValue::from_static(SECRET));
    let (sent, pasted, line) = send_both(&request, &[("Admin-Auth", "COUNTERFOIL_AUTH")]).await;
    assert!(!line.contains("secret"), "{line}");
    assert_eq!(pasted.fields(), sent.fields());
}

#[tokio::test]
async fn any_request_survives_the_shell() {
    if !has_curl() {
        return;
    }
    let target = "/[!$-;=@-_a-z|~\"{}]{0,12}(\\?[!$-~&&[^<>`\\\\]]{0,12})?";
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        "[ -~\n']{0,40}".prop_map(String::into_bytes),
        "\\PC{0,20}".prop_map(String::into_bytes),
    ];
    let value = "[ -~\u{e9}]{0,12}".prop_map(|text| text.trim().to_owned());
    let strategy = (target, body, value);
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    for _ in 0..40 {
        let (target, body, value) = strategy.new_tree(&mut runner).unwrap().current();
        if target.parse::<http::uri::PathAndQuery>().is_err() {
            continue;
        }
        let mut request = Request::new(Method::POST, target);
        request.body = body.into();
        request.headers.insert("x-value", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        assert_same(&request).await;
    }
}
