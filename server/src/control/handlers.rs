//! The control API, carried out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use counterfoil_openapi::{Operation, StatusPattern};
use dropshot::{
    HttpResponseCreated, HttpResponseDeleted, HttpResponseOk, HttpResponseUpdatedNoContent, Path, Query,
    RequestContext,
};
use sha2::{Digest, Sha256};

use super::api::ControlApi;
use super::body::{self, Described};
use super::kept::{self, Others};
use super::problem::{FindingBody, Problem};
use super::types::{
    AnyValue, Call, CallFilter, CallList, CallPath, CallSummary, ClockSet, ClockState, HeaderField, Health,
    Message, NewSession, OperationPath, OperationSummary, PlaceQuery, PlaceSet, Reply, ReplySet, Reset,
    ResetScope, ScenarioPath, ScenarioState, SessionMade, SessionPath, SessionQuery, SessionSummary,
    StatePath, WebhookOrder, WebhookPath, WebhookSent,
};
use super::{clock, control_document, guard, sessions, webhook};
use crate::edition::Edition;
use crate::journal::{self, Validity};
use crate::script::nearest;
use crate::session::Session;
use crate::state::State;

/// How many calls are listed at once, where nothing else is asked.
const DEFAULT_LIMIT: usize = 100;
/// How many calls are listed at once at most.
const MAX_LIMIT: usize = 1_000;

/// Carries out the control API over the state of a stub.
pub(super) enum Control {}

/// The state, once the request is known to come from this machine.
fn admitted(rqctx: &RequestContext<Arc<State>>) -> Result<&State, Problem> {
    guard::admit(rqctx.request.uri(), rqctx.request.headers())?;
    Ok(rqctx.context())
}

/// The state and the session asked for, once the request is known to come from this machine.
fn in_session(
    rqctx: &RequestContext<Arc<State>>,
    query: Query<SessionQuery>,
) -> Result<(&State, Arc<Session>), Problem> {
    let state = admitted(rqctx)?;
    let session = sessions::named(state, query.into_inner().session.as_deref())?;
    Ok((state, session))
}

impl ControlApi for Control {
    type Context = Arc<State>;

    async fn health(rqctx: RequestContext<Self::Context>) -> Result<HttpResponseOk<Health>, Problem> {
        Ok(HttpResponseOk(health(&admitted(&rqctx)?.edition())))
    }

    async fn version(rqctx: RequestContext<Self::Context>) -> Result<HttpResponseOk<Health>, Problem> {
        Ok(HttpResponseOk(health(&admitted(&rqctx)?.edition())))
    }

    async fn list_operations(
        rqctx: RequestContext<Self::Context>,
        query: Query<SessionQuery>,
    ) -> Result<HttpResponseOk<Vec<OperationSummary>>, Problem> {
        let (state, session) = in_session(&rqctx, query)?;
        let calls = session.journal.counts();
        let edition = state.edition();
        let operations = edition.operations().map(|operation| summary(&edition, &session, operation, &calls));
        Ok(HttpResponseOk(operations.collect()))
    }

    async fn set_reply(
        rqctx: RequestContext<Self::Context>,
        path: Path<OperationPath>,
        query: Query<SessionQuery>,
        reply: Described<Reply>,
    ) -> Result<HttpResponseOk<ReplySet>, Problem> {
        let (state, session) = in_session(&rqctx, query)?;
        let name = path.into_inner().op;
        let set = state.change(|edition| {
            let operation = operation(edition, &name)?;
            Ok::<_, Problem>(session.set_reply(&edition.engine, operation, reply.as_bytes()))
        });
        match set? {
            Ok(outcome) => Ok(HttpResponseOk(ReplySet {
                rule: outcome.rule,
                warnings: outcome.findings.iter().map(FindingBody::from).collect(),
            })),
            Err(error) => {
                let detail = match error.error_count() {
                    1 => "the reply has an error; nothing is changed".to_owned(),
                    count => format!("the reply has {count} errors; nothing is changed"),
                };
                Err(Problem::findings(detail, error.findings()))
            }
        }
    }

    async fn clear_reply(
        rqctx: RequestContext<Self::Context>,
        path: Path<OperationPath>,
        query: Query<SessionQuery>,
    ) -> Result<HttpResponseDeleted, Problem> {
        let (state, session) = in_session(&rqctx, query)?;
        let name = path.into_inner().op;
        state.change(|edition| {
            session.clear_reply(operation(edition, &name)?);
            Ok(HttpResponseDeleted())
        })
    }

