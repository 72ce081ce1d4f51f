//! The suite against running implementations.

mod typed;
