//! Failures written as tests in the language of whoever has to mend them.

mod claim;
mod rust;
mod source;

pub use rust::{ExportError, Exported, to_rust};
