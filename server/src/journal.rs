//! The journal: a bounded record of calls, each with its trail.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use counterfoil_openapi::{Operation, Violation};
use http::{Method, StatusCode};
use tokio::sync::broadcast;

use crate::budget::Budget;
use crate::call::{Call, Source};
use crate::callback::Followed;
use crate::dropped::Dropped;
use crate::edition::Edition;
use crate::kept::Record;
use crate::redact::{Found, Side};
use crate::ring::Ring;
use crate::trail::Trail;

/// The most calls kept; the oldest go first.
pub const MAX_CALLS: usize = 1_000;
/// The most bytes kept, over all calls.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Which calls are asked for; every field that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// The id of the operation.
    pub operation: Option<String>,
    /// The status of the reply.
    pub status: Option<u16>,
    /// Whether the request was valid.
    pub validity: Option<Validity>,
    /// Only calls with a greater id.
    pub after: Option<u64>,
    /// The most calls returned, the oldest first.
    pub limit: Option<usize>,
}

/// Whether a request held to the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// It had no violation.
    Valid,
    /// It had some.
    Invalid,
}

/// A call as it is recorded: nothing is rendered or hidden before somebody looks.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: u64,
    /// What was served then, and what of it is secret.
    pub(crate) edition: Arc<Edition>,
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) operation: Option<Arc<Operation>>,
    pub(crate) request: Record,
    /// Nothing where a fault took the reply's place.
    pub(crate) response: Option<Record>,
    /// The status of the reply that was sent.
    pub(crate) status: Option<StatusCode>,
    pub(crate) source: Source,
    pub(crate) rule: Option<String>,
    pub(crate) violations: Vec<Violation>,
    /// How the reply of an upstream breaks the contract.
    pub(crate) upstream_violations: Vec<Violation>,
    pub(crate) trail: Trail,
    pub(crate) latency: Duration,
}

/// A bounded ring of calls; whoever asks is told of every call that was recorded before.
#[derive(Debug)]
pub(crate) struct Journal {
    last_id: AtomicU64,
    /// How many calls were recorded.
    recorded: AtomicU64,
    /// What came of callbacks, later than their calls.
    pub(crate) followed: Arc<Followed>,
    ring: Ring<Held>,
    /// Those that were recorded and are not held any more.
    dropped: Dropped,
    /// Tells of each call that is recorded, once somebody listens; [`ENDED`] is the last word.
    arrivals: OnceLock<broadcast::Sender<u64>>,
}

/// How many arrivals a listener may be behind before it misses some.
pub(crate) const MAX_BEHIND: usize = 1_024;

/// What listeners are told once no call follows.
pub(crate) const ENDED: u64 = 0;

/// A call in the ring.
#[derive(Debug)]
pub(crate) struct Held {
    /// Which of all calls it was to be recorded, from 1; calls that take long are recorded after later ones.
    arrival: u64,
    pub(crate) kept: Kept,
}

/// A call that is kept.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are the large one, and one allocation a call is enough"
)]
pub(crate) enum Kept {
    /// As it was recorded.
    Recorded(Entry),
    /// As it is shown, so that nothing holds on to an edition that is served no more.
    Settled(Box<Call>),
}

impl Journal {
    /// An empty journal, which holds a part of what several may.
    pub(crate) fn new(budget: &Arc<Budget>) -> Self {
        Self {
            last_id: AtomicU64::new(0),
            recorded: AtomicU64::new(0),
            followed: Arc::default(),
            ring: Ring::new(MAX_CALLS, MAX_BYTES, budget.share()),
            dropped: Dropped::default(),
            arrivals: OnceLock::new(),
        }
    }

    /// Forgets the calls with the lowest ids until that is enough.
    pub(crate) fn forget_until(&self, is_enough: impl Fn() -> bool) {
        self.ring.forget_until(is_enough, |gone| self.dropped.add(gone.kept.operation()));
    }

    /// The id of the next call.
    pub(crate) fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The id of the latest call; 0 where there was none.
    pub(crate) fn last_id(&self) -> u64 {
        self.last_id.load(Ordering::Relaxed)
    }

