//! Requests made to take time or memory, or to write where they have no business, against the command as it runs.
//!
//! The attacks carry the numbers of the list they are from. The time is that of the stub's process, since a test
//! machine may be busy; memory is the most that the process had resident meanwhile, beyond what it had before.

mod bodies;
mod codings;
mod connections;
mod headers;
mod json;
mod soak;

use std::fs;
use std::time::Duration;

use crate::process::{Mock, text, write};
use crate::wire::{Answer, send};

/// What no attack may take longer than.
const TIME: Duration = Duration::from_secs(5);

/// What no attack may take more than, in KiB.
const MEMORY: u64 = 64 * 1024;

/// What may stay of all attacks on one stub, in KiB: the allocator keeps of each thread what it had at one time.
const KEPT: u64 = 2 * MEMORY;

/// The largest body that is read unless told otherwise.
const LIMIT: usize = 16 * 1024 * 1024;

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Target, version: "1" }
paths:
  /pets:
    post:
      requestBody:
        required: true
        content:
          application/json: { schema: { type: object, maxProperties: 10 } }
          application/jsonl: { itemSchema: { type: integer } }
          application/xml: { schema: { type: object } }
          application/yaml: { schema: { type: object } }
          application/x-www-form-urlencoded: { schema: { type: object, maxProperties: 10 } }
          multipart/form-data: { schema: { type: object, properties: { a: { type: string } } } }
          text/event-stream: { itemSchema: { type: object } }
          application/octet-stream: {}
      responses: { "200": { description: ok } }
  /alive: { get: { responses: { "200": { description: ok, content: { text/plain: { example: alive } } } } } }
"##;

/// A stub under attack.
struct Target {
    mock: Mock,
    /// The memory that it had resident before the first attack, in KiB.
    memory: u64,
    _folder: tempfile::TempDir,
}

impl Target {
    fn start() -> Self {
        Self::of(DOCUMENT)
    }

    fn of(document: &str) -> Self {
        Self::under(document, &[])
    }

    /// A stub of a document under some options.
    fn under(document: &str, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = write(folder.path(), "target.yaml", document);
        let mock = Mock::start([&[text(&path)], options].concat());
        let mut target = Self { mock, memory: 0, _folder: folder };
        // What is made once, on the first request, is not held against the attacks.
        assert_eq!(send(target.url(), "GET /alive", &[], b"").status, 200);
        target.post("application/json", b"{}");
        target.memory = target.memory("VmRSS:");
        target
    }

    fn url(&self) -> &str {
        &self.mock.url
    }

    fn post(&self, content_type: &str, body: &[u8]) -> Answer {
        send(self.url(), "POST /pets", &[("Content-Type", content_type)], body)
    }

    /// Carries out an attack and holds what it costs to the limits; the stub is alive after it.
    fn attack<T>(&self, name: &str, attack: impl FnOnce() -> T) -> T {
        // From here on the peak is the peak of this attack (proc_pid_clear_refs(5)).
        fs::write(format!("/proc/{}/clear_refs", self.mock.id()), "5").expect("the process is ours");
        let (time, memory) = (self.time(), self.memory("VmRSS:"));
        let outcome = attack();
        let time = self.time().saturating_sub(time);
        let memory = self.memory("VmHWM:").saturating_sub(memory);
        let kept = self.memory("VmRSS:").saturating_sub(self.memory);
        assert!(time < TIME, "{name} took {time:?}");
        assert!(memory < MEMORY, "{name} took {memory} KiB");
        assert!(kept < KEPT, "{kept} KiB are kept after {name}");
        let alive = send(self.url(), "GET /alive", &[], b"");
        assert_eq!((alive.status, alive.text().as_str()), (200, "alive"), "after {name}");
        outcome
    }

    /// How long the process has been computing.
    fn time(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.mock.id())).expect("it runs");
        let told = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok());
        told.filter_map(|told| told.split(' ').next()?.parse().ok()).map(Duration::from_nanos).sum()
    }

    /// The memory that it has resident (`VmRSS:`), or the most that it has had (`VmHWM:`), in KiB.
    fn memory(&self, which: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.mock.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(which)).expect("it is told");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    }
}
