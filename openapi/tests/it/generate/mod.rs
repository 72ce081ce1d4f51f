//! Generation, seen from outside.

mod positive;
mod request;
mod schemas;
mod shrinking;
