//! What is never shown: credentials, cookies, and the fields a schema calls secret.
//!
//! | where | hidden |
//! |---|---|
//! | headers | `Authorization`, `Proxy-Authorization`, `Cookie`, `Set-Cookie`, API keys, secret parameters |
//! | query | API keys, secret parameters, and their members: `filter[password]`; a value that holds members with others as a whole |
//! | bodies, JSON or form | members that some schema of the body calls `format: password` or `writeOnly` |
//! | bodies that may hold such members and cannot be read | the whole |
//! | violations, trail, `counterfoil-reason` | every occurrence of a value hidden above |
//!
//! Hiding happens when a call is looked at, not when it is recorded: most calls never are.

mod found;
mod hide;
mod names;
mod secrets;

pub(crate) use found::Found;
pub(crate) use hide::is_hidden_whole;
pub(crate) use secrets::{Secrets, Side};

/// What stands where a secret was.
pub(crate) const HIDDEN: &str = "***";
