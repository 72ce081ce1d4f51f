//! What a check judges: what was meant, what was sent, what came of it.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;

use counterfoil_openapi::validate::{self, Reading, ResponseReading};
use counterfoil_openapi::{Operation, Part, Request, Response, StatusPattern, Violation};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::Check as _;
use super::ensure_resource_availability::EnsureResourceAvailability;
use super::object_level_authorization::ObjectLevelAuthorization;
use super::use_after_free::UseAfterFree;
use super::write_read_consistency::WriteReadConsistency;
use crate::case::{Intent, Probe};
use crate::feedback;

/// What came of sending a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// A complete response.
    Answered(Response),
    /// The connection was closed without a response, or in the middle of one.
    Closed {
        /// What the transport says.
        reason: String,
    },
    /// No complete response within the time limit.
    TimedOut,
    /// A response whose body is over the limit.
    TooLarge,
    /// The connection was refused.
    Refused {
        /// What the transport says.
        reason: String,
    },
    /// The request cannot be put on the wire as it is; nothing was sent.
    Unsent {
        /// What the transport says.
        reason: String,
    },
    /// What came back is not HTTP.
    Unreadable {
        /// What the transport says.
        reason: String,
    },
}

/// What judging depends on besides the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The total time a response may take.
    pub timeout: Duration,
    /// The most bytes of a response body.
    pub body_cap: usize,
    /// The limit of `max_response_time`.
    pub max_response_time: Duration,
}

/// What the requests before an exchange promise of its answer; each has been seen to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Expectation {
    /// The resource asked for was made just now.
    There,
    /// As `There`, of a server that tells what is there from what is not: what it shows is what was sent to make it.
    Made,
    /// The resource asked for was read, and then changed, by a server that tells what is there from what is not.
    Changed,
    /// Something is made below a resource that was read, by a server that tells what is there from what is not.
    Placed,
    /// A list is asked for of a server that tells what is there from what is not.
    Listed,
    /// As `Listed`, the second part of it: both parts at once, the first one, and both at once again were read before.
    Continued,
    /// As `Listed`, of a list in which a resource was made that was then read; it was asked for before, and did not have
    /// that.
    Enlisted,
    /// The resource asked for was read, and then removed.
    Gone,
    /// A list is asked for that has no place for a resource which was read, then removed, and then not found.
    Unlisted,
    /// A resource is to be changed, or something made or listed below it, that was read, then removed, and then not
    /// found.
    Absent,
    /// The resource asked for belongs to another identity, who has read it.
    Hidden,
    /// A list is asked for by somebody who was refused a resource of another identity, who has read it.
    Undisclosed,
    /// A resource is to be changed or removed by somebody who was refused to read it; another identity has read it.
    Protected,
    /// A list is asked for after something was refused that it has a place for, of a server that tells what is there from
    /// what is not; it was asked for right before that as well.
    Unmade,
    /// The resource asked for was read, and nothing was sent since, by a server that tells what is there from what is not.
    Unmodified,
    /// As `Unmodified`, of one that is to be changed or removed under a condition that does not hold.
    Unmatched,
}

impl Expectation {
    /// The check that looks for one thing among all that a list has, where this is about that.
    pub(crate) fn looked_for_by(self) -> Option<&'static str> {
        match self {
            Self::Unlisted => Some(UseAfterFree.name()),
            Self::Undisclosed => Some(ObjectLevelAuthorization.name()),
            Self::Unmade => Some(WriteReadConsistency.name()),
            Self::There
            | Self::Made
            | Self::Changed
            | Self::Placed
            | Self::Listed
            | Self::Continued
            | Self::Enlisted
            | Self::Gone
            | Self::Hidden
            | Self::Protected
            | Self::Absent
            | Self::Unmodified
            | Self::Unmatched => None,
        }
    }
}

