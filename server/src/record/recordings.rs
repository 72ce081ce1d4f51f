//! Recordings that are begun and ended at run time, over the control API.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use counterfoil_openapi::{Contract, Operation};

use super::Tape;
use super::tape::Notation;
use crate::upstream::{Upstream, key};

/// The most recordings at once, in all sessions together.
pub const MAX_RECORDINGS: usize = 8;

/// The recordings under way. A request takes no lock where there are none.
#[derive(Debug, Default)]
pub(crate) struct Recordings {
    /// The newest last.
    all: Mutex<Vec<Arc<Recording>>>,
    count: AtomicUsize,
    /// How many there ever were.
    begun: AtomicU64,
}

/// Which requests are recorded, and from whom their replies come.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Its name.
    pub(crate) id: String,
    /// The session whose requests are recorded; nothing for those that name none.
    session: Option<Box<str>>,
    /// Who answers them.
    pub(crate) upstream: Arc<Upstream>,
    /// The names of the operations that were asked for; nothing where all were, and what no document describes.
    pub(crate) operations: Option<Vec<String>>,
    /// The same by document and id.
    keys: HashSet<(String, String)>,
    /// What they answered.
    pub(crate) tape: Tape,
}

impl Recordings {
    /// Begins to record the requests of a session, perhaps those to certain operations only.
    ///
    /// Nothing comes of it where there are as many recordings as there may be.
    pub(crate) fn begin(
        &self,
        session: Option<&str>,
        upstream: Upstream,
        operations: Option<Vec<(String, &Operation)>>,
    ) -> Option<Arc<Recording>> {
        let mut all = self.lock();
        if all.len() >= MAX_RECORDINGS {
            return None;
        }
        let keys = operations.iter().flatten().map(|(_, operation)| key(operation)).collect();
        let recording = Arc::new(Recording {
            id: format!("rec{}", self.begun.fetch_add(1, Ordering::Relaxed) + 1),
            session: session.map(Box::from),
            upstream: Arc::new(upstream),
            operations: operations.map(|named| named.into_iter().map(|(name, _)| name).collect()),
            keys,
            tape: Tape::default(),
        });
        all.push(Arc::clone(&recording));
        self.count.store(all.len(), Ordering::Release);
        Some(recording)
    }

    /// Whether anything is recorded.
    pub(crate) fn is_recording(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    /// The newest recording of a request of a session, to an operation or to what no document describes.
    pub(crate) fn of(&self, session: Option<&str>, operation: Option<&Operation>) -> Option<Arc<Recording>> {
        if !self.is_recording() {
            return None;
        }
        let all = self.lock();
        all.iter().rev().find(|recording| recording.covers(session, operation)).map(Arc::clone)
    }

    /// Those of a session, the oldest first.
    pub(crate) fn list(&self, session: Option<&str>) -> Vec<Arc<Recording>> {
        let all = self.lock();
        all.iter().filter(|recording| recording.session.as_deref() == session).map(Arc::clone).collect()
    }

    /// Ends one of them; requests under way are recorded no more.
    pub(crate) fn end(&self, id: &str) {
        self.retain(|recording| recording.id != id);
    }

    /// Ends those of sessions that are `gone`.
    pub(crate) fn forget(&self, gone: impl Fn(Option<&str>) -> bool) {
        self.retain(|recording| !gone(recording.session.as_deref()));
    }

    /// Ends all of a session.
    pub(crate) fn end_all(&self, session: Option<&str>) {
        self.retain(|recording| recording.session.as_deref() != session);
    }

    fn retain(&self, is_kept: impl Fn(&Recording) -> bool) {
        let mut all = self.lock();
        all.retain(|recording| is_kept(recording));
        self.count.store(all.len(), Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Recording>>> {
        // Each change is whole before anything in it could panic.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recording {
    /// Whether a request of a session is recorded, to an operation or to what no document describes.
    fn covers(&self, session: Option<&str>, operation: Option<&Operation>) -> bool {
        let is_meant = || match (operation, &self.operations) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(operation), Some(_)) => self.keys.contains(&key(operation)),
        };
        self.session.as_deref() == session && is_meant()
    }

    /// What was recorded so far as a script that loads for these contracts.
    pub(crate) fn script(&self, contracts: &[Contract]) -> String {
        self.tape.script(contracts, "Counterfoil", Notation::Yaml)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_recorded_by_the_newest_recording_that_covers_it() {
        let document = b"openapi: 3.0.3\npaths: {/a: {get: {operationId: a, responses: {}}, post: {operationId: b, responses: {}}}}";
        let contract = Contract::load("a.yaml", document).unwrap();
        let (a, b) = (&contract.operations()[0], &contract.operations()[1]);
        let upstream = || "http://localhost".parse::<Upstream>().unwrap();
        let all = Recordings::default();
        let found = |session, operation| all.of(session, operation).map(|recording| recording.id.clone());
        assert_eq!((all.is_recording(), found(None, Some(a))), (false, None));
        all.begin(None, upstream(), None).unwrap();
        all.begin(None, upstream(), Some(vec![("a".to_owned(), a)])).unwrap();
        all.begin(Some("s"), upstream(), Some(vec![("b".to_owned(), b)])).unwrap();
        let rec = |number: u8| Some(format!("rec{number}"));
        let table = [
            (None, Some(a), rec(2)),
            (None, Some(b), rec(1)),
            (None, None, rec(1)),
            (Some("s"), Some(a), None),
            (Some("s"), Some(b), rec(3)),
            (Some("s"), None, None),
        ];
        for (session, operation, expected) in table {
            let operation = operation.map(|operation| &**operation);
            assert_eq!(found(session, operation), expected, "{session:?} {:?}", operation.map(Operation::id));
        }
        all.end("rec2");
        assert_eq!((found(None, Some(a)), all.list(None).len()), (rec(1), 1));
        while all.begin(None, upstream(), None).is_some() {}
        assert_eq!(all.list(None).len() + all.list(Some("s")).len(), MAX_RECORDINGS);
        all.end_all(None);
        assert_eq!((found(None, Some(a)), all.is_recording()), (None, true));
    }
}
