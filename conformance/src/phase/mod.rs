//! Ways to make cases. All yield the same [`Case`]; none sends anything.

mod boundaries;
mod coverage;
mod declared;
mod examples;
mod forged;
mod fullest;
mod fuzzing;
mod likeness;
mod lists;
mod partial;
mod parts;
mod probing;
mod reduced;
mod refused;
mod relabelled;
mod single;
mod stateful;
mod unusual;
mod varied;

pub(crate) use coverage::Coverage;
pub(crate) use examples::examples;
pub(crate) use forged::is_forged;
pub(crate) use fuzzing::{Draws, Fuzzing, draw};
pub(crate) use likeness::likeness;
pub(crate) use probing::{Accepted, IsFirstOfPath, probes};
pub(crate) use stateful::{Author, Cast, Role, Step, Story, absent, is_comparable};
