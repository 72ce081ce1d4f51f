//! The one event stream of a run: what the runner emits and every report is made from.
//!
//! Events come in an order that does not depend on the number of workers: phase by phase, operation by operation,
//! case by case. Whatever is secret is hidden before an event is made.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The version of the event format; it grows when a reader of an older one would misread.
pub const EVENT_VERSION: u32 = 1;

/// Consumes events in order. A report is a sink, or a function of the events one kept.
pub trait EventSink {
    /// Takes the next event.
    fn take(&mut self, event: &Event);
}

impl EventSink for Vec<Event> {
    fn take(&mut self, event: &Event) {
        self.push(event.clone());
    }
}

/// One thing that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The first event: what is about to be done.
    RunStarted {
        /// [`EVENT_VERSION`].
        version: u32,
        /// The seed the whole run can be reproduced from.
        seed: u64,
        /// The document as the user named it.
        document: String,
        /// The document's title.
        title: String,
        /// SHA-256 of the document's text.
        digest: String,
        /// The base URL tested.
        target: String,
        /// When the run began, in milliseconds since 1970 (UTC). Masked where reports are compared.
        #[serde(default)]
        started_millis: u64,
        /// The command that repeats the run, without its seed; empty where nobody said it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        rerun: String,
        /// Which part of the whole run this is; nothing where it is the whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shard: Option<Shard>,
        /// What is tested, in document order.
        operations: Vec<OperationSummary>,
        /// The phases that will run, in order.
        phases: Vec<Phase>,
        /// The names of the checks that are on.
        checks: Vec<String>,
    },
    /// A phase begins an operation; for progress.
    OperationStarted {
        /// The phase.
        phase: Phase,
        /// The operation's id.
        operation: String,
        /// How many cases are planned at most.
        planned: u64,
        /// Its place in the phase: what comes in an order that does not depend on shards. From 2⁶² on it waits for all
        /// others to have gone through every phase.
        #[serde(default)]
        turn: u64,
    },
    /// A case was sent and judged.
    CaseFinished {
        /// What was sent, what came back, what the checks said.
        case: CaseRecord,
    },
    /// What of an operation's requests was put to the test; after the last case, in document order.
    OperationCovered {
        /// The operation's id.
        operation: String,
        /// What came of its cases.
        coverage: OperationCoverage,
    },
    /// A failure, merged and shrunk; all of them come after the last case, sorted.
    FailureFound {
        /// The failure.
        failure: Failure,
    },
    /// Something that makes the result worth less than it looks.
    WarningRaised {
        /// The warning.
        warning: Warning,
    },
    /// The last event.
    RunFinished {
        /// The counts.
        summary: Summary,
    },
}

/// An operation under test.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationSummary {
    /// Its id.
    pub id: String,
    /// Its method.
    pub method: String,
    /// Its path template.
    pub path: String,
    /// Its place among the operations of the whole run, that of all shards.
    #[serde(default)]
    pub place: usize,
    /// The responses that the document has for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<DocumentedResponse>,
}

/// A response that the document has for an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentedResponse {
    /// Its status, a range as `2XX`, or `default`.
    pub status: String,
    /// Its media types or ranges of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media_types: Vec<String>,
}

/// What of an operation's requests was put to the test, by cases that were answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationCoverage {
    /// Its parameters, in document order.
    pub parameters: Vec<ParameterCoverage>,
    /// The keywords of the schemas of its parameters and bodies.
    pub keywords: Vec<KeywordCoverage>,
}

/// How many cases had a value for a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterCoverage {
    /// Where it is sent.
    #[serde(rename = "in")]
    pub location: String,
    /// Its name.
    pub name: String,
    /// Cases with a valid value.
    pub valid: u64,
    /// Cases in which it was what is wrong.
    pub invalid: u64,
}

/// How many cases came to a keyword of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeywordCoverage {
    /// Where it stands in the document, as a JSON Pointer.
    pub pointer: String,
    /// Its name.
    pub keyword: String,
    /// Valid cases with a value that it says something about.
    pub valid: u64,
    /// Cases in which it was broken.
    pub invalid: u64,
}

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which one, from 1.
    pub index: usize,
    /// Of how many.
    pub count: usize,
}

