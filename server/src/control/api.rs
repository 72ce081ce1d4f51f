//! The control API as a trait, from which its document is written.

use dropshot::RequestContext;

use super::answer::{Done, Made, Removed, Replied, Shown};
use super::calls::{CallFilter, CallList, CallPath};
use super::clock::{ClockSet, ClockState};
use super::explanation::CallExplanation;
use super::health::Health;
use super::metrics::MetricsText;
use super::operations::{OperationPath, OperationSummary, Reply, ReplySet};
use super::recordings::{NewRecording, Recorded, RecordingPath, RecordingSummary};
use super::reset::Reset;
use super::resources::{ItemPath, Items, ItemsQuery, ResourcePath, ResourceSummary};
use super::rules::{NewRule, Rule, RuleFilter, RuleList, RulePath, RuleSet, RuleText};
use super::said::{SaidBody, SaidPath, SaidQuery};
use super::scenarios::{PlaceQuery, PlaceSet, ScenarioPath, ScenarioState};
use super::script::{ScriptChange, ScriptQuery, ScriptSet, ScriptText};
use super::sessions::{NewSession, SessionMade, SessionPath, SessionQuery, SessionSummary};
use super::state::{AnyValue, StatePath, Values};
use super::stream::{CallName, CallOrStream};
use super::verify::{ExpectationsMet, Verification, Verified};
use super::webhooks::{WebhookOrder, WebhookPath, WebhookSent};

/// The control API of a running stub.
#[dropshot::api_description]
pub(crate) trait ControlApi {
    /// What the handlers act on.
    type Context;

    /// Tell that the stub is up, and what it serves
    #[endpoint { method = GET, path = "/health" }]
    async fn health(rqctx: RequestContext<Self::Context>) -> Shown<Health>;

    /// Tell the version, and what is served, as `/health` does
    #[endpoint { method = GET, path = "/version" }]
    async fn version(rqctx: RequestContext<Self::Context>) -> Shown<Health>;

    /// List the operations served
    #[endpoint { method = GET, path = "/operations" }]
    async fn list_operations(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
    ) -> Shown<Vec<OperationSummary>>;

    /// Set what an operation answers
    ///
    /// The reply is checked as a script is: what is wrong is told in full, with 422, and changes nothing. It comes
    /// before every rule of the script, replaces what was set for the operation before, and lasts until it is
    /// removed or reset.
    #[endpoint { method = PUT, path = "/operations/{op}/reply" }]
    async fn set_reply(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<OperationPath>,
        query: SaidQuery<SessionQuery>,
        reply: SaidBody<Reply>,
    ) -> Shown<ReplySet>;

    /// Remove what was set for an operation
    #[endpoint { method = DELETE, path = "/operations/{op}/reply" }]
    async fn clear_reply(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<OperationPath>,
        query: SaidQuery<SessionQuery>,
    ) -> Removed;

    /// List the rules in force, in the order they are asked
    ///
    /// Those set at run time come first, the newest of them first, then those of the scripts.
    #[endpoint { method = GET, path = "/rules" }]
    async fn list_rules(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<RuleFilter>,
    ) -> Shown<RuleList>;

    /// Set a rule before all that there are
    ///
    /// The rule is checked as a script is: what is wrong is told in full, with 422, and changes nothing.
    #[endpoint { method = POST, path = "/rules" }]
    async fn add_rule(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
        rule: SaidBody<NewRule>,
    ) -> Made<RuleSet>;

    /// Remove every rule and reply set at run time
    #[endpoint { method = DELETE, path = "/rules" }]
    async fn clear_rules(rqctx: RequestContext<Self::Context>, query: SaidQuery<SessionQuery>) -> Removed;

    /// Show a rule as it was said, how often it answered, and when it did last
    #[endpoint { method = GET, path = "/rules/{id}" }]
    async fn show_rule(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<RulePath>,
        query: SaidQuery<SessionQuery>,
    ) -> Shown<Rule>;

