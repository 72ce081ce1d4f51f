//! A27 and A34: bodies over the limit, parts without end, separators.

use std::io::{Read, Write};

use super::{LIMIT, Target};
use crate::wire::{connect, rest};

const HEAD: &str = "POST /pets HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n";

/// Sends a head, and a body of so many bytes as far as the stub takes it; in chunks where it says so.
fn pour(target: &Target, head: &str, length: usize) -> (u16, String) {
    let mut stream = connect(target.url());
    stream.write_all(format!("{HEAD}{head}\r\n").as_bytes()).expect("it listens");
    let piece = [b'x'; 0x10000];
    let is_chunked = head.contains("chunked");
    let mut left = length;
    while left > 0 {
        let size = left.min(piece.len());
        let framed = if is_chunked { format!("{size:x}\r\n").into_bytes() } else { Vec::new() };
        let end: &[u8] = if is_chunked { b"\r\n" } else { b"" };
        // Who is refused in the middle may find the connection closed.
        if stream.write_all(&[&framed, &piece[..size], end].concat()).is_err() {
            break;
        }
        left -= size;
    }
    if is_chunked && left == 0 {
        let _ = stream.write_all(b"0\r\n\r\n");
    }
    let answer = rest(stream);
    (answer.status, answer.text())
}

#[test]
fn a27_a_body_over_the_limit_is_413_with_and_without_a_stated_length() {
    let target = Target::start();
    let rows = [
        ("a stated length", format!("Content-Length: {}\r\nConnection: close\r\n", LIMIT + 1), LIMIT + 1),
        ("chunks", "Transfer-Encoding: chunked\r\nConnection: close\r\n".to_owned(), LIMIT + 1),
        ("four times the limit, and on", "Transfer-Encoding: chunked\r\n".to_owned(), 5 * LIMIT),
        ("a stated length without end", "Content-Length: 999999999999999999\r\n".to_owned(), 5 * LIMIT),
    ];
    for (name, head, length) in rows {
        let (status, body) = target.attack(name, || pour(&target, &head, length));
        assert!(status == 413 && body.contains("urn:counterfoil:body-too-large"), "{name}: {status} {body}");
    }
}

#[test]
fn a27_who_asks_before_sending_is_refused_before_sending() {
    let target = Target::start();
    let head = format!("{HEAD}Content-Length: {}\r\nExpect: 100-continue\r\n\r\n", LIMIT + 1);
    let answer = target.attack("Expect", || {
        let mut stream = connect(target.url());
        stream.write_all(head.as_bytes()).unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        String::from_utf8_lossy(&start).into_owned()
    });
    assert_eq!(answer, "HTTP/1.1 413");
}

#[test]
fn a27_a_refused_body_is_drained_so_that_the_connection_goes_on() {
    let target = Target::start();
    let body = vec![b'x'; LIMIT + 1];
    let (first, next) = target.attack("two on one connection", || {
        let mut stream = connect(target.url());
        let head = format!("{HEAD}Content-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        stream.write_all(b"GET /alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        (String::from_utf8_lossy(&start).into_owned(), rest)
    });
    assert_eq!(first, "HTTP/1.1 413");
    assert!(next.contains("HTTP/1.1 200 OK") && next.ends_with("alive"), "{next}");
}

#[test]
fn a34_parts_without_end_and_boundaries_that_are_none_are_400() {
    let target = Target::start();
    let part = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
    let many = format!("{}--b--\r\n", part.repeat(100_000));
    let dashes = "--b\r\n".repeat(1_000_000);
    let few = format!("{part}--b--\r\n");
    let heavy = format!("multipart/form-data{}", ";".repeat(30_000));
    let rows: [(&str, &str, &str, &str); 6] = [
        ("100,000 parts", "multipart/form-data; boundary=b", &many, "more than 10000 parts"),
        ("boundaries only", "multipart/form-data; boundary=b", &dashes, "body: "),
        ("no boundary", "multipart/form-data", &few, "names no boundary"),
        ("an empty boundary", "multipart/form-data; boundary=\"\"", &few, "1 to 70 characters"),
        ("another boundary", "multipart/form-data; boundary=c", &few, "does not occur"),
        ("parameters that are none", &heavy, &few, "names no boundary"),
    ];
    for (name, content_type, body, reason) in rows {
        let answer = target.attack(name, || target.post(content_type, body.as_bytes()));
        let told = answer.header("counterfoil-reason");
        assert!(answer.status == 400 && told.contains(reason), "{name}: {} {told}", answer.status);
    }
}

#[test]
fn a34_forms_of_nothing_but_separators_are_read_in_time() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let target = Target::start();
    let names: String = (0..9_000).map(|number| format!("n{number}=1&")).collect();
    let rows: [(&str, String, u16, &str); 5] = [
        ("semicolons", ";".repeat(LIMIT), 200, ""),
        ("ampersands", "&".repeat(LIMIT), 200, ""),
        ("pairs", "a=1&".repeat(100_000), 400, "more than 10000 names"),
        ("names", names, 400, "[maxProperties]"),
        ("percent signs", "%".repeat(1_000_000), 400, "is no percent-encoded character"),
    ];
    for (name, body, status, reason) in rows {
        let answer = target.attack(name, || target.post(FORM, body.as_bytes()));
        let told = answer.header("counterfoil-reason");
        assert!(answer.status == status && told.contains(reason), "{name}: {} {told}", answer.status);
    }
}
