//! The control API, carried out: each row is handed to the module of its subject.

use std::sync::Arc;

use dropshot::{
    HttpResponseCreated, HttpResponseDeleted, HttpResponseOk, HttpResponseUpdatedNoContent, Path, Query,
    RequestContext,
};

use super::api::ControlApi;
use super::asked::{Asked, admitted};
use super::body::Described;
use super::calls::{self, Call, CallFilter, CallList, CallPath};
use super::clock::{self, ClockSet, ClockState};
use super::control_document;
use super::health::{self, Health};
use super::operations::{self, OperationPath, OperationSummary, Reply, ReplySet};
use super::problem::Problem;
use super::reset::{self, Reset};
use super::scenarios::{self, PlaceQuery, PlaceSet, ScenarioPath, ScenarioState};
use super::sessions::{self, NewSession, SessionMade, SessionPath, SessionQuery, SessionSummary};
use super::state::{self, AnyValue, Others, StatePath, Values};
use super::webhooks::{self, WebhookOrder, WebhookPath, WebhookSent};
use crate::state::State;

/// Carries out the control API over the state of a stub.
pub(super) enum Control {}

type Context = RequestContext<Arc<State>>;
type Answer<T> = Result<HttpResponseOk<T>, Problem>;
type Created<T> = Result<HttpResponseCreated<T>, Problem>;
type Deleted = Result<HttpResponseDeleted, Problem>;
type Done = Result<HttpResponseUpdatedNoContent, Problem>;

impl ControlApi for Control {
    type Context = Arc<State>;

    async fn health(rqctx: Context) -> Answer<Health> {
        Ok(HttpResponseOk(health::show(&admitted(&rqctx)?.edition())))
    }

    async fn version(rqctx: Context) -> Answer<Health> {
        Ok(HttpResponseOk(health::show(&admitted(&rqctx)?.edition())))
    }

    async fn list_operations(rqctx: Context, query: Query<SessionQuery>) -> Answer<Vec<OperationSummary>> {
        Ok(HttpResponseOk(operations::list(&Asked::of(&rqctx, query)?)))
    }

    async fn set_reply(
        rqctx: Context,
        path: Path<OperationPath>,
        query: Query<SessionQuery>,
        reply: Described<Reply>,
    ) -> Answer<ReplySet> {
        let asked = Asked::of(&rqctx, query)?;
        Ok(HttpResponseOk(operations::set_reply(&asked, &path.into_inner().op, reply.as_bytes())?))
    }

    async fn clear_reply(rqctx: Context, path: Path<OperationPath>, query: Query<SessionQuery>) -> Deleted {
        operations::clear_reply(&Asked::of(&rqctx, query)?, &path.into_inner().op)?;
        Ok(HttpResponseDeleted())
    }

    async fn list_calls(rqctx: Context, query: Query<CallFilter>) -> Answer<CallList> {
        let (asked, filter) = Asked::with(&rqctx, query)?;
        Ok(HttpResponseOk(calls::list(&asked, filter)?))
    }

    async fn clear_calls(rqctx: Context, query: Query<SessionQuery>) -> Deleted {
        calls::clear(&Asked::of(&rqctx, query)?);
        Ok(HttpResponseDeleted())
    }

    async fn show_call(rqctx: Context, path: Path<CallPath>, query: Query<SessionQuery>) -> Answer<Call> {
        Ok(HttpResponseOk(calls::show(&Asked::of(&rqctx, query)?, path.into_inner().id)?))
    }

    async fn list_state(rqctx: Context, query: Query<SessionQuery>) -> Answer<Values> {
        Ok(HttpResponseOk(state::list(&Asked::of(&rqctx, query)?)))
    }

    async fn replace_state(
        rqctx: Context,
        query: Query<SessionQuery>,
        values: Described<Values>,
    ) -> Answer<Values> {
        let asked = Asked::of(&rqctx, query)?;
        Ok(HttpResponseOk(state::set(&asked, values.as_bytes(), Others::Removed)?))
    }

    async fn change_state(
        rqctx: Context,
        query: Query<SessionQuery>,
        values: Described<Values>,
    ) -> Answer<Values> {
        let asked = Asked::of(&rqctx, query)?;
        Ok(HttpResponseOk(state::set(&asked, values.as_bytes(), Others::Kept)?))
    }

