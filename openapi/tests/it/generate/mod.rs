//! Generation, seen from outside.

mod corpus;
mod hostile;
mod negative;
mod positive;
mod realistic;
mod repair;
mod request;
pub(crate) mod schemas;
mod shrinking;
