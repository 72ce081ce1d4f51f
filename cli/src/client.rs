//! `counterfoil client`: a typed client of a document, as a crate.

mod lines;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use clap::{Args, ValueEnum};
use counterfoil_client::generate::{self, Generated, Written};
use counterfoil_conformance::report::one_line;
use counterfoil_openapi::{Finding, Severity};
use serde_json::{Value, json};

use crate::check::json::finding;
use crate::exit::Exit;
use crate::output::Output;
use crate::references::References;
use crate::source;

/// The most findings of one code that are shown as text, unless all are wanted.
const MAX_SHOWN: usize = 5;

const EXAMPLES: &str = "\
Examples:
  counterfoil client pets.yaml --output pets-client
  counterfoil client pets.yaml --output pets-client --name pets
  counterfoil client pets.yaml --output pets-client --check     in CI: is it current?
  counterfoil client pets.yaml --output pets-client --format json
  counterfoil client pets.yaml --output . --macro               a document and lines for `generate_api!`

Then, in the folder: cargo run --example first_call

What a client cannot express is told as findings: errors are operations that are left out, warnings are parameters
and bodies of wider types than the document says, notes are left to you.

Exit codes:
  0  the client is written; with `--check`, it is current
  1  with `--check`, it is not current
  2  the document could not be read, or the folder not be written";

/// Write a typed client of any document: a whole crate.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// An OpenAPI document (YAML or JSON), a URL, `-` for standard input, or the name of a bundled one.
    #[arg(value_name = "DOCUMENT")]
    document: String,

    /// The folder of the crate; it is made, or replaced where it holds an older client.
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,

    /// The name of the crate [default: made of the document's title].
    #[arg(long, value_name = "NAME", value_parser = crate_name)]
    name: Option<String>,

    /// Write nothing; exit with 1 where the folder does not hold what would be written.
    #[arg(long, conflicts_with = "force")]
    check: bool,

    /// Write to a folder that holds other files too, and over what was changed by hand.
    #[arg(long)]
    force: bool,

    /// Write no crate, but `NAME.json`, a document that progenitor's macro `generate_api!` takes, and print the lines
    /// that use it. It says less than a crate does: what is lost is told.
    #[arg(long = "macro", conflicts_with_all = ["check", "format"])]
    is_for_macro: bool,

    /// How to print what the client does not express.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Print every finding, not only the first five of each code.
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

pub(crate) fn crate_name(name: &str) -> Result<String, String> {
    if generate::is_crate_name(name) {
        return Ok(name.to_owned());
    }
    Err("this is not the name of a crate; write letters, digits and `-`, a letter first".to_owned())
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    let source = source::load(&arguments.document, &arguments.references)?;
    if source.contract.operations().is_empty() {
        bail!("find an operation in `{}`", arguments.document);
    }
    if arguments.is_for_macro {
        let Arguments { name, output: folder, force, all, .. } = arguments;
        return lines::run(&source.contract, name.as_deref(), folder, *force, *all, output);
    }
    let generated = generate::generate(&source.contract, arguments.name.as_deref())
        .map_err(|error| anyhow!("make a client of `{}`: {}", arguments.document, one_line(&error)))?;
    let (outcome, exit) = if arguments.check {
        let differing = generate::check(&generated.package, &arguments.output)?;
        let exit = if differing.is_empty() { Exit::Passed } else { Exit::Failed };
        (Outcome::Checked(differing), exit)
    } else {
        let written =
            generate::write(&generated.package, &arguments.output, arguments.force).map_err(|error| {
                let hint =
                    if error.is_foreign() { "\n  help: name another folder, or give `--force`" } else { "" };
                let shown = format!("{error}{hint}");
                anyhow::Error::new(error).context(shown)
            });
        (Outcome::Written(written?), Exit::Passed)
    };
    let text = match arguments.format {
        Format::Text => as_text(&generated, &outcome, &arguments.output, arguments.all),
        Format::Json => as_json(&generated, &outcome),
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

/// A line for each finding, or for the first few of each code.
fn findings(findings: &[Finding], all: bool) -> String {
    let mut text = String::new();
    let mut shown: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
    for finding in findings {
        let count = shown.entry(finding.code).or_default();
        *count += 1;
        if all || *count <= MAX_SHOWN {
            let _ = writeln!(text, "{}", one_line(&finding.to_string()));
        }
    }
    let hidden = findings.len()
        - shown.values().map(|count| if all { *count } else { (*count).min(MAX_SHOWN) }).sum::<usize>();
    if hidden > 0 {
        let _ = writeln!(text, "... and {hidden} more; `--all` shows them");
    }
    text
}

/// How many parameters and bodies are of wider types than the document says.
fn count_wider(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.severity == Severity::Warning).count()
}

fn as_text(generated: &Generated, outcome: &Outcome, folder: &Path, all: bool) -> String {
    let mut text = findings(&generated.findings, all);
    let expressed = generated.expressed;
    let _ = writeln!(
        text,
        "{}: {} of {} operations, {} of {} parameters and bodies of wider types",
        generated.package.name,
        expressed.methods,
        expressed.operations,
        count_wider(&generated.findings),
        expressed.parts,
    );
    let folder = folder.display();
    let _ = match outcome {
        Outcome::Written(Written::New) => writeln!(text, "written to {folder}"),
        Outcome::Written(Written::Replaced) => writeln!(text, "replaced in {folder}"),
        Outcome::Written(Written::Current) => writeln!(text, "{folder} is current"),
        Outcome::Checked(differing) if differing.is_empty() => writeln!(text, "{folder} is current"),
        Outcome::Checked(differing) => {
            writeln!(text, "{folder} is not current: {}", one_line(&differing.join(", ")))
        }
    };
    text
}

fn as_json(generated: &Generated, outcome: &Outcome) -> String {
    let findings: Vec<Value> = generated.findings.iter().map(finding).collect();
    let (outcome, differing) = match outcome {
        Outcome::Written(Written::New) => ("new", Vec::new()),
        Outcome::Written(Written::Replaced) => ("replaced", Vec::new()),
        Outcome::Written(Written::Current) => ("current", Vec::new()),
        Outcome::Checked(differing) if differing.is_empty() => ("current", Vec::new()),
        Outcome::Checked(differing) => ("stale", differing.clone()),
    };
    let report = json!({
        "version": 1,
        "crate": generated.package.name,
        "outcome": outcome,
        "differing": differing,
        "operations": generated.expressed.operations,
        "methods": generated.expressed.methods,
        "parts": generated.expressed.parts,
        "findings": findings,
    });
    let mut text = serde_json::to_string_pretty(&report).expect("text and numbers are JSON");
    text.push('\n');
    text
}
