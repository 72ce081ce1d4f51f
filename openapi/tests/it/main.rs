//! Integration tests of the contract crate, in one binary.
#![expect(clippy::print_stdout, reason = "a test that skips or counts says so")]

mod corpus;
mod generate;
