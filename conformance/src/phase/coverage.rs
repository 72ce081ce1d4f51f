//! The coverage phase: one thing varied at a time, without chance.
//!
//! A full valid request is taken apart: every value in it is replaced by the values at and beyond the boundaries that
//! its schema draws, every part that may be left out is left out. What is valid among the results is sent as valid,
//! what is not as invalid; the document's validator decides, not the way they were made.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use bytes::Bytes;
use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues};
use counterfoil_openapi::{Direction, Location, Operation, Parameter};
use indexmap::IndexMap;
use serde_json::Value;

use super::fullest::{Full, full_requests};
use super::parts;
use super::varied::{Varied, varied};
use crate::case::{Case, Factory, Fresh, Intent, Origin, Probe, Sent};
use crate::event::{Mode, Phase};
use crate::plan::OperationPlan;
use crate::resource::{About, Known};

/// The most cases of an operation.
const MAX_CASES: usize = 2_000;
/// The beginning of a character of two bytes, and no end of it.
const NOT_UTF_8: &[u8] = b"\xc3(";
/// So many valid requests that make something speak of the same thing.
const REPEATED: u64 = 4;

/// The cases of an operation, each request once, made a few at a time: what was sent need not be kept, and the first
/// can be sent before the last is made.
///
/// The request that is taken apart is about known resources, where there are any; each case about one of them.
pub(crate) struct Coverage {
    plan: Arc<OperationPlan>,
    known: Known,
    modes: Vec<Mode>,
    /// The requests that are taken apart, each with what is left to vary in it; the first is under way.
    bases: VecDeque<Base>,
    /// What in the request under way need not be the same each time; nothing before its first case.
    fresh: Option<Fresh>,
    /// The valid requests that were left the same in that.
    repeated: u64,
    number: u64,
    sent: HashSet<u64>,
}

/// A request that is taken apart.
struct Base {
    values: Arc<RequestValues>,
    /// As it was before it was about known resources.
    drawn: RequestValues,
    left: VecDeque<Variation>,
}

/// What a request differs in from the one that is taken apart.
enum Variation {
    Nothing,
    /// The place of a parameter in the operation, and its value; nothing where it is left out.
    Parameter(usize, Option<Value>),
    /// The body; nothing where it is left out.
    Body(Option<BodyValue>),
    /// The value of the body.
    BodyValue(Varied),
    /// The place of a query parameter that is given twice.
    Repeated(usize),
}

impl Coverage {
    /// Before the first case.
    pub(crate) fn new(factory: &Factory, plan: &Arc<OperationPlan>, known: Known, modes: &[Mode]) -> Self {
        let mut coverage = Self {
            plan: Arc::clone(plan),
            known,
            modes: modes.to_vec(),
            bases: VecDeque::new(),
            fresh: None,
            repeated: 0,
            number: 0,
            sent: HashSet::new(),
        };
        for (at, full) in full_requests(factory, plan).into_iter().enumerate() {
            let Full { values: drawn, others } = full;
            let values = coverage.about_known(factory, drawn.clone());
            let mut left = VecDeque::from([Variation::Nothing]);
            // Parameters are the same whatever the body is.
            if at == 0 {
                left.extend(parameter_variations(&plan.operation, &values));
            }
            left.extend(body_variations(&plan.operation, &values, &others));
            coverage.bases.push_back(Base { values: Arc::new(values), drawn, left });
        }
        coverage
    }

    /// The same, with each query parameter of one value given twice as well.
    #[must_use]
    pub(crate) fn repeating_queries(mut self) -> Self {
        let parameters = self.plan.operation.parameters().iter().enumerate();
        if let Some(base) = self.bases.front_mut() {
            let is_single = |parameter: &Parameter| {
                let value = base.values.query.get(&parameter.name);
                parameter.location == Location::Query
                    && value.is_some_and(|value| !value.is_array() && !value.is_object())
            };
            let repeated = parameters.filter(|(_, parameter)| is_single(parameter));
            let repeated: Vec<Variation> = repeated.map(|(at, _)| Variation::Repeated(at)).collect();
            base.left.extend(repeated);
        }
        self
    }

    /// The most cases that are still to come.
    pub(crate) fn left(&self) -> u64 {
        let variations: usize = self.bases.iter().map(|base| base.left.len()).sum();
        let most = u64::try_from(MAX_CASES).unwrap_or(u64::MAX).saturating_sub(self.number);
        u64::try_from(variations).unwrap_or(u64::MAX).min(most)
    }

    /// The next cases, no more than so many; none where there are no more.
    pub(crate) fn next(&mut self, factory: &Factory, most: usize) -> Vec<Case> {
        let mut cases = Vec::new();
        while cases.len() < most && self.left() > 0 {
            let Some(base) = self.bases.front_mut() else { break };
            let Some(variation) = base.left.pop_front() else {
                self.bases.pop_front();
                self.fresh = None;
                continue;
            };
            let base = Arc::clone(&base.values);
            let probe = variation.probe(&self.plan.operation);
            let values = variation.of(&self.plan.operation, RequestValues::clone(&base));
            cases.extend(self.case(factory, &base, values, probe));
        }
        cases
    }

