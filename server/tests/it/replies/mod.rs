//! The rows of the decision tables about what is replied: media type, body, headers.

mod body;
mod files;
mod headers;
mod media;
mod negotiation;
mod own;
