//! A32: bodies that grow without end once their content codings are undone.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use super::{LIMIT, Target};
use crate::wire::send;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
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

/// Nothing is decoded beyond the limit, however deep it is wrapped.
#[test]
fn a32_bombs_are_413_at_the_limit_of_what_they_decode_to() {
    let plain = gzip(&vec![b' '; 4 * LIMIT]);
    let rows: [(&str, Vec<u8>); 8] = [
        ("gzip", plain.clone()),
        ("gzip, gzip", gzip(&plain)),
        ("deflate", deflate(&vec![b' '; 4 * LIMIT])),
        ("br", BROTLI_BOMB.to_vec()),
        ("br, gzip", gzip(BROTLI_BOMB)),
        ("zstd", zstd_bomb()),
        ("zstd, gzip, gzip", gzip(&gzip(&zstd_bomb()))),
        ("gzip, gzip, gzip, gzip", gzip(&gzip(&gzip(&plain)))),
    ];
    for (coding, body) in rows {
        assert!(body.len() < LIMIT, "{coding}: refused as it is");
        // What one of them takes is perhaps kept for a while.
        let target = Target::start();
        let headers = [("Content-Type", "application/json"), ("Content-Encoding", coding)];
        let answer = target.attack(coding, || send(target.url(), "POST /pets", &headers, &body));
        assert!(answer.text().contains("urn:counterfoil:body-too-large"), "{coding}: {}", answer.text());
        assert_eq!(answer.status, 413, "{coding}");
        let headers = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
        assert_eq!(send(target.url(), "POST /pets", &headers, &gzip(b"{}")).status, 200);
    }
}
