//! All rules that were loaded, and which of them answers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, MutexGuard};

use counterfoil_openapi::{Finding, Operation};
use serde_json::Value;

use super::clock::Moment;
use super::defaults::ActiveDefaults;
use super::expectation::Expectation;
use super::index::RuleIndex;
use super::load::{self, Script, ScriptError};
use super::resource::ActiveResource;
use super::rule::{ActiveRule, CompiledRule, Naming};
use super::said::{SaidRule, SaidRules};
use super::scenario::{ActiveScenario, ScenarioInfo};
use super::scope::{Kept, Scope};
use super::{Decision, InvalidRequests, ReplySpec, Subject, Unscripted};
use crate::session::{Locked, MAX_STATE_BYTES, Memory, RuleKey, Session, SessionRules};
use crate::upstream::{Origin, Reach};

/// Holds the scripts of a stub and decides by them. It never changes: what is counted and set at run time is in the
/// session that a request belongs to.
///
/// Rules set at run time come first, then those of the files, the first script's first, each from top to bottom; the
/// first that matches and is not used up answers. What an operation without rules costs is one look-up by name.
#[derive(Debug)]
pub(crate) struct ScriptEngine {
    scripts: Vec<Script>,
    defaults: Vec<ActiveDefaults>,
    /// The rules of the files.
    filed: Rules,
    /// What they and the defaults are counted under.
    keys: HashSet<RuleKey>,
    sessions: SessionRules,
    /// What is kept from the start; of several scripts the first one's word counts.
    state: BTreeMap<String, Value>,
    /// The servers that rules set at run time may forward to.
    reach: Reach,
    seed: u64,
}

/// A rule in force and what it says.
type Compiled = (ActiveRule, SaidRule);

/// Rules by the operation's id, then by its document's name.
type Rules = HashMap<String, Vec<OperationRules>>;

#[derive(Debug, Default)]
struct OperationRules {
    document: String,
    /// In the order they are asked.
    rules: Vec<ActiveRule>,
    /// Which of them a request can match.
    index: RuleIndex,
    /// Asked before the rules.
    scenarios: Vec<ActiveScenario>,
    /// Asked after the rules.
    resource: Option<ActiveResource>,
    /// Whether one of all these changes what is kept.
    changes_memory: bool,
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
    /// no seed of their own, and they are in force from `now` on.
    pub(crate) fn new(scripts: Vec<Script>, seed: u64, now: Moment) -> Self {
        Self::after(scripts, (seed, Reach::default()), now, &HashMap::new())
    }

