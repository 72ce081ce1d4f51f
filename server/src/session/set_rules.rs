//! Rules set at run time.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use counterfoil_openapi::{Contract, Finding, Operation};

use super::RuleKey;
use super::Session;
use super::rank::{Locked, Rank};
use crate::budget::{Budget, Full, Share};
use crate::script::{
    ActiveRule, Decision, Moment, RuleStack, SaidRule, Scope, Script, ScriptEngine, ScriptError,
};

/// The most rules set at run time in a session.
pub const MAX_SET_RULES: usize = 50_000;
/// The most that their texts may take together, in bytes of JSON, in a session.
pub const MAX_SET_BYTES: usize = 16 * 1024 * 1024;

/// What is counted of a rule among all that sessions keep, beside its text: 100,000 rules that ask for one field were
/// measured at 3,213 bytes each.
const RULE_BYTES: usize = 4 * 1024;
/// How often its text is counted: once for what was said, and for what was made of it.
const TEXT_FACTOR: usize = 4;

/// The rules set at run time in one session, the newest first.
#[derive(Debug)]
pub(super) struct SetRules {
    rules: RwLock<Held>,
    /// How many there are: the lock is only taken where there are some.
    count: AtomicUsize,
    /// Whether one of them changes what is kept.
    changes_memory: AtomicBool,
    /// What they take of what all sessions may.
    share: Share,
}

#[derive(Debug, Default)]
struct Held {
    /// By number.
    all: BTreeMap<u64, Arc<SetRule>>,
    /// The numbers by id; of several rules with one id that of the first.
    ids: HashMap<String, u64>,
    /// By the operation's id, then by its document's name.
    by_operation: HashMap<String, Vec<OfOperation>>,
    /// The number of the newest rule there ever was.
    last: u64,
    /// How many ids were made up.
    made_up: u64,
    bytes: usize,
    /// How many change what is kept.
    changing: usize,
}

#[derive(Debug, Default)]
struct OfOperation {
    document: String,
    count: usize,
    rules: Arc<RuleStack>,
}

/// A rule set at run time.
#[derive(Debug)]
pub(crate) struct SetRule {
    /// Newer rules have higher numbers.
    number: u64,
    /// The id of its operation.
    pub(crate) operation: String,
    /// The name of its operation's document.
    pub(crate) document: String,
    pub(crate) how: SetHow,
    /// What was said.
    pub(crate) said: SaidRule,
    bytes: usize,
    pub(crate) active: Arc<ActiveRule>,
}

/// How a rule was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetHow {
    /// As the reply of its operation, which the next one replaces.
    Reply,
    /// By itself.
    Rule,
}

/// What became of a rule or reply that was set.
#[derive(Debug)]
pub(crate) struct SetOutcome {
    /// The name of its first rule.
    pub(crate) rule: String,
    /// What is odd and was taken all the same.
    pub(crate) findings: Vec<Finding>,
}

/// Why a rule or reply was not set; nothing has changed.
#[derive(Debug)]
pub(crate) enum NotSet {
    /// It is nothing that a script could hold.
    Script(ScriptError),
    /// There is a rule of this id.
    Taken(String),
    /// There are as many as there may be, or they take as much room.
    Full(Full),
}

impl From<Full> for NotSet {
    fn from(full: Full) -> Self {
        Self::Full(full)
    }
}

impl SetRules {
    /// No rules, which take what comes of a budget.
    pub(super) fn new(kept: &Arc<Budget>) -> Self {
        Self {
            rules: RwLock::default(),
            count: AtomicUsize::new(0),
            changes_memory: AtomicBool::new(false),
            share: kept.share(),
        }
    }

    /// What they say of a request of a session; nothing where none has an answer.
    pub(super) fn decide(&self, scope: &Scope<'_>, session: &Session) -> Option<Decision> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        // Asked without the lock, since what they ask for may be under another one.
        let rules = Arc::clone(&self.read().find(scope.subject.operation)?.rules);
        rules.decide(scope, session)
    }

    /// Sets what an operation answers, in place of what was set so for it before; with the outcome come the keys of
    /// what is gone.
    pub(super) fn set_reply(
        &self,
        engine: &ScriptEngine,
        operation: &Operation,
        reply: &[u8],
        now: Moment,
    ) -> Result<(SetOutcome, Vec<RuleKey>), NotSet> {
        let (rules, findings) = engine.compile(reply, operation, now).map_err(NotSet::Script)?;
        let mut held = self.write();
        let old = held.replies(operation);
        for (rule, _) in &rules {
            let taken = held.find_id(rule.id()).filter(|taken| taken.how == SetHow::Rule);
            if taken.is_some() || engine.has_named(rule.id()) {
                return Err(NotSet::Taken(rule.id().to_owned()));
            }
        }
        let rule = rules.first().map(|(rule, _)| rule.id().to_owned()).unwrap_or_default();
        let bytes: usize = rules.iter().map(|(_, said)| size(said)).sum();
        held.make_room(rules.len(), bytes, &old, &self.share)?;
        let gone = held.remove_all(&old);
        // The first is asked first, as the newest is.
        for (active, said) in rules.into_iter().rev() {
            held.push(operation, SetHow::Reply, said, Arc::new(active));
        }
        self.settle(&held);
        Ok((SetOutcome { rule, findings }, gone))
    }

