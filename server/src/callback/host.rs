//! The hosts that may be sent to.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use http::Uri;
use http::uri::Scheme;

use crate::upstream::Upstream;

/// A host that callbacks and webhooks may be sent to: `example.com`, `localhost:3000`, `[::1]:3000`.
///
/// Without a port every port of it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackHost {
    host: String,
    port: Option<u16>,
}

impl FromStr for CallbackHost {
    type Err = CallbackHostError;

    fn from_str(text: &str) -> Result<Self, CallbackHostError> {
        let refused = || {
            CallbackHostError(format!(
                "`{}` is no host; write `example.com` or `localhost:3000`",
                text.escape_debug()
            ))
        };
        if text.contains(['/', '?', '#', '@']) {
            return Err(refused());
        }
        let url = format!("http://{text}");
        // The same addresses are out of bounds for both.
        let _: Upstream = url.parse().map_err(|error| CallbackHostError(format!("{error}")))?;
        let uri: Uri = url.parse().map_err(|_| refused())?;
        let host = uri.host().ok_or_else(refused)?.to_ascii_lowercase();
        Ok(Self { host, port: uri.port_u16() })
    }
}

impl CallbackHost {
    /// Whether a URL leads to it.
    pub(crate) fn covers(&self, url: &Uri) -> bool {
        let usual = if url.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
        url.host().is_some_and(|host| host.eq_ignore_ascii_case(&self.host))
            && self.port.is_none_or(|port| port == url.port_u16().unwrap_or(usual))
    }
}

impl fmt::Display for CallbackHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// A text that is no host to send to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackHostError(String);

impl fmt::Display for CallbackHostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for CallbackHostError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_covers_its_urls_and_no_others() {
        let table = [
            ("example.com", "http://example.com/x", true),
            ("example.com", "https://EXAMPLE.com:8443/", true),
            ("example.com:443", "https://example.com/", true),
            ("example.com:80", "https://example.com/", false),
            ("localhost:3000", "http://localhost:3000/", true),
            ("localhost:3000", "http://localhost/", false),
            ("[::1]:3000", "http://[::1]:3000/", true),
            ("example.com", "http://example.com.evil.test/", false),
            ("example.com", "http://evil.test/example.com", false),
        ];
        for (host, url, expected) in table {
            let host: CallbackHost = host.parse().unwrap();
            assert_eq!(host.covers(&url.parse().unwrap()), expected, "{host} {url}");
        }
        for text in ["", "a/b", "http://a", "a@b", "169.254.169.254", "127.1", "[fe80::1]"] {
            assert!(text.parse::<CallbackHost>().is_err(), "{text}");
        }
    }
}
