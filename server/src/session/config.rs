//! `sessions` of a script: how requests name a session, and how long sessions are kept.

use std::time::Duration;

use http::HeaderName;

/// How many sessions there are at most, unless a script says otherwise; the unnamed one is not counted.
pub const MAX_SESSIONS: usize = 1_000;
/// How long a session is kept after its last request, unless a script says otherwise.
pub const DEFAULT_SESSION_TTL: Duration = Duration::from_secs(600);
/// The longest name of a session, in characters.
pub const MAX_SESSION_NAME: usize = 64;

const HEADER: HeaderName = HeaderName::from_static("counterfoil-session");
const BAGGAGE: &str = "counterfoil-session";

/// What one script says.
#[derive(Debug, Clone, Default)]
pub(crate) struct SessionWords {
    pub(crate) header: Option<HeaderName>,
    pub(crate) baggage: Option<String>,
    pub(crate) ttl: Option<Duration>,
    pub(crate) max: Option<usize>,
}

impl SessionWords {
    /// What these leave open, as others have it.
    pub(crate) fn or(self, others: Self) -> Self {
        Self {
            header: self.header.or(others.header),
            baggage: self.baggage.or(others.baggage),
            ttl: self.ttl.or(others.ttl),
            max: self.max.or(others.max),
        }
    }
}

/// What holds, once all scripts were heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionRules {
    /// The header that names a session.
    pub(crate) header: HeaderName,
    /// The key of `baggage` that names one.
    pub(crate) baggage: String,
    /// How long one is kept after its last request.
    pub(crate) ttl: Duration,
    /// How many there are at most.
    pub(crate) max: usize,
}

impl SessionRules {
    /// Of what several scripts say, the first one's word counts.
    pub(crate) fn merge<'w>(words: impl Iterator<Item = &'w SessionWords> + Clone) -> Self {
        Self {
            header: words.clone().find_map(|words| words.header.clone()).unwrap_or(HEADER),
            baggage: words
                .clone()
                .find_map(|words| words.baggage.clone())
                .unwrap_or_else(|| BAGGAGE.to_owned()),
            ttl: words.clone().find_map(|words| words.ttl).unwrap_or(DEFAULT_SESSION_TTL),
            max: words.clone().find_map(|words| words.max).unwrap_or(MAX_SESSIONS),
        }
    }
}
