//! Messages held to their operation: everything that is wrong with them, not the first thing.

mod credential;
mod part;
mod request;
mod response;
mod security;
mod value;

pub use credential::{Credential, DigestParameters, user_and_password};
pub use request::{Enforcement, Reading, RequestRules, UnknownQuery, request, without_body};
pub use response::{ResponseReading, response, response_holding};
pub use security::{Acceptance, security, security_by};
