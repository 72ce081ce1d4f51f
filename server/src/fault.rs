//! Faults: what is done to the connection instead of replying.
//!
//! The server under us hands out neither connection nor socket. An empty reply needs neither: a body that fails
//! before its first frame makes hyper drop the connection with nothing sent. A reset needs the socket: it is found
//! among our own file descriptors by its two addresses, duplicated, and told to linger for no time, so that hyper's
//! close sends RST. Where that cannot be done (another system, a sandbox without `pidfd_getfd`) the connection is
//! closed without a byte.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use dropshot::Body;
use http::Response;
use http_body::Frame;

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
/// When the socket cannot be reached.
#[cfg(target_os = "linux")]
pub(crate) fn arm_reset(connection: Connection) -> io::Result<()> {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

    let ourselves = pidfd_open(getpid(), PidfdFlags::empty())?;
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let entry = entry?;
        // Descriptors close while they are listed; one that is gone is not ours.
        let Ok(link) = std::fs::read_link(entry.path()) else { continue };
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.parse().ok());
        let (Some(number), true) = (number, link.to_string_lossy().starts_with("socket:")) else { continue };
        let Ok(duplicate) = pidfd_getfd(&ourselves, number, PidfdGetfdFlags::empty()) else { continue };
        let socket = socket2::SockRef::from(&duplicate);
        if connection.is(&socket) {
            return socket.set_linger(Some(std::time::Duration::ZERO));
        }
    }
    Err(io::Error::new(io::ErrorKind::NotFound, "the connection's socket is not among ours"))
}

/// Makes the close of a connection a reset; not known how on this system.
///
/// # Errors
///
/// Always.
#[cfg(not(target_os = "linux"))]
pub(crate) fn arm_reset(_connection: Connection) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "connections are reset on Linux only"))
}

#[cfg(target_os = "linux")]
impl Connection {
    /// Whether a socket is this connection's.
    fn is(self, socket: &socket2::SockRef<'_>) -> bool {
        let peer = socket.peer_addr().ok().and_then(|address| address.as_socket());
        let local = socket.local_addr().ok().and_then(|address| address.as_socket());
        // A listener on `::` sees IPv4 clients under mapped addresses.
        let same_peer = peer.is_some_and(|peer| {
            peer.port() == self.peer.port() && peer.ip().to_canonical() == self.peer.ip().to_canonical()
        });
        same_peer && local.is_some_and(|local| local.port() == self.local_port)
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