    /// Say a rule anew that was set at run time
    ///
    /// It keeps its name, its operation, its place among the others, and what was counted of it.
    #[endpoint { method = PUT, path = "/rules/{id}" }]
    async fn replace_rule(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<RulePath>,
        query: SaidQuery<SessionQuery>,
        rule: SaidBody<RuleText>,
    ) -> Shown<RuleSet>;

    /// Change parts of what a rule says that was set at run time, by a merge patch (RFC 7396)
    #[endpoint { method = PATCH, path = "/rules/{id}" }]
    async fn change_rule(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<RulePath>,
        query: SaidQuery<SessionQuery>,
        patch: SaidBody<RuleText>,
    ) -> Shown<RuleSet>;

    /// Remove a rule that was set at run time
    #[endpoint { method = DELETE, path = "/rules/{id}" }]
    async fn remove_rule(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<RulePath>,
        query: SaidQuery<SessionQuery>,
    ) -> Removed;

    /// Show the script in force, with what it includes
    #[endpoint { method = GET, path = "/script" }]
    async fn show_script(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<ScriptQuery>,
    ) -> Shown<ScriptText>;

    /// Put a script, JSON or YAML, in place of what is in force
    ///
    /// It is checked whole: what is wrong is told in full, with 422, and changes nothing. Requests under way end with
    /// the old one. A rule goes on counting where one has its id, or without an id says the same. It is alone: what it
    /// includes and the files it names are not found.
    #[endpoint { method = PUT, path = "/script", request_body_max_bytes = crate::MAX_SCRIPT_BYTES }]
    async fn set_script(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<ScriptChange>,
        script: SaidBody<ScriptText>,
    ) -> Shown<ScriptSet>;

    /// List the calls received, the oldest first
    #[endpoint { method = GET, path = "/calls" }]
    async fn list_calls(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<CallFilter>,
    ) -> Shown<CallList>;

    /// Forget the calls received
    #[endpoint { method = DELETE, path = "/calls" }]
    async fn clear_calls(rqctx: RequestContext<Self::Context>, query: SaidQuery<SessionQuery>) -> Removed;

    /// Show one call whole: request, response, and what was decided why
    #[endpoint { method = GET, path = "/calls/{id}" }]
    async fn show_call(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<CallName>,
        query: SaidQuery<SessionQuery>,
    ) -> Replied<CallOrStream>;

    /// Explain one call: what each rule made of it, and why the one that answered did
    #[endpoint { method = GET, path = "/calls/{id}/explain" }]
    async fn explain_call(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<CallPath>,
        query: SaidQuery<SessionQuery>,
    ) -> Shown<CallExplanation>;

    /// Verify what the scripts expect
    ///
    /// What is not so is answered 409 `verification-failed`, with the calls that came nearest; what cannot be told,
    /// since calls were dropped from the journal, 409 `verification-untold`.
    #[endpoint { method = GET, path = "/verify" }]
    async fn verify_expectations(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
    ) -> Shown<ExpectationsMet>;

    /// Verify that there were these calls, or that they come in time
    ///
    /// It is answered as soon as it holds, or can no longer hold; otherwise after `within`. What is not so is answered
    /// as `GET /verify` answers it.
    #[endpoint { method = POST, path = "/verify" }]
    async fn verify(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
        order: SaidBody<Verification>,
    ) -> Shown<Verified>;

    /// Show what scripts keep: every value by its name
    #[endpoint { method = GET, path = "/state" }]
    async fn list_state(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
    ) -> Shown<Values>;

    /// Keep these values, and none but these
    #[endpoint { method = PUT, path = "/state" }]
    async fn replace_state(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
        values: SaidBody<Values>,
    ) -> Shown<Values>;

    /// Keep these values, and remove those that are null
    #[endpoint { method = PATCH, path = "/state" }]
    async fn change_state(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
        values: SaidBody<Values>,
    ) -> Shown<Values>;

