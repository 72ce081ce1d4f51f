//! The typed client of the Tyk Dashboard Admin API, generated from `tyk-dashboard-admin.yaml`.
//!
//! ```no_run
//! use counterfoil_client::tyk::{self, types::SsoAccessData};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = tyk::Client::with_admin_auth("http://127.0.0.1:4010", "admin-secret")?;
//! let user = SsoAccessData {
//!     email_address: Some("name@somewhere.com".into()),
//!     for_section: Some("dashboard".into()),
//!     ..SsoAccessData::default()
//! };
//! match client.generate_auth_token(&user).await {
//!     Ok(token) => assert_eq!(token.status.as_deref(), Some("OK")),
//!     Err(tyk::Error::ErrorResponse(refusal)) => println!("{}: {:?}", refusal.status(), refusal.message),
//!     Err(error) => return Err(error.into()),
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
    include!(concat!(env!("OUT_DIR"), "/tyk.rs"));
}

use progenitor_client::{ClientHooks, OperationInfo};

pub use generated::{ByteStream, Client, ClientInfo, Error, ResponseValue, types};

use crate::{auth, hooks};

impl Client {
    /// A client that sends `secret` in `Admin-Auth`, the header the document asks for, with each request.
    ///
    /// It follows no redirects; use [`Client::new_with_client`] for a transport of your own.
    ///
    /// # Errors
    ///
    /// When the secret cannot stand in a header, or TLS cannot be set up.
    pub fn with_admin_auth(base_url: &str, secret: &str) -> Result<Self, auth::ClientError> {
        Ok(Self::new_with_client(base_url, auth::client_with_header("Admin-Auth", secret)?))
    }

    /// A client without credentials.
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
