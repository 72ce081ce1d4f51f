//! Generation, seen from outside.

mod corpus;
mod negative;
mod positive;
mod request;
mod schemas;
mod shrinking;
