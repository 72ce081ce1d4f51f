//! The probing phase: requests that differ from a valid one in something other than data.
//!
//! It comes after the data phases, because a probe tells most when it differs in one thing only from a request that
//! was accepted.

use std::collections::HashSet;

use counterfoil_openapi::Location;
use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::generate::Seed;
use http::Method;

use super::draw;
use super::unusual::unusual;
use crate::case::{
    Case, Factory, Intent, Origin, Probe, can_be_empty, choice_of_types, has_no_basic, has_no_bearer,
    has_tags, unknown_type,
};
use crate::event::Phase;
use crate::plan::OperationPlan;
use crate::resource::{About, Known};

/// The methods tried on paths that do not have them. Not HEAD and OPTIONS, which servers add by themselves, and not
/// CONNECT and TRACE, which proxies answer in the server's stead.
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// The most requests drawn for one with a plain path.
const MAX_DRAWN: u64 = 16;

/// The values of a request that the server accepted.
#[derive(Debug, Clone)]
pub(crate) struct Accepted(pub(crate) RequestValues);

/// The probes of an operation, each request once.
///
/// `accepted` is what a probe starts from; a freshly drawn request is tried as well, since sending the same request
/// again may mean another thing (what was to be deleted is gone).
/// Undeclared methods are tried by the first operation of each path only.
pub(crate) fn probes(
    factory: &Factory,
    plan: &OperationPlan,
    known: &Known,
    run_seed: u64,
    accepted: Option<&Accepted>,
    is_first_of_path: IsFirstOfPath,
) -> Vec<Case> {
    let operation = &plan.operation;
    let drawn = (0..MAX_DRAWN).filter_map(|number| {
        let seed = Seed::derive(run_seed, &[operation.id().as_str(), "probing"], number);
        draw(plan, &Intent::Positive, &seed)
    });
    let accepted = accepted.iter().map(|accepted| accepted.0.clone());
    let bases: Vec<RequestValues> = accepted.chain(plainest(drawn)).collect();
    let mut cases = Cases { factory, plan, known, seen: HashSet::new(), cases: Vec::new() };
    for base in &bases {
        if operation.is_secured() {
            cases.add(Probe::NoCredentials, base);
            for scheme in factory.signer().given_schemes(operation) {
                cases.add(Probe::InvalidCredential { scheme: scheme.clone() }, base);
                if can_be_empty(operation, &scheme) {
                    cases.add(Probe::EmptyCredential { scheme: scheme.clone() }, base);
                }
                if has_no_basic(operation, &scheme) {
                    cases.add(Probe::BasicForBearer { scheme: scheme.clone() }, base);
                }
                if has_no_bearer(operation, &scheme) {
                    cases.add(Probe::OtherScheme { scheme }, base);
                }
            }
        }
        for parameter in operation.parameters_in(Location::Header).filter(|parameter| parameter.required) {
            cases.add(Probe::MissingHeader { name: parameter.name.clone() }, base);
        }
    }
    if *operation.method() == Method::HEAD {
        // Something that is there, and something that is not.
        bases.iter().for_each(|base| cases.add(Probe::BesideGet, base));
    }
    if let Some(base) = bases.first() {
        cases.add_once(Probe::UnknownQuery, base);
        for media_type in choice_of_types(operation) {
            cases.add_once(Probe::Accept { media_type }, base);
        }
        if let Some(media_type) = unknown_type(operation) {
            cases.add_once(Probe::UnknownAccept { media_type: media_type.to_owned() }, base);
        }
    }
    let is_valid = |values: &RequestValues| factory.build(operation, &Intent::Positive, values).is_some();
    for (what, values) in bases.first().map(|base| unusual(operation, base, &is_valid)).unwrap_or_default() {
        cases.add_once(Probe::Unusual { what }, &values);
    }
    if let Some(base) = bases.first().filter(|_| has_tags(operation)) {
        cases.add_once(Probe::UnknownTag, base);
    }
    if is_first_of_path == IsFirstOfPath::Yes
        && let Some(base) = bases.first()
        && let Some(plain) = factory.build(operation, &Intent::Example, base)
    {
        for method in METHODS {
            if let Some(declared) = factory.undeclared(&method, &plain.request) {
                let mut base = base.clone();
                if matches!(method, Method::GET | Method::DELETE) {
                    base.body = None;
                }
                cases.add(Probe::UndeclaredMethod { method, declared }, &base);
            }
        }
    }
    cases.cases
}

/// The first of some requests that has nothing but letters, digits and hyphens in its path, or else the first: a server
/// may refuse a path before it looks at the method, and be right.
fn plainest(mut drawn: impl Iterator<Item = RequestValues>) -> Option<RequestValues> {
    let is_plain = |values: &RequestValues| {
        values.path.values().all(|value| match value.as_str() {
            Some(text) => {
                !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            }
            None => true,
        })
    };
    let first = drawn.next()?;
    match is_plain(&first) {
        true => Some(first),
        false => drawn.find(is_plain).or(Some(first)),
    }
}

/// Whether an operation is the one whose path is tried with methods it does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IsFirstOfPath {
    Yes,
    No,
}

struct Cases<'a> {
    factory: &'a Factory,
    plan: &'a OperationPlan,
    known: &'a Known,
    seen: HashSet<Vec<u8>>,
    cases: Vec<Case>,
}

