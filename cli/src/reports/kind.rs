//! The kinds of reports and where they go.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;

/// A report to write and where; standard output where there is no path.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) kind: ReportKind,
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportKind {
    /// For people: failures, a table of operations, warnings, counts
    Terminal,
    /// JUnit XML, which every CI server reads
    Junit,
    /// Counts, failures and warnings, for programs
    Json,
    /// Every event, one a line
    Ndjson,
    /// For the step summary of a CI server
    Markdown,
    /// One page for a browser, which asks for nothing and runs nothing
    Html,
    /// For code scanning: failures at their place in the document (SARIF 2.1.0)
    Sarif,
    /// Every exchange (HTTP Archive 1.2)
    Har,
    /// The Common Test Report Format
    Ctrf,
    /// Annotations of a GitHub workflow, ten at most
    Github,
    /// The shape of what was answered, in files of a folder
    Snapshot,
}

impl FromStr for Report {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let kinds = "junit, json, ndjson, markdown, html, sarif, har, ctrf, github or snapshot";
        if text == "github" {
            // The workflow reads them from standard output.
            return Ok(Self { kind: ReportKind::Github, path: None });
        }
        let (kind, path) = text.split_once('=').ok_or(format!("write KIND=PATH; kinds are {kinds}"))?;
        let kind = ReportKind::from_str(kind, false)
            .ok()
            .filter(|kind| *kind != ReportKind::Terminal)
            .ok_or_else(|| format!("there is no report `{kind}`; there are {kinds}"))?;
        if path.is_empty() {
            return Err("there is no path after `=`".to_owned());
        }
        Ok(Self { kind, path: Some(path.into()) })
    }
}
