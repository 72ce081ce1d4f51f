//! Whole requests: valid ones, ones with exactly one thing wrong, and the document's own examples.
//!
//! A request is judged after it was encoded and decoded again, since that is what the other side gets to see: a
//! value that its place cannot carry is no valid value there, and a broken one that reads as a valid one is not
//! broken.

mod examples;
mod form;
mod negative;
mod plan;
mod positive;
mod wire;

pub use examples::{NamedRequest, example_requests};
pub use negative::{BrokenRequest, negative_request};
pub use positive::{positive_request, positive_request_in};
