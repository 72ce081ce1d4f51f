//! Credentials for the typed clients.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

/// How long a typed client waits for a connection, and for a whole answer.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// A client that sends a header, normally one with credentials, with each request.
///
/// * It follows no redirects: credentials go to the server they were given for and to no other.
/// * The value is marked as sensitive, so that it is not shown where requests are printed.
///
/// ```
/// let http = counterfoil_client::auth::client_with_header("Authorization", "Bearer secret")?;
/// let client = counterfoil_client::control::Client::new_with_client("http://127.0.0.1:4011", http);
/// # Ok::<(), counterfoil_client::auth::ClientError>(())
/// ```
///
/// # Errors
///
/// When name or value cannot stand in a header, or TLS cannot be set up.
pub fn client_with_header(name: &str, value: &str) -> Result<reqwest::Client, ClientError> {
    let name: HeaderName = name.parse().map_err(|_| ClientError(Kind::Name(name.to_owned())))?;
    let mut value = HeaderValue::from_str(value).map_err(|_| ClientError(Kind::Value(name.clone())))?;
    value.set_sensitive(true);
    client_with_headers(HeaderMap::from_iter([(name, value)]))
}

/// A client without credentials that follows no redirects.
///
/// # Errors
///
/// When TLS cannot be set up.
pub fn client() -> Result<reqwest::Client, ClientError> {
    client_with_headers(HeaderMap::new())
}

fn client_with_headers(headers: HeaderMap) -> Result<reqwest::Client, ClientError> {
    reqwest::Client::builder()
        .default_headers(headers)
        .connect_timeout(TIMEOUT)
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| ClientError(Kind::Build(error)))
}

/// A client could not be made.
#[derive(Debug)]
pub struct ClientError(Kind);

#[derive(Debug)]
enum Kind {
    Name(String),
    /// Without the value, which is a secret.
    Value(HeaderName),
    Build(reqwest::Error),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Name(name) => write!(f, "make a client: `{name}` cannot be the name of a header"),
            Kind::Value(name) => {
                write!(f, "make a client: the value for `{name}` has characters that no header may have")
            }
            Kind::Build(_) => f.write_str("make a client"),
        }
    }
}

impl Error for ClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::Build(error) => Some(error),
            Kind::Name(_) | Kind::Value(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown_with_its_client() {
        let client = client_with_header("Admin-Auth", "hunter2").unwrap();
        let shown = format!("{client:?}");
        assert!(shown.contains("admin-auth") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn refusals_name_the_header_and_hide_the_secret() {
        let name = client_with_header("Admin Auth", "secret").expect_err("a space is in the name");
        assert_eq!(name.to_string(), "make a client: `Admin Auth` cannot be the name of a header");
        let value = client_with_header("Admin-Auth", "sec\nret").expect_err("a newline is in the value");
        assert_eq!(
            value.to_string(),
            "make a client: the value for `admin-auth` has characters that no header may have"
        );
    }
}
