//! Connections that keep the stub waiting, and where it listens.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use counterfoil_server::{ConnectionLimits, Script, StubBuilder, StubServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{interval, timeout};

use crate::stub::{Stub, TABLES, contract, tables};

pub(crate) const PETS: &[u8] = b"GET /pets HTTP/1.1\r\nHost: x\r\n\r\n";
/// Long enough for a machine that is busy with other things, short enough that a test which waits for nothing fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

fn limited(first_request: u64, idle: u64) -> StubBuilder {
    let limits = ConnectionLimits::default()
        .first_request(Duration::from_millis(first_request))
        .idle(Duration::from_millis(idle));
    tables().connections(limits)
}

/// Reads until the stub closes.
pub(crate) async fn rest(connection: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    // A reset is a close too.
    let _ = timeout(PATIENCE, connection.read_to_end(&mut read)).await.expect("the stub closes");
    read
}

#[tokio::test]
async fn a20_a_connection_that_never_says_anything_is_closed() {
    let stub = Stub::start(limited(100, 60_000)).await;
    let mut connection = stub.connect().await;
    assert_eq!(rest(&mut connection).await, b"");
    assert_eq!(stub.get("/pets").await.status, 200, "others are none the worse");
}

#[tokio::test]
async fn a19_a_head_that_comes_a_byte_at_a_time_is_waited_for_no_longer_than_told() {
    let stub = Stub::start(limited(200, 60_000)).await;
    let read = drip(stub.connect().await, PETS).await;
    if read.is_empty() {
        return println!("no verdict on the 408: the kernel does not tell what has been sent");
    }
    assert!(read.starts_with("HTTP/1.1 408 ") && read.contains("urn:counterfoil:head-timeout"), "{read}");
}

/// Sends the bytes again and again, but for the ends of lines, one at a time, and gives what is answered when the
/// connection is closed.
pub(crate) async fn drip(connection: TcpStream, bytes: &[u8]) -> String {
    let (mut reading, mut writing) = connection.into_split();
    let started = Instant::now();
    let dripping = async {
        let mut pauses = interval(Duration::from_millis(20));
        for byte in bytes.iter().cycle().filter(|byte| !b"\r\n".contains(byte)) {
            pauses.tick().await;
            if writing.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
    };
    let mut read = Vec::new();
    tokio::select! {
        () = dripping => {}
        closed = reading.read_to_end(&mut read) => drop(closed),
    }
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_one_that_waits_for_its_reply_is_not() {
    let slow =
        Script::load("slow.yaml", b"{script: 1, rules: {listPets: {delay: 600ms}}}", &[contract(TABLES)]);
    let stub = Stub::start(limited(150, 150).script(slow.unwrap())).await;
    let mut idle = stub.connect().await;
    idle.write_all(b"GET /pets/7 HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut waiting = stub.connect().await;
    waiting.write_all(PETS).await.unwrap();
    let (idle, waiting) = tokio::join!(rest(&mut idle), rest(&mut waiting));
    for reply in [idle, waiting] {
        assert!(reply.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&reply));
    }
}

#[tokio::test]
async fn a21_an_idle_connection_of_http_2_is_closed() {
    let stub = Stub::start(limited(100, 100)).await;
    let mut connection = stub.connect().await;
    connection.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let settings = rest(&mut connection).await;
    assert_eq!(settings[3], 4, "HTTP/2 is spoken: {settings:?}");
}

/// Whether the stub has let go of a connection, as the kernel sees it.
pub(crate) fn is_closed(client: SocketAddr, stub: SocketAddr) -> bool {
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let ends = (format!(":{:04X}", stub.port()), format!(":{:04X}", client.port()));
    !table.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields[1].ends_with(&ends.0) && fields[2].ends_with(&ends.1) && fields[3] == "01"
    })
}

