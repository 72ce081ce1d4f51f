//! The calls that a stub received: listed, shown, followed, written to a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use counterfoil_client::control::{Error, types};

use super::refusal::Refusal;
use super::{Command, PATIENCE, Steered, Steering, follow, show};
use crate::exit::Exit;

/// How many calls are asked for at once.
const PAGE: u32 = 200;

/// List the calls received, the oldest first.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only calls of this operation: an operationId, or `METHOD /path/{template}`.
    #[arg(long, value_name = "OP")]
    pub(super) op: Option<String>,

    /// Only calls answered with this status.
    #[arg(long)]
    pub(super) status: Option<i64>,

    /// Only calls whose request was valid, or was not.
    #[arg(long, value_name = "BOOL")]
    pub(super) valid: Option<bool>,

    /// Only calls later than the one with this number.
    #[arg(long, value_name = "ID")]
    pub(super) after: Option<u64>,

    /// Tell of calls as they come, until the stub stops.
    #[arg(long, conflicts_with = "export")]
    pub(super) follow: bool,

    /// Write each call whole to a file, as a line of JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
}

/// How long what is asked may take.
pub(super) fn patience(command: &Command) -> Duration {
    const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
    match command {
        Command::Calls(Arguments { follow: true, .. }) => FOR_EVER,
        _ => PATIENCE,
    }
}

/// Lists calls, follows them, or writes them to a file.
pub(super) async fn list(steering: &Steering<'_>, arguments: &Arguments) -> Steered {
    if arguments.follow {
        return follow::follow(steering, arguments).await;
    }
    let mut calls = Vec::new();
    let mut after = arguments.after;
    loop {
        let (op, session) = (arguments.op.as_deref(), steering.session());
        let page = steering
            .client
            .list_calls(after, Some(PAGE), op, session, arguments.status, arguments.valid)
            .await?
            .into_inner();
        calls.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    match &arguments.export {
        Some(path) => export(steering, &calls, path).await,
        None => steering.write(&calls, |text| calls.iter().for_each(|call| show::call(text, call))),
    }
}

/// Writes calls whole, one a line.
async fn export(steering: &Steering<'_>, calls: &[types::CallSummary], path: &Path) -> Steered {
    let is_stdout = path == Path::new("-");
    let failed = |error: std::io::Error| {
        Refusal::Other(anyhow::Error::from(error).context(format!("write {}", path.display())))
    };
    let mut out: Box<dyn Write> = match is_stdout {
        true => Box::new(steering.output.stdout()),
        false => Box::new(BufWriter::new(File::create(path).map_err(failed)?)),
    };
    let (mut written, mut gone) = (0, 0);
    for call in calls {
        let whole = match steering.client.show_call(call.id, steering.session()).await {
            Ok(whole) => whole.into_inner(),
            // It made room for another since it was listed.
            Err(Error::ErrorResponse(problem)) if problem.type_ == "call-unknown" => {
                gone += 1;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let line = serde_json::to_string(&whole).context("write a call").map_err(Refusal::Other)?;
        writeln!(out, "{line}").map_err(failed)?;
        written += 1;
    }
    out.flush().map_err(failed)?;
    if gone > 0 {
        steering.output.note(&format!("{gone} calls were gone from the journal before they could be read"));
    }
    if is_stdout {
        return Ok(Exit::Passed);
    }
    steering.done(&format!("{written} calls are in {}", path.display()))
}

/// Shows one call whole.
pub(super) async fn show(steering: &Steering<'_>, id: u64) -> Steered {
    let call = steering.client.show_call(id, steering.session()).await?.into_inner();
    steering.write(&call, |text| show::whole_call(text, &call))
}
