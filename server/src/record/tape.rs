//! What was recorded, kept in memory, and the script it makes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use counterfoil_openapi::{Contract, Severity};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Sink;
use super::call::{Exchange, Unsayable};
use super::rules::Recorded;
use super::text::{self, Entry};
use crate::redact::Secrets;
use crate::script::{self, Script};

/// The most bytes recorded, over all replies that differ; what comes beyond is counted, and not recorded.
pub const MAX_RECORDED_BYTES: usize = 16 * 1024 * 1024;
/// The most replies recorded, those not counted that are as the one before.
pub const MAX_RECORDED_REPLIES: usize = 10_000;

/// How a script is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    Yaml,
    Json,
}

/// Records exchanges.
#[derive(Debug, Default)]
pub(crate) struct Tape(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// By document and operation, in the order of the first calls.
    operations: IndexMap<(String, String), Recorded>,
    bytes: usize,
    replies: usize,
    left_out: LeftOut,
}

/// How many calls are not in the file, by reason.
#[derive(Debug, Default)]
struct LeftOut {
    binary: u64,
    conditional: u64,
    beyond: u64,
    streamed: u64,
    undocumented: u64,
}

impl Sink for Tape {
    fn record(&self, exchange: &Exchange<'_>, secrets: &Secrets) {
        let call = exchange.call(secrets);
        let mut state = self.lock();
        match call {
            Ok(_) if state.bytes > MAX_RECORDED_BYTES || state.replies >= MAX_RECORDED_REPLIES => {
                if state.left_out.beyond == 0 {
                    tracing::warn!("the recording has reached its limit; what comes now is not recorded");
                }
                state.left_out.beyond += 1;
            }
            Ok(call) => {
                let document = exchange.operation.document().name().to_owned();
                let key = (document, exchange.operation.id().as_str().to_owned());
                let (bytes, replies) = state.operations.entry(key).or_default().add(call);
                state.bytes += bytes;
                state.replies += replies;
            }
            Err(Unsayable::Binary) => state.left_out.binary += 1,
            Err(Unsayable::Conditional) => state.left_out.conditional += 1,
        }
    }

    fn skip_streamed(&self) {
        self.lock().left_out.streamed += 1;
    }

    fn skip_undocumented(&self) {
        self.lock().left_out.undocumented += 1;
    }
}

impl Tape {
    /// What was recorded as a script that loads for these contracts; `what` says in its first line who recorded it.
    pub(super) fn script(&self, contracts: &[Contract], what: &str, notation: Notation) -> String {
        let (mut entries, remarks) = {
            let state = self.lock();
            let rules = state.operations.iter().map(|((document, operation), recorded)| {
                (document.clone(), Entry { operation: operation.clone(), rules: recorded.rules() })
            });
            (rules.collect::<Vec<_>>(), state.left_out.remarks(what))
        };
        for (document, entry) in &mut entries {
            settle(document, entry, contracts);
        }
        let entries: Vec<Entry> =
            entries.into_iter().map(|(_, entry)| entry).filter(|entry| !entry.rules.is_empty()).collect();
        if notation == Notation::Json {
            return text::json(&entries);
        }
        let text = text::yaml(&remarks, &entries);
        // What our own reader would not take back is written in the simpler notation.
        match Script::load("recording", text.as_bytes(), contracts) {
            Ok(_) => text,
            Err(_) => text::json(&entries),
        }
    }

    /// How many replies were recorded, those not counted that are as the one before, and how many are left out.
    pub(crate) fn size(&self) -> (usize, u64) {
        let state = self.lock();
        let LeftOut { binary, conditional, beyond, streamed, undocumented } = state.left_out;
        (state.replies, binary + conditional + beyond + streamed + undocumented)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while it was held may have lost a call, and nothing else.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the rules of an operation such that they load: what the reader finds wrong with a reply is wrong on purpose,
/// and a rule that cannot be read all the same goes.
fn settle(document: &str, entry: &mut Entry, contracts: &[Contract]) {
    let mut found = contracts.iter().filter(|contract| contract.document().name() == document);
    let operation = found.find_map(|contract| contract.operation(&entry.operation));
    let Some(operation) = operation else {
        // The document was reloaded without it.
        entry.rules.clear();
        return;
    };
    for attempt in 0..2 {
        let rules: Value = entry.rules.iter().cloned().map(Value::Object).collect();
        let Err(error) = script::check_entry(rules.to_string().as_bytes(), operation) else { return };
        let errors = error.findings().iter().filter(|finding| finding.severity == Severity::Error);
        let mut wrong: Vec<usize> =
            errors.filter_map(|finding| finding.pointer.tokens().next()?.parse().ok()).collect();
        wrong.retain(|index| *index < entry.rules.len());
        wrong.sort_unstable();
        wrong.dedup();
        for index in wrong.into_iter().rev() {
            if attempt == 0 {
                allow(&mut entry.rules[index]);
            } else {
                entry.rules.remove(index);
            }
        }
    }
    let rules: Value = entry.rules.iter().cloned().map(Value::Object).collect();
    if script::check_entry(rules.to_string().as_bytes(), operation).is_err() {
        entry.rules.clear();
    }
}

fn allow(rule: &mut Map<String, Value>) {
    let allowed = || ("allow_invalid".to_owned(), Value::Bool(true));
    match rule.get_mut("respond").and_then(Value::as_array_mut) {
        Some(replies) => {
            replies.iter_mut().filter_map(Value::as_object_mut).for_each(|reply| reply.extend([allowed()]))
        }
        None => rule.extend([allowed()]),
    }
}

impl LeftOut {
    fn remarks(&self, what: &str) -> Vec<String> {
        let mut remarks =
            vec![format!("What an upstream answered, recorded by {what}. Secrets are hidden: ***")];
        let pairs = [
            (self.binary, "whose bodies are no text"),
            (self.conditional, "that depend on what the client had already"),
            (self.streamed, "that were streamed"),
            (self.undocumented, "to what the document does not describe"),
            (self.beyond, "beyond the limit of a recording"),
        ];
        remarks.extend(
            pairs
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, which)| format!("Not recorded: {count} replies {which}.")),
        );
        remarks
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::validate::Reading;
    use counterfoil_openapi::{Operation, Request};
    use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

    use super::*;

    #[test]
    fn a_recording_has_a_limit() {
        let text = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths: {/a: {get: {responses: {'200': {description: ok}}}}}";
        let contract = Contract::load("a.yaml", text.as_bytes()).unwrap();
        let operation: &std::sync::Arc<Operation> = &contract.operations()[0];
        let tape = Tape::default();
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
        let request = Request::new(Method::GET, "/a");
        for number in 0..40 {
            let body = bytes::Bytes::from(format!("{number}{}", "x".repeat(1 << 20)));
            let exchange = Exchange {
                operation,
                request: &request,
                reading: &Reading::default(),
                status: StatusCode::OK,
                headers: &headers,
                body: &body,
            };
            tape.record(&exchange, &Secrets::default());
        }
        let state = tape.lock();
        assert!(state.bytes < 2 * MAX_RECORDED_BYTES && state.left_out.beyond > 20, "{}", state.bytes);
    }
}