    async fn list_calls(
        rqctx: RequestContext<Self::Context>,
        query: Query<CallFilter>,
    ) -> Result<HttpResponseOk<CallList>, Problem> {
        let state = admitted(&rqctx)?;
        let CallFilter { op, status, valid, after, limit, session } = query.into_inner();
        let session = sessions::named(state, session.as_deref())?;
        let operation = match op {
            Some(name) => Some(operation(&state.edition(), &name)?.id().as_str().to_owned()),
            None => None,
        };
        let limit = limit.map_or(DEFAULT_LIMIT, |limit| usize::try_from(limit).unwrap_or(MAX_LIMIT));
        let limit = limit.clamp(1, MAX_LIMIT);
        let mut calls = session.journal.list(&journal::CallFilter {
            operation,
            status,
            validity: valid.map(|valid| if valid { Validity::Valid } else { Validity::Invalid }),
            after,
            // One more than asked tells whether there are more.
            limit: Some(limit + 1),
        });
        let has_more = calls.len() > limit;
        calls.truncate(limit);
        let next = calls.last().map(|call| call.id).filter(|_| has_more);
        Ok(HttpResponseOk(CallList { items: calls.into_iter().map(in_short).collect(), next }))
    }

    async fn clear_calls(
        rqctx: RequestContext<Self::Context>,
        query: Query<SessionQuery>,
    ) -> Result<HttpResponseDeleted, Problem> {
        let (_, session) = in_session(&rqctx, query)?;
        session.journal.clear();
        Ok(HttpResponseDeleted())
    }

    async fn show_call(
        rqctx: RequestContext<Self::Context>,
        path: Path<CallPath>,
        query: Query<SessionQuery>,
    ) -> Result<HttpResponseOk<Call>, Problem> {
        let (_, session) = in_session(&rqctx, query)?;
        let id = path.into_inner().id;
        let call = session.journal.get(id).ok_or_else(|| {
            Problem::unknown("call-unknown", format!("the journal holds no call {id}, or no longer"))
        })?;
        Ok(HttpResponseOk(in_full(call)))
    }

    async fn list_state(
        rqctx: RequestContext<Self::Context>,
        query: Query<SessionQuery>,
    ) -> Result<HttpResponseOk<Values>, Problem> {
        let (state, session) = in_session(&rqctx, query)?;
        Ok(HttpResponseOk(shown(kept::values(&state.edition(), &session))))
    }

    async fn replace_state(
        rqctx: RequestContext<Self::Context>,
        query: Query<SessionQuery>,
        values: Described<Values>,
    ) -> Result<HttpResponseOk<Values>, Problem> {
        let (state, session) = in_session(&rqctx, query)?;
        let values = body::read(values.as_bytes())?;
        Ok(HttpResponseOk(shown(kept::set(&state.edition(), &session, values, Others::Removed)?)))
    }

    async fn change_state(
        rqctx: RequestContext<Self::Context>,
        query: Query<SessionQuery>,
        values: Described<Values>,
    ) -> Result<HttpResponseOk<Values>, Problem> {
        let (state, session) = in_session(&rqctx, query)?;
        let values = body::read(values.as_bytes())?;
        Ok(HttpResponseOk(shown(kept::set(&state.edition(), &session, values, Others::Kept)?)))
    }

    async fn reset_state(
        rqctx: RequestContext<Self::Context>,
        query: Query<SessionQuery>,
    ) -> Result<HttpResponseDeleted, Problem> {
        let (_, session) = in_session(&rqctx, query)?;
        session.memory().clear_values();
        Ok(HttpResponseDeleted())
    }

    async fn show_value(
        rqctx: RequestContext<Self::Context>,
        path: Path<StatePath>,
        query: Query<SessionQuery>,
    ) -> Result<HttpResponseOk<AnyValue>, Problem> {
        let (state, session) = in_session(&rqctx, query)?;
        let value = kept::value(&state.edition(), &session, &path.into_inner().key)?;
        Ok(HttpResponseOk(AnyValue(value)))
    }

    async fn set_value(
        rqctx: RequestContext<Self::Context>,
        path: Path<StatePath>,
        query: Query<SessionQuery>,
        value: Described<AnyValue>,
    ) -> Result<HttpResponseOk<AnyValue>, Problem> {
        let (_, session) = in_session(&rqctx, query)?;
        let AnyValue(value) = body::read(value.as_bytes())?;
        kept::set_value(&session, path.into_inner().key, value.clone())?;
        Ok(HttpResponseOk(AnyValue(value)))
    }

