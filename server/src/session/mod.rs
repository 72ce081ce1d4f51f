//! Sessions: what a stub counts, is told and keeps while it runs, apart for each test that wants it so.
//!
//! What was loaded (contracts, the compiled rules of scripts) is an [`Edition`](crate::edition::Edition): it never
//! changes and every session shares it. A session holds the rest, and the unnamed one is a session as any other.
//!
//! | part | what it does |
//! |---|---|
//! | `identify` | which session a request names |
//! | `config` | what scripts say of sessions |
//! | `store` | all sessions: made on first use, dropped when they are not used any more |
//! | `overlay` | one session |
//! | `tally`, `by_value` | how often each rule was asked and used, for each value of its `per` |
//! | `clock` | what scripts measure in time goes by |
//! | `memory` | values that scripts keep, where scenarios are, and the items of resources |
//! | `collections` | the items of resources |
//! | `rank` | in which order locks are taken |
//! | `room` | what the journals of all sessions hold together |
//! | `set_rules` | rules set at run time |
//!
//! Locks are taken in the order of their ranks, and none is held across an await.

mod by_value;
mod clock;
mod collections;
mod config;
mod identify;
mod memory;
mod overlay;
#[cfg(test)]
mod races;
mod rank;
mod room;
mod set_rules;
mod store;
mod tally;

pub use by_value::MAX_PER_VALUES;
pub(crate) use by_value::ValueKey;
pub(crate) use clock::ClockOrder;
pub(crate) use collections::{Collection, Initial, Listed};
pub use collections::{MAX_RESOURCE_BYTES, MAX_RESOURCE_ITEMS};
pub use config::{DEFAULT_SESSION_TTL, MAX_SESSION_NAME, MAX_SESSIONS};
pub(crate) use config::{SessionRules, SessionWords};
pub(crate) use identify::is_name as is_session_name;
pub use memory::MAX_STATE_BYTES;
pub(crate) use memory::{Effects, Memory, Move};
pub(crate) use overlay::Session;
pub(crate) use rank::Locked;
pub(crate) use room::keep_room;
pub use set_rules::{MAX_SET_BYTES, MAX_SET_RULES};
pub(crate) use set_rules::{NotSet, SetHow, SetOutcome, SetRule};
pub(crate) use store::{NotOpened, Sessions};
pub(crate) use tally::RuleKey;
