//! The coverage phase: one thing varied at a time, without chance.
//!
//! A full valid request is taken apart: every value in it is replaced by the values at and beyond the boundaries that
//! its schema draws, every part that may be left out is left out. What is valid among the results is sent as valid,
//! what is not as invalid; the document's validator decides, not the way they were made.

use std::collections::HashSet;

use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues};
use counterfoil_openapi::{Direction, Location, Operation};
use indexmap::IndexMap;
use serde_json::Value;

use super::fullest::full_requests;
use super::varied::varied;
use crate::case::{Case, Factory, Fresh, Intent, Origin, Sent};
use crate::event::{Mode, Phase};
use crate::plan::OperationPlan;
use crate::resource::{About, Known};

/// The most cases of an operation.
const MAX_CASES: usize = 2_000;
/// So many valid requests that make something speak of the same thing.
const REPEATED: u64 = 4;

/// The cases of an operation, each request once.
///
/// The request that is taken apart is about known resources, where there are any; each case about one of them.
pub(crate) fn coverage(factory: &Factory, plan: &OperationPlan, known: &Known, modes: &[Mode]) -> Vec<Case> {
    let mut cases = Cases {
        factory,
        plan,
        known,
        modes,
        path: IndexMap::new(),
        base: RequestValues::default(),
        fresh: Fresh::default(),
        repeated: 0,
        number: 0,
        sent: HashSet::new(),
        cases: Vec::new(),
    };
    for (at, full) in full_requests(factory, plan).into_iter().enumerate() {
        let base = cases.about_known(full.values.clone());
        cases.path.clone_from(&base.path);
        // What is known to be there is spoken of by its name.
        cases.fresh =
            Fresh::of(factory, &plan.operation, &Intent::Positive, &base).only_of(&base, &full.values);
        cases.base.clone_from(&base);
        cases.add(base.clone());
        // Parameters are the same whatever the body is.
        let parameters = if at == 0 { parameter_variations(&plan.operation, &base) } else { Vec::new() };
        for variation in parameters.into_iter().chain(body_variations(&plan.operation, &base, &full.others)) {
            if cases.cases.len() >= MAX_CASES {
                break;
            }
            cases.add(variation);
        }
    }
    cases.cases
}

/// Everything that differs from a request in one parameter.
fn parameter_variations(operation: &Operation, base: &RequestValues) -> Vec<RequestValues> {
    let mut found = Vec::new();
    for parameter in operation.parameters() {
        let place = |values: &mut RequestValues| match parameter.location {
            Location::Path => std::mem::take(&mut values.path),
            Location::Query | Location::QueryString => std::mem::take(&mut values.query),
            Location::Header => std::mem::take(&mut values.header),
            _ => std::mem::take(&mut values.cookie),
        };
        let with = |change: &dyn Fn(&mut IndexMap<String, Value>)| {
            let mut values = base.clone();
            let mut map = place(&mut values);
            change(&mut map);
            match parameter.location {
                Location::Path => values.path = map,
                Location::Query | Location::QueryString => values.query = map,
                Location::Header => values.header = map,
                _ => values.cookie = map,
            }
            values
        };
        if parameter.location != Location::Path {
            found.push(with(&|map| {
                map.shift_remove(&parameter.name);
            }));
        }
        let current = place(&mut base.clone()).get(&parameter.name).cloned();
        let (Some(schema), Some(current)) = (parameter.value_schema(), current) else { continue };
        let bundle = schema.bundle(Direction::Request);
        for value in varied(bundle, &current, &[]) {
            found.push(with(&|map| {
                map.insert(parameter.name.clone(), value.clone());
            }));
        }
    }
    found
}

