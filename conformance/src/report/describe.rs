//! A failure in words: the labelled lines that every report for people shows.

use std::fmt::Write as _;

use super::text::{counted, cut, one_line, shell_word, thousands, visible};
use crate::event::{Mode, Phase, RecordedExchange, Summary};
use crate::failure::{Failure, Flakiness, Known};

/// What stands before each line of a body, so that no line of a body begins a line of a report.
const BODY_MARK: &str = "| ";

/// One labelled fact; the text has several lines where it shows a body.
pub(super) struct Fact {
    /// One word.
    pub(super) label: &'static str,
    /// Safe to show.
    pub(super) text: String,
}

/// How much is shown of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excerpt {
    /// What people read who go through a list of failures.
    Short,
    /// What is enough to understand one of them.
    Long,
    /// All that is to be had, as far as a page can hold it.
    Whole,
}

impl Excerpt {
    /// The most lines and characters.
    fn limits(self) -> (usize, usize) {
        match self {
            Self::Short => (10, 300),
            Self::Long => (20, 1_500),
            Self::Whole => (2_000, 32_000),
        }
    }
}

/// What is to be known of a failure besides its message. `rerun` is the command that repeats the run, without its
/// seed.
pub(super) fn facts(failure: &Failure, rerun: &str, bodies: Excerpt) -> Vec<Fact> {
    let exchange = &failure.exchange;
    let mut facts = Vec::new();
    let mut add = |label, text: String| facts.push(Fact { label, text });
    if let Some(place) = place(failure) {
        add("document", place);
    }
    if let Some(broken) = &failure.broken {
        add("on purpose", one_line(broken));
    }
    add("request", format!("{} {}", one_line(&exchange.method), one_line(&exchange.url)));
    if let Some(body) = exchange.request_body.as_deref().filter(|body| !body.is_empty()) {
        add("", shown_body(body, bodies));
    }
    add("answer", answer(exchange));
    if let Some(body) = exchange.response_body.as_deref().filter(|body| !body.is_empty()) {
        add("", shown_body(body, bodies));
    }
    add("seen", seen(failure));
    if let Some(known) = &failure.known {
        add("known", self::known(known));
    }
    for step in &failure.reproduction.before {
        add("before", visible(step).into_owned());
    }
    add("curl", visible(&failure.reproduction.curl).into_owned());
    add("rerun", one_line(&format!("{rerun} --seed {}", failure.reproduction.seed)));
    facts
}

/// Where in the document the broken promise stands: `#/paths/... (pets.yaml:12:5)`.
pub(super) fn place(failure: &Failure) -> Option<String> {
    let pointer = failure.document_pointer.as_deref()?;
    Some(match &failure.document_position {
        Some(position) => {
            let (file, line, column) = (&position.file, position.line, position.column);
            one_line(&format!("#{pointer} ({file}:{line}:{column})"))
        }
        None => one_line(&format!("#{pointer}")),
    })
}

/// The command that repeats a run, as far as its events tell.
pub(super) fn rerun_command(document: &str, target: &str) -> String {
    format!("counterfoil test {} --url {}", shell_word(document), shell_word(target))
}

/// The name of a phase, as it is written in flags.
pub(super) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Probing => "probing",
        Phase::Examples => "examples",
        Phase::Coverage => "coverage",
        Phase::Fuzzing => "fuzzing",
        Phase::Stateful => "stateful",
        Phase::Journal => "journal",
    }
}

/// A duration as people read it: `940 us`, `1.2 ms`, `3.40 s`.
pub(super) fn duration(micros: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits at most")]
    let float = micros as f64;
    match micros {
        0..1_000 => format!("{micros} us"),
        1_000..1_000_000 => format!("{:.1} ms", float / 1e3),
        _ => format!("{:.2} s", float / 1e6),
    }
}

/// The media type of a header list, without parameters.
pub(super) fn media_type(headers: &[(String, String)]) -> Option<&str> {
    let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"))?;
    Some(value.split_once(';').map_or(value.as_str(), |(essence, _)| essence).trim())
}

fn answer(exchange: &RecordedExchange) -> String {
    let elapsed = duration(exchange.elapsed_micros);
    let Some(status) = exchange.status else {
        let why = exchange.transport_error.as_deref().unwrap_or("no reason is known");
        return format!("none after {elapsed}: {}", one_line(why));
    };
    let mut answer = format!("{status}");
    if let Some(media_type) = media_type(&exchange.response_headers) {
        let _ = write!(answer, " {}", one_line(media_type));
    }
    match &exchange.response_body {
        Some(body) if !body.is_empty() => {
            let _ = write!(answer, ", {}", counted(body.len() as u64, "byte"));
        }
        _ => answer.push_str(", no text"),
    }
    let _ = write!(answer, ", in {elapsed}");
    if let Some(why) = &exchange.transport_error {
        let _ = write!(answer, ", then: {}", one_line(why));
    }
    answer
}

fn seen(failure: &Failure) -> String {
    let data = match failure.mode {
        Mode::Positive => "valid",
        Mode::Negative => "invalid",
    };
    let recurs = match (failure.flakiness, failure.answered_again) {
        (Flakiness::Recurs, _) => "it recurs".to_owned(),
        (Flakiness::Flaky, Some(status)) => {
            format!("FLAKY: it did not recur when sent again, which was answered {status}")
        }
        (Flakiness::Flaky, None) => "FLAKY: it did not recur when sent again".to_owned(),
        (Flakiness::Untried, _) => "it was not sent again".to_owned(),
    };
    format!(
        "{} with {data} data, first in {}; {recurs}",
        match failure.count {
            1 => "once".to_owned(),
            count => format!("{} times", thousands(count)),
        },
        one_line(&failure.reproduction.case),
    )
}

/// The failures of a run, those that a baseline lists last: those are no news.
pub(super) fn news_first(failures: &[Failure]) -> impl Iterator<Item = &Failure> {
    let known = failures.iter().filter(|failure| failure.known.is_some());
    failures.iter().filter(|failure| failure.known.is_none()).chain(known)
}

/// How many failures a run found, and of which kind: `3 failures (1 known, 1 flaky)`.
pub(super) fn found(counts: &Summary) -> String {
    let kinds = match (counts.known, counts.flaky) {
        (0, 0) => String::new(),
        (0, flaky) => format!(" ({flaky} flaky)"),
        (known, 0) => format!(" ({known} known)"),
        (known, flaky) => format!(" ({known} known, {flaky} flaky)"),
    };
    format!("{}{kinds}", counted(counts.failures, "failure"))
}

/// What a baseline says of a failure, in a line.
pub(super) fn known(known: &Known) -> String {
    let mut text = known.reason.as_deref().unwrap_or("the baseline lists it").to_owned();
    if let Some(ticket) = &known.ticket {
        let _ = write!(text, " ({ticket})");
    }
    if let Some(day) = &known.expires {
        let word = if known.is_expired { "EXPIRED: it was to be mended by" } else { "until" };
        let _ = write!(text, ", {word} {day}");
    }
    one_line(&text)
}

fn shown_body(body: &str, excerpt: Excerpt) -> String {
    let (lines, characters) = excerpt.limits();
    let (head, left_out) = cut(body, lines, characters);
    let mut shown = String::new();
    for line in head.lines() {
        if !shown.is_empty() {
            shown.push('\n');
        }
        shown.push_str(BODY_MARK);
        shown.push_str(&visible(line));
    }
    if left_out > 0 {
        let _ = write!(shown, "\n{BODY_MARK}... {} more", counted(left_out as u64, "byte"));
    }
    shown
}
