//! The contract: an OpenAPI document read leniently, modelled, and used in both directions.
//!
//! [`Contract::load`] reads a document; its [`Operation`]s say what a request and its responses may be;
//! [`Router`] finds the operation of a request; the codecs write and read messages; [`validate`] holds a message
//! to its operation; [`generate`] makes values. Both halves of Counterfoil, the stub and the conformance suite,
//! stand on this one crate, so that they cannot drift apart.
//!
//! It opens no socket and reads no clock, environment or ambient randomness: bytes and seeds come in as arguments,
//! and files only through [`Files`], for what a document refers to. It decides no policy: what to reply is the stub's affair, what to test is the suite's.

mod bundled;
mod check;
pub mod codec;
mod contract;
mod document;
mod expression;
pub mod generate;
mod message;
mod route;
mod schema;
pub mod validate;
mod violation;
mod zone;

pub use bundled::{Bundled, bundled};
pub use check::{Rule, rules};
pub use contract::{
    ApiKeyLocation, Bound, Callback, Content, Contract, Encoding, Encodings, Example, Header, Link,
    LinkTarget, ListParameter, Location, MediaType, NoStatus, Operation, OperationId, Parameter, RequestBody,
    Response as ResponseObject, Responses, SecurityRequirement, SecurityScheme, SecuritySchemeKind, Server,
    StatusPattern, Style, folded, is_total,
};
pub use document::{
    Document, FileError, Files, Finding, Folder, LoadError, MAX_ALIASED_NODES, MAX_BYTES, MAX_DEPTH,
    MAX_FILES, MAX_GATHERED_BYTES, MAX_NODES, NoFiles, Pointer, Position, Severity, Version,
};
pub use expression::{Occasion, evaluate, expand};
pub use message::{Exchange, Request, Response};
pub use route::{BasePaths, Mount, MountError, PathTemplate, Route, RouteMatch, Router, Shadowed};
pub use schema::{Direction, Schema, SchemaViolation};
pub use violation::{Part, Violation};
pub use zone::Zone;
