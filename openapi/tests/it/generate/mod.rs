//! Generation, seen from outside.

mod positive;
mod schemas;
mod shrinking;
