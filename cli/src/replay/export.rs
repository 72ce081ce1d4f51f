//! `counterfoil replay --export`: failures as tests of a Rust project.

use std::io::Write as _;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use clap::Args;
use counterfoil_client::generate::is_crate_name;
use counterfoil_conformance::{CaseFile, to_rust};
use counterfoil_openapi::Contract;

use crate::artefact::Artefact;
use crate::exit::Exit;
use crate::output::Output;

/// Flags about tests to write.
#[derive(Debug, Args)]
pub(super) struct ExportOptions {
    /// Send nothing, and write the failures as tests: `rust=FILE` is a `#[tokio::test]` each, on the client that
    /// `counterfoil client` writes of --document.
    #[arg(long, value_name = "KIND=FILE", requires = "document")]
    export: Option<Export>,

    /// The name of the client's crate in those tests [default: as `counterfoil client` names it].
    #[arg(long, value_name = "NAME", requires = "export", value_parser = crate_name)]
    client: Option<String>,
}

#[derive(Debug, Clone)]
struct Export {
    path: PathBuf,
}

impl FromStr for Export {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("rust", path)) if !path.is_empty() => Ok(Self { path: path.into() }),
            _ => Err("write `rust=FILE`".to_owned()),
        }
    }
}

fn crate_name(name: &str) -> Result<String, String> {
    match is_crate_name(name) {
        true => Ok(name.to_owned()),
        false => Err("this is not the name of a crate".to_owned()),
    }
}

impl ExportOptions {
    /// Writes the tests, where that is asked for.
    pub(super) fn run(
        &self,
        paths: &[PathBuf],
        contract: Option<&Contract>,
        output: &Output,
    ) -> anyhow::Result<Option<Exit>> {
        let (Some(Export { path }), Some(contract)) = (&self.export, contract) else { return Ok(None) };
        let mut cases = Vec::with_capacity(paths.len());
        for path in paths {
            cases.push(CaseFile::read(path)?);
        }
        if cases.is_empty() {
            return Ok(Some(Exit::NothingSelected));
        }
        if let Some(case) = cases.iter().find(|case| contract.operation(&case.operation).is_none()) {
            bail!("use --document: it has no operation `{}`", case.operation);
        }
        let exported = to_rust(contract, self.client.as_deref(), &cases)?;
        let mut file = Artefact::create(path)?;
        file.write_all(exported.text.as_bytes()).with_context(|| format!("write `{}`", path.display()))?;
        file.finish()?;
        let mut text = format!(
            "tests in {}: {} calls of the client, {} sent raw, {} left out\n",
            path.display(),
            exported.typed,
            exported.raw,
            exported.left_out.len()
        );
        for line in &exported.left_out {
            text.push_str(&format!("  {line}: it takes the document to judge; replay the case\n"));
        }
        output.stdout().write_all(text.as_bytes())?;
        Ok(Some(Exit::Passed))
    }
}
