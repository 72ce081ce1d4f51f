//! Generation, seen from outside.

mod corpus;
mod hostile;
mod negative;
mod positive;
mod request;
mod schemas;
mod shrinking;
