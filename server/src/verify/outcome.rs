//! What became of an expectation.

use std::sync::Arc;

use super::near::Near;
use crate::script::Expectation;

/// What became of an expectation, or of several in order.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// So many calls are as expected.
    Holds {
        /// How many there are.
        count: u64,
    },
    /// They are not.
    Fails(Box<Shortfall>),
    /// What could tell is no longer held.
    Untold(Box<Shortfall>),
}

/// What is not as expected.
#[derive(Debug)]
pub(crate) struct Shortfall {
    /// The first expectation that does not hold.
    pub(crate) expectation: Arc<Expectation>,
    /// How many calls there are that it is about.
    pub(crate) count: u64,
    /// How many others may have been such calls.
    pub(crate) untold: u64,
    /// What was expected and what there is.
    pub(crate) message: String,
    /// The calls that are nearest to it, the nearest first; where there are too many, the latest of them.
    pub(crate) nearest: Vec<Near>,
    /// Whether no call that may follow can change it.
    pub(crate) is_final: bool,
}

impl Outcome {
    /// Whether no call that may follow makes it better.
    pub(crate) fn is_final(&self) -> bool {
        match self {
            Self::Holds { .. } => true,
            Self::Fails(shortfall) | Self::Untold(shortfall) => shortfall.is_final,
        }
    }
}