    /// Removes what was set as the reply of an operation; the keys of what is gone.
    pub(super) fn clear_reply(&self, operation: &Operation) -> Vec<RuleKey> {
        let mut held = self.write();
        let old = held.replies(operation);
        let gone = held.remove_all(&old);
        self.settle(&held);
        gone
    }

    /// Sets a rule; an id that `is_taken` it cannot have.
    pub(super) fn set_rule(
        &self,
        engine: &ScriptEngine,
        operation: &Operation,
        (text, id): (&[u8], Option<&str>),
        now: Moment,
        is_taken: impl Fn(&str) -> bool,
    ) -> Result<SetOutcome, NotSet> {
        let is_taken = |id: &str| self.read().ids.contains_key(id) || is_taken(id);
        let id = match id {
            Some(id) if is_taken(id) => return Err(NotSet::Taken(id.to_owned())),
            Some(id) => id.to_owned(),
            None => self.new_id(is_taken),
        };
        // Read without the lock: whoever sets rules comes one after the other, and no request is to wait for it.
        let (active, said, findings) =
            engine.compile_rule(text, operation, &id, now).map_err(NotSet::Script)?;
        let mut held = self.write();
        held.make_room(1, size(&said), &[], &self.share)?;
        held.push(operation, SetHow::Rule, said, Arc::new(active));
        self.settle(&held);
        Ok(SetOutcome { rule: id, findings })
    }

    /// Sets the rules of a script, the first of which is asked first.
    pub(super) fn adopt(&self, engine: &ScriptEngine, script: &Script, now: Moment) -> Result<(), NotSet> {
        let rules = engine.rules_apart(script, now);
        let mut held = self.write();
        let bytes: usize = rules.iter().map(|(.., said)| size(said)).sum();
        held.make_room(rules.len(), bytes, &[], &self.share)?;
        for (operation, document, active, said) in rules.into_iter().rev() {
            held.last += 1;
            let (number, bytes) = (held.last, size(&said));
            let active = Arc::new(active);
            held.put(SetRule { number, operation, document, how: SetHow::Rule, said, bytes, active });
        }
        self.settle(&held);
        Ok(())
    }

    fn new_id(&self, is_taken: impl Fn(&str) -> bool) -> String {
        loop {
            let number = {
                let mut held = self.write();
                held.made_up += 1;
                held.made_up
            };
            let id = format!("r{number}");
            if !is_taken(&id) {
                return id;
            }
        }
    }

    /// Says a rule anew; it keeps its place and what was counted of it. Nothing where there is none of this id.
    ///
    /// `text` gives what it is to say from what it said.
    pub(super) fn change_rule(
        &self,
        engine: &ScriptEngine,
        id: &str,
        find: impl FnOnce(&SetRule) -> Option<Arc<Operation>>,
        text: impl FnOnce(&SaidRule) -> Vec<u8>,
        now: Moment,
    ) -> Option<Result<SetOutcome, NotSet>> {
        let old = self.find(id)?;
        let operation = find(&old)?;
        let compiled = engine.compile_rule(&text(&old.said), &operation, id, now);
        let (active, said, findings) = match compiled {
            Ok(compiled) => compiled,
            Err(error) => return Some(Err(NotSet::Script(error))),
        };
        let mut held = self.write();
        if let Err(full) = held.make_room(1, size(&said), &[old.number], &self.share) {
            return Some(Err(full));
        }
        held.replace(&old, said, Arc::new(active.counted_as(&old.active)));
        self.settle(&held);
        Some(Ok(SetOutcome { rule: id.to_owned(), findings }))
    }

    /// Removes a rule; its key, where there was one of this id.
    pub(super) fn remove_rule(&self, id: &str) -> Option<RuleKey> {
        let mut held = self.write();
        let number = held.find_id(id)?.number;
        let gone = held.remove_all(&[number]);
        self.settle(&held);
        gone.into_iter().next()
    }

    /// Removes everything; the keys of what is gone.
    pub(super) fn clear(&self) -> Vec<RuleKey> {
        let mut held = self.write();
        let (last, made_up) = (held.last, held.made_up);
        let gone = std::mem::replace(&mut *held, Held { last, made_up, ..Held::default() });
        self.settle(&held);
        drop(held);
        gone.all.values().map(|rule| rule.active.key()).collect()
    }

