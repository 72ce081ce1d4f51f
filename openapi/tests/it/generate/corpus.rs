//! Messages of real documents.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use counterfoil_openapi::codec::{Payload, RequestValues, encode_request};
use counterfoil_openapi::generate::{
    NoInstance, Seed, Variety, negative_request, positive_in, positive_request_in, sample,
};
use counterfoil_openapi::{Content, Contract, Direction, Operation};

use super::request::read;
use super::schemas::compiled;
use crate::corpus::{documents, load};

/// The operations looked at of one document, spread evenly over it.
const OPERATIONS: usize = 5;

/// The requests of each kind drawn for one operation, and the bodies for one response.
const DRAWN: u64 = 2;

/// What was counted, by what it is.
#[derive(Default)]
struct Counts(BTreeMap<&'static str, usize>);

impl Counts {
    fn add(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }
}

fn sampled(contract: &Contract) -> impl Iterator<Item = &Arc<Operation>> {
    let step = contract.operations().len().div_ceil(OPERATIONS).max(1);
    contract.operations().iter().step_by(step)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[test]
fn messages_of_real_documents_are_what_they_are_said_to_be() {
    let mut counts = Counts::default();
    for path in documents() {
        let Ok(contract) = load(&path) else { continue };
        for operation in sampled(&contract) {
            counts.add("operations");
            let label = format!("{} {}", name(&path), operation.id());
            positive(operation, &label, &mut counts);
            negative(operation, &label, &mut counts);
            replies(operation, &label, &mut counts);
        }
    }
    println!("{:?}", counts.0);
}

/// An operation that has no request says so for a reason that is known here.
fn is_known(none: &NoInstance) -> bool {
    none.message.starts_with("no codec writes")
}

fn positive(operation: &Arc<Operation>, label: &str, counts: &mut Counts) {
    let strategy = match positive_request_in(operation, Variety::Wild) {
        Ok(strategy) => strategy,
        Err(none) => {
            assert!(is_known(&none), "{label}: {none}");
            println!("{label}: {none}");
            return counts.add("operations without a request");
        }
    };
    for index in 0..DRAWN {
        let seed = Seed::derive(1, &[operation.id().as_str()], index);
        let values: RequestValues = sample(&strategy, &seed).expect("a request");
        let request = encode_request(operation, &values).expect("it can be written");
        let reading = read(operation, &request);
        let (violations, target) = (&reading.violations, &request.target);
        assert!(violations.is_empty(), "{label} {target}: {violations:?}");
        assert_eq!(reading.values.query, values.query, "{label} {target}");
        counts.add("valid requests");
        let Some((Payload::Value(body), media_type)) =
            values.body.map(|body| (body.payload, body.media_type))
        else {
            continue;
        };
        let documented = operation.request_body().and_then(|body| body.content.matching(&media_type));
        if let Some(schema) = documented.and_then(|media| media.schema.as_ref()) {
            counts.add("valid bodies");
            // It shares nothing with generation but the lowered schema.
            let validator = compiled(schema.bundle(Direction::Request));
            assert!(validator.is_none_or(|validator| validator.is_valid(&body)), "{label}: {body}");
        }
    }
}

fn negative(operation: &Arc<Operation>, label: &str, counts: &mut Counts) {
    let strategy = match negative_request(operation) {
        Ok(strategy) => strategy,
        Err(none) => {
            let is_plain = none.message.contains("nothing was found that could be wrong");
            assert!(is_plain || is_known(&none), "{label}: {none}");
            return counts.add("operations without an invalid request");
        }
    };
    for index in 0..DRAWN {
        let seed = Seed::derive(2, &[operation.id().as_str()], index);
        let broken = sample(&strategy, &seed).expect("a request");
        let request = encode_request(operation, &broken.values).expect("it can be written");
        let reading = read(operation, &request);
        let constraint = &broken.constraint;
        assert!(
            reading.violations.iter().all(|violation| violation.part == constraint.part)
                && reading.violations.iter().any(|violation| violation.rule == constraint.keyword),
            "{label}: {constraint:?}, found {:?}",
            reading.violations
        );
        counts.add("invalid requests");
        if reading.violations.len() == 1 {
            counts.add("invalid requests with one violation");
        }
    }
}

/// The replies of an operation, as a stub would make them.
fn replies(operation: &Operation, label: &str, counts: &mut Counts) {
    let contents = operation.responses().iter().map(|response| &response.content);
    for schema in contents.flat_map(Content::iter).filter_map(|media| media.schema.as_ref()) {
        counts.add("reply schemas");
        let strategy = match positive_in(schema, Direction::Response, Variety::Plain) {
            Ok(strategy) => strategy,
            Err(none) => {
                println!("{label}: {none}");
                counts.add("reply schemas without a value");
                continue;
            }
        };
        let validator = compiled(schema.bundle(Direction::Response));
        for index in 0..DRAWN {
            let value = sample(&strategy, &Seed::derive(3, &["reply"], index)).expect("a value");
            assert!(
                validator.as_ref().is_none_or(|validator| validator.is_valid(&value)),
                "{label}: {value}"
            );
            counts.add("valid replies");
        }
    }
}
