//! What `check` finds in every document of the corpus, as a table.
//!
//! The table is a snapshot: a rule that finds more or less than it did shows there. Where nothing is optimised only the
//! smaller documents are checked, and their rows looked for in the snapshot; `COUNTERFOIL_CORPUS_CASES`, as for the
//! messages of the corpus, has all of them checked.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::path::Path;

use counterfoil_openapi::{Contract, Finding, Folder, Severity};

use crate::corpus::{CORPUS, documents};

const SNAPSHOT: &str = include_str!("snapshots/it__checked__findings_of_the_corpus.snap");

/// The largest document that is checked where nothing is optimised, in bytes.
const QUICK_BYTES: u64 = 128 * 1024;

/// One row of the table: what the document is, and how much is found in it.
fn row(path: &Path, contract: &Contract, findings: &[Finding]) -> String {
    let name = path.strip_prefix(CORPUS).unwrap_or(path).display().to_string();
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    format!(
        "{name:<50}  {:>7}  {:>10}  {:>6}  {:>8}  {:>5}",
        contract.document().version().to_string(),
        contract.operations().len(),
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Note),
    )
}

fn load(path: &Path) -> Contract {
    let bytes = std::fs::read(path).expect("a file of the corpus");
    let folder = path.parent().expect("a file is in a folder");
    let files = Folder::new(folder, Path::new(CORPUS)).expect("the folder is there");
    Contract::load_with(path.display().to_string(), &bytes, &files).expect("a document")
}

#[test]
fn findings_of_the_corpus() {
    let is_thorough = env::var_os("COUNTERFOIL_CORPUS_CASES").is_some();
    let mut paths = documents();
    if paths.is_empty() {
        return;
    }
    paths.push(Path::new(CORPUS).join("3.0/multifile-petstore/spec/openapi.yaml"));
    let is_small = |path: &Path| path.metadata().is_ok_and(|file| file.len() <= QUICK_BYTES);
    paths.retain(|path| is_thorough || is_small(path));
    let mut rows = Vec::new();
    // Severity and code, then findings and documents.
    let mut codes: BTreeMap<(std::cmp::Reverse<Severity>, &str), (usize, usize)> = BTreeMap::new();
    for path in &paths {
        let contract = load(path);
        let findings = contract.check();
        rows.push(row(path, &contract, &findings));
        let mut here: BTreeMap<_, usize> = BTreeMap::new();
        for finding in &findings {
            *here.entry((std::cmp::Reverse(finding.severity), finding.code)).or_default() += 1;
        }
        for (key, count) in here {
            let sum = codes.entry(key).or_default();
            *sum = (sum.0 + count, sum.1 + 1);
        }
    }
    if !is_thorough {
        let missing: Vec<&String> = rows.iter().filter(|row| !SNAPSHOT.contains(row.as_str())).collect();
        assert!(missing.is_empty(), "{} rows are not in the snapshot: {missing:#?}", missing.len());
        return;
    }
    let mut table = format!(
        "{:<50}  {:>7}  {:>10}  {:>6}  {:>8}  {:>5}\n",
        "document", "edition", "operations", "errors", "warnings", "notes"
    );
    for row in &rows {
        let _ = writeln!(table, "{row}");
    }
    let _ = writeln!(table, "\n{:<8}  {:<28}  {:>8}  {:>9}", "severity", "code", "findings", "documents");
    for ((severity, code), (findings, documents)) in &codes {
        let _ = writeln!(table, "{:<8}  {code:<28}  {findings:>8}  {documents:>9}", severity.0.to_string());
    }
    insta::assert_snapshot!(table);
}
