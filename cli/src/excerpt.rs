//! Findings as people read them: what is wrong, and the line that is meant with a caret under the place.

use std::borrow::Cow;
use std::fmt::Write as _;

use counterfoil_conformance::report::{one_line, visible};
use counterfoil_openapi::{Finding, Position, Severity};

use crate::output::{BAD, CAREFUL, QUIET, TITLE};

/// Characters shown of a line; documents on one line are common.
const WIDTH: usize = 100;

/// The line and the caret, as two lines and a blank one before; `None` where the text has no such line.
pub(crate) fn of(text: &str, position: Position) -> Option<String> {
    let line = text.lines().nth(position.line.checked_sub(1)? as usize)?;
    Some(of_line(line, line.is_ascii(), position))
}

fn of_line(line: &str, is_ascii: bool, position: Position) -> String {
    let column = position.column.saturating_sub(1) as usize;
    let start = if column < WIDTH { 0 } else { column - WIDTH / 2 };
    let before = if start > 0 { "..." } else { "" };
    let from = if is_ascii { Some(start) } else { line.char_indices().nth(start).map(|(at, _)| at) };
    let rest = from.and_then(|from| line.get(from..)).unwrap_or_default();
    let shown: String = rest.chars().take(WIDTH).map(printable).collect();
    let after = if rest.chars().nth(WIDTH).is_some() { "..." } else { "" };
    let number = position.line.to_string();
    let gutter = " ".repeat(number.len());
    let indent = " ".repeat(before.len() + (column - start).min(WIDTH));
    format!(
        "{QUIET}{gutter} |{QUIET:#}\n{QUIET}{number} |{QUIET:#} {before}{shown}{after}\n\
         {QUIET}{gutter} |{QUIET:#} {indent}^"
    )
}

/// The texts that findings are about, with the places of their lines.
#[derive(Debug)]
pub(crate) struct Files<'t>(Vec<File<'t>>);

#[derive(Debug)]
struct File<'t> {
    name: &'t str,
    lines: Vec<&'t str>,
    /// Whether a column is a byte: documents of megabytes on one line are common.
    is_ascii: bool,
}

impl<'t> Files<'t> {
    /// Files by the name that findings call them.
    pub(crate) fn new(texts: &'t [(&'t str, Cow<'t, str>)]) -> Self {
        let file = |(name, text): &'t (&'t str, Cow<'t, str>)| File {
            name,
            lines: text.lines().collect(),
            is_ascii: text.is_ascii(),
        };
        Self(texts.iter().map(file).collect())
    }

    fn excerpt(&self, finding: &Finding) -> Option<String> {
        let position = finding.position?;
        let file = self.0.iter().find(|file| file.name == finding.file)?;
        let line = file.lines.get(position.line.checked_sub(1)? as usize)?;
        Some(of_line(line, file.is_ascii, position))
    }
}

/// Writes a finding: what is wrong, where, the line, and what to do.
pub(crate) fn finding(finding: &Finding, files: &Files<'_>, out: &mut String) {
    let style = match finding.severity {
        Severity::Error => BAD,
        Severity::Warning => CAREFUL,
        Severity::Note => QUIET,
    };
    let message = visible(&finding.message);
    let _ =
        writeln!(out, "{style}{}{style:#}[{}]: {TITLE}{message}{TITLE:#}", finding.severity, finding.code);
    let _ = write!(out, "  --> {}", one_line(&finding.file));
    if let Some(position) = finding.position {
        let _ = write!(out, ":{position}");
    }
    if !finding.pointer.as_str().is_empty() {
        let _ = write!(out, " (#{})", one_line(finding.pointer.as_str()));
    }
    out.push('\n');
    if let Some(excerpt) = files.excerpt(finding) {
        let _ = writeln!(out, "{excerpt}");
    }
    if let Some(hint) = &finding.hint {
        let _ = writeln!(out, "  help: {}", one_line(hint));
    }
    out.push('\n');
}

/// Findings with their lines; `texts` are the files they may be in, by the name that findings call them.
pub(crate) fn findings(findings: &[Finding], texts: &[(&str, Cow<'_, str>)]) -> String {
    let files = Files::new(texts);
    let mut out = String::new();
    for one in findings {
        finding(one, &files, &mut out);
    }
    out
}

/// One column wide, whatever it was.
fn printable(character: char) -> char {
    match character {
        '\t' => ' ',
        _ if *visible(character.encode_utf8(&mut [0; 4])) == *character.encode_utf8(&mut [0; 4]) => character,
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str, line: u32, column: u32) -> Option<String> {
        let shown = of(text, Position { line, column })?;
        Some(anstream::adapter::strip_str(&shown).to_string())
    }

    #[test]
    fn the_caret_stands_under_the_place() {
        insta::assert_snapshot!(plain("a: 1\n\tbad: [x\n", 2, 7).unwrap(), @r"
          |
        2 |  bad: [x
          |       ^
        ");
        assert_eq!(plain("a", 2, 1), None);
        assert_eq!(plain("a", 0, 0), None);
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let line = format!("{}X{}", "a".repeat(5_000), "b".repeat(5_000));
        let shown = plain(&line, 1, 5_001).unwrap();
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[1].len() < 120, "{shown}");
        assert_eq!(lines[1].find('X'), lines[2].find('^'), "{shown}");
    }
}
