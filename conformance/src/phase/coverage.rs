//! The coverage phase: one thing varied at a time, without chance.
//!
//! A full valid request is taken apart: every value in it is replaced by the values at and beyond the boundaries that
//! its schema draws, every part that may be left out is left out. What is valid among the results is sent as valid,
//! what is not as invalid; the document's validator decides, not the way they were made.

use std::collections::{HashMap, HashSet, VecDeque};
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
use super::reduced::{Optional, Reception, Search, Step, without};
use super::relabelled::relabelled;
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
    /// Whether the case under way may be one of those.
    may_repeat: bool,
    number: u64,
    sent: HashSet<u64>,
    /// The cases whose outcome decides what is taken apart, each with what it leaves out.
    awaited: Vec<(String, Vec<Optional>)>,
}

/// A request that is taken apart.
struct Base {
    values: Arc<RequestValues>,
    /// As it was before it was about known resources.
    drawn: RequestValues,
    /// Other bodies of the same media type.
    others: Vec<Value>,
    /// Whether its parameters are varied: they are the same whatever the body is.
    has_parameters: bool,
    left: VecDeque<Variation>,
    /// For what it has to go without; nothing where that is settled.
    search: Option<Search>,
}

/// What a request differs in from the one that is taken apart.
enum Variation {
    /// What it leaves out, mostly nothing: the request itself.
    Without(Vec<Optional>),
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
            may_repeat: true,
            number: 0,
            sent: HashSet::new(),
            awaited: Vec::new(),
        };
        let is_valid =
            |values: &RequestValues| factory.build(&plan.operation, &Intent::Positive, values).is_some();
        for (at, full) in full_requests(factory, plan).into_iter().enumerate() {
            let Full { values: drawn, others } = full;
            let values = coverage.about_known(factory, drawn.clone());
            let search = modes
                .contains(&Mode::Positive)
                .then(|| Search::new(Optional::of(&plan.operation, &values, &is_valid)))
                .flatten();
            let mut base = Base {
                values: Arc::new(values),
                drawn,
                others,
                has_parameters: at == 0,
                left: VecDeque::new(),
                search,
            };
            base.vary(&plan.operation, &base.values.clone());
            base.left.push_front(Variation::Without(Vec::new()));
            coverage.bases.push_back(base);
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

    /// The next cases, no more than so many; none where there are no more, or where what became of earlier ones has to
    /// be [`heard`](Self::heard) first.
    pub(crate) fn next(&mut self, factory: &Factory, most: usize) -> Vec<Case> {
        let mut cases = Vec::new();
        while cases.len() < most && self.left() > 0 {
            let Some(base) = self.bases.front_mut() else { break };
            let is_try = matches!(base.left.front(), Some(Variation::Without(_)));
            if !is_try && !self.awaited.is_empty() {
                break;
            }
            let Some(variation) = base.left.pop_front() else {
                self.bases.pop_front();
                self.fresh = None;
                continue;
            };
            let is_searched = base.search.is_some();
            let is_first = base.search.as_ref().is_some_and(Search::is_new);
            let base = Arc::clone(&base.values);
            let left_out = match &variation {
                Variation::Without(left_out) if is_searched => Some(left_out.clone()),
                _ => None,
            };
            let probe = variation.probe(&self.plan.operation);
            let values = variation.of(&self.plan.operation, RequestValues::clone(&base));
            // What is tried is tried on its own account, and not for what is there already.
            self.may_repeat = is_first || left_out.is_none();
            let Some(case) = self.case(factory, &base, values, probe) else { continue };
            if let Some(left_out) = left_out.filter(|_| case.intent == Intent::Positive) {
                self.awaited.push((case.id.clone(), left_out));
            }
            cases.push(case);
        }
        cases
    }

    /// Whether what became of earlier cases has to be heard before the next ones are made.
    pub(crate) fn is_waiting(&self) -> bool {
        let next = self.bases.front().and_then(|base| base.left.front());
        !self.awaited.is_empty() && !matches!(next, Some(Variation::Without(_)))
    }

    /// Takes in what the cases were answered with that it waits for, each by its id.
    pub(crate) fn heard(&mut self, statuses: &HashMap<String, u16>) {
        let awaited = std::mem::take(&mut self.awaited).into_iter();
        let tried: Vec<_> =
            awaited.map(|(id, left_out)| (left_out, Reception::of(statuses.get(&id).copied()))).collect();
        let Some(base) = self.bases.front_mut() else { return };
        match base.search.as_mut().map(|search| search.heard(&tried)) {
            Some(Step::Try(tries)) => {
                for left_out in tries.into_iter().rev() {
                    base.left.push_front(Variation::Without(left_out));
                }
            }
            Some(Step::Settled(left_out)) => {
                base.search = None;
                if !left_out.is_empty() {
                    base.reduce(&self.plan.operation, &left_out);
                    self.fresh = None;
                }
            }
            None => {}
        }
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
        let is_known = !self.is_new(&sent);
        if !self.modes.contains(&intent.mode()) || (is_known && self.may_repeat) {
            return None;
        }
        let anew = self.anew(factory, base, &intent, &values, &sent);
        if is_known && anew.is_none() {
            return None;
        }
        let (values, sent) = anew.unwrap_or((values, sent));
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
        if *intent == Intent::Positive && self.repeated < REPEATED && self.may_repeat {
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

impl Base {
    /// Appends what is varied in it. Parameters are those of `whole`, which may have more of them.
    fn vary(&mut self, operation: &Operation, whole: &RequestValues) {
        if self.has_parameters {
            self.left.extend(parameter_variations(operation, whole));
        }
        self.left.extend(body_variations(operation, &self.values, &self.others));
    }

    /// Goes on with a request that leaves something out. What is left out is varied all the same, one thing at a time:
    /// it may have been refused for its value alone.
    fn reduce(&mut self, operation: &Operation, left_out: &[Optional]) {
        let whole = std::mem::replace(&mut self.values, Arc::new(RequestValues::default()));
        self.values = Arc::new(without(&whole, left_out));
        self.drawn = without(&self.drawn, left_out);
        self.left.retain(|variation| matches!(variation, Variation::Repeated(_)));
        self.vary(operation, &whole);
        for optional in left_out {
            let Optional::Member(name) = optional else { continue };
            let others: Vec<Optional> = left_out.iter().filter(|other| *other != optional).cloned().collect();
            let member = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            let of_member = |variation: &Variation| matches!(variation, Variation::BodyValue(varied) if varied.is_within(&member));
            let varied = body_variations(operation, &without(&whole, &others), &self.others);
            self.left.extend(varied.into_iter().filter(of_member));
        }
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
            Self::Without(left_out) => base = without(&base, &left_out),
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
    let others = media.map(|media| relabelled(operation, media, value)).unwrap_or_default();
    found.extend(others.into_iter().map(|(name, bytes)| with(name, Payload::Bytes(bytes))));
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
mod tests;
