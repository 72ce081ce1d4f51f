//! All sessions of a stub.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use counterfoil_openapi::{Contract, Request};

use super::{Session, SessionRules, identify};
use crate::edition::Edition;
use crate::refuse;
use crate::reply::Reply;
use crate::script::ScriptEngine;

/// The sessions there are. A request that names none takes no lock here.
#[derive(Debug)]
pub(crate) struct Sessions {
    unnamed: Arc<Session>,
    named: RwLock<HashMap<Box<str>, Arc<Session>>>,
    started: Instant,
}

/// The session of a request, which stays as long as the request needs it.
#[derive(Debug)]
pub(crate) enum Found<'s> {
    Unnamed(&'s Arc<Session>),
    Named(Arc<Session>),
}

impl Deref for Found<'_> {
    type Target = Arc<Session>;

    fn deref(&self) -> &Arc<Session> {
        match self {
            Self::Unnamed(session) => session,
            Self::Named(session) => session,
        }
    }
}

/// There are as many sessions as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany {
    pub(crate) max: usize,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { unnamed: Arc::new(Session::unnamed()), named: RwLock::default(), started: Instant::now() }
    }
}

impl Sessions {
    /// The session of requests that name none.
    pub(crate) fn unnamed(&self) -> &Arc<Session> {
        &self.unnamed
    }

    /// The session of a request, made where it is the first to name it; the path prefix that names it is taken off.
    /// With the unnamed session in its place comes why the request is refused.
    pub(crate) fn find(&self, edition: &Edition, request: &mut Request) -> (Found<'_>, Option<Box<Reply>>) {
        let rules = edition.engine.session_rules();
        let name = match self.name(edition, rules, request) {
            Ok(None) => return (Found::Unnamed(&self.unnamed), None),
            Ok(Some(name)) => name,
            Err(refusal) => return (Found::Unnamed(&self.unnamed), Some(refusal)),
        };
        match self.open(&name, rules) {
            Ok(session) => (Found::Named(session), None),
            Err(TooMany { max }) => {
                (Found::Unnamed(&self.unnamed), Some(refuse::too_many_sessions(max, rules.ttl)))
            }
        }
    }

    fn name(
        &self,
        edition: &Edition,
        rules: &SessionRules,
        request: &mut Request,
    ) -> Result<Option<Box<str>>, Box<Reply>> {
        let mut name = None;
        if request.target.starts_with("/~")
            && !edition.claims_tilde
            && let Some((prefix, rest)) = identify::prefix(&request.target)
        {
            name = Some(Box::from(prefix));
            let slash = if rest.starts_with('/') { "" } else { "/" };
            request.target = format!("{slash}{rest}");
        }
        match identify::named(rules, &request.headers) {
            Ok(None) => Ok(name),
            Ok(Some(named)) => Ok(Some(named.into())),
            Err(none) => Err(refuse::session_name(&none.place)),
        }
    }

    /// The session of a name, made where there is none.
    pub(crate) fn open(&self, name: &str, rules: &SessionRules) -> Result<Arc<Session>, TooMany> {
        let now = self.now();
        let is_kept = |session: &Arc<Session>| {
            // Whoever holds one uses it.
            Arc::strong_count(session) > 1 || session.idle(now) <= rules.ttl
        };
        {
            let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(session) = named.get(name).filter(|session| is_kept(session)) {
                session.touch(now);
                return Ok(Arc::clone(session));
            }
        }
        let mut gone = Vec::new();
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have come between.
        if let Some(session) = named.get(name).filter(|session| is_kept(session)) {
            session.touch(now);
            return Ok(Arc::clone(session));
        }
        gone.extend(named.extract_if(|_, session| !is_kept(session)));
        if named.len() >= rules.max {
            return Err(TooMany { max: rules.max });
        }
        let session = Arc::new(Session::new(name, &self.unnamed));
        session.touch(now);
        named.insert(name.into(), Arc::clone(&session));
        drop(named);
        // Freed with no lock held.
        drop(gone);
        Ok(session)
    }

    /// Every session there is, the unnamed one first.
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(&self.unnamed).chain(named.values()).map(Arc::clone).collect()
    }

    /// Goes on under other contracts and scripts; what these do not admit is dropped, with the reason.
    pub(crate) fn succeed(&self, engine: &ScriptEngine, contracts: &[Contract], dropped: &mut Vec<String>) {
        for session in self.all() {
            session.succeed(engine, contracts, dropped);
        }
        dropped.sort_unstable();
        dropped.dedup();
    }

    /// Lets go of every edition but the one served now, and of the counts of rules that are gone.
    pub(crate) fn settle(&self, served: &Arc<Edition>) {
        for session in self.all() {
            session.journal.settle(served);
            session.settle(&served.engine);
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}
