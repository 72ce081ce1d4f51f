//! Which session a request names.

use http::{HeaderMap, HeaderName};

use super::config::{MAX_SESSION_NAME, SessionRules};

const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// A text that is no name of a session.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoName {
    /// Where it stands.
    pub(super) place: String,
}

/// Whether a text names a session: letters, digits, `-`, `_` and `.`, one at least and [`MAX_SESSION_NAME`] at most.
pub(crate) fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_SESSION_NAME).contains(&text.len())
        && text.bytes().all(is_plain)
        // A path would lose these segments on its way.
        && text != "."
        && text != ".."
}

/// The session that the headers of a request name: its own header first, then `baggage` (W3C Baggage).
pub(super) fn named<'h>(rules: &SessionRules, headers: &'h HeaderMap) -> Result<Option<&'h str>, NoName> {
    let invalid = |place: &str| NoName { place: place.to_owned() };
    let mut lines = headers.get_all(&rules.header).iter();
    if let Some(line) = lines.next() {
        let name = line.to_str().ok().map(str::trim).filter(|name| is_name(name) && lines.next().is_none());
        return name.map(Some).ok_or_else(|| invalid(rules.header.as_str()));
    }
    for line in headers.get_all(BAGGAGE) {
        // What others keep there is theirs, whatever it is.
        let Ok(line) = line.to_str() else { continue };
        for member in line.split(',') {
            let member = member.split(';').next().unwrap_or_default();
            if let Some((key, name)) = member.split_once('=')
                && key.trim() == rules.baggage
            {
                let name = name.trim();
                return if is_name(name) { Ok(Some(name)) } else { Err(invalid("baggage")) };
            }
        }
    }
    Ok(None)
}

/// The session that a request target begins with, and the target without it: `/~s1/pets?a=b` is `/pets?a=b` in `s1`.
pub(super) fn prefix(target: &str) -> Option<(&str, &str)> {
    let rest = target.strip_prefix("/~")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    is_name(name).then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_header_names_a_session_or_baggage_does() {
        let rules = SessionRules::merge(std::iter::empty());
        // What is sent, and the name or where it is none.
        type Row = (&'static [(&'static str, &'static str)], Result<Option<&'static str>, &'static str>);
        let long: &'static str = "x".repeat(MAX_SESSION_NAME + 1).leak();
        let long: &'static [_] = vec![("counterfoil-session", long)].leak();
        let table: [Row; 14] = [
            (&[], Ok(None)),
            (&[("counterfoil-session", "s1")], Ok(Some("s1"))),
            (&[("counterfoil-session", " s-1.a_B ")], Ok(Some("s-1.a_B"))),
            (&[("counterfoil-session", "")], Err("counterfoil-session")),
            (&[("counterfoil-session", "a b")], Err("counterfoil-session")),
            (&[("counterfoil-session", "..")], Err("counterfoil-session")),
            (long, Err("counterfoil-session")),
            (&[("counterfoil-session", "a"), ("counterfoil-session", "b")], Err("counterfoil-session")),
            (&[("baggage", "counterfoil-session=s1")], Ok(Some("s1"))),
            (&[("baggage", "a=b;p=q, counterfoil-session = s1 ;p=q,c=d")], Ok(Some("s1"))),
            (&[("baggage", "a=b"), ("baggage", "counterfoil-session=s2")], Ok(Some("s2"))),
            (&[("baggage", "counterfoil-sessions=s1,broken,=")], Ok(None)),
            (&[("baggage", "counterfoil-session=a%20b")], Err("baggage")),
            (&[("baggage", "counterfoil-session=s2"), ("counterfoil-session", "s1")], Ok(Some("s1"))),
        ];
        for (sent, expected) in table {
            let headers = headers(sent);
            let found = named(&rules, &headers);
            assert_eq!(found.as_ref().map_err(|none| none.place.as_str()).copied(), expected, "{sent:?}");
        }
    }

    #[test]
    fn a_path_names_a_session_by_its_first_segment() {
        let table = [
            ("/~s1/pets?a=b", Some(("s1", "/pets?a=b"))),
            ("/~s1", Some(("s1", ""))),
            ("/~s1?a=b", Some(("s1", "?a=b"))),
            ("/~s1/", Some(("s1", "/"))),
            ("/~s1//~s2/", Some(("s1", "//~s2/"))),
            ("/~/pets", None),
            ("/~a%20b/pets", None),
            ("/~../pets", None),
            ("/pets/~s1", None),
            ("*", None),
        ];
        for (target, expected) in table {
            assert_eq!(prefix(target), expected, "{target}");
        }
    }
}