    async fn reset_state(rqctx: Context, query: Query<SessionQuery>) -> Deleted {
        state::clear(&Asked::of(&rqctx, query)?);
        Ok(HttpResponseDeleted())
    }

    async fn show_value(
        rqctx: Context,
        path: Path<StatePath>,
        query: Query<SessionQuery>,
    ) -> Answer<AnyValue> {
        Ok(HttpResponseOk(state::show(&Asked::of(&rqctx, query)?, &path.into_inner().key)?))
    }

    async fn set_value(
        rqctx: Context,
        path: Path<StatePath>,
        query: Query<SessionQuery>,
        value: Described<AnyValue>,
    ) -> Answer<AnyValue> {
        let asked = Asked::of(&rqctx, query)?;
        Ok(HttpResponseOk(state::set_one(&asked, path.into_inner().key, value.as_bytes())?))
    }

    async fn remove_value(rqctx: Context, path: Path<StatePath>, query: Query<SessionQuery>) -> Deleted {
        state::remove(&Asked::of(&rqctx, query)?, &path.into_inner().key)?;
        Ok(HttpResponseDeleted())
    }

    async fn list_scenarios(rqctx: Context, query: Query<SessionQuery>) -> Answer<Vec<ScenarioState>> {
        Ok(HttpResponseOk(scenarios::list(&Asked::of(&rqctx, query)?)))
    }

    async fn show_place(
        rqctx: Context,
        path: Path<ScenarioPath>,
        query: Query<PlaceQuery>,
    ) -> Answer<PlaceSet> {
        let (asked, query) = Asked::with(&rqctx, query)?;
        Ok(HttpResponseOk(scenarios::place(&asked, &path.into_inner().name, query.key.as_deref())?))
    }

    async fn set_place(
        rqctx: Context,
        path: Path<ScenarioPath>,
        query: Query<PlaceQuery>,
        place: Described<PlaceSet>,
    ) -> Answer<PlaceSet> {
        let (asked, query) = Asked::with(&rqctx, query)?;
        let (name, key) = (path.into_inner().name, query.key.as_deref());
        Ok(HttpResponseOk(scenarios::go(&asked, &name, key, place.as_bytes())?))
    }

    async fn reset_place(rqctx: Context, path: Path<ScenarioPath>, query: Query<PlaceQuery>) -> Deleted {
        let (asked, query) = Asked::with(&rqctx, query)?;
        scenarios::restart(&asked, &path.into_inner().name, query.key.as_deref())?;
        Ok(HttpResponseDeleted())
    }

    async fn show_clock(rqctx: Context, query: Query<SessionQuery>) -> Answer<ClockState> {
        Ok(HttpResponseOk(clock::show(&Asked::of(&rqctx, query)?)))
    }

    async fn set_clock(
        rqctx: Context,
        query: Query<SessionQuery>,
        order: Described<ClockSet>,
    ) -> Answer<ClockState> {
        Ok(HttpResponseOk(clock::set(&Asked::of(&rqctx, query)?, order.as_bytes())?))
    }

    async fn make_session(rqctx: Context, order: Described<NewSession>) -> Created<SessionMade> {
        Ok(HttpResponseCreated(sessions::make(admitted(&rqctx)?, order.as_bytes())?))
    }

    async fn list_sessions(rqctx: Context) -> Answer<Vec<SessionSummary>> {
        Ok(HttpResponseOk(sessions::list(admitted(&rqctx)?)))
    }

    async fn drop_session(rqctx: Context, path: Path<SessionPath>) -> Deleted {
        sessions::drop_named(admitted(&rqctx)?, &path.into_inner().id)?;
        Ok(HttpResponseDeleted())
    }

    async fn send_webhook(
        rqctx: Context,
        path: Path<WebhookPath>,
        order: Described<WebhookOrder>,
    ) -> Answer<WebhookSent> {
        let state = admitted(&rqctx)?;
        Ok(HttpResponseOk(webhooks::send(state, &path.into_inner().name, order.as_bytes()).await?))
    }

    async fn reset(rqctx: Context, query: Query<SessionQuery>, scopes: Described<Reset>) -> Done {
        reset::reset(&Asked::of(&rqctx, query)?, scopes.as_bytes())?;
        Ok(HttpResponseUpdatedNoContent())
    }

    async fn show_document(rqctx: Context) -> Answer<serde_json::Value> {
        admitted(&rqctx)?;
        Ok(HttpResponseOk(control_document()))
    }
}
