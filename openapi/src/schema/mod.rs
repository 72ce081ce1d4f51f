//! Schemas: lowered to JSON Schema 2020-12 and compiled once, on first use.

mod compile;
mod format;
mod lower;

pub use compile::{Direction, Schema, SchemaViolation};
