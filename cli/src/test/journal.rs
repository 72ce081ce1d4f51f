//! `--replay-journal`: what a client's tests sent to the stub, sent to the implementation.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use counterfoil_conformance::Journal;

/// Flags about journals.
#[derive(Debug, Args)]
pub(crate) struct JournalOptions {
    /// Send what a stub received, as `counterfoil ctl calls --export` wrote it, instead of cases made here, and hold every
    /// reply to the document and to the kind of reply that the stub gave.
    #[arg(long, value_name = "FILE", requires = "url")]
    replay_journal: Option<PathBuf>,
}

impl JournalOptions {
    /// The journal, where one is to be sent.
    pub(super) fn open(&self) -> anyhow::Result<Option<Journal>> {
        let Some(path) = &self.replay_journal else { return Ok(None) };
        let file = File::open(path).with_context(|| format!("read the journal `{}`", path.display()))?;
        let journal = Journal::read(BufReader::new(file));
        journal.map(Some).map_err(|error| anyhow!("{error} (`{}`)", path.display()))
    }
}