    /// All of them, the newest first.
    pub(super) fn all(&self) -> Vec<Arc<SetRule>> {
        self.read().all.values().rev().map(Arc::clone).collect()
    }

    /// The one of an id.
    pub(super) fn find(&self, id: &str) -> Option<Arc<SetRule>> {
        self.read().find_id(id).map(Arc::clone)
    }

    /// Those for an operation, in the order in which they are asked.
    pub(super) fn of(&self, operation: &Operation) -> Vec<Arc<ActiveRule>> {
        self.read().find(operation).map_or_else(Vec::new, |of| of.rules.iter().map(Arc::clone).collect())
    }

    /// How many are in force for an operation.
    pub(super) fn count_of(&self, operation: &Operation) -> usize {
        self.read().find(operation).map_or(0, |of| of.count)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Checks all of them against other contracts; what these do not admit is dropped, with the reason.
    pub(super) fn succeed(
        &self,
        engine: &ScriptEngine,
        contracts: &[Contract],
        now: Moment,
        dropped: &mut Vec<String>,
    ) {
        if self.count() == 0 {
            return;
        }
        let mut held = self.write();
        let (last, made_up) = (held.last, held.made_up);
        let old = std::mem::replace(&mut *held, Held { last, made_up, ..Held::default() });
        for rule in old.all.into_values() {
            let id = &rule.operation;
            let contract = contracts.iter().find(|contract| contract.document().name() == rule.document);
            let Some(operation) = contract.and_then(|contract| contract.operation(id)) else {
                dropped.push(format!("{id}: its operation is gone"));
                continue;
            };
            match engine.compile_rule(&text_of(&rule.said), operation, rule.active.id(), now) {
                Ok((active, ..)) => {
                    let active = Arc::new(active.in_place_of(&rule.active));
                    held.put(SetRule { active, said: rule.said.clone(), ..(*rule).copied() });
                }
                Err(error) => dropped.push(format!("{id}: {error}")),
            }
        }
        self.settle(&held);
    }

    /// Whether one of them changes what is kept.
    pub(super) fn changes_memory(&self) -> bool {
        self.changes_memory.load(Ordering::Acquire)
    }

    /// What is known of all of them without the lock.
    fn settle(&self, held: &Held) {
        self.changes_memory.store(held.changing > 0, Ordering::Release);
        self.count.store(held.all.len(), Ordering::Release);
        self.share.settle(taken(held.all.len(), held.bytes));
    }

    fn read(&self) -> Locked<RwLockReadGuard<'_, Held>> {
        // Each change is whole before anything in it could panic.
        Locked::new(Rank::SetRules, || self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self) -> Locked<RwLockWriteGuard<'_, Held>> {
        Locked::new(Rank::SetRules, || self.rules.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Held {
    fn find(&self, operation: &Operation) -> Option<&OfOperation> {
        let document = operation.document().name();
        self.by_operation.get(operation.id().as_str())?.iter().find(|of| of.document == document)
    }

    fn find_id(&self, id: &str) -> Option<&Arc<SetRule>> {
        self.all.get(self.ids.get(id)?)
    }

    /// The numbers of what was set as the reply of an operation.
    fn replies(&self, operation: &Operation) -> Vec<u64> {
        let Some(of) = self.find(operation) else { return Vec::new() };
        let ids: Vec<&str> = of.rules.iter().map(|rule| rule.id()).collect();
        let (id, document) = (operation.id().as_str(), operation.document().name());
        let is_meant = |rule: &&Arc<SetRule>| {
            rule.how == SetHow::Reply && rule.operation == id && rule.document == document
        };
        match ids.len() < self.all.len() {
            true => ids
                .iter()
                .filter_map(|id| self.find_id(id))
                .filter(is_meant)
                .map(|rule| rule.number)
                .collect(),
            false => self.all.values().filter(is_meant).map(|rule| rule.number).collect(),
        }
    }

    /// Whether there is room for so many more once the `old` ones are gone.
    fn make_room(&self, count: usize, bytes: usize, old: &[u64], share: &Share) -> Result<(), NotSet> {
        let freed: usize = old.iter().filter_map(|number| self.all.get(number)).map(|rule| rule.bytes).sum();
        let (count, bytes) = (self.all.len() - old.len() + count, self.bytes - freed + bytes);
        if count > MAX_SET_RULES || bytes > MAX_SET_BYTES {
            return Err(NotSet::Full(Full::Session));
        }
        Ok(share.resize(taken(count, bytes))?)
    }

    fn push(&mut self, operation: &Operation, how: SetHow, said: SaidRule, active: Arc<ActiveRule>) {
        self.last += 1;
        self.put(SetRule {
            number: self.last,
            operation: operation.id().as_str().to_owned(),
            document: operation.document().name().to_owned(),
            how,
            bytes: size(&said),
            said,
            active,
        });
    }

    /// Puts in a rule that is newer than all others.
    fn put(&mut self, rule: SetRule) {
        let documents = self.by_operation.entry(rule.operation.clone()).or_default();
        let place = documents.iter().position(|of| of.document == rule.document).unwrap_or_else(|| {
            documents.push(OfOperation { document: rule.document.clone(), ..OfOperation::default() });
            documents.len() - 1
        });
        let of = &mut documents[place];
        of.count += 1;
        Arc::make_mut(&mut of.rules).push(Arc::clone(&rule.active));
        self.bytes += rule.bytes;
        self.changing += usize::from(rule.active.changes_memory());
        self.ids.entry(rule.active.id().to_owned()).or_insert(rule.number);
        self.all.insert(rule.number, Arc::new(rule));
    }

    fn replace(&mut self, old: &Arc<SetRule>, said: SaidRule, active: Arc<ActiveRule>) {
        let documents = self.by_operation.get_mut(&old.operation);
        let of = documents.and_then(|all| all.iter_mut().find(|of| of.document == old.document));
        if let Some(of) = of {
            Arc::make_mut(&mut of.rules).replace(&old.active, &active);
        }
        let new = SetRule { bytes: size(&said), said, active, ..old.copied() };
        self.bytes = self.bytes - old.bytes + new.bytes;
        self.changing -= usize::from(old.active.changes_memory());
        self.changing += usize::from(new.active.changes_memory());
        self.all.insert(new.number, Arc::new(new));
    }

    /// Removes rules by their numbers; their keys.
    fn remove_all(&mut self, numbers: &[u64]) -> Vec<RuleKey> {
        let mut gone = Vec::new();
        for number in numbers {
            let Some(rule) = self.all.remove(number) else { continue };
            if self.ids.get(rule.active.id()) == Some(number) {
                self.ids.remove(rule.active.id());
            }
            if let Some(documents) = self.by_operation.get_mut(&rule.operation) {
                if let Some(of) = documents.iter_mut().find(|of| of.document == rule.document) {
                    of.count -= 1;
                    Arc::make_mut(&mut of.rules).remove(&rule.active);
                }
                documents.retain(|of| of.count > 0);
                if documents.is_empty() {
                    self.by_operation.remove(&rule.operation);
                }
            }
            self.bytes -= rule.bytes;
            self.changing -= usize::from(rule.active.changes_memory());
            gone.push(rule.active.key());
        }
        gone
    }
}

impl SetRule {
    /// The same, but for what it says.
    fn copied(&self) -> Self {
        Self {
            number: self.number,
            operation: self.operation.clone(),
            document: self.document.clone(),
            how: self.how,
            said: SaidRule::new(),
            bytes: self.bytes,
            active: Arc::clone(&self.active),
        }
    }
}

/// What a rule says, as a text.
fn text_of(said: &SaidRule) -> Vec<u8> {
    serde_json::to_vec(said).expect("a map of JSON can be written")
}

fn size(said: &SaidRule) -> usize {
    text_of(said).len()
}

/// What so many rules of so many bytes of text take.
fn taken(count: usize, bytes: usize) -> usize {
    count * RULE_BYTES + bytes * TEXT_FACTOR
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::ScriptEngine;

    #[test]
    fn a_session_has_so_many_rules_set_at_run_time_and_no_more() {
        let document =
            b"openapi: 3.0.3\npaths: {/a: {get: {operationId: a, responses: {'200': {description: ok}}}}}";
        let contract = Contract::load("a.yaml", document).unwrap();
        let operation = &contract.operations()[0];
        let engine = ScriptEngine::new(Vec::new(), 0, Moment::START);
        let rules = SetRules::new(&Budget::new(usize::MAX));
        let set = || rules.set_rule(&engine, operation, (b"status: 200", None), Moment::START, |_| false);
        assert!(set().is_ok());
        rules.write().bytes += MAX_SET_BYTES;
        assert!(matches!(set(), Err(NotSet::Full(Full::Session))));
        rules.clear();
        let (active, said, _) = engine.compile_rule(b"{status: 200}", operation, "x", Moment::START).unwrap();
        let active = Arc::new(active);
        let mut held = rules.write();
        for _ in 0..MAX_SET_RULES {
            // Told from each other by nothing but their numbers, which is all that counts here.
            held.last += 1;
            let rule = SetRule {
                number: held.last,
                operation: "a".into(),
                document: "a.yaml".into(),
                how: SetHow::Rule,
                said: said.clone(),
                bytes: 0,
                active: Arc::clone(&active),
            };
            held.all.insert(rule.number, Arc::new(rule));
        }
        assert!(matches!(held.make_room(1, 1, &[], &rules.share), Err(NotSet::Full(Full::Session))));
        assert!(held.make_room(1, 1, &[held.last], &rules.share).is_ok());
    }
}
