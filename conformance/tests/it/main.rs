//! The suite against running implementations.

mod statuses;
mod typed;
