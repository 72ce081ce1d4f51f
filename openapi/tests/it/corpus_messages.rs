//! Generated requests of the corpus: written, read back, and valid for the operation they were made for.

use std::collections::BTreeMap;

use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues, encode_request, media};
use counterfoil_openapi::generate::{Seed, positive, sample};
use counterfoil_openapi::validate::{self, Enforcement, RequestRules};
use counterfoil_openapi::{Direction, Location, MediaType, Operation, Part, Request, RouteMatch, Schema};
use indexmap::IndexMap;
use serde_json::Value;

use crate::corpus;

/// Of this many operations one is tried, so that the whole corpus takes seconds.
const STEP: usize = 17;

/// A value that a schema admits; nothing where none is found.
fn draw(schema: Option<&Schema>, parts: &[&str]) -> Option<Value> {
    let Some(schema) = schema else { return Some(Value::from("any")) };
    let strategy = positive(schema, Direction::Request).ok()?;
    sample(&strategy, &Seed::derive(1, parts, 0))
}

fn place(values: &mut RequestValues, location: Location) -> &mut IndexMap<String, Value> {
    match location {
        Location::Path => &mut values.path,
        Location::Query => &mut values.query,
        Location::Header => &mut values.header,
        _ => &mut values.cookie,
    }
}

fn has_codec(media: &MediaType) -> bool {
    matches!(media::kind(&media.name), media::Kind::Json | media::Kind::Form)
}

/// Values for every parameter and a body; nothing where a required one cannot be drawn.
fn values(operation: &Operation, body: Option<&MediaType>) -> Option<RequestValues> {
    let mut values = RequestValues::default();
    for parameter in operation.parameters() {
        match draw(parameter.value_schema(), &[operation.id().as_str(), &parameter.name]) {
            Some(value) => drop(place(&mut values, parameter.location).insert(parameter.name.clone(), value)),
            None if parameter.required => return None,
            None => {}
        }
    }
    if let Some(media) = body {
        let value = draw(media.schema.as_ref(), &[operation.id().as_str(), &media.name])?;
        let media_type = media::concrete(&media.name).into_owned();
        values.body = Some(BodyValue { media_type, payload: Payload::Value(value) });
    }
    Some(values)
}

/// The request of the values, after those are taken out that cannot be expressed and need not be there.
fn write(
    operation: &Operation,
    values: &mut RequestValues,
    left_out: &mut BTreeMap<String, usize>,
) -> Option<Request> {
    loop {
        let error = match encode_request(operation, values) {
            Ok(request) => return Some(request),
            Err(error) => error,
        };
        let reason = error.to_string().rsplit(": ").next().unwrap_or_default().to_owned();
        *left_out.entry(reason).or_default() += 1;
        let Part::Parameter(location, name) = error.part() else { return None };
        let is_required =
            operation.parameters_in(*location).any(|found| found.name == *name && found.required);
        if is_required {
            return None;
        }
        place(values, *location).shift_remove(name);
    }
}

#[test]
fn generated_requests_are_read_back_valid() {
    let rules = RequestRules { security: Enforcement::Ignored, ..RequestRules::default() };
    let (mut tried, mut equal) = (0, 0);
    let mut left_out = BTreeMap::new();
    for path in corpus::documents() {
        let Ok(contract) = corpus::load(&path) else { continue };
        for operation in contract.operations().iter().step_by(STEP) {
            let documented = operation.request_body();
            let content = documented.into_iter().flat_map(|body| body.content.iter());
            let without = documented.is_none_or(|body| !body.required).then_some(None);
            for body in content.filter(|media| has_codec(media)).map(Some).chain(without) {
                let Some(mut values) = values(operation, body) else { continue };
                let Some(request) = write(operation, &mut values, &mut left_out) else { continue };
                let what = format!("{} {} {}", path.display(), operation.label(), request.target);
                let found = RouteMatch::of(operation, request.path()).expect("a path of its own");
                let reading = validate::request(&found, &request, &rules);
                // Alternatives that only a type tells apart look alike as text.
                let is_blurred = reading.values != values
                    && reading.violations.iter().all(|violation| violation.rule == "oneOf");
                if !is_blurred {
                    assert_eq!(reading.violations, [], "{what} {:?}", request.body);
                }
                tried += 1;
                // Where a schema admits several types a text may be read as another one than it was written as.
                equal += usize::from(reading.values == values);
            }
        }
    }
    println!("{tried} requests valid, {equal} of them read back equal; left out: {left_out:?}");
    assert!(equal * 100 >= tried * 99, "only {equal} of {tried} requests were read back equal");
}
