//! One request to an upstream and back.
//!
//! | reply | judged | passed on |
//! |---|---|---|
//! | of a documented media type with a schema, `multipart` and forms included | whole, up to the limit | once it is whole |
//! | a stream of events or lines, binary, or not documented | status and headers | as it comes, however much it is |
//! | broken, larger than the limit though judged whole, or not what its content coding says | – | 502 |
//! | not there in time | – | 504 |

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::validate::{self, Enforcement, Reading};
use counterfoil_openapi::{Operation, Part, Request, Response as Recorded, RouteMatch, Violation, codec};
use dropshot::Body;
use http::{HeaderMap, Method, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use super::body::{self, Streamed, Unread};
use super::client::{Client, SendError};
use super::{Forwarding, Invalid, Missing, Operations, Upstream, headers, origin, refuse};
use crate::call::Source;
use crate::negotiate::prefer;
use crate::pipeline::Notes;
use crate::record::{Exchange, Recorder, Recording, Recordings, Sink};
use crate::redact::Secrets;
use crate::reply::Reply;
use crate::script::{Decision, Unscripted};
use crate::state::State;

/// Forwards the requests of one stub.
#[derive(Debug)]
pub(crate) struct Forwarder {
    options: Forwarding,
    selected: Selected,
    client: Client,
    recorder: Option<Recorder>,
    /// What is recorded for the control API.
    pub(crate) recordings: Recordings,
}

/// To whom a request is forwarded, and what that is for.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    /// Who answers it.
    pub(crate) upstream: Arc<Upstream>,
    /// What its reply is recorded into.
    recording: Option<Arc<Recording>>,
}

impl From<Arc<Upstream>> for Way {
    fn from(upstream: Arc<Upstream>) -> Self {
        Self { upstream, recording: None }
    }
}

impl From<Arc<Recording>> for Way {
    fn from(recording: Arc<Recording>) -> Self {
        Self { upstream: Arc::clone(&recording.upstream), recording: Some(recording) }
    }
}

/// The operations that are forwarded, by document and id.
#[derive(Debug)]
enum Selected {
    All,
    Only(HashSet<(String, String)>),
    AllBut(HashSet<(String, String)>),
}

/// Who answers a request.
#[derive(Debug)]
pub(crate) enum Destination {
    /// The stub itself.
    Stub,
    /// An upstream.
    Upstream(Way),
    /// Nobody: the script says that what it does not answer is an error.
    Nobody,
}

/// What came of forwarding.
#[derive(Debug)]
pub(crate) enum Forwarded {
    /// A reply to pass on.
    Reply(Box<Reply>),
    /// The upstream does not have the operation, and the stub is to answer.
    Missing,
}

/// A request to be forwarded.
#[derive(Debug)]
pub(crate) struct Job<'j> {
    pub(crate) state: &'j State,
    pub(crate) way: &'j Way,
    pub(crate) secrets: &'j Secrets,
    pub(crate) client: SocketAddr,
    pub(crate) request: &'j Request,
    /// The operation it means, where it means one.
    pub(crate) known: Option<Known<'j>>,
}

/// What is known of a request to an operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'j> {
    pub(crate) operation: &'j Arc<Operation>,
    pub(crate) reading: &'j Reading,
    /// How many bytes of the target stand in front of the operation's own path.
    pub(crate) base: usize,
}

impl<'j> Known<'j> {
    /// What is known of a request that the router found an operation for.
    pub(crate) fn new(found: &RouteMatch<'j, '_>, reading: &'j Reading, path: &str) -> Self {
        let mut own = String::with_capacity(path.len());
        let template = found.operation.path().as_str();
        // What follows a `?` or `#` is no part of a path.
        let mut rest = &template[..template.find(['?', '#']).unwrap_or(template.len())];
        for (name, value) in &found.variables {
            let Some((before, after)) = rest.split_once(&format!("{{{name}}}")) else { break };
            own.push_str(before);
            own.push_str(value);
            rest = after;
        }
        own.push_str(rest);
        let base = if path.ends_with(&own) { path.len() - own.len() } else { 0 };
        Self { operation: found.operation, reading, base }
    }
}

