//! How a message breaks the contract.

use std::borrow::Cow;
use std::fmt;

use crate::contract::Location;

/// The part of a message that a violation is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// Path and method: no operation has them.
    Route,
    /// The credentials.
    Security,
    /// A parameter, by location and name.
    Parameter(Location, String),
    /// The `Content-Type` of the body.
    ContentType,
    /// The `Content-Encoding` of the body.
    ContentEncoding,
    /// The `Accept` header: nothing documented satisfies it.
    Accept,
    /// The body.
    Body,
    /// The status of a response.
    Status,
    /// A header of a response, by name.
    Header(String),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route => f.write_str("route"),
            Self::Security => f.write_str("security"),
            Self::Parameter(location, name) => write!(f, "{location}.{name}"),
            Self::ContentType => f.write_str("content-type"),
            Self::ContentEncoding => f.write_str("content-encoding"),
            Self::Accept => f.write_str("accept"),
            Self::Body => f.write_str("body"),
            Self::Status => f.write_str("status"),
            Self::Header(name) => write!(f, "header.{name}"),
        }
    }
}

/// One way in which a message breaks the contract.
///
/// Its `Display` is one line: `body/age: -1 is less than the minimum of 0 [minimum]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The part of the message.
    pub part: Part,
    /// What is broken: a JSON Schema keyword (`minimum`), or one of `missing`, `unreadable`, `too-large`,
    /// `undocumented`, `unauthorized`, `forbidden`, `not-acceptable`.
    pub rule: Cow<'static, str>,
    /// Where in the decoded value, as a JSON Pointer; empty for the whole.
    pub pointer: String,
    /// Where in the document the broken rule stands, as a JSON Pointer, where one does.
    pub document_pointer: Option<String>,
    /// What was found and what was expected.
    pub message: String,
}

impl Violation {
    /// A violation of a whole part.
    pub fn new(part: Part, rule: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            part,
            rule: rule.into(),
            pointer: String::new(),
            document_pointer: None,
            message: message.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: {} [{}]", self.part, self.pointer, self.message, self.rule)
    }
}
