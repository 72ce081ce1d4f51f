//! The file of accepted credentials.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use counterfoil_openapi::{Contract, Document, Finding, Pointer, SecuritySchemeKind, Severity};
use serde_json::Value;

use super::Credentials;
use super::accepted::{Accepted, Known};
use crate::script::nearest;
use crate::strict_text::{self, Unread};

/// The largest file of credentials read, in bytes.
pub const MAX_CREDENTIALS_BYTES: usize = 1024 * 1024;
/// The most credentials in one file: a request is held against all of them.
pub const MAX_CREDENTIALS: usize = 1_000;

impl Credentials {
    /// Reads a file of accepted credentials, YAML or JSON: by the name of each security scheme, a value or a list.
    ///
    /// ```yaml
    /// apiKey: k3y                                   # an API key, or a bearer token
    /// login: ["ada:lovelace", "grace:hopper"]       # basic and digest: user name, colon, password
    /// oauth:                                        # with scopes: only those it has
    ///   - { value: reader, scopes: [read] }
    ///   - admin                                     # without: all there are
    /// session: true                                 # whatever is well-formed
    /// ```
    ///
    /// * `name` is what messages call it. No message holds a value.
    /// * A scheme that is not named has no accepted value. One of several documents' schemes of a name means them all.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or names a scheme that no contract declares: everything that is wrong comes in one
    /// [`CredentialsError`].
    pub fn load(name: &str, bytes: &[u8], contracts: &[Contract]) -> Result<Self, CredentialsError> {
        let (document, mut findings) =
            strict_text::read(name, bytes, MAX_CREDENTIALS_BYTES).map_err(|unread| {
                // What a parser says of a text may quote it, so its words are not passed on.
                let (position, message) = match unread {
                    Unread::TooLarge(message) => (None, message),
                    Unread::Broken(error) => {
                        let message = "it is neither YAML nor JSON from here on, or it is not UTF-8";
                        (error.position(), message.to_owned())
                    }
                };
                let finding = strict_text::unreadable("credentials-unreadable", name, position, message);
                CredentialsError { name: name.to_owned(), findings: vec![finding] }
            })?;
        for finding in &mut findings {
            // Below the names of schemes a key may be a value that was meant to be one.
            let tokens: Vec<String> = finding.pointer.tokens().collect();
            if let [scheme, _, ..] = tokens.as_slice() {
                finding.pointer = Pointer::root().join(scheme);
                finding.message = "a key is there twice".to_owned();
            }
        }
        let mut reader = Reader { document: &document, contracts, findings, count: 0 };
        let accepted = reader.schemes();
        let mut findings = reader.findings;
        if findings.is_empty() {
            return Ok(Self::new(accepted));
        }
        findings.sort_by_key(|finding| finding.position);
        Err(CredentialsError { name: name.to_owned(), findings })
    }
}

struct Reader<'d> {
    document: &'d Document,
    contracts: &'d [Contract],
    findings: Vec<Finding>,
    count: usize,
}

