//! What the stub proves itself with over TLS, and whom it lets in.

mod authority;
mod error;
mod identity;

pub use authority::LocalAuthority;
pub use error::TlsError;
pub use identity::Tls;
