//! `counterfoil check`: everything wrong with documents, and with scripts for them.

mod github;
mod json;
mod report;
mod sarif;
mod summary;
mod text;

use std::borrow::Cow;
use std::io::Write as _;

use anyhow::bail;
use clap::{Args, ValueEnum};
use counterfoil_openapi::{Contract, Finding, Severity, rules};
use counterfoil_server::Script;

use crate::exit::Exit;
use crate::output::Output;
use crate::references::References;
use crate::source::{self, Source};
use report::{Checked, Report};

const EXAMPLES: &str = "\
Examples:
  counterfoil check pets.yaml
  counterfoil check api/*.yaml --deny error
  counterfoil check pets.yaml --script pets.script.yaml
  counterfoil check pets.yaml --format sarif > check.sarif
  curl -s https://example.com/openapi.json | counterfoil check -

Exit codes:
  0  nothing is wrong
  1  there is a finding that matters as much as `--deny` says, or more
  2  a document could not be read

`counterfoil explain CODE` says what a finding is about and what to do.";

/// Find everything wrong with documents: their structure, their schemas, their examples.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// OpenAPI documents (YAML or JSON), URLs, `-` for standard input, or names of bundled ones.
    #[arg(value_name = "DOCUMENT")]
    documents: Vec<String>,

    /// A script to check against the documents.
    #[arg(long, value_name = "FILE")]
    script: Vec<String>,

    /// How to print the findings.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Exit with 1 when a finding matters as much as this, or more.
    #[arg(long, value_name = "SEVERITY", default_value = "warning")]
    deny: Denied,

    /// Leave out the findings of a code; several may be given.
    #[arg(long, value_name = "CODE")]
    allow: Vec<String>,

    /// Take what is not YAML or JSON by the letter, and read all the same, for an error: repeated keys, wrong
    /// indentation, another encoding than UTF-8.
    #[arg(long)]
    strict: bool,

    /// Print every finding, not only the first ten of each code.
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    references: References,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: each finding with the line it is about.
    Text,
    /// For programs of your own.
    Json,
    /// SARIF 2.1.0, which code scanners and editors read.
    Sarif,
    /// Annotations of GitHub workflows.
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Denied {
    Note,
    Warning,
    Error,
}

impl Denied {
    fn severity(self) -> Severity {
        match self {
            Self::Note => Severity::Note,
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
        }
    }
}

/// What is lenient about reading text, and an error under `--strict`.
const LENIENT: [&str; 5] =
    ["key-repeated", "indentation-wrong", "yaml-mended", "encoding-wrong", "reference-odd"];

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    check_codes(&arguments.allow)?;
    let (sources, mut exit) = load(arguments, output)?;
    let mut report = Report { documents: Vec::new(), texts: Vec::new() };
    for source in &sources {
        let document = source.contract.document();
        report.texts.extend(
            std::iter::once(&**document)
                .chain(document.parts())
                .map(|file| (file.name(), file.text().into())),
        );
        let findings = keep(source.contract.check(), arguments);
        let (name, operations) = (document.name().to_owned(), source.contract.operations().len());
        report.documents.push(Checked { name, operations: Some(operations), findings });
    }
    let contracts: Vec<Contract> = sources.iter().map(|source| source.contract.clone()).collect();
    for name in &arguments.script {
        let bytes = source::read_script(name)?;
        let findings = match Script::load(name, &bytes, &contracts) {
            Ok(script) => script.findings().to_vec(),
            Err(error) => error.findings().to_vec(),
        };
        report.texts.push((name, Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())));
        report.documents.push(Checked {
            name: name.clone(),
            operations: None,
            findings: keep(findings, arguments),
        });
    }
    let text = match arguments.format {
        Format::Text => text::write(&report, arguments.all),
        Format::Json => json::write(&report),
        Format::Sarif => sarif::write(&report),
        Format::Github => github::write(&report),
    };
    output.stdout().write_all(text.as_bytes())?;
    if report.findings().any(|finding| finding.severity >= arguments.deny.severity()) {
        exit = exit.or(Exit::Failed);
    }
    Ok(exit)
}

/// Loads the documents that can be read, and says of each other one why it cannot. One alone is an error.
fn load(names: &[String], output: &Output) -> anyhow::Result<(Vec<Source>, Exit)> {
    if names.iter().filter(|name| *name == "-").count() > 1 {
        bail!("read two documents from standard input\ngive `-` once");
    }
    match names {
        [] => Ok((source::load_all(names)?, Exit::Passed)),
        [name] => Ok((vec![source::load(name)?], Exit::Passed)),
        names => {
            let mut sources = Vec::new();
            let mut exit = Exit::Passed;
            for name in names {
                match source::load(name) {
                    Ok(source) => sources.push(source),
                    Err(error) => {
                        output.error(&error);
                        exit = Exit::Unusable;
                    }
                }
            }
            Ok((sources, exit))
        }
    }
}

/// The findings that are not allowed, graver under `--strict`.
fn keep(mut findings: Vec<Finding>, arguments: &Arguments) -> Vec<Finding> {
    findings.retain(|finding| !arguments.allow.iter().any(|code| code == finding.code));
    for finding in findings.iter_mut().filter(|_| arguments.strict) {
        if LENIENT.contains(&finding.code) {
            finding.severity = Severity::Error;
        }
    }
    findings
}

/// Refuses a misspelt code, which would allow nothing. Codes of scripts are not listed, and a script's checks are few.
fn check_codes(codes: &[String]) -> anyhow::Result<()> {
    for code in codes {
        if rules().iter().any(|rule| rule.code() == code) {
            continue;
        }
        let nearest = rules()
            .iter()
            .map(|rule| (strsim::jaro_winkler(code, rule.code()), rule.code()))
            .filter(|(likeness, _)| *likeness > 0.9)
            .max_by(|left, right| left.0.total_cmp(&right.0));
        if let Some((_, nearest)) = nearest {
            bail!("allow `{code}`: no finding has this code; did you mean `{nearest}`?");
        }
    }
    Ok(())
}
