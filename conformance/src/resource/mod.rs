//! Resources: what operations make, read and remove, told by the names in paths and bodies, and those known to exist.
//!
//! A request for something that does not exist is refused before anything else is looked at. So what replies tell of
//! existing resources is kept, and later requests are made about those.

pub(crate) mod cursor;
pub(crate) mod filters;
mod handed;
mod kin;
mod known;
mod learn;
mod links;
pub(crate) mod listing;
pub(crate) mod location;
pub(crate) mod naming;
mod order;
mod pool;
pub(crate) mod whole;

pub(crate) use handed::{Given, hand};
pub(crate) use kin::groups;
pub(crate) use known::{About, Known, Subject};
pub(crate) use learn::{Learned, Source, is_telling, learn, relearn};
pub(crate) use links::{Links, Resource};
pub(crate) use naming::Certainty;
pub(crate) use pool::{Maker, Pool};
