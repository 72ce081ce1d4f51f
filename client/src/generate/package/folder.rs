//! A crate in its folder: written whole or not at all, and over nothing that someone else wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{File, Package, digest};

/// What cargo leaves in a folder; it is kept.
const KEPT: [&str; 2] = ["target", "Cargo.lock"];

/// What writing a crate came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The folder is new.
    New,
    /// The folder held an older one.
    Replaced,
    /// The folder holds it already.
    Current,
}

/// Why a crate was not written.
#[derive(Debug)]
pub struct PackageError {
    what: String,
    source: Option<io::Error>,
    is_foreign: bool,
}

impl PackageError {
    fn io(what: &str, path: &Path, source: io::Error) -> Self {
        Self { what: format!("{what} {}", path.display()), source: Some(source), is_foreign: false }
    }

    /// Whether the folder holds what someone else wrote.
    pub fn is_foreign(&self) -> bool {
        self.is_foreign
    }
}

impl fmt::Display for PackageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for PackageError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// How a folder differs from a crate: the paths of files that are missing, of others' text, or no longer made.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn check(package: &Package, folder: &Path) -> Result<Vec<String>, PackageError> {
    let present = listed(folder, package.manifest)?;
    let mut differing = BTreeSet::new();
    for file in &package.files {
        let path = folder.join(file.path);
        let is_own = package.begun.contains(&file.path) && path.symlink_metadata().is_ok();
        if !is_own && fs::read(path).ok().as_deref() != Some(file.text.as_bytes()) {
            differing.insert(file.path.to_owned());
        }
    }
    let is_made = |path: &String| package.files.iter().any(|file| file.path == path);
    differing.extend(present.into_keys().filter(|path| !is_made(path) && folder.join(path).exists()));
    Ok(differing.into_iter().collect())
}

/// Writes a crate into a folder, which is made; `force` lets it stand among files that someone else wrote, and over
/// those of its own that someone changed.
///
/// # Errors
///
/// When the folder holds anything else, or cannot be written. It is as it was then.
pub fn write(package: &Package, folder: &Path, force: bool) -> Result<Written, PackageError> {
    let exists = folder.symlink_metadata().is_ok();
    // What a link leads to is what is replaced, not the link.
    let folder = if exists { folder.canonicalize() } else { Ok(folder.to_owned()) };
    let folder = folder.map_err(|error| PackageError::io("find", Path::new("the folder"), error))?;
    let is_empty = !exists || files_in(&folder)?.is_empty();
    if exists && !is_empty && check(package, &folder)?.is_empty() {
        return Ok(Written::Current);
    }
    let mut foreign = if is_empty { Vec::new() } else { foreign(&folder, package.manifest)? };
    let grows = exists && !package.begun.is_empty() && folder.join(package.manifest).exists();
    if grows {
        // What the user adds to it is no reason not to: only what would be written over is.
        let is_made = |path: &PathBuf| {
            let name = path.to_string_lossy().replace('\\', "/");
            package.files.iter().any(|file| file.path == name && !package.begun.contains(&file.path))
        };
        foreign.retain(is_made);
    }
    if !foreign.is_empty() && !force {
        let shown = foreign.iter().take(3).map(|path| format!("`{}`", path.display())).collect::<Vec<_>>();
        let more = if foreign.len() > 3 { format!(" and {} more", foreign.len() - 3) } else { String::new() };
        let what = format!(
            "write to `{}`: it holds {}{more}, which this did not write",
            folder.display(),
            shown.join(", ")
        );
        return Err(PackageError { what, source: None, is_foreign: true });
    }
    if grows {
        return update(package, &folder).map(|()| Written::Replaced);
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|error| PackageError::io("make", parent, error))?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = |word: &str| parent.join(format!(".{name}.{word}.{}", std::process::id()));
    let (new, old) = (beside("new"), beside("old"));
    let made = fill(&new, package).and_then(|()| replace(&folder, &new, &old, exists, &foreign));
    if made.is_err() {
        let _ = fs::remove_dir_all(&new);
    }
    made?;
    Ok(if exists { Written::Replaced } else { Written::New })
}

fn fill(folder: &Path, package: &Package) -> Result<(), PackageError> {
    let error = |path: &Path| {
        let path = path.to_owned();
        move |error| PackageError::io("write", &path, error)
    };
    fs::create_dir(folder).map_err(error(folder))?;
    for file in &package.files {
        let path = folder.join(file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(error(parent))?;
        }
        fs::write(&path, &file.text).map_err(error(&path))?;
    }
    Ok(())
}

