//! Whether the credentials that a run was given are still good: a request may have taken them away, and whatever comes
//! after that says nothing of the document.

use std::collections::HashMap;
use std::sync::Arc;

use http::header::RETRY_AFTER;

use super::Judged;
use super::dispatcher::Run;
use crate::case::Intent;
use crate::event::Warning;

/// Refusals in a row after which it is asked for the first time whether the credentials are still good.
const FIRST_ASKED: usize = 4;
/// How often that number is doubled at most, once the credentials turned out to be good.
const MAX_DOUBLED: u32 = 6;

/// What was granted and what was refused to the credentials of a run.
#[derive(Debug, Default)]
pub(super) struct Lockout {
    /// The first request that was granted and changes nothing; one about no thing that may be gone, once there is one.
    witness: Option<Arc<Judged>>,
    /// The last one that was granted and may have changed something.
    deed: Option<Arc<Judged>>,
    /// What was refused since something was granted.
    refused: Vec<Arc<Judged>>,
    /// How often it was asked for nothing.
    asked: u32,
    /// Whether requests of an operation are sent with credentials that were given, by its place in the plan.
    credentialed: HashMap<usize, bool>,
    /// Whether they are good no more.
    pub(super) is_certain: bool,
}

impl Lockout {
    /// Takes in what became of a case that was sent with the credentials; whether they are suspected to be good no more.
    fn take(&mut self, judged: &Arc<Judged>) -> bool {
        match judged.status() {
            Some(200..300) => {
                self.refused.clear();
                if !judged.case.sent.request.method.is_safe() {
                    self.deed = Some(Arc::clone(judged));
                    return false;
                }
                if self.witness.as_ref().is_none_or(|known| !is_lasting(known) && is_lasting(judged)) {
                    self.witness = Some(Arc::clone(judged));
                }
                false
            }
            Some(401 | 403) if self.witness().is_some() => {
                self.refused.push(Arc::clone(judged));
                self.refused.len() >= FIRST_ASKED << self.asked.min(MAX_DOUBLED)
            }
            _ => false,
        }
    }

    /// What is asked for again: what changes nothing, where something like that was granted.
    fn witness(&self) -> Option<&Arc<Judged>> {
        self.witness.as_ref().or(self.deed.as_ref())
    }
}

/// Whether what is asked for is there as long as the server is, and may be asked for by who it once was granted to.
fn is_lasting(judged: &Judged) -> bool {
    judged.case.sent.request.method.is_safe() && judged.case.operation.path().variables().next().is_none()
}

/// Whether a refusal is one of who asks: 403 may be one of a thing that is gone, or of too many requests.
fn is_of_who_asks(witness: &Judged, again: &Judged) -> bool {
    let header = |name: &str| again.response().and_then(|response| response.headers.get(name));
    let is_too_many = header(RETRY_AFTER.as_str()).is_some()
        || header("x-ratelimit-remaining").is_some_and(|left| left.as_bytes() == b"0");
    match again.status() {
        Some(401) => true,
        Some(403) => is_lasting(witness) && !is_too_many,
        _ => false,
    }
}

impl Run<'_> {
    /// Whether the credentials were taken away, going by what became of a case.
    pub(super) async fn is_locked_out(&mut self, judged: &Arc<Judged>) -> bool {
        let context = Arc::clone(&self.context);
        let is_given = !context.target.headers.is_empty() || !context.target.query.is_empty();
        if !is_given || matches!(judged.case.intent, Intent::Probe(_)) {
            return false;
        }
        let operation = &judged.case.operation;
        // A document that does not speak of credentials may be of a server that asks for them.
        let plan = Arc::clone(&self.plan);
        let is_with = || match operation.is_secured() {
            true => context.factory.signer().has_given_credentials(operation),
            false => !plan.operations.iter().any(|other| other.operation.is_secured()),
        };
        let lockout = &mut self.state.lockout;
        *lockout.credentialed.entry(judged.case.index).or_insert_with(is_with)
            && lockout.take(judged)
            && self.is_nobody_let_in().await
    }

    /// Whether a request that was granted is refused now, where others were.
    ///
    /// Nothing that was refused since is a failure of the target. What is sent for this counts nowhere: how often it is
    /// depends on the parts that a run is in.
    pub(super) async fn is_nobody_let_in(&mut self) -> bool {
        if self.state.lockout.refused.is_empty() {
            return self.state.lockout.is_certain;
        }
        let context = Arc::clone(&self.context);
        let Some(witness) = self.state.lockout.witness().cloned() else { return false };
        let again = context.execute(Arc::clone(&witness.case)).await;
        let Some(status) = again.status().filter(|_| is_of_who_asks(&witness, &again)) else {
            self.state.lockout.asked += 1;
            self.state.lockout.refused.clear();
            return false;
        };
        self.state.lockout.is_certain = true;
        let refused = std::mem::take(&mut self.state.lockout.refused);
        self.state.forget(&refused);
        let label = |judged: &Judged| judged.case.operation.label();
        let since = self.state.lockout.deed.as_deref().map_or_else(String::new, |deed| {
            format!("; the last request before that which may have changed something was {}", label(deed))
        });
        let witnessed = witness.status().unwrap_or_default();
        let message = format!(
            "the credentials given are good no more: {} was answered {witnessed} with them, and is answered {status} now{since}. \
             What comes after that was left out; --exclude leaves out what takes them away",
            label(&witness)
        );
        self.state.notes.push(Warning { code: "credentials-lost".to_owned(), operation: None, message });
        true
    }
}
