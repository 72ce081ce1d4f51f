//! Annotations of GitHub workflows: failures as errors, flaky and expired ones as warnings, known ones as notices.

use super::describe;
use super::tally::Tally;
use super::text::{counted, cut, one_line, visible};
use crate::failure::{Failure, Flakiness};

/// Annotations in all: a step shows ten of a kind and drops the others without a word.
const MAX_ANNOTATIONS: usize = 10;
/// Characters of a message; GitHub cuts at 4 KiB.
const MESSAGE: usize = 1_000;

/// The annotations: one workflow command a line, ten at most, known failures last; where there are more failures the
/// last one counts them.
pub fn to_github(tally: &Tally) -> String {
    let mut failures: Vec<(&str, &Failure)> = tally
        .runs()
        .iter()
        .flat_map(|run| run.failures.iter().map(|failure| (run.document.as_str(), failure)))
        .collect();
    failures.sort_by_key(|(_, failure)| failure.known.is_some());
    let shown = if failures.len() > MAX_ANNOTATIONS { MAX_ANNOTATIONS - 1 } else { failures.len() };
    let mut text = String::new();
    for (document, failure) in &failures[..shown] {
        text.push_str(&annotation(document, failure));
    }
    if failures.len() > shown {
        let more = counted((failures.len() - shown) as u64, "more failure");
        text.push_str(&workflow_command(
            "notice",
            &[("title", "counterfoil")],
            &format!("{more}; see the report"),
        ));
    }
    text
}

fn annotation(document: &str, failure: &Failure) -> String {
    let level = match (&failure.known, failure.flakiness) {
        (Some(known), _) if !known.is_expired => "notice",
        (Some(_), _) | (None, Flakiness::Flaky) => "warning",
        (None, Flakiness::Recurs | Flakiness::Untried) => "error",
    };
    let known = failure.known.as_deref().map(describe::known);
    let known = known.map(|known| format!("\nknown: {known}")).unwrap_or_default();
    let title = one_line(&format!("{} in {}", failure.check, failure.label));
    let (message, _) = cut(&failure.message, 20, MESSAGE);
    let place = describe::place(failure).map(|place| format!("\nat {place}")).unwrap_or_default();
    let message = format!("{}{place}{known}\n{}", visible(message), visible(&failure.reproduction.curl));
    let (message, _) = cut(&message, 30, 2 * MESSAGE);
    let (title, _) = cut(&title, 1, 200);
    match &failure.document_position {
        Some(position) => {
            let (line, column) = (position.line.to_string(), position.column.to_string());
            let properties =
                [("file", position.file.as_str()), ("line", &line), ("col", &column), ("title", title)];
            workflow_command(level, &properties, message)
        }
        None => workflow_command(level, &[("file", document), ("title", title)], message),
    }
}

/// A workflow command, with its line feed: no text that it carries ends it early or begins another.
pub fn workflow_command(level: &str, properties: &[(&str, &str)], message: &str) -> String {
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    format!("::{level} {}::{}\n", properties.join(","), data(message))
}

/// What follows the second `::`.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    visible(&text).into_owned()
}

/// The value of a property, which a comma or colon would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a:b,c\n"), "a%3Ab%2Cc%0A");
        assert!(!data("a\u{202e}b").contains('\u{202e}'));
        let command = workflow_command("error", &[("file", "a,b"), ("line", "1")], "x\ny");
        assert_eq!(command, "::error file=a%2Cb,line=1::x%0Ay\n");
    }
}
