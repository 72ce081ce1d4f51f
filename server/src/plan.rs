//! What of an operation's replies is known before a request comes: which response is the usual one, the headers of
//! each, and its examples as the bytes they are sent as.
//!
//! A plan is made when its operation is first asked for, so that a large document costs nothing to start on.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use counterfoil_openapi::codec::{self, Payload, media};
use counterfoil_openapi::generate::{self, Change, PositiveBody, Seed, Variety};
use counterfoil_openapi::{
    Callback, Direction, Header, MediaType, Operation, Response, ResponseObject, Schema, Violation, validate,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use crate::builder::Examples;
use crate::by_operation::ByOperation;
use crate::head::Head;
use crate::negotiate::status::{self, Choice};

/// The most changes of one example that the trail names.
const MAX_CHANGES: usize = 5;

/// How often a header's value is drawn anew where no field can hold what was drawn.
const HEADER_DRAWS: u64 = 16;

/// Headers that belong to the connection or to the server under us: a made-up value would break the reply.
const NEVER_MADE_UP: [&str; 11] = [
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

/// The plans of every operation of a stub.
#[derive(Debug)]
pub(crate) struct Plans {
    rules: Rules,
    plans: ByOperation<OnceLock<Plan>>,
}

/// What plans are made by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Steers what is made up.
    pub(crate) seed: u64,
    /// What is done with examples that break their own schema.
    pub(crate) examples: Examples,
    /// How what is made up reads.
    pub(crate) variety: Variety,
}

/// The replies of one operation.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The response to a valid request that nothing forces.
    pub(crate) usual: Option<Choice>,
    /// Why, as a line of the trail.
    pub(crate) usual_line: Arc<str>,
    /// As many as the operation has responses, in the same order.
    pub(crate) responses: Vec<ResponsePlan>,
    /// What the API sends because of a request.
    pub(crate) callbacks: Vec<Callback>,
}

/// The replies of one response.
#[derive(Debug)]
pub(crate) struct ResponsePlan {
    /// The documented headers, with values.
    pub(crate) headers: HeaderMap,
    /// What was repaired about their examples, and which were not sent, as lines of the trail.
    pub(crate) header_lines: Vec<Arc<str>>,
    /// The place of the media type sent to clients that accept any.
    pub(crate) usual_media: Option<usize>,
    /// As many as the response has media types, in the same order.
    pub(crate) media: Vec<MediaPlan>,
}

/// The bodies of one media type.
#[derive(Debug)]
pub(crate) struct MediaPlan {
    /// The documented media type under the name it is sent as, which is no range.
    pub(crate) media: MediaType,
    /// The same name, for the header.
    pub(crate) content_type: HeaderValue,
    /// Its examples: `example`, `examples` in document order, then those of the schema.
    pub(crate) examples: Vec<Ready>,
    /// Whether what there is to send has members or items, or is a number, as far as the document says.
    pub(crate) is_structured: bool,
    rules: Rules,
    bodies: OnceLock<Option<PositiveBody>>,
    /// What is sent where nothing valid can be.
    sketch: OnceLock<Option<Value>>,
}

/// An example.
#[derive(Debug)]
pub(crate) struct Ready {
    /// Its name, where it has one.
    pub(crate) name: Option<String>,
    /// Why it was chosen, as a line of the trail.
    pub(crate) line: Arc<str>,
    /// The value as the document has it.
    given: Value,
    /// The body that it was written down as.
    payload: Payload,
    /// Where it stands in the media type, for the seed of what a repair makes up.
    place: u64,
    served: OnceLock<Served>,
    head: OnceLock<Arc<Head>>,
    verdict: OnceLock<Vec<Violation>>,
}

/// An example as it is served.
#[derive(Debug)]
pub(crate) struct Served {
    /// The value: the document's own, or repaired.
    pub(crate) value: Value,
    /// The value as it is sent; nothing where no codec writes it.
    pub(crate) body: Option<Bytes>,
    /// What was repaired, as a line of the trail.
    pub(crate) repaired: Option<Arc<str>>,
}

