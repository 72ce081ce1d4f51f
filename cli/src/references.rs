//! Where the references of a document may lead.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use clap::Args;
use counterfoil_client::fetch::{AllowedHost, Fetcher};
use counterfoil_conformance::report::one_line;
use counterfoil_openapi::{FileError, Files, Folder, NoFiles};
use tokio::runtime::Runtime;

/// Where references may lead, beyond the document's own folder.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "References")]
pub(crate) struct References {
    /// A folder that references of the document may lead into, beside the one it is in.
    #[arg(long, value_name = "DIR")]
    pub(crate) allow_ref_root: Option<PathBuf>,

    /// Hosts that references may lead to by URL, with commas between them; other hosts are never asked.
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    pub(crate) allow_remote_refs: Vec<AllowedHost>,

    /// What was read, for whoever watches it.
    #[arg(skip)]
    pub(crate) record: Record,
}

/// The files read, where somebody wants to know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record(Option<Arc<Mutex<BTreeMap<PathBuf, Print>>>>);

/// What a file held, as far as it takes to tell whether that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Print {
    /// It could not be read.
    Nothing,
    /// Nothing but white space.
    Blank,
    /// The hash of what it held.
    Text(u64),
}

impl Record {
    /// A record that is kept.
    pub(crate) fn kept() -> Self {
        Self(Some(Arc::default()))
    }

    /// Notes what was read.
    pub(crate) fn note(&self, path: PathBuf, bytes: Option<&[u8]>) {
        if let Some(record) = &self.0 {
            record.lock().unwrap_or_else(PoisonError::into_inner).insert(path, Print::of(bytes));
        }
    }

    /// What was noted since this was last asked.
    pub(crate) fn take(&self) -> BTreeMap<PathBuf, Print> {
        let Some(record) = &self.0 else { return BTreeMap::new() };
        std::mem::take(&mut record.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Print {
    /// The print of a file's bytes; nothing where it cannot be read.
    pub(crate) fn of(bytes: Option<&[u8]>) -> Self {
        match bytes {
            None => Self::Nothing,
            Some(bytes) if bytes.iter().all(u8::is_ascii_whitespace) => Self::Blank,
            Some(bytes) => {
                let mut hasher = DefaultHasher::new();
                hasher.write(bytes);
                Self::Text(hasher.finish())
            }
        }
    }
}

impl References {
    /// What a document in this folder refers to.
    pub(crate) fn of_file(&self, folder: &Path) -> anyhow::Result<Allowed> {
        let files = Folder::new(folder, folder).with_context(|| format!("open `{}`", folder.display()))?;
        let files = match &self.allow_ref_root {
            Some(root) => files.and(root).with_context(|| format!("open `{}`", root.display()))?,
            None => files,
        };
        let record = Some((folder.to_owned(), self.record.clone()));
        Ok(Allowed { files: Box::new(files), record, web: self.web(None)? })
    }

    /// What a script in this folder includes and sends: nothing outside it.
    pub(crate) fn of_script(&self, folder: &Path) -> anyhow::Result<Allowed> {
        let files = Folder::new(folder, folder).with_context(|| format!("open `{}`", folder.display()))?;
        Ok(Allowed {
            files: Box::new(files),
            record: Some((folder.to_owned(), self.record.clone())),
            web: None,
        })
    }

    /// What a document that came from no folder refers to.
    pub(crate) fn of_input(&self) -> anyhow::Result<Allowed> {
        Ok(Allowed { files: Box::new(NoFiles), record: None, web: self.web(None)? })
    }

    /// What the document at a URL refers to; the user named its host, so it may be asked.
    pub(crate) fn of_url(&self, url: &str) -> anyhow::Result<Allowed> {
        Ok(Allowed { files: Box::new(NoFiles), record: None, web: self.web(AllowedHost::of_url(url))? })
    }

    fn web(&self, own: Option<AllowedHost>) -> anyhow::Result<Option<Web>> {
        let hosts: Vec<AllowedHost> = self.allow_remote_refs.iter().cloned().chain(own).collect();
        if hosts.is_empty() {
            return Ok(None);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Some(Web { runtime: runtime.context("start the runtime")?, fetcher: Fetcher::new(hosts) }))
    }
}

/// The files and URLs that a document may refer to.
pub(crate) struct Allowed {
    files: Box<dyn Files>,
    /// The folder that paths are relative to, and where to note what was read of it.
    record: Option<(PathBuf, Record)>,
    web: Option<Web>,
}

struct Web {
    runtime: Runtime,
    fetcher: Fetcher,
}

impl Files for Allowed {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let Some(host) = host_of(path) else {
            let hint = "mend the reference, or name the folder it leads into with `--allow-ref-root`";
            let hinted = |error: FileError| if error.is_refused() { error.hint(hint) } else { error };
            let read = self.files.read(path).map_err(hinted);
            // What may not be read is nobody's to watch.
            if let Some((folder, record)) = &self.record
                && !read.as_ref().is_err_and(FileError::is_refused)
            {
                record.note(folder.join(path), read.as_deref().ok());
            }
            return read;
        };
        let hint =
            format!("to have it fetched, allow its host with `--allow-remote-refs {}`", one_line(host));
        let Some(web) = &self.web else {
            let message =
                format!("`{path}` is on another host, and nothing is fetched unless that is allowed");
            return Err(FileError::refused(message).hint(hint));
        };
        web.runtime.block_on(web.fetcher.fetch(path)).map_err(|error| match error.is_refused() {
            true => FileError::refused(chain(&error)).hint(hint),
            false => {
                FileError::new(chain(&error)).hint("see that the URL is right and that its host answers")
            }
        })
    }
}

/// The host, and the port if it has one, of an `http` or `https` URL.
pub(crate) fn host_of(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    is_web.then(|| authority.rsplit('@').next().unwrap_or_default())
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(": ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    message
}
