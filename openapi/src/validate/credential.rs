//! What a request presents for a security scheme.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use http::{HeaderMap, HeaderName, header};

use crate::codec::{Cookies, QueryPairs};
use crate::contract::{ApiKeyLocation, SecuritySchemeKind};
use crate::message::Request;

/// A well-formed credential. Its `Debug` shows no value.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credential<'r> {
    /// An API key, or what stands after the name of an `Authorization` scheme: a token.
    Token(Cow<'r, [u8]>),
    /// The user name, a colon and the password of the Basic scheme (RFC 7617), decoded.
    Basic(Vec<u8>),
    /// The parameters of the Digest scheme (RFC 7616).
    Digest(DigestParameters),
}

impl fmt::Debug for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(…)",
            Self::Basic(_) => "Basic(…)",
            Self::Digest(_) => "Digest(…)",
        })
    }
}

/// The parameters of an `Authorization: Digest`: names in lower case, values without their quotes.
#[derive(Clone)]
pub struct DigestParameters(Vec<(String, String)>);

impl DigestParameters {
    /// The value of a parameter.
    pub fn named(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The parameters of a text, where it has each at most once and those that no answer does without (RFC 7616,
    /// section 3.4).
    fn read(text: &str) -> Option<Self> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=')?;
            let name = name.trim().to_ascii_lowercase();
            let (value, after) = value(after.trim_start())?;
            if name.is_empty() || parameters.iter().any(|(known, _)| *known == name) {
                return None;
            }
            parameters.push((name, value));
            let after = after.trim_start();
            rest = match after.strip_prefix(',') {
                Some(after) => after.trim_start(),
                None if after.is_empty() => "",
                None => return None,
            };
        }
        let found = Self(parameters);
        let has = |name| found.named(name).is_some_and(|value| !value.is_empty());
        let is_whole = ["realm", "nonce", "uri", "response"].into_iter().all(has);
        (is_whole && (has("username") || has("username*"))).then_some(found)
    }
}

/// A token or a quoted string at the beginning of a text, and what follows it (RFC 9110, section 5.6).
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        return Some((text[..end].trim_end().to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            plain => value.push(plain),
        }
    }
    None
}

/// What a request has of one scheme.
#[derive(Debug)]
pub(super) enum Presented<'r> {
    /// No request can show it.
    NotAsked,
    Nothing,
    Malformed,
    /// One at least.
    WellFormed(Vec<Credential<'r>>),
}

/// The credentials of a request; query and cookies are read when a scheme asks for them.
pub(super) struct Wallet<'r> {
    request: &'r Request,
    query: OnceCell<Option<QueryPairs<'r>>>,
    cookies: OnceCell<Cookies>,
}

impl<'r> Wallet<'r> {
    pub(super) fn of(request: &'r Request) -> Self {
        Self { request, query: OnceCell::new(), cookies: OnceCell::new() }
    }

    pub(super) fn find(&self, kind: &SecuritySchemeKind) -> Presented<'r> {
        match kind {
            SecuritySchemeKind::ApiKey { location, name } => self.keys(*location, name),
            SecuritySchemeKind::Http { scheme } => authorization(&self.request.headers, scheme),
            SecuritySchemeKind::OAuth2 | SecuritySchemeKind::OpenIdConnect => {
                authorization(&self.request.headers, "bearer")
            }
            SecuritySchemeKind::MutualTls | SecuritySchemeKind::Unknown(_) => Presented::NotAsked,
        }
    }

    /// The key in a header.
    fn header(&self, name: &str) -> Presented<'r> {
        // Compared with each, which costs less than to make a name for a look-up.
        let mut fields = self.request.headers.iter();
        match fields.find(|(known, _)| known.as_str().eq_ignore_ascii_case(name)) {
            Some((_, value)) if value.as_bytes().iter().all(u8::is_ascii_whitespace) => Presented::Malformed,
            Some((_, value)) => {
                Presented::WellFormed(vec![Credential::Token(Cow::Borrowed(value.as_bytes()))])
            }
            None if HeaderName::try_from(name).is_ok() => Presented::Nothing,
            // No request can show what no header can be called: the same for everybody, it is not asked for.
            None => Presented::NotAsked,
        }
    }

    fn keys(&self, location: ApiKeyLocation, name: &str) -> Presented<'r> {
        let keys: Vec<Cow<'r, [u8]>> = match location {
            ApiKeyLocation::Header => return self.header(name),
            ApiKeyLocation::Query => {
                let read = || self.request.query().and_then(|query| QueryPairs::read(query).ok());
                let pairs = self.query.get_or_init(read);
                pairs.iter().filter_map(|pairs| pairs.text(name)).map(bytes).collect()
            }
            ApiKeyLocation::Cookie => {
                let cookies = self.cookies.get_or_init(|| Cookies::read(&self.request.headers));
                // Some clients escape the values of cookies and others do not: either is meant.
                let first = cookies.named(name).first().map(|value| (*value).to_owned());
                let unescaped = first.as_deref().map(|raw| Cookies::unescaped(raw).into_owned());
                let mut found: Vec<String> = first.into_iter().chain(unescaped).collect();
                found.dedup();
                found.into_iter().map(|value| Cow::Owned(value.into_bytes())).collect()
            }
        };
        if keys.is_empty() {
            return Presented::Nothing;
        }
        let is_blank = |key: &Cow<'_, [u8]>| key.iter().all(u8::is_ascii_whitespace);
        if keys.iter().any(is_blank) {
            return Presented::Malformed;
        }
        Presented::WellFormed(keys.into_iter().map(Credential::Token).collect())
    }
}

