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
//! 7. The call is recorded; then, with no lock held, delays and faults take place.
//! 8. Once the reply has gone out, its callbacks are sent.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use counterfoil_openapi::validate::{self, Enforcement, Reading, RequestRules};
use counterfoil_openapi::{Operation, Part, Request, Route, RouteMatch, Violation};
use dropshot::Body;
use futures::FutureExt as _;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version, header};

use crate::call::Source;
use crate::callback::{self, Planned};
use crate::compose::{self, Task};
use crate::cors;
use crate::edition::Edition;
use crate::fault::{self, Connection};
use crate::journal::{Entry, Record};
use crate::negotiate::prefer::{self, Preferences};
use crate::receive::{self, Unread};
use crate::reply::Reply;
use crate::script::{Fault, Subject};
use crate::session::Session;
use crate::state::State;
use crate::trail::Trail;
use crate::upstream::{self, Destination, Forwarded, Job, Known};
use crate::wish::Wish;
use crate::{admit, dress, refuse};

/// What is found out about a request on the way.
#[derive(Debug)]
pub(crate) struct Notes {
    /// Why nothing is to be found out at all.
    refused: Option<Box<Reply>>,
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

/// Answers a request; whatever goes wrong, something is answered.
pub(crate) async fn serve(
    state: &State,
    connection: Connection,
    request: hyper::Request<Body>,
) -> Response<Body> {
    let started = Instant::now();
    let edition = state.edition();
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
    let (session, refused) = state.sessions.find(&edition, &mut request);
    let id = session.journal.next_id();
    let mut notes = Notes {
        refused,
        operation: None,
        violations: Vec::new(),
        told: None,
        upstream_violations: Vec::new(),
        trail: Trail::new(),
        callbacks: None,
    };

    let peer = connection.peer;
    let answered =
        AssertUnwindSafe(answer(state, &edition, &session, (peer, version), &mut request, body, &mut notes));
    let mut reply = match answered.catch_unwind().await {
        Ok(Ok(reply)) => reply,
        Ok(Err(mut refusal)) => {
            if let Some(problem) = refusal.problem.take() {
                notes.trail.push(problem);
            }
            *refusal
        }
        Err(_panic) => {
            notes.trail.push("the stub itself failed: this is a defect of counterfoil");
            refuse::defect().into_reply()
        }
    };
    let scrubbed = dress::finish(state, &edition, id, &request, &mut notes, &mut reply);
    if state.forwarder.has_upstream() || edition.engine.forwards() || reply.source == Source::Proxy {
        upstream::narrow(&state.settings.cors, &request.headers, &mut reply.headers);
    }
    plan_faults(&mut reply, &mut notes.trail);
    let callbacks = notes.callbacks.take().zip(notes.operation.as_ref());
    let callbacks =
        callbacks.map(|(planned, operation)| (planned, edition.secrets.found_in(operation, &request)));
    let (delay, fault) = (reply.delay, reply.fault);
    let entry = entry(edition, id, started, request, notes, &reply);
    dress::tell(&entry, session.name(), &scrubbed);
    session.journal.push(entry);
    let response = response(reply);

    if let Some(delay) = delay {
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = state.stopped() => {}
        }
    }
    match fault {
        None => match callbacks {
            None => response,
            Some((planned, found)) => {
                let (outbox, followed) = (Arc::clone(&state.outbox), Arc::clone(&session.journal.followed));
                callback::send_after(response, planned, (id, found), outbox, followed)
            }
        },
        Some(Fault::Empty) => fault::empty(),
        Some(Fault::Reset) => {
            // Over HTTP/2 the broken body resets the stream, and the connection is others' as well.
            if version < Version::HTTP_2
                && let Err(error) = fault::arm_reset(connection)
            {
                tracing::warn!(call = id, %error, "the connection is closed, for it cannot be reset");
            }
            fault::empty()
        }
        Some(Fault::Hang) => {
            state.stopped().await;
            fault::empty()
        }
    }
}

