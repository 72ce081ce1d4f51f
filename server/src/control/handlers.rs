//! The control API, carried out: each row is handed to the module of its subject.

use std::sync::Arc;

use dropshot::{RequestContext, SharedExtractor as _};

use super::answer::{Done, Made, Removed, Replied, Shown, answered, done, made, removed, shown};
use super::api::ControlApi;
use super::asked::{Asked, admitted};
use super::calls::{self, CallFilter, CallList, CallPath};
use super::clock::{self, ClockSet, ClockState};
use super::control_document;
use super::explanation::{self, CallExplanation};
use super::health::{self, Health};
use super::metrics::{self, MetricsText};
use super::operations::{self, OperationPath, OperationSummary, Reply, ReplySet};
use super::recordings::{self, NewRecording, Recorded, RecordingPath, RecordingSummary};
use super::reset::{self, Reset};
use super::resources::{self, ItemPath, Items, ItemsQuery, ResourcePath, ResourceSummary};
use super::rules::{self, NewRule, Rule, RuleFilter, RuleList, RulePath, RuleSet, RuleText};
use super::said::{SaidBody, SaidPath, SaidQuery};
use super::scenarios::{self, PlaceQuery, PlaceSet, ScenarioPath, ScenarioState};
use super::script::{self, ScriptChange, ScriptQuery, ScriptSet, ScriptText};
use super::sessions::{self, NewSession, SessionMade, SessionPath, SessionQuery, SessionSummary};
use super::state::{self, AnyValue, Others, StatePath, Values};
use super::stream::{self, CallId, CallName, CallOrStream};
use super::verify::{self, ExpectationsMet, Verification, Verified};
use super::webhooks::{self, WebhookOrder, WebhookPath, WebhookSent};
use crate::state::State;

/// Carries out the control API over the state of a stub.
pub(super) enum Control {}

type Context = RequestContext<Arc<State>>;
type InSession = SaidQuery<SessionQuery>;

impl ControlApi for Control {
    type Context = Arc<State>;

    async fn health(rqctx: Context) -> Shown<Health> {
        shown(admitted(&rqctx).map(|state| health::show(&state.edition())))
    }

    async fn version(rqctx: Context) -> Shown<Health> {
        shown(admitted(&rqctx).map(|state| health::show(&state.edition())))
    }

    async fn list_operations(rqctx: Context, query: InSession) -> Shown<Vec<OperationSummary>> {
        shown(Asked::of(&rqctx, query).map(|asked| operations::list(&asked)))
    }

    async fn set_reply(
        rqctx: Context,
        path: SaidPath<OperationPath>,
        query: InSession,
        reply: SaidBody<Reply>,
    ) -> Shown<ReplySet> {
        let set = |asked| operations::set_reply(&asked, &path.read()?.op, &reply.bytes()?);
        shown(Asked::of(&rqctx, query).and_then(set))
    }

    async fn clear_reply(rqctx: Context, path: SaidPath<OperationPath>, query: InSession) -> Removed {
        let clear = |asked| operations::clear_reply(&asked, &path.read()?.op);
        removed(Asked::of(&rqctx, query).and_then(clear))
    }

    async fn list_rules(rqctx: Context, query: SaidQuery<RuleFilter>) -> Shown<RuleList> {
        shown(Asked::with(&rqctx, query).and_then(|(asked, filter)| rules::list(&asked, filter)))
    }

    async fn add_rule(rqctx: Context, query: InSession, rule: SaidBody<NewRule>) -> Made<RuleSet> {
        made(Asked::of(&rqctx, query).and_then(|asked| rules::add(&asked, rule)))
    }

    async fn clear_rules(rqctx: Context, query: InSession) -> Removed {
        removed(Asked::of(&rqctx, query).map(|asked| rules::clear(&asked)))
    }

    async fn show_rule(rqctx: Context, path: SaidPath<RulePath>, query: InSession) -> Shown<Rule> {
        shown(Asked::of(&rqctx, query).and_then(|asked| rules::show(&asked, &path.read()?.id)))
    }

