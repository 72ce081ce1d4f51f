//! What `client` and `scaffold` share: a document made into a crate in a folder, and what is told of it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueEnum};
use counterfoil_client::generate::{self, Package, Written};
use counterfoil_conformance::report::one_line;
use counterfoil_openapi::Finding;
use serde_json::{Map, Value, json};

use crate::check::json::finding;
use crate::exit::Exit;
use crate::output::Output;
use crate::references::References;
use crate::source::{self, Source};

/// The most findings of one code that are shown as text, unless all are wanted.
const MAX_SHOWN: usize = 5;

/// A document, and the folder of the crate that is made of it.
#[derive(Debug, Args)]
#[group(id = "package")]
pub(crate) struct Arguments {
    /// An OpenAPI document (YAML or JSON), a URL, `-` for standard input, or the name of a bundled one.
    #[arg(value_name = "DOCUMENT")]
    document: String,

    /// The folder of the crate; it is made, or brought up to date where it holds an older one.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,

    /// The name of the crate [default: made of the document's title].
    #[arg(long, value_name = "NAME", value_parser = crate_name)]
    pub(crate) name: Option<String>,

    /// Write nothing; exit with 1 where the folder does not hold what would be written.
    #[arg(long, conflicts_with = "force")]
    check: bool,

    /// Write to a folder that holds other files too, and over what was changed by hand of the files that are made
    /// again.
    #[arg(long)]
    pub(crate) force: bool,

    /// How to print what is expressed and what is not.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Print every finding, not only the first five of each code.
    #[arg(long)]
    pub(crate) all: bool,

    #[command(flatten)]
    references: References,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn crate_name(name: &str) -> Result<String, String> {
    if generate::is_crate_name(name) {
        return Ok(name.to_owned());
    }
    Err("this is not the name of a crate; write letters, digits and `-`, a letter first".to_owned())
}

/// What is told of a crate beside where it is.
pub(crate) struct Told<'t> {
    pub(crate) package: &'t Package,
    pub(crate) findings: &'t [Finding],
    /// Lines of text, each with its end.
    pub(crate) text: String,
    /// Members of the report as JSON.
    pub(crate) members: Map<String, Value>,
}

impl Arguments {
    /// The document, which has an operation.
    pub(crate) fn source(&self) -> anyhow::Result<Source> {
        let source = source::load(&self.document, &self.references)?;
        if source.contract.operations().is_empty() {
            bail!("find an operation in `{}`", self.document);
        }
        Ok(source)
    }

    /// What went wrong while something was made of the document.
    pub(crate) fn unmade(&self, what: &str, error: &str) -> anyhow::Error {
        anyhow::anyhow!("make {what} of `{}`: {}", self.document, one_line(error))
    }

    /// Writes the crate, or compares the folder with it, and prints what came of that.
    pub(crate) fn store(&self, told: Told<'_>, output: &Output) -> anyhow::Result<Exit> {
        let (outcome, exit) = if self.check {
            let differing = generate::check(told.package, &self.output)?;
            let exit = if differing.is_empty() { Exit::Passed } else { Exit::Failed };
            (Outcome::Checked(differing), exit)
        } else {
            let written = generate::write(told.package, &self.output, self.force).map_err(|error| {
                let hint =
                    if error.is_foreign() { "\n  help: name another folder, or give `--force`" } else { "" };
                let shown = format!("{error}{hint}");
                anyhow::Error::new(error).context(shown)
            });
            (Outcome::Written(written?), Exit::Passed)
        };
        let text = match self.format {
            Format::Text => self.as_text(&told, &outcome),
            Format::Json => as_json(told, outcome),
        };
        output.stdout().write_all(text.as_bytes())?;
        Ok(exit)
    }

    fn as_text(&self, told: &Told<'_>, outcome: &Outcome) -> String {
        let mut text = findings(told.findings, self.all);
        text.push_str(&told.text);
        let folder = self.output.display();
        let begun: Vec<String> = told.package.begun().iter().map(|path| format!("`{path}`")).collect();
        let _ = match outcome {
            Outcome::Written(Written::New) => writeln!(text, "written to {folder}"),
            Outcome::Written(Written::Replaced) if begun.is_empty() => {
                writeln!(text, "replaced in {folder}")
            }
            Outcome::Written(Written::Replaced) => {
                writeln!(text, "brought up to date in {folder}; {} are as they were", begun.join(", "))
            }
            Outcome::Written(Written::Current) => writeln!(text, "{folder} is current"),
            Outcome::Checked(differing) if differing.is_empty() => writeln!(text, "{folder} is current"),
            Outcome::Checked(differing) => {
                writeln!(text, "{folder} is not current: {}", one_line(&differing.join(", ")))
            }
        };
        text
    }
}

/// What was done.
enum Outcome {
    Written(Written),
    /// The files that differ.
    Checked(Vec<String>),
}

/// A line for each finding, or for the first few of each code.
pub(crate) fn findings(findings: &[Finding], all: bool) -> String {
    let mut text = String::new();
    let mut shown: HashMap<&str, usize> = HashMap::new();
    let mut hidden = 0_usize;
    for finding in findings {
        let count = shown.entry(finding.code).or_default();
        *count += 1;
        if all || *count <= MAX_SHOWN {
            let _ = writeln!(text, "{}", one_line(&finding.to_string()));
        } else {
            hidden += 1;
        }
    }
    if hidden > 0 {
        let _ = writeln!(text, "... and {hidden} more; `--all` shows them");
    }
    text
}

fn as_json(told: Told<'_>, outcome: Outcome) -> String {
    let (outcome, differing) = match outcome {
        Outcome::Written(Written::New) => ("new", Vec::new()),
        Outcome::Written(Written::Replaced) => ("replaced", Vec::new()),
        Outcome::Written(Written::Current) => ("current", Vec::new()),
        Outcome::Checked(differing) if differing.is_empty() => ("current", Vec::new()),
        Outcome::Checked(differing) => ("stale", differing),
    };
    let mut report = Map::new();
    report.insert("version".to_owned(), json!(1));
    report.insert("crate".to_owned(), json!(told.package.name));
    report.insert("outcome".to_owned(), json!(outcome));
    report.insert("differing".to_owned(), json!(differing));
    report.extend(told.members);
    report.insert("findings".to_owned(), told.findings.iter().map(finding).collect());
    let mut text = serde_json::to_string_pretty(&report).expect("text and numbers are JSON");
    text.push('\n');
    text
}
