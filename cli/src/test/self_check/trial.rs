//! One stub, tested: a mutant until it is found, or a faithful one to the end.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use counterfoil_conformance::{
    Check, Event, EventSink, Filter, Settings, Summary, Target, Verdict, checks, run_until,
};
use counterfoil_openapi::{Contract, Operation};
use counterfoil_server::{Mutant, Needs, Script, StubServer};
use tokio::sync::watch;

use super::identity;
use super::plan::Trial;

/// How long a stub that is known to hang is waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// The body that is read of a stub whose bodies are known not to end.
const BODY_CAP: usize = 1024 * 1024;

/// What stubs are made of, and how they are tested.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) contract: Contract,
    pub(super) scripts: Vec<Script>,
    pub(super) settings: Settings,
}

/// What came of testing one stub.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Whether the check named for it failed.
    pub(super) is_found: bool,
    /// The checks that failed, and how, in the order of their names.
    pub(super) failed: BTreeSet<(String, String)>,
    /// Replies that were broken.
    pub(super) broken: u64,
    pub(super) summary: Summary,
}

impl Bench {
    /// Tests a mutant until it is found.
    pub(super) async fn try_mutant(
        &self,
        trial: &Trial,
        stopped: watch::Receiver<bool>,
    ) -> anyhow::Result<Outcome> {
        self.test(trial, Some(trial.mutation.check()), stopped).await
    }

    /// Tests a faithful stub as the mutant of it is going to be tested.
    pub(super) async fn try_faithful(
        &self,
        trial: &Trial,
        stopped: watch::Receiver<bool>,
    ) -> anyhow::Result<Outcome> {
        self.test(trial, None, stopped).await
    }

    async fn test(
        &self,
        trial: &Trial,
        check: Option<&'static str>,
        stopped: watch::Receiver<bool>,
    ) -> anyhow::Result<Outcome> {
        let mut builder = StubServer::builder(self.contract.clone()).seed(self.settings.seed);
        if let Some(resource) = &trial.resource {
            builder = builder.script(resource.script.clone());
        }
        builder = self.scripts.iter().cloned().fold(builder, |builder, script| builder.script(script));
        let operations = trial.operations();
        let clients: &[identity::Client] = match trial.mutation.needs() {
            Needs::Credentials => &[identity::ADA],
            Needs::Identities => &[identity::ADA, identity::BOB],
            _ => &[],
        };
        if !clients.is_empty()
            && let Some(accepted) = identity::accepted(clients, &operations, &self.contract)?
        {
            builder = builder.credentials(accepted);
        }
        if check.is_some() {
            builder = builder.mutate(Mutant::everywhere(trial.mutation));
        }
        let stub = builder.start().await.context("start a stub to test")?;
        let target = Target::new(stub.url());
        let target = match trial.mutation.needs() {
            Needs::Credentials => identity::signed(target, &operations),
            Needs::Identities => identity::shared(target, &operations),
            _ => target,
        };
        let (found, is_found) = watch::channel(false);
        let mut sink = Sink { check, failed: BTreeSet::new(), found };
        let until = async {
            tokio::select! {
                () = told(is_found) => {}
                () = told(stopped) => {}
            }
        };
        let settings = self.settings_of(trial, check);
        let summary = run_until(&self.contract, &target, &settings, until, &mut sink).await;
        let broken = stub.mutated();
        let is_found = *sink.found.borrow();
        // What hangs would be waited for.
        drop(stub);
        Ok(Outcome { is_found, failed: sink.failed, broken, summary })
    }

    fn settings_of(&self, trial: &Trial, check: Option<&'static str>) -> Settings {
        let mut settings = self.settings.clone();
        settings.filter = Filter::new(trial.operations().into_iter().map(name).collect(), Vec::new());
        let is_wanted = |known: &&&'static dyn Check| {
            let is_on = |on: &&'static dyn Check| on.name() == known.name();
            known.name() == trial.mutation.check() || settings.checks.iter().any(is_on)
        };
        settings.checks = checks().iter().filter(is_wanted).copied().collect();
        settings.max_time = None;
        if check == Some("response_timeout") {
            (settings.timeout, settings.body_cap) = (PATIENCE, BODY_CAP);
        }
        settings
    }
}

fn name(operation: &Operation) -> String {
    format!("{} {}", operation.method(), operation.path().as_str())
}

/// Waits until something is so; for ever, where nobody is left to say so.
async fn told(mut is_so: watch::Receiver<bool>) {
    if is_so.wait_for(|is_so| *is_so).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Listens for the check that is waited for.
struct Sink {
    check: Option<&'static str>,
    failed: BTreeSet<(String, String)>,
    found: watch::Sender<bool>,
}

impl EventSink for Sink {
    fn take(&mut self, event: &Event) {
        let Event::CaseFinished { case } = event else { return };
        for result in &case.checks {
            if let Verdict::Failed { kind, .. } = &result.verdict {
                self.failed.insert((result.check.clone(), format!("{}: {kind}", case.operation)));
                if Some(result.check.as_str()) == self.check {
                    self.found.send_replace(true);
                }
            }
        }
    }
}