/// Everything that differs from a request in one thing of its body; `others` are other valid bodies.
fn body_variations(operation: &Operation, base: &RequestValues, others: &[Value]) -> Vec<RequestValues> {
    let Some(body) = &base.body else { return Vec::new() };
    let with = |body: Option<BodyValue>| RequestValues { body, ..base.clone() };
    let mut found = vec![with(None)];
    let Payload::Value(value) = &body.payload else { return found };
    let media = operation.request_body().and_then(|documented| documented.content.matching(&body.media_type));
    if let Some(schema) = media.and_then(|media| media.schema.as_ref()) {
        for value in varied(schema.bundle(Direction::Request), value, others) {
            found.push(with(Some(BodyValue {
                media_type: body.media_type.clone(),
                payload: Payload::Value(value),
            })));
        }
    }
    if media::kind(&body.media_type) == Kind::Json {
        for text in ["{", "", "nonsense"] {
            let payload = Payload::Bytes(text.into());
            found.push(with(Some(BodyValue { media_type: body.media_type.clone(), payload })));
        }
    }
    if media::kind(&body.media_type) == Kind::Multipart {
        let payload = Payload::Bytes("--\r\n\r\ntext\r\n----\r\n".into());
        found.push(with(Some(BodyValue { media_type: "multipart/form-data".to_owned(), payload })));
    }
    let payload = Payload::Bytes("text".into());
    found.push(with(Some(BodyValue { media_type: "text/x-counterfoil".to_owned(), payload })));
    found
}

struct Cases<'a> {
    factory: &'a Factory,
    plan: &'a OperationPlan,
    known: &'a Known,
    modes: &'a [Mode],
    /// The path's values where they are not what is varied.
    path: IndexMap<String, Value>,
    /// The request that is taken apart, and what in it need not be the same each time.
    base: RequestValues,
    fresh: Fresh,
    /// The valid requests that were left the same in that.
    repeated: u64,
    number: u64,
    sent: HashSet<Vec<u8>>,
    cases: Vec<Case>,
}

