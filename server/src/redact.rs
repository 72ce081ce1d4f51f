//! What is never shown: credentials, cookies, and the fields a schema calls secret.
//!
//! | where | hidden |
//! |---|---|
//! | headers | `Authorization`, `Proxy-Authorization`, `Cookie`, `Set-Cookie`, API keys, secret parameters |
//! | query | API keys, secret parameters, and their members: `filter[password]`; a value that holds members with others as a whole |
//! | bodies, JSON or form | members that some schema of the body calls `format: password` or `writeOnly` |
//! | bodies that may hold such members and cannot be read | the whole |
//! | violations, trail, `counterfoil-reason` | every occurrence of a value hidden above |
//!
//! Hiding happens when a call is looked at, not when it is recorded: most calls never are.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use counterfoil_openapi::codec::media;
use counterfoil_openapi::{
    ApiKeyLocation, Content, Contract, Location, Operation, Parameter, Request, SecuritySchemeKind, Style,
    Violation,
};
use http::{HeaderMap, header};
use serde_json::Value;

/// What stands where a secret was.
pub(crate) const HIDDEN: &str = "***";
/// Secrets shorter than this are looked for within quotes only, so that texts stay legible.
const MIN_BARE: usize = 4;

/// The names of everything secret in the contracts of a stub.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    /// Header names in lower case.
    headers: HashSet<String>,
    query: HashSet<String>,
    /// By the operation's address.
    operations: HashMap<usize, OnceLock<OperationSecrets>>,
}

/// The names of what is secret in the messages of one operation.
#[derive(Debug, Default)]
struct OperationSecrets {
    headers: HashSet<String>,
    query: HashSet<String>,
    /// Members of query parameters that have pairs of their own.
    query_members: BTreeSet<String>,
    /// Whether the query string cannot be taken apart and holds something secret.
    is_query_secret: bool,
    request: BTreeSet<String>,
    response: BTreeSet<String>,
}

/// Which body of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The request's.
    Request,
    /// The response's.
    Response,
}

/// Values found secret in one call.
#[derive(Debug, Default)]
pub(crate) struct Found(BTreeSet<String>);

impl Secrets {
    /// What is secret under the contracts; schemas are looked at when an operation is first asked about.
    pub(crate) fn new(contracts: &[Contract]) -> Self {
        let always = ["authorization", "proxy-authorization", "cookie", "set-cookie"];
        let mut headers: HashSet<String> = always.map(str::to_owned).into();
        let mut query = HashSet::new();
        for scheme in contracts.iter().flat_map(Contract::security_schemes) {
            if let SecuritySchemeKind::ApiKey { location, name } = &scheme.kind {
                match location {
                    ApiKeyLocation::Header => drop(headers.insert(name.to_ascii_lowercase())),
                    ApiKeyLocation::Query => drop(query.insert(name.clone())),
                    // Every cookie is hidden as it is.
                    ApiKeyLocation::Cookie => {}
                }
            }
        }
        let operations = contracts.iter().flat_map(Contract::operations);
        Self {
            headers,
            query,
            operations: operations.map(|found| (address(found), OnceLock::new())).collect(),
        }
    }

    /// A request target with the values of secret query parameters hidden.
    pub(crate) fn target(
        &self,
        operation: Option<&Arc<Operation>>,
        target: &str,
        found: &mut Found,
    ) -> String {
        let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
        let secrets = self.of(operation);
        if self.query.is_empty() && secrets.is_none_or(OperationSecrets::has_open_query) {
            return target.to_owned();
        }
        if secrets.is_some_and(|secrets| secrets.is_query_secret) {
            found.add(query);
            return format!("{path}?{HIDDEN}");
        }
        let is_secret = |name: &str| {
            let is_documented = |secrets: &OperationSecrets| {
                secrets.query.contains(name) || is_member(name, &secrets.query_members)
            };
            self.query.contains(name) || secrets.is_some_and(is_documented)
        };
        format!("{path}?{}", hide_pairs(query, is_secret, found))
    }

