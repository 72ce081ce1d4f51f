//! What a failure is and how it is reproduced.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::{Mode, Phase, RecordedExchange};
use crate::replay::Recipe;

/// A check that did not hold, merged over all cases in which it failed the same way, and shrunk.
///
/// Failures merge by check, operation and kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The check's name.
    pub check: String,
    /// The operation's id.
    pub operation: String,
    /// Method and path template.
    pub label: String,
    /// What failed, as the check named it.
    pub kind: String,
    /// What was found and what was expected, of the shrunk case.
    pub message: String,
    /// The phase of the case that found it first.
    pub phase: Phase,
    /// Whether its data is valid.
    pub mode: Mode,
    /// What is wrong with its data on purpose.
    pub broken: Option<String>,
    /// Where in the document the broken promise stands, as a JSON Pointer.
    pub document_pointer: Option<String>,
    /// The file and the line of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_position: Option<Box<DocumentPosition>>,
    /// How many cases failed this way.
    pub count: u64,
    /// What a baseline says of it, where one lists it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Box<Known>>,
    /// Whether it recurs.
    pub flakiness: Flakiness,
    /// The status of the answer to its case when that was sent again and did not fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_again: Option<u16>,
    /// The exchange of the shrunk case.
    pub exchange: RecordedExchange,
    /// How to see it again.
    pub reproduction: Reproduction,
}

/// A place in a file of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentPosition {
    /// The file, as the user named the document, or as the document names it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl Failure {
    /// What tells it from all others, in any run: twelve hexadecimal digits made of check, operation and kind.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.check, &self.operation, &self.kind)
    }
}

/// See [`Failure::fingerprint`].
pub(crate) fn fingerprint(check: &str, operation: &str, kind: &str) -> String {
    let digest = Sha256::digest(format!("{check}\n{operation}\n{kind}"));
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a failure recurs when its case is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flakiness {
    /// It failed again.
    Recurs,
    /// It did not fail again.
    Flaky,
    /// It was not sent again: the run or the server was at its end, or nothing was to be made smaller.
    Untried,
}

/// What a baseline says of a failure that it lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Why it is left as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it is worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The last day on which it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Whether that day is over.
    #[serde(default)]
    pub is_expired: bool,
}

/// How to see a failure again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reproduction {
    /// The id of the case that found it.
    pub case: String,
    /// The run's seed.
    pub seed: u64,
    /// Curl commands for the requests before it, where it depends on what they did: those that made the resource it
    /// is about, and what was done with that. The ids in them are those of this run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
    /// A curl command that sends the shrunk case when pasted into a shell; secrets are read from the environment.
    pub curl: String,
    /// What `counterfoil replay` sends; runs recorded before there was any have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Box<Recipe>>,
}
