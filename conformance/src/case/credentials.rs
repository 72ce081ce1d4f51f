//! Credentials: those the user gave, made-up ones, none, and wrong ones.

use std::cell::RefCell;

use counterfoil_openapi::validate::{Acceptance, Credential, security_by, user_and_password};
use counterfoil_openapi::{Operation, Request, SecurityScheme, SecuritySchemeKind};
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::query;
use super::schemes::{CredentialPlace, alternative_of, credential_places, is_http, schemes};
use crate::config::{Credentials, Target};
use crate::replay::SecretForm;

/// What a made-up credential is, wherever any text serves.
const INVENTED: &str = "counterfoil";
/// `counterfoil:counterfoil`, as the Basic scheme writes it (RFC 7617).
const INVENTED_BASIC: &str = "Basic Y291bnRlcmZvaWw6Y291bnRlcmZvaWw=";
/// What a wrong credential is; no one issues it.
pub(crate) const WRONG: &str = "counterfoil-invalid";
/// `counterfoil-invalid:counterfoil-invalid`, as the Basic scheme writes it.
const WRONG_BASIC: &str = "Basic Y291bnRlcmZvaWwtaW52YWxpZDpjb3VudGVyZm9pbC1pbnZhbGlk";
/// Neither user nor password, as the Basic scheme writes it.
const EMPTY_BASIC: &str = "Basic Og==";

/// Passwords shorter than this may stand for none.
const MIN_PASSWORD: usize = 4;
/// What is sent for a password where there is none.
const NO_PASSWORDS: [&str; 11] = [
    "none", "null", "unused", "ignored", "dummy", "anything", "blank", "empty", "api_key", "apikey",
    "api-key",
];

/// Puts the target's headers, query parameters and credentials on requests.
#[derive(Debug)]
pub(crate) struct Signer {
    headers: HeaderMap,
    query: Vec<(String, String)>,
    /// What another identity sends in the place of headers of the same names.
    other: HeaderMap,
    credentials: Credentials,
}

impl Signer {
    /// A signer with what a target adds to requests; the error names a header or a parameter that cannot be sent.
    pub(crate) fn new(target: &Target, credentials: Credentials) -> Result<Self, String> {
        let (headers, other) = (header_map(&target.headers)?, header_map(&target.other_headers)?);
        if target.query.iter().any(|(name, _)| name.is_empty()) {
            return Err("a parameter of the query needs a name".to_owned());
        }
        Ok(Self { headers, query: target.query.clone(), other, credentials })
    }

    /// Whether missing credentials are made up.
    pub(crate) fn invents(&self) -> bool {
        self.credentials == Credentials::Invent
    }

    /// Whether the credentials an operation asks for are there without making any up.
    pub(crate) fn has_given_credentials(&self, operation: &Operation) -> bool {
        operation.is_secured() && {
            let mut request = Request::new(operation.method().clone(), "/");
            self.add_given(&mut request);
            counterfoil_openapi::validate::security(operation, &request).is_none()
        }
    }

    /// Whether there is a second identity.
    pub(crate) fn has_other_identity(&self) -> bool {
        !self.other.is_empty()
    }

    /// Adds what the target gives, and in the place of some those of the other identity.
    pub(crate) fn sign_as_other(&self, operation: &Operation, request: &mut Request) {
        self.add_given(request);
        for place in credential_places(operation) {
            take(&place, request);
        }
        for name in self.other.keys() {
            request.headers.remove(name);
            for value in self.other.get_all(name) {
                request.headers.append(name.clone(), value.clone());
            }
        }
    }

