//! XML bodies, by a table of what the document says of them (OpenAPI 3.0.4, section 4.8.26).
//!
//! Reading looks at local names, and at prefixes only where two properties share one. Documents are read as UTF-8, what
//! is declared within them is refused, and elements nest at most [`MAX_DEPTH`] deep.

mod read;
mod tree;
mod write;

use std::fmt::Display;

use progenitor_client::{Error, ResponseValue};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The deepest nesting of elements that is read or written.
const MAX_DEPTH: usize = 128;

/// The types that a value may have, as bits.
pub(crate) mod kinds {
    pub(crate) const NULL: u8 = 1;
    pub(crate) const BOOLEAN: u8 = 2;
    pub(crate) const NUMBER: u8 = 4;
    pub(crate) const STRING: u8 = 8;
    pub(crate) const ARRAY: u8 = 16;
    pub(crate) const OBJECT: u8 = 32;
    pub(crate) const ANY: u8 = 63;
}

/// What a value may be, and what its parts are called. The first row of a table takes anything.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) kinds: u8,
    /// The row of a list's items, and what each is called; without a local part the list's own name.
    pub(crate) item: Option<(usize, Name)>,
    pub(crate) members: &'static [Member],
    /// The row of properties that are not declared.
    pub(crate) others: usize,
}

/// A declared property.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) property: &'static str,
    pub(crate) row: usize,
    pub(crate) role: Role,
    pub(crate) name: Name,
    /// Another name that it is read under.
    pub(crate) other_name: &'static str,
    /// Whether each item is an element of its own.
    pub(crate) is_repeated: bool,
    pub(crate) is_required: bool,
}

/// What a property becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Element,
    Attribute,
    Text,
}

/// The name of an element or attribute; what is empty is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) prefix: &'static str,
    pub(crate) local: &'static str,
    pub(crate) namespace: &'static str,
}

/// A body.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) row: usize,
    pub(crate) name: Name,
    /// The name of its items, where it is a list.
    pub(crate) item: Name,
}

/// A name without a namespace.
pub(crate) const fn name(local: &'static str) -> Name {
    Name { prefix: "", local, namespace: "" }
}

impl Row {
    fn admits(&self, kinds: u8) -> bool {
        self.kinds & kinds != 0
    }

    fn is_any(&self) -> bool {
        self.kinds == kinds::ANY
    }
}

/// Reads a reply.
pub(crate) async fn read<T: DeserializeOwned, E>(
    response: reqwest::Response,
    rows: &'static [Row],
    root: &'static Root,
) -> Result<ResponseValue<T>, Error<E>> {
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.map_err(Error::ResponseBodyError)?;
    match from_bytes(&bytes, rows, root) {
        Ok(value) => Ok(ResponseValue::new(value, status, headers)),
        Err(error) => Err(Error::InvalidResponsePayload(bytes, error)),
    }
}

/// The value of a body.
pub(crate) fn from_bytes<T: DeserializeOwned>(
    bytes: &[u8],
    rows: &'static [Row],
    root: &'static Root,
) -> Result<T, serde_json::Error> {
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
    let value = read::value(&text, rows, root).map_err(not_xml)?;
    serde_json::from_value(value)
}

fn not_xml(message: impl Display) -> serde_json::Error {
    serde::de::Error::custom(format!("not the XML documented: {message}"))
}

/// Writes a body.
pub(crate) fn text<T: Serialize + ?Sized>(
    body: &T,
    rows: &'static [Row],
    root: &'static Root,
) -> Result<String, String> {
    write::text(&super::value_of(body)?, rows, root)
}
