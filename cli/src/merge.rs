//! `counterfoil merge`: the record of a run from those of its parts.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use counterfoil_conformance::record::{RecordWriter, merge};

use crate::artefact::Artefact;
use crate::exit::Exit;
use crate::output::Output;
use crate::report::open;

const HELP: &str = "\
Examples:
  counterfoil test pets.yaml --url $URL --shard 1/2 --record shard1.ndjson.zst     in one job
  counterfoil test pets.yaml --url $URL --shard 2/2 --record shard2.ndjson.zst     in another
  counterfoil merge shard*.ndjson.zst --output run.ndjson.zst
  counterfoil report run.ndjson.zst --format html --output report.html

Exit codes:
  0  merged, whatever the run found
  2  a record cannot be read, or the records are not the parts of one run
  6  a part is missing or cut short; what is there is merged";

/// Merge the records of the parts of a run, made with `test --shard I/N --record FILE`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The records, in any order.
    #[arg(value_name = "RUN", required = true)]
    records: Vec<PathBuf>,

    /// The record to write.
    #[arg(long, short, value_name = "RUN")]
    output: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    let mut records = Vec::new();
    for path in &arguments.records {
        let name = path.display().to_string();
        let record = open(path).with_context(|| format!("read `{name}`"))?;
        records.push((name, record));
    }
    let mut writer = RecordWriter::new(Artefact::create(&arguments.output)?);
    let merged = match merge(records, &mut writer) {
        Ok(merged) => merged,
        Err(error) => {
            writer.discard().discard();
            return Err(anyhow!("merge the records: {error}"));
        }
    };
    writer.finish().context("write the merged record")?.finish()?;
    let mut exit = Exit::Passed;
    for lacking in &merged.lacking {
        output.warn(&format!("{lacking}; the merged run is incomplete"));
        exit = Exit::Incomplete;
    }
    Ok(exit)
}
