//! Floods over HTTP/2: h2 under hyper stops them, and others are served meanwhile.

use std::cell::Cell;
use std::time::Duration;

use counterfoil_server::Script;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::stub::{Stub, TABLES, contract, tables};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;
const ENHANCE_YOUR_CALM: u8 = 11;

/// A frame (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `GET /pets`, in HPACK (RFC 7541) without the table.
fn get() -> Vec<u8> {
    [&[0x82, 0x86, 0x04, 5], "/pets".as_bytes(), &[0x01, 1, b'x']].concat()
}

#[derive(Debug)]
struct Frame {
    kind: u8,
    flags: u8,
    payload: Vec<u8>,
}

/// Sends frames, and reads others until there is one that is waited for, or the stub closes.
async fn send(stub: &Stub, frames: Vec<u8>, is_last: impl Fn(&Frame) -> bool) -> Vec<Frame> {
    let (mut reading, mut writing) = stub.connect().await.into_split();
    let writer = async {
        let bytes = [PREFACE, &frame(SETTINGS, 0, 0, &[]), &frames].concat();
        // The stub may have had enough.
        let _ = writing.write_all(&bytes).await;
        std::future::pending::<()>().await;
    };
    let mut seen = Vec::new();
    let reader = async {
        let mut head = [0; 9];
        while reading.read_exact(&mut head).await.is_ok() {
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            let mut payload = vec![0; length];
            reading.read_exact(&mut payload).await.unwrap();
            seen.push(Frame { kind: head[3], flags: head[4], payload });
            if seen.last().is_some_and(&is_last) {
                break;
            }
        }
    };
    let both = async {
        tokio::select! {
            () = writer => {}
            () = reader => {}
        }
    };
    timeout(Duration::from_secs(60), both).await.expect("the stub says something in the end");
    seen
}

#[tokio::test]
async fn a_reset_over_http_2_is_one_of_the_stream_and_the_connection_lives() {
    let reset = b"{script: 1, rules: {listPets: {respond: [{fault: reset}, 200]}}}";
    let reset = Script::load("reset.yaml", reset, &[contract(TABLES)]);
    let stub = Stub::start(tables().script(reset.unwrap())).await;
    let request = |stream| frame(HEADERS, END_STREAM | END_HEADERS, stream, &get());
    let (was_reset, was_answered) = (Cell::new(false), Cell::new(false));
    let seen = send(&stub, [request(1), request(3)].concat(), |frame| {
        was_reset.set(was_reset.get() || frame.kind == RST_STREAM);
        was_answered.set(was_answered.get() || frame.kind == DATA);
        was_reset.get() && was_answered.get()
    });
    let seen = seen.await;
    assert!(was_reset.get() && was_answered.get(), "{seen:?}");
    assert_eq!(stub.server.calls().iter().map(|call| call.status).collect::<Vec<_>>(), [None, Some(200)]);
}

/// Whether a frame ends the connection because of a flood.
fn is_calming(frame: &Frame) -> bool {
    frame.kind == GOAWAY && frame.payload[7] == ENHANCE_YOUR_CALM
}

#[tokio::test]
async fn a31_a_flood_over_http_2_is_told_to_calm_down() {
    let stub = Stub::start(tables()).await;
    let reset = || {
        (0..5_000).flat_map(|number| {
            let stream = 2 * number + 1;
            let request = frame(HEADERS, END_STREAM | END_HEADERS, stream, &get());
            [request, frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
        })
    };
    let endless = || {
        let pieces = (0..10_000).flat_map(|_| frame(CONTINUATION, 0, 1, &[0x00, 1, b'a', 1, b'b']));
        frame(HEADERS, END_STREAM, 1, &get()).into_iter().chain(pieces)
    };
    for (about, frames) in
        [("rapid reset", reset().collect::<Vec<_>>()), ("headers without end", endless().collect())]
    {
        let seen = send(&stub, frames, is_calming).await;
        assert!(seen.last().is_some_and(is_calming), "{about}: {:?}", seen.last());
        assert_eq!(stub.get("/pets").await.status, 200, "{about}: others are served");
    }
}

#[tokio::test]
async fn a31_settings_and_pings_are_answered_one_by_one_while_others_are_served() {
    const COUNT: usize = 5_000;
    let stub = Stub::start(tables()).await;
    for (about, kind, payload) in [("settings", SETTINGS, &[][..]), ("pings", PING, &[7; 8])] {
        let flood: Vec<u8> = (0..COUNT).flat_map(|_| frame(kind, 0, 0, payload)).collect();
        let request = frame(HEADERS, END_STREAM | END_HEADERS, 1, &get());
        let flooding =
            send(&stub, [flood, request].concat(), |frame| frame.kind == DATA || is_calming(frame));
        let (seen, other) = tokio::join!(flooding, stub.get("/pets"));
        assert_eq!(other.status, 200, "{about}: others are served");
        let answered = seen.iter().filter(|frame| frame.kind == kind && frame.flags & ACK != 0).count();
        let is_served = seen.last().is_some_and(|frame| frame.kind == DATA);
        assert!(is_served && answered >= COUNT, "{about}: {answered} answered, {:?}", seen.last());
    }
}

#[tokio::test]
async fn a31_headers_that_unpack_to_too_much_are_refused() {
    let stub = Stub::start(tables()).await;
    // A field of 4,000 bytes is put into the table, and named by a byte 10,000 times.
    let field = [&[0x40, 1, b'a', 0x7f, 0xa1, 0x1e][..], &[b'b'; 4_000]].concat();
    let bomb = [get(), field, vec![0xbe; 10_000]].concat();
    let request = frame(HEADERS, END_STREAM | END_HEADERS, 1, &bomb);
    let seen = send(&stub, request, |frame| matches!(frame.kind, HEADERS | RST_STREAM | GOAWAY)).await;
    let last = seen.last().unwrap();
    assert_ne!((last.kind, last.payload.first()), (HEADERS, Some(&0x88)), "no 200: {last:?}");
    assert!(stub.server.calls().is_empty());
    assert_eq!(stub.get("/pets").await.status, 200, "others are served");
}
