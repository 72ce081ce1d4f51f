//! The laws of requests.

use std::sync::Arc;

use counterfoil_openapi::codec::{Payload, RequestValues, encode_body, encode_request};
use counterfoil_openapi::generate::{
    BrokenRequest, Constraint, NoInstance, Seed, Variety, negative_request, positive_request_in, sample,
};
use counterfoil_openapi::validate::{self, Enforcement, Reading, RequestRules};
use counterfoil_openapi::{
    BasePaths, Location, MediaType, Operation, Part, Request, RequestBody, Route, Router, Schema, Violation,
};
use http::header::COOKIE;
use http::{HeaderName, HeaderValue};
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::original::{self, Rule};
use super::tally::Tally;
use super::{Case, schemas_of};

/// The headers that belong to the connection, whatever a document says of them.
const TRANSPORT: [&str; 9] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "expect",
];

/// The schemas of what a request holds.
pub(super) fn schemas(operation: &Operation) -> Vec<&Schema> {
    let parameters = operation.parameters().iter().filter_map(|parameter| parameter.value_schema());
    let bodies = operation.request_body().into_iter().flat_map(|body| schemas_of(&body.content));
    parameters.chain(bodies).collect()
}

pub(super) fn valid(case: &Case<'_>, operation: &Arc<Operation>, tally: &mut Tally) {
    for variety in [Variety::Wild, Variety::Plain] {
        let strategy = match positive_request_in(operation, variety) {
            Ok(strategy) => strategy,
            Err(none) => return lack(case, operation, &none, tally),
        };
        for seed in case.settings.seeds {
            // Of four, three are wild ones.
            let plain = case.settings.cases / 4;
            let cases = if variety == Variety::Plain { plain } else { case.settings.cases - plain };
            for index in 0..cases {
                let values =
                    sample(&strategy, &Seed::derive(seed, &["valid", operation.id().as_str()], index));
                let held = values.ok_or_else(|| "no request is drawn".to_owned()).and_then(|values| {
                    arrives(operation, &values)?;
                    is_admitted(case, operation, &values, tally)
                });
                match held {
                    Ok(()) => tally.valid += 1,
                    Err(why) => {
                        return tally.failures.push(format!("valid {variety:?} {seed} {index}: {why}"));
                    }
                }
            }
        }
    }
}

/// Whether values arrive as they are, and break nothing.
fn arrives(operation: &Arc<Operation>, values: &RequestValues) -> Result<(), String> {
    let request = encode_request(operation, values).map_err(|error| format!("{error} {values:?}"))?;
    let reading = read(operation, &request)?;
    let target = &request.target;
    if let Some(violation) = reading.violations.first() {
        return Err(format!("{target}: {violation}"));
    }
    let places = [
        ("path", &values.path, &reading.values.path),
        ("query", &values.query, &reading.values.query),
        ("header", &values.header, &reading.values.header),
        ("cookie", &values.cookie, &reading.values.cookie),
    ];
    for (place, sent, read) in places {
        if !is_same_place(place, sent, read) {
            return Err(format!("{target}: {place} {sent:?} is read as {read:?}"));
        }
    }
    let is_same_body = match (&values.body, &reading.values.body) {
        (None, None) => true,
        (Some(sent), Some(read)) => match (&sent.payload, &read.payload) {
            (Payload::Value(sent), Payload::Value(read)) => is_same(sent, read),
            (Payload::Bytes(sent), Payload::Bytes(read)) => sent == read,
            (Payload::Value(Value::String(sent)), Payload::Bytes(read)) => sent.as_bytes() == &read[..],
            _ => false,
        },
        _ => false,
    };
    if is_same_body {
        Ok(())
    } else {
        Err(format!("{target}: {:?} is read as {:?}", values.body, reading.values.body))
    }
}

/// What a server makes of a request, transport headers aside.
fn read(operation: &Arc<Operation>, request: &Request) -> Result<Reading, String> {
    let router = Router::new([operation], BasePaths::Optional);
    let Route::Found(found) = router.find_request(request) else {
        return Err(format!("{} does not lead to {}", request.target, operation.path()));
    };
    let rules = RequestRules { security: Enforcement::Ignored, ..RequestRules::default() };
    let mut reading = validate::request(&found, request, &rules);
    reading.violations.retain(
        |violation| !matches!(&violation.part, Part::Parameter(Location::Header, name) if is_transport(name)),
    );
    Ok(reading)
}

