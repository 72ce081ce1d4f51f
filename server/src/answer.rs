//! The decisions about a request as plain functions: [`pipeline`](crate::pipeline) waits for the body, or for an
//! upstream, between them.

use std::net::SocketAddr;
use std::sync::Arc;

use counterfoil_openapi::validate::{self, Enforcement, Reading, RequestRules};
use counterfoil_openapi::{Operation, Part, Request, Route, RouteMatch, Violation};
use dropshot::Body;
use http::{HeaderMap, Method, StatusCode, Version};

use crate::callback;
use crate::compose::{self, Task};
use crate::cors;
use crate::edition::Edition;
use crate::negotiate::prefer::{self, Preferences};
use crate::pipeline::Notes;
use crate::receive::{self, Unread};
use crate::reply::Reply;
use crate::script::{Decision, InvalidRequests, ReplySpec, Subject};
use crate::session::Session;
use crate::state::State;
use crate::trail::{Line, Trail};
use crate::upstream::{self, Destination, Forwarded, Job, Known, Way};
use crate::wish::Wish;
use crate::{admit, refuse};

/// What a request is answered from, and whence it came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'c> {
    pub(crate) state: &'c State,
    pub(crate) edition: &'c Edition,
    pub(crate) session: &'c Session,
    pub(crate) peer: SocketAddr,
    pub(crate) version: Version,
}

/// What a request asks for, by its head.
#[derive(Debug)]
pub(crate) enum Asked<'e, 'p> {
    /// An operation, perhaps in a certain way.
    Operation(RouteMatch<'e, 'p>, Preferences),
    /// What no document describes, though an upstream may have it; else this is the answer.
    Undocumented(Box<Reply>),
}

/// What is known of a request before its reply is made.
#[derive(Debug)]
pub(crate) struct Judged {
    preferences: Preferences,
    reading: Reading,
    /// What a script says of it.
    decision: Option<Decision>,
    /// What scripts say of requests that none of their rules answers.
    defaults: Option<ReplySpec>,
}

/// What is done about a request that was read.
pub(crate) enum Decided {
    /// The stub itself replies.
    Reply(Reply),
    /// An upstream is asked.
    Forward(Box<Judged>, Way),
}

