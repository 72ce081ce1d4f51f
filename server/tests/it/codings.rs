//! Request bodies in content codings.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::stub::{Stub, tables};

const LIMIT: usize = 64 * 1024;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_body_is_judged_by_what_it_holds() {
    let stub = Stub::start(tables().body_limit(LIMIT)).await;
    let table: [(&str, Vec<u8>, u16); 6] = [
        ("gzip", gzip(br#"{"name": "Rex"}"#), 200),
        ("gzip, gzip", gzip(&gzip(br#"{"name": "Rex"}"#)), 200),
        ("identity", br#"{"name": "Rex"}"#.to_vec(), 200),
        ("gzip", gzip(br#"{"name": 7}"#), 400),
        ("gzip", b"plain".to_vec(), 400),
        ("compress", b"x".to_vec(), 415),
    ];
    for (coding, body, status) in table {
        let headers = [("x-key", "k"), ("content-type", "application/json"), ("content-encoding", coding)];
        for target in ["all", "none"] {
            let reply = stub.send(&format!("POST /invalid/x/{target}"), &headers, body.clone()).await;
            assert_eq!(reply.status, status, "{coding} {target}: {:?}", reply.text());
            let told = if status == 415 { "gzip, deflate, br, zstd" } else { "" };
            assert_eq!(reply.header("accept-encoding"), told, "{coding} {target}");
        }
    }
}

/// 64 MiB of zeros in Brotli.
const BROTLI_BOMB: &[u8] = b"\xcb\xff\xff\x3f\xf8\x27\x00\xe2\xb1\x40\x20\xf7\xfe\x8f\xff\xff\x7f\xf0\x4f\x00\xc4\x61\x11\x80\xee\xfd\x1f\xff\xff\xff\xe0\x9f\x00\x88\xc3\x02\x00\xdd\xfb\x3f\xfe\xff\xff\xc1\x3f\x01\x10\x87\x05\x00\xba\xf7\x7f\xfc\xff\xff\x83\x7f\x02\x20\x0e\x0b\x00\x74\xef\xff\xf8\xff\xff\x07\xff\x04\x40\x1c\x16\x00\xe8\xde\xff\xf1\xff\xff\x0f\xfe\x09\x80\x38\x2c\x00\xd0\xbd\xff\xcb\xff\xff\x3f\xfc\x13\x00\x71\x58\x00\xa0\x7b\xff\x07";

/// 1 GiB of zeros in zstd: blocks of one repeated byte.
fn zstd_bomb() -> Vec<u8> {
    let mut frame = b"\x28\xB5\x2F\xFD\x00\x68".to_vec();
    for block in 0..8192_u32 {
        let header = u32::from(block == 8191) | 1 << 1 | (128 * 1024) << 3;
        frame.extend(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}

/// The limit of a body holds for what it decodes to, and the stub goes on; nothing is decoded beyond the limit.
#[tokio::test]
async fn a32_bombs_are_refused_at_the_limit() {
    let stub = Stub::start(tables().body_limit(LIMIT)).await;
    let plain = gzip(&vec![b' '; 100 * LIMIT]);
    let table: [(&str, Vec<u8>); 6] = [
        ("gzip", plain.clone()),
        ("gzip, gzip", gzip(&plain)),
        ("br", BROTLI_BOMB.to_vec()),
        ("br, gzip", gzip(BROTLI_BOMB)),
        ("zstd", zstd_bomb()),
        ("zstd, gzip, gzip", gzip(&gzip(&zstd_bomb()))),
    ];
    let start = Instant::now();
    for (coding, body) in table {
        assert!(body.len() <= LIMIT, "{coding}: refused as it is");
        let headers = [("x-key", "k"), ("content-type", "application/json"), ("content-encoding", coding)];
        let reply = stub.send("POST /invalid/x/none", &headers, body).await;
        assert_eq!(reply.status, 413, "{coding}: {:?}", reply.text());
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let headers = [("x-key", "k"), ("content-type", "application/json"), ("content-encoding", "gzip")];
    let reply = stub.send("POST /invalid/x/none", &headers, gzip(br#"{"name": "Rex"}"#)).await;
    assert_eq!(reply.status, 200);
}
