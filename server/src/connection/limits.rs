//! How long a connection may keep the stub waiting, and how many there may be.

use std::time::Duration;

/// The connections to a port that may wait at a time unless told otherwise: all together take about 60 MiB.
pub const DEFAULT_CONNECTIONS: usize = 2_000;

/// How long a connection may take before it is closed, and how many there may be; kept on Linux only, for the stub plane
/// and for the control plane.
///
/// The first two times are looked at once a second, so that a connection may live two seconds longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    pub(crate) first_request: Duration,
    pub(crate) idle: Duration,
    pub(crate) write: Duration,
    pub(crate) at_once: usize,
}

impl ConnectionLimits {
    /// From the opening of a connection to the end of the head of its first request, TLS included: eight seconds
    /// unless told otherwise, so that it is over within ten.
    pub fn first_request(mut self, deadline: Duration) -> Self {
        self.first_request = deadline;
        self
    }

    /// Between requests, and from the last reply to the end of the head of the next request: thirty seconds unless
    /// told otherwise. Over HTTP/1.1 hyper keeps a limit of thirty seconds too.
    pub fn idle(mut self, deadline: Duration) -> Self {
        self.idle = deadline;
        self
    }

    /// How long a client may leave a reply unread before the connection is reset: thirty seconds unless told
    /// otherwise. The time begins again whenever it reads.
    pub fn write(mut self, deadline: Duration) -> Self {
        self.write = deadline;
        self
    }

    /// How many connections to the stub may wait at a time, and to its control plane apart: [`DEFAULT_CONNECTIONS`]
    /// unless told otherwise. Those beyond are closed, the last that came first, without anything for those that were
    /// there. A connection that a request is answered on, or was in the last second, does not count: many clients may
    /// be served at once, and many may not be held for nothing.
    ///
    /// They are counted ten times a second, so that there may be more for that long.
    pub fn at_once(mut self, connections: usize) -> Self {
        self.at_once = connections;
        self
    }
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            first_request: Duration::from_secs(8),
            idle: Duration::from_secs(30),
            write: Duration::from_secs(30),
            at_once: DEFAULT_CONNECTIONS,
        }
    }
}
