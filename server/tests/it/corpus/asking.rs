//! A valid request of an operation, signed and sent.

use std::sync::Arc;

use bytes::Bytes;
use counterfoil_openapi::codec::{RequestValues, encode_request};
use counterfoil_openapi::generate::{NoInstance, Seed, positive_request, sample};
use counterfoil_openapi::{ApiKeyLocation, Operation, Request, Response, SecuritySchemeKind};
use http::header::{AUTHORIZATION, COOKIE, HeaderName};
use http::{HeaderValue, Method};

/// A valid request under the base path of the operation's first server.
///
/// # Errors
///
/// Where none can be made, and why.
pub(crate) fn request(operation: &Arc<Operation>) -> Result<Request, NoInstance> {
    request_with(operation, |_| {})
}

/// As [`request`], with a change to what was drawn.
///
/// # Errors
///
/// Where none can be made, and why.
pub(crate) fn request_with(
    operation: &Arc<Operation>,
    change: impl FnOnce(&mut RequestValues),
) -> Result<Request, NoInstance> {
    let none =
        |message: &str| NoInstance { pointer: operation.pointer().to_string(), message: message.to_owned() };
    let strategy = positive_request(operation)?;
    let values = sample(&strategy, &Seed::derive(0, &[operation.id().as_str()], 0));
    let mut values = values.ok_or_else(|| none("nothing is drawn"))?;
    change(&mut values);
    let mut request = encode_request(operation, &values).map_err(|error| none(&error.to_string()))?;
    sign(operation, &mut request);
    request.target = format!("{}{}", operation.default_base_path(), request.target);
    Ok(request)
}

/// Adds the credentials of the operation's first alternative, but for those that are a parameter as well.
fn sign(operation: &Operation, request: &mut Request) {
    let Some(alternative) = operation.security().first() else { return };
    for (scheme, _) in &alternative.schemes {
        let (name, value) = match &scheme.kind {
            SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Query, name } => {
                // A parameter of the name may have been drawn as nothing, or as what says nothing.
                let empty = format!("{name}=");
                let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
                let is_blank = |pair: &str| {
                    let value = pair.strip_prefix(&empty).map(|value| value.replace("%20", ""));
                    pair.is_empty() || value.is_some_and(|value| value.is_empty())
                };
                let pairs = || query.split('&').filter(|pair| !is_blank(pair));
                if !pairs().any(|pair| pair.starts_with(&empty)) {
                    let key = format!("{name}=key");
                    let pairs: Vec<&str> = pairs().chain([key.as_str()]).collect();
                    request.target = format!("{path}?{}", pairs.join("&"));
                }
                continue;
            }
            SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Cookie, name } => {
                (COOKIE, format!("{name}=key"))
            }
            SecuritySchemeKind::ApiKey { location: ApiKeyLocation::Header, name } => {
                let Ok(name) = HeaderName::try_from(name.as_str()) else { continue };
                (name, "key".to_owned())
            }
            SecuritySchemeKind::Http { scheme } if scheme == "basic" => {
                (AUTHORIZATION, "Basic dTpw".to_owned())
            }
            SecuritySchemeKind::Http { scheme } => (AUTHORIZATION, format!("{scheme} token")),
            _ => (AUTHORIZATION, "Bearer token".to_owned()),
        };
        let value = HeaderValue::from_str(&value).expect("a credential is plain text");
        // A parameter of the name may have been drawn as nothing.
        let is_sent = request.headers.get(&name).is_some_and(|value| !value.is_empty());
        if name != COOKIE && !is_sent {
            request.headers.insert(name, value);
        } else if name == COOKIE {
            request.headers.append(name, value);
        }
    }
}

pub(crate) async fn send(client: &reqwest::Client, base: &str, request: &Request) -> Response {
    let sent = client
        .request(request.method.clone(), format!("{base}{}", request.target))
        .headers(request.headers.clone())
        .body(request.body.clone());
    let reply = sent.send().await.unwrap();
    let (status, headers) = (reply.status(), reply.headers().clone());
    let body = if request.method == Method::HEAD { Bytes::new() } else { reply.bytes().await.unwrap() };
    Response { status, headers, body }
}
