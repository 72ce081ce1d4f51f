//! The time of a run, shared out: what quick operations leave over is for those that were cut short.

use std::time::Duration;

use counterfoil_conformance::{Patience, Phase, Settings, Target};
use counterfoil_openapi::Contract;

use super::{Hostile, Piece};
use crate::running::Outcome;

/// One operation with more cases than its share of the time is enough for, before nineteen that have one case each.
fn contract() -> Contract {
    let mut text = "openapi: 3.0.3\ninfo: {title: Shares, version: '1'}\npaths:\n".to_owned();
    text.push_str(
        "  /many/{id}: {get: {operationId: many, parameters: [{name: id, in: path, required: true, schema: {type: integer}}], responses: {default: {description: any}}}}\n",
    );
    for number in 0..19 {
        text.push_str(&format!(
            "  /one/{number}: {{get: {{operationId: one{number}, responses: {{default: {{description: any}}}}}}}}\n"
        ));
    }
    Contract::load("shares.yaml", text.as_bytes()).expect("it is a document")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_cut_short_goes_on_when_all_others_are_done() {
    let server = Hostile::open(|_, _| Piece::reply(200, "", "")).await;
    // So many requests take a second and a half at least, and a twentieth of the time is less than one; the whole of it
    // is enough on any machine.
    let settings = Settings {
        phases: vec![Phase::Fuzzing],
        max_cases: 150,
        interval: Some(Duration::from_millis(10)),
        max_time: Some(Duration::from_secs(20)),
        ..Settings::default()
    };
    let outcome = Outcome::of(&contract(), &Target::new(&server.url), &settings).await;
    let operations: Vec<&str> = outcome.cases().map(|case| case.operation.as_str()).collect();
    let first_of_others = operations.iter().position(|operation| *operation != "many").unwrap();
    let last_of_others = operations.iter().rposition(|operation| *operation != "many").unwrap();
    assert!((1..150).contains(&first_of_others), "{first_of_others}");
    assert!(last_of_others + 1 < operations.len(), "the rest of the cases comes after all others");
    let mut ids: Vec<&str> = outcome.cases().map(|case| case.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), operations.len(), "no case is sent twice");
    assert_eq!(operations.iter().filter(|operation| **operation == "many").count(), 150);
    assert!(outcome.warnings().is_empty(), "{:?}", outcome.warnings());
    assert_eq!(outcome.summary.unexercised, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_operations_have_fewer_cases_and_time_given_gives_them_all() {
    let server = Hostile::open(|_, _| Piece::reply(200, "", "")).await;
    let cases = async |most: Duration, max_time: Option<Duration>| {
        let patience = Patience { slow: Duration::ZERO, most };
        let phases = vec![Phase::Fuzzing];
        let settings = Settings { phases, max_cases: 20, patience, max_time, ..Settings::default() };
        let outcome = Outcome::of(&contract(), &Target::new(&server.url), &settings).await;
        let many = outcome.cases().filter(|case| case.operation == "many").count();
        let others = outcome.cases().count() - many;
        (many, others, outcome.warnings().iter().any(|warning| warning.code == "slow"))
    };
    let (none, ages) = (Duration::ZERO, Duration::from_secs(1_000_000));
    assert_eq!(cases(none, None).await, (1, 19, true), "one answer is waited for in each turn");
    assert_eq!(cases(ages, None).await, (20, 19, false));
    assert_eq!(cases(none, Some(Duration::from_secs(60))).await, (20, 19, false), "whose time it is decides");
}
