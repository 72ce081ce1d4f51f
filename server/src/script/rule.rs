//! Rules ready to run, and how often they have.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::chance::Chance;
use super::delay::Delay;
use super::grammar::{MAX_DELAY, When};
use super::sequence::Sequence;
use super::{Decision, ReplySpec, Subject};
use crate::call::Source;

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

/// A rule in force, with its counters.
///
/// Each counter moves in one atomic step, so that any number of requests at once get each place of a sequence
/// exactly once.
#[derive(Debug)]
pub(super) struct ActiveRule {
    rule: Arc<CompiledRule>,
    /// Shared with the rule that comes in its place with a reload and says the same.
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    /// The requests that all but `nth` held for.
    seen: AtomicU64,
    /// The requests answered.
    used: AtomicU64,
}

impl ActiveRule {
    /// A rule that counts from the start.
    pub(super) fn new(rule: Arc<CompiledRule>) -> Self {
        Self { rule, counters: Arc::default() }
    }

    /// A rule that goes on counting where another one stands.
    pub(super) fn after(rule: Arc<CompiledRule>, other: &Self) -> Self {
        Self { rule, counters: Arc::clone(&other.counters) }
    }

    /// Whether another rule is the same by its text.
    pub(super) fn says_what(&self, other: &CompiledRule) -> bool {
        self.rule.digest == other.digest
    }

    /// The rule's name.
    pub(super) fn id(&self) -> &str {
        &self.rule.id
    }

    /// What it answers to a request; nothing where it does not match, or is used up.
    pub(super) fn decide(&self, subject: &Subject<'_>, seed: u64) -> Option<Decision> {
        let rule = &*self.rule;
        let limit = match (rule.times, rule.sequence.limit()) {
            (Some(times), Some(limit)) => Some(times.min(limit)),
            (times, limit) => times.or(limit),
        };
        if limit.is_some_and(|limit| self.counters.used.load(Ordering::Relaxed) >= limit) {
            return None;
        }
        if !rule.when.admits(subject) {
            return None;
        }
        if let Some(nth) = rule.when.nth {
            let ordinal = self.counters.seen.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            if ordinal < nth.first || ordinal > nth.last {
                return None;
            }
        }
        let used = self.claim(limit)?;
        let reply = rule.sequence.reply(used)?;
        let mut spec = reply.spec.clone();
        spec.delay = reply.delay.map(|delay| delay.draw(&mut Chance::new(seed, &rule.id, used), MAX_DELAY));
        Some(Decision {
            source: Source::Rule,
            rule: rule.id.clone(),
            reply: spec,
            trail: format!("rule {} ({}) answers, use {}", rule.id, rule.place, used.saturating_add(1)),
        })
    }

    /// Takes the next use, unless all are taken.
    fn claim(&self, limit: Option<u64>) -> Option<u64> {
        let Some(limit) = limit else { return Some(self.counters.used.fetch_add(1, Ordering::Relaxed)) };
        let take = |used: u64| (used < limit).then(|| used + 1);
        self.counters.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()
    }

    /// Starts counting again.
    pub(super) fn reset(&self) {
        self.counters.seen.store(0, Ordering::Relaxed);
        self.counters.used.store(0, Ordering::Relaxed);
    }
}
