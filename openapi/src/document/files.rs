//! The files that a document refers to; the one place where this crate reads any.

use std::fs;
use std::path::{Path, PathBuf};

use super::MAX_BYTES;

/// Where the files come from that a document refers to by a relative path.
pub trait Files {
    /// The bytes of a file; `path` is relative to the document's folder, with `/` between its parts.
    ///
    /// # Errors
    ///
    /// A fragment that says why the file cannot be had.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// No files: every reference out of the document stays unresolved.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &str) -> Result<Vec<u8>, String> {
        Err("this document was loaded without its folder".to_owned())
    }
}

/// The files below one folder, and no others: neither `..` nor a symbolic link leads out of it.
#[derive(Debug, Clone)]
pub struct Folder {
    base: PathBuf,
    root: PathBuf,
}

impl Folder {
    /// The files below `root`, for a document that stands in the folder `base`.
    ///
    /// # Errors
    ///
    /// When `root` is not there.
    pub fn new(base: impl Into<PathBuf>, root: &Path) -> std::io::Result<Self> {
        Ok(Self { base: base.into(), root: root.canonicalize()? })
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let wanted = self.base.join(path);
        let found = wanted.canonicalize().map_err(|error| format!("`{path}`: {error}"))?;
        if !found.starts_with(&self.root) {
            return Err(format!("`{path}` is outside the folder that references may lead into"));
        }
        let metadata = fs::metadata(&found).map_err(|error| format!("`{path}`: {error}"))?;
        if !metadata.is_file() {
            return Err(format!("`{path}` is not a file"));
        }
        if metadata.len() > MAX_BYTES as u64 {
            return Err(format!("`{path}` has {} bytes, over the limit of {MAX_BYTES}", metadata.len()));
        }
        fs::read(&found).map_err(|error| format!("`{path}`: {error}"))
    }
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
        for path in ["../secret.yaml", "link.yaml", "/etc/hostname", "missing.yaml", "."] {
            let refusal = files.read(path).expect_err(path);
            assert!(!refusal.contains("secret\n"), "{refusal}");
        }
        let wider = Folder::new(&inside, folder.path()).expect("the folder is there");
        assert_eq!(wider.read("../secret.yaml"), Ok(b"secret".to_vec()));
    }
}