    /// The value of a header, hidden if it is secret.
    pub(crate) fn header(
        &self,
        operation: Option<&Arc<Operation>>,
        name: &str,
        value: &str,
        found: &mut Found,
    ) -> String {
        let name = name.to_ascii_lowercase();
        if self.is_secret_header(operation, &name) {
            found.add_header(&name, value);
            return HIDDEN.to_owned();
        }
        value.to_owned()
    }

    /// Whether the values of a header are secret; its name is in lower case.
    fn is_secret_header(&self, operation: Option<&Arc<Operation>>, name: &str) -> bool {
        let secrets = self.of(operation);
        self.headers.contains(name) || secrets.is_some_and(|secrets| secrets.headers.contains(name))
    }

    /// Whether the values of a header are hidden.
    pub(crate) fn hides_header(&self, operation: &Operation, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.headers.contains(&name)
            || self.at(operation).is_some_and(|secrets| secrets.headers.contains(&name))
    }

    /// Whether the values of a query parameter are hidden.
    pub(crate) fn hides_query(&self, operation: &Operation, name: &str) -> bool {
        let is_documented = |secrets: &OperationSecrets| {
            secrets.is_query_secret || secrets.query.contains(name) || is_member(name, &secrets.query_members)
        };
        self.query.contains(name) || self.at(operation).is_some_and(is_documented)
    }

    /// Whether a member of a request's body is hidden.
    pub(crate) fn hides_member(&self, operation: &Operation, name: &str) -> bool {
        self.at(operation).is_some_and(|secrets| is_member(name, &secrets.request))
    }

    /// Hides the secret members of a value from a request's body.
    pub(crate) fn hide_in(&self, operation: &Operation, value: &mut Value) {
        if let Some(secrets) = self.at(operation) {
            hide_members(value, &secrets.request, &mut Found::default());
        }
    }

    /// Adds a header's value to the secrets found, if it is one; its name is in lower case.
    pub(crate) fn find_in_header(
        &self,
        operation: Option<&Arc<Operation>>,
        name: &str,
        value: &str,
        found: &mut Found,
    ) {
        if self.is_secret_header(operation, name) {
            found.add_header(name, value);
        }
    }

    fn find_in_headers(&self, operation: &Arc<Operation>, headers: &HeaderMap, found: &mut Found) {
        for (name, value) in headers {
            if let Ok(value) = value.to_str() {
                self.find_in_header(Some(operation), name.as_str(), value, found);
            }
        }
    }

    /// A body with secret members hidden.
    pub(crate) fn body(
        &self,
        operation: Option<&Arc<Operation>>,
        side: Side,
        content_type: Option<&str>,
        body: &Bytes,
        found: &mut Found,
    ) -> Bytes {
        let Some(secrets) = self.of(operation) else { return body.clone() };
        let names = match side {
            Side::Request => &secrets.request,
            Side::Response => &secrets.response,
        };
        if names.is_empty() || body.is_empty() {
            return body.clone();
        }
        match media::kind(content_type.unwrap_or("application/json")) {
            media::Kind::Json => match serde_json::from_slice::<Value>(body) {
                Ok(mut value) => {
                    hide_members(&mut value, names, found);
                    Bytes::from(value.to_string())
                }
                Err(_) => hide_whole(body),
            },
            media::Kind::Form => match std::str::from_utf8(body) {
                Ok(text) => {
                    let is_secret = |name: &str| is_member(name, names);
                    Bytes::from(hide_pairs(text, is_secret, found))
                }
                Err(_) => hide_whole(body),
            },
            _ => hide_whole(body),
        }
    }

    /// Every secret in a request.
    pub(crate) fn found_in(&self, operation: &Arc<Operation>, request: &Request) -> Found {
        let mut found = Found::default();
        self.find_in_headers(operation, &request.headers, &mut found);
        let operation = Some(operation);
        self.target(operation, &request.target, &mut found);
        self.body(operation, Side::Request, request.content_type(), &request.body, &mut found);
        found
    }

