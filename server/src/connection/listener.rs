//! What dropshot leaves unset on its listener.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use socket2::Socket;

use super::limits::ConnectionLimits;
use super::socket::{Sockets, is_listening, local_address};

/// A second handle on the socket that dropshot listens on; accepted connections inherit what is set on it.
#[derive(Debug)]
pub(crate) struct Listener(Socket);

impl Listener {
    /// Finds the listener of an address, and sets what the limits ask for; nothing where it cannot be reached.
    pub(crate) fn take(address: SocketAddr, limits: ConnectionLimits) -> Option<Self> {
        let listener = Self::find(address).and_then(|listener| {
            listener.tune(limits.write)?;
            Ok(listener)
        });
        listener.inspect_err(|error| tracing::debug!(%error, "the listener is left as dropshot made it")).ok()
    }

    fn find(address: SocketAddr) -> io::Result<Self> {
        let is_it = |socket: &Socket| local_address(socket) == Some(address) && is_listening(socket);
        Sockets::new()?.find(is_it).map(Self)
    }

    /// Sends what is written at once, and gives up on clients that do not read for as long as `write`.
    fn tune(&self, write: Duration) -> io::Result<()> {
        self.0.set_tcp_nodelay(true)?;
        #[cfg(target_os = "linux")]
        self.0.set_tcp_user_timeout(Some(write))?;
        Ok(())
    }

    /// Refuses connections from now on. dropshot would leave them waiting until it has closed all others.
    pub(crate) fn stop(&self) {
        // It may have been closed already, which comes to the same.
        let _ = self.0.shutdown(Shutdown::Read);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop();
    }
}
