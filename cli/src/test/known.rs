//! What a run remembers of its failures: those that are known, and a case file for each.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use counterfoil_conformance::report::one_line;
use counterfoil_conformance::{Baseline, CaseFile, Day, Entry, Event, EventSink, KnownFailures, Summary};
use counterfoil_openapi::Contract;

use crate::exit::Exit;
use crate::output::{CAREFUL, Output};

/// Entries of a baseline named one by one; more are only counted.
const NAMED_ENTRIES: usize = 20;

/// Flags about failures that are known, and about sending failures again.
#[derive(Debug, Args)]
pub(crate) struct KnownOptions {
    /// Known failures, in YAML or TOML: they are reported as known and do not fail the run. Where one is gone, or its
    /// last day is over, the run ends with 5.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write all failures as known ones, and keep what the file says already of those it lists.
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,

    /// What a run comes to whose failures did not recur: `fail` ends it with 7.
    #[arg(long, value_name = "WHAT", default_value = "fail")]
    flaky: Flaky,

    /// Write each failure to a file of its own, which `counterfoil replay` sends again.
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Flaky {
    Fail,
    Pass,
}

/// What is remembered while runs go on.
pub(super) struct Memory<'a> {
    options: &'a KnownOptions,
    listed: Baseline,
    known: KnownFailures,
    /// Where the case files of the run under way go, and what they are made of.
    contract: Option<Contract>,
    target: String,
    written: usize,
    /// What the run that ended last came to, its known failures counted.
    pub(super) last: Summary,
    error: Option<anyhow::Error>,
    exit: Exit,
}

impl<'a> Memory<'a> {
    /// Reads the baseline and makes the folder, so that what cannot be used is known before anything is sent.
    pub(super) fn open(options: &'a KnownOptions) -> anyhow::Result<Self> {
        let mut baseline = Baseline::default();
        for (path, is_needed) in [(&options.baseline, true), (&options.write_baseline, false)] {
            let Some(path) = path else { continue };
            if !is_needed && options.baseline.as_ref() == Some(path) {
                continue;
            }
            match Baseline::read(path).map_err(|error| anyhow!("{error}"))? {
                Some(read) => baseline.entries.extend(read.entries),
                None if is_needed => {
                    return Err(anyhow!(
                        "read the baseline `{}`: there is no such file; --write-baseline makes one",
                        path.display()
                    ));
                }
                None => {}
            }
        }
        if let Some(folder) = &options.cases {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("make the folder `{}`", folder.display()))?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            options,
            listed: baseline.clone(),
            known: KnownFailures::new(baseline, Day::of_unix_seconds(now.as_secs())),
            contract: None,
            target: String::new(),
            written: 0,
            last: Summary::default(),
            error: None,
            exit: Exit::Passed,
        })
    }

    /// The next run: its events go on to `reports`, with the known failures marked.
    pub(super) fn attend<'m, S: EventSink>(
        &'m mut self,
        contract: &Contract,
        reports: &'m mut S,
    ) -> Attended<'m, 'a, S> {
        self.contract = self.options.cases.is_some().then(|| contract.clone());
        Attended { memory: self, reports }
    }

    /// What the baselines list.
    pub(super) fn listed(&self) -> &Baseline {
        &self.listed
    }

    /// Takes in what the counts of a run come to.
    pub(super) fn count(&mut self, summary: &Summary) {
        let mut exit = Exit::of(summary);
        if exit == Exit::OnlyFlaky && self.options.flaky == Flaky::Pass {
            exit = Exit::Passed;
        }
        self.exit = self.exit.or(exit);
    }

    fn store_case(&mut self, event: &Event) -> anyhow::Result<()> {
        let (Some(folder), Some(contract), Event::FailureFound { failure }) =
            (&self.options.cases, &self.contract, event)
        else {
            return Ok(());
        };
        if let Some(case) = CaseFile::new(contract, &self.target, failure) {
            case.store(folder).with_context(|| format!("write a case to `{}`", folder.display()))?;
            self.written += 1;
        }
        Ok(())
    }

    /// Says what the runs mean for the baseline, and writes it where that was asked for. The exit code is that of the
    /// counts and of the baseline.
    pub(super) fn close(self, output: &Output) -> anyhow::Result<Exit> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut text = String::new();
        if let Some(folder) = self.options.cases.as_ref().filter(|_| self.written > 0) {
            let folder = folder.display();
            let _ = writeln!(
                text,
                "cases in {folder}: {} written; `counterfoil replay {folder}` sends them again",
                self.written
            );
        }
        let mut exit = self.exit;
        if let Some(path) = &self.options.write_baseline {
            let baseline = self.known.to_baseline();
            baseline.store(path).with_context(|| format!("write the baseline `{}`", path.display()))?;
            let _ = writeln!(
                text,
                "baseline {}: {} known failures written",
                path.display(),
                baseline.entries.len()
            );
            // What was written is what is known from now on.
            if matches!(exit, Exit::Failed | Exit::OnlyFlaky) {
                exit = Exit::Passed;
            }
        } else if let Some(path) = &self.options.baseline {
            let state = self.known.state();
            let _ = writeln!(
                text,
                "baseline {}: {} known, {} stale, {} expired",
                path.display(),
                state.known,
                state.stale.len(),
                state.expired.len()
            );
            let stale =
                |entry: &Entry| format!("{}: it does not fail any more; take it out", entry.describe());
            let expired = |entry: &Entry| {
                let day = entry.expires.map(|day| day.to_string()).unwrap_or_default();
                format!("{}: it was to be mended by {day}", entry.describe())
            };
            let stale_lines = state.stale.iter().map(|entry| ("stale", entry, stale(entry)));
            let expired_lines = state.expired.iter().map(|entry| ("expired", entry, expired(entry)));
            for (word, entry, line) in stale_lines.chain(expired_lines).take(NAMED_ENTRIES) {
                let ticket = entry.ticket.as_ref().map(|ticket| format!(" ({ticket})")).unwrap_or_default();
                let _ =
                    writeln!(text, "  {CAREFUL}{word}{CAREFUL:#}: {}", one_line(&format!("{line}{ticket}")));
            }
            if !state.stale.is_empty() || !state.expired.is_empty() {
                exit = exit.or(Exit::StaleBaseline);
            }
        }
        match output.stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(error).context("write to standard output")
            }
            _ => Ok(exit),
        }
    }
}

/// A run whose failures are remembered.
pub(super) struct Attended<'m, 'a, S> {
    memory: &'m mut Memory<'a>,
    reports: &'m mut S,
}

impl<S: EventSink> EventSink for Attended<'_, '_, S> {
    fn take(&mut self, event: &Event) {
        if let Event::RunStarted { target, .. } = event {
            target.clone_into(&mut self.memory.target);
        }
        let marked = self.memory.known.mark(event);
        let event = marked.as_ref().unwrap_or(event);
        if let Event::RunFinished { summary } = event {
            self.memory.last = summary.clone();
        }
        if let Err(error) = self.memory.store_case(event) {
            self.memory.error.get_or_insert(error);
        }
        self.reports.take(event);
    }
}
