//! The typed client of the Tyk Dashboard Admin API, generated from `tyk-dashboard-admin.yaml`.
//!
//! ```no_run
//! use counterfoil_client::tyk::{self, Security, types::SsoAccessData};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = tyk::Client::with_security("http://127.0.0.1:4010", Security::default().api_key("admin-secret"))?;
//! let user = SsoAccessData {
//!     email_address: Some("name@somewhere.com".into()),
//!     for_section: Some("dashboard".into()),
//!     ..SsoAccessData::default()
//! };
//! match client.generate_auth_token(Some(&user)).await {
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

pub use generated::{ByteStream, Client, ClientInfo, Error, ResponseValue, Security, Settings, types};
