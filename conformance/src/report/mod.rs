//! Reports: what people and machines read of a run. Each is made of events and of nothing else.

mod covered;
mod ctrf;
mod describe;
mod github;
mod har;
mod html;
mod json;
mod junit;
mod markdown;
mod mask;
mod ndjson;
mod progress;
mod sarif;
mod snapshot;
mod tally;
mod terminal;
mod text;

pub use ctrf::to_ctrf;
pub use github::{to_github, workflow_command};
pub use har::Har;
pub use html::to_html;
pub use json::{JSON_REPORT_VERSION, to_json};
pub use junit::to_junit;
pub use markdown::to_markdown;
pub use mask::Masked;
pub use ndjson::Ndjson;
pub use progress::Progress;
pub use sarif::{SARIF_SCHEMA, document_uri, to_sarif};
pub(crate) use snapshot::plain_name;
pub use snapshot::{
    Drift, DriftClass, PendingSnapshot, Snapshot, SnapshotResult, SnapshotState, SnapshotUpdate, Snapshots,
    StoredSnapshots, drift, drift_class,
};
pub use tally::{CheckTally, OperationTally, RunTally, Tally};
pub use terminal::{Colour, Terminal};
pub use text::{one_line, shell_word, visible};

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod formats;
#[cfg(test)]
pub(crate) mod tests;
