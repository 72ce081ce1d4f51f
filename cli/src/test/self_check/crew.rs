//! Trials at once, one a processor.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use counterfoil_server::Needs;
use futures::stream::{self, StreamExt as _};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::runtime::{self, Runtime};
use tokio::sync::watch;

use super::options::{Wanted, whole_time};
use super::plan::{Plan, Trial};
use super::score::Score;
use super::trial::{Bench, Outcome};
use crate::signal::Signals;

/// Trials at once on one thread: some wait for what hangs.
const AT_ONCE: usize = 3;

/// A stub to be tested: faithful, or the mutant of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Job {
    Faithful(usize),
    Mutant(usize),
}

/// What all threads share.
struct Desk {
    bench: Arc<Bench>,
    plan: Plan,
    jobs: Vec<Job>,
    turns: Mutex<Turns>,
    end: Option<Instant>,
    stopped: watch::Receiver<bool>,
    outcomes: Mutex<Vec<(Job, anyhow::Result<Outcome>)>>,
    bar: ProgressBar,
}

/// Tries all mutants of a document, and the faithful stubs beside them.
pub(super) fn work(bench: &Arc<Bench>, wanted: &Wanted) -> anyhow::Result<Score> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar.set_message("looking for what can be broken");
    let end = whole_time(&bench.settings).map(|time| Instant::now() + time);
    let plan = Plan::new(bench, wanted);
    let jobs = jobs(&plan.trials);
    let style = ProgressStyle::with_template("{spinner} [{bar:24}] {pos}/{len} stubs  {eta} left  {msg}");
    bar.set_style(style.context("draw a progress bar")?.progress_chars("=> "));
    bar.set_length(jobs.len() as u64);
    let (stop, stopped) = watch::channel(false);
    let desk = Arc::new(Desk {
        bench: Arc::clone(bench),
        plan,
        turns: Mutex::new(Turns::new(&jobs)),
        jobs,
        end,
        stopped,
        outcomes: Mutex::default(),
        bar,
    });
    let is_stopped = staff(&desk, &stop)?;
    desk.bar.finish_and_clear();
    let mut outcomes = std::mem::take(&mut *desk.outcomes.lock().unwrap_or_else(PoisonError::into_inner));
    outcomes.sort_by_key(|(job, _)| desk.jobs.iter().position(|known| known == job));
    let faithful = desk.jobs.iter().filter(|job| matches!(job, Job::Faithful(_))).count();
    Score::new(&desk.bench, &desk.plan, faithful, outcomes, is_stopped)
}

/// Jobs that wait: faithful stubs and mutants by turns, so that each kind gets as much time as the other while there are
/// any. A faithful stub is tested to the end, a mutant only until it is found.
#[derive(Debug)]
struct Turns {
    faithful: Turn,
    mutants: Turn,
}

/// The jobs of one kind.
#[derive(Debug, Default)]
struct Turn {
    waiting: VecDeque<Job>,
    /// How many are being carried out.
    running: usize,
    /// What those that are done took together.
    spent: Duration,
}

impl Turns {
    fn new(jobs: &[Job]) -> Self {
        let of = |is_it: fn(&Job) -> bool| Turn {
            waiting: jobs.iter().filter(|job| is_it(job)).copied().collect(),
            ..Turn::default()
        };
        Self {
            faithful: of(|job| matches!(job, Job::Faithful(_))),
            mutants: of(|job| matches!(job, Job::Mutant(_))),
        }
    }

    fn take(&mut self) -> Option<Job> {
        let Self { faithful, mutants } = self;
        let is_next = faithful.running <= mutants.running && faithful.spent <= mutants.spent;
        let (first, second) = if is_next { (faithful, mutants) } else { (mutants, faithful) };
        first.take().or_else(|| second.take())
    }

    fn give_back(&mut self, job: Job, took: Duration) {
        let turn = match job {
            Job::Faithful(_) => &mut self.faithful,
            Job::Mutant(_) => &mut self.mutants,
        };
        turn.running -= 1;
        turn.spent += took;
    }
}

