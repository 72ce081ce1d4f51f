//! What a scaffold holds requests to, as data beside its code.

use std::collections::BTreeSet;

use counterfoil_openapi::{ApiKeyLocation, Content, Direction, Location, Schema, SecuritySchemeKind, Style};
use serde_json::{Map, Value, json};

use super::super::media::{self, Kind};
use super::super::types::Types;
use super::claim::{self, Segment, Shape};
use super::code::Named;
use super::prepared;

/// The files of data.
pub(super) struct Data {
    /// What requests are held to, by operation.
    pub(super) rules: String,
    /// What the stub answers, by operation.
    pub(super) examples: String,
    /// What the document says, to compare with what dropshot emits.
    pub(super) source: String,
}

/// What the rules, the examples and the document say of the operations that are served.
pub(super) fn data(served: &[Named<'_, '_>], types: &Types<'_>) -> Data {
    let (mut rules, mut examples, mut source) = (Map::new(), Map::new(), Map::new());
    for one in served {
        rules.insert(one.key(), rules_of(one, types));
        if let Some((code, response)) = prepared::usual(one.method.operation) {
            examples.insert(one.key(), prepared::reply(one.method.operation, code, response));
        }
        source.insert(one.key(), source_of(one));
    }
    Data { rules: text(rules), examples: text(examples), source: text(source) }
}

fn text(members: Map<String, Value>) -> String {
    let mut text = serde_json::to_string_pretty(&Value::Object(members)).unwrap_or_default();
    text.push('\n');
    text
}

fn rules_of(served: &Named<'_, '_>, types: &Types<'_>) -> Value {
    let operation = served.method.operation;
    let path: Vec<Value> = served
        .claim
        .segments
        .iter()
        .map(|segment| match segment {
            Segment::Literal(_) => json!("Literal"),
            Segment::Variable { name, .. } => json!({ "Variable": name }),
        })
        .collect();
    let parameters: Vec<Value> = served
        .method
        .inputs
        .iter()
        .filter_map(|input| {
            let mut all = operation.parameters().iter();
            let parameter =
                all.find(|parameter| parameter.name == input.name && parameter.location == input.location)?;
            let shape = claim::shape(input, types).unwrap_or(Shape::Scalar);
            let separator = match (input.style, input.location) {
                (Style::SpaceDelimited, _) if !input.explode => " ",
                (Style::PipeDelimited, _) if !input.explode => "|",
                (Style::TabDelimited, _) => "\t",
                (_, Location::Query) if input.explode => "",
                _ => ",",
            };
            Some(json!({
                "name": input.name,
                "location": input.location.as_str(),
                "required": input.required,
                "empty": parameter.allow_empty_value,
                "shape": match shape { Shape::Scalar => "scalar", Shape::Array => "array", Shape::Json => "json" },
                "separator": separator,
                "schema": bundle(parameter.value_schema(), Direction::Request),
            }))
        })
        .collect();
    let body = operation.request_body().map(|body| {
        let content: Vec<Value> = body
            .content
            .iter()
            .map(|media| {
                let kind = match media::kind(&media.name) {
                    Kind::Json => "json",
                    Kind::Form => "form",
                    _ => "raw",
                };
                let schema = bundle(media.schema.as_ref(), Direction::Request);
                json!({ "name": media.name, "kind": kind, "schema": schema })
            })
            .collect();
        json!({ "required": body.required, "content": content })
    });
    let mut unauthorised = prepared::refusal(operation, &[401, 403]);
    let security = security(served);
    if let (Some(word), Some(headers)) = (challenge(&security), unauthorised["headers"].as_array_mut()) {
        let has = |header: &Value| {
            header[0].as_str().is_some_and(|name| name.eq_ignore_ascii_case("www-authenticate"))
        };
        if !headers.iter().any(has) {
            headers.push(json!(["www-authenticate", word]));
        }
    }
    json!({
        "path": path,
        "parameters": parameters,
        "body": body,
        "security": security,
        "unauthorised": unauthorised,
        "invalid": prepared::refusal(operation, &[400, 422]),
        "unsupported": prepared::refusal(operation, &[415, 400, 422]),
    })
}

