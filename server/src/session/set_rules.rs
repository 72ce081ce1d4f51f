//! Rules set at run time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use counterfoil_openapi::{Contract, Finding, Operation};

use super::rank::{Locked, Rank};
use super::{RuleKey, Session};
use crate::script::{ActiveRule, Decision, Moment, Scope, ScriptEngine, ScriptError};

/// The rules set at run time in one session, the newest first.
#[derive(Debug, Default)]
pub(super) struct SetRules {
    rules: RwLock<ByOperation>,
    /// How many operations have some: the lock is only taken where one has.
    count: AtomicUsize,
    /// Whether one of them changes what is kept.
    changes_memory: AtomicBool,
}

/// By the operation's id, then by its document's name.
type ByOperation = HashMap<String, Vec<OfOperation>>;

#[derive(Debug)]
struct OfOperation {
    document: String,
    rules: Arc<[ActiveRule]>,
    /// Their text.
    text: Vec<u8>,
}

/// What became of a reply that was set.
#[derive(Debug)]
pub(crate) struct ReplyOutcome {
    /// The name of its first rule.
    pub(crate) rule: String,
    /// What is odd and was taken all the same.
    pub(crate) findings: Vec<Finding>,
}

impl SetRules {
    /// What they say of a request of a session; nothing where none has an answer.
    pub(super) fn decide(&self, scope: &Scope<'_>, session: &Session) -> Option<Decision> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        // Asked without the lock, since what they ask for may be under another one.
        let rules = Arc::clone(&find(&self.read(), scope.subject.operation)?.rules);
        rules.iter().find_map(|rule| rule.decide(scope, session))
    }

    /// Sets what an operation answers, in place of what was set for it before.
    ///
    /// # Errors
    ///
    /// When the reply is not one that a script could hold; nothing changes then.
    pub(super) fn set_reply(
        &self,
        engine: &ScriptEngine,
        operation: &Operation,
        reply: &[u8],
        now: Moment,
    ) -> Result<(ReplyOutcome, Vec<RuleKey>), ScriptError> {
        let (rules, findings) = engine.compile(reply, operation, now)?;
        let rule = rules.first().map(|rule| rule.id().to_owned()).unwrap_or_default();
        let document = operation.document().name();
        let mut all = self.write();
        let documents = all.entry(operation.id().as_str().to_owned()).or_default();
        let gone = take(documents, document);
        documents.push(OfOperation {
            document: document.to_owned(),
            rules: rules.into(),
            text: reply.to_vec(),
        });
        self.settle(&all);
        Ok((ReplyOutcome { rule, findings }, gone))
    }

    /// Removes what was set for an operation; the keys of what is gone.
    pub(super) fn clear_reply(&self, operation: &Operation) -> Vec<RuleKey> {
        let mut all = self.write();
        let id = operation.id().as_str();
        let Some(documents) = all.get_mut(id) else { return Vec::new() };
        let gone = take(documents, operation.document().name());
        if documents.is_empty() {
            all.remove(id);
        }
        self.settle(&all);
        gone
    }

    /// Removes everything; the keys of what is gone.
    pub(super) fn clear(&self) -> Vec<RuleKey> {
        let mut all = self.write();
        let gone = std::mem::take(&mut *all);
        self.settle(&all);
        drop(all);
        gone.values().flatten().flat_map(|of| of.rules.iter()).map(ActiveRule::key).collect()
    }

    /// How many are in force for an operation.
    pub(super) fn count_of(&self, operation: &Operation) -> usize {
        find(&self.read(), operation).map_or(0, |found| found.rules.len())
    }

    /// The keys of all of them.
    pub(super) fn keys(&self) -> Vec<RuleKey> {
        self.read().values().flatten().flat_map(|of| of.rules.iter()).map(ActiveRule::key).collect()
    }

    /// Checks all of them against other contracts; what these do not admit is dropped, with the reason.
    pub(super) fn succeed(
        &self,
        engine: &ScriptEngine,
        contracts: &[Contract],
        now: Moment,
        dropped: &mut Vec<String>,
    ) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut all = self.write();
        for (id, documents) in &mut *all {
            documents.retain_mut(|old| {
                let contract = contracts.iter().find(|contract| contract.document().name() == old.document);
                let Some(operation) = contract.and_then(|contract| contract.operation(id)) else {
                    dropped.push(format!("{id}: its operation is gone"));
                    return false;
                };
                match engine.compile(&old.text, operation, now) {
                    Ok((rules, _)) => {
                        // The same text gives the same number of rules.
                        let pairs = rules.into_iter().zip(old.rules.iter());
                        old.rules = pairs.map(|(rule, old)| rule.in_place_of(old)).collect();
                        true
                    }
                    Err(error) => {
                        dropped.push(format!("{id}: {error}"));
                        false
                    }
                }
            });
        }
        all.retain(|_, documents| !documents.is_empty());
        self.settle(&all);
    }

    /// Whether one of them changes what is kept.
    pub(super) fn changes_memory(&self) -> bool {
        self.changes_memory.load(Ordering::Acquire)
    }

    /// What is known of all of them without the lock.
    fn settle(&self, all: &ByOperation) {
        let changes = all.values().flatten().flat_map(|of| of.rules.iter()).any(ActiveRule::changes_memory);
        self.changes_memory.store(changes, Ordering::Release);
        self.count.store(all.len(), Ordering::Release);
    }

    fn read(&self) -> Locked<RwLockReadGuard<'_, ByOperation>> {
        // Each change to the map is whole before anything in it could panic.
        Locked::new(Rank::SetRules, || self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self) -> Locked<RwLockWriteGuard<'_, ByOperation>> {
        Locked::new(Rank::SetRules, || self.rules.write().unwrap_or_else(PoisonError::into_inner))
    }
}

fn find<'r>(rules: &'r ByOperation, operation: &Operation) -> Option<&'r OfOperation> {
    let document = operation.document().name();
    rules.get(operation.id().as_str())?.iter().find(|of| of.document == document)
}

/// Takes out what was set for a document's operation; its keys.
fn take(documents: &mut Vec<OfOperation>, document: &str) -> Vec<RuleKey> {
    match documents.iter().position(|of| of.document == document) {
        Some(place) => documents.swap_remove(place).rules.iter().map(ActiveRule::key).collect(),
        None => Vec::new(),
    }
}
