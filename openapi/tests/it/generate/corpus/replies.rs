//! The laws of replies.

use counterfoil_openapi::codec::{
    Payload, content_type, decode_body, decode_header, encode_body, encode_header, media,
};
use counterfoil_openapi::generate::{NoInstance, Seed, Variety, positive_body, positive_in, sample};
use counterfoil_openapi::{Direction, Header, MediaType, Operation, Schema};
use http::{HeaderMap, HeaderName};
use serde_json::Value;

use super::requests::{is_same, is_uncoded};
use super::tally::Tally;
use super::{Case, schemas_of};

/// The schemas of what the responses of an operation hold.
pub(super) fn schemas(operation: &Operation) -> Vec<&Schema> {
    let bodies = operation.responses().iter().flat_map(|response| schemas_of(&response.content));
    let headers = operation.responses().iter().flat_map(|response| &response.headers);
    bodies.chain(headers.filter_map(|header| header.schema.as_ref())).collect()
}

pub(super) fn replies(case: &Case<'_>, operation: &Operation, tally: &mut Tally) {
    for response in operation.responses().iter() {
        for media in response.content.iter() {
            let Some(schema) = &media.schema else {
                tally.lacks("a media type of a response that has no schema");
                continue;
            };
            if let Err(why) = bodies(case, media, schema, tally) {
                tally.failures.push(format!("{} {}: {why}", response.status, media.name));
            }
        }
        for header in &response.headers {
            if let Some(schema) = &header.schema
                && let Err(why) = header_values(case, header, schema, tally)
            {
                tally.failures.push(format!("{} {}: {why}", response.status, header.name));
            }
        }
    }
}

/// Counts a schema without a value, if the document is the reason.
///
/// # Errors
///
/// That it is not known to be.
fn lack(case: &Case<'_>, schema: &Schema, none: &NoInstance, tally: &mut Tally) -> Result<(), String> {
    if !case.replies.is_empty(schema) {
        return Err(format!("no value: {none}"));
    }
    tally.lacks("a reply that no value is valid for");
    Ok(())
}

fn bodies(case: &Case<'_>, media: &MediaType, schema: &Schema, tally: &mut Tally) -> Result<(), String> {
    let mut media = media.clone();
    media.name = media::concrete(&media.name).into_owned();
    for variety in [Variety::Plain, Variety::Wild, Variety::Realistic] {
        let strategy = match positive_body(&media, Direction::Response, variety) {
            Ok(strategy) => strategy,
            Err(none) => return lack(case, schema, &none, tally),
        };
        for seed in case.settings.seeds {
            // Of four, two are plain ones.
            let quarter = case.settings.cases / 4;
            let cases = if variety == Variety::Plain { case.settings.cases - 2 * quarter } else { quarter };
            for index in 0..cases {
                let parts = ["reply", schema.pointer().as_str()];
                let value =
                    sample(&strategy, &Seed::derive(seed, &parts, index)).ok_or("no value is drawn")?;
                let told = |why: String| format!("{variety:?} {seed} {index}: {why}");
                if let Some(verdict) = case.replies.admits(schema, &value) {
                    tally.judged += 1;
                    verdict.map_err(told)?;
                }
                match is_uncoded(&media) {
                    true => tally.lacks("a body of a response that no codec writes"),
                    false => travels(&media, value).map_err(told)?,
                }
                tally.replies += 1;
            }
        }
    }
    Ok(())
}

/// Whether a body is read as what it was written from.
fn travels(media: &MediaType, value: Value) -> Result<(), String> {
    let payload = Payload::Value(value);
    let body = encode_body(media, &payload).map_err(|error| format!("{error}: {payload:?}"))?;
    let read = decode_body(media, &content_type(&media.name, &body), &body, Direction::Response)?;
    let is_same = match (&payload, &read) {
        (Payload::Value(sent), Payload::Value(read)) => is_same(sent, read),
        (Payload::Value(sent), Payload::Bytes(read)) => {
            let sent = sent.as_str().map_or_else(|| sent.to_string(), str::to_owned);
            sent.as_bytes() == &read[..]
        }
        _ => false,
    };
    if is_same { Ok(()) } else { Err(format!("{payload:?} is written as {body:?} and read as {read:?}")) }
}

fn header_values(case: &Case<'_>, header: &Header, schema: &Schema, tally: &mut Tally) -> Result<(), String> {
    let strategy = match positive_in(schema, Direction::Response, Variety::Plain) {
        Ok(strategy) => strategy,
        Err(none) => return lack(case, schema, &none, tally),
    };
    let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| "this is no name of a header")?;
    for seed in case.settings.seeds {
        for index in 0..case.settings.cases {
            let parts = ["header", schema.pointer().as_str()];
            let value = sample(&strategy, &Seed::derive(seed, &parts, index)).ok_or("no value is drawn")?;
            if let Some(verdict) = case.replies.admits(schema, &value) {
                tally.judged += 1;
                verdict?;
            }
            let Ok(field) = encode_header(header, &value) else {
                tally.lacks("a value that no header field can hold");
                continue;
            };
            let read = decode_header(header, &HeaderMap::from_iter([(name.clone(), field.clone())]))?;
            if !read.as_ref().is_some_and(|read| is_same(read, &value)) {
                return Err(format!("{value} is written as {field:?} and read as {read:?}"));
            }
            tally.headers += 1;
        }
    }
    Ok(())
}