impl Plans {
    /// Room for the plans of some operations.
    pub(crate) fn new<'o>(operations: impl Iterator<Item = &'o Arc<Operation>>, rules: Rules) -> Self {
        Self { rules, plans: ByOperation::new(operations, |_| OnceLock::new()) }
    }

    /// The plan of an operation.
    pub(crate) fn of(&self, operation: &Arc<Operation>) -> &Plan {
        let slot = self.plans.of(operation).expect("every operation the router finds has its room");
        slot.get_or_init(|| Plan::make(operation, self.rules))
    }
}

impl Plan {
    fn make(operation: &Operation, rules: Rules) -> Self {
        let usual = status::valid(operation.responses());
        let usual_line = usual.map_or_else(String::new, |usual| usual.line());
        let responses = operation
            .responses()
            .iter()
            .map(|response| ResponsePlan::make(operation, response, rules))
            .collect();
        Self { usual, usual_line: usual_line.into(), responses, callbacks: operation.callbacks() }
    }
}

impl ResponsePlan {
    fn make(operation: &Operation, response: &ResponseObject, rules: Rules) -> Self {
        let mut headers = HeaderMap::new();
        let mut header_lines = Vec::new();
        for documented in &response.headers {
            let Ok(name) = HeaderName::try_from(documented.name.as_str()) else { continue };
            if NEVER_MADE_UP.contains(&name.as_str()) {
                continue;
            }
            let parts = [operation.id().as_str(), &response.status.to_string(), documented.name.as_str()];
            if let Some(Sent { fields, lines }) = sent_header(documented, &parts, rules) {
                header_lines.extend(lines);
                headers.remove(&name);
                headers.extend(fields.into_iter().map(|field| (name.clone(), field)));
            }
        }
        let usual = media::negotiate(&response.content, None);
        let place = |media: &MediaType| response.content.iter().position(|known| std::ptr::eq(known, media));
        Self {
            headers,
            header_lines,
            usual_media: usual.and_then(place),
            media: response.content.iter().map(|media| MediaPlan::make(media, rules)).collect(),
        }
    }
}

/// A documented header as it is sent.
struct Sent {
    fields: Vec<HeaderValue>,
    /// What is to be told of its examples, as lines of the trail.
    lines: Vec<Arc<str>>,
}

/// What a documented header is sent with: its example, its schema's, or one made up; a required one that nothing is
/// said of is sent all the same.
fn sent_header(header: &Header, parts: &[&str], rules: Rules) -> Option<Sent> {
    let media = header.content.as_ref().and_then(|content| content.iter().next());
    let schema = header.schema.as_ref().or_else(|| media?.schema.as_ref());
    let examples = header.examples.iter().chain(media.iter().flat_map(|media| &media.examples));
    let own = schema.into_iter().flat_map(schema_examples);
    let mut lines: Vec<Arc<str>> = Vec::new();
    for given in examples.map(|example| &example.value).chain(own) {
        let seed = || Seed::derive(rules.seed, parts, HEADER_DRAWS);
        let (value, changes) = mended(schema, given, rules, seed);
        match codec::encode_header_fields(header, &value) {
            Ok(fields) => {
                lines.extend(line_of(&format!("header {}", header.name), &changes));
                return Some(Sent { fields, lines });
            }
            Err(error) => {
                lines.push(format!("header {}: its example is not sent: {error}", header.name).into())
            }
        }
    }
    let fields = match schema {
        Some(schema) => made_up(header, schema, parts, rules)?,
        None if header.required => vec![HeaderValue::from_static("value")],
        None => return None,
    };
    Some(Sent { fields, lines })
}