impl Cases<'_> {
    /// Adds a probe of a request, and before it one of the same request about something that is there: what was accepted
    /// may be gone by now. Each is about another thing, since the probe before it may have removed one.
    fn add(&mut self, probe: Probe, values: &RequestValues) {
        let known = self.known.on_path(values, self.cases.len() as u64);
        let plain = About { values: values.clone(), subject: None };
        for about in known.into_iter().chain([plain]) {
            self.push(probe.clone(), about);
        }
    }

    /// Adds one probe of a request, about something that is there where anything is known to be.
    fn add_once(&mut self, probe: Probe, values: &RequestValues) {
        let known = self.known.on_path(values, self.cases.len() as u64);
        self.push(probe, known.unwrap_or_else(|| About { values: values.clone(), subject: None }));
    }

    fn push(&mut self, probe: Probe, about: About) {
        let operation = &self.plan.operation;
        let intent = Intent::Probe(probe);
        let Some(sent) = self.factory.build(operation, &intent, &about.values) else { return };
        let about = sent.about(about);
        if self.seen.insert(sent.wire()) {
            self.cases.push(Case {
                id: Case::id_of(operation, Phase::Probing, self.cases.len() as u64),
                operation: operation.clone(),
                index: self.plan.index,
                phase: Phase::Probing,
                intent,
                origin: Origin::Fixed,
                values: about.values,
                subject: about.subject,
                sent,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use serde_json::json;

    use super::*;
    use crate::case::Signer;
    use crate::config::{Credentials, Settings, Target};
    use crate::plan::Plan;

    const DOCUMENT: &str = r#"
openapi: 3.0.3
paths:
  /pets/{id}:
    get:
      security: [{key: []}]
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: X-Tenant, in: header, required: true, schema: {type: string}}
      responses: {}
    delete:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {}
  /me: {get: {security: [{token: []}], responses: {}}}
  /you: {get: {security: [{token: []}, {basic: []}], responses: {}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    token: {type: http, scheme: bearer}
    basic: {type: http, scheme: basic}
"#;

    fn probed(headers: &[(&str, &str)], accepted: Option<&Accepted>, is_first: IsFirstOfPath) -> Vec<String> {
        probed_of(0, headers, accepted, is_first)
    }

    fn probed_of(
        operation: usize,
        headers: &[(&str, &str)],
        accepted: Option<&Accepted>,
        is_first: IsFirstOfPath,
    ) -> Vec<String> {
        let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).unwrap();
        let target = headers
            .iter()
            .fold(Target::new("http://localhost"), |target, (name, value)| target.header(*name, *value));
        let factory = Factory::new(&contract, Signer::new(&target, Credentials::Given).unwrap());
        let plan = Plan::new(&contract, &Settings::default());
        let cases = probes(&factory, &plan.operations[operation], &Known::default(), 1, accepted, is_first);
        cases.iter().map(|case| format!("{}: {}", case.sent.request.path(), case.broken().unwrap())).collect()
    }

    #[test]
    fn an_operation_that_never_accepted_anything_is_probed_with_a_drawn_request() {
        let probed = probed(&[], None, IsFirstOfPath::No);
        let ends = |end: &str| probed.iter().filter(|probe| probe.ends_with(end)).count();
        assert_eq!(ends("sent without credentials"), 1);
        assert_eq!(ends("sent without the required header `X-Tenant`"), 1);
        assert_eq!(ends("sent with a query parameter that the document does not have"), 1);
        assert_eq!(ends("asks for `application/xml`, which the document does not have"), 1);
        assert_eq!(probed.len(), 4, "{probed:?}");
    }

    #[test]
    fn basic_is_sent_where_only_a_bearer_token_is_asked_for() {
        let headers = [("Authorization", "Bearer right")];
        for (operation, is_tried) in [(2, true), (3, false)] {
            let probed = probed_of(operation, &headers, None, IsFirstOfPath::No);
            let basic = "sent with a Basic credential in the place of `token`";
            assert_eq!(probed.iter().any(|probe| probe.ends_with(basic)), is_tried, "{probed:?}");
        }
    }

    #[test]
    fn methods_are_tried_on_a_plain_path() {
        let texts = |texts: &[&str]| {
            let values = texts.iter().map(|text| {
                let mut values = RequestValues::default();
                values.path.insert("id".to_owned(), json!(text));
                values
            });
            plainest(values).and_then(|values| values.path["id"].as_str().map(str::to_owned))
        };
        assert_eq!(texts(&["=", "", "a b", "a-7", "b"]).as_deref(), Some("a-7"));
        assert_eq!(texts(&["=", "%"]).as_deref(), Some("="));
        assert_eq!(texts(&[]), None);
    }

    #[test]
    fn an_accepted_request_is_probed_first_and_a_drawn_one_after_it() {
        let mut values = RequestValues::default();
        values.path.insert("id".to_owned(), json!(4711));
        values.header.insert("X-Tenant".to_owned(), json!("t"));
        let probed = probed(&[("X-Key", "right")], Some(&Accepted(values)), IsFirstOfPath::Yes);
        let of_accepted: Vec<&str> =
            probed.iter().filter_map(|probe| probe.strip_prefix("/pets/4711: ")).collect();
        assert_eq!(
            of_accepted,
            [
                "sent without credentials",
                "sent with an invalid credential for `key`",
                "sent with an empty credential for `key`",
                "sent without the required header `X-Tenant`",
                "sent with a query parameter that the document does not have",
                "asks for `application/xml`, which the document does not have",
                "method POST is not declared for the path",
                "method PUT is not declared for the path",
                "method PATCH is not declared for the path",
            ]
        );
        assert_eq!(probed.len(), of_accepted.len() + 4, "{probed:?}");
    }
}
