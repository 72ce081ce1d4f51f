//! Every operation of every document is found by the requests that are made for it.
//!
//! Path variables are filled with generated values of their schemas; what a template asks of query and headers comes
//! from whole generated requests. An operation that such a request does not find is one that the document itself hides:
//! `check` must have told so, and what `check` tells must be so.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use counterfoil_openapi::codec::{RequestValues, encode_request};
use counterfoil_openapi::generate::{Seed, Variety, positive_in, positive_request_in, sample};
use counterfoil_openapi::{
    BasePaths, Contract, Direction, Finding, Location, Operation, PathTemplate, Request, Route, Router,
};

use crate::corpus::{documents, load};

/// The requests made for each operation.
const REQUESTS: u64 = 2;

/// The largest document that is checked though its requests find what they should, in bytes: larger ones take seconds
/// where nothing is optimised. `COUNTERFOIL_CORPUS` has all of them checked.
const QUICK_BYTES: usize = 512 * 1024;

/// The documents of the corpus, or those below the folder that `COUNTERFOIL_CORPUS` names.
fn chosen() -> Vec<PathBuf> {
    let Some(folder) = env::var_os("COUNTERFOIL_CORPUS") else { return documents() };
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// A request for an operation that is valid as far as routing looks at it; nothing where none can be made.
fn request(operation: &Arc<Operation>, seed: &Seed) -> Option<Request> {
    if operation.path().as_str().contains(['?', '#']) {
        let strategy = positive_request_in(operation, Variety::Plain).ok()?;
        return encode_request(operation, &sample(&strategy, seed)?).ok();
    }
    let mut values = RequestValues::default();
    for parameter in operation.parameters_in(Location::Path) {
        let value = match parameter.value_schema() {
            Some(schema) => sample(&positive_in(schema, Direction::Request, Variety::Plain).ok()?, seed)?,
            None => "any".into(),
        };
        values.path.insert(parameter.name.clone(), value);
    }
    encode_request(operation, &values).ok()
}

/// What of a document is found by requests, and what is not.
#[derive(Debug, Default)]
struct Outcome {
    operations: usize,
    requests: usize,
    /// Operations for which no request could be made.
    unmade: Vec<String>,
    /// Operations that a request for them did not find, and the one found.
    missed: Vec<(Arc<Operation>, String)>,
}

fn route(contract: &Contract) -> Outcome {
    let router = Router::new(contract.operations(), BasePaths::Optional);
    let mut outcome = Outcome { operations: contract.operations().len(), ..Outcome::default() };
    for operation in contract.operations() {
        let mut made = BTreeSet::new();
        for index in 0..REQUESTS {
            let seed = Seed::derive(1, &[operation.id().as_str()], index);
            let Some(request) = request(operation, &seed) else { continue };
            if !made.insert(request.target.clone()) {
                continue;
            }
            for base in BTreeSet::from(["", operation.default_base_path()]) {
                outcome.requests += 1;
                let request = Request { target: format!("{base}{}", request.target), ..request.clone() };
                let found = match router.find_request(&request) {
                    Route::Found(found) if found.operation.id() == operation.id() => continue,
                    Route::Found(found) => found.operation.label(),
                    other => format!("{other:?}"),
                };
                outcome.missed.push((Arc::clone(operation), format!("{} found {found}", request.target)));
            }
        }
        if made.is_empty() {
            outcome.unmade.push(operation.label());
        }
    }
    outcome
}

/// Whether what `check` says of a hidden value is so: a request with that value finds another operation.
fn is_hidden(contract: &Contract, router: &Router, finding: &Finding) -> bool {
    let operation = contract.operations().iter().find(|operation| *operation.pointer() == finding.pointer);
    let operation = operation.expect("the finding is about an operation");
    // The names and values are between the backticks.
    let told: Vec<&str> = finding.message.split('`').skip(1).step_by(2).collect();
    let value = |name: &str| told.iter().position(|told| *told == name).and_then(|at| told.get(at + 1));
    let path =
        operation.path().fill(|name| value(name).map_or_else(|| "%01".to_owned(), |raw| (*raw).to_owned()));
    match router.find(operation.method(), &path) {
        Route::Found(found) => found.operation.id() != operation.id(),
        _ => false,
    }
}

fn name(path: &Path) -> String {
    let parent = path.parent().and_then(Path::file_name).unwrap_or_default();
    format!("{}/{}", parent.to_string_lossy(), path.file_name().unwrap_or_default().to_string_lossy())
}

#[test]
fn every_operation_is_found_but_for_those_that_check_tells_of() {
    let (mut operations, mut requests, mut wrong) = (0, 0, Vec::new());
    for path in chosen() {
        let Ok(contract) = load(&path) else { continue };
        let outcome = route(&contract);
        operations += outcome.operations;
        requests += outcome.requests;
        let name = name(&path);
        wrong
            .extend(outcome.unmade.iter().map(|label| format!("{name}: no request can be made for {label}")));
        let is_large =
            contract.document().text().len() > QUICK_BYTES && env::var_os("COUNTERFOIL_CORPUS").is_none();
        if is_large && outcome.missed.is_empty() {
            continue;
        }
        let findings = contract.check();
        let of = |code: &str| findings.iter().filter(move |finding| finding.code == code).collect::<Vec<_>>();
        let (unreachable, shadowed) = (of("operation-unreachable"), of("path-shadowed"));
        for (operation, found) in &outcome.missed {
            let is_about = |finding: &&Finding| finding.pointer == *operation.pointer();
            let label = operation.label();
            match unreachable.iter().chain(&shadowed).copied().find(is_about) {
                Some(finding) => println!("{name}: {label}: {found} ({})", finding.code),
                None => wrong.push(format!("{name}: {label}: {found}, and check tells nothing of it")),
            }
        }
        let router = Router::new(contract.operations(), BasePaths::Optional);
        for finding in unreachable {
            let is_missed =
                outcome.missed.iter().any(|(operation, _)| *operation.pointer() == finding.pointer);
            if !is_missed {
                wrong.push(format!("{name}: {}, and it is found", finding.message));
            }
        }
        for finding in shadowed {
            if !is_hidden(&contract, &router, finding) {
                wrong.push(format!("{name}: {}, and does not", finding.message));
            }
        }
    }
    println!("{operations} operations, {requests} requests");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn literals_escapes_and_several_variables_of_a_segment_are_found() {
    // What a router alone does is tested beside it; here a template, a path, and what the variables are.
    let rows = [
        ("/a/{b}", "/a/x%2Fy", Some(vec![("b", "x%2Fy")])),
        ("/a/{b}.json", "/a/x.y.json", Some(vec![("b", "x.y")])),
        ("/a/{b}-{c}", "/a/1-2-3", Some(vec![("b", "1"), ("c", "2-3")])),
        ("/a/{b}", "/a/", None),
        ("/a%20b", "/a b", Some(vec![])),
    ];
    for (template, path, expected) in rows {
        assert_eq!(PathTemplate::parse(template).captures(path), expected, "{template} {path}");
    }
}
