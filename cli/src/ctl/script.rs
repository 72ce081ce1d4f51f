//! The script in force: shown, checked, put in place of another.

use clap::{Args, Subcommand};
use counterfoil_client::control::types::ScriptText;
use counterfoil_openapi::Document;
use serde_json::Value;

use super::refusal::Refusal;
use super::{Steered, Steering, show};
use crate::source;

/// Show the script in force, or put another in its place; without a command it is shown.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// What the script is called that is meant, where there are several.
    #[arg(long, global = true)]
    name: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the script in force with what it includes, as JSON.
    Show,
    /// Put a script in place of the one in force; where anything in it is wrong, nothing is changed.
    ///
    /// It has to be whole: what it includes and the files it sends are not read by the stub.
    Load {
        /// The script, JSON or YAML.
        file: String,
        /// Only say what is wrong with it.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Does it.
pub(super) async fn script(steering: &Steering<'_>, arguments: &Arguments) -> Steered {
    let (client, name) = (&steering.client, arguments.name.as_deref());
    match &arguments.command {
        None | Some(Command::Show) => {
            let script = client.show_script(name).await?.into_inner();
            // Its lines, for it to be read; each is rid of what acts on a terminal.
            let lines =
                serde_json::to_string_pretty(&script).map_err(|error| Refusal::Other(error.into()))?;
            steering.write(&script, |text| {
                for line in lines.lines() {
                    text.push_str(&show::plain(line));
                    text.push('\n');
                }
            })
        }
        Some(Command::Load { file, dry_run }) => {
            let set = client.set_script(Some(*dry_run), name, &read(file)?).await?.into_inner();
            let done = if *dry_run { "can be put in force" } else { "is in force" };
            steering.write(&set, |text| {
                text.push_str(&format!("{} {done}\n", show::plain(file)));
                set.findings.iter().for_each(|finding| show::finding(text, finding));
            })
        }
    }
}

fn read(file: &str) -> Result<ScriptText, Refusal> {
    let bytes = source::read_script(file).map_err(Refusal::Other)?;
    let (document, _) = Document::read_tree(file, &bytes).map_err(|error| {
        let place = error.position().map_or_else(String::new, |position| format!(":{position}"));
        Refusal::Other(anyhow::anyhow!("read the script `{file}`{place}: {}", error.message()))
    })?;
    match document.root() {
        Value::Object(members) => Ok(ScriptText(members.clone())),
        _ => Err(Refusal::Other(anyhow::anyhow!(
            "read the script `{file}`: it is no object\nbegin it with `script: 1`"
        ))),
    }
}