    /// The schemes of an operation for which the target's headers or query parameters hold a credential.
    pub(crate) fn given_schemes(&self, operation: &Operation) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for scheme in schemes(operation) {
            if alternative_of(operation, &scheme.name).is_none() {
                continue;
            }
            let is_given = match CredentialPlace::of(scheme) {
                Some(CredentialPlace::Header(name)) => self.headers.contains_key(name.as_str()),
                Some(CredentialPlace::Cookie(name)) => cookies(&self.headers).any(|(given, _)| given == name),
                Some(CredentialPlace::Query(name)) => self.query.iter().any(|(given, _)| *given == name),
                None => false,
            };
            if is_given && !names.contains(&scheme.name) {
                names.push(scheme.name.clone());
            }
        }
        names
    }

    /// Adds what the target gives and, where the operation still lacks credentials and they may be, made-up ones.
    pub(crate) fn sign(&self, operation: &Operation, request: &mut Request) {
        self.add_given(request);
        if self.credentials == Credentials::Invent {
            invent_credentials(operation, request);
        }
    }

    /// Adds what the target gives without whatever the operation's security schemes name.
    pub(crate) fn sign_without_credentials(&self, operation: &Operation, request: &mut Request) {
        self.add_given(request);
        for place in credential_places(operation) {
            take(&place, request);
        }
    }

    /// Adds what the target gives, with a wrong credential for one scheme, and none for those of other alternatives: a
    /// right one there would do by itself.
    pub(crate) fn sign_with_invalid(&self, operation: &Operation, scheme: &str, request: &mut Request) {
        let Some(scheme) = self.sign_all_but(operation, scheme, request) else { return };
        match self.wrong_password(operation).filter(|_| is_http(scheme, &["basic"])) {
            Some(wrong) => put(scheme, WRONG, &wrong, request),
            None => put(scheme, WRONG, WRONG_BASIC, request),
        }
    }

    /// The same with an empty credential.
    pub(crate) fn sign_with_empty(&self, operation: &Operation, scheme: &str, request: &mut Request) {
        if let Some(scheme) = self.sign_all_but(operation, scheme, request) {
            put(scheme, "", EMPTY_BASIC, request);
        }
    }

    /// Adds what the target gives, with no credential for one scheme, which it returns, nor for those of other
    /// alternatives.
    fn sign_all_but<'o>(
        &self,
        operation: &'o Operation,
        scheme: &str,
        request: &mut Request,
    ) -> Option<&'o SecurityScheme> {
        self.add_given(request);
        let alternative = alternative_of(operation, scheme)?;
        let beside =
            alternative.schemes.iter().map(|(beside, _)| beside).filter(|beside| beside.name != scheme);
        let kept: Vec<CredentialPlace> = beside.filter_map(CredentialPlace::of).collect();
        for place in credential_places(operation).iter().filter(|place| !kept.contains(place)) {
            take(place, request);
        }
        alternative.schemes.iter().map(|(known, _)| known).find(|known| known.name == scheme)
    }

    /// Adds what the target gives, with a bearer token that nobody issued for all credentials.
    pub(crate) fn sign_with_bearer(&self, operation: &Operation, request: &mut Request) {
        self.sign_without_credentials(operation, request);
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {WRONG}")) {
            request.headers.insert(AUTHORIZATION, value);
        }
    }

    /// Adds the target's headers, with a Basic credential of a user that nobody knows for all credentials.
    pub(crate) fn sign_with_basic(&self, operation: &Operation, request: &mut Request) {
        self.sign_without_credentials(operation, request);
        request.headers.insert(AUTHORIZATION, HeaderValue::from_static(WRONG_BASIC));
    }

    /// The user of the given Basic credential with another password, where it has one to be wrong: some services take a
    /// key for the user, and anything for the password.
    fn wrong_password(&self, operation: &Operation) -> Option<String> {
        let mut given = Request::new(operation.method().clone(), "/");
        self.add_given(&mut given);
        let basic = RefCell::new(None);
        let accept = |_: &SecurityScheme, _: &[String], credential: &Credential<'_>| {
            if let Credential::Basic(decoded) = credential {
                basic.replace(String::from_utf8(decoded.clone()).ok());
            }
            Acceptance::Refused
        };
        // It is asked about each that is well-formed; what it says of them is nothing to us.
        let _ = security_by(operation, &given, &accept);
        let basic = basic.into_inner()?;
        with_wrong_password(&basic).map(|wrong| basic_of(&wrong))
    }

    fn add_given(&self, request: &mut Request) {
        query::replace(request, &self.query);
        for name in self.headers.keys() {
            if name == COOKIE {
                for cookie in self.headers.get_all(name) {
                    add_cookie(request, cookie.as_bytes());
                }
                continue;
            }
            request.headers.remove(name);
            for value in self.headers.get_all(name) {
                request.headers.append(name.clone(), value.clone());
            }
        }
    }
}

