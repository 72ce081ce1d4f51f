//! Recording: what an upstream answered, written as a script that answers the same.
//!
//! | part | what it does |
//! |---|---|
//! | `call` | one exchange, with its secrets hidden, as far as a script can say it |
//! | `rules` | the exchanges of one operation as rules |
//! | `text` | rules as the text of a script |
//! | `tape` | keeps the exchanges, up to a limit, and makes the script |
//! | `recorder` | keeps a file up to date (`--record`) |
//! | `recordings` | what is recorded for the control API |
//!
//! - Calls that ask the same are one rule: one reply where it was always the same, a sequence where it changed.
//! - Path parameters are always part of a rule's `when`; of the query, the body and the headers only what tells calls
//!   with different replies apart.
//! - What cannot be said in a script is not recorded, and counted at the top of the file: bodies that are no text,
//!   streams of events, replies to conditional and partial requests, and what no operation documents.
//! - A JSON body is played back without the white space it had, and one that came in a content coding without that.

mod call;
mod recorder;
mod recordings;
mod rules;
mod tape;
mod text;

use std::sync::Arc;
use std::time::Instant;

use crate::redact::Secrets;
use crate::state::State;

pub(crate) use call::Exchange;
pub(crate) use recorder::Recorder;
pub use recordings::MAX_RECORDINGS;
pub(crate) use recordings::{Recording, Recordings};
pub(crate) use tape::Tape;
pub use tape::{MAX_RECORDED_BYTES, MAX_RECORDED_REPLIES};

/// What takes exchanges with an upstream.
pub(crate) trait Sink {
    /// Records an exchange.
    fn record(&self, exchange: &Exchange<'_>, secrets: &Secrets);

    /// Counts an exchange whose body was passed on as it came.
    fn skip_streamed(&self);

    /// Counts an exchange that no operation documents.
    fn skip_undocumented(&self);
}

/// Keeps the file of a recording up to date until the stub is stopped.
pub(crate) fn keep(state: &Arc<State>) {
    if state.forwarder.recorder().is_none() {
        return;
    }
    let state = Arc::clone(state);
    tokio::spawn(async move {
        let mut pause = recorder::INTERVAL;
        loop {
            let is_over = tokio::select! {
                () = tokio::time::sleep(pause) => false,
                () = state.stopped() => true,
            };
            let start = Instant::now();
            save(&state).await;
            // A large recording takes its time, and is not to take all of it.
            pause = recorder::INTERVAL.max(start.elapsed() * 10);
            if is_over {
                return;
            }
        }
    });
}

/// Brings the file of a recording up to date, where there is one.
pub(crate) async fn save(state: &Arc<State>) {
    let shared = Arc::clone(state);
    let saving = tokio::task::spawn_blocking(move || {
        let Some(recorder) = shared.forwarder.recorder() else { return };
        if let Err(error) = recorder.save(&shared.edition().contracts) {
            tracing::warn!(file = %recorder.path().display(), %error, "the recording cannot be written");
        }
    });
    // It only fails where it panicked, or the runtime is going: the file is the last good one then.
    let _ = saving.await;
}
