//! `counterfoil replay`: sends failures again from their case files.

mod export;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, ValueEnum};
use counterfoil_client::transport::{Transport, TransportOptions};
use counterfoil_conformance::report::one_line;
use counterfoil_conformance::{
    CaseFile, Replay, ReplayError, Replayed, TRIES, Target, UnsafeMethods, case_files, is_loopback,
};
use counterfoil_openapi::Contract;
use serde_json::json;
use tokio::runtime::Runtime;

use self::export::ExportOptions;
use crate::exit::Exit;
use crate::output::{BAD, CAREFUL, Output, TITLE};
use crate::references::References;
use crate::source;
use crate::test::{Headers, Query, all_given};

const EXAMPLES: &str = "\
Examples:
  counterfoil test pets.yaml --url http://localhost:8080 --cases cases
  counterfoil replay cases                       all of them, to where they were found
  counterfoil replay cases/getPet.not_a_server_error.0123456789ab.case.json --url http://localhost:8081
  COUNTERFOIL_AUTH=\"Bearer $TOKEN\" counterfoil replay cases --url https://staging.example.com
  counterfoil replay cases --document pets.yaml  judged by the document as it is now
  counterfoil replay cases --document pets.yaml --export rust=tests/failures.rs

A case is sent three times. It is FIXED where it never fails, STILL FAILING where it always does, FLAKY where it does
now and then, and ERROR where that cannot be told. No secret is in a case: each names the variables that it needs, as
its curl line does (COUNTERFOIL_AUTH for `Authorization`), and --header and --query give them as well. A case reads
no other file and no other variable.

With --export nothing is sent: each case becomes a test of a Rust project, which passes once the failure is mended. What
the types of the client cannot say is sent raw, to the client's base URL and with its credentials, and the test says so.

Exit codes:
  0  all are fixed
  1  a case is still failing
  2  a case could not be read or sent, or a secret is missing
  3  the target could not be reached
  4  there is no case
  6  a case could not be judged: what it builds on went otherwise
  7  no case always fails, and one fails now and then";

/// Send failures again from their case files, and say which are fixed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Case files, or folders of them; `counterfoil test --cases` writes them.
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,

    /// The base URL to send them to [default: where each was found, where that is this machine].
    #[arg(long, value_name = "URL")]
    url: Option<String>,

    /// A header whose value cases name and do not hold; sent only by those that do. Can be given several times.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE|@FILE")]
    headers: Vec<Headers>,

    /// The same for a parameter of the query.
    #[arg(long, value_name = "NAME=VALUE|@FILE")]
    query: Vec<Query>,

    /// The same as --header for the second identity.
    #[arg(long = "other-header", value_name = "NAME: VALUE|@FILE")]
    other_headers: Vec<Headers>,

    /// The document to judge by [default: the excerpt that each case holds].
    #[arg(long, value_name = "DOCUMENT")]
    document: Option<String>,

    /// Seconds within which a complete response must be there.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,

    /// Send what may change data to a target that is not this machine.
    #[arg(long)]
    allow_unsafe: bool,

    /// How to print what came of it.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    #[command(flatten)]
    export: ExportOptions,

    #[command(flatten)]
    references: References,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "give a number of seconds".to_owned())?;
    let time = Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero());
    time.ok_or_else(|| "give a time above zero".to_owned())
}

/// One case file and what came of it.
struct Row {
    path: PathBuf,
    case: Option<CaseFile>,
    replayed: Replayed,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> anyhow::Result<Exit> {
    if let Some(url) = &arguments.url {
        Transport::new(url, TransportOptions::default()).context("use --url")?;
    }
    let source = arguments.document.as_deref().map(|name| source::load(name, &arguments.references));
    let contract = source.transpose()?.map(|source| source.contract);
    let mut paths = Vec::new();
    for path in &arguments.paths {
        paths.extend(case_files(path).with_context(|| format!("read `{}`", path.display()))?);
    }
    if let Some(exit) = arguments.export.run(&paths, contract.as_ref(), output)? {
        return Ok(exit);
    }
    let runtime = Runtime::new().context("start the runtime")?;
    let mut exit = Exit::Passed;
    let mut rows = Vec::with_capacity(paths.len());
    for path in paths {
        let row = arguments.replay(&runtime, path, contract.as_ref());
        exit = exit.or(row.exit());
        if arguments.format == Format::Text {
            output.stdout().write_all(row.as_text().as_bytes())?;
        }
        rows.push(row);
    }
    if rows.is_empty() {
        exit = Exit::NothingSelected;
    }
    let end = match arguments.format {
        Format::Text => counts(&rows),
        Format::Json => as_json(&rows)?,
    };
    output.stdout().write_all(end.as_bytes())?;
    Ok(exit)
}

impl Arguments {
    /// Sends one case; whatever is wrong with it is what came of it, so that the others are sent all the same.
    fn replay(&self, runtime: &Runtime, path: PathBuf, contract: Option<&Contract>) -> Row {
        let unusable = |reason: String| Replayed::Error(ReplayError::Unusable(reason));
        let case = match CaseFile::read(&path) {
            Ok(case) => case,
            Err(error) => return Row { path, case: None, replayed: unusable(error.to_string()) },
        };
        let replayed = match self.prepare(&case, contract) {
            Ok((replay, contract)) => runtime.block_on(replay.send(&case, &contract)),
            Err(error) => unusable(error.to_string()),
        };
        Row { path, case: Some(case), replayed }
    }

