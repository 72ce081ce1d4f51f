//! `counterfoil test`: holds an implementation to its document.

mod header;
mod journal;
mod known;
mod options;
mod policy_options;
mod record_options;
mod self_check;

use anyhow::{Context as _, anyhow};
use counterfoil_client::transport::{Transport, TransportOptions};
use counterfoil_conformance::report::Progress;
use counterfoil_conformance::{Credentials, Journal, Settings, Summary, Target, replay_journal, run_until};
use counterfoil_openapi::Contract;
use counterfoil_server::StubServer;
use indicatif::ProgressDrawTarget;
use tokio::runtime::Runtime;

pub(crate) use header::{Headers, Query, all as all_given};
use known::Memory;
pub(crate) use options::Arguments;

use crate::exit::Exit;
use crate::output::Output;
use crate::reports::Reports;
use crate::signal::Signals;
use crate::source::{self, Source};

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    let names: Vec<String> = arguments.document.iter().cloned().collect();
    let sources = source::load_all(&names, &arguments.references)?;
    let settings = arguments.settings()?;
    let contracts: Vec<&Contract> = sources.iter().map(|source| &source.contract).collect();
    settings.fixed.check(&contracts).map_err(|error| anyhow!("use the settings: {error}"))?;
    if let Some(wanted) = arguments.self_check.wanted() {
        return self_check::run(arguments, &wanted, &sources, &settings, output);
    }
    if let Some(url) = &arguments.url {
        // What no request can be sent to is a mistake in the flags, and no target that is down.
        Transport::new(url, TransportOptions::default()).context("use --url")?;
    }
    let runtime = Runtime::new().context("start the runtime")?;
    let progress = Progress::new(ProgressDrawTarget::stderr());
    let reports = Reports::new(arguments.mask_times, arguments.snapshots.update());
    let mut reports = reports.terminal(None, output, Some(progress))?;
    if let Some(path) = &arguments.recording.record {
        reports = reports.record(path, output)?;
    }
    for report in &arguments.reports {
        reports = reports.and(report, output)?;
    }
    let mut memory = Memory::open(&arguments.known)?;
    let settings = Settings { known: memory.listed().clone(), ..settings };
    let journal = arguments.journal.open()?;
    for source in &sources {
        let tested =
            test_one(source, arguments, &settings, journal.as_ref(), &mut memory, &mut reports, output);
        let summary = runtime.block_on(tested)?;
        // A run that ended since it had found what it was to find at most is not incomplete.
        let has_enough = settings.max_failures.is_some_and(|most| summary.failures - summary.known >= most);
        // A part of a run may have no operation where the whole has some.
        let is_idle = settings.shard.is_some() && summary == Summary::default();
        if !is_idle {
            memory.count(&Summary { interrupted: summary.interrupted && !has_enough, ..summary.clone() });
        }
        if summary.interrupted {
            break;
        }
    }
    // What still computes for a run that was stopped is not waited for.
    runtime.shutdown_background();
    let exit = reports.close(output)?;
    Ok(exit.or(memory.close(output)?))
}

/// Tests one document, against the URL given or against a stub of it.
async fn test_one(
    source: &Source,
    arguments: &Arguments,
    settings: &Settings,
    journal: Option<&Journal>,
    memory: &mut Memory<'_>,
    reports: &mut Reports,
    output: &Output,
) -> anyhow::Result<Summary> {
    let fixed = settings.fixed.of(&source.contract).map_err(|error| anyhow!("use the settings: {error}"))?;
    let mut settings = Settings { fixed, ..settings.clone() };
    let (url, _stub) = match &arguments.url {
        Some(url) => (url.clone(), None),
        None => {
            let stub = start_stub(source, arguments, settings.seed).await?;
            let url = stub.url().to_owned();
            output.note(&format!(
                "no --url: testing a stub of {}, started here at {url}",
                source.contract.document().name()
            ));
            // Our own stub takes any credentials that are well-formed.
            settings.credentials = Credentials::Invent;
            (url, Some(stub))
        }
    };
    let mut target = Target::new(url);
    for header in all_given(&arguments.headers) {
        target = target.header(header.name.clone(), header.value.clone());
    }
    for parameter in all_given(&arguments.query) {
        target = target.query(parameter.name.clone(), parameter.value.clone());
    }
    for header in all_given(&arguments.other_headers) {
        target = target.other_header(header.name.clone(), header.value.clone());
    }
    let mut signals = Signals::listen().context("listen for signals")?;
    reports.set_rerun(&arguments.rerun_command(&source.name, &source.contract));
    let stop = signals.next();
    let mut attended = memory.attend(&source.contract, reports);
    let contract = &source.contract;
    match journal {
        Some(journal) => replay_journal(contract, &target, &settings, journal, stop, &mut attended).await,
        None => run_until(contract, &target, &settings, stop, &mut attended).await,
    };
    Ok(memory.last.clone())
}

async fn start_stub(source: &Source, arguments: &Arguments, seed: u64) -> anyhow::Result<StubServer> {
    let mut builder = StubServer::builder(source.contract.clone()).seed(seed);
    for script in source::scripts(&arguments.script, std::slice::from_ref(source), &arguments.references)? {
        builder = builder.script(script);
    }
    builder.start().await.context("start a stub to test")
}
