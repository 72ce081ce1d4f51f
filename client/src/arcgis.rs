//! The typed client of the ArcGIS Server Administrator API, generated from `arcgis-server-admin.yaml`.
//!
//! The request is an enum with a variant for each thing a token can be bound to, so that the field which `client`
//! requires cannot be left out. Ask for JSON with `f`: the default of the API is a web page, which the typed client
//! reports as [`Error::InvalidResponsePayload`].
//!
//! ```no_run
//! use counterfoil_client::arcgis::{self, types::{TokenRequest, TokenRequestF}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = arcgis::Client::new("http://127.0.0.1:4010/server")?;
//! let request = TokenRequest::Referer {
//!     username: "user1".into(),
//!     password: Some("testpassword".into()),
//!     referer: "https://organization.example.com".into(),
//!     ip: None,
//!     expiration: Some(90),
//!     f: Some(TokenRequestF::Json),
//! };
//! let token = client.generate_token(&request).await?;
//! println!("{} until {}", token.token, token.expires);
//! # Ok(())
//! # }
//! ```

#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "the generator wrote it"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/arcgis.rs"));
}

pub use generated::{ByteStream, Client, ClientInfo, Error, ResponseValue, Security, Settings, stub, types};
