//! What `script/bench` measures the stub against: a dropshot server with one wildcard handler a method, which reads
//! the body, looks at nothing, and answers what it was given.
//!
//! Its only argument is a file of JSON: `{"status": 200, "headers": [["name", "value"]], "body": "text"}`. Its port
//! goes to standard output.

use std::io::Write as _;

use bytes::Bytes;
use dropshot::{
    ApiDescription, Body, ConfigDropshot, HandlerTaskMode, HttpError, Path, RequestContext, ServerBuilder,
    UntypedBody, endpoint,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

/// The same allocator as the stub has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Deserialize)]
struct Given {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// The answer to everything.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Deserialize, JsonSchema)]
struct Wildcard {
    #[expect(dead_code, reason = "dropshot insists that some extractor takes the path")]
    path: Vec<String>,
}

/// Answers a GET.
#[endpoint { method = GET, path = "/{path:.*}", unpublished = true }]
async fn get(
    context: RequestContext<Answer>,
    _path: Path<Wildcard>,
    _body: UntypedBody,
) -> Result<Response<Body>, HttpError> {
    Ok(answer(context.context()))
}

/// Answers a POST.
#[endpoint { method = POST, path = "/{path:.*}", unpublished = true }]
async fn post(
    context: RequestContext<Answer>,
    _path: Path<Wildcard>,
    _body: UntypedBody,
) -> Result<Response<Body>, HttpError> {
    Ok(answer(context.context()))
}

fn answer(answer: &Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body.clone()));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers.clone();
    response
}

fn read(file: &str) -> Result<Answer, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let given: Given = serde_json::from_slice(&bytes).map_err(|error| format!("{file}: {error}"))?;
    let mut headers = HeaderMap::new();
    for (name, value) in given.headers {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        headers.append(name, HeaderValue::try_from(value).map_err(|error| error.to_string())?);
    }
    let status = StatusCode::from_u16(given.status).map_err(|error| error.to_string())?;
    Ok(Answer { status, headers, body: Bytes::from(given.body) })
}

#[tokio::main]
async fn main() -> Result<(), String> {
    let file = std::env::args().nth(1).ok_or("the file of the answer is not named")?;
    let mut api = ApiDescription::new();
    api.register(get).map_err(|error| error.to_string())?;
    api.register(post).map_err(|error| error.to_string())?;
    let config = ConfigDropshot {
        default_request_body_max_bytes: 1 << 20,
        default_handler_task_mode: HandlerTaskMode::CancelOnDisconnect,
        ..ConfigDropshot::default()
    };
    let log = slog::Logger::root(slog::Discard, slog::o!());
    let server = ServerBuilder::new(api, read(&file)?, log)
        .config(config)
        .start()
        .map_err(|error| error.to_string())?;
    writeln!(std::io::stdout(), "{}", server.local_addr().port()).map_err(|error| error.to_string())?;
    server.await
}
