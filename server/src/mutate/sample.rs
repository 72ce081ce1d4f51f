//! Replies as the document gives them, to see what can be broken about them.

use std::sync::Arc;

use counterfoil_openapi::codec::{self, Payload};
use counterfoil_openapi::generate::{Seed, Variety};
use counterfoil_openapi::{MediaType, Operation, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::builder::Examples;
use crate::negotiate::status::{self, Choice, Wrong};
use crate::plan::{MediaPlan, Plans, ResponsePlan, Rules};

/// How many bodies are drawn of a media type.
const DRAWS: u64 = 8;

/// What valid requests to an operation may be answered with: the first documented success, with its examples and some
/// bodies that are drawn. None where it documents no success.
pub(super) fn successes(operation: &Arc<Operation>) -> Vec<Response> {
    let choice = status::valid(operation.responses()).filter(|choice| choice.status.is_success());
    choice.map_or_else(Vec::new, |choice| of_choice(operation, choice))
}

/// What invalid data are answered with, where that is documented.
pub(super) fn refusals(operation: &Arc<Operation>) -> Vec<Response> {
    let choice = status::invalid(operation.responses(), Wrong::Request);
    choice.map_or_else(Vec::new, |choice| of_choice(operation, choice))
}

/// Whether valid requests are answered with a success.
pub(super) fn succeeds(operation: &Operation) -> bool {
    status::valid(operation.responses()).is_some_and(|choice| choice.status.is_success())
}

fn of_choice(operation: &Arc<Operation>, choice: Choice) -> Vec<Response> {
    let rules = Rules { seed: 0, examples: Examples::Repaired, variety: Variety::Plain };
    let plans = Plans::new(std::iter::once(operation), rules);
    let plan = &plans.of(operation).responses[choice.response];
    match plan.usual_media {
        Some(media) => with_bodies(choice.status, plan, &plan.media[media]),
        None => vec![Response { headers: plan.headers.clone(), ..Response::new(choice.status) }],
    }
}

fn with_bodies(status: StatusCode, plan: &ResponsePlan, media: &MediaPlan) -> Vec<Response> {
    let examples = media.examples.iter().map(|example| example.served(media).value.clone());
    let drawn = (0..DRAWS).filter_map(|draw| media.generate(&Seed::derive(0, &["mutate"], draw)));
    let respond = |value| {
        let body = codec::encode_body(&media.media, &Payload::Value(value)).ok()?;
        let mut headers = plan.headers.clone();
        put_type(&mut headers, &media.media, &body);
        Some(Response { status, headers, body })
    };
    examples.chain(drawn).filter_map(respond).collect()
}

/// Names the media type of a body.
pub(super) fn put_type(headers: &mut HeaderMap, media: &MediaType, body: &[u8]) {
    if let Ok(value) = HeaderValue::from_str(&codec::content_type(&media.name, body)) {
        headers.insert(header::CONTENT_TYPE, value);
    }
}
