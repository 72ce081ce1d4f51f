//! A request held to its operation.

use std::cell::OnceCell;

use bytes::Bytes;
use serde_json::Value;

use super::part;
use super::security;
use super::value;
use crate::codec::{
    BodyValue, Cookies, MAX_DECODED_BYTES, QueryPairs, RequestValues, decode_body, decode_cookie,
    decode_path, decode_query, decode_query_string, decode_request_header, holds_more, media, most_values,
    uncoded,
};
use crate::contract::{
    ApiKeyLocation, Location, MediaType, Operation, Parameter, SecuritySchemeKind, is_transport_header,
};
use crate::message::Request;
use crate::route::RouteMatch;
use crate::schema::{Direction, Secrecy};
use crate::violation::{Part, Violation};

/// The parameters of one location that room is made for at first, where there are as many.
const USUAL_PARAMETERS: usize = 8;

/// The most unknown query parameters that are told of.
const MAX_UNKNOWN: usize = 100;

/// What query parameters that the document does not name mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownQuery {
    /// Nothing.
    #[default]
    Accept,
    /// A violation each.
    Refuse,
}

/// Whether a part of the contract is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Enforcement {
    /// It is.
    #[default]
    Enforced,
    /// It is not, as if the document did not ask for it.
    Ignored,
}

/// How strictly a request is judged.
#[derive(Debug, Clone)]
pub struct RequestRules {
    /// Query parameters that the document does not name.
    pub unknown_query: UnknownQuery,
    /// The credentials that the operation asks for.
    pub security: Enforcement,
    /// The most bytes that a body may have once its content codings are undone. It may hold one value for every 64 of
    /// them, and 4,096 in any case.
    pub body_limit: usize,
}

impl Default for RequestRules {
    /// Unknown query parameters are accepted, credentials are asked for, and bodies have [`MAX_DECODED_BYTES`].
    fn default() -> Self {
        Self {
            unknown_query: UnknownQuery::default(),
            security: Enforcement::default(),
            body_limit: MAX_DECODED_BYTES,
        }
    }
}

/// A request read by its operation.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The decoded values, invalid ones included; what could not be decoded is not there.
    pub values: RequestValues,
    /// Everything that breaks the contract, in the order security, content type, parameters, body.
    pub violations: Vec<Violation>,
}

/// Reads a request by the operation the router found and holds it to that.
///
/// - A body where none is documented is ignored, and so is an empty one where it is not required.
/// - Where a body is required, an empty one is missing; only a form without fields is an empty one.
/// - A media type that no codec reads is not looked into.
/// - What is read of a body is what its `Content-Encoding` says it is.
pub fn request(found: &RouteMatch<'_, '_>, request: &Request, rules: &RequestRules) -> Reading {
    let (mut reading, body) = read_head(found, request, request.body.is_empty(), rules);
    if let Some((media, content_type)) = body {
        match uncoded(&request.headers, &request.body, rules.body_limit) {
            Ok(body) if holds_more(content_type, &body, most_values(rules.body_limit)) => {
                let message = format!("it holds more than {} values", most_values(rules.body_limit));
                reading.violations.push(Violation::new(Part::Body, "unreadable", message));
            }
            Ok(body) => read_body(media, content_type, &body, &mut reading),
            Err(error) => reading.violations.push(value::coding_violation(&error)),
        }
    }
    reading
}

/// As [`request`], for a request with a body that was not read, and is not in `request`: its media type is judged, and
/// nothing of what it holds.
pub fn without_body(found: &RouteMatch<'_, '_>, request: &Request, rules: &RequestRules) -> Reading {
    read_head(found, request, false, rules).0
}

/// Reads everything but the body, and finds the media type that it is to be read by.
fn read_head<'r>(
    found: &RouteMatch<'r, '_>,
    request: &'r Request,
    is_empty: bool,
    rules: &RequestRules,
) -> (Reading, Option<(&'r MediaType, &'r str)>) {
    let operation: &Operation = found.operation;
    let mut reading = Reading::default();
    if rules.security == Enforcement::Enforced {
        reading.violations.extend(security::security(operation, request));
    }
    let body = find_body(operation, request, is_empty, &mut reading.violations);
    read_parameters(found, request, rules, &mut reading);
    (reading, body)
}

/// The documented media type of the body; nothing where there is no body to read.
fn find_body<'o, 'r>(
    operation: &'o Operation,
    request: &'r Request,
    is_empty: bool,
    violations: &mut Vec<Violation>,
) -> Option<(&'o MediaType, &'r str)> {
    let documented = operation.request_body()?;
    let is_form = || request.content_type().is_some_and(|sent| media::kind(sent) == media::Kind::Form);
    if is_empty && !(documented.required && is_form()) {
        if documented.required {
            violations.push(Violation::new(Part::Body, "missing", "a body is required, and it is empty"));
        }
        return None;
    }
    if documented.content.is_empty() {
        return None;
    }
    let content_type = request.content_type();
    match value::documented_media(&documented.content, content_type, &request.headers) {
        Ok(media) => Some((media, content_type?)),
        Err(violation) => {
            violations.push(*violation);
            None
        }
    }
}