    /// Records a call, forgets those with the lowest ids where there are too many, and tells whoever listens.
    pub(crate) fn push(&self, entry: Entry) {
        let (id, size) = (entry.id, entry.size());
        let arrival = self.recorded.fetch_add(1, Ordering::Relaxed) + 1;
        let held = Held { arrival, kept: Kept::Recorded(entry) };
        self.ring.push(id, size, held, |gone| self.dropped.add(gone.kept.operation()));
        // Whoever begins to listen looks at the ring after that: either it sees the call, or it is seen here.
        fence(Ordering::SeqCst);
        if let Some(arrivals) = self.arrivals.get() {
            // Nobody may listen any more.
            let _ = arrivals.send(id);
        }
    }

    /// The ids of the calls that are recorded from now on, in the order in which they are.
    pub(crate) fn listen(&self) -> broadcast::Receiver<u64> {
        let arrivals = self.arrivals.get_or_init(|| broadcast::Sender::new(MAX_BEHIND)).subscribe();
        fence(Ordering::SeqCst);
        arrivals
    }

    /// Tells whoever listens that no call follows.
    pub(crate) fn end(&self) {
        if let Some(arrivals) = self.arrivals.get() {
            let _ = arrivals.send(ENDED);
        }
    }

    /// The calls that a filter lets through, by id.
    pub(crate) fn list(&self, filter: &CallFilter) -> Vec<Call> {
        let limit = filter.limit.unwrap_or(usize::MAX);
        let held = self.ring.items();
        held.iter().filter(|held| filter.admits(&held.kept)).take(limit).map(|held| self.show(held)).collect()
    }

    /// The ids of the calls that were recorded after one, in the order in which they were; where that one has gone,
    /// of those with a higher id.
    pub(crate) fn after(&self, id: u64) -> Vec<u64> {
        let mut held = self.ring.items();
        held.sort_unstable_by_key(|held| held.arrival);
        let place = held.iter().position(|held| held.kept.id() == id);
        let is_later =
            |(at, held): &(usize, &Arc<Held>)| place.map_or(held.kept.id() > id, |place| *at > place);
        held.iter().enumerate().filter(is_later).map(|(_, held)| held.kept.id()).collect()
    }

    /// The call of an id, unless it has gone.
    pub(crate) fn get(&self, id: u64) -> Option<Call> {
        Some(self.show(self.ring.get(id)?.as_ref()))
    }

    /// The call of an id as it is held, unless it has gone.
    pub(crate) fn held(&self, id: u64) -> Option<Arc<Held>> {
        self.ring.get(id)
    }

    /// Every call as it is held, by id, and how many of an operation were dropped before.
    pub(crate) fn all_held(&self, operation: &str) -> (Vec<Arc<Held>>, u64) {
        let held = self.ring.items();
        // Asked after them: what was dropped in between is counted twice rather than never.
        (held, self.dropped.of(operation))
    }

    /// A call with all that is known of it by now.
    fn show(&self, held: &Held) -> Call {
        let mut call = held.kept.show();
        call.trail.extend(self.followed.of(call.id));
        call
    }

    /// How many calls are kept of each operation, by its id.
    pub(crate) fn counts(&self) -> HashMap<String, u64> {
        let mut counts = HashMap::new();
        for held in self.ring.items() {
            if let Some(operation) = held.kept.operation() {
                *counts.entry(operation.to_owned()).or_default() += 1;
            }
        }
        counts
    }

    /// Lets go of every edition but the one served now: what was recorded under another is kept as it is shown.
    pub(crate) fn settle(&self, served: &Arc<Edition>) {
        for held in self.ring.items() {
            if let Kept::Recorded(entry) = &held.kept
                && !Arc::ptr_eq(&entry.edition, served)
            {
                let kept = Kept::Settled(Box::new(entry.show()));
                self.ring.replace(entry.id, Held { arrival: held.arrival, kept });
            }
        }
    }

    /// How many calls are held, and how many bytes they take.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.ring.items().len(), self.ring.bytes())
    }

    /// Forgets every call, and how many there were of each operation is all that is known of them; ids go on.
    pub(crate) fn clear(&self) {
        self.ring.clear(|gone| self.dropped.add(gone.kept.operation()));
    }

    /// Begins anew, as if there had been no call; ids go on.
    pub(crate) fn reset(&self) {
        self.ring.clear(|_| {});
        self.dropped.clear();
    }
}