fn is_transport(name: &str) -> bool {
    TRANSPORT.iter().any(|header| name.eq_ignore_ascii_case(header))
}

fn is_same_place(place: &str, sent: &IndexMap<String, Value>, read: &IndexMap<String, Value>) -> bool {
    let read: Vec<_> = read.iter().filter(|(name, _)| place != "header" || !is_transport(name)).collect();
    sent.len() == read.len()
        && read.iter().all(|(name, value)| sent.get(*name).is_some_and(|sent| is_same(sent, value)))
}

/// Whether two values are the same one; `1` and `1.0` are.
pub(super) fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| is_same(left, right)))
        }
        _ => left == right,
    }
}

/// Whether the document's own schemas admit the values.
fn is_admitted(
    case: &Case<'_>,
    operation: &Operation,
    values: &RequestValues,
    tally: &mut Tally,
) -> Result<(), String> {
    for (_, schema, value) in judged(operation, values) {
        if let Some(verdict) = case.requests.admits(schema, value) {
            tally.judged += 1;
            verdict?;
        }
    }
    Ok(())
}

/// The values of the parts that have a schema, which is there too.
fn judged<'v>(operation: &'v Operation, values: &'v RequestValues) -> Vec<(Part, &'v Schema, &'v Value)> {
    let parameters = operation.parameters().iter().filter_map(|parameter| {
        let part = Part::Parameter(parameter.location, parameter.name.clone());
        Some((part, parameter.value_schema()?, value_at(values, parameter.location, &parameter.name)?))
    });
    let body = values.body.as_ref().and_then(|body| {
        let media = operation.request_body()?.content.matching(&body.media_type)?;
        Some((Part::Body, media.schema.as_ref()?, body.payload.as_value()?))
    });
    parameters.chain(body).collect()
}

fn value_at<'v>(values: &'v RequestValues, location: Location, name: &str) -> Option<&'v Value> {
    match location {
        Location::Path => values.path.get(name),
        Location::Query => values.query.get(name),
        Location::Header => values.header.get(name),
        _ => values.cookie.get(name),
    }
}

pub(super) fn invalid(case: &Case<'_>, operation: &Arc<Operation>, tally: &mut Tally) {
    let strategy = match negative_request(operation) {
        Ok(strategy) => strategy,
        Err(none) if none.message.contains("nothing was found that could be wrong") => {
            let body = operation.request_body().filter(|body| !body.content.is_empty());
            return match accepts_anything(operation) {
                Ok(()) => tally.lacks("an operation that no request breaks"),
                Err(_) if body.is_some_and(|body| body.content.iter().all(is_uncoded)) => {
                    tally.lacks("an operation with an optional body that no codec writes");
                }
                Err(_) if body.is_some_and(|body| is_never_valid(case, body)) => {
                    tally.lacks("an operation with an optional body that no value is valid for");
                }
                Err(why) => tally.failures.push(format!("invalid: {none}, but {why}")),
            };
        }
        // Told of already.
        Err(_) => return,
    };
    for seed in case.settings.seeds {
        for index in 0..case.settings.cases {
            let broken = sample(&strategy, &Seed::derive(seed, &["invalid", operation.id().as_str()], index));
            let held = broken
                .ok_or_else(|| "no request is drawn".to_owned())
                .and_then(|broken| breaks(case, operation, &broken, tally));
            match held {
                Ok(violations) => {
                    tally.invalid += 1;
                    tally.single += usize::from(violations.len() == 1);
                }
                Err(why) => return tally.failures.push(format!("invalid {seed} {index}: {why}")),
            }
        }
    }
}

