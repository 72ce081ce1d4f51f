//! Raw sending: a recorded request goes out byte for byte, and what comes back is recorded.

mod connection;
mod error;
mod listening;

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use counterfoil_openapi::{Request, Response};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use http_body_util::Full;

pub use error::{SendError, SendErrorKind};
pub use listening::{Hears, Listening};

use crate::base_url::{BaseUrl, BaseUrlError};
use connection::{Connection, Connector, Trouble};
use listening::Reading;

/// The most idle connections kept.
const MAX_IDLE: usize = 64;
/// How long an idle connection is trusted; common servers close theirs after two seconds or more.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);

/// How requests are sent.
#[derive(Debug, Clone)]
pub struct TransportOptions {
    /// From the first attempt to connect until the body is whole.
    pub timeout: Duration,
    /// The largest response body read, in bytes.
    pub body_cap: usize,
    /// Headers added to each request that has none of their name.
    pub headers: HeaderMap,
}

impl Default for TransportOptions {
    /// Ten seconds, 16 MiB, no headers.
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), body_cap: 16 * 1024 * 1024, headers: HeaderMap::new() }
    }
}

/// A response, and how it came.
#[derive(Debug, Clone)]
pub struct Sent {
    /// What came back.
    pub response: Response,
    /// From the request's first byte to the response's last, without the time it took to connect.
    pub elapsed: Duration,
    /// Whether a kept-alive connection was closed under the request, which then went out again on a new one.
    pub resent: bool,
    /// Whether the body was left before its end, by [`Listening`]; the connection is closed then.
    pub is_cut: bool,
}

/// Sends requests to one base URL over HTTP/1.1 and keeps connections alive between them.
///
/// * The path of the base URL stands in front of every request target; both go out byte for byte, nothing is
///   normalised, decoded or encoded.
/// * Added are `Host` and the headers of the options where the request has none of these, and the framing
///   (`Content-Length`); nothing else, no `User-Agent` and no `Accept`.
/// * Redirects are responses like any other: none is followed, so credentials go nowhere else.
/// * Proxies named in the environment are not used.
///
/// A server may close a connection at the very moment it is used again, which looks like a crash. A request that got
/// no byte of an answer on a used connection is therefore sent once more on a new one. Where that succeeds, no
/// connection is used twice from then on: the doubt cannot arise again.
///
/// ```no_run
/// use counterfoil_client::transport::{Transport, TransportOptions};
/// use counterfoil_openapi::Request;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = Transport::new("http://127.0.0.1:4010", TransportOptions::default())?;
/// let sent = transport.send(&Request::new("GET".parse()?, "/a%2Fb//c?x=%7B")).await?;
/// println!("{} in {:?}", sent.response.status, sent.elapsed);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Transport {
    base: BaseUrl,
    options: TransportOptions,
    connector: Connector,
    pool: Mutex<Pool>,
}

impl Transport {
    /// A transport to `base_url`; nothing is connected yet.
    ///
    /// # Errors
    ///
    /// When the base URL is none, holds credentials or a query, or TLS cannot be set up for `https`.
    pub fn new(base_url: &str, options: TransportOptions) -> Result<Self, TransportError> {
        let base: BaseUrl = base_url.parse().map_err(TransportError::BaseUrl)?;
        let connector = Connector::new(&base).map_err(TransportError::Tls)?;
        Ok(Self { base, options, connector, pool: Mutex::new(Pool::On(Vec::new())) })
    }

    /// Sends a request and reads the whole response.
    ///
    /// # Errors
    ///
    /// See [`SendErrorKind`]. A response of any status is no error.
    pub async fn send(&self, request: &Request) -> Result<Sent, SendError> {
        self.send_listening(request, &|_| None).await
    }

    /// Sends a request and reads the whole response, but for one that `hears` wants to listen to: that is read until
    /// enough of it is there. See [`Listening`].
    ///
    /// # Errors
    ///
    /// As for [`Transport::send`].
    pub async fn send_listening(&self, request: &Request, hears: &Hears<'_>) -> Result<Sent, SendError> {
        let message = self.message(request)?;
        let timeout = self.options.timeout;
        // A stream is left a little before its time is over, so that it never counts as late.
        let reading = Reading {
            body_cap: self.options.body_cap,
            until: Instant::now().checked_add(timeout - timeout / 20),
            hears,
        };
        match tokio::time::timeout(timeout, self.exchange(message, &reading)).await {
            Ok(result) => result,
            Err(_) => Err(SendError::timeout(timeout)),
        }
    }

