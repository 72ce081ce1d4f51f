//! Sending one case and judging what comes back. Holds nothing that changes, so any number of workers share it.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_client::transport::{SendError, SendErrorKind, Transport, TransportOptions};
use counterfoil_openapi::codec::Payload;
use counterfoil_openapi::{Contract, Occasion, Request, Response};
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::case::{Case, Factory, Signer};
use crate::check::{Breach, Check, Expectation, Judgement, Limits, Observation, Outcome};
use crate::config::{Settings, Target};
use crate::event::{CaseRecord, CheckResult, Mode, RecordedExchange, Verdict};
use crate::plan::Plan;
use crate::redact::Redactor;
use crate::resource::{self, Learned, Links};
use crate::runner::Told;
use crate::runner::time::Began;

/// How often a connection that was refused is tried again: a server may be starting, or its backlog be full.
const CONNECT_RETRIES: u32 = 3;
/// The wait before the first of those; each later one is twice as long.
const CONNECT_WAIT: Duration = Duration::from_millis(50);

/// What all workers share.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) factory: Factory,
    pub(crate) redactor: Redactor,
    pub(crate) settings: Settings,
    pub(crate) target: Target,
    pub(crate) links: Arc<Links>,
    pub(crate) contract: Contract,
    pub(crate) began: Began,
    transport: Transport,
}

/// A case that was sent, and what was said of it.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) case: Arc<Case>,
    pub(crate) outcome: Outcome,
    /// When it was sent, from the beginning of the run on.
    pub(crate) started: Duration,
    pub(crate) elapsed: Duration,
    /// Requests it took.
    pub(crate) requests: u64,
    pub(crate) judgements: Vec<(&'static dyn Check, Judgement)>,
    /// What the reply tells of resources.
    pub(crate) learned: Vec<Learned>,
    /// The fields that the refusal of valid data names.
    pub(crate) refused: BTreeSet<String>,
    /// The story it is a step of.
    pub(crate) told: Option<Arc<Told>>,
}

impl Judged {
    /// The ways in which checks failed.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&'static dyn Check, &Breach)> {
        self.judgements.iter().flat_map(|(check, judgement)| {
            let breaches = match judgement {
                Judgement::Failed(breaches) => breaches.as_slice(),
                _ => &[],
            };
            breaches.iter().map(move |breach| (*check, breach))
        })
    }

    /// The failure of a check that has a kind.
    pub(crate) fn failure(&self, check: &str, kind: &str) -> Option<&Breach> {
        self.failures()
            .find(|(failed, breach)| failed.name() == check && breach.kind == kind)
            .map(|(_, breach)| breach)
    }

    pub(crate) fn response(&self) -> Option<&Response> {
        match &self.outcome {
            Outcome::Answered(response) => Some(response),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status.as_u16())
    }
}

impl Context {
    /// Everything a run needs; the error says which part of the target cannot be used.
    pub(crate) fn new(
        contract: &Contract,
        target: &Target,
        settings: &Settings,
        plan: &Plan,
    ) -> Result<Self, String> {
        let signer = Signer::new(target, settings.credentials)?;
        let options = TransportOptions {
            timeout: settings.timeout,
            body_cap: settings.body_cap,
            // The signer adds the target's headers, so that what is judged is exactly what was sent.
            headers: HeaderMap::new(),
        };
        let transport = Transport::new(&target.base_url, options).map_err(|error| error.to_string())?;
        let operations = plan.operations.iter().map(|plan| plan.operation.as_ref());
        Ok(Self {
            factory: Factory::new(contract, signer),
            redactor: Redactor::new(contract, operations, target),
            settings: settings.clone(),
            target: target.clone(),
            links: Arc::clone(&plan.links),
            contract: contract.clone(),
            began: Began::now(),
            transport,
        })
    }

