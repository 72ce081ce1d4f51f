//! Faults: what is done to the connection instead of replying.
//!
//! The server under us hands out neither connection nor socket. An empty reply needs neither: a body that fails
//! before its first frame makes hyper drop the connection with nothing sent. A reset needs the socket: it is found
//! by its two addresses (see [`connection`](crate::connection)), and told to linger for no time, so that hyper's
//! close sends RST. Where that cannot be done (another system, a sandbox without `pidfd_getfd`) the connection is
//! closed without a byte.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use dropshot::Body;
use http::Response;
use http_body::Frame;
use socket2::Socket;

use crate::connection::socket::{Sockets, local_address, peer_address};

/// The two ends of a connection, by which its socket is found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    /// The client's address.
    pub(crate) peer: SocketAddr,
    /// The port we listen on.
    pub(crate) local_port: u16,
}

/// A response that makes hyper drop the connection without sending a byte; over HTTP/2, RST_STREAM.
pub(crate) fn empty() -> Response<Body> {
    Response::new(Body::wrap(Broken))
}

/// Makes the close of a connection a reset; [`empty`] then closes it.
///
/// # Errors
///
/// When the socket cannot be reached, as is always so where the system is not Linux.
pub(crate) fn arm_reset(connection: Connection) -> io::Result<()> {
    let socket = Sockets::new()?.find(|socket| connection.is(socket))?;
    socket.set_linger(Some(Duration::ZERO))
}

impl Connection {
    /// Whether a socket is this connection's.
    fn is(self, socket: &Socket) -> bool {
        // A listener on `::` sees IPv4 clients under mapped addresses.
        let same_peer = peer_address(socket).is_some_and(|peer| {
            peer.port() == self.peer.port() && peer.ip().to_canonical() == self.peer.ip().to_canonical()
        });
        same_peer && local_address(socket).is_some_and(|local| local.port() == self.local_port)
    }
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
        Poll::Ready(Some(Err(io::Error::other("this fault is on purpose"))))
    }
}
