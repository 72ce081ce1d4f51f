//! Where an implementation is served: scheme, host, port and the path in front of every request target.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

/// A base URL, for example `https://organization.example.com/server`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    /// The path without a slash at its end, as written.
    path: String,
}

impl BaseUrl {
    /// Whether connections are encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Host and port, as the `Host` header has them.
    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Scheme, host and port, to connect to.
    pub(crate) fn origin(&self) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        Uri::from_parts(parts).expect("scheme, authority and path make a URI")
    }

    /// The request target on the wire: the base URL's path, then the target, both byte for byte.
    pub(crate) fn target(&self, target: &str) -> String {
        let slash = if target.starts_with('/') { "" } else { "/" };
        format!("{}{slash}{target}", self.path)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let refuse = |why: &'static str| BaseUrlError { text: without_credentials(text), why };
        let uri: Uri = text.trim().parse().map_err(|_| refuse("it is not a URL"))?;
        let parts = uri.into_parts();
        let scheme = parts.scheme.ok_or_else(|| refuse("it has no `http://` or `https://` in front"))?;
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(refuse("its scheme is neither `http` nor `https`"));
        }
        let authority = parts.authority.ok_or_else(|| refuse("it names no host"))?;
        if authority.host().is_empty() {
            return Err(refuse("it names no host"));
        }
        if authority.as_str().contains('@') {
            return Err(refuse("it holds credentials; give them as a header"));
        }
        let target = parts.path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
        if target.query().is_some() {
            return Err(refuse("it has a query; give the path alone"));
        }
        Ok(Self { scheme, authority, path: target.path().trim_end_matches('/').to_owned() })
    }
}

/// The text with what stands between scheme and `@` taken out, so that no message shows a password.
fn without_credentials(text: &str) -> String {
    let start = text.find("://").map_or(0, |found| found + 3);
    let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |found| start + found);
    match text[start..end].rfind('@') {
        Some(at) => format!("{}…{}", &text[..start], &text[start + at..]),
        None => text.to_owned(),
    }
}

/// A base URL that cannot be used.
#[derive(Debug)]
pub struct BaseUrlError {
    text: String,
    why: &'static str,
}

impl fmt::Display for BaseUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read the base URL `{}`: {} (expected http://HOST[:PORT][/PATH])", self.text, self.why)
    }
}

impl Error for BaseUrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_stand_behind_the_path_byte_for_byte() {
        let table = [
            ("http://h", "/a%2Fb//c?x=%7B", "/a%2Fb//c?x=%7B"),
            ("http://h/", "/a", "/a"),
            ("http://h:81/server", "/admin/x?", "/server/admin/x?"),
            ("https://h/a/../b/", "/c", "/a/../b/c"),
            ("http://h/a", "?x=1", "/a/?x=1"),
            ("http://[::1]:80", "/", "/"),
        ];
        for (base, target, expected) in table {
            assert_eq!(base.parse::<BaseUrl>().unwrap().target(target), expected, "{base}");
        }
    }

    #[test]
    fn refusals_say_why_and_hide_credentials() {
        let table = [
            ("", "it is not a URL"),
            ("example.com", "it has no `http://` or `https://` in front"),
            ("localhost:4010", "it has no `http://` or `https://` in front"),
            ("ftp://example.com", "its scheme is neither `http` nor `https`"),
            ("http://", "it is not a URL"),
            ("http://user:pass@example.com", "it holds credentials; give them as a header"),
            ("http://example.com/a?b=c", "it has a query; give the path alone"),
        ];
        for (text, why) in table {
            let error = text.parse::<BaseUrl>().expect_err(text);
            assert_eq!(error.why, why, "{text}");
            assert!(!error.to_string().contains("pass"), "{error}");
        }
    }
}
