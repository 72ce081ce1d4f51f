//! Rules ready to run.

use std::sync::Arc;

use super::chance::Chance;
use super::delay::Delay;
use super::grammar::{MAX_DELAY, When};
use super::sequence::Sequence;
use super::{Decision, ReplySpec, Subject};
use crate::call::Source;
use crate::session::{RuleKey, Session};

/// A rule checked against its operation.
#[derive(Debug)]
pub(super) struct CompiledRule {
    /// Its id, or the name made for it.
    pub(super) id: String,
    /// File and line, for the trail.
    pub(super) place: String,
    pub(super) when: When,
    pub(super) sequence: Sequence<CompiledReply>,
    /// How often it may be used at all.
    pub(super) times: Option<u64>,
    /// The SHA-256 of what the script says it is.
    pub(super) digest: [u8; 32],
}

/// A reply checked against its response.
#[derive(Debug)]
pub(super) struct CompiledReply {
    /// Everything but the delay, which may be drawn anew for each reply.
    pub(super) spec: ReplySpec,
    pub(super) delay: Option<Delay>,
}

/// A rule in force: what it says, and what it is counted under.
#[derive(Debug)]
pub(crate) struct ActiveRule {
    rule: Arc<CompiledRule>,
    key: RuleKey,
    /// What it leaves to chance is drawn by.
    seed: u64,
}

impl ActiveRule {
    /// A rule that is counted under a key.
    pub(super) fn new(rule: Arc<CompiledRule>, key: RuleKey, seed: u64) -> Self {
        Self { rule, key, seed }
    }

    /// The rule, counted as the one that it replaces.
    pub(crate) fn in_place_of(self, other: &Self) -> Self {
        Self { key: other.key, ..self }
    }

    /// What it is counted under.
    pub(crate) fn key(&self) -> RuleKey {
        self.key
    }

    /// The rule's name.
    pub(crate) fn id(&self) -> &str {
        &self.rule.id
    }

    /// The SHA-256 of what the script says it is.
    pub(super) fn digest(&self) -> &[u8; 32] {
        &self.rule.digest
    }

    /// What it answers to a request of a session; nothing where it does not match, or is used up.
    pub(crate) fn decide(&self, subject: &Subject<'_>, session: &Session) -> Option<Decision> {
        let rule = &*self.rule;
        let limit = match (rule.times, rule.sequence.limit()) {
            (Some(times), Some(limit)) => Some(times.min(limit)),
            (times, limit) => times.or(limit),
        };
        if limit.is_some_and(|limit| session.used(self.key) >= limit) {
            return None;
        }
        if !rule.when.admits(subject) {
            return None;
        }
        let tally = session.tally(self.key);
        if let Some(nth) = rule.when.nth {
            let ordinal = tally.see();
            if ordinal < nth.first || ordinal > nth.last {
                return None;
            }
        }
        let used = tally.claim(limit)?;
        let reply = rule.sequence.reply(used)?;
        let mut spec = reply.spec.clone();
        let mut chance = Chance::new(self.seed, &rule.id, used);
        spec.delay = reply.delay.map(|delay| delay.draw(&mut chance, MAX_DELAY));
        Some(Decision {
            source: Source::Rule,
            rule: rule.id.clone(),
            reply: spec,
            trail: format!("rule {} ({}) answers, use {}", rule.id, rule.place, used.saturating_add(1)),
        })
    }
}
