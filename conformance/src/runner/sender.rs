//! Putting requests on the wire, and what came of them.

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use counterfoil_client::transport::{
    Listening, SendError, SendErrorKind, Transport, TransportError, TransportOptions,
};
use counterfoil_openapi::codec::ItemScan;
use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::{MediaType, Operation, Request, Response};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, Method};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::pace::{Pace, asked_to_wait};
use crate::check::Outcome;
use crate::config::Settings;

/// How often a connection that was refused is tried again: a server may be starting, or its backlog be full.
const CONNECT_RETRIES: u32 = 3;
/// The same of a server that has answered before: it may be starting again, which takes a few seconds.
const RESTART_RETRIES: u32 = 6;
/// The wait before the first of those; each later one is twice as long.
const CONNECT_WAIT: Duration = Duration::from_millis(50);
/// How often a request is sent again that was answered with the wish to wait.
const MAX_WAITS: u32 = 2;
/// The items read of a stream.
const STREAM_ITEMS: usize = 20;
/// How long a stream may be silent before what came of it is enough.
const STREAM_QUIET: Duration = Duration::from_secs(1);

/// More requests at once than there ever are.
const PLACES: u32 = 1 << 20;

/// Sends requests, no faster than it may.
#[derive(Debug)]
pub(crate) struct Sender {
    transport: Transport,
    pace: Pace,
    timeout: Duration,
    /// A request takes one of so many places, one that is to be alone takes all of them.
    places: Semaphore,
    /// Requests begun so far, and those of them that are under way.
    begun: AtomicU64,
    under_way: AtomicU64,
    /// Whether the server has answered, and whether it was waited for since in vain.
    has_answered: AtomicBool,
    is_gone: AtomicBool,
}

/// What came of sending a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    pub(crate) elapsed: Duration,
    /// Requests it took.
    pub(crate) requests: u64,
    /// Whether the response is a stream that was left before its end.
    pub(crate) is_cut: bool,
    /// Whether its connection was closed while others were under way, and not when it was sent by itself.
    pub(crate) is_cut_off: bool,
}

impl Sender {
    pub(crate) fn new(base_url: &str, settings: &Settings) -> Result<Self, TransportError> {
        let options = TransportOptions {
            timeout: settings.timeout,
            body_cap: settings.body_cap,
            // The signer adds the target's headers, so that what is judged is exactly what was sent.
            headers: HeaderMap::new(),
        };
        let transport = Transport::new(base_url, options)?;
        Ok(Self {
            transport,
            pace: Pace::new(settings.interval),
            timeout: settings.timeout,
            places: Semaphore::new(PLACES as usize),
            begun: AtomicU64::new(0),
            under_way: AtomicU64::new(0),
            has_answered: AtomicBool::new(false),
            is_gone: AtomicBool::new(false),
        })
    }

    /// Sends a request, see [`Sender::attempt`]. Of several that are under way when a server dies all are cut off: each
    /// of them is sent again by itself, so that only the one is blamed that does it again.
    pub(crate) async fn send(&self, operation: &Operation, request: &Request) -> Answer {
        let (first, had_company) = {
            let _place = self.places.acquire().await;
            let others = self.under_way.fetch_add(1, Ordering::SeqCst);
            let own = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            // Whoever waits for this no more is under way no more.
            let _under_way = Guard(&self.under_way);
            let answer = self.attempt(operation, request).await;
            (answer, others > 0 || self.begun.load(Ordering::SeqCst) != own)
        };
        let is_closed = |answer: &Answer| matches!(answer.outcome, Outcome::Closed { .. });
        if !had_company || !is_closed(&first) {
            return first;
        }
        let _all = self.places.acquire_many(PLACES).await;
        let alone = self.attempt(operation, request).await;
        let requests = first.requests + alone.requests;
        match alone.outcome {
            // There is nobody left to ask: any of those that were cut off may have been the one.
            Outcome::Refused { .. } => Answer { requests, ..first },
            _ => Answer { requests, is_cut_off: !is_closed(&alone), ..alone },
        }
    }