    /// The same, where rules set at run time may forward to these servers too.
    pub(crate) fn reaching<'o>(self, more: impl IntoIterator<Item = &'o Origin>) -> Self {
        Self { reach: self.reach.and(more), ..self }
    }

    /// The servers that what is said at run time may forward to.
    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// An engine whose rules are in force from now on, but for those that were before.
    fn after(
        scripts: Vec<Script>,
        (seed, reach): (u64, Reach),
        now: Moment,
        before: &HashMap<RuleKey, Moment>,
    ) -> Self {
        // A script that came over the control API names none but those.
        let reach = reach.and(scripts.iter().flat_map(|script| &script.loaded().upstreams));
        let since = |key: RuleKey| before.get(&key).copied().unwrap_or(now);
        let mut filed = Rules::new();
        let mut keys = HashSet::new();
        for script in &scripts {
            let loaded = script.loaded();
            let seed = loaded.seed.unwrap_or(seed);
            for scripted in &loaded.operations {
                let of_operation =
                    rules_of(filed.entry(scripted.operation.clone()).or_default(), &scripted.document);
                for rule in &scripted.rules {
                    let key = new_key(&mut keys, &scripted.document, &scripted.operation, rule);
                    of_operation.rules.push(ActiveRule::new(Arc::clone(rule), key, seed, since(key)));
                }
            }
            for scenario in &loaded.scenarios {
                for of in &scenario.operations {
                    let of_operation = rules_of(filed.entry(of.operation.clone()).or_default(), &of.document);
                    let active = |rule: &Arc<CompiledRule>| {
                        let key = new_key(&mut keys, &of.document, &of.operation, rule);
                        ActiveRule::new(Arc::clone(rule), key, seed, since(key))
                    };
                    of_operation.scenarios.push(ActiveScenario::new(scenario, of, active));
                }
            }
            for resource in &loaded.resources {
                for (place, of) in resource.operations.iter().enumerate() {
                    let of_operation = rules_of(filed.entry(of.operation.clone()).or_default(), &of.document);
                    let active = ActiveResource { resource: Arc::clone(resource), operation: place, seed };
                    of_operation.resource.get_or_insert(active);
                }
            }
        }
        for of in filed.values_mut().flatten() {
            of.index = RuleIndex::new(of.rules.iter().map(ActiveRule::when));
        }
        let defaults: Vec<_> = scripts.iter().filter_map(|script| ActiveDefaults::of(script, seed)).collect();
        keys.extend(defaults.iter().map(ActiveDefaults::key));
        let sessions = SessionRules::merge(scripts.iter().map(|script| &script.loaded().sessions));
        for of in filed.values_mut().flatten() {
            of.changes_memory = !of.scenarios.is_empty()
                || of.resource.is_some()
                || of.rules.iter().any(ActiveRule::changes_memory);
        }
        let mut state = BTreeMap::new();
        for (name, value) in scripts.iter().flat_map(|script| &script.loaded().state) {
            state.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Self { scripts, defaults, filed, keys, sessions, state, reach, seed }
    }

    /// The engine over other scripts, and what becomes of the rules: one of the same id and text, for the same
    /// operation, is counted under the same key.
    pub(crate) fn succeed(&self, scripts: Vec<Script>, now: Moment) -> (Self, Succession) {
        let rules = self.filed.values().flatten().flat_map(|of| &of.rules);
        let before = rules.map(|rule| (rule.key(), rule.since())).collect();
        let new = Self::after(scripts, (self.seed, self.reach.clone()), now, &before);
        let mut succession = Succession::default();
        let (old_rules, new_rules) = (by_name(&self.filed), by_name(&new.filed));
        for (name, rule) in &new_rules {
            match old_rules.get(name) {
                None => succession.added.push(rule.id().to_owned()),
                Some(old) if old.digest() != rule.digest() => succession.changed.push(rule.id().to_owned()),
                Some(_) => {}
            }
        }
        let gone = old_rules.iter().filter(|(name, _)| !new_rules.contains_key(*name));
        succession.removed.extend(gone.map(|(_, old)| old.id().to_owned()));
        for names in [&mut succession.added, &mut succession.changed, &mut succession.removed] {
            names.sort_unstable();
        }
        (new, succession)
    }

    /// Whether something of the files is counted under a key.
    pub(crate) fn counts_under(&self, key: RuleKey) -> bool {
        self.keys.contains(&key)
    }

    /// How requests name sessions, and how long those are kept.
    pub(crate) fn session_rules(&self) -> &SessionRules {
        &self.sessions
    }

    /// Reads what one operation is to answer, in the grammar of an entry of `rules`; with it come warnings and notes.
    ///
    /// # Errors
    ///
    /// When it is nothing that a script could hold.
    pub(crate) fn compile(
        &self,
        text: &[u8],
        operation: &Operation,
        now: Moment,
    ) -> Result<(Vec<Compiled>, Vec<Finding>), ScriptError> {
        let (rules, findings) = load::reply("reply", text, operation, &self.reach)?;
        let active = |rule| ActiveRule::new(rule, RuleKey::unique(), self.seed, now);
        Ok((rules.into_iter().map(|(rule, said)| (active(rule), said)).collect(), findings))
    }

    /// Reads one rule of an operation, as a map of what it says; it is called `id` where it does not say so itself.
    ///
    /// # Errors
    ///
    /// When it is nothing that a script could hold.
    pub(crate) fn compile_rule(
        &self,
        text: &[u8],
        operation: &Operation,
        id: &str,
        now: Moment,
    ) -> Result<(ActiveRule, SaidRule, Vec<Finding>), ScriptError> {
        let (rules, findings) = load::set_rule(text, operation, id, &self.reach)?;
        let (rule, said) = rules.into_iter().next().expect("a rule without errors is one rule");
        Ok((ActiveRule::new(rule, RuleKey::unique(), self.seed, now), said, findings))
    }

    /// The rules of a script that is not one of these, by operation and document, as if each was set by itself.
    pub(crate) fn rules_apart(
        &self,
        script: &Script,
        now: Moment,
    ) -> Vec<(String, String, ActiveRule, SaidRule)> {
        let loaded = script.loaded();
        let seed = loaded.seed.unwrap_or(self.seed);
        let mut said = SaidRules::new(std::slice::from_ref(script));
        let mut rules = Vec::new();
        for of in &loaded.operations {
            for rule in &of.rules {
                let rule = ActiveRule::new(Arc::clone(rule), RuleKey::unique(), seed, now);
                let text = said.of(&rule);
                rules.push((of.operation.clone(), of.document.clone(), rule, text));
            }
        }
        rules
    }

    /// The rules of the files for an operation, in the order they are asked.
    pub(crate) fn rules_of(&self, operation: &Operation) -> &[ActiveRule] {
        find(&self.filed, operation).map_or(&[], |of| &of.rules)
    }

    /// Whether a rule of the files has this id.
    pub(crate) fn has_named(&self, id: &str) -> bool {
        self.filed.values().flatten().flat_map(|of| &of.rules).any(|rule| rule.id() == id)
    }

    /// What the rules of the files say.
    pub(crate) fn said(&self) -> SaidRules<'_> {
        SaidRules::new(&self.scripts)
    }

    /// What the scripts say of a request of a session; nothing where none has an answer.
    ///
    /// Where something of the operation changes what the session keeps, it is held from the first condition to the
    /// last change: of requests at once one comes after the other.
    pub(crate) fn decide(&self, subject: &Subject<'_>, session: &Session) -> Option<Decision> {
        let filed = find(&self.filed, subject.operation);
        if filed.is_none() && !session.has_set_rules() {
            return None;
        }
        let is_held = filed.is_some_and(|filed| filed.changes_memory) || session.changes_memory();
        let memory = is_held.then(|| session.memory());
        let scope = &self.scope(subject, session, memory.as_deref());
        let by_scenario = || {
            let (filed, memory) = (filed?, memory.as_deref()?);
            filed.scenarios.iter().find_map(|scenario| scenario.decide(scope, memory, session))
        };
        let by_rule = || {
            let of = filed?;
            of.index.candidates(scope).find_map(|place| of.rules.get(place)?.decide(scope, session))
        };
        let Some(mut decision) = session.decide(scope).or_else(by_scenario).or_else(by_rule) else {
            return self.by_resource(filed?.resource.as_ref()?, subject, session, memory);
        };
        let effects = std::mem::take(&mut decision.effects);
        if !effects.is_empty() {
            // A rule that was set just now may be the first that changes anything.
            let mut memory = memory.unwrap_or_else(|| session.memory());
            if let Err(full) = memory.apply(effects) {
                let why = format_args!("all values kept take more than {MAX_STATE_BYTES} bytes");
                decision.reply.unmet = Some(full.told(why));
            }
        } else {
            drop(memory);
        }
        self.fill(&self.scope(subject, session, None), session, &mut decision.reply);
        Some(decision)
    }

    /// What a resource says of a request, which it gets to see where it keeps to the contract.
    fn by_resource<'s>(
        &self,
        resource: &ActiveResource,
        subject: &Subject<'s>,
        session: &'s Session,
        memory: Option<Locked<MutexGuard<'s, Memory>>>,
    ) -> Option<Decision> {
        if !subject.reading.violations.is_empty() {
            return None;
        }
        let scope = self.scope(subject, session, None);
        let outcome = resource.act(&scope, &mut memory.unwrap_or_else(|| session.memory()));
        let mut decision = resource.answer(&scope, outcome);
        self.fill(&scope, session, &mut decision.reply);
        Some(decision)
    }

    /// The resources of all scripts, in order; of those of one name the first.
    pub(crate) fn resources(&self) -> impl Iterator<Item = ActiveResource> {
        let mut names = HashSet::new();
        let all = self.scripts.iter().flat_map(|script| {
            let loaded = script.loaded();
            let seed = loaded.seed.unwrap_or(self.seed);
            loaded.resources.iter().map(move |resource| ActiveResource {
                resource: Arc::clone(resource),
                operation: 0,
                seed,
            })
        });
        all.filter(move |active| names.insert(active.resource.name.clone()))
    }

    /// The resource of a name.
    pub(crate) fn resource(&self, name: &str) -> Option<ActiveResource> {
        self.resources().find(|resource| resource.info().name == name)
    }

    /// What scripts see of a request; of what is kept, as it is under the lock that is held, or else as it is when
    /// they look.
    fn scope<'s>(
        &'s self,
        subject: &Subject<'s>,
        session: &'s Session,
        memory: Option<&'s Memory>,
    ) -> Scope<'s> {
        Scope { subject: *subject, state: Kept { memory, session, initial: &self.state }, now: session.now() }
    }

    /// The scenarios of all scripts, in order.
    pub(crate) fn scenarios(&self) -> impl Iterator<Item = ScenarioInfo<'_>> {
        self.scripts.iter().flat_map(|script| &script.loaded().scenarios).map(|scenario| scenario.info())
    }

    /// What the scripts expect to have been called in the end.
    pub(crate) fn expectations(&self) -> impl Iterator<Item = &Arc<Expectation>> {
        self.scripts.iter().flat_map(|script| &script.loaded().expectations)
    }

    /// What scripts see of a request that was recorded; what is kept is as it is now.
    pub(crate) fn recorded_scope<'s>(
        &'s self,
        subject: &Subject<'s>,
        session: &'s Session,
        memory: Option<&'s Memory>,
    ) -> Scope<'s> {
        self.scope(subject, session, memory)
    }

    /// What is kept from the start.
    pub(crate) fn state(&self) -> &BTreeMap<String, Value> {
        &self.state
    }

    /// What holds for the reply to a request that no rule answers; nothing where no script has defaults for it.
    pub(crate) fn unscripted(&self, subject: &Subject<'_>, session: &Session) -> Option<ReplySpec> {
        if !self.defaults.iter().any(|defaults| defaults.cover(subject)) {
            return None;
        }
        let generate = self.on_unscripted(subject) == Some(Unscripted::Generate);
        let mut spec = ReplySpec { generate, ..ReplySpec::default() };
        self.fill(&self.scope(subject, session, None), session, &mut spec);
        Some(spec)
    }

    /// What the first script that has a say in it wants done with a request that no rule answers.
    pub(crate) fn on_unscripted(&self, subject: &Subject<'_>) -> Option<Unscripted> {
        let defaults = self.defaults.iter().filter(|defaults| defaults.cover(subject));
        defaults.filter_map(ActiveDefaults::unscripted).next().cloned()
    }

    /// What the first script that has a say in it wants done with a request that breaks the contract.
    pub(crate) fn on_invalid(&self, subject: &Subject<'_>) -> InvalidRequests {
        let defaults = self.defaults.iter().filter(|defaults| defaults.cover(subject));
        defaults.filter_map(ActiveDefaults::invalid).next().unwrap_or(InvalidRequests::Refused)
    }

    /// Whether a script forwards requests.
    pub(crate) fn forwards(&self) -> bool {
        self.scripts.iter().any(|script| {
            let loaded = script.loaded();
            !loaded.upstreams.is_empty() || matches!(loaded.defaults.unscripted, Some(Unscripted::Proxy(_)))
        })
    }

    /// The name of a script that forwards requests to an upstream that it does not name.
    pub(crate) fn lacks_upstream(&self) -> Option<&str> {
        self.scripts.iter().find(|script| script.lacks_upstream()).map(Script::name)
    }

    /// Fills what a reply leaves open; the first script's defaults come first.
    fn fill(&self, scope: &Scope<'_>, session: &Session, spec: &mut ReplySpec) {
        for defaults in self.defaults.iter().filter(|defaults| defaults.cover(&scope.subject)) {
            defaults.fill(scope, session, spec);
        }
    }

    /// The scenarios that say something of an operation, in the order in which they are asked.
    pub(super) fn scenarios_of(&self, operation: &Operation) -> &[ActiveScenario] {
        find(&self.filed, operation).map_or(&[], |found| &found.scenarios)
    }

    /// How many rules of the files there are for an operation.
    pub(crate) fn rule_count(&self, operation: &Operation) -> usize {
        find(&self.filed, operation).map_or(0, |found| found.rules.len())
    }

    /// The scripts, the first one first.
    pub(crate) fn scripts(&self) -> &[Script] {
        &self.scripts
    }
}

