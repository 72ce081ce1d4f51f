//! The files that a script names: those in its folder, and no others.
//!
//! Files are read when the script is loaded. Nothing that a request says names one.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use counterfoil_openapi::{FileError, Files};

/// The most that the files of one script hold together, in bytes; those it includes are counted too.
pub const MAX_SCRIPT_FILE_BYTES: usize = 64 * 1024 * 1024;

/// The files of one script, each read once.
pub(super) struct Library<'f> {
    files: &'f dyn Files,
    known: RefCell<HashMap<String, Bytes>>,
    /// How many bytes may still be read.
    room: Cell<usize>,
}

impl fmt::Debug for Library<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("room", &self.room).finish_non_exhaustive()
    }
}

impl<'f> Library<'f> {
    pub(super) fn new(files: &'f dyn Files) -> Self {
        Self { files, known: RefCell::default(), room: Cell::new(MAX_SCRIPT_FILE_BYTES) }
    }

    /// The bytes of a file at a path that [`resolve`] gave.
    pub(super) fn read(&self, path: &str) -> Result<Bytes, FileError> {
        if let Some(known) = self.known.borrow().get(path) {
            return Ok(known.clone());
        }
        let bytes = Bytes::from(self.files.read(path)?);
        let Some(room) = self.room.get().checked_sub(bytes.len()) else {
            let message = format!("the files of the script hold more than {MAX_SCRIPT_FILE_BYTES} bytes");
            return Err(FileError::new(message));
        };
        self.room.set(room);
        self.known.borrow_mut().insert(path.to_owned(), bytes.clone());
        Ok(bytes)
    }
}

/// The path of a file from the folder of the first script, where a script in `folder` calls it `path`.
///
/// # Errors
///
/// When it is outside that folder, absolute or a URL.
pub(super) fn resolve(folder: &str, path: &str) -> Result<String, FileError> {
    let outside = || FileError::refused(format!("`{path}` is not in the folder of the script"));
    let is_elsewhere = path.starts_with('/') || path.contains(['\\', '\0']) || path.contains("://");
    // A drive of Windows.
    let has_drive = path.as_bytes().get(1) == Some(&b':');
    if path.is_empty() || is_elsewhere || has_drive {
        return Err(outside());
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop().ok_or_else(outside)?),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// The folder of a path; empty where it is in none.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_the_folder() {
        let table = [
            ("", "a.json", Some("a.json")),
            ("", "./b/a.json", Some("b/a.json")),
            ("b", "a.json", Some("b/a.json")),
            ("b", "../a.json", Some("a.json")),
            ("b/c", "../../a.json", Some("a.json")),
            ("b", "../../a.json", None),
            ("", "../a.json", None),
            ("", "b/../../a.json", None),
            ("", "/etc/passwd", None),
            ("", "file:///etc/passwd", None),
            ("", "http://127.0.0.1/a", None),
            ("", "C:\\a", None),
            ("", "c:a", None),
            ("", "..\\a", None),
            ("", "a\0b", None),
            ("", "", None),
        ];
        for (folder, path, expected) in table {
            assert_eq!(resolve(folder, path).ok().as_deref(), expected, "{folder} and {path}");
        }
    }
}
