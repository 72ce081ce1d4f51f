//! The suite against running implementations.

mod defects;
mod faithful;
mod running;
mod statuses;
mod typed;
