//! What any document answers is recorded and played back: the law of recording, over the real documents.

use std::fs;
use std::path::PathBuf;

use counterfoil_openapi::{Contract, Response};
use counterfoil_server::{Forwarding, Script, StubServer};

use crate::corpus::asking::{request, send};
use crate::script_corpus::documents;
use crate::stub::client;

/// Operations asked of each document, spread over it.
const OPERATIONS: usize = 6;
/// The largest document asked, in bytes; an environment variable asks all of them.
const MAX_SIZE: u64 = 60_000;
const MORE: &str = "CORPUS_OPERATIONS";

#[tokio::test]
async fn what_any_document_answers_is_recorded_and_played_back() {
    let more: Option<usize> = std::env::var(MORE).ok().map(|more| more.parse().unwrap());
    let client = client();
    let file =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("recorded-corpus-{}", std::process::id()));
    let (mut asked, mut hidden, mut exceptions) = (0, 0, Vec::new());
    for path in documents() {
        if more.is_none() && fs::metadata(&path).unwrap().len() > MAX_SIZE {
            continue;
        }
        let _ = fs::remove_file(&file);
        let name = path.file_name().unwrap().display();
        let contract = Contract::load(path.display().to_string(), &fs::read(&path).unwrap()).unwrap();
        let operations = contract.operations().to_vec();
        let step = operations.len().div_ceil(more.unwrap_or(OPERATIONS)).max(1);
        let tellable = operations.iter().filter(|operation| !operation.path().as_str().contains('#'));
        let requests: Vec<_> =
            tellable.step_by(step).filter_map(|operation| request(operation).ok()).collect();
        let upstream = StubServer::builder(contract.clone()).start().await.unwrap();
        let forwarding = Forwarding::to(upstream.url().parse().unwrap());
        let stub = StubServer::builder(contract.clone()).forwarding(forwarding).record(&file);
        let stub = stub.start().await.unwrap();
        let mut replies: Vec<Response> = Vec::new();
        for request in &requests {
            replies.push(send(&client, stub.url(), request).await);
        }
        stub.close().await;
        let Ok(text) = fs::read_to_string(&file) else {
            assert!(requests.is_empty(), "{name}: nothing was recorded");
            continue;
        };
        let script = match Script::load("recorded.yaml", text.as_bytes(), std::slice::from_ref(&contract)) {
            Ok(script) => script,
            Err(error) => {
                exceptions.push(format!("{name}: {error}"));
                continue;
            }
        };
        let again = StubServer::builder(contract).script(script).start().await.unwrap();
        for (request, before) in requests.iter().zip(&replies) {
            asked += 1;
            let after = send(&client, again.url(), request).await;
            if after.body.windows(3).any(|bytes| bytes == b"***") {
                hidden += 1;
                continue;
            }
            let is_text = std::str::from_utf8(&before.body).is_ok();
            if is_text && (before.status, &before.body) != (after.status, &after.body) {
                exceptions.push(format!(
                    "{name} {} {}: {} {:?} and then {} {:?}",
                    request.method, request.target, before.status, before.body, after.status, after.body
                ));
            }
        }
    }
    let _ = fs::remove_file(&file);
    println!("{asked} replies recorded and played back, {hidden} of them with secrets; {MORE} asks for more");
    assert!(exceptions.is_empty(), "{} exceptions:\n{}", exceptions.len(), exceptions.join("\n"));
}
