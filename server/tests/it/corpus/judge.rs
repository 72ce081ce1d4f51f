//! A reply held to the document as it is written, by code that has nothing in common with the stub's choices.
//!
//! Status, headers and media type are looked up in the document itself; values are judged by the `jsonschema` crate
//! alone (see [`Originals`]). JSON, JSON lines, texts and headers are read here; what is a form, several parts, XML,
//! YAML or events is read by the codec, which is held to laws of its own, and judged here all the same.

use counterfoil_openapi::codec::{Payload, decode_body};
use counterfoil_openapi::{Direction, Document, Operation, Response};
use http::Method;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::original::{Originals, Refusal};
use super::reading;
use super::spot::Spot;

/// Headers that say what the connection does; hyper and dropshot set them, and the limits page tells of it.
const TRANSPORT: [&str; 8] = [
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

/// Something about a reply that the document does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exception {
    pub(super) what: String,
    /// The place of the document that it is about.
    pub(super) place: String,
    /// The schema that refuses a value, where that is another place.
    pub(super) refusing: Option<String>,
}

impl Exception {
    pub(super) fn new(place: &str, what: impl Into<String>) -> Self {
        Self { what: what.into(), place: place.to_owned(), refusing: None }
    }

    /// A value that the schema at a place refuses.
    fn refused(place: &str, what: &str, refusal: Refusal) -> Self {
        let Refusal { why, schema } = refusal;
        Self { refusing: Some(schema), ..Self::new(place, format!("{what}{why}")) }
    }
}

/// What was looked at.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// Values put to their own schemas.
    pub(super) judged: usize,
    /// Bodies of media types that nothing reads.
    pub(super) unread: usize,
    /// Answers of operations that document none.
    pub(super) bare: usize,
}

/// A media type that a response documents.
struct Media<'d> {
    name: String,
    schema: Option<Spot<'d>>,
    item: Option<Spot<'d>>,
    pointer: String,
}

pub(super) struct Judge<'d> {
    root: &'d Value,
    is_swagger: bool,
    originals: Originals,
}

impl<'d> Judge<'d> {
    pub(super) fn of(document: &'d Document, operations: &[&Operation]) -> Self {
        let root = document.root();
        let is_swagger = root.get("swagger").is_some();
        let mut pointers = Vec::new();
        for operation in operations.iter().filter_map(|one| Spot::at(root, one.pointer().as_str())) {
            let responses = operation.get("responses");
            for (_, response) in responses.iter().flat_map(Spot::members) {
                let media = media_types(&operation, &response, is_swagger);
                pointers
                    .extend(media.iter().flat_map(|media| [&media.schema, &media.item]).flatten().cloned());
                let headers = response.get("headers");
                let headers = headers.iter().flat_map(Spot::members);
                pointers.extend(headers.filter_map(|(_, header)| header_schema(&header, is_swagger)));
            }
        }
        let pointers = pointers.into_iter().map(|spot| spot.pointer);
        Self { root, is_swagger, originals: Originals::at(document, Direction::Response, pointers) }
    }

    /// Whether no value at all is valid at a place, by the `jsonschema` crate's own proof.
    pub(super) fn admits_nothing(&self, place: &str) -> bool {
        self.root.pointer(place).is_some() && self.originals.is_empty_at(place)
    }

    /// Everything about a reply that the document does not say.
    pub(super) fn judge(
        &self,
        operation: &Operation,
        reply: &Response,
        looked: &mut Looked,
    ) -> Vec<Exception> {
        let Some(spot) = Spot::at(self.root, operation.pointer().as_str()) else {
            return vec![Exception::new(operation.pointer().as_str(), "the operation stands nowhere")];
        };
        if spot.get("responses").is_none_or(|responses| responses.members().next().is_none()) {
            looked.bare += 1;
            return bare(&spot, reply);
        }
        let place = format!("{}/responses", spot.pointer);
        let Some(response) = documented(&spot, reply.status.as_u16()) else {
            return vec![Exception::new(&place, format!("{} is not documented", reply.status.as_u16()))];
        };
        let mut found = Vec::new();
        self.judge_headers(&response, reply, looked, &mut found);
        let media = media_types(&spot, &response, self.is_swagger);
        self.judge_body(operation, &response, &media, reply, looked, &mut found);
        found
    }