    /// Every secret in a request and in the reply to it.
    pub(crate) fn found_in_both(
        &self,
        operation: &Arc<Operation>,
        request: &Request,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Found {
        let mut found = self.found_in(operation, request);
        self.find_in_headers(operation, headers, &mut found);
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        self.body(Some(operation), Side::Response, content_type, body, &mut found);
        found
    }

    fn of(&self, operation: Option<&Arc<Operation>>) -> Option<&OperationSecrets> {
        self.at(operation?)
    }

    fn at(&self, operation: &Operation) -> Option<&OperationSecrets> {
        let slot = self.operations.get(&std::ptr::from_ref(operation).addr())?;
        Some(slot.get_or_init(|| OperationSecrets::of(operation)))
    }
}

impl OperationSecrets {
    fn of(operation: &Operation) -> Self {
        let mut secrets = Self::default();
        let is_secret =
            |schema: Option<&counterfoil_openapi::Schema>| schema.is_some_and(|schema| schema.is_secret());
        for parameter in operation.parameters() {
            secrets.add_parameter(parameter);
        }
        if let Some(body) = operation.request_body() {
            secrets.request = members(&body.content);
        }
        for response in operation.responses().iter() {
            secrets.response.extend(members(&response.content));
            let hidden = response.headers.iter().filter(|header| is_secret(header.schema.as_ref()));
            secrets.headers.extend(hidden.map(|header| header.name.to_ascii_lowercase()));
        }
        secrets
    }

    /// Whether nothing in a query string is secret.
    fn has_open_query(&self) -> bool {
        self.query.is_empty() && self.query_members.is_empty() && !self.is_query_secret
    }
}

impl Found {
    /// A text with every secret found so far hidden.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // The longest first: one secret may hold another.
        let mut values: Vec<&String> = self.0.iter().collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        for value in values {
            if value.len() >= MIN_BARE {
                text = text.replace(value.as_str(), HIDDEN);
            } else {
                text = text.replace(&format!("\"{value}\""), &format!("\"{HIDDEN}\""));
            }
        }
        text
    }

    /// Whether a text is one of the secrets found so far.
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.0.contains(text)
    }

    /// A violation that quotes no secret found so far.
    pub(crate) fn scrub_violation(&self, violation: &Violation) -> Violation {
        let mut scrubbed = violation.clone();
        if !self.0.is_empty() {
            scrubbed.message = self.scrub(&violation.message);
        }
        scrubbed
    }

    /// Takes a value for a secret.
    pub(crate) fn add(&mut self, value: &str) {
        if value.is_empty() {
            return;
        }
        let quoted = Value::from(value).to_string();
        self.0.insert(quoted[1..quoted.len() - 1].to_owned());
        self.0.insert(value.to_owned());
    }

    /// A header's value, and the parts of it that are secret by themselves.
    fn add_header(&mut self, name: &str, value: &str) {
        self.add(value);
        match name {
            "authorization" | "proxy-authorization" => {
                if let Some((_, credentials)) = value.split_once(' ') {
                    self.add(credentials.trim());
                }
            }
            "cookie" | "set-cookie" => {
                for (_, value) in value.split(';').filter_map(|pair| pair.split_once('=')) {
                    self.add(value.trim());
                }
            }
            _ => {}
        }
    }
}

impl OperationSecrets {
    fn add_parameter(&mut self, parameter: &Parameter) {
        let Some(schema) = parameter.value_schema() else { return };
        let members = schema.secret_members();
        if !schema.is_secret() && members.is_empty() {
            return;
        }
        match parameter.location {
            Location::Header => drop(self.headers.insert(parameter.name.to_ascii_lowercase())),
            Location::Query => {
                let has_pairs = parameter.content.is_none()
                    && (parameter.explode || parameter.style == Style::DeepObject);
                if schema.is_secret() || !has_pairs {
                    self.query.insert(parameter.name.clone());
                }
                self.query_members.extend(members);
            }
            Location::QueryString => {
                let media = parameter.content.as_ref().and_then(|content| content.iter().next());
                let has_pairs = media.is_some_and(|media| media::kind(&media.name) == media::Kind::Form);
                self.is_query_secret |= schema.is_secret() || !has_pairs;
                self.query_members.extend(members);
            }
            _ => {}
        }
    }
}