/// One exchange with all that a check needs to judge it.
#[derive(Debug)]
pub struct Observation<'a> {
    /// The operation under test.
    pub operation: &'a Operation,
    /// What the case was meant to find out.
    pub intent: &'a Intent,
    /// What was sent.
    pub request: &'a Request,
    /// What the document's decoder and validator make of what was sent.
    pub reading: &'a Reading,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// From the first byte sent to the last received.
    pub elapsed: Duration,
    /// The limits in force.
    pub limits: Limits,
    /// What the requests before it promise of the answer.
    pub expectation: Option<Expectation>,
    /// The answer to an earlier reading of the same resource, where there was one.
    pub before: Option<&'a Response>,
    /// The requests that led to it, in the order in which they were sent, with the answers to them.
    pub earlier: Vec<(&'a Request, &'a Response)>,
    /// What came of sending the same request once more, where it was.
    pub again: Option<&'a Outcome>,
    /// What came of the earlier reading, sent once more after it, where it was.
    pub since: Option<&'a Outcome>,
    /// The statuses that the check which judges it expects, where a user said so.
    expected: Option<&'a [StatusPattern]>,
    /// Whether the response is a stream that was left before its end.
    is_cut: bool,
    /// What the stub answered to the same request, where it is one of a journal.
    pub stubbed: Option<&'a Response>,
    response_reading: OnceCell<Option<ResponseReading<'a>>>,
    /// The fields that a request of the operation may have, where somebody keeps them.
    field_names: Option<&'a OnceLock<BTreeSet<String>>>,
    /// The fields that the body of a refusal names.
    named: OnceCell<BTreeSet<String>>,
}

impl<'a> Observation<'a> {
    /// An observation; the response is read by the document when a check first asks.
    pub fn new(
        operation: &'a Operation,
        intent: &'a Intent,
        request: &'a Request,
        reading: &'a Reading,
        outcome: &'a Outcome,
        elapsed: Duration,
        limits: Limits,
    ) -> Self {
        Self {
            operation,
            intent,
            request,
            reading,
            outcome,
            elapsed,
            limits,
            expectation: None,
            before: None,
            earlier: Vec::new(),
            again: None,
            since: None,
            expected: None,
            is_cut: false,
            stubbed: None,
            response_reading: OnceCell::new(),
            field_names: None,
            named: OnceCell::new(),
        }
    }

    /// The same with what the requests before it promise.
    #[must_use]
    pub fn expecting(mut self, expectation: Option<Expectation>) -> Self {
        self.expectation = expectation;
        self
    }

    /// The same with a place where the names of the operation's fields are kept, so that they are found out once.
    pub(crate) fn keeping(mut self, field_names: Option<&'a OnceLock<BTreeSet<String>>>) -> Self {
        self.field_names = field_names;
        self
    }

    /// The last of the requests that led to it which read the same resource with the answer that is known of it.
    pub(super) fn reading(&self) -> Option<(&'a Request, &'a Response)> {
        let before = self.before?;
        let is_it = |(request, response): &&(&Request, &Response)| {
            request.method == Method::GET && response.status == before.status && response.body == before.body
        };
        self.earlier.iter().rfind(is_it).copied()
    }

    /// The same with the answer to an earlier reading of the same resource.
    #[must_use]
    pub fn after(mut self, before: Option<&'a Response>) -> Self {
        self.before = before;
        self
    }

    /// The same with the requests that led to it, and the answers to them.
    #[must_use]
    pub fn following(mut self, earlier: Vec<(&'a Request, &'a Response)>) -> Self {
        self.earlier = earlier;
        self
    }

    /// The same with what came of sending the request once more.
    #[must_use]
    pub fn sent_again(mut self, again: Option<&'a Outcome>) -> Self {
        self.again = again;
        self
    }

    /// The same with what came of the earlier reading, sent once more after it.
    #[must_use]
    pub fn read_since(mut self, since: Option<&'a Outcome>) -> Self {
        self.since = since;
        self
    }

    /// The same with a response that is a stream, left before its end: its items are all that can be judged.
    #[must_use]
    pub fn cut_short(mut self) -> Self {
        self.is_cut = true;
        self
    }

    /// The same with the statuses that the next check to judge it is told to expect, in the place of its own.
    pub(crate) fn expecting_statuses(&mut self, expected: Option<&'a [StatusPattern]>) {
        self.expected = expected;
    }