/// Whether a request breaks the rule that it was made to break, and no other part of it breaks any; what it breaks.
///
/// The violation found is the rule where the part, the keyword, the place in the value and the place in the document
/// are the same ones. Where the rule is one of a schema, the `jsonschema` crate must refuse the value by the same
/// keyword at the same place in the value, by the document's own schema.
fn breaks(
    case: &Case<'_>,
    operation: &Arc<Operation>,
    broken: &BrokenRequest,
    tally: &mut Tally,
) -> Result<Vec<Violation>, String> {
    let constraint = &broken.constraint;
    let request = encode_request(operation, &broken.values).map_err(|error| error.to_string())?;
    let reading = read(operation, &request)?;
    let is_elsewhere = |violation: &&Violation| violation.part != constraint.part;
    if let Some(violation) = reading.violations.iter().find(is_elsewhere) {
        return Err(format!("{}: {constraint:?}, and {violation}", request.target));
    }
    let Some(violation) = reading.violations.iter().find(|violation| is_of(violation, constraint)) else {
        return Err(format!("{}: {constraint:?}, found {:?}", request.target, reading.violations));
    };
    if violation.document_pointer.is_none() {
        return is_seen(operation, &request, &reading, constraint).map(|()| reading.violations);
    }
    for (part, schema, value) in judged(operation, &reading.values) {
        if part == constraint.part
            && let Some(rules) = case.requests.broken(schema, value)
        {
            tally.judged += 1;
            let rules = rules?;
            let is_same = |rule: &Rule| match constraint.keyword.as_str() {
                // JSON Schema knows only that no alternative is met by what holds the property.
                "discriminator" => {
                    let holder = constraint.pointer.rsplit_once('/').map(|(holder, _)| holder);
                    ["oneOf", "anyOf"].contains(&rule.keyword.as_str()) && holder == Some(&rule.pointer)
                }
                keyword => rule.keyword == keyword && rule.pointer == constraint.pointer,
            };
            if !rules.iter().any(is_same) && !is_ours(operation, constraint) {
                return Err(format!("{constraint:?}, but the schema refuses {value} by {rules:?}"));
            }
        }
    }
    Ok(reading.violations)
}

fn is_of(violation: &Violation, constraint: &Constraint) -> bool {
    let document_pointer = violation.document_pointer.as_ref();
    violation.part == constraint.part
        && violation.rule == constraint.keyword
        && violation.pointer == constraint.pointer
        && document_pointer.is_none_or(|pointer| *pointer == constraint.document_pointer)
}

/// Whether a request can be seen to break a rule that is none of a schema.
///
/// # Errors
///
/// That it cannot.
fn is_seen(
    operation: &Operation,
    request: &Request,
    reading: &Reading,
    constraint: &Constraint,
) -> Result<(), String> {
    let content = || &operation.request_body().expect("its media type is wrong").content;
    let is_seen = match (&constraint.part, constraint.keyword.as_str()) {
        (Part::Parameter(location, name), "missing") => {
            let mut declared = operation.parameters_in(*location);
            declared.any(|parameter| parameter.name == *name && parameter.required)
                && value_at(&reading.values, *location, name).is_none()
        }
        (Part::Parameter(location, name), "unreadable") => {
            value_at(&reading.values, *location, name).is_none()
        }
        (Part::Body, "missing") => {
            operation.request_body().is_some_and(|body| body.required) && request.body.is_empty()
        }
        (Part::Body, "unreadable") => serde_json::from_slice::<Value>(&request.body).is_err(),
        (Part::ContentType, "undocumented") => {
            request.content_type().is_some_and(|sent| content().matching(sent).is_none())
        }
        _ => false,
    };
    if is_seen { Ok(()) } else { Err(format!("{constraint:?} is not seen in {request:?}")) }
}

/// Whether a rule is one that the `jsonschema` crate alone does not know: the bounds and the texts that OpenAPI's
/// formats stand for, properties that may not travel this way, patterns that the engines of the crate do not compile.
fn is_ours(operation: &Operation, constraint: &Constraint) -> bool {
    match constraint.keyword.as_str() {
        "readOnly" | "writeOnly" => true,
        keyword @ ("format" | "minimum" | "maximum") => {
            let schema = constraint.document_pointer.strip_suffix(&format!("/{keyword}"));
            let schema = schema.unwrap_or(&constraint.document_pointer);
            let found = operation.document().root().pointer(schema);
            found.is_some_and(|found| found.get("format").is_some())
        }
        "pattern" => {
            let found = operation.document().root().pointer(&constraint.document_pointer);
            found.and_then(Value::as_str).is_some_and(|pattern| !original::compiles(pattern))
        }
        _ => false,
    }
}