/// The decisions up to the reply; an early reply is the error.
async fn answer(
    state: &State,
    edition: &Edition,
    session: &Session,
    (peer, version): (SocketAddr, Version),
    request: &mut Request,
    body: Body,
    notes: &mut Notes,
) -> Result<Reply, Box<Reply>> {
    admit::admit(version, &request.headers)?;
    if let Some(refusal) = notes.refused.take() {
        return Err(refusal);
    }
    if cors::is_preflight(&state.settings.cors, &request.method, &request.headers) {
        notes.trail.push("route: a preflight, answered for any path");
        return Ok(cors::preflight(&state.settings.cors, &request.headers));
    }
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let found = match route(edition, &request.method, path, query, &request.headers, &mut notes.trail) {
        Ok(found) => found,
        // What forwards is boxed, so that the requests that are not forwarded need no room for it.
        Err(refusal) => {
            let asked = (peer, request, body);
            return Box::pin(undocumented(state, edition, asked, refusal, notes)).await;
        }
    };
    let operation = found.operation;
    notes.operation = Some(Arc::clone(operation));

    let query = request.target.split_once('?').map(|(_, query)| query);
    let preferences = Preferences::read(&request.headers, query).map_err(refuse::preference)?;
    let mut is_whole = true;
    let reading = match receive::body(body, &request.headers, &state.settings).await {
        Ok(bytes) => {
            request.body = bytes;
            read(state, edition, &found, request)
        }
        Err(Unread::TooLarge) => {
            is_whole = false;
            too_large(state, edition, &found, request)
        }
        Err(Unread::TooSlow) => return Err(refuse::body_too_slow(state.settings.body_deadline)),
        Err(Unread::Broken) => return Err(refuse::body_broken()),
    };
    if let Some(line) = edition.gate.unseen(operation) {
        notes.trail.push(line);
    }
    notes.trail.push(match reading.violations.len() {
        0 => "request: valid".into(),
        1 => "request: 1 violation".into(),
        many => crate::trail::Line::from(format!("request: {many} violations")),
    });

    let subject = Subject { operation, request, reading: &reading };
    let decision = if preferences.names_a_reply() {
        notes.trail.push("reply: named by the request itself, so that no script is asked");
        None
    } else {
        edition.engine.decide(&subject, session)
    };
    if let Some(decision) = &decision {
        notes.trail.push(decision.trail.clone());
    }
    let defaults = if decision.is_none() { edition.engine.unscripted(&subject, session) } else { None };
    let scripted = decision.as_ref().map(|decision| &decision.reply).or(defaults.as_ref());
    let destination = if preferences.names_a_reply() || !is_whole {
        Destination::Stub
    } else {
        let unscripted = edition.engine.on_unscripted(&subject);
        state.forwarder.destination(operation, reading.violations.is_empty(), decision.as_ref(), unscripted)
    };
    let mut forwarded = None;
    match destination {
        Destination::Stub => {}
        Destination::Nobody => return Err(upstream::unscripted(operation)),
        Destination::Upstream(upstream) => {
            let known = Some(Known::new(&found, &reading, request.path()));
            notes.violations.clone_from(&reading.violations);
            let secrets = &edition.secrets;
            let job = Job { state, upstream: &upstream, secrets, client: peer, request, known };
            if let Forwarded::Reply(mut reply) = Box::pin(job.run(notes)).await? {
                compose::change_headers(scripted, &mut reply.headers, &mut notes.trail);
                forwarded = Some(reply);
            }
        }
    }
    notes.violations = reading.violations;
    if let Some(reply) = forwarded {
        let delay = preferences.delay.or(scripted.and_then(|scripted| scripted.delay));
        return Ok(Reply { rule: decision.map(|decision| decision.rule), delay, ..*reply });
    }
    let plan = edition.plans.of(operation);
    let task = Task {
        edition,
        settings: &state.settings,
        operation,
        plan,
        request,
        preferences: &preferences,
        scripted,
        wish: Wish::new(&state.settings, &preferences, scripted),
    };
    let composed = compose::reply(&task, notes);
    let delay = preferences.delay.or(scripted.and_then(|scripted| scripted.delay));
    let fault = scripted.and_then(|scripted| scripted.fault);
    let (source, rule) = decision.map(|decision| (decision.source, decision.rule)).unzip();
    match composed {
        Ok(reply) => {
            let reply = Reply { source: source.unwrap_or(reply.source), rule, delay, fault, ..reply };
            if !plan.callbacks.is_empty() && notes.violations.is_empty() {
                let asked = (&*request, &reading.values);
                let (outbox, settings) = (&state.outbox, &state.settings);
                notes.callbacks =
                    callback::plan(outbox, &plan.callbacks, settings, asked, &reply, &mut notes.trail);
            }
            Ok(reply)
        }
        Err(refusal) => Err(Box::new(Reply { rule, delay, ..*refusal })),
    }
}

