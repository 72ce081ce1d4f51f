//! Rules ready to run.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_openapi::Pointer;
use serde_json::Value;

use super::chance::Chance;
use super::clock::Moment;
use super::delay::Delay;
use super::grammar::{Field, HeaderLine, MAX_DELAY, When};
use super::json_patch::JsonPatch;
use super::scope::Scope;
use super::sequence::Sequence;
use super::template::{Template, Turn, Unfilled};
use super::{Decision, ReplySpec};
use crate::call::Source;
use crate::session::{Effects, RuleKey, Session, ValueKey};

/// A rule checked against its operation.
#[derive(Debug)]
pub(super) struct CompiledRule {
    /// Its id, or the name made for it.
    pub(super) id: String,
    /// Where the id is from.
    pub(super) naming: Naming,
    /// File and line, for the trail.
    pub(super) place: String,
    /// The file where it stands, and where in that.
    pub(super) file: Arc<str>,
    pub(super) pointer: Pointer,
    pub(super) when: When,
    pub(super) sequence: Sequence<CompiledReply>,
    /// How often it may be used at all.
    pub(super) times: Option<u64>,
    /// How long it is in force.
    pub(super) expires: Option<Duration>,
    /// The field that each value of has counts of its own.
    pub(super) per: Option<Field>,
    /// What is kept once it has answered.
    pub(super) set: Vec<(String, Template)>,
    /// The SHA-256 of what the script says it is.
    pub(super) digest: [u8; 32],
}

/// Where the id of a rule is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// The rule says it itself.
    Own,
    /// It was made of its place.
    Made,
    /// It was made of the state of a scenario that the rule is a cell of.
    Cell,
}

/// A reply checked against its response.
#[derive(Debug)]
pub(super) struct CompiledReply {
    /// Everything but the delay, which may be drawn anew for each reply, and what templates make.
    pub(super) spec: ReplySpec,
    pub(super) delay: Option<Delay>,
    /// What is made anew for each reply, where anything is.
    pub(super) templates: Option<Box<ReplyTemplates>>,
}

/// The parts of a reply that have holes.
#[derive(Debug)]
pub(super) struct ReplyTemplates {
    pub(super) body: Option<Template>,
    pub(super) patch: Option<Template>,
    pub(super) json_patch: Option<JsonPatch>,
    /// All headers, where one of them has a hole.
    pub(super) headers: Option<Vec<HeaderLine>>,
}

impl CompiledReply {
    /// The reply for one use of its rule, but for its delay.
    fn render<'t>(&self, turn: impl FnOnce() -> Turn<'t>) -> ReplySpec {
        let mut spec = self.spec.clone();
        if let Some(templates) = &self.templates {
            spec.templated.body = templates.makes_body();
            spec.templated.headers = templates.headers.is_some();
            if let Err(unfilled) = templates.render(&mut turn(), &mut spec) {
                spec.unmet = Some(unfilled.to_string());
            }
        }
        spec
    }
}

impl ReplyTemplates {
    fn makes_body(&self) -> bool {
        self.body.is_some() || self.patch.is_some() || self.json_patch.is_some()
    }

    fn render(&self, turn: &mut Turn<'_>, spec: &mut ReplySpec) -> Result<(), Unfilled> {
        if let Some(body) = &self.body {
            // A body that nothing fills is none; null is the nearest to that in JSON.
            spec.body = Some(Arc::new(body.render(turn)?.unwrap_or_default()));
        }
        if let Some(patch) = &self.patch {
            spec.patch = patch.render(turn)?.map(Arc::new);
        }
        if let Some(patch) = &self.json_patch {
            spec.json_patch = Some(Arc::new(patch.render(turn)?));
        }
        if let Some(lines) = &self.headers {
            spec.headers = header_lines(lines, turn)?;
        }
        Ok(())
    }
}

/// The lines of headers, filled; a line that is only a hole that nothing fills says nothing.
pub(super) fn header_lines<'l>(
    lines: impl IntoIterator<Item = &'l HeaderLine>,
    turn: &mut Turn<'_>,
) -> Result<Vec<(String, Option<String>)>, Unfilled> {
    let mut filled = Vec::new();
    for line in lines {
        let Some(text) = &line.value else {
            filled.push((line.name.clone(), None));
            continue;
        };
        if let Some(value) = text.render_header(turn)? {
            filled.push((line.name.clone(), Some(value)));
        }
    }
    Ok(filled)
}

/// A rule in force: what it says, and what it is counted under.
#[derive(Debug)]
pub(crate) struct ActiveRule {
    rule: Arc<CompiledRule>,
    key: RuleKey,
    /// What it leaves to chance is drawn by.
    seed: u64,
    /// When it came into force; of a rule that says the same as one before it, when that did.
    since: Moment,
}

impl ActiveRule {
    /// A rule that is counted under a key.
    pub(super) fn new(rule: Arc<CompiledRule>, key: RuleKey, seed: u64, since: Moment) -> Self {
        Self { rule, key, seed, since }
    }

    /// The rule, counted as the one that it replaces, and in force since that was.
    pub(crate) fn in_place_of(self, other: &Self) -> Self {
        Self { key: other.key, since: other.since, ..self }
    }

    /// The rule, counted as the one that it replaces.
    pub(crate) fn counted_as(self, other: &Self) -> Self {
        Self { key: other.key, ..self }
    }

    /// File and line of what it says.
    pub(crate) fn place(&self) -> &str {
        &self.rule.place
    }

    /// The file where it stands.
    pub(super) fn file(&self) -> &str {
        &self.rule.file
    }

