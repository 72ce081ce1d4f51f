//! Schemas: lowered to JSON Schema 2020-12 and compiled once, on first use.

mod compile;
mod definition;
mod depth;
mod discriminator;
mod explain;
mod format;
mod lower;
mod members;
mod pattern;
mod secret;
mod shape;
mod types;
mod whole;

pub use compile::{Direction, Schema, SchemaViolation};
pub(crate) use definition::{Definitions, linked_validator};
pub(crate) use depth::in_place;
pub(crate) use explain::{Secrecy, locate};
pub(crate) use lower::{Discriminators, LINK, Linked, drawn};
pub(crate) use pattern::{Pattern, Undecided};
pub(crate) use shape::{Held, Shape};
pub(crate) use types::Types;
pub(crate) use whole::validator;
