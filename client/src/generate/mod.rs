//! From a document to a client. `build.rs` compiles the same files; here they are for their tests.

mod lower;
mod prose;
