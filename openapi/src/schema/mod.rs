//! Schemas: lowered to JSON Schema 2020-12 and compiled once, on first use.

mod compile;
mod explain;
mod format;
mod lower;
mod shape;

pub use compile::{Direction, Schema, SchemaViolation};
pub(crate) use compile::validator;
pub(crate) use explain::Secrecy;
pub(crate) use shape::{Shape, Types};