fn made_up(header: &Header, schema: &Schema, parts: &[&str], rules: Rules) -> Option<Vec<HeaderValue>> {
    let strategy = generate::positive_in(schema, Direction::Response, rules.variety).ok()?;
    (0..HEADER_DRAWS).find_map(|draw| {
        let value = generate::sample(&strategy, &Seed::derive(rules.seed, parts, draw))?;
        codec::encode_header_fields(header, &value).ok()
    })
}

/// An example made valid by its schema, where that is wanted and can be done, and what was changed.
fn mended(
    schema: Option<&Schema>,
    value: &Value,
    rules: Rules,
    seed: impl FnOnce() -> Seed,
) -> (Value, Vec<Change>) {
    let schema = schema.filter(|_| rules.examples == Examples::Repaired);
    let repaired =
        schema.and_then(|schema| generate::repair(schema, Direction::Response, value, &seed()).ok());
    match repaired {
        Some(repaired) => (repaired.value, repaired.changes),
        None => (value.clone(), Vec::new()),
    }
}

/// What is told of an example that is the text of a body, and cannot be read as one.
const UNREADABLE: &str =
    "body: the example cannot be read as its media type, and was written as a text in it";

/// What was repaired about an example, as a line of the trail; nothing where nothing was.
fn line_of(what: &str, changes: &[Change]) -> Option<Arc<str>> {
    let mut told: Vec<String> = changes.iter().take(MAX_CHANGES).map(Change::to_string).collect();
    if changes.len() > MAX_CHANGES {
        told.push(format!("and {} more", changes.len() - MAX_CHANGES));
    }
    (!told.is_empty()).then(|| {
        format!("{what}: the example breaks its own schema and was repaired: {}", told.join("; ")).into()
    })
}

impl MediaPlan {
    fn make(documented: &MediaType, rules: Rules) -> Self {
        let own: Vec<&Value> = documented.schema.iter().flat_map(schema_examples).collect();
        let first = documented.examples.first().map(|example| &example.value).or(own.first().copied());
        let is_structured = is_structured(documented, first);
        Self { is_structured, ..Self::make_as(documented, &concrete(documented, is_structured), rules) }
    }

    /// The plan of a documented range under a name that it covers.
    pub(crate) fn under(documented: &MediaType, name: &str, rules: Rules) -> Self {
        Self::make_as(documented, name, rules)
    }

    fn make_as(documented: &MediaType, name: &str, rules: Rules) -> Self {
        let media = MediaType { name: name.to_owned(), ..documented.clone() };
        let documented = media.examples.iter().map(|example| {
            let line = match &example.name {
                Some(name) => format!("body: the example `{name}` of {}", media.name),
                None => format!("body: the example of {}", media.name),
            };
            let payload = codec::example_payload(&media, example);
            (example.name.clone(), &example.value, payload, line)
        });
        let own = media.schema.iter().flat_map(schema_examples).map(|value| {
            let line = format!("body: the example of the schema of {}", media.name);
            (None, value, codec::written_payload(&media, value), line)
        });
        let examples = documented
            .chain(own)
            .zip(0..)
            .map(|((name, value, payload, line), place)| Ready {
                name,
                line: line.into(),
                given: value.clone(),
                payload,
                place,
                served: OnceLock::new(),
                head: OnceLock::new(),
                verdict: OnceLock::new(),
            })
            .collect();
        let content_type = HeaderValue::from_str(name)
            .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
        Self {
            media,
            content_type,
            examples,
            is_structured: false,
            rules,
            bodies: OnceLock::new(),
            sketch: OnceLock::new(),
        }
    }

    /// A body that its schema admits, drawn by a seed; nothing where there is no schema, or none can be drawn.
    pub(crate) fn generate(&self, seed: &Seed) -> Option<Value> {
        let bodies = self
            .bodies
            .get_or_init(|| PositiveBody::of(&self.media, Direction::Response, self.rules.variety).ok());
        Some(bodies.as_ref()?.sample(seed))
    }
}

