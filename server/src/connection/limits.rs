//! How long a connection may keep the stub waiting.

use std::time::Duration;

/// How long a connection may take before it is closed; kept on Linux only.
///
/// The first two are looked at once a second, so that a connection may live two seconds longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    pub(crate) first_request: Duration,
    pub(crate) idle: Duration,
    pub(crate) write: Duration,
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
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            first_request: Duration::from_secs(8),
            idle: Duration::from_secs(30),
            write: Duration::from_secs(30),
        }
    }
}
