//! Expectations over a session, at once or once the calls have come.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::Instant;

use super::near::{self, MAX_NEAR, Near};
use super::outcome::{Outcome, Shortfall};
use super::tally::{Looked, Tally};
use crate::edition::Edition;
use crate::journal::ENDED;
use crate::script::Expectation;
use crate::session::Session;
use crate::state::State;

/// Each expectation of the scripts by itself, and what became of it.
pub(crate) fn judge_all(edition: &Arc<Edition>, session: &Session) -> Vec<(Arc<Expectation>, Outcome)> {
    let all = edition.engine.expectations();
    all.map(|expectation| {
        let outcome = judge(&mut Tally::new(Arc::clone(expectation)), edition, session);
        (Arc::clone(expectation), outcome)
    })
    .collect()
}

/// Verifies one expectation, or several in this order, and waits for it to hold.
///
/// What holds is told at once, and so is what can no longer hold; else it is looked at anew with every call that is
/// recorded, until `within` is over.
pub(crate) async fn verify(
    state: &State,
    session: &Session,
    expectations: Vec<Arc<Expectation>>,
    within: Duration,
) -> Outcome {
    // Before the first look, so that no call comes in between.
    let mut arrivals = (!within.is_zero()).then(|| session.journal.listen());
    let deadline = Instant::now() + within;
    let mut tallies: Vec<Tally> = expectations.into_iter().map(Tally::new).collect();
    loop {
        let outcome = match tallies.as_mut_slice() {
            [tally] => judge(tally, &state.edition(), session),
            several => in_order(several, &state.edition(), session),
        };
        let Some(listening) = arrivals.as_mut().filter(|_| !outcome.is_final()) else { return outcome };
        let goes_on = tokio::select! {
            goes_on = another(listening) => goes_on,
            () = tokio::time::sleep_until(deadline) => false,
            () = state.stopped() => false,
        };
        if !goes_on {
            // One last look.
            arrivals = None;
        }
    }
}

/// Waits for a call, and takes all that have come by then for one; whether others can follow.
async fn another(arrivals: &mut Receiver<u64>) -> bool {
    match arrivals.recv().await {
        Ok(ENDED) | Err(RecvError::Closed) => return false,
        Ok(_) | Err(RecvError::Lagged(_)) => {}
    }
    loop {
        match arrivals.try_recv() {
            Ok(ENDED) | Err(TryRecvError::Closed) => return false,
            Ok(_) | Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty) => return true,
        }
    }
}

fn judge(tally: &mut Tally, edition: &Arc<Edition>, session: &Session) -> Outcome {
    let looked = tally.look(edition, session);
    let expectation = &tally.expectation;
    let (range, open) = (expectation.range, looked.open());
    let count = looked.counted.len() as u64;
    let is_too_many = range.max.is_some_and(|max| count > max);
    if range.contains(count) && (open == 0 || range.max.is_none()) {
        return Outcome::Holds { count };
    }
    let which = if expectation.takes_all() { "" } else { " of that kind" };
    let there = match count {
        1 => "there was 1".to_owned(),
        count => format!("there were {count}"),
    };
    let message = format!("{}: expected {range}{which}, {there}", expectation.operation);
    let nearest = match is_too_many {
        true => latest(&looked),
        false => near::misses(expectation, &looked, edition, session),
    };
    let shortfall = Shortfall {
        expectation: Arc::clone(expectation),
        count,
        untold: open,
        message,
        nearest,
        is_final: is_too_many,
    };
    if is_too_many || count + open < range.min || open == 0 {
        return Outcome::Fails(Box::new(shortfall));
    }
    let message = format!("{}, and more cannot be told: {}", shortfall.message, looked.why());
    // More calls help only where too few are seen.
    Outcome::Untold(Box::new(Shortfall { message, is_final: count >= range.min, ..shortfall }))
}

/// The latest of those that count.
fn latest(looked: &Looked) -> Vec<Near> {
    looked.counted.iter().rev().take(MAX_NEAR).map(|id| Near { id: *id, difference: None }).collect()
}

