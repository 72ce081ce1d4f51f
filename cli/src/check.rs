//! `counterfoil check`: everything wrong with documents, and with scripts for them.

mod github;
pub(crate) mod json;
mod report;
mod sarif;
mod summary;
mod text;

use std::io::Write as _;

use anyhow::bail;
use clap::{Args, ValueEnum};
use counterfoil_openapi::{Contract, Finding, Severity, rules};
use counterfoil_server::Script;

use self::report::{Checked, Report};
use crate::exit::Exit;
use crate::output::Output;
use crate::references::References;
use crate::source::{self, Source, Unreadable};

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

    /// Leave out the findings of a code; several may be given, with commas between them.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
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
const LENIENT: [&str; 6] =
    ["key-repeated", "indentation-wrong", "yaml-mended", "json-mended", "encoding-wrong", "reference-odd"];

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    check_codes(&arguments.allow)?;
    let (read, mut exit) = read(arguments, output)?;
    let mut scripts: Vec<(String, String)> = Vec::new();
    let mut report = Report { documents: Vec::new(), texts: Vec::new() };
    for read in &read {
        report.documents.push(match read {
            Ok(source) => {
                let document = source.contract.document();
                let files = std::iter::once(&**document).chain(document.parts());
                report.texts.extend(files.map(|file| (file.name(), file.text().into())));
                let (name, operations) = (document.name().to_owned(), source.contract.operations().len());
                let findings = keep(source.contract.check(), arguments);
                Checked { name, operations: Some(operations), findings }
            }
            // What says that there is no document is kept whatever is allowed.
            Err(Unreadable { finding, text }) => {
                exit = Exit::Unusable;
                report.texts.push((&finding.file, text.as_str().into()));
                Checked { name: finding.file.clone(), operations: None, findings: vec![finding.clone()] }
            }
        });
    }
    let sources = read.iter().filter_map(|read| read.as_ref().ok());
    let contracts: Vec<Contract> = sources.map(|source| source.contract.clone()).collect();
    for name in &arguments.script {
        let bytes = source::read_script(name)?;
        let files = source::files_of_script(name, &arguments.references)?;
        let (findings, included) = match Script::load_with(name, &bytes, &contracts, &files) {
            Ok(script) => (script.findings().to_vec(), script.included().to_vec()),
            Err(error) => (error.findings().to_vec(), error.included().to_vec()),
        };
        scripts.push((name.clone(), String::from_utf8_lossy(&bytes).into_owned()));
        scripts.extend(included);
        let findings = keep(findings, arguments);
        report.documents.push(Checked { name: name.clone(), operations: None, findings });
    }
    report.texts.extend(scripts.iter().map(|(name, text)| (name.as_str(), text.as_str().into())));
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

/// Reads every document named. One of several that is not there spoils none of the others.
fn read(arguments: &Arguments, output: &Output) -> anyhow::Result<(Vec<Read>, Exit)> {
    let (names, references) = (&arguments.documents, &arguments.references);
    if names.iter().filter(|name| *name == "-").count() > 1 {
        bail!("read two documents from standard input\ngive `-` once");
    }
    match names.as_slice() {
        [] => Ok((source::load_all(names, references)?.into_iter().map(Ok).collect(), Exit::Passed)),
        [name] => Ok((vec![source::try_load(name, references)?], Exit::Passed)),
        names => {
            let mut read = Vec::new();
            let mut exit = Exit::Passed;
            for name in names {
                match source::try_load(name, references) {
                    Ok(one) => read.push(one),
                    Err(error) => {
                        output.error(&error);
                        exit = Exit::Unusable;
                    }
                }
            }
            Ok((read, exit))
        }
    }
}

/// A document, or why it is none.
type Read = Result<Source, Unreadable>;

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
