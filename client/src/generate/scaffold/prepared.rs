//! Replies that are ready made: the document's examples, and what is made up where it has none.

use counterfoil_openapi::codec::{self, Payload};
use counterfoil_openapi::generate::{PositiveBody, Seed, Variety, positive_in, sample};
use counterfoil_openapi::{Direction, Header, MediaType, Operation, ResponseObject, StatusPattern};
use http::StatusCode;
use serde_json::{Value, json};

use super::super::media;
use super::super::plan::preferred;

/// How many values of a header are drawn until one can be written.
const DRAWS: u64 = 16;

/// What an operation is answered with where all is well.
pub(super) fn usual(operation: &Operation) -> Option<(u16, &ResponseObject)> {
    let lowest = |wanted: &dyn Fn(StatusPattern) -> bool| {
        operation
            .responses()
            .iter()
            .filter(|response| wanted(response.status))
            .min_by_key(|response| response.status)
    };
    let found = lowest(&|status| matches!(status, StatusPattern::Exact(200..=299)))
        .or_else(|| lowest(&|status| status == StatusPattern::Range(2)))
        .or_else(|| lowest(&|status| matches!(status, StatusPattern::Exact(300..=399))))
        .or_else(|| lowest(&|status| status == StatusPattern::Default))
        .or_else(|| lowest(&|_| true))?;
    let code = match found.status {
        StatusPattern::Exact(code) => code,
        StatusPattern::Range(digit) => u16::from(digit) * 100,
        StatusPattern::Default => 200,
    };
    Some((code, found))
}

/// The reply that refuses with the first of some statuses that is documented, as data; a plain one with the first of
/// them where none is.
pub(super) fn refusal(operation: &Operation, statuses: &[u16]) -> Value {
    let responses = operation.responses();
    let exact = statuses.iter().find_map(|code| Some((*code, responses.get(StatusPattern::Exact(*code))?)));
    let wide = |status| statuses.first().and_then(|code| Some((*code, responses.get(status)?)));
    let found = exact.or_else(|| wide(StatusPattern::Range(4))).or_else(|| wide(StatusPattern::Default));
    match found {
        Some((code, response)) => reply(operation, code, response),
        None => {
            let code = statuses.first().copied().unwrap_or(400);
            let reason = StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason());
            json!({
                "status": code,
                "media": "application/json",
                "headers": [],
                "body": json!({ "message": reason.unwrap_or("the request is refused") }).to_string(),
            })
        }
    }
}

/// A reply as data: its status, media type, headers and body.
pub(super) fn reply(operation: &Operation, code: u16, response: &ResponseObject) -> Value {
    let headers: Vec<(String, String)> = response
        .headers
        .iter()
        .filter_map(|header| Some((header.name.clone(), text_of(operation, header)?)))
        .collect();
    let media = preferred(&response.content).filter(|_| *operation.method() != http::Method::HEAD);
    match media {
        Some(media) => json!({
            "status": code,
            "media": media::concrete(&media.name),
            "headers": headers,
            "body": body(operation, code, media).unwrap_or_default(),
        }),
        None => json!({ "status": code, "media": null, "headers": headers, "body": "" }),
    }
}

/// The text of a header that has to be there.
fn text_of(operation: &Operation, header: &Header) -> Option<String> {
    if !header.required {
        return None;
    }
    let write = |value: &Value| {
        let text = codec::encode_header(header, value).ok()?;
        text.to_str().ok().map(str::to_owned)
    };
    let example = header.examples.iter().find_map(|example| write(&example.value));
    example.or_else(|| {
        let strategy = positive_in(header.schema.as_ref()?, Direction::Response, Variety::Realistic).ok()?;
        let parts = [operation.id().as_str(), header.name.as_str()];
        (0..DRAWS).find_map(|draw| write(&sample(&strategy, &Seed::derive(0, &parts, draw))?))
    })
}

/// A body that the document admits, as text; `None` where none is found.
fn body(operation: &Operation, code: u16, documented: &MediaType) -> Option<String> {
    let media = MediaType { name: media::concrete(&documented.name), ..documented.clone() };
    let is_valid = |payload: &Payload| {
        let Some(schema) = &media.schema else { return true };
        match codec::payload_value(&media, payload, Direction::Response) {
            Ok(Some(value)) => schema.is_valid(&value, Direction::Response),
            Ok(None) => true,
            Err(_) => false,
        }
    };
    let examples = media.examples.iter().map(|example| codec::example_payload(&media, example));
    let own = media.schema.iter().filter_map(|schema| schema.resolved().get("example"));
    let own = own.map(|value| codec::written_payload(&media, value));
    let drawn = || match &media.schema {
        Some(_) => {
            let seed = Seed::derive(0, &[operation.id().as_str(), &code.to_string()], 0);
            let bodies = PositiveBody::of(&media, Direction::Response, Variety::Realistic).ok()?;
            Some(Payload::Value(bodies.sample(&seed))).filter(is_valid)
        }
        None => Some(Payload::Value(json!({}))),
    };
    let payload = examples.chain(own).find(is_valid).or_else(drawn)?;
    let bytes = codec::encode_body(&media, &payload).ok()?;
    String::from_utf8(bytes.to_vec()).ok()
}

/// Whether there is something to answer an operation with.
pub(super) fn is_answered(operation: &Operation) -> bool {
    let Some((code, response)) = usual(operation) else { return false };
    let has_body = *operation.method() != http::Method::HEAD;
    let media = preferred(&response.content).filter(|_| has_body);
    media.is_none_or(|media| body(operation, code, media).is_some())
}
