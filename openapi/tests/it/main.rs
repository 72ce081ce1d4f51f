//! Integration tests of the contract crate, in one binary.
#![expect(clippy::print_stdout, reason = "a test that skips or counts says so")]

mod attacks;
mod checked;
mod codec_laws;
mod codings;
mod collection_laws;
mod content_laws;
mod corpus;
mod dialects;
mod escapes;
mod form_laws;
mod generate;
mod header_laws;
mod limits;
mod media_types;
mod messages;
mod multipart_laws;
mod readings;
mod references;
mod roundtrip;
mod routing;
mod stream_laws;
mod style_vectors;
mod suite;
mod text_laws;
mod work;
mod xml_laws;
