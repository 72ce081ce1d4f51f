//! Targets that mean harm, or do harm without meaning to: the run ends within its time, with the right verdict.

mod attacks;
mod manners;
mod server;
mod streams;
mod turns;

pub(crate) use server::{Hostile, Piece};