fn address(operation: &Arc<Operation>) -> usize {
    Arc::as_ptr(operation).addr()
}

fn members(content: &Content) -> BTreeSet<String> {
    content
        .iter()
        .filter_map(|media| media.schema.as_ref())
        .flat_map(|schema| schema.secret_members())
        .collect()
}

/// Whether the name of a form pair is a secret member, or leads to one: `user[password]`, `user.password`.
fn is_member(name: &str, names: &BTreeSet<String>) -> bool {
    name.split(['[', ']', '.']).any(|part| names.contains(part))
}

fn hide_members(value: &mut Value, names: &BTreeSet<String>, found: &mut Found) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| hide_members(item, names, found)),
        Value::Object(members) => {
            for (name, member) in members {
                if names.contains(name) {
                    collect(member, found);
                    *member = Value::from(HIDDEN);
                } else {
                    hide_members(member, names, found);
                }
            }
        }
        _ => {}
    }
}

/// Every text and number in a secret value.
fn collect(value: &Value, found: &mut Found) {
    match value {
        Value::String(text) => found.add(text),
        Value::Number(number) => found.add(&number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Form or query pairs with the values of secret names hidden.
fn hide_pairs(text: &str, is_secret: impl Fn(&str) -> bool, found: &mut Found) -> String {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let hidden: Vec<String> = text
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) if is_secret(&decode(name)) => {
                found.add(&decode(value));
                found.add(value);
                format!("{name}={HIDDEN}")
            }
            _ => pair.to_owned(),
        })
        .collect();
    hidden.join("&")
}

/// How the text ends that stands for a whole body.
const HIDDEN_WHOLE: &str = " bytes hidden: the body may hold secrets and could not be read]";

fn hide_whole(body: &Bytes) -> Bytes {
    Bytes::from(format!("[{}{HIDDEN_WHOLE}", body.len()))
}