    fn judge_headers(
        &self,
        response: &Spot<'d>,
        reply: &Response,
        looked: &mut Looked,
        found: &mut Vec<Exception>,
    ) {
        let headers = response.get("headers");
        for (name, header) in headers.iter().flat_map(Spot::members) {
            let is = |known: &str| known.eq_ignore_ascii_case(name);
            if is("content-type") || TRANSPORT.into_iter().any(is) {
                continue;
            }
            let lines: Vec<_> = reply.headers.get_all(name).iter().map(|line| line.as_bytes()).collect();
            if lines.is_empty() {
                if header.is("required") {
                    found.push(Exception::new(&header.pointer, format!("the header {name} is not there")));
                }
                continue;
            }
            let text = String::from_utf8_lossy(&lines.join(&b", "[..])).into_owned();
            let Some(schema) = header_schema(&header, self.is_swagger) else { continue };
            let content = header.get("content");
            let readings = match content.as_ref().and_then(|content| content.members().next()) {
                None => reading::header(&text),
                Some((name, _)) if reading::kind(name) == reading::Kind::Json => reading::json(&text),
                Some(_) => reading::text(&text),
            };
            self.judge_readings(&schema, readings, looked, &format!("the header {name}: {text}"), found);
        }
    }

    /// One of the values that a text can stand for must be valid.
    fn judge_readings(
        &self,
        schema: &Spot<'d>,
        readings: impl IntoIterator<Item = Value>,
        looked: &mut Looked,
        what: &str,
        found: &mut Vec<Exception>,
    ) {
        looked.judged += 1;
        let mut first = None;
        for value in readings {
            match self.admits(schema, &value) {
                Ok(()) => return,
                Err(why) => drop(first.get_or_insert(why)),
            }
        }
        found.push(match first {
            Some(refusal) => Exception::refused(&schema.pointer, &format!("{what}: "), refusal),
            None => Exception::new(&schema.pointer, format!("{what}: it cannot be read")),
        });
    }

    fn admits(&self, schema: &Spot<'d>, value: &Value) -> Result<(), Refusal> {
        let verdict = self.originals.admits_at(&schema.pointer, value);
        let unasked = || format!("{} was never asked about", schema.pointer);
        verdict.unwrap_or_else(|| Err(Refusal { why: unasked(), schema: schema.pointer.clone() }))
    }

    fn judge_body(
        &self,
        operation: &Operation,
        response: &Spot<'d>,
        documented: &[Media<'d>],
        reply: &Response,
        looked: &mut Looked,
        found: &mut Vec<Exception>,
    ) {
        let sent = reply.headers.get(CONTENT_TYPE).map(|sent| String::from_utf8_lossy(sent.as_bytes()));
        let status = reply.status.as_u16();
        let is_bodiless = *operation.method() == Method::HEAD || matches!(status, 100..200 | 204 | 205 | 304);
        if is_bodiless || documented.is_empty() {
            if !reply.body.is_empty() {
                found.push(Exception::new(&response.pointer, "a body where there is to be none"));
            }
            if sent.is_some() && documented.is_empty() {
                found.push(Exception::new(&response.pointer, "a content type where there is no content"));
            }
            return;
        }
        let Some(sent) = sent else {
            return found.push(Exception::new(&response.pointer, "there is no content type"));
        };
        let Some(media) = best(documented, &sent) else {
            return found.push(Exception::new(&response.pointer, format!("{sent} is not documented")));
        };
        let what = format!("a body of {sent}");
        if let Some(item) = &media.item {
            for value in reading::lines(&reply.body).into_iter().flatten() {
                self.judge_readings(item, [value], looked, &what, found);
            }
        }
        let Some(schema) = &media.schema else { return };
        let values = match reading::kind(&sent) {
            reading::Kind::Json => serde_json::from_slice(&reply.body).map(|value| vec![value]),
            reading::Kind::Lines => return self.judge_lines(schema, reply, looked, found),
            reading::Kind::Text => Ok(reading::text(&String::from_utf8_lossy(&reply.body))),
            reading::Kind::Coded => return self.judge_coded(operation, schema, &sent, reply, looked, found),
            reading::Kind::Bytes => {
                looked.unread += 1;
                return;
            }
        };
        match values {
            Ok(values) => self.judge_readings(schema, values, looked, &what, found),
            Err(error) => found.push(Exception::new(&media.pointer, format!("{what}: {error}"))),
        }
    }

    /// A sequence is what its schema says, or each of its items is.
    fn judge_lines(
        &self,
        schema: &Spot<'d>,
        reply: &Response,
        looked: &mut Looked,
        found: &mut Vec<Exception>,
    ) {
        looked.judged += 1;
        let Some(items) = reading::lines(&reply.body) else {
            return found.push(Exception::new(&schema.pointer, "a line that is not JSON"));
        };
        if items.iter().all(|item| self.admits(schema, item).is_ok()) {
            return;
        }
        if let Err(refusal) = self.admits(schema, &Value::Array(items)) {
            found.push(Exception::refused(&schema.pointer, "", refusal));
        }
    }

    /// A body that the codec reads.
    fn judge_coded(
        &self,
        operation: &Operation,
        schema: &Spot<'d>,
        sent: &str,
        reply: &Response,
        looked: &mut Looked,
        found: &mut Vec<Exception>,
    ) {
        let media = operation.responses().documenting(reply.status);
        let Some(media) = media.and_then(|response| response.content.matching(sent)) else {
            return found.push(Exception::new(&schema.pointer, format!("{sent} is in no model")));
        };
        let read = decode_body(media, sent, &reply.body, Direction::Response);
        match read {
            Ok(Payload::Value(Value::Array(items))) if sent.starts_with("text/event-stream") => {
                looked.judged += 1;
                let is_item = |item: &Value| self.admits(schema, item).is_ok();
                if !items.iter().all(is_item)
                    && let Err(refusal) = self.admits(schema, &Value::Array(items))
                {
                    found.push(Exception::refused(&schema.pointer, "", refusal));
                }
            }
            Ok(Payload::Value(value)) => self.judge_readings(schema, [value], looked, sent, found),
            Ok(_) => looked.unread += 1,
            Err(why) => found.push(Exception::new(&schema.pointer, format!("a body of {sent}: {why}"))),
        }
    }
}

/// Where nothing at all is documented, the answer is the problem that says so.
fn bare(operation: &Spot<'_>, reply: &Response) -> Vec<Exception> {
    let problem: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let is_told = reply.status == 501 && problem["type"] == "urn:counterfoil:no-response-documented";
    let what = || format!("{} where no response is documented", reply.status.as_u16());
    if is_told { Vec::new() } else { vec![Exception::new(&operation.pointer, what())] }
}

/// The response that a status is documented by: exactly, by its hundred, or by default.
fn documented<'d>(operation: &Spot<'d>, status: u16) -> Option<Spot<'d>> {
    let responses = operation.get("responses")?;
    let range = format!("{}XX", status / 100);
    let named = |wanted: &str| {
        responses.members().find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, spot)| spot)
    };
    named(&status.to_string()).or_else(|| named(&range)).or_else(|| named("default"))
}

