//! What the journals of all sessions hold together, and who makes room in them.
//!
//! The request whose call is too much only says so: room is made beside it. Where nobody comes to that in time, so
//! that there is too much by [`OVERSHOOT`](crate::budget::OVERSHOOT) too, the request makes room itself: what the
//! journals hold is bounded, whatever the scheduler does.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::{Session, Sessions};
use crate::budget::Budget;
use crate::journal::Entry;
use crate::state::State;

/// The common room of the journals.
#[derive(Debug)]
pub(super) struct Room {
    journals: Arc<Budget>,
    /// That there is too little of it.
    wanted: Notify,
    /// Held by whoever makes some.
    making: Mutex<()>,
}

impl Room {
    /// Room for so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { journals: Budget::new(limit), wanted: Notify::new(), making: Mutex::default() }
    }

    /// What each journal takes a share of.
    pub(super) fn journals(&self) -> &Arc<Budget> {
        &self.journals
    }
}

impl Sessions {
    /// Records a call of a session; where all journals together hold too much, calls of others go soon.
    pub(crate) fn record(&self, session: &Session, call: Entry) {
        session.journal.push(call);
        if self.room.journals.is_over() {
            self.room.wanted.notify_one();
            if self.room.journals.is_far_over() {
                self.make_room();
            }
        }
    }

    /// Waits until a journal wants room.
    async fn room_is_wanted(&self) {
        self.room.wanted.notified().await;
    }

    /// Makes room where there is too little: forgets calls of the sessions that were not asked for the longest, and
    /// last those of the unnamed one, until a sixteenth is free.
    pub(crate) fn make_room(&self) {
        if !self.room.journals.is_over() {
            return;
        }
        // Nothing is kept in it, so that it may have been left at any time.
        let _alone = self.room.making.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever was at it made room for all.
        if !self.room.journals.is_over() {
            return;
        }
        let mut named: Vec<Arc<Session>> = self.read().values().map(Arc::clone).collect();
        let now = self.now();
        named.sort_by_cached_key(|session| Reverse(session.idle(now)));
        for session in named.iter().chain([self.unnamed()]) {
            if self.room.journals.has_room() {
                break;
            }
            session.journal.forget_until(|| self.room.journals.has_room());
        }
    }
}

/// Makes room whenever some is wanted, for as long as it is polled.
pub(crate) async fn keep_room(state: Arc<State>) {
    loop {
        state.sessions.room_is_wanted().await;
        let state = Arc::clone(&state);
        // To sort sessions and to free calls takes long for a thread that answers requests. It only fails where it
        // panicked, or the runtime is going.
        let _ = tokio::task::spawn_blocking(move || state.sessions.make_room()).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use counterfoil_openapi::Contract;
    use dropshot::Body;

    use super::*;
    use crate::builder::StubBuilder;
    use crate::fault::Connection;
    use crate::journal::CallFilter;
    use crate::pipeline::{self, Arrived};

    const LIMIT: usize = 320 * 1024;
    /// What is kept of a call: its body, and less than 4 KiB beside it.
    const BODY: usize = 8 * 1024;
    const CALL: usize = BODY + 4 * 1024;

    fn state() -> Arc<State> {
        let text = "openapi: 3.0.3\npaths: {/a: {post: {responses: {'200': {description: ok}}}}}";
        let contract = Contract::load("a.yaml", text.as_bytes()).unwrap();
        Arc::new(StubBuilder::new(contract).journal_limit(LIMIT).into_state())
    }

    async fn call(state: &State, session: &str) {
        let connection = Connection { peer: ([127, 0, 0, 1], 1).into(), local_port: 2 };
        let request = hyper::Request::post(format!("{session}/a")).header("host", "x");
        let request = request.header("content-length", BODY).body(Body::from(vec![b'x'; BODY])).unwrap();
        assert_eq!(pipeline::serve(state, &mut Arrived::new(connection, request)).await.status(), 200);
    }

    fn held(state: &State) -> usize {
        state.sessions.all().iter().map(|session| session.journal.size().1).sum()
    }

    fn kept(state: &State) -> usize {
        let list = |session: &Arc<Session>| session.journal.list(&CallFilter::default()).len();
        state.sessions.all().iter().map(list).sum()
    }

    #[tokio::test]
    async fn where_nobody_makes_room_requests_do_before_it_is_too_much_by_far() {
        let (state, mut most) = (state(), 0);
        for number in 0..100 {
            call(&state, &format!("/~{}", number % 5)).await;
            most = most.max(held(&state));
        }
        assert!(most > LIMIT, "{most}: a request that is over by little makes no room");
        assert!(most <= LIMIT + LIMIT / crate::budget::OVERSHOOT, "{most}");
        state.sessions.make_room();
        assert!(held(&state) <= LIMIT, "{}", held(&state));
    }

    #[tokio::test]
    async fn room_is_made_beside_the_requests() {
        let state = state();
        let keeping = keep_room(Arc::clone(&state));
        let asking = async {
            let mut calls = 0;
            while held(&state) <= LIMIT {
                call(&state, "/~a").await;
                calls += 1;
            }
            assert!(held(&state) <= LIMIT + CALL, "{}", held(&state));
            assert_eq!(kept(&state), calls, "no request forgets anything");
            while held(&state) > LIMIT {
                tokio::task::yield_now().await;
            }
            assert!(held(&state) <= LIMIT - LIMIT / 16 && kept(&state) > calls / 2);
        };
        let both = async {
            tokio::select! {
                () = keeping => unreachable!("it ends with the stub"),
                () = asking => {}
            }
        };
        // Only so that it does not hang where nobody makes room.
        tokio::time::timeout(Duration::from_secs(600), both).await.expect("room is made");
    }
}