/// Looks at the method, target and headers of a request; an early reply is the error.
pub(crate) fn head<'c, 'p>(
    context: Context<'c>,
    (method, target, headers): (&Method, &'p str, &HeaderMap),
    refused: Option<Box<Reply>>,
    notes: &mut Notes,
) -> Result<Asked<'c, 'p>, Box<Reply>> {
    let Context { state, edition, version, .. } = context;
    admit::admit(version, headers)?;
    if let Some(refusal) = refused {
        return Err(refusal);
    }
    if cors::is_preflight(&state.settings.cors, method, headers) {
        notes.trail.push("route: a preflight, answered for any path");
        return Err(Box::new(cors::preflight(&state.settings.cors, headers)));
    }
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    match route(edition, method, path, query.unwrap_or_default(), headers, &mut notes.trail) {
        Ok(found) => {
            notes.operation = Some(Arc::clone(found.operation));
            let preferences = Preferences::read(headers, query).map_err(refuse::preference)?;
            Ok(Asked::Operation(found, preferences))
        }
        Err(refusal) => {
            let is_unknown =
                [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&refusal.status);
            match state.forwarder.undocumented(context.session.name()) {
                Some(_) if is_unknown => Ok(Asked::Undocumented(refusal)),
                _ => Err(refusal),
            }
        }
    }
}

/// Reads a request to an operation, and replies or says who does; `unread` says why there is no body.
pub(crate) fn decide(
    context: Context<'_>,
    found: &RouteMatch<'_, '_>,
    request: &Request,
    unread: Option<Unread>,
    preferences: Preferences,
    notes: &mut Notes,
) -> Result<Decided, Box<Reply>> {
    let Context { state, edition, session, .. } = context;
    let operation = found.operation;
    let mut reading = match unread {
        None => read(state, edition, found, request, validate::request),
        Some(Unread::TooLarge) => too_large(state, edition, found, request),
        Some(unread) => return Err(unread_refusal(unread, state)),
    };
    if let Some(line) = edition.gate.unseen(operation) {
        notes.trail.push(line);
    }
    notes.trail.push(match reading.violations.len() {
        0 => "request: valid".into(),
        1 => "request: 1 violation".into(),
        many => Line::from(format!("request: {many} violations")),
    });

    let names_a_reply = preferences.names_a_reply();
    // What was not read cannot be sent on.
    if !names_a_reply
        && unread.is_none()
        && let Some(way) = state.forwarder.recorded(session.name(), operation)
    {
        notes.trail.push("reply: recorded, so that no script is asked");
        let judged = Judged { preferences, reading, decision: None, defaults: None };
        return Ok(Decided::Forward(Box::new(judged), way));
    }
    let mut decision = if names_a_reply {
        notes.trail.push("reply: named by the request itself, so that no script is asked");
        None
    } else {
        edition.engine.decide(&Subject { operation, request, reading: &reading }, session)
    };
    let is_refused = decision.is_none() && unread.is_none() && !reading.violations.is_empty();
    if is_refused && overlook(edition, operation, request, &reading, &mut notes.trail) {
        reading.violations.clear();
        let subject = Subject { operation, request, reading: &reading };
        decision = if names_a_reply { None } else { edition.engine.decide(&subject, session) };
    }
    let subject = Subject { operation, request, reading: &reading };
    if let Some(decision) = &decision {
        notes.trail.push(decision.trail.clone());
    }
    let defaults = if decision.is_none() { edition.engine.unscripted(&subject, session) } else { None };
    // What was not read cannot be sent on.
    let destination = if names_a_reply || unread.is_some() {
        Destination::Stub
    } else {
        let unscripted = edition.engine.on_unscripted(&subject);
        state.forwarder.destination(operation, reading.violations.is_empty(), decision.as_ref(), unscripted)
    };
    let judged = Judged { preferences, reading, decision, defaults };
    match destination {
        Destination::Stub => stubbed(context, found, request, judged, notes).map(Decided::Reply),
        Destination::Nobody => Err(upstream::unscripted(operation)),
        Destination::Upstream(way) => Ok(Decided::Forward(Box::new(judged), way)),
    }
}

/// Whether a script takes a request that breaks the contract for a valid one.
fn overlook(
    edition: &Edition,
    operation: &Arc<Operation>,
    request: &Request,
    reading: &Reading,
    trail: &mut Trail,
) -> bool {
    match edition.engine.on_invalid(&Subject { operation, request, reading }) {
        InvalidRequests::Refused => return false,
        InvalidRequests::Ignored => trail.push("request: taken for a valid one, as the script says"),
        InvalidRequests::Logged => {
            trail.push("request: taken for a valid one, as the script says; what is wrong:");
            for violation in edition.scrub(operation, request, &reading.violations) {
                tracing::warn!(operation = %operation.id(), %violation, "the request breaks the contract");
                trail.push(format!("request: {violation}"));
            }
        }
    }
    true
}

/// The stub's own reply.
fn stubbed(
    context: Context<'_>,
    found: &RouteMatch<'_, '_>,
    request: &Request,
    judged: Judged,
    notes: &mut Notes,
) -> Result<Reply, Box<Reply>> {
    let Context { state, edition, .. } = context;
    let Judged { preferences, reading, decision, defaults } = judged;
    notes.violations = reading.violations;
    let scripted = decision.as_ref().map(|decision| &decision.reply).or(defaults.as_ref());
    let plan = edition.plans.of(found.operation);
    let task = Task {
        edition,
        settings: &state.settings,
        operation: found.operation,
        plan,
        request,
        preferences: &preferences,
        scripted,
        wish: Wish::new(&state.settings, &preferences, scripted),
    };
    let composed = compose::reply(&task, notes);
    let delay = preferences.delay.or(scripted.and_then(|scripted| scripted.delay));
    let mishap = scripted.and_then(ReplySpec::mishap);
    let (source, rule) = decision.map(|decision| (decision.source, decision.rule)).unzip();
    match composed {
        Ok(reply) => {
            let reply = Reply { source: source.unwrap_or(reply.source), rule, delay, mishap, ..reply };
            if !plan.callbacks.is_empty() && notes.violations.is_empty() {
                let asked = (request, &reading.values);
                let (outbox, settings) = (&state.outbox, &state.settings);
                notes.callbacks =
                    callback::plan(outbox, &plan.callbacks, settings, asked, &reply, &mut notes.trail);
            }
            Ok(reply)
        }
        Err(refusal) => Err(Box::new(Reply { rule, delay, mishap, ..*refusal })),
    }
}

/// The reply of an upstream to a request to an operation; the stub's own where the upstream does not have it.
pub(crate) async fn forward(
    context: Context<'_>,
    found: &RouteMatch<'_, '_>,
    request: &Request,
    (judged, way): (Judged, &Way),
    notes: &mut Notes,
) -> Result<Reply, Box<Reply>> {
    let Context { state, edition, peer, .. } = context;
    let known = Some(Known::new(found, &judged.reading, request.path()));
    notes.violations.clone_from(&judged.reading.violations);
    let job = Job { state, way, secrets: &edition.secrets, client: peer, request, known };
    match job.run(notes).await? {
        Forwarded::Missing => stubbed(context, found, request, judged, notes),
        Forwarded::Reply(mut reply) => {
            let Judged { preferences, decision, defaults, .. } = judged;
            let scripted = decision.as_ref().map(|decision| &decision.reply).or(defaults.as_ref());
            compose::change_headers(scripted, &mut reply.headers, &mut notes.trail);
            let delay = preferences.delay.or(scripted.and_then(|scripted| scripted.delay));
            Ok(Reply { rule: decision.map(|decision| decision.rule), delay, ..*reply })
        }
    }
}

/// The upstream's reply to a request that means no operation, else the refusal.
pub(crate) async fn undocumented(
    context: Context<'_>,
    request: &mut Request,
    body: Body,
    refusal: Box<Reply>,
    notes: &mut Notes,
) -> Result<Reply, Box<Reply>> {
    let Context { state, edition, peer, .. } = context;
    let Some(way) = &state.forwarder.undocumented(context.session.name()) else { return Err(refusal) };
    request.body = match receive::body(body, &request.headers, &state.settings).await {
        Ok(bytes) => bytes,
        Err(unread) => return Err(unread_refusal(unread, state)),
    };
    let message = match refusal.status {
        StatusCode::NOT_FOUND => "no path of the document matches",
        _ => "the path has no such method",
    };
    notes.violations.push(Violation::new(Part::Route, "undocumented", message));
    let job = Job { state, way, secrets: &edition.secrets, client: peer, request, known: None };
    match job.run(notes).await? {
        Forwarded::Reply(reply) => Ok(*reply),
        Forwarded::Missing => Err(refusal),
    }
}

/// The answer to a request whose body was not read.
fn unread_refusal(unread: Unread, state: &State) -> Box<Reply> {
    match unread {
        Unread::TooLarge => refuse::body_too_large(state.settings.body_limit),
        Unread::TooSlow => refuse::body_too_slow(state.settings.body_deadline),
        Unread::Broken => refuse::body_broken(),
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

/// The request, held to its operation by a function that reads what the document says of it.
fn read(
    state: &State,
    edition: &Edition,
    found: &RouteMatch<'_, '_>,
    request: &Request,
    read: impl Fn(&RouteMatch<'_, '_>, &Request, &RequestRules) -> Reading,
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
    let mut reading = read(state, edition, found, request, validate::without_body);
    let message = format!("the body is over the limit of {} bytes", state.settings.body_limit);
    reading.violations.push(Violation::new(Part::Body, "too-large", message));
    reading
}
