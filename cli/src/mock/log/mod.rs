//! The log of `mock`: a line a request, and what else is to be told, on standard error.
//!
//! | part | what it does |
//! |---|---|
//! | `event` | takes the fields out of what the stub tells |
//! | `text`, `json` | one line of each |
//! | `queue` | hands the lines to a thread that writes them, so that no request waits for whoever reads |

mod event;
mod json;
mod queue;
mod text;

use std::sync::Arc;

use clap::{Args, ValueEnum};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::output::Output;
use event::Told;
use queue::Queue;

/// What is logged unless `COUNTERFOIL_LOG` says otherwise: a line a request.
const DEFAULT_LEVEL: &str = "info";

/// How requests are logged.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogOptions {
    /// How each request is logged on standard error: as a line of text, as a JSON object on a line of its own, or not
    /// at all. Warnings, errors and reloads are told in any case.
    #[arg(long = "log", value_name = "HOW", default_value = "text")]
    how: How,
}

/// What `--help` says at its end.
pub(crate) const HELP: &str = "\
Log lines:
  The line of a request says when it came, status, method and whole URL, the operation, where
  the reply comes from, how long it took, the number of the call, the session that it named,
  if any, and why: the violations, or the decisions on the way to the reply. Secrets are
  hidden as in the journal.
  With `--log json` each line is an object with these members:
    time        when, in UTC (RFC 3339)
    level       error, warn, info, debug or trace
    event       `request`, or `message` for all else, which has a `message`
    call        the number of the call: the header `counterfoil-call`
    session     the session that the request named, or null: calls are numbered in each
    method      the method
    url         path and query
    operation   the id of the operation, or null
    status      the status, or null where a fault took the reply's place
    source      the header `counterfoil-source`: what decided the reply
    rule        the rule of a script that decided, or null
    violations  how the request breaks the contract: a list of texts
    upstream_violations
                the same of what an upstream replied, where it does
    trail       the decisions on the way to the reply: a list of texts
    latency_us  microseconds from the request's head to the reply, without scripted delays
  COUNTERFOIL_LOG sets the least level: error, warn, info (requests), debug, trace, off.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum How {
    Text,
    Json,
    Off,
}

/// The log, as long as it is wanted; what is not written yet is when this goes.
#[derive(Debug)]
pub(crate) struct Log(Arc<Queue>);

impl Log {
    /// Starts to log. Must be called once at most.
    pub(crate) fn start(options: &LogOptions, output: &Output) -> std::io::Result<Self> {
        let level = std::env::var("COUNTERFOIL_LOG").unwrap_or_else(|_| DEFAULT_LEVEL.to_owned());
        let level = EnvFilter::try_new(&level).unwrap_or_else(|_| EnvFilter::new(DEFAULT_LEVEL));
        let queue = Queue::start(std::io::stderr())?;
        let lines =
            Lines { how: options.how, is_coloured: output.has_coloured_stderr(), queue: Arc::clone(&queue) };
        tracing_subscriber::registry().with(level).with(lines).init();
        Ok(Self(queue))
    }

    /// Waits until what was told so far is written, but not for ever.
    pub(crate) fn flush(&self) {
        self.0.flush();
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Makes a line of everything told.
struct Lines {
    how: How,
    is_coloured: bool,
    queue: Arc<Queue>,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let is_request = event.metadata().target() == counterfoil_server::REQUEST_TARGET;
        if is_request && self.how == How::Off {
            return;
        }
        let told = Told::of(event);
        let mut line = match self.how {
            How::Json => json::line(&told),
            How::Text | How::Off => text::line(&told, self.is_coloured),
        };
        line.push('\n');
        self.queue.push(&line);
    }
}
