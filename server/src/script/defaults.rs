//! `defaults`: what holds for every reply of a script's documents, scripted or not.

use counterfoil_openapi::ResponseObject;
use http::StatusCode;

use super::chance::Chance;
use super::check::valid_response;
use super::grammar::{HeaderLine, MAX_DELAY};
use super::load::Script;
use super::rule::header_lines;
use super::scope::Scope;
use super::template::Turn;
use super::{InvalidRequests, ReplySpec, Subject, Unscripted};
use crate::session::{RuleKey, Session};

/// The defaults of one script.
#[derive(Debug)]
pub(super) struct ActiveDefaults {
    script: Script,
    seed: u64,
    /// What the count that their delays are drawn by is kept under.
    key: RuleKey,
}

impl ActiveDefaults {
    /// The defaults of a script; nothing where it has none.
    pub(super) fn of(script: &Script, seed: u64) -> Option<Self> {
        let loaded = script.loaded();
        let defaults = &loaded.defaults;
        let is_empty = defaults.delay.is_none()
            && defaults.headers.is_empty()
            && defaults.media_type.is_none()
            && defaults.unscripted.is_none()
            && defaults.invalid.is_none();
        let seed = loaded.seed.unwrap_or(seed);
        let key = RuleKey::of(&[b"defaults", script.name().as_bytes()]);
        (!is_empty).then(|| Self { script: script.clone(), seed, key })
    }

    /// What their count is kept under.
    pub(super) fn key(&self) -> RuleKey {
        self.key
    }

    /// Whether they hold for the operation of a request.
    pub(super) fn cover(&self, subject: &Subject<'_>) -> bool {
        let document = subject.operation.document().name();
        self.script.loaded().documents.iter().any(|covered| covered == document)
    }

    /// What becomes of requests that no rule answers, where they say.
    pub(super) fn unscripted(&self) -> Option<&Unscripted> {
        self.script.loaded().defaults.unscripted.as_ref()
    }

    /// What becomes of requests that break the contract, where they say.
    pub(super) fn invalid(&self) -> Option<InvalidRequests> {
        self.script.loaded().defaults.invalid
    }

    /// Fills what the reply to a request of a session leaves open.
    pub(super) fn fill(&self, scope: &Scope<'_>, session: &Session, spec: &mut ReplySpec) {
        let subject = &scope.subject;
        let defaults = &self.script.loaded().defaults;
        let is_drawn = spec.delay.is_none() && defaults.delay.is_some();
        let has_holes = defaults.headers.iter().any(HeaderLine::has_holes);
        let is_counted = is_drawn || has_holes;
        let used =
            is_counted.then(|| session.count(self.key).all().claim(None)).flatten().unwrap_or_default();
        let is_said =
            |line: &HeaderLine| spec.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(&line.name));
        let unsaid: Vec<&HeaderLine> = defaults.headers.iter().filter(|line| !is_said(line)).collect();
        spec.templated.headers |= has_holes;
        let mut turn = Turn::new(scope, self.seed, "defaults", used.saturating_add(1));
        match header_lines(unsaid, &mut turn) {
            Ok(lines) => spec.headers.extend(lines),
            Err(unfilled) => spec.unmet = Some(unfilled.to_string()),
        }
        if let (None, Some(delay)) = (spec.delay, defaults.delay) {
            let mut chance = Chance::new(self.seed, "defaults", used);
            spec.delay = Some(delay.draw(&mut chance, MAX_DELAY));
        }
        if let (None, Some(media_type)) = (&spec.media_type, &defaults.media_type) {
            let is_documented = response(subject, spec)
                .is_some_and(|response| response.content.matching(&media_type.name).is_some());
            spec.media_type = is_documented.then(|| media_type.name.clone());
        }
    }
}

/// The response that a reply will be one of, as far as it is known before the pipeline has chosen.
fn response<'s>(subject: &Subject<'s>, spec: &ReplySpec) -> Option<&'s ResponseObject> {
    match spec.status {
        Some(status) => subject.operation.responses().documenting(StatusCode::from_u16(status).ok()?),
        None if subject.reading.violations.is_empty() => valid_response(subject.operation),
        None => None,
    }
}
