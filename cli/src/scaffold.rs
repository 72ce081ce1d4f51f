//! `counterfoil scaffold`: the beginning of a server for a document, as a crate.

use std::fmt::Write as _;

use clap::Args;
use counterfoil_client::generate;
use counterfoil_conformance::report::one_line;
use serde_json::{Map, json};

use crate::exit::Exit;
use crate::output::Output;
use crate::package::{self, Told};

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
are operations that dropshot cannot serve, which are left out; notes are what it cannot document, or is yours.

Exit codes:
  0  the crate is written; with `--check`, it is current
  1  with `--check`, it is not current
  2  the document could not be read, or the folder not be written";

/// Write the beginning of a server for any document: a dropshot API trait, types, and a stub that answers examples.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    package: package::Arguments,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    let package = &arguments.package;
    let source = package.source()?;
    let scaffold = generate::scaffold(&source.contract, package.name.as_deref())
        .map_err(|error| package.unmade("a server", &error))?;
    let mut text = String::new();
    for label in &scaffold.left_out {
        let _ = writeln!(text, "left out: {}", one_line(label));
    }
    let claimed = scaffold.claimed.len();
    let all = claimed + scaffold.left_out.len();
    let _ = writeln!(text, "{}: serves {claimed} of {all} operations", scaffold.package.name);
    let mut members = Map::new();
    members.insert("claimed".to_owned(), json!(scaffold.claimed));
    members.insert("left_out".to_owned(), json!(scaffold.left_out));
    package.store(Told { package: &scaffold.package, findings: &scaffold.findings, text, members }, output)
}
