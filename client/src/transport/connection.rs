//! One HTTP/1.1 connection.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use counterfoil_openapi::Response;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Body as _;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use tower_service::Service;

use super::SendError;
use super::listening::Reading;
use crate::base_url::BaseUrl;

/// How long a connection may take to become ready for the next request once a response is whole.
const SETTLE_TIMEOUT: Duration = Duration::from_millis(20);

/// Makes connections, encrypted where the base URL says so.
#[derive(Debug, Clone)]
pub(super) enum Connector {
    Plain(HttpConnector),
    Tls(Box<HttpsConnector<HttpConnector>>),
}

impl Connector {
    pub(super) fn new(base: &BaseUrl) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        if !base.is_https() {
            return Ok(Self::Plain(connector));
        }
        connector.enforce_http(false);
        let builder = HttpsConnectorBuilder::new().try_with_platform_verifier()?;
        Ok(Self::Tls(Box::new(builder.https_only().enable_http1().wrap_connector(connector))))
    }

    pub(super) async fn connect(&self, base: &BaseUrl) -> Result<Connection, SendError> {
        let unreachable = |error| SendError::unreachable(&base.to_string(), error);
        let origin: Uri = base.origin();
        let stream = match self.clone() {
            Self::Plain(mut connector) => {
                let stream = connector.call(origin).await.map_err(|error| unreachable(error.into()))?;
                MaybeHttpsStream::Http(stream)
            }
            Self::Tls(mut connector) => connector.call(origin).await.map_err(unreachable)?,
        };
        let (sender, driver) =
            http1::handshake(stream).await.map_err(|error| unreachable(Box::new(error)))?;
        // What goes wrong on the connection reaches us through the sender; the driver ends with it.
        tokio::spawn(driver);
        Ok(Connection { sender, idle_since: None })
    }
}

/// A connection, and since when it rests.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    idle_since: Option<Instant>,
}

impl Connection {
    pub(super) fn rest(&mut self) {
        self.idle_since = Some(Instant::now());
    }

    /// Whether the connection can take another request, as far as this side can know.
    pub(super) async fn is_usable(&mut self, idle_timeout: Duration) -> bool {
        let is_fresh = self.idle_since.is_none_or(|since| since.elapsed() < idle_timeout);
        is_fresh
            && !self.sender.is_closed()
            && matches!(tokio::time::timeout(SETTLE_TIMEOUT, self.sender.ready()).await, Ok(Ok(())))
    }

    pub(super) async fn send(
        &mut self,
        message: Request<Full<Bytes>>,
        reading: &Reading<'_>,
    ) -> Result<Received, Trouble> {
        let response = self.sender.try_send_request(message).await.map_err(|mut error| {
            let progress =
                if error.take_message().is_some() { Progress::NotSent } else { Progress::NoResponse };
            Trouble::of(progress, error.into_error())
        })?;
        let (head, body) = response.into_parts();
        let mut response = Response { status: head.status, headers: head.headers, body: Bytes::new() };
        // What says how long it is comes to an end.
        let listening = match body.size_hint().exact() {
            Some(_) => None,
            None => (reading.hears)(&response),
        };
        let limited = Limited::new(body, reading.body_cap);
        let (body, is_cut, at) = match listening {
            Some(listening) => {
                listening.to(limited, reading.until).await.map_err(|error| body_trouble(error, reading))?
            }
            None => {
                let body = limited.collect().await.map_err(|error| body_trouble(error, reading))?;
                (body.to_bytes(), false, Instant::now())
            }
        };
        response.body = body;
        Ok(Received { response, is_cut, at })
    }
}

/// A response as it was received.
pub(super) struct Received {
    pub(super) response: Response,
    /// Whether it was left before its end.
    pub(super) is_cut: bool,
    /// When its last byte came.
    pub(super) at: Instant,
}

/// What is wrong with a response that had begun.
fn body_trouble(error: Box<dyn StdError + Send + Sync>, reading: &Reading<'_>) -> Trouble {
    if error.is::<LengthLimitError>() {
        return Trouble::new(Progress::Responding, SendError::too_large(reading.body_cap));
    }
    match error.downcast::<hyper::Error>() {
        Ok(error) => Trouble::of(Progress::Responding, *error),
        Err(error) => Trouble::new(Progress::Responding, SendError::other("read the response", error)),
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("idle_since", &self.idle_since).finish_non_exhaustive()
    }
}

/// How far an attempt got before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// No byte of the request went out.
    NotSent,
    /// The request went out, at least in part, and no whole response head came back.
    NoResponse,
    /// The response had begun.
    Responding,
}

/// An attempt that failed.
#[derive(Debug)]
pub(super) struct Trouble {
    progress: Progress,
    is_closed: bool,
    error: SendError,
}

impl Trouble {
    fn new(progress: Progress, error: SendError) -> Self {
        Self { progress, is_closed: false, error }
    }

    fn of(progress: Progress, error: hyper::Error) -> Self {
        let is_closed = is_connection_closed(&error);
        let error = if is_closed {
            SendError::closed(progress == Progress::Responding, error)
        } else {
            SendError::other("read the response", error)
        };
        Self { progress, is_closed, error }
    }

    /// Whether the connection ended before a response began: on a used one that may be old age.
    pub(super) fn is_closed_without_response(&self) -> bool {
        self.is_closed && self.progress != Progress::Responding
    }

    /// Whether the server may have seen the request.
    pub(super) fn was_sent(&self) -> bool {
        self.progress != Progress::NotSent
    }

    pub(super) fn into_error(self) -> SendError {
        self.error
    }
}

/// Whether the other side ended the connection, in order or by a reset.
fn is_connection_closed(error: &hyper::Error) -> bool {
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return true;
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return matches!(
                error.kind(),
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::NotConnected
                    | io::ErrorKind::UnexpectedEof
            );
        }
        cause = error.source();
    }
    false
}
