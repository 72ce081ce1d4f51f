//! The dropshot side of the stub plane: one wildcard endpoint a method, unpublished, that hands the raw request to
//! the pipeline.
//!
//! Some requests dropshot answers by itself, in a JSON shape of its own and without our headers; tests pin them:
//!
//! | request | dropshot's answer |
//! |---|---|
//! | a path segment `.` or `..` as it stands (`%2e%2e` comes through) | 400 |
//! | a path whose percent-escapes are not UTF-8, such as `/%FF` | 400 |
//! | a method that no document used at the start and that is none of the registered ones | 405, one `Allow` line a method |
//!
//! dropshot's endpoints are registered once, at the start: a method of its own that a document brings with a reload
//! gets the 405 of the last row.
//!
//! hyper answers 431 to more than 100 header fields, and 400 to what is no HTTP, with neither body nor headers.
//!
//! It also sets `x-request-id` on every reply, over whatever the document or a script says.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use dropshot::{
    ApiDescription, ApiEndpoint, ApiEndpointBodyContentType, ApiEndpointVersions, Body, ConfigDropshot,
    ConfigTls, ExclusiveExtractor, ExtractorMetadata, HandlerTaskMode, HttpError, HttpServer, Path,
    RequestContext, ServerBuilder, ServerContext, SharedExtractor,
};
use http::{Method, Response};
use schemars::JsonSchema;
use serde::Deserialize;

#[cfg(unix)]
use crate::connection::{Front, Traffic};
use crate::connection::{Listener, UnderWay, kept_under_way};
use crate::fault::Connection;
use crate::pipeline::{self, Arrived};
use crate::refuse;
use crate::start_error::StartError;
use crate::state::State;
use crate::tls::Tls;

/// The methods registered besides those the documents use: those of HTTP, and extensions that clients probe with.
const METHODS: [&str; 14] = [
    "GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "QUERY", "LINK", "UNLINK",
    "PROPFIND", "SEARCH", "PURGE",
];

/// A running stub plane; it stops when dropped.
pub(crate) struct Plane {
    http: HttpServer<Doorway>,
    listener: Option<Listener>,
    #[cfg(unix)]
    front: Option<Front>,
}

/// What every request comes through.
struct Doorway {
    state: Arc<State>,
    door: Door,
}

/// Where connections have to come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Anywhere,
    /// The Unix socket before us.
    Front,
}

/// Starts to listen.
pub(crate) fn start(state: &Arc<State>) -> Result<Plane, StartError> {
    let settings = &state.settings;
    let (address, door) = match settings.unix_socket {
        Some(_) => (SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Door::Front),
        None => (SocketAddr::new(settings.host, settings.port), Door::Anywhere),
    };
    let config = ConfigDropshot {
        bind_address: address,
        // The body's limit is ours to keep: see `receive`.
        default_request_body_max_bytes: 0,
        // A client that leaves takes its delay with it, and no task is spawned a request.
        default_handler_task_mode: HandlerTaskMode::CancelOnDisconnect,
        ..ConfigDropshot::default()
    };
    let tls = settings.tls.as_ref().map(Tls::server_config).transpose();
    let tls = tls.map_err(|error| StartError::new("set TLS up", error))?;
    let api = describe(state).map_err(|error| StartError::new("describe the stub plane", error))?;
    let log = slog::Logger::root(slog::Discard, slog::o!());
    let doorway = Doorway { state: Arc::clone(state), door };
    let http = ServerBuilder::new(api, doorway, log)
        .config(config)
        .tls(tls.map(ConfigTls::Dynamic))
        .start()
        .map_err(|error| StartError::new(format!("listen on {address}"), error))?;
    let address = http.local_addr();
    #[cfg(not(unix))]
    if settings.unix_socket.is_some() {
        return Err(StartError::new("listen on a Unix socket", "this system has none"));
    }
    Ok(Plane {
        http,
        listener: Listener::take(address, settings.connections),
        #[cfg(unix)]
        front: front(settings.unix_socket.as_deref(), address, Arc::clone(&state.traffic))?,
    })
}

#[cfg(unix)]
fn front(
    path: Option<&std::path::Path>,
    address: SocketAddr,
    traffic: Arc<Traffic>,
) -> Result<Option<Front>, StartError> {
    let Some(path) = path else { return Ok(None) };
    let front = Front::start(path, address, traffic);
    front.map(Some).map_err(|error| StartError::new(format!("listen on `{}`", path.display()), error))
}

impl Plane {
    /// The address that dropshot listens on.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.http.local_addr()
    }

    /// Refuses new connections, and waits for the requests under way.
    ///
    /// # Errors
    ///
    /// When it had stopped already.
    pub(crate) async fn close(self) -> Result<(), String> {
        #[cfg(unix)]
        drop(self.front);
        drop(self.listener);
        self.http.close().await
    }
}

fn describe(state: &State) -> Result<ApiDescription<Doorway>, String> {
    let mut methods: Vec<Method> = METHODS.iter().filter_map(|name| Method::try_from(*name).ok()).collect();
    for operation in state.edition().operations() {
        if !methods.contains(operation.method()) {
            methods.push(operation.method().clone());
        }
    }
    let mut api = ApiDescription::new();
    for method in methods {
        let id = format!("any {method}");
        let endpoint =
            ApiEndpoint::new(id, answer, method, "application/json", "/{path:.*}", ApiEndpointVersions::All);
        api.register(endpoint.visible(false)).map_err(|error| error.to_string())?;
    }
    Ok(api)
}

/// Answers a request. What dropshot knows of it is let go of before there is anything to wait for.
fn answer(
    context: RequestContext<Doorway>,
    raw: Raw,
) -> impl Future<Output = Result<Response<Body>, HttpError>> + Send + 'static {
    let Doorway { state, door } = context.context();
    let connection =
        Connection { peer: context.request.remote_addr(), local_port: context.server.local_addr.port() };
    let is_admitted = *door == Door::Anywhere || state.traffic.is_admitted(connection.peer.port());
    let state = Arc::clone(state);
    let mut arrived = Arrived::new(connection, raw.0);
    async move {
        if !is_admitted {
            return Ok(refuse::other_door().into_response());
        }
        let (traffic, port) = (&state.traffic, connection.peer.port());
        let _under_way = UnderWay::new(&**traffic, port);
        let response = pipeline::serve(&state, &mut arrived).await;
        Ok(response.map(|body| kept_under_way(body, traffic, port)))
    }
}

/// The request as hyper read it.
#[derive(Debug)]
struct Raw(hyper::Request<Body>);

#[async_trait]
impl ExclusiveExtractor for Raw {
    async fn from_request<Context: ServerContext>(
        _context: &RequestContext<Context>,
        request: hyper::Request<Body>,
    ) -> Result<Self, HttpError> {
        Ok(Self(request))
    }

    fn metadata(body: ApiEndpointBodyContentType) -> ExtractorMetadata {
        /// Declares the wildcard of the path, which dropshot insists that some extractor takes.
        #[derive(Deserialize, JsonSchema)]
        struct Wildcard {
            #[expect(dead_code, reason = "the pipeline takes the path as it was sent, not decoded")]
            path: Vec<String>,
        }
        <Path<Wildcard> as SharedExtractor>::metadata(body)
    }
}
