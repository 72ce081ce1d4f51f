//! Which calls an expectation is about, over a journal that goes on.

use std::collections::HashMap;
use std::sync::Arc;

use super::recorded::Recorded;
use crate::edition::Edition;
use crate::journal::{Held, Kept};
use crate::script::{Comparison, Expectation};
use crate::session::Session;

/// Looks at each call once, however often it is asked.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) expectation: Arc<Expectation>,
    /// What was seen of the calls that are held, by id.
    seen: HashMap<u64, Sight>,
}

/// What a call is to an expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sight {
    Counts,
    Apart,
    /// It cannot be told, for this reason.
    Untold(String),
}

/// What a journal holds for an expectation.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// The ids of the calls that count, in order.
    pub(super) counted: Vec<u64>,
    /// How many calls cannot be told, and why the first cannot.
    pub(super) untold: u64,
    pub(super) reason: Option<String>,
    /// How many calls of the operation are no longer held.
    pub(super) dropped: u64,
    /// Everything that is held.
    pub(super) held: Vec<Arc<Held>>,
}

impl Looked {
    /// How many calls may count that are not seen to.
    pub(super) fn open(&self) -> u64 {
        self.untold + self.dropped
    }

    /// Why it cannot be told how many calls count.
    pub(super) fn why(&self) -> String {
        let calls = |count| if count == 1 { "1 call was".to_owned() } else { format!("{count} calls were") };
        let mut reasons = Vec::new();
        if self.dropped > 0 {
            reasons.push(format!("{} dropped from the journal", calls(self.dropped)));
        }
        if let Some(reason) = &self.reason {
            let of =
                if self.untold == 1 { "of 1 call".to_owned() } else { format!("of {} calls", self.untold) };
            reasons.push(format!("{of} {reason}"));
        }
        reasons.join(", and ")
    }
}

impl Tally {
    pub(super) fn new(expectation: Arc<Expectation>) -> Self {
        Self { expectation, seen: HashMap::new() }
    }

    /// Looks at what a session holds.
    pub(super) fn look(&mut self, edition: &Arc<Edition>, session: &Session) -> Looked {
        let (held, dropped) = session.journal.all_held(&self.expectation.operation);
        let mut looked = Looked { dropped, ..Looked::default() };
        let mut before = std::mem::take(&mut self.seen);
        for call in &held {
            let id = call.kept.id();
            let sight =
                before.remove(&id).unwrap_or_else(|| sight(&self.expectation, &call.kept, edition, session));
            match &sight {
                Sight::Counts => looked.counted.push(id),
                Sight::Apart => {}
                Sight::Untold(reason) => {
                    looked.untold += 1;
                    looked.reason.get_or_insert_with(|| reason.clone());
                }
            }
            self.seen.insert(id, sight);
        }
        Looked { held, ..looked }
    }
}

/// Whether a call is one of the operation that an expectation is about.
pub(super) fn is_of_operation(expectation: &Expectation, kept: &Kept) -> bool {
    let is_of_document = match kept {
        Kept::Recorded(entry) => {
            entry.operation.as_ref().is_some_and(|of| of.document().name() == expectation.document)
        }
        Kept::Settled(_) => true,
    };
    is_of_document && kept.operation() == Some(expectation.operation.as_str())
}

fn sight(expectation: &Expectation, kept: &Kept, edition: &Arc<Edition>, session: &Session) -> Sight {
    if !is_of_operation(expectation, kept) || expectation.status_apart(kept.status()).is_some() {
        return Sight::Apart;
    }
    if !expectation.reads_requests() {
        return Sight::Counts;
    }
    let Some(recorded) = Recorded::read(kept, edition) else {
        return Sight::Untold("the operation is another one since the documents were loaded anew".to_owned());
    };
    let subject = recorded.subject();
    let scope = edition.engine.recorded_scope(&subject, session, None);
    match expectation.compare(&scope, recorded.lens()) {
        Comparison::Holds => Sight::Counts,
        Comparison::Differs(..) => Sight::Apart,
        Comparison::Untold(reason) => Sight::Untold(reason),
    }
}
