//! When a reply comes, and what is done to its connection.

use std::time::Duration;

use serde_json::{Value, json};

/// What is done to a connection instead of a whole reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It is reset.
    Reset,
    /// It is closed without a byte.
    Empty,
    /// Bytes that are no HTTP.
    Garbage,
    /// A chunk that is none.
    MalformedChunk,
    /// It is kept open without a byte.
    Hang,
    /// The body ends after so many bytes.
    Truncate(u64),
    /// The body stands still.
    Stall {
        /// After so many bytes.
        after: u64,
        /// For so long.
        lasting: Duration,
    },
}

impl Fault {
    pub(super) fn to_json(self) -> Value {
        match self {
            Self::Reset => json!("reset"),
            Self::Empty => json!("empty"),
            Self::Garbage => json!("garbage"),
            Self::MalformedChunk => json!("malformed_chunk"),
            Self::Hang => json!("hang"),
            Self::Truncate(bytes) => json!({ "truncate": bytes }),
            Self::Stall { after, lasting } => json!({ "stall": { "after": after, "for": written(lasting) } }),
        }
    }
}

/// How long a reply waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delay {
    /// Always so long.
    Fixed(Duration),
    /// Between two times, each as likely.
    Uniform(Duration, Duration),
    /// With a long tail: half of the replies are faster than `p50`, one in a hundred slower than `p99`.
    LogNormal {
        /// The median.
        p50: Duration,
        /// The 99th percentile.
        p99: Duration,
    },
    /// Around a mean.
    Normal {
        /// The mean.
        mean: Duration,
        /// The standard deviation.
        deviation: Duration,
    },
}

impl Delay {
    pub(super) fn to_json(self) -> Value {
        match self {
            Self::Fixed(time) => json!(written(time)),
            Self::Uniform(least, most) => json!({ "uniform": [written(least), written(most)] }),
            Self::LogNormal { p50, p99 } => {
                json!({ "lognormal": { "p50": written(p50), "p99": written(p99) } })
            }
            Self::Normal { mean, deviation } => {
                json!({ "normal": { "mean": written(mean), "sd": written(deviation) } })
            }
        }
    }
}

impl From<Duration> for Delay {
    fn from(time: Duration) -> Self {
        Self::Fixed(time)
    }
}

/// A duration as scripts write it, to the microsecond.
pub(super) fn written(time: Duration) -> String {
    match time.subsec_micros() {
        0 => format!("{}s", time.as_secs()),
        micros if micros % 1_000 == 0 => format!("{}ms", time.as_millis()),
        _ => format!("{}us", time.as_micros()),
    }
}
