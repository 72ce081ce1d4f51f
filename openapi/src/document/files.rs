//! The files that a document refers to; the one place where this crate reads any.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::MAX_BYTES;
use super::address::is_url;

/// Where the files come from that a document refers to.
pub trait Files {
    /// The bytes of a file.
    ///
    /// * `path` is relative to the document's folder, with `/` between its parts; or it is absolute as the document
    ///   has it; or it is an `http` or `https` URL.
    /// * Whoever implements this decides what may be read: the path is what a stranger's document says.
    ///
    /// # Errors
    ///
    /// Why the file cannot be had.
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;
}

/// Why a file that a document refers to cannot be had: a fragment, and what to do where that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    message: String,
    is_refused: bool,
    hint: Option<String>,
}

impl FileError {
    /// A file that may be read and cannot.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_refused: false, hint: None }
    }

    /// A file that may not be read, and was not looked for.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { is_refused: true, ..Self::new(message) }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether the file was not looked for, since it may not be read.
    pub fn is_refused(&self) -> bool {
        self.is_refused
    }

    pub(super) fn into_hint(self) -> Option<String> {
        self.hint
    }
}

impl From<String> for FileError {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for FileError {}

/// No files: every reference out of the document stays unresolved.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::refused("this document was loaded without its folder"))
    }
}

/// The files below one folder, and no others: neither `..` nor a symbolic link leads out of it, nor one that is put
/// there while a file is looked for.
#[derive(Debug, Clone)]
pub struct Folder {
    base: PathBuf,
    roots: Vec<PathBuf>,
}

impl Folder {
    /// The files below `root`, for a document that stands in the folder `base`.
    ///
    /// # Errors
    ///
    /// When `root` is not there.
    pub fn new(base: impl Into<PathBuf>, root: &Path) -> std::io::Result<Self> {
        Ok(Self { base: base.into(), roots: vec![root.canonicalize()?] })
    }

    /// Lets references lead below another folder too.
    ///
    /// # Errors
    ///
    /// When `root` is not there.
    pub fn and(mut self, root: &Path) -> std::io::Result<Self> {
        self.roots.push(root.canonicalize()?);
        Ok(self)
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        if is_url(path) {
            return Err(FileError::refused(format!("`{path}` is on another host, and nothing is fetched")));
        }
        let wanted = self.base.join(path);
        // Where there is no such file, it is as far as there is any that decides: what is outside stays untold.
        let found = wanted.canonicalize();
        let real = wanted.ancestors().find_map(|part| part.canonicalize().ok()).unwrap_or_default();
        let Some(root) = self.roots.iter().find(|root| real.starts_with(root)) else {
            let message = format!("`{path}` is outside the folder that references may lead into");
            return Err(FileError::refused(message));
        };
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("there is no file `{path}`"),
            _ => format!("`{path}`: {error}"),
        };
        let found = found.map_err(failed)?;
        let file = open_below(root, &found).map_err(failed)?;
        // What is no file, a device or a pipe, might never end.
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(FileError::new(format!("`{path}` is not a file")));
        }
        let mut bytes = Vec::new();
        let limit = MAX_BYTES as u64 + 1;
        file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() > MAX_BYTES {
            return Err(FileError::new(format!("`{path}` has more than {MAX_BYTES} bytes")));
        }
        Ok(bytes)
    }
}

/// Opens a file by its canonical path below a folder, one part of it after the other: a link that has come in place of a
/// part meanwhile is an error, and a pipe keeps nobody waiting.
#[cfg(unix)]
fn open_below(root: &Path, path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open, openat};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    // To pass through a folder nobody needs to be able to list it.
    #[cfg(target_os = "linux")]
    let folder = OFlags::PATH | OFlags::CLOEXEC | OFlags::DIRECTORY;
    #[cfg(not(target_os = "linux"))]
    let folder = flags | OFlags::DIRECTORY;
    let rest = path.strip_prefix(root).map_err(io::Error::other)?;
    let mut opened = open(root, if path == root { flags } else { folder }, Mode::empty())?;
    let mut parts = rest.components().peekable();
    while let Some(part) = parts.next() {
        let kind = if parts.peek().is_some() { folder } else { flags | OFlags::NONBLOCK };
        opened = openat(&opened, part.as_os_str(), kind | OFlags::NOFOLLOW, Mode::empty())?;
    }
    Ok(File::from(opened))
}

