//! Challenges: how `WWW-Authenticate` asks for what an operation's security wants (RFC 9110, section 11.6.1).
//!
//! | scheme | challenge |
//! |---|---|
//! | apiKey | `ApiKey`, with where the key is sent and its name: no registered scheme, yet a 401 must have a challenge |
//! | http basic | `Basic`, with its charset (RFC 7617) |
//! | http digest | one `Digest` an algorithm, the better one first (RFC 7616) |
//! | http bearer, oauth2, openIdConnect | `Bearer`, with the scopes and, where a token was sent, what is wrong with it (RFC 6750) |
//! | any other http scheme | its name |
//! | mutualTLS and types we do not know | none |

use counterfoil_openapi::{ApiKeyLocation, Operation, SecuritySchemeKind};
use http::HeaderValue;

use super::digest::{ALGORITHMS, REALM};

/// What a request did wrong, as far as its challenges tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Fault {
    /// It has a bearer token.
    pub(super) has_token: bool,
    /// Its credentials are good, and lack scopes.
    pub(super) lacks_scopes: bool,
    /// It answers a Digest challenge rightly, but for the nonce.
    pub(super) is_stale: bool,
}

/// The challenges of an operation, each once.
pub(super) fn challenges(operation: &Operation, nonce: &str, fault: Fault) -> Vec<HeaderValue> {
    let schemes = operation.security().iter().flat_map(|alternative| &alternative.schemes);
    let mut found: Vec<String> = Vec::new();
    for (scheme, scopes) in schemes {
        let is_bearer = match &scheme.kind {
            SecuritySchemeKind::Http { scheme } => scheme == "bearer",
            SecuritySchemeKind::OAuth2 | SecuritySchemeKind::OpenIdConnect => true,
            _ => false,
        };
        // Other schemes have no word for what was good and is not enough.
        if fault.lacks_scopes && !is_bearer {
            continue;
        }
        for challenge in of(&scheme.kind, scopes, nonce, fault) {
            if !found.contains(&challenge) {
                found.push(challenge);
            }
        }
    }
    found.iter().filter_map(|challenge| HeaderValue::from_str(challenge).ok()).collect()
}

fn of(kind: &SecuritySchemeKind, scopes: &[String], nonce: &str, fault: Fault) -> Vec<String> {
    match kind {
        SecuritySchemeKind::ApiKey { location, name } => {
            let location = match location {
                ApiKeyLocation::Query => "query",
                ApiKeyLocation::Header => "header",
                ApiKeyLocation::Cookie => "cookie",
            };
            let name = name.replace(['"', '\\'], "");
            vec![format!("ApiKey realm=\"{REALM}\", in=\"{location}\", name=\"{name}\"")]
        }
        SecuritySchemeKind::Http { scheme } => match scheme.as_str() {
            "basic" => vec![format!("Basic realm=\"{REALM}\", charset=\"UTF-8\"")],
            "bearer" => vec![bearer(scopes, fault)],
            "digest" => {
                let stale = if fault.is_stale { ", stale=true" } else { "" };
                let challenge = |algorithm: &&str| {
                    format!(
                        "Digest realm=\"{REALM}\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                         nonce=\"{nonce}\", charset=UTF-8, userhash=true{stale}"
                    )
                };
                ALGORITHMS.iter().map(challenge).collect()
            }
            other if is_token(other) => vec![format!("{other} realm=\"{REALM}\"")],
            _ => Vec::new(),
        },
        SecuritySchemeKind::OAuth2 | SecuritySchemeKind::OpenIdConnect => vec![bearer(scopes, fault)],
        _ => Vec::new(),
    }
}

fn bearer(scopes: &[String], fault: Fault) -> String {
    let mut challenge = format!("Bearer realm=\"{REALM}\"");
    if fault.lacks_scopes {
        challenge.push_str(", error=\"insufficient_scope\"");
    } else if fault.has_token {
        challenge.push_str(", error=\"invalid_token\"");
    }
    let is_scope = |scope: &&String| {
        !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
    };
    let scopes: Vec<&str> = scopes.iter().filter(is_scope).map(String::as_str).collect();
    if !scopes.is_empty() {
        challenge.push_str(&format!(", scope=\"{}\"", scopes.join(" ")));
    }
    challenge
}

/// Whether a text can be the name of a scheme.
fn is_token(text: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}
