//! All reports of one invocation, fed by one event stream.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use counterfoil_conformance::report::{
    Colour, Masked, Ndjson, Progress, SnapshotState, SnapshotUpdate, Snapshots, Tally, Terminal, to_json,
    to_junit, to_markdown,
};
use counterfoil_conformance::{Event, EventSink};

use super::options::{Arguments, ReportKind};
use crate::exit::Exit;
use crate::output::{CAREFUL, Output};

/// Snapshots named one by one; more are only counted.
const NAMED_SNAPSHOTS: usize = 20;

/// The reports, and whether they are masked.
pub(super) struct Reports {
    sinks: Masked<Sinks>,
    is_masked: bool,
}

/// The sinks behind the reports. Files are opened before the run, so that a path that cannot be written is known
/// before anything is sent.
struct Sinks {
    terminal: Terminal<Box<dyn Write>>,
    tally: Tally,
    ndjson: Vec<(PathBuf, Ndjson<BufWriter<File>>)>,
    files: Vec<(PathBuf, File, Render)>,
    snapshots: Snapshots,
    folders: Vec<PathBuf>,
    update: SnapshotUpdate,
}

/// Makes a report of what was counted.
type Render = fn(&Tally) -> String;

impl EventSink for Sinks {
    fn take(&mut self, event: &Event) {
        self.terminal.take(event);
        self.tally.take(event);
        self.ndjson.iter_mut().for_each(|(_, ndjson)| ndjson.take(event));
        if !self.folders.is_empty() {
            self.snapshots.take(event);
        }
    }
}

impl EventSink for Reports {
    fn take(&mut self, event: &Event) {
        if self.is_masked {
            self.sinks.take(event);
        } else {
            self.sinks.inner_mut().take(event);
        }
    }
}

impl Reports {
    /// Opens every report that was asked for.
    pub(super) fn open(arguments: &Arguments, output: &Output, progress: Progress) -> anyhow::Result<Self> {
        let out: Box<dyn Write> = Box::new(output.stdout());
        let mut sinks = Sinks {
            // The stream takes colours away where they are not wanted.
            terminal: Terminal::new(out, Colour::On).progress(progress),
            tally: Tally::default(),
            ndjson: Vec::new(),
            files: Vec::new(),
            snapshots: Snapshots::default(),
            folders: Vec::new(),
            update: arguments.snapshot_update(),
        };
        for report in &arguments.reports {
            let path = report.path.clone();
            let render: Render = match report.kind {
                ReportKind::Junit => to_junit,
                ReportKind::Json => to_json,
                ReportKind::Markdown => to_markdown,
                ReportKind::Ndjson => {
                    let ndjson = Ndjson::new(BufWriter::new(create(&path)?));
                    sinks.ndjson.push((path, ndjson));
                    continue;
                }
                ReportKind::Snapshot => {
                    sinks.folders.push(path);
                    continue;
                }
            };
            let file = create(&path)?;
            sinks.files.push((path, file, render));
        }
        Ok(Self { sinks: Masked::new(sinks), is_masked: arguments.mask_times })
    }

    /// The command that repeats the runs that start from now on, without its seed.
    pub(super) fn set_rerun(&mut self, command: &str) {
        let sinks = self.sinks.inner_mut();
        sinks.terminal.set_rerun(command);
        sinks.tally.set_rerun(command);
    }

    /// Writes what is written at the end. The exit code is that of the snapshots alone.
    pub(super) fn close(self, output: &Output) -> anyhow::Result<Exit> {
        let sinks = self.sinks.into_inner();
        for (path, mut file, render) in sinks.files {
            let text = render(&sinks.tally);
            file.write_all(text.as_bytes()).with_context(|| format!("write `{}`", path.display()))?;
        }
        for (path, ndjson) in sinks.ndjson {
            ndjson.finish().with_context(|| format!("write `{}`", path.display()))?;
        }
        let mut exit = Exit::Passed;
        for folder in &sinks.folders {
            exit = exit.or(store(&sinks.snapshots, folder, sinks.update, output)?);
        }
        match sinks.terminal.finish() {
            // The reader has seen enough; the other reports and the exit code are for somebody else.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(exit),
            Err(error) => Err(error).context("write to standard output"),
            Ok(_) => Ok(exit),
        }
    }
}

/// Stores the snapshots and says what came of it.
fn store(
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
        text.push_str("  `cargo insta review` shows the differences and accepts or rejects them\n");
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

/// Creates a file and the folders above it.
fn create(path: &Path) -> anyhow::Result<File> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).with_context(|| format!("make the folder `{}`", parent.display()))?;
    }
    File::create(path).with_context(|| format!("write `{}`", path.display()))
}
