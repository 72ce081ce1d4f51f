//! `defaults`: what holds for every reply of a script's documents, scripted or not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use counterfoil_openapi::ResponseObject;
use http::StatusCode;

use super::chance::Chance;
use super::check::valid_response;
use super::grammar::MAX_DELAY;
use super::load::Script;
use super::{ReplySpec, Subject, Unscripted};

/// The defaults of one script, with the count that their delays are drawn by.
#[derive(Debug)]
pub(super) struct ActiveDefaults {
    script: Script,
    seed: u64,
    /// Shared with the defaults that come in their place with a reload.
    used: Arc<AtomicU64>,
}

impl ActiveDefaults {
    /// The defaults of a script; nothing where it has none.
    pub(super) fn of(script: &Script, seed: u64) -> Option<Self> {
        let loaded = script.loaded();
        let defaults = &loaded.defaults;
        let is_empty = defaults.delay.is_none()
            && defaults.headers.is_empty()
            && defaults.media_type.is_none()
            && defaults.unscripted.is_none();
        let seed = loaded.seed.unwrap_or(seed);
        (!is_empty).then(|| Self { script: script.clone(), seed, used: Arc::default() })
    }

    /// Goes on counting where the defaults of the same script stood, if there were any.
    pub(super) fn after(self, others: &[Self]) -> Self {
        match others.iter().find(|other| other.script.name() == self.script.name()) {
            Some(other) => Self { used: Arc::clone(&other.used), ..self },
            None => self,
        }
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

    /// Fills what a reply leaves open.
    pub(super) fn fill(&self, subject: &Subject<'_>, spec: &mut ReplySpec) {
        let defaults = &self.script.loaded().defaults;
        let said = spec.headers.len();
        for line in &defaults.headers {
            if !spec.headers[..said].iter().any(|(name, _)| name.eq_ignore_ascii_case(&line.name)) {
                spec.headers.push((line.name.clone(), line.value.clone()));
            }
        }
        if let (None, Some(delay)) = (spec.delay, defaults.delay) {
            let used = self.used.fetch_add(1, Ordering::Relaxed);
            let mut chance = Chance::new(self.seed, "defaults", used);
            spec.delay = Some(delay.draw(&mut chance, MAX_DELAY));
        }
        if let (None, Some(media_type)) = (&spec.media_type, &defaults.media_type) {
            let is_documented = response(subject, spec)
                .is_some_and(|response| response.content.matching(&media_type.name).is_some());
            spec.media_type = is_documented.then(|| media_type.name.clone());
        }
    }

    /// Starts counting again.
    pub(super) fn reset(&self) {
        self.used.store(0, Ordering::Relaxed);
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
