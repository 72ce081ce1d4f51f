//! What a run knows so far. Only the dispatcher touches it, in the order of cases, so it is the same for any number
//! of workers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_openapi::Contract;
use http::Method;
use serde_json::Value;

use crate::case::{Intent, Probe};
use crate::check::{Check, Outcome};
use crate::config::{Settings, Severity};
use crate::coverage::Tested;
use crate::event::{Mode, Summary, Warning};
use crate::feedback::Lessons;
use crate::phase::Accepted;
use crate::replay;
use crate::resource::{Links, Maker, Pool};
use crate::runner::Judged;
use crate::runner::lockout::Lockout;
use crate::runner::shrink::Shrunk;

/// Time-outs in a row after which an operation is given up.
pub(crate) const MAX_TIMEOUTS: u32 = 3;
/// Time-outs of one operation, however many answers are between them, after which it is given up: each takes as long as
/// a hundred answers.
const MAX_ALL_TIMEOUTS: u32 = 8;
/// Time-outs in a row, over all operations, after which the target is taken to hang on everything.
const MAX_SILENCE: u32 = 12;

/// What tells one failure from another; the order is the order of reports: operation, check, kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FailureKey {
    /// The operation's place in the plan.
    pub(crate) operation: usize,
    /// The check's place in the registry.
    pub(crate) check: usize,
    pub(crate) kind: String,
}

/// A failure as first found, and how often.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) check: &'static dyn Check,
    pub(crate) kind: String,
    pub(crate) first: Arc<Judged>,
    /// The case that was found last: what the first one is about may be gone by now.
    pub(crate) last: Arc<Judged>,
    pub(crate) count: u64,
    /// How many cases had been found when it was made smaller.
    pub(crate) tried: u64,
    pub(crate) shrunk: Option<Shrunk>,
    /// The cases that were cut off together with the first one, where nobody knows which of them it was.
    pub(crate) together: Vec<Arc<Judged>>,
}

impl Found {
    fn new(check: &'static dyn Check, kind: &str, judged: &Arc<Judged>) -> Self {
        Self {
            check,
            kind: kind.to_owned(),
            first: Arc::clone(judged),
            last: Arc::clone(judged),
            count: 1,
            tried: 0,
            shrunk: None,
            together: Vec::new(),
        }
    }

    /// Whether nobody knows which of several cases it was.
    pub(super) fn is_of_several(&self) -> bool {
        self.kind == TOGETHER
    }

    fn add(&mut self, judged: &Arc<Judged>) {
        self.count += 1;
        self.last = Arc::clone(judged);
        if is_closed(&judged.outcome) && self.together.len() < MAX_TOGETHER {
            self.together.push(Arc::clone(judged));
        }
    }
}

/// The kind of a crash of which nobody knows which request it was.
const TOGETHER: &str = "connections closed together";
/// The most requests that are named of those that were cut off together.
const MAX_TOGETHER: usize = 8;

fn is_closed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Closed { .. })
}

/// What came of the cases of one operation.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Cases sent.
    pub(crate) cases: u64,
    /// The values of the first valid request that was accepted.
    pub(crate) accepted: Option<Accepted>,
    /// What refusals of valid data taught.
    pub(crate) lessons: Lessons,
    /// Cases answered, by status.
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// Valid requests answered, and those of them whose data were refused.
    pub(crate) positive: u64,
    pub(crate) refused: u64,
    pub(crate) is_given_up: bool,
    /// Whether its answers were so slow that it had fewer cases in a turn than there are.
    pub(crate) is_cut_short: bool,
    /// How the first example that breaks its own schema does so.
    pub(crate) invalid_example: Option<String>,
    /// Time-outs in a row, and all of them.
    timeouts: u32,
    all_timeouts: u32,
    /// What its cases put to the test.
    pub(crate) tested: Option<Tested>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) failures: BTreeMap<FailureKey, Found>,
    /// How many of them no baseline lists.
    news: u64,
    /// What the user wants to be warned of only.
    pub(crate) warned: BTreeMap<FailureKey, Found>,
    pub(crate) tallies: Vec<Tally>,
    /// The resources known to exist.
    pub(crate) pool: Pool,
    pub(crate) summary: Summary,
    pub(crate) is_answered: bool,
    /// What else is to be warned of.
    pub(crate) notes: Vec<Warning>,
    pub(super) lockout: Lockout,
    links: Arc<Links>,
    /// Time-outs since the last case that did not time out.
    silence: u32,
    /// How long slow answers were waited for in the present turn, added up over all workers.
    waited: Duration,
    /// What was cut off in the present turn, and was answered when it was sent by itself.
    cut_off: Vec<Arc<Judged>>,
    /// Whether one was cut off in the present turn that was sent by itself.
    is_crash_seen: bool,
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Continue,
    /// No more cases of this operation.
    LeaveOperation,
    /// No more cases at all.
    Stop,
}

