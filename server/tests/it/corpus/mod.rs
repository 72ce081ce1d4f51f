//! The law of the stub over real documents: one valid request an operation is answered with a documented status, and
//! the answer is what the document says: status, headers, media type and body. Once with examples where there are
//! any, and once with generated bodies.
//!
//! The document's own schemas are judged by the `jsonschema` crate alone, and what an answer may be is looked up in the
//! document itself: see [`judge`]. What does not hold is an exception; one that a finding of `counterfoil check` at the
//! very place, or at the schema that refuses the value, explains is counted under the code of that finding, and so is one about a schema that provably admits
//! nothing; any other fails the test.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `COUNTERFOIL_CORPUS` | the folder of documents, searched in depth, or one document | the corpus beside the project |
//! | `COUNTERFOIL_CORPUS_SLICE` | `3/20`: of every 20 documents the third one only | all |
//! | `COUNTERFOIL_CORPUS_CASES` | every operation of every document is asked where it is given | 3 operations of each small document |

pub(crate) mod asking;
mod judge;
#[expect(dead_code, reason = "the tests of the contract ask it more")]
#[path = "../../../../openapi/tests/it/generate/corpus/original.rs"]
mod original;
#[path = "../../../../openapi/tests/it/generate/corpus/proof.rs"]
mod proof;
mod reading;
mod spot;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use counterfoil_openapi::{BasePaths, Contract, Finding, Folder, Operation, Route, Router, Severity};
use counterfoil_server::{Bodies, StubServer};
use tokio::runtime;

use self::judge::{Exception, Judge, Looked};
use crate::stub::client;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus");

/// The operations asked of each document where not all of them are, spread over it.
const OPERATIONS: usize = 3;

/// The largest document asked then, in bytes.
const QUICK_BYTES: u64 = 128 * 1024;

/// The exceptions that are told of in full: of each document, and of all together.
const MAX_TOLD_OF_EACH: usize = 8;
const MAX_TOLD: usize = 200;

/// What was counted of one or several documents.
#[derive(Debug, Default)]
struct Tally {
    operations: usize,
    answers: usize,
    looked: Looked,
    time: Duration,
    /// By the code of the finding that explains them: how many, and which is the first.
    explained: BTreeMap<&'static str, (usize, String)>,
    failures: usize,
    /// The first of them, document by document.
    told: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.answers += other.answers;
        self.looked.judged += other.looked.judged;
        self.looked.unread += other.looked.unread;
        self.looked.bare += other.looked.bare;
        self.time += other.time;
        for (code, (count, first)) in other.explained {
            self.explained.entry(code).or_insert((0, first)).0 += count;
        }
        self.failures += other.failures;
        self.told.extend(other.told.into_iter().take(MAX_TOLD_OF_EACH));
    }

    fn row(&self, name: &str) -> String {
        let explained: usize = self.explained.values().map(|(count, _)| count).sum();
        let Looked { judged, unread, bare } = self.looked;
        format!(
            "{:>10} {:>7} {judged:>7} {unread:>6} {bare:>5} {explained:>9} {:>8} {:>7}  {name}",
            self.operations,
            self.answers,
            self.failures,
            self.time.as_millis()
        )
    }
}

const TITLES: &str = "operations answers  judged unread  bare explained failures      ms  document";

fn is_thorough() -> bool {
    env::var_os("COUNTERFOIL_CORPUS_CASES").is_some()
}

fn folder() -> PathBuf {
    env::var_os("COUNTERFOIL_CORPUS").map_or_else(|| PathBuf::from(CORPUS), PathBuf::from)
}

/// The documents to be asked, the largest first.
fn documents(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            found.push(folder);
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            match path.is_dir() {
                true => folders.push(path),
                false if ["json", "yaml", "yml"].contains(&ending) => found.push(path),
                false => {}
            }
        }
    }
    let size = |path: &Path| path.metadata().map_or(0, |file| file.len());
    found.retain(|path| path.is_file() && (is_thorough() || size(path) <= QUICK_BYTES));
    found.sort();
    let slice = env::var("COUNTERFOIL_CORPUS_SLICE").unwrap_or_else(|_| "1/1".to_owned());
    let (slice, slices) = slice.split_once('/').expect("a slice such as 3/20");
    let number = |text: &str| text.parse::<usize>().expect("a number");
    found = found.into_iter().skip(number(slice) - 1).step_by(number(slices)).collect();
    found.sort_by_key(|path| std::cmp::Reverse(size(path)));
    found
}

fn load(root: &Path, path: &Path) -> Result<Contract, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let folder = path.parent().unwrap_or(path);
    let files =
        Folder::new(folder, if root.is_dir() { root } else { folder }).map_err(|error| error.to_string())?;
    Contract::load_with(path.display().to_string(), &bytes, &files).map_err(|error| error.to_string())
}

