//! Typed clients of the bundled systems and of a stub's control API, and the raw sending that conformance stands on.
//!
//! * [`tyk`], [`arcgis`] and [`control`] are generated at build time from the documents of `counterfoil-openapi`.
//! * [`auth`] gives them their credentials.
//!
//! None of them follows redirects.

pub mod arcgis;
pub mod auth;
pub mod control;
#[cfg(test)]
mod generate;
mod hooks;
pub mod tyk;
