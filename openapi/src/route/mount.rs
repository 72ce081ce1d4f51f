//! Where on a server a contract is mounted.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use super::router::has_valid_escapes;

/// A path that stands before every path of a contract, base paths included: `/v1`.
///
/// It has no variables, and no slash at its end. Under a mount a contract answers as it does without: with the base
/// paths of its servers or, where those are optional, without them.
///
/// ```
/// use counterfoil_openapi::Mount;
///
/// let mount: Mount = "/shop/v1/".parse()?;
/// assert_eq!(mount.as_str(), "/shop/v1");
/// # Ok::<(), counterfoil_openapi::MountError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Mount(String);

impl Mount {
    /// The path; empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "/" } else { &self.0 })
    }
}

impl FromStr for Mount {
    type Err = MountError;

    fn from_str(text: &str) -> Result<Self, MountError> {
        let Some(relative) = text.strip_prefix('/') else {
            return Err(MountError("it does not begin with `/`"));
        };
        let path = relative.strip_suffix('/').unwrap_or(relative);
        let is_odd = |character: char| character.is_whitespace() || character.is_control();
        if path.contains(['{', '}', '?', '#']) || path.contains(is_odd) {
            return Err(MountError("it is no plain path: it has a space, or one of `{}?#`"));
        }
        if !relative.is_empty() && path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(MountError("it has a segment that is empty, `.` or `..`"));
        }
        if !has_valid_escapes(path) {
            return Err(MountError("it has a `%` that starts no escape of UTF-8 text"));
        }
        Ok(Self(if path.is_empty() { String::new() } else { format!("/{path}") }))
    }
}

/// Why a text is no path that something can be mounted at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MountError(&'static str);

impl fmt::Display for MountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for MountError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_a_plain_path() {
        for (text, expected) in
            [("/", ""), ("/v1", "/v1"), ("/v1/", "/v1"), ("/a/b", "/a/b"), ("/a%20b", "/a%20b")]
        {
            assert_eq!(text.parse::<Mount>().map(|mount| mount.0), Ok(expected.to_owned()), "{text}");
        }
        for text in
            ["", "v1", "//", "/a//b", "/a/../b", "/.", "/{a}", "/a?b", "/a#b", "/a b", "/%zz", "/a\u{7}"]
        {
            assert!(text.parse::<Mount>().is_err(), "{text}");
        }
    }
}
