//! Who may steer the stub: programs on this machine and pages served from it, and only who has the token where one is
//! asked for.
//!
//! Loopback is hostile ground: any page a browser shows can send requests to it. Two headers give such a page away,
//! and a page cannot forge either. `Host` holds the name it reached us by, which after DNS rebinding is a name of
//! its own; `Origin` says where it was served from.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, Uri, header};

use super::problem::Problem;
use super::token::{ControlToken, Presented};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What is asked of a request to the control plane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asks<'s> {
    /// The token that it has to present.
    pub(super) token: Option<&'s ControlToken>,
    /// Whether it may come from another machine, which knows this one by whatever name. Without a token nobody asks so.
    pub(super) is_remote: bool,
}

/// Lets a request pass, or says why not.
///
/// With a token that other machines may present, the `Host` can be any: a page that was rebound has no token.
///
/// | header | passes |
/// |---|---|
/// | `Host` | exactly one, naming `localhost`, a name below it, or a loopback address, with any port |
/// | `Origin` | absent, or of the same names; `null` is no origin of this machine |
/// | `Sec-Fetch-Site` | anything but `cross-site`, where there is no `Origin` |
/// | `Authorization` | `Bearer` and the token, where one is asked for |
pub(super) fn admit(asks: Asks<'_>, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next(), uri.authority()) {
        (Some(host), None, _) => host.to_str().unwrap_or_default(),
        // HTTP/2 sends the authority in its stead.
        (None, None, Some(authority)) => authority.as_str(),
        _ => "",
    };
    if !asks.is_remote && !is_loopback(host) {
        let detail =
            format!("the `Host` is `{host}`, and only localhost and loopback addresses are answered");
        return Err(Problem::refused("host-refused", detail));
    }
    let mut origins = headers.get_all(header::ORIGIN).iter().peekable();
    if origins.peek().is_none() && headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "cross-site") {
        return Err(Problem::refused("origin-refused", "the request comes from a page of another site"));
    }
    for origin in origins {
        let origin = origin.to_str().unwrap_or_default();
        let is_ours = origin.split_once("://").is_some_and(|(_, host)| is_loopback(host));
        if !is_ours {
            let detail = format!("the request comes from a page of `{origin}`, which is not on this machine");
            return Err(Problem::refused("origin-refused", detail));
        }
    }
    match asks.token.map(|token| token.presented(headers)) {
        None | Some(Presented::Right) => Ok(()),
        Some(Presented::Wrong) => Err(Problem::unauthorized("the token is not the one that is asked for")),
        Some(Presented::Nothing) => {
            Err(Problem::unauthorized("a token is asked for: `Authorization: Bearer TOKEN`"))
        }
    }
}

/// Whether a host, with or without a port, is this machine by name or by address.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => match bracketed.split_once(']') {
            Some((host, port)) if port.is_empty() || is_port(port) => host,
            _ => return false,
        },
        None => match authority.split_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            Some(_) => return false,
            None => authority,
        },
    };
    let name = host.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn is_admitted(pairs: &[(HeaderName, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        let asks = Asks { token: None, is_remote: false };
        admit(asks, &Uri::from_static("/health"), &headers).is_ok()
    }

    #[test]
    fn only_names_of_this_machine_are_answered() {
        let table = [
            ("localhost", true),
            ("localhost:4011", true),
            ("LocalHost:4011", true),
            ("stub.localhost:4011", true),
            ("127.0.0.1:4011", true),
            ("127.1.2.3", true),
            ("[::1]:4011", true),
            ("[::1]", true),
            ("[::ffff:127.0.0.1]:4011", true),
            ("evil.test", false),
            ("evil.test:4011", false),
            ("localhost.evil.test", false),
            ("notlocalhost", false),
            ("127.0.0.1.evil.test", false),
            ("192.168.0.1", false),
            ("0.0.0.0", false),
            ("[::1].evil.test", false),
            ("localhost:4011@evil.test", false),
            ("", false),
        ];
        for (host, expected) in table {
            assert_eq!(is_admitted(&[(header::HOST, host)]), expected, "{host}");
        }
        assert!(!is_admitted(&[]), "a request without a host");
        assert!(!is_admitted(&[(header::HOST, "localhost"), (header::HOST, "localhost")]), "two hosts");
    }

    #[test]
    fn who_may_come_from_other_machines_names_this_one_as_they_like_and_has_the_token() {
        let token = ControlToken::new("t").unwrap();
        let asks = Asks { token: Some(&token), is_remote: true };
        let pairs = |token: &'static str| [(header::HOST, "stub:4011"), (header::AUTHORIZATION, token)];
        for (pairs, expected) in [(pairs("Bearer t"), true), (pairs("Bearer x"), false)] {
            let headers = pairs.map(|(name, value)| (name, HeaderValue::from_static(value)));
            let headers = HeaderMap::from_iter(headers);
            assert_eq!(admit(asks, &Uri::from_static("/health"), &headers).is_ok(), expected, "{headers:?}");
        }
    }

    #[test]
    fn only_pages_of_this_machine_are_answered() {
        let table = [
            ("http://localhost:3000", true),
            ("https://127.0.0.1", true),
            ("http://[::1]:8080", true),
            ("http://evil.test", false),
            ("https://localhost.evil.test", false),
            ("null", false),
            ("", false),
            ("localhost", false),
        ];
        for (origin, expected) in table {
            let pairs = [(header::HOST, "localhost:4011"), (header::ORIGIN, origin)];
            assert_eq!(is_admitted(&pairs), expected, "{origin}");
        }
        let site = |value| [(header::HOST, "localhost"), (SEC_FETCH_SITE, value)];
        assert!(!is_admitted(&site("cross-site")));
        assert!(is_admitted(&site("same-origin")) && is_admitted(&site("none")));
    }
}
