//! The conformance suite: property tests that hold any implementation to its OpenAPI document.

mod event;
mod failure;

pub use event::{
    CaseRecord, CheckResult, Event, EventSink, Mode, OperationSummary, Phase, RecordedExchange, Summary,
    Verdict, Warning,
};
pub use failure::{Failure, Flakiness, Reproduction};
