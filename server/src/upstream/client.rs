//! Sending to upstreams, and to nobody else.
//!
//! - A name's addresses are vetted each time it is resolved, before anything is connected: see [`address`].
//! - Nothing is followed, decompressed or retried, and no proxy of the environment is used.
//! - Certificates are checked as the operating system would; `SSL_CERT_FILE` adds what else is trusted.
//! - HTTP/1.1 is spoken.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_service::Service;

use super::address;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection is trusted; common servers close theirs after two seconds or more.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);

/// Sends requests.
#[derive(Debug)]
pub(crate) struct Client {
    resolver: Resolver,
    plain: legacy::Client<HttpConnector<Resolver>, Full<Bytes>>,
    /// Made when first asked for, since the system's certificates take time to load.
    encrypted: OnceLock<Result<Encrypted, String>>,
}

type Encrypted = legacy::Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>;

impl Client {
    /// A client that resolves names as the system does.
    pub(crate) fn new() -> Self {
        Self::resolving(Arc::new(|host: &str| {
            let found = std::net::ToSocketAddrs::to_socket_addrs(&(host, 0))?;
            Ok(found.collect())
        }))
    }

    /// A client that resolves names by a function.
    pub(crate) fn resolving(lookup: Arc<Lookup>) -> Self {
        let resolver = Resolver { lookup };
        let plain = builder().build(connector(&resolver));
        Self { resolver, plain, encrypted: OnceLock::new() }
    }

    /// Makes a connection to the host of a URL, over which nothing is sent.
    pub(crate) async fn connect(&self, uri: Uri) -> Result<(), SendError> {
        vet(&uri)?;
        let mut connector = connector(&self.resolver);
        connector.enforce_http(false);
        match connector.call(uri).await {
            Ok(_) => Ok(()),
            Err(error) => match innermost(&error) {
                Innermost::Refused(why) => Err(SendError::Refused(why)),
                Innermost::Cause(why) => Err(SendError::Unreachable(why)),
            },
        }
    }

    /// The head of the response to a request, whose target is a whole URL.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, SendError> {
        vet(request.uri())?;
        let sent = if request.uri().scheme() == Some(&http::uri::Scheme::HTTPS) {
            let client = self.encrypted.get_or_init(|| encrypted(&self.resolver)).as_ref();
            client.map_err(|why| SendError::Unreachable(why.clone()))?.request(request).await
        } else {
            self.plain.request(request).await
        };
        sent.map_err(|error| SendError::of(&error))
    }
}

/// Refuses a host that is written as an address which may not be contacted: it is not resolved.
fn vet(uri: &Uri) -> Result<(), SendError> {
    let host = uri.host().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    match address.and_then(|address| address::refusal(host, address)) {
        None => Ok(()),
        Some(why) => Err(SendError::Refused(why)),
    }
}

fn builder() -> legacy::Builder {
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_TIMEOUT);
    builder
}

fn connector(resolver: &Resolver) -> HttpConnector<Resolver> {
    let mut connector = HttpConnector::new_with_resolver(resolver.clone());
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    connector
}

fn encrypted(resolver: &Resolver) -> Result<Encrypted, String> {
    let mut connector = connector(resolver);
    connector.enforce_http(false);
    let tls = HttpsConnectorBuilder::new()
        .try_with_platform_verifier()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?;
    Ok(builder().build(tls.https_only().enable_http1().wrap_connector(connector)))
}

/// Finds the addresses of a name; their ports mean nothing.
pub(crate) type Lookup = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Resolves names, and gives no address that must not be contacted.
#[derive(Clone)]
struct Resolver {
    lookup: Arc<Lookup>,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let lookup = Arc::clone(&self.lookup);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            // The resolver of the system waits, and our deadlines must not wait for it.
            let asked = tokio::task::spawn_blocking(move || lookup(&host).map(|found| (host, found))).await;
            let (host, mut found) = asked.map_err(io::Error::other)??;
            let mut refused = None;
            found.retain(|address| match address::refusal(&host, address.ip()) {
                None => true,
                Some(why) => {
                    refused = Some(why);
                    false
                }
            });
            match refused {
                Some(why) if found.is_empty() => {
                    Err(io::Error::new(io::ErrorKind::PermissionDenied, Refused(why)))
                }
                _ => Ok(found.into_iter()),
            }
        })
    }
}

/// A name that leads to where nothing may be contacted.
#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Refused {}

/// Why no response began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SendError {
    /// The address is not one that may be contacted: nothing was sent.
    Refused(String),
    /// No connection could be made.
    Unreachable(String),
    /// The connection ended, or what came is no HTTP.
    Broken(String),
}

impl SendError {
    fn of(error: &legacy::Error) -> Self {
        match innermost(error) {
            Innermost::Refused(why) => Self::Refused(why),
            Innermost::Cause(why) if error.is_connect() => Self::Unreachable(why),
            Innermost::Cause(why) => Self::Broken(why),
        }
    }
}

/// What an error comes from.
enum Innermost {
    /// An address that may not be contacted.
    Refused(String),
    /// Whatever else: each cause tends to say what the one below it says again.
    Cause(String),
}

fn innermost(error: &(dyn StdError + 'static)) -> Innermost {
    let mut innermost = error;
    loop {
        if let Some(refused) = refused_in(innermost) {
            return Innermost::Refused(refused);
        }
        match innermost.source() {
            Some(cause) => innermost = cause,
            None => return Innermost::Cause(innermost.to_string()),
        }
    }
}

/// The refusal inside an error of input or output, which does not show it as its cause.
fn refused_in(error: &(dyn StdError + 'static)) -> Option<String> {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)?;
    inner.downcast_ref::<Refused>().map(|refused| refused.0.clone())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a49_a_name_that_leads_where_nothing_may_be_contacted_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1", "0.0.0.0"] {
            let asked = Arc::new(AtomicUsize::new(0));
            let counted = Arc::clone(&asked);
            let client = Client::resolving(Arc::new(move |_: &str| {
                counted.fetch_add(1, Ordering::SeqCst);
                Ok(vec![SocketAddr::new(address.parse().unwrap(), 0)])
            }));
            let request = Request::get(format!("http://evil.test:{port}/")).body(Full::default()).unwrap();
            let error = client.send(request).await.unwrap_err();
            assert!(
                matches!(&error, SendError::Refused(why) if why.contains("evil.test")),
                "{address}: {error:?}"
            );
            assert_eq!(asked.load(Ordering::SeqCst), 1);
        }
        for url in ["http://169.254.169.254/", "http://[fe80::1]/", "https://0.0.0.0/"] {
            let request = Request::get(url).body(Full::default()).unwrap();
            assert!(matches!(Client::new().send(request).await, Err(SendError::Refused(_))), "{url}");
        }
        let nobody = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(nobody.is_err(), "somebody connected");
    }
}
