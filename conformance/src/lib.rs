//! The conformance suite: property tests that hold any implementation to its OpenAPI document.
//!
//! [`run`] makes requests from a contract, sends them to a [`Target`] and lets every [`Check`] judge what comes back.
//! What happens is told to an [`EventSink`] as a stream of [`Event`]s, which [`report`] turns into text and files.
//! The same seed makes the same requests, in the same order, whatever the number of workers.
//!
//! ```no_run
//! use counterfoil_conformance::{Event, Options, Target, run};
//! use counterfoil_openapi::Contract;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let contract = Contract::load("pets.yaml", &std::fs::read("pets.yaml")?)?;
//! let target = Target::new("http://localhost:8080").header("Authorization", "Bearer abc");
//! let settings = Options { seed: Some(7), max_cases: Some(500), ..Options::default() }.resolve()?;
//! let mut events: Vec<Event> = Vec::new();
//! let summary = run(&contract, &target, &settings, &mut events).await;
//! assert_eq!(summary.failures, 0);
//! # Ok(())
//! # }
//! ```
//!
//! A check blames nobody for what it cannot prove: a request that was meant to be invalid counts only where the
//! document's own decoder and validator refuse what was sent, a valid one only where they take it.
//!
//! What replies tell of resources is remembered: later requests are made about those, and stories of a resource are
//! told from its making to its removal.

mod baseline;
mod case;
mod check;
mod config;
mod coverage;
mod event;
mod export;
mod failure;
mod feedback;
mod journal;
mod phase;
mod plan;
pub mod record;
mod redact;
mod replay;
pub mod report;
mod reproduction;
mod resource;
mod runner;
mod secrets;

pub use baseline::{
    BASELINE_VERSION, Baseline, BaselineError, BaselineFormat, BaselineState, Day, Entry, KnownFailures,
    MAX_BASELINE_BYTES,
};
pub use case::{Intent, Probe, invent_credentials};
pub use check::{Breach, Check, Expectation, Judgement, Limits, Observation, Outcome, checks, refusable};
pub use config::{
    Credentials, FixedValues, Options, Override, Patience, Policy, Settings, SettingsError, Severity,
    ShrinkBudget, Target, UnsafeMethods, is_loopback,
};
pub use event::{
    CaseRecord, CheckResult, DocumentedResponse, EVENT_VERSION, Event, EventSink, KeywordCoverage, Mode,
    OperationCoverage, OperationSummary, ParameterCoverage, Phase, RecordedExchange, Shard, Summary, Verdict,
    Warning,
};
pub use export::{ExportError, Exported, to_rust};
pub use failure::{DocumentPosition, Failure, Flakiness, Known, Reproduction};
pub use journal::{Journal, JournalCall, JournalError, MAX_CALL_BYTES, MAX_CALLS, MAX_JOURNAL_BYTES};
pub use plan::Filter;
pub use replay::{
    CASE_VERSION, CaseDocument, CaseFile, CaseFileError, MAX_CASE_BYTES, MAX_CASE_PIECES, MAX_CASE_STEPS,
    MAX_CASES, Piece, Place, Purpose, Recipe, RecipeBody, RecipeRequest, RecipeStep, Replay, ReplayError,
    Replayed, SecretForm, SecretPart, TRIES, Template, TemplateError, case_files,
};
pub use reproduction::{header_variable, query_variable};
pub use runner::{replay_journal, run, run_until};

/// The Rust of the project's page, which is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