#[tokio::test]
async fn a23_a_client_that_does_not_read_is_given_up_on_and_one_that_reads_slowly_is_not() {
    if !cfg!(target_os = "linux") {
        println!("skipped: this is kept on Linux only");
        return;
    }
    let long = format!(
        "{{openapi: 3.1.0, paths: {{/long: {{get: {{responses: {{'200': {{content: {{text/plain: {{example: '{}'}}}}}}}}}}}}}}}}",
        "x".repeat(1_000_000)
    );
    let write = Duration::from_millis(500);
    let limits = ConnectionLimits::default()
        .first_request(Duration::from_millis(100))
        .idle(Duration::from_millis(100))
        .write(write);
    let stub = Stub::start(StubServer::builder(contract(long.as_bytes())).connections(limits)).await;
    let address: SocketAddr = stub.server.url().strip_prefix("http://").unwrap().parse().unwrap();
    let connect = async || {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut connection = socket.connect(address).await.unwrap();
        // More than the kernel's buffers hold.
        for _ in 0..12 {
            connection.write_all(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        }
        connection
    };
    let (mut slow, silent) = (connect().await, connect().await);
    let mut pauses = interval(Duration::from_millis(50));
    let mut piece = vec![0; 10_000];
    let started = Instant::now();
    let (mut last, mut longest) = (started, Duration::ZERO);
    let mut outcome = Ok(());
    while !is_closed(silent.local_addr().unwrap(), address) {
        pauses.tick().await;
        if outcome.is_ok() {
            outcome = slow.read_exact(&mut piece).await.map(drop);
        }
        longest = longest.max(last.elapsed());
        last = Instant::now();
        assert!(started.elapsed() < PATIENCE, "the stub lets go of a client that does not read");
    }
    assert!(started.elapsed() > write * 4 / 5, "{:?}", started.elapsed());
    if longest > write / 2 {
        // On a busy machine this client may not have been slow only, but silent too.
        return println!("no verdict on the slow reader, which was kept from reading for {longest:?}");
    }
    outcome.unwrap();
    assert!(!is_closed(slow.local_addr().unwrap(), address), "a slow reader is sent the rest");
}

#[tokio::test]
async fn a58_while_it_stops_what_is_under_way_is_finished_and_others_are_refused() {
    let stub = Stub::start(tables()).await;
    let mut half = stub.connect().await;
    let head =
        "POST /pets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n";
    half.write_all(head.as_bytes()).await.unwrap();
    // Once the stub answers another, it has read this one.
    stub.get("/pets").await;
    let address: SocketAddr = stub.server.url().strip_prefix("http://").unwrap().parse().unwrap();
    let closing = tokio::spawn(stub.server.close());
    let refused = async {
        loop {
            match TcpStream::connect(address).await {
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => break,
                // It was in the queue when the stub began to stop.
                Ok(_) | Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    timeout(PATIENCE, refused).await.expect("connections are refused");
    assert!(!closing.is_finished());
    half.write_all(br#"{"name": "Rex"}"#).await.unwrap();
    let reply = rest(&mut half).await;
    assert!(reply.starts_with(b"HTTP/1.1 201 "), "{}", String::from_utf8_lossy(&reply));
    closing.await.unwrap();
}

#[tokio::test]
async fn it_listens_on_ipv6_alone_and_beside_ipv4() {
    let loopback = IpAddr::V6(Ipv6Addr::LOCALHOST);
    if let Err(error) = std::net::TcpListener::bind((loopback, 0)) {
        println!("skipped: this machine has no IPv6: {error}");
        return;
    }
    let stub = Stub::start(tables().host(loopback).control_port(Some(0))).await;
    assert!(stub.server.url().starts_with("http://[::1]:"), "{}", stub.server.url());
    assert!(stub.server.control_url().unwrap().starts_with("http://127.0.0.1:"));
    assert_eq!(stub.get("/pets").await.status, 200);

    let reset =
        Script::load("reset.yaml", b"{script: 1, rules: {listPets: {fault: reset}}}", &[contract(TABLES)]);
    let everywhere = tables().host(IpAddr::V6(Ipv6Addr::UNSPECIFIED)).script(reset.unwrap());
    let stub = Stub::start(everywhere).await;
    assert_eq!(stub.get("/pets/7").await.status, 200);
    let port: u16 = stub.server.url().rsplit(':').next().unwrap().parse().unwrap();
    for address in [loopback, "127.0.0.1".parse().unwrap()] {
        let mut connection = TcpStream::connect((address, port)).await.unwrap();
        connection.write_all(PETS).await.unwrap();
        let error = connection.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{address}");
    }
}
