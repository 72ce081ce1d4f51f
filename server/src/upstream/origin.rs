//! Which pages may reach an upstream through this stub.
//!
//! A stub alone has nothing to hide. What an upstream answers may be meant for nobody but the one who runs the stub:
//! it may be on an inner network that no page of the web can reach. So a stub that forwards is for pages of this
//! machine, pages it serves itself, and those of the origins named:
//!
//! | `Origin` | request | `Access-Control-Allow-Origin` |
//! |---|---|---|
//! | none | forwarded, unless a browser says that another site sends it | none |
//! | of this machine, of the stub itself, or named | forwarded | reflected, with credentials |
//! | any other, `null` | 403 | none |

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, HOST, ORIGIN,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::cors;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origin of a request that must not be forwarded, as far as it says one.
pub(super) fn foreign<'r>(request: &'r HeaderMap, named: &[String]) -> Option<&'r str> {
    match request.get(ORIGIN) {
        Some(_) if is_trusted(request, named) => None,
        Some(origin) => Some(origin.to_str().unwrap_or("an origin that is no text")),
        None => {
            request.get(SEC_FETCH_SITE).filter(|site| *site == "cross-site").map(|_| "a page of another site")
        }
    }
}

/// Takes back what a reply allows to pages that may not reach the upstream, and allows it to those that may.
pub(crate) fn narrow(request: &HeaderMap, reply: &mut HeaderMap, named: &[String]) {
    if let Some(origin) = request.get(ORIGIN).filter(|_| is_trusted(request, named)) {
        let names: Vec<&str> = reply
            .keys()
            .map(HeaderName::as_str)
            .filter(|name| !name.starts_with("access-control-"))
            .collect();
        if let Ok(names) = HeaderValue::from_str(&names.join(", ")) {
            reply.insert(ACCESS_CONTROL_EXPOSE_HEADERS, names);
        }
        reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        reply.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        return;
    }
    for name in [
        ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_ALLOW_CREDENTIALS,
        ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_ALLOW_HEADERS,
        ACCESS_CONTROL_EXPOSE_HEADERS,
    ] {
        reply.remove(name);
    }
}

fn is_trusted(request: &HeaderMap, named: &[String]) -> bool {
    let Some(origin) = request.get(ORIGIN).and_then(|origin| origin.to_str().ok()) else { return false };
    let is_own = || {
        let host = request.get(HOST).and_then(|host| host.to_str().ok());
        origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host)
    };
    cors::is_loopback(origin) || named.iter().any(|named| named == origin) || is_own()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("192.0.2.1:4010"))]);
        headers.extend(origin.map(|origin| (ORIGIN, HeaderValue::from_static(origin))));
        headers
    }

    #[test]
    fn only_pages_that_are_trusted_reach_an_upstream() {
        let named = ["https://app.test".to_owned()];
        let table = [
            (None, true, None),
            (Some("http://localhost:3000"), true, Some("http://localhost:3000")),
            (Some("https://app.test"), true, Some("https://app.test")),
            (Some("http://192.0.2.1:4010"), true, Some("http://192.0.2.1:4010")),
            (Some("http://192.0.2.1:4011"), false, None),
            (Some("https://app.test.evil.test"), false, None),
            (Some("https://evil.test"), false, None),
            (Some("null"), false, None),
        ];
        for (origin, passes, allowed) in table {
            let request = request(origin);
            assert_eq!(foreign(&request, &named).is_none(), passes, "{origin:?}");
            let mut reply = HeaderMap::new();
            cors::apply(&cors::Cors::Everyone, &request, &mut reply);
            narrow(&request, &mut reply, &named);
            let found = reply.get(ACCESS_CONTROL_ALLOW_ORIGIN).map(|origin| origin.to_str().unwrap());
            assert_eq!(found, allowed, "{origin:?}");
            assert_eq!(reply.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS), allowed.is_some(), "{origin:?}");
        }
        let mut crossing = request(None);
        crossing.insert(SEC_FETCH_SITE, HeaderValue::from_static("cross-site"));
        assert!(foreign(&crossing, &named).is_some());
    }
}
