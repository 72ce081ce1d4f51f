//! What a stub has to do with other servers, and its state once all is said.

use std::path::PathBuf;

use counterfoil_openapi::Contract;

use super::StubBuilder;
use crate::callback::{CallbackHost, Outbox};
use crate::mutate::{Mutant, Mutants};
use crate::record::Recorder;
use crate::script::nearest;
use crate::start_error::StartError;
use crate::state::State;
use crate::upstream::{Forwarder, Forwarding, Upstream};

impl StubBuilder {
    /// Which requests are forwarded to an upstream; none unless told otherwise, or by a script.
    pub fn forwarding(mut self, forwarding: Forwarding) -> Self {
        self.forwarding = forwarding;
        self
    }

    /// A file to record into: a script that answers as the upstream did. It holds no secret that can be told as one,
    /// only its owner may read it, and it is replaced as a whole every few seconds and when the stub is closed.
    pub fn record(mut self, file: impl Into<PathBuf>) -> Self {
        self.recording = Some(file.into());
        self
    }

    /// Adds a server that rules, scripts and recordings which come over the control API may forward to, whatever the
    /// path; without it none but the stub's own upstream, and those that its scripts name.
    pub fn allow_proxy(mut self, upstream: Upstream) -> Self {
        self.settings.allowed.push(upstream);
        self
    }

    /// Adds a host that callbacks and webhooks may be sent to; without any none is.
    pub fn callbacks(mut self, host: CallbackHost) -> Self {
        self.callbacks.push(host);
        self
    }

    /// Breaks the contract on purpose; can be called several times, and of several mutants that could break a reply the
    /// first does. Every reply that was broken says so in `counterfoil-reason`, and the trail of its call.
    pub fn mutate(mut self, mutant: Mutant) -> Self {
        self.settings.mutants.push(mutant);
        self
    }

    /// The state of the stub, before anybody listens.
    pub(crate) fn try_into_state(self) -> Result<State, StartError> {
        let Self { contracts, scripts, forwarding, recording, callbacks, settings } = self;
        let find = |name: &str| contracts.iter().find_map(|contract| contract.operation(name));
        let has_upstream = forwarding.has_upstream();
        let recorder = match recording {
            None => None,
            Some(path) => {
                let what = format!("record into `{}`", path.display());
                Some(Recorder::new(path).map_err(|error| StartError::new(what, error))?)
            }
        };
        let forwarder = Forwarder::new(forwarding, recorder, find).map_err(|name| {
            let why = format!("the document has no such operation{}", hint(&name, &contracts));
            StartError::new(format!("forward `{name}`"), why)
        })?;
        if let Some(name) = Mutants::unknown(&settings.mutants, &contracts) {
            let why = format!("the document has no such operation{}", hint(name, &contracts));
            return Err(StartError::new(format!("break `{name}`"), why));
        }
        let state = State::new(contracts, scripts, (forwarder, Outbox::new(callbacks)), settings);
        match state.edition().engine.lacks_upstream().filter(|_| !has_upstream) {
            None => Ok(state),
            Some(script) => {
                let why = "it says `on_unscripted: proxy`, and there is no upstream";
                Err(StartError::new(format!("serve {script}"), why))
            }
        }
    }

    /// The state of a stub that is well set up.
    #[cfg(test)]
    pub(crate) fn into_state(self) -> State {
        self.try_into_state().unwrap()
    }
}

/// The nearest operation to a name that is none.
fn hint(name: &str, contracts: &[Contract]) -> String {
    let operations = contracts.iter().flat_map(Contract::operations);
    let names: Vec<&str> = operations.map(|operation| operation.id().as_str()).collect();
    nearest::hint(name, names).map_or_else(String::new, |hint| format!("; {hint}"))
}
