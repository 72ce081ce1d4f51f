//! Calls as they come: server-sent events (WHATWG HTML, section 9.2).
//!
//! | event | data |
//! |---|---|
//! | `call`, with the number of the call as its id | the call in short, as `GET /calls` lists it |
//! | `missed` | `{"missed": N}`: so many calls came faster than they were read |
//! | `end` | `{"reason": ..}`: no call follows |
//!
//! A reader that is behind costs no more than one that is not: what is recorded waits in the journal, and only the
//! numbers of calls wait for the reader, up to [`MAX_BEHIND`](crate::journal::MAX_BEHIND).

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dropshot::{ApiEndpointResponse, Body, HttpError, HttpResponse, HttpResponseOk, RequestInfo};
use futures::Stream;
use futures::stream;
use http::{HeaderMap, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::StreamBody;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::asked::{Asked, NamesSession};
use super::calls::{self, Call};
use super::problem::{FindingBody, Problem};
use crate::connection::kept_under_way;
use crate::journal::{self, ENDED};
use crate::session::Session;
use crate::verify::Slot;

/// How often a comment is sent where no call comes.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The call a path names, or the stream of them.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct CallName {
    /// Its id, as the header `counterfoil-call` tells it.
    #[schemars(with = "u64")]
    pub(crate) id: CallId,
}

/// What stands after `/calls/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallId {
    Number(u64),
    Stream,
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "stream" => Ok(Self::Stream),
            id => id.parse().map(Self::Number).map_err(D::Error::custom),
        }
    }
}

/// What `/calls/{id}` answers; what it is documented to is the call.
pub(crate) enum CallOrStream {
    Call(Box<Call>),
    Stream(Response<Body>),
}

impl HttpResponse for CallOrStream {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        match self {
            Self::Call(call) => HttpResponseOk(*call).to_result(),
            Self::Stream(response) => Ok(response),
        }
    }

    fn response_metadata() -> ApiEndpointResponse {
        HttpResponseOk::<Call>::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::OK
    }
}

/// Which calls to tell.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct StreamFilter {
    /// Only calls of this operation: an operationId, or `METHOD /path/{template}`.
    pub(crate) op: Option<String>,
    /// Only calls answered with this status.
    pub(crate) status: Option<u16>,
    /// Only calls whose request was valid, or was not.
    pub(crate) valid: Option<bool>,
    /// Begin with what the journal holds that was recorded after the call with this id, 0 for all of it; the header
    /// `Last-Event-ID` says the same. Without either, only calls to come are told.
    pub(crate) after: Option<u64>,
    /// The name of a session, made on first use; absent for the calls that named none.
    pub(crate) session: Option<String>,
}

impl NamesSession for StreamFilter {
    fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }
}

/// A response that tells of calls until the stub stops, or nobody reads.
pub(super) fn open(
    asked: &Asked<'_>,
    filter: StreamFilter,
    request: &RequestInfo,
) -> Result<Response<Body>, Problem> {
    let reading = Reading::open(asked, filter, last_event(request.headers())?)?;
    let body = Body::wrap(StreamBody::new(events(reading)));
    let body = kept_under_way(body, &asked.state.traffic, request.remote_addr().port());
    let response = Response::builder().header(header::CONTENT_TYPE, "text/event-stream").body(body);
    Ok(response.expect("every header of it is plain text"))
}

/// The call that a reader had last, as `EventSource` says when it comes back.
fn last_event(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let text = String::from_utf8_lossy(value.as_bytes());
    match text.trim() {
        "" => Ok(None),
        id => id.parse().map(Some).map_err(|_| {
            let message = format!("`{id}` is not the number of a call");
            let found = FindingBody::at("/Last-Event-ID", "value-invalid", message);
            Problem::with("the header `Last-Event-ID` cannot be read", vec![found])
        }),
    }
}

/// How far a reader is.
struct Reading {
    session: Arc<Session>,
    filter: journal::CallFilter,
    /// What the journal held already.
    backlog: VecDeque<u64>,
    /// What of that may be told of again by those that arrive.
    sent: HashSet<u64>,
    arrivals: Receiver<u64>,
    stopped: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    stage: Stage,
    /// How often a comment is sent where no call comes.
    heartbeat: Duration,
    /// Held for its drop alone.
    _slot: Slot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begins,
    GoesOn,
    Ends,
}

fn events(reading: Reading) -> impl Stream<Item = Result<Frame<Bytes>, Infallible>> + Send + Sync + 'static {
    stream::unfold(reading, |mut reading| async move {
        let text = reading.next().await?;
        Some((Ok(Frame::data(Bytes::from(text))), reading))
    })
}

