//! Rules that come one at a time, the newest asked first, without asking each of them.
//!
//! An index is made of rules once and for all. So that a new rule does not mean a new index of all rules, they are
//! kept in blocks with an index each, and a new rule swallows the newer blocks that are no larger than itself and
//! what it swallowed before: of n rules there are log₂ n blocks at most, and each rule is indexed as often.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Decision;
use super::index::RuleIndex;
use super::rule::ActiveRule;
use super::scope::Scope;
use crate::session::Session;

/// Rules of one operation, the newest first. A clone is what was there when it was made, but for what is removed.
#[derive(Debug, Clone, Default)]
pub(crate) struct RuleStack {
    /// The newest block last.
    blocks: Vec<Arc<Block>>,
}

#[derive(Debug)]
struct Block {
    /// The newest first.
    slots: Vec<Slot>,
    index: RuleIndex,
    /// How many of them are not removed.
    live: AtomicUsize,
}

#[derive(Debug)]
struct Slot {
    rule: Arc<ActiveRule>,
    is_gone: AtomicBool,
}

impl RuleStack {
    /// What the first rule with an answer says of a request.
    pub(crate) fn decide(&self, scope: &Scope<'_>, session: &Session) -> Option<Decision> {
        self.blocks.iter().rev().find_map(|block| {
            let mut candidates = block.index.candidates(scope).filter_map(|place| block.slots.get(place));
            candidates.find_map(|slot| slot.live()?.decide(scope, session))
        })
    }

    /// The rules, the newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<ActiveRule>> {
        self.blocks.iter().rev().flat_map(|block| block.live_rules())
    }

    /// Adds the newest rule.
    pub(crate) fn push(&mut self, rule: Arc<ActiveRule>) {
        let mut rules = vec![rule];
        while let Some(last) = self.blocks.pop_if(|last| last.live.load(Ordering::Relaxed) <= rules.len()) {
            rules.extend(last.live_rules().map(Arc::clone));
        }
        self.blocks.push(Arc::new(Block::new(rules)));
    }

    /// Removes a rule.
    pub(crate) fn remove(&mut self, rule: &Arc<ActiveRule>) {
        let Some((number, place)) = self.find(rule) else { return };
        let block = &self.blocks[number];
        block.slots[place].is_gone.store(true, Ordering::Relaxed);
        let live = block.live.fetch_sub(1, Ordering::Relaxed) - 1;
        if live == 0 {
            self.blocks.remove(number);
        } else if live * 2 < block.slots.len() {
            self.blocks[number] = Arc::new(Block::new(block.live_rules().map(Arc::clone).collect()));
        }
    }

    /// Puts a rule in the place of another.
    pub(crate) fn replace(&mut self, old: &Arc<ActiveRule>, new: &Arc<ActiveRule>) {
        let Some((number, _)) = self.find(old) else { return };
        let chosen = |rule| Arc::clone(if Arc::ptr_eq(rule, old) { new } else { rule });
        self.blocks[number] = Arc::new(Block::new(self.blocks[number].live_rules().map(chosen).collect()));
    }

    fn find(&self, rule: &Arc<ActiveRule>) -> Option<(usize, usize)> {
        self.blocks.iter().enumerate().find_map(|(number, block)| {
            let place = block.slots.iter().position(|slot| Arc::ptr_eq(&slot.rule, rule));
            Some((number, place?))
        })
    }
}

impl Block {
    fn new(rules: Vec<Arc<ActiveRule>>) -> Self {
        let index = RuleIndex::new(rules.iter().map(|rule| rule.when()));
        let live = AtomicUsize::new(rules.len());
        let slots = rules.into_iter().map(|rule| Slot { rule, is_gone: AtomicBool::new(false) });
        Self { slots: slots.collect(), index, live }
    }

    fn live_rules(&self) -> impl Iterator<Item = &Arc<ActiveRule>> {
        self.slots.iter().filter_map(Slot::live)
    }
}

