//! What somebody asks of a reply: the request by its preferences, or a script by a rule.

use bytes::Bytes;
use serde_json::Value;

use crate::builder::{Bodies, Settings};
use crate::negotiate::prefer::Preferences;
use crate::script::{AllowInvalid, ReplySpec};

/// What is asked for; what is not is left to the document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'w> {
    /// The status.
    pub(crate) status: Option<u16>,
    /// The name of the example.
    pub(crate) example: Option<&'w str>,
    /// The media type.
    pub(crate) media_type: Option<&'w str>,
    /// The body instead of an example.
    pub(crate) body: Option<&'w Value>,
    /// A merge patch over the example.
    pub(crate) patch: Option<&'w Value>,
    /// Operations over the example.
    pub(crate) json_patch: Option<&'w json_patch::Patch>,
    /// Bytes to send as they are.
    pub(crate) file: Option<&'w Bytes>,
    /// Where the body comes from otherwise.
    pub(crate) bodies: Bodies,
    /// What generated bodies are drawn by.
    pub(crate) seed: u64,
    /// What may break the contract.
    pub(crate) allow_invalid: AllowInvalid,
}

impl<'w> Wish<'w> {
    /// What the preferences of a request ask for, or else the script, over how the stub was set up.
    pub(crate) fn new(
        settings: &Settings,
        preferences: &'w Preferences,
        reply: Option<&'w ReplySpec>,
    ) -> Self {
        // What a script's defaults say of bodies means nothing to a reply that the request itself names.
        let reply = reply.filter(|_| !preferences.names_a_reply());
        let scripted = reply.is_some_and(|reply| reply.generate).then_some(Bodies::Generated);
        Self {
            status: preferences.code.or(reply.and_then(|reply| reply.status)),
            example: preferences.example.as_deref().or(reply.and_then(|reply| reply.example.as_deref())),
            media_type: reply.and_then(|reply| reply.media_type.as_deref()),
            body: reply.and_then(|reply| reply.body.as_deref()),
            patch: reply.and_then(|reply| reply.patch.as_deref()),
            json_patch: reply.and_then(|reply| reply.json_patch.as_deref()),
            file: reply.and_then(|reply| reply.file.as_ref()),
            bodies: preferences.bodies.or(scripted).unwrap_or(settings.bodies),
            seed: preferences.seed.unwrap_or(settings.seed),
            allow_invalid: reply.map(|reply| reply.allow_invalid).unwrap_or_default(),
        }
    }

    /// What is asked of the reply to an invalid request: all but its status, which the document names.
    pub(crate) fn error(
        settings: &Settings,
        preferences: &'w Preferences,
        reply: Option<&'w ReplySpec>,
    ) -> Self {
        Self { status: None, ..Self::new(settings, preferences, reply) }
    }
}