impl Reading {
    /// Begins to read: after a call where one is named, else with the next.
    fn open(asked: &Asked<'_>, filter: StreamFilter, last: Option<u64>) -> Result<Self, Problem> {
        let streams = &asked.state.streams;
        let slot = streams.take().ok_or_else(|| {
            let detail = format!("{} streams are open, as many as may be", streams.max());
            Problem::too_many("streams-exhausted", detail)
        })?;
        let StreamFilter { op, status, valid, after, session: _ } = filter;
        let filter = calls::filter(asked, op, status, valid)?;
        // Before the journal is looked at, so that no call comes in between.
        let arrivals = asked.session.journal.listen();
        let backlog: VecDeque<u64> = match last.or(after) {
            Some(id) => asked.session.journal.after(id).into(),
            None => VecDeque::new(),
        };
        Ok(Self {
            session: Arc::clone(&asked.session),
            filter,
            sent: backlog.iter().copied().collect(),
            backlog,
            arrivals,
            stopped: Box::pin(asked.state.stopped_later()),
            stage: Stage::Begins,
            heartbeat: HEARTBEAT,
            _slot: slot,
        })
    }

    /// What is sent next; nothing at the end.
    async fn next(&mut self) -> Option<String> {
        match self.stage {
            Stage::Begins => {
                self.stage = Stage::GoesOn;
                // So that the head goes out at once.
                return Some(": calls follow\n\n".to_owned());
            }
            Stage::GoesOn => {}
            Stage::Ends => return None,
        }
        loop {
            if let Some(id) = self.backlog.pop_front() {
                match self.told(id) {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let arrived = tokio::select! {
                arrived = self.arrivals.recv() => arrived,
                () = tokio::time::sleep(self.heartbeat) => return Some(": still here\n\n".to_owned()),
                () = &mut self.stopped => return Some(self.end("the stub stops")),
            };
            match arrived {
                Ok(ENDED) | Err(RecvError::Closed) => return Some(self.end("the session is dropped")),
                Ok(id) if self.sent.remove(&id) => {}
                Ok(id) => {
                    if let Some(event) = self.told(id) {
                        return Some(event);
                    }
                }
                Err(RecvError::Lagged(missed)) => {
                    return Some(format!("event: missed\ndata: {{\"missed\":{missed}}}\n\n"));
                }
            }
        }
    }

    fn end(&mut self, reason: &str) -> String {
        self.stage = Stage::Ends;
        format!("event: end\ndata: {{\"reason\":\"{reason}\"}}\n\n")
    }

    /// The event of a call; nothing where it is not asked for.
    fn told(&self, id: u64) -> Option<String> {
        let journal = &self.session.journal;
        let Some(held) = journal.held(id) else {
            return Some("event: missed\ndata: {\"missed\":1}\n\n".to_owned());
        };
        if !self.filter.admits(&held.kept) {
            return None;
        }
        let call = calls::in_short(journal.get(id)?);
        // JSON has no line feeds in it.
        let data = serde_json::to_string(&call).ok()?;
        Some(format!("id: {id}\nevent: call\ndata: {data}\n\n"))
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;

    use super::*;
    use crate::builder::StubBuilder;
    use crate::fault::Connection;
    use crate::journal::MAX_BEHIND;
    use crate::pipeline::{self, Arrived};

    fn state() -> crate::state::State {
        StubBuilder::new(Contract::load("a.yaml", b"openapi: 3.0.3\npaths: {}").unwrap()).into_state()
    }

    fn reading(state: &crate::state::State) -> Reading {
        let session = Arc::clone(state.sessions.unnamed());
        Reading {
            arrivals: session.journal.listen(),
            filter: journal::CallFilter::default(),
            sent: HashSet::new(),
            backlog: VecDeque::new(),
            stopped: Box::pin(state.stopped_later()),
            stage: Stage::GoesOn,
            heartbeat: HEARTBEAT,
            _slot: state.streams.take().unwrap(),
            session,
        }
    }

    #[tokio::test]
    async fn where_no_call_comes_a_comment_does() {
        assert_eq!(HEARTBEAT.as_secs(), 15, "as the document of the control API says");
        let state = state();
        let mut reading = Reading { heartbeat: Duration::from_millis(1), ..reading(&state) };
        for _ in 0..3 {
            assert_eq!(reading.next().await.unwrap(), ": still here\n\n");
        }
        reading.heartbeat = Duration::MAX;
        state.stop();
        let last = reading.next().await.unwrap();
        assert_eq!((last.contains("the stub stops"), reading.next().await), (true, None));
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_how_many_it_missed() {
        let state = state();
        let mut reading = reading(&state);
        for _ in 0..MAX_BEHIND + 50 {
            let connection = Connection { peer: ([127, 0, 0, 1], 1).into(), local_port: 2 };
            let request = hyper::Request::get("/a").header("host", "x").body(Body::empty()).unwrap();
            pipeline::serve(&state, &mut Arrived::new(connection, request)).await;
        }
        let missed = |count: usize| Some(format!("event: missed\ndata: {{\"missed\":{count}}}\n\n"));
        assert_eq!(reading.next().await, missed(50));
        // The journal holds a few less than the reader may be behind.
        for _ in 0..MAX_BEHIND - journal::MAX_CALLS {
            assert_eq!(reading.next().await, missed(1));
        }
        let next = reading.next().await.unwrap();
        assert!(next.starts_with("id: 75\nevent: call\ndata: {"), "{next}");
    }
}