/// A way to make cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Requests that are no data cases: undeclared methods, missing credentials.
    Probing,
    /// The document's own examples.
    Examples,
    /// One thing varied at a time, without chance.
    Coverage,
    /// Random valid and invalid data.
    Fuzzing,
    /// Resources made, read, changed and removed, one request after the other.
    Stateful,
    /// What a journal of the stub holds, sent to the implementation; it runs alone.
    Journal,
}

impl Phase {
    /// All phases of a run, in the order in which they run: probes start from requests that the phases before them have seen
    /// accepted.
    pub const ALL: [Self; 5] = [Self::Examples, Self::Coverage, Self::Fuzzing, Self::Stateful, Self::Probing];

    /// Everything that a case can be of: [`Self::ALL`], and the journal of a stub, which is sent by itself.
    pub const EVERY: [Self; 6] =
        [Self::Examples, Self::Coverage, Self::Fuzzing, Self::Stateful, Self::Probing, Self::Journal];

    /// Its name, as options and case ids write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Probing => "probing",
            Self::Examples => "examples",
            Self::Coverage => "coverage",
            Self::Fuzzing => "fuzzing",
            Self::Stateful => "stateful",
            Self::Journal => "journal",
        }
    }
}

/// Whether a case's data obeys the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Valid data.
    Positive,
    /// Data with one constraint broken.
    Negative,
}

/// One case as it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// Its id: operation, phase and number, for example `getPet/fuzzing/12`; unique in a run, the same for a seed.
    pub id: String,
    /// The operation's id.
    pub operation: String,
    /// The phase that made it.
    pub phase: Phase,
    /// Whether its data is valid.
    pub mode: Mode,
    /// What is wrong with its data on purpose; negative cases and probes only.
    pub broken: Option<String>,
    /// What was sent and what came back.
    pub exchange: RecordedExchange,
    /// The verdict of every check that judged it.
    pub checks: Vec<CheckResult>,
}

/// Recorded HTTP with secrets hidden; bodies as text where they are UTF-8, cut at 64 KiB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedExchange {
    /// The method.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Request headers.
    pub request_headers: Vec<(String, String)>,
    /// Request body; `None` where there is none or where it is not text.
    pub request_body: Option<String>,
    /// The status; `None` where no response came.
    pub status: Option<u16>,
    /// Response headers.
    pub response_headers: Vec<(String, String)>,
    /// Response body; `None` where there is none or where it is not text.
    pub response_body: Option<String>,
    /// Why no response came.
    pub transport_error: Option<String>,
    /// When it was sent, in microseconds since the run began. Masked where reports are compared.
    #[serde(default)]
    pub started_micros: u64,
    /// From the first byte sent to the last received, in microseconds. Masked where reports are compared.
    pub elapsed_micros: u64,
}

/// What one check said of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The check's name.
    pub check: String,
    /// What it said.
    pub verdict: Verdict,
}

/// What a check says of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not concern this case.
    NotApplicable,
    /// It does not hold, of which the user wants to be warned only.
    Warned {
        /// What failed, without anything that differs from case to case.
        kind: String,
        /// What was found and what was expected, with this case's values.
        message: String,
    },
    /// It does not hold.
    Failed {
        /// What failed, without anything that differs from case to case: failures merge by it.
        kind: String,
        /// What was found and what was expected, with this case's values.
        message: String,
        /// Whether a baseline lists it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_known: bool,
    },
}

/// Something that makes the result worth less than it looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// A stable name, for example `all-unauthorized`.
    pub code: String,
    /// The operation it is about, where it is about one.
    pub operation: Option<String>,
    /// What and what to do.
    pub message: String,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The counts at the end of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Operations tested.
    pub operations: u64,
    /// Cases sent, without those sent to shrink.
    pub cases: u64,
    /// Requests sent, with those sent to shrink.
    pub requests: u64,
    /// Distinct failures.
    pub failures: u64,
    /// Those of them that a baseline lists.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub known: u64,
    /// Failures that did not recur, without those that a baseline lists.
    pub flaky: u64,
    /// Warnings.
    pub warnings: u64,
    /// Operations that nothing was sent for, since the time of the run was over.
    #[serde(default)]
    pub unexercised: u64,
    /// Whether the run was cut short.
    pub interrupted: bool,
    /// Whether the target could not be reached.
    pub unreachable: bool,
}
