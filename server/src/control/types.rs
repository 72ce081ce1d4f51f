//! What travels over the control API.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::{Metadata, Schema, SchemaObject};
use serde::{Deserialize, Serialize};

use super::problem::FindingBody;

/// The state of the stub.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Health {
    /// Always true: a stub that is not well does not answer.
    pub(crate) ok: bool,
    /// The version of Counterfoil.
    pub(crate) version: String,
    /// The SHA-256 of the document served; where there are several, of their digests one after the other.
    pub(crate) document_digest: String,
    /// The SHA-256 of the script in force, likewise; absent where there is none.
    pub(crate) script_digest: Option<String>,
}

/// An operation of the documents served.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OperationSummary {
    /// Its operationId, or the name made for it where it has none.
    pub(crate) operation_id: String,
    /// The document it stands in.
    pub(crate) document: String,
    /// Its method.
    pub(crate) method: String,
    /// Its path template, without any server's base path.
    pub(crate) path: String,
    /// What it does, in a line.
    pub(crate) summary: Option<String>,
    /// The statuses it documents: codes, ranges such as `4XX`, or `default`.
    pub(crate) statuses: Vec<String>,
    /// The names of its response examples, by status.
    pub(crate) examples: BTreeMap<String, Vec<String>>,
    /// How many rules are in force for it, those set at run time included.
    pub(crate) rules: u32,
    /// How many calls of it the journal holds.
    pub(crate) calls: u64,
}

/// The operation a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct OperationPath {
    /// An operationId, or `METHOD /path/{template}`.
    pub(crate) op: String,
}

/// Which session is meant.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct SessionQuery {
    /// The name of a session, made on first use; absent for that of requests which name none.
    pub(crate) session: Option<String>,
}

/// What an operation is to answer, in the grammar of a script's `rules`.
///
/// A status (`403`), the name of a documented example (`"tom"`), both (`"404/notFound"`), a sequence
/// (`[401, 200]`), or a rule (`{"status": 403, "delay": "80ms"}`).
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Reply(
    #[expect(dead_code, reason = "read as a script is, with positions")] serde_json::Value,
);

impl JsonSchema for Reply {
    fn schema_name() -> String {
        "Reply".to_owned()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let description = "What an operation is to answer, in the grammar of a script's rules: a status (403), the \
                           name of a documented example (\"tom\"), both (\"404/notFound\"), a sequence \
                           ([401, 200]), or a rule ({\"status\": 403, \"delay\": \"80ms\"}).";
        SchemaObject {
            metadata: Some(Box::new(Metadata {
                description: Some(description.to_owned()),
                ..Metadata::default()
            })),
            ..SchemaObject::default()
        }
        .into()
    }
}

/// What became of a reply that was set.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReplySet {
    /// The name of the rule, as the header `counterfoil-rule` tells it.
    pub(crate) rule: String,
    /// What was found odd and taken all the same.
    pub(crate) warnings: Vec<FindingBody>,
}

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

/// What to put back to how it was at the start.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Reset {
    /// What to reset; all of it where absent. The script itself stays.
    pub(crate) scopes: Option<Vec<ResetScope>>,
}

/// One thing that can be reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ResetScope {
    /// Replies set at run time.
    Rules,
    /// Counters: where sequences stand, how often rules were used.
    Sequences,
    /// The journal.
    Calls,
    /// Values that scripts keep, and the states of scenarios.
    State,
}

/// The value a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct StatePath {
    /// Its name.
    pub(crate) key: String,
}

/// A value of JSON.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct AnyValue(pub(crate) serde_json::Value);

/// A scenario, and where what it is about is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ScenarioState {
    /// Its name.
    pub(crate) name: String,
    /// The state that everything begins in.
    pub(crate) start: String,
    /// Its states.
    pub(crate) states: Vec<String>,
    /// The field that each value of is in a state of its own.
    pub(crate) per: Option<String>,
    /// What has left the first state.
    pub(crate) places: Vec<Place>,
}

/// Where a value is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Place {
    /// The value, as text; absent where there is but one place, or where requests had none.
    pub(crate) key: Option<String>,
    /// The state it is in.
    pub(crate) state: String,
}

/// A state of a scenario.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceSet {
    /// Its name.
    pub(crate) state: String,
}

/// The scenario a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ScenarioPath {
    /// Its name.
    pub(crate) name: String,
}

/// Which place of a scenario is meant.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct PlaceQuery {
    /// The value of the scenario's `per`, as text.
    pub(crate) key: Option<String>,
    /// The name of a session, made on first use; absent for that of requests which name none.
    pub(crate) session: Option<String>,
}

/// A session to make.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NewSession {
    /// Its name; one is made up where absent.
    pub(crate) id: Option<String>,
    /// How long it is kept after its last request, as scripts write durations: `90s`, `10m`, `1h`.
    pub(crate) ttl: Option<String>,
}

/// A session that was made, and how requests name it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SessionMade {
    /// Its name.
    pub(crate) id: String,
    /// The header that names it, as a line.
    pub(crate) header: String,
    /// The base URL of the stub below which every request is in it.
    pub(crate) base_url: String,
}

/// A session there is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SessionSummary {
    /// Its name.
    pub(crate) id: String,
    /// How many calls it has had.
    pub(crate) calls: u64,
    /// How long ago it was asked for last, in milliseconds.
    pub(crate) idle_ms: u64,
    /// How long it is kept after that, in milliseconds.
    pub(crate) ttl_ms: u64,
}

/// What the clock that scripts go by shows.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ClockState {
    /// The time in UTC, to the second (RFC 3339).
    pub(crate) now: String,
    /// Whether it stands still.
    pub(crate) frozen: bool,
}

/// What the clock that scripts go by is told; of several things first `reset`, then `freeze`, then `advance`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ClockSet {
    /// To stand still at a time (RFC 3339), or where it is: `now`.
    pub(crate) freeze: Option<String>,
    /// To go ahead, by a duration as scripts write it: `90s`, `1h`.
    pub(crate) advance: Option<String>,
    /// Where true, to show the time again.
    pub(crate) reset: Option<bool>,
}

/// The session a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct SessionPath {
    /// Its name.
    pub(crate) id: String,
}

/// The webhook a path names.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct WebhookPath {
    /// Its name under `webhooks` (or `x-webhooks`), or its operationId.
    pub(crate) name: String,
}

/// Where a webhook is to be sent, and what.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookOrder {
    /// The URL that it is sent to.
    pub(crate) url: String,
    /// The body, as JSON; where absent an example of the document, else a generated one.
    pub(crate) body: Option<serde_json::Value>,
}

/// A webhook that was sent, and what was answered.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WebhookSent {
    /// The method.
    pub(crate) method: String,
    /// The body that was sent, as text; absent where there was none.
    pub(crate) body: Option<String>,
    /// The status of the answer.
    pub(crate) status: u16,
    /// How the answer breaks what the document says of it, a line each.
    pub(crate) violations: Vec<String>,
}
