//! Webhooks on demand.

use std::sync::Arc;

use counterfoil_openapi::{Contract, Operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::{FindingBody, Problem};
use super::said::{SaidBody, SaidPath};
use crate::callback::{self, NoMessage};
use crate::edition::Edition;
use crate::script::nearest;
use crate::state::State;

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

/// Sends a webhook and tells what was answered.
pub(super) async fn send(
    state: &State,
    path: SaidPath<WebhookPath>,
    order: SaidBody<WebhookOrder>,
) -> Result<WebhookSent, Problem> {
    let edition = state.edition();
    let name = &path.read()?.name;
    let operation = find(&edition, name)?;
    let order = order.read()?;
    let uri = state.outbox.admit(&order.url).map_err(|why| {
        Problem::forbidden("host-refused", format!("{why}; start the stub with `--callbacks HOST`"))
    })?;
    let (seed, variety) = (state.settings.seed, state.settings.variety);
    let request =
        callback::message(operation, order.body.as_ref(), seed, variety).map_err(|error| match error {
            NoMessage::Unwritable(why) => Problem::with(format!("nothing can be sent: {why}"), Vec::new()),
            NoMessage::Given(violations) => {
                let found = violations
                    .iter()
                    .map(|violation| FindingBody::unplaced("body-invalid", 0, violation.to_string()))
                    .collect();
                Problem::with("the body breaks the contract of the webhook; nothing is sent", found)
            }
        })?;
    let sent = state.outbox.deliver(uri, operation, &request).await;
    let delivery = sent.map_err(|why| Problem::bad_gateway("webhook-undelivered", why))?;
    tracing::info!(webhook = name, status = delivery.status, "sent");
    Ok(WebhookSent {
        method: request.method.to_string(),
        body: (!request.body.is_empty()).then(|| String::from_utf8_lossy(&request.body).into_owned()),
        status: delivery.status,
        violations: delivery.violations.iter().map(ToString::to_string).collect(),
    })
}

fn find<'e>(edition: &'e Edition, name: &str) -> Result<&'e Arc<Operation>, Problem> {
    let webhooks = || edition.contracts.iter().flat_map(Contract::webhooks);
    let is_meant =
        |webhook: &&Arc<Operation>| webhook.path().as_str() == name || webhook.id().as_str() == name;
    webhooks().find(is_meant).ok_or_else(|| {
        let names: Vec<&str> = webhooks().map(|webhook| webhook.path().as_str()).collect();
        let there = match names.as_slice() {
            [] => "the documents have none".to_owned(),
            names => format!("there are {}", names.join(", ")),
        };
        let hint = nearest::hint(name, names).map_or_else(String::new, |hint| format!("; {hint}"));
        Problem::unknown("webhook-unknown", format!("no webhook is called `{name}`; {there}{hint}"))
    })
}
