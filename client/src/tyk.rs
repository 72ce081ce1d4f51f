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
//!
//! # Scripting a stub
//!
//! [`stub`] tells a running stub what to answer, in the same types:
//!
//! ```no_run
//! use counterfoil_client::tyk::stub::generate_auth_token::{Forbidden, Success};
//! use counterfoil_client::tyk::stub::{GenerateAuthToken, Stub};
//! use counterfoil_client::tyk::types::ApiError;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let stub = Stub::connect("http://127.0.0.1:4011").await?;
//! stub.on::<GenerateAuthToken>()
//!     .when(|request| request.body().for_section().eq("dashboard"))
//!     .reply(Forbidden(ApiError { message: Some("not today".into()), ..ApiError::default() }))
//!     .then(Success::example())
//!     .expect(2)
//!     .await?;
//! let client = stub.client()?;
//! # Ok(())
//! # }
//! ```
//!
//! What the document does not admit does not compile. A member that the body does not have:
//!
//! ```compile_fail,E0599
//! # use counterfoil_client::tyk::stub::{GenerateAuthToken, Stub, generate_auth_token::Forbidden};
//! # fn rule(stub: &Stub) {
//! let _ = stub.on::<GenerateAuthToken>().when(|request| request.body().for_sektion().eq("dashboard"));
//! # }
//! ```
//!
//! A value that a member cannot have, and an order that it has not:
//!
//! ```compile_fail,E0277
//! # use counterfoil_client::tyk::stub::{GenerateAuthToken, Stub, generate_auth_token::Forbidden};
//! # fn rule(stub: &Stub) {
//! let _ = stub.on::<GenerateAuthToken>().when(|request| request.body().user_not_allowed().eq("yes"));
//! # }
//! ```
//!
//! ```compile_fail,E0599
//! # use counterfoil_client::tyk::stub::{GenerateAuthToken, Stub, generate_auth_token::Forbidden};
//! # fn rule(stub: &Stub) {
//! let _ = stub.on::<GenerateAuthToken>().when(|request| request.body().user_not_allowed().gt(true));
//! # }
//! ```
//!
//! A status that is not documented, a body of another type, and an operation of another document or its reply:
//!
//! ```compile_fail,E0432
//! use counterfoil_client::tyk::stub::generate_auth_token::Conflict;
//! ```
//!
//! ```compile_fail,E0308
//! # use counterfoil_client::tyk::stub::{GenerateAuthToken, Stub, generate_auth_token::Forbidden};
//! # use counterfoil_client::tyk::types::SsoAccessData;
//! # fn rule(stub: &Stub) {
//! let _ = stub.on::<GenerateAuthToken>().reply(Forbidden(SsoAccessData::default()));
//! # }
//! ```
//!
//! ```compile_fail,E0271
//! # use counterfoil_client::tyk::stub::Stub;
//! # use counterfoil_client::arcgis::stub::GenerateToken;
//! # fn rule(stub: &Stub) {
//! let _ = stub.on::<GenerateToken>();
//! # }
//! ```
//!
//! ```compile_fail,E0271
//! # use counterfoil_client::tyk::stub::{GenerateAuthToken, Stub};
//! # use counterfoil_client::arcgis::stub::generate_token::Forbidden;
//! # fn rule(stub: &Stub) {
//! let _ = stub.on::<GenerateAuthToken>().reply(Forbidden::example());
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

pub use generated::{ByteStream, Client, ClientInfo, Error, ResponseValue, Security, Settings, stub, types};
