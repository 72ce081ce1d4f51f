//! Which connections have requests under way, and when they last had one.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering};

use dropshot::Body;

use crate::held::Held;

/// Every port a client may have.
const PORTS: usize = 1 << 16;
/// An odd number: ports that follow each other are counted far apart, so that cores do not share cache lines.
const SCATTER: usize = 40_503;
/// Up to here a body is with the kernel, or soon is, once hyper has it.
const SMALL_BODY: u64 = 64 * 1024;

/// Counts requests by the port of the client they come from.
///
/// Clients of several addresses may share a port, as may the connections of one to both planes; they then keep each
/// other's open a little longer.
pub(crate) struct Traffic {
    ports: Box<[Port]>,
    /// Counts the looks that [`warden`](super::warden) takes.
    now: AtomicU32,
}

#[derive(Default)]
struct Port {
    /// The requests that are being answered.
    under_way: AtomicU16,
    /// When one last began or ended; 0 where none ever did.
    last: AtomicU32,
    /// Whether the connection is one of the front's.
    is_fronted: AtomicBool,
}

impl Traffic {
    /// The first look; what was before it is 0.
    const START: u32 = 2;

    pub(crate) fn new() -> Self {
        let ports = (0..PORTS).map(|_| Port::default()).collect();
        Self { ports, now: AtomicU32::new(Self::START) }
    }

    fn port(&self, port: u16) -> &Port {
        &self.ports[usize::from(port).wrapping_mul(SCATTER) % PORTS]
    }

    /// Whether the last request of a port has not ended, or when it did.
    pub(super) fn last(&self, port: u16) -> Last {
        let port = self.port(port);
        if port.under_way.load(Ordering::Relaxed) > 0 {
            return Last::UnderWay;
        }
        match port.last.load(Ordering::Relaxed) {
            0 => Last::Never,
            look => Last::At(look),
        }
    }

    /// Counts one more look, and gives its number.
    pub(super) fn look(&self) -> u32 {
        self.now.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
    }

    /// The number of the last look.
    pub(super) fn now(&self) -> u32 {
        self.now.load(Ordering::Relaxed)
    }

    fn touch(&self, port: &Port) {
        port.last.store(self.now(), Ordering::Relaxed);
    }

    /// Lets the connection in that comes from a port.
    pub(crate) fn admit(&self, port: u16) {
        self.port(port).is_fronted.store(true, Ordering::Release);
    }

    /// Forgets a connection that was let in.
    pub(crate) fn dismiss(&self, port: u16) {
        self.port(port).is_fronted.store(false, Ordering::Release);
    }

    /// Whether the connection that comes from a port was let in.
    pub(crate) fn is_admitted(&self, port: u16) -> bool {
        self.port(port).is_fronted.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traffic").field("now", &self.now).finish_non_exhaustive()
    }
}

/// When a port last had a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    UnderWay,
    At(u32),
    Never,
}

/// A request that is being answered, as long as this lives.
pub(crate) struct UnderWay<T: Deref<Target = Traffic>> {
    traffic: T,
    port: u16,
}

impl<T: Deref<Target = Traffic>> UnderWay<T> {
    pub(crate) fn new(traffic: T, port: u16) -> Self {
        let counted = traffic.port(port);
        counted.under_way.fetch_add(1, Ordering::Relaxed);
        traffic.touch(counted);
        Self { traffic, port }
    }
}

impl<T: Deref<Target = Traffic>> Drop for UnderWay<T> {
    fn drop(&mut self) {
        let counted = self.traffic.port(self.port);
        self.traffic.touch(counted);
        counted.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body that keeps its request under way until it is sent, where that may take long.
pub(crate) fn kept_under_way(body: Body, traffic: &Arc<Traffic>, port: u16) -> Body {
    use http_body::Body as _;
    if body.size_hint().exact().is_some_and(|size| size <= SMALL_BODY) {
        return body;
    }
    Held::wrap(body, UnderWay::new(Arc::clone(traffic), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_port_is_counted_apart() {
        let traffic = Traffic::new();
        traffic.admit(4010);
        let admitted: Vec<u16> = (0..=u16::MAX).filter(|port| traffic.is_admitted(*port)).collect();
        assert_eq!(admitted, [4010]);
        traffic.dismiss(4010);
        assert!(!traffic.is_admitted(4010));
    }

    #[test]
    fn a_request_is_under_way_as_long_as_it_or_its_long_body_lives() {
        let traffic = Arc::new(Traffic::new());
        assert_eq!(traffic.last(7), Last::Never);
        let request = UnderWay::new(&*traffic, 7);
        let small = kept_under_way(Body::from(vec![0; 100]), &traffic, 7);
        let large = kept_under_way(Body::from(vec![0; 100_000]), &traffic, 7);
        drop(request);
        drop(small);
        assert_eq!(traffic.last(7), Last::UnderWay);
        traffic.look();
        drop(large);
        assert_eq!(traffic.last(7), Last::At(Traffic::START + 1));
        assert_eq!(traffic.last(8), Last::Never);
    }
}
