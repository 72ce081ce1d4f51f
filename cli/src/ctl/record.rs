//! Recordings: begun, listed, shown and ended.

use std::fmt::Write as _;

use clap::Subcommand;
use counterfoil_client::control::{ByteStream, types};
use futures::TryStreamExt as _;
use serde_json::json;

use super::refusal::Refusal;
use super::{Steered, Steering, request, show};
use crate::exit::Exit;
use crate::output::TITLE;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Forward requests to another server from now on, and record what it answers.
    Start {
        /// The operations that are recorded, each an operationId or `METHOD /path/{template}`; without any, all are, and
        /// what no document describes is forwarded too.
        #[arg(value_name = "OP")]
        operations: Vec<String>,
        /// The server: one that the stub was started with, by `--upstream`, `--allow-proxy` or a script. Without this the
        /// one of `--upstream`.
        #[arg(long, value_name = "URL")]
        target: Option<String>,
    },
    /// List the recordings under way.
    List,
    /// Print what was recorded so far, as a script that answers the same; secrets are hidden.
    Show {
        /// Its name; can be left out where there is one recording.
        id: Option<String>,
    },
    /// End a recording, and print what it recorded, for `counterfoil mock --script`.
    Stop {
        /// Its name; can be left out where there is one recording.
        id: Option<String>,
    },
}

/// Does it.
pub(super) async fn record(steering: &Steering<'_>, command: &Command) -> Steered {
    let (client, session) = (&steering.client, steering.session());
    match command {
        Command::Start { operations, target } => {
            let operations = (!operations.is_empty()).then_some(operations);
            let order: types::NewRecording = request(json!({ "target": target, "ops": operations }))?;
            let begun = client.begin_recording(session, Some(&order)).await?.into_inner();
            steering.write(&begun, |text| told(text, &begun))
        }
        Command::List => {
            let all = client.list_recordings(session).await?.into_inner();
            steering.write(&all, |text| all.iter().for_each(|one| told(text, one)))
        }
        Command::Show { id } => {
            let id = named(steering, id.as_deref()).await?;
            let script = client.show_recording(&id, session).await?.into_inner();
            script_of(steering, script).await
        }
        Command::Stop { id } => {
            let id = named(steering, id.as_deref()).await?;
            let script = client.end_recording(&id, session).await?.into_inner();
            script_of(steering, script).await
        }
    }
}

/// The recording that is meant: the one named, or the only one.
async fn named(steering: &Steering<'_>, id: Option<&str>) -> Result<String, Refusal> {
    if let Some(id) = id {
        return Ok(id.to_owned());
    }
    let all = steering.client.list_recordings(steering.session()).await?.into_inner();
    match all.as_slice() {
        [only] => Ok(only.id.clone()),
        [] => Err(Refusal::Other(anyhow::anyhow!("name a recording: none is under way"))),
        several => {
            let ids: Vec<&str> = several.iter().map(|one| one.id.as_str()).collect();
            Err(Refusal::Other(anyhow::anyhow!("name a recording: {} are under way", ids.join(", "))))
        }
    }
}

fn told(text: &mut String, one: &types::RecordingSummary) {
    let ops = one.ops.as_ref().map_or_else(|| "every operation".to_owned(), |ops| ops.join(", "));
    let _ = writeln!(
        text,
        "{TITLE}{}{TITLE:#} {} by {}: {} replies, {} left out",
        show::plain(&one.id),
        show::plain(&ops),
        show::plain(&one.target),
        one.replies,
        one.left_out
    );
}

/// Prints a script as it came: whatever could act on a terminal the stub has escaped.
async fn script_of(steering: &Steering<'_>, script: ByteStream) -> Steered {
    let parts: Vec<_> =
        script.into_inner().try_collect().await.map_err(|error| Refusal::Other(error.into()))?;
    steering.print(&String::from_utf8_lossy(&parts.concat()))?;
    Ok(Exit::Passed)
}
