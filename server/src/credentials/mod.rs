//! Credentials: which are accepted, whether a request has them, and how others are asked for them.
//!
//! | part | what it does |
//! |---|---|
//! | `load` | the file of accepted credentials, checked against the documents |
//! | `accepted` | what is kept of it: no value, only what values can be held against |
//! | `digest` | the Digest scheme (RFC 7616) |
//! | `gate` | a request held to its operation's security |
//! | `challenge` | what `WWW-Authenticate` says to those who are not let in |

mod accepted;
mod challenge;
mod digest;
mod gate;
mod load;

pub use accepted::Credentials;
pub(crate) use gate::Gate;
pub use load::{CredentialsError, MAX_CREDENTIALS, MAX_CREDENTIALS_BYTES};
