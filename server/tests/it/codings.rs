//! Request bodies in content codings.

use std::io::Write as _;

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
    let bomb = gzip(&vec![b' '; 100 * LIMIT]);
    assert!(bomb.len() < LIMIT);
    let table: [(&str, Vec<u8>, u16); 8] = [
        ("gzip", gzip(br#"{"name": "Rex"}"#), 200),
        ("gzip, gzip", gzip(&gzip(br#"{"name": "Rex"}"#)), 200),
        ("identity", br#"{"name": "Rex"}"#.to_vec(), 200),
        ("gzip", gzip(br#"{"name": 7}"#), 400),
        ("gzip", b"plain".to_vec(), 400),
        ("gzip", bomb.clone(), 413),
        ("gzip, gzip", gzip(&bomb), 413),
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
