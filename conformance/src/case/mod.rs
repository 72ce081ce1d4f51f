//! A case: one concrete request to make, what it is for, and how it is made.

mod build;
mod credentials;
mod fixed;
mod fresh;
mod model;
pub(crate) mod query;
mod simplify;

pub(crate) use build::{Factory, Sent};
pub use credentials::invent_credentials;
pub(crate) use credentials::{
    CredentialPlace, Signer, WRONG, can_be_empty, credential_places, has_no_bearer, wrong_basic,
};
pub(crate) use fixed::{Fixed, Given};
pub(crate) use fresh::Fresh;
pub(crate) use model::{Case, Origin};
pub use model::{Intent, Probe};
pub(crate) use simplify::simplifications;
