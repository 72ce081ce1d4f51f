//! The typed client of a stub's control API, generated from `control.json`.
//!
//! ```no_run
//! use counterfoil_client::control;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let stub = control::Client::new("http://127.0.0.1:4011")?;
//! for operation in stub.list_operations(None).await?.into_inner() {
//!     println!("{operation:?}");
//! }
//! # Ok(())
//! # }
//! ```

#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "the generator wrote it"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/control.rs"));
}

pub use generated::{ByteStream, Client, ClientInfo, Error, ResponseValue, Security, Settings, types};
