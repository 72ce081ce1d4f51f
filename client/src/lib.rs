//! Typed clients of the bundled systems and of a stub's control API, and the raw sending that conformance stands on.
//!
//! * [`tyk`], [`arcgis`] and [`control`] are made at build time from the documents of `counterfoil-openapi`.
//! * [`tyk::stub`] and [`arcgis::stub`] script a stub in the types of its document; [`scripting`] is what they stand on.
//! * [`generate`] writes such a client, as a crate, for any document.
//! * [`fetch`] gets what a document refers to by URL, from hosts the user named.
//! * [`transport`] sends a recorded request byte for byte; [`curl`] writes it as a line to paste into a shell.
//!
//! None of them follows redirects, but for [`fetch`] between hosts that are allowed.

pub mod arcgis;
mod base_url;
pub mod control;
pub mod curl;
pub mod fetch;
pub mod generate;
#[expect(dead_code, reason = "what generated scripts are made of; the library's own do without")]
pub mod scripting;
pub mod transport;
pub mod tyk;
#[expect(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "what generated clients are made of; the library's own do without"
)]
mod wire;
// Apart from the sources, which generated clients hold as they are.
#[cfg(test)]
#[path = "scripting/tests.rs"]
mod scripting_tests;
#[cfg(test)]
#[path = "wire/tests.rs"]
mod wire_tests;
#[cfg(test)]
#[path = "wire/xml/tests.rs"]
mod wire_xml_tests;

pub use base_url::BaseUrlError;
