//! What can be wrong with a record.

use std::error::Error;
use std::fmt;
use std::io;

/// Why a record cannot be used, or not all of it.
#[derive(Debug)]
pub struct RecordError {
    kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Io(io::Error),
    /// It ends before the run does.
    Truncated {
        events: u64,
    },
    /// It has more than a reader takes.
    TooLarge {
        what: &'static str,
        limit: u64,
    },
    /// It was written by a later version.
    Newer {
        found: u64,
        known: u32,
    },
    /// It is no record.
    Foreign {
        line: u64,
        reason: String,
    },
    /// It, or the set it is in, does not fit.
    Unfit(String),
}

impl RecordError {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind }
    }

    /// Whether the record ends before the run does; what came before the end was read.
    pub fn is_truncated(&self) -> bool {
        matches!(self.kind, Kind::Truncated { .. })
    }

    /// Whether a later version of this program wrote it.
    pub fn is_newer(&self) -> bool {
        matches!(self.kind, Kind::Newer { .. })
    }

    /// Whether it goes beyond a limit of [`super::RecordReader`].
    pub fn is_too_large(&self) -> bool {
        matches!(self.kind, Kind::TooLarge { .. })
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Io(_) => f.write_str("read the record"),
            Kind::Truncated { events } => write!(f, "the record is cut short after {events} events"),
            Kind::TooLarge { what, limit } => {
                write!(f, "the record has {what} beyond the limit of {limit} bytes")
            }
            Kind::Newer { found, known } => write!(
                f,
                "the record has version {found} and this program reads up to {known}; use a later counterfoil"
            ),
            Kind::Foreign { line, reason } => {
                write!(f, "line {line} of the record is none of a record: {reason}")
            }
            Kind::Unfit(reason) => f.write_str(reason),
        }
    }
}

impl Error for RecordError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for RecordError {
    fn from(error: io::Error) -> Self {
        Self::new(Kind::Io(error))
    }
}