/// Texts that most rules refuse one of.
const PROBES: [&str; 14] = [
    "",
    "a",
    "0",
    "-1",
    "1.5",
    "1e400",
    "99999999999999999999",
    "true",
    "null",
    "%00%C3%A9%F0%9F%98%80",
    "%7B",
    "%5B1%5D",
    "a%2Cb%2Cc",
    "x-y_z.:;!",
];

/// Whether an operation takes whatever stands where its parameters do, however long, and asks for no body.
///
/// # Errors
///
/// What is refused.
fn accepts_anything(operation: &Arc<Operation>) -> Result<(), String> {
    if let Some(body) = operation.request_body()
        && (body.required || !body.content.is_empty())
    {
        return Err("it has a body, which can be of another media type".to_owned());
    }
    let long = "a".repeat(5_000);
    for text in PROBES.into_iter().chain([long.as_str()]) {
        let mut request = Request::new(operation.method().clone(), "");
        let mut pairs = Vec::new();
        for parameter in operation.parameters() {
            match parameter.location {
                Location::Query => pairs.push(format!("{}={text}", parameter.name)),
                Location::Header if !text.contains('%') => {
                    let name = HeaderName::from_bytes(parameter.name.as_bytes())
                        .map_err(|error| error.to_string())?;
                    request
                        .headers
                        .insert(name, HeaderValue::from_str(text).map_err(|error| error.to_string())?);
                }
                Location::Cookie if !text.contains('%') => {
                    let cookie = HeaderValue::from_str(&format!("{}={text}", parameter.name));
                    request.headers.append(COOKIE, cookie.map_err(|error| error.to_string())?);
                }
                _ => {}
            }
        }
        // An empty segment is none.
        let segment = if text.is_empty() { "a" } else { text };
        let path = operation.path().fill(|_| segment.to_owned());
        // Some templates have a query of their own.
        let mark = if path.contains('?') { '&' } else { '?' };
        request.target = format!("{path}{mark}{}", pairs.join("&"));
        let broken = read(operation, &request)?.violations;
        // Several variables in one segment can share an escape, which is nobody's mistake.
        let is_torn = |violation: &&Violation| violation.rule == "unreadable" && text.contains('%');
        if let Some(violation) = broken.iter().find(|violation| !is_torn(violation)) {
            return Err(format!("{} breaks {violation}", request.target));
        }
        // Nothing is missing where nothing is sent.
        let bare = Request::new(operation.method().clone(), path);
        let broken = read(operation, &bare)?.violations;
        if let Some(violation) = broken.iter().find(|violation| !is_torn(violation)) {
            return Err(format!("{} breaks {violation}", bare.target));
        }
    }
    Ok(())
}

/// Counts an operation without a request, if the document is the reason.
fn lack(case: &Case<'_>, operation: &Operation, none: &NoInstance, tally: &mut Tally) {
    let required = operation.parameters().iter().filter(|parameter| parameter.required);
    let is_contradictory =
        |schema: Option<&Schema>| schema.is_some_and(|schema| case.requests.is_empty(schema));
    let body = operation.request_body().filter(|body| body.required && !body.content.is_empty());
    let reason = if required.map(|parameter| parameter.value_schema()).any(is_contradictory) {
        "a required parameter that no value is valid for"
    } else if body.is_some_and(|body| body.content.iter().all(is_uncoded)) {
        "a required body that no codec writes"
    } else if body.is_some_and(|body| is_never_valid(case, body)) {
        "a required body that no value is valid for"
    } else {
        return tally.failures.push(format!("no request: {none}"));
    };
    tally.lacks(format!("an operation with {reason}"));
}

/// Whether no value is valid for a body, in any media type that a codec writes.
fn is_never_valid(case: &Case<'_>, body: &RequestBody) -> bool {
    let is_empty = |media: &MediaType| {
        is_uncoded(media) || media.schema.as_ref().is_some_and(|schema| case.requests.is_empty(schema))
    };
    body.content.iter().all(is_empty)
}

/// Whether no codec writes the values of a media type.
pub(super) fn is_uncoded(media: &MediaType) -> bool {
    if !media.name.contains('/') {
        return true;
    }
    let payload = Payload::Value(json!({}));
    let told = encode_body(media, &payload).err().map(|error| error.to_string());
    told.is_some_and(|told| told.contains("no codec writes"))
}