    /// Sends a case and lets every check judge it.
    pub(crate) async fn execute(&self, case: Arc<Case>) -> Judged {
        self.execute_expecting(case, None).await
    }

    /// [`Context::execute`], for a case of whose answer something is promised.
    pub(crate) async fn execute_expecting(
        &self,
        case: Arc<Case>,
        expectation: Option<Expectation>,
    ) -> Judged {
        let started = self.began.elapsed();
        let (outcome, elapsed, mut requests) = self.send(&case.sent.request).await;
        let again = match self.sends_twice(&case, &outcome) {
            true => {
                let (again, _, more) = self.send(&case.sent.request).await;
                requests += more;
                Some(again)
            }
            false => None,
        };
        let (judgements, learned, refused) = {
            let observation = Observation::new(
                &case.operation,
                &case.intent,
                &case.sent.request,
                &case.sent.reading,
                &outcome,
                elapsed,
                self.limits(),
            )
            .expecting(expectation)
            .sent_again(again.as_ref());
            let judgements =
                self.settings.checks.iter().map(|check| (*check, check.judge(&observation))).collect();
            (judgements, self.learn(&case, &observation), refused_fields(&case, &observation))
        };
        Judged { case, outcome, started, elapsed, requests, judgements, learned, refused, told: None }
    }

    /// Whether a check wants to see what the same request is answered once more.
    fn sends_twice(&self, case: &Case, outcome: &Outcome) -> bool {
        let is_wanted = || self.settings.checks.iter().any(|check| check.name() == "response_idempotence");
        case.sent.request.method == Method::GET && matches!(outcome, Outcome::Answered(_)) && is_wanted()
    }

    /// What a good reply to valid data tells of resources.
    fn learn(&self, case: &Case, observation: &Observation<'_>) -> Vec<Learned> {
        let Some(response) = observation.response() else { return Vec::new() };
        let is_good = response.status.is_success()
            && case.intent.mode() == Mode::Positive
            && resource::is_telling(&self.links, case.index);
        if !is_good {
            return Vec::new();
        }
        let payload = observation.response_reading().and_then(|reading| reading.payload.as_ref());
        let learn = |body: Option<&Value>| {
            let request = &case.sent.request;
            let occasion = Occasion {
                url: &request.target,
                method: &request.method,
                values: &case.values,
                query: request.query().unwrap_or_default(),
                request_headers: &request.headers,
                status: response.status,
                response_headers: &response.headers,
                response_body: body,
            };
            resource::learn(&self.links, case.index, &case.operation, response, &occasion)
        };
        match payload.and_then(Payload::as_value) {
            Some(body) => learn(Some(body)),
            // What the document does not describe is read all the same, where it is JSON.
            None => learn(serde_json::from_slice(&response.body).ok().as_ref()),
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            timeout: self.settings.timeout,
            body_cap: self.settings.body_cap,
            max_response_time: self.settings.max_response_time,
        }
    }

    /// Sends a request, again where the connection was refused: that may pass.
    async fn send(&self, request: &Request) -> (Outcome, Duration, u64) {
        let mut requests = 0;
        loop {
            requests += 1;
            let error = match self.transport.send(request).await {
                Ok(sent) => return (Outcome::Answered(sent.response), sent.elapsed, u64::from(requests)),
                Err(error) => error,
            };
            let outcome = outcome_of(&error);
            if matches!(outcome, Outcome::Refused { .. }) && requests <= CONNECT_RETRIES {
                tokio::time::sleep(CONNECT_WAIT * 2_u32.pow(requests - 1)).await;
                continue;
            }
            let elapsed = if outcome == Outcome::TimedOut { self.settings.timeout } else { Duration::ZERO };
            return (outcome, elapsed, u64::from(requests));
        }
    }

