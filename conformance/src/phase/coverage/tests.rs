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
    cases_of(DOCUMENT, most, modes, &|_| 200)
}

/// The cases of a document's first operation, each answered with a status.
fn cases_of(document: &str, most: usize, modes: &[Mode], answer: &dyn Fn(&Case) -> u16) -> Vec<Case> {
    let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
    let signer = Signer::new(&Target::new("http://localhost"), Credentials::Given).unwrap();
    let plan = Plan::new(&contract, &Settings::default());
    let factory = Factory::new(&contract, signer);
    let mut coverage = Coverage::new(&factory, &plan.operations[0], Known::default(), modes);
    let mut cases = Vec::new();
    loop {
        let left = coverage.left();
        let next = coverage.next(&factory, most);
        assert!(next.len() <= most && next.len() as u64 <= left, "{} of {left}", next.len());
        if next.is_empty() && coverage.is_waiting() {
            coverage.heard(&cases.iter().map(|case: &Case| (case.id.clone(), answer(case))).collect());
            continue;
        }
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
fn what_makes_every_request_refused_is_left_out_and_varied_by_itself() {
    let document = "
openapi: 3.0.3
paths:
  /pets:
    post:
      parameters:
        - {name: cursor, in: query, schema: {type: string, maxLength: 9}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 9}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              properties:
                name: {type: string, minLength: 2, maxLength: 4}
                owner: {type: string, minLength: 3, maxLength: 5}
                age: {type: integer, maximum: 30}
      responses: {}
";
    let modes = [Mode::Positive, Mode::Negative];
    let body = |case: &Case| case.values.body.as_ref().and_then(|body| body.payload.as_value()).cloned();
    let has_owner = |case: &Case| body(case).is_some_and(|body| body.get("owner").is_some());
    let has_cursor = |case: &Case| case.values.query.contains_key("cursor");
    let is_refused = |case: &Case| has_owner(case) || has_cursor(case);
    let answer = |case: &Case| if is_refused(case) { 400 } else { 200 };
    let cases = cases_of(document, 32, &modes, &answer);
    let is_full = |case: &Case| has_owner(case) && has_cursor(case);
    // The first request, and the searched ones that leave out something else.
    assert!(cases.iter().filter(|case| is_full(case)).count() < 6, "{}", cases.len());
    let limits = |limit: i64| {
        cases.iter().any(|case| !is_refused(case) && case.values.query.get("limit") == Some(&limit.into()))
    };
    assert!(limits(0) && limits(1) && limits(9) && limits(10));
    let length = |text: &str| text.chars().count();
    let owners = cases.iter().filter_map(|case| body(case)?.get("owner")?.as_str().map(length));
    assert!(owners.collect::<BTreeSet<_>>().is_superset(&[2, 3, 5, 6].into()));
    let cursors = cases.iter().filter_map(|case| case.values.query.get("cursor")?.as_str().map(length));
    assert!(cursors.collect::<BTreeSet<_>>().is_superset(&[9, 10].into()));
    let all_accepted = cases_of(document, 32, &modes, &|_| 200);
    assert!(all_accepted.iter().filter(|case| is_full(case)).count() * 2 > all_accepted.len());
}

/// A server that refuses what is there already, and has what the first request makes.
#[test]
fn what_is_refused_since_it_is_there_already_is_taken_apart_as_it_is() {
    let first = std::cell::OnceCell::new();
    let name = |case: &Case| case.values.body.as_ref()?.payload.as_value()?.get("name").cloned();
    let answer = |case: &Case| match name(case) {
        Some(name) if *first.get_or_init(|| name.clone()) == name => 422,
        _ => 201,
    };
    let cases = cases_of(DOCUMENT, 32, &[Mode::Positive], &answer);
    let has = |case: &Case, member: &str| {
        case.values.body.as_ref().and_then(|body| body.payload.as_value()?.get(member)).is_some()
    };
    for member in ["age", "kind", "tags"] {
        let with = cases.iter().filter(|case| has(case, member)).count();
        assert!(with * 2 > cases.len(), "{member}: {with} of {}", cases.len());
    }
}

#[test]
fn modes_are_kept_to_and_no_request_is_made_twice() {
    assert!(cases(&[Mode::Positive]).iter().all(|case| case.intent == Intent::Positive));
    let cases = cases(&[Mode::Positive, Mode::Negative]);
    let wires: BTreeSet<Vec<u8>> = cases.iter().map(|case| case.sent.wire()).collect();
    assert_eq!(wires.len(), cases.len());
}