/// Whether this stands for a whole body that is hidden.
pub(crate) fn is_hidden_whole(body: &[u8]) -> bool {
    body.starts_with(b"[") && body.ends_with(HIDDEN_WHOLE.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /login:
    post:
      parameters:
        - { name: otp, in: query, schema: { type: string, format: password } }
      requestBody:
        content:
          application/json: { schema: { $ref: '#/components/schemas/Login' } }
          application/x-www-form-urlencoded: { schema: { $ref: '#/components/schemas/Login' } }
          text/plain: { schema: { type: string } }
      responses: { '200': { description: ok } }
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-Key }
    token: { type: apiKey, in: query, name: token }
  schemas:
    Login:
      type: object
      properties:
        user: { type: string }
        password: { type: string, format: password }
        nested: { type: object, properties: { pin: { type: integer, writeOnly: true } } }
"#;

    fn secrets() -> (Secrets, Contract) {
        let contract = Contract::load("login.yaml", DOCUMENT.as_bytes()).unwrap();
        (Secrets::new(std::slice::from_ref(&contract)), contract)
    }

    #[test]
    fn names_in_targets_and_headers_are_hidden() {
        let (secrets, contract) = secrets();
        let operation = Some(&contract.operations()[0]);
        let mut found = Found::default();
        let target = secrets.target(operation, "/login?a=1&token=abc123&otp=9%209&b", &mut found);
        assert_eq!(target, "/login?a=1&token=***&otp=***&b");
        let header =
            |name: &str, value: &str, found: &mut Found| secrets.header(operation, name, value, found);
        assert_eq!(header("Authorization", "Bearer s3cret", &mut found), "***");
        assert_eq!(header("x-key", "k3y-value", &mut found), "***");
        assert_eq!(header("Cookie", "session=c00kie; a=b", &mut found), "***");
        assert_eq!(header("Accept", "*/*", &mut found), "*/*");
        let text = "abc123, 9 9, s3cret, k3y-value and c00kie";
        assert_eq!(found.scrub(text), "***, 9 9, ***, *** and ***", "three characters need quotes");
        assert_eq!(found.scrub("got \"9 9\""), "got \"***\"");
    }

    /// An object in a query has its members where its notation puts them.
    #[test]
    fn secret_members_of_queries_are_hidden() {
        let parameters = |parameter: &str| {
            let document = format!(
                "openapi: 3.2.0\npaths: {{/x: {{get: {{parameters: [{parameter}], responses: {{}}}}}}}}\n\
                 components: {{schemas: {{S: {{type: object, properties: {{user: {{type: string}}, \
                 password: {{type: string, format: password}}}}}}}}}}\n"
            );
            Contract::load("q.yaml", document.as_bytes()).unwrap()
        };
        let table = [
            ("{name: p, in: query, SCHEMA}", "user=u&password=hunter2", "user=u&password=***"),
            ("{name: p, in: query, explode: false, SCHEMA}", "p=user,u,password,hunter2", "p=***"),
            (
                "{name: p, in: query, style: deepObject, SCHEMA}",
                "p%5Bpassword%5D=hunter2&p[user]=u",
                "p%5Bpassword%5D=***&p[user]=u",
            ),
            (
                "{name: p, in: query, content: {application/json: {SCHEMA}}}",
                "p=%7B%22password%22:%22hunter2%22%7D&q=1",
                "p=***&q=1",
            ),
            (
                "{name: p, in: querystring, content: {application/x-www-form-urlencoded: {SCHEMA}}}",
                "user=u&password=hunter2",
                "user=u&password=***",
            ),
            (
                "{name: p, in: querystring, content: {application/json: {SCHEMA}}}",
                "%7B%22password%22:%22hunter2%22%7D",
                "***",
            ),
        ];
        for (parameter, query, expected) in table {
            let reference = "schema: {$ref: '#/components/schemas/S'}";
            let contract = parameters(&parameter.replace("SCHEMA", reference));
            let secrets = Secrets::new(std::slice::from_ref(&contract));
            let mut found = Found::default();
            let shown = secrets.target(Some(&contract.operations()[0]), &format!("/x?{query}"), &mut found);
            assert_eq!(shown, format!("/x?{expected}"), "{parameter}");
            assert!(!found.scrub(query).contains("hunter2"), "{parameter}");
        }
    }

    #[test]
    fn secret_members_of_bodies_are_hidden() {
        let (secrets, contract) = secrets();
        let operation = Some(&contract.operations()[0]);
        let table = [
            (
                "application/json",
                r#"{"user":"u","password":"p\"w","nested":{"pin":12345}}"#,
                r#"{"user":"u","password":"***","nested":{"pin":"***"}}"#,
            ),
            ("application/json; charset=utf-8", r#"{"password":["a"]}"#, r#"{"password":"***"}"#),
            (
                "application/json",
                r#"{"password":"x"#,
                "[14 bytes hidden: the body may hold secrets and could not be read]",
            ),
            (
                "application/x-www-form-urlencoded",
                "user=u&password=p%20w&nested[pin]=12345",
                "user=u&password=***&nested[pin]=***",
            ),
            ("text/plain", "password", "[8 bytes hidden: the body may hold secrets and could not be read]"),
        ];
        for (content_type, body, expected) in table {
            let mut found = Found::default();
            let body = Bytes::from_static(body.as_bytes());
            let shown = secrets.body(operation, Side::Request, Some(content_type), &body, &mut found);
            assert_eq!(shown, expected.as_bytes(), "{content_type} {body:?}");
        }
    }
}