impl MediaPlan {
    /// A body that has the shape of its schema, though that admits none, or none was found; nothing without a schema.
    pub(crate) fn sketch(&self) -> Option<&Value> {
        let sketch = || {
            let seed = Seed::derive(self.rules.seed, &["sketch", self.media.pointer.as_str()], 0);
            let schema = self.media.schema.as_ref()?;
            Some(generate::sketch(schema, Direction::Response, self.rules.variety, &seed))
        };
        self.sketch.get_or_init(sketch).as_ref()
    }
}

impl Ready {
    /// The example as it is served under its media type; it is repaired and written once.
    pub(crate) fn served(&self, plan: &MediaPlan) -> &Served {
        self.served.get_or_init(|| {
            let media = &plan.media;
            let read = codec::payload_value(media, &self.payload, Direction::Response);
            let is_unreadable = read.is_err() && plan.rules.examples == Examples::Repaired;
            // What cannot be read is mended as the text it is; bytes are no affair of a schema.
            let schema = media.schema.as_ref().filter(|_| !matches!(read, Ok(None)));
            let held = read.ok().flatten().unwrap_or(Cow::Borrowed(&self.given));
            let seed = || Seed::derive(plan.rules.seed, &["example", media.pointer.as_str()], self.place);
            let (value, changes) = mended(schema, &held, plan.rules, seed);
            let as_value = || codec::encode_body(media, &Payload::Value(value.clone())).ok();
            let (body, repaired) = match line_of("body", &changes) {
                Some(line) => (as_value(), Some(line)),
                None => match as_value().filter(|_| is_unreadable) {
                    Some(body) => (Some(body), Some(UNREADABLE.into())),
                    None => (codec::encode_body(media, &self.payload).ok(), None),
                },
            };
            Served { value, body, repaired }
        })
    }

    /// The header fields that it is sent with where nothing else is asked for; they are put together once.
    pub(crate) fn head(&self, make: impl FnOnce() -> Head) -> &Arc<Head> {
        self.head.get_or_init(|| Arc::new(make()))
    }

    /// How the example breaks the contract as the body of a response; it is looked at once.
    pub(crate) fn verdict(&self, operation: &Operation, reply: impl FnOnce() -> Response) -> &[Violation] {
        self.verdict.get_or_init(|| validate::response(operation, &reply()).violations)
    }
}

/// The bytes that an example or a script's body is sent as.
pub(crate) fn write_as_given(media: &MediaType, value: &Value) -> Result<Bytes, codec::EncodeError> {
    codec::encode_body(media, &codec::written_payload(media, value))
}

/// What a schema itself gives as an example of its values.
fn schema_examples(schema: &Schema) -> Vec<&Value> {
    [schema.source(), schema.resolved()]
        .into_iter()
        .map(|object| {
            let list = object.get("examples").and_then(Value::as_array);
            let mut found: Vec<&Value> = object.get("example").into_iter().collect();
            found.extend(list.into_iter().flatten());
            found.extend(object.get("default"));
            found
        })
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// Whether what a media type has to send is no mere text or bytes.
fn is_structured(documented: &MediaType, example: Option<&Value>) -> bool {
    let types = documented.schema.as_ref().map(|schema| schema.resolved().get("type"));
    match (example, types) {
        (Some(value), _) => !value.is_string(),
        (None, Some(types)) => types.is_none_or(|types| types != "string"),
        (None, None) => false,
    }
}

/// The media type a documented range is sent as, by what there is to send.
fn concrete(documented: &MediaType, is_structured: bool) -> String {
    let is_open = matches!(media::essence(&documented.name), "*/*" | "application/*");
    if is_open && is_structured {
        "application/json".to_owned()
    } else {
        media::concrete(&documented.name).into_owned()
    }
}

/// A response as the validator sees it.
pub(crate) fn as_response(status: StatusCode, headers: &HeaderMap, body: Bytes) -> Response {
    Response { status, headers: headers.clone(), body }
}
