//! Closes connections that keep the stub waiting, and those that are too many.
//!
//! hyper closes a connection of HTTP/1.1 when the head of a request is not there in thirty seconds, counted from the
//! first look for it. A connection on which nothing was ever sent, a TLS handshake that stops half-way and an idle
//! connection of HTTP/2 it would keep for ever, and as many connections as there are descriptors.
//!
//! | the connection has | it is closed |
//! |---|---|
//! | a request that is being answered, a scripted delay included | never |
//! | bytes that the kernel has yet to send or hand on | never, but the kernel gives up on a client that does not read |
//! | not begun a request, or not come to the end of its head | after [`ConnectionLimits::first_request`]; who has begun is told so, by a 408 |
//! | had a request | after [`ConnectionLimits::idle`] without another |
//! | nothing to do since the last look, as have more than [`ConnectionLimits::at_once`] | when that is seen; who has begun a first request is told so, by a 503 |

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use socket2::Socket;
use tokio::time::{MissedTickBehavior, interval};

use super::busy::busy_sockets;
#[cfg(target_os = "linux")]
use super::diag;
use super::limits::ConnectionLimits;
use super::socket::{OpenSocket, Sockets, local_address, peer_address};
use super::spare::Spare;
use super::traffic::{Last, Traffic};

/// The time between two looks, unless a limit is shorter than some of them.
const LOOK: Duration = Duration::from_secs(1);
/// How many looks a limit has at least.
const LOOKS: u32 = 8;
/// The time between two glances at how many descriptors there are; where they are many more than at the last look,
/// there is another look at once.
const GLANCE: Duration = Duration::from_millis(100);

/// A port whose connections are watched over.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) port: u16,
    /// What is said to those whose connections are closed; nothing where bytes cannot be sent as they are.
    pub(crate) farewells: Option<Farewells>,
}

/// What those are sent who have begun their first request when their connection is closed: whole replies.
#[derive(Debug)]
pub(crate) struct Farewells {
    /// Who has not come to the end of the head in time.
    pub(crate) late: Vec<u8>,
    /// Who is one too many.
    pub(crate) excess: Vec<u8>,
}

/// Watches over the connections to some ports, for ever.
pub(crate) async fn watch(traffic: Arc<Traffic>, ports: Vec<Watched>, limits: ConnectionLimits) {
    let mut warden = match Warden::new(traffic, ports, limits) {
        Ok(warden) => warden,
        Err(error) => {
            tracing::debug!(%error, "idle connections are left to dropshot");
            return;
        }
    };
    let mut looks = interval(warden.pause);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut glances = interval(GLANCE);
    glances.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let looked = tokio::select! {
            _ = looks.tick() => warden.look(),
            _ = glances.tick() => warden.glance(),
        };
        // There may be too many descriptors for a look; there are fewer another time.
        if let Err(error) = looked {
            tracing::debug!(%error, "connections cannot be looked at");
        }
    }
}

struct Warden {
    traffic: Arc<Traffic>,
    sockets: Sockets,
    spare: Spare,
    ports: Vec<Watched>,
    pause: Duration,
    first_request: u32,
    idle: u32,
    at_once: usize,
    known: HashMap<u64, Known>,
    /// How many descriptors there may be before connections are counted again.
    enough: usize,
}

/// What is known of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Client(Client),
    /// A connection that was closed, and that hyper has yet to let go of.
    Leaving,
    /// None of ours.
    Other,
}

/// A connection to one of the watched ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Client {
    /// Which of the watched ports it is to.
    to: usize,
    /// The port it comes from.
    from: u16,
    /// The look that saw it first.
    since: u32,
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Late,
    Excess,
}

impl Warden {
    fn new(traffic: Arc<Traffic>, ports: Vec<Watched>, limits: ConnectionLimits) -> io::Result<Self> {
        let shortest = limits.first_request.min(limits.idle) / LOOKS;
        let pause = shortest.clamp(Duration::from_millis(1), LOOK);
        let looks =
            |limit: Duration| u32::try_from(limit.as_nanos().div_ceil(pause.as_nanos())).unwrap_or(u32::MAX);
        Ok(Self {
            traffic,
            sockets: Sockets::new()?,
            spare: Spare::default(),
            ports,
            pause,
            first_request: looks(limits.first_request),
            idle: looks(limits.idle),
            at_once: limits.at_once,
            known: HashMap::new(),
            enough: 0,
        })
    }

    /// Looks at all connections once, and closes those that took too long or are too many.
    fn look(&mut self) -> io::Result<()> {
        let now = self.traffic.look();
        self.spare.keep();
        let clients = self.survey(now)?;
        let (late, others): (Vec<_>, Vec<_>) =
            clients.into_iter().partition(|(_, client)| self.is_late(*client, now));
        if !late.is_empty() {
            let busy = self.spare.or_give(busy_sockets)?;
            for (socket, client) in late {
                if !busy.contains(&socket.inode) {
                    self.close(socket, client, Reason::Late)?;
                }
            }
        }
        self.close_excess(others)
    }

    /// Looks for connections that are too many, where there are many more descriptors than at the last look.
    fn glance(&mut self) -> io::Result<()> {
        let count = self.spare.or_give(|| self.sockets.count())?;
        if count <= self.enough {
            return Ok(());
        }
        // What is seen between two looks is seen by the next, as far as deadlines go.
        let clients = self.survey(self.traffic.now() + 1)?;
        self.close_excess(clients)
    }

