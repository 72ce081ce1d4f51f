//! Several shards of a run made into the record of the whole.

use std::collections::HashMap;
use std::io::BufRead;

use super::error::Kind;
use super::{RecordError, RecordReader};
use crate::event::{Event, EventSink, OperationCoverage, OperationSummary, Phase, Shard, Summary, Warning};
use crate::failure::Failure;
use crate::plan::LAST_TURN;

/// What merging came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Merged {
    /// What the whole lacks, in words; nothing is lacking where this is empty.
    pub lacking: Vec<String>,
}

/// Merges the shards of one run, each with the name that messages call it, into what one run would have told.
///
/// What each phase did with each operation comes in the order of the whole run, then the failures by operation, then
/// the warnings. Where a record is cut short or a shard is missing the rest is merged all the same: the summary says
/// that the run is interrupted, a warning and [`Merged::lacking`] say what is missing. Memory grows with operations,
/// failures and warnings, not with cases.
///
/// # Errors
///
/// When a record cannot be read, when two are of the same shard, or when they are not of one run: another document,
/// seed, set of phases or checks, or number of shards.
pub fn merge<R: BufRead>(records: Vec<(String, R)>, sink: &mut dyn EventSink) -> Result<Merged, RecordError> {
    let mut inputs = Vec::new();
    for (name, record) in records {
        let reader = RecordReader::new(record).map_err(|error| about(&name, &error))?;
        let mut input = Input { name, reader, head: None, is_cut: false };
        input.advance()?;
        inputs.push(input);
    }
    let mut merged = Merged::default();
    while inputs.iter().any(|input| input.head.is_some()) {
        merge_run(&mut inputs, sink, &mut merged)?;
    }
    for input in inputs.iter().filter(|input| input.is_cut) {
        // Where it was cut between two runs, none of them has told.
        let told = cut_short(&input.name);
        if !merged.lacking.contains(&told) {
            merged.lacking.push(told);
        }
    }
    Ok(merged)
}

/// A record that is merged, with the event that comes next.
struct Input<R: BufRead> {
    name: String,
    reader: RecordReader<R>,
    head: Option<Event>,
    is_cut: bool,
}

impl<R: BufRead> Input<R> {
    fn advance(&mut self) -> Result<(), RecordError> {
        self.head = match self.reader.next_event() {
            Ok(event) => event,
            Err(error) if error.is_truncated() => {
                self.is_cut = true;
                None
            }
            Err(error) => return Err(about(&self.name, &error)),
        };
        Ok(())
    }

    /// The next event, if it is one of those.
    fn take_if(&mut self, is_wanted: impl Fn(&Event) -> bool) -> Result<Option<Event>, RecordError> {
        if !self.head.as_ref().is_some_and(is_wanted) {
            return Ok(None);
        }
        let event = self.head.take();
        self.advance()?;
        Ok(event)
    }

    /// Where in the whole run the group of cases that comes next belongs.
    fn turn(&self) -> Option<(bool, usize, u64)> {
        match &self.head {
            Some(Event::OperationStarted { phase, turn, .. }) => {
                let is_last = *turn >= LAST_TURN;
                Some((is_last, Phase::ALL.iter().position(|known| known == phase)?, *turn))
            }
            _ => None,
        }
    }
}

/// Merges one run: the records stand before its first event, and after its last when this is done.
fn merge_run<R: BufRead>(
    inputs: &mut [Input<R>],
    sink: &mut dyn EventSink,
    merged: &mut Merged,
) -> Result<(), RecordError> {
    let mut starts = Vec::new();
    for (index, input) in inputs.iter_mut().enumerate() {
        match input.take_if(|event| matches!(event, Event::RunStarted { .. }))? {
            Some(event) => starts.push((index, event)),
            // A run that could not start, or one that is not there.
            None if input.head.is_some() => {
                let reason = format!("`{}` has a run that could not start", input.name);
                return Err(RecordError::new(Kind::Unfit(reason)));
            }
            None => {}
        }
    }
    let names: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
    let whole = Whole::new(&names, starts)?;
    let mut lacking = whole.lacking.clone();
    sink.take(&whole.event);
    // Groups of cases in the order of the whole run.
    while let Some(next) = (0..inputs.len())
        .filter_map(|index| Some((inputs[index].turn()?, index)))
        .min()
        .map(|(_, index)| &mut inputs[index])
    {
        while let Some(event) = next.take_if(is_of_cases)? {
            sink.take(&event);
            if next.turn().is_some() {
                break;
            }
        }
    }
    let mut covered: Vec<(String, OperationCoverage)> = Vec::new();
    let mut failures: Vec<Failure> = Vec::new();
    let mut warnings: Vec<Warning> = Vec::new();
    let mut summary = Summary::default();
    for input in inputs.iter_mut() {
        let mut is_over = false;
        while let Some(event) = input.take_if(|event| !matches!(event, Event::RunStarted { .. }))? {
            match event {
                Event::OperationCovered { operation, coverage } => covered.push((operation, coverage)),
                Event::FailureFound { failure } => failures.push(failure),
                Event::WarningRaised { warning } => warnings.push(warning),
                Event::RunFinished { summary: part } => {
                    add(&mut summary, &part);
                    is_over = true;
                    break;
                }
                event => sink.take(&event),
            }
        }
        if !is_over {
            lacking.push(cut_short(&input.name));
        }
    }
    let place = |id: &str| whole.places.get(id).copied().unwrap_or(usize::MAX);
    covered.sort_by_key(|(operation, _)| place(operation));
    for (operation, coverage) in covered {
        sink.take(&Event::OperationCovered { operation, coverage });
    }
    failures.sort_by_key(|failure| place(&failure.operation));
    warnings.sort_by_key(|warning| warning.operation.as_deref().map(|id| place(id) + 1));
    // What concerns no operation is told by each shard.
    warnings.dedup();
    for reason in &lacking {
        let message = format!("{reason}; what it would have told is missing");
        warnings.push(Warning { code: "shard-missing".to_owned(), operation: None, message });
    }
    summary.failures = failures.len() as u64;
    summary.warnings = warnings.len() as u64;
    summary.interrupted |= !lacking.is_empty();
    failures.into_iter().for_each(|failure| sink.take(&Event::FailureFound { failure }));
    warnings.into_iter().for_each(|warning| sink.take(&Event::WarningRaised { warning }));
    sink.take(&Event::RunFinished { summary });
    merged.lacking.extend(lacking);
    Ok(())
}