impl CallFilter {
    /// Whether it lets a call through.
    pub(crate) fn admits(&self, kept: &Kept) -> bool {
        let (operation, status) = (kept.operation(), kept.status());
        let violations = match kept {
            Kept::Recorded(entry) => &entry.violations,
            Kept::Settled(call) => &call.violations,
        };
        // What means no operation is neither.
        let validity = match (operation, violations.is_empty()) {
            (_, false) => Some(Validity::Invalid),
            (Some(_), true) => Some(Validity::Valid),
            (None, true) => None,
        };
        self.operation.as_deref().is_none_or(|wanted| operation == Some(wanted))
            && self.status.is_none_or(|wanted| status == Some(wanted))
            && self.validity.is_none_or(|wanted| validity == Some(wanted))
            && self.after.is_none_or(|after| kept.id() > after)
    }
}

impl Kept {
    /// Its number.
    pub(crate) fn id(&self) -> u64 {
        match self {
            Self::Recorded(entry) => entry.id,
            Self::Settled(call) => call.id,
        }
    }

    /// The method and the path that were asked for.
    pub(crate) fn asked(&self) -> (&str, &str) {
        let (method, target) = match self {
            Self::Recorded(entry) => (entry.method.as_str(), entry.target.as_str()),
            Self::Settled(call) => (call.method.as_str(), call.url.as_str()),
        };
        (method, target.split_once('?').map_or(target, |(path, _)| path))
    }

    /// The status of its reply.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Recorded(entry) => entry.status.map(|status| status.as_u16()),
            Self::Settled(call) => call.status,
        }
    }

    /// The id of its operation.
    pub(crate) fn operation(&self) -> Option<&str> {
        match self {
            Self::Recorded(entry) => entry.operation.as_ref().map(|operation| operation.id().as_str()),
            Self::Settled(call) => call.operation.as_deref(),
        }
    }

    fn show(&self) -> Call {
        match self {
            Self::Recorded(entry) => entry.show(),
            Self::Settled(call) => (**call).clone(),
        }
    }
}

impl Entry {
    /// About how many bytes it holds.
    fn size(&self) -> usize {
        let violations: usize = self
            .violations
            .iter()
            .chain(&self.upstream_violations)
            .map(|violation| violation.message.len() + size_of::<Violation>() + 64)
            .sum();
        let response = self.response.as_ref().map_or(0, Record::size);
        size_of::<Self>()
            + self.target.len()
            + self.request.size()
            + response
            + violations
            + self.trail.size()
    }

    /// The lines of its trail, secrets hidden.
    pub(crate) fn show_trail(&self) -> Vec<String> {
        let (secrets, operation) = (&self.edition.secrets, self.operation.as_ref());
        let mut found = Found::default();
        secrets.target(operation, &self.target, &mut found);
        self.request.find_secrets(secrets, operation, Side::Request, &mut found);
        if let Some(response) = &self.response {
            response.find_secrets(secrets, operation, Side::Response, &mut found);
        }
        self.trail.lines().map(|line| found.scrub(line)).collect()
    }

