//! Where the `Location` of an answer leads (RFC 9110, section 10.2.2; RFC 3986, section 5.2).

use counterfoil_openapi::{Request, Response};
use http::header::LOCATION;
use http::{Method, Uri};
use percent_encoding::percent_decode_str;

/// The answer to the first request of a story, where that made something and says where it is.
pub(crate) fn told<'a>((request, response): (&'a Request, &Response)) -> Option<(&'a Request, String)> {
    let is_made = response.status.as_u16() == 201 && matches!(request.method, Method::POST | Method::PUT);
    let location = response.headers.get(LOCATION).filter(|_| is_made)?.to_str().ok()?.trim();
    Some((request, location.to_owned()))
}

/// The target, below the base URL, of the place that the `Location` of what was made leads to, where that is another one
/// than where it was read. What reads it is asked for there by the same query.
///
/// Nothing where it may well be the same: behind something that puts a prefix before paths or takes it away, and where it
/// is nothing but a name; nor where it ends in another name than the one it was read by, which may be a later one, or one
/// of something else; nor where it is of another origin or outside of the base URL.
pub(crate) fn elsewhere(base_url: &str, maker: &Request, location: &str, read: &Request) -> Option<String> {
    let base: Uri = base_url.trim_end_matches('/').parse().ok()?;
    let prefix = base.path().trim_end_matches('/');
    let location = location.split('#').next().filter(|location| !location.is_empty())?;
    let is_name = !location.contains(['/', '?']);
    let (path, query) = resolved(&base, &format!("{prefix}{}", maker.path()), location)?;
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let (told, whole, bare) =
        (decoded(&path), decoded(&format!("{prefix}{}", read.path())), decoded(read.path()));
    let below = path.strip_prefix(prefix).filter(|below| below.starts_with('/'))?;
    let is_same = told == bare
        || ends_with(&told, &whole)
        || ends_with(&told, &bare)
        || ends_with(&whole, &told)
        || ends_with(&bare, &told)
        || ends_with(&bare, &decoded(below))
        || is_name && ends_with(&whole, &decoded(&format!("/{location}")));
    if is_same || name(&path) != name(read.path()) || !is_plain(&path) || !query.is_none_or(is_plain) {
        return None;
    }
    let query = with_query(query, read.query());
    Some(query.map_or_else(|| below.to_owned(), |query| format!("{below}?{query}")))
}

/// What the last segment of a path says that is not empty.
pub(crate) fn name(path: &str) -> Option<String> {
    path.rsplit('/').find(|segment| !segment.is_empty()).map(decoded)
}

/// A query with what another one has, and it does not: the key that every request is sent with, too.
fn with_query(own: Option<&str>, other: Option<&str>) -> Option<String> {
    let own = own.filter(|own| !own.is_empty());
    let (Some(own), Some(other)) = (own, other) else {
        return own.or(other).map(str::to_owned);
    };
    let name = |pair: &str| decoded(pair.split('=').next().unwrap_or_default());
    let is_new = |pair: &&str| !pair.is_empty() && !own.split('&').any(|known| name(known) == name(pair));
    let pairs: Vec<&str> = std::iter::once(own).chain(other.split('&').filter(is_new)).collect();
    Some(pairs.join("&"))
}

/// Whether a path ends in another one, that begins with a slash.
fn ends_with(path: &str, end: &str) -> bool {
    end.len() > 1 && path.ends_with(end)
}

/// Path and query of a reference from a path, where it is of the same origin.
fn resolved<'l>(base: &Uri, from: &str, location: &'l str) -> Option<(String, Option<&'l str>)> {
    let (location, query) = match location.split_once('?') {
        Some((location, query)) => (location, Some(query)),
        None => (location, None),
    };
    let has_scheme = location.split('/').next().is_some_and(|first| first.contains(':'));
    let path = if has_scheme {
        let (scheme, rest) = location.split_once("://")?;
        is_of(base, scheme, rest)?
    } else if let Some(rest) = location.strip_prefix("//") {
        is_of(base, base.scheme_str()?, rest)?
    } else if location.starts_with('/') {
        location
    } else if location.is_empty() {
        return Some((from.to_owned(), query));
    } else {
        let around = &from[..=from.rfind('/')?];
        return Some((without_dots(&format!("{around}{location}")), query));
    };
    Some((without_dots(path), query))
}

/// The path that follows an authority, where that is the base's.
fn is_of<'l>(base: &Uri, scheme: &str, rest: &'l str) -> Option<&'l str> {
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let told: Uri = format!("{scheme}://{authority}/").parse().ok()?;
    let port = |uri: &Uri| {
        let known = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        uri.port_u16().unwrap_or(known)
    };
    let is_same = told.scheme() == base.scheme()
        && told.host()?.eq_ignore_ascii_case(base.host()?)
        && port(&told) == port(base);
    is_same.then_some(if path.is_empty() { "/" } else { path })
}

