//! All sessions of a stub.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use counterfoil_openapi::{Contract, Request};

use super::overlay::nanoseconds;
use super::rank::{Locked, Rank};
use super::room::Room;
use super::{Session, SessionRules, identify};
use crate::budget::{Budget, Budgets, DEFAULT_JOURNAL_LIMIT, DEFAULT_KEPT_LIMIT};
use crate::edition::Edition;
use crate::refuse;
use crate::reply::Reply;
use crate::script::{Clock, ScriptEngine};

/// The sessions there are. A request that names none takes no lock here.
#[derive(Debug)]
pub(crate) struct Sessions {
    unnamed: Arc<Session>,
    named: RwLock<Named>,
    /// How many names were made up.
    made_up: AtomicU64,
    /// What their journals hold together.
    pub(super) room: Room,
    /// What they take together.
    budgets: Budgets,
    /// Until then no session's time is up, in nanoseconds of the stub's clock: whoever comes before need not look.
    none_before: AtomicU64,
    /// How often all sessions were looked at.
    #[cfg(test)]
    sweeps: AtomicU64,
}

type Named = HashMap<Box<str>, Arc<Session>>;

/// How long it takes until a session that was in use when its time was up is looked at again.
const IN_USE: Duration = Duration::from_millis(100);

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

/// Why a session was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotOpened {
    /// There are as many as there may be.
    TooMany { max: usize },
    /// There is one of this name.
    Taken,
}

impl Default for Sessions {
    fn default() -> Self {
        Self::new(DEFAULT_JOURNAL_LIMIT, DEFAULT_KEPT_LIMIT)
    }
}

