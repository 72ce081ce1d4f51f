//! Which servers may be forwarded to by what comes over the control API.
//!
//! Whoever steers a stub is not to reach what its host alone can reach. So it forwards, whatever is said at run time, to
//! those servers only that it was started with: its upstream, those of its scripts, and those allowed by name.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::Upstream;

/// A server, whatever the path on it: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    scheme: String,
    /// In lower case.
    host: String,
    port: u16,
}

/// The servers that may be forwarded to. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reach(Arc<BTreeSet<Origin>>);

impl Origin {
    /// Of a server by its parts.
    pub(super) fn new(scheme: &str, host: &str, port: u16) -> Self {
        Self { scheme: scheme.to_owned(), host: host.to_ascii_lowercase(), port }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = if self.scheme == "https" { 443 } else { 80 };
        write!(f, "{}://{}", self.scheme, self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl Reach {
    /// These and some more.
    pub(crate) fn and<'o>(&self, more: impl IntoIterator<Item = &'o Origin>) -> Self {
        let mut all = Arc::clone(&self.0);
        for origin in more {
            if !all.contains(origin) {
                Arc::make_mut(&mut all).insert(origin.clone());
            }
        }
        Self(all)
    }

    /// Why a server may not be forwarded to, and what to do about it; nothing where it may be.
    pub(crate) fn refusal(&self, upstream: &Upstream) -> Option<(String, String)> {
        let origin = upstream.origin();
        if self.0.contains(&origin) {
            return None;
        }
        let message = format!("the stub was not started to forward to {origin}");
        Some((message, format!("start it with `--allow-proxy {origin}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_its_scheme_host_and_port() {
        let upstream = |text: &str| text.parse::<Upstream>().unwrap();
        let reach = Reach::default();
        let reach = reach
            .and([&upstream("http://API.example.com/v1").origin(), &upstream("https://a:8443").origin()]);
        let table = [
            ("http://api.example.com", true),
            ("http://api.example.com:80/other", true),
            ("http://API.EXAMPLE.COM", true),
            ("https://a:8443/x", true),
            ("https://api.example.com", false),
            ("http://api.example.com:8080", false),
            ("http://example.com", false),
            ("http://api.example.com.evil.test", false),
            ("https://a", false),
        ];
        for (text, expected) in table {
            assert_eq!(reach.refusal(&upstream(text)).is_none(), expected, "{text}");
        }
        let (message, hint) = reach.refusal(&upstream("http://127.0.0.1:4011/x")).unwrap();
        assert_eq!(message, "the stub was not started to forward to http://127.0.0.1:4011");
        assert_eq!(hint, "start it with `--allow-proxy http://127.0.0.1:4011`");
    }
}
