//! `counterfoil report`: any report of a run that was recorded.

use std::io::{BufRead, BufReader, stdin};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use counterfoil_conformance::EventSink as _;
use counterfoil_conformance::record::RecordReader;

use crate::exit::Exit;
use crate::output::Output;
use crate::reports::{Report, ReportKind, Reports, SnapshotOptions};

const HELP: &str = "\
Examples:
  counterfoil test pets.yaml --url http://localhost:8080 --record run.ndjson.zst
  counterfoil report run.ndjson.zst --format terminal
  counterfoil report run.ndjson.zst --format junit --output junit.xml
  counterfoil report run.ndjson.zst.partial --format json       of a run that was killed, up to there

What is written is what the run itself would have written.

Exit codes:
  0  the report was written, whatever it says
  1  a snapshot is not the accepted one
  2  the record cannot be read, or a later version wrote it
  6  the record is cut short; the report is of what comes before";

/// Make a report of a run that was recorded with `test --record`, or merged.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// A record, or events as `--report ndjson=FILE` writes them; `-` for standard input.
    #[arg(value_name = "RUN")]
    record: PathBuf,

    /// The kind of report.
    #[arg(long, value_name = "KIND")]
    format: ReportKind,

    /// The file to write, the folder for snapshots; standard output where it is left out.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Hide what differs between two equal runs: times, the target's address, dates.
    #[arg(long)]
    mask_times: bool,

    #[command(flatten)]
    snapshots: SnapshotOptions,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    if arguments.format == ReportKind::Snapshot && arguments.output.is_none() {
        bail!("use --format snapshot: name the folder with --output");
    }
    let report = Report { kind: arguments.format, path: arguments.output.clone() };
    let name = arguments.record.display().to_string();
    let mut reader = open(&arguments.record)
        .and_then(|input| Ok(RecordReader::new(input)?))
        .with_context(|| reading(&name))?;
    // Nothing is written where nothing can be read.
    let mut next = match reader.next_event() {
        Err(error) if !error.is_truncated() => return Err(error).with_context(|| reading(&name)),
        next => next,
    };
    let mut reports =
        Reports::new(arguments.mask_times, arguments.snapshots.update()).and(&report, output)?;
    let exit = loop {
        match next {
            Ok(Some(event)) => reports.take(&event),
            Ok(None) => break Exit::Passed,
            Err(error) if error.is_truncated() => {
                output.warn(&format!("`{name}`: {error}; the report is of what comes before"));
                break Exit::Incomplete;
            }
            Err(error) => return Err(error).with_context(|| reading(&name)),
        }
        next = reader.next_event();
    };
    Ok(exit.or(reports.close(output)?))
}

/// Opens a record.
pub(crate) fn open(path: &std::path::Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(stdin().lock()));
    }
    Ok(Box::new(BufReader::new(std::fs::File::open(path)?)))
}

fn reading(name: &str) -> String {
    format!("read `{name}`")
}
