//! What a run owes a target: no more requests than it wants, no sooner than it wants them, none that may destroy.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use counterfoil_conformance::Settings;

use super::attacks::{contract, settings, target};
use super::{Hostile, Piece};
use crate::running::Outcome;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_asks_to_wait_is_asked_again_and_not_judged() {
    let server = Hostile::open(|_, before| match before % 2 {
        0 => Piece::reply(503, "retry-after: 0\r\n", ""),
        _ => Piece::reply(200, "content-type: text/plain\r\n", "fine"),
    })
    .await;
    let settings = Settings { workers: 1, ..settings() };
    let outcome = Outcome::of(&contract(), &target(&server), &settings).await;
    assert!(outcome.cases().all(|case| case.exchange.status == Some(200)));
    assert_eq!(outcome.summary.failures, 0, "{:?}", outcome.failures());
    assert_eq!(outcome.summary.requests, 2 * outcome.summary.cases);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_is_kept_to() {
    let server = Hostile::open(|_, before| match before {
        0 => Piece::reply(429, "retry-after: 1\r\n", ""),
        _ => Piece::reply(200, "content-type: text/plain\r\n", "fine"),
    })
    .await;
    let start = Instant::now();
    let settings = Settings { workers: 1, max_cases: 1, ..settings() };
    let outcome = Outcome::of(&contract(), &target(&server), &settings).await;
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert!(outcome.cases().all(|case| case.exchange.status == Some(200)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_no_closer_together_than_the_limit_allows() {
    let server = Hostile::open(|_, _| Piece::reply(200, "content-type: text/plain\r\n", "fine")).await;
    let start = Instant::now();
    let settings = Settings { interval: Some(Duration::from_millis(20)), workers: 8, ..settings() };
    let outcome = Outcome::of(&contract(), &target(&server), &settings).await;
    let gaps = u32::try_from(outcome.summary.requests).unwrap() - 1;
    assert!(gaps > 3 && start.elapsed() >= Duration::from_millis(20) * gaps);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_are_never_more_connections_than_workers() {
    let server = Hostile::open(|_, _| Piece::reply(200, "content-type: text/plain\r\n", "fine")).await;
    let settings = Settings { workers: 3, max_cases: 60, ..settings() };
    let outcome = Outcome::of(&contract(), &target(&server), &settings).await;
    assert!(outcome.summary.requests > 10);
    assert!(server.seen.most_connections.load(Ordering::SeqCst) <= 3);
}
