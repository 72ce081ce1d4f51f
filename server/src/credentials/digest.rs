//! The Digest scheme (RFC 7616), with the algorithms MD5 and SHA-256, their session variants, and both qualities of
//! protection; an answer without a quality (RFC 2069) is taken as well.
//!
//! The nonce follows from the stub's seed and stays as long as the stub runs, and how often it was used is not counted:
//! the same request gets the same answer.

use std::borrow::Cow;

use counterfoil_openapi::Request;
use counterfoil_openapi::validate::DigestParameters;
use md5::Md5;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The one realm of a stub.
pub(super) const REALM: &str = "counterfoil";
/// The algorithms that challenges name, the preferred one first.
pub(super) const ALGORITHMS: [&str; 2] = ["SHA-256", "MD5"];

/// A user's name and password, hashed with each algorithm as answers need it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret {
    user: String,
    by_md5: Hashed,
    by_sha256: Hashed,
}

#[derive(Clone, PartialEq, Eq)]
struct Hashed {
    /// Of the name and the realm.
    user: String,
    /// Of the name, the realm and the password.
    whole: String,
}

/// What an answer to a challenge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Right,
    /// Right for a nonce that is not ours.
    Stale,
    Wrong,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Md5,
    Sha256,
}

impl Hash {
    /// The hash of texts with colons between them, in hexadecimal.
    fn of(self, parts: &[&str]) -> String {
        self.of_bytes(parts.join(":").as_bytes())
    }

    fn of_bytes(self, bytes: &[u8]) -> String {
        let hex = |hash: &[u8]| hash.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Self::Md5 => hex(&Md5::digest(bytes)),
            Self::Sha256 => hex(&Sha256::digest(bytes)),
        }
    }
}

impl Secret {
    /// Of a user name, a colon and a password.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (user, password) = text.split_once(':')?;
        let hashed =
            |hash: Hash| Hashed { user: hash.of(&[user, REALM]), whole: hash.of(&[user, REALM, password]) };
        Some(Self { user: user.to_owned(), by_md5: hashed(Hash::Md5), by_sha256: hashed(Hash::Sha256) })
    }
}

/// The nonce of a stub.
pub(super) fn nonce(seed: u64) -> String {
    let mut nonce = Hash::Sha256.of(&["counterfoil digest nonce", &seed.to_string()]);
    nonce.truncate(32);
    nonce
}

/// What an answer is, for one user.
pub(super) fn answer(
    parameters: &DigestParameters,
    request: &Request,
    nonce: &str,
    secret: &Secret,
) -> Answer {
    let named = |name| parameters.named(name).unwrap_or_default();
    let Some(expected) = expected(parameters, request, secret) else { return Answer::Wrong };
    let given = named("response").to_ascii_lowercase();
    let is_right = bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
        & (named("realm") == REALM)
        & is_target(named("uri"), &request.target);
    match (is_right, named("nonce") == nonce) {
        (true, true) => Answer::Right,
        (true, false) => Answer::Stale,
        (false, _) => Answer::Wrong,
    }
}

/// The response that the parameters should have (section 3.4.1); nothing where another user is meant, or what they say
/// is unknown.
fn expected(parameters: &DigestParameters, request: &Request, secret: &Secret) -> Option<String> {
    let named = |name| parameters.named(name);
    let (hash, is_session) = match named("algorithm").unwrap_or("MD5").to_ascii_lowercase().as_str() {
        "md5" => (Hash::Md5, false),
        "md5-sess" => (Hash::Md5, true),
        "sha-256" => (Hash::Sha256, false),
        "sha-256-sess" => (Hash::Sha256, true),
        _ => return None,
    };
    let hashed = if hash == Hash::Md5 { &secret.by_md5 } else { &secret.by_sha256 };
    let is_hashed = named("userhash").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let user = if is_hashed { &hashed.user } else { &secret.user };
    if user_of(parameters)? != user.as_str() {
        return None;
    }
    let (nonce, uri) = (named("nonce")?, named("uri")?);
    let user = match is_session {
        true => hash.of(&[&hashed.whole, nonce, named("cnonce")?]),
        false => hashed.whole.clone(),
    };
    let method = request.method.as_str();
    Some(match named("qop").map(str::to_ascii_lowercase).as_deref() {
        None => hash.of(&[&user, nonce, &hash.of(&[method, uri])]),
        Some("auth") => {
            let what = hash.of(&[method, uri]);
            hash.of(&[&user, nonce, named("nc")?, named("cnonce")?, named("qop")?, &what])
        }
        Some("auth-int") => {
            let what = hash.of(&[method, uri, &hash.of_bytes(&request.body)]);
            hash.of(&[&user, nonce, named("nc")?, named("cnonce")?, named("qop")?, &what])
        }
        Some(_) => return None,
    })
}

