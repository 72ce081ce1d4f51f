//! Values made from schemas: valid ones, and invalid ones that say what they break.
//!
//! Everything is a proptest strategy, so that what a strategy drew can be shrunk, and every draw comes from a
//! [`Seed`] and nothing else. What is drawn has been put to the validator: [`positive`] yields valid values only,
//! [`negative`] invalid ones only. A schema that admits nothing is a [`NoInstance`], and no schema makes
//! generation hang or take memory without bound.

mod body;
mod canonical;
mod draw;
mod generator;
mod grammar;
mod negative;
mod no_instance;
mod positive;
mod realistic;
mod repair;
mod request;
mod seed;
mod shrink;
mod sketch;
mod text;
mod variety;

pub use body::{PositiveBody, positive_body};
pub use negative::{BrokenValue, Constraint, negative};
pub use no_instance::NoInstance;
pub use positive::{minimal, positive, positive_in};
pub use repair::{Change, Remedy, Repaired, repair};
pub use request::{
    BrokenRequest, NamedRequest, example_requests, negative_request, positive_request, positive_request_in,
};
pub use seed::{Seed, runner, sample};
pub use sketch::sketch;
pub use variety::Variety;

pub(crate) use generator::{Generator, is_endless};
pub(crate) use grammar::Grammar;
