//! Reading request bodies, within limits of our own.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use dropshot::Body;
use http::{HeaderMap, header};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use crate::builder::Settings;

/// How much more than the limit is read, and thrown away, so that a client that sends before it listens gets to
/// see why it was refused.
const DRAINED: usize = 4;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is over the limit.
    TooLarge,
    /// It took longer than the deadline to arrive.
    TooSlow,
    /// It ended before it was whole, or broke the framing of HTTP.
    Broken,
}

/// The whole body.
pub(crate) async fn body(mut body: Body, headers: &HeaderMap, settings: &Settings) -> Result<Bytes, Unread> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut read = pin!(read(&mut body, headers, settings.body_limit));
    // Most bodies are there already, and need no timer.
    if let Poll::Ready(done) = poll_fn(|context| Poll::Ready(read.as_mut().poll(context))).await {
        return done;
    }
    tokio::time::timeout(settings.body_deadline, read).await.unwrap_or(Err(Unread::TooSlow))
}

async fn read(body: &mut Body, headers: &HeaderMap, limit: usize) -> Result<Bytes, Unread> {
    let stated = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    // Who waits for `100 Continue` has sent nothing yet and is told at once.
    if stated.is_some_and(|length: usize| length > limit) && headers.contains_key(header::EXPECT) {
        return Err(Unread::TooLarge);
    }
    let mut whole = Vec::with_capacity(stated.unwrap_or(0).min(limit));
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length <= limit {
            if whole.capacity() < length {
                // Four times as much, and no room beyond the limit: what is copied is freed later than one would like.
                let room = length.max(4 * whole.capacity()).min(limit);
                whole.reserve_exact(room - whole.len());
            }
            // Copied, so that the connection's buffer is free for the next request.
            whole.extend_from_slice(&data);
        } else if length > limit.saturating_mul(DRAINED) {
            break;
        } else {
            whole = Vec::new();
        }
    }
    if length > limit { Err(Unread::TooLarge) } else { Ok(whole.into()) }
}
