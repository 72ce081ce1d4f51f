//! `counterfoil scaffold`: the beginning of a server for a document, as a crate.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use clap::{Args, ValueEnum};
use counterfoil_client::generate::{self, Scaffold, Written};
use counterfoil_conformance::report::one_line;
use serde_json::{Value, json};

use crate::check::json::finding;
use crate::client::crate_name;
use crate::exit::Exit;
use crate::output::Output;
use crate::references::References;
use crate::source;

/// The most findings that are shown as text, unless all are wanted.
const MAX_SHOWN: usize = 20;

const EXAMPLES: &str = "\
Examples:
  counterfoil scaffold pets.yaml --output pets-server
  counterfoil scaffold pets.yaml --output pets-server --check     in CI: is it current?
  counterfoil scaffold pets.yaml --output pets-server --format json

Then, in the folder:
  cargo run                      serve at http://127.0.0.1:8080
  cargo run -- differences       what dropshot documents otherwise than the document
  counterfoil test pets.yaml --url http://127.0.0.1:8080

What the server does is yours: `src/stub.rs`, `src/main.rs` and `Cargo.toml` are written once and never again. Errors
are operations that dropshot cannot serve, which are left out; notes are parts that it cannot document.

Exit codes:
  0  the crate is written; with `--check`, it is current
  1  with `--check`, it is not current
  2  the document could not be read, or the folder not be written";

/// Write the beginning of a server for any document: a dropshot API trait, types, and a stub that answers examples.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// An OpenAPI document (YAML or JSON), a URL, `-` for standard input, or the name of a bundled one.
    #[arg(value_name = "DOCUMENT")]
    document: String,

    /// The folder of the crate; it is made, or brought up to date where it holds an older one.
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,

    /// The name of the crate [default: made of the document's title].
    #[arg(long, value_name = "NAME", value_parser = crate_name)]
    name: Option<String>,

    /// Write nothing; exit with 1 where the folder does not hold what would be written.
    #[arg(long, conflicts_with = "force")]
    check: bool,

    /// Write to a folder that holds other files, and over what was changed by hand of the files that are made again.
    #[arg(long)]
    force: bool,

    /// How to print what is served and what is not.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Print every finding, not only the first twenty.
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    references: References,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    let source = source::load(&arguments.document, &arguments.references)?;
    if source.contract.operations().is_empty() {
        bail!("find an operation in `{}`", arguments.document);
    }
    let scaffold = generate::scaffold(&source.contract, arguments.name.as_deref())
        .map_err(|error| anyhow!("make a server of `{}`: {}", arguments.document, one_line(&error)))?;
    let (outcome, exit) = if arguments.check {
        let differing = generate::check(&scaffold.package, &arguments.output)?;
        let exit = if differing.is_empty() { Exit::Passed } else { Exit::Failed };
        (Outcome::Checked(differing), exit)
    } else {
        let written =
            generate::write(&scaffold.package, &arguments.output, arguments.force).map_err(|error| {
                let hint =
                    if error.is_foreign() { "\n  help: name another folder, or give `--force`" } else { "" };
                let shown = format!("{error}{hint}");
                anyhow::Error::new(error).context(shown)
            });
        (Outcome::Written(written?), Exit::Passed)
    };
    let text = match arguments.format {
        Format::Text => as_text(&scaffold, &outcome, arguments),
        Format::Json => as_json(&scaffold, &outcome),
    };
    output.stdout().write_all(text.as_bytes())?;
    Ok(exit)
}

/// What was done.
enum Outcome {
    Written(Written),
    /// The files that differ.
    Checked(Vec<String>),
}

fn as_text(scaffold: &Scaffold, outcome: &Outcome, arguments: &Arguments) -> String {
    let mut text = String::new();
    let shown = if arguments.all { scaffold.findings.len() } else { MAX_SHOWN };
    for finding in scaffold.findings.iter().take(shown) {
        let _ = writeln!(text, "{}", one_line(&finding.to_string()));
    }
    let hidden = scaffold.findings.len().saturating_sub(shown);
    if hidden > 0 {
        let _ = writeln!(text, "... and {hidden} more; `--all` shows them");
    }
    for label in &scaffold.left_out {
        let _ = writeln!(text, "left out: {}", one_line(label));
    }
    let claimed = scaffold.claimed.len();
    let all = claimed + scaffold.left_out.len();
    let _ = writeln!(text, "{}: serves {claimed} of {all} operations", scaffold.package.name);
    told(&mut text, outcome, &arguments.output);
    text
}

fn told(text: &mut String, outcome: &Outcome, folder: &Path) {
    let folder = folder.display();
    let _ = match outcome {
        Outcome::Written(Written::New) => writeln!(text, "written to {folder}"),
        Outcome::Written(Written::Replaced) => {
            writeln!(
                text,
                "brought up to date in {folder}; `src/stub.rs`, `src/main.rs` and `Cargo.toml` are as they were"
            )
        }
        Outcome::Written(Written::Current) => writeln!(text, "{folder} is current"),
        Outcome::Checked(differing) if differing.is_empty() => writeln!(text, "{folder} is current"),
        Outcome::Checked(differing) => {
            writeln!(text, "{folder} is not current: {}", one_line(&differing.join(", ")))
        }
    };
}

fn as_json(scaffold: &Scaffold, outcome: &Outcome) -> String {
    let findings: Vec<Value> = scaffold.findings.iter().map(finding).collect();
    let (outcome, differing) = match outcome {
        Outcome::Written(Written::New) => ("new", Vec::new()),
        Outcome::Written(Written::Replaced) => ("replaced", Vec::new()),
        Outcome::Written(Written::Current) => ("current", Vec::new()),
        Outcome::Checked(differing) if differing.is_empty() => ("current", Vec::new()),
        Outcome::Checked(differing) => ("stale", differing.clone()),
    };
    let report = json!({
        "version": 1,
        "crate": scaffold.package.name,
        "outcome": outcome,
        "differing": differing,
        "claimed": scaffold.claimed,
        "left_out": scaffold.left_out,
        "findings": findings,
    });
    let mut text = serde_json::to_string_pretty(&report).expect("text and numbers are JSON");
    text.push('\n');
    text
}
