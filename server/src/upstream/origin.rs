//! Which pages may reach an upstream through this stub.
//!
//! A stub alone has nothing to hide. What an upstream answers may be meant for nobody but the one who runs the stub:
//! it may be on an inner network that no page of the web can reach. So a stub that forwards is for the pages that may
//! use credentials ([`Cors`]), and for those it serves itself:
//!
//! | `Origin` | request | `Access-Control-Allow-Origin` |
//! |---|---|---|
//! | none | forwarded, unless a browser says that another site sends it | none |
//! | of this machine, or one of [`Cors::Only`] where there are such | forwarded | reflected, with credentials |
//! | of the stub itself | forwarded | none, and none is needed |
//! | any other, `null` | 403 | none |

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, HOST, ORIGIN,
};
use http::{HeaderMap, HeaderName};

use crate::cors::Cors;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origin of a request that must not be forwarded, as far as it says one.
pub(super) fn foreign<'r>(cors: &Cors, request: &'r HeaderMap) -> Option<&'r str> {
    match request.get(ORIGIN) {
        Some(_) if cors.trusted(request).is_some() || is_own(request) => None,
        Some(origin) => Some(origin.to_str().unwrap_or("an origin that is no text")),
        None => {
            request.get(SEC_FETCH_SITE).filter(|site| *site == "cross-site").map(|_| "a page of another site")
        }
    }
}

/// Takes back what a reply allows to pages that may not reach the upstream.
pub(crate) fn narrow(cors: &Cors, request: &HeaderMap, reply: &mut HeaderMap) {
    if cors.trusted(request).is_some() {
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

/// Whether the page is one that the stub itself has served.
fn is_own(request: &HeaderMap) -> bool {
    let text = |name| request.get(name).and_then(|value| value.to_str().ok());
    let authority = text(ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    authority.is_some() && authority == text(HOST)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::cors;

    fn request(origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("192.0.2.1:4010"))]);
        headers.extend(origin.map(|origin| (ORIGIN, HeaderValue::from_static(origin))));
        headers
    }

    #[test]
    fn only_pages_that_are_trusted_reach_an_upstream() {
        let only = Cors::Only(vec!["https://app.test".parse().unwrap()]);
        let local = Some("http://localhost:3000");
        let app = Some("https://app.test");
        let own = Some("http://192.0.2.1:4010");
        let table = [
            (&Cors::Everyone, None, true, None),
            (&Cors::Everyone, local, true, local),
            (&Cors::Everyone, app, false, None),
            (&Cors::Everyone, own, true, None),
            (&Cors::Everyone, Some("http://192.0.2.1:4011"), false, None),
            (&Cors::Everyone, Some("https://evil.test"), false, None),
            (&Cors::Everyone, Some("null"), false, None),
            (&only, app, true, app),
            (&only, local, false, None),
            (&only, own, true, None),
            (&only, Some("https://app.test.evil.test"), false, None),
            (&Cors::Off, own, true, None),
            (&Cors::Off, local, false, None),
        ];
        for (cors, origin, passes, allowed) in table {
            let request = request(origin);
            assert_eq!(foreign(cors, &request).is_none(), passes, "{cors:?} {origin:?}");
            let mut reply = HeaderMap::new();
            cors::apply(cors, &request, &mut reply);
            narrow(cors, &request, &mut reply);
            let found = reply.get(ACCESS_CONTROL_ALLOW_ORIGIN).map(|origin| origin.to_str().unwrap());
            assert_eq!(found, allowed, "{cors:?} {origin:?}");
            let allows = reply.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS);
            assert_eq!(allows, allowed.is_some(), "{cors:?} {origin:?}");
        }
        let mut crossing = request(None);
        crossing.insert(SEC_FETCH_SITE, HeaderValue::from_static("cross-site"));
        assert!(foreign(&Cors::Everyone, &crossing).is_some());
    }
}
