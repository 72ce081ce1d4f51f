//! The fullest valid requests of an operation: what the coverage phase takes apart.

use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues};
use counterfoil_openapi::generate::Seed;
use counterfoil_openapi::{Direction, Operation};
use serde_json::Value;

use super::declared::{self, Proposed};
use super::draw;
use crate::case::{Factory, Intent};
use crate::event::Phase;
use crate::plan::OperationPlan;

/// How many requests are drawn to find full ones.
const DRAWS: u64 = 24;

/// A request to take apart.
pub(super) struct Full {
    pub(super) values: RequestValues,
    /// Other bodies of the same media type.
    pub(super) others: Vec<Value>,
}

/// One full request for each media type that the operation takes a body in, the fullest first. The seeds are always
/// the same ones.
///
/// The drawn request with the most values in it is filled up with what it lacks and others have, as far as that leaves
/// it valid.
pub(super) fn full_requests(factory: &Factory, plan: &OperationPlan) -> Vec<Full> {
    let seed = |number| Seed::derive(0, &[plan.operation.id().as_str(), Phase::Coverage.as_str()], number);
    let is_valid =
        |values: &RequestValues| factory.build(&plan.operation, &Intent::Positive, values).is_some();
    let operation = &plan.operation;
    let is_varied = !operation.parameters().is_empty() || operation.request_body().is_some();
    let drawn = (0..if is_varied { DRAWS } else { 1 })
        .filter_map(|number| draw(plan, &Intent::Positive, &seed(number)));
    let draws: Vec<RequestValues> = drawn.filter(is_valid).collect();
    let mut kinds: Vec<Option<&str>> = Vec::new();
    for values in &draws {
        let kind = media_type(values);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    // A request without a body is a variation of one that has it.
    if kinds.len() > 1 {
        kinds.retain(Option::is_some);
    }
    let mut full: Vec<Full> = kinds
        .into_iter()
        .filter_map(|kind| {
            let of_kind = || draws.iter().filter(|values| media_type(values) == kind);
            // Of equally full ones the first is taken, which `max_by_key` alone would not do.
            let (_, base) = of_kind()
                .enumerate()
                .max_by_key(|(index, values)| (size(values), std::cmp::Reverse(*index)))?;
            let is_valid =
                |values: &RequestValues| factory.build(&plan.operation, &Intent::Positive, values).is_some();
            let mut values = base.clone();
            for donor in &draws {
                let with_parameters = fill_parameters(&values, donor);
                let with_body = with_parameters.clone().or_else(|| Some(values.clone())).and_then(|values| {
                    (media_type(donor) == kind).then(|| fill_body(&values, donor)).flatten()
                });
                for candidate in [with_body, with_parameters].into_iter().flatten() {
                    if is_valid(&candidate) {
                        values = candidate;
                        break;
                    }
                }
            }
            let mut values = with_declared(operation, values, is_valid);
            match_any(&mut values, &is_valid);
            let body = |values: &RequestValues| {
                values.body.as_ref().and_then(|body| body.payload.as_value()).cloned()
            };
            Some(Full { values, others: of_kind().filter_map(body).collect() })
        })
        .collect();
    full.sort_by_key(|full| std::cmp::Reverse(size(&full.values)));
    full
}

/// Asks for whatever there is (`If-Match: *`, RFC 9110, section 13.1.1), where that is valid: what a tag that nobody gave
/// is sent with is refused before it is looked at.
fn match_any(values: &mut RequestValues, is_valid: &dyn Fn(&RequestValues) -> bool) {
    let mut matching = values.clone();
    for (_, tag) in matching.header.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("if-match")) {
        *tag = Value::from("*");
    }
    if matching.header != values.header && is_valid(&matching) {
        *values = matching;
    }
}

fn media_type(values: &RequestValues) -> Option<&str> {
    values.body.as_ref().map(|body| body.media_type.as_str())
}

/// The parameters that a request lacks and another one has; nothing where there are none.
fn fill_parameters(values: &RequestValues, donor: &RequestValues) -> Option<RequestValues> {
    let mut filled = values.clone();
    let mut has_changed = false;
    for (to, from) in [
        (&mut filled.query, &donor.query),
        (&mut filled.header, &donor.header),
        (&mut filled.cookie, &donor.cookie),
    ] {
        for (name, value) in from {
            if !to.contains_key(name) {
                to.insert(name.clone(), value.clone());
                has_changed = true;
            }
        }
    }
    has_changed.then_some(filled)
}

