//! The calls that come nearest to what is expected, where there are too few of those.

use std::cmp::Reverse;
use std::sync::Arc;

use super::recorded::Recorded;
use super::tally::{Looked, is_of_operation};
use crate::edition::Edition;
use crate::journal::Kept;
use crate::script::{Comparison, Difference, Expectation};
use crate::session::Session;

/// How many are told.
pub(crate) const MAX_NEAR: usize = 5;

/// How alike a path must be to a template to be one that was perhaps meant.
const LIKENESS: f64 = 0.7;

/// A call, and how it first differs from what is expected.
#[derive(Debug)]
pub(crate) struct Near {
    pub(crate) id: u64,
    /// Nothing where it is one of those that are too many.
    pub(crate) difference: Option<Difference>,
}

/// The calls that are no such calls, the nearest first, and of those that are as near the latest.
pub(super) fn misses(
    expectation: &Expectation,
    looked: &Looked,
    edition: &Arc<Edition>,
    session: &Session,
) -> Vec<Near> {
    let mut ranked = Vec::new();
    for held in &looked.held {
        let (kept, id) = (&held.kept, held.kept.id());
        if looked.counted.binary_search(&id).is_ok() {
            continue;
        }
        let miss = match is_of_operation(expectation, kept) {
            true => of_operation(expectation, kept, edition, session),
            false => elsewhere(expectation, kept),
        };
        if let Some((nearness, difference)) = miss {
            ranked.push((nearness, id, difference));
        }
    }
    ranked.sort_by_key(|(nearness, id, _)| (Reverse(*nearness), Reverse(*id)));
    ranked.truncate(MAX_NEAR);
    ranked.into_iter().map(|(_, id, difference)| Near { id, difference: Some(difference) }).collect()
}

/// How near a call is: first by its operation, then by how much of what is asked holds.
type Nearness = (u8, usize);

fn of_operation(
    expectation: &Expectation,
    kept: &Kept,
    edition: &Arc<Edition>,
    session: &Session,
) -> Option<(Nearness, Difference)> {
    const SAME: u8 = 3;
    if let Some(recorded) = Recorded::read(kept, edition) {
        let subject = recorded.subject();
        let scope = edition.engine.recorded_scope(&subject, session, None);
        if let Comparison::Differs(difference, held) = expectation.compare(&scope, recorded.lens()) {
            return Some(((SAME, held), difference));
        }
    }
    let difference = expectation.status_apart(kept.status())?;
    Some(((SAME, usize::MAX), difference))
}

/// A call of another operation, or of none.
fn elsewhere(expectation: &Expectation, kept: &Kept) -> Option<(Nearness, Difference)> {
    let (method, path) = expectation.label.split_once(' ')?;
    let (asked_method, asked_path) = kept.asked();
    let method_apart = || Difference {
        field: "method".to_owned(),
        expected: method.to_owned(),
        found: Some(asked_method.to_owned()),
    };
    if kept.operation().is_some() {
        let is_same_path = matches!(kept, Kept::Recorded(entry)
            if entry.operation.as_ref().is_some_and(|of| of.path().as_str() == path));
        if is_same_path {
            return Some(((1, 1), method_apart()));
        }
        let difference = Difference {
            field: "operation".to_owned(),
            expected: format!("{} ({})", expectation.operation, expectation.label),
            found: kept.operation().map(str::to_owned),
        };
        return Some(((0, 0), difference));
    }
    let likeness = strsim::jaro_winkler(path, asked_path);
    if likeness < LIKENESS {
        return None;
    }
    let is_same_method = method.eq_ignore_ascii_case(asked_method);
    // A path that has no such method is one that is there.
    let difference = if !is_same_method && kept.status() == Some(405) {
        method_apart()
    } else {
        Difference { field: "path".to_owned(), expected: path.to_owned(), found: Some(asked_path.to_owned()) }
    };
    let nearness = if is_same_method { 2 } else { 1 };
    Some(((nearness, 0), difference))
}
