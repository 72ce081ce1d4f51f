//! The connections under the two planes.
//!
//! dropshot hands out neither its listener nor its connections. On Linux both are found among the descriptors of the
//! process and duplicated; what is set on the duplicate holds for the socket. So nothing stands between a client and
//! dropshot, and the kernel keeps the deadlines, or [`warden`] does once a second: a request pays for two counters.
//! Elsewhere the connections are as dropshot leaves them.

mod busy;
#[cfg(target_os = "linux")]
mod diag;
#[cfg(unix)]
mod front;
mod limits;
mod listener;
pub(crate) mod socket;
mod spare;
mod traffic;
mod warden;

#[cfg(unix)]
pub(crate) use front::Front;
pub use limits::{ConnectionLimits, DEFAULT_CONNECTIONS};
pub(crate) use listener::Listener;
pub(crate) use traffic::{Traffic, UnderWay, kept_under_way};
pub(crate) use warden::{Farewells, Watched, watch};
