//! The clients against a server whose every byte the test writes.
#![expect(
    clippy::unwrap_used,
    reason = "a panic is a failed test; a clippy setting says so inside tests only"
)]
#![expect(clippy::print_stdout, reason = "a test that skips says so")]

mod arcgis;
mod curl;
mod generate;
mod hostile;
mod server;
mod stub;
mod transport;
mod tyk;
