//! Request bodies in content codings.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use crate::stub::{Stub, tables};

const LIMIT: usize = 64 * 1024;

const PET: &[u8] = br#"{"name": "Rex"}"#;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A stored meta-block and an empty last one (RFC 7932, section 9.2).
fn brotli(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len() - 1).unwrap();
    let mut stream = (length << 4 | 1 << 20).to_le_bytes()[..3].to_vec();
    stream.extend_from_slice(bytes);
    stream.push(0x03);
    stream
}

/// A frame of one raw block (RFC 8878, section 3.1.1).
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let size = u8::try_from(bytes.len()).unwrap();
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0x20, size];
    frame.extend_from_slice(&(u32::from(size) << 3 | 1).to_le_bytes()[..3]);
    frame.extend_from_slice(bytes);
    frame
}

#[tokio::test]
async fn row_content_encoding_gzip_deflate_br_zstd_decoded_within_limits() {
    let stub = Stub::start(tables().body_limit(LIMIT)).await;
    let broken = br#"{"name": 7}"#;
    let zeros = vec![b' '; LIMIT + 1];
    let table: [(&str, Vec<u8>, u16); 20] = [
        ("gzip", gzip(PET), 200),
        ("x-gzip", gzip(PET), 200),
        ("GZIP", gzip(PET), 200),
        ("deflate", zlib(PET), 200),
        ("deflate", deflate(PET), 200),
        ("br", brotli(PET), 200),
        ("zstd", zstd(PET), 200),
        ("identity", PET.to_vec(), 200),
        ("gzip, gzip", gzip(&gzip(PET)), 200),
        ("deflate, br", brotli(&zlib(PET)), 200),
        ("gzip", gzip(broken), 400),
        ("br", brotli(broken), 400),
        ("zstd", zstd(broken), 400),
        ("gzip", b"plain".to_vec(), 400),
        ("gzip", gzip(PET)[..12].to_vec(), 400),
        ("zstd", b"plain".to_vec(), 400),
        ("gzip", gzip(&zeros), 413),
        ("deflate", zlib(&zeros), 413),
        ("compress", b"x".to_vec(), 415),
        ("gzip, gzip, gzip, gzip, gzip", gzip(PET), 415),
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
