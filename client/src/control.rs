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

use progenitor_client::{ClientHooks, OperationInfo};

pub use generated::{ByteStream, Client, ClientInfo, Error, ResponseValue, types};

use crate::{auth, hooks};

impl Client {
    /// A client of the stub whose control API listens at `base_url`.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    pub fn new(base_url: &str) -> Result<Self, auth::ClientError> {
        Ok(Self::new_with_client(base_url, auth::client()?))
    }
}

impl ClientHooks for Client {
    async fn pre<E>(&self, request: &mut reqwest::Request, _: &OperationInfo) -> Result<(), Error<E>> {
        hooks::remove_undeclared(request);
        Ok(())
    }
}