impl Forwarder {
    /// A forwarder that finds operations by name.
    ///
    /// # Errors
    ///
    /// When an operation is named that there is not: its name.
    pub(crate) fn new<'o>(
        options: Forwarding,
        recorder: Option<Recorder>,
        find: impl Fn(&str) -> Option<&'o Arc<Operation>>,
    ) -> Result<Self, String> {
        let keys = |names: &[String]| -> Result<HashSet<(String, String)>, String> {
            names.iter().map(|name| find(name).map(|found| key(found)).ok_or_else(|| name.clone())).collect()
        };
        let selected = match &options.operations {
            Operations::All => Selected::All,
            Operations::Only(names) => Selected::Only(keys(names)?),
            Operations::AllBut(names) => Selected::AllBut(keys(names)?),
        };
        Ok(Self { options, selected, client: Client::new(), recorder, recordings: Recordings::default() })
    }

    /// Whether there is an upstream for what no script forwards elsewhere.
    pub(crate) fn has_upstream(&self) -> bool {
        self.options.has_upstream()
    }

    /// Whether anything is forwarded, as far as no script says so.
    pub(crate) fn forwards(&self) -> bool {
        self.has_upstream() || self.recordings.is_recording()
    }

    /// Whom a request of a session to an operation is forwarded to since it is recorded.
    pub(crate) fn recorded(&self, session: Option<&str>, operation: &Operation) -> Option<Way> {
        self.recordings.of(session, Some(operation)).map(Way::from)
    }

    /// Whether a connection to an upstream can be made.
    ///
    /// # Errors
    ///
    /// Why none can.
    pub(crate) async fn reaches(&self, upstream: &Upstream) -> Result<(), SendError> {
        let uri = upstream.uri("/", None).map_err(|error| SendError::Broken(error.to_string()))?;
        self.client.connect(uri).await
    }

    /// Who is forwarded to where no script says another.
    pub(crate) fn upstream(&self) -> Option<&Upstream> {
        self.options.upstream.as_ref()
    }

    /// Who gets what no document describes, of the requests of a session.
    pub(crate) fn undocumented(&self, session: Option<&str>) -> Option<Way> {
        let own = || self.own().filter(|_| !matches!(self.selected, Selected::Only(_)));
        self.recordings.of(session, None).map(Way::from).or_else(own)
    }

    fn own(&self) -> Option<Way> {
        self.options.upstream.clone().map(|own| Way::from(Arc::new(own)))
    }

    /// Who answers a request to an operation: what its rule says, else what its script says of requests without one,
    /// else what the stub was told.
    pub(crate) fn destination(
        &self,
        operation: &Operation,
        is_valid: bool,
        decision: Option<&Decision>,
        unscripted: Option<Unscripted>,
    ) -> Destination {
        if let Some(decision) = decision {
            let named = decision.reply.proxy.clone();
            return named.map_or(Destination::Stub, |named| Destination::Upstream(named.into()));
        }
        let own = || self.own().map_or(Destination::Stub, Destination::Upstream);
        let is_kept = !is_valid && self.options.invalid == Invalid::Answered;
        match unscripted {
            Some(Unscripted::Example | Unscripted::Generate) => Destination::Stub,
            Some(Unscripted::Error) if is_valid => Destination::Nobody,
            Some(Unscripted::Error) => Destination::Stub,
            _ if is_kept => Destination::Stub,
            Some(Unscripted::Proxy(Some(upstream))) => Destination::Upstream(upstream.into()),
            Some(Unscripted::Proxy(None)) => own(),
            None if self.selects(operation) => own(),
            None => Destination::Stub,
        }
    }

    /// Records what is forwarded, where it was asked to.
    pub(crate) fn recorder(&self) -> Option<&Recorder> {
        self.recorder.as_ref()
    }

    fn selects(&self, operation: &Operation) -> bool {
        match &self.selected {
            Selected::All => true,
            Selected::Only(keys) => keys.contains(&key(operation)),
            Selected::AllBut(keys) => !keys.contains(&key(operation)),
        }
    }
}