#[cfg(not(unix))]
fn open_below(_root: &Path, path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Files, Folder};

    #[test]
    fn nothing_outside_the_folder_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let inside = folder.path().join("inside");
        fs::create_dir(&inside).expect("a folder");
        fs::write(inside.join("a.yaml"), "a").expect("a file");
        fs::write(folder.path().join("secret.yaml"), "secret").expect("a file");
        std::os::unix::fs::symlink(folder.path().join("secret.yaml"), inside.join("link.yaml"))
            .expect("a link");
        let files = Folder::new(&inside, &inside).expect("the folder is there");
        assert_eq!(files.read("a.yaml"), Ok(b"a".to_vec()));
        for path in
            ["../secret.yaml", "link.yaml", "/etc/hostname", "missing.yaml", ".", "../missing", "/missing"]
        {
            let refusal = files.read(path).expect_err(path);
            assert!(!refusal.to_string().contains("secret\n"), "{refusal}");
            // Whether there is a file outside is no one's business.
            assert_eq!(refusal.is_refused(), !["missing.yaml", "."].contains(&path), "{refusal}");
        }
        let both = Folder::new(&inside, &inside).and_then(|files| files.and(folder.path()));
        assert_eq!(both.expect("the folders are there").read("../secret.yaml"), Ok(b"secret".to_vec()));
        let wider = Folder::new(&inside, folder.path()).expect("the folder is there");
        assert_eq!(wider.read("../secret.yaml"), Ok(b"secret".to_vec()));
    }

    /// Attack A30: what was a file or a folder when it was looked at is a link by the time it is opened.
    #[cfg(target_os = "linux")]
    #[test]
    fn a30_a_link_that_takes_the_place_of_a_file_or_folder_leads_nowhere() {
        use std::os::unix::fs::symlink;
        use std::sync::atomic::{AtomicBool, Ordering};

        use rustix::fs::{CWD, RenameFlags, renameat_with};

        const READINGS: usize = 3_000;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (inside, outside) = (folder.path().join("inside"), folder.path().join("outside"));
        for (place, text) in [(inside.join("sub"), "inside"), (outside.clone(), "secret")] {
            fs::create_dir_all(&place).expect("a folder");
            fs::write(place.join("a.yaml"), text).expect("a file");
        }
        fs::write(inside.join("a.yaml"), "inside").expect("a file");
        symlink(outside.join("a.yaml"), inside.join("file-link")).expect("a link");
        symlink(&outside, inside.join("folder-link")).expect("a link");
        let files = Folder::new(&inside, &inside).expect("the folder is there");
        let is_over = AtomicBool::new(false);
        let swap = |one: &str, other: &str| {
            renameat_with(CWD, inside.join(one), CWD, inside.join(other), RenameFlags::EXCHANGE)
        };
        if let Err(error) = swap("a.yaml", "file-link") {
            return println!("skipped: files cannot be exchanged here: {error}");
        }
        let readings = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    swap("a.yaml", "file-link").expect("both are there");
                    swap("sub", "folder-link").expect("both are there");
                }
            });
            let path = |reading: usize| ["a.yaml", "sub/a.yaml"][reading % 2];
            let readings: Vec<_> = (0..READINGS).map(|reading| files.read(path(reading))).collect();
            // Whatever came of it, the other thread is to end.
            is_over.store(true, Ordering::Relaxed);
            readings
        });
        let found: Vec<&Vec<u8>> = readings.iter().flatten().collect();
        println!("{} of {READINGS} readings found a file", found.len());
        assert!(found.iter().all(|bytes| bytes.as_slice() == b"inside"), "a link was followed");
    }
}