impl Slot {
    fn live(&self) -> Option<&Arc<ActiveRule>> {
        (!self.is_gone.load(Ordering::Relaxed)).then_some(&self.rule)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use counterfoil_openapi::validate::{self, RequestRules};
    use counterfoil_openapi::{BasePaths, Contract, Request, Route, Router};
    use proptest::prelude::*;

    use super::*;
    use crate::script::scope::Kept;
    use crate::script::{Moment, ScriptEngine, Subject};
    use crate::session::Sessions;

    const DOCUMENT: &[u8] =
        b"openapi: 3.0.3\npaths: {'/a/{id}': {get: {operationId: a, parameters: [{name: id, in: \
        path, required: true, schema: {type: integer}}], responses: {'200': {description: ok}}}}}";

    #[derive(Debug, Clone)]
    enum Step {
        Push,
        Remove(usize),
        Replace(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => Just(Step::Push),
            2 => any::<usize>().prop_map(Step::Remove),
            1 => any::<usize>().prop_map(Step::Replace),
        ]
    }

    #[test]
    fn of_many_rules_that_ask_for_a_value_only_a_few_are_asked() {
        let contract = Contract::load("a.yaml", DOCUMENT).unwrap();
        let engine = ScriptEngine::new(Vec::new(), 0, Moment::START);
        let mut stack = RuleStack::default();
        for number in 0..3_000 {
            let text = format!("{{when: {{path.id: {number}}}, status: 200}}");
            let (rules, _) =
                engine.compile(text.as_bytes(), &contract.operations()[0], Moment::START).unwrap();
            rules.into_iter().for_each(|(rule, _)| stack.push(Arc::new(rule)));
        }
        let router = Router::new(contract.operations(), BasePaths::Optional);
        let request = Request::new(http::Method::GET, "/a/1234");
        let Route::Found(found) = router.find(&request.method, request.path()) else {
            panic!("it is documented")
        };
        let reading = validate::request(&found, &request, &RequestRules::default());
        let subject = Subject { operation: found.operation, request: &request, reading: &reading };
        let sessions = Sessions::default();
        let state = Kept { memory: None, session: sessions.unnamed(), initial: &BTreeMap::new() };
        let scope = Scope { subject, state, now: Moment::START };
        let asked: usize = stack.blocks.iter().map(|block| block.index.candidates(&scope).count()).sum();
        assert!((1..=8).contains(&asked), "{asked} rules are asked");
        assert!(stack.decide(&scope, sessions.unnamed()).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_holds_what_a_list_would_and_few_blocks(steps in proptest::collection::vec(step(), 1..200)) {
            let contract = Contract::load("a.yaml", DOCUMENT).unwrap();
            let engine = ScriptEngine::new(Vec::new(), 0, Moment::START);
            let mut number = 0_u32;
            let mut rule = || {
                number += 1;
                let text = format!("{{\"id\": \"r{number}\", \"when\": {{\"path.id\": {number}}}, \"status\": 200}}");
                let (rules, _) = engine.compile(text.as_bytes(), &contract.operations()[0], Moment::START).unwrap();
                Arc::new(rules.into_iter().next().unwrap().0)
            };
            let (mut stack, mut list) = (RuleStack::default(), Vec::new());
            for step in steps {
                match step {
                    Step::Push => {
                        let rule = rule();
                        stack.push(Arc::clone(&rule));
                        list.insert(0, rule);
                    }
                    Step::Remove(place) if !list.is_empty() => stack.remove(&list.remove(place % list.len())),
                    Step::Replace(place) if !list.is_empty() => {
                        let (place, rule) = (place % list.len(), rule());
                        stack.replace(&list[place], &rule);
                        list[place] = rule;
                    }
                    _ => {}
                }
                let ids = |rules: Vec<&Arc<ActiveRule>>| {
                    rules.into_iter().map(|rule| rule.id().to_owned()).collect::<Vec<_>>()
                };
                prop_assert_eq!(ids(stack.iter().collect()), ids(list.iter().collect()));
                prop_assert!(stack.blocks.len() <= 9, "{} blocks", stack.blocks.len());
            }
        }
    }
}
