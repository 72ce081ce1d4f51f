//! Where requests are forwarded to, as users write it.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use super::address;
use super::reach::Origin;

/// A server that requests are forwarded to: `https://api.example.com`, `http://localhost:8080/v1`.
///
/// - `http` or `https`, without credentials, query and fragment; an address is written in its usual form.
/// - Without a path, requests go there with the path they came with. With one, it takes the place of whatever stood
///   in front of the operation's own path, so that `/v1/pets` and `/pets` both become `/v1/pets`.
/// - A host that is written as an address of this machine, or as `localhost`, may be on this machine; a name that
///   turns out to lead there is not followed. Link-local addresses and those of metadata services never are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    scheme: Scheme,
    authority: Authority,
    /// Without a slash at its end.
    base_path: String,
}

impl FromStr for Upstream {
    type Err = UpstreamError;

    fn from_str(text: &str) -> Result<Self, UpstreamError> {
        let refused = |why: &str| UpstreamError(format!("`{}` {why}", text.escape_debug()));
        let uri: Uri = text.parse().map_err(|_| refused("is no URL; write `https://api.example.com`"))?;
        let scheme = uri.scheme().filter(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme));
        let scheme = scheme.ok_or_else(|| refused("is no URL of http or https"))?.clone();
        let authority = uri.authority().ok_or_else(|| refused("names no host"))?.clone();
        if authority.as_str().contains('@') {
            // The URL is not quoted: what stands before the `@` is secret.
            return Err(UpstreamError(format!(
                "the URL of `{}` holds credentials; send them with the requests instead",
                authority.host()
            )));
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(refused("has a query or a fragment, which nothing can be forwarded under"));
        }
        let host = authority.host();
        if host.is_empty() {
            return Err(refused("names no host"));
        }
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(ip) => {
                if let Some(why) = address::refusal(host, ip) {
                    return Err(UpstreamError(why));
                }
            }
            // Resolvers read `127.1` and `0x7f000001` as addresses.
            Err(_) if host.rsplit('.').next().is_some_and(is_number) => {
                return Err(refused("names an address in a form that is not the usual one"));
            }
            Err(_) => {}
        }
        let base_path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { scheme, authority, base_path })
    }
}

impl Upstream {
    /// The server that it is, whatever the path.
    pub(crate) fn origin(&self) -> Origin {
        let usual = if self.scheme == Scheme::HTTPS { 443 } else { 80 };
        Origin::new(self.scheme.as_str(), self.authority.host(), self.authority.port_u16().unwrap_or(usual))
    }
}

/// Whether the last label of a host makes it an address (the URL Standard, "ends in a number checker").
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

impl Upstream {
    /// The URL of a request target there; `base` is how many bytes of the target stand in front of the operation's
    /// own path, nothing where there is no operation.
    pub(crate) fn uri(&self, target: &str, base: Option<usize>) -> Result<Uri, http::Error> {
        let path = match base {
            _ if self.base_path.is_empty() => PathAndQuery::try_from(target)?,
            Some(base) => {
                PathAndQuery::try_from(format!("{}{}", self.base_path, target.get(base..).unwrap_or(target)))?
            }
            None if self.is_above(target) => PathAndQuery::try_from(target)?,
            None => PathAndQuery::try_from(format!("{}{target}", self.base_path))?,
        };
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
    }

    /// Whether the base path stands in front of a target already.
    fn is_above(&self, target: &str) -> bool {
        target
            .strip_prefix(&self.base_path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.base_path)
    }
}

/// A text that names no server to forward to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamError(String);

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UpstreamError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_urls_of_servers_that_may_be_asked_are_upstreams() {
        let good = [
            "http://localhost",
            "http://127.0.0.1:8080",
            "https://api.example.com/v1/",
            "http://[::1]:80",
            "http://10.0.0.1",
            "http://v1.2x",
        ];
        for text in good {
            assert!(text.parse::<Upstream>().is_ok(), "{text}");
        }
        let bad = [
            "",
            "api.example.com",
            "ftp://api.example.com",
            "/v1",
            "http://",
            "http://user:hunter2@api.example.com",
            "http://api.example.com?x=1",
            "http://api.example.com#x",
            "http://169.254.169.254/latest",
            "http://[fe80::1]",
            "http://[fd00:ec2::254]",
            "http://0.0.0.0",
            "http://0",
            "http://127.1",
            "http://2130706433",
            "http://0x7f.1",
            "http://0x7f000001",
        ];
        for text in bad {
            let error = text.parse::<Upstream>().expect_err(text).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn its_path_takes_the_place_of_the_documents() {
        let table = [
            ("http://a", "/v1/pets?x=%2F", Some(3), "http://a/v1/pets?x=%2F"),
            ("http://a/", "/v1/pets", Some(3), "http://a/v1/pets"),
            ("http://a/v1", "/v1/pets", Some(3), "http://a/v1/pets"),
            ("http://a/v1", "/pets", Some(0), "http://a/v1/pets"),
            ("http://a/api/v2/", "/v1/pets?a=b", Some(3), "http://a/api/v2/pets?a=b"),
            ("http://a/v1", "/v1/other", None, "http://a/v1/other"),
            ("http://a/v1", "/v12", None, "http://a/v1/v12"),
            ("http://a/v1", "/other", None, "http://a/v1/other"),
            ("http://a", "//evil.test/x", Some(0), "http://a//evil.test/x"),
            ("http://a/v1", "//evil.test/x", None, "http://a/v1//evil.test/x"),
        ];
        for (upstream, target, base, expected) in table {
            let upstream: Upstream = upstream.parse().expect("it is one");
            assert_eq!(
                upstream.uri(target, base).expect("a URL").to_string(),
                expected,
                "{upstream} {target}"
            );
        }
    }
}
