//! What is counted of all requests, and shown in the text format of Prometheus (version 0.0.4).
//!
//! | part | what it does |
//! |---|---|
//! | `counters` | the numbers of one operation, which requests add to without a lock |
//! | `text` | a copy of them as text |

mod counters;
mod text;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use counterfoil_openapi::Operation;

use crate::by_operation::ByOperation;
use crate::journal::Entry;
use counters::{Counted, Counters};

/// The most operations that are counted apart; the requests of those beyond are counted together.
pub const MAX_COUNTED_OPERATIONS: usize = 10_000;
/// What is counted for requests of operations beyond the limit; no operation can be called so.
const OTHERS: &str = "(other operations)";

/// What was counted since the stub started, over all sessions and all editions.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// The requests that mean no operation.
    routeless: OnceLock<Arc<Counters>>,
    /// By the id of the operation; what means none is under the empty text. No request takes it but the first of an
    /// operation in an edition.
    operations: Mutex<HashMap<String, Arc<Counters>>>,
}

/// Where the requests to the operations of one edition are counted: operations of one id are counted together, in all
/// editions.
#[derive(Debug)]
pub(crate) struct CountedOperations(ByOperation<OnceLock<Arc<Counters>>>);

/// What is true at this moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gauges {
    pub(crate) sessions: usize,
    pub(crate) calls: usize,
    pub(crate) bytes: usize,
    pub(crate) rules: usize,
}

impl CountedOperations {
    /// Room for the operations of an edition, none of which was asked for yet.
    pub(crate) fn new<'o>(operations: impl Iterator<Item = &'o Arc<Operation>>) -> Self {
        Self(ByOperation::new(operations, |_| OnceLock::new()))
    }
}

impl Metrics {
    /// Counts a request and its reply, which is sent so much later.
    pub(crate) fn count(&self, entry: &Entry, delay: Duration) {
        let operation = entry.operation.as_ref();
        let place = operation.and_then(|operation| entry.edition.counted.0.of(operation));
        let id = operation.map_or("", |operation| operation.id().as_str());
        let counters = place.unwrap_or(&self.routeless).get_or_init(|| self.counters(id));
        let status = entry.status.map_or(0, |status| status.as_u16());
        let latency = entry.latency.saturating_add(delay);
        counters.count((status, entry.source), !entry.violations.is_empty(), latency);
    }

    /// The numbers of an operation, whichever edition it is of.
    fn counters(&self, operation: &str) -> Arc<Counters> {
        let mut operations = self.lock();
        let is_apart = operations.contains_key(operation) || operations.len() < MAX_COUNTED_OPERATIONS;
        let name = if is_apart { operation } else { OTHERS };
        Arc::clone(operations.entry(name.to_owned()).or_default())
    }

    /// All of it, as Prometheus reads it.
    pub(crate) fn show(&self, gauges: Gauges) -> String {
        text::write(&self.read(), gauges)
    }

    /// A copy of all numbers; requests are counted while it is made.
    fn read(&self) -> BTreeMap<String, Counted> {
        let counters: Vec<(String, Arc<Counters>)> =
            self.lock().iter().map(|(name, counters)| (name.clone(), Arc::clone(counters))).collect();
        counters.into_iter().map(|(name, counters)| (name, counters.read())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Counters>>> {
        // Each change to it is one step.
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use dropshot::Body;

    use super::*;
    use crate::builder::StubBuilder;
    use crate::call::Source;
    use crate::fault::Connection;
    use crate::pipeline::{self, Arrived};

    #[test]
    fn operations_beyond_the_limit_are_counted_together() {
        let metrics = Metrics::default();
        let count = |operation: &str| {
            metrics.counters(operation).count((200, Source::Example), false, Duration::ZERO);
        };
        for number in 0..MAX_COUNTED_OPERATIONS {
            count(&number.to_string());
        }
        count("one more");
        count("and another");
        count("7");
        let read = metrics.read();
        let requests = |name: &str| read.get(name).map(|counted| counted.within.iter().sum::<u64>());
        assert_eq!((requests(OTHERS), requests("7"), requests("one more")), (Some(2), Some(2), None));
        assert_eq!(read.len(), MAX_COUNTED_OPERATIONS + 1);
    }

    #[tokio::test]
    async fn operations_that_stay_are_counted_on_after_a_reload() {
        let load = |paths: &str| {
            let text = format!("openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths: {{{paths}}}");
            Contract::load("a.yaml", text.as_bytes()).unwrap()
        };
        let path = |name: &str| format!("/{name}: {{get: {{responses: {{'200': {{description: ok}}}}}}}}");
        let state = StubBuilder::new(load(&format!("{}, {}", path("a"), path("b")))).into_state();
        let connection = Connection { peer: ([127, 0, 0, 1], 1).into(), local_port: 2 };
        let ask = async |target: &str| {
            let request = hyper::Request::get(target).header("host", "x").body(Body::empty()).unwrap();
            pipeline::serve(&state, &mut Arrived::new(connection, request)).await;
        };
        for target in ["/a", "/b", "/c"] {
            ask(target).await;
        }
        state.reload(vec![load(&format!("{}, {}", path("c"), path("a")))], Vec::new(), None);
        for target in ["/a", "/b", "/c"] {
            ask(target).await;
        }
        let read = state.metrics.read();
        let requests: Vec<_> =
            read.iter().map(|(name, counted)| (name.as_str(), counted.within.iter().sum::<u64>())).collect();
        assert_eq!(requests, [("", 2), ("getA", 2), ("getB", 1), ("getC", 1)]);
    }
}