/// A path without segments of dots (RFC 3986, section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut rest = path.split('/').skip(1).peekable();
    while let Some(segment) = rest.next() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    segments.pop();
                }
                if rest.peek().is_none() {
                    segments.push("");
                }
            }
            segment => segments.push(segment),
        }
    }
    format!("/{}", segments.join("/"))
}

fn decoded(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_followed_where_it_leads_elsewhere() {
        let followed = |base: &str, location: &str| {
            let maker = Request::new(Method::POST, "/pets?dry=no");
            elsewhere(base, &maker, location, &Request::new(Method::GET, "/pets/7"))
        };
        let (root, below) = ("http://host:80", "http://host/api/v2/");
        let table = [
            (root, "/pets/7", None),
            (root, "/pet/7", Some("/pet/7")),
            (root, "/pets/7/", Some("/pets/7/")),
            (root, "/pet/7?a=b#c", Some("/pet/7?a=b")),
            // It has another name there, or none.
            (root, "/pets/8", None),
            (root, "/pets/a-slug", None),
            (root, "/uploads/4fhrTs82QaLx", None),
            (root, "/", None),
            (root, "/pets/%37", None),
            (root, "http://HOST/pets/7", None),
            (root, "http://host/pet/7", Some("/pet/7")),
            (root, "//host/pet/7", Some("/pet/7")),
            (root, "http://host", None),
            // Resolved against `/pets`.
            (root, "pets/7", None),
            (root, "./pets/../pet/7", Some("/pet/7")),
            (root, "?id=7", None),
            // Nothing but a name, which stands for the path that ends in it.
            (root, "7", None),
            (root, "8", None),
            // Behind something that takes a prefix away.
            (root, "/api/v2/pets/7", None),
            // Elsewhere for sure.
            (root, "https://host/pet/7", None),
            (root, "http://other/pet/7", None),
            (root, "http://host:8080/pet/7", None),
            (root, "urn:pet:7", None),
            (root, "", None),
            (root, "#7", None),
            (root, "/pet/sev en", None),
            (below, "/api/v2/pets/7", None),
            (below, "/api/v2/pet/7", Some("/pet/7")),
            (below, "/pets/7", None),
            (below, "/pet/7", None),
            (below, "/api/v22/pet/7", None),
            (below, "pets/7", None),
            (below, "pet/7", Some("/pet/7")),
            (below, "7", None),
        ];
        for (base, location, expected) in table {
            assert_eq!(followed(base, location).as_deref(), expected, "{base} {location}");
        }
        let maker = Request::new(Method::POST, "/pets");
        let read = Request::new(Method::GET, "/pets/7?key=k");
        assert_eq!(elsewhere(root, &maker, "/pet/7", &read).as_deref(), Some("/pet/7?key=k"));
        assert_eq!(elsewhere(root, &maker, "/pet/7?a", &read).as_deref(), Some("/pet/7?a&key=k"));
        assert_eq!(elsewhere(root, &maker, "/pet/7?", &read).as_deref(), Some("/pet/7?key=k"));
        assert_eq!(elsewhere(root, &maker, "/pet/7?%6bey=l", &read).as_deref(), Some("/pet/7?%6bey=l"));
    }

    #[test]
    fn a_documented_path_may_have_a_prefix_that_is_taken_away() {
        let read = Request::new(Method::GET, "/api/v1/pets/7");
        let table = [
            ("http://host", "/pets/7", None),
            ("http://host", "/v1/pets/7", None),
            ("http://host", "/out/api/v1/pets/7", None),
            ("http://host", "/ts/7", Some("/ts/7")),
            ("http://host", "/api/v1/pet/7", Some("/api/v1/pet/7")),
            ("http://host", "http://host/pets/7", None),
            ("http://host/base", "/base/api/v1/pets/7", None),
            ("http://host/base", "/base/pets/7", None),
            ("http://host/base", "/pets/7", None),
            ("http://host/base", "/base/pet/7", Some("/pet/7")),
        ];
        for (base, location, expected) in table {
            let maker = Request::new(Method::POST, "/api/v1/pets");
            assert_eq!(elsewhere(base, &maker, location, &read).as_deref(), expected, "{base} {location}");
        }
    }

    #[test]
    fn what_was_made_says_where_it_is() {
        let table = [
            (Method::POST, 201, Some("/pets/7")),
            (Method::PUT, 201, Some("/pets/7")),
            (Method::POST, 200, None),
            // It is where its making is to be seen.
            (Method::POST, 202, None),
            (Method::GET, 201, None),
        ];
        for (method, status, expected) in table {
            let request = Request::new(method, "/pets");
            let mut response = Response::new(http::StatusCode::from_u16(status).unwrap());
            response.headers.insert(LOCATION, http::HeaderValue::from_static("/pets/7"));
            let told = told((&request, &response)).map(|(_, location)| location);
            assert_eq!(told.as_deref(), expected, "{status}");
        }
    }
}
