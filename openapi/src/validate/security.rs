//! Credentials: whether well-formed ones are there. Which values are accepted is for whoever asks to say.

use crate::contract::{
    ApiKeyLocation, Location, Operation, SecurityRequirement, SecurityScheme, SecuritySchemeKind,
};
use crate::message::Request;
use crate::violation::{Part, Violation};

use super::credential::{Credential, Presented, Wallet};

/// What somebody makes of a well-formed credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// It is good.
    Accepted,
    /// It is not.
    Refused,
    /// It is good, and lacks these of the scopes asked for.
    Lacking(Vec<String>),
}

/// Whether a request lacks the credentials its operation asks for.
///
/// One alternative must hold, and of it every scheme (OpenAPI 3.0.3, section 4.7.30):
///
/// | scheme | well-formed |
/// |---|---|
/// | apiKey | a header, query parameter or cookie of the name that is not empty |
/// | http basic | Base64 of a user name, a colon and a password (RFC 7617) |
/// | http bearer, oauth2, openIdConnect | `Bearer` and a token (RFC 6750) |
/// | http digest | `Digest` with `username`, `realm`, `nonce`, `uri` and `response` (RFC 7616) |
/// | any other http scheme | its name, in any case, and something after it |
/// | mutualTLS, types we do not know, and keys in a header whose name is none | nothing can be asked of a request |
pub fn security(operation: &Operation, request: &Request) -> Option<Violation> {
    security_by(operation, request, &|_, _, _| Acceptance::Accepted)
}

