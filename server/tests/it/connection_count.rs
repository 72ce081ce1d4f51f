//! More connections than there may be.

use std::time::Duration;

use counterfoil_server::ConnectionLimits;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::connections::{PATIENCE, PETS, rest};
use crate::stub::{Stub, tables};

/// A request whose head never ends, unless somebody sends the rest.
const BEGUN: &[u8] = b"GET /pets HTTP/1.1\r\nHost: x\r\n";
/// A request whose body never comes, unless somebody sends it; who answers it says so first.
const HALF: &[u8] =
    b"POST /pets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\
    Expect: 100-continue\r\n\r\n";
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

#[tokio::test]
async fn a24_connections_beyond_the_limit_are_closed_and_those_before_are_answered() {
    if !cfg!(target_os = "linux") {
        println!("skipped: connections are counted on Linux only");
        return;
    }
    let limits =
        ConnectionLimits::default().first_request(2 * PATIENCE).idle(Duration::from_millis(150)).at_once(4);
    let builder = tables().connections(limits).body_deadline(2 * PATIENCE);
    let stub = Stub::start(builder.control_port(Some(0))).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut connection = stub.connect().await;
        connection.write_all(BEGUN).await.unwrap();
        held.push(connection);
    }
    // Once an idle connection has been closed, those before it have been seen.
    let mut idle = stub.connect().await;
    idle.write_all(PETS).await.unwrap();
    assert!(rest(&mut idle).await.starts_with(b"HTTP/1.1 200 "));

    let mut beyond = FuturesUnordered::new();
    for _ in 0..5 {
        let mut connection = stub.connect().await;
        connection.write_all(BEGUN).await.unwrap();
        beyond.push(async move { rest(&mut connection).await });
    }
    for _ in 0..4 {
        let told = beyond.next().await.expect("there are five");
        let told = String::from_utf8_lossy(&told);
        if told.is_empty() {
            println!("no verdict on the 503: the kernel does not tell what has been sent");
        } else {
            assert!(told.starts_with("HTTP/1.1 503 "), "{told}");
            assert!(told.contains("urn:counterfoil:connections-exhausted"), "{told}");
        }
    }
    let health = reqwest::get(format!("{}/health", stub.server.control_url().unwrap())).await.unwrap();
    assert_eq!(health.status(), 200, "the control plane counts apart");
    for connection in &mut held {
        connection.write_all(b"\r\n").await.unwrap();
        let mut reply = [0; 12];
        connection.read_exact(&mut reply).await.unwrap();
        assert_eq!(&reply, b"HTTP/1.1 200", "who was there is answered");
    }
    drop((held, beyond));
    timeout(PATIENCE, async { while !is_answered(&stub).await {} }).await.expect("it recovers");
}

#[tokio::test]
async fn requests_that_are_answered_are_not_limited_in_number() {
    let limits = ConnectionLimits::default().idle(Duration::from_millis(150)).at_once(1);
    let stub = Stub::start(tables().connections(limits).body_deadline(2 * PATIENCE)).await;
    let mut answered = Vec::new();
    for _ in 0..5 {
        let mut connection = stub.connect().await;
        connection.write_all(HALF).await.unwrap();
        let mut reply = [0; CONTINUE.len()];
        connection.read_exact(&mut reply).await.unwrap();
        assert_eq!(&reply, CONTINUE);
        answered.push(connection);
    }
    // Connections are counted no later than this one is closed.
    let mut idle = stub.connect().await;
    idle.write_all(PETS).await.unwrap();
    assert!(rest(&mut idle).await.starts_with(b"HTTP/1.1 200 "));
    for connection in &mut answered {
        connection.write_all(br#"{"name": "Rex"}"#).await.unwrap();
        let mut reply = [0; 12];
        connection.read_exact(&mut reply).await.unwrap();
        assert_eq!(&reply, b"HTTP/1.1 201");
    }
}

/// Whether a new connection is answered.
async fn is_answered(stub: &Stub) -> bool {
    let mut connection: TcpStream = stub.connect().await;
    let mut reply = [0; 12];
    connection.write_all(PETS).await.is_ok()
        && connection.read_exact(&mut reply).await.is_ok()
        && &reply == b"HTTP/1.1 200"
}