    /// The connections that there are; those not known yet are seen by the look `now`.
    fn survey(&mut self, now: u32) -> io::Result<Vec<(OpenSocket, Client)>> {
        let open = self.spare.or_give(|| self.sockets.list())?;
        let inodes: HashSet<u64> = open.iter().map(|socket| socket.inode).collect();
        self.known.retain(|inode, _| inodes.contains(inode));
        let mut clients = Vec::new();
        for socket in open {
            let known = match self.known.get(&socket.inode) {
                Some(known) => *known,
                None => {
                    let Some(known) = self.meet(socket, now)? else { continue };
                    self.known.insert(socket.inode, known);
                    known
                }
            };
            if let Known::Client(client) = known {
                clients.push((socket, client));
            }
        }
        Ok(clients)
    }

    /// What a socket is; nothing where it is gone already.
    fn meet(&mut self, socket: OpenSocket, now: u32) -> io::Result<Option<Known>> {
        self.spare.or_give(|| {
            let Some(duplicate) = self.sockets.duplicate(socket)? else { return Ok(None) };
            let local = local_address(&duplicate).map(|local| local.port());
            let to = self.ports.iter().position(|watched| Some(watched.port) == local);
            let client = to.and_then(|to| {
                let from = peer_address(&duplicate)?.port();
                Some(Client { to, from, since: now })
            });
            Ok(Some(client.map_or(Known::Other, Known::Client)))
        })
    }

    fn is_late(&self, client: Client, now: u32) -> bool {
        let Client { from, since, .. } = client;
        match self.traffic.last(from) {
            Last::UnderWay => false,
            // It was opened after the look before the one that saw it first; what was earlier was another's.
            Last::At(last) if last + 1 >= since => now.saturating_sub(last) > self.idle,
            Last::At(_) | Last::Never => now.saturating_sub(since) >= self.first_request,
        }
    }

    /// Closes the connections of each port that wait, and are more than may.
    fn close_excess(&mut self, clients: Vec<(OpenSocket, Client)>) -> io::Result<()> {
        let now = self.traffic.now();
        let mut waiting = clients;
        waiting.retain(|(_, client)| waits(self.traffic.last(client.from), now));
        if self.is_excess(&waiting) {
            let busy = self.spare.or_give(busy_sockets)?;
            waiting.retain(|(socket, _)| !busy.contains(&socket.inode));
        }
        let mut room = self.at_once;
        for to in 0..self.ports.len() {
            let of_port: Vec<_> = waiting.iter().filter(|(_, client)| client.to == to).copied().collect();
            room = room.min(self.at_once.saturating_sub(of_port.len()));
            for (socket, client) in excess(of_port, self.at_once, |port| self.traffic.last(port)) {
                self.close(socket, client, Reason::Excess)?;
            }
        }
        let leaving = self.known.values().filter(|known| **known == Known::Leaving).count();
        let count = self.spare.or_give(|| self.sockets.count())?;
        self.enough = count.saturating_sub(leaving).saturating_add(room);
        Ok(())
    }

    /// Whether more connections wait than may, at one of the ports.
    fn is_excess(&self, waiting: &[(OpenSocket, Client)]) -> bool {
        let count = |to| waiting.iter().filter(|(_, client)| client.to == to).count();
        (0..self.ports.len()).any(|to| count(to) > self.at_once)
    }

    fn close(&mut self, socket: OpenSocket, client: Client, reason: Reason) -> io::Result<()> {
        let farewells = self.ports[client.to].farewells.as_ref();
        let farewell = farewells.map(|farewells| match reason {
            Reason::Late => &farewells.late,
            Reason::Excess => &farewells.excess,
        });
        self.spare.or_give(|| {
            if let Some(duplicate) = self.sockets.duplicate(socket)? {
                if let Some(farewell) = farewell.filter(|_| has_only_spoken(&duplicate)) {
                    // The client may have gone first.
                    let _ = duplicate.send(farewell);
                }
                // hyper sees the end of the connection, and lets it go; the client may have gone first.
                let _ = duplicate.shutdown(Shutdown::Both);
            }
            Ok(())
        })?;
        self.known.insert(socket.inode, Known::Leaving);
        Ok(())
    }
}

/// Whether a connection has nothing to do: no request is answered on it, nor was one since the look before the last.
fn waits(last: Last, now: u32) -> bool {
    match last {
        Last::UnderWay => false,
        Last::At(last) => now.saturating_sub(last) > 1,
        Last::Never => true,
    }
}

/// The connections beyond so many: those that came last, and of them first those that have said nothing.
fn excess(
    mut clients: Vec<(OpenSocket, Client)>,
    at_once: usize,
    last: impl Fn(u16) -> Last,
) -> Vec<(OpenSocket, Client)> {
    if clients.len() <= at_once {
        return Vec::new();
    }
    clients.sort_by_cached_key(|(_, client)| (client.since, last(client.from) == Last::Never));
    clients.split_off(at_once)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_beyond_the_limit_are_the_last_that_came_and_among_them_the_silent_first() {
        let client = |number: i32, since| {
            let socket = OpenSocket { number, inode: number.unsigned_abs().into() };
            (socket, Client { to: 0, from: number.unsigned_abs().try_into().unwrap(), since })
        };
        let clients = [client(1, 3), client(2, 2), client(3, 4), client(4, 4), client(5, 4), client(6, 4)];
        let beyond = |at_once| {
            let excess = excess(clients.to_vec(), at_once, |port| match port {
                3 | 5 => Last::At(4),
                _ => Last::Never,
            });
            let mut numbers: Vec<u16> = excess.into_iter().map(|(_, client)| client.from).collect();
            numbers.sort_unstable();
            numbers
        };
        assert_eq!(beyond(6), [0; 0]);
        assert_eq!(beyond(5), [6]);
        assert_eq!(beyond(4), [4, 6]);
        assert_eq!(beyond(2), [3, 4, 5, 6]);
        assert_eq!(beyond(1), [1, 3, 4, 5, 6]);
        assert_eq!(beyond(0), [1, 2, 3, 4, 5, 6]);
    }
}
