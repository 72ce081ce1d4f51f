//! The score as people read it.

use std::io::{self, Write};

use counterfoil_conformance::report::one_line;

use super::score::{Row, Score};
use crate::output::{BAD, QUIET, TITLE};

/// The failures of faithful stubs that are shown.
const MAX_SHOWN: usize = 20;

/// Writes the table of a score, and what was missed.
pub(super) fn write(score: &Score, out: &mut impl Write) -> io::Result<()> {
    let (title, document) = (one_line(&score.title), one_line(&score.document));
    writeln!(
        out,
        "\n{TITLE}{title}{TITLE:#} ({document}), seed {}, {} operations",
        score.seed, score.operations
    )?;
    let faithful = &score.faithful;
    match faithful.failures.len() {
        0 => writeln!(out, "faithful stub: {} cases, 0 failures", faithful.cases)?,
        count => writeln!(out, "{BAD}faithful stub: {} cases, {count} failures{BAD:#}", faithful.cases)?,
    }
    for (check, kind) in faithful.failures.iter().take(MAX_SHOWN) {
        writeln!(out, "  {check}  {}", one_line(kind))?;
    }
    let width = |text: fn(&Row) -> &str| score.mutations.iter().map(|row| text(row).len()).max().unwrap_or(0);
    let (names, checks) = (width(|row| row.mutation).max(8), width(|row| row.check).max(5));
    writeln!(out, "\n{TITLE}{:names$}  {:checks$}  found/tried  n/a{TITLE:#}", "mutation", "check")?;
    for row in &score.mutations {
        let Row { mutation, check, found, tried, not_applicable, .. } = row;
        let style = match (tried, tried - found) {
            (0, _) => QUIET,
            (_, 0) => anstyle::Style::new(),
            _ => BAD,
        };
        let count = format!("{found}/{tried}");
        writeln!(
            out,
            "{style}{mutation:names$}  {check:checks$}  {count:>11}  {not_applicable:>3}{style:#}"
        )?;
    }
    if !score.misses.is_empty() {
        writeln!(out, "\n{TITLE}missed{TITLE:#}")?;
    }
    for miss in &score.misses {
        writeln!(
            out,
            "  {BAD}{}{BAD:#} on {}: {}",
            miss.mutation,
            one_line(&miss.operation),
            one_line(&miss.reason)
        )?;
        if !miss.failed.is_empty() {
            writeln!(out, "    failed in its stead: {}", miss.failed.join(", "))?;
        }
    }
    let tried = score.found + score.missed;
    let percent = score.percent.map_or_else(String::new, |percent| format!(" ({percent:.1} %)"));
    writeln!(out, "\n{TITLE}mutation score: {} of {tried} mutants found{percent}{TITLE:#}", score.found)?;
    if score.not_tried + faithful.not_tried > 0 {
        writeln!(
            out,
            "for want of time {} mutants and {} faithful stubs were not tried",
            score.not_tried, faithful.not_tried
        )?;
    }
    Ok(())
}
