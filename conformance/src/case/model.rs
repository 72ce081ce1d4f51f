//! What a case is.

use std::sync::Arc;

use counterfoil_openapi::Operation;
use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::generate::Seed;
use http::Method;

use super::Sent;
use crate::event::{Mode, Phase};
use crate::resource::Subject;

/// What a case is meant to find out.
///
/// It is only a purpose: what was sent decides whether a check may blame anybody, see [`crate::Observation`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Intent {
    /// Whether valid data are accepted.
    Positive,
    /// Whether an example that the document itself gives is accepted.
    Example,
    /// Whether data with one constraint broken are refused.
    Negative,
    /// Something other than data.
    Probe(Probe),
}

/// A request that differs from a valid one in something other than its data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Probe {
    /// A method that the path does not have.
    UndeclaredMethod {
        /// The method sent.
        method: Method,
        /// The methods the path has.
        declared: Vec<Method>,
    },
    /// Without the credentials that the operation asks for.
    NoCredentials,
    /// With a wrong credential in the place of one that was given.
    InvalidCredential {
        /// The name of the security scheme.
        scheme: String,
    },
    /// With an empty credential in the place of one that was given.
    EmptyCredential {
        /// The name of the security scheme.
        scheme: String,
    },
    /// With a bearer token that nobody issued in the place of a credential of another HTTP scheme.
    OtherScheme {
        /// The name of the security scheme.
        scheme: String,
    },
    /// With HTTP Basic, of a user that nobody knows, in the place of a bearer token.
    BasicForBearer {
        /// The name of the security scheme.
        scheme: String,
    },
    /// With the credentials of another identity.
    OtherIdentity,
    /// As it was sent before, to the letter.
    Again,
    /// With properties of the body that only the server sets.
    ReadOnly,
    /// Without a header that the document requires.
    MissingHeader {
        /// The header's name.
        name: String,
    },
    /// With a query parameter of one value given twice.
    RepeatedQuery {
        /// The parameter's name.
        name: String,
    },
    /// With a query parameter that the document does not have; the server may refuse it or not, in any way.
    UnknownQuery,
    /// With something that is rarely sent; the server may refuse it or not, in any way.
    Unusual {
        /// What that is.
        what: String,
    },
    /// With an `Accept` of one media type that a documented response has.
    Accept {
        /// The media type.
        media_type: String,
    },
    /// With an `Accept` of a media type that no documented response has; the server may refuse it or not, in any way.
    UnknownAccept {
        /// The media type.
        media_type: String,
    },
    /// With an `If-None-Match` of a tag that nothing has.
    UnknownTag,
    /// With an `If-None-Match` of the tag that was just read.
    KnownTag {
        /// The tag.
        tag: String,
    },
    /// With an `If-Match` of a tag that nothing has.
    Stale,
    /// A HEAD between two GETs of the same.
    BesideGet,
    /// A GET of where the `Location` of what was made leads.
    Location,
}

impl Probe {
    /// What is wrong with the request, in a line.
    pub fn describe(&self) -> String {
        match self {
            Self::UndeclaredMethod { method, .. } => format!("method {method} is not declared for the path"),
            Self::NoCredentials => "sent without credentials".to_owned(),
            Self::InvalidCredential { scheme } => format!("sent with an invalid credential for `{scheme}`"),
            Self::EmptyCredential { scheme } => format!("sent with an empty credential for `{scheme}`"),
            Self::OtherScheme { scheme } => format!("sent with a bearer token in the place of `{scheme}`"),
            Self::BasicForBearer { scheme } => {
                format!("sent with a Basic credential in the place of `{scheme}`")
            }
            Self::OtherIdentity => "sent with the credentials of another identity".to_owned(),
            Self::Again => "sent a second time".to_owned(),
            Self::ReadOnly => "sent with properties that are read-only".to_owned(),
            Self::MissingHeader { name } => format!("sent without the required header `{name}`"),
            Self::RepeatedQuery { name } => {
                format!("sent with the query parameter `{name}` twice, of which the document has one value")
            }
            Self::UnknownQuery => "sent with a query parameter that the document does not have".to_owned(),
            Self::Unusual { what } => format!("sent with {what}"),
            Self::Accept { media_type } => format!("asks for `{media_type}`, which the document has"),
            Self::UnknownAccept { media_type } => {
                format!("asks for `{media_type}`, which the document does not have")
            }
            Self::UnknownTag => "asks for it unless it has a tag that nothing has".to_owned(),
            Self::KnownTag { .. } => "asks for it unless it has the tag that it just had".to_owned(),
            Self::BesideGet => "asks for the head of what GET is asked for before and after it".to_owned(),
            Self::Location => "asks for it where the Location of its making says that it is".to_owned(),
            Self::Stale => "changes it only if it has a tag that nothing has".to_owned(),
        }
    }
}

impl Intent {
    /// The mode that events give a case of this intent.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Positive | Self::Example => Mode::Positive,
            Self::Negative | Self::Probe(_) => Mode::Negative,
        }
    }

    /// The probe, where it is one.
    pub fn probe(&self) -> Option<&Probe> {
        match self {
            Self::Probe(probe) => Some(probe),
            _ => None,
        }
    }
}

/// Where the values of a case come from.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// From the document, or made without chance.
    Fixed,
    /// Drawn; the same seed draws them again.
    Drawn(Seed),
}

/// One request to make.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// Operation, phase and number.
    pub(crate) id: String,
    pub(crate) operation: Arc<Operation>,
    /// The operation's place in the plan.
    pub(crate) index: usize,
    pub(crate) phase: Phase,
    pub(crate) intent: Intent,
    pub(crate) origin: Origin,
    /// The values before they were encoded and signed.
    pub(crate) values: RequestValues,
    /// The resource that its path names, where one is known.
    pub(crate) subject: Option<Subject>,
    pub(crate) sent: Sent,
}

impl Case {
    /// The id of the case with a number, of an operation, in a phase.
    pub(crate) fn id_of(operation: &Operation, phase: Phase, number: u64) -> String {
        format!("{}/{}/{number}", operation.id(), phase.as_str())
    }

    /// What is wrong with the request on purpose, read from the request itself.
    pub(crate) fn broken(&self) -> Option<String> {
        match &self.intent {
            Intent::Probe(probe) => Some(probe.describe()),
            Intent::Negative => self.sent.data_violations().next().map(ToString::to_string),
            Intent::Positive | Intent::Example => None,
        }
    }
}
