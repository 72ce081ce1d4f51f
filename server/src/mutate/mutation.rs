//! What a mutation is, and the list of all.

use std::fmt;
use std::sync::Arc;

use counterfoil_openapi::{Operation, Part, Response, Violation};

use super::sample;
use super::scene::Scene;
use super::subject::Subject;
use super::{body, connection, failing, head, keeping, leniency, methods, refusal, strictness};

/// One way to break a contract on purpose.
#[derive(Clone, Copy)]
pub struct Mutation {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) check: &'static str,
    pub(super) deed: Deed,
}

/// What a mutation does.
#[derive(Clone, Copy)]
pub(super) enum Deed {
    /// Breaks what a valid request is answered with, where that can be broken so: what comes of it is confirmed by the
    /// validator.
    Success(Breaks),
    /// Breaks what an invalid request is answered with, in the same way.
    Refusal(Breaks),
    /// Does something else.
    Act(Act),
}

/// A response with something broken; nothing where there is nothing of the kind to break.
pub(super) type Breaks = fn(&Arc<Operation>, &Response) -> Option<Response>;

/// What a mutation does that is more than another response.
#[derive(Clone, Copy)]
pub(super) struct Act {
    pub(super) needs: Needs,
    /// Whether it can show on an operation.
    pub(super) applies: fn(&Subject<'_>) -> bool,
    /// Where it accepts what is invalid: for what the request is refused otherwise, by part and rule.
    pub(super) accepts: Option<fn(&Part, &str) -> bool>,
    /// Breaks a reply and says so; where it says that it did not, the reply is as it was.
    pub(super) act: fn(&mut Scene<'_>) -> bool,
}

/// What a stub has to be given so that a mutation can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Needs {
    /// Nothing but the document.
    Nothing,
    /// [`Credentials`](crate::Credentials), so that it can tell right ones from wrong ones.
    Credentials,
    /// A script with `resources`, such as [`derive_resources`](crate::derive_resources) gives.
    Resources,
    /// The same, and two clients who each name a session of their own.
    Identities,
}

/// Every mutation there is, families together.
pub fn mutations() -> impl Iterator<Item = &'static Mutation> {
    let families: [&[Mutation]; 9] = [
        body::ALL,
        head::ALL,
        refusal::ALL,
        leniency::ALL,
        strictness::ALL,
        failing::ALL,
        connection::ALL,
        methods::ALL,
        keeping::ALL,
    ];
    families.into_iter().flatten()
}

impl Mutation {
    /// The mutation of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        mutations().find(|mutation| mutation.name == name)
    }

    /// Its name: `drop-required-property`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What the stub does, in a line.
    pub fn about(&self) -> &'static str {
        self.about
    }

    /// The name of the check of the conformance suite that has to find it.
    pub fn check(&self) -> &'static str {
        self.check
    }

    /// What the stub has to be given so that it can show.
    pub fn needs(&self) -> Needs {
        match self.deed {
            Deed::Success(_) | Deed::Refusal(_) => Needs::Nothing,
            Deed::Act(act) => act.needs,
        }
    }

    /// Whether it can show on an operation of a contract: whether the document says something there that the stub can
    /// break in this way. One that [needs](Self::needs) resources can show where they are derived.
    pub fn applies_to(&self, subject: &Subject<'_>) -> bool {
        let any = |samples: &[Response], breaks: Breaks| {
            samples.iter().any(|sample| breaks(subject.operation, sample).is_some())
        };
        match self.deed {
            Deed::Success(breaks) => any(subject.successes(), breaks),
            Deed::Refusal(breaks) => any(subject.refusals(), breaks),
            Deed::Act(act) => (act.applies)(subject),
        }
    }

    /// Whether it accepts a request that is refused for such a violation; nothing where it is no mutation that accepts
    /// invalid data.
    pub fn accepts(&self, violation: &Violation) -> Option<bool> {
        match self.deed {
            Deed::Act(Act { accepts: Some(is_it), .. }) => Some(is_it(&violation.part, &violation.rule)),
            _ => None,
        }
    }

    /// Whether it is about what a script keeps, so that all operations of one resource have a part in it.
    pub(super) fn is_of_resources(&self) -> bool {
        matches!(self.needs(), Needs::Resources | Needs::Identities)
    }

    /// Breaks a reply and says so; where it says that it did not, the reply is as it was.
    pub(super) fn act(&self, scene: &mut Scene<'_>) -> bool {
        match self.deed {
            Deed::Success(breaks) => scene.is_success() && scene.change(self.name, breaks, sample::successes),
            Deed::Refusal(breaks) => scene.is_refusal() && scene.change(self.name, breaks, sample::refusals),
            Deed::Act(act) => (act.act)(scene),
        }
    }
}

impl PartialEq for Mutation {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Mutation {}

impl fmt::Debug for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mutation").field(&self.name).finish()
    }
}
