//! `counterfoil client`: a typed client of a document, as a crate.

mod lines;

use clap::Args;
use counterfoil_client::generate::{self, Expressed};
use counterfoil_openapi::{Finding, Severity};
use serde_json::{Map, json};

use crate::exit::Exit;
use crate::output::Output;
use crate::package::{self, Told};

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
    /// Write no crate, but `NAME.json`, a document that progenitor's macro `generate_api!` takes, and print the lines
    /// that use it. It says less than a crate does: what is lost is told.
    #[arg(long = "macro", conflicts_with_all = ["check", "format"])]
    is_for_macro: bool,

    #[command(flatten)]
    package: package::Arguments,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    let Arguments { package, is_for_macro } = arguments;
    let source = package.source()?;
    if *is_for_macro {
        return lines::run(&source.contract, package, output);
    }
    let generated = generate::generate(&source.contract, package.name.as_deref())
        .map_err(|error| package.unmade("a client", &error))?;
    let expressed = generated.expressed;
    let mut members = Map::new();
    members.insert("operations".to_owned(), json!(expressed.operations));
    members.insert("methods".to_owned(), json!(expressed.methods));
    members.insert("parts".to_owned(), json!(expressed.parts));
    let told = Told {
        package: &generated.package,
        findings: &generated.findings,
        text: summary(&generated.package.name, expressed, &generated.findings),
        members,
    };
    package.store(told, output)
}

/// How much of a document is expressed.
fn summary(name: &str, expressed: Expressed, findings: &[Finding]) -> String {
    let wider = findings.iter().filter(|finding| finding.severity == Severity::Warning).count();
    let Expressed { operations, methods, parts, .. } = expressed;
    format!(
        "{name}: {methods} of {operations} operations, {wider} of {parts} parameters and bodies of wider types\n"
    )
}
