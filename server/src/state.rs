//! What both planes share, for as long as the stub runs: the edition served, the sessions, the settings.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use counterfoil_openapi::Contract;
use tokio::sync::watch;

use crate::builder::Settings;
use crate::callback::Outbox;
use crate::changes::Changes;
use crate::connection::Traffic;
use crate::credentials::Credentials;
use crate::edition::Edition;
use crate::metrics::Metrics;
use crate::script::{Script, ScriptEngine};
use crate::session::Sessions;
use crate::startup;
use crate::upstream::{Forwarder, Upstream};
use crate::verify::Slots;

/// The most streams of calls at once.
pub const MAX_STREAMS: usize = 32;
/// The most verifications that wait for calls at once.
pub const MAX_WAITS: usize = 256;

/// The state of one stub.
#[derive(Debug)]
pub(crate) struct State {
    /// What is served; a reload puts another in its place.
    edition: ArcSwap<Edition>,
    /// Held by whoever changes what scripts say, so that a reload loses nothing. No request takes it.
    changing: Mutex<()>,
    /// Forwards what the stub does not answer itself.
    pub(crate) forwarder: Forwarder,
    /// Sends callbacks and webhooks.
    pub(crate) outbox: Arc<Outbox>,
    /// What is counted, set and kept.
    pub(crate) sessions: Sessions,
    /// Which connections have requests under way, to either plane.
    pub(crate) traffic: Arc<Traffic>,
    /// Who streams calls.
    pub(crate) streams: Slots,
    /// Who waits for calls.
    pub(crate) waits: Slots,
    /// What is counted of all requests.
    pub(crate) metrics: Metrics,
    /// How the stub was built.
    pub(crate) settings: Settings,
    /// The base URL of the stub, once it listens.
    pub(crate) url: OnceLock<String>,
    /// Whether the stub is being stopped.
    stopping: watch::Sender<bool>,
}

impl State {
    /// The state of a stub that has not had a request yet.
    pub(crate) fn new(
        contracts: Vec<Contract>,
        scripts: Vec<Script>,
        (forwarder, outbox): (Forwarder, Outbox),
        settings: Settings,
    ) -> Self {
        let sessions = Sessions::new(settings.journal_limit, settings.kept_limit);
        let engine = ScriptEngine::new(scripts, settings.seed, sessions.unnamed().now());
        let allowed =
            settings.allowed.iter().map(Upstream::origin).chain(forwarder.upstream().map(Upstream::origin));
        let engine = engine.reaching(&allowed.collect::<Vec<_>>());
        let accepted = settings.credentials.clone();
        Self {
            edition: ArcSwap::from_pointee(Edition::new(contracts, engine, &settings, accepted)),
            changing: Mutex::default(),
            sessions,
            metrics: Metrics::default(),
            traffic: Arc::new(Traffic::new()),
            streams: Slots::new(MAX_STREAMS),
            waits: Slots::new(MAX_WAITS),
            url: OnceLock::new(),
            stopping: watch::Sender::new(false),
            forwarder,
            outbox: Arc::new(outbox),
            settings,
        }
    }

    /// What is served now. It takes no lock, and what it gives can be held for as long as need be.
    pub(crate) fn edition(&self) -> Arc<Edition> {
        self.edition.load_full()
    }

    /// Changes what the scripts of the present edition say; no reload comes between.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&Edition) -> T) -> T {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        change(&self.edition.load())
    }

    /// Serves other contracts and scripts from now on, and accepts other credentials where there are any. Requests under
    /// way end with what they began with.
    pub(crate) fn reload(
        &self,
        contracts: Vec<Contract>,
        scripts: Vec<Script>,
        credentials: Option<Credentials>,
    ) -> Changes {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.serve(contracts, scripts, credentials)
    }

    /// Serves other scripts from now on, made from what is served.
    ///
    /// # Errors
    ///
    /// Where none could be made; nothing changes then.
    pub(crate) fn set_scripts<E>(
        &self,
        make: impl FnOnce(&Edition) -> Result<Vec<Script>, E>,
    ) -> Result<Changes, E> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let served = self.edition.load_full();
        let scripts = make(&served)?;
        Ok(self.serve(served.contracts.clone(), scripts, None))
    }

    /// Whoever calls it is the only one who changes anything.
    fn serve(
        &self,
        contracts: Vec<Contract>,
        scripts: Vec<Script>,
        credentials: Option<Credentials>,
    ) -> Changes {
        let old = self.edition.load_full();
        let (engine, mut succession) = old.engine.succeed(scripts, self.sessions.unnamed().now());
        self.sessions.succeed(&engine, &contracts, &mut succession.dropped);
        let accepted = credentials.or_else(|| old.gate.accepted().cloned());
        let new = Arc::new(Edition::new(contracts, engine, &self.settings, accepted));
        let changes = Changes::between(&old, &new, succession);
        self.edition.store(Arc::clone(&new));
        self.sessions.settle(&new);
        startup::warn(&new, &self.settings);
        changes
    }

    /// Ends every hanging request and every delay.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until the stub is being stopped.
    pub(crate) async fn stopped(&self) {
        // The sender lives as long as we do, so waiting cannot fail.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// As [`stopped`](Self::stopped), for those who outlive the request.
    pub(crate) fn stopped_later(&self) -> impl Future<Output = ()> + Send + Sync + 'static {
        let mut stopping = self.stopping.subscribe();
        async move {
            // A sender that is gone has stopped too.
            let _ = stopping.wait_for(|stopping| *stopping).await;
        }
    }

    /// Puts an edition in place of the one served, whatever it is.
    #[cfg(test)]
    pub(crate) fn replace(&self, edition: Edition) {
        self.edition.store(Arc::new(edition));
    }
}
