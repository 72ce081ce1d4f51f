//! `counterfoil schema`: JSON Schemas for editors.

use std::io::Write as _;

use clap::{Args, ValueEnum};
use counterfoil_openapi::Contract;
use counterfoil_server::script_schema;

use crate::exit::Exit;
use crate::output::Output;
use crate::references::References;
use crate::source;

const EXAMPLES: &str = "\
Examples:
  counterfoil schema script > script.schema.json
  counterfoil schema script --for pets.yaml > pets.script.schema.json

Editors that read YAML by schemas take it from the first line of a script:
  # yaml-language-server: $schema=pets.script.schema.json";

/// Print the JSON Schema of a format, so that editors complete it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The format.
    #[arg(value_name = "FORMAT")]
    format: Format,

    /// A document whose operations, statuses and names of examples are offered; several may be given.
    #[arg(long = "for", value_name = "DOCUMENT")]
    documents: Vec<String>,

    #[command(flatten)]
    references: References,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Scripts.
    Script,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    let load = |name: &String| Ok(source::load(name, &arguments.references)?.contract);
    let contracts: Vec<Contract> = arguments.documents.iter().map(load).collect::<anyhow::Result<_>>()?;
    let schema = match arguments.format {
        Format::Script => script_schema(&contracts),
    };
    let mut stdout = output.stdout();
    serde_json::to_writer_pretty(&mut stdout, &schema)?;
    stdout.write_all(b"\n")?;
    Ok(Exit::Passed)
}
