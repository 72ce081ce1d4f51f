//! One session.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use counterfoil_openapi::{Contract, Operation};

use super::clock::{ClockOrder, Reading, SessionClock};
use super::memory::Memory;
use super::rank::{Locked, Rank};
use super::set_rules::{NotSet, SetOutcome, SetRule, SetRules};
use super::tally::{Count, Counts};
use super::{RuleKey, SessionRules};
use crate::budget::Budgets;
use crate::journal::Journal;
use crate::script::{ActiveRule, Clock, Decision, Moment, SaidRule, Scope, Script, ScriptEngine};

/// What is counted, set and kept of the requests that name the same session, or none.
///
/// One without anything in it holds some hundred bytes, whatever the scripts are.
#[derive(Debug)]
pub(crate) struct Session {
    name: Option<Box<str>>,
    /// The unnamed session: what is set there at run time holds in every other, after what is set in that.
    base: Option<Arc<Session>>,
    /// How long it is kept after its last request, where it says so itself.
    ttl: Option<Duration>,
    /// Its own clock, from when that was first set; until then that of the unnamed session.
    clock: OnceLock<SessionClock>,
    began: Moment,
    /// Records the calls.
    pub(crate) journal: Journal,
    counts: Counts,
    set: SetRules,
    memory: Mutex<Memory>,
    /// When it was asked for last, in nanoseconds of the stub's clock.
    touched: AtomicU64,
}

impl Session {
    /// The session of requests that name none.
    pub(super) fn unnamed(clock: Clock, budgets: &Budgets) -> Self {
        Self::with_clock(SessionClock::new(clock).into(), clock.now(), budgets)
    }

    fn with_clock(clock: OnceLock<SessionClock>, began: Moment, budgets: &Budgets) -> Self {
        Self {
            clock,
            began,
            name: None,
            base: None,
            ttl: None,
            journal: Journal::new(&budgets.journals),
            counts: Counts::default(),
            set: SetRules::new(&budgets.kept),
            memory: Mutex::new(Memory::new(&budgets.kept)),
            touched: AtomicU64::new(0),
        }
    }

    /// A session that nothing has happened in yet.
    pub(super) fn new(name: &str, ttl: Option<Duration>, base: &Arc<Self>, budgets: &Budgets) -> Self {
        let empty = Self::with_clock(OnceLock::new(), base.now(), budgets);
        Self { name: Some(name.into()), ttl, base: Some(Arc::clone(base)), ..empty }
    }

    /// The moment that scripts are told.
    pub(crate) fn now(&self) -> Moment {
        self.shown_clock().now()
    }

    /// When it began.
    pub(crate) fn began(&self) -> Moment {
        self.began
    }

    /// What its clock shows.
    pub(crate) fn clock_reading(&self) -> Reading {
        self.shown_clock().reading()
    }

    /// Sets its clock, which goes its own way from then on.
    pub(crate) fn set_clock(&self, orders: &[ClockOrder]) {
        self.clock.get_or_init(|| SessionClock::like(self.shown_clock())).set(orders);
    }

    /// Lets its clock show the time again, where it was told anything.
    pub(crate) fn reset_clock(&self) {
        if let Some(clock) = self.clock.get() {
            clock.set(&[ClockOrder::Reset]);
        }
    }

    fn shown_clock(&self) -> &SessionClock {
        match (self.clock.get(), &self.base) {
            (Some(clock), _) => clock,
            (None, Some(base)) => base.shown_clock(),
            (None, None) => unreachable!("the unnamed session has a clock of its own"),
        }
    }

    /// Its name; nothing where it is the unnamed one.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What the rules set at run time say of a request: its own first, then those of the unnamed session.
    pub(crate) fn decide(&self, scope: &Scope<'_>) -> Option<Decision> {
        let base = || self.base.as_ref()?.set.decide(scope, self);
        self.set.decide(scope, self).or_else(base)
    }

    /// Whether rules set at run time may hold here.
    pub(crate) fn has_set_rules(&self) -> bool {
        self.set.count() > 0 || self.base.as_ref().is_some_and(|base| base.set.count() > 0)
    }

    /// The counts of a rule, made where it was never asked before.
    pub(crate) fn count(&self, key: RuleKey) -> Arc<Count> {
        self.counts.of(key)
    }

    /// How many rules it counts.
    #[cfg(test)]
    pub(super) fn counted(&self) -> usize {
        self.counts.len()
    }

    /// How often a rule was used.
    pub(crate) fn used(&self, key: RuleKey) -> u64 {
        self.counts.find(key).map_or(0, |count| count.all().used())
    }

