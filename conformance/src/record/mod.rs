//! The record of a run: its events in a file, from which every report can be made again.
//!
//! A record is the event stream as NDJSON, one event a line, between a line that says what it is and one that says that
//! it is whole; compressed with Zstandard (RFC 8878) in frames that can each be read alone, so that what was written
//! before a cut can be read. Secrets are hidden before an event is made, so a record holds none.
//!
//! Whoever reads a record trusts nothing of it: see [`RecordReader`] for the limits.

mod error;
mod merge;
mod read;
mod write;

pub use error::RecordError;
pub use merge::{Merged, merge};
pub use read::{MAX_LINE, MAX_TEXT, MAX_WINDOW, RecordReader};
pub use write::RecordWriter;

use serde::{Deserialize, Serialize};

/// The version of the record's frame: its first and last line. Events have [`crate::EVENT_VERSION`].
pub const RECORD_VERSION: u32 = 1;

/// A line of a record that is no event.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
enum Mark {
    /// The first line.
    Begin {
        /// [`RECORD_VERSION`].
        version: u32,
    },
    /// The last line.
    End {
        /// How many events stand before it.
        events: u64,
    },
}

#[cfg(test)]
mod tests;
