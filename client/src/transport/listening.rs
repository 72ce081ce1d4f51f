//! Responses that are listened to rather than read to their end.

use std::fmt;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use counterfoil_openapi::Response;
use http_body_util::BodyExt;
use hyper::body::Body;

/// Says of the head of a response whether, and how, its body is listened to; the body given is empty.
///
/// It is not asked about a body that says how long it is.
pub type Hears<'h> = dyn Fn(&Response) -> Option<Listening> + Send + Sync + 'h;

/// Whether there is enough of a body, asked of each piece of it.
type IsEnough = dyn FnMut(&[u8]) -> bool + Send;

/// How a body without an end is listened to: until there is enough of it, until nothing more comes for a while, or
/// until just before the request's time is over, whichever is first. Its connection is closed then, unless the body
/// came to its end by itself.
pub struct Listening {
    quiet: Duration,
    is_enough: Box<IsEnough>,
}

impl Listening {
    /// Listens until `is_enough`, which is given each piece once, says so, or nothing comes for as long as `quiet`.
    pub fn new(quiet: Duration, is_enough: impl FnMut(&[u8]) -> bool + Send + 'static) -> Self {
        Self { quiet, is_enough: Box::new(is_enough) }
    }

    /// What was heard, whether it was left before its end, and when the last of it came.
    pub(super) async fn to<B, E>(
        mut self,
        mut body: B,
        until: Option<Instant>,
    ) -> Result<(Bytes, bool, Instant), E>
    where
        B: Body<Data = Bytes, Error = E> + Unpin,
    {
        let mut heard = BytesMut::new();
        let mut at = Instant::now();
        loop {
            let silence = Instant::now() + self.quiet;
            let end = until.map_or(silence, |until| until.min(silence));
            match tokio::time::timeout_at(end.into(), body.frame()).await {
                Err(_) => return Ok((heard.freeze(), true, at)),
                Ok(None) => return Ok((heard.freeze(), false, at)),
                Ok(Some(frame)) => {
                    at = Instant::now();
                    let Ok(piece) = frame?.into_data() else { continue };
                    heard.extend_from_slice(&piece);
                    if (self.is_enough)(&piece) {
                        return Ok((heard.freeze(), true, at));
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listening").field("quiet", &self.quiet).finish_non_exhaustive()
    }
}

/// How a response is read.
pub(super) struct Reading<'h> {
    pub(super) body_cap: usize,
    /// When listening is over; never, where that is too far away to be named.
    pub(super) until: Option<Instant>,
    pub(super) hears: &'h Hears<'h>,
}
