//! The names of what is secret, and messages without their secrets.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use counterfoil_openapi::codec::media;
use counterfoil_openapi::{ApiKeyLocation, Contract, Operation, Request, SecuritySchemeKind};
use http::{HeaderMap, header};
use serde_json::Value;

use super::hide::{hide_members, hide_pairs, hide_whole, is_member};
use super::names::OperationSecrets;
use super::{Found, HIDDEN};

/// The names of everything secret in the contracts of a stub.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    /// Header names in lower case.
    headers: HashSet<String>,
    query: HashSet<String>,
    /// By the operation's address.
    operations: HashMap<usize, OnceLock<OperationSecrets>>,
}

/// Which body of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The request's.
    Request,
    /// The response's.
    Response,
}

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

fn address(operation: &Arc<Operation>) -> usize {
    Arc::as_ptr(operation).addr()
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
