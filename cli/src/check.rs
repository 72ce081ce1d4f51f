//! `counterfoil check`: everything wrong with a document, and with a script for it.

use std::borrow::Cow;
use std::io::Write as _;

use clap::{Args, ValueEnum};
use counterfoil_openapi::{Finding, Severity};
use counterfoil_server::Script;
use serde_json::{Value, json};

use crate::excerpt;
use crate::exit::Exit;
use crate::output::Output;
use crate::references::References;
use crate::source;

const EXAMPLES: &str = "\
Examples:
  counterfoil check pets.yaml
  counterfoil check pets.yaml --script pets.script.yaml
  counterfoil check pets.yaml --format json
  curl -s https://example.com/openapi.json | counterfoil check -

Exit codes:
  0  nothing is wrong
  1  there is a warning or an error
  2  the document could not be read";

/// Find everything wrong with a document: its structure, its schemas, its examples.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// An OpenAPI document (YAML or JSON), a URL, `-` for standard input, or the name of a bundled one.
    document: String,

    /// A script to check against the document.
    #[arg(long, value_name = "FILE")]
    script: Vec<String>,

    /// How to print the findings.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

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
    let document = source.contract.document();
    let mut findings = source.contract.check();
    let mut texts: Vec<(&str, Cow<'_, str>)> = std::iter::once(&**document)
        .chain(document.parts())
        .map(|file| (file.name(), file.text().into()))
        .collect();
    for name in &arguments.script {
        let bytes = source::read_script(name)?;
        findings.extend(match Script::load(name, &bytes, std::slice::from_ref(&source.contract)) {
            Ok(script) => script.findings().to_vec(),
            Err(error) => error.findings().to_vec(),
        });
        texts.push((name, String::from_utf8_lossy(&bytes).into_owned().into()));
    }
    let text = match arguments.format {
        Format::Text => excerpt::findings(&findings, &texts) + &counts(document.name(), &findings),
        Format::Json => json(&findings),
    };
    output.stdout().write_all(text.as_bytes())?;
    let is_wrong = findings.iter().any(|finding| finding.severity > Severity::Note);
    Ok(if is_wrong { Exit::Failed } else { Exit::Passed })
}

fn counts(name: &str, findings: &[Finding]) -> String {
    let count = |severity, word: &str| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        format!("{count} {word}{}", if count == 1 { "" } else { "s" })
    };
    let counts =
        [count(Severity::Error, "error"), count(Severity::Warning, "warning"), count(Severity::Note, "note")];
    format!("{name}: {}\n", counts.join(", "))
}

fn json(findings: &[Finding]) -> String {
    let findings: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "code": finding.code,
                "severity": finding.severity.to_string(),
                "file": finding.file,
                "line": finding.position.map(|position| position.line),
                "column": finding.position.map(|position| position.column),
                "pointer": finding.pointer.as_str(),
                "message": finding.message,
                "hint": finding.hint,
            })
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&json!({"version": 1, "findings": findings}))
        .expect("text and numbers are JSON");
    text.push('\n');
    text
}
