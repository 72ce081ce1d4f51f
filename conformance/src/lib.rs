//! The conformance suite: property tests that hold any implementation to its OpenAPI document.

mod case;
mod check;
mod config;
mod event;
mod failure;
mod phase;
mod plan;
mod redact;
pub mod report;
mod reproduction;
mod runner;
mod secrets;

pub use case::{Intent, Probe, invent_credentials};
pub use check::{Breach, Check, Judgement, Limits, Observation, Outcome, checks};
pub use config::{Credentials, Options, Settings, SettingsError, ShrinkBudget, Target};
pub use event::{
    CaseRecord, CheckResult, EVENT_VERSION, Event, EventSink, Mode, OperationSummary, Phase,
    RecordedExchange, Summary, Verdict, Warning,
};
pub use failure::{Failure, Flakiness, Reproduction};
pub use plan::Filter;
pub use reproduction::header_variable;
pub use runner::{run, run_until};