fn read_body(media: &MediaType, content_type: &str, body: &Bytes, reading: &mut Reading) {
    match decode_body(media, content_type, body, Direction::Request) {
        Ok(payload) => {
            if let Some(held) = payload.as_value() {
                let (direction, secrecy) = (Direction::Request, Secrecy::BySchema);
                let found = value::body_violations(media, content_type, held, direction, secrecy);
                reading.violations.extend(found);
                let parts = part::violations(media, content_type, body, Direction::Request);
                reading.violations.extend(parts);
            }
            let media_type = media::without_boundary(content_type).into_owned();
            reading.values.body = Some(BodyValue { media_type, payload });
        }
        Err(message) => reading.violations.push(Violation::new(Part::Body, "unreadable", message)),
    }
}

fn read_parameters(
    found: &RouteMatch<'_, '_>,
    request: &Request,
    rules: &RequestRules,
    reading: &mut Reading,
) {
    let operation: &Operation = found.operation;
    let pairs = match QueryPairs::read(request.query().unwrap_or_default()) {
        Ok(pairs) => pairs,
        Err(message) => {
            let part = Part::Parameter(Location::Query, "*".to_owned());
            reading.violations.push(Violation::new(part, "too-large", message));
            return;
        }
    };
    let cookies = OnceCell::new();
    let cookies = || cookies.get_or_init(|| Cookies::read(&request.headers));
    let is_documented = |name: &str| is_query_name(operation, name);
    for parameter in operation.parameters() {
        let decoded = match parameter.location {
            Location::Path => {
                let raw = found.variables.iter().find(|(name, _)| *name == parameter.name);
                // A path parameter that the template has no place for cannot be sent.
                let Some((_, raw)) = raw else { continue };
                decode_path(parameter, raw).map(Some)
            }
            Location::Query => decode_query(parameter, &pairs, &is_documented),
            Location::QueryString => decode_query_string(parameter, request.query()),
            Location::Header => decode_request_header(parameter, &request.headers),
            Location::Cookie => decode_cookie(parameter, cookies()),
        };
        judge(operation, parameter, decoded, reading);
    }
    let has_whole = operation.parameters_in(Location::QueryString).next().is_some();
    if rules.unknown_query == UnknownQuery::Refuse && !has_whole {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in pairs.unread().filter(|(name, _)| !is_documented(name)) {
            if names.len() < MAX_UNKNOWN && !names.contains(&name) {
                names.push(name);
            }
        }
        reading.violations.extend(names.into_iter().map(|name| {
            let part = Part::Parameter(Location::Query, name.to_owned());
            Violation::new(part, "undocumented", "no query parameter of this name is documented")
        }));
    }
}

fn judge(
    operation: &Operation,
    parameter: &Parameter,
    decoded: Result<Option<Value>, String>,
    reading: &mut Reading,
) {
    let part = || Part::Parameter(parameter.location, parameter.name.clone());
    let value = match decoded {
        Ok(Some(value)) => value,
        Ok(None) => {
            // How a message is framed is up to who sends it: HTTP/2 has no `Transfer-Encoding`, no body no length.
            if parameter.required && !is_transport_header(parameter.location, &parameter.name) {
                reading.violations.push(Violation::new(
                    part(),
                    "missing",
                    "it is required, and it is not there",
                ));
            }
            return;
        }
        Err(message) => {
            reading.violations.push(Violation::new(part(), "unreadable", message));
            return;
        }
    };
    let is_empty = |value: &Value| value.as_str() == Some("");
    let is_allowed_empty = parameter.allow_empty_value
        && match &value {
            Value::Array(items) => matches!(items.as_slice(), [item] if is_empty(item)),
            value => is_empty(value),
        };
    if !is_allowed_empty {
        let is_key = security::is_key(operation, parameter.location, &parameter.name);
        let secrecy = if is_key { Secrecy::Secret } else { Secrecy::BySchema };
        let schema = parameter.value_schema();
        let found = value::violations(part, schema, &value, Direction::Request, secrecy);
        reading.violations.extend(found);
    }
    let values = match parameter.location {
        Location::Path => &mut reading.values.path,
        Location::Query | Location::QueryString => &mut reading.values.query,
        Location::Header => &mut reading.values.header,
        Location::Cookie => &mut reading.values.cookie,
    };
    if values.is_empty() {
        values.reserve(operation.parameters().len().min(USUAL_PARAMETERS));
    }
    values.insert(parameter.name.clone(), value);
}