    /// A full request made about known resources, and by what refusals taught, as far as that leaves it valid.
    fn about_known(&self, factory: &Factory, drawn: RequestValues) -> RequestValues {
        let is_valid =
            |values: &RequestValues| factory.build(&self.plan.operation, &Intent::Positive, values).is_some();
        let drawn = self.known.heed(&drawn, 0).filter(is_valid).unwrap_or(drawn);
        let about = self.known.about(&drawn, 0).map(|about| about.values);
        about.filter(is_valid).unwrap_or(drawn)
    }

    /// A case with these values, as what the document says it is where it is no probe.
    fn case(
        &mut self,
        factory: &Factory,
        base: &RequestValues,
        values: RequestValues,
        probe: Option<Probe>,
    ) -> Option<Case> {
        let operation = Arc::clone(&self.plan.operation);
        // Where the path is not what is varied, it need not always name the same resource.
        let known = (values.path == base.path).then(|| self.known.on_path(&values, self.number)).flatten();
        let about = known.unwrap_or(About { values, subject: None });
        let (intent, sent) = match probe.map(Intent::Probe) {
            Some(intent) => factory.build(&operation, &intent, &about.values).map(|sent| (intent, sent))?,
            None => factory.classify(&operation, &about.values)?,
        };
        let About { values, subject } = sent.about(about);
        if !self.modes.contains(&intent.mode()) || !self.is_new(&sent) {
            return None;
        }
        let (values, sent) = self.anew(factory, base, &intent, &values, &sent).unwrap_or((values, sent));
        let id = Case::id_of(&operation, Phase::Coverage, self.number);
        self.number += 1;
        let (index, phase, origin) = (self.plan.index, Phase::Coverage, Origin::Fixed);
        Some(Case { id, operation, index, phase, intent, origin, values, subject, sent })
    }

    /// Whether a request was not sent before.
    fn is_new(&mut self, sent: &Sent) -> bool {
        let mut hasher = DefaultHasher::new();
        sent.wire().hash(&mut hasher);
        self.sent.insert(hasher.finish())
    }

    /// The case of the same make about something that is not there yet. The first valid ones are left as they are, since
    /// what is there already is to be refused in the way that the document has.
    fn anew(
        &mut self,
        factory: &Factory,
        base: &RequestValues,
        intent: &Intent,
        values: &RequestValues,
        sent: &Sent,
    ) -> Option<(RequestValues, Sent)> {
        if *intent == Intent::Positive && self.repeated < REPEATED {
            self.repeated += 1;
            return None;
        }
        let operation = &self.plan.operation;
        let drawn = &self.bases.front()?.drawn;
        // What is known to be there is spoken of by its name.
        let fresh = self.fresh.get_or_insert_with(|| {
            Fresh::of(factory, operation, &Intent::Positive, base).only_of(base, drawn)
        });
        fresh.anew(factory, operation, (intent, values, sent), base, self.number)
    }
}

impl Variation {
    /// What it is meant to find out, where that is no matter of what the document says.
    fn probe(&self, operation: &Operation) -> Option<Probe> {
        match self {
            Self::Repeated(at) => {
                let name = operation.parameters().get(*at)?.name.clone();
                Some(Probe::RepeatedQuery { name })
            }
            _ => None,
        }
    }

    /// The request that differs in this.
    fn of(self, operation: &Operation, mut base: RequestValues) -> RequestValues {
        match self {
            Self::Nothing => {}
            Self::Parameter(at, value) => {
                if let Some(parameter) = operation.parameters().get(at) {
                    let values = place(parameter, &mut base);
                    match value {
                        Some(value) => drop(values.insert(parameter.name.clone(), value)),
                        None => drop(values.shift_remove(&parameter.name)),
                    }
                }
            }
            Self::Body(body) => base.body = body,
            Self::BodyValue(varied) => {
                if let Some(body) = &mut base.body {
                    body.payload = Payload::Value(varied.value());
                }
            }
            Self::Repeated(at) => {
                let name = operation.parameters().get(at).map(|parameter| parameter.name.as_str());
                if let Some(value) = name.and_then(|name| base.query.get_mut(name)) {
                    *value = Value::Array(vec![value.clone(), value.clone()]);
                }
            }
        }
        base
    }
}

/// The values among which that of a parameter is.
fn place<'v>(parameter: &Parameter, values: &'v mut RequestValues) -> &'v mut IndexMap<String, Value> {
    match parameter.location {
        Location::Path => &mut values.path,
        Location::Query | Location::QueryString => &mut values.query,
        Location::Header => &mut values.header,
        _ => &mut values.cookie,
    }
}

