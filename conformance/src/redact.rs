//! What outputs may show: every secret is hidden here, before an event is made.
//!
//! Hidden are the values of headers and query parameters the user gave, `Authorization` and cookies, every place that a security scheme
//! names, and fields of bodies and queries that the document calls `writeOnly` or `format: password`, at any depth.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use bytes::Bytes;
use counterfoil_openapi::{Contract, Operation, OperationId};
use http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::case::{CredentialPlace, credential_places, query};
use crate::config::Target;
use crate::replay::{MIN_SEARCHED, Piece, Secrets};
use crate::secrets;

/// What stands in the place of a secret.
pub(crate) const HIDDEN: &str = "***";
/// The most bytes of a body that an event holds.
const MAX_BODY: usize = 64 * 1024;

/// Hides secrets in everything that leaves a run.
#[derive(Debug)]
pub(crate) struct Redactor {
    /// Names of headers, lower case.
    headers: BTreeSet<String>,
    /// Names of query parameters.
    query: BTreeSet<String>,
    /// Names of fields, by operation; schemas are looked at when an operation is first asked about.
    fields: HashMap<OperationId, OnceLock<BTreeSet<String>>>,
    /// Values that are secret wherever they show up, in whatever form.
    values: Secrets,
}

impl Redactor {
    pub(crate) fn new<'o>(
        contract: &Contract,
        operations: impl IntoIterator<Item = &'o Operation>,
        target: &Target,
        secrets: &[(String, Piece)],
    ) -> Self {
        let values = secrets.iter().map(|(secret, _)| secret.clone());
        let values = values.filter(|secret| secret.len() >= MIN_SEARCHED);
        let mut redactor = Self {
            headers: ["authorization", "proxy-authorization", "cookie", "set-cookie"]
                .map(str::to_owned)
                .into(),
            query: BTreeSet::new(),
            fields: HashMap::new(),
            values: Secrets::new(values),
        };
        let given = target.headers.iter().chain(&target.other_headers);
        redactor.headers.extend(given.map(|(name, _)| name.trim().to_ascii_lowercase()));
        redactor.query.extend(target.query.iter().map(|(name, _)| name.clone()));
        for place in contract.security_schemes().iter().filter_map(CredentialPlace::of) {
            redactor.hide_place(place);
        }
        for operation in operations {
            credential_places(operation).into_iter().for_each(|place| redactor.hide_place(place));
            redactor.fields.insert(operation.id().clone(), OnceLock::new());
        }
        redactor
    }

    fn hide_place(&mut self, place: CredentialPlace) {
        match place {
            CredentialPlace::Header(name) => self.headers.insert(name.to_ascii_lowercase()),
            CredentialPlace::Query(name) => self.query.insert(name),
            CredentialPlace::Cookie(_) => false,
        };
    }

    /// The names of an operation's secret fields, where it has any.
    fn fields(&self, operation: &Operation) -> Option<&BTreeSet<String>> {
        let names = self.fields.get(operation.id())?.get_or_init(|| secrets::names(operation));
        (!names.is_empty()).then_some(names)
    }

    /// Running text, a message for example, without the secrets of the target.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for (range, ..) in self.values.find(text).into_iter().rev() {
            shown.replace_range(range, HIDDEN);
        }
        shown
    }

    /// A message about an exchange of an operation: as running text, and without the values of its secret fields.
    pub(crate) fn message(&self, operation: &Operation, body: &Bytes, text: &str) -> String {
        let mut text = self.text(text);
        if let Some(names) = self.fields(operation)
            && let Ok(value) = serde_json::from_slice::<Value>(body)
        {
            let mut found = Vec::new();
            collect(&value, names, &mut found);
            for secret in found.iter().filter(|secret| secret.len() >= MIN_SEARCHED) {
                text = text.replace(secret.as_str(), HIDDEN);
            }
        }
        text
    }

    /// A base URL without the password it may hold.
    pub(crate) fn base_url(&self, url: &str) -> String {
        let Some((scheme, rest)) = url.split_once("://") else { return self.text(url) };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        match rest[..end].rfind('@') {
            Some(at) => self.text(&format!("{scheme}://{HIDDEN}{}", &rest[at..])),
            None => self.text(url),
        }
    }

    /// A whole URL: a hidden base, and a target whose secret query parameters are hidden.
    pub(crate) fn url(&self, operation: &Operation, base: &str, target: &str) -> String {
        let base = self.base_url(base.trim_end_matches('/'));
        let fields = self.fields(operation);
        let Some((path, query)) = target.split_once('?') else {
            return self.text(&format!("{base}{target}"));
        };
        let pairs: Vec<String> = query
            .split('&')
            .map(|pair| match pair.split_once('=') {
                Some((name, value))
                    if self.query.iter().any(|hidden| query::is_named(name, hidden))
                        || fields.is_some_and(|names| holds(name, value, names)) =>
                {
                    format!("{name}={HIDDEN}")
                }
                // A query that is one text as a whole.
                None if fields.is_some_and(|names| holds("", pair, names)) => HIDDEN.to_owned(),
                _ => pair.to_owned(),
            })
            .collect();
        self.text(&format!("{base}{path}?{}", pairs.join("&")))
    }

    /// Headers as pairs of text.
    pub(crate) fn headers(&self, headers: &HeaderMap) -> Vec<(String, String)> {
        let pairs = headers.iter().map(|(name, value)| {
            let value = if self.headers.contains(name.as_str()) {
                HIDDEN.to_owned()
            } else {
                self.text(&String::from_utf8_lossy(value.as_bytes()))
            };
            (name.as_str().to_owned(), value)
        });
        pairs.collect()
    }

    /// A body as text, where it is text; cut at 64 KiB.
    ///
    /// The body of an operation with secret fields is hidden whole where it is neither JSON nor a form, since its
    /// fields cannot be told apart then.
    pub(crate) fn body(
        &self,
        operation: &Operation,
        content_type: Option<&str>,
        body: &Bytes,
    ) -> Option<String> {
        if body.is_empty() {
            return None;
        }
        let text = std::str::from_utf8(body).ok()?;
        let shown = match self.fields(operation) {
            None => self.text(text),
            Some(names) => match serde_json::from_str::<Value>(text) {
                Ok(mut value) => {
                    if hide(&mut value, names) > 0 {
                        self.text(&value.to_string())
                    } else {
                        self.text(text)
                    }
                }
                Err(_) if content_type.is_some_and(is_form) => self.text(&hide_pairs(text, names)),
                Err(_) if names.iter().any(|name| text.contains(name.as_str())) => HIDDEN.to_owned(),
                Err(_) => self.text(text),
            },
        };
        Some(cut(shown))
    }
}

