//! Files that a command writes: whole, or not there.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A file under construction. It stands beside its place, as `NAME.partial`, until it is finished: who looks for it
/// finds the old file or the whole new one, and after a crash what was written so far.
#[derive(Debug)]
pub(crate) struct Artefact {
    out: BufWriter<File>,
    path: PathBuf,
    /// Where it stands until it is finished; nothing where it is written in place, as to a pipe or a device.
    partial: Option<PathBuf>,
}

impl Artefact {
    /// Begins a file, and makes the folders above it.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).with_context(|| format!("make the folder `{}`", parent.display()))?;
        }
        let is_replaceable = fs::metadata(path).map_or(true, |found| found.is_file());
        let partial = is_replaceable.then(|| {
            let mut name = path.as_os_str().to_owned();
            name.push(".partial");
            PathBuf::from(name)
        });
        let at = partial.as_deref().unwrap_or(path);
        let file = File::create(at).with_context(|| format!("write `{}`", path.display()))?;
        Ok(Self { out: BufWriter::new(file), path: path.to_owned(), partial })
    }

    /// Puts the file in its place.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        let context = || format!("write `{}`", self.path.display());
        self.out.flush().with_context(context)?;
        if let Some(partial) = &self.partial {
            self.out.get_ref().sync_all().with_context(context)?;
            fs::rename(partial, &self.path).with_context(context)?;
        }
        Ok(())
    }

    /// Leaves nothing behind.
    pub(crate) fn discard(self) {
        if let Some(partial) = &self.partial {
            // It is of no use, and no harm either.
            let _ = fs::remove_file(partial);
        }
    }
}

impl Write for Artefact {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