    async fn replace_rule(
        rqctx: Context,
        path: SaidPath<RulePath>,
        query: InSession,
        rule: SaidBody<RuleText>,
    ) -> Shown<RuleSet> {
        let replace = |asked| rules::replace(&asked, &path.read()?.id, rule);
        shown(Asked::of(&rqctx, query).and_then(replace))
    }

    async fn change_rule(
        rqctx: Context,
        path: SaidPath<RulePath>,
        query: InSession,
        patch: SaidBody<RuleText>,
    ) -> Shown<RuleSet> {
        let change = |asked| rules::patch(&asked, &path.read()?.id, patch);
        shown(Asked::of(&rqctx, query).and_then(change))
    }

    async fn remove_rule(rqctx: Context, path: SaidPath<RulePath>, query: InSession) -> Removed {
        removed(Asked::of(&rqctx, query).and_then(|asked| rules::remove(&asked, &path.read()?.id)))
    }

    async fn show_script(rqctx: Context, query: SaidQuery<ScriptQuery>) -> Shown<ScriptText> {
        shown(admitted(&rqctx).and_then(|state| script::show(&state, &query.read()?)))
    }

    async fn set_script(
        rqctx: Context,
        query: SaidQuery<ScriptChange>,
        script: SaidBody<ScriptText>,
    ) -> Shown<ScriptSet> {
        shown(admitted(&rqctx).and_then(|state| script::set(&state, &query.read()?, script)))
    }

    async fn list_calls(rqctx: Context, query: SaidQuery<CallFilter>) -> Shown<CallList> {
        shown(Asked::with(&rqctx, query).and_then(|(asked, filter)| calls::list(&asked, filter)))
    }

    async fn clear_calls(rqctx: Context, query: InSession) -> Removed {
        removed(Asked::of(&rqctx, query).map(|asked| calls::clear(&asked)))
    }