fn is_form(content_type: &str) -> bool {
    content_type.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded")
}

/// Hides every member with a secret name; how many there were.
fn hide(value: &mut Value, names: &BTreeSet<String>) -> usize {
    match value {
        Value::Object(members) => members
            .iter_mut()
            .map(|(name, member)| {
                if names.contains(name) {
                    *member = Value::from(HIDDEN);
                    return 1;
                }
                hide(member, names)
            })
            .sum(),
        Value::Array(items) => items.iter_mut().map(|item| hide(item, names)).sum(),
        _ => 0,
    }
}

/// Whether a pair is a secret field, a member of one (`user[password]`), or a value that has one inside.
fn holds(name: &str, value: &str, names: &BTreeSet<String>) -> bool {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (name, value) = (decode(name), decode(value));
    let is_word_of = |text: &str| {
        let mut words =
            text.split(|character: char| !character.is_alphanumeric() && !"_-".contains(character));
        words.any(|word| names.contains(word))
    };
    names.contains(&name) || is_word_of(&name) || (value.contains([',', ':']) && is_word_of(&value))
}

fn hide_pairs(text: &str, names: &BTreeSet<String>) -> String {
    let pairs = text.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if holds(name, value, names) => format!("{name}={HIDDEN}"),
        _ => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// The texts of all members with a secret name.
fn collect(value: &Value, names: &BTreeSet<String>, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if names.contains(name) => found.push(text.clone()),
                    _ => collect(member, names, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, names, found)),
        _ => {}
    }
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_BODY {
        let end = (0..=MAX_BODY).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
security: [{key: []}]
paths:
  /login:
    post:
      operationId: login
      requestBody:
        content:
          application/json: {schema: &login {type: object, properties: {user: {type: string}, password: {type: string, format: password}}}}
          application/x-www-form-urlencoded: {schema: *login}
      responses: {}
components:
  securitySchemes: {key: {type: apiKey, in: query, name: api_key}}
"#;

    fn redactor() -> (Contract, Redactor) {
        let contract = Contract::load("login.yaml", DOCUMENT.as_bytes()).unwrap();
        let target = Target::new("http://localhost").header("Admin-Auth", "Token s3cret-value");
        let operations: Vec<&Operation> = contract.operations().iter().map(AsRef::as_ref).collect();
        let redactor = Redactor::new(&contract, operations, &target, &crate::replay::secrets(&target, &[]));
        (contract, redactor)
    }

    #[test]
    fn headers_the_user_gave_and_credentials_are_hidden() {
        let (_, redactor) = redactor();
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("admin-auth", "Token s3cret-value"),
            ("cookie", "a=b"),
            ("x-echo", "got s3cret-value"),
            ("x-plain", "yes"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let shown = redactor.headers(&headers);
        let expected =
            [("admin-auth", HIDDEN), ("cookie", HIDDEN), ("x-echo", "got ***"), ("x-plain", "yes")];
        assert_eq!(shown, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn secret_fields_are_hidden_in_every_kind_of_body() {
        let (contract, redactor) = redactor();
        let login = contract.operation("login").unwrap();
        let table = [
            (
                "application/json",
                r#"{"user":"tom","password":"hunter2"}"#,
                r#"{"user":"tom","password":"***"}"#,
            ),
            ("application/x-www-form-urlencoded", "user=tom&password=hunter2", "user=tom&password=***"),
            ("application/json", r#"{"password":"hunter2""#, "***"),
            ("text/plain", "see s3cret-value", "see ***"),
            // However it is written.
            ("text/plain", "see s3cret%2Dvalue and Token+s3cret-value", "see *** and ***"),
            ("application/json", r#"["s3cret\u002dvalue"]"#, r#"["***"]"#),
            ("text/plain", "see czNjcmV0LXZhbHVl", "see ***"),
        ];
        for (content_type, body, expected) in table {
            let shown = redactor.body(login, Some(content_type), &Bytes::from_static(body.as_bytes()));
            assert_eq!(shown.as_deref(), Some(expected));
        }
        let body = Bytes::from_static(br#"{"password":"hunter2"}"#);
        assert_eq!(redactor.message(login, &body, "\"hunter2\" is too short"), "\"***\" is too short");
    }

    #[test]
    fn urls_hide_keys_and_passwords() {
        let contract = Contract::load("login.yaml", DOCUMENT.as_bytes()).unwrap();
        let target = Target::new("http://localhost").query("my key", "k2");
        let redactor = Redactor::new(&contract, [], &target, &crate::replay::secrets(&target, &[]));
        let login = contract.operation("login").unwrap();
        let shown = redactor.url(login, "http://host", "/login?my%20key=k2&my+key=k3&%61pi_key=k1&my_key=4");
        assert_eq!(shown, "http://host/login?my%20key=***&my+key=***&%61pi_key=***&my_key=4");
        let (contract, redactor) = self::redactor();
        let login = contract.operation("login").unwrap();
        let shown = redactor.url(login, "http://me:pass@host/base/", "/login?api_key=k1&page=2");
        assert_eq!(shown, "http://***@host/base/login?api_key=***&page=2");
        let table = [
            ("user=u&password=hunter2", "user=u&password=***"),
            (
                "p[password]=hunter2&p%5Bpassword%5D=hunter2&p[user]=u",
                "p[password]=***&p%5Bpassword%5D=***&p[user]=u",
            ),
            ("p=user,u,password,hunter2", "p=***"),
            ("p=%7B%22password%22:%22hunter2%22%7D&q=1", "p=***&q=1"),
            ("%7B%22password%22%3A%22hunter2%22%7D", "***"),
            ("sort=passwords,user", "sort=passwords,user"),
        ];
        for (query, expected) in table {
            let shown = redactor.url(login, "http://host", &format!("/login?{query}"));
            assert_eq!(shown, format!("http://host/login?{expected}"));
        }
    }

    #[test]
    fn long_bodies_are_cut_between_characters() {
        let (contract, redactor) = redactor();
        let login = contract.operation("login").unwrap();
        let shown = redactor.body(login, None, &Bytes::from("é".repeat(MAX_BODY))).unwrap();
        assert!(shown.len() <= MAX_BODY + 4 && shown.ends_with("é…"));
    }
}
