//! What can go wrong with a reply on purpose.

use std::time::Duration;

use crate::trail::Trail;

/// What is done to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is reset (TCP RST; RST_STREAM where HTTP/2 is spoken).
    Reset,
    /// The connection is closed without a byte.
    Empty,
    /// Nothing is ever sent; the connection stays open.
    Hang,
    /// Bytes that are no HTTP are sent.
    Garbage,
    /// Half of the body is sent, then a chunk that is none.
    MalformedChunk,
    /// That many bytes of the body are sent, then the connection is closed.
    Truncate(u64),
    /// That many bytes of the body are sent, then nothing for a time, then the rest.
    Stall { after: u64, pause: Duration },
}

impl Fault {
    /// The word of the grammar.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Empty => "empty",
            Self::Hang => "hang",
            Self::Garbage => "garbage",
            Self::MalformedChunk => "malformed_chunk",
            Self::Truncate(_) => "truncate",
            Self::Stall { .. } => "stall",
        }
    }

    /// Whether no reply is sent at all; of any other a part of the reply is sent, or all of it.
    pub(crate) fn replaces_the_reply(self) -> bool {
        matches!(self, Self::Reset | Self::Empty | Self::Hang | Self::Garbage)
    }

    /// Says in the trail what will happen to a reply whose body has `size` bytes.
    pub(super) fn tell(self, size: usize, trail: &mut Trail) {
        let of = size as u64;
        match self {
            Self::Reset => trail.push("fault: the connection is reset"),
            Self::Empty => trail.push("fault: the connection is closed without a byte"),
            Self::Hang => trail.push("fault: nothing is ever sent"),
            Self::Garbage => trail.push("fault: what is sent is no HTTP"),
            Self::MalformedChunk => trail.push("fault: the body ends in a chunk that is none"),
            Self::Truncate(bytes) if bytes < of => {
                trail.push(format!("fault: the body is cut off after {bytes} of {size} bytes"));
            }
            Self::Stall { after, pause } if after < of => {
                trail.push(format!("fault: the body stalls after {after} of {size} bytes for {pause:?}"));
            }
            Self::Truncate(bytes) | Self::Stall { after: bytes, .. } => {
                let word = self.as_str();
                trail.push(format!("fault: no {word} after {bytes} bytes, for the body has {size} only"));
            }
        }
    }
}

/// What goes wrong with one reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mishap {
    /// What is done to the connection.
    pub(crate) fault: Option<Fault>,
    /// How slowly the body comes.
    pub(crate) drip: Option<Drip>,
}

/// A body that comes in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Drip {
    /// How many parts.
    pub(crate) chunks: u32,
    /// How long it takes: one part at the end of each of as many parts of that time.
    pub(crate) over: Duration,
}
