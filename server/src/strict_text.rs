//! Texts of the user's own that are no OpenAPI documents: scripts, and files of accepted credentials.
//!
//! What somebody else wrote is read leniently; these are mended by whoever wrote them, so what is odd is an error.

use counterfoil_openapi::{Document, Finding, LoadError, Pointer, Position, Severity};

/// The tree of a text in YAML or JSON, and a finding for each key that is there twice: here that is an error.
///
/// # Errors
///
/// When there is more of it than `limit` bytes, and when it cannot be read.
pub(crate) fn read(name: &str, bytes: &[u8], limit: usize) -> Result<(Document, Vec<Finding>), Unread> {
    if bytes.len() > limit {
        return Err(Unread::TooLarge(format!("{} bytes, over the limit of {limit}", bytes.len())));
    }
    let (document, mut repeated) = Document::read_tree(name, bytes).map_err(Unread::Broken)?;
    for finding in &mut repeated {
        finding.severity = Severity::Error;
        finding.message = finding.message.replace("; the last one counts", "");
    }
    Ok((document, repeated))
}

/// Why a text was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It is too large, in words.
    TooLarge(String),
    /// It is neither YAML nor JSON, or not UTF-8; the words may quote it.
    Broken(LoadError),
}

/// The one finding of a text that was not read.
pub(crate) fn unreadable(
    code: &'static str,
    name: &str,
    position: Option<Position>,
    message: impl Into<String>,
) -> Finding {
    Finding {
        code,
        severity: Severity::Error,
        file: name.to_owned(),
        position,
        pointer: Pointer::root(),
        message: message.into(),
        hint: None,
    }
}