    /// Put every value back to what scripts begin with
    #[endpoint { method = DELETE, path = "/state" }]
    async fn reset_state(rqctx: RequestContext<Self::Context>, query: SaidQuery<SessionQuery>) -> Removed;

    /// Show one value that is kept
    #[endpoint { method = GET, path = "/state/{key}" }]
    async fn show_value(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<StatePath>,
        query: SaidQuery<SessionQuery>,
    ) -> Shown<AnyValue>;

    /// Keep one value
    #[endpoint { method = PUT, path = "/state/{key}" }]
    async fn set_value(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<StatePath>,
        query: SaidQuery<SessionQuery>,
        value: SaidBody<AnyValue>,
    ) -> Shown<AnyValue>;

    /// Remove one value
    #[endpoint { method = DELETE, path = "/state/{key}" }]
    async fn remove_value(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<StatePath>,
        query: SaidQuery<SessionQuery>,
    ) -> Removed;

    /// List the scenarios, and where what has left its first state is
    #[endpoint { method = GET, path = "/scenarios" }]
    async fn list_scenarios(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
    ) -> Shown<Vec<ScenarioState>>;

    /// Show the state that a scenario is in
    #[endpoint { method = GET, path = "/scenarios/{name}" }]
    async fn show_place(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<ScenarioPath>,
        query: SaidQuery<PlaceQuery>,
    ) -> Shown<PlaceSet>;

    /// Put a scenario into a state
    #[endpoint { method = PUT, path = "/scenarios/{name}" }]
    async fn set_place(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<ScenarioPath>,
        query: SaidQuery<PlaceQuery>,
        place: SaidBody<PlaceSet>,
    ) -> Shown<PlaceSet>;

    /// Put a scenario back into its first state, for one value or, where none is named, for all
    #[endpoint { method = DELETE, path = "/scenarios/{name}" }]
    async fn reset_place(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<ScenarioPath>,
        query: SaidQuery<PlaceQuery>,
    ) -> Removed;

    /// List the resources, and how many items they have
    #[endpoint { method = GET, path = "/resources" }]
    async fn list_resources(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
    ) -> Shown<Vec<ResourceSummary>>;

    /// List the items of a resource, in the order they were made
    #[endpoint { method = GET, path = "/resources/{name}" }]
    async fn list_items(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<ResourcePath>,
        query: SaidQuery<ItemsQuery>,
    ) -> Shown<Items>;

    /// Replace every item of a resource
    ///
    /// Each is held to what the operations show of an item: what is wrong is told in full, with 422, and changes
    /// nothing.
    #[endpoint { method = PUT, path = "/resources/{name}" }]
    async fn replace_items(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<ResourcePath>,
        query: SaidQuery<ItemsQuery>,
        items: SaidBody<Items>,
    ) -> Shown<Items>;

    /// Make an item, with a key where it has none
    #[endpoint { method = POST, path = "/resources/{name}" }]
    async fn make_item(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<ResourcePath>,
        query: SaidQuery<ItemsQuery>,
        item: SaidBody<AnyValue>,
    ) -> Made<AnyValue>;

    /// Put the items of a resource back to those that the script begins with
    #[endpoint { method = DELETE, path = "/resources/{name}" }]
    async fn reset_items(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<ResourcePath>,
        query: SaidQuery<ItemsQuery>,
    ) -> Removed;

    /// Show an item
    #[endpoint { method = GET, path = "/resources/{name}/{key}" }]
    async fn show_item(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<ItemPath>,
        query: SaidQuery<ItemsQuery>,
    ) -> Shown<AnyValue>;

    /// Put an item in the place of a key, or make it
    #[endpoint { method = PUT, path = "/resources/{name}/{key}" }]
    async fn put_item(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<ItemPath>,
        query: SaidQuery<ItemsQuery>,
        item: SaidBody<AnyValue>,
    ) -> Shown<AnyValue>;

    /// Remove an item
    #[endpoint { method = DELETE, path = "/resources/{name}/{key}" }]
    async fn remove_item(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<ItemPath>,
        query: SaidQuery<ItemsQuery>,
    ) -> Removed;

