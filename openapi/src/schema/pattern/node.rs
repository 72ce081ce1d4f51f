//! What a pattern consists of.

use regex_syntax::hir::ClassUnicode;

/// A part of a pattern.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Matches the empty text.
    Empty,
    /// One character of a set.
    Class(ClassUnicode),
    Assert(Assertion),
    /// A capturing group, by number from 1.
    Group(u32, Box<Node>),
    /// What a group matched, or nothing where it did not.
    Reference {
        group: u32,
        ignores_case: bool,
    },
    Look {
        is_behind: bool,
        is_negative: bool,
        inner: Box<Node>,
    },
    /// Its first match counts and no other is tried.
    Atomic(Box<Node>),
    Repeat {
        inner: Box<Node>,
        min: u32,
        max: Option<u32>,
        is_greedy: bool,
    },
    All(Vec<Node>),
    Either(Vec<Node>),
}

/// What holds at a position, whatever is matched there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assertion {
    Start,
    End,
    LineStart,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}

impl Node {
    /// The fewest characters it matches, as far as that is plain to see.
    pub(super) fn shortest(&self) -> u64 {
        match self {
            Self::Empty | Self::Assert(_) | Self::Reference { .. } | Self::Look { .. } => 0,
            Self::Class(_) => 1,
            Self::Group(_, inner) | Self::Atomic(inner) => inner.shortest(),
            Self::Repeat { inner, min, .. } => inner.shortest().saturating_mul(u64::from(*min)),
            Self::All(parts) => parts.iter().fold(0, |sum, part| part.shortest().saturating_add(sum)),
            Self::Either(branches) => branches.iter().map(Self::shortest).min().unwrap_or(0),
        }
    }

    /// The most characters it matches; nothing where there is no most, or none that is plain to see.
    pub(super) fn longest(&self) -> Option<u64> {
        match self {
            Self::Empty | Self::Assert(_) | Self::Look { .. } => Some(0),
            Self::Class(_) => Some(1),
            Self::Reference { .. } => None,
            Self::Group(_, inner) | Self::Atomic(inner) => inner.longest(),
            Self::Repeat { inner, max, .. } => match (inner.longest()?, max) {
                (0, _) => Some(0),
                (most, max) => Some(most.saturating_mul(u64::from((*max)?))),
            },
            Self::All(parts) => {
                parts.iter().try_fold(0, |sum: u64, part| Some(sum.saturating_add(part.longest()?)))
            }
            Self::Either(branches) => {
                branches.iter().try_fold(0, |most: u64, one| Some(most.max(one.longest()?)))
            }
        }
    }

    /// The most characters of a text that it matches from the beginning to the end; nothing where it may match a part.
    pub(super) fn longest_text(&self) -> Option<u64> {
        match self {
            Self::Group(_, inner) | Self::Atomic(inner) => inner.longest_text(),
            Self::Either(branches) => {
                branches.iter().try_fold(0, |most: u64, one| Some(most.max(one.longest_text()?)))
            }
            Self::All(parts) => {
                let is_whole =
                    matches!(parts[..], [Self::Assert(Assertion::Start), .., Self::Assert(Assertion::End)]);
                is_whole.then(|| self.longest()).flatten()
            }
            _ => None,
        }
    }

    /// How many characters it speaks of, each as often as it is repeated at the most; without a most as often as at
    /// the least, and once more.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Empty | Self::Assert(_) | Self::Reference { .. } => 0,
            Self::Class(_) => 1,
            Self::Group(_, inner) | Self::Atomic(inner) | Self::Look { inner, .. } => inner.size(),
            Self::Repeat { inner, min, max, .. } => {
                let times = max.map_or_else(|| u64::from(*min) + 1, u64::from);
                inner.size().saturating_mul(times)
            }
            Self::All(parts) | Self::Either(parts) => {
                parts.iter().fold(0, |sum, part| part.size().saturating_add(sum))
            }
        }
    }

    /// Whether `holds` is true of it or of a part of it.
    pub(super) fn any(&self, holds: &dyn Fn(&Self) -> bool) -> bool {
        holds(self)
            || match self {
                Self::Empty | Self::Class(_) | Self::Assert(_) | Self::Reference { .. } => false,
                Self::Group(_, inner)
                | Self::Atomic(inner)
                | Self::Look { inner, .. }
                | Self::Repeat { inner, .. } => inner.any(holds),
                Self::All(parts) | Self::Either(parts) => parts.iter().any(|part| part.any(holds)),
            }
    }

    /// The group of a number.
    pub(super) fn group(&self, number: u32) -> Option<&Self> {
        match self {
            Self::Empty | Self::Class(_) | Self::Assert(_) | Self::Reference { .. } => None,
            Self::Group(own, inner) if *own == number => Some(inner),
            Self::Group(_, inner)
            | Self::Atomic(inner)
            | Self::Look { inner, .. }
            | Self::Repeat { inner, .. } => inner.group(number),
            Self::All(parts) | Self::Either(parts) => parts.iter().find_map(|part| part.group(number)),
        }
    }
}
