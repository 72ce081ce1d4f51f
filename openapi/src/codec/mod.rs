//! Values to text and back: one style or media type a file, both directions.
//!
//! What the stub reads with and the conformance suite writes with is the same code, so that the two cannot drift:
//! decoding undoes encoding, and what a notation cannot express is an [`EncodeError`], never a different value.

mod binary;
mod body;
mod charset;
mod content;
mod content_coding;
mod cookie;
mod error;
mod escape;
mod example;
mod extent;
mod form;
mod header;
mod json;
pub mod media;
mod multipart;
mod parameter;
mod query;
mod request;
mod scalar;
mod stream;
mod style;
mod text;
mod values;
mod written;
mod xml;
mod yaml;

pub use body::{content_type, decode_body, encode_body};
pub(crate) use content_coding::uncoded;
pub use content_coding::{
    CodingError, FREE_BYTES, KNOWN_CODINGS, MAX_CODINGS, MAX_DECODED_BYTES, MAX_RATIO, undo_codings,
};
pub use error::EncodeError;
use error::Loss;
pub use example::{example_payload, payload_value, written_payload};
pub use header::{decode_header, encode_header, encode_header_fields};
pub use request::encode_request;
pub use stream::ItemScan;
pub use values::{BodyValue, Payload, RequestValues};
pub use written::written_value;
pub use xml::{XmlKinds, XmlMember, XmlName, XmlRole, XmlRoot, XmlRow, XmlTable};

pub(crate) use body::{reads_as_written, settle};
pub(crate) use cookie::Cookies;
pub(crate) use extent::{holds_more, most_values};
pub(crate) use header::value_schema as header_schema;
pub(crate) use multipart::{Part as MultipartPart, Parts};
pub(crate) use parameter::{
    decode_cookie, decode_path, decode_query, decode_query_string, decode_request_header,
};
pub(crate) use query::QueryPairs;
