//! A request in, a reply out: the order of decisions, each of which leaves a line in the trail.
//!
//! 0. The request's session is found: what it counts, sets and keeps is its own.
//! 1. The request must say which host it means, and ask for no tunnel; preflights are answered at once.
//! 2. The router finds the operation, or refuses.
//! 3. The request's preferences are read, then its body within its limits.
//! 4. The request is decoded and held to its operation.
//! 5. Unless the request itself names its reply, scripts are asked; what they or the stub's own options forward, an
//!    upstream answers.
//! 6. Status, media type, body and headers are chosen, and held to the operation in turn.
//! 7. What a mutant has to break about it is broken.
//! 8. The call is recorded; then, with no lock held, delays and faults take place.
//! 9. Once the reply has gone out, its callbacks are sent.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use counterfoil_openapi::{Operation, Request, Violation};
use dropshot::Body;
use futures::FutureExt as _;
use http::{HeaderValue, Method, Response, Version, header};

use crate::answer::{self, Asked, Context, Decided};
use crate::call::Source;
use crate::callback::{self, Planned};
use crate::edition::Edition;
use crate::fault::{self, Connection, Fault};
use crate::journal::Entry;
use crate::kept::Record;
use crate::receive;
use crate::redact::Found;
use crate::reply::Reply;
use crate::session::Session;
use crate::state::State;
use crate::trail::Trail;
use crate::{dress, head, mutate, refuse, upstream};

/// What is found out about a request on the way.
#[derive(Debug)]
pub(crate) struct Notes {
    pub(crate) operation: Option<Arc<Operation>>,
    pub(crate) violations: Vec<Violation>,
    /// The same without the secrets of the request, where they were needed already.
    pub(crate) told: Option<Vec<Violation>>,
    /// How the reply of an upstream breaks the contract.
    pub(crate) upstream_violations: Vec<Violation>,
    pub(crate) trail: Trail,
    /// What follows the reply.
    pub(crate) callbacks: Option<Planned>,
}

/// A request that has arrived, its body not read yet.
#[derive(Debug)]
pub(crate) struct Arrived {
    connection: Connection,
    at: Instant,
    version: Version,
    request: Request,
    body: Body,
}

impl Arrived {
    /// A request as hyper read it.
    pub(crate) fn new(connection: Connection, request: hyper::Request<Body>) -> Self {
        let at = Instant::now();
        let version = request.version();
        let (head, body) = request.into_parts();
        let target = head.uri.path_and_query().map_or("", |target| target.as_str()).to_owned();
        let mut request = Request { method: head.method, target, headers: head.headers, body: Bytes::new() };
        // HTTP/2 names the host in its own way (RFC 9113, section 8.3.1).
        if version == Version::HTTP_2
            && let Some(authority) = head.uri.authority()
            && let Ok(host) = HeaderValue::from_str(authority.as_str())
        {
            request.headers.entry(header::HOST).or_insert(host);
        }
        Self { connection, at, version, request, body }
    }
}

/// What a request comes to once it was answered and recorded.
enum Answered {
    /// The response, which is sent at once.
    Now(Response<Body>),
    /// What takes place before it is sent, or instead, and what follows.
    Later(Box<Later>),
}

/// What takes place once a call was recorded.
struct Later {
    /// What is sent; the reply where something goes wrong with it on purpose.
    outcome: Result<Response<Body>, Box<Reply>>,
    delay: Option<Duration>,
    callbacks: Option<(Planned, Found)>,
    asked: (u64, Method, Version),
}

/// Answers a request; whatever goes wrong, something is answered.
///
/// The request stays where it is, and what only few need is boxed, since whatever is held while the body is waited for
/// is moved about before that.
pub(crate) async fn serve(state: &State, arrived: &mut Arrived) -> Response<Body> {
    let edition = state.edition();
    let (session, refused) = state.sessions.find(&edition, &mut arrived.request);
    let id = session.journal.next_id();
    let mut notes = Notes {
        operation: None,
        violations: Vec::new(),
        told: None,
        upstream_violations: Vec::new(),
        trail: Trail::new(),
        callbacks: None,
    };
    let connection = arrived.connection;
    let (peer, version) = (connection.peer, arrived.version);
    let context = Context { state, edition: &edition, session: &session, peer, version };
    let body = std::mem::replace(&mut arrived.body, Body::empty());
    let reply = answer(context, refused, &mut arrived.request, body, &mut notes).await;
    match finish(state, (edition, &session, id), arrived, notes, reply) {
        Answered::Now(response) => response,
        Answered::Later(later) => Box::pin(later.perform(state, &session, connection)).await,
    }
}