fn header_schema<'d>(header: &Spot<'d>, is_swagger: bool) -> Option<Spot<'d>> {
    if is_swagger {
        return Some(header.clone());
    }
    let inner = || header.get("content")?.members().next()?.1.own("schema");
    header.own("schema").or_else(inner)
}

/// The media types of a response's body.
fn media_types<'d>(operation: &Spot<'d>, response: &Spot<'d>, is_swagger: bool) -> Vec<Media<'d>> {
    if is_swagger {
        return swagger_media_types(operation, response);
    }
    let content = response.get("content");
    let media = content.iter().flat_map(Spot::members).map(|(name, media)| Media {
        name: name.to_owned(),
        schema: media.own("schema"),
        item: media.own("itemSchema"),
        pointer: media.pointer,
    });
    media.collect()
}

/// In 2.0 what an operation produces is said once for all its responses; those with a schema have a body.
fn swagger_media_types<'d>(operation: &Spot<'d>, response: &Spot<'d>) -> Vec<Media<'d>> {
    let schema = response.own("schema");
    let root = Spot::root(operation.root);
    let produced = operation.get("produces").or_else(|| root.get("produces"));
    let produced = produced.and_then(|names| names.value.as_array()).into_iter().flatten();
    let mut names: Vec<&str> = produced.filter_map(Value::as_str).filter(|_| schema.is_some()).collect();
    let examples = response.get("examples");
    let shown = examples.iter().flat_map(Spot::members).map(|(name, _)| name);
    names.extend(shown.filter(|name| name.contains('/')));
    if names.is_empty() && schema.is_some() {
        names.push("application/json");
    }
    let pointer = &response.pointer;
    let media = |name: &str| Media {
        name: name.to_owned(),
        schema: schema.clone(),
        item: None,
        pointer: pointer.clone(),
    };
    names.into_iter().map(media).collect()
}

/// The documented media type that a sent one falls under: the same, or else the closest range.
fn best<'m, 'd>(documented: &'m [Media<'d>], sent: &str) -> Option<&'m Media<'d>> {
    let sent = reading::essence(sent);
    let closeness = |media: &Media<'d>| {
        let range = reading::essence(&media.name);
        let (main, sub) = range.split_once('/').unwrap_or((&range, "*"));
        let (sent_main, sent_sub) = sent.split_once('/')?;
        let suffix = sub.strip_prefix('*');
        match (main == sent_main, suffix) {
            _ if range == sent => Some(4),
            (true, Some("")) => Some(2),
            (true, Some(suffix)) if sent_sub.ends_with(suffix) => Some(3),
            _ if range == "*/*" || range == "*" => Some(1),
            _ => None,
        }
    };
    let fitting = documented.iter().filter_map(|media| Some((closeness(media)?, media)));
    fitting.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, media)| media)
}