    fn prepare(&self, case: &CaseFile, contract: Option<&Contract>) -> anyhow::Result<(Replay, Contract)> {
        let url = match &self.url {
            Some(url) => url,
            // Who wrote the file does not choose where secrets go.
            None if !is_loopback(&case.target) => {
                bail!(
                    "it was found at {}, which is not this machine; say where to send it with --url",
                    case.target
                )
            }
            None => &case.target,
        };
        let methods = if self.allow_unsafe { UnsafeMethods::Everywhere } else { UnsafeMethods::ToLoopback };
        if !case.is_admitted(methods, url) {
            bail!("it may change data at {url}, which is not this machine; give --allow-unsafe if it may");
        }
        let contract = match contract {
            Some(contract) => contract.clone(),
            None => case
                .contract()
                .ok_or_else(|| anyhow!("it holds no document; name one with --document"))?
                .map_err(|error| anyhow!("its document cannot be read: {}", error.message()))?,
        };
        let mut target = Target::new(url);
        for header in all_given(&self.headers) {
            target = target.header(header.name.clone(), header.value.clone());
        }
        for parameter in all_given(&self.query) {
            target = target.query(parameter.name.clone(), parameter.value.clone());
        }
        for header in all_given(&self.other_headers) {
            target = target.other_header(header.name.clone(), header.value.clone());
        }
        let secrets: BTreeMap<String, String> = case
            .secrets()
            .into_iter()
            .filter_map(|name| std::env::var(&name).ok().map(|value| (name, value)))
            .collect();
        Ok((Replay { target, secrets, timeout: self.timeout }, contract))
    }
}

impl Row {
    fn exit(&self) -> Exit {
        match &self.replayed {
            Replayed::Fixed => Exit::Passed,
            Replayed::StillFailing { .. } => Exit::Failed,
            Replayed::Flaky { .. } => Exit::OnlyFlaky,
            Replayed::Error(ReplayError::Unreachable(_)) => Exit::Unreachable,
            Replayed::Error(ReplayError::Unusable(_)) => Exit::Unusable,
            // Whatever else there may be one day is no verdict either.
            _ => Exit::Incomplete,
        }
    }

    /// The verdict as a word, and what there is to say of it.
    fn verdict(&self) -> (&'static str, String) {
        match &self.replayed {
            Replayed::Fixed => ("FIXED", String::new()),
            Replayed::StillFailing { message } => ("STILL FAILING", message.clone()),
            Replayed::Flaky { failed, message } => {
                ("FLAKY", format!("it failed {failed} of {TRIES} times: {message}"))
            }
            Replayed::Error(error) => ("ERROR", error.to_string()),
            _ => ("ERROR", String::new()),
        }
    }

    fn as_text(&self) -> String {
        let (verdict, message) = self.verdict();
        let style = match verdict {
            "FIXED" => TITLE,
            "FLAKY" => CAREFUL,
            _ => BAD,
        };
        let mut text = match &self.case {
            Some(case) => format!(
                "{style}{verdict}{style:#}: {} in {}: {}\n",
                case.check,
                one_line(&case.label),
                one_line(&case.kind)
            ),
            None => format!("{style}{verdict}{style:#}: {}\n", one_line(&self.path.display().to_string())),
        };
        if !message.is_empty() {
            text.push_str(&format!("  {}\n", one_line(&message)));
        }
        if let Some(case) = &self.case
            && verdict != "FIXED"
        {
            text.push_str(&format!("  case  {}\n", one_line(&self.path.display().to_string())));
            for line in &case.curl {
                text.push_str(&format!("  {}\n", one_line(line)));
            }
        }
        text
    }
}

fn count(rows: &[Row], wanted: &str) -> usize {
    rows.iter().filter(|row| row.verdict().0 == wanted).count()
}

fn counts(rows: &[Row]) -> String {
    let sources: BTreeSet<&str> =
        rows.iter().filter_map(|row| row.case.as_ref().map(|case| case.document.name.as_str())).collect();
    let of = if sources.is_empty() {
        String::new()
    } else {
        format!(" of {}", one_line(&sources.into_iter().collect::<Vec<_>>().join(", ")))
    };
    format!(
        "{} cases{of}: {} fixed, {} still failing, {} flaky, {} errors\n",
        rows.len(),
        count(rows, "FIXED"),
        count(rows, "STILL FAILING"),
        count(rows, "FLAKY"),
        count(rows, "ERROR"),
    )
}

fn as_json(rows: &[Row]) -> anyhow::Result<String> {
    let file = |path: &Path| path.display().to_string();
    let cases: Vec<serde_json::Value> = rows
        .iter()
        .map(|row| {
            let (verdict, message) = row.verdict();
            let of = |part: fn(&CaseFile) -> &str| row.case.as_ref().map(part);
            json!({
                "file": file(&row.path),
                "check": of(|case| &case.check),
                "operation": of(|case| &case.operation),
                "kind": of(|case| &case.kind),
                "verdict": verdict.to_ascii_lowercase().replace(' ', "_"),
                "message": message,
            })
        })
        .collect();
    let report = json!({
        "version": 1,
        "cases": cases,
        "fixed": count(rows, "FIXED"),
        "still_failing": count(rows, "STILL FAILING"),
        "flaky": count(rows, "FLAKY"),
        "errors": count(rows, "ERROR"),
    });
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}
