//! The document's own examples, as requests.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::plan::{Plan, media_type_to_send, place};
use crate::codec::{BodyValue, Payload, RequestValues, encode_request, media, written_payload};
use crate::contract::{Example, MediaType, Operation, Parameter};
use crate::schema::{Direction, Schema};

/// The most requests made from the examples of one operation.
const MAX_REQUESTS: usize = 64;

/// The name of a request made from examples that have none.
const UNNAMED: &str = "example";

/// A request that the document gives as an example.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedRequest {
    /// The name of its examples; `example` where they have none. Where several media types of the body have one of
    /// that name, the media type follows it.
    pub name: String,
    /// The values: as the document has them, perhaps invalid; the missing ones are generated.
    pub values: RequestValues,
    /// Where the example that gave the request its name stands in the document, as a JSON Pointer.
    pub pointer: String,
}

/// The requests that the examples of an operation describe, in document order.
///
/// - Examples of one name belong to one request, whichever part they are of.
/// - A part without an example of that name takes the first it has, that of its schema included; where it has none
///   it is left out if it may be, and the least valid value that can be generated otherwise.
/// - Examples are taken as they stand, valid or not; a request that cannot be written down is left out.
/// - Of requests with the same values the first is kept; an operation without examples has none.
pub fn example_requests(operation: &Arc<Operation>) -> Vec<NamedRequest> {
    let parts = Parts::of(operation);
    let least = Plan::new(operation).map(|plan| plan.witness().clone()).unwrap_or_default();
    let mut requests: Vec<NamedRequest> = Vec::new();
    for (name, pointer) in parts.names() {
        let bodies: Vec<(&MediaType, &Given)> = parts
            .bodies
            .iter()
            .filter_map(|(media, examples)| Some((*media, choose(examples, &name)?)))
            .collect();
        let named: Vec<&(&MediaType, &Given)> =
            bodies.iter().filter(|(_, example)| example.name == name).collect();
        let chosen: Vec<Option<&(&MediaType, &Given)>> = match (named.is_empty(), bodies.first()) {
            (false, _) => named.into_iter().map(Some).collect(),
            (true, first) => vec![first],
        };
        let is_ambiguous = chosen.len() > 1;
        for body in chosen {
            let mut values = least.clone();
            for (parameter, examples) in &parts.parameters {
                if let Some(example) = choose(examples, &name) {
                    place(&mut values, parameter.location)
                        .insert(parameter.name.clone(), example.value.clone());
                }
            }
            let mut label = name.clone();
            if let Some((media, example)) = body {
                values.body = Some(BodyValue {
                    media_type: media_type_to_send(media),
                    payload: payload(media, example),
                });
                if is_ambiguous {
                    label = format!("{name} ({})", media.name);
                }
            }
            let is_new = !requests.iter().any(|request| request.values == values);
            if is_new && requests.len() < MAX_REQUESTS && encode_request(operation, &values).is_ok() {
                requests.push(NamedRequest { name: label, values, pointer: pointer.clone() });
            }
        }
    }
    requests
}

/// An example and where it stands.
struct Given {
    name: String,
    value: Value,
    /// The bytes that it is sent as, where the document has them.
    serialized: Option<Bytes>,
    pointer: String,
}

/// The parts of a request that have examples.
struct Parts<'o> {
    parameters: Vec<(&'o Parameter, Vec<Given>)>,
    bodies: Vec<(&'o MediaType, Vec<Given>)>,
}

impl<'o> Parts<'o> {
    fn of(operation: &'o Operation) -> Self {
        let parameters = operation
            .parameters()
            .iter()
            .map(|parameter| (parameter, given(&parameter.examples, parameter.value_schema())));
        let body = operation.request_body();
        let bodies = body.into_iter().flat_map(|body| body.content.iter());
        Self {
            parameters: parameters.filter(|(_, examples)| !examples.is_empty()).collect(),
            bodies: bodies
                .map(|media| (media, given(&media.examples, media.schema.as_ref())))
                .filter(|(_, examples)| !examples.is_empty())
                .collect(),
        }
    }

    /// The names of all examples with where the first of each stands: the body's first.
    fn names(&self) -> Vec<(String, String)> {
        let mut names: Vec<(String, String)> = Vec::new();
        let bodies = self.bodies.iter().flat_map(|(_, examples)| examples);
        for example in bodies.chain(self.parameters.iter().flat_map(|(_, examples)| examples)) {
            if !names.iter().any(|(name, _)| *name == example.name) {
                names.push((example.name.clone(), example.pointer.clone()));
            }
        }
        names
    }
}

/// The examples of a part; those of its schema where it has none of its own.
fn given(examples: &[Example], schema: Option<&Schema>) -> Vec<Given> {
    let own = examples.iter().map(|example| Given {
        name: example.name.clone().unwrap_or_else(|| UNNAMED.to_owned()),
        value: example.value.clone(),
        serialized: example.serialized.clone(),
        pointer: example.pointer.to_string(),
    });
    let own: Vec<Given> = own.collect();
    let Some(schema) = schema.filter(|_| own.is_empty()) else { return own };
    let source = schema.resolved();
    let listed = source.get("examples").and_then(Value::as_array).and_then(|examples| examples.first());
    let keyword = if source.get("example").is_some() { "example" } else { "examples/0" };
    let value = source.get("example").or(listed);
    value
        .map(|value| Given {
            name: UNNAMED.to_owned(),
            value: value.clone(),
            serialized: None,
            pointer: format!("{}/{keyword}", schema.pointer()),
        })
        .into_iter()
        .collect()
}

fn choose<'e>(examples: &'e [Given], name: &str) -> Option<&'e Given> {
    examples.iter().find(|example| example.name == name).or(examples.first())
}

/// An example as it is to be sent: many documents give JSON bodies as the text of the JSON. Bytes and texts of other
/// notations are sent as they were written down.
fn payload(media: &MediaType, example: &Given) -> Payload {
    let sent = MediaType { name: media_type_to_send(media), ..media.clone() };
    let is_json = media::kind(&sent.name) == media::Kind::Json;
    match (&example.value, &media.schema) {
        (Value::String(text), Some(schema)) if is_json => {
            let parsed = serde_json::from_str::<Value>(text).ok().filter(|parsed| {
                let direction = Direction::Request;
                !schema.is_valid(&example.value, direction) && schema.is_valid(parsed, direction)
            });
            Payload::Value(parsed.unwrap_or_else(|| example.value.clone()))
        }
        _ => match &example.serialized {
            Some(bytes) => Payload::Bytes(bytes.clone()),
            None => written_payload(&sent, &example.value),
        },
    }
}
