//! Why a stub could not be told something, or was not asked as expected.

use std::fmt;

use serde_json::Value;

/// What a handle on a stub could not do.
///
/// Its `Debug` is its message, so that what `unwrap` prints can be read.
pub struct StubError(Kind);

pub(super) enum Kind {
    /// The control API could not be asked.
    Unreachable(reqwest::Error),
    /// It refused, with a status and the text of a problem.
    Refused { asked: String, status: u16, problem: Value },
    /// What it answered is not what its document says.
    Unexpected { asked: String, message: String },
    /// A rule cannot be written.
    Unwritable(String),
    /// Expectations that do not hold.
    Unmet(String),
}

impl From<Kind> for StubError {
    fn from(kind: Kind) -> Self {
        Self(kind)
    }
}

impl StubError {
    /// Whether the stub refused what it was told, since the document does not admit it.
    pub fn is_refused(&self) -> bool {
        matches!(self.0, Kind::Refused { .. })
    }

    /// Whether a rule did not answer as often as was expected.
    pub fn is_unmet(&self) -> bool {
        matches!(self.0, Kind::Unmet(_))
    }

    /// The codes of what the stub found wrong, such as `body-invalid`, in order.
    pub fn codes(&self) -> Vec<&str> {
        let Kind::Refused { problem, .. } = &self.0 else { return Vec::new() };
        let errors = problem["errors"].as_array().into_iter().flatten();
        errors.filter_map(|error| error["code"].as_str()).collect()
    }
}

impl fmt::Display for StubError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Unreachable(_) => f.write_str("ask the stub's control API"),
            Kind::Refused { asked, status, problem } => {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let said = [&problem["detail"], &problem["title"]].map(text);
                let said =
                    said.iter().find(|text| !text.is_empty()).map_or("it does not say why", String::as_str);
                write!(f, "{asked}: the stub refused with {status}: {said}")?;
                for error in problem["errors"].as_array().into_iter().flatten() {
                    let [code, pointer, message, hint] =
                        ["code", "pointer", "message", "hint"].map(|key| text(&error[key]));
                    write!(f, "\n  {code} at {pointer}: {message}")?;
                    if !hint.is_empty() {
                        write!(f, " ({hint})")?;
                    }
                }
                Ok(())
            }
            Kind::Unexpected { asked, message } => {
                write!(f, "{asked}: the stub's answer cannot be read: {message}")
            }
            Kind::Unwritable(message) => write!(f, "write a rule: {message}"),
            Kind::Unmet(message) => f.write_str(message),
        }
    }
}

impl fmt::Debug for StubError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        match &self.0 {
            Kind::Unreachable(error) => write!(f, ": {error}"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for StubError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Kind::Unreachable(error) => Some(error),
            _ => None,
        }
    }
}