impl Cases<'_> {
    /// A full request made about known resources, and by what refusals taught, as far as that leaves it valid.
    fn about_known(&self, drawn: RequestValues) -> RequestValues {
        let is_valid = |values: &RequestValues| {
            self.factory.build(&self.plan.operation, &Intent::Positive, values).is_some()
        };
        let drawn = self.known.heed(&drawn, 0).filter(is_valid).unwrap_or(drawn);
        let about = self.known.about(&drawn, 0).map(|about| about.values);
        about.filter(is_valid).unwrap_or(drawn)
    }

    /// The case of the same make about something that is not there yet. The first valid ones are left as they are, since
    /// what is there already is to be refused in the way that the document has.
    fn anew(
        &mut self,
        intent: &Intent,
        values: &RequestValues,
        sent: &Sent,
    ) -> Option<(RequestValues, Sent)> {
        if *intent == Intent::Positive && self.repeated < REPEATED {
            self.repeated += 1;
            return None;
        }
        let Self { factory, plan, base, number, .. } = self;
        self.fresh.anew(factory, &plan.operation, (intent, values, sent), base, *number)
    }

    /// Adds a case with these values, as what the document says it is.
    fn add(&mut self, values: RequestValues) {
        let (plan, operation) = (self.plan, &self.plan.operation);
        let known = (values.path == self.path).then(|| self.known.on_path(&values, self.number)).flatten();
        let About { values, subject } = known.unwrap_or(About { values, subject: None });
        let Some((intent, sent)) = self.factory.classify(operation, &values) else { return };
        if self.modes.contains(&intent.mode()) && self.sent.insert(sent.wire()) {
            let (values, sent) = self.anew(&intent, &values, &sent).unwrap_or((values, sent));
            self.cases.push(Case {
                id: Case::id_of(operation, Phase::Coverage, self.number),
                operation: operation.clone(),
                index: plan.index,
                phase: Phase::Coverage,
                intent,
                origin: Origin::Fixed,
                values,
                subject,
                sent,
            });
            self.number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use counterfoil_openapi::Contract;

    use super::*;
    use crate::case::Signer;
    use crate::config::{Credentials, Settings, Target};
    use crate::plan::Plan;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /pets:
    post:
      operationId: addPet
      parameters:
        - {name: dry, in: query, required: true, schema: {type: boolean}}
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Pet'}}
      responses: {}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      additionalProperties: false
      properties:
        name: {type: string, minLength: 2, maxLength: 4}
        age: {type: integer, minimum: 0, maximum: 30}
        kind: {type: string, enum: [cat, dog]}
        tags: {type: array, maxItems: 2, items: {type: string, maxLength: 3}}
"#;

    fn cases(modes: &[Mode]) -> Vec<Case> {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let signer = Signer::new(&Target::new("http://localhost"), Credentials::Given).unwrap();
        let plan = Plan::new(&contract, &Settings::default());
        coverage(&Factory::new(&contract, signer), &plan.operations[0], &Known::default(), modes)
    }

    #[test]
    fn every_constraint_is_kept_at_its_boundary_and_broken_just_beyond() {
        let cases = cases(&[Mode::Positive, Mode::Negative]);
        let body = |case: &Case| case.values.body.as_ref().and_then(|body| body.payload.as_value()).cloned();
        let values = |intent: &Intent, pointer: &str| -> Vec<Value> {
            let of_intent = cases.iter().filter(|case| case.intent == *intent);
            of_intent.filter_map(|case| body(case)?.pointer(pointer).cloned()).collect()
        };
        for age in [0, 30] {
            assert!(values(&Intent::Positive, "/age").contains(&age.into()), "{age}");
        }
        for age in [-1, 31] {
            assert!(values(&Intent::Negative, "/age").contains(&age.into()), "{age}");
        }
        let lengths = |intent| -> BTreeSet<usize> {
            values(intent, "/name").iter().filter_map(|name| Some(name.as_str()?.chars().count())).collect()
        };
        assert!(lengths(&Intent::Positive).is_superset(&[2, 3, 4].into()));
        assert!(lengths(&Intent::Negative).is_superset(&[0, 1, 5].into()));
        for kind in ["cat", "dog"] {
            assert!(values(&Intent::Positive, "/kind").contains(&kind.into()));
        }
        let rules: BTreeSet<&str> = cases
            .iter()
            .filter(|case| case.intent == Intent::Negative)
            .flat_map(|case| case.sent.data_violations())
            .map(|violation| violation.rule.as_ref())
            .collect();
        for rule in [
            "additionalProperties",
            "enum",
            "maximum",
            "maxItems",
            "maxLength",
            "minimum",
            "minLength",
            "missing",
            "required",
            "type",
            "unreadable",
            "undocumented",
        ] {
            assert!(rules.contains(rule), "{rule} is not broken; broken are {rules:?}");
        }
    }

    #[test]
    fn an_invalid_case_is_broken_in_one_place() {
        for case in cases(&[Mode::Negative]) {
            let places: BTreeSet<(String, &str)> = case
                .sent
                .data_violations()
                .map(|violation| (violation.part.to_string(), violation.pointer.as_str()))
                .collect();
            assert_eq!(places.len(), 1, "{places:?}");
        }
    }

    #[test]
    fn what_makes_something_makes_another_thing_each_time() {
        let cases = cases(&[Mode::Positive]);
        let names: Vec<String> = cases
            .iter()
            .filter_map(|case| {
                let body = case.values.body.as_ref()?.payload.as_value()?;
                Some(body.get("name")?.as_str()?.to_owned())
            })
            .collect();
        let distinct: BTreeSet<&String> = names.iter().collect();
        assert!(distinct.len() * 2 > names.len(), "{names:?}");
        assert!(distinct.len() < names.len(), "some speak of what is there: {names:?}");
    }

    #[test]
    fn modes_are_kept_to_and_no_request_is_made_twice() {
        assert!(cases(&[Mode::Positive]).iter().all(|case| case.intent == Intent::Positive));
        let cases = cases(&[Mode::Positive, Mode::Negative]);
        let wires: BTreeSet<Vec<u8>> = cases.iter().map(|case| case.sent.wire()).collect();
        assert_eq!(wires.len(), cases.len());
    }
}
