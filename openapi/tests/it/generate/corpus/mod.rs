//! Messages of real documents: for every operation, requests that are valid, requests that are not, and replies.
//!
//! What must hold of each, without an exception:
//!
//! - A valid request can be written, leads to its operation, is read as the same values and breaks nothing, and the
//!   document's own schemas admit its values.
//! - An invalid one breaks the rule that it was made to break, in the part that this rule is about and in no other,
//!   and the document's own schemas refuse its value by the same keyword at the same place.
//! - A reply of a documented response and media type is admitted by the document's own schema, and where a codec
//!   writes its media type it is read back as it was; so are the headers of the response.
//! - Where nothing can be made, the document is the reason, and that is found out here in another way.
//!
//! The document's own schemas are judged by the `jsonschema` crate alone: see [`original`]. Everything is drawn twice:
//! by the seed 1, and by a random one, which is printed.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `COUNTERFOIL_CORPUS` | the folder of documents, searched in depth, or one document | the corpus beside the project |
//! | `COUNTERFOIL_CORPUS_SLICE` | `3/20`: of every 20 documents the third one only | all |
//! | `COUNTERFOIL_CORPUS_CASES` | requests of each kind, and bodies of each media type, for each seed; every operation is looked at where it is given | 1, of 5 operations of each small document |
//! | `COUNTERFOIL_CORPUS_SECONDS` | the most that one document may take | 300 |
//! | `COUNTERFOIL_SEED` | the other seed | a random one |

mod original;
mod proof;
mod replies;
mod requests;
mod tally;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use counterfoil_openapi::{Content, Contract, Direction, Folder, Operation, Schema};

use self::original::Originals;
use self::tally::{Row, Tally};
use crate::corpus::CORPUS;

/// The operations looked at of one document where not all of them are, spread evenly over it.
const OPERATIONS: usize = 5;

/// The largest document that is looked at then, in bytes: larger ones take seconds to read where nothing is optimised.
const QUICK_BYTES: u64 = 256 * 1024;

/// The failures that are told of in full.
const MAX_TOLD: usize = 200;

/// What the variables say.
struct Settings {
    folder: PathBuf,
    slice: (usize, usize),
    cases: u64,
    is_thorough: bool,
    limit: Duration,
    seeds: [u64; 2],
}

impl Settings {
    fn read() -> Self {
        let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().expect(name));
        let slice = env::var("COUNTERFOIL_CORPUS_SLICE").ok().map(|text| {
            let (slice, slices) = text.split_once('/').expect("a slice such as 3/20");
            (slice.parse().expect("a number"), slices.parse().expect("a number"))
        });
        let cases = number("COUNTERFOIL_CORPUS_CASES");
        let random = || RandomState::new().hash_one("seed");
        Self {
            folder: env::var_os("COUNTERFOIL_CORPUS").map_or_else(|| PathBuf::from(CORPUS), PathBuf::from),
            slice: slice.unwrap_or((1, 1)),
            cases: cases.unwrap_or(1),
            is_thorough: cases.is_some(),
            limit: Duration::from_secs(number("COUNTERFOIL_CORPUS_SECONDS").unwrap_or(300)),
            seeds: [1, number("COUNTERFOIL_SEED").unwrap_or_else(random)],
        }
    }

    /// The documents of the slice, by path.
    fn documents(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else {
                found.push(folder);
                continue;
            };
            for path in entries.flatten().map(|entry| entry.path()) {
                let is_text = path
                    .extension()
                    .is_some_and(|ending| ["json", "yaml", "yml"].iter().any(|one| ending == *one));
                match path.is_dir() {
                    true => folders.push(path),
                    false if is_text => found.push(path),
                    false => {}
                }
            }
        }
        let is_small = |path: &Path| path.metadata().is_ok_and(|file| file.len() <= QUICK_BYTES);
        found.retain(|path| path.is_file() && (self.is_thorough || is_small(path)));
        found.sort();
        let (slice, slices) = self.slice;
        found.into_iter().skip(slice - 1).step_by(slices).collect()
    }

    fn load(&self, path: &Path) -> Result<Contract, String> {
        let bytes = fs::read(path).map_err(|error| error.to_string())?;
        let folder = path.parent().unwrap_or(path);
        let root = if self.folder.is_dir() { &self.folder } else { folder };
        let files = Folder::new(folder, root).map_err(|error| error.to_string())?;
        Contract::load_with(self.name(path), &bytes, &files).map_err(|error| error.to_string())
    }

    /// What a document is called: its place in the folder.
    fn name(&self, path: &Path) -> String {
        let inner = path.strip_prefix(&self.folder).ok().filter(|inner| !inner.as_os_str().is_empty());
        inner.unwrap_or(path).display().to_string()
    }

    fn operations<'c>(&self, contract: &'c Contract) -> Vec<&'c Arc<Operation>> {
        let all = contract.operations();
        let step = if self.is_thorough { 1 } else { all.len().div_ceil(OPERATIONS).max(1) };
        all.iter().step_by(step).collect()
    }
}

