//! A response held to its operation.

use http::header::CONTENT_ENCODING;
use http::{Method, StatusCode};
use serde_json::Value;

use super::{part, value};
use crate::codec::{MAX_DECODED_BYTES, Payload, decode_body, decode_header, reads_as_written, undo_codings};
use crate::contract::{MediaType, Operation, Response as Documented};
use crate::message::Response;
use crate::schema::{Direction, Secrecy};
use crate::violation::{Part, Violation};

/// A response read by its operation.
#[derive(Debug, Clone)]
pub struct ResponseReading<'o> {
    /// The documented response for its status.
    pub response: Option<&'o Documented>,
    /// The documented media type its body falls under.
    pub media: Option<&'o MediaType>,
    /// The decoded body.
    pub payload: Option<Payload>,
    /// Everything that breaks the contract, in the order status, headers, content type, body.
    pub violations: Vec<Violation>,
}

/// Holds a response to its operation: status documented, headers, content type, body.
///
/// - A body is looked for unless the operation is a HEAD or the status is 1xx, 204, 205 or 304.
/// - A body where the response documents none is ignored.
/// - A media type that no codec reads is not looked into.
/// - What is read of a body is what its `Content-Encoding` says it is.
pub fn response<'o>(operation: &'o Operation, response: &Response) -> ResponseReading<'o> {
    read(operation, response, None)
}

/// As [`response`], for one whose body was written from a value just now: where its media type is plain JSON, in which
/// what is read is what was written, the value is held to the schema, and the body is not read again nor told of.
pub fn response_holding<'o>(
    operation: &'o Operation,
    response: &Response,
    value: &Value,
) -> ResponseReading<'o> {
    read(operation, response, Some(value))
}

fn read<'o>(operation: &'o Operation, response: &Response, written: Option<&Value>) -> ResponseReading<'o> {
    let mut reading = ResponseReading {
        response: operation.responses().documenting(response.status),
        media: None,
        payload: None,
        violations: Vec::new(),
    };
    let Some(documented) = reading.response else {
        let known: Vec<String> =
            operation.responses().iter().map(|documented| documented.status.to_string()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let message = format!("{} is not documented; documented are: {known}", response.status.as_u16());
        reading.violations.push(Violation::new(Part::Status, "undocumented", message));
        return reading;
    };
    read_headers(documented, response, &mut reading.violations);
    if has_body(operation.method(), response.status) && !documented.content.is_empty() {
        read_body(documented, response, written, &mut reading);
    }
    reading
}

/// Whether a response may have a body (RFC 9110, section 6.4.1).
fn has_body(method: &Method, status: StatusCode) -> bool {
    let is_bodiless =
        matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED);
    *method != Method::HEAD && !status.is_informational() && !is_bodiless
}

fn read_headers(documented: &Documented, response: &Response, violations: &mut Vec<Violation>) {
    for header in &documented.headers {
        let part = || Part::Header(header.name.clone());
        match decode_header(header, &response.headers) {
            Ok(Some(value)) => {
                let schema = header.schema.as_ref();
                violations.extend(value::violations(
                    part,
                    schema,
                    &value,
                    Direction::Response,
                    Secrecy::BySchema,
                ));
            }
            Ok(None) if header.required => {
                violations.push(Violation::new(part(), "missing", "it is required, and it is not there"));
            }
            Ok(None) => {}
            Err(message) => violations.push(Violation::new(part(), "unreadable", message)),
        }
    }
}

fn read_body<'o>(
    documented: &'o Documented,
    response: &Response,
    written: Option<&Value>,
    reading: &mut ResponseReading<'o>,
) {
    let content_type = response.content_type();
    if response.body.is_empty() && content_type.is_none() {
        let message = format!(
            "a body is documented, and there is none; documented are: {}",
            value::names(&documented.content)
        );
        reading.violations.push(Violation::new(Part::Body, "missing", message));
        return;
    }
    let media = match value::documented_media(&documented.content, content_type, &response.headers) {
        Ok(media) => media,
        Err(violation) => {
            reading.violations.push(*violation);
            return;
        }
    };
    reading.media = Some(media);
    let content_type = content_type.unwrap_or_default();
    if let Some(value) = written
        && reads_as_written(content_type)
        && !response.headers.contains_key(CONTENT_ENCODING)
    {
        let (direction, secrecy) = (Direction::Response, Secrecy::BySchema);
        reading.violations.extend(value::body_violations(media, content_type, value, direction, secrecy));
        return;
    }
    let body = match undo_codings(&response.headers, &response.body, MAX_DECODED_BYTES) {
        Ok(body) => body,
        Err(error) => {
            reading.violations.push(value::coding_violation(&error));
            return;
        }
    };
    match decode_body(media, content_type, &body, Direction::Response) {
        Ok(payload) => {
            if let Some(held) = payload.as_value() {
                let (direction, secrecy) = (Direction::Response, Secrecy::BySchema);
                let found = value::body_violations(media, content_type, held, direction, secrecy);
                reading.violations.extend(found);
                let parts = part::violations(media, content_type, &body, Direction::Response);
                reading.violations.extend(parts);
            }
            reading.payload = Some(payload);
        }
        Err(message) => reading.violations.push(Violation::new(Part::Body, "unreadable", message)),
    }
}
