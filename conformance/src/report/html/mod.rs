//! HTML in one file: what broke, where in the document, how to see it again; then what was covered.
//!
//! The page asks for nothing, runs nothing, and its policy says so to the browser: only its own style, known by its
//! hash, is let through.

mod coverage;
mod data;
mod escape;
mod failures;

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use self::escape::{base64, escaped};
use super::describe::{self, phase_name};
use super::tally::{RunTally, Tally};
use super::text::{counted, cut, one_line, thousands, visible};
use crate::event::Warning;

const STYLE: &str = include_str!("style.css");
/// Bytes of failures in a page; further failures are only counted.
const FAILURES_BUDGET: usize = 12 << 20;
/// Bytes of tables and warnings of one run.
const TABLES_BUDGET: usize = 3 << 20;
/// Characters shown of a message, and of a text that names something.
const MESSAGE: usize = 4_000;
const NAME: usize = 300;
/// Lines shown of a message.
const MESSAGE_LINES: usize = 40;

/// The HTML report: a whole page, at most 20 MB.
pub fn to_html(tally: &Tally) -> String {
    let mut page = String::with_capacity(64 << 10);
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        base64(&Sha256::digest(STYLE.as_bytes()))
    );
    let title = tally.runs().first().map_or("counterfoil", |run| run.title.as_str());
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{} - counterfoil</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        name(title)
    );
    let mut budget = FAILURES_BUDGET;
    for (index, run) in tally.runs().iter().enumerate() {
        write_run(&mut page, run, index + 1, &mut budget);
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn write_run(page: &mut String, run: &RunTally, place: usize, budget: &mut usize) {
    let counts = run.counts();
    let (class, verdict) = run.verdict();
    let _ = write!(
        page,
        "<main>\n<h1>{}</h1>\n<p class=\"verdict {class}\">{verdict}: {}, {}</p>\n\
         <p class=\"quiet\">{} of {} against <code>{}</code>, document <code>{}</code>, seed {}</p>\n",
        name(&run.title),
        describe::found(&counts),
        counted(counts.warnings, "warning"),
        counted(counts.cases, "case"),
        counted(counts.operations, "operation"),
        name(&run.target),
        name(&run.document),
        run.seed
    );
    write_contents(page, run, place);
    failures::write(page, run, place, budget);
    let end = page.len() + TABLES_BUDGET;
    write_warnings(page, &run.warnings, place, end);
    coverage::write(page, run, place, end);
    write_checks(page, run, place);
    let phases: Vec<&str> = run.phases.iter().map(|phase| phase_name(*phase)).collect();
    let _ = write!(
        page,
        "<section id=\"run-{place}\" aria-label=\"run\">\n<h2>The run</h2>\n<dl><dt>phases</dt><dd>{}</dd><dt>requests</dt><dd>{}</dd><dt>document</dt>\
         <dd><code>SHA-256 {}</code></dd><dt>again</dt><dd><code>{}</code></dd></dl>\n</section>\n</main>\n",
        escaped(&phases.join(", ")),
        thousands(counts.requests),
        name(&run.digest),
        escaped(&one_line(&format!("{} --seed {}", run.rerun, run.seed)))
    );
}

/// Where to find what in the run.
fn write_contents(page: &mut String, run: &RunTally, place: usize) {
    let counts = run.counts();
    let new = counts.failures.saturating_sub(counts.known);
    let mut links = Vec::new();
    let mut link = |id: &str, text: String| links.push(format!("<a href=\"#{id}-{place}\">{text}</a>"));
    for (count, id, noun) in [
        (new, "failures", "failure"),
        (counts.known, "known", "known failure"),
        (run.warnings.len() as u64, "warnings", "warning"),
    ] {
        if count > 0 {
            link(id, counted(count, noun));
        }
    }
    if !run.operations.is_empty() {
        link("coverage", "coverage".to_owned());
    }
    link("checks", "checks".to_owned());
    link("run", "the run".to_owned());
    let _ = writeln!(page, "<nav aria-label=\"contents\">{}</nav>", links.join(" "));
}

fn write_warnings(page: &mut String, warnings: &[Warning], place: usize, end: usize) {
    if warnings.is_empty() {
        return;
    }
    let _ =
        writeln!(page, "<section id=\"warnings-{place}\" aria-label=\"warnings\">\n<h2>Warnings</h2>\n<ul>");
    for (index, warning) in warnings.iter().enumerate() {
        if page.len() > end {
            let left_out = counted((warnings.len() - index) as u64, "more warning");
            let _ = writeln!(page, "<li class=\"careful\">{left_out}; the JSON report has them all</li>");
            break;
        }
        let operation = warning.operation.as_ref().map(|id| format!("{}: ", name(id))).unwrap_or_default();
        let _ = writeln!(
            page,
            "<li><span class=\"careful\">{}</span> {operation}{}</li>",
            name(&warning.code),
            message(&warning.message)
        );
    }
    page.push_str("</ul>\n</section>\n");
}

fn write_checks(page: &mut String, run: &RunTally, place: usize) {
    let _ = write!(
        page,
        "<section id=\"checks-{place}\" aria-label=\"checks\">\n<h2>Checks</h2>\n<div class=\"wide\"><table>\n\
         <tr><th>check</th><th>held</th><th>did not hold</th><th>did not concern the case</th></tr>\n",
    );
    for check in &run.checks {
        let (mut passed, mut failed, mut other) = (0, 0, 0);
        for tally in run.operations.values().filter_map(|operation| operation.checks.get(check)) {
            passed += tally.passed;
            failed += tally.failed;
            other += tally.not_applicable;
        }
        let class = if failed > 0 { " bad" } else { "" };
        let _ = writeln!(
            page,
            "<tr><td><code>{}</code></td><td class=\"number\">{}</td><td class=\"number{class}\">{}</td>\
             <td class=\"number\">{}</td></tr>",
            name(check),
            thousands(passed),
            thousands(failed),
            thousands(other)
        );
    }
    page.push_str("</table></div>\n</section>\n");
}

/// A text that names something, in one line of bounded length.
fn name(text: &str) -> String {
    let (head, left_out) = cut(text, 1, NAME);
    let mut shown = escaped(&one_line(head));
    if left_out > 0 {
        shown.push_str(" ...");
    }
    shown
}

/// What was found, over several lines of bounded length.
fn message(text: &str) -> String {
    let (head, left_out) = cut(text, MESSAGE_LINES, MESSAGE);
    let mut shown = escaped(&visible(head));
    if left_out > 0 {
        let _ = write!(shown, "\n... {} more", counted(left_out as u64, "byte"));
    }
    shown
}
