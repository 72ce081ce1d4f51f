//! What a script is asked about a request, and what it answers: the seam between the pipeline and the engine.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use counterfoil_openapi::validate::Reading;
use counterfoil_openapi::{Operation, Part, Request};
use http::StatusCode;
use serde_json::Value;

use crate::call::Source;
use crate::fault::{Drip, Fault, Mishap};
use crate::session::Effects;
use crate::upstream::Upstream;

/// A request that the router and the validator have seen, put to the script.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The operation it means.
    pub(crate) operation: &'a Operation,
    /// The request as received.
    pub(crate) request: &'a Request,
    /// Its decoded values and its violations; without violations it is valid.
    pub(crate) reading: &'a Reading,
}

/// What the script says of a request it has an answer for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decision {
    /// Which part of a script decided.
    pub(crate) source: Source,
    /// The id of the rule, for the header `counterfoil-rule` and the journal.
    pub(crate) rule: String,
    /// What to reply.
    pub(crate) reply: ReplySpec,
    /// Why, as one line of the trail.
    pub(crate) trail: String,
    /// What it changes of what the session keeps; carried out already where the engine has decided.
    pub(crate) effects: Effects,
}

/// A reply as a script asks for it; what it leaves open the document fills.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ReplySpec {
    /// The status; otherwise the response with the named example, otherwise the lowest documented 2xx.
    pub(crate) status: Option<u16>,
    /// The name of the example to send.
    pub(crate) example: Option<String>,
    /// The media type to send; otherwise the one `Accept` negotiates.
    pub(crate) media_type: Option<String>,
    /// The body instead of an example. A string under a media type that is not JSON is sent as it stands.
    pub(crate) body: Option<Arc<Value>>,
    /// A merge patch (RFC 7396) over the example.
    pub(crate) patch: Option<Arc<Value>>,
    /// Operations (RFC 6902) over the example.
    pub(crate) json_patch: Option<Arc<json_patch::Patch>>,
    /// Bytes to send as they are.
    pub(crate) file: Option<Bytes>,
    /// Headers to set, or to remove where there is no value.
    pub(crate) headers: Vec<(String, Option<String>)>,
    /// How long to wait before the reply is sent.
    pub(crate) delay: Option<Duration>,
    /// What to do to the connection.
    pub(crate) fault: Option<Fault>,
    /// How slowly the body comes.
    pub(crate) drip: Option<Drip>,
    /// Which parts of the reply may break the contract.
    pub(crate) allow_invalid: AllowInvalid,
    /// Who replies in the stub's stead; of all the rest only headers and delay count then.
    pub(crate) proxy: Option<Arc<Upstream>>,
    /// Whether the body is generated even where there is an example.
    pub(crate) generate: bool,
    /// The parts that templates made, which were not held to the document when they were loaded.
    pub(crate) templated: AllowInvalid,
    /// Why it cannot be made, where it cannot.
    pub(crate) unmet: Option<String>,
    /// Why it is refused, with a status that the document does not have.
    pub(crate) refused: Option<Box<Refused>>,
}

/// What a script refuses to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    /// The code of the problem.
    pub(crate) code: &'static str,
    /// What the code means.
    pub(crate) title: &'static str,
    /// What is wrong this time.
    pub(crate) detail: String,
}

impl ReplySpec {
    /// What goes wrong with the reply on purpose.
    pub(crate) fn mishap(&self) -> Option<Box<Mishap>> {
        let Self { fault, drip, .. } = *self;
        (fault.is_some() || drip.is_some()).then(|| Box::new(Mishap { fault, drip }))
    }
}

/// What becomes of a request that no rule answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unscripted {
    /// It is answered as the document says, from examples first.
    Example,
    /// It is answered as the document says, and generated.
    Generate,
    /// It is forwarded: there, or to the upstream that the stub was given.
    Proxy(Option<Arc<Upstream>>),
    /// It is answered with an error.
    Error,
}

/// What becomes of a request that breaks the contract and that no rule for such requests answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvalidRequests {
    /// It is answered with the error that the operation documents.
    Refused,
    /// It is taken for a valid one, and what is wrong is told in log and trail.
    Logged,
    /// It is taken for a valid one.
    Ignored,
}

/// The parts of a reply that a script breaks on purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AllowInvalid {
    /// A status that is not documented.
    pub(crate) status: bool,
    /// A body that breaks its schema, or that is not documented.
    pub(crate) body: bool,
    /// Headers that break their schema, or required ones missing.
    pub(crate) headers: bool,
    /// A media type that is not documented.
    pub(crate) media_type: bool,
}

impl AllowInvalid {
    /// Every part may be invalid.
    pub(crate) const ALL: Self = Self { status: true, body: true, headers: true, media_type: true };

    /// Whether a violation of `part` is on purpose.
    pub(crate) fn permits(self, part: &Part) -> bool {
        match part {
            Part::Status => self.status,
            Part::Body => self.body,
            Part::Header(_) => self.headers,
            Part::ContentType => self.media_type,
            _ => false,
        }
    }
}
