//! What `mock` prints when it listens: every operation with a curl line that works.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use counterfoil_client::curl;
use counterfoil_conformance::invent_credentials;
use counterfoil_conformance::report::one_line;
use counterfoil_openapi::codec::{self, RequestValues};
use counterfoil_openapi::generate::{self, Seed, Variety};
use counterfoil_openapi::validate::{self, RequestRules};
use counterfoil_openapi::{BasePaths, Operation, Request, Route, Router};
use counterfoil_server::StubServer;

use super::{Arguments, credential};
use crate::output::{Output, QUIET, TITLE};
use crate::source::Source;

/// Requests generated for one operation before it is left without a curl line.
const DRAWS: u64 = 5;

/// Prints where the stub is and how its operations are called.
///
/// It gives way to the runtime between operations, since there may be many.
pub(super) async fn announce(
    sources: &[Source],
    stub: &StubServer,
    trusted: Option<&Path>,
    arguments: &Arguments,
    output: &Output,
) -> anyhow::Result<()> {
    let mut out = output.stdout();
    writeln!(out, "stub         {TITLE}{}{TITLE:#}", stub.url())?;
    if let Some(url) = stub.control_url() {
        writeln!(out, "control API  {url}")?;
    }
    let options = curl_options(stub, trusted);
    if let Some(path) = stub.unix_socket() {
        writeln!(out, "socket       {}", one_line(&path.display().to_string()))?;
    }
    if trusted.is_some() {
        let words: Vec<_> = options.iter().map(|option| curl::word(option)).collect();
        writeln!(out, "trust it     curl {} {}/", words.join(" "), stub.url())?;
    }
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    if arguments.strictness.has_credentials() {
        writeln!(
            out,
            "credentials  the curl lines take them from variables, named as the security schemes are"
        )?;
    }
    let router =
        Router::new(sources.iter().flat_map(|source| source.contract.operations()), BasePaths::Optional);
    for source in sources {
        let contract = &source.contract;
        let (title, name) = (one_line(contract.title()), one_line(contract.document().name()));
        writeln!(out, "\n{TITLE}{title}{TITLE:#} ({name})")?;
        for operation in contract.operations() {
            let (label, id) = (one_line(&operation.label()), one_line(operation.id().as_str()));
            writeln!(out, "\n  {label}  {QUIET}{id}{QUIET:#}")?;
            match request(operation, &router, arguments.seed) {
                Some(request) => {
                    let base_url = format!("{}{}", stub.url(), operation.default_base_path());
                    let command = |request| curl::command_with(&options, &base_url, request, &[]);
                    match arguments.strictness.has_credentials() {
                        false => writeln!(out, "  {}", command(&request.whole))?,
                        true => {
                            let line = command(&request.bare);
                            writeln!(out, "  {line}{}", credential::options(operation))?;
                        }
                    }
                }
                None => writeln!(out, "  {QUIET}(found no request that its document admits){QUIET:#}")?,
            }
            tokio::task::yield_now().await;
        }
    }
    writeln!(out, "\n{QUIET}Ctrl-C stops it.{QUIET:#}")?;
    out.flush()?;
    Ok(())
}

/// What curl needs to be told to reach the stub.
fn curl_options(stub: &StubServer, trusted: Option<&Path>) -> Vec<String> {
    let named = [("--cacert", trusted), ("--unix-socket", stub.unix_socket())];
    let given = named.into_iter().filter_map(|(name, path)| Some((name, path?)));
    given.flat_map(|(name, path)| [name.to_owned(), path.display().to_string()]).collect()
}

/// A request without the credentials that its operation asks for, and with made-up ones.
struct Announced {
    bare: Request,
    whole: Request,
}

/// A request that the document admits: one of its own examples, else a generated one.
fn request(operation: &Arc<Operation>, router: &Router, seed: u64) -> Option<Announced> {
    let examples = generate::example_requests(operation).into_iter().map(|named| named.values);
    examples.chain(generated(operation, seed)).find_map(|values| {
        let bare = codec::encode_request(operation, &values).ok()?;
        let mut whole = bare.clone();
        invent_credentials(operation, &mut whole);
        is_valid(router, operation, &whole).then_some(Announced { bare, whole })
    })
}

fn is_valid(router: &Router, operation: &Operation, request: &Request) -> bool {
    let target = format!("{}{}", operation.default_base_path(), request.target);
    let request = Request { target, ..request.clone() };
    match router.find_request(&request) {
        Route::Found(found) => {
            validate::request(&found, &request, &RequestRules::default()).violations.is_empty()
        }
        _ => false,
    }
}

/// Generated requests: readable ones, then smaller ones, since those are easier to make.
fn generated(operation: &Arc<Operation>, seed: u64) -> impl Iterator<Item = RequestValues> {
    [Variety::Plain, Variety::Minimal].into_iter().flat_map(move |variety| {
        let strategy = generate::positive_request_in(operation, variety).ok();
        strategy.into_iter().flat_map(move |strategy| {
            (0..DRAWS).filter_map(move |draw| {
                let seed = Seed::derive(seed, &["mock", operation.id().as_str()], draw);
                generate::sample(&strategy, &seed)
            })
        })
    })
}