    /// A judged case as events tell it.
    pub(crate) fn record(&self, judged: &Judged) -> CaseRecord {
        let case = &judged.case;
        let mut checks = Vec::with_capacity(judged.judgements.len());
        for (check, judgement) in &judged.judgements {
            let result = |verdict| CheckResult { check: check.name().to_owned(), verdict };
            match judgement {
                Judgement::Passed => checks.push(result(Verdict::Passed)),
                Judgement::NotApplicable => checks.push(result(Verdict::NotApplicable)),
                Judgement::Failed(breaches) => checks.extend(breaches.iter().map(|breach| {
                    result(Verdict::Failed {
                        kind: self.redactor.text(&breach.kind),
                        message: self.message(judged, &breach.message),
                    })
                })),
            }
        }
        CaseRecord {
            id: case.id.clone(),
            operation: case.operation.id().as_str().to_owned(),
            phase: case.phase,
            mode: case.intent.mode(),
            broken: case.broken().map(|broken| self.message(judged, &broken)),
            exchange: self.exchange(judged),
            checks,
        }
    }

    /// A message about a judged case, without its secrets.
    pub(crate) fn message(&self, judged: &Judged, text: &str) -> String {
        let redactor = &self.redactor;
        let operation = &judged.case.operation;
        let text = redactor.message(operation, &judged.case.sent.request.body, text);
        match judged.response() {
            Some(response) => redactor.message(operation, &response.body, &text),
            None => text,
        }
    }

    /// What was sent and what came back, without secrets.
    pub(crate) fn exchange(&self, judged: &Judged) -> RecordedExchange {
        let (redactor, operation, request) =
            (&self.redactor, &judged.case.operation, &judged.case.sent.request);
        let response = judged.response();
        RecordedExchange {
            method: request.method.as_str().to_owned(),
            url: redactor.url(operation, &self.target.base_url, &request.target),
            request_headers: redactor.headers(&request.headers),
            request_body: redactor.body(operation, request.content_type(), &request.body),
            status: judged.status(),
            response_headers: response
                .map(|response| redactor.headers(&response.headers))
                .unwrap_or_default(),
            response_body: response
                .and_then(|response| redactor.body(operation, response.content_type(), &response.body)),
            transport_error: self.transport_error(&judged.outcome),
            started_micros: u64::try_from(judged.started.as_micros()).unwrap_or(u64::MAX),
            elapsed_micros: u64::try_from(judged.elapsed.as_micros()).unwrap_or(u64::MAX),
        }
    }

    fn transport_error(&self, outcome: &Outcome) -> Option<String> {
        Some(match outcome {
            Outcome::Answered(_) => return None,
            Outcome::Closed { reason } => format!("connection closed: {reason}"),
            Outcome::Refused { reason } => format!("connection refused: {reason}"),
            Outcome::Unreadable { reason } => format!("no HTTP response: {reason}"),
            Outcome::Unsent { reason } => format!("not sent: {reason}"),
            Outcome::TimedOut => {
                format!("no complete response within {} s", self.settings.timeout.as_secs_f64())
            }
            Outcome::TooLarge => format!("body larger than {} bytes", self.settings.body_cap),
        })
    }
}

/// The fields that the refusal of valid data names.
fn refused_fields(case: &Case, observation: &Observation<'_>) -> BTreeSet<String> {
    let is_valid = case.intent.mode() == Mode::Positive && case.sent.reading.violations.is_empty();
    if is_valid && matches!(observation.status(), Some(400 | 409 | 422)) {
        return observation.refused_fields().clone();
    }
    BTreeSet::new()
}

fn outcome_of(error: &SendError) -> Outcome {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    match error.kind() {
        SendErrorKind::Unreachable => Outcome::Refused { reason },
        SendErrorKind::Closed => Outcome::Closed { reason },
        SendErrorKind::Timeout => Outcome::TimedOut,
        SendErrorKind::TooLarge => Outcome::TooLarge,
        SendErrorKind::Unsendable => Outcome::Unsent { reason },
        _ => Outcome::Unreadable { reason },
    }
}
