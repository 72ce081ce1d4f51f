//! Closes connections that keep the stub waiting.
//!
//! hyper closes a connection of HTTP/1.1 when the head of a request is not there in thirty seconds, counted from the
//! first look for it. A connection on which nothing was ever sent, a TLS handshake that stops half-way and an idle
//! connection of HTTP/2 it would keep for ever.
//!
//! | the connection has | it is closed |
//! |---|---|
//! | a request that is being answered, a scripted delay included | never |
//! | bytes that the kernel has yet to send or hand on | never, but the kernel gives up on a client that does not read |
//! | not begun a request, or not come to the end of its head | after [`ConnectionLimits::first_request`]; who has begun is told so, by a 408 |
//! | had a request | after [`ConnectionLimits::idle`] without another |
//!
//! Connections that say nothing may take every descriptor the process may have. One is kept spare, so that they are
//! closed all the same.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use socket2::Socket;
use tokio::time::{MissedTickBehavior, interval};

#[cfg(target_os = "linux")]
use super::diag;
use super::limits::ConnectionLimits;
use super::socket::{OpenSocket, Sockets, local_address, peer_address};
use super::traffic::{Last, Traffic};

/// The time between two looks, unless a limit is shorter than some of them.
const LOOK: Duration = Duration::from_secs(1);
/// How many looks a limit has at least.
const LOOKS: u32 = 8;

/// Watches over the connections to a port, for ever.
///
/// `farewell` is what those are sent who have begun their first request, and not come to the end of its head in time;
/// nothing where bytes cannot be sent as they are.
pub(crate) async fn watch(
    traffic: Arc<Traffic>,
    port: u16,
    limits: ConnectionLimits,
    farewell: Option<Vec<u8>>,
) {
    let mut warden = match Warden::new(traffic, port, limits, farewell) {
        Ok(warden) => warden,
        Err(error) => {
            tracing::debug!(%error, "idle connections are left to dropshot");
            return;
        }
    };
    let mut looks = interval(warden.pause);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        // There may be too many descriptors for a look; there are fewer another time.
        if let Err(error) = warden.look() {
            tracing::debug!(%error, "connections cannot be looked at");
        }
    }
}

struct Warden {
    traffic: Arc<Traffic>,
    sockets: Sockets,
    spare: Spare,
    port: u16,
    pause: Duration,
    first_request: u32,
    idle: u32,
    known: HashMap<u64, Known>,
    farewell: Option<Vec<u8>>,
}

/// What is known of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// A connection that comes from a port, and the look that saw it first.
    Client { port: u16, since: u32 },
    /// None of ours.
    Other,
}

impl Warden {
    fn new(
        traffic: Arc<Traffic>,
        port: u16,
        limits: ConnectionLimits,
        farewell: Option<Vec<u8>>,
    ) -> io::Result<Self> {
        let shortest = limits.first_request.min(limits.idle) / LOOKS;
        let pause = shortest.clamp(Duration::from_millis(1), LOOK);
        let looks =
            |limit: Duration| u32::try_from(limit.as_nanos().div_ceil(pause.as_nanos())).unwrap_or(u32::MAX);
        Ok(Self {
            traffic,
            sockets: Sockets::new()?,
            spare: Spare::default(),
            port,
            pause,
            first_request: looks(limits.first_request),
            idle: looks(limits.idle),
            known: HashMap::new(),
            farewell,
        })
    }

    /// Looks at all connections once, and closes those that took too long.
    fn look(&mut self) -> io::Result<()> {
        let now = self.traffic.look();
        self.spare.keep();
        let open = self.spare.or_give(|| self.sockets.list())?;
        let inodes: HashSet<u64> = open.iter().map(|socket| socket.inode).collect();
        self.known.retain(|inode, _| inodes.contains(inode));
        let mut late = Vec::new();
        for socket in open {
            let known = match self.known.get(&socket.inode) {
                Some(known) => *known,
                None => {
                    let Some(known) = self.meet(socket, now)? else { continue };
                    self.known.insert(socket.inode, known);
                    known
                }
            };
            if let Known::Client { port, since } = known
                && self.is_late(port, since, now)
            {
                late.push(socket);
            }
        }
        if !late.is_empty() {
            self.close(&late)?;
        }
        Ok(())
    }

    /// What a socket is; nothing where it is gone already.
    fn meet(&mut self, socket: OpenSocket, now: u32) -> io::Result<Option<Known>> {
        self.spare.or_give(|| {
            let Some(duplicate) = self.sockets.duplicate(socket)? else { return Ok(None) };
            let is_ours = local_address(&duplicate).is_some_and(|local| local.port() == self.port);
            let client = peer_address(&duplicate).filter(|_| is_ours);
            Ok(Some(client.map_or(Known::Other, |peer| Known::Client { port: peer.port(), since: now })))
        })
    }