/// What one document is held to.
struct Case<'d> {
    settings: &'d Settings,
    requests: Originals,
    replies: Originals,
}

#[test]
fn messages_of_real_documents_are_what_they_are_said_to_be() {
    let settings = Settings::read();
    let documents = settings.documents();
    if documents.is_empty() {
        return println!("no document at {}: nothing is tested on it", settings.folder.display());
    }
    println!("{} cases a seed; seeds {:?}", settings.cases, settings.seeds);
    let mut total = Tally::default();
    let mut others = BTreeMap::new();
    println!("{}", Row::TITLES);
    for path in &documents {
        let start = Instant::now();
        let contract = match settings.load(path) {
            Ok(contract) => contract,
            Err(message) => {
                others.insert(settings.name(path), message);
                continue;
            }
        };
        let tally = watched(&settings, path, &contract);
        let name = settings.name(path);
        println!("{}", Row { name: &name, tally: &tally, time: start.elapsed() });
        total.documents += 1;
        total.add(tally, &name);
        total.time += start.elapsed();
    }
    println!("{}", Row { name: "all", tally: &total, time: total.time });
    total.print();
    for (name, message) in &others {
        println!("no document: {name}: {message}");
    }
    let told: Vec<&str> = total.failures.iter().map(String::as_str).take(MAX_TOLD).collect();
    assert!(
        told.is_empty(),
        "{} failures, by the seeds {:?}:\n{}",
        total.failures.len(),
        settings.seeds,
        told.join("\n")
    );
}

/// Holds a document to its laws; one that takes too long ends the whole run, for nothing can end a thread.
fn watched(settings: &Settings, path: &Path, contract: &Contract) -> Tally {
    let done = (Mutex::new(false), Condvar::new());
    let running: Mutex<Vec<String>> = Mutex::default();
    thread::scope(|scope| {
        scope.spawn(|| {
            let is_done = done.0.lock().expect("nothing panics with it");
            let (is_done, _) = done
                .1
                .wait_timeout_while(is_done, settings.limit, |is_done| !*is_done)
                .expect("nothing panics with it");
            if !*is_done {
                println!("{} takes more than {:?}: {:?}", path.display(), settings.limit, running.lock());
                std::process::abort();
            }
        });
        let tally = document(settings, contract, &running);
        *done.0.lock().expect("nothing panics with it") = true;
        done.1.notify_all();
        tally
    })
}

fn document(settings: &Settings, contract: &Contract, running: &Mutex<Vec<String>>) -> Tally {
    let operations = settings.operations(contract);
    let root = contract.document();
    let case = Case {
        settings,
        requests: Originals::of(
            root,
            Direction::Request,
            operations.iter().flat_map(|one| requests::schemas(one)),
        ),
        replies: Originals::of(
            root,
            Direction::Response,
            operations.iter().flat_map(|one| replies::schemas(one)),
        ),
    };
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Tally::default());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers.min(operations.len()) {
            scope.spawn(|| {
                while let Some(operation) = operations.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let label = operation.label();
                    running.lock().expect("nothing panics with it").push(label.clone());
                    let tally = one(&case, operation);
                    running.lock().expect("nothing panics with it").retain(|other| *other != label);
                    total
                        .lock()
                        .expect("nothing panics with it")
                        .add(tally, &format!("{label} at {}", operation.pointer()));
                }
            });
        }
    });
    let mut total = total.into_inner().expect("nothing panics with it");
    total.failures.sort();
    total
}

/// Holds one operation to its laws; a panic is a failure like any other.
fn one(case: &Case<'_>, operation: &Arc<Operation>) -> Tally {
    let mut tally = Tally { operations: 1, ..Tally::default() };
    let held = catch_unwind(AssertUnwindSafe(|| {
        requests::valid(case, operation, &mut tally);
        requests::invalid(case, operation, &mut tally);
        replies::replies(case, operation, &mut tally);
    }));
    if let Err(panic) = held {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panics");
        tally.failures.push(format!("panic: {message}"));
    }
    tally
}

/// The schemas of the media types of a body.
fn schemas_of(content: &Content) -> impl Iterator<Item = &Schema> {
    content.iter().filter_map(|media| media.schema.as_ref())
}