/// The credentials of an `Authorization` scheme, whose name is in lower case; other schemes' lines do not count.
fn authorization<'r>(headers: &'r HeaderMap, scheme: &str) -> Presented<'r> {
    let mut found: Vec<Credential<'r>> = Vec::new();
    let mut is_there = false;
    for line in headers.get_all(header::AUTHORIZATION).iter().filter_map(|line| line.to_str().ok()) {
        let (name, text) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        if !name.eq_ignore_ascii_case(scheme) {
            continue;
        }
        is_there = true;
        let text = text.trim();
        found.extend(match scheme {
            "basic" => user_and_password(text).map(Credential::Basic),
            "digest" => DigestParameters::read(text).map(Credential::Digest),
            _ => (!text.is_empty()).then_some(Credential::Token(Cow::Borrowed(text.as_bytes()))),
        });
    }
    match (found.is_empty(), is_there) {
        (false, _) => Presented::WellFormed(found),
        (true, true) => Presented::Malformed,
        (true, false) => Presented::Nothing,
    }
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// The user name, a colon and the password that a credential of the Basic scheme holds (RFC 7617), where it is one.
pub fn user_and_password(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let mut decoded: Vec<u8> = Vec::with_capacity(digits.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in digits.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xFFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push((bits >> count & 0xFF) as u8);
        }
    }
    (digits.len() % 4 != 1 && decoded.contains(&b':')).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_digest_is_read_with_quotes_escapes_and_spaces() {
        let text = r#"Username = "a \"b\", c" , realm="r",nonce=n , uri="/a?b=c,d", response="0a", qop=auth, nc=00000001"#;
        let read = DigestParameters::read(text).unwrap();
        let named = |name| read.named(name).unwrap_or("-");
        assert_eq!(
            ["username", "realm", "nonce", "uri", "response", "qop", "nc", "opaque"].map(named),
            [r#"a "b", c"#, "r", "n", "/a?b=c,d", "0a", "auth", "00000001", "-"]
        );
    }

    #[test]
    fn a_digest_that_is_none() {
        let whole = r#"username="u", realm="r", nonce="n", uri="/", response="x""#;
        assert!(DigestParameters::read(whole).is_some());
        for text in [
            "",
            "abc",
            r#"username="u", realm="r", nonce="n", uri="/""#,
            r#"username="", realm="r", nonce="n", uri="/", response="x""#,
            r#"username="u", username="v", realm="r", nonce="n", uri="/", response="x""#,
            r#"username="u" realm="r", nonce="n", uri="/", response="x""#,
            r#"username="u", realm="r", nonce="n", uri="/", response="x"#,
            r#"username="u\"#,
        ] {
            assert!(DigestParameters::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn user_and_password_are_read() {
        for (text, expected) in [
            ("dXNlcjpwYXNz", Some("user:pass")),
            ("dTpw", Some("u:p")),
            ("Og==", Some(":")),
            ("Og", Some(":")),
            ("dXNlcg==", None),
            ("!", None),
            ("", None),
        ] {
            let read = user_and_password(text).map(|read| String::from_utf8(read).unwrap());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = DigestParameters::read(&text);
            let _ = user_and_password(&text);
        }
    }
}
