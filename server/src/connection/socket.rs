//! Our own sockets, found among the descriptors of the process.
//!
//! Descriptors close and numbers are used again while they are looked at, so a duplicate is held to the inode that
//! was listed.

use std::io;
use std::net::SocketAddr;

use socket2::Socket;

/// A socket of this process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenSocket {
    pub(super) number: i32,
    /// What the kernel tells sockets apart by.
    pub(crate) inode: u64,
}

/// Lists and duplicates the sockets of this process.
#[derive(Debug)]
pub(crate) struct Sockets {
    #[cfg(target_os = "linux")]
    ourselves: std::os::fd::OwnedFd,
}

#[cfg(target_os = "linux")]
impl Sockets {
    /// # Errors
    ///
    /// When the kernel gives no handle on this process.
    pub(crate) fn new() -> io::Result<Self> {
        use rustix::process::{PidfdFlags, getpid, pidfd_open};
        Ok(Self { ourselves: pidfd_open(getpid(), PidfdFlags::empty())? })
    }

    /// The sockets that are open now.
    ///
    /// # Errors
    ///
    /// When `/proc` cannot be read.
    pub(crate) fn list(&self) -> io::Result<Vec<OpenSocket>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc/self/fd")? {
            let entry = entry?;
            // One that is gone already is not ours to tell of.
            let Ok(link) = std::fs::read_link(entry.path()) else { continue };
            let link = link.to_string_lossy();
            let inode = link.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'));
            let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if let (Some(inode), Some(number)) = (inode.and_then(|inode| inode.parse().ok()), number) {
                found.push(OpenSocket { number, inode });
            }
        }
        Ok(found)
    }

    /// How many descriptors there are, sockets or not.
    ///
    /// # Errors
    ///
    /// When `/proc` cannot be read.
    pub(crate) fn count(&self) -> io::Result<usize> {
        const FOLDER: &str = "/proc/self/fd";
        // Since Linux 6.2 that is its size; before, it has none.
        match std::fs::metadata(FOLDER)?.len() {
            0 => Ok(std::fs::read_dir(FOLDER)?.count()),
            count => Ok(usize::try_from(count).unwrap_or(usize::MAX)),
        }
    }

    /// A second descriptor of a socket; none where it was closed since it was listed.
    ///
    /// # Errors
    ///
    /// When the process may not duplicate its own descriptors, or has too many.
    pub(crate) fn duplicate(&self, socket: OpenSocket) -> io::Result<Option<Socket>> {
        use rustix::io::Errno;
        use rustix::process::{PidfdGetfdFlags, pidfd_getfd};
        let duplicate = match pidfd_getfd(&self.ourselves, socket.number, PidfdGetfdFlags::empty()) {
            Ok(duplicate) => duplicate,
            Err(Errno::BADF) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let is_same = rustix::fs::fstat(&duplicate)?.st_ino == socket.inode;
        Ok(is_same.then(|| Socket::from(duplicate)))
    }

    /// The first socket that is the one looked for.
    ///
    /// # Errors
    ///
    /// As the methods above; also when there is none.
    pub(crate) fn find(&self, is_it: impl Fn(&Socket) -> bool) -> io::Result<Socket> {
        for socket in self.list()? {
            if let Some(duplicate) = self.duplicate(socket)?.filter(&is_it) {
                return Ok(duplicate);
            }
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "the socket is not among those of this process"))
    }
}

#[cfg(not(target_os = "linux"))]
impl Sockets {
    /// # Errors
    ///
    /// Always: it is not known how on this system.
    pub(crate) fn new() -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "sockets are found on Linux only"))
    }

    pub(crate) fn list(&self) -> io::Result<Vec<OpenSocket>> {
        Ok(Vec::new())
    }

    pub(crate) fn count(&self) -> io::Result<usize> {
        Ok(0)
    }

    pub(crate) fn duplicate(&self, _socket: OpenSocket) -> io::Result<Option<Socket>> {
        Ok(None)
    }

    pub(crate) fn find(&self, _is_it: impl Fn(&Socket) -> bool) -> io::Result<Socket> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

/// Whether a socket waits for connections.
#[cfg(target_os = "linux")]
pub(crate) fn is_listening(socket: &Socket) -> bool {
    socket.is_listener().unwrap_or_default()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_listening(_socket: &Socket) -> bool {
    false
}

/// The local address of a socket of TCP.
pub(crate) fn local_address(socket: &Socket) -> Option<SocketAddr> {
    socket.local_addr().ok()?.as_socket()
}

/// The address of the other end of a socket of TCP, where it has one.
pub(crate) fn peer_address(socket: &Socket) -> Option<SocketAddr> {
    socket.peer_addr().ok()?.as_socket()
}
