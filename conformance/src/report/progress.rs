//! The progress bar: cases, rate, failures and the time left, while the run goes on.

use std::collections::HashSet;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::describe::phase_name;
use super::text::{counted, one_line};
use crate::event::{Event, EventSink, Verdict};

const TEMPLATE: &str = "{spinner} [{bar:24}] {pos}/{len} cases  {rate}  {left}  {msg}";
/// How often the spinner turns while no event comes.
const TICK: Duration = Duration::from_millis(200);
/// How much of an operation's label is shown.
const LABEL_WIDTH: usize = 40;

/// A progress bar fed by events.
///
/// The number of cases to come is an estimate: what the operations done so far took on average, for those to come.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    labels: Vec<(String, String)>,
    failures: HashSet<(String, String, String)>,
    /// Operations times phases, and how many of these pairs have begun.
    pairs: u64,
    begun: u64,
    cases: u64,
    /// The phase and operation at work.
    at: String,
}

impl Progress {
    /// Draws to `target`; [`ProgressDrawTarget::hidden`] where nobody watches.
    pub fn new(target: ProgressDrawTarget) -> Self {
        let style = ProgressStyle::with_template(TEMPLATE)
            .expect("the template is well-formed")
            .progress_chars("=> ")
            .with_key("rate", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{:.0}/s", state.per_sec());
            })
            .with_key("left", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let _ = write!(out, "{} s left", state.eta().as_secs());
            });
        let bar = ProgressBar::with_draw_target(Some(0), target).with_style(style);
        Self {
            bar,
            labels: Vec::new(),
            failures: HashSet::new(),
            pairs: 0,
            begun: 0,
            cases: 0,
            at: String::new(),
        }
    }

    /// Takes the bar off the screen while `write` writes to it.
    pub(super) fn suspend<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }

    fn begin(&mut self, phase: &str, operation: &str, planned: u64) {
        let mean = self.cases.checked_div(self.begun).unwrap_or(planned);
        self.begun += 1;
        self.bar.set_length(self.cases + planned + mean * self.pairs.saturating_sub(self.begun));
        let label = self.labels.iter().find(|(id, _)| id == operation).map_or(operation, |(_, label)| label);
        let label: String = one_line(label).chars().take(LABEL_WIDTH).collect();
        self.at = format!("{phase} {}/{} {label}", self.begun, self.pairs.max(self.begun));
        self.show();
    }

    fn show(&self) {
        let failures = counted(self.failures.len() as u64, "failure");
        self.bar.set_message(format!("{failures}  {}", self.at));
    }
}

impl EventSink for Progress {
    fn take(&mut self, event: &Event) {
        match event {
            Event::RunStarted { operations, phases, .. } => {
                self.pairs = (operations.len() * phases.len()) as u64;
                (self.begun, self.cases) = (0, 0);
                self.failures.clear();
                self.labels = operations
                    .iter()
                    .map(|operation| {
                        (operation.id.clone(), format!("{} {}", operation.method, operation.path))
                    })
                    .collect();
                self.bar.reset();
                self.bar.enable_steady_tick(TICK);
            }
            Event::OperationStarted { phase, operation, planned, .. } => {
                self.begin(phase_name(*phase), operation, *planned);
            }
            Event::CaseFinished { case } => {
                self.cases += 1;
                self.bar.set_position(self.cases);
                let known = self.failures.len();
                for result in &case.checks {
                    if let Verdict::Failed { kind, is_known: false, .. } = &result.verdict {
                        self.failures.insert((case.operation.clone(), result.check.clone(), kind.clone()));
                    }
                }
                if self.failures.len() > known {
                    self.show();
                }
            }
            Event::RunFinished { .. } => self.bar.finish_and_clear(),
            Event::OperationCovered { .. } | Event::FailureFound { .. } | Event::WarningRaised { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;

    use super::*;
    use crate::report::tests::sample_run;

    #[test]
    fn shows_cases_failures_and_the_time_left_and_leaves_nothing_behind() {
        let screen = InMemoryTerm::new(4, 160);
        let mut progress =
            Progress::new(ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 200));
        let events = sample_run();
        let (last, rest) = events.split_last().expect("a run has events");
        for event in rest {
            progress.take(event);
        }
        progress.bar.force_draw();
        let shown = screen.contents();
        assert!(shown.contains("4/"), "{shown}");
        assert!(shown.contains("1 failure "), "{shown}");
        assert!(shown.contains("s left"), "{shown}");
        assert!(shown.contains("POST /pets"), "{shown}");
        progress.take(last);
        assert_eq!(screen.contents(), "");
    }
}