fn find<'r>(rules: &'r Rules, operation: &Operation) -> Option<&'r OperationRules> {
    let document = operation.document().name();
    rules.get(operation.id().as_str())?.iter().find(|rules| rules.document == document)
}

/// The rules by operation, document and id; of those that share all three the first.
fn by_name(rules: &Rules) -> HashMap<(&str, &str, &str), &ActiveRule> {
    let mut named = HashMap::new();
    for (operation, documents) in rules {
        for of in documents {
            for rule in of.rules.iter().chain(of.scenarios.iter().flat_map(ActiveScenario::rules)) {
                named.entry((operation.as_str(), of.document.as_str(), rule.id())).or_insert(rule);
            }
        }
    }
    named
}

/// What a rule is counted under: its id, or what it says where it has none, so that it goes on where it stood after
/// others were put before it.
fn new_key(keys: &mut HashSet<RuleKey>, document: &str, operation: &str, rule: &CompiledRule) -> RuleKey {
    let [document, operation, id] = [document, operation, &rule.id].map(str::as_bytes);
    let mut key = match rule.naming {
        Naming::Own => RuleKey::of(&[b"named", document, operation, id]),
        Naming::Made => RuleKey::of(&[b"said", document, operation, &rule.digest]),
        Naming::Cell => RuleKey::of(&[b"cell", document, operation, id, &rule.digest]),
    };
    // Another rule may say the same again.
    while !keys.insert(key) {
        key = key.next();
    }
    key
}

fn rules_of<'r>(documents: &'r mut Vec<OperationRules>, document: &str) -> &'r mut OperationRules {
    let at = documents.iter().position(|rules| rules.document == document).unwrap_or_else(|| {
        documents.push(OperationRules { document: document.to_owned(), ..OperationRules::default() });
        documents.len() - 1
    });
    &mut documents[at]
}
