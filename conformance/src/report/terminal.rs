//! The report for people at a terminal.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use indexmap::IndexMap;

use super::covered::covered;
use super::describe::{self, Excerpt, phase_name};
use super::progress::Progress;
use super::tally::{OperationTally, RunTally, Tally};
use super::text::{counted, cut, one_line, thousands, visible};
use crate::event::{CaseRecord, Event, EventSink, Verdict, Warning};
use crate::failure::{Failure, Known};

/// Failures announced while a run goes on; more are only listed at its end.
const ANNOUNCED: usize = 200;
/// Failures listed in full at the end of a run; more are counted.
const LISTED: usize = 200;
/// Lines and characters shown of a message.
const MESSAGE_LINES: usize = 30;
const MESSAGE: usize = 2_000;
/// Operations named of a warning about several.
const NAMED_OPERATIONS: usize = 5;
/// The fewest operations in which what fails alike is told once, before all failures.
const ALIKE: usize = 5;
/// The most that is told so.
const MOST_ALIKE: usize = 12;
/// The width of the label column.
const LABEL: usize = 10;
/// The width of what was covered.
const COVERED: usize = "documented responses".len();
/// The width at which the operation column stops growing.
const OPERATION_WIDTH: usize = 48;

/// Whether to write colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// ANSI colours.
    On,
    /// Plain text.
    Off,
}

/// Writes a run as people read it: each failure in one line when it is found, at the end what each operation answered
/// and what was covered, the warnings, and last all failures with what is needed to see them again, and the counts.
///
/// Text from the target is escaped, so that a reply cannot drive the terminal.
#[derive(Debug)]
pub struct Terminal<W> {
    out: W,
    colour: Colour,
    progress: Option<Progress>,
    tally: Tally,
    announced: HashSet<(String, String, String)>,
    error: Option<io::Error>,
}

impl<W: Write> Terminal<W> {
    /// Writes to `out`.
    pub fn new(out: W, colour: Colour) -> Self {
        Self { out, colour, progress: None, tally: Tally::default(), announced: HashSet::new(), error: None }
    }

    /// Shows a progress bar beside the text.
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Gives back the writer.
    ///
    /// # Errors
    ///
    /// The first error met while writing.
    pub fn finish(mut self) -> io::Result<W> {
        match self.error {
            Some(error) => Err(error),
            None => {
                self.out.flush()?;
                Ok(self.out)
            }
        }
    }

    fn write(&mut self, text: &str) {
        if self.error.is_some() || text.is_empty() {
            return;
        }
        let out = &mut self.out;
        let mut write = || out.write_all(text.as_bytes()).and_then(|()| out.flush());
        let written = match &self.progress {
            Some(progress) => progress.suspend(write),
            None => write(),
        };
        self.error = written.err();
    }

    fn announce(&mut self, case: &CaseRecord) -> String {
        let mut text = Text::new(self.colour);
        for result in &case.checks {
            let Verdict::Failed { kind, message, is_known } = &result.verdict else { continue };
            if self.announced.len() >= ANNOUNCED {
                break;
            }
            if self.announced.insert((case.operation.clone(), result.check.clone(), kind.clone())) {
                let run = self.tally.runs().last();
                let operation = run.and_then(|run| run.operations.get(&case.operation));
                let label = operation.map_or_else(|| one_line(&case.operation), label);
                let (style, word) = if *is_known { (QUIET, "KNOWN") } else { (BAD, "FAIL ") };
                text.paint(style, word);
                let message = one_line(message.lines().next().unwrap_or_default());
                text.line(format_args!(" {label}  {}: {message}", one_line(&result.check)));
            }
        }
        text.finish()
    }

    fn close(&self) -> String {
        let mut text = Text::new(self.colour);
        let Some(run) = self.tally.runs().last() else { return String::new() };
        if !self.announced.is_empty() {
            text.text.push('\n');
        }
        text.table(run);
        text.warnings(&run.warnings);
        text.known(&run.failures);
        // Last, so that they are what is seen.
        text.failures(&run.failures, &run.rerun);
        text.verdict(run);
        text.finish()
    }
}

impl<W: Write> EventSink for Terminal<W> {
    fn take(&mut self, event: &Event) {
        if let Some(progress) = &mut self.progress {
            progress.take(event);
        }
        self.tally.take(event);
        let text = match event {
            Event::RunStarted { .. } => {
                self.announced.clear();
                let mut text = Text::new(self.colour);
                if self.tally.runs().len() > 1 {
                    text.text.push('\n');
                }
                self.tally.runs().last().into_iter().for_each(|run| text.heading(run));
                text.finish()
            }
            Event::CaseFinished { case } => self.announce(case),
            Event::RunFinished { .. } => self.close(),
            Event::OperationStarted { .. }
            | Event::OperationCovered { .. }
            | Event::FailureFound { .. }
            | Event::WarningRaised { .. } => String::new(),
        };
        self.write(&text);
    }
}