/// Dresses the reply, records the call and counts it.
fn finish(
    state: &State,
    (edition, session, id): (Arc<Edition>, &Session, u64),
    arrived: &mut Arrived,
    mut notes: Notes,
    reply: Result<Reply, Box<Reply>>,
) -> Answered {
    let mut reply = reply.unwrap_or_else(|mut refusal| {
        if let Some(problem) = refusal.problem.take() {
            notes.trail.push(String::from(problem));
        }
        *refusal
    });
    let request = &mut arrived.request;
    if let Some(mutants) = &edition.mutants {
        let (peer, version) = (arrived.connection.peer, arrived.version);
        let context = Context { state, edition: &edition, session, peer, version };
        mutate::act(mutants, context, request, &mut notes, &mut reply);
    }
    let scrubbed = dress::finish(state, &edition, id, request, &mut notes, &mut reply);
    if state.forwarder.forwards() || edition.engine.forwards() || reply.source == Source::Proxy {
        if reply.head.take().is_some() {
            reply.headers.remove(head::REQUEST_ID);
        }
        upstream::narrow(&state.settings.cors, &request.headers, &mut reply.headers);
    }
    fault::tell(&reply, &request.method, &mut notes.trail);
    let callbacks = notes.callbacks.take().zip(notes.operation.as_ref());
    let callbacks =
        callbacks.map(|(planned, operation)| (planned, edition.secrets.found_in(operation, request)));
    let delay = reply.delay;
    let is_usual = delay.is_none() && reply.mishap.is_none() && callbacks.is_none();
    let asked = (!is_usual).then(|| (id, request.method.clone(), arrived.version));
    let entry = entry(edition, id, arrived, notes, &reply);
    dress::tell(&entry, session.name(), &scrubbed);
    state.metrics.count(&entry, delay.unwrap_or_default());
    state.sessions.record(session, entry);
    let Some(asked) = asked else { return Answered::Now(reply.into_response()) };
    let outcome = if reply.mishap.is_some() { Err(Box::new(reply)) } else { Ok(reply.into_response()) };
    Answered::Later(Box::new(Later { outcome, delay, callbacks, asked }))
}

impl Later {
    /// Waits where the reply is delayed, makes go wrong what is to, and sends what follows.
    async fn perform(self, state: &State, session: &Session, connection: Connection) -> Response<Body> {
        let Self { outcome, delay, callbacks, asked } = self;
        let id = asked.0;
        if let Some(delay) = delay {
            pause(state, delay).await;
        }
        let response = match outcome {
            Ok(response) => response,
            Err(reply) => fault::perform(state, asked, connection, *reply).await,
        };
        match callbacks {
            None => response,
            Some((planned, found)) => {
                let (outbox, followed) = (Arc::clone(&state.outbox), Arc::clone(&session.journal.followed));
                callback::send_after(response, planned, (id, found), outbox, followed)
            }
        }
    }
}

/// Waits for as long as a reply is delayed, unless the stub is being stopped.
async fn pause(state: &State, delay: Duration) {
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        () = state.stopped() => {}
    }
}

/// The reply, or an early one as the error: the decisions, and what is waited for between them. A request that is
/// `refused` is told so and nothing is found out about it.
async fn answer(
    context: Context<'_>,
    refused: Option<Box<Reply>>,
    request: &mut Request,
    body: Body,
    notes: &mut Notes,
) -> Result<Reply, Box<Reply>> {
    let Context { state, .. } = context;
    let asked = caught(|| {
        let head = (&request.method, request.target.as_str(), &request.headers);
        answer::head(context, head, refused, &mut *notes)
    })?;
    // What forwards is boxed, so that the requests that are not forwarded need no room for it.
    let (found, preferences) = match asked {
        Asked::Operation(found, preferences) => (found, preferences),
        Asked::Undocumented(refusal) => {
            return awaited(Box::pin(answer::undocumented(context, request, body, refusal, notes))).await;
        }
    };
    let unread = match receive::body(body, &request.headers, &state.settings).await {
        Ok(bytes) => {
            request.body = bytes;
            None
        }
        Err(unread) => Some(unread),
    };
    match caught(|| answer::decide(context, &found, request, unread, preferences, &mut *notes))? {
        Decided::Reply(reply) => Ok(reply),
        Decided::Forward(judged, upstream) => {
            awaited(Box::pin(answer::forward(context, &found, request, (*judged, &upstream), notes))).await
        }
    }
}