    async fn exchange(
        &self,
        message: http::Request<Full<Bytes>>,
        reading: &Reading<'_>,
    ) -> Result<Sent, SendError> {
        if let Some(used) = self.take_idle().await {
            match self.attempt(used, message.clone(), reading).await {
                Err(trouble) if trouble.is_closed_without_response() => {
                    return self.resend(message, trouble, reading).await;
                }
                result => return result.map_err(Trouble::into_error),
            }
        }
        let connection = self.connector.connect(&self.base).await?;
        self.attempt(connection, message, reading).await.map_err(Trouble::into_error)
    }

    /// Sends a request again that a used connection took without an answer.
    async fn resend(
        &self,
        message: http::Request<Full<Bytes>>,
        first: Trouble,
        reading: &Reading<'_>,
    ) -> Result<Sent, SendError> {
        let connection = match self.connector.connect(&self.base).await {
            Ok(connection) => connection,
            // The server took the request and cannot be reached any more: the first trouble is the truth.
            Err(_) if first.was_sent() => return Err(first.into_error()),
            Err(error) => return Err(error),
        };
        let sent = self.attempt(connection, message, reading).await.map_err(Trouble::into_error)?;
        if first.was_sent() {
            *self.pool() = Pool::Off;
        }
        Ok(Sent { resent: true, ..sent })
    }

    async fn attempt(
        &self,
        mut connection: Connection,
        message: http::Request<Full<Bytes>>,
        reading: &Reading<'_>,
    ) -> Result<Sent, Trouble> {
        let start = Instant::now();
        let received = connection.send(message, reading).await?;
        let elapsed = received.at.duration_since(start);
        if !received.is_cut {
            self.keep(connection);
        }
        Ok(Sent { response: received.response, elapsed, resent: false, is_cut: received.is_cut })
    }

    /// A connection that was used before and seems to be open still.
    async fn take_idle(&self) -> Option<Connection> {
        loop {
            let mut connection = match &mut *self.pool() {
                Pool::On(idle) => idle.pop()?,
                Pool::Off => return None,
            };
            if connection.is_usable(IDLE_TIMEOUT).await {
                return Some(connection);
            }
        }
    }

    fn keep(&self, mut connection: Connection) {
        connection.rest();
        if let Pool::On(idle) = &mut *self.pool()
            && idle.len() < MAX_IDLE
        {
            idle.push(connection);
        }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().expect("nothing panics under this lock")
    }

    /// The request as it goes out.
    fn message(&self, request: &Request) -> Result<http::Request<Full<Bytes>>, SendError> {
        let target = self.base.target(&request.target);
        let mut message = http::Request::new(Full::new(request.body.clone()));
        *message.method_mut() = request.method.clone();
        *message.uri_mut() = exact_target(&target)?;
        let headers = message.headers_mut();
        if !request.headers.contains_key(header::HOST) {
            let host = HeaderValue::from_str(self.base.authority().as_str());
            headers.insert(header::HOST, host.map_err(|error| SendError::unsendable("the host", error))?);
        }
        let is_framing = |name| matches!(name, &header::CONTENT_LENGTH | &header::TRANSFER_ENCODING);
        for (name, value) in request.headers.iter().filter(|(name, _)| !is_framing(name)) {
            headers.append(name, value.clone());
        }
        for (name, value) in &self.options.headers {
            if !request.headers.contains_key(name) {
                headers.append(name, value.clone());
            }
        }
        if request.body.is_empty() && announces_empty_body(&request.method) {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(message)
    }
}

/// Connections to use again.
#[derive(Debug)]
enum Pool {
    /// Those that rest, the last used one last.
    On(Vec<Connection>),
    /// The server closes connections under requests: each request has one of its own.
    Off,
}

/// Whether a request of this method says that its body is empty (RFC 9110, section 8.6).
pub(crate) fn announces_empty_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

/// The target as a URI in origin form, where its bytes survive that.
fn exact_target(target: &str) -> Result<Uri, SendError> {
    let parsed: PathAndQuery =
        target.parse().map_err(|error| SendError::unsendable(&format!("the target `{target}`"), error))?;
    if parsed.as_str() != target {
        let message = "a fragment is no part of a request target";
        return Err(SendError::unsendable(&format!("the target `{target}`"), message));
    }
    Ok(Uri::from(parsed))
}

/// A transport could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum TransportError {
    /// The base URL cannot be used.
    BaseUrl(BaseUrlError),
    /// TLS could not be set up.
    Tls(Box<dyn std::error::Error + Send + Sync>),
}

impl std::fmt::Display for TransportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BaseUrl(error) => error.fmt(f),
            Self::Tls(_) => f.write_str("set up TLS"),
        }
    }
}

impl std::error::Error for TransportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::BaseUrl(_) => None,
            Self::Tls(error) => Some(&**error),
        }
    }
}