const BAD: Style = AnsiColor::Red.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const CAREFUL: Style = AnsiColor::Yellow.on_default().bold();
const TITLE: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();

/// Text under construction.
struct Text {
    text: String,
    colour: Colour,
}

impl Text {
    fn new(colour: Colour) -> Self {
        Self { text: String::new(), colour }
    }

    fn finish(self) -> String {
        self.text
    }

    fn add(&mut self, arguments: fmt::Arguments<'_>) {
        fmt::Write::write_fmt(&mut self.text, arguments).expect("a String takes all text");
    }

    fn line(&mut self, arguments: fmt::Arguments<'_>) {
        self.add(arguments);
        self.text.push('\n');
    }

    fn paint(&mut self, style: Style, text: &str) {
        match self.colour {
            Colour::On => self.add(format_args!("{style}{text}{style:#}")),
            Colour::Off => self.text.push_str(text),
        }
    }

    fn heading(&mut self, run: &RunTally) {
        self.paint(TITLE, &one_line(&run.title));
        self.line(format_args!(" ({})", one_line(&run.document)));
        let phases: Vec<&str> = run.phases.iter().map(|phase| phase_name(*phase)).collect();
        self.line(format_args!(
            "{}: {}, {}, {}, seed {}\n",
            one_line(&run.target),
            counted(run.operations.len() as u64, "operation"),
            phases.join(" + "),
            counted(run.checks.len() as u64, "check"),
            run.seed
        ));
    }

    /// What a baseline lists, a line each: it is no news.
    fn known(&mut self, failures: &[Failure]) {
        let known: Vec<(&Failure, &Known)> =
            failures.iter().filter_map(|failure| Some((failure, failure.known.as_deref()?))).collect();
        if known.is_empty() {
            return;
        }
        self.text.push('\n');
        self.paint(TITLE, "Known failures");
        self.text.push('\n');
        for (failure, known) in known.iter().take(LISTED) {
            self.text.push_str("   ");
            self.paint(if known.is_expired { CAREFUL } else { QUIET }, &one_line(&failure.check));
            let (label, kind) = (one_line(&failure.label), one_line(cut(&failure.kind, 1, MESSAGE).0));
            self.line(format_args!(" in {label}: {kind}: {}", describe::known(known)));
        }
        if known.len() > LISTED {
            self.line(format_args!("   {} more", known.len() - LISTED));
        }
    }

    fn failures(&mut self, failures: &[Failure], rerun: &str) {
        let failures: Vec<&Failure> = failures.iter().filter(|failure| failure.known.is_none()).collect();
        if failures.is_empty() {
            return;
        }
        self.alike(&failures);
        self.text.push('\n');
        self.paint(TITLE, "Failures");
        self.text.push('\n');
        for (index, failure) in failures.iter().take(LISTED).enumerate() {
            self.failure(index + 1, failure, rerun);
        }
        if failures.len() > LISTED {
            let left_out = counted((failures.len() - LISTED) as u64, "more failure");
            self.line(format_args!("\n{left_out}; `--report json=FILE` has them all"));
        }
    }

    /// What fails the same way in many operations, which is likely to have one cause.
    fn alike(&mut self, failures: &[&Failure]) {
        let mut kinds: IndexMap<(&str, &str), HashSet<&str>> = IndexMap::new();
        for failure in failures {
            kinds.entry((&failure.check, &failure.kind)).or_default().insert(&failure.operation);
        }
        kinds.retain(|_, operations| operations.len() >= ALIKE);
        if kinds.is_empty() {
            return;
        }
        kinds.sort_by(|_, one, _, other| other.len().cmp(&one.len()));
        self.text.push('\n');
        self.paint(TITLE, "Alike in many operations");
        self.text.push('\n');
        for ((check, kind), operations) in kinds.iter().take(MOST_ALIKE) {
            self.add(format_args!("   {:>4} operations  ", thousands(operations.len() as u64)));
            self.paint(BAD, &one_line(check));
            self.line(format_args!(": {}", one_line(cut(kind, 1, MESSAGE).0)));
        }
        if kinds.len() > MOST_ALIKE {
            self.line(format_args!("   {} more", kinds.len() - MOST_ALIKE));
        }
    }