impl Sessions {
    /// No session but the unnamed one; the journals of all that come hold so many bytes together, and they keep so many
    /// beside.
    pub(crate) fn new(journal_limit: usize, kept_limit: usize) -> Self {
        let room = Room::new(journal_limit);
        let budgets = Budgets { journals: Arc::clone(room.journals()), kept: Budget::new(kept_limit) };
        Self {
            unnamed: Arc::new(Session::unnamed(Clock::start(), &budgets)),
            room,
            budgets,
            named: RwLock::default(),
            made_up: AtomicU64::new(0),
            none_before: AtomicU64::new(u64::MAX),
            #[cfg(test)]
            sweeps: AtomicU64::new(0),
        }
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
            Err(_) => {
                let refusal = refuse::too_many_sessions(rules.max, rules.ttl);
                (Found::Unnamed(&self.unnamed), Some(refusal))
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
    ///
    /// # Errors
    ///
    /// Where there are as many as there may be.
    pub(crate) fn open(&self, name: &str, rules: &SessionRules) -> Result<Arc<Session>, NotOpened> {
        let now = self.now();
        {
            let named = self.read();
            if let Some(session) = named.get(name).filter(|session| is_kept(session, rules, now)) {
                session.touch(now);
                return Ok(Arc::clone(session));
            }
            if named.len() >= rules.max && !self.is_time_up(now) && !named.contains_key(name) {
                return Err(NotOpened::TooMany { max: rules.max });
            }
        }
        let mut gone = Vec::new();
        let mut named = self.write();
        self.sweep(&mut named, rules, now, &mut gone);
        // Somebody may have come between.
        if let Some(session) = named.get(name) {
            session.touch(now);
            return Ok(Arc::clone(session));
        }
        let session = self.insert(&mut named, name, None, rules, now)?;
        drop(named);
        // Freed with no lock held.
        drop(gone);
        Ok(session)
    }

    /// Makes a session, with a name made up where none is given, and perhaps a time to live of its own.
    ///
    /// # Errors
    ///
    /// Where there is one of this name, or as many as there may be.
    pub(crate) fn make(
        &self,
        name: Option<&str>,
        ttl: Option<Duration>,
        rules: &SessionRules,
    ) -> Result<Arc<Session>, NotOpened> {
        let now = self.now();
        let mut gone = Vec::new();
        let mut named = self.write();
        self.sweep(&mut named, rules, now, &mut gone);
        let session = match name {
            Some(name) if named.contains_key(name) => return Err(NotOpened::Taken),
            Some(name) => self.insert(&mut named, name, ttl, rules, now)?,
            None => loop {
                let name = format!("s{}", self.made_up.fetch_add(1, Ordering::Relaxed) + 1);
                if !named.contains_key(name.as_str()) {
                    break self.insert(&mut named, &name, ttl, rules, now)?;
                }
            },
        };
        drop(named);
        drop(gone);
        Ok(session)
    }

    fn insert(
        &self,
        named: &mut Named,
        name: &str,
        ttl: Option<Duration>,
        rules: &SessionRules,
        now: Duration,
    ) -> Result<Arc<Session>, NotOpened> {
        if named.len() >= rules.max {
            return Err(NotOpened::TooMany { max: rules.max });
        }
        let session = Arc::new(Session::new(name, ttl, &self.unnamed, &self.budgets));
        session.touch(now);
        named.insert(name.into(), Arc::clone(&session));
        self.none_before.fetch_min(nanoseconds(now + session.ttl(rules)), Ordering::Relaxed);
        Ok(session)
    }

    /// Whether some session's time may be up.
    fn is_time_up(&self, now: Duration) -> bool {
        nanoseconds(now) > self.none_before.load(Ordering::Relaxed)
    }

    /// Drops the sessions whose time is up, unless there can be none: all are looked at once for each time that is.
    fn sweep(
        &self,
        named: &mut Named,
        rules: &SessionRules,
        now: Duration,
        gone: &mut Vec<(Box<str>, Arc<Session>)>,
    ) {
        if !self.is_time_up(now) {
            return;
        }
        #[cfg(test)]
        self.sweeps.fetch_add(1, Ordering::Relaxed);
        gone.extend(named.extract_if(|_, session| !is_kept(session, rules, now)));
        // Whoever outlives its time is in use, and looked at again in a while.
        let up = |session: &Arc<Session>| {
            let left = session.ttl(rules).saturating_sub(session.idle(now));
            now + left.max(IN_USE)
        };
        let soonest = named.values().map(up).min().map_or(u64::MAX, nanoseconds);
        self.none_before.store(soonest, Ordering::Relaxed);
    }

    /// The named sessions there are, and how long each was not asked for.
    pub(crate) fn named(&self, rules: &SessionRules) -> Vec<(Arc<Session>, Duration)> {
        let now = self.now();
        let named = self.read();
        let kept = named.values().filter(|session| is_kept(session, rules, now));
        kept.map(|session| (Arc::clone(session), session.idle(now))).collect()
    }

    /// Drops a session; whether there was one. Requests under way end with it.
    pub(crate) fn drop_named(&self, name: &str) -> bool {
        let gone = self.write().remove(name);
        if let Some(session) = &gone {
            session.journal.end();
        }
        gone.is_some()
    }

    /// Every session there is, the unnamed one first.
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        let named = self.read();
        std::iter::once(&self.unnamed).chain(named.values()).map(Arc::clone).collect()
    }

    /// Goes on under other contracts and scripts; what these do not admit is dropped, with the reason.
    pub(crate) fn succeed(&self, engine: &ScriptEngine, contracts: &[Contract], dropped: &mut Vec<String>) {
        // Scripts may give sessions less time now.
        self.none_before.store(0, Ordering::Relaxed);
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

    pub(super) fn read(&self) -> Locked<RwLockReadGuard<'_, Named>> {
        Locked::new(Rank::Store, || self.named.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self) -> Locked<RwLockWriteGuard<'_, Named>> {
        Locked::new(Rank::Store, || self.named.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// How long the stub's clock has run.
    pub(super) fn now(&self) -> Duration {
        self.unnamed.now().running
    }
}

/// Whether a session is still there. Whoever holds one uses it.
fn is_kept(session: &Arc<Session>, rules: &SessionRules, now: Duration) -> bool {
    Arc::strong_count(session) > 1 || session.idle(now) <= session.ttl(rules)
}

#[cfg(test)]
mod tests {
    use super::super::{ClockOrder, SessionWords};
    use super::*;

    #[test]
    fn names_that_find_no_room_do_not_have_all_sessions_looked_at() {
        let sessions = Sessions::default();
        let words =
            SessionWords { max: Some(3), ttl: Some(Duration::from_secs(60)), ..SessionWords::default() };
        let rules = SessionRules::merge(std::iter::once(&words));
        for name in ["a", "b", "c"] {
            sessions.open(name, &rules).unwrap();
        }
        for number in 0..1_000 {
            assert!(sessions.open(&format!("n{number}"), &rules).is_err());
        }
        assert_eq!(sessions.sweeps.load(Ordering::Relaxed), 0);
        let advance =
            |seconds| sessions.unnamed().set_clock(&[ClockOrder::Advance(Duration::from_secs(seconds))]);
        advance(40);
        sessions.open("a", &rules).unwrap();
        advance(40);
        assert!(sessions.open("d", &rules).is_ok() && sessions.open("e", &rules).is_ok());
        assert!(sessions.open("f", &rules).is_err(), "a was asked for since");
        assert_eq!((sessions.sweeps.load(Ordering::Relaxed), sessions.named(&rules).len()), (1, 3));
        advance(61);
        assert!(sessions.open("f", &rules).is_ok());
        assert_eq!((sessions.sweeps.load(Ordering::Relaxed), sessions.named(&rules).len()), (2, 1));
    }
}