/// The name of the user, which may be written as RFC 8187 has it.
fn user_of(parameters: &DigestParameters) -> Option<Cow<'_, str>> {
    if let Some(name) = parameters.named("username") {
        return Some(Cow::Borrowed(name));
    }
    let (charset, rest) = parameters.named("username*")?.split_once('\'')?;
    let (_language, escaped) = rest.split_once('\'')?;
    let is_utf8 = charset.eq_ignore_ascii_case("utf-8");
    is_utf8.then(|| percent_encoding::percent_decode_str(escaped).decode_utf8().ok())?
}

/// Whether a `uri` is the target of the request; it may be in the absolute form.
fn is_target(uri: &str, target: &str) -> bool {
    let path = match uri.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => uri,
    };
    path == target
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use counterfoil_openapi::validate::Credential;
    use counterfoil_openapi::{Contract, validate};
    use http::{HeaderValue, Method, header};
    use proptest::prelude::*;

    use super::*;

    /// What the stub makes of an `Authorization`, where the accepted user is `Mufasa` of `Circle of Life`.
    fn read(authorization: &str, method: &str, target: &str, body: &str) -> Answer {
        let text = "openapi: 3.0.3\nsecurity: [{d: []}]\npaths: {/a: {get: {responses: {}}}}\ncomponents: {securitySchemes: {d: {type: http, scheme: Digest}}}";
        let contract = Contract::load("a.yaml", text.as_bytes()).unwrap();
        let mut request = Request::new(method.parse().unwrap(), target);
        request.headers.insert(header::AUTHORIZATION, HeaderValue::from_str(authorization).unwrap());
        request.body = Bytes::from(body.to_owned());
        let secret = Secret::of("Mufasa:Circle of Life").unwrap();
        let found = std::cell::Cell::new(Answer::Wrong);
        validate::security_by(&contract.operations()[0], &request, &|_, _, credential| {
            if let Credential::Digest(parameters) = credential {
                found.set(answer(parameters, &request, "n0nce", &secret));
            }
            validate::Acceptance::Refused
        });
        found.get()
    }

    /// The hash functions themselves, by the example of RFC 7616, section 3.9.1, whose realm is not ours.
    #[test]
    fn the_example_of_the_specification() {
        for (hash, expected) in [
            (Hash::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Hash::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            let user = hash.of(&["Mufasa", "http-auth@example.org", "Circle of Life"]);
            let what = hash.of(&["GET", "/dir/index.html"]);
            assert_eq!(hash.of(&[&user, nonce, "00000001", cnonce, "auth", &what]), expected);
        }
    }

    fn authorization(algorithm: Option<&str>, quality: Option<&str>, uri: &str, nonce: &str) -> String {
        let hash =
            if algorithm.is_some_and(|name| name.starts_with("SHA")) { Hash::Sha256 } else { Hash::Md5 };
        let mut user = hash.of(&["Mufasa", REALM, "Circle of Life"]);
        if algorithm.is_some_and(|name| name.ends_with("-sess")) {
            user = hash.of(&[&user, nonce, "c"]);
        }
        let what = match quality {
            Some("auth-int") => hash.of(&["PUT", uri, &hash.of_bytes(b"body")]),
            _ => hash.of(&["PUT", uri]),
        };
        let response = match quality {
            None => hash.of(&[&user, nonce, &what]),
            Some(quality) => hash.of(&[&user, nonce, "00000001", "c", quality, &what]),
        };
        let mut line = format!(
            r#"Digest username="Mufasa", realm="{REALM}", nonce="{nonce}", uri="{uri}", response="{response}""#
        );
        if let Some(algorithm) = algorithm {
            line += &format!(", algorithm={algorithm}");
        }
        if let Some(quality) = quality {
            line += &format!(r#", qop={quality}, nc=00000001, cnonce="c""#);
        }
        line
    }

    #[test]
    fn every_algorithm_and_quality() {
        for algorithm in [None, Some("MD5"), Some("MD5-sess"), Some("SHA-256"), Some("SHA-256-sess")] {
            for quality in [None, Some("auth"), Some("auth-int")] {
                if quality.is_none() && algorithm.is_some_and(|name| name.ends_with("-sess")) {
                    continue;
                }
                let line = authorization(algorithm, quality, "/a?b=c", "n0nce");
                let about = format!("{algorithm:?} {quality:?}");
                assert_eq!(read(&line, "PUT", "/a?b=c", "body"), Answer::Right, "{about}");
                assert_eq!(read(&line, "PUT", "/a?b=d", "body"), Answer::Wrong, "{about}: another target");
                assert_eq!(read(&line, "POST", "/a?b=c", "body"), Answer::Wrong, "{about}: another method");
                let other_body = if quality == Some("auth-int") { Answer::Wrong } else { Answer::Right };
                assert_eq!(read(&line, "PUT", "/a?b=c", "other"), other_body, "{about}: another body");
                let wrong = line.replace("Mufasa", "Scar");
                assert_eq!(read(&wrong, "PUT", "/a?b=c", "body"), Answer::Wrong, "{about}: another user");
                let stale = authorization(algorithm, quality, "/a?b=c", "old");
                assert_eq!(read(&stale, "PUT", "/a?b=c", "body"), Answer::Stale, "{about}: another nonce");
            }
        }
    }

    #[test]
    fn other_ways_to_write_it() {
        let line = authorization(Some("SHA-256"), Some("auth"), "/a", "n0nce");
        let hashed = Hash::Sha256.of(&["Mufasa", REALM]);
        for (from, to, expected) in [
            ("username=\"Mufasa\"".to_owned(), "username*=UTF-8''Mu%66asa".to_owned(), Answer::Right),
            ("username=\"Mufasa\"".to_owned(), "username*=latin1''Mufasa".to_owned(), Answer::Wrong),
            (
                "username=\"Mufasa\"".to_owned(),
                format!("username=\"{hashed}\", userhash=true"),
                Answer::Right,
            ),
            ("username=\"Mufasa\"".to_owned(), format!("username=\"{hashed}\""), Answer::Wrong),
            (format!("realm=\"{REALM}\""), "realm=\"other\"".to_owned(), Answer::Wrong),
            ("algorithm=SHA-256".to_owned(), "algorithm=SHA-512-256".to_owned(), Answer::Wrong),
            ("qop=auth".to_owned(), "qop=other".to_owned(), Answer::Wrong),
            (", nc=00000001".to_owned(), String::new(), Answer::Wrong),
        ] {
            assert!(line.contains(&from), "{from}");
            assert_eq!(read(&line.replace(&from, &to), "PUT", "/a", ""), expected, "{to}");
        }
        let absolute = authorization(None, None, "http://host:1/a", "n0nce");
        assert_eq!(read(&absolute, "PUT", "/a", ""), Answer::Right);
        assert_eq!(Method::PUT.as_str(), "PUT");
    }

    proptest! {
        #[test]
        fn no_password_but_the_right_one_is_accepted(password in "[ -~]{0,20}") {
            prop_assume!(password != "Circle of Life");
            let wrong = Secret::of(&format!("Mufasa:{password}")).unwrap();
            let right = Secret::of("Mufasa:Circle of Life").unwrap();
            prop_assert_ne!(wrong.by_md5.whole, right.by_md5.whole);
            prop_assert_ne!(wrong.by_sha256.whole, right.by_sha256.whole);
        }
    }
}