impl State {
    pub(crate) fn new(operations: usize, links: &Arc<Links>) -> Self {
        Self {
            pool: Pool::new(links),
            links: Arc::clone(links),
            tallies: (0..operations).map(|_| Tally::default()).collect(),
            summary: Summary { operations: operations as u64, ..Summary::default() },
            ..Self::default()
        }
    }

    /// Takes in the next case of an operation; `max_failures` of the settings ends the run.
    pub(crate) fn take(&mut self, operation: usize, judged: &Arc<Judged>, settings: &Settings) -> Next {
        self.summary.cases += 1;
        self.summary.requests += judged.requests;
        let failures = (&mut self.failures, Severity::Failure);
        for (all, severity) in [failures, (&mut self.warned, Severity::Warning)] {
            for (check, breach) in judged.breaches(severity) {
                // Whoever comes after a crash is not to be blamed for it again, whichever of them is heard of first.
                let is_same = |found: &Found| found.check.name() == check.name();
                let is_refused = |outcome: &Outcome| matches!(outcome, Outcome::Refused { .. });
                let mut told = all.values().filter(|found| is_same(found));
                if is_refused(&judged.outcome) && told.any(|found| is_closed(&found.first.outcome)) {
                    continue;
                }
                if is_closed(&judged.outcome) {
                    all.retain(|_, found| !is_same(found) || !is_refused(&found.first.outcome));
                }
                let registry = crate::check::checks().iter().position(|known| known.name() == check.name());
                let kind = breach.kind.clone();
                let key = FailureKey { operation, check: registry.unwrap_or(usize::MAX), kind: kind.clone() };
                all.entry(key).and_modify(|found| found.add(judged)).or_insert_with(|| {
                    let id = judged.case.operation.id();
                    let is_news = severity == Severity::Failure
                        && !settings.known.lists(check.name(), id.as_str(), &kind);
                    self.news += u64::from(is_news);
                    Found::new(check, &kind, judged)
                });
            }
        }
        self.is_crash_seen |= is_closed(&judged.outcome);
        if judged.is_cut_off {
            self.cut_off.push(Arc::clone(judged));
        }
        if let Outcome::Refused { .. } = judged.outcome {
            self.summary.unreachable = true;
            return Next::Stop;
        }
        if settings.max_failures.is_some_and(|most| self.news >= most) {
            self.summary.interrupted = true;
            return Next::Stop;
        }
        let next = self.tally(operation, judged);
        if judged.elapsed > settings.patience.slow {
            self.waited += judged.elapsed;
            if next == Next::Continue && settings.max_time.is_none() && self.waited > settings.patience.most {
                self.tallies[operation].is_cut_short = true;
                return Next::LeaveOperation;
            }
        }
        next
    }

    /// Takes back failures that were first found in some cases.
    pub(super) fn forget(&mut self, cases: &[Arc<Judged>]) {
        for all in [&mut self.failures, &mut self.warned] {
            all.retain(|_, found| !cases.iter().any(|case| Arc::ptr_eq(case, &found.first)));
        }
    }

    /// A turn begins.
    pub(crate) fn begin_turn(&mut self) {
        self.waited = Duration::ZERO;
        self.is_crash_seen = false;
        self.cut_off.clear();
    }