/// As [`security`], where a credential must be accepted as well: `accept` is asked about each well-formed one of a
/// scheme, with the scopes that the operation asks for.
///
/// The rule of the violation is `forbidden` where some alternative lacks nothing but scopes, else `unauthorized`. Its
/// message holds no value of the request.
pub fn security_by(
    operation: &Operation,
    request: &Request,
    accept: &dyn Fn(&SecurityScheme, &[String], &Credential<'_>) -> Acceptance,
) -> Option<Violation> {
    let alternatives = operation.security();
    if alternatives.is_empty() {
        return None;
    }
    let wallet = Wallet::of(request);
    let mut unmet: Vec<Unmet> = Vec::new();
    for alternative in alternatives {
        unmet.push(judge(alternative, &wallet, accept)?);
    }
    let lacking: Vec<&str> = unmet.iter().filter_map(Unmet::scopes).collect();
    if !lacking.is_empty() {
        let message = format!("the credentials are good, and {}", lacking.join(", or "));
        return Some(Violation::new(Part::Security, "forbidden", message));
    }
    let wanted: Vec<&str> = unmet.iter().map(|unmet| unmet.why.as_str()).collect();
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

/// Why an alternative does not hold, in words; never with a value of the request.
struct Unmet {
    why: String,
    /// Whether all that is amiss is that scopes are lacking.
    is_good: bool,
}

impl Unmet {
    fn scopes(&self) -> Option<&str> {
        self.is_good.then_some(self.why.as_str())
    }
}

/// What an alternative asks for and does not get; nothing where it holds.
fn judge(
    alternative: &SecurityRequirement,
    wallet: &Wallet<'_>,
    accept: &dyn Fn(&SecurityScheme, &[String], &Credential<'_>) -> Acceptance,
) -> Option<Unmet> {
    let mut whys: Vec<String> = Vec::new();
    let mut is_good = true;
    for (scheme, scopes) in &alternative.schemes {
        let (why, is_scope) = match wallet.find(&scheme.kind) {
            Presented::NotAsked => continue,
            Presented::Nothing => (format!("{} is missing", describe(&scheme.kind)), false),
            Presented::Malformed => (format!("{} is malformed", describe(&scheme.kind)), false),
            Presented::WellFormed(credentials) => {
                let verdicts = credentials.iter().map(|credential| accept(scheme, scopes, credential));
                // Every one is asked about, so that how long it takes tells nothing of which was good.
                let best = verdicts.fold(Acceptance::Refused, better);
                match best {
                    Acceptance::Accepted => continue,
                    Acceptance::Refused => (format!("{} is not accepted", describe(&scheme.kind)), false),
                    Acceptance::Lacking(scopes) => (lacks(&scheme.name, &scopes), true),
                }
            }
        };
        is_good &= is_scope;
        // Two schemes may ask for the same.
        if !whys.contains(&why) {
            whys.push(why);
        }
    }
    (!whys.is_empty()).then(|| Unmet { why: whys.join(" and "), is_good })
}

fn better(first: Acceptance, second: Acceptance) -> Acceptance {
    match (&first, &second) {
        (Acceptance::Accepted, _) | (Acceptance::Lacking(_), Acceptance::Refused) => first,
        _ => second,
    }
}

fn lacks(scheme: &str, scopes: &[String]) -> String {
    let scopes: Vec<String> = scopes.iter().map(|scope| format!("`{scope}`")).collect();
    match scopes.as_slice() {
        [scope] => format!("`{scheme}` lacks the scope {scope}"),
        scopes => format!("`{scheme}` lacks the scopes {}", scopes.join(", ")),
    }
}

fn describe(kind: &SecuritySchemeKind) -> String {
    match kind {
        SecuritySchemeKind::ApiKey { location, name } => match location {
            ApiKeyLocation::Header => format!("the header `{name}`"),
            ApiKeyLocation::Query => format!("the query parameter `{name}`"),
            ApiKeyLocation::Cookie => format!("the cookie `{name}`"),
        },
        SecuritySchemeKind::Http { scheme } => format!("`Authorization: {} ...`", capitalised(scheme)),
        _ => "`Authorization: Bearer ...`".to_owned(),
    }
}

fn capitalised(scheme: &str) -> String {
    let mut characters = scheme.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;
    use http::{HeaderValue, Method};

    use super::*;
    use crate::contract::Contract;

    const DOCUMENT: &str = "
openapi: 3.0.3
security: [{key: [], oauth: [read, write]}, {other: [admin]}]
paths: {/a: {get: {responses: {}}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    oauth: {type: oauth2, flows: {}}
    other: {type: openIdConnect, openIdConnectUrl: 'https://x'}
";

    /// What is said of a request with key and token, each scheme's verdict given by a letter: accepted, refused or
    /// lacking.
    fn told(key: Option<char>, oauth: char, other: char) -> String {
        let contract = Contract::load("a.yaml", DOCUMENT.as_bytes()).unwrap();
        let mut request = Request::new(Method::GET, "/a");
        request.headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer hunter2"));
        if key.is_some() {
            request.headers.insert("x-key", HeaderValue::from_static("hunter2"));
        }
        let verdict = |letter: char, scopes: &[String]| match letter {
            'a' => Acceptance::Accepted,
            'l' => Acceptance::Lacking(scopes.to_vec()),
            _ => Acceptance::Refused,
        };
        let found = security_by(&contract.operations()[0], &request, &|scheme, scopes, _| match scheme
            .name
            .as_str()
        {
            "key" => verdict(key.unwrap(), scopes),
            "oauth" => verdict(oauth, scopes),
            _ => verdict(other, scopes),
        });
        found.map_or("-".to_owned(), |violation| violation.to_string())
    }

    #[test]
    fn a_key_in_what_no_header_can_be_called_is_not_asked_for() {
        let text = DOCUMENT.replace("name: X-Key", "name: X Key");
        let contract = Contract::load("a.yaml", text.as_bytes()).unwrap();
        let mut request = Request::new(Method::GET, "/a");
        request.headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer hunter2"));
        assert!(security(&contract.operations()[0], &request).is_none());
    }

    #[test]
    fn one_alternative_must_hold_and_of_it_every_scheme() {
        let table = [
            (told(Some('a'), 'a', 'r'), "-"),
            (told(Some('r'), 'r', 'a'), "-"),
            (told(None, 'a', 'a'), "-"),
            (
                told(None, 'a', 'r'),
                "security: no valid credentials: the header `X-Key` is missing, or `Authorization: Bearer ...` is not accepted [unauthorized]",
            ),
            (
                told(Some('r'), 'l', 'r'),
                "security: no valid credentials: the header `X-Key` is not accepted and `oauth` lacks the scopes `read`, `write`, or `Authorization: Bearer ...` is not accepted [unauthorized]",
            ),
            (
                told(Some('a'), 'l', 'r'),
                "security: the credentials are good, and `oauth` lacks the scopes `read`, `write` [forbidden]",
            ),
            (
                told(Some('r'), 'r', 'l'),
                "security: the credentials are good, and `other` lacks the scope `admin` [forbidden]",
            ),
        ];
        for (told, expected) in table {
            assert_eq!(told, expected);
        }
    }
}
