//! Messages held to their operation: everything that is wrong with them, not the first thing.

mod part;
mod request;
mod response;
mod security;
mod value;

pub use request::{Enforcement, Reading, RequestRules, UnknownQuery, request};
pub use response::{ResponseReading, response};
pub use security::security;
