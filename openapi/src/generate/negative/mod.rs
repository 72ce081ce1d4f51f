//! Invalid values, and what each of them breaks.
//!
//! A valid value is drawn and one rule that the document states about one place in it is broken; everything else is
//! kept as it is. The validator then says whether that made it invalid and what is broken now: the [`Constraint`]
//! is its finding, not our intention.

mod breaking;
mod describe;
mod strategy;
mod target;
mod text;

pub use strategy::{BrokenValue, Constraint, negative};

pub(crate) use strategy::Breaker;