    /// Whether a status is one that a user expects; nothing where the check's own rules hold.
    pub(super) fn expects(&self, status: u16) -> Option<bool> {
        let status = StatusCode::from_u16(status).ok()?;
        Some(self.expected?.iter().any(|pattern| pattern.covers(status)))
    }

    /// The same with what the stub answered to the request.
    #[must_use]
    pub fn stubbed(mut self, reply: Option<&'a Response>) -> Self {
        self.stubbed = reply;
        self
    }

    /// The response, where one came.
    pub fn response(&self) -> Option<&'a Response> {
        match self.outcome {
            Outcome::Answered(response) => Some(response),
            _ => None,
        }
    }

    /// The status, where a response came.
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status.as_u16())
    }

    /// What the document says of the response; `None` where none came, or where the request was for a method that
    /// the document does not have, so that none of its responses is meant.
    pub fn response_reading(&self) -> Option<&ResponseReading<'a>> {
        if self.is_undeclared_method() {
            return None;
        }
        let read = || Some(validate::response(self.operation, self.response()?));
        self.response_reading.get_or_init(read).as_ref()
    }

    /// The ways in which the response breaks the document, in the parts asked for.
    ///
    /// A response to HEAD has no body by definition (RFC 9110, section 9.3.2): its type and body are not judged.
    pub(super) fn response_violations(&self, part: impl Fn(&Part) -> bool) -> Vec<&Violation> {
        let is_head = self.request.method == Method::HEAD;
        let Some(reading) = self.response_reading() else { return Vec::new() };
        let is_bodily = |part: &Part| matches!(part, Part::Body | Part::ContentType | Part::ContentEncoding);
        // How many items there would have been, nobody knows.
        let is_of_rest = |violation: &Violation| {
            self.is_cut
                && violation.part == Part::Body
                && violation.pointer.is_empty()
                && violation.rule != "unreadable"
        };
        let violations = reading.violations.iter();
        violations
            .filter(|violation| part(&violation.part) && !(is_head && is_bodily(&violation.part)))
            .filter(|violation| !is_of_rest(violation))
            .collect()
    }

    /// The fields of the request that the body of a refusal names, folded and sorted; none where nothing is refused.
    pub(crate) fn refused_fields(&self) -> &BTreeSet<String> {
        self.named.get_or_init(|| match self.response() {
            Some(response) if response.status.is_client_error() => {
                let names = || feedback::field_names(self.operation);
                match self.field_names {
                    Some(known) => feedback::fields(&response.body, known.get_or_init(names)),
                    None => feedback::fields(&response.body, &names()),
                }
            }
            _ => BTreeSet::new(),
        })
    }

    /// The ways in which the data sent break the document, credentials aside.
    pub fn data_violations(&self) -> impl Iterator<Item = &'a Violation> {
        self.reading.violations.iter().filter(|violation| violation.part != Part::Security)
    }

    /// Whether the request lacks the credentials that the operation asks for.
    pub fn lacks_credentials(&self) -> bool {
        self.reading.violations.iter().any(|violation| violation.part == Part::Security)
    }

    /// Whether a check has anything to say: what a server makes of a query parameter or an `Accept` that the document
    /// does not have, and of what is rarely sent, is left to it, as long as it answers at all, and so is how it refuses
    /// a documented one.
    pub(super) fn concerns(&self, check: &str) -> bool {
        match self.intent {
            Intent::Probe(Probe::UnknownQuery | Probe::UnknownAccept { .. } | Probe::Unusual { .. }) => {
                matches!(check, "not_a_server_error" | "server_crash")
            }
            Intent::Probe(Probe::Location) => check == EnsureResourceAvailability.name(),
            Intent::Probe(Probe::Accept { .. }) if !matches!(self.status(), Some(200..=299)) => !matches!(
                check,
                "content_type_conformance" | "response_schema_conformance" | "status_code_conformance"
            ),
            _ => true,
        }
    }

    /// Whether the request was for a method that its path does not have.
    pub fn is_undeclared_method(&self) -> bool {
        matches!(self.intent, Intent::Probe(Probe::UndeclaredMethod { .. }))
    }
}