    /// Make a session
    ///
    /// A request that names it, by the header or below the base URL that is answered, has counters, rules set at run
    /// time, values and a journal of its own.
    #[endpoint { method = POST, path = "/sessions" }]
    async fn make_session(
        rqctx: RequestContext<Self::Context>,
        order: SaidBody<NewSession>,
    ) -> Made<SessionMade>;

    /// List the sessions
    #[endpoint { method = GET, path = "/sessions" }]
    async fn list_sessions(rqctx: RequestContext<Self::Context>) -> Shown<Vec<SessionSummary>>;

    /// Drop a session with everything in it
    #[endpoint { method = DELETE, path = "/sessions/{id}" }]
    async fn drop_session(rqctx: RequestContext<Self::Context>, path: SaidPath<SessionPath>) -> Removed;

    /// Show the clock that scripts go by
    #[endpoint { method = GET, path = "/clock" }]
    async fn show_clock(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
    ) -> Shown<ClockState>;

    /// Stop the clock that scripts go by, put it ahead, or let it show the time again
    ///
    /// What expires, how long sessions are kept and what templates call now go by it. How long it has run never goes
    /// back. A session's clock goes its own way once it is set.
    #[endpoint { method = PUT, path = "/clock" }]
    async fn set_clock(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
        order: SaidBody<ClockSet>,
    ) -> Shown<ClockState>;

    /// Send a webhook of the documents
    ///
    /// What is sent is the body given, else an example of the document, else a generated one; it has to be valid. Only
    /// hosts that the stub was started with (`--callbacks`) are sent to, and no redirect is followed.
    #[endpoint { method = POST, path = "/webhooks/{name}" }]
    async fn send_webhook(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<WebhookPath>,
        order: SaidBody<WebhookOrder>,
    ) -> Shown<WebhookSent>;

    /// Record what another server answers
    ///
    /// From now on the requests of the session, or those to the operations named, are forwarded to it, before any script
    /// is asked; a request that names its reply is not. Only servers are asked that the stub was started with.
    #[endpoint { method = POST, path = "/recordings" }]
    async fn begin_recording(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
        order: SaidBody<NewRecording>,
    ) -> Made<RecordingSummary>;

    /// List the recordings under way, the oldest first
    #[endpoint { method = GET, path = "/recordings" }]
    async fn list_recordings(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
    ) -> Shown<Vec<RecordingSummary>>;

    /// Show what was recorded so far, as a script that answers the same
    ///
    /// Secrets are hidden in it. What a reply breaks of the contract it says by `allow_invalid`.
    #[endpoint { method = GET, path = "/recordings/{id}" }]
    async fn show_recording(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<RecordingPath>,
        query: SaidQuery<SessionQuery>,
    ) -> Replied<Recorded>;

    /// End a recording, and answer what it recorded, as `GET` does
    #[endpoint { method = DELETE, path = "/recordings/{id}" }]
    async fn end_recording(
        rqctx: RequestContext<Self::Context>,
        path: SaidPath<RecordingPath>,
        query: SaidQuery<SessionQuery>,
    ) -> Replied<Recorded>;

    /// Put the stub back to how it started
    ///
    /// An empty body resets everything that came at run time, the clock included; the script itself stays.
    #[endpoint { method = POST, path = "/reset" }]
    async fn reset(
        rqctx: RequestContext<Self::Context>,
        query: SaidQuery<SessionQuery>,
        scopes: SaidBody<Reset>,
    ) -> Done;

    /// Show what is counted of all requests, as Prometheus reads it
    #[endpoint { method = GET, path = "/metrics" }]
    async fn show_metrics(rqctx: RequestContext<Self::Context>) -> Replied<MetricsText>;

    /// Show this API's own document
    #[endpoint { method = GET, path = "/openapi.json" }]
    async fn show_document(rqctx: RequestContext<Self::Context>) -> Shown<serde_json::Value>;
}