/// Whether a name in a query is a documented parameter's or a security scheme's.
fn is_query_name(operation: &Operation, name: &str) -> bool {
    operation.parameters_in(Location::Query).any(|parameter| parameter.name == name)
        || operation.security().iter().flat_map(|alternative| &alternative.schemes).any(|(scheme, _)| {
            matches!(&scheme.kind, SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Query, name: key } if key == name)
        })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::header::{AUTHORIZATION, CONTENT_TYPE};
    use http::{HeaderValue, Method};
    use serde_json::json;

    use super::*;
    use crate::codec::{Payload, encode_request};
    use crate::contract::Contract;
    use crate::route::{BasePaths, Route, Router};

    const DOCUMENT: &str = "
openapi: 3.0.3
info: {title: Pets, version: '1'}
security: [{token: []}]
paths:
  /pets/{id}:
    put:
      operationId: putPet
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}, explode: false}
        - {name: X-Limit, in: header, schema: {type: integer, minimum: 1}}
        - {name: transfer-encoding, in: header, required: true, schema: {type: string}}
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, required: [name], properties: {name: {type: string}, age: {type: integer, minimum: 0}}}
          application/x-www-form-urlencoded:
            schema: {type: object, properties: {age: {type: integer}, tags: {type: array, items: {type: boolean}}}}
      responses: {'200': {description: ok}}
components:
  securitySchemes: {token: {type: http, scheme: Bearer}}
";

    fn read(request: &Request) -> Reading {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let router = Router::new(contract.operations(), BasePaths::Optional);
        let Route::Found(found) = router.find(&request.method, request.path()) else { panic!("not found") };
        super::request(&found, request, &RequestRules::default())
    }

    fn operation() -> Arc<Operation> {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        Arc::clone(contract.operation("putPet").unwrap())
    }

    fn lines(reading: &Reading) -> Vec<String> {
        reading.violations.iter().map(Violation::to_string).collect()
    }

    #[test]
    fn what_is_written_is_read_back_without_a_violation() {
        for body in [
            BodyValue {
                media_type: "application/json".to_owned(),
                payload: Payload::Value(json!({"name": "é", "age": 3})),
            },
            BodyValue {
                media_type: "application/x-www-form-urlencoded".to_owned(),
                payload: Payload::Value(json!({"age": 3, "tags": [true, false]})),
            },
        ] {
            let mut values = RequestValues { body: Some(body), ..RequestValues::default() };
            values.path.insert("id".to_owned(), json!(7));
            values.query.insert("tags".to_owned(), json!(["a b", "c,d", "+&="]));
            values.header.insert("X-Limit".to_owned(), json!(12));
            let mut request = encode_request(&operation(), &values).unwrap();
            request.headers.insert(AUTHORIZATION, HeaderValue::from_static("bearer abc"));
            let reading = read(&request);
            assert_eq!(lines(&reading), Vec::<String>::new());
            assert_eq!(reading.values, values);
        }
    }

    #[test]
    fn every_violation_is_reported_in_order() {
        let mut request = Request::new(Method::PUT, "/pets/seven");
        request.headers.insert("x-limit", HeaderValue::from_static("0"));
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        request.body = Bytes::from_static(b"{\"age\": -1}");
        assert_eq!(
            lines(&read(&request)),
            [
                "security: no valid credentials: `Authorization: Bearer ...` is missing [unauthorized]",
                "path.id: \"seven\" is not of type \"integer\" [type]",
                "header.X-Limit: 0 is less than the minimum of 1 [minimum]",
                "body: \"name\" is a required property [required]",
                "body/age: -1 is less than the minimum of 0 [minimum]",
            ]
        );
    }

    #[test]
    fn a_key_is_never_quoted() {
        let text = DOCUMENT.replace("security: [{token: []}]", "security: [{key: []}]").replace(
            "{type: http, scheme: Bearer}",
            "{type: http, scheme: Bearer}, key: {type: apiKey, in: header, name: x-limit}",
        );
        let contract = Contract::load("pets.yaml", text.as_bytes()).unwrap();
        let mut request = Request::new(Method::PUT, "/pets/1");
        request.headers.insert("x-limit", HeaderValue::from_static("hunter2"));
        request.body = Bytes::from_static(b"{\"name\": \"a\"}");
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let found = RouteMatch::of(&contract.operations()[0], request.path()).unwrap();
        let reading = super::request(&found, &request, &RequestRules::default());
        assert_eq!(lines(&reading), ["header.X-Limit: the value is not of type \"integer\" [type]"]);
    }
}
