//! `counterfoil client --macro`: a document for progenitor's own macro, and the lines that use it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use anyhow::{Context, bail};
use counterfoil_client::generate::{self, LoweredDocument};
use counterfoil_openapi::Contract;

use crate::exit::Exit;
use crate::output::Output;
use crate::package;

/// What a document that was written by us says of itself.
const MARK: &str = "\"x-made-by\": \"counterfoil client --macro\"";

/// The dependencies of every such client.
const DEPENDENCIES: [&str; 4] = [
    "progenitor = \"0.15\"",
    "reqwest = { version = \"0.13\", features = [\"json\", \"query\", \"stream\"] }",
    "serde = { version = \"1\", features = [\"derive\"] }",
    "serde_json = \"1\"",
];

/// Those of documents with such types, by what the document holds.
const OPTIONAL: [(&str, &str); 4] = [
    ("\"format\": \"date", "chrono = { version = \"0.4\", features = [\"serde\"] }"),
    ("\"format\": \"uuid\"", "uuid = { version = \"1\", features = [\"serde\"] }"),
    ("\"application/x-www-form-urlencoded\"", "serde_urlencoded = \"0.7\""),
    ("\"application/octet-stream\"", "futures = \"0.3\""),
];

/// Writes the lowered document and prints the lines.
pub(super) fn run(
    contract: &Contract,
    arguments: &package::Arguments,
    output: &Output,
) -> anyhow::Result<Exit> {
    let package::Arguments { name, output: folder, force, all, .. } = arguments;
    let lowered = generate::lower(contract).map_err(|error| arguments.unmade("a document", &error))?;
    let file = format!("{}.json", name.clone().unwrap_or_else(|| generate::crate_name(contract)));
    let path = folder.join(&file);
    let marked = lowered.text.replacen('{', &format!("{{\n  {MARK},"), 1);
    match fs::read_to_string(&path) {
        Ok(text) if !*force && !text.contains(MARK) => {
            bail!("write {}: this did not write what is there\n  help: give `--force`", path.display())
        }
        _ => {}
    }
    fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    fs::write(&path, marked).with_context(|| format!("write {}", path.display()))?;
    output.stdout().write_all(as_text(&lowered, &file, *all).as_bytes())?;
    Ok(Exit::Passed)
}

fn as_text(lowered: &LoweredDocument, file: &str, all: bool) -> String {
    let mut text = package::findings(&lowered.findings, all);
    text.push_str(&super::summary(file, lowered.expressed, &lowered.findings));
    text.push('\n');
    let optional = OPTIONAL.iter().filter(|(mark, _)| lowered.text.contains(mark)).map(|(_, line)| line);
    let dependencies: Vec<&str> = DEPENDENCIES.iter().chain(optional).copied().collect();
    let _ = write!(
        text,
        "# Cargo.toml, with {file} beside it\n[dependencies]\n{}\n\n\
         // src/lib.rs\nprogenitor::generate_api!(\"{file}\");\n",
        dependencies.join("\n")
    );
    text
}
