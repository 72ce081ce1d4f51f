//! Documents and requests made to take time, memory or the stack: what comes of each, and its limit.
//!
//! The attacks carry the names of the list they are from: `a08` is its eighth. What is attacked names the file. Those
//! that come by a reference out of the document (the fifth to the seventh, and the fourteenth) are tested where files
//! are opened and fetched: in the command's own tests, and beside the fetcher of the client.

mod depth;
mod generation;
mod schemas;
mod size;
mod text;
mod wire;

use std::time::Duration;

use crate::work::Work;

/// What no attack on a document may take longer than.
const TIME: Duration = Duration::from_secs(5);

/// Carries out an attack and holds it to [`TIME`].
fn timed<T>(name: &str, attack: impl FnOnce() -> T) -> T {
    let work = Work::start();
    let outcome = attack();
    let time = work.done();
    assert!(time < TIME, "{name} took {time:?}");
    outcome
}