/// The reply to a request that means no operation: the upstream's where there is one, else the refusal.
async fn undocumented(
    state: &State,
    edition: &Edition,
    (peer, request, body): (SocketAddr, &mut Request, Body),
    refusal: Box<Reply>,
    notes: &mut Notes,
) -> Result<Reply, Box<Reply>> {
    let is_unknown = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&refusal.status);
    let Some(upstream) = state.forwarder.undocumented().filter(|_| is_unknown) else { return Err(refusal) };
    request.body = match receive::body(body, &request.headers, &state.settings).await {
        Ok(bytes) => bytes,
        Err(Unread::TooLarge) => return Err(refuse::body_too_large(state.settings.body_limit)),
        Err(Unread::TooSlow) => return Err(refuse::body_too_slow(state.settings.body_deadline)),
        Err(Unread::Broken) => return Err(refuse::body_broken()),
    };
    let message = match refusal.status {
        StatusCode::NOT_FOUND => "no path of the document matches",
        _ => "the path has no such method",
    };
    notes.violations.push(Violation::new(Part::Route, "undocumented", message));
    let job = Job { state, upstream, secrets: &edition.secrets, client: peer, request, known: None };
    match job.run(notes).await? {
        Forwarded::Reply(reply) => Ok(*reply),
        Forwarded::Missing => Err(refusal),
    }
}

/// The operation a request means; a HEAD that is not documented means the GET that is.
fn route<'r, 'p>(
    edition: &'r Edition,
    method: &Method,
    path: &'p str,
    query: &str,
    headers: &HeaderMap,
    trail: &mut Trail,
) -> Result<RouteMatch<'r, 'p>, Box<Reply>> {
    let allowed = match edition.router.find_with(method, path, query, headers) {
        Route::Found(found) => return Ok(found),
        Route::WrongMethod { allowed } => allowed,
        Route::BadEscape => return Err(refuse::bad_escape(path)),
        // The asterisk form of RFC 9112, section 3.2.4, asks about the server as a whole.
        Route::Unknown if path == "*" && *method == Method::OPTIONS => return Err(refuse::options(&[])),
        Route::Unknown => {
            return Err(refuse::unknown_path(path, &edition.router.nearest(refuse::legible(path))));
        }
    };
    if *method == Method::HEAD
        && let Route::Found(found) = edition.router.find_with(&Method::GET, path, query, headers)
    {
        trail.push("route: HEAD is answered as GET, without the body");
        return Ok(found);
    }
    if *method == Method::OPTIONS {
        trail.push("route: OPTIONS is not documented, so the methods are listed");
        return Err(refuse::options(&allowed));
    }
    Err(refuse::wrong_method(method, path, &allowed))
}

/// The request, decoded and held to its operation.
fn read(state: &State, edition: &Edition, found: &RouteMatch<'_, '_>, request: &Request) -> Reading {
    read_by(state, edition, found, request, validate::request)
}

/// As [`read`], by a function that reads what the document says of the request.
fn read_by(
    state: &State,
    edition: &Edition,
    found: &RouteMatch<'_, '_>,
    request: &Request,
    read: fn(&RouteMatch<'_, '_>, &Request, &RequestRules) -> Reading,
) -> Reading {
    let target = prefer::without_keys(&request.target);
    let mut reading = if target.len() == request.target.len() {
        read(found, request, &edition.rules)
    } else {
        let stripped = Request { target: target.into_owned(), ..request.clone() };
        read(found, &stripped, &edition.rules)
    };
    if state.settings.validation == Enforcement::Ignored {
        reading.violations.clear();
    }
    // The rules leave credentials out, since the gate knows more of them than the document does.
    reading.violations.splice(..0, edition.gate.judge(found.operation, request));
    reading
}

