use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use counterfoil_client::transport::{SendErrorKind, Transport, TransportOptions};
use counterfoil_openapi::Request;
use http::{HeaderMap, HeaderValue, Method};
use tokio::net::TcpListener;

use crate::server::{Act, Server, response};

fn options() -> TransportOptions {
    TransportOptions { timeout: Duration::from_secs(60), ..TransportOptions::default() }
}

fn ok() -> Act {
    response(200, "text/plain", "ok")
}

fn get() -> Request {
    Request::new(Method::GET, "/")
}

#[tokio::test]
async fn targets_go_out_byte_for_byte() {
    let server = Server::start([ok()]).await;
    let targets =
        ["/a%2Fb//c?x=%7B", "/", "/a/../b/./c", "/a?", "/%7b%7D", "/a;b=1,2?q=[1]&q={x}|y", "//x", "/a%"];
    let transport = Transport::new(&format!("{}/base/", server.url), options()).unwrap();
    for target in targets {
        transport.send(&Request::new(Method::GET, target)).await.unwrap();
    }
    let lines: Vec<_> = server.received().iter().map(|request| request.request_line().to_owned()).collect();
    let expected: Vec<_> = targets.iter().map(|target| format!("GET /base{target} HTTP/1.1")).collect();
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_target_that_cannot_go_out_as_it_stands_is_an_error() {
    let transport = Transport::new("http://127.0.0.1:1", options()).unwrap();
    for target in ["/a b", "/a#b", "/a\r\nx: y"] {
        let error = transport.send(&Request::new(Method::GET, target)).await.expect_err(target);
        assert_eq!(error.kind(), SendErrorKind::Unsendable, "{target}");
    }
}

#[tokio::test]
async fn nothing_is_added_but_host_framing_and_the_options() {
    let server = Server::start([ok()]).await;
    let mut headers = HeaderMap::new();
    headers.insert("admin-auth", HeaderValue::from_static("from-options"));
    headers.insert("x-own", HeaderValue::from_static("from-options"));
    let transport = Transport::new(&server.url, TransportOptions { headers, ..options() }).unwrap();
    let mut request = Request::new(Method::POST, "/");
    request.headers.append("X-Own", HeaderValue::from_static("one"));
    request.headers.append("x-own", HeaderValue::from_static("two"));
    request.headers.append("content-length", HeaderValue::from_static("99"));
    request.body = Bytes::from_static(b"\0\xffbody");
    transport.send(&request).await.unwrap();
    let received = server.only();
    let host = server.url.strip_prefix("http://").unwrap().to_owned();
    let expected = [
        ("admin-auth", "from-options"),
        ("content-length", "6"),
        ("host", &host),
        ("x-own", "one"),
        ("x-own", "two"),
    ];
    assert_eq!(received.fields(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(received.body, b"\0\xffbody");
}

#[tokio::test]
async fn responses_come_back_whole_and_redirects_are_not_followed() {
    let redirect = b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\nset-cookie: a\r\nset-cookie: b\r\n\
        transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let server = Server::start([Act::Send(redirect.to_vec())]).await;
    let transport = Transport::new(&server.url, options()).unwrap();
    let sent = transport.send(&get()).await.unwrap();
    assert_eq!(sent.response.status, 302);
    assert_eq!(sent.response.headers.get_all("set-cookie").iter().count(), 2);
    assert_eq!(sent.response.body, "abcde");
    server.only();
}

#[tokio::test]
async fn connections_are_kept_alive() {
    let server = Server::start([ok()]).await;
    let transport = Transport::new(&server.url, options()).unwrap();
    for _ in 0..5 {
        transport.send(&get()).await.unwrap();
    }
    assert!(server.received().iter().all(|request| request.connection == 0));
}

#[tokio::test]
async fn each_way_to_fail_has_its_kind() {
    let table = [
        (
            Act::SendAndClose(Vec::new()),
            SendErrorKind::Closed,
            "get a response: the connection was closed without one",
        ),
        (Act::Reset, SendErrorKind::Closed, "get a response: the connection was closed without one"),
        (
            Act::SendAndClose(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec()),
            SendErrorKind::Closed,
            "read the response: the connection was closed in the middle of the body",
        ),
        (
            Act::SendAndClose(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf".to_vec()),
            SendErrorKind::Closed,
            "read the response: the connection was closed in the middle of the body",
        ),
        (Act::Hang, SendErrorKind::Timeout, "get a whole response within 250ms"),
        (
            Act::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec()),
            SendErrorKind::Timeout,
            "get a whole response within 250ms",
        ),
        (
            response(200, "text/plain", &"x".repeat(101)),
            SendErrorKind::TooLarge,
            "read the response: its body is larger than 100 bytes",
        ),
        (
            Act::SendAndClose([b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 101]].concat()),
            SendErrorKind::TooLarge,
            "read the response: its body is larger than 100 bytes",
        ),
        (Act::SendAndClose(b"220 mail ready\r\n".to_vec()), SendErrorKind::Other, "read the response"),
    ];
    for (act, kind, message) in table {
        let server = Server::start([act.clone()]).await;
        // Only what is to time out is given little time.
        let millis = if kind == SendErrorKind::Timeout { 250 } else { 60_000 };
        let options = TransportOptions { timeout: Duration::from_millis(millis), body_cap: 100, ..options() };
        let error =
            Transport::new(&server.url, options).unwrap().send(&get()).await.expect_err("no response");
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, message), "{act:?}");
        server.only();
    }
}

#[tokio::test]
async fn a_port_where_nothing_listens_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for url in [url.as_str(), "http://nowhere.invalid"] {
        let error = Transport::new(url, options()).unwrap().send(&get()).await.expect_err(url);
        assert_eq!(error.kind(), SendErrorKind::Unreachable);
        assert_eq!(error.to_string(), format!("reach {url}"));
        assert!(error.source().is_some());
    }
}

#[tokio::test]
async fn a_used_connection_that_was_closed_is_no_crash() {
    let Act::Send(bytes) = ok() else { unreachable!() };
    let server = Server::start([Act::SendThenCloseOnNext(bytes), ok()]).await;
    let transport = Transport::new(&server.url, options()).unwrap();
    assert!(!transport.send(&get()).await.unwrap().resent);
    let sent = transport.send(&get()).await.unwrap();
    assert!(sent.resent);
    assert_eq!(sent.response.body, "ok");
    // From here on every request has a connection of its own.
    for connection in [2, 3] {
        transport.send(&get()).await.unwrap();
        assert_eq!(server.received().last().unwrap().connection, connection);
    }
}

#[tokio::test]
async fn a_crash_on_a_used_connection_is_a_crash() {
    for crash in [Act::Reset, Act::SendAndClose(Vec::new())] {
        let server = Server::start([ok(), crash]).await;
        let transport = Transport::new(&server.url, options()).unwrap();
        transport.send(&get()).await.unwrap();
        let error = transport.send(&get()).await.expect_err("the server closes every time");
        assert_eq!(error.kind(), SendErrorKind::Closed);
        assert_eq!(server.received().len(), 3);
    }
}

#[tokio::test]
async fn requests_run_side_by_side() {
    let server = Server::start([ok()]).await;
    let transport = Transport::new(&server.url, options()).unwrap();
    let request = get();
    let sent = futures::future::join_all((0..20).map(|_| transport.send(&request))).await;
    assert!(sent.into_iter().all(|sent| sent.is_ok()));
    assert_eq!(server.received().len(), 20);
}
