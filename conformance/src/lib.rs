//! The conformance suite: property tests that hold any implementation to its OpenAPI document.

mod event;
mod failure;
pub mod report;

pub use event::{
    CaseRecord, CheckResult, EVENT_VERSION, Event, EventSink, Mode, OperationSummary, Phase,
    RecordedExchange, Summary, Verdict, Warning,
};
pub use failure::{Failure, Flakiness, Reproduction};
