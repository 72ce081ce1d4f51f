//! The fields of an event.

use std::borrow::Cow;
use std::fmt::{Debug, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Level};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};

/// An event, with what a line is made of.
#[derive(Debug)]
pub(super) struct Told {
    /// When, in UTC (RFC 3339).
    pub(super) time: String,
    pub(super) level: Level,
    /// Set where the event is a request.
    pub(super) request: Option<Request>,
    pub(super) message: String,
    /// What else it says, by name; of a request nothing.
    pub(super) others: Vec<(&'static str, String)>,
}

/// What is told of a request.
#[derive(Debug, Default)]
pub(super) struct Request {
    pub(super) call: u64,
    /// The session that the request named, if any.
    pub(super) session: Option<String>,
    pub(super) method: String,
    pub(super) url: String,
    pub(super) operation: Option<String>,
    pub(super) status: Option<u64>,
    pub(super) source: String,
    pub(super) rule: Option<String>,
    pub(super) violations: Texts,
    pub(super) upstream_violations: Texts,
    pub(super) trail: Texts,
    pub(super) latency_us: u64,
}

/// A list of texts, as the JSON that it came as: not every line shows each.
#[derive(Debug, Default)]
pub(super) struct Texts(String);

impl Texts {
    /// The texts of a JSON array; anything else is a text by itself.
    pub(super) fn of(json: impl Into<String>) -> Self {
        Self(json.into())
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self.0.as_str(), "" | "[]")
    }

    pub(super) fn read(&self) -> Vec<Cow<'_, str>> {
        if self.is_empty() {
            return Vec::new();
        }
        // A text without escapes is read where it stands.
        if let Ok(texts) = serde_json::from_str::<Vec<&str>>(&self.0) {
            return texts.into_iter().map(Cow::Borrowed).collect();
        }
        match serde_json::from_str::<Vec<String>>(&self.0) {
            Ok(texts) => texts.into_iter().map(Cow::Owned).collect(),
            Err(_) => vec![Cow::Borrowed(&self.0)],
        }
    }
}

impl Told {
    /// Takes an event apart.
    pub(super) fn of(event: &Event<'_>) -> Self {
        let is_request = event.metadata().target() == counterfoil_server::REQUEST_TARGET;
        let mut told = Self {
            time: now(),
            level: *event.metadata().level(),
            request: is_request.then(Request::default),
            message: String::new(),
            others: Vec::new(),
        };
        event.record(&mut told);
        told
    }

    /// How the level is written.
    pub(super) fn level(&self) -> &'static str {
        match self.level {
            Level::ERROR => "error",
            Level::WARN => "warn",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        }
    }
}

fn now() -> String {
    let mut time = String::with_capacity(32);
    // Nothing can go wrong when a text is written to.
    let _ = SystemTime.format_time(&mut Writer::new(&mut time));
    time
}

impl Visit for Told {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match (&mut self.request, field.name()) {
            (Some(request), "call") => request.call = value,
            (Some(request), "status") => request.status = Some(value),
            (Some(request), "latency_us") => request.latency_us = value,
            (_, name) => self.others.push((name, value.to_string())),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match (&mut self.request, field.name()) {
            (_, "message") => value.clone_into(&mut self.message),
            (Some(request), "session") => request.session = Some(value.to_owned()),
            (Some(request), "method") => value.clone_into(&mut request.method),
            (Some(request), "url") => value.clone_into(&mut request.url),
            (Some(request), "operation") => request.operation = Some(value.to_owned()),
            (Some(request), "source") => value.clone_into(&mut request.source),
            (Some(request), "rule") => request.rule = Some(value.to_owned()),
            (Some(request), "violations") => request.violations = Texts::of(value),
            (Some(request), "upstream_violations") => request.upstream_violations = Texts::of(value),
            (Some(request), "trail") => request.trail = Texts::of(value),
            (_, name) => self.others.push((name, value.to_owned())),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        let _ = write!(text, "{value:?}");
        self.record_str(field, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_with_and_without_escapes() {
        let table: [(&str, &[&str]); 5] = [
            ("", &[]),
            ("[]", &[]),
            (r#"["a","b [c]"]"#, &["a", "b [c]"]),
            (r#"["a","\"b\"\n"]"#, &["a", "\"b\"\n"]),
            ("no list", &["no list"]),
        ];
        for (json, texts) in table {
            assert_eq!(Texts::of(json).read(), texts, "{json}");
            assert_eq!(Texts::of(json).is_empty(), texts.is_empty(), "{json}");
        }
    }
}
