//! A line as text.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use counterfoil_conformance::report::{one_line, visible};

use super::event::{Request, Told};
use crate::output::{BAD, CAREFUL, QUIET, TITLE};

/// Violations that are told in full; of the others the number is. The journal has them all.
const MAX_VIOLATIONS: usize = 8;

/// One line without its line feed; an error that shows the place in a file has several.
pub(super) fn line(told: &Told, is_coloured: bool) -> String {
    let paint = Paint { is_coloured };
    let mut line = String::with_capacity(256);
    paint.put(&mut line, QUIET, &told.time);
    line.push(' ');
    match &told.request {
        Some(request) => of_request(request, paint, &mut line),
        None => of_message(told, paint, &mut line),
    }
    line
}

/// Whether styles are written.
#[derive(Debug, Clone, Copy)]
struct Paint {
    is_coloured: bool,
}

impl Paint {
    /// A text in a style, with nothing in it that a terminal acts upon.
    fn put(self, line: &mut String, style: Style, text: &str) {
        if self.is_coloured {
            let _ = write!(line, "{style}");
        }
        match visible(text) {
            Cow::Borrowed(text) if !text.bytes().any(|byte| matches!(byte, b'\n' | b'\t')) => {
                line.push_str(text);
            }
            _ => line.push_str(&one_line(text)),
        }
        if self.is_coloured {
            let _ = write!(line, "{style:#}");
        }
    }
}

fn of_request(request: &Request, paint: Paint, line: &mut String) {
    match request.status {
        Some(status) => paint.put(line, style_of(status), &status.to_string()),
        None => paint.put(line, BAD, "---"),
    }
    line.push(' ');
    paint.put(line, TITLE, &request.method);
    line.push(' ');
    paint.put(line, TITLE, &request.url);
    line.push(' ');
    paint.put(line, Style::new(), request.operation.as_deref().unwrap_or("-"));
    line.push_str(" [");
    paint.put(line, Style::new(), &request.source);
    if let Some(rule) = &request.rule {
        line.push(' ');
        paint.put(line, Style::new(), rule);
    }
    let latency = u32::try_from(request.latency_us).unwrap_or(u32::MAX);
    let _ = write!(line, ", {:.2} ms, call {}", f64::from(latency) / 1e3, request.call);
    if let Some(session) = &request.session {
        line.push_str(" of ");
        paint.put(line, Style::new(), session);
    }
    line.push(']');
    let (style, why, most) = if request.violations.is_empty() {
        (QUIET, request.trail.read(), usize::MAX)
    } else {
        (Style::new(), request.violations.read(), MAX_VIOLATIONS)
    };
    let shown = why.len().min(most);
    for (index, reason) in why[..shown].iter().enumerate() {
        line.push_str(if index == 0 { " " } else { "; " });
        paint.put(line, style, reason);
    }
    if shown < why.len() {
        let _ = write!(line, "; and {} more", why.len() - shown);
    }
    for violation in request.upstream_violations.read().iter().take(MAX_VIOLATIONS) {
        line.push_str("; upstream: ");
        paint.put(line, Style::new(), violation);
    }
}

fn style_of(status: u64) -> Style {
    match status {
        200..300 => AnsiColor::Green.on_default().bold(),
        100..400 => AnsiColor::Cyan.on_default().bold(),
        400..500 => CAREFUL,
        _ => BAD,
    }
}

fn of_message(told: &Told, paint: Paint, line: &mut String) {
    let style = match told.level() {
        "error" => BAD,
        "warn" => CAREFUL,
        _ => Style::new(),
    };
    paint.put(line, style, told.level());
    line.push(' ');
    // Its colours are ours: what a document says in it was made visible where it was put in.
    if paint.is_coloured {
        line.push_str(&told.message);
    } else {
        let _ = write!(line, "{}", anstream::adapter::strip_str(&told.message));
    }
    for (name, value) in &told.others {
        line.push(' ');
        paint.put(line, QUIET, name);
        line.push('=');
        paint.put(line, Style::new(), value);
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;
    use crate::mock::log::event::Texts;

    fn texts(texts: impl IntoIterator<Item = impl Into<serde_json::Value>>) -> Texts {
        Texts::of(serde_json::Value::from_iter(texts).to_string())
    }

    fn request() -> Request {
        Request {
            call: 7,
            session: None,
            method: "GET".to_owned(),
            url: "/pets?\u{7f}a=\u{9b}31m\u{202e}".to_owned(),
            operation: Some("list\u{1b}[2JPets".to_owned()),
            status: Some(404),
            source: "validation".to_owned(),
            rule: None,
            violations: Texts::default(),
            upstream_violations: Texts::default(),
            trail: texts(["request: valid", "status 404: \u{1b}]0;evil\u{7}"]),
            latency_us: 1234,
        }
    }

    fn shown(request: Request, is_coloured: bool) -> String {
        let told = Told {
            time: "2026-01-02T03:04:05.678901Z".to_owned(),
            level: Level::INFO,
            request: Some(request),
            message: String::new(),
            others: Vec::new(),
        };
        line(&told, is_coloured)
    }

    #[test]
    fn nothing_in_a_line_moves_a_terminal() {
        let plain = shown(request(), false);
        assert!(!plain.chars().any(char::is_control) && !plain.contains('\u{202e}'), "{plain:?}");
        let coloured = shown(request(), true);
        let rest = coloured.replace("\u{1b}[0m", "").replace("\u{1b}[1m", "").replace("\u{1b}[2m", "");
        let rest = rest.replace("\u{1b}[33m", "");
        assert!(!rest.chars().any(char::is_control), "{rest:?}");
        assert_ne!(coloured, plain);
    }

    #[test]
    fn a_line_says_what_was_asked_what_was_answered_and_why() {
        let mut invalid = request();
        invalid.url = "/pets?limit=x".to_owned();
        invalid.operation = Some("listPets".to_owned());
        let violations = (1..=10).map(|number| format!("query/p{number}: missing [required]"));
        invalid.violations = texts(violations);
        insta::assert_snapshot!(shown(invalid, false), @"2026-01-02T03:04:05.678901Z 404 GET /pets?limit=x listPets [validation, 1.23 ms, call 7] query/p1: missing [required]; query/p2: missing [required]; query/p3: missing [required]; query/p4: missing [required]; query/p5: missing [required]; query/p6: missing [required]; query/p7: missing [required]; query/p8: missing [required]; and 2 more");
        let named = Request { session: Some("s1".to_owned()), ..request() };
        let line = shown(named, false);
        assert!(line.contains("ms, call 7 of s1] "), "{line}");
    }
}