    /// What is kept. Whoever decides on a request by it holds it until what the decision changes is changed.
    pub(crate) fn memory(&self) -> Locked<MutexGuard<'_, Memory>> {
        // Each change to it is whole before anything in it could panic.
        Locked::new(Rank::Memory, || self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether rules set at run time change what is kept.
    pub(crate) fn changes_memory(&self) -> bool {
        self.set.changes_memory() || self.base.as_ref().is_some_and(|base| base.set.changes_memory())
    }

    /// Sets what an operation answers, in place of what was set for it before.
    ///
    /// # Errors
    ///
    /// When the reply is not one that a script could hold; nothing changes then.
    pub(crate) fn set_reply(
        &self,
        engine: &ScriptEngine,
        operation: &Operation,
        reply: &[u8],
    ) -> Result<SetOutcome, NotSet> {
        let (outcome, gone) = self.set.set_reply(engine, operation, reply, self.now())?;
        self.forget(&gone);
        Ok(outcome)
    }

    /// Removes what was set for an operation.
    pub(crate) fn clear_reply(&self, operation: &Operation) {
        let gone = self.set.clear_reply(operation);
        self.forget(&gone);
    }

    /// Sets a rule, named `id` or by a name made up; where there is one of this name it is not set.
    ///
    /// # Errors
    ///
    /// When it is not one that a script could hold, when its id is taken, and when there is no room; nothing changes
    /// then.
    pub(crate) fn set_rule(
        &self,
        engine: &ScriptEngine,
        operation: &Operation,
        text: &[u8],
        id: Option<&str>,
    ) -> Result<SetOutcome, NotSet> {
        let is_taken = |id: &str| {
            engine.has_named(id) || self.base.as_ref().is_some_and(|base| base.set.find(id).is_some())
        };
        self.set.set_rule(engine, operation, (text, id), self.now(), is_taken)
    }

    /// Sets the rules of a script and keeps its values, as if each was set by itself.
    ///
    /// # Errors
    ///
    /// When there is no room.
    pub(crate) fn adopt(&self, engine: &ScriptEngine, script: &Script) -> Result<(), NotSet> {
        let values = script.state().iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
        self.memory().set(values)?;
        self.set.adopt(engine, script, self.now())
    }

    /// Says a rule that was set here anew; nothing where there is none of this id. What it is to say is made of what
    /// it said.
    pub(crate) fn change_rule(
        &self,
        engine: &ScriptEngine,
        id: &str,
        find: impl FnOnce(&SetRule) -> Option<Arc<Operation>>,
        text: impl FnOnce(&SaidRule) -> Vec<u8>,
    ) -> Option<Result<SetOutcome, NotSet>> {
        self.set.change_rule(engine, id, find, text, self.now())
    }

    /// Removes a rule that was set here; whether there was one of this id.
    pub(crate) fn remove_rule(&self, id: &str) -> bool {
        let gone = self.set.remove_rule(id);
        self.forget(gone.as_slice());
        gone.is_some()
    }

    /// The rules set here, the newest first.
    pub(crate) fn set_rules(&self) -> Vec<Arc<SetRule>> {
        self.set.all()
    }

    /// How many rules are set here.
    pub(crate) fn set_rule_count(&self) -> usize {
        self.set.count()
    }

    /// The rule of an id that was set here.
    pub(crate) fn set_rule_of(&self, id: &str) -> Option<Arc<SetRule>> {
        self.set.find(id)
    }

    /// The unnamed session, where this is not it: what is set there holds here too.
    pub(crate) fn base(&self) -> Option<&Arc<Self>> {
        self.base.as_ref()
    }

    /// How often a rule answered, and when it did last, as the time since 1970.
    pub(crate) fn uses(&self, key: RuleKey) -> (u64, Option<Duration>) {
        self.counts.find(key).map_or((0, None), |count| (count.all().used(), count.all().last()))
    }

    /// Removes everything set at run time.
    pub(crate) fn clear_replies(&self) {
        let gone = self.set.clear();
        self.forget(&gone);
    }

    /// Starts every sequence and every count again.
    pub(crate) fn reset_sequences(&self) {
        self.counts.clear();
    }

    /// The rules set at run time for an operation, its own and then those of the unnamed session, and whether they are
    /// its own.
    pub(crate) fn rules_set_for(&self, operation: &Operation) -> Vec<(bool, Arc<ActiveRule>)> {
        let own = self.set.of(operation).into_iter().map(|rule| (true, rule));
        let base = self.base.iter().flat_map(|base| base.set.of(operation)).map(|rule| (false, rule));
        own.chain(base).collect()
    }

    /// How many rules set at run time are in force for an operation.
    pub(crate) fn rule_count(&self, operation: &Operation) -> usize {
        self.set.count_of(operation) + self.base.as_ref().map_or(0, |base| base.set.count_of(operation))
    }

    /// Goes on under other contracts and scripts; what these do not admit is dropped, with the reason.
    pub(super) fn succeed(&self, engine: &ScriptEngine, contracts: &[Contract], dropped: &mut Vec<String>) {
        self.set.succeed(engine, contracts, self.now(), dropped);
    }

    /// Forgets the counts of rules that are gone.
    pub(super) fn settle(&self, engine: &ScriptEngine) {
        let mut set: HashSet<RuleKey> = self.set.all().iter().map(|rule| rule.active.key()).collect();
        if let Some(base) = &self.base {
            set.extend(base.set.all().iter().map(|rule| rule.active.key()));
        }
        self.counts.retain(|key| engine.counts_under(key) || set.contains(&key));
        self.memory().resources.retain(|name| engine.resource(name).is_some());
    }

    fn forget(&self, gone: &[RuleKey]) {
        self.counts.forget(gone);
    }

    pub(super) fn touch(&self, now: Duration) {
        self.touched.store(nanoseconds(now), Ordering::Relaxed);
    }

    /// How long it is kept after its last request.
    pub(crate) fn ttl(&self, rules: &SessionRules) -> Duration {
        self.ttl.unwrap_or(rules.ttl)
    }

    /// How long ago it was asked for last.
    pub(super) fn idle(&self, now: Duration) -> Duration {
        Duration::from_nanos(nanoseconds(now).saturating_sub(self.touched.load(Ordering::Relaxed)))
    }
}

/// Enough for centuries.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
