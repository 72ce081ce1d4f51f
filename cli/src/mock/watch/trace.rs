//! Where paths lead to: a file may be a symbolic link, or stand in a folder that is one, as mounted configuration
//! does, whose files change when a link beside them is pointed elsewhere.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Links followed from one path; the kernel follows as many.
const MAX_LINKS: usize = 40;

/// What has a say in what a path means.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Trace {
    /// The file, every link on the way to it, and the folders they stand in.
    pub(super) paths: BTreeSet<PathBuf>,
    /// The folders whose entries the file and the links are; of one that is not there, the nearest that is.
    pub(super) folders: BTreeSet<PathBuf>,
}

impl Trace {
    /// Adds a path.
    pub(super) fn add(&mut self, path: &Path) {
        let Ok(mut path) = std::path::absolute(path) else { return };
        for _ in 0..MAX_LINKS {
            let Some(link) = self.walk(&path) else { return };
            path = link;
        }
    }

    /// Notes a path and its folders. Where one of them is a link, gives the path that is meant instead.
    fn walk(&mut self, path: &Path) -> Option<PathBuf> {
        let mut at = PathBuf::new();
        let mut rest = path.components();
        while let Some(component) = rest.next() {
            match component {
                Component::ParentDir => drop(at.pop()),
                other => at.push(other),
            }
            self.paths.insert(at.clone());
            if let Ok(target) = at.read_link() {
                self.watch_folder_of(&at);
                let folder = at.parent().unwrap_or(Path::new("/"));
                return Some(folder.join(target).join(rest.as_path()));
            }
        }
        self.watch_folder_of(&at);
        None
    }

    fn watch_folder_of(&mut self, path: &Path) {
        let folder = path.ancestors().skip(1).find(|folder| folder.is_dir());
        self.folders.extend(folder.map(Path::to_owned));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_and_missing_folders_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        std::fs::create_dir(base.join("v1")).unwrap();
        std::fs::write(base.join("v1/a.yaml"), "a").unwrap();
        symlink("v1", base.join("data")).unwrap();
        symlink("data/a.yaml", base.join("a.yaml")).unwrap();
        symlink("loop", base.join("loop")).unwrap();
        let trace = |path: &str| {
            let mut trace = Trace::default();
            trace.add(&base.join(path));
            let inner = |paths: &BTreeSet<PathBuf>| -> Vec<String> {
                let inner = paths.iter().filter_map(|path| path.strip_prefix(&base).ok());
                inner.map(|path| path.to_string_lossy().into_owned()).collect()
            };
            (inner(&trace.paths), inner(&trace.folders))
        };
        let (paths, folders) = trace("a.yaml");
        assert_eq!(paths, ["", "a.yaml", "data", "v1", "v1/a.yaml"]);
        assert_eq!(folders, ["", "v1"]);
        let (paths, folders) = trace("gone/b/../c.yaml");
        assert_eq!(paths, ["", "gone", "gone/b", "gone/c.yaml"]);
        assert_eq!(folders, [""]);
        assert_eq!(trace("loop").1, [""], "a link to itself ends");
    }
}