    /// The call as it is shown, secrets hidden.
    pub(crate) fn show(&self) -> Call {
        let secrets = &self.edition.secrets;
        let operation = self.operation.as_ref();
        let mut found = Found::default();
        let url = secrets.target(operation, &self.target, &mut found);
        let request = self.request.show(secrets, operation, (Side::Request, self.id), &mut found);
        let response = self
            .response
            .as_ref()
            .map(|response| response.show(secrets, operation, (Side::Response, self.id), &mut found));
        Call {
            id: self.id,
            method: self.method.to_string(),
            url,
            operation: operation.map(|operation| operation.id().as_str().to_owned()),
            request,
            response,
            status: self.status.map(|status| status.as_u16()),
            source: self.source,
            rule: self.rule.clone(),
            violations: self.violations.iter().map(|violation| found.scrub_violation(violation)).collect(),
            upstream_violations: self
                .upstream_violations
                .iter()
                .map(|violation| found.scrub_violation(violation))
                .collect(),
            trail: self.trail.lines().map(|line| found.scrub(line)).collect(),
            latency: self.latency,
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use counterfoil_openapi::{Bundled, Contract, bundled};
    use http::HeaderMap;

    use super::*;
    use crate::builder::StubBuilder;
    use crate::kept::MAX_BODY;

    /// What a stub of a bundled system serves, made anew.
    fn edition() -> Arc<Edition> {
        let Bundled { file, document, .. } = &bundled()[0];
        StubBuilder::new(Contract::load(*file, document.as_bytes()).unwrap()).into_state().edition()
    }

    fn entry(id: u64, body: usize, edition: &Arc<Edition>) -> Entry {
        Entry {
            id,
            edition: Arc::clone(edition),
            method: Method::GET,
            target: format!("/{id}"),
            operation: None,
            request: Record::new(&HeaderMap::new(), Bytes::from(vec![b'x'; body])),
            response: None,
            status: StatusCode::from_u16(200 + u16::try_from(id % 2).unwrap()).ok(),
            source: Source::Example,
            rule: None,
            violations: Vec::new(),
            upstream_violations: Vec::new(),
            trail: Trail::new(),
            latency: Duration::ZERO,
        }
    }

    fn ids(journal: &Journal, filter: &CallFilter) -> Vec<u64> {
        journal.list(filter).iter().map(|call| call.id).collect()
    }

    #[test]
    fn the_oldest_calls_go_when_there_are_too_many() {
        let (journal, edition) = (Journal::new(&Budget::new(usize::MAX)), edition());
        for _ in 0..MAX_CALLS + 5 {
            journal.push(entry(journal.next_id(), 1, &edition));
        }
        let kept = ids(&journal, &CallFilter::default());
        assert_eq!((kept.len(), kept[0]), (MAX_CALLS, 6));
        assert!(journal.get(5).is_none() && journal.get(6).is_some());
    }

    #[test]
    fn the_oldest_calls_go_when_they_are_too_large() {
        let (journal, edition) = (Journal::new(&Budget::new(usize::MAX)), edition());
        for id in 1..=300 {
            journal.push(entry(id, 2 * MAX_BODY, &edition));
        }
        let kept = journal.list(&CallFilter::default());
        assert!(kept.len() < MAX_BYTES / MAX_BODY, "{} bodies", kept.len());
        assert_eq!(
            kept.last().map(|call| (call.request.body.len(), call.request.body_size)),
            Some((MAX_BODY, 2 * MAX_BODY))
        );
        assert!(journal.ring.bytes() <= MAX_BYTES);
    }

    #[test]
    fn a_filter_asks_for_all_it_names() {
        let (journal, edition) = (Journal::new(&Budget::new(usize::MAX)), edition());
        for id in [2, 1, 3, 4] {
            journal.push(entry(id, 0, &edition));
        }
        let all = CallFilter::default();
        assert_eq!(ids(&journal, &all), [1, 2, 3, 4]);
        assert_eq!(ids(&journal, &CallFilter { status: Some(201), ..all.clone() }), [1, 3]);
        assert_eq!(ids(&journal, &CallFilter { after: Some(1), limit: Some(2), ..all.clone() }), [2, 3]);
        assert_eq!(ids(&journal, &CallFilter { validity: Some(Validity::Invalid), ..all }), [] as [u64; 0]);
        journal.clear();
        assert!(journal.list(&CallFilter::default()).is_empty());
    }

    #[test]
    fn an_old_edition_is_let_go_and_its_calls_are_shown_as_before() {
        let (journal, old, new) = (Journal::new(&Budget::new(usize::MAX)), edition(), edition());
        let operation = Arc::clone(&old.contracts[0].operations()[0]);
        let mut first = entry(1, 10, &old);
        first.target = "/admin/sso?a=b".to_owned();
        let headers = [("admin-auth", "s3cret-s3cret")].map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
        });
        first.request = Record::new(&headers.into_iter().collect(), Bytes::from("0123456789"));
        first.operation = Some(operation);
        journal.push(first);
        journal.push(entry(2, 10, &new));
        let before = journal.list(&CallFilter::default());
        let bytes = journal.ring.bytes();
        assert_eq!(before[0].request.header("admin-auth"), Some("***"));
        journal.settle(&new);
        let weak = Arc::downgrade(&old);
        drop(old);
        assert!(weak.upgrade().is_none(), "no call holds on to it");
        assert_eq!(journal.list(&CallFilter::default()), before);
        let filter = CallFilter { operation: Some("generateAuthToken".to_owned()), ..CallFilter::default() };
        assert_eq!(ids(&journal, &filter), [1]);
        assert_eq!(journal.counts()["generateAuthToken"], 1);
        assert_eq!(journal.ring.bytes(), bytes);
    }
}
