//! Faults and delays: what a script does to the connection.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use counterfoil_server::{Script, StubBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::stub::{Stub, TABLES, contract, tables};

const REQUEST: &[u8] = b"GET /pets HTTP/1.1\r\nHost: x\r\n\r\n";

fn scripted(rule: &str) -> StubBuilder {
    let text = format!("script: 1\nrules: {{ listPets: {rule} }}\n");
    tables().script(Script::load("faults.yaml", text.as_bytes(), &[contract(TABLES)]).unwrap())
}

/// Sends the request, and reads until there is nothing more.
async fn read(connection: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    connection.write_all(REQUEST).await?;
    let mut reply = Vec::new();
    connection.read_to_end(&mut reply).await.map(|_| reply)
}

#[tokio::test]
async fn an_empty_reply_closes_the_connection_without_a_byte() {
    let stub = Stub::start(scripted("{ fault: empty }")).await;
    assert_eq!(read(&mut stub.connect().await).await.unwrap(), b"");
    let call = &stub.server.calls()[0];
    assert_eq!((call.status, call.response.is_none()), (None, true));
    assert_eq!(call.trail.last().unwrap(), "fault: the connection is closed without a byte");
}

#[tokio::test]
async fn a_reset_reaches_the_client_as_one() {
    let stub = Stub::start(scripted("{ fault: reset }")).await;
    let mut bystander = stub.connect().await;
    let error = read(&mut stub.connect().await).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(stub.server.calls()[0].status, None);
    bystander.write_all(b"GET /pets/7 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut reply = String::new();
    bystander.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 "), "another connection is none the worse: {reply}");
}

#[tokio::test]
async fn a_hanging_request_ends_with_the_stub() {
    let stub = Stub::start(scripted("{ fault: hang }")).await;
    let mut connection = stub.connect().await;
    let mut reading = Box::pin(read(&mut connection));
    assert!(timeout(Duration::from_millis(100), &mut reading).await.is_err(), "nothing comes");
    assert_eq!(stub.server.calls()[0].trail.last().unwrap(), "fault: nothing is ever sent");
    let closing = timeout(Duration::from_secs(4), stub.server.close());
    let (closed, read) = tokio::join!(closing, reading);
    assert!(closed.is_ok(), "a hanging request holds up no stop");
    assert_eq!(read.unwrap(), b"");
}

#[tokio::test]
async fn a_delay_holds_up_nobody_else() {
    let stub = Stub::start(scripted("{ delay: 1h }")).await;
    let mut delayed = stub.connect().await;
    delayed.write_all(REQUEST).await.unwrap();
    while stub.server.calls().is_empty() {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        assert_eq!(stub.get("/pets/7").await.status, 200);
    }
    let error = delayed.try_read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock, "it still waits");
    stub.server.close().await;
    let mut reply = [0; 12];
    delayed.read_exact(&mut reply).await.unwrap();
    assert_eq!(&reply, b"HTTP/1.1 200", "a stop ends the delay");
}

#[tokio::test]
async fn many_delays_at_once_hold_no_worker() {
    // One thread runs this test, and the stub with it.
    let stub = Stub::start(scripted("{ delay: 1h }")).await;
    let mut delayed = Vec::new();
    for _ in 0..300 {
        let mut connection = stub.connect().await;
        connection.write_all(REQUEST).await.unwrap();
        delayed.push(connection);
    }
    let waiting = || stub.server.calls().iter().filter(|call| call.url == "/pets").count();
    while waiting() < delayed.len() {
        assert_eq!(stub.get("/pets/7").await.status, 200, "others are served");
    }
    stub.server.close().await;
    for mut connection in delayed {
        let mut reply = [0; 12];
        connection.read_exact(&mut reply).await.unwrap();
        assert_eq!(&reply, b"HTTP/1.1 200");
    }
}

#[tokio::test]
async fn a_delayed_reply_comes_no_sooner_than_told() {
    let stub = Stub::start(scripted("{ delay: 60ms }")).await;
    let started = Instant::now();
    assert_eq!(stub.get("/pets").await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(60), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_body_that_drips_is_cut_and_stalls_where_it_is_told_to() {
    let whole = Stub::start(tables()).await.get("/pets").await.body;
    let rows = [
        ("{ drip: { chunks: 5, over: 50ms }, fault: { truncate: 4 } }", Duration::from_millis(5)),
        (
            "{ drip: { chunks: 5, over: 50ms }, fault: { stall: { after: 4, for: 100ms } } }",
            Duration::from_millis(100),
        ),
    ];
    for (rule, least) in rows {
        let stub = Stub::start(scripted(rule)).await;
        let mut connection = stub.connect().await;
        let request = b"GET /pets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        connection.write_all(request).await.unwrap();
        let started = Instant::now();
        let mut reply = Vec::new();
        // A cut body may end in a reset.
        let _ = connection.read_to_end(&mut reply).await;
        let head = reply.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        let expected = if rule.contains("truncate") { &whole[..4] } else { &whole[..] };
        let body = String::from_utf8_lossy(&reply[head..]).into_owned();
        assert_eq!(body, String::from_utf8_lossy(expected), "{rule}");
        assert!(started.elapsed() >= least, "{rule}: {:?}", started.elapsed());
    }
}
