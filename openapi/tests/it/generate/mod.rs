//! Generation, seen from outside.

mod negative;
mod positive;
mod request;
mod schemas;
mod shrinking;
