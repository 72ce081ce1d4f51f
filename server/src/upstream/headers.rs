//! Which header fields go on, and which end here.
//!
//! | field | request | reply |
//! |---|---|---|
//! | those of one hop (RFC 9110, section 7.6.1), and those that `Connection` names | dropped | dropped |
//! | `Host` | the upstream's | – |
//! | `Expect` | dropped: the body was read already | – |
//! | `X-Forwarded-For`, `Forwarded`, `Via` | the client's own, and ours after them | – |
//! | `X-Forwarded-Host`, `X-Forwarded-Proto` | ours, whatever the client says | – |
//! | `Access-Control-*` | passed on | dropped: who may read a reply is ours to say |
//! | `counterfoil-*` | passed on | dropped: they speak of the upstream's call, not of this one |
//! | all others, `Set-Cookie` and `Content-Encoding` included | byte for byte | byte for byte |

use std::net::{IpAddr, SocketAddr};

use http::header::{
    CONNECTION, EXPECT, FORWARDED, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, VIA,
};
use http::{HeaderMap, HeaderName, HeaderValue};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The fields of one hop.
const HOP: [HeaderName; 9] = [
    CONNECTION,
    KEEP_ALIVE,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    PROXY_CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// What this stub is called in `Via`.
const PSEUDONYM: &str = "counterfoil";
/// How often a request may have passed through stubs before it counts as going round in circles.
const MAX_PASSES: usize = 8;

/// The fields of a request as they are sent on.
pub(super) fn of_request(received: &HeaderMap, client: SocketAddr, scheme: &str) -> HeaderMap {
    let mut headers = end_to_end(received);
    headers.remove(EXPECT);
    let host = headers.remove(HOST);
    let host = host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or_default();
    extend(&mut headers, FORWARDED_FOR, &client.ip().to_string());
    let node = match client.ip() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("\"[{address}]\""),
    };
    let quoted = host.replace(['"', '\\'], "");
    let named = if quoted.is_empty() { String::new() } else { format!("host=\"{quoted}\";") };
    extend(&mut headers, FORWARDED, &format!("for={node};{named}proto={scheme}"));
    // Whatever the client says of it is not so.
    headers.remove(FORWARDED_HOST);
    if !host.is_empty()
        && let Ok(host) = HeaderValue::from_str(host)
    {
        headers.insert(FORWARDED_HOST, host);
    }
    if let Ok(scheme) = HeaderValue::from_str(scheme) {
        headers.insert(FORWARDED_PROTO, scheme);
    }
    extend(&mut headers, VIA, &format!("1.1 {PSEUDONYM}"));
    headers
}

/// The fields of a reply as they are passed back.
pub(super) fn of_reply(received: &HeaderMap) -> HeaderMap {
    let mut headers = end_to_end(received);
    let ours: Vec<HeaderName> = headers
        .keys()
        .filter(|name| {
            name.as_str().starts_with("access-control-") || name.as_str().starts_with("counterfoil-")
        })
        .cloned()
        .collect();
    for name in ours {
        headers.remove(name);
    }
    headers
}

/// Whether a request has passed through stubs so often that it goes round in circles.
pub(super) fn is_circular(received: &HeaderMap) -> bool {
    let passes =
        received.get_all(VIA).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    passes.filter(|pass| pass.trim().ends_with(PSEUDONYM)).count() >= MAX_PASSES
}

fn end_to_end(received: &HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = received
        .get_all(CONNECTION)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let mut headers = received.clone();
    for name in named.iter().chain(&HOP) {
        headers.remove(name);
    }
    headers
}

/// Appends an element to a field that is a list, however many lines it has.
fn extend(headers: &mut HeaderMap, name: HeaderName, element: &str) {
    let mut elements: Vec<&str> =
        headers.get_all(&name).iter().filter_map(|line| line.to_str().ok()).collect();
    elements.push(element);
    if let Ok(list) = HeaderValue::from_str(&elements.join(", ")) {
        headers.insert(name, list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    fn lines(headers: &HeaderMap) -> Vec<String> {
        let mut lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines
    }

    #[test]
    fn a_request_goes_on_end_to_end_and_says_through_whom() {
        let received = map(&[
            ("host", "stub.test:4010"),
            ("connection", "keep-alive, X-Hop"),
            ("connection", "x-other"),
            ("x-hop", "1"),
            ("x-other", "1"),
            ("keep-alive", "5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("proxy-authorization", "Basic x"),
            ("expect", "100-continue"),
            ("x-forwarded-for", "203.0.113.7"),
            ("x-forwarded-host", "evil.test"),
            ("x-forwarded-proto", "gopher"),
            ("cookie", "a=b"),
            ("accept-encoding", "gzip"),
        ]);
        let sent = of_request(&received, ([192, 0, 2, 1], 5).into(), "http");
        insta::assert_snapshot!(lines(&sent).join("\n"), @r#"
        accept-encoding: gzip
        cookie: a=b
        forwarded: for=192.0.2.1;host="stub.test:4010";proto=http
        via: 1.1 counterfoil
        x-forwarded-for: 203.0.113.7, 192.0.2.1
        x-forwarded-host: stub.test:4010
        x-forwarded-proto: http
        "#);
        let sent = of_request(&sent, "[::1]:5".parse().unwrap(), "https");
        assert!(!sent.contains_key("x-forwarded-host"), "nobody said one");
        assert_eq!(
            sent["forwarded"],
            "for=192.0.2.1;host=\"stub.test:4010\";proto=http, for=\"[::1]\";proto=https"
        );
        assert_eq!(sent["via"], "1.1 counterfoil, 1.1 counterfoil");
    }

    #[test]
    fn a_reply_comes_back_end_to_end_and_says_nothing_of_who_may_read_it() {
        let received = map(&[
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("content-encoding", "gzip"),
            ("connection", "close, x-hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("access-control-allow-origin", "http://evil.test"),
            ("access-control-allow-credentials", "true"),
            ("counterfoil-call", "9"),
            ("x-app", "1"),
        ]);
        insta::assert_snapshot!(lines(&of_reply(&received)).join("\n"), @r"
        content-encoding: gzip
        set-cookie: a=1
        set-cookie: b=2
        x-app: 1
        ");
    }

    #[test]
    fn a_request_that_goes_round_is_known() {
        assert!(!is_circular(&map(&[("via", "1.1 counterfoil, 1.0 other")])));
        let many = HeaderValue::from_str(&["1.1 counterfoil"; MAX_PASSES].join(", ")).unwrap();
        assert!(is_circular(&HeaderMap::from_iter([(VIA, many)])));
    }
}
