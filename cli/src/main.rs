//! The `counterfoil` command: reads flags, calls the libraries, ends with an exit code.

mod artefact;
mod check;
mod client;
mod ctl;
mod excerpt;
mod exit;
mod explain;
mod merge;
mod mock;
mod output;
mod package;
mod references;
mod replay;
mod report;
mod reports;
mod scaffold;
mod schema;
mod signal;
mod snapshot;
mod source;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::Exit;
use output::{ColourChoice, Output};

/// A request to the stub is a few dozen small allocations; `script/bench` shows what another allocator costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One OpenAPI document: a stub that can be scripted, typed clients, and property tests for any implementation.
///
/// Commands that take documents know two by name, `tyk` and `arcgis`; without any they take both.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// Whether to colour the output; NO_COLOR and CLICOLOR_FORCE are heeded.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 100)]
    color: ColourChoice,
}

const EXAMPLES: &str = "\
Examples:
  counterfoil mock                              serve both bundled documents on port 4010
  counterfoil mock pets.yaml --script pets.script.yaml
  counterfoil test pets.yaml --url http://localhost:8080
  counterfoil replay cases                      send the failures it found again
  counterfoil report run.ndjson.zst --format junit
  counterfoil check pets.yaml
  counterfoil client pets.yaml --output pets-client
  counterfoil scaffold pets.yaml --output pets-server
  counterfoil ctl reply getPet 404              steer a stub that runs
  counterfoil explain negative_data_rejection";

#[derive(Debug, Subcommand)]
enum Command {
    Mock(Box<mock::Arguments>),
    Test(Box<test::Arguments>),
    Replay(Box<replay::Arguments>),
    Snapshot(snapshot::Arguments),
    Report(report::Arguments),
    Merge(merge::Arguments),
    Check(check::Arguments),
    Client(client::Arguments),
    Scaffold(scaffold::Arguments),
    Ctl(Box<ctl::Arguments>),
    Explain(explain::Arguments),
    Schema(schema::Arguments),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error),
    };
    let output = Output::new(cli.color);
    let result = match cli.command {
        Command::Mock(arguments) => mock::run(&arguments, &output),
        Command::Test(arguments) => test::run(&arguments, &output),
        Command::Replay(arguments) => replay::run(&arguments, &output),
        Command::Snapshot(arguments) => snapshot::run(&arguments, &output),
        Command::Report(arguments) => report::run(&arguments, &output),
        Command::Merge(arguments) => merge::run(&arguments, &output),
        Command::Check(arguments) => check::run(&arguments, &output),
        Command::Client(arguments) => client::run(&arguments, &output),
        Command::Scaffold(arguments) => scaffold::run(&arguments, &output),
        Command::Ctl(arguments) => ctl::run(&arguments, &output),
        Command::Explain(arguments) => explain::run(&arguments, &output),
        Command::Schema(arguments) => schema::run(&arguments, &output),
    };
    let exit = result.unwrap_or_else(|error| {
        if output::is_broken_pipe(&error) {
            // Whoever read us has had enough; that is no error of ours.
            return Exit::Passed;
        }
        output.error(&error);
        Exit::Unusable
    });
    exit.into()
}
