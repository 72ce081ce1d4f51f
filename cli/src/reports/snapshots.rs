//! Snapshots: what to write of them, and what came of it.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use counterfoil_conformance::report::{SnapshotState, SnapshotUpdate, Snapshots};

use crate::exit::Exit;
use crate::output::{CAREFUL, Output};

/// Snapshots named one by one; more are only counted.
const NAMED_SNAPSHOTS: usize = 20;

/// What to do with snapshots that are not the accepted ones.
#[derive(Debug, Args)]
pub(crate) struct SnapshotOptions {
    /// What to write where a snapshot is not the accepted one. `auto` is `no` where the environment variable CI is
    /// set, else `new`.
    #[arg(long, value_name = "WHEN", env = "INSTA_UPDATE", hide_env_values = true, default_value = "auto")]
    snapshot_update: SnapshotUpdateName,
}

/// The words of `INSTA_UPDATE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SnapshotUpdateName {
    Auto,
    New,
    Always,
    Force,
    Unseen,
    No,
}

impl SnapshotOptions {
    /// What to do with snapshots that are not the accepted ones.
    pub(crate) fn update(&self) -> SnapshotUpdate {
        match self.snapshot_update {
            SnapshotUpdateName::Auto if std::env::var_os("CI").is_some_and(|ci| ci != "false") => {
                SnapshotUpdate::CheckOnly
            }
            SnapshotUpdateName::Auto | SnapshotUpdateName::New => SnapshotUpdate::Review,
            SnapshotUpdateName::Always | SnapshotUpdateName::Force => SnapshotUpdate::Accept,
            SnapshotUpdateName::Unseen => SnapshotUpdate::AcceptUnseen,
            SnapshotUpdateName::No => SnapshotUpdate::CheckOnly,
        }
    }
}

/// Stores the snapshots and says what came of it.
pub(super) fn store(
    snapshots: &Snapshots,
    folder: &Path,
    update: SnapshotUpdate,
    output: &Output,
) -> anyhow::Result<Exit> {
    let stored = snapshots
        .store(folder, update)
        .with_context(|| format!("store snapshots in `{}`", folder.display()))?;
    let count = |state| stored.count(state);
    let (changed, unseen) = (count(SnapshotState::Changed), count(SnapshotState::Unseen));
    let mut text = format!(
        "snapshots in {}: {} as accepted, {changed} changed, {unseen} new\n",
        folder.display(),
        count(SnapshotState::Same),
    );
    let news = stored.results.iter().filter(|result| result.state != SnapshotState::Same);
    for result in news.take(NAMED_SNAPSHOTS) {
        let word = if result.state == SnapshotState::Changed { "changed" } else { "new" };
        text.push_str(&format!(
            "  {CAREFUL}{word}{CAREFUL:#}: {} ({}.snap)\n",
            result.description, result.name
        ));
    }
    for name in stored.not_seen.iter().take(NAMED_SNAPSHOTS) {
        text.push_str(&format!("  not answered this time: {name}.snap\n"));
    }
    let pending = match update {
        SnapshotUpdate::Review => changed + unseen,
        SnapshotUpdate::AcceptUnseen => changed,
        SnapshotUpdate::Accept | SnapshotUpdate::CheckOnly => 0,
    };
    if pending > 0 {
        text.push_str(&format!(
            "  `counterfoil snapshot review {}` shows the differences and accepts or rejects them; in a Cargo \
             package `cargo insta review` does as well\n",
            folder.display()
        ));
    }
    let written = output.stdout().write_all(text.as_bytes());
    if let Err(error) = written.as_ref()
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        written.context("write to standard output")?;
    }
    // As with insta, a snapshot that nobody accepted yet fails only where nobody could be asked to accept it.
    let is_bad = match update {
        SnapshotUpdate::Accept => false,
        SnapshotUpdate::CheckOnly => changed + unseen > 0,
        SnapshotUpdate::Review | SnapshotUpdate::AcceptUnseen => changed > 0,
    };
    Ok(if is_bad { Exit::Failed } else { Exit::Passed })
}
