//! Which response.
//!
//! For a valid request:
//!
//! | forced | the operation has | answer |
//! |---|---|---|
//! | nothing | some 2xx (`2XX` counts as 200) | the lowest |
//! | nothing | `default` only | 200 with its content |
//! | nothing | neither | the first listed, its own status |
//! | nothing | no responses | none |
//! | N | exact, range or `default`, in that order | N |
//! | N | none | none |
//!
//! For an invalid one, exact statuses before the range they are in, `default` last:
//!
//! | violation | tried | else |
//! |---|---|---|
//! | security | 401, 403, `4XX`, `default` | 401 |
//! | media type of the body | 415, 400, 422, `4XX`, `default` | 415 |
//! | Accept cannot be met | 406, `4XX`, `default` | 406 |
//! | body too large | 413, `4XX`, `default` | 413 |
//! | anything else | 400, 422, `4XX`, `default` | 400 |
//!
//! A range or `default` that stands in is sent with the first status tried.

use counterfoil_openapi::{Part, Responses, StatusPattern, Violation};
use http::StatusCode;

/// A response of an operation, chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// The status to send.
    pub(crate) status: StatusCode,
    /// Its place among the operation's responses.
    pub(crate) response: usize,
    /// Why it was chosen.
    pub(crate) why: &'static str,
}

impl Choice {
    /// The choice as a line of the trail.
    pub(crate) fn line(self) -> String {
        format!("status {}: {}", self.status.as_u16(), self.why)
    }
}

/// What is wrong with a request, as far as the choice of a response goes; the order is the order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// The credentials.
    Security,
    /// The media type of the body.
    MediaType,
    /// The body is over the limit.
    TooLarge,
    /// Parameters or body.
    Request,
    /// Nothing documented satisfies `Accept`.
    Accept,
}

impl Wrong {
    /// What several violations amount to; nothing where there is none.
    pub(crate) fn of(violations: &[Violation]) -> Option<Self> {
        let class = |violation: &Violation| match violation.part {
            Part::Security => Self::Security,
            Part::ContentType | Part::ContentEncoding => Self::MediaType,
            Part::Accept => Self::Accept,
            _ if violation.rule == "too-large" => Self::TooLarge,
            _ => Self::Request,
        };
        violations.iter().map(class).min()
    }

    /// The statuses tried, the first of which a problem is sent with.
    fn statuses(self) -> &'static [u16] {
        match self {
            Self::Security => &[401, 403],
            Self::MediaType => &[415, 400, 422],
            Self::Accept => &[406],
            Self::TooLarge => &[413],
            Self::Request => &[400, 422],
        }
    }

    /// The status of the problem where the operation documents nothing that fits.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Security => StatusCode::UNAUTHORIZED,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Accept => StatusCode::NOT_ACCEPTABLE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Request => StatusCode::BAD_REQUEST,
        }
    }

    fn why(self) -> &'static str {
        match self {
            Self::Security => "documented for requests without good credentials",
            Self::MediaType => "documented for bodies of an undocumented media type",
            Self::Accept => "documented for `Accept` headers that cannot be met",
            Self::TooLarge => "documented for bodies that are too large",
            Self::Request => "documented for invalid requests",
        }
    }
}

/// The response to a valid request that nothing forces.
pub(crate) fn valid(responses: &Responses) -> Option<Choice> {
    let successes = positions(responses).filter_map(|(response, pattern)| match pattern {
        StatusPattern::Exact(code) if (200..=299).contains(&code) => Some((code, 0, response)),
        // An exact 200 comes before the range that counts as 200.
        StatusPattern::Range(2) => Some((200, 1, response)),
        _ => None,
    });
    if let Some((code, _, response)) = successes.min() {
        return choice(code, response, "the lowest documented 2xx");
    }
    if let Some(response) = position(responses, StatusPattern::Default) {
        return choice(200, response, "no 2xx is documented, `default` is");
    }
    // An informational status comes before a response and cannot be one.
    positions(responses)
        .filter_map(|(response, pattern)| Some((own_status(pattern)?, response)))
        .find(|(code, _)| *code >= 200)
        .and_then(|(code, response)| choice(code, response, "the first documented, for want of a 2xx"))
}

/// The response that documents a status somebody asks for.
pub(crate) fn forced(responses: &Responses, status: StatusCode, why: &'static str) -> Option<Choice> {
    let response = position(responses, responses.documenting(status)?.status)?;
    Some(Choice { status, response, why })
}

/// The response to an invalid request.
pub(crate) fn invalid(responses: &Responses, wrong: Wrong) -> Option<Choice> {
    let exact = wrong
        .statuses()
        .iter()
        .find_map(|code| choice(*code, position(responses, StatusPattern::Exact(*code))?, wrong.why()));
    exact.or_else(|| {
        [StatusPattern::Range(4), StatusPattern::Default]
            .into_iter()
            .find_map(|pattern| choice(wrong.status().as_u16(), position(responses, pattern)?, wrong.why()))
    })
}

/// The response that has an example of a name: the one a valid request gets where it has it, else the first.
pub(crate) fn with_example(responses: &Responses, name: &str) -> Option<Choice> {
    const WHY: &str = "it has the example asked for";
    let has = |response: usize| {
        let mut examples = responses.0[response].content.iter().flat_map(|media| &media.examples);
        examples.any(|example| example.name.as_deref() == Some(name))
    };
    if let Some(usual) = valid(responses).filter(|usual| has(usual.response)) {
        return Some(Choice { why: WHY, ..usual });
    }
    let (response, pattern) = positions(responses).find(|(response, _)| has(*response))?;
    choice(own_status(pattern).unwrap_or(200), response, WHY)
}

fn positions(responses: &Responses) -> impl Iterator<Item = (usize, StatusPattern)> + '_ {
    responses.iter().map(|response| response.status).enumerate()
}

fn position(responses: &Responses, pattern: StatusPattern) -> Option<usize> {
    positions(responses).find(|(_, known)| *known == pattern).map(|(response, _)| response)
}

/// The status of a response by itself; `default` has none.
fn own_status(pattern: StatusPattern) -> Option<u16> {
    match pattern {
        StatusPattern::Exact(code) => Some(code),
        StatusPattern::Range(digit) => Some(u16::from(digit) * 100),
        StatusPattern::Default => None,
    }
}

fn choice(code: u16, response: usize, why: &'static str) -> Option<Choice> {
    Some(Choice { status: StatusCode::from_u16(code).ok()?, response, why })
}
