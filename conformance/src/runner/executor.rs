//! Sending one case and judging what comes back. Holds nothing that changes, so any number of workers share it.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use counterfoil_openapi::codec::Payload;
use counterfoil_openapi::{Contract, Occasion, Operation, Request, Response};
use http::Method;
use serde_json::Value;

use crate::case::{Case, Factory, Intent, Probe, Signer};
use crate::check::{Breach, Check, Expectation, Judgement, Limits, Observation, Outcome};
use crate::config::{Settings, Severity, Target};
use crate::event::{CaseRecord, CheckResult, Mode, RecordedExchange, Verdict};
use crate::plan::Plan;
use crate::redact::Redactor;
use crate::replay::{Piece, secrets};
use crate::resource::{self, Given, Learned, Links};
use crate::runner::Told;
use crate::runner::judges::{Judges, Said};
use crate::runner::sender::{Answer, Sender};
use crate::runner::time::Began;

/// What all workers share.
#[derive(Debug)]
pub(crate) struct Context {
    /// What no output shows, longest first, each with the hole that stands for it.
    pub(crate) secrets: Vec<(String, Piece)>,
    pub(crate) factory: Factory,
    pub(crate) redactor: Redactor,
    pub(crate) settings: Settings,
    pub(crate) target: Target,
    pub(crate) links: Arc<Links>,
    pub(crate) contract: Contract,
    pub(crate) began: Began,
    pub(super) judges: Judges,
    /// The fields that requests of each operation may have, by its place in the plan.
    field_names: Vec<OnceLock<BTreeSet<String>>>,
    sender: Sender,
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
    pub(crate) judgements: Vec<Said>,
    /// What the reply tells of resources.
    pub(crate) learned: Vec<Learned>,
    /// What it hands on to other operations, by their places in the plan.
    pub(crate) handed: Vec<(usize, Given)>,
    /// The fields that the refusal of valid data names.
    pub(crate) refused: BTreeSet<String>,
    /// What the requests before it promised of the answer.
    pub(crate) expectation: Option<Expectation>,
    /// The story it is a step of.
    pub(crate) told: Option<Arc<Told>>,
    /// Whether its connection was closed at first, and not when it was sent by itself.
    pub(crate) is_cut_off: bool,
}

impl Judged {
    /// The ways in which checks do not hold, which are as grave as this.
    pub(crate) fn breaches(&self, severity: Severity) -> impl Iterator<Item = (&'static dyn Check, &Breach)> {
        let said = self.judgements.iter().filter(move |said| said.severity == severity);
        said.flat_map(|said| said.breaches().iter().map(|breach| (said.check, breach)))
    }