    async fn remove_value(
        rqctx: RequestContext<Self::Context>,
        path: Path<StatePath>,
        query: Query<SessionQuery>,
    ) -> Result<HttpResponseDeleted, Problem> {
        let (state, session) = in_session(&rqctx, query)?;
        kept::remove(&state.edition(), &session, &path.into_inner().key)?;
        Ok(HttpResponseDeleted())
    }

    async fn list_scenarios(
        rqctx: RequestContext<Self::Context>,
        query: Query<SessionQuery>,
    ) -> Result<HttpResponseOk<Vec<ScenarioState>>, Problem> {
        let (state, session) = in_session(&rqctx, query)?;
        Ok(HttpResponseOk(kept::scenarios(&state.edition(), &session)))
    }

    async fn show_place(
        rqctx: RequestContext<Self::Context>,
        path: Path<ScenarioPath>,
        query: Query<PlaceQuery>,
    ) -> Result<HttpResponseOk<PlaceSet>, Problem> {
        let state = admitted(&rqctx)?;
        let PlaceQuery { key, session } = query.into_inner();
        let session = sessions::named(state, session.as_deref())?;
        let name = path.into_inner().name;
        Ok(HttpResponseOk(kept::place(&state.edition(), &session, &name, key.as_deref())?))
    }

    async fn set_place(
        rqctx: RequestContext<Self::Context>,
        path: Path<ScenarioPath>,
        query: Query<PlaceQuery>,
        place: Described<PlaceSet>,
    ) -> Result<HttpResponseOk<PlaceSet>, Problem> {
        let state = admitted(&rqctx)?;
        let PlaceQuery { key, session } = query.into_inner();
        let session = sessions::named(state, session.as_deref())?;
        let (name, place) = (path.into_inner().name, body::read(place.as_bytes())?);
        Ok(HttpResponseOk(kept::go(&state.edition(), &session, &name, key.as_deref(), place)?))
    }

    async fn reset_place(
        rqctx: RequestContext<Self::Context>,
        path: Path<ScenarioPath>,
        query: Query<PlaceQuery>,
    ) -> Result<HttpResponseDeleted, Problem> {
        let state = admitted(&rqctx)?;
        let PlaceQuery { key, session } = query.into_inner();
        let session = sessions::named(state, session.as_deref())?;
        kept::restart(&state.edition(), &session, &path.into_inner().name, key.as_deref())?;
        Ok(HttpResponseDeleted())
    }

    async fn show_clock(
        rqctx: RequestContext<Self::Context>,
        query: Query<SessionQuery>,
    ) -> Result<HttpResponseOk<ClockState>, Problem> {
        let (_, session) = in_session(&rqctx, query)?;
        Ok(HttpResponseOk(clock::show(&session)))
    }

    async fn set_clock(
        rqctx: RequestContext<Self::Context>,
        query: Query<SessionQuery>,
        order: Described<ClockSet>,
    ) -> Result<HttpResponseOk<ClockState>, Problem> {
        let (_, session) = in_session(&rqctx, query)?;
        Ok(HttpResponseOk(clock::set(&session, order.as_bytes())?))
    }

    async fn make_session(
        rqctx: RequestContext<Self::Context>,
        order: Described<NewSession>,
    ) -> Result<HttpResponseCreated<SessionMade>, Problem> {
        Ok(HttpResponseCreated(sessions::make(admitted(&rqctx)?, order.as_bytes())?))
    }