/// Several expectations, each of calls after those of the one before.
fn in_order(tallies: &mut [Tally], edition: &Arc<Edition>, session: &Session) -> Outcome {
    let looked: Vec<Looked> = tallies.iter_mut().map(|tally| tally.look(edition, session)).collect();
    let (mut after, mut total) = (0, 0);
    for (index, (tally, seen)) in tallies.iter().zip(&looked).enumerate() {
        let expectation = &tally.expectation;
        let wanted = expectation.range.min;
        let next: Vec<u64> = seen.counted.iter().copied().filter(|id| *id > after).collect();
        let taken = &next[..next.len().min(usize::try_from(wanted).unwrap_or(usize::MAX))];
        let count = taken.len() as u64;
        if count == wanted {
            after = taken.last().copied().unwrap_or(after);
            total += count;
            continue;
        }
        let place = if after == 0 { String::new() } else { format!(" after call {after}") };
        let calls = if wanted == 1 { "a call".to_owned() } else { format!("{wanted} calls") };
        let there = if count == 0 { "there was none".to_owned() } else { format!("there were {count}") };
        let message =
            format!("step {}, {}: expected {calls}{place}, {there}", index + 1, expectation.operation);
        let mut nearest = near::misses(expectation, seen, edition, session);
        nearest.retain(|near| near.id > after);
        let untold = looked.iter().map(Looked::open).sum();
        let shortfall = Shortfall {
            expectation: Arc::clone(expectation),
            count,
            untold,
            message,
            nearest,
            is_final: false,
        };
        let Some(unseen) = looked.iter().find(|seen| seen.open() > 0) else {
            return Outcome::Fails(Box::new(shortfall));
        };
        let message = format!("{}, and more cannot be told: {}", shortfall.message, unseen.why());
        return Outcome::Untold(Box::new(Shortfall { message, ..shortfall }));
    }
    Outcome::Holds { count: total }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use dropshot::Body;

    use super::*;
    use crate::builder::StubBuilder;
    use crate::fault::Connection;
    use crate::pipeline::{self, Arrived};
    use crate::script;

    const DOCUMENT: &str =
        "openapi: 3.0.3\npaths: {/a: {get: {operationId: a, responses: {'200': {description: ok}}}}}";

    async fn call(state: &State) {
        let connection = Connection { peer: ([127, 0, 0, 1], 1).into(), local_port: 2 };
        let request = hyper::Request::get("/a").header("host", "x").body(Body::empty()).unwrap();
        assert_eq!(pipeline::serve(state, &mut Arrived::new(connection, request)).await.status(), 200);
    }

    #[tokio::test]
    async fn a_verification_waits_for_the_calls_that_it_lacks() {
        let contract = Contract::load("a.yaml", DOCUMENT.as_bytes()).unwrap();
        let state = StubBuilder::new(contract).into_state();
        let session = state.sessions.unnamed();
        let order = br#"{"op": "a", "count": 2, "within": "60s"}"#;
        let (expectations, within) = script::steps(order, &state.edition().contracts).unwrap();
        let mut waiting = Box::pin(verify(&state, session, expectations, within));
        assert!(futures::poll!(&mut waiting).is_pending());
        call(&state).await;
        assert!(futures::poll!(&mut waiting).is_pending(), "one is not enough");
        call(&state).await;
        assert!(matches!(waiting.await, Outcome::Holds { count: 2 }));
    }

    #[tokio::test]
    async fn a_verification_ends_with_the_stub_and_with_its_session() {
        let contract = Contract::load("a.yaml", DOCUMENT.as_bytes()).unwrap();
        let state = StubBuilder::new(contract).into_state();
        let session = state.sessions.unnamed();
        let order = br#"{"op": "a", "within": "60s"}"#;
        let (expectations, within) = script::steps(order, &state.edition().contracts).unwrap();
        for end in [|state: &State| state.sessions.unnamed().journal.end(), State::stop] {
            let mut waiting = Box::pin(verify(&state, session, expectations.clone(), within));
            assert!(futures::poll!(&mut waiting).is_pending());
            end(&state);
            assert!(matches!(waiting.await, Outcome::Fails(_)));
        }
    }
}
