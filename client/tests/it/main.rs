//! The clients against a server whose every byte the test writes.
#![expect(
    clippy::unwrap_used,
    reason = "a panic is a failed test; a clippy setting says so inside tests only"
)]
#![expect(clippy::print_stdout, reason = "a test that skips says so")]

// Generated clients hold it as it is; those of the samples share one.
#[path = "../../src/wire/mod.rs"]
#[expect(dead_code, unused_imports, unreachable_pub, reason = "each client needs a part of it")]
mod wire;

mod arcgis;
mod curl;
mod generate;
mod hostile;
mod lowered;
mod samples;
mod scaffold;
mod server;
mod stub;
mod transport;
mod tyk;
mod xml;
