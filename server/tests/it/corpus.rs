//! The real documents kept beside the project, where they are there: a valid request is answered as documented.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use counterfoil_openapi::codec::encode_request;
use counterfoil_openapi::generate::{Seed, positive_request, sample};
use counterfoil_openapi::{
    ApiKeyLocation, Contract, Operation, Part, Request, Response, SecuritySchemeKind, Violation, validate,
};
use counterfoil_server::{Call, Source, StubServer};
use http::header::{AUTHORIZATION, COOKIE, HeaderName};
use http::{HeaderValue, Method};

use crate::stub::client;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus");
/// Operations asked of each document, spread over it.
const OPERATIONS: usize = 3;
/// The largest document asked, in bytes.
const MAX_SIZE: u64 = 400_000;
/// An environment variable with a number of operations to be asked of every document instead, whatever its size.
const MORE: &str = "CORPUS_OPERATIONS";

fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for edition in ["2.0", "3.0", "3.1", "3.2"] {
        let Ok(entries) = fs::read_dir(Path::new(CORPUS).join(edition)) else { continue };
        found.extend(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()));
    }
    if found.is_empty() {
        println!("no corpus at {CORPUS}: nothing is tested on it");
    }
    found.sort();
    found
}

/// Adds the credentials of the operation's first alternative.
fn sign(operation: &Operation, request: &mut Request) {
    let Some(alternative) = operation.security().first() else { return };
    for (scheme, _) in &alternative.schemes {
        let (name, value) = match &scheme.kind {
            SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Query, name } => {
                let mark = if request.target.contains('?') { '&' } else { '?' };
                request.target = format!("{}{mark}{name}=key", request.target);
                continue;
            }
            SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Cookie, name } => {
                (COOKIE, format!("{name}=key"))
            }
            SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Header, name } => {
                let Ok(name) = HeaderName::try_from(name.as_str()) else { continue };
                (name, "key".to_owned())
            }
            SecuritySchemeKind::Http { scheme } if scheme == "basic" => {
                (AUTHORIZATION, "Basic dTpw".to_owned())
            }
            SecuritySchemeKind::Http { scheme } => (AUTHORIZATION, format!("{scheme} token")),
            _ => (AUTHORIZATION, "Bearer token".to_owned()),
        };
        request.headers.append(name, HeaderValue::from_str(&value).unwrap());
    }
}

/// A valid request, signed; nothing where none can be made.
fn request(operation: &Arc<Operation>) -> Option<Request> {
    let strategy = positive_request(operation).ok()?;
    let values = sample(&strategy, &Seed::derive(0, &[operation.id().as_str()], 0))?;
    let mut request = encode_request(operation, &values).ok()?;
    sign(operation, &mut request);
    request.target = format!("{}{}", operation.default_base_path(), request.target);
    Some(request)
}

async fn send(client: &reqwest::Client, base: &str, request: &Request) -> Response {
    let sent = client
        .request(request.method.clone(), format!("{base}{}", request.target))
        .headers(request.headers.clone())
        .body(request.body.clone());
    let reply = sent.send().await.unwrap();
    let (status, headers) = (reply.status(), reply.headers().clone());
    let body = if request.method == Method::HEAD { Bytes::new() } else { reply.bytes().await.unwrap() };
    Response { status, headers, body }
}

/// What is wrong with a reply, beyond what the document itself has wrong.
fn judge(operation: &Operation, call: &Call, reply: &Response) -> Vec<String> {
    if operation.responses().is_empty() {
        return Vec::new();
    }
    let mut wrong: Vec<String> =
        call.violations.iter().map(|violation| format!("request: {violation}")).collect();
    let is_excused = |violation: &Violation| {
        // An example is sent as it is documented, be it right or wrong, and what no codec writes yet is left out.
        violation.part == Part::Body && (call.source == Source::Example || reply.body.is_empty())
            || matches!(violation.part, Part::Header(_))
    };
    let violations = validate::response(operation, reply).violations;
    wrong.extend(
        violations
            .iter()
            .filter(|violation| !is_excused(violation))
            .map(|violation| format!("reply: {violation}")),
    );
    wrong
}

#[tokio::test]
async fn a_valid_request_is_answered_as_documented() {
    let more: Option<usize> = std::env::var(MORE).ok().map(|more| more.parse().unwrap());
    let client = client();
    let (mut asked, mut skipped, mut exceptions) = (0, 0, Vec::new());
    for path in documents() {
        if more.is_none() && fs::metadata(&path).unwrap().len() > MAX_SIZE {
            continue;
        }
        let contract = Contract::load(path.display().to_string(), &fs::read(&path).unwrap()).unwrap();
        let operations = contract.operations().to_vec();
        let stub = StubServer::builder(contract).start().await.unwrap();
        let step = operations.len().div_ceil(more.unwrap_or(OPERATIONS)).max(1);
        // What stands behind a `#` is never sent, so that such a template is another's for all a stub can tell.
        let tellable = operations.iter().filter(|operation| !operation.path().as_str().contains('#'));
        for operation in tellable.step_by(step) {
            let Some(request) = request(operation) else {
                skipped += 1;
                continue;
            };
            asked += 1;
            let reply = send(&client, stub.url(), &request).await;
            let call = stub.calls().pop().unwrap();
            for wrong in judge(operation, &call, &reply) {
                let file = path.file_name().unwrap().display();
                exceptions.push(format!("{file} {} {}: {wrong}", operation.label(), reply.status));
            }
        }
    }
    println!("{asked} operations asked, {skipped} without a request that can be made; {MORE} asks for more");
    assert!(exceptions.is_empty(), "{} exceptions:\n{}", exceptions.len(), exceptions.join("\n"));
}
