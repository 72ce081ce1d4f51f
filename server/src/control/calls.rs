//! The journal: what the stub received, what it replied and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asked::{Asked, NamesSession};
use super::operations;
use super::problem::Problem;
use crate::journal::{self, Validity};

/// How many calls are listed at once, where nothing else is asked.
const DEFAULT_LIMIT: usize = 100;
/// How many calls are listed at once at most.
const MAX_LIMIT: usize = 1_000;

/// Which calls to list.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct CallFilter {
    /// Only calls of this operation: an operationId, or `METHOD /path/{template}`.
    pub(crate) op: Option<String>,
    /// Only calls answered with this status.
    pub(crate) status: Option<u16>,
    /// Only calls whose request was valid, or was not.
    pub(crate) valid: Option<bool>,
    /// Only calls later than the one with this id.
    pub(crate) after: Option<u64>,
    /// At most so many calls, 100 where absent, never more than 1,000.
    pub(crate) limit: Option<u32>,
    /// The name of a session, made on first use; absent for the calls that named none.
    pub(crate) session: Option<String>,
}

impl NamesSession for CallFilter {
    fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }
}

/// Calls, the oldest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CallList {
    /// The calls.
    pub(crate) items: Vec<CallSummary>,
    /// What `after` must be for the calls that follow; absent where none do.
    pub(crate) next: Option<u64>,
}

/// The call a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct CallPath {
    /// Its id, as the header `counterfoil-call` tells it.
    pub(crate) id: u64,
}

/// One call in short.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CallSummary {
    /// Its id; later calls have higher ids.
    pub(crate) id: u64,
    /// The method of the request.
    pub(crate) method: String,
    /// The whole request target, with secrets hidden.
    pub(crate) url: String,
    /// The operation it meant; absent where it meant none.
    pub(crate) operation: Option<String>,
    /// The status it was answered with; absent where it got no answer.
    pub(crate) status: Option<u16>,
    /// Where the answer came from: `rule`, `example`, `generated`, `validation` …
    pub(crate) source: String,
    /// The rule that answered it.
    pub(crate) rule: Option<String>,
    /// Whether the request was valid.
    pub(crate) valid: bool,
    /// How long the stub took, scripted delays included, in microseconds.
    pub(crate) latency_us: u64,
}

/// One call, whole.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Call {
    /// The call in short.
    #[serde(flatten)]
    pub(crate) short: CallSummary,
    /// How the request broke the contract, a line each.
    pub(crate) violations: Vec<String>,
    /// How the reply of an upstream broke the contract, a line each.
    pub(crate) upstream_violations: Vec<String>,
    /// What the stub decided, a line each, in order.
    pub(crate) trail: Vec<String>,
    /// The request as received, with secrets hidden.
    pub(crate) request: Message,
    /// The response as sent, with secrets hidden; absent where the connection was cut instead.
    pub(crate) response: Option<Message>,
}

/// The head and body of a message.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Message {
    /// The header fields in order, names in lower case.
    pub(crate) headers: Vec<HeaderField>,
    /// The body as text, cut at the journal's limit; absent where there was none.
    pub(crate) body: Option<String>,
    /// Whether `body` is less than the whole body, or is not what was sent since that is no UTF-8.
    pub(crate) body_altered: bool,
}

/// One header field.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HeaderField {
    /// Its name in lower case.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: String,
}

/// Those asked for, the oldest first.
pub(super) fn list(asked: &Asked<'_>, filter: CallFilter) -> Result<CallList, Problem> {
    let CallFilter { op, status, valid, after, limit, session: _ } = filter;
    let filter = self::filter(asked, op, status, valid)?;
    let limit = limit.map_or(DEFAULT_LIMIT, |limit| usize::try_from(limit).unwrap_or(MAX_LIMIT));
    let limit = limit.clamp(1, MAX_LIMIT);
    // One more than asked tells whether there are more.
    let filter = journal::CallFilter { after, limit: Some(limit + 1), ..filter };
    let mut calls = asked.session.journal.list(&filter);
    let has_more = calls.len() > limit;
    calls.truncate(limit);
    let next = calls.last().map(|call| call.id).filter(|_| has_more);
    Ok(CallList { items: calls.into_iter().map(in_short).collect(), next })
}

/// Which calls are asked for, whatever their number.
pub(super) fn filter(
    asked: &Asked<'_>,
    op: Option<String>,
    status: Option<u16>,
    valid: Option<bool>,
) -> Result<journal::CallFilter, Problem> {
    let operation = match op {
        Some(name) => Some(operations::find(&asked.edition(), &name)?.id().as_str().to_owned()),
        None => None,
    };
    let validity = valid.map(|valid| if valid { Validity::Valid } else { Validity::Invalid });
    Ok(journal::CallFilter { operation, status, validity, ..journal::CallFilter::default() })
}

/// What is answered where the journal does not hold a call.
pub(super) fn unknown(id: u64) -> Problem {
    Problem::unknown("call-unknown", format!("the journal holds no call {id}, or no longer"))
}

/// One of them.
pub(super) fn show(asked: &Asked<'_>, id: u64) -> Result<Call, Problem> {
    Ok(in_full(asked.session.journal.get(id).ok_or_else(|| unknown(id))?))
}

/// Forgets all of them.
pub(super) fn clear(asked: &Asked<'_>) {
    asked.session.journal.clear();
}

pub(super) fn in_short(call: crate::Call) -> CallSummary {
    CallSummary {
        id: call.id,
        method: call.method,
        url: call.url,
        operation: call.operation,
        status: call.status,
        source: call.source.as_str().to_owned(),
        rule: call.rule,
        valid: call.violations.is_empty(),
        latency_us: u64::try_from(call.latency.as_micros()).unwrap_or(u64::MAX),
    }
}

fn in_full(mut call: crate::Call) -> Call {
    Call {
        violations: call.violations.iter().map(ToString::to_string).collect(),
        upstream_violations: call.upstream_violations.iter().map(ToString::to_string).collect(),
        trail: std::mem::take(&mut call.trail),
        request: message(std::mem::take(&mut call.request)),
        response: call.response.take().map(message),
        short: in_short(call),
    }
}

fn message(message: crate::Message) -> Message {
    let is_cut = message.body_size > crate::MAX_BODY;
    let is_text = std::str::from_utf8(&message.body).is_ok();
    Message {
        headers: message.headers.into_iter().map(|(name, value)| HeaderField { name, value }).collect(),
        body: (message.body_size > 0).then(|| String::from_utf8_lossy(&message.body).into_owned()),
        body_altered: is_cut || !is_text,
    }
}