    fn failure(&mut self, number: usize, failure: &Failure, rerun: &str) {
        self.add(format_args!("\n{number}. "));
        self.paint(BAD, &one_line(&failure.check));
        self.line(format_args!(" in {} ({})", one_line(&failure.label), one_line(&failure.operation)));
        let (message, left_out) = cut(&failure.message, MESSAGE_LINES, MESSAGE);
        for line in visible(message).lines() {
            self.line(format_args!("   {line}"));
        }
        if left_out > 0 {
            self.line(format_args!("   ... {} more", counted(left_out as u64, "byte")));
        }
        for fact in describe::facts(failure, rerun, Excerpt::Short) {
            for (index, line) in fact.text.lines().enumerate() {
                let label = if index == 0 { fact.label } else { "" };
                self.text.push_str("   ");
                self.paint(QUIET, &format!("{label:<LABEL$}"));
                self.line(format_args!(" {line}"));
            }
        }
    }

    fn table(&mut self, run: &RunTally) {
        if run.operations.is_empty() {
            return;
        }
        let labels: Vec<String> = run.operations.values().map(label).collect();
        let wide = |label: &String| label.chars().count().min(OPERATION_WIDTH);
        let width = labels.iter().map(wide).max().unwrap_or_default().max("operation".len());
        self.paint(QUIET, &format!("{:<width$}  {:>7}  {:>8}  statuses", "operation", "cases", "failures"));
        self.text.push('\n');
        for (operation, label) in run.operations.values().zip(labels) {
            self.add(format_args!("{label:<width$}  {:>7}  ", thousands(operation.cases)));
            let failures = format!("{:>8}", thousands(operation.failures));
            self.paint(if operation.failures > operation.known { BAD } else { Style::new() }, &failures);
            self.line(format_args!("  {}", statuses(operation)));
        }
        self.text.push('\n');
        for (at, (what, count)) in covered(run).into_iter().enumerate() {
            let title = if at == 0 { "covered" } else { "" };
            self.paint(QUIET, &format!("{title:<LABEL$}"));
            self.line(format_args!("{what:<COVERED$}  {count}"));
        }
    }

    /// Warnings, those that say the same of several operations as one.
    fn warnings(&mut self, warnings: &[Warning]) {
        let mut merged: IndexMap<(&str, &str), Vec<&str>> = IndexMap::new();
        for warning in warnings {
            let operations = merged.entry((&warning.code, &warning.message)).or_default();
            operations.extend(warning.operation.as_deref());
        }
        for ((code, message), operations) in merged {
            self.text.push('\n');
            self.paint(CAREFUL, "warning");
            self.add(format_args!("[{}]: ", one_line(code)));
            if let [operation] = operations[..] {
                self.add(format_args!("{}: ", one_line(operation)));
            }
            self.text.push_str(&visible(message).replace('\n', "\n  "));
            if operations.len() > 1 {
                let named: Vec<String> =
                    operations.iter().take(NAMED_OPERATIONS).map(|name| one_line(name)).collect();
                let others = if operations.len() > NAMED_OPERATIONS { ", ..." } else { "" };
                let count = counted(operations.len() as u64, "operation");
                self.add(format_args!("\n  in {count}: {}{others}", named.join(", ")));
            }
        }
        if !warnings.is_empty() {
            self.text.push('\n');
        }
    }

    fn verdict(&mut self, run: &RunTally) {
        let counts = run.counts();
        self.text.push('\n');
        if counts.unreachable {
            self.paint(BAD, "UNREACHABLE");
        } else if counts.interrupted {
            self.paint(CAREFUL, "INCOMPLETE");
        } else if counts.failures > counts.known {
            self.paint(BAD, "FAILED");
        } else {
            self.paint(GOOD, "PASSED");
        }
        self.line(format_args!(
            ": {}, {}; {}, {}, {}; seed {}",
            describe::found(&counts),
            counted(counts.warnings, "warning"),
            counted(counts.operations, "operation"),
            counted(counts.cases, "case"),
            counted(counts.requests, "request"),
            run.seed
        ));
    }
}

fn label(operation: &OperationTally) -> String {
    one_line(&format!("{} {}", operation.operation.method, operation.operation.path))
}

fn statuses(operation: &OperationTally) -> String {
    let mut parts: Vec<String> = operation
        .statuses
        .iter()
        .map(|(status, count)| format!("{status} x {}", thousands(*count)))
        .collect();
    if operation.without_response > 0 {
        parts.push(format!("none x {}", thousands(operation.without_response)));
    }
    if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
}
