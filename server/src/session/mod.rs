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
//! | `tally` | how often each rule was asked and used |
//! | `set_rules` | rules set at run time |
//!
//! Locks are taken in one order, that of the lines `set_rules`, `tally`; whoever holds the one of `store` takes no
//! other. None is held across an await.

mod config;
mod identify;
mod overlay;
mod set_rules;
mod store;
mod tally;

pub use config::{DEFAULT_SESSION_TTL, MAX_SESSION_NAME, MAX_SESSIONS};
pub(crate) use config::{SessionRules, SessionWords};
pub(crate) use overlay::Session;
pub(crate) use store::Sessions;
pub(crate) use tally::{RuleKey, Tally};
