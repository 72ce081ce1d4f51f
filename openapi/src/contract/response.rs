//! Responses and Response Objects (OpenAPI 3.0.3, sections 4.7.16 and 4.7.17).

use std::fmt;
use std::sync::Arc;

use http::StatusCode;

use super::{Content, Header, header, media_type};
use crate::document::{Document, Place, Pointer};

/// The key of a response: a status, a range of a hundred, or all the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusPattern {
    /// One status code, 100 to 999.
    Exact(u16),
    /// `1XX` to `5XX`, by its first digit.
    Range(u8),
    /// `default`.
    Default,
}

impl StatusPattern {
    pub(crate) fn of(key: &str) -> Option<Self> {
        let key = key.trim();
        if key.eq_ignore_ascii_case("default") {
            return Some(Self::Default);
        }
        if let Ok(code) = key.parse::<u16>() {
            return (100..=999).contains(&code).then_some(Self::Exact(code));
        }
        let (digit, rest) = key.split_at_checked(1)?;
        let digit = digit.parse::<u8>().ok().filter(|digit| (1..=5).contains(digit))?;
        rest.eq_ignore_ascii_case("xx").then_some(Self::Range(digit))
    }

    /// Whether a concrete status falls under it.
    pub fn covers(self, status: StatusCode) -> bool {
        match self {
            Self::Exact(code) => code == status.as_u16(),
            Self::Range(digit) => u16::from(digit) == status.as_u16() / 100,
            Self::Default => true,
        }
    }
}

impl std::str::FromStr for StatusPattern {
    type Err = NoStatus;

    /// Reads a key of a Responses Object.
    fn from_str(key: &str) -> Result<Self, NoStatus> {
        Self::of(key).ok_or(NoStatus)
    }
}

/// A text that is no status, no range of statuses and not `default`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoStatus;

impl fmt::Display for NoStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no status, no range of statuses such as `4XX`, and not `default`")
    }
}

impl std::error::Error for NoStatus {}

impl fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(code) => write!(f, "{code}"),
            Self::Range(digit) => write!(f, "{digit}XX"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One documented response.
#[derive(Debug, Clone)]
pub struct Response {
    /// Its key.
    pub status: StatusPattern,
    /// What it means, in the document's words.
    pub description: String,
    /// Its headers, in document order.
    pub headers: Vec<Header>,
    /// What its body may hold; empty where no body is documented.
    pub content: Content,
    /// Where it stands in the document.
    pub pointer: Pointer,
}

/// The responses of an operation, in document order.
#[derive(Debug, Clone, Default)]
pub struct Responses(pub Vec<Response>);

impl Responses {
    /// The responses in document order.
    pub fn iter(&self) -> impl Iterator<Item = &Response> {
        self.0.iter()
    }

    /// Whether none is documented.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The response with this very key.
    pub fn get(&self, pattern: StatusPattern) -> Option<&Response> {
        self.0.iter().find(|response| response.status == pattern)
    }

    /// The response that documents a status: exact before range before `default`.
    pub fn documenting(&self, status: StatusCode) -> Option<&Response> {
        self.specific(status).or_else(|| self.get(StatusPattern::Default))
    }

    /// The response that documents a status by its code or its range, `default` aside.
    pub fn specific(&self, status: StatusCode) -> Option<&Response> {
        let code = status.as_u16();
        self.get(StatusPattern::Exact(code))
            .or_else(|| self.get(StatusPattern::Range(u8::try_from(code / 100).unwrap_or(0))))
    }
}

pub(crate) fn read(document: &Arc<Document>, owner: &Place<'_>) -> Responses {
    let Some(responses) = owner.get("responses") else { return Responses::default() };
    Responses(
        responses
            .members()
            .filter_map(|(key, place)| {
                let status = StatusPattern::of(key)?;
                let object = place.follow(document).ok()?;
                Some(Response {
                    status,
                    description: object.text("description").unwrap_or_default().to_owned(),
                    headers: header::read(document, &object),
                    content: media_type::read_content(document, &object),
                    pointer: object.pointer,
                })
            })
            .collect(),
    )
}
