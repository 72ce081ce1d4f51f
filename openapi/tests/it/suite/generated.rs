//! Values are generated for the groups of the suite: valid ones that are, and invalid ones that are not.

use std::env;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use counterfoil_openapi::Schema;
use counterfoil_openapi::generate::{NoInstance, Seed, Variety, negative, positive_in, sample};
use jsonschema::Validator;
use jsonschema::canonical::{Satisfiability, options};
use serde_json::Value;

use super::exceptions::exception;
use super::judged::misjudged;
use super::source::{Group, groups};
use super::{DRAFTS, Draft};
use crate::generate::schemas::DIRECTION;
use crate::work::Work;

/// How many values of each kind are drawn for a group; `script/test` asks for 50.
const VALUES: &str = "COUNTERFOIL_SUITE_VALUES";

/// What no group may take longer than. A busy machine and a debug build are allowed for: alone and optimised none
/// takes a tenth of a second.
const LIMIT: Duration = Duration::from_secs(10);

/// The groups of a hundred that are handled, of those that a document can say.
const TARGET: usize = 97;

/// What came of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Valid and invalid values were drawn, or those there are.
    Generated,
    /// No value is valid, and that was told.
    Empty,
    /// It is an exception.
    NotHandled,
    /// No document can say it: it needs the network, a dialect of its own, or words that the version does not have.
    Foreign,
}

#[derive(Debug)]
struct Row {
    name: String,
    outcome: Outcome,
    failures: Vec<String>,
    time: Duration,
}

#[test]
fn values_are_generated_for_the_groups_of_the_suite() {
    let values = env::var(VALUES).ok().and_then(|text| text.parse().ok()).unwrap_or(8);
    for draft in &DRAFTS {
        let groups = groups(draft.folder);
        let start = Instant::now();
        let rows = all(draft, &groups, values);
        if !rows.is_empty() {
            judge(draft, &rows, start.elapsed());
        }
    }
}

/// A row for each group, made by two threads.
fn all(draft: &Draft, groups: &[Group], values: u64) -> Vec<Row> {
    let (next, rows) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let row = row(draft, group, values);
                    rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
                }
            });
        }
    });
    rows.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Prints the table and holds it to the target.
fn judge(draft: &Draft, rows: &[Row], time: Duration) {
    let of = |outcome| rows.iter().filter(move |row| row.outcome == outcome);
    let (generated, empty) = (of(Outcome::Generated).count(), of(Outcome::Empty).count());
    let expressible = rows.len() - of(Outcome::Foreign).count();
    println!(
        "draft        | groups | expressible | generated for | recognised empty | not handled | seconds"
    );
    println!(
        "{:12} | {:6} | {expressible:11} | {generated:13} | {empty:16} | {:11} | {:.1}",
        draft.folder,
        rows.len(),
        of(Outcome::NotHandled).count(),
        time.as_secs_f64()
    );
    of(Outcome::NotHandled).for_each(|row| println!("  not handled: {}", row.name));
    if let Some(slowest) = rows.iter().max_by_key(|row| row.time) {
        println!("  slowest: {}, {:?}", slowest.name, slowest.time);
        assert!(slowest.time < LIMIT, "{} took {:?}", slowest.name, slowest.time);
    }
    let failures: Vec<&str> = rows.iter().flat_map(|row| &row.failures).map(String::as_str).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let handled = generated + empty;
    assert!(handled * 100 >= expressible * TARGET, "{handled} of {expressible} groups are handled");
}

fn row(draft: &Draft, group: &Group, values: u64) -> Row {
    let work = Work::start();
    let mut failures = Vec::new();
    let mut outcome = outcome(draft, group, values, &mut failures);
    if let Some(reason) = exception(group).filter(|reason| !reason.is_generated_for())
        && !failures.is_empty()
    {
        outcome = if reason.is_foreign() { Outcome::Foreign } else { Outcome::NotHandled };
        failures.clear();
    }
    let failures = failures.into_iter().map(|failure| format!("{}: {failure}", group.name())).collect();
    Row { name: group.name(), outcome, failures, time: work.done() }
}

fn outcome(draft: &Draft, group: &Group, values: u64, failures: &mut Vec<String>) -> Outcome {
    let Ok(schema) = (draft.placed)(&group.schema) else { return Outcome::Foreign };
    let Some(original) = (draft.original)(&group.schema) else {
        failures.push("the schema does not compile as it stands".to_owned());
        return Outcome::NotHandled;
    };
    if let Some(test) = misjudged(group, &schema) {
        // Where formats are asserted, the exceptions say so.
        if exception(group).is_none_or(|reason| !reason.is_generated_for()) {
            failures.push(format!("{} is misjudged", test.data));
        }
    }
    if let Err(none) = invalid(&schema, &original, values, failures) {
        let is_any_invalid = group.tests.iter().any(|test| !test.valid) && exception(group).is_none();
        if is_any_invalid || admits_all(&group.schema) == Some(false) {
            failures.push(format!("something is invalid: {none}"));
        }
    }
    match valid(&schema, &original, values, failures) {
        Ok(()) => Outcome::Generated,
        Err(none) => {
            if group.tests.iter().any(|test| test.valid) || admits_none(&group.schema) == Some(false) {
                failures.push(format!("something is valid: {none}"));
            }
            Outcome::Empty
        }
    }
}

/// Draws valid values: the least one, half of the others plain, half of them wild.
fn valid(
    schema: &Schema,
    original: &Validator,
    values: u64,
    failures: &mut Vec<String>,
) -> Result<(), NoInstance> {
    for index in 0..values {
        let variety = match index {
            0 => Variety::Minimal,
            _ if index % 2 == 0 => Variety::Plain,
            _ => Variety::Wild,
        };
        let strategy = positive_in(schema, DIRECTION, variety)?;
        let value =
            sample(&strategy, &Seed::derive(1, &["suite"], index)).expect("a strategy that was made draws");
        if !original.is_valid(&value) {
            failures.push(format!("drew {value}, which is invalid"));
        }
    }
    Ok(())
}

/// Draws invalid values.
fn invalid(
    schema: &Schema,
    original: &Validator,
    values: u64,
    failures: &mut Vec<String>,
) -> Result<(), NoInstance> {
    let strategy = negative(schema, DIRECTION)?;
    for index in 0..values {
        let broken =
            sample(&strategy, &Seed::derive(2, &["suite"], index)).expect("a strategy that was made draws");
        let (value, constraint) = (&broken.value, &broken.constraint);
        if original.is_valid(value) {
            failures.push(format!("broke `{}` with {value}, which is valid", constraint.keyword));
        }
        let violations = schema.violations(value, DIRECTION);
        let is_named = violations.iter().any(|found| {
            found.keyword == constraint.keyword
                && found.instance_pointer == constraint.pointer
                && found.document_pointer == constraint.document_pointer
        });
        if !is_named {
            failures.push(format!("{} is not what {value} breaks", constraint.description));
        }
    }
    Ok(())
}

/// Whether a schema admits nothing, where its canonical form tells.
fn admits_none(schema: &Value) -> Option<bool> {
    told(options().offline().canonicalize(schema).ok()?.satisfiability())
}

/// Whether a schema admits everything, where its canonical form tells.
fn admits_all(schema: &Value) -> Option<bool> {
    told(options().offline().canonicalize(schema).ok()?.negate().ok()?.satisfiability())
}

fn told(satisfiability: Satisfiability) -> Option<bool> {
    match satisfiability {
        Satisfiability::No => Some(true),
        Satisfiability::Yes => Some(false),
        _ => None,
    }
}
