//! `counterfoil test --self-check`: whether the suite finds what is broken on purpose.
//!
//! 1. A sample of operations is drawn by the seed, and every [mutation](counterfoil_server::Mutation) is asked whether
//!    it can show on them ([`plan`]).
//! 2. The faithful stub is tested as every mutant is going to be: there must be no failure.
//! 3. Each mutant is one stub with one mutation of one operation; the suite has found it once the check named for it
//!    fails ([`trial`]). Several are tried at once.
//! 4. What came of it is a score ([`score`]).

mod crew;
mod identity;
mod options;
mod plan;
mod report;
mod score;
mod trial;

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use counterfoil_conformance::Settings;

pub(crate) use options::SelfCheckOptions;
use options::Wanted;

use super::Arguments;
use crate::exit::Exit;
use crate::output::Output;
use crate::source::{self, Source};
use trial::Bench;

/// Checks every document, and says how many mutants were found.
pub(super) fn run(
    arguments: &Arguments,
    wanted: &Wanted,
    sources: &[Source],
    settings: &Settings,
    output: &Output,
) -> anyhow::Result<Exit> {
    let mut exit = Exit::Passed;
    let mut scores = Vec::new();
    for source in sources {
        let scripts =
            source::scripts(&arguments.script, std::slice::from_ref(source), &arguments.references)?;
        let fixed =
            settings.fixed.of(&source.contract).map_err(|error| anyhow!("use the settings: {error}"))?;
        let bench = Arc::new(Bench {
            contract: source.contract.clone(),
            scripts,
            settings: Settings { fixed, ..wanted.settings(settings) },
        });
        let score = crew::work(&bench, wanted)?;
        exit = exit.or(score.exit());
        report::write(&score, &mut output.stdout()).context("write to standard output")?;
        let is_stopped = score.is_stopped;
        scores.push(score);
        if is_stopped {
            break;
        }
    }
    if let Some(path) = &wanted.json {
        let text = serde_json::to_string_pretty(&scores).context("write the scores as JSON")?;
        std::fs::write(path, text + "\n").with_context(|| format!("write `{}`", path.display()))?;
    }
    Ok(exit)
}