/// What can be said of a request whose body was not read.
fn too_large(state: &State, edition: &Edition, found: &RouteMatch<'_, '_>, request: &Request) -> Reading {
    let mut reading = read_by(state, edition, found, request, validate::without_body);
    let message = format!("the body is over the limit of {} bytes", state.settings.body_limit);
    reading.violations.push(Violation::new(Part::Body, "too-large", message));
    reading
}

/// Says in the trail what will happen to the connection.
fn plan_faults(reply: &mut Reply, trail: &mut Trail) {
    if let Some(delay) = reply.delay {
        trail.push(format!("delay: {delay:?}"));
    }
    match reply.fault {
        None => {}
        Some(Fault::Reset) => trail.push("fault: the connection is reset"),
        Some(Fault::Empty) => trail.push("fault: the connection is closed without a byte"),
        Some(Fault::Hang) => trail.push("fault: nothing is ever sent"),
    }
}

/// The call as the journal keeps it.
fn entry(
    edition: Arc<Edition>,
    id: u64,
    started: Instant,
    request: Request,
    notes: Notes,
    reply: &Reply,
) -> Entry {
    let is_sent = reply.fault.is_none();
    // hyper sends the head of this response and its length, and leaves the body out.
    let shown = if request.method == Method::HEAD { Bytes::new() } else { reply.body.clone() };
    Entry {
        id,
        edition,
        method: request.method,
        target: request.target,
        operation: notes.operation,
        request: Record::new(&request.headers, &request.body),
        response: is_sent.then(|| Record::new(&reply.headers, &shown)),
        status: is_sent.then_some(reply.status),
        source: reply.source,
        rule: reply.rule.clone(),
        violations: notes.violations,
        upstream_violations: notes.upstream_violations,
        trail: notes.trail,
        latency: started.elapsed(),
    }
}

fn response(reply: Reply) -> Response<Body> {
    let mut response = Response::new(reply.stream.unwrap_or_else(|| Body::from(reply.body)));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::builder::StubBuilder;
    use crate::plan::Plans;
    use crate::script::ScriptEngine;

    #[tokio::test]
    async fn a_request_is_worked_on_in_little_room() {
        let contract = Contract::load("a.yaml", b"openapi: 3.0.3\npaths: {}").unwrap();
        let state = StubBuilder::new(contract).into_state();
        let connection = Connection { peer: ([127, 0, 0, 1], 1).into(), local_port: 2 };
        let request = hyper::Request::get("/a").body(Body::empty()).unwrap();
        // Every request moves this onto the heap.
        let room = size_of_val(&serve(&state, connection, request));
        assert!(room < 4096, "{room} bytes");
    }

    #[tokio::test]
    async fn a_panic_is_answered_and_recorded() {
        let text = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: ok}}}}}";
        let contract = Contract::load("a.yaml", text.as_bytes()).unwrap();
        let engine = ScriptEngine::new(Vec::new(), 0);
        let state = StubBuilder::new(contract.clone()).into_state();
        let whole = Edition::new(vec![contract.clone()], ScriptEngine::new(Vec::new(), 0), &state.settings);
        let mut edition = Edition::new(vec![contract], engine, &state.settings);
        // The one invariant that can be broken from here.
        edition.plans = Plans::new(std::iter::empty(), state.settings.plan_rules());
        state.replace(edition);
        let connection = Connection { peer: ([127, 0, 0, 1], 1).into(), local_port: 2 };
        let request = || hyper::Request::get("/a").header("host", "x").body(Body::empty()).unwrap();
        let response = serve(&state, connection, request()).await;
        assert_eq!(response.status(), 500);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(String::from_utf8_lossy(&body).contains("urn:counterfoil:defect"), "{body:?}");
        let call = state.sessions.unnamed().journal.get(1).unwrap();
        assert_eq!((call.status, call.operation.as_deref()), (Some(500), Some("getA")));
        state.replace(whole);
        assert_eq!(serve(&state, connection, request()).await.status(), 200, "the next request is answered");
    }
}
