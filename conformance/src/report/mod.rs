//! Reports: what people and machines read of a run. Each is made of events and of nothing else.

mod describe;
mod json;
mod junit;
mod markdown;
mod mask;
mod ndjson;
mod progress;
mod snapshot;
mod tally;
mod terminal;
mod text;

pub use json::{JSON_REPORT_VERSION, to_json};
pub use junit::to_junit;
pub use markdown::to_markdown;
pub use mask::Masked;
pub use ndjson::Ndjson;
pub use progress::Progress;
pub use snapshot::{Snapshot, SnapshotResult, SnapshotState, SnapshotUpdate, Snapshots, StoredSnapshots};
pub use tally::{CheckTally, OperationTally, RunTally, Tally};
pub use terminal::{Colour, Terminal};
pub use text::{one_line, shell_word, visible};

#[cfg(test)]
mod tests;
