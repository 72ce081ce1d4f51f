//! Generation, seen from outside.

mod corpus;
mod hostile;
mod negative;
mod positive;
mod repair;
mod request;
mod schemas;
mod shrinking;
