//! Cross-origin resource sharing (the Fetch standard, section 3.2): every reply can be read by a page.
//!
//! | [`Cors`] | `Origin` of the request | `Access-Control-Allow-Origin` | credentials |
//! |---|---|---|---|
//! | `Everyone` | loopback (`localhost`, `*.localhost`, `127.0.0.0/8`, `[::1]`) | reflected | allowed |
//! | `Everyone` | any other, `null`, or none | `*` | not allowed |
//! | `Only` | one of these | reflected | allowed |
//! | `Only` | any other, `null`, or none | none | |
//! | `Off` | any | none, and a preflight is a request like any other | |
//!
//! So, unless told otherwise, a page under development sees what it would see at home, and a hostile page on the web
//! gets no more from a stub on the visitor's machine than a client without cookies would. `Vary: Origin` goes with
//! every reply, since each depends on it, unless it is all off.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::call::Source;
use crate::reply::Reply;

/// Which pages may read replies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cors {
    /// Those of every origin; those of this machine with credentials too.
    #[default]
    Everyone,
    /// Those of these origins, with credentials.
    Only(Vec<Origin>),
    /// Nothing is said about it, so that browsers let no other origin's page read any.
    Off,
}

/// An origin: scheme, host and port, as browsers send it (RFC 6454, section 6.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// A text that is no [`Origin`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginError;

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let text = text.to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://").ok_or(OriginError)?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character));
        let is_authority = |authority: &http::uri::Authority| {
            !authority.as_str().contains('@')
                && !authority.host().is_empty()
                && !authority.as_str().ends_with(':')
        };
        if !is_scheme || !authority.parse().as_ref().is_ok_and(is_authority) {
            return Err(OriginError);
        }
        // Browsers leave the usual port out.
        let usual = match scheme {
            "http" => ":80",
            "https" => ":443",
            _ => "",
        };
        let text = text.strip_suffix(usual).unwrap_or(&text);
        HeaderValue::from_str(text).map(Self).map_err(|_| OriginError)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an origin is a scheme, a host and perhaps a port, as in `https://app.example:8443`")
    }
}

impl std::error::Error for OriginError {}

const ANY: HeaderValue = HeaderValue::from_static("*");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const VARY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
/// How long, in seconds, a browser may remember a preflight; Chromium allows no more than this.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
/// The methods a preflight allows besides the one it asks for.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// Headers that are added to every reply after these.
const ADDED_LATER: &str = "access-control-expose-headers, content-length, date, x-request-id";

/// Whether a request is a preflight, and to be answered as one.
pub(crate) fn is_preflight(cors: &Cors, method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && *cors != Cors::Off
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight, whatever its path: whether the actual request is refused is for its own reply to say.
pub(crate) fn preflight(cors: &Cors, request: &HeaderMap) -> Reply {
    let mut headers = HeaderMap::new();
    let trusted = cors.trusted(request);
    if trusted.is_none() && matches!(cors, Cors::Only(_)) {
        return Reply::new(StatusCode::NO_CONTENT, headers, Bytes::new(), Source::Routing);
    }
    let asked = request.get(ACCESS_CONTROL_REQUEST_METHOD).and_then(|method| method.to_str().ok());
    let methods = match asked.filter(|asked| !METHODS.split(", ").any(|known| known == *asked)) {
        Some(asked) => HeaderValue::from_str(&format!("{METHODS}, {asked}")),
        None => Ok(HeaderValue::from_static(METHODS)),
    };
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods.unwrap_or(HeaderValue::from_static(METHODS)));
    if let Some(names) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    if request.contains_key(REQUEST_PRIVATE_NETWORK) && trusted.is_some() {
        headers.insert(ALLOW_PRIVATE_NETWORK, TRUE);
    }
    Reply::new(StatusCode::NO_CONTENT, headers, Bytes::new(), Source::Routing)
}

/// Adds the headers of the table above to a reply, over what is there.
pub(crate) fn apply(cors: &Cors, request: &HeaderMap, reply: &mut HeaderMap) {
    if *cors == Cors::Off {
        return;
    }
    reply.append(VARY, VARY_ORIGIN);
    match cors.trusted(request) {
        Some(origin) => {
            reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            reply.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
            // `*` is no wildcard where credentials are allowed, so the names are listed.
            let mut names = String::with_capacity(256);
            for name in reply.keys() {
                names.push_str(name.as_str());
                names.push_str(", ");
            }
            names.push_str(ADDED_LATER);
            if let Ok(names) = HeaderValue::from_str(&names) {
                reply.insert(ACCESS_CONTROL_EXPOSE_HEADERS, names);
            }
        }
        None if *cors == Cors::Everyone => {
            reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
            reply.insert(ACCESS_CONTROL_EXPOSE_HEADERS, ANY);
            reply.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        }
        None => {
            reply.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
            reply.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        }
    }
}

impl Cors {
    /// The `Origin` of a request, where its page may use credentials.
    pub(crate) fn trusted<'r>(&self, request: &'r HeaderMap) -> Option<&'r HeaderValue> {
        let origin = request.get(ORIGIN)?;
        let is_trusted = match self {
            Self::Everyone => is_loopback(origin.to_str().ok()?),
            Self::Only(origins) => origins.iter().any(|known| known.0 == origin),
            Self::Off => false,
        };
        is_trusted.then_some(origin)
    }
}

/// Whether an origin is on this machine.
fn is_loopback(origin: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    if !matches!(scheme, "http" | "https") {
        return false;
    }
    let is_port = |text: &str| text.parse::<u16>().is_ok();
    if let Some(rest) = authority.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else { return false };
        return address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
            && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if is_port(port) => host,
        Some(_) => return false,
        None => authority,
    };
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_browsers_send() {
        let table = [
            ("https://App.example", Some("https://app.example")),
            ("http://app.example:8080", Some("http://app.example:8080")),
            ("http://app.example:80", Some("http://app.example")),
            ("https://[::1]:443", Some("https://[::1]")),
            ("chrome-extension://abcdef", Some("chrome-extension://abcdef")),
            ("https://app.example/", None),
            ("https://app.example/path", None),
            ("https://user@app.example", None),
            ("https://app.example:", None),
            ("https://", None),
            ("app.example", None),
            ("*", None),
            ("null", None),
        ];
        for (text, expected) in table {
            let origin = text.parse::<Origin>().ok().map(|origin| origin.to_string());
            assert_eq!(origin.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let table = [
            ("http://localhost", true),
            ("https://localhost:3000", true),
            ("http://app.localhost:8080", true),
            ("http://127.0.0.1:5173", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:3000", true),
            ("http://[::1]", true),
            ("null", false),
            ("file://localhost", false),
            ("http://localhost.evil.example", false),
            ("http://evil.example", false),
            ("http://notlocalhost", false),
            ("http://127.0.0.1.evil.example", false),
            ("http://localhost:evil", false),
            ("http://[::2]:80", false),
            ("http://[::1]evil", false),
            ("http://10.0.0.1", false),
        ];
        for (origin, expected) in table {
            assert_eq!(is_loopback(origin), expected, "{origin}");
        }
    }
}
