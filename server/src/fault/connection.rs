//! The socket under a request.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::Socket;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::connection::socket::{Sockets, local_address, peer_address};

/// The two ends of a connection, by which its socket is found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    /// The client's address.
    pub(crate) peer: SocketAddr,
    /// The port we listen on.
    pub(crate) local_port: u16,
}

impl Connection {
    /// Makes the close of the connection a reset.
    ///
    /// # Errors
    ///
    /// When the socket cannot be reached, as is always so where the system is not Linux.
    pub(super) fn arm_reset(self) -> io::Result<()> {
        self.socket()?.set_linger(Some(Duration::ZERO))
    }

    /// Sends bytes as they are, below what hyper and TLS know of.
    ///
    /// # Errors
    ///
    /// As [`arm_reset`](Self::arm_reset); also when the client takes no more.
    pub(super) async fn write(self, bytes: &[u8]) -> io::Result<()> {
        // A duplicate is as non-blocking as the socket that hyper has.
        let mut stream = TcpStream::from_std(self.socket()?.into())?;
        stream.write_all(bytes).await
    }

    /// A second descriptor of the socket.
    fn socket(self) -> io::Result<Socket> {
        Sockets::new()?.find(|socket| self.is(socket))
    }

    /// Whether a socket is this connection's.
    fn is(self, socket: &Socket) -> bool {
        // A listener on `::` sees IPv4 clients under mapped addresses.
        let same_peer = peer_address(socket).is_some_and(|peer| {
            peer.port() == self.peer.port() && peer.ip().to_canonical() == self.peer.ip().to_canonical()
        });
        same_peer && local_address(socket).is_some_and(|local| local.port() == self.local_port)
    }
}