fn is_of_cases(event: &Event) -> bool {
    matches!(event, Event::OperationStarted { .. } | Event::CaseFinished { .. })
}

fn cut_short(name: &str) -> String {
    format!("the record `{name}` is cut short")
}

fn about(name: &str, error: &RecordError) -> RecordError {
    RecordError::new(Kind::Unfit(match std::error::Error::source(error) {
        Some(cause) => format!("`{name}`: {error}: {cause}"),
        None => format!("`{name}`: {error}"),
    }))
}

/// The first event of the whole run.
struct Whole {
    event: Event,
    places: HashMap<String, usize>,
    lacking: Vec<String>,
}

impl Whole {
    fn new(names: &[String], starts: Vec<(usize, Event)>) -> Result<Self, RecordError> {
        let unfit = |reason: String| RecordError::new(Kind::Unfit(reason));
        let mut lacking = Vec::new();
        let mut whole: Option<(usize, Event)> = None;
        let mut seen: Vec<(usize, Shard)> = Vec::new();
        let mut all: Vec<OperationSummary> = Vec::new();
        let mut began = u64::MAX;
        for (index, event) in starts {
            let name = &names[index];
            let Event::RunStarted { shard, operations, started_millis, .. } = &event else { continue };
            let Some(shard) = *shard else {
                return Err(unfit(format!("`{name}` is a whole run, and no shard of one")));
            };
            if shard.index == 0 || shard.index > shard.count {
                return Err(unfit(format!("`{name}` says that it is shard {}/{}", shard.index, shard.count)));
            }
            if let Some((other, _)) = seen.iter().find(|(_, known)| known.index == shard.index) {
                let (index, count) = (shard.index, shard.count);
                return Err(unfit(format!(
                    "`{}` and `{name}` are both shard {index}/{count}; leave one out",
                    names[*other]
                )));
            }
            if let Some((first, known)) = &whole
                && let Some(difference) = difference(known, &event)
            {
                return Err(unfit(format!(
                    "`{}` and `{name}` are not of one run: {difference}",
                    names[*first]
                )));
            }
            seen.push((index, shard));
            all.extend(operations.iter().cloned());
            began = began.min(*started_millis);
            if whole.is_none() {
                whole = Some((index, event));
            }
        }
        let Some((_, mut event)) = whole else { return Err(unfit("there is nothing to merge".to_owned())) };
        let count = seen.first().map_or(0, |(_, shard)| shard.count);
        let missing: Vec<String> = (1..=count)
            .filter(|index| !seen.iter().any(|(_, shard)| shard.index == *index))
            .take(MAX_NAMED)
            .map(|index| format!("shard {index}/{count} is missing"))
            .collect();
        lacking.extend(missing);
        all.sort_by_key(|operation| operation.place);
        let places = all.iter().map(|operation| (operation.id.clone(), operation.place)).collect();
        if let Event::RunStarted { shard, operations, started_millis, .. } = &mut event {
            *shard = None;
            *started_millis = began;
            *operations = all;
        }
        Ok(Self { event, places, lacking })
    }
}

/// Missing shards named one by one.
const MAX_NAMED: usize = 100;

/// What tells two runs apart that should be parts of one.
fn difference(left: &Event, right: &Event) -> Option<String> {
    let (
        Event::RunStarted { document, digest, seed, phases, checks, shard, .. },
        Event::RunStarted {
            document: other_document,
            digest: other_digest,
            seed: other_seed,
            phases: other_phases,
            checks: other_checks,
            shard: other_shard,
            ..
        },
    ) = (left, right)
    else {
        return None;
    };
    let told = |what: &str, left: String, right: String| Some(format!("{what} {left}, and {right}"));
    if digest != other_digest {
        let short = |digest: &str| digest.chars().take(12).collect::<String>();
        let named = |document: &str, digest: &str| format!("`{document}` (SHA-256 {}...)", short(digest));
        return told("the documents are", named(document, digest), named(other_document, other_digest));
    }
    if seed != other_seed {
        return told("the seeds are", seed.to_string(), other_seed.to_string());
    }
    if phases != other_phases {
        let names =
            |phases: &[Phase]| phases.iter().map(|phase| phase.as_str()).collect::<Vec<_>>().join(",");
        return told("the phases are", names(phases), names(other_phases));
    }
    if checks != other_checks {
        return told("the checks are", checks.join(","), other_checks.join(","));
    }
    let count = |shard: &Option<Shard>| shard.map_or(0, |shard| shard.count);
    if count(shard) != count(other_shard) {
        return told("the numbers of shards are", count(shard).to_string(), count(other_shard).to_string());
    }
    // The targets may differ: each shard may have a deployment of its own.
    None
}

fn add(summary: &mut Summary, part: &Summary) {
    summary.operations += part.operations;
    summary.cases += part.cases;
    summary.requests += part.requests;
    summary.known += part.known;
    summary.flaky += part.flaky;
    summary.unexercised += part.unexercised;
    summary.interrupted |= part.interrupted;
    summary.unreachable |= part.unreachable;
}
