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

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use dropshot::{
    ApiDescription, ApiEndpoint, ApiEndpointBodyContentType, ApiEndpointVersions, Body, ConfigDropshot,
    ExclusiveExtractor, ExtractorMetadata, HandlerTaskMode, HttpError, HttpServer, Path, RequestContext,
    ServerBuilder, ServerContext, SharedExtractor,
};
use http::{Method, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::builder::StartError;
use crate::fault::Connection;
use crate::pipeline;
use crate::state::State;

/// The methods registered besides those the documents use: those of HTTP, and extensions that clients probe with.
const METHODS: [&str; 14] = [
    "GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "QUERY", "LINK", "UNLINK",
    "PROPFIND", "SEARCH", "PURGE",
];

/// A running stub plane.
pub(crate) type Server = HttpServer<Arc<State>>;

/// Starts to listen.
pub(crate) fn start(state: &Arc<State>) -> Result<Server, StartError> {
    let address = SocketAddr::new(state.settings.host, state.settings.port);
    let config = ConfigDropshot {
        bind_address: address,
        // The body's limit is ours to keep: see `receive`.
        default_request_body_max_bytes: 0,
        // A client that leaves takes its delay with it, and no task is spawned a request.
        default_handler_task_mode: HandlerTaskMode::CancelOnDisconnect,
        ..ConfigDropshot::default()
    };
    let api = describe(state).map_err(|error| StartError::new("describe the stub plane", error))?;
    let log = slog::Logger::root(slog::Discard, slog::o!());
    ServerBuilder::new(api, Arc::clone(state), log)
        .config(config)
        .start()
        .map_err(|error| StartError::new(format!("listen on {address}"), error))
}

fn describe(state: &State) -> Result<ApiDescription<Arc<State>>, String> {
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

async fn answer(context: RequestContext<Arc<State>>, raw: Raw) -> Result<Response<Body>, HttpError> {
    let connection =
        Connection { peer: context.request.remote_addr(), local_port: context.server.local_addr.port() };
    Ok(pipeline::serve(context.context(), connection, raw.0).await)
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
