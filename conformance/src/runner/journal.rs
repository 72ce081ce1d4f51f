//! The phase `journal`: what a consumer's tests sent to the stub, sent to the implementation.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::Arc;

use counterfoil_openapi::{Contract, Operation, Request};
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, Method};
use percent_encoding::percent_decode_str;

use super::dispatcher::{Run, refuse, started};
use super::state::{Next, State};
use super::time::Time;
use super::{Context, Judged};
use crate::case::{Case, CredentialPlace, Intent, Origin, Sent, credential_places};
use crate::config::{Settings, Target, UnsafeMethods};
use crate::event::{Event, EventSink, Phase, Summary, Warning};
use crate::journal::{Journal, JournalCall};
use crate::plan::Plan;
use crate::replay::{escaped_segment, place_of, told_at};

/// Sends the calls of a journal to a target, in order, and tells a sink what happens.
///
/// - Every check judges what comes back; `stub_agreement` holds it to what the stub answered.
/// - What the stub named otherwise than the target, since each made a resource of its own, is named in later paths as the
///   target named it.
/// - Hidden headers are those of the target; a call whose body was hidden, or cut, cannot be sent.
/// - What is not sent is warned of.
pub async fn replay_journal(
    contract: &Contract,
    target: &Target,
    settings: &Settings,
    journal: &Journal,
    stop: impl Future<Output = ()>,
    sink: &mut dyn EventSink,
) -> Summary {
    // Calls that may change something are left out one by one, and told.
    let allowed = settings.unsafe_methods;
    let (phases, unsafe_methods) = (vec![Phase::Journal], UnsafeMethods::Everywhere);
    let settings = Settings { phases, shard: None, unsafe_methods, ..settings.clone() };
    let plan = Plan::of_target(contract, &settings, &target.base_url);
    let context = match Context::new(contract, target, &settings, &plan) {
        Ok(context) => Arc::new(context),
        Err(message) => return refuse(&message, sink),
    };
    sink.take(&started(contract, &context, &plan));
    let state = State::new(plan.operations.len(), &plan.links);
    let mut time = Time::new(settings.max_time);
    time.share_among(journal.calls.len());
    let (left, untold) = (Vec::new(), Vec::new());
    let mut run = Run { context, plan: Arc::new(plan), state, time, left, untold, sink };
    let is_stopped = tokio::select! {
        biased;
        () = run.journal(journal, allowed) => false,
        () = stop => true,
    };
    if is_stopped {
        run.state.summary.interrupted = true;
    }
    run.finish()
}

/// Why a call is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Skipped {
    Unrouted,
    Cut,
    Altered,
    Unsafe,
}

impl Skipped {
    fn warning(self, count: u64) -> Warning {
        let (code, reason) = match self {
            Self::Unrouted => {
                ("journal-unrouted", "the document has no operation for them, or it is left out")
            }
            Self::Cut => {
                ("journal-cut", "the stub cut the connection, so that there is no answer to compare with")
            }
            Self::Altered => (
                "journal-altered",
                "their bodies are not in the journal as they were sent: secrets are hidden, long ones cut",
            ),
            Self::Unsafe => (
                "journal-unsafe",
                "they may change data, and the target is not this machine; see --allow-unsafe",
            ),
        };
        let calls = if count == 1 { "1 call was".to_owned() } else { format!("{count} calls were") };
        Warning { code: code.to_owned(), operation: None, message: format!("{calls} not sent: {reason}") }
    }
}

/// By resource and by what the stub called one: what the target calls it.
type Names = HashMap<(usize, String), String>;

