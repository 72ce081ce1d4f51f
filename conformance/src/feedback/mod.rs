//! What refusals teach: which fields they name, and how requests are made that are not refused again.

mod lessons;
mod refusal;

pub(crate) use lessons::{Lessons, field_names};
pub(crate) use refusal::fields;
