//! The rows of the decision tables about what of a request is held to the document.

mod bodies;
mod codings;
mod multipart;
mod parameters;
mod schemas;