impl Run<'_> {
    async fn journal(&mut self, journal: &Journal, allowed: UnsafeMethods) {
        let mut skipped: BTreeMap<Skipped, u64> = BTreeMap::new();
        let mut names = Names::new();
        let context = Arc::clone(&self.context);
        for call in &journal.calls {
            if self.time.is_spent() {
                self.state.summary.interrupted = true;
                break;
            }
            let case = match self.case_of(call, allowed, &names) {
                Ok(case) => case,
                Err(reason) => {
                    *skipped.entry(reason).or_default() += 1;
                    continue;
                }
            };
            let index = case.index;
            // Where not all of a reply is known, its body says nothing.
            let mut stubbed = call.reply.clone();
            if let Some(reply) = stubbed.as_mut().filter(|_| !call.has_whole_reply) {
                reply.body.clear();
            }
            let judged = Arc::new(context.execute_beside(Arc::new(case), stubbed.as_ref()).await);
            if self.is_unreachable(&judged) {
                self.state.summary.unreachable = true;
                break;
            }
            self.learn_names(&judged, call, &mut names);
            let next = self.state.take(index, &judged, &context.settings);
            self.state.cover(index, &judged, &context.contract);
            let case = context.record(&judged);
            self.sink.take(&Event::CaseFinished { case });
            if next == Next::Stop {
                break;
            }
        }
        self.state.notes.extend(skipped.into_iter().map(|(reason, count)| reason.warning(count)));
    }

    fn case_of(&self, call: &JournalCall, allowed: UnsafeMethods, names: &Names) -> Result<Case, Skipped> {
        let factory = &self.context.factory;
        let operation = factory.operation_of(&call.request).ok_or(Skipped::Unrouted)?;
        let is_it = |plan: &Arc<crate::plan::OperationPlan>| plan.operation.id() == operation.id();
        let index = self.plan.operations.iter().position(is_it).ok_or(Skipped::Unrouted)?;
        if call.reply.is_none() {
            return Err(Skipped::Cut);
        }
        if call.is_altered {
            return Err(Skipped::Altered);
        }
        if !allowed.admit(&call.request.method, &self.context.target.base_url) {
            return Err(Skipped::Unsafe);
        }
        let mut request =
            Request::new(call.request.method.clone(), self.target_of(&operation, index, call, names));
        request.headers = kept(&call.request.headers);
        request.body = call.request.body.clone();
        factory.signer().sign(&operation, &mut request);
        for place in credential_places(&operation) {
            // Who was nobody to the stub is nobody to the target.
            if let CredentialPlace::Header(name) = place
                && !call.request.headers.contains_key(name.as_str())
            {
                request.headers.remove(name.as_str());
            }
        }
        let reading = factory.read(&operation, &request).ok_or(Skipped::Unrouted)?;
        let sent = Sent { request, reading, fixed: None };
        let intent =
            if sent.data_violations().next().is_none() { Intent::Positive } else { Intent::Negative };
        Ok(Case {
            id: Case::id_of(&operation, Phase::Journal, call.id),
            operation,
            index,
            phase: Phase::Journal,
            intent,
            origin: Origin::Fixed,
            values: sent.reading.values.clone(),
            subject: None,
            sent,
        })
    }

    /// The target of a call without the base path of the document, which the base URL has, and with what the target
    /// calls the resources of its path.
    fn target_of(&self, operation: &Operation, index: usize, call: &JournalCall, names: &Names) -> String {
        let template = operation.path().as_str().split(['?', '#']).next().unwrap_or_default();
        let template: Vec<&str> = template.split('/').skip(1).collect();
        let path: Vec<&str> = call.request.path().split('/').collect();
        let own = &path[path.len().saturating_sub(template.len())..];
        let variables: Vec<&str> = operation.path().variables().collect();
        let along = self.context.links.operations.get(index).map_or(&[][..], |known| known.along.as_slice());
        let renamed = |(segment, template): (&&str, &&str)| {
            let resource = along.iter().find(|resource| {
                let at = self.context.links.resources[**resource].variables.checked_sub(1);
                let variable = at.and_then(|at| variables.get(at));
                variable.is_some_and(|variable| **template == format!("{{{variable}}}"))
            });
            let read = percent_decode_str(segment).decode_utf8_lossy().into_owned();
            match resource.and_then(|resource| names.get(&(*resource, read))) {
                Some(name) => escaped_segment(name),
                None => (*segment).to_owned(),
            }
        };
        let path: Vec<String> = own.iter().zip(&template).map(renamed).collect();
        let query = call.request.query().map(|query| {
            let shown = query.split('&').filter(|pair| !pair.ends_with("=***"));
            shown.collect::<Vec<_>>().join("&")
        });
        match query.filter(|query| !query.is_empty()) {
            Some(query) => format!("/{}?{query}", path.join("/")),
            None => format!("/{}", path.join("/")),
        }
    }

    /// What the stub and the target each call what they were asked to make.
    fn learn_names(&self, judged: &Judged, call: &JournalCall, names: &mut Names) {
        let (Some(reply), Some(own)) = (&call.reply, judged.response()) else { return };
        if judged.case.operation.method() != Method::POST || !reply.status.is_success() {
            return;
        }
        for learned in &judged.learned {
            let Some(resource) = self.context.links.resources.get(learned.resource) else { continue };
            let Some(place) = place_of(resource, own, learned) else { continue };
            if let (Some(stub), Some(target)) = (told_at(reply, &place), told_at(own, &place)) {
                names.insert((learned.resource, stub), target);
            }
        }
    }
}

/// The headers of a call that are sent on: not those of its connection, those that steer a stub, and those hidden.
fn kept(headers: &HeaderMap) -> HeaderMap {
    let is_kept = |name: &HeaderName, value: &[u8]| {
        let is_of_connection =
            [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, TE, UPGRADE, EXPECT].contains(name);
        let is_ours = name.as_str().starts_with("counterfoil-") || name == "prefer";
        !is_of_connection && !is_ours && value != b"***"
    };
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        if is_kept(name, value.as_bytes()) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}
