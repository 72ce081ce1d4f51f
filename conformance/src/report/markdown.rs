//! Markdown, for the step summary of a CI server.

use std::fmt::Write as _;

use super::covered::covered;
use super::describe::{self, Excerpt};
use super::tally::{RunTally, Tally};
use super::text::{counted, cut, one_line, visible};
use crate::failure::Failure;

/// Failures shown in full; the others are counted. A step summary may have one MiB at most.
const SHOWN_FAILURES: usize = 50;
/// Bytes at most.
const MAX_BYTES: usize = 900 << 10;

/// Characters of a message, its lines, and characters of what names something.
const MESSAGE: usize = 2_000;
const MESSAGE_LINES: usize = 40;
const NAME: usize = 200;

/// The Markdown report.
pub fn to_markdown(tally: &Tally) -> String {
    let mut text = String::new();
    for run in tally.runs() {
        write_run(&mut text, run);
    }
    text
}

fn write_run(text: &mut String, run: &RunTally) {
    let counts = run.counts();
    let _ = writeln!(text, "## {}\n", escaped(cut(&run.title, 1, NAME).0));
    let _ = writeln!(
        text,
        "{} in {} of {} against {}, seed {}.\n",
        describe::found(&counts),
        counted(counts.cases, "case"),
        counted(counts.operations, "operation"),
        code(&run.target),
        run.seed
    );
    text.push_str("| operation | cases | statuses | failures |\n|---|--:|---|--:|\n");
    for operation in run.operations.values() {
        if text.len() > MAX_BYTES / 2 {
            text.push_str("| ... | | | |\n");
            break;
        }
        let statuses: Vec<String> =
            operation.statuses.iter().map(|(status, count)| format!("{status} × {count}")).collect();
        let about = &operation.operation;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            code(cut(&format!("{} {}", about.method, about.path), 1, NAME).0),
            operation.cases,
            statuses.join(", "),
            operation.failures
        );
    }
    let covered = covered(run).map(|(what, count)| format!("{what} {count}"));
    let _ = writeln!(text, "\nCovered: {}.\n", covered.join(", "));
    for (index, failure) in describe::news_first(&run.failures).enumerate() {
        let written = failure_section(failure, &run.rerun);
        if index >= SHOWN_FAILURES || text.len() + written.len() > MAX_BYTES {
            let left_out = counted((run.failures.len() - index) as u64, "more failure");
            let _ = writeln!(text, "{left_out}; the JSON report has them all.\n");
            break;
        }
        text.push_str(&written);
    }
    for warning in run.warnings.iter().take(SHOWN_FAILURES) {
        let _ = writeln!(text, "- warning: {}", escaped(cut(&warning.message, 1, MESSAGE).0));
    }
}

fn failure_section(failure: &Failure, rerun: &str) -> String {
    let (message, left_out) = cut(&failure.message, MESSAGE_LINES, MESSAGE);
    let dots = if left_out > 0 { "\n..." } else { "" };
    let mut block = format!("{}{dots}\n", visible(message));
    for fact in describe::facts(failure, rerun, Excerpt::Long) {
        for (index, line) in fact.text.lines().enumerate() {
            let label = if index == 0 { fact.label } else { "" };
            let _ = writeln!(block, "{label:<11}{line}");
        }
    }
    let known = if failure.known.is_some() { "known: " } else { "" };
    let fence = "`".repeat(longest_run_of_backticks(&block).max(2) + 1);
    format!(
        "<details><summary>{known}<b>{}</b> {}</summary>\n\n{fence}text\n{block}{fence}\n\n</details>\n\n",
        escaped(cut(&failure.check, 1, NAME).0),
        escaped(cut(&failure.label, 1, NAME).0)
    )
}

/// Text that stays text in Markdown.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in one_line(text).chars() {
        match character {
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '&' => written.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' | '@' => {
                written.push('\\');
                written.push(character);
            }
            _ => written.push(character),
        }
    }
    written
}

/// A code span, in a table too.
fn code(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    let fence = "`".repeat(longest_run_of_backticks(&text) + 1);
    if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}
