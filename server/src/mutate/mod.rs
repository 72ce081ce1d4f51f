//! Mutants: a stub that breaks the contract on purpose, in a named way, so that whoever tests it can be seen to notice.
//!
//! A [`Mutation`] acts on a reply that was made as always, after it was held to its operation and before it gets what
//! every reply gets. What it claims of a message the validator confirms: a reply that would be valid all the same is
//! sent as it was, and counts as no mutated one.
//!
//! | family | what is broken | module |
//! |---|---|---|
//! | bodies | the body of a success, in one place | [`body`] |
//! | heads | status, media type, headers | [`head`] |
//! | refusals | what invalid requests are told | [`refusal`] |
//! | leniency | what is invalid is accepted | [`leniency`] |
//! | strictness | what is valid is refused | [`strictness`] |
//! | errors | a request that is unusual is answered with 500 | [`failing`] |
//! | connections | the reply does not arrive | [`connection`] |
//! | methods | what a path does not have | [`methods`] |
//! | resources | what is kept, and for whom | [`keeping`] |
//!
//! A stub without mutants pays for this with one look whether there are any.

mod act;
mod body;
mod connection;
mod failing;
mod head;
mod keeping;
mod leniency;
mod methods;
mod mutant;
mod mutation;
mod places;
mod refusal;
mod resources;
mod sample;
mod scene;
mod strictness;
mod subject;
mod witness;

pub use mutant::{Mutant, MutantError};
pub use mutation::{Mutation, Needs, mutations};
pub use resources::{DerivedResource, derive_resources};
pub use subject::Subject;

pub(crate) use act::act;
pub(crate) use mutant::Mutants;
