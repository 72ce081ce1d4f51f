//! A case: one concrete request to make, what it is for, and how it is made.

mod asked;
mod build;
mod condition;
mod credentials;
mod fixed;
mod fresh;
mod model;
pub(crate) mod query;
mod schemes;
mod simplify;

pub(crate) use asked::{choice_of_types, promises_type, unknown_type};
pub(crate) use build::{Factory, Sent};
pub(crate) use condition::{has_tags, is_conditional, is_guarded, is_revalidated};
pub use credentials::invent_credentials;
pub(crate) use credentials::{Signer, WRONG, wrong_basic};
pub(crate) use fixed::{Fixed, Given};
pub(crate) use fresh::Fresh;
pub(crate) use model::{Case, Origin};
pub use model::{Intent, Probe};
pub(crate) use schemes::{CredentialPlace, can_be_empty, credential_places, has_no_basic, has_no_bearer};
pub(crate) use simplify::simplifications;
