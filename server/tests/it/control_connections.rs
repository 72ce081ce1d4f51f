//! Connections to the control plane that keep it waiting.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use counterfoil_server::{ConnectionLimits, StubBuilder, StubServer};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{interval, timeout};

use crate::connections::{PATIENCE, drip, is_closed, rest};
use crate::stub::{Stub, contract, tables};

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn limited(first_request: u64, idle: u64) -> StubBuilder {
    let limits = ConnectionLimits::default()
        .first_request(Duration::from_millis(first_request))
        .idle(Duration::from_millis(idle));
    tables().connections(limits).control_port(Some(0))
}

fn address(stub: &Stub) -> SocketAddr {
    stub.server.control_url().unwrap().strip_prefix("http://").unwrap().parse().unwrap()
}

async fn connect(stub: &Stub) -> TcpStream {
    TcpStream::connect(address(stub)).await.unwrap()
}

#[tokio::test]
async fn a_connection_to_the_control_plane_that_never_says_anything_is_closed() {
    let stub = Stub::start(limited(100, 60_000)).await;
    assert_eq!(rest(&mut connect(&stub).await).await, b"");
    let mut other = connect(&stub).await;
    other.write_all(HEALTH).await.unwrap();
    let mut reply = [0; 12];
    other.read_exact(&mut reply).await.unwrap();
    assert_eq!(&reply, b"HTTP/1.1 200", "others are none the worse");
}

#[tokio::test]
async fn a_request_to_the_control_plane_is_waited_for_no_longer_than_told_head_and_body() {
    let stub = Stub::start(limited(200, 60_000)).await;
    let post = b"POST /reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n";
    let mut body = connect(&stub).await;
    body.write_all(post).await.unwrap();
    let head = connect(&stub).await;
    for (part, read) in [("head", drip(head, HEALTH).await), ("body", drip(body, b" ").await)] {
        if read.is_empty() {
            println!("no verdict on the 408: the kernel does not tell what has been sent");
            continue;
        }
        let is_told = read.starts_with("HTTP/1.1 408 ") && read.contains("urn:counterfoil:request-timeout");
        assert!(is_told, "{part}: {read}");
    }
}

#[tokio::test]
async fn an_idle_connection_to_the_control_plane_is_closed_and_one_that_waits_is_not() {
    let hook = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = hook.local_addr().unwrap().to_string();
    let document = b"{openapi: 3.1.0, webhooks: {told: {post: {responses: {'200': {description: ok}}}}}}";
    let limits = ConnectionLimits::default()
        .first_request(Duration::from_millis(150))
        .idle(Duration::from_millis(150));
    let builder = StubServer::builder(contract(document)).connections(limits).control_port(Some(0));
    let stub = Stub::start(builder.callbacks(host.parse().unwrap())).await;

    let mut waiting = connect(&stub).await;
    let order = json!({ "url": format!("http://{host}/") }).to_string();
    let head =
        format!("POST /webhooks/told HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", order.len());
    waiting.write_all(&[head.as_bytes(), order.as_bytes()].concat()).await.unwrap();
    let (mut asked, _) = timeout(PATIENCE, hook.accept()).await.expect("the webhook is sent").unwrap();

    // Once two connections have come and gone, one after the other, the one that waits would have gone too.
    for _ in 0..2 {
        let mut idle = connect(&stub).await;
        idle.write_all(HEALTH).await.unwrap();
        let reply = rest(&mut idle).await;
        assert!(reply.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&reply));
    }
    let mut request = [0; 4];
    asked.read_exact(&mut request).await.unwrap();
    let _ = asked.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    let reply = rest(&mut waiting).await;
    // On a busy machine the webhook may have been given up on, which is a reply too.
    let is_reply = [b"HTTP/1.1 200 ", b"HTTP/1.1 502 "].iter().any(|start| reply.starts_with(*start));
    assert!(is_reply, "{}", String::from_utf8_lossy(&reply));
}

#[tokio::test]
async fn a_client_that_does_not_read_from_the_control_plane_is_given_up_on() {
    if !cfg!(target_os = "linux") {
        println!("skipped: this is kept on Linux only");
        return;
    }
    let limits = ConnectionLimits::default().write(Duration::from_millis(500));
    let stub = Stub::start(tables().connections(limits).control_port(Some(0))).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut connection = socket.connect(address(&stub)).await.unwrap();
    let client = connection.local_addr().unwrap();
    // More than the kernel's buffers hold; it may have had enough before.
    let asking = async {
        let document = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
        while connection.write_all(document).await.is_ok() {}
    };
    let started = Instant::now();
    let mut pauses = interval(Duration::from_millis(20));
    let closed = async {
        while !is_closed(client, address(&stub)) {
            assert!(started.elapsed() < PATIENCE, "the stub lets go of a client that does not read");
            pauses.tick().await;
        }
    };
    tokio::select! {
        () = closed => {}
        () = asking => {}
    }
}