/// What a decision gives; a panic in it is answered as the defect it is.
fn caught<T>(decision: impl FnOnce() -> Result<T, Box<Reply>>) -> Result<T, Box<Reply>> {
    std::panic::catch_unwind(AssertUnwindSafe(decision)).unwrap_or_else(|_panic| Err(refuse::defect()))
}

/// As [`caught`], of what is waited for.
async fn awaited<T>(decision: impl Future<Output = Result<T, Box<Reply>>>) -> Result<T, Box<Reply>> {
    AssertUnwindSafe(decision).catch_unwind().await.unwrap_or_else(|_panic| Err(refuse::defect()))
}

/// The call as the journal keeps it; of the request nothing is left.
fn entry(edition: Arc<Edition>, id: u64, arrived: &mut Arrived, notes: Notes, reply: &Reply) -> Entry {
    let request = &mut arrived.request;
    let is_sent = !reply.fault().is_some_and(Fault::replaces_the_reply);
    // hyper sends the head of this response and its length, and leaves the body out.
    let shown = if request.method == Method::HEAD { Bytes::new() } else { reply.body.clone() };
    Entry {
        id,
        edition,
        method: std::mem::take(&mut request.method),
        target: std::mem::take(&mut request.target),
        operation: notes.operation,
        request: Record::new(&request.headers, std::mem::take(&mut request.body)),
        response: is_sent.then(|| match &reply.head {
            Some(head) => Record::of_example(head.recorded(), shown),
            None => Record::new(&reply.headers, shown),
        }),
        status: is_sent.then_some(reply.status),
        source: reply.source,
        rule: reply.rule.clone(),
        violations: notes.violations,
        upstream_violations: notes.upstream_violations,
        trail: notes.trail,
        latency: arrived.at.elapsed(),
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::builder::StubBuilder;
    use crate::plan::Plans;
    use crate::script::{Moment, ScriptEngine};

    #[tokio::test]
    async fn a_request_is_worked_on_in_little_room() {
        let contract = Contract::load("a.yaml", b"openapi: 3.0.3\npaths: {}").unwrap();
        let state = StubBuilder::new(contract).into_state();
        let connection = Connection { peer: ([127, 0, 0, 1], 1).into(), local_port: 2 };
        let mut arrived = Arrived::new(connection, hyper::Request::get("/a").body(Body::empty()).unwrap());
        // Every request moves this about, and onto the heap.
        let room = size_of_val(&serve(&state, &mut arrived));
        assert!(room + size_of::<Arrived>() < 2048, "{room} bytes");
    }

    #[tokio::test]
    async fn a36_a_panic_is_answered_and_recorded() {
        let text = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: ok}}}}}";
        let contract = Contract::load("a.yaml", text.as_bytes()).unwrap();
        let engine = ScriptEngine::new(Vec::new(), 0, Moment::START);
        let state = StubBuilder::new(contract.clone()).into_state();
        let whole = Edition::new(
            vec![contract.clone()],
            ScriptEngine::new(Vec::new(), 0, Moment::START),
            &state.settings,
            None,
        );
        let mut edition = Edition::new(vec![contract], engine, &state.settings, None);
        // The one invariant that can be broken from here.
        edition.plans = Plans::new(std::iter::empty(), state.settings.plan_rules());
        state.replace(edition);
        let connection = Connection { peer: ([127, 0, 0, 1], 1).into(), local_port: 2 };
        let request = || hyper::Request::get("/a").header("host", "x").body(Body::empty()).unwrap();
        let response = serve(&state, &mut Arrived::new(connection, request())).await;
        assert_eq!(response.status(), 500);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(String::from_utf8_lossy(&body).contains("urn:counterfoil:defect"), "{body:?}");
        let call = state.sessions.unnamed().journal.get(1).unwrap();
        assert_eq!((call.status, call.operation.as_deref()), (Some(500), Some("getA")));
        state.replace(whole);
        let next = serve(&state, &mut Arrived::new(connection, request())).await;
        assert_eq!(next.status(), 200, "the next request is answered");
    }
}
