//! Snapshots and the accepted ones in a folder.

use std::fs;
use std::io;
use std::path::Path;

use super::picture::{Snapshot, Snapshots};

/// What is written when a snapshot is not the accepted one; as insta's `INSTA_UPDATE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotUpdate {
    /// A pending `.snap.new` for review (`new`; `auto` outside CI).
    Review,
    /// The accepted `.snap` itself (`always`).
    Accept,
    /// The accepted `.snap` where there was none, a pending one where it differs (`unseen`).
    AcceptUnseen,
    /// Nothing (`no`; `auto` in CI).
    CheckOnly,
}

/// What storing the snapshots of a run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredSnapshots {
    /// Of each snapshot, in its order.
    pub results: Vec<SnapshotResult>,
    /// Accepted snapshots of the documents of this run whose answers did not come this time, sorted.
    pub not_seen: Vec<String>,
}

/// How one snapshot compares to the accepted one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotResult {
    /// The file's name without its extension.
    pub name: String,
    /// What it is a picture of.
    pub description: String,
    /// How it compares.
    pub state: SnapshotState,
}

/// How a snapshot compares to the accepted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotState {
    /// It is the same.
    Same,
    /// It differs.
    Changed,
    /// None was accepted before.
    Unseen,
}

impl StoredSnapshots {
    /// How many snapshots are in a state.
    pub fn count(&self, state: SnapshotState) -> usize {
        self.results.iter().filter(|result| result.state == state).count()
    }
}

impl Snapshots {
    /// Compares every snapshot with the accepted one in `folder`, which is made where it is missing, and writes what
    /// `update` says. A pending file of a snapshot that is as accepted is removed.
    ///
    /// Only the contents are compared, without trailing line feeds; the front matter is not.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read or written.
    pub fn store(&self, folder: &Path, update: SnapshotUpdate) -> io::Result<StoredSnapshots> {
        if update != SnapshotUpdate::CheckOnly {
            fs::create_dir_all(folder)?;
        }
        let snapshots = self.to_snapshots();
        let mut results = Vec::with_capacity(snapshots.len());
        for snapshot in &snapshots {
            let state = store_one(folder, snapshot, update)?;
            let (name, description) = (snapshot.name.clone(), snapshot.description.clone());
            results.push(SnapshotResult { name, description, state });
        }
        let mut not_seen = accepted_names(folder)?;
        not_seen.retain(|name| {
            self.prefixes().iter().any(|prefix| name.starts_with(prefix))
                && !snapshots.iter().any(|snapshot| snapshot.name == *name)
        });
        not_seen.sort();
        Ok(StoredSnapshots { results, not_seen })
    }
}

fn store_one(folder: &Path, snapshot: &Snapshot, update: SnapshotUpdate) -> io::Result<SnapshotState> {
    let accepted = folder.join(format!("{}.snap", snapshot.name));
    let pending = folder.join(format!("{}.snap.new", snapshot.name));
    let state = match fs::read_to_string(&accepted) {
        Ok(text) if normalised(contents_of(&text)) == normalised(&snapshot.contents) => SnapshotState::Same,
        Ok(_) => SnapshotState::Changed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => SnapshotState::Unseen,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => SnapshotState::Changed,
        Err(error) => return Err(error),
    };
    match (update, state) {
        (SnapshotUpdate::CheckOnly, _) => {}
        (_, SnapshotState::Same) => remove(&pending)?,
        (SnapshotUpdate::Accept, _) | (SnapshotUpdate::AcceptUnseen, SnapshotState::Unseen) => {
            write(&accepted, &snapshot.to_file_text())?;
            remove(&pending)?;
        }
        (SnapshotUpdate::Review | SnapshotUpdate::AcceptUnseen, _) => {
            write(&pending, &snapshot.to_file_text())?;
        }
    }
    Ok(state)
}

/// What stands after the front matter.
pub(super) fn contents_of(text: &str) -> &str {
    let text = text.strip_prefix("---").map(|rest| rest.trim_start_matches('\r'));
    let Some(rest) = text.and_then(|rest| rest.strip_prefix('\n')) else { return "" };
    let mut offset = 0;
    for line in rest.split_inclusive('\n') {
        offset += line.len();
        if line.trim_end() == "---" {
            return &rest[offset..];
        }
    }
    ""
}

fn normalised(contents: &str) -> String {
    contents.replace("\r\n", "\n").trim_end().to_owned()
}

/// Writes beside the file and renames, so that nobody ever sees half a snapshot.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, path)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn accepted_names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        if let Some(name) = name.to_str().and_then(|name| name.strip_suffix(".snap")) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}
