//! The model: one type an object of the OpenAPI Specification, read from the document when first asked for.

mod callback;
mod encoding;
mod example;
mod header;
mod link;
mod listing;
mod load;
mod media_type;
mod names;
mod operation;
mod parameter;
mod response;
mod security;
mod server;
mod stream;
mod swagger;

pub use callback::Callback;
pub use encoding::{Encoding, Encodings};
pub use example::Example;
pub use header::Header;
pub use link::{Link, LinkTarget};
pub use listing::{Bound, ListParameter, folded, is_total};
pub use load::Contract;
pub use media_type::{Content, MediaType, RequestBody};
pub use operation::{Operation, OperationId};
pub(crate) use parameter::is_transport_header;
pub use parameter::{Location, Parameter, Style};
pub use response::{NoStatus, Response, Responses, StatusPattern};
pub use security::{ApiKeyLocation, SecurityRequirement, SecurityScheme, SecuritySchemeKind};
pub use server::Server;
