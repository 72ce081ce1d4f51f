//! What can be wrong with keys and certificates.

use std::error::Error;
use std::fmt;
use std::path::Path;

/// Keys or certificates that cannot be used.
#[derive(Debug)]
pub struct TlsError {
    what: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl TlsError {
    pub(super) fn new(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what: what.into(), source: Some(source.into()) }
    }

    /// An error about a file.
    pub(super) fn at(what: &str, path: &Path, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(format!("{what} `{}`", path.display()), source)
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_deref()?)
    }
}