/// The alternatives of credentials; what nothing can be asked of is asked of nobody.
fn security(served: &Named<'_, '_>) -> Vec<Vec<Value>> {
    let requirements = served.method.operation.security().iter();
    requirements
        .map(|requirement| {
            let schemes = requirement.schemes.iter().filter_map(|(scheme, _)| {
                let (kind, key) = match &scheme.kind {
                    SecuritySchemeKind::ApiKey { location, name } => match location {
                        ApiKeyLocation::Query => ("query", name.as_str()),
                        ApiKeyLocation::Header => ("header", name.as_str()),
                        ApiKeyLocation::Cookie => ("cookie", name.as_str()),
                    },
                    SecuritySchemeKind::Http { scheme } => (scheme.as_str(), ""),
                    SecuritySchemeKind::OAuth2 | SecuritySchemeKind::OpenIdConnect => ("bearer", ""),
                    _ => return None,
                };
                Some(json!({ "name": scheme.name, "kind": kind, "key": key }))
            });
            schemes.collect()
        })
        .collect()
}

/// The headers that carry what the stub takes for each scheme; a key in the query is none.
pub(super) fn headers(served: &[Named<'_, '_>]) -> BTreeSet<String> {
    let schemes = served.iter().flat_map(security).flatten();
    let line = |scheme: Value| {
        let key = scheme["key"].as_str().unwrap_or_default().to_owned();
        match scheme["kind"].as_str()? {
            "header" => Some(format!("{key}: secret")),
            "cookie" => Some(format!("Cookie: {key}=secret")),
            "query" => None,
            "basic" => Some("Authorization: Basic dXNlcjpzZWNyZXQ=".to_owned()),
            word => Some(format!("Authorization: {word} secret")),
        }
    };
    schemes.filter_map(line).collect()
}

/// The challenge that a reply 401 carries (RFC 9110, section 11.6.1).
fn challenge(security: &[Vec<Value>]) -> Option<String> {
    let word = security.iter().flatten().find_map(|scheme| {
        let kind = scheme["kind"].as_str()?;
        (!["header", "query", "cookie"].contains(&kind)).then_some(kind)
    })?;
    let mut letters = word.chars();
    let first = letters.next()?;
    Some(format!("{}{} realm=\"api\"", first.to_ascii_uppercase(), letters.as_str()))
}

fn bundle(schema: Option<&Schema>, direction: Direction) -> Value {
    schema.map_or(Value::Bool(true), |schema| schema.bundle(direction).as_ref().clone())
}

/// What the document says of an operation, in the words of OpenAPI 3.
fn source_of(served: &Named<'_, '_>) -> Value {
    let operation = served.method.operation;
    let parameters: Vec<Value> = operation
        .parameters()
        .iter()
        .map(|parameter| {
            let mut told = json!({
                "name": parameter.name,
                "in": parameter.location.as_str(),
                "required": parameter.required,
                "schema": bundle(parameter.value_schema(), Direction::Request),
            });
            if let Some(route) =
                served.claim.route_name(&parameter.name).filter(|route| *route != parameter.name)
            {
                told["route"] = json!(route);
            }
            told
        })
        .collect();
    let body = operation.request_body().map(
        |body| json!({ "required": body.required, "content": content(&body.content, Direction::Request) }),
    );
    let responses: Map<String, Value> = operation
        .responses()
        .iter()
        .map(|response| {
            let headers: Vec<&str> = response.headers.iter().map(|header| header.name.as_str()).collect();
            let content = content(&response.content, Direction::Response);
            (response.status.to_string(), json!({ "content": content, "headers": headers }))
        })
        .collect();
    json!({
        "method": operation.method().as_str().to_ascii_lowercase(),
        "path": served.claim.route(),
        "summary": operation.summary(),
        "deprecated": operation.is_deprecated(),
        "tags": operation.tags(),
        "security": operation.is_secured(),
        "parameters": parameters,
        "body": body,
        "responses": responses,
    })
}

fn content(content: &Content, direction: Direction) -> Value {
    let media = content.iter().map(|media| (media.name.clone(), bundle(media.schema.as_ref(), direction)));
    Value::Object(media.collect())
}