impl Turn {
    fn take(&mut self) -> Option<Job> {
        let job = self.waiting.pop_front()?;
        self.running += 1;
        Some(job)
    }
}

/// Faithful stubs, one for each way in which an operation is tested, then the mutants.
fn jobs(trials: &[Trial]) -> Vec<Job> {
    let mut ways: BTreeMap<(Needs, &str), usize> = BTreeMap::new();
    for (index, trial) in trials.iter().enumerate() {
        ways.entry((trial.mutation.needs(), trial.operation.id().as_str())).or_insert(index);
    }
    let faithful = ways.into_values().map(Job::Faithful);
    faithful.chain((0..trials.len()).map(Job::Mutant)).collect()
}

/// Works through all jobs; whether somebody wished to stop.
fn staff(desk: &Arc<Desk>, stop: &watch::Sender<bool>) -> anyhow::Result<bool> {
    let count = thread::available_parallelism().map_or(1, usize::from);
    let workers: Vec<_> = (0..count)
        .map(|_| {
            let desk = Arc::clone(desk);
            thread::Builder::new().name("self-check".to_owned()).spawn(move || desk.worker())
        })
        .collect::<Result<_, _>>()
        .context("start a thread")?;
    let (done, all_done) = tokio::sync::oneshot::channel();
    let waiter = thread::spawn(move || {
        let results: Vec<_> = workers.into_iter().map(thread::JoinHandle::join).collect();
        // Nobody waits any more where the whole is being given up.
        let _ = done.send(results);
    });
    let runtime = Runtime::new().context("start the runtime")?;
    let (results, is_stopped) = runtime.block_on(async {
        let mut signals = Signals::listen().context("listen for signals")?;
        tokio::pin!(all_done);
        let mut is_stopped = false;
        loop {
            tokio::select! {
                results = &mut all_done => {
                    return anyhow::Ok((results.context("wait for the threads")?, is_stopped));
                }
                () = signals.next() => {
                    is_stopped = true;
                    stop.send_replace(true);
                }
            }
        }
    })?;
    // It has told all it had to tell.
    let _ = waiter.join();
    for result in results {
        match result {
            Ok(ended) => ended?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    Ok(is_stopped)
}

impl Desk {
    /// Takes one job after the other.
    fn worker(&self) -> anyhow::Result<()> {
        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().context("start a runtime")?;
        let jobs = std::iter::from_fn(|| self.take());
        runtime.block_on(
            stream::iter(jobs).map(|job| self.carry_out(job)).buffer_unordered(AT_ONCE).collect::<()>(),
        );
        // What still hangs is not waited for.
        runtime.shutdown_background();
        Ok(())
    }

    fn take(&self) -> Option<Job> {
        let is_over = *self.stopped.borrow() || self.end.is_some_and(|end| Instant::now() >= end);
        if is_over {
            return None;
        }
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn carry_out(&self, job: Job) {
        let (Job::Faithful(index) | Job::Mutant(index)) = job;
        let trial = &self.plan.trials[index];
        self.bar.set_message(format!("{} {}", trial.mutation.name(), trial.operation.id().as_str()));
        let (stopped, begin) = (self.stopped.clone(), Instant::now());
        let outcome = match job {
            Job::Faithful(_) => self.bench.try_faithful(trial, stopped).await,
            Job::Mutant(_) => self.bench.try_mutant(trial, stopped).await,
        };
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).give_back(job, begin.elapsed());
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((job, outcome));
        self.bar.inc(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_faithful_stubs_leave_time_for_mutants() {
        let jobs: Vec<Job> = (0..4).map(Job::Faithful).chain((0..8).map(Job::Mutant)).collect();
        let mut turns = Turns::new(&jobs);
        let mut order = String::new();
        while let Some(job) = turns.take() {
            let (letter, took) = match job {
                Job::Faithful(_) => ('f', 30),
                Job::Mutant(_) => ('m', 10),
            };
            order.push(letter);
            turns.give_back(job, Duration::from_secs(took));
        }
        assert_eq!(order, "fmmmfmmmfmmf");
    }
}