    async fn list_sessions(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<Vec<SessionSummary>>, Problem> {
        Ok(HttpResponseOk(sessions::list(admitted(&rqctx)?)))
    }

    async fn drop_session(
        rqctx: RequestContext<Self::Context>,
        path: Path<SessionPath>,
    ) -> Result<HttpResponseDeleted, Problem> {
        sessions::drop_named(admitted(&rqctx)?, &path.into_inner().id)?;
        Ok(HttpResponseDeleted())
    }

    async fn send_webhook(
        rqctx: RequestContext<Self::Context>,
        path: Path<WebhookPath>,
        order: Described<WebhookOrder>,
    ) -> Result<HttpResponseOk<WebhookSent>, Problem> {
        let state = admitted(&rqctx)?;
        Ok(HttpResponseOk(webhook::send(state, &path.into_inner().name, order.as_bytes()).await?))
    }

    async fn reset(
        rqctx: RequestContext<Self::Context>,
        query: Query<SessionQuery>,
        scopes: Described<Reset>,
    ) -> Result<HttpResponseUpdatedNoContent, Problem> {
        let (state, session) = in_session(&rqctx, query)?;
        let reset: Reset = body::read(scopes.as_bytes())?;
        let covers = |scope| reset.scopes.as_ref().is_none_or(|scopes| scopes.contains(&scope));
        if covers(ResetScope::Rules) {
            state.change(|_| session.clear_replies());
        }
        if covers(ResetScope::Sequences) {
            session.reset_sequences();
        }
        if covers(ResetScope::State) {
            session.memory().clear();
        }
        if covers(ResetScope::Calls) {
            session.journal.clear();
        }
        if reset.scopes.is_none() {
            session.reset_clock();
        }
        Ok(HttpResponseUpdatedNoContent())
    }

    async fn show_document(
        rqctx: RequestContext<Self::Context>,
    ) -> Result<HttpResponseOk<serde_json::Value>, Problem> {
        admitted(&rqctx)?;
        Ok(HttpResponseOk(control_document()))
    }
}

/// What is served.
fn health(edition: &Edition) -> Health {
    let documents: Vec<&str> = edition.contracts.iter().map(|contract| contract.digest()).collect();
    let scripts: Vec<&str> = edition.engine.scripts().iter().map(|script| script.digest()).collect();
    Health {
        ok: true,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        document_digest: digest_of(&documents).unwrap_or_default(),
        script_digest: digest_of(&scripts),
    }
}

/// The one digest, or the digest of several one after the other.
fn digest_of(digests: &[&str]) -> Option<String> {
    match digests {
        [] => None,
        [one] => Some((*one).to_owned()),
        several => {
            let digest = Sha256::digest(several.concat().as_bytes());
            Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
        }
    }
}

/// The operation that a name means.
fn operation<'e>(edition: &'e Edition, name: &str) -> Result<&'e Arc<Operation>, Problem> {
    edition.operation(name).ok_or_else(|| {
        let ids = edition.operations().map(|operation| operation.id().as_str());
        let hint = nearest::hint(name, ids.collect::<Vec<_>>());
        let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
        Problem::unknown("operation-unknown", format!("no operation is called `{name}`{hint}"))
    })
}

fn summary(
    edition: &Edition,
    session: &Session,
    operation: &Operation,
    calls: &HashMap<String, u64>,
) -> OperationSummary {
    let responses = operation.responses();
    let names_of = |status: StatusPattern| -> Vec<String> {
        let media = responses.get(status).into_iter().flat_map(|response| response.content.iter());
        media.flat_map(|media| &media.examples).filter_map(|example| example.name.clone()).collect()
    };
    let examples = responses
        .iter()
        .map(|response| (response.status.to_string(), names_of(response.status)))
        .filter(|(_, names)| !names.is_empty());
    OperationSummary {
        operation_id: operation.id().as_str().to_owned(),
        document: operation.document().name().to_owned(),
        method: operation.method().to_string(),
        path: operation.path().as_str().to_owned(),
        summary: operation.summary().map(str::to_owned),
        statuses: responses.iter().map(|response| response.status.to_string()).collect(),
        examples: examples.collect(),
        rules: u32::try_from(edition.engine.rule_count(operation) + session.rule_count(operation))
            .unwrap_or(u32::MAX),
        calls: calls.get(operation.id().as_str()).copied().unwrap_or_default(),
    }
}

/// Values by name, as they travel.
type Values = BTreeMap<String, AnyValue>;

fn shown(values: BTreeMap<String, serde_json::Value>) -> Values {
    values.into_iter().map(|(name, value)| (name, AnyValue(value))).collect()
}

fn in_short(call: crate::Call) -> CallSummary {
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

fn in_full(call: crate::Call) -> Call {
    Call {
        id: call.id,
        valid: call.violations.is_empty(),
        latency_us: u64::try_from(call.latency.as_micros()).unwrap_or(u64::MAX),
        violations: call.violations.iter().map(ToString::to_string).collect(),
        upstream_violations: call.upstream_violations.iter().map(ToString::to_string).collect(),
        trail: call.trail,
        request: message(call.request),
        response: call.response.map(message),
        method: call.method,
        url: call.url,
        operation: call.operation,
        status: call.status,
        source: call.source.as_str().to_owned(),
        rule: call.rule,
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
