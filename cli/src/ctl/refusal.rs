//! Why a stub could not be steered, told with what to do.

use std::io::Write as _;

use counterfoil_client::control::{Error, types};

use super::{Arguments, Format, show};
use crate::exit::Exit;
use crate::output::{BAD, Output};

/// Why something was not done.
pub(super) enum Refusal {
    /// The control API said no, or nothing.
    Control(Box<Error<types::Problem>>),
    /// It did not come to that.
    Other(anyhow::Error),
}

impl From<Error<types::Problem>> for Refusal {
    fn from(error: Error<types::Problem>) -> Self {
        Self::Control(Box::new(error))
    }
}

impl Refusal {
    /// Tells it, and says how it ends.
    pub(super) fn tell(self, arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
        let error = match self {
            Self::Other(error) => return Err(error),
            Self::Control(error) => *error,
        };
        let url = show::plain(&arguments.control);
        let (exit, message) = match error {
            Error::ErrorResponse(problem) => return of_problem(&problem.into_inner(), arguments, output),
            Error::CommunicationError(error) | Error::ResponseBodyError(error) => {
                let cause = root_cause(&error);
                let hint =
                    "start a stub with `counterfoil mock`, or say where its control API is: --control URL";
                let told =
                    format!("failed to reach the control API at {url}: {}\n  {hint}", show::plain(&cause));
                (Exit::Unreachable, told)
            }
            Error::InvalidRequest(message) | Error::Custom(message) => {
                (Exit::Unusable, format!("failed to ask the control API: {}", show::plain(&message)))
            }
            Error::InvalidResponsePayload(..) | Error::UnexpectedResponse(_) | Error::InvalidUpgrade(_) => {
                let hint = "is it the address of the stub itself? the control API has one of its own, 4011 by default";
                (Exit::Unusable, format!("failed to understand what {url} answers\n  {hint}"))
            }
        };
        // Nothing can be done about a standard error that cannot be written.
        let _ = writeln!(output.stderr(), "{BAD}error{BAD:#}: {message}");
        Ok(exit)
    }
}

/// What was wrong at the bottom of it.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// What the control API refused, and what was not as it was to be verified.
fn of_problem(problem: &types::Problem, arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    let is_failed = problem.type_ == "verification-failed";
    let exit = if is_failed { Exit::Failed } else { Exit::Unusable };
    if !problem.failures.is_empty() {
        let text = match arguments.format {
            Format::Json => serde_json::to_string_pretty(problem)? + "\n",
            Format::Text => {
                let mut text = String::new();
                problem.failures.iter().for_each(|failure| show::failure(&mut text, failure));
                text
            }
        };
        output.stdout().write_all(text.as_bytes())?;
        return Ok(exit);
    }
    let mut text = format!("{BAD}error{BAD:#}: {}\n", show::plain(&problem.detail));
    problem.errors.iter().for_each(|found| show::finding(&mut text, found));
    // As above.
    let _ = output.stderr().write_all(text.as_bytes());
    Ok(exit)
}
