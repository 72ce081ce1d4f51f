//! What it takes to send a failure again, as events and case files hold it.

use serde::{Deserialize, Serialize};

use super::Template;
use crate::case::{Intent, Probe};
use crate::check::Expectation;

/// What it takes to send a failure again: every request that leads to it, the failing one last.
///
/// No secret is in it: those are named, and filled in when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// The requests, in the order in which they are sent; the last one is judged.
    pub steps: Vec<RecipeStep>,
    /// In which other ways the same check failed in the same exchange: each is a failure of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
}

/// One request of a [`Recipe`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipeStep {
    /// The operation's id.
    pub operation: String,
    /// What the request is meant to find out.
    pub purpose: Purpose,
    /// What is sent.
    pub request: RecipeRequest,
    /// What the steps before it promise of its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expectation: Option<Expectation>,
    /// The status it was answered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<u16>,
}

/// A request in wire form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipeRequest {
    /// The method.
    pub method: String,
    /// Path and query, percent-encoded, without the path of the base URL.
    pub target: Template,
    /// The header fields, without those that say where the message ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, Template)>,
    /// The body, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<RecipeBody>,
}

/// A body in wire form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipeBody {
    /// Text in UTF-8.
    Text(Template),
    /// Bytes that are no text, two hexadecimal digits each.
    Hex(String),
}

/// What a request is meant to find out; see [`Intent`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Purpose {
    /// Whether valid data are accepted.
    Positive,
    /// Whether an example that the document itself gives is accepted.
    Example,
    /// Whether data with one constraint broken are refused.
    Negative,
    /// What a method does that the path does not have.
    UndeclaredMethod {
        /// The methods the path has.
        declared: Vec<String>,
    },
    /// Whether it is answered without credentials.
    NoCredentials,
    /// Whether a wrong credential is refused.
    InvalidCredential {
        /// The name of the security scheme.
        scheme: String,
    },
    /// Whether an empty credential is refused.
    EmptyCredential {
        /// The name of the security scheme.
        scheme: String,
    },
    /// Whether a bearer token is refused where another HTTP scheme is asked for.
    OtherScheme {
        /// The name of the security scheme.
        scheme: String,
    },
    /// Whether Basic is refused where a bearer token is asked for.
    BasicForBearer {
        /// The name of the security scheme.
        scheme: String,
    },
    /// What another identity gets to see.
    OtherIdentity,
    /// As it was sent before, to the letter.
    Again,
    /// Whether properties that only the server sets are kept as they are sent.
    ReadOnly,
    /// Whether a required header may be left out.
    MissingHeader {
        /// The header's name.
        name: String,
    },
    /// Whether a query parameter of one value may be given twice.
    RepeatedQuery {
        /// The parameter's name.
        name: String,
    },
    /// Whether a query parameter that the document does not have does any harm.
    UnknownQuery,
    /// Whether something that is rarely sent does any harm.
    Unusual {
        /// What that is.
        what: String,
    },
    /// What comes of asking for a media type that a documented response has.
    Accept {
        /// The media type.
        media_type: String,
    },
    /// Whether asking for a media type that no documented response has does any harm.
    UnknownAccept {
        /// The media type.
        media_type: String,
    },
    /// Whether it is told apart from what has a tag that nothing has.
    UnknownTag,
    /// Whether it is told not to have changed.
    KnownTag,
    /// Whether it is changed though it has another tag.
    Stale,
    /// Whether HEAD is answered as GET is.
    BesideGet,
    /// Whether it is where the `Location` of its making says that it is.
    Location,
}

impl Purpose {
    pub(super) fn of(intent: &Intent) -> Self {
        match intent {
            Intent::Positive => Self::Positive,
            Intent::Example => Self::Example,
            Intent::Negative => Self::Negative,
            Intent::Probe(Probe::UndeclaredMethod { declared, .. }) => {
                Self::UndeclaredMethod { declared: declared.iter().map(ToString::to_string).collect() }
            }
            Intent::Probe(Probe::NoCredentials) => Self::NoCredentials,
            Intent::Probe(Probe::InvalidCredential { scheme }) => {
                Self::InvalidCredential { scheme: scheme.clone() }
            }
            Intent::Probe(Probe::EmptyCredential { scheme }) => {
                Self::EmptyCredential { scheme: scheme.clone() }
            }
            Intent::Probe(Probe::OtherScheme { scheme }) => Self::OtherScheme { scheme: scheme.clone() },
            Intent::Probe(Probe::BasicForBearer { scheme }) => {
                Self::BasicForBearer { scheme: scheme.clone() }
            }
            Intent::Probe(Probe::OtherIdentity) => Self::OtherIdentity,
            Intent::Probe(Probe::Again) => Self::Again,
            Intent::Probe(Probe::ReadOnly) => Self::ReadOnly,
            Intent::Probe(Probe::MissingHeader { name }) => Self::MissingHeader { name: name.clone() },
            Intent::Probe(Probe::RepeatedQuery { name }) => Self::RepeatedQuery { name: name.clone() },
            Intent::Probe(Probe::UnknownQuery) => Self::UnknownQuery,
            Intent::Probe(Probe::Unusual { what }) => Self::Unusual { what: what.clone() },
            Intent::Probe(Probe::Accept { media_type }) => Self::Accept { media_type: media_type.clone() },
            Intent::Probe(Probe::UnknownAccept { media_type }) => {
                Self::UnknownAccept { media_type: media_type.clone() }
            }
            Intent::Probe(Probe::UnknownTag) => Self::UnknownTag,
            Intent::Probe(Probe::KnownTag { .. }) => Self::KnownTag,
            Intent::Probe(Probe::Stale) => Self::Stale,
            Intent::Probe(Probe::BesideGet) => Self::BesideGet,
            Intent::Probe(Probe::Location) => Self::Location,
        }
    }
}
