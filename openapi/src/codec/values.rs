//! The decoded parts of a request.

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::Value;

/// A decoded body.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Payload {
    /// A value, as the body's schema speaks of it.
    Value(Value),
    /// The bytes themselves: where no codec reads the media type, or where they are to be sent as they are.
    Bytes(Bytes),
}

impl Payload {
    /// The value, where there is one.
    pub fn as_value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            Self::Bytes(_) => None,
        }
    }
}

/// A body and its media type.
#[derive(Debug, Clone, PartialEq)]
pub struct BodyValue {
    /// The media type as sent or to be sent, for example `application/json`.
    pub media_type: String,
    /// What the body holds.
    pub payload: Payload,
}

/// The decoded values of a request, by parameter name as documented.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestValues {
    /// Path variables.
    pub path: IndexMap<String, Value>,
    /// Query parameters, and the one that is the whole query string.
    pub query: IndexMap<String, Value>,
    /// Header parameters.
    pub header: IndexMap<String, Value>,
    /// Cookies.
    pub cookie: IndexMap<String, Value>,
    /// The body, where there is one.
    pub body: Option<BodyValue>,
}
