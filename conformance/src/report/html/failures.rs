//! The failures of a run: an overview where there are many, the first ones open, and those that are known folded away.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::{escaped, message, name};
use crate::failure::{Failure, Flakiness};
use crate::report::describe::{self, Excerpt};
use crate::report::tally::RunTally;
use crate::report::text::{counted, thousands, visible};

/// Failures that stand open; further ones are a line that opens. Where there are more, an overview comes first.
const OPEN: usize = 5;
/// Operations named of a check in the overview; more are counted.
const NAMED: usize = 8;

/// Writes the failures that nobody knows yet; `place` is the run's place in the page, `budget` the bytes left for all.
pub(super) fn write(page: &mut String, run: &RunTally, place: usize, budget: &mut usize) {
    let (known, new): (Vec<&Failure>, Vec<&Failure>) =
        run.failures.iter().partition(|failure| failure.known.is_some());
    if !new.is_empty() {
        let _ =
            writeln!(page, "<section id=\"failures-{place}\" aria-label=\"failures\">\n<h2>Failures</h2>");
        if new.len() > OPEN {
            write_overview(page, &new, place);
        }
        write_all(page, run, &new, Some(place), budget);
        page.push_str("</section>\n");
    }
    if !known.is_empty() {
        let _ = writeln!(
            page,
            "<section id=\"known-{place}\" aria-label=\"known failures\">\n\
             <details><summary><h2>Known failures: {}</h2></summary>",
            thousands(known.len() as u64)
        );
        write_all(page, run, &known, None, budget);
        page.push_str("</details>\n</section>\n");
    }
}

/// What fails where, by check: each operation leads to its first failure.
fn write_overview(page: &mut String, failures: &[&Failure], place: usize) {
    // A check with its operations, and of each the number of its first failure and how many it has.
    let mut checks: IndexMap<&str, IndexMap<&str, (usize, u64)>> = IndexMap::new();
    for (index, failure) in failures.iter().enumerate() {
        let operations = checks.entry(&failure.check).or_default();
        operations.entry(&failure.label).or_insert((index + 1, 0)).1 += 1;
    }
    page.push_str(
        "<div class=\"wide\"><table class=\"overview\">\n<tr><th>check</th><th>failures</th><th>operations</th></tr>\n",
    );
    for (check, operations) in checks {
        let count: u64 = operations.values().map(|(_, count)| count).sum();
        let _ = write!(
            page,
            "<tr><td class=\"bad\">{}</td><td class=\"number\">{}</td><td>",
            name(check),
            thousands(count)
        );
        for (label, (first, count)) in operations.iter().take(NAMED) {
            let _ = write!(
                page,
                "<span><a href=\"#failure-{place}-{first}\">{}</a> {}</span>",
                name(label),
                thousands(*count)
            );
        }
        if operations.len() > NAMED {
            let more = counted((operations.len() - NAMED) as u64, "more operation");
            let _ = write!(page, "<span class=\"quiet\">{more}</span>");
        }
        page.push_str("</td></tr>\n");
    }
    page.push_str("</table></div>\n");
}

/// Writes failures one after the other, as far as they fit. New ones have a place, and the first of them stand open.
fn write_all(
    page: &mut String,
    run: &RunTally,
    failures: &[&Failure],
    place: Option<usize>,
    budget: &mut usize,
) {
    for (index, failure) in failures.iter().enumerate() {
        let written = match place {
            Some(place) if index < OPEN => {
                let (title, body) = (title(index + 1, failure), body(failure, &run.rerun));
                let id = format!("failure-{place}-{}", index + 1);
                format!("<article class=\"failure\" id=\"{id}\">\n<h3>{title}</h3>\n{body}</article>\n")
            }
            Some(place) => {
                let id = format!(" id=\"failure-{place}-{}\"", index + 1);
                folded(&id, "failure", index + 1, failure, &run.rerun)
            }
            None => folded("", "failure known", index + 1, failure, &run.rerun),
        };
        if written.len() > *budget {
            let left_out = counted((failures.len() - index) as u64, "more failure");
            let _ = writeln!(
                page,
                "<p class=\"careful\">{left_out}; this page is full, the JSON report has them all.</p>"
            );
            break;
        }
        *budget -= written.len();
        page.push_str(&written);
    }
}

/// A failure in a line that opens.
fn folded(id: &str, class: &str, number: usize, failure: &Failure, rerun: &str) -> String {
    let said = match &failure.known {
        Some(known) => describe::known(known),
        None => failure.message.lines().next().unwrap_or_default().to_owned(),
    };
    format!(
        "<article class=\"{class}\"{id}>\n<details><summary>{}: {}</summary>\n{}</details>\n</article>\n",
        title(number, failure),
        name(&said),
        body(failure, rerun)
    )
}

fn title(number: usize, failure: &Failure) -> String {
    let class = match &failure.known {
        Some(known) if !known.is_expired => "quiet",
        Some(_) => "careful",
        None => "bad",
    };
    let flaky =
        if failure.flakiness == Flakiness::Flaky { " <span class=\"careful\">flaky</span>" } else { "" };
    format!(
        "{number}. <span class=\"{class}\">{}</span> in {}{flaky}",
        name(&failure.check),
        name(&failure.label)
    )
}

/// What broke, where in the document, how to see it again, and what else there is to know.
fn body(failure: &Failure, rerun: &str) -> String {
    let mut body = format!("<pre>{}</pre>\n", message(&failure.message));
    if let Some(place) = describe::place(failure) {
        let _ = writeln!(body, "<p>in the document: <code>{}</code></p>", escaped(&place));
    }
    body.push_str("<p>see it again:</p>\n");
    for line in failure.reproduction.before.iter().chain([&failure.reproduction.curl]) {
        let _ = writeln!(body, "<pre class=\"curl\">{}</pre>", escaped(&visible(line)));
    }
    body.push_str("<details><summary>the request and the answer</summary>\n<dl>\n");
    for fact in describe::facts(failure, rerun, Excerpt::Whole) {
        if matches!(fact.label, "curl" | "document" | "before") {
            continue;
        }
        let _ = writeln!(body, "<dt>{}</dt><dd><pre>{}</pre></dd>", escaped(fact.label), escaped(&fact.text));
    }
    body.push_str("</dl></details>\n");
    body
}