    /// The ways in which checks do not hold, however grave.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&'static dyn Check, &Breach)> {
        self.judgements.iter().flat_map(|said| said.breaches().iter().map(|breach| (said.check, breach)))
    }

    /// The failure of a check that has a kind.
    pub(crate) fn failure(&self, check: &str, kind: &str) -> Option<&Breach> {
        let said = self.judgements.iter().find(|said| said.check.name() == check)?;
        said.breaches().iter().find(|breach| breach.kind == kind)
    }

    pub(crate) fn response(&self) -> Option<&Response> {
        answered(&self.outcome)
    }

    /// The request with the answer to it.
    pub(crate) fn answered(&self) -> Option<(&Request, &Response)> {
        Some((&self.case.sent.request, self.response()?))
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
        let sender = Sender::new(&target.base_url, settings).map_err(|error| error.to_string())?;
        let operations = plan.operations.iter().map(|plan| plan.operation.as_ref());
        let secrets = secrets(target, &settings.fixed.secrets(contract));
        Ok(Self {
            factory: Factory::new(contract, signer)
                .fixing(settings.fixed.resolve(contract)?)
                .within(settings.filter.clone()),
            redactor: Redactor::new(contract, operations, target, &secrets),
            secrets,
            settings: settings.clone(),
            target: target.clone(),
            links: Arc::clone(&plan.links),
            contract: contract.clone(),
            began: Began::now(),
            judges: Judges::new(plan, settings),
            field_names: plan.operations.iter().map(|_| OnceLock::new()).collect(),
            sender,
        })
    }

    /// Sends a case and lets every check judge it.
    pub(crate) async fn execute(&self, case: Arc<Case>) -> Judged {
        self.execute_expecting(case, None, None, Vec::new()).await
    }

    /// [`Context::execute`], for a case of whose answer something is promised; `before` is an earlier reading of the
    /// same thing, `earlier` are the exchanges that led to it.
    pub(crate) async fn execute_expecting(
        &self,
        case: Arc<Case>,
        expectation: Option<Expectation>,
        before: Option<&Judged>,
        earlier: Vec<(&Request, &Response)>,
    ) -> Judged {
        self.execute_knowing(case, expectation, (before, earlier), None).await
    }

    /// [`Context::execute`], for a case that a stub has answered.
    pub(crate) async fn execute_beside(&self, case: Arc<Case>, stubbed: Option<&Response>) -> Judged {
        self.execute_knowing(case, None, (None, Vec::new()), stubbed).await
    }

    async fn execute_knowing(
        &self,
        case: Arc<Case>,
        expectation: Option<Expectation>,
        (before, earlier): (Option<&Judged>, Vec<(&Request, &Response)>),
        stubbed: Option<&Response>,
    ) -> Judged {
        let started = self.began.elapsed();
        let (operation, request) = (&case.operation, &case.sent.request);
        let beside = match case.intent {
            Intent::Probe(Probe::BesideGet) => self.factory.get_of(request),
            _ => None,
        };
        let (got, got_first) = self.got(beside.as_ref()).await.unzip();
        let Answer { outcome, elapsed, mut requests, is_cut, is_cut_off } =
            self.sender.send(operation, request).await;
        let (got_since, got_last) = self.got(beside.as_ref()).await.unzip();
        requests += got_first.unwrap_or_default() + got_last.unwrap_or_default();
        let again = match self.sends_twice(&case, &outcome) {
            true => {
                let again = self.sender.send(operation, request).await;
                requests += again.requests;
                Some(again.outcome)
            }
            false => None,
        };
        let since = match before.filter(|_| is_to_be_seen(expectation, &outcome)) {
            Some(before) => {
                let since = self.sender.send(&before.case.operation, &before.case.sent.request).await;
                requests += since.requests;
                Some(since.outcome)
            }
            None => got_since,
        };
        let (judgements, (learned, handed), refused) = {
            let mut observation = Observation::new(
                &case.operation,
                &case.intent,
                &case.sent.request,
                &case.sent.reading,
                &outcome,
                elapsed,
                self.limits(),
            )
            .expecting(expectation)
            .after(got.as_ref().and_then(answered).or(before.and_then(Judged::response)))
            .following(earlier)
            .keeping(self.field_names.get(case.index))
            .sent_again(again.as_ref())
            .read_since(since.as_ref())
            .stubbed(stubbed);
            if is_cut {
                observation = observation.cut_short();
            }
            let mut judgements = Vec::new();
            for judge in self.judges.of(case.index, case.phase) {
                observation.expecting_statuses(judge.expected.as_deref());
                let judgement = judge.check.judge(&observation);
                judgements.push(Said { check: judge.check, severity: judge.severity, judgement });
            }
            (judgements, self.learn(&case, &observation), refused_fields(&case, &observation))
        };
        Judged {
            case,
            outcome,
            started,
            elapsed,
            requests,
            judgements,
            learned,
            handed,
            refused,
            expectation,
            told: None,
            is_cut_off,
        }
    }

    /// What came of the GET that a request is to be held to, and how many requests that took.
    async fn got(&self, beside: Option<&(Arc<Operation>, Request)>) -> Option<(Outcome, u64)> {
        let (operation, get) = beside?;
        let Answer { outcome, requests, .. } = self.sender.send(operation, get).await;
        Some((outcome, requests))
    }

    /// Whether a check wants to see what the same request is answered once more.
    fn sends_twice(&self, case: &Case, outcome: &Outcome) -> bool {
        let is_wanted = || self.judges.has(case.index, case.phase, "response_idempotence");
        case.sent.request.method == Method::GET && matches!(outcome, Outcome::Answered(_)) && is_wanted()
    }

    /// What a good reply to valid data tells of resources, and hands on.
    fn learn(&self, case: &Case, observation: &Observation<'_>) -> (Vec<Learned>, Vec<(usize, Given)>) {
        let Some(response) = observation.response() else { return Default::default() };
        let is_good = response.status.is_success()
            && (case.intent.mode() == Mode::Positive || case.intent.probe() == Some(&Probe::ReadOnly))
            && resource::is_telling(&self.links, case.index);
        if !is_good {
            return Default::default();
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
            let handings = self.links.operations.get(case.index).map_or(&[][..], |known| &known.hands);
            let learned = resource::learn(&self.links, case.index, &case.operation, response, &occasion);
            (learned, resource::hand(handings, &occasion))
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

    /// A judged case as events tell it.
    pub(crate) fn record(&self, judged: &Judged) -> CaseRecord {
        let case = &judged.case;
        let mut checks = Vec::with_capacity(judged.judgements.len());
        for said in &judged.judgements {
            let result = |verdict| CheckResult { check: said.check.name().to_owned(), verdict };
            match &said.judgement {
                Judgement::Passed => checks.push(result(Verdict::Passed)),
                Judgement::NotApplicable => checks.push(result(Verdict::NotApplicable)),
                Judgement::Failed(breaches) => checks.extend(breaches.iter().map(|breach| {
                    let kind = self.redactor.text(&breach.kind);
                    let message = self.message(judged, &breach.message);
                    result(match said.severity {
                        Severity::Warning => Verdict::Warned { kind, message },
                        _ => Verdict::Failed { kind, message, is_known: false },
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

/// The response, where one came.
fn answered(outcome: &Outcome) -> Option<&Response> {
    match outcome {
        Outcome::Answered(response) => Some(response),
        _ => None,
    }
}

/// Whether what was done is only seen by reading the same thing once more.
fn is_to_be_seen(expectation: Option<Expectation>, outcome: &Outcome) -> bool {
    let is_done = matches!(outcome, Outcome::Answered(response) if response.status.is_success());
    matches!(expectation, Some(Expectation::Protected | Expectation::Unmatched | Expectation::Absent))
        && is_done
}

/// The fields that the refusal of valid data names.
fn refused_fields(case: &Case, observation: &Observation<'_>) -> BTreeSet<String> {
    let is_valid = case.intent.mode() == Mode::Positive && case.sent.reading.violations.is_empty();
    if is_valid && matches!(observation.status(), Some(400 | 409 | 422)) {
        return observation.refused_fields().clone();
    }
    BTreeSet::new()
}