/// A request whose body has as many of the members that its schemas declare as leave it valid.
fn with_declared(
    operation: &Operation,
    mut values: RequestValues,
    is_valid: impl Fn(&RequestValues) -> bool,
) -> RequestValues {
    let Some(BodyValue { media_type, payload: Payload::Value(body) }) = &values.body else { return values };
    let media = operation.request_body().and_then(|documented| documented.content.matching(media_type));
    let Some(schema) = media.and_then(|media| media.schema.as_ref()) else { return values };
    for Proposed { pointer, name, value } in declared::lacking(schema.bundle(Direction::Request), body) {
        let mut candidate = values.clone();
        let Some(Payload::Value(body)) = candidate.body.as_mut().map(|body| &mut body.payload) else { break };
        if let Some(members) = body.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            members.entry(name).or_insert(value);
        }
        if candidate.body != values.body && is_valid(&candidate) {
            values = candidate;
        }
    }
    values
}

/// The members of a body that a request lacks and another one has, at every depth that both reach.
fn fill_body(values: &RequestValues, donor: &RequestValues) -> Option<RequestValues> {
    let mut filled = values.clone();
    let (Payload::Value(to), Payload::Value(from)) =
        (&mut filled.body.as_mut()?.payload, &donor.body.as_ref()?.payload)
    else {
        return None;
    };
    fill(to, from).then_some(filled)
}

fn fill(to: &mut Value, from: &Value) -> bool {
    match (to, from) {
        (Value::Object(to), Value::Object(from)) => {
            let mut has_changed = false;
            for (name, value) in from {
                has_changed |= match to.get_mut(name) {
                    // There is nothing to take apart in null.
                    Some(member) if member.is_null() && !value.is_null() => {
                        value.clone_into(member);
                        true
                    }
                    Some(member) => fill(member, value),
                    None => {
                        to.insert(name.clone(), value.clone());
                        true
                    }
                };
            }
            has_changed
        }
        (Value::Array(to), Value::Array(from)) if to.is_empty() && !from.is_empty() => {
            to.push(from[0].clone());
            true
        }
        (Value::Array(to), Value::Array(from)) => match (to.first_mut(), from.first()) {
            (Some(to), Some(from)) => fill(to, from),
            _ => false,
        },
        _ => false,
    }
}

/// How many values a request holds.
fn size(values: &RequestValues) -> usize {
    fn nodes(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().take(2).map(nodes).sum::<usize>(),
            Value::Object(members) => 1 + members.values().map(nodes).sum::<usize>(),
            _ => 1,
        }
    }
    let parameters = [&values.path, &values.query, &values.header, &values.cookie];
    let body = values.body.as_ref().map_or(0, |body| body.payload.as_value().map_or(1, nodes));
    parameters.into_iter().flat_map(|place| place.values()).map(nodes).sum::<usize>() + body
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use serde_json::json;

    use super::*;
    use crate::case::Signer;
    use crate::config::{Credentials, Settings, Target};
    use crate::plan::Plan;

    #[test]
    fn null_gives_way_to_what_can_be_taken_apart() {
        let mut full = json!({"bio": null, "name": "a", "pet": {"age": null}});
        assert!(fill(&mut full, &json!({"bio": "b", "name": null, "pet": {"age": 7}})));
        assert_eq!(full, json!({"bio": "b", "name": "a", "pet": {"age": 7}}));
        assert!(!fill(&mut full, &json!({"bio": null})));
    }

    #[test]
    fn what_is_there_is_matched_whatever_its_tag_is_where_the_document_lets_it() {
        for (pattern, is_any) in [("^(a|[*])$", true), ("^a$", false)] {
            let parameter = format!(
                "{{name: If-Match, in: header, required: true, schema: {{type: string, pattern: '{pattern}'}}}}"
            );
            let document = format!(
                "openapi: 3.0.3\npaths: {{/pets: {{put: {{parameters: [{parameter}], responses: {{}}}}}}}}\n"
            );
            let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
            let signer = Signer::new(&Target::new("http://localhost"), Credentials::Given).unwrap();
            let plan = Plan::new(&contract, &Settings::default());
            let full = full_requests(&Factory::new(&contract, signer), &plan.operations[0]);
            assert_eq!(full[0].values.header["If-Match"] == "*", is_any, "{pattern}");
        }
    }
}
