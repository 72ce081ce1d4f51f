//! Cross-origin resource sharing (the Fetch standard, section 3.2): every reply can be read by a page.
//!
//! | `Origin` of the request | `Access-Control-Allow-Origin` | credentials |
//! |---|---|---|
//! | loopback (`localhost`, `*.localhost`, `127.0.0.0/8`, `[::1]`) | reflected | allowed |
//! | any other, `null`, or none | `*` | not allowed |
//!
//! So a page under development sees what it would see at home, and a hostile page on the web gets no more from a
//! stub on the visitor's machine than a client without cookies would. `Vary: Origin` goes with every reply, since
//! each depends on it.

use std::net::{Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::call::Source;
use crate::reply::Reply;

const ANY: HeaderValue = HeaderValue::from_static("*");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const VARY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
/// How long, in seconds, a browser may remember a preflight; Chromium allows no more than this.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
/// The methods a preflight allows besides the one it asks for.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// Whether a request is a preflight.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight, whatever its path: whether the actual request is refused is for its own reply to say.
pub(crate) fn preflight(request: &HeaderMap) -> Reply {
    let mut headers = HeaderMap::new();
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
    if request.contains_key(REQUEST_PRIVATE_NETWORK) && loopback_origin(request).is_some() {
        headers.insert(ALLOW_PRIVATE_NETWORK, TRUE);
    }
    Reply::new(StatusCode::NO_CONTENT, headers, Bytes::new(), Source::Routing)
}

/// Adds the headers of the table above to a reply, over what is there.
pub(crate) fn apply(request: &HeaderMap, reply: &mut HeaderMap) {
    match loopback_origin(request) {
        Some(origin) => {
            // `*` is no wildcard where credentials are allowed, so the names are listed.
            let names: Vec<&str> = reply.keys().map(HeaderName::as_str).collect();
            if let Ok(names) = HeaderValue::from_str(&names.join(", ")) {
                reply.insert(ACCESS_CONTROL_EXPOSE_HEADERS, names);
            }
            reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            reply.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        }
        None => {
            reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
            reply.insert(ACCESS_CONTROL_EXPOSE_HEADERS, ANY);
            reply.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        }
    }
    reply.append(VARY, VARY_ORIGIN);
}

/// The `Origin` of a request, where it is on this machine.
fn loopback_origin(request: &HeaderMap) -> Option<&HeaderValue> {
    let origin = request.get(ORIGIN)?;
    is_loopback(origin.to_str().ok()?).then_some(origin)
}

/// Whether an origin is on this machine.
pub(crate) fn is_loopback(origin: &str) -> bool {
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