/// Everything that differs from a request in one parameter.
fn parameter_variations(operation: &Operation, base: &RequestValues) -> Vec<Variation> {
    let mut found = Vec::new();
    for (at, parameter) in operation.parameters().iter().enumerate() {
        if parameter.location != Location::Path {
            found.push(Variation::Parameter(at, None));
        }
        let current = place(parameter, &mut base.clone()).get(&parameter.name).cloned();
        let (Some(schema), Some(current)) = (parameter.value_schema(), current) else { continue };
        let values = varied(schema.bundle(Direction::Request), &current, &[]);
        found.extend(values.into_iter().map(|varied| Variation::Parameter(at, Some(varied.value()))));
    }
    found
}

/// Everything that differs from a request in one thing of its body; `others` are other valid bodies.
fn body_variations(operation: &Operation, base: &RequestValues, others: &[Value]) -> Vec<Variation> {
    let Some(body) = &base.body else { return Vec::new() };
    let with = |media_type: &str, payload| {
        Variation::Body(Some(BodyValue { media_type: media_type.to_owned(), payload }))
    };
    let mut found = vec![Variation::Body(None)];
    let Payload::Value(value) = &body.payload else { return found };
    let media = operation.request_body().and_then(|documented| documented.content.matching(&body.media_type));
    if let Some(schema) = media.and_then(|media| media.schema.as_ref()) {
        let values = varied(schema.bundle(Direction::Request), value, others);
        found.extend(values.into_iter().map(Variation::BodyValue));
    }
    let name = body.media_type.to_ascii_lowercase();
    let is_unicode = name.ends_with("charset=utf-8");
    if media::kind(&body.media_type) == Kind::Json {
        for text in ["{", "", "nonsense"] {
            found.push(with(&body.media_type, Payload::Bytes(text.into())));
        }
        // Where another charset is named, against the rules of JSON, those bytes may be right.
        if is_unicode || !name.contains("charset") {
            found.extend(misread(value).map(|bytes| with(&body.media_type, Payload::Bytes(bytes))));
        }
    }
    if media::kind(&body.media_type) == Kind::Text && is_unicode {
        found.push(with(&body.media_type, Payload::Bytes(NOT_UTF_8.into())));
    }
    if media::kind(&body.media_type) == Kind::Multipart {
        let payload = Payload::Bytes("--\r\n\r\ntext\r\n----\r\n".into());
        found.push(with("multipart/form-data", payload));
        let others = media.map(|media| parts::of_other_types(operation, base, media)).unwrap_or_default();
        found.extend(others.into_iter().map(|bytes| with(&body.media_type, Payload::Bytes(bytes))));
    }
    found.push(with("text/x-counterfoil", Payload::Bytes("text".into())));
    found
}

/// The JSON of a value with bytes in its first text that are not UTF-8; nothing where it has no text.
fn misread(value: &Value) -> Option<Bytes> {
    /// A character that no document has, to be put where the bytes go.
    const PLACE: &str = "\u{f8ff}";
    fn mark(value: &mut Value) -> bool {
        match value {
            Value::String(text) => {
                text.push_str(PLACE);
                true
            }
            Value::Array(items) => items.iter_mut().any(mark),
            Value::Object(members) => members.values_mut().any(mark),
            _ => false,
        }
    }
    let mut marked = value.clone();
    let json = mark(&mut marked).then(|| marked.to_string())?;
    let (before, after) = json.split_once(PLACE)?;
    Some([before.as_bytes(), NOT_UTF_8, after.as_bytes()].concat().into())
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
        cases_by(7, modes)
    }

    /// The cases, made so many at a time.
    fn cases_by(most: usize, modes: &[Mode]) -> Vec<Case> {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let signer = Signer::new(&Target::new("http://localhost"), Credentials::Given).unwrap();
        let plan = Plan::new(&contract, &Settings::default());
        let factory = Factory::new(&contract, signer);
        let mut coverage = Coverage::new(&factory, &plan.operations[0], Known::default(), modes);
        let mut cases = Vec::new();
        loop {
            let left = coverage.left();
            let next = coverage.next(&factory, most);
            assert!(next.len() <= most && next.len() as u64 <= left, "{} of {left}", next.len());
            if next.is_empty() {
                assert_eq!(coverage.left(), 0);
                return cases;
            }
            cases.extend(next);
        }
    }

    #[test]
    fn cases_are_the_same_however_many_are_made_at_a_time() {
        let told = |most| -> Vec<(String, Vec<u8>)> {
            let cases = cases_by(most, &[Mode::Positive, Mode::Negative]);
            cases.into_iter().map(|case| (case.id.clone(), case.sent.wire())).collect()
        };
        let all_at_once = told(MAX_CASES);
        assert!(all_at_once.len() > 32, "{}", all_at_once.len());
        for most in [1, 32] {
            assert_eq!(told(most), all_at_once);
        }
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
