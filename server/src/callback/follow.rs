//! Callbacks: what follows a reply.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::{Callback, Occasion, Operation, Request, expand};
use dropshot::Body;
use http::{Response, Uri, header};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{Delivery, NoMessage, Outbox, message};
use crate::builder::Settings;
use crate::held::Held;
use crate::journal::MAX_CALLS;
use crate::redact::Found;
use crate::reply::Reply;
use crate::trail::Trail;

/// The callbacks of one call, ready to be sent.
#[derive(Debug)]
pub(crate) struct Planned {
    permit: OwnedSemaphorePermit,
    letters: Vec<Letter>,
}

/// One callback.
#[derive(Debug)]
struct Letter {
    /// What the trail calls it.
    label: String,
    uri: Uri,
    operation: Arc<Operation>,
    request: Request,
}

/// What the callbacks of an operation come to after a reply; the trail says what is sent, what is not, and why.
pub(crate) fn plan(
    outbox: &Outbox,
    callbacks: &[Callback],
    settings: &Settings,
    (request, values): (&Request, &RequestValues),
    reply: &Reply,
    trail: &mut Trail,
) -> Option<Planned> {
    if !reply.status.is_success() || reply.fault().is_some() {
        return None;
    }
    let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let url = format!("http://{host}{}", request.target);
    let body = json_body(reply);
    let occasion = Occasion {
        url: &url,
        method: &request.method,
        values,
        query: request.query().unwrap_or_default(),
        request_headers: &request.headers,
        status: reply.status,
        response_headers: &reply.headers,
        response_body: body.as_ref(),
    };
    let mut letters = Vec::new();
    for callback in callbacks {
        match letter(outbox, callback, settings, &occasion) {
            Ok(letter) => {
                trail.push(format!("{} follows the reply", letter.label));
                letters.push(letter);
            }
            Err(why) => trail.push(format!("callback {}: {why}", callback.name)),
        }
    }
    if letters.is_empty() {
        return None;
    }
    let permit = outbox.permit();
    if permit.is_none() {
        trail.push("callback: none is sent, for too many are under way");
    }
    Some(Planned { permit: permit?, letters })
}

fn letter(
    outbox: &Outbox,
    callback: &Callback,
    settings: &Settings,
    occasion: &Occasion<'_>,
) -> Result<Letter, String> {
    let url = expand(&callback.expression, occasion).map_err(|why| format!("not sent, for {why}"))?;
    let label = format!("callback {}: {} {}", callback.name, callback.operation.method(), url.escape_debug());
    if !outbox.is_open() {
        let would = format!("{} {}", callback.operation.method(), url.escape_debug());
        return Err(format!("{would} would follow, and does not, for no host is allowed (--callbacks)"));
    }
    let uri = outbox.admit(&url).map_err(|why| format!("not sent, for {why}"))?;
    let made = message(&callback.operation, None, settings.seed, settings.variety);
    let request = made.map_err(|error| match error {
        NoMessage::Unwritable(why) => format!("not sent, for {why}"),
        NoMessage::Given(_) => "not sent, for nothing valid could be made up".to_owned(),
    })?;
    Ok(Letter { label, uri, operation: Arc::clone(&callback.operation), request })
}

fn json_body(reply: &Reply) -> Option<Value> {
    let content_type = reply.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    if media::kind(content_type) != Kind::Json {
        return None;
    }
    serde_json::from_slice(&reply.body).ok()
}

/// Sends the callbacks of a call once its response has gone out, and tells what came of them.
pub(crate) fn send_after(
    response: Response<Body>,
    planned: Planned,
    (call, found): (u64, Found),
    outbox: Arc<Outbox>,
    followed: Arc<Followed>,
) -> Response<Body> {
    let (gone, is_gone) = oneshot::channel::<()>();
    tokio::spawn(async move {
        // An error says that the body was let go of, which is what is waited for.
        let _ = is_gone.await;
        let Planned { permit, letters } = planned;
        for letter in letters {
            let outcome = match outbox.deliver(letter.uri, &letter.operation, &letter.request).await {
                Ok(Delivery { status, violations }) if violations.is_empty() => format!("answered {status}"),
                Ok(Delivery { status, violations }) => {
                    let wrong: Vec<String> = violations.iter().map(ToString::to_string).collect();
                    format!("answered {status}, which breaks the contract: {}", wrong.join("; "))
                }
                Err(why) => why,
            };
            let line = found.scrub(&format!("{}: {outcome}", letter.label));
            tracing::info!(call, "{line}");
            followed.add(call, line);
        }
        drop(permit);
    });
    response.map(|body| Held::wrap(body, gone))
}

/// What came of callbacks after their calls were recorded, by call; of the latest calls only.
#[derive(Debug, Default)]
pub(crate) struct Followed(Mutex<BTreeMap<u64, Vec<String>>>);

impl Followed {
    fn add(&self, call: u64, line: String) {
        let mut lines = self.lock();
        lines.entry(call).or_default().push(line);
        while lines.len() > MAX_CALLS {
            lines.pop_first();
        }
    }

    /// The lines of a call.
    pub(crate) fn of(&self, call: u64) -> Vec<String> {
        self.lock().get(&call).cloned().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Vec<String>>> {
        // A panic while it was held may have lost a line, and nothing else.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