    async fn show_call(rqctx: Context, path: SaidPath<CallName>, query: InSession) -> Replied<CallOrStream> {
        let filter = SaidQuery::from_request(&rqctx).await?;
        let answer = |asked: Asked<'_>| match path.read()?.id {
            CallId::Number(id) => Ok(CallOrStream::Call(Box::new(calls::show(&asked, id)?))),
            CallId::Stream => {
                let response = stream::open(&asked, filter.read()?, &rqctx.request)?;
                Ok(CallOrStream::Stream(response))
            }
        };
        answered(Asked::of(&rqctx, query).and_then(answer))
    }

    async fn explain_call(
        rqctx: Context,
        path: SaidPath<CallPath>,
        query: InSession,
    ) -> Shown<CallExplanation> {
        let explain = |asked| explanation::explain(&asked, path.read()?.id);
        shown(Asked::of(&rqctx, query).and_then(explain))
    }

    async fn verify_expectations(rqctx: Context, query: InSession) -> Shown<ExpectationsMet> {
        shown(Asked::of(&rqctx, query).and_then(|asked| verify::expectations(&asked)))
    }

    async fn verify(rqctx: Context, query: InSession, order: SaidBody<Verification>) -> Shown<Verified> {
        let order = Asked::of(&rqctx, query).and_then(|asked| Ok((asked, order.bytes()?)));
        shown(match order {
            Ok((asked, order)) => verify::verify(&asked, &order).await,
            Err(problem) => Err(problem),
        })
    }

    async fn list_state(rqctx: Context, query: InSession) -> Shown<Values> {
        shown(Asked::of(&rqctx, query).map(|asked| state::list(&asked)))
    }

    async fn replace_state(rqctx: Context, query: InSession, values: SaidBody<Values>) -> Shown<Values> {
        let set = |asked| state::set(&asked, values.read()?, Others::Removed);
        shown(Asked::of(&rqctx, query).and_then(set))
    }

    async fn change_state(rqctx: Context, query: InSession, values: SaidBody<Values>) -> Shown<Values> {
        let set = |asked| state::set(&asked, values.read()?, Others::Kept);
        shown(Asked::of(&rqctx, query).and_then(set))
    }

    async fn reset_state(rqctx: Context, query: InSession) -> Removed {
        removed(Asked::of(&rqctx, query).map(|asked| state::clear(&asked)))
    }

    async fn show_value(rqctx: Context, path: SaidPath<StatePath>, query: InSession) -> Shown<AnyValue> {
        shown(Asked::of(&rqctx, query).and_then(|asked| state::show(&asked, &path.read()?.key)))
    }

    async fn set_value(
        rqctx: Context,
        path: SaidPath<StatePath>,
        query: InSession,
        value: SaidBody<AnyValue>,
    ) -> Shown<AnyValue> {
        let set = |asked| state::set_one(&asked, path.read()?.key, value.read()?);
        shown(Asked::of(&rqctx, query).and_then(set))
    }

    async fn remove_value(rqctx: Context, path: SaidPath<StatePath>, query: InSession) -> Removed {
        removed(Asked::of(&rqctx, query).and_then(|asked| state::remove(&asked, &path.read()?.key)))
    }

    async fn list_scenarios(rqctx: Context, query: InSession) -> Shown<Vec<ScenarioState>> {
        shown(Asked::of(&rqctx, query).map(|asked| scenarios::list(&asked)))
    }

    async fn show_place(
        rqctx: Context,
        path: SaidPath<ScenarioPath>,
        query: SaidQuery<PlaceQuery>,
    ) -> Shown<PlaceSet> {
        shown(Asked::with(&rqctx, query).and_then(|(asked, PlaceQuery { key, .. })| {
            scenarios::place(&asked, &path.read()?.name, key.as_deref())
        }))
    }

    async fn set_place(
        rqctx: Context,
        path: SaidPath<ScenarioPath>,
        query: SaidQuery<PlaceQuery>,
        place: SaidBody<PlaceSet>,
    ) -> Shown<PlaceSet> {
        shown(Asked::with(&rqctx, query).and_then(|(asked, PlaceQuery { key, .. })| {
            scenarios::go(&asked, &path.read()?.name, key.as_deref(), place.read()?)
        }))
    }

    async fn reset_place(
        rqctx: Context,
        path: SaidPath<ScenarioPath>,
        query: SaidQuery<PlaceQuery>,
    ) -> Removed {
        removed(Asked::with(&rqctx, query).and_then(|(asked, PlaceQuery { key, .. })| {
            scenarios::restart(&asked, &path.read()?.name, key.as_deref())
        }))
    }

    async fn list_resources(rqctx: Context, query: InSession) -> Shown<Vec<ResourceSummary>> {
        shown(Asked::of(&rqctx, query).map(|asked| resources::list(&asked)))
    }

    async fn list_items(
        rqctx: Context,
        path: SaidPath<ResourcePath>,
        query: SaidQuery<ItemsQuery>,
    ) -> Shown<Items> {
        shown(Asked::with(&rqctx, query).and_then(|(asked, ItemsQuery { within, .. })| {
            resources::items(&asked, &path.read()?.name, within.as_deref())
        }))
    }

    async fn replace_items(
        rqctx: Context,
        path: SaidPath<ResourcePath>,
        query: SaidQuery<ItemsQuery>,
        items: SaidBody<Items>,
    ) -> Shown<Items> {
        shown(Asked::with(&rqctx, query).and_then(|(asked, ItemsQuery { within, .. })| {
            resources::replace(&asked, &path.read()?.name, within.as_deref(), items.read()?)
        }))
    }

    async fn make_item(
        rqctx: Context,
        path: SaidPath<ResourcePath>,
        query: SaidQuery<ItemsQuery>,
        item: SaidBody<AnyValue>,
    ) -> Made<AnyValue> {
        made(Asked::with(&rqctx, query).and_then(|(asked, ItemsQuery { within, .. })| {
            resources::make(&asked, &path.read()?.name, within.as_deref(), &item.read()?)
        }))
    }

    async fn reset_items(
        rqctx: Context,
        path: SaidPath<ResourcePath>,
        query: SaidQuery<ItemsQuery>,
    ) -> Removed {
        removed(Asked::with(&rqctx, query).and_then(|(asked, ItemsQuery { within, .. })| {
            resources::reset(&asked, &path.read()?.name, within.as_deref())
        }))
    }

    async fn show_item(
        rqctx: Context,
        path: SaidPath<ItemPath>,
        query: SaidQuery<ItemsQuery>,
    ) -> Shown<AnyValue> {
        shown(Asked::with(&rqctx, query).and_then(|(asked, ItemsQuery { within, .. })| {
            resources::show(&asked, &path.read()?, within.as_deref())
        }))
    }

    async fn put_item(
        rqctx: Context,
        path: SaidPath<ItemPath>,
        query: SaidQuery<ItemsQuery>,
        item: SaidBody<AnyValue>,
    ) -> Shown<AnyValue> {
        shown(Asked::with(&rqctx, query).and_then(|(asked, ItemsQuery { within, .. })| {
            resources::put(&asked, &path.read()?, within.as_deref(), &item.read()?)
        }))
    }

    async fn remove_item(rqctx: Context, path: SaidPath<ItemPath>, query: SaidQuery<ItemsQuery>) -> Removed {
        removed(Asked::with(&rqctx, query).and_then(|(asked, ItemsQuery { within, .. })| {
            resources::remove(&asked, &path.read()?, within.as_deref())
        }))
    }

    async fn show_clock(rqctx: Context, query: InSession) -> Shown<ClockState> {
        shown(Asked::of(&rqctx, query).map(|asked| clock::show(&asked)))
    }

    async fn set_clock(rqctx: Context, query: InSession, order: SaidBody<ClockSet>) -> Shown<ClockState> {
        shown(Asked::of(&rqctx, query).and_then(|asked| clock::set(&asked, order.read()?)))
    }

    async fn make_session(rqctx: Context, order: SaidBody<NewSession>) -> Made<SessionMade> {
        made(admitted(&rqctx).and_then(|state| sessions::make(&state, order.read_or_default()?)))
    }

    async fn list_sessions(rqctx: Context) -> Shown<Vec<SessionSummary>> {
        shown(admitted(&rqctx).map(|state| sessions::list(&state)))
    }

    async fn drop_session(rqctx: Context, path: SaidPath<SessionPath>) -> Removed {
        removed(admitted(&rqctx).and_then(|state| sessions::drop_named(&state, &path.read()?.id)))
    }

    async fn send_webhook(
        rqctx: Context,
        path: SaidPath<WebhookPath>,
        order: SaidBody<WebhookOrder>,
    ) -> Shown<WebhookSent> {
        shown(match admitted(&rqctx) {
            Ok(state) => webhooks::send(&state, path, order).await,
            Err(problem) => Err(problem),
        })
    }

    async fn begin_recording(
        rqctx: Context,
        query: InSession,
        order: SaidBody<NewRecording>,
    ) -> Made<RecordingSummary> {
        let order = Asked::of(&rqctx, query).and_then(|asked| Ok((asked, order.read_or_default()?)));
        made(match order {
            Ok((asked, order)) => recordings::begin(&asked, order).await,
            Err(problem) => Err(problem),
        })
    }

    async fn list_recordings(rqctx: Context, query: InSession) -> Shown<Vec<RecordingSummary>> {
        shown(Asked::of(&rqctx, query).map(|asked| recordings::list(&asked)))
    }

    async fn show_recording(
        rqctx: Context,
        path: SaidPath<RecordingPath>,
        query: InSession,
    ) -> Replied<Recorded> {
        answered(Asked::of(&rqctx, query).and_then(|asked| recordings::show(&asked, &path.read()?.id)))
    }

    async fn end_recording(
        rqctx: Context,
        path: SaidPath<RecordingPath>,
        query: InSession,
    ) -> Replied<Recorded> {
        answered(Asked::of(&rqctx, query).and_then(|asked| recordings::end(&asked, &path.read()?.id)))
    }

    async fn reset(rqctx: Context, query: InSession, scopes: SaidBody<Reset>) -> Done {
        done(Asked::of(&rqctx, query).and_then(|asked| {
            reset::reset(&asked, &scopes.read_or_default()?);
            Ok(())
        }))
    }

    async fn show_metrics(rqctx: Context) -> Replied<MetricsText> {
        answered(admitted(&rqctx).map(|state| metrics::show(&state)))
    }

    async fn show_document(rqctx: Context) -> Shown<serde_json::Value> {
        shown(admitted(&rqctx).map(|_| control_document()))
    }
}
