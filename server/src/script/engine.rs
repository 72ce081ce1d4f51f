//! All rules in force, and which of them answers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use counterfoil_openapi::{Contract, Finding, Operation};

use super::defaults::ActiveDefaults;
use super::load::{self, Script, ScriptError};
use super::rule::ActiveRule;
use super::{Decision, ReplySpec, Subject, Unscripted};

/// Holds the scripts of a stub and decides by them.
///
/// Rules set at run time come first, then those of the files, the first script's first, each from top to bottom; the
/// first that matches and is not used up answers. What an operation without rules costs is one look-up by name.
#[derive(Debug)]
pub(crate) struct ScriptEngine {
    scripts: Vec<Script>,
    defaults: Vec<ActiveDefaults>,
    /// The rules of the files.
    filed: Rules,
    /// The rules set at run time, and how many operations have some: the lock is only taken where one has.
    set: RwLock<Rules>,
    set_count: AtomicUsize,
    seed: u64,
}

/// Rules by the operation's id, then by its document's name.
type Rules = HashMap<String, Vec<OperationRules>>;

#[derive(Debug, Clone)]
struct OperationRules {
    document: String,
    /// In the order they are asked, with the seed of their script.
    rules: Vec<(Arc<ActiveRule>, u64)>,
    /// The text of those set at run time.
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

/// What becomes of the rules with a reload, by their names.
#[derive(Debug, Default)]
pub(crate) struct Succession {
    pub(crate) added: Vec<String>,
    pub(crate) removed: Vec<String>,
    pub(crate) changed: Vec<String>,
    /// What was set at run time and cannot be kept, with the reason.
    pub(crate) dropped: Vec<String>,
}

impl ScriptEngine {
    /// An engine over the scripts, the first one first; `seed` steers what scripts leave to chance, where they name
    /// no seed of their own.
    pub(crate) fn new(scripts: Vec<Script>, seed: u64) -> Self {
        let nothing = Self {
            scripts: Vec::new(),
            defaults: Vec::new(),
            filed: Rules::new(),
            set: RwLock::default(),
            set_count: AtomicUsize::new(0),
            seed,
        };
        nothing.succeed(scripts, &[]).0
    }

    /// The engine over other scripts that goes on where this one stands, and what becomes of the rules.
    ///
    /// A rule of the same id and text, for the same operation, goes on counting. What was set at run time is checked
    /// against the contracts anew.
    pub(crate) fn succeed(&self, scripts: Vec<Script>, contracts: &[Contract]) -> (Self, Succession) {
        let mut succession = Succession::default();
        let mut filed = Rules::new();
        for script in &scripts {
            let loaded = script.loaded();
            for scripted in &loaded.operations {
                let of_operation =
                    rules_of(filed.entry(scripted.operation.clone()).or_default(), &scripted.document);
                let seed = loaded.seed.unwrap_or(self.seed);
                let old = at(&self.filed, &scripted.operation, &scripted.document);
                for rule in &scripted.rules {
                    let old = old.and_then(|old| old.rules.iter().find(|(old, _)| old.id() == rule.id));
                    let rule = match old {
                        Some((old, _)) if old.says_what(rule) => ActiveRule::after(Arc::clone(rule), old),
                        Some(_) => {
                            succession.changed.push(rule.id.clone());
                            ActiveRule::new(Arc::clone(rule))
                        }
                        None => {
                            succession.added.push(rule.id.clone());
                            ActiveRule::new(Arc::clone(rule))
                        }
                    };
                    of_operation.rules.push((Arc::new(rule), seed));
                }
            }
        }
        for (operation, rules) in self.filed.iter().flat_map(|(id, all)| all.iter().map(move |one| (id, one)))
        {
            let new = at(&filed, operation, &rules.document);
            let is_gone = |old: &ActiveRule| {
                new.is_none_or(|new| new.rules.iter().all(|(new, _)| new.id() != old.id()))
            };
            let gone = rules.rules.iter().filter(|(old, _)| is_gone(old));
            succession.removed.extend(gone.map(|(old, _)| old.id().to_owned()));
        }
        succession.removed.sort_unstable();
        let set = self.succeed_set(contracts, &mut succession);
        let defaults = scripts.iter().filter_map(|script| ActiveDefaults::of(script, self.seed));
        let defaults = defaults.map(|defaults| defaults.after(&self.defaults)).collect();
        let set_count = AtomicUsize::new(set.len());
        (Self { scripts, defaults, filed, set: RwLock::new(set), set_count, seed: self.seed }, succession)
    }

    /// What was set at run time, for the operations of other contracts.
    fn succeed_set(&self, contracts: &[Contract], succession: &mut Succession) -> Rules {
        let mut set = Rules::new();
        for (id, documents) in &*self.read_set() {
            for old in documents {
                let contract = contracts.iter().find(|contract| contract.document().name() == old.document);
                let operation = contract.and_then(|contract| contract.operation(id));
                let Some(operation) = operation else {
                    succession.dropped.push(format!("{id}: its operation is gone"));
                    continue;
                };
                match load::reply("reply", &old.text, operation) {
                    Ok((rules, _)) => {
                        // The same text gives the same number of rules.
                        let rules = rules
                            .into_iter()
                            .zip(&old.rules)
                            .map(|(rule, (old, seed))| (Arc::new(ActiveRule::after(rule, old)), *seed));
                        set.entry(id.clone()).or_default().push(OperationRules {
                            document: old.document.clone(),
                            rules: rules.collect(),
                            text: old.text.clone(),
                        });
                    }
                    Err(error) => succession.dropped.push(format!("{id}: {error}")),
                }
            }
        }
        succession.dropped.sort_unstable();
        set
    }