impl Reader<'_> {
    fn schemes(&mut self) -> BTreeMap<String, Accepted> {
        let mut accepted = BTreeMap::new();
        let Some(members) = self.document.root().as_object() else {
            let message = "it is no map from the names of security schemes to accepted values";
            self.error("value-invalid", &Pointer::root(), message, None);
            return accepted;
        };
        for (name, value) in members {
            let pointer = Pointer::root().join(name);
            let declared = self.contracts.iter().flat_map(Contract::security_schemes);
            let kinds: Vec<&SecuritySchemeKind> =
                declared.filter(|scheme| scheme.name == *name).map(|scheme| &scheme.kind).collect();
            if kinds.is_empty() {
                self.unknown(name, &pointer);
                continue;
            }
            if let Some(what) = kinds.iter().find_map(|kind| unlisted(kind)) {
                let message = format!("`{name}` is {what}, and no values of it can be listed");
                self.error("scheme-unlisted", &pointer, message, Some("leave it out".to_owned()));
                continue;
            }
            let has_password = kinds.iter().any(|kind| takes_password(kind));
            if let Some(found) = self.accepted(value, &pointer, has_password) {
                accepted.insert(name.clone(), found);
            }
        }
        accepted
    }

    fn unknown(&mut self, name: &str, pointer: &Pointer) {
        let declared = self.contracts.iter().flat_map(Contract::security_schemes);
        let mut names: Vec<&str> = declared.map(|scheme| scheme.name.as_str()).collect();
        names.dedup();
        let hint = nearest::hint(name, names.iter().copied());
        let hint = hint.or_else(|| Some("the document declares no security scheme".to_owned()));
        let message = format!("no document declares a security scheme `{name}`");
        self.error("scheme-unknown", pointer, message, hint);
    }

    /// What is accepted of one scheme.
    fn accepted(&mut self, value: &Value, pointer: &Pointer, has_password: bool) -> Option<Accepted> {
        match value {
            Value::Bool(true) => Some(Accepted::Any),
            Value::Array(items) => {
                let mut known = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    known.extend(self.known(item, &pointer.index(index), has_password));
                }
                Some(Accepted::These(known))
            }
            one => Some(Accepted::These(self.known(one, pointer, has_password).into_iter().collect())),
        }
    }

    /// One accepted credential: its value, or a map of value and scopes.
    fn known(&mut self, item: &Value, pointer: &Pointer, has_password: bool) -> Option<Known> {
        self.count += 1;
        if self.count == MAX_CREDENTIALS + 1 {
            self.error("too-many", pointer, format!("there are more than {MAX_CREDENTIALS}"), None);
        }
        if self.count > MAX_CREDENTIALS {
            return None;
        }
        let Some(members) = item.as_object() else {
            return Some(Known::new(self.text(item, pointer, has_password)?, None));
        };
        let (mut value, mut scopes) = (None, None);
        for (key, member) in members {
            let at = pointer.join(key);
            match key.as_str() {
                "value" => value = self.text(member, &at, has_password),
                "scopes" => scopes = self.scopes(member, &at),
                _ => {
                    self.error("key-unknown", &at, "only `value` and `scopes` can be here", None);
                    // A key may be a value that was meant to be one, so it is not told.
                    if let Some(finding) = self.findings.last_mut() {
                        finding.pointer = pointer.clone();
                    }
                }
            }
        }
        if !members.contains_key("value") {
            let hint = Some("write `{ value: …, scopes: [ … ] }`".to_owned());
            self.error("value-missing", pointer, "there is no `value`", hint);
        }
        // Unreadable scopes are told already; they must not stand for all.
        Some(Known::new(value?, members.contains_key("scopes").then(|| scopes.unwrap_or_default())))
    }

    fn text<'v>(&mut self, value: &'v Value, pointer: &Pointer, has_password: bool) -> Option<&'v str> {
        let Some(text) = value.as_str().filter(|text| !text.is_empty()) else {
            let (found, hint) = match value {
                Value::Number(_) => ("a number", Some("put it in quotes")),
                Value::Bool(_) => ("true or false", Some("put it in quotes")),
                Value::Null => ("nothing", None),
                Value::String(_) => ("an empty text", None),
                Value::Array(_) => ("a list", None),
                Value::Object(_) => ("a map", None),
            };
            let message = format!("expected a text, found {found}");
            self.error("value-invalid", pointer, message, hint.map(str::to_owned));
            return None;
        };
        if has_password && !text.contains(':') {
            let hint = Some("write `user:password`".to_owned());
            self.error("value-invalid", pointer, "there is no colon between user name and password", hint);
            return None;
        }
        Some(text)
    }

    fn scopes(&mut self, value: &Value, pointer: &Pointer) -> Option<Vec<String>> {
        let items = value.as_array().map(|items| items.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        let Some(Some(scopes)) = items else {
            self.error("value-invalid", pointer, "expected a list of the names of scopes", None);
            return None;
        };
        Some(scopes.into_iter().map(str::to_owned).collect())
    }

    fn error(
        &mut self,
        code: &'static str,
        pointer: &Pointer,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        let mut finding = self.document.finding(code, Severity::Error, pointer, message);
        finding.hint = hint;
        self.findings.push(finding);
    }
}

fn takes_password(kind: &SecuritySchemeKind) -> bool {
    matches!(kind, SecuritySchemeKind::Http { scheme } if scheme == "basic" || scheme == "digest")
}

/// What a scheme is, where no values of it can be listed.
fn unlisted(kind: &SecuritySchemeKind) -> Option<&'static str> {
    match kind {
        SecuritySchemeKind::MutualTls => Some("a client certificate"),
        SecuritySchemeKind::Unknown(_) => Some("of a type that is not known"),
        _ => None,
    }
}

/// A file of credentials that cannot be used, with everything that is wrong with it; never with a value.
#[derive(Debug)]
pub struct CredentialsError {
    name: String,
    findings: Vec<Finding>,
}

impl CredentialsError {
    /// Everything that is wrong, in the order of the file.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "use the credentials {}", self.name)?;
        match self.findings.as_slice() {
            [] => Ok(()),
            [only] => write!(f, ": {only}"),
            [first, ..] => write!(f, ": {} errors, the first is {first}", self.findings.len()),
        }
    }
}

impl Error for CredentialsError {}
