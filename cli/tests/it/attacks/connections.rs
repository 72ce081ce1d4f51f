//! Connections that are held, that do not read, and that flood.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::{DOCUMENT, Target};
use crate::wire::{connect, send};

/// How many connections are held at once.
const HELD: usize = 500;

/// What a held connection may take, in KiB.
const HELD_MEMORY: u64 = 64;

/// How long a connection may take to its first request.
const FIRST_REQUEST: Duration = Duration::from_secs(8);

/// How long a connection may be idle, a look at it included.
const IDLE: Duration = Duration::from_secs(28);

/// What a flood may cost.
const FLOOD: Duration = Duration::from_secs(2);

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// A document with a reply of a megabyte.
fn large() -> String {
    format!(
        "{{openapi: 3.1.0, paths: {{/pets: {{post: {{responses: {{'200': {{description: ok}}}}}}}}, \
         /large: {{get: {{responses: {{'200': {{description: ok, content: {{text/plain: {{example: '{}'}}}}}}}}}}}}, \
         /alive: {{get: {{responses: {{'200': {{description: ok, content: {{text/plain: {{example: alive}}}}}}}}}}}}}}}}",
        "x".repeat(1_000_000)
    )
}

#[test]
fn a23_who_never_reads_a_hundred_megabytes_costs_a_buffer() {
    let target = Target::of(&large());
    target.attack("10 connections that do not read", || {
        let unread: Vec<TcpStream> = (0..10)
            .map(|_| {
                let mut stream = connect(target.url());
                stream.write_all(&b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100)).expect("it reads");
                stream
            })
            .collect();
        for _ in 0..50 {
            assert_eq!(send(target.url(), "GET /alive", &[], b"").status, 200, "others are served");
        }
        unread
    });
}

#[test]
fn a24_connections_that_are_held_cost_little_and_are_let_go_of() {
    let target = Target::start();
    let (before, started) = (target.memory("VmRSS:"), Instant::now());
    let held = target.attack("held connections", || {
        let held: Vec<TcpStream> = (0..HELD)
            .map(|_| {
                let mut stream = connect(target.url());
                stream.write_all(b"GET /alive HTTP/1.1\r\n").expect("it reads");
                stream
            })
            .collect();
        assert_eq!(send(target.url(), "GET /alive", &[], b"").status, 200, "others are served");
        held
    });
    let each = target.memory("VmRSS:").saturating_sub(before) / HELD as u64;
    println!("{each} KiB for each of {HELD} connections");
    assert!(each < HELD_MEMORY, "{each} KiB each");
    for mut stream in held {
        let written = stream.write_all(b"Host: x\r\nConnection: close\r\n\r\n");
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        let is_answered = written.is_ok() && read.is_ok() && answer.starts_with("HTTP/1.1 200 ");
        // On a busy machine this may come too late.
        assert!(is_answered || started.elapsed() > FIRST_REQUEST, "{answer}");
    }
}

/// Whether a request over a connection that stays open is answered.
fn is_answered(stream: &mut TcpStream) -> bool {
    let written = stream.write_all(b"GET /alive HTTP/1.1\r\nHost: x\r\n\r\n");
    let mut answer = Vec::new();
    while !answer.ends_with(b"alive") {
        let mut piece = [0; 1000];
        match stream.read(&mut piece) {
            Ok(length) if length > 0 => answer.extend_from_slice(&piece[..length]),
            _ => return false,
        }
    }
    written.is_ok()
}

#[test]
fn a24_connections_that_wait_after_an_answer_cost_little_and_are_answered_again() {
    let target = Target::start();
    let (before, started) = (target.memory("VmRSS:"), Instant::now());
    target.attack("connections that wait for their next request", || {
        let mut held: Vec<TcpStream> = (0..HELD).map(|_| connect(target.url())).collect();
        for round in ["first", "second"] {
            let answered = held.iter_mut().map(is_answered).filter(|is_answered| *is_answered).count();
            // On a busy machine they may have waited for too long.
            assert!(answered == HELD || started.elapsed() > FIRST_REQUEST, "{answered} in the {round} round");
        }
        let each = target.memory("VmRSS:").saturating_sub(before) / HELD as u64;
        println!("{each} KiB for each of {HELD} connections");
        assert!(each < HELD_MEMORY, "{each} KiB each");
    });
}

#[test]
fn a24_connections_beyond_the_limit_are_closed_and_those_that_exist_are_served() {
    const LIMIT: usize = 100;
    let target = Target::under(DOCUMENT, &["--max-connections", "100"]);
    let (open, started) = (|| connect(target.url()), Instant::now());
    target.attack("connections beyond the limit", || {
        let mut existing: Vec<TcpStream> = (0..LIMIT).map(|_| open()).collect();
        assert!(existing.iter_mut().all(is_answered), "as many as there may be are served");
        let beyond: Vec<TcpStream> = (0..HELD).map(|_| open()).collect();
        let closed = beyond.into_iter().filter(|mut stream| stream.read(&mut [0]).unwrap_or_default() == 0);
        assert_eq!(closed.count(), HELD, "many too many are closed");
        // On a busy machine this may come too late.
        let are_served = existing.iter_mut().all(is_answered) || started.elapsed() > IDLE;
        assert!(are_served, "those that exist are served");
        drop(existing);
        // It recovers once it has let go of them.
        let descriptors = format!("/proc/{}/fd", target.mock.id());
        while fs::read_dir(&descriptors).expect("it runs").count() > LIMIT {}
    });
}

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("it is short").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[test]
fn a31_floods_over_http_2_cost_less_than_two_seconds() {
    let target = Target::start();
    // `GET /alive` in HPACK (RFC 7541), without the table.
    let get = [&[0x82, 0x86, 0x04, 6][..], b"/alive", &[0x01, 1, b'x']].concat();
    let resets: Vec<u8> = (0..5_000_u32)
        .flat_map(|number| {
            [frame(1, 5, 2 * number + 1, &get), frame(3, 0, 2 * number + 1, &8_u32.to_be_bytes())]
        })
        .flatten()
        .collect();
    let endless = [frame(1, 1, 1, &get), frame(9, 0, 1, &[0x00, 1, b'a', 1, b'b']).repeat(10_000)].concat();
    let pings = frame(6, 0, 0, &[0; 8]).repeat(10_000);
    let settings = frame(4, 0, 0, &[]).repeat(10_000);
    for (name, flood) in
        [("rapid reset", resets), ("headers without end", endless), ("pings", pings), ("settings", settings)]
    {
        let before = target.time();
        target.attack(name, || {
            let mut stream = connect(target.url());
            let mut writing = stream.try_clone().expect("a second handle");
            let writer = std::thread::spawn(move || {
                // The stub may have had enough.
                let _ = writing.write_all(&[PREFACE, &flood].concat());
                let _ = writing.shutdown(Shutdown::Write);
            });
            // It says that it has had enough, or answers each; then it closes, perhaps by a reset.
            let _ = stream.read_to_end(&mut Vec::new());
            writer.join().expect("it ends");
        });
        let cost = target.time().saturating_sub(before);
        println!("{name}: {cost:?}");
        assert!(cost < FLOOD, "{name} cost {cost:?}");
    }
}
