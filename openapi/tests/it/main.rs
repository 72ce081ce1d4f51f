//! Integration tests of the contract crate, in one binary.

mod corpus;
