//! Requests that go on and on.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::Target;
use crate::wire::connect;

/// How many requests it takes until the journal is full.
const REQUESTS: u64 = 1_100;

/// The body of each: those of all requests together would be seen in the memory.
const BODY: usize = 32 * 1024;

/// What the memory may grow by once the journal is full, in KiB: half of what the bodies take.
const GROWTH: u64 = REQUESTS * BODY as u64 / 1024 / 2;

/// Sends a request over a connection that stays open, and gives the number of its call.
fn call(stream: &mut TcpStream) -> u64 {
    let head = format!(
        "POST /pets HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: {BODY}\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), &[b'x'; BODY]].concat()).expect("it reads");
    let mut answer = Vec::new();
    // The reply has no body.
    while !answer.ends_with(b"\r\n\r\n") {
        let mut piece = [0; 1000];
        let length = stream.read(&mut piece).expect("it answers");
        assert!(length > 0, "the connection stays open");
        answer.extend_from_slice(&piece[..length]);
    }
    let answer = String::from_utf8(answer).expect("a head is text");
    let mut fields = answer.split("\r\n");
    assert_eq!(fields.next(), Some("HTTP/1.1 200 OK"));
    let number = fields.find_map(|field| field.strip_prefix("counterfoil-call: "));
    number.expect("calls are numbered").parse().expect("a number")
}

/// `script/bench stub` does the same with a million of requests.
#[test]
fn a63_requests_that_go_on_take_no_more_memory_and_each_has_a_number_of_its_own() {
    let target = Target::start();
    let mut connections: Vec<TcpStream> = (0..4).map(|_| connect(target.url())).collect();
    let mut ask = || -> Vec<u64> {
        (0..REQUESTS / 4).flat_map(|_| connections.iter_mut().map(call).collect::<Vec<_>>()).collect()
    };
    let mut numbers = ask();
    let before = target.memory("VmRSS:");
    numbers.extend(ask());
    let grown = target.memory("VmRSS:").saturating_sub(before);
    println!("{grown} KiB more after as many requests again");
    assert!(grown < GROWTH, "{grown} KiB");
    numbers.sort_unstable();
    let first = numbers[0];
    assert_eq!(numbers, (first..first + 2 * REQUESTS).collect::<Vec<_>>());
}