    /// What the scripts say of a request; nothing where none has an answer.
    pub(crate) fn decide(&self, subject: &Subject<'_>) -> Option<Decision> {
        let mut decision = self.decide_set(subject).or_else(|| first(&self.filed, subject))?;
        self.fill(subject, &mut decision.reply);
        Some(decision)
    }

    /// What holds for the reply to a request that no rule answers; nothing where no script has defaults for it.
    pub(crate) fn unscripted(&self, subject: &Subject<'_>) -> Option<ReplySpec> {
        if !self.defaults.iter().any(|defaults| defaults.cover(subject)) {
            return None;
        }
        let generate = self.on_unscripted(subject) == Some(Unscripted::Generate);
        let mut spec = ReplySpec { generate, ..ReplySpec::default() };
        self.fill(subject, &mut spec);
        Some(spec)
    }

    /// What the first script that has a say in it wants done with a request that no rule answers.
    pub(crate) fn on_unscripted(&self, subject: &Subject<'_>) -> Option<Unscripted> {
        let defaults = self.defaults.iter().filter(|defaults| defaults.cover(subject));
        defaults.filter_map(ActiveDefaults::unscripted).next().cloned()
    }

    /// Whether a script forwards requests.
    pub(crate) fn forwards(&self) -> bool {
        self.scripts.iter().any(|script| script.loaded().forwards)
    }

    /// The name of a script that forwards requests to an upstream that it does not name.
    pub(crate) fn lacks_upstream(&self) -> Option<&str> {
        let lacks = |script: &&Script| script.loaded().defaults.unscripted == Some(Unscripted::Proxy(None));
        self.scripts.iter().find(lacks).map(Script::name)
    }

    /// Fills what a reply leaves open; the first script's defaults come first.
    fn fill(&self, subject: &Subject<'_>, spec: &mut ReplySpec) {
        for defaults in self.defaults.iter().filter(|defaults| defaults.cover(subject)) {
            defaults.fill(subject, spec);
        }
    }

    fn decide_set(&self, subject: &Subject<'_>) -> Option<Decision> {
        if self.set_count.load(Ordering::Acquire) == 0 {
            return None;
        }
        first(&self.read_set(), subject)
    }

    /// Sets what an operation answers, in place of what was set for it before.
    ///
    /// # Errors
    ///
    /// When the reply is not one that a script could hold; nothing changes then.
    pub(crate) fn set_reply(&self, operation: &Operation, reply: &[u8]) -> Result<ReplyOutcome, ScriptError> {
        let (rules, findings) = load::reply("reply", reply, operation)?;
        let rules: Vec<_> =
            rules.into_iter().map(|rule| (Arc::new(ActiveRule::new(rule)), self.seed)).collect();
        let rule = rules.first().map(|(rule, _)| rule.id().to_owned()).unwrap_or_default();
        let mut set = self.write_set();
        let documents = set.entry(operation.id().as_str().to_owned()).or_default();
        let of_operation = rules_of(documents, operation.document().name());
        of_operation.rules = rules;
        of_operation.text = reply.to_vec();
        self.set_count.store(set.len(), Ordering::Release);
        Ok(ReplyOutcome { rule, findings })
    }

    /// Removes what was set for an operation.
    pub(crate) fn clear_reply(&self, operation: &Operation) {
        let mut set = self.write_set();
        let id = operation.id().as_str();
        if let Some(documents) = set.get_mut(id) {
            documents.retain(|rules| rules.document != operation.document().name());
            if documents.is_empty() {
                set.remove(id);
            }
        }
        self.set_count.store(set.len(), Ordering::Release);
    }

    /// Removes everything set at run time.
    pub(crate) fn clear_replies(&self) {
        let mut set = self.write_set();
        set.clear();
        self.set_count.store(0, Ordering::Release);
    }

    /// Starts every sequence and every count again.
    pub(crate) fn reset_sequences(&self) {
        let set = self.read_set();
        for rules in self.filed.values().chain(set.values()).flatten() {
            rules.rules.iter().for_each(|(rule, _)| rule.reset());
        }
        self.defaults.iter().for_each(ActiveDefaults::reset);
    }

    /// How many rules are in force for an operation.
    pub(crate) fn rule_count(&self, operation: &Operation) -> usize {
        let count = |rules: &Rules| find(rules, operation).map_or(0, |found| found.rules.len());
        count(&self.filed) + count(&self.read_set())
    }

    /// The scripts, the first one first.
    pub(crate) fn scripts(&self) -> &[Script] {
        &self.scripts
    }

    fn read_set(&self) -> RwLockReadGuard<'_, Rules> {
        // Each change to the map is whole before anything in it could panic.
        self.set.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_set(&self) -> RwLockWriteGuard<'_, Rules> {
        self.set.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find<'r>(rules: &'r Rules, operation: &Operation) -> Option<&'r OperationRules> {
    at(rules, operation.id().as_str(), operation.document().name())
}

fn at<'r>(rules: &'r Rules, operation: &str, document: &str) -> Option<&'r OperationRules> {
    rules.get(operation)?.iter().find(|rules| rules.document == document)
}

fn rules_of<'r>(documents: &'r mut Vec<OperationRules>, document: &str) -> &'r mut OperationRules {
    let at = documents.iter().position(|rules| rules.document == document).unwrap_or_else(|| {
        let document = document.to_owned();
        documents.push(OperationRules { document, rules: Vec::new(), text: Vec::new() });
        documents.len() - 1
    });
    &mut documents[at]
}

/// The answer of the first rule that has one.
fn first(rules: &Rules, subject: &Subject<'_>) -> Option<Decision> {
    find(rules, subject.operation)?.rules.iter().find_map(|(rule, seed)| rule.decide(subject, *seed))
}