    /// A turn of an operation ends: a crash that nobody did again alone is told of all that it cut off, once.
    pub(super) fn end_turn(&mut self, operation: usize, judge: Option<(&'static dyn Check, Severity)>) {
        let cut_off = std::mem::take(&mut self.cut_off);
        let (Some((check, severity)), Some(first)) = (judge, cut_off.first()) else { return };
        if self.is_crash_seen {
            return;
        }
        let all = match severity {
            Severity::Failure => &mut self.failures,
            Severity::Warning => &mut self.warned,
            Severity::Off => return,
        };
        let registry = crate::check::checks().iter().position(|known| known.name() == check.name());
        let kind = TOGETHER.to_owned();
        let key = FailureKey { operation, check: registry.unwrap_or(usize::MAX), kind };
        let found = all.entry(key).or_insert_with(|| {
            let shrunk = Shrunk::flaky(first, None, 0);
            Found { count: 0, tried: u64::MAX, shrunk: Some(shrunk), ..Found::new(check, TOGETHER, first) }
        });
        found.count += cut_off.len() as u64;
        let room = MAX_TOGETHER.saturating_sub(found.together.len());
        found.together.extend(cut_off.into_iter().take(room));
    }

    /// Takes in what a case put to the test.
    pub(crate) fn cover(&mut self, operation: usize, judged: &Judged, contract: &Contract) {
        let case = &judged.case;
        // Other probes are about something else than data.
        let is_about_data = matches!(
            case.intent.probe(),
            None | Some(Probe::MissingHeader { .. } | Probe::RepeatedQuery { .. })
        );
        if is_about_data && judged.status().is_some() {
            let new = || Tested::new(&case.operation, contract.document().root());
            let tested = self.tallies[operation].tested.get_or_insert_with(new);
            tested.take(case.intent.mode(), &case.values, &case.sent.reading.violations);
        }
    }

    fn tally(&mut self, operation: usize, judged: &Arc<Judged>) -> Next {
        let tally = &mut self.tallies[operation];
        tally.cases += 1;
        if judged.case.intent == Intent::Example && tally.invalid_example.is_none() {
            tally.invalid_example = judged.case.sent.data_violations().next().map(ToString::to_string);
        }
        if judged.outcome == Outcome::TimedOut {
            tally.timeouts += 1;
            tally.all_timeouts += 1;
            tally.is_given_up = tally.timeouts >= MAX_TIMEOUTS || tally.all_timeouts >= MAX_ALL_TIMEOUTS;
            let next = if tally.is_given_up { Next::LeaveOperation } else { Next::Continue };
            self.silence += 1;
            if self.hangs() {
                self.summary.interrupted = true;
                return Next::Stop;
            }
            return next;
        }
        tally.timeouts = 0;
        self.silence = 0;
        let Some(status) = judged.status() else { return Next::Continue };
        self.is_answered = true;
        remember(&mut self.pool, &self.links, judged, status);
        if !matches!(judged.case.intent, Intent::Probe(_)) {
            *tally.statuses.entry(status).or_default() += 1;
        }
        let is_positive =
            judged.case.intent.mode() == Mode::Positive && judged.case.sent.reading.violations.is_empty();
        if is_positive {
            tally.positive += 1;
            tally.lessons.take(&judged.case.values, &judged.refused);
            tally.refused +=
                u64::from(matches!(status, 400..=499) && !matches!(status, 401 | 403 | 404 | 409 | 429));
            if tally.accepted.is_none() && (200..300).contains(&status) {
                tally.accepted = Some(Accepted(judged.case.values.clone()));
            }
        }
        Next::Continue
    }

    /// Whether the target hangs on everything.
    pub(crate) fn hangs(&self) -> bool {
        self.silence >= MAX_SILENCE
    }
}

/// Takes in what a reply tells of resources: those that exist, and those that do not.
fn remember(pool: &mut Pool, links: &Links, judged: &Judged, status: u16) {
    let case = &judged.case;
    // What was made of what is no valid request is for nobody else.
    if case.intent.probe() == Some(&Probe::ReadOnly) {
        return;
    }
    // What a client names itself is made by being put.
    let makes = match *case.operation.method() {
        Method::POST => true,
        Method::PUT => status == 201,
        _ => false,
    };
    for learned in &judged.learned {
        let maker = makes.then(|| {
            let (case, made) = (Arc::clone(case), learned.clone());
            let place = judged.response().and_then(|response| {
                replay::place_of(links.resources.get(learned.resource)?, response, learned)
            });
            Arc::new(Maker { case, made, place })
        });
        pool.add(learned.resource, &learned.values, maker);
    }
    for (operation, given) in &judged.handed {
        pool.hand(*operation, given);
    }
    let Some(item) = links.operations.get(case.index).and_then(|known| known.item) else { return };
    let is_gone = match *case.operation.method() {
        Method::DELETE => (200..300).contains(&status),
        Method::GET => matches!(status, 404 | 410) && case.intent.mode() == Mode::Positive,
        _ => false,
    };
    if is_gone && case.intent.probe().is_none() {
        let values: Option<Vec<Value>> =
            case.operation.path().variables().map(|name| case.values.path.get(name).cloned()).collect();
        if let Some(values) = values {
            pool.remove(links, item, &values);
        }
    }
}
