//! Whether there is a valid request of a certain make.

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::{Direction, Location, Operation, Schema};
use serde_json::{Map, Value};

use super::places::{self, Seen};
use super::subject::Subject;

/// The most values that are put into requests to see whether they are valid there.
const MAX_TRIED: usize = 2_000;
/// The most different values that are tried at each place.
const MAX_VALUES: usize = 24;

/// The values that are tried at the places that a schema object speaks of, by location; none for the body.
type Values<'t> = dyn Fn(Option<Location>, &Map<String, Value>) -> Vec<Value> + 't;

/// Whether something holds of a value of some valid request: of one that was drawn, or of one that stays valid when one
/// of its values is replaced by another of that type, as the schemas of the operation suggest them.
///
/// That there is none is no proof; that there is one is.
pub(super) fn is_met(
    subject: &Subject<'_>,
    values: &Values<'_>,
    is_it: &dyn Fn(Option<Location>, Seen<'_>) -> bool,
) -> bool {
    let mut suggested: Vec<(Option<Location>, Value)> = Vec::new();
    places::each_schema(subject.operation, &mut |location, schema| {
        for value in values(location, schema) {
            let suggestion = (location, value);
            if suggested.len() < MAX_VALUES && !suggested.contains(&suggestion) {
                suggested.push(suggestion);
            }
        }
    });
    if suggested.is_empty() {
        return false;
    }
    let requests = || subject.requests().iter();
    if requests().any(|request| places::any_value(subject.operation, request, is_it)) {
        return true;
    }
    let mut tried = 0;
    requests().flat_map(|request| parts(subject.operation, request)).any(|part| {
        let of_place = suggested.iter().filter(|(location, _)| *location == part.location);
        let pointers = places::of_value(part.value);
        of_place.into_iter().any(|(_, value)| {
            pointers.iter().any(|pointer| {
                let is_alike = part.value.pointer(pointer).is_some_and(|known| is_of_type(known, value));
                if !is_alike || tried >= MAX_TRIED {
                    return false;
                }
                tried += 1;
                let mut whole = part.value.clone();
                if let Some(place) = whole.pointer_mut(pointer) {
                    *place = value.clone();
                }
                let root = part.schema.bundle(Direction::Request);
                places::seen_in(root, &whole, &|seen| is_it(part.location, seen))
                    && part.schema.is_valid(&whole, Direction::Request)
            })
        })
    })
}

/// A value of a request, and what the document says of it.
struct Placed<'r> {
    location: Option<Location>,
    schema: &'r Schema,
    value: &'r Value,
}

/// The values of a request that have a schema.
fn parts<'r>(operation: &'r Operation, values: &'r RequestValues) -> Vec<Placed<'r>> {
    let of_parameters = operation.parameters().iter().filter_map(|parameter| {
        let value = places::value_of(values, parameter.location, &parameter.name)?;
        Some(Placed { location: Some(parameter.location), schema: parameter.value_schema()?, value })
    });
    let of_body = || {
        let sent = values.body.as_ref()?;
        let media = operation.request_body()?.content.matching(&sent.media_type)?;
        Some(Placed { location: None, schema: media.schema.as_ref()?, value: sent.payload.as_value()? })
    };
    of_parameters.chain(of_body()).collect()
}

fn is_of_type(one: &Value, other: &Value) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}