#[test]
fn every_operation_of_every_document_is_answered_as_documented() {
    let root = folder();
    let documents = documents(&root);
    if documents.is_empty() {
        return println!("no document at {}: nothing is tested on it", root.display());
    }
    let next = AtomicUsize::new(0);
    let total = Mutex::new((Tally::default(), Vec::new()));
    println!("{TITLES}");
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
                while let Some(path) = documents.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = path.strip_prefix(&root).unwrap_or(path).display().to_string();
                    let start = Instant::now();
                    let told = match load(&root, path) {
                        Ok(contract) => {
                            let mut tally = runtime.block_on(ask(&name, &contract));
                            tally.time = start.elapsed();
                            Ok(tally)
                        }
                        Err(message) => Err(format!("no document: {name}: {message}")),
                    };
                    let mut total = total.lock().expect("nothing panics with it");
                    match told {
                        Ok(tally) => {
                            println!("{}", tally.row(&name));
                            total.0.add(tally);
                        }
                        Err(message) => total.1.push(message),
                    }
                }
            });
        }
    });
    let (mut total, others) = total.into_inner().expect("nothing panics with it");
    println!("{}", total.row("all"));
    for (code, (count, first)) in &total.explained {
        println!("{count:>8} explained by {code}, first: {first}");
    }
    others.iter().for_each(|message| println!("{message}"));
    total.told.sort();
    total.told.truncate(MAX_TOLD);
    assert_eq!(total.failures, 0, "exceptions, such as\n{}", total.told.join("\n"));
}

/// Asks every operation of a document, of a stub that has examples and of one that generates.
async fn ask(name: &str, contract: &Contract) -> Tally {
    let operations = contract.operations();
    let step = if is_thorough() { 1 } else { operations.len().div_ceil(OPERATIONS).max(1) };
    let asked: Vec<&Arc<Operation>> = operations.iter().step_by(step).collect();
    let mut tally = Tally { operations: asked.len(), ..Tally::default() };
    let plain: Vec<&Operation> = asked.iter().map(|operation| operation.as_ref()).collect();
    let judge = Judge::of(contract.document(), &plain);
    let router = Router::new(operations, BasePaths::Optional);
    let client = client();
    let mut exceptions = Vec::new();
    for bodies in [Bodies::Examples, Bodies::Generated] {
        let stub = StubServer::builder(contract.clone()).bodies(bodies).start().await.unwrap();
        for operation in &asked {
            let found = answer(&judge, &router, &stub, &client, operation, &mut tally).await;
            exceptions.extend(found.into_iter().map(|exception| (bodies, *operation, exception)));
        }
        stub.close().await;
    }
    let findings = if exceptions.is_empty() { Vec::new() } else { contract.check() };
    for (bodies, operation, exception) in exceptions {
        let told =
            format!("{name} {} {bodies:?}: {} (at {})", operation.label(), exception.what, exception.place);
        let hopeless = || judge.admits_nothing(&exception.place).then_some("no value is valid there");
        match explanation(&findings, &exception).or_else(hopeless) {
            Some(code) => tally.explained.entry(code).or_insert((0, told)).0 += 1,
            None => {
                tally.failures += 1;
                tally.told.push(told);
            }
        }
    }
    tally
}

/// The finding at the place of an exception, or within it; where an operation leads is told of paths alone. Where a
/// schema refuses a value, what is found at that very schema or its keywords explains it too.
fn explanation(findings: &[Finding], exception: &Exception) -> Option<&'static str> {
    let is_whole = exception.place.matches('/').count() <= 3;
    let is_there = |finding: &&Finding| {
        let rest = finding.pointer.as_str().strip_prefix(&exception.place);
        let is_of_path = finding.code.starts_with("path-") || finding.code == "operation-unreachable";
        rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with('/') && !is_whole))
            && (is_of_path || !is_whole)
    };
    let is_at_schema = |finding: &&Finding| {
        // Where an alternative is left, a value of it could have been sent.
        let is_partial = finding.code == "alternatives-overlap" && finding.severity < Severity::Error;
        if is_partial {
            return false;
        }
        let rest =
            exception.refusing.as_ref().and_then(|at| finding.pointer.as_str().strip_prefix(at.as_str()));
        rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with('/') && rest.matches('/').count() == 1))
    };
    let found = findings.iter().find(is_there).or_else(|| findings.iter().find(is_at_schema));
    found.map(|finding| finding.code)
}

/// What is wrong with the answer to a valid request.
async fn answer(
    judge: &Judge<'_>,
    router: &Router,
    stub: &StubServer,
    client: &reqwest::Client,
    operation: &Arc<Operation>,
    tally: &mut Tally,
) -> Vec<Exception> {
    let pointer = operation.pointer().as_str();
    let request = match asking::request(operation) {
        Ok(request) => request,
        Err(none) => return vec![Exception::new(&none.pointer, format!("no request: {}", none.message))],
    };
    let reply = asking::send(client, stub.url(), &request).await;
    tally.answers += 1;
    let id = reply.headers.get("counterfoil-call").and_then(|id| id.to_str().ok()?.parse().ok());
    let Some(call) = id.and_then(|id| stub.call(id)) else {
        return vec![Exception::new(
            pointer,
            format!("{} is answered by another: {reply:?}", request.target),
        )];
    };
    if call.operation.as_deref() != Some(operation.id().as_str()) {
        let place = match router.find_request(&request) {
            Route::Found(_) | Route::WrongMethod { .. } => pointer,
            _ => pointer.rsplit_once('/').map_or(pointer, |(path, _)| path),
        };
        let told =
            format!("{} leads to {:?}: {} {:?}", request.target, call.operation, reply.status, call.trail);
        return vec![Exception::new(place, told)];
    }
    let refused = call.violations.iter().map(|violation| {
        let place = violation.document_pointer.as_deref().unwrap_or(pointer);
        Exception::new(place, format!("{} is refused: {violation}", request.target))
    });
    let mut found: Vec<Exception> = refused.collect();
    found.extend(judge.judge(operation, &reply, &mut tally.looked));
    found
}