    /// Where it stands there.
    pub(super) fn pointer(&self) -> &Pointer {
        &self.rule.pointer
    }

    /// Which requests it answers.
    pub(super) fn when(&self) -> &When {
        &self.rule.when
    }

    /// How often it answers at most; of a rule that is counted by value, each of them.
    pub(super) fn limit(&self) -> Option<u64> {
        match (self.rule.times, self.rule.sequence.limit()) {
            (Some(times), Some(limit)) => Some(times.min(limit)),
            (times, limit) => times.or(limit),
        }
    }

    /// Whether each value of a field is counted by itself.
    pub(super) fn is_per_value(&self) -> bool {
        self.rule.per.is_some()
    }

    /// How long it is in force.
    pub(super) fn life(&self) -> Option<Duration> {
        self.rule.expires
    }

    /// Whether it is no longer in force in a session.
    pub(super) fn is_over(&self, now: Moment, session: &Session) -> bool {
        self.is_expired(now, session.began())
    }

    /// When it came into force.
    pub(super) fn since(&self) -> Moment {
        self.since
    }

    /// Whether it is no longer in force.
    ///
    /// Rules come into force in a session when it begins, or when they do after that.
    fn is_expired(&self, now: Moment, began: Moment) -> bool {
        let since = self.since.running.max(began.running);
        self.rule.expires.is_some_and(|life| now.running.saturating_sub(since) >= life)
    }

    /// What it is counted under.
    pub(crate) fn key(&self) -> RuleKey {
        self.key
    }

    /// The rule's name.
    pub(crate) fn id(&self) -> &str {
        &self.rule.id
    }

    /// Whether it changes what the session keeps.
    pub(crate) fn changes_memory(&self) -> bool {
        !self.rule.set.is_empty()
    }

    /// The SHA-256 of what the script says it is.
    pub(super) fn digest(&self) -> &[u8; 32] {
        &self.rule.digest
    }

    /// What is kept once it has answered; what nothing fills is removed.
    fn kept(&self, scope: &Scope<'_>, number: u64) -> Result<Vec<(String, Option<Value>)>, Unfilled> {
        if self.rule.set.is_empty() {
            return Ok(Vec::new());
        }
        let mut turn = Turn::new(scope, self.seed, &self.rule.id, number);
        let filled =
            self.rule.set.iter().map(|(name, template)| Ok((name.clone(), template.render(&mut turn)?)));
        filled.collect()
    }

    /// What it answers to a request of a session; nothing where it does not match, is used up or has expired.
    pub(crate) fn decide(&self, scope: &Scope<'_>, session: &Session) -> Option<Decision> {
        let rule = &*self.rule;
        let limit = self.limit();
        if rule.per.is_none() && limit.is_some_and(|limit| session.used(self.key) >= limit) {
            return None;
        }
        if self.is_expired(scope.now, session.began()) || !rule.when.admits(scope) {
            return None;
        }
        let count = session.count(self.key);
        let of_value = rule.per.as_ref().map(|per| count.of_value(ValueKey::of(per.value(scope).as_deref())));
        let tally = of_value.as_deref().unwrap_or(count.all());
        if rule.when.is_counted() && !rule.when.takes(tally.see(), self.seed, &rule.id) {
            return None;
        }
        let used = tally.claim(limit)?;
        if of_value.is_some() {
            count.all().claim(None);
        }
        count.all().stamp(scope.now.unix);
        let reply = rule.sequence.reply(used)?;
        let number = used.saturating_add(1);
        let mut spec = reply.render(|| Turn::new(scope, self.seed, &rule.id, number));
        let mut effects = Effects::default();
        match self.kept(scope, number) {
            // What cannot be answered has no effects.
            Ok(set) if spec.unmet.is_none() => effects.set = set,
            Ok(_) => {}
            Err(unfilled) => spec.unmet = Some(unfilled.to_string()),
        }
        let mut chance = Chance::new(self.seed, &rule.id, used);
        spec.delay = reply.delay.map(|delay| delay.draw(&mut chance, MAX_DELAY));
        Some(Decision {
            source: Source::Rule,
            rule: rule.id.clone(),
            reply: spec,
            trail: format!("rule {} ({}) answers, use {number}", rule.id, rule.place),
            effects,
        })
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;

    use super::*;
    use crate::script::Script;

    #[test]
    fn a_rule_expires_so_long_after_it_came_into_force_and_a_reload_gives_it_no_longer_life() {
        let document =
            b"openapi: 3.0.3\npaths: {/a: {get: {operationId: a, responses: {'200': {description: ok}}}}}";
        let contract = Contract::load("a.yaml", document).unwrap();
        let script = b"script: 1\nrules: { a: { expires: 90s, status: 200 } }";
        let script = Script::load("a.script.yaml", script, &[contract]).unwrap();
        let rule = &script.loaded().operations[0].rules[0];
        let at = |seconds| Moment { running: Duration::from_secs(seconds), ..Moment::START };
        let active = ActiveRule::new(Arc::clone(rule), RuleKey::unique(), 0, at(10));
        let reloaded = ActiveRule::new(Arc::clone(rule), RuleKey::unique(), 0, at(50)).in_place_of(&active);
        // Whatever the system's clock is set to.
        let jumped = Moment { unix: Duration::from_secs(1 << 40), ..at(99) };
        for rule in [&active, &reloaded] {
            assert!([at(0), at(99), jumped].iter().all(|now| !rule.is_expired(*now, Moment::START)));
            assert!(rule.is_expired(at(100), Moment::START) && rule.is_expired(at(100_000), at(5)));
            assert!(!rule.is_expired(at(100), at(11)), "in a session that began later");
        }
    }
}
