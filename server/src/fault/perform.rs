//! Doing to a reply what its fault and its drip say.

use std::io;
use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use dropshot::Body;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version, header};
use http_body::Frame;

use super::connection::Connection;
use super::kind::{Fault, Mishap};
use super::paced::{Paced, Plan, on_purpose};
use crate::reply::{self, Reply};
use crate::state::State;
use crate::trail::Trail;

/// What is no HTTP; the same each time, as everything is.
const GARBAGE: &[u8] = b"\x7f\x1b\x00\xfe\x95garbage\xe2\x28\xa1 that was asked for\xc0\x80\xff\r\n\r\n";

/// Says in the trail what will happen to a reply.
pub(crate) fn tell(reply: &Reply, method: &Method, trail: &mut Trail) {
    if let Some(delay) = reply.delay {
        trail.push(format!("delay: {delay:?}"));
    }
    match reply.fault() {
        Some(fault) if !fault.replaces_the_reply() && *method == Method::HEAD => {
            trail.push(format!("fault: no {}, for HEAD is answered without a body", fault.as_str()));
        }
        Some(fault) => fault.tell(reply.body.len(), trail),
        None => {}
    }
    let drip = reply.mishap.as_ref().and_then(|mishap| mishap.drip);
    if let Some(drip) = drip.filter(|_| *method != Method::HEAD) {
        trail.push(format!("drip: the body comes in {} parts over {:?}", drip.chunks, drip.over));
    }
}

/// A reply as it is sent, faults and all; the delay is over.
pub(crate) async fn perform(
    state: &State,
    (call, method, version): (u64, Method, Version),
    connection: Connection,
    mut reply: Reply,
) -> Response<Body> {
    let has_socket = version < Version::HTTP_2;
    let warn = |error: io::Error| {
        tracing::warn!(call, %error, "the connection is closed, for its socket cannot be reached");
    };
    let Some(Mishap { fault, drip }) = reply.mishap.as_deref().copied() else { return reply.into_response() };
    match fault {
        Some(Fault::Empty) => return nothing(),
        Some(Fault::Hang) => {
            state.stopped().await;
            return nothing();
        }
        Some(Fault::Reset) => {
            // Over HTTP/2 the broken body resets the stream, and the connection is others' as well.
            if has_socket {
                connection.arm_reset().unwrap_or_else(warn);
            }
            return nothing();
        }
        Some(Fault::Garbage) => {
            if has_socket {
                connection.write(GARBAGE).await.unwrap_or_else(warn);
            }
            return nothing();
        }
        _ if method == Method::HEAD => return reply.into_response(),
        Some(Fault::MalformedChunk) if has_socket && state.settings.tls.is_none() => {
            let bytes = malformed(reply.status, &reply.headers, &reply.body);
            match connection.write(&bytes).await {
                Ok(()) => return nothing(),
                Err(error) => warn(error),
            }
        }
        _ => {}
    }
    let size = reply.body.len();
    if fault != Some(Fault::MalformedChunk) && size > 0 {
        reply.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    }
    let plan = Plan::new(std::mem::take(&mut reply.body), fault, drip);
    reply.stream = Some(Body::wrap(Paced::new(plan, state.stopped_later())));
    reply.into_response()
}

/// A response that makes hyper drop the connection without sending a byte; over HTTP/2, RST_STREAM.
fn nothing() -> Response<Body> {
    Response::new(Body::wrap(Broken))
}

/// A reply whose body ends in a chunk without a size (RFC 9112, section 7.1).
fn malformed(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Vec<u8> {
    let mut bytes = reply::head(status, headers);
    bytes.extend_from_slice(b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    let half = &body[..body.len() / 2];
    if !half.is_empty() {
        // Writing to a vector cannot fail.
        let _ = write!(bytes, "{:x}\r\n", half.len());
        bytes.extend_from_slice(half);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"this is no size\r\n");
    bytes
}

/// A body that fails before its first frame.
#[derive(Debug)]
struct Broken;

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(on_purpose())))
    }
}
