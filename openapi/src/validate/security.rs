//! Credentials: whether well-formed ones are there. Which values are accepted is no affair of the contract.

use std::borrow::Cow;

use http::{HeaderMap, header};

use crate::codec::{Cookies, QueryPairs};
use crate::contract::{ApiKeyLocation, Location, Operation, SecurityRequirement, SecuritySchemeKind};
use crate::message::Request;
use crate::violation::{Part, Violation};

/// Whether a request lacks the credentials its operation asks for.
///
/// One alternative must hold, and of it every scheme (OpenAPI 3.0.3, section 4.7.30):
///
/// | scheme | well-formed |
/// |---|---|
/// | apiKey | a header, query parameter or cookie of the name that is not empty |
/// | http basic | Base64 of a user name, a colon and a password (RFC 7617) |
/// | http bearer, oauth2, openIdConnect | `Bearer` and a token (RFC 6750) |
/// | any other http scheme | its name, in any case, and something after it |
/// | mutualTLS and types we do not know | nothing can be asked of a request |
pub fn security(operation: &Operation, request: &Request) -> Option<Violation> {
    let alternatives = operation.security();
    if alternatives.is_empty() {
        return None;
    }
    let credentials = Credentials::of(request);
    if alternatives.iter().any(|alternative| credentials.satisfy(alternative)) {
        return None;
    }
    let wanted: Vec<String> =
        alternatives.iter().map(|alternative| credentials.lacking(alternative)).collect();
    let message = format!("no valid credentials: {}", wanted.join(", or "));
    Some(Violation::new(Part::Security, "unauthorized", message))
}

/// Whether a parameter carries a key of the operation's security, so that its value is a secret.
pub(super) fn is_key(operation: &Operation, location: Location, name: &str) -> bool {
    operation.security().iter().flat_map(|alternative| &alternative.schemes).any(|(scheme, _)| {
        match (&scheme.kind, location) {
            (SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Query, name: key }, Location::Query)
            | (
                SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Cookie, name: key },
                Location::Cookie,
            ) => key == name,
            (
                SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Header, name: key },
                Location::Header,
            ) => key.eq_ignore_ascii_case(name),
            _ => false,
        }
    })
}

struct Credentials<'r> {
    headers: &'r HeaderMap,
    query: Option<QueryPairs<'r>>,
    cookies: Cookies,
}

/// What a request has of one scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    WellFormed,
    Malformed,
    Nothing,
}

impl<'r> Credentials<'r> {
    fn of(request: &'r Request) -> Self {
        Self {
            headers: &request.headers,
            query: request.query().and_then(|query| QueryPairs::read(query).ok()),
            cookies: Cookies::read(&request.headers),
        }
    }

    fn satisfy(&self, alternative: &SecurityRequirement) -> bool {
        alternative.schemes.iter().all(|(scheme, _)| self.find(&scheme.kind) == Found::WellFormed)
    }

    fn find(&self, kind: &SecuritySchemeKind) -> Found {
        match kind {
            SecuritySchemeKind::ApiKey { location, name } => match self.key(*location, name) {
                Some(key) if !key.trim().is_empty() => Found::WellFormed,
                Some(_) => Found::Malformed,
                None => Found::Nothing,
            },
            SecuritySchemeKind::Http { scheme } => self.authorization(scheme),
            SecuritySchemeKind::OAuth2 | SecuritySchemeKind::OpenIdConnect => self.authorization("bearer"),
            SecuritySchemeKind::MutualTls | SecuritySchemeKind::Unknown(_) => Found::WellFormed,
        }
    }

    fn key(&self, location: ApiKeyLocation, name: &str) -> Option<Cow<'_, str>> {
        match location {
            ApiKeyLocation::Header => {
                self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()))
            }
            ApiKeyLocation::Query => self.query.as_ref()?.text(name),
            ApiKeyLocation::Cookie => self.cookies.named(name).first().map(|value| Cow::Borrowed(*value)),
        }
    }

    fn authorization(&self, scheme: &str) -> Found {
        let lines = self.headers.get_all(header::AUTHORIZATION).iter();
        let mut found = Found::Nothing;
        for line in lines.filter_map(|line| line.to_str().ok()) {
            let (name, credentials) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            if !name.eq_ignore_ascii_case(scheme) {
                continue;
            }
            let credentials = credentials.trim();
            let is_well_formed = match scheme {
                "basic" => is_user_and_password(credentials),
                _ => !credentials.is_empty(),
            };
            if is_well_formed {
                return Found::WellFormed;
            }
            found = Found::Malformed;
        }
        found
    }

    /// What an alternative asks for and the request does not have, in words; never with a value of the request.
    fn lacking(&self, alternative: &SecurityRequirement) -> String {
        let schemes = alternative.schemes.iter().map(|(scheme, _)| &scheme.kind);
        let lacking: Vec<String> = schemes
            .filter_map(|kind| match self.find(kind) {
                Found::WellFormed => None,
                Found::Malformed => Some(format!("{} is malformed", describe(kind))),
                Found::Nothing => Some(format!("{} is missing", describe(kind))),
            })
            .collect();
        lacking.join(" and ")
    }
}

fn describe(kind: &SecuritySchemeKind) -> String {
    match kind {
        SecuritySchemeKind::ApiKey { location, name } => match location {
            ApiKeyLocation::Header => format!("the header `{name}`"),
            ApiKeyLocation::Query => format!("the query parameter `{name}`"),
            ApiKeyLocation::Cookie => format!("the cookie `{name}`"),
        },
        SecuritySchemeKind::Http { scheme } => format!("`Authorization: {} …`", capitalised(scheme)),
        _ => "`Authorization: Bearer …`".to_owned(),
    }
}

fn capitalised(scheme: &str) -> String {
    let mut characters = scheme.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}

/// Whether a text is Base64 of something with a colon.
fn is_user_and_password(credentials: &str) -> bool {
    let digits = credentials.trim_end_matches('=');
    let mut decoded: Vec<u8> = Vec::with_capacity(digits.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in digits.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return false,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xFFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push((bits >> count & 0xFF) as u8);
        }
    }
    digits.len() % 4 != 1 && decoded.contains(&b':')
}