    /// Sends a request, again where the connection was refused, which may pass, and where the answer asks to wait.
    async fn attempt(&self, operation: &Operation, request: &Request) -> Answer {
        let (mut requests, mut refused, mut waits) = (0, 0, 0);
        loop {
            self.pace.turn().await;
            requests += 1;
            let hears = |head: &Response| listens(operation, &request.method, head);
            let began = Instant::now();
            let error = match self.transport.send_listening(request, &hears).await {
                Ok(mut sent) => {
                    if waits < MAX_WAITS
                        && let Some(wait) = asked_to_wait(&sent.response)
                        && self.pace.hold(wait)
                    {
                        waits += 1;
                        continue;
                    }
                    if sent.is_cut {
                        keep_whole_items(&mut sent.response);
                    }
                    let (elapsed, is_cut) = (sent.elapsed, sent.is_cut);
                    self.has_answered.store(true, Ordering::SeqCst);
                    let outcome = Outcome::Answered(sent.response);
                    return Answer { outcome, elapsed, requests, is_cut, is_cut_off: false };
                }
                Err(error) => error,
            };
            let outcome = outcome_of(&error);
            if let Outcome::Refused { .. } = outcome {
                let is_starting_again = self.has_answered.load(Ordering::SeqCst);
                let most = match (is_starting_again, self.is_gone.load(Ordering::SeqCst)) {
                    (true, false) => RESTART_RETRIES,
                    _ => CONNECT_RETRIES,
                };
                if refused < most {
                    tokio::time::sleep(CONNECT_WAIT * 2_u32.pow(refused)).await;
                    refused += 1;
                    continue;
                }
                self.is_gone.store(true, Ordering::SeqCst);
            }
            let elapsed = if outcome == Outcome::TimedOut { self.timeout } else { began.elapsed() };
            return Answer { outcome, elapsed, requests, is_cut: false, is_cut_off: false };
        }
    }
}

/// Takes one off a number when it is over.
struct Guard<'n>(&'n AtomicU64);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// How a response is listened to that is a stream, by its own media type and as far as the document has bodies for its
/// status: a body without an end that is no stream is read until it is too long or too late.
fn listens(operation: &Operation, method: &Method, head: &Response) -> Option<Listening> {
    let content = &operation.responses().documenting(head.status)?.content;
    let content_type = head.content_type()?;
    let is_of_members = || {
        media::kind(content_type) == Kind::Multipart
            && content.matching(content_type).is_some_and(has_members)
    };
    if content.is_empty()
        || is_of_members()
        || *method == Method::HEAD
        || head.headers.contains_key(CONTENT_ENCODING)
    {
        return None;
    }
    let mut scan = ItemScan::new(content_type, STREAM_ITEMS)?;
    Some(Listening::new(STREAM_QUIET, move |piece| {
        scan.take(piece);
        scan.is_full()
    }))
}

/// Whether the parts of a multipart body may be the members of an object: then all of them have to be there.
fn has_members(media: &MediaType) -> bool {
    let Some(schema) = &media.schema else { return false };
    let says = |schema: &Value, kind: &str| schema.get("type").is_some_and(|known| known == kind);
    let schema = schema.resolved();
    let parts = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array());
    let parts: Vec<&Value> = parts.flatten().collect();
    let is_list = says(schema, "array") || parts.iter().any(|part| says(part, "array"));
    !is_list && (says(schema, "object") || schema.get("properties").is_some() || !parts.is_empty())
}

/// Leaves what came of the item at which a stream was left out of its body.
fn keep_whole_items(response: &mut Response) {
    let scan = response.content_type().and_then(|content_type| ItemScan::new(content_type, STREAM_ITEMS));
    if let Some(mut scan) = scan {
        scan.take(&response.body);
        let whole = scan.whole(&response.body);
        response.body.truncate(whole);
        let closing = scan.closing();
        if !closing.is_empty() {
            response.body = [&response.body, &closing[..]].concat().into();
        }
    }
}

fn outcome_of(error: &SendError) -> Outcome {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    match error.kind() {
        SendErrorKind::Unreachable => Outcome::Refused { reason },
        SendErrorKind::Closed => Outcome::Closed { reason },
        SendErrorKind::Timeout => Outcome::TimedOut,
        SendErrorKind::TooLarge => Outcome::TooLarge,
        SendErrorKind::Unsendable => Outcome::Unsent { reason },
        _ => Outcome::Unreadable { reason },
    }
}