/// A credential of the Basic scheme with the password that is tried as a wrong one, where one is.
pub(crate) fn wrong_basic(credential: &str) -> Option<String> {
    let given = String::from_utf8(user_and_password(credential)?).ok()?;
    with_wrong_password(&given).map(|wrong| padded(&wrong))
}

fn with_wrong_password(given: &str) -> Option<String> {
    let (user, password) = given.split_once(':')?;
    let stands_for_none = password.len() < MIN_PASSWORD
        || password.starts_with("x-")
        || NO_PASSWORDS.iter().any(|word| password.eq_ignore_ascii_case(word));
    (!stands_for_none).then(|| format!("{user}:{WRONG}"))
}

/// A text as the Basic scheme writes it (RFC 7617).
fn basic_of(text: &str) -> String {
    format!("Basic {}", padded(text))
}

fn padded(text: &str) -> String {
    let mut encoded = SecretForm::Base64.write(text);
    while !encoded.len().is_multiple_of(4) {
        encoded.push('=');
    }
    encoded
}

fn header_map(list: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in list {
        let name =
            HeaderName::try_from(name.trim()).map_err(|_| format!("`{name}` is not the name of a header"))?;
        let value = HeaderValue::try_from(value.trim())
            .map_err(|_| format!("the value given for the header `{name}` cannot be sent"))?;
        headers.append(name, value);
    }
    Ok(headers)
}

/// Puts made-up credentials on a request where its operation asks for some that it lacks. Only a stub that takes any
/// well-formed credential answers to them.
pub fn invent_credentials(operation: &Operation, request: &mut Request) {
    if counterfoil_openapi::validate::security(operation, request).is_none() {
        return;
    }
    let schemes = operation.security().first().into_iter().flat_map(|alternative| &alternative.schemes);
    for (scheme, _) in schemes {
        put(scheme, INVENTED, INVENTED_BASIC, request);
    }
}

/// Writes a credential for a scheme into a request.
fn put(scheme: &SecurityScheme, text: &str, basic: &str, request: &mut Request) {
    let value = match &scheme.kind {
        SecuritySchemeKind::Http { scheme } => match scheme.as_str() {
            "basic" => basic.to_owned(),
            "bearer" => format!("Bearer {text}"),
            "digest" => format!(
                "Digest username=\"{text}\", realm=\"{text}\", nonce=\"{text}\", uri=\"{}\", response=\"{text}\"",
                request.target.replace('"', "%22")
            ),
            other => format!("{other} {text}"),
        },
        SecuritySchemeKind::OAuth2 | SecuritySchemeKind::OpenIdConnect => format!("Bearer {text}"),
        _ => text.to_owned(),
    };
    match CredentialPlace::of(scheme) {
        Some(CredentialPlace::Header(name)) => {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                request.headers.insert(name, value);
            }
        }
        Some(CredentialPlace::Query(name)) => query::add(request, &name, text),
        Some(CredentialPlace::Cookie(name)) => add_cookie(request, format!("{name}={text}").as_bytes()),
        None => {}
    }
}

/// Removes whatever is in the place of a credential.
fn take(place: &CredentialPlace, request: &mut Request) {
    match place {
        CredentialPlace::Header(name) => {
            request.headers.remove(name.as_str());
        }
        CredentialPlace::Query(name) => query::take(request, name),
        CredentialPlace::Cookie(name) => {
            let kept: Vec<String> = cookies(&request.headers)
                .filter(|(key, _)| key != name)
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            request.headers.remove(COOKIE);
            if !kept.is_empty() {
                add_cookie(request, kept.join("; ").as_bytes());
            }
        }
    }
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .map(|pair| pair.trim().split_once('=').unwrap_or((pair.trim(), "")))
}

