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
//! | not begun a request | after [`ConnectionLimits::first_request`] |
//! | had a request | after [`ConnectionLimits::idle`] without another |

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::limits::ConnectionLimits;
use super::socket::{OpenSocket, Sockets, local_address, peer_address};
use super::traffic::{Last, Traffic};

/// The time between two looks, unless a limit is shorter than some of them.
const LOOK: Duration = Duration::from_secs(1);
/// How many looks a limit has at least.
const LOOKS: u32 = 8;

/// Watches over the connections to a port, for ever.
pub(crate) async fn watch(traffic: Arc<Traffic>, port: u16, limits: ConnectionLimits) {
    let mut warden = match Warden::new(traffic, port, limits) {
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
    port: u16,
    pause: Duration,
    first_request: u32,
    idle: u32,
    known: HashMap<u64, Known>,
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
    fn new(traffic: Arc<Traffic>, port: u16, limits: ConnectionLimits) -> io::Result<Self> {
        let shortest = limits.first_request.min(limits.idle) / LOOKS;
        let pause = shortest.clamp(Duration::from_millis(1), LOOK);
        let looks =
            |limit: Duration| u32::try_from(limit.as_nanos().div_ceil(pause.as_nanos())).unwrap_or(u32::MAX);
        Ok(Self {
            traffic,
            sockets: Sockets::new()?,
            port,
            pause,
            first_request: looks(limits.first_request),
            idle: looks(limits.idle),
            known: HashMap::new(),
        })
    }

    /// Looks at all connections once, and closes those that took too long.
    fn look(&mut self) -> io::Result<()> {
        let now = self.traffic.look();
        let open = self.sockets.list()?;
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
    fn meet(&self, socket: OpenSocket, now: u32) -> io::Result<Option<Known>> {
        let Some(duplicate) = self.sockets.duplicate(socket)? else { return Ok(None) };
        let is_ours = local_address(&duplicate).is_some_and(|local| local.port() == self.port);
        let client = peer_address(&duplicate).filter(|_| is_ours);
        Ok(Some(client.map_or(Known::Other, |peer| Known::Client { port: peer.port(), since: now })))
    }

    fn is_late(&self, port: u16, since: u32, now: u32) -> bool {
        match self.traffic.last(port) {
            Last::UnderWay => false,
            // It was opened after the look before the one that saw it first; what was earlier was another's.
            Last::At(last) if last + 1 >= since => now.saturating_sub(last) > self.idle,
            Last::At(_) | Last::Never => now.saturating_sub(since) >= self.first_request,
        }
    }

    fn close(&self, late: &[OpenSocket]) -> io::Result<()> {
        let busy = busy_sockets();
        for socket in late {
            if !busy.contains(&socket.inode)
                && let Some(duplicate) = self.sockets.duplicate(*socket)?
            {
                // hyper sees the end of the connection, and lets it go; the client may have gone first.
                let _ = duplicate.shutdown(Shutdown::Both);
            }
        }
        Ok(())
    }
}

/// The inodes of all sockets of TCP that have bytes to send or to be read.
fn busy_sockets() -> HashSet<u64> {
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].map(std::fs::read_to_string);
    tables.iter().flatten().flat_map(|table| table.lines().filter_map(busy_socket)).collect()
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
