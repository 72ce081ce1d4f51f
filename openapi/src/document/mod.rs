//! The document: text read leniently into a value tree that knows where each node stands.

mod address;
mod decode;
mod dynamic;
mod files;
mod finding;
mod gather;
mod json;
mod load;
mod mend;
mod names;
mod node;
mod places;
mod plain;
mod pointer;
mod reference;
mod refusal;
mod settle;
mod version;
mod walk;
mod yaml;

pub use files::{FileError, Files, Folder, NoFiles};
pub use finding::{Finding, Severity};
pub use gather::{MAX_FILES, MAX_GATHERED_BYTES};
pub(crate) use load::read_yaml;
pub use load::{Document, LoadError, MAX_ALIASED_NODES, MAX_BYTES, MAX_DEPTH, MAX_NODES};
pub use node::Position;
pub use pointer::Pointer;
pub(crate) use pointer::step;
pub(crate) use reference::{Place, resolve};
pub use version::Version;
