//! Snapshots that wait for somebody to accept or reject them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::drift::{Drift, DriftClass, drift, drift_class};
use super::store::contents_of;

/// The largest snapshot read, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// How the names of accepted and of pending snapshots end.
const ACCEPTED: &str = ".snap";
const PENDING: &str = ".snap.new";

/// A snapshot that differs from the accepted one, or of which none was accepted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingSnapshot {
    /// The file's name without its ending.
    pub name: String,
    /// What it is a picture of, as its front matter says.
    pub description: String,
    /// What changed; empty where none was accepted yet.
    pub drift: Vec<Drift>,
    /// How much that may hurt.
    pub class: DriftClass,
    /// The picture.
    pub contents: String,
    /// Whether there is an accepted one.
    pub has_accepted: bool,
    folder: PathBuf,
}

impl PendingSnapshot {
    /// The pending snapshots of a folder, by name.
    ///
    /// # Errors
    ///
    /// When the folder or a file in it cannot be read, or is too large to be a snapshot.
    pub fn all(folder: &Path) -> io::Result<Vec<Self>> {
        let (mut pending, mut accepted) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|_| entry.file_type().is_ok_and(|kind| kind.is_file()))
            else {
                continue;
            };
            if let Some(name) = name.strip_suffix(PENDING) {
                pending.push(name.to_owned());
            } else if let Some(name) = name.strip_suffix(ACCEPTED) {
                accepted.push(name.to_owned());
            }
        }
        pending.sort();
        pending.into_iter().map(|name| Self::read(folder, name, &accepted)).collect()
    }

    fn read(folder: &Path, name: String, accepted: &[String]) -> io::Result<Self> {
        let text = read(&folder.join(format!("{name}{PENDING}")))?;
        let contents = contents_of(&text).to_owned();
        let description = description(&text).unwrap_or_else(|| name.clone());
        let has_accepted = accepted.contains(&name);
        let (drift, class) = if has_accepted {
            let before = read(&folder.join(format!("{name}{ACCEPTED}")))?;
            let drift = drift(contents_of(&before), &contents);
            let class = drift_class(&drift).unwrap_or(DriftClass::Additive);
            (drift, class)
        } else {
            // `document__operation.` is what the answers of one operation have in common.
            let of_operation = |name: &str| {
                name.rsplit_once('.')
                    .and_then(|(rest, _)| rest.rsplit_once('.'))
                    .map(|(own, _)| own.to_owned())
            };
            let own = of_operation(&name);
            let is_known = own.is_some() && accepted.iter().any(|other| of_operation(other) == own);
            (Vec::new(), if is_known { DriftClass::Risky } else { DriftClass::Additive })
        };
        Ok(Self { name, description, drift, class, contents, has_accepted, folder: folder.to_owned() })
    }

    /// Takes it for the accepted one from now on.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub fn accept(&self) -> io::Result<()> {
        fs::rename(self.path(PENDING), self.path(ACCEPTED))
    }

    /// Takes it away; the accepted one stays.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub fn reject(&self) -> io::Result<()> {
        fs::remove_file(self.path(PENDING))
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}{ending}", self.name))
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("{}: larger than {MAX_BYTES} bytes", path.display())));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The description in the front matter, which we write as a JSON string.
fn description(text: &str) -> Option<String> {
    let line = text
        .lines()
        .skip(1)
        .take_while(|line| *line != "---")
        .find_map(|line| line.strip_prefix("description: "))?;
    serde_json::from_str(line).ok()
}