/// Joins a cookie to those already there: a request has one `Cookie` header (RFC 6265, section 5.4).
fn add_cookie(request: &mut Request, cookie: &[u8]) {
    let mut joined = request.headers.get(COOKIE).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
    if !joined.is_empty() {
        joined.extend_from_slice(b"; ");
    }
    joined.extend_from_slice(cookie);
    if let Ok(value) = HeaderValue::from_bytes(&joined) {
        request.headers.insert(COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use counterfoil_openapi::{Contract, validate};
    use http::Method;

    use super::super::schemes::{can_be_empty, has_no_basic, has_no_bearer};
    use super::*;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /header: {get: {operationId: header, security: [{inHeader: []}], responses: {}}}
  /query: {get: {operationId: query, security: [{inQuery: []}], responses: {}}}
  /cookie: {get: {operationId: cookie, security: [{inCookie: []}], responses: {}}}
  /basic: {get: {operationId: basic, security: [{basic: []}], responses: {}}}
  /bearer: {get: {operationId: bearer, security: [{bearer: []}], responses: {}}}
  /digest: {get: {operationId: digest, security: [{digest: []}], responses: {}}}
  /oauth: {get: {operationId: oauth, security: [{oauth: []}], responses: {}}}
  /both: {get: {operationId: both, security: [{inHeader: [], inQuery: []}], responses: {}}}
  /either: {get: {operationId: either, security: [{inHeader: []}, {bearer: []}], responses: {}}}
  /any: {get: {operationId: any, security: [{bearer: []}, {basic: []}], responses: {}}}
  /more: {get: {operationId: more, security: [{inHeader: [], bearer: []}, {bearer: []}], responses: {}}}
components:
  securitySchemes:
    inHeader: {type: apiKey, in: header, name: X-Key}
    inQuery: {type: apiKey, in: query, name: 'the key'}
    inCookie: {type: apiKey, in: cookie, name: session}
    basic: {type: http, scheme: basic}
    bearer: {type: http, scheme: bearer}
    digest: {type: http, scheme: digest}
    oauth: {type: oauth2, flows: {}}
"#;
    const OPERATIONS: [&str; 8] = ["header", "query", "cookie", "basic", "bearer", "digest", "oauth", "both"];

    fn operation(name: &str) -> Arc<Operation> {
        let contract = Contract::load("keys.yaml", DOCUMENT.as_bytes()).unwrap();
        Arc::clone(contract.operation(name).unwrap())
    }

    fn signer(headers: &[(&str, &str)], credentials: Credentials) -> Signer {
        let mut target = Target::new("http://localhost");
        for (name, value) in headers {
            target = target.header(*name, *value);
        }
        Signer::new(&target, credentials).unwrap()
    }

    fn request() -> Request {
        Request::new(Method::GET, "/path?page=2")
    }

    #[test]
    fn made_up_credentials_are_well_formed_and_can_be_taken_away_again() {
        let signer = signer(&[("Cookie", "a=b")], Credentials::Invent);
        for name in OPERATIONS {
            let operation = operation(name);
            let mut signed = request();
            signer.sign(&operation, &mut signed);
            assert_eq!(validate::security(&operation, &signed), None, "{name}");
            for place in credential_places(&operation) {
                take(&place, &mut signed);
            }
            assert!(validate::security(&operation, &signed).is_some(), "{name}");
            assert_eq!(signed.target, "/path?page=2", "{name}");
            assert_eq!(signed.headers[COOKIE], "a=b", "{name}");
        }
    }

    #[test]
    fn nothing_is_made_up_unless_asked_for_or_where_it_was_given() {
        let key = operation("header");
        let mut request = request();
        signer(&[], Credentials::Given).sign(&key, &mut request);
        assert!(request.headers.is_empty());
        signer(&[("x-key", "mine")], Credentials::Invent).sign(&key, &mut request);
        assert_eq!(request.headers["x-key"], "mine");
    }

    #[test]
    fn a_wrong_credential_takes_the_place_of_the_right_one() {
        for (name, header, value) in [
            ("header", "X-Key", "right"),
            ("basic", "Authorization", "Basic dXNlcjpyaWdodA=="),
            ("bearer", "Authorization", "Bearer right"),
            ("cookie", "Cookie", "session=right; a=b"),
        ] {
            let operation = operation(name);
            let signer = signer(&[(header, value)], Credentials::Given);
            let schemes = signer.given_schemes(&operation);
            assert_eq!(schemes.len(), 1, "{name}");
            assert!(signer.has_given_credentials(&operation));
            let mut wrong = request();
            signer.sign_with_invalid(&operation, &schemes[0], &mut wrong);
            assert_eq!(validate::security(&operation, &wrong), None, "{name}: wrong, and well-formed");
            assert!(!format!("{:?}", wrong.headers).contains("right"), "{name}");
            let mut none = request();
            signer.sign_without_credentials(&operation, &mut none);
            assert!(validate::security(&operation, &none).is_some(), "{name}");
            assert!(!format!("{:?}", none.headers).contains("right"), "{name}");
        }
    }

    #[test]
    fn of_a_basic_credential_only_the_password_is_wrong_where_it_has_one() {
        let operation = operation("basic");
        let sent = |given: &str| {
            let signer = signer(&[("Authorization", &basic_of(given))], Credentials::Given);
            let mut wrong = request();
            signer.sign_with_invalid(&operation, "basic", &mut wrong);
            wrong.headers[AUTHORIZATION].to_str().unwrap().to_owned()
        };
        assert_eq!(basic_of("counterfoil:counterfoil"), INVENTED_BASIC);
        assert_eq!(sent("ann:secret:1"), basic_of("ann:counterfoil-invalid"));
        for keyed in ["key:", "key:x", "key:x-oauth-basic", "key:unused"] {
            assert_eq!(sent(keyed), WRONG_BASIC, "{keyed}");
        }
    }

    #[test]
    fn an_empty_credential_is_in_the_place_of_the_right_one_and_those_beside_it_stay() {
        let given = [("X-Key", "right"), ("Authorization", "Bearer right"), ("Cookie", "session=right; a=b")];
        let signer = signer(&given, Credentials::Given);
        let sent = |name: &str, scheme: &str| {
            let operation = operation(name);
            assert!(can_be_empty(&operation, scheme), "{name}");
            let mut empty = request();
            signer.sign_with_empty(&operation, scheme, &mut empty);
            empty
        };
        assert_eq!(sent("header", "inHeader").headers["x-key"], "");
        assert_eq!(sent("query", "inQuery").target, "/path?page=2&the%20key=");
        assert_eq!(sent("cookie", "inCookie").headers[COOKIE], "a=b; session=");
        assert_eq!(sent("basic", "basic").headers[AUTHORIZATION], basic_of(":"));
        for name in ["bearer", "oauth"] {
            assert_eq!(sent(name, name).headers[AUTHORIZATION], "Bearer ", "{name}");
        }
        let both = sent("both", "inQuery");
        assert_eq!(
            (&both.headers["x-key"], &*both.target),
            (&"right".parse().unwrap(), "/path?page=2&the%20key=")
        );
        assert!(!sent("either", "inHeader").headers.contains_key("authorization"));
        assert!(!can_be_empty(&operation("digest"), "digest"));
    }

    #[test]
    fn a_bearer_token_is_tried_where_only_another_scheme_of_http_is_asked_for() {
        let asks: Vec<&str> =
            OPERATIONS.into_iter().filter(|name| has_no_bearer(&operation(name), name)).collect();
        assert_eq!(asks, ["basic", "digest"]);
        let signer = signer(&[("Authorization", "Basic dXNlcjpyaWdodA==")], Credentials::Given);
        let mut wrong = request();
        signer.sign_with_bearer(&operation("basic"), &mut wrong);
        assert_eq!(wrong.headers[AUTHORIZATION], "Bearer counterfoil-invalid");
    }

    #[test]
    fn basic_is_tried_where_only_a_bearer_token_is_asked_for() {
        let asks: Vec<&str> =
            OPERATIONS.into_iter().filter(|name| has_no_basic(&operation(name), name)).collect();
        assert_eq!(asks, ["bearer", "oauth"]);
        assert!(has_no_basic(&operation("either"), "bearer"), "a key in a header of its own is nothing else");
        assert!(!has_no_basic(&operation("any"), "bearer"), "Basic is one of the alternatives");
        let signer = signer(&[("Authorization", "Bearer right"), ("X-Key", "right")], Credentials::Given);
        let mut wrong = request();
        signer.sign_with_basic(&operation("either"), &mut wrong);
        assert_eq!(wrong.headers[AUTHORIZATION], basic_of("counterfoil-invalid:counterfoil-invalid"));
        assert!(!wrong.headers.contains_key("x-key"));
    }

    #[test]
    fn a_right_credential_of_another_alternative_is_not_beside_a_wrong_one() {
        let signer = signer(&[("X-Key", "right"), ("Authorization", "Bearer right")], Credentials::Given);
        let either = operation("either");
        assert_eq!(signer.given_schemes(&either), ["inHeader", "bearer"]);
        for (scheme, kept, gone) in
            [("inHeader", "x-key", "authorization"), ("bearer", "authorization", "x-key")]
        {
            let mut wrong = request();
            signer.sign_with_invalid(&either, scheme, &mut wrong);
            assert_ne!(wrong.headers[kept], "right", "{scheme}");
            assert!(!wrong.headers.contains_key(gone), "{scheme}");
        }
        // Where the key is wrong, what is left is the other alternative, and right.
        assert_eq!(signer.given_schemes(&operation("more")), ["bearer"]);
    }

    #[test]
    fn a_key_in_the_query_is_given_made_wrong_and_taken_away() {
        let target = Target::new("http://localhost").query("the key", "right&2").query("page", "3");
        let signer = Signer::new(&target, Credentials::Invent).unwrap();
        let (key, both, header) = (operation("query"), operation("both"), operation("header"));
        assert_eq!(signer.given_schemes(&key), ["inQuery"]);
        assert_eq!(signer.given_schemes(&both), ["inQuery"]);
        assert_eq!(signer.given_schemes(&header), [""; 0]);
        assert!(signer.has_given_credentials(&key) && !signer.has_given_credentials(&both));
        let sent = |sign: &dyn Fn(&mut Request)| {
            let mut request = Request::new(Method::GET, "/path?the+key=drawn&page=2&size=1");
            sign(&mut request);
            (validate::security(&key, &request).is_none(), request.target)
        };
        let right = "/path?size=1&the%20key=right%262&page=3";
        assert_eq!(sent(&|request| signer.sign(&key, request)), (true, right.to_owned()));
        let wrong = "/path?size=1&page=3&the%20key=counterfoil-invalid";
        assert_eq!(
            sent(&|request| signer.sign_with_invalid(&key, "inQuery", request)),
            (true, wrong.to_owned())
        );
        let none = (false, "/path?size=1&page=3".to_owned());
        assert_eq!(sent(&|request| signer.sign_without_credentials(&key, request)), none);
        assert_eq!(sent(&|request| signer.sign_as_other(&key, request)), none);
        assert!(Signer::new(&Target::new("http://localhost").query("", "x"), Credentials::Given).is_err());
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_an_error() {
        for (name, value) in [("no name", "x"), ("", "x"), ("x", "a\nb")] {
            let target = Target::new("http://localhost").header(name, value);
            assert!(Signer::new(&target, Credentials::Given).is_err(), "{name:?}");
        }
    }
}