/// What an operation is told by, whatever contract it is looked up in: its document and its id.
pub(crate) fn key(operation: &Operation) -> (String, String) {
    (operation.document().name().to_owned(), operation.id().as_str().to_owned())
}

impl Job<'_> {
    fn upstream(&self) -> &Upstream {
        &self.way.upstream
    }

    /// What takes the exchange.
    fn sinks(&self) -> impl Iterator<Item = &dyn Sink> {
        let file = self.state.forwarder.recorder.as_ref().map(|recorder| recorder as &dyn Sink);
        let memory = self.way.recording.as_ref().map(|recording| &recording.tape as &dyn Sink);
        file.into_iter().chain(memory)
    }

    /// Sends the request on and holds the reply to its operation; what cannot be had is the error.
    pub(crate) async fn run(&self, notes: &mut Notes) -> Result<Forwarded, Box<Reply>> {
        let forwarder = &self.state.forwarder;
        let options = &forwarder.options;
        if let Some(origin) = origin::foreign(&self.state.settings.cors, &self.request.headers) {
            return Err(refuse::origin(origin));
        }
        if headers::is_circular(&self.request.headers) {
            return Err(refuse::circular(self.upstream()));
        }
        let broken = |why: &str| refuse::broken(self.upstream(), why);
        let message = self.message().map_err(|error| broken(&error.to_string()))?;
        let deadline = Instant::now() + options.deadline;
        let too_slow = || refuse::too_slow(self.upstream(), options.deadline);
        let sent = timeout_at(deadline, forwarder.client.send(message)).await.map_err(|_| too_slow())?;
        let response = sent.map_err(|error| match error {
            SendError::Refused(why) => refuse::refused(self.upstream(), &why),
            SendError::Unreachable(why) => refuse::unreachable(self.upstream(), &why),
            SendError::Broken(why) => broken(&why),
        })?;
        if response.status().is_informational() {
            return Err(broken("it wants to speak another protocol"));
        }
        notes.trail.push(format!("upstream: {} answered {}", self.upstream(), response.status().as_u16()));
        let (head, incoming) = response.into_parts();
        let reply_headers = headers::of_reply(&head.headers);
        let received = if self.needs_whole(head.status, &reply_headers) {
            let whole = body::whole(incoming, &reply_headers, options.reply_limit);
            let whole = timeout_at(deadline, whole).await.map_err(|_| too_slow())?;
            Received::Whole(whole.map_err(|unread| match unread {
                Unread::TooLarge => refuse::too_large(self.upstream(), options.reply_limit),
                Unread::Broken(why) => broken(&why),
            })?)
        } else {
            notes.trail.push("upstream: the body is passed on as it comes, and not looked into");
            Received::Streamed(incoming)
        };
        let response = Response::from_parts(head, ());
        self.judged(response.status(), reply_headers, received, options, notes)
    }

    /// The request as the upstream gets it.
    fn message(&self) -> Result<http::Request<Full<Bytes>>, http::Error> {
        let scheme = if self.state.settings.tls.is_some() { "https" } else { "http" };
        let target = prefer::without_keys(&self.request.target);
        let uri = self.upstream().uri(&target, self.known.map(|known| known.base))?;
        let body = Full::new(self.request.body.clone());
        let mut message = http::Request::builder().method(self.request.method.clone()).uri(uri).body(body)?;
        *message.headers_mut() = headers::of_request(&self.request.headers, self.client, scheme);
        Ok(message)
    }

    /// Whether a body must be there before its reply can be judged.
    fn needs_whole(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        let is_judged = self.state.settings.validation == Enforcement::Enforced;
        let is_looked_into = || is_judged && self.is_read(status, headers).unwrap_or(false);
        self.request.method != Method::HEAD && (is_looked_into() || self.is_recorded(headers))
    }

    /// Whether a reply is read whole to be recorded, though nobody looks into it: one that ends, and is not too large
    /// by its own account.
    fn is_recorded(&self, headers: &HeaderMap) -> bool {
        if self.known.is_none() || self.sinks().next().is_none() {
            return false;
        }
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let kind = text(header::CONTENT_TYPE).map(media::kind);
        let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
        match kind {
            Some(Kind::EventStream | Kind::JsonLines) => false,
            _ => length.map_or(kind != Some(Kind::Binary), |length| {
                length <= self.state.forwarder.options.reply_limit
            }),
        }
    }

    /// Whether a validator looks into the body of a reply, and it ends.
    fn is_read(&self, status: StatusCode, headers: &HeaderMap) -> Option<bool> {
        let documented = self.known?.operation.responses().documenting(status)?;
        let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let media = documented.content.matching(content_type)?;
        let is_read =
            !matches!(media::kind(content_type), Kind::EventStream | Kind::JsonLines | Kind::Binary);
        Some(media.schema.is_some() && is_read)
    }

    fn judged(
        &self,
        status: StatusCode,
        headers: HeaderMap,
        received: Received,
        options: &Forwarding,
        notes: &mut Notes,
    ) -> Result<Forwarded, Box<Reply>> {
        let (bytes, stream) = match received {
            Received::Whole(bytes) => (bytes, None),
            Received::Streamed(incoming) => (Bytes::new(), Some(incoming)),
        };
        if let Some(known) = self.known.filter(|_| self.state.settings.validation == Enforcement::Enforced) {
            let response = Recorded { status, headers: headers.clone(), body: bytes.clone() };
            if stream.is_none()
                && let Err(error) = codec::undo_codings(&headers, &bytes, codec::MAX_DECODED_BYTES)
                && !error.is_unknown()
            {
                return Err(refuse::broken(self.upstream(), &error.to_string()));
            }
            let mut violations = validate::response(known.operation, &response).violations;
            if stream.is_some() || self.request.method == Method::HEAD {
                violations.retain(|violation| violation.part != Part::Body);
            }
            if options.missing == Missing::Stubbed && is_missing(status, &violations) {
                notes.trail.push("upstream: it does not have the operation, so the stub answers");
                return Ok(Forwarded::Missing);
            }
            for violation in &violations {
                notes.trail.push(format!("upstream: the reply breaks the contract: {violation}"));
            }
            notes.upstream_violations = violations;
        } else if options.missing == Missing::Stubbed && self.known.is_some() && is_missing(status, &[]) {
            notes.trail.push("upstream: it does not have the operation, so the stub answers");
            return Ok(Forwarded::Missing);
        }
        for sink in self.sinks() {
            match self.known {
                None => sink.skip_undocumented(),
                Some(_) if stream.is_some() && self.request.method != Method::HEAD => sink.skip_streamed(),
                Some(Known { operation, reading, .. }) => {
                    let (headers, body) = (&headers, &bytes);
                    let exchange =
                        Exchange { operation, request: self.request, reading, status, headers, body };
                    sink.record(&exchange, self.secrets);
                }
            }
        }
        let mut reply = Reply::new(status, headers, bytes, Source::Proxy);
        reply.stream = stream.map(|incoming| Body::wrap(Streamed::new(incoming, options.deadline)));
        Ok(Forwarded::Reply(Box::new(reply)))
    }
}

/// A body as it was taken from the upstream.
enum Received {
    Whole(Bytes),
    Streamed(Incoming),
}

/// Whether a reply says that there is no such operation; `violations` are those of the reply.
fn is_missing(status: StatusCode, violations: &[Violation]) -> bool {
    match status {
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => true,
        StatusCode::NOT_FOUND => !violations.is_empty(),
        _ => false,
    }
}