    fn is_late(&self, port: u16, since: u32, now: u32) -> bool {
        match self.traffic.last(port) {
            Last::UnderWay => false,
            // It was opened after the look before the one that saw it first; what was earlier was another's.
            Last::At(last) if last + 1 >= since => now.saturating_sub(last) > self.idle,
            Last::At(_) | Last::Never => now.saturating_sub(since) >= self.first_request,
        }
    }

    fn close(&mut self, late: &[OpenSocket]) -> io::Result<()> {
        let busy = self.spare.or_give(busy_sockets)?;
        for socket in late.iter().filter(|socket| !busy.contains(&socket.inode)) {
            self.spare.or_give(|| {
                if let Some(duplicate) = self.sockets.duplicate(*socket)? {
                    if let Some(farewell) = self.farewell.as_ref().filter(|_| has_only_spoken(&duplicate)) {
                        // The client may have gone first.
                        let _ = duplicate.send(farewell);
                    }
                    // hyper sees the end of the connection, and lets it go; the client may have gone first.
                    let _ = duplicate.shutdown(Shutdown::Both);
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Whether a client has sent something, and was sent nothing: neither a reply, nor the settings of HTTP/2.
#[cfg(target_os = "linux")]
fn has_only_spoken(socket: &Socket) -> bool {
    let ends = local_address(socket).zip(peer_address(socket));
    // Where the kernel does not tell, the connection is closed without a word.
    ends.is_some_and(|(local, peer)| diag::only_heard(local, peer).unwrap_or_default())
}

#[cfg(not(target_os = "linux"))]
fn has_only_spoken(_socket: &Socket) -> bool {
    false
}

/// A descriptor that is given up where there are no others.
#[derive(Debug, Default)]
struct Spare(Option<File>);

impl Spare {
    /// Takes a descriptor, where it was given up and there is one again.
    fn keep(&mut self) {
        if self.0.is_none() {
            self.0 = File::open("/dev/null").ok();
        }
    }

    /// Does what needs one descriptor for a time; where there is none, with the spare one. What `act` gives must hold
    /// none, or the spare one is lost to the next client.
    fn or_give<T>(&mut self, act: impl Fn() -> io::Result<T>) -> io::Result<T> {
        match act() {
            Err(error) if is_short_of_descriptors(&error) && self.0.take().is_some() => {
                let done = act();
                self.keep();
                done
            }
            done => done,
        }
    }
}

#[cfg(unix)]
fn is_short_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

#[cfg(not(unix))]
fn is_short_of_descriptors(_error: &io::Error) -> bool {
    false
}

/// The inodes of all sockets of TCP that have bytes to send or to be read.
fn busy_sockets() -> io::Result<HashSet<u64>> {
    let mut busy = HashSet::new();
    for table in ["/proc/self/net/tcp", "/proc/self/net/tcp6"] {
        match std::fs::read_to_string(table) {
            Ok(table) => busy.extend(table.lines().filter_map(busy_socket)),
            // A machine without IPv6 has no such table.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(busy)
}

/// The inode of a line of the kernel's table (proc(5)), where one of its two queues is not empty.
fn busy_socket(line: &str) -> Option<u64> {
    let mut fields = line.split_whitespace();
    let queues = fields.nth(4)?;
    let inode = fields.nth(4)?.parse().ok()?;
    let is_empty = queues.bytes().all(|byte| matches!(byte, b'0' | b':'));
    (!is_empty && inode != 0).then_some(inode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_spare_descriptor_is_given_up_when_there_is_no_other_and_taken_again() {
        let mut spare = Spare::default();
        let shortage = || io::Error::from(rustix::io::Errno::MFILE);
        assert!(spare.or_give(|| Err::<(), _>(shortage())).is_err(), "there is none to give");
        spare.keep();
        let tries = std::cell::Cell::new(0);
        let done = spare.or_give(|| {
            tries.set(tries.get() + 1);
            if tries.get() == 1 { Err(shortage()) } else { Ok("done") }
        });
        assert_eq!((done.unwrap(), tries.get(), spare.0.is_some()), ("done", 2, true));
    }

    #[test]
    fn queues_that_are_not_empty_are_seen() {
        let line = |queues: &str| {
            format!(
                "   0: 0100007F:0FAA 0100007F:D2F0 01 {queues} 00:00000000 00000000  1000        0 59210 1 0 100"
            )
        };
        assert_eq!(busy_socket(&line("00000000:00000000")), None);
        assert_eq!(busy_socket(&line("00000A00:00000000")), Some(59210));
        assert_eq!(busy_socket(&line("00000000:00000010")), Some(59210));
        assert_eq!(busy_socket("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when"), None);
    }
}