/// Writes what is made again of a crate that the user goes on with, each file at once or not at all; the list of them
/// comes last.
fn update(package: &Package, folder: &Path) -> Result<(), PackageError> {
    let listed = listed(folder, package.manifest)?;
    let error = |path: &Path| {
        let path = path.to_owned();
        move |error| PackageError::io("write", &path, error)
    };
    let is_made = |file: &&File| {
        !package.begun.contains(&file.path) || folder.join(file.path).symlink_metadata().is_err()
    };
    for file in package.files.iter().filter(is_made) {
        let path = folder.join(file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(error(parent))?;
        }
        let beside = path.with_extension(format!("new.{}", std::process::id()));
        fs::write(&beside, &file.text).and_then(|()| fs::rename(&beside, &path)).map_err(error(&path))?;
    }
    let stays =
        |name: &str| Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    for (name, known) in listed.into_iter().filter(|(name, _)| stays(name)) {
        let path = folder.join(&name);
        let is_gone = package.files.iter().all(|file| file.path != name);
        if is_gone && fs::read(&path).is_ok_and(|bytes| digest(&bytes) == known) {
            fs::remove_file(&path).map_err(error(&path))?;
        }
    }
    Ok(())
}

/// Puts the new folder in the place of the old one, with what of that is kept.
fn replace(
    folder: &Path,
    new: &Path,
    old: &Path,
    exists: bool,
    foreign: &[PathBuf],
) -> Result<(), PackageError> {
    let error = |error| PackageError::io("replace", folder, error);
    if !exists {
        return fs::rename(new, folder).map_err(error);
    }
    let mut kept: Vec<PathBuf> = KEPT.iter().map(PathBuf::from).collect();
    kept.extend(foreign.iter().filter(|path| !new.join(path).exists()).cloned());
    fs::rename(folder, old).map_err(error)?;
    let moved = kept.iter().filter(|path| old.join(path).symlink_metadata().is_ok()).try_for_each(|path| {
        let target = new.join(path);
        target.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::rename(old.join(path), target)
    });
    let moved = moved.and_then(|()| fs::rename(new, folder));
    if let Err(source) = moved {
        // Back to where it was; what was moved out of it goes back with it.
        for path in &kept {
            let _ = fs::rename(new.join(path), old.join(path));
        }
        let _ = fs::rename(old, folder);
        return Err(error(source));
    }
    let _ = fs::remove_dir_all(old);
    Ok(())
}

/// The files of a folder that its manifest does not list, or lists with another digest.
fn foreign(folder: &Path, manifest: &str) -> Result<Vec<PathBuf>, PackageError> {
    let listed = listed(folder, manifest)?;
    let mut foreign = Vec::new();
    for path in files_in(folder)? {
        let name = path.to_string_lossy().replace('\\', "/");
        if name == manifest && !listed.is_empty() {
            continue;
        }
        let is_own = listed
            .get(&name)
            .is_some_and(|known| fs::read(folder.join(&path)).is_ok_and(|bytes| digest(&bytes) == *known));
        if !is_own {
            foreign.push(path);
        }
    }
    Ok(foreign)
}

/// What the manifest of a folder lists: digests by path.
fn listed(folder: &Path, manifest: &str) -> Result<BTreeMap<String, String>, PackageError> {
    let path = folder.join(manifest);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(PackageError::io("read", &path, error)),
    };
    let lines = text.lines().skip(1).filter_map(|line| line.split_once(' '));
    Ok(lines.map(|(digest, path)| (path.to_owned(), digest.to_owned())).collect())
}

/// The files below a folder, those that cargo leaves aside; links are files here.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, PackageError> {
    let mut found = Vec::new();
    let mut queue = vec![PathBuf::new()];
    while let Some(inner) = queue.pop() {
        let path = folder.join(&inner);
        let entries = fs::read_dir(&path).map_err(|error| PackageError::io("read", &path, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| PackageError::io("read", &path, error))?;
            let kind = entry.file_type().map_err(|error| PackageError::io("read", &path, error))?;
            let name = inner.join(entry.file_name());
            let is_kept = KEPT.iter().any(|kept| Path::new(kept) == name);
            if kind.is_dir() && !is_kept {
                queue.push(name);
            } else if !is_kept {
                found.push(name);
            }
        }
    }
    found.sort();
    Ok(found)
}
