//! Sending, to the hosts allowed and nobody else.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use counterfoil_openapi::{Operation, Request, Response, Violation, validate};
use http::uri::Scheme;
use http::{HeaderValue, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::CallbackHost;
use crate::upstream::{Client, SendError};

/// How long a callback or webhook may take.
pub const CALLBACK_DEADLINE: Duration = Duration::from_secs(10);
/// The most calls whose callbacks are under way at once; what comes beyond is not sent.
pub const MAX_CALLBACKS: usize = 64;
/// The most of an answer that is read.
const MAX_ANSWER: usize = 1024 * 1024;

/// Sends callbacks and webhooks.
#[derive(Debug)]
pub(crate) struct Outbox {
    hosts: Vec<CallbackHost>,
    client: Client,
    permits: Arc<Semaphore>,
}

/// What came of sending.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) status: u16,
    /// How the answer breaks what the document says of it.
    pub(crate) violations: Vec<Violation>,
}

impl Outbox {
    /// An outbox to these hosts; without any nothing is sent.
    pub(crate) fn new(hosts: Vec<CallbackHost>) -> Self {
        Self { hosts, client: Client::new(), permits: Arc::new(Semaphore::new(MAX_CALLBACKS)) }
    }

    /// Whether anything is ever sent.
    pub(crate) fn is_open(&self) -> bool {
        !self.hosts.is_empty()
    }

    /// Leave to send the callbacks of one call; none where too many are under way.
    pub(crate) fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }

    /// A URL that may be sent to, or why it may not.
    pub(crate) fn admit(&self, url: &str) -> Result<Uri, String> {
        let uri: Uri = url.parse().map_err(|_| format!("`{}` is no URL", url.escape_debug()))?;
        let scheme = uri.scheme();
        if scheme != Some(&Scheme::HTTP) && scheme != Some(&Scheme::HTTPS) {
            return Err(format!("`{}` is no URL of http or https", url.escape_debug()));
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("the URL holds credentials".to_owned());
        }
        if !self.hosts.iter().any(|host| host.covers(&uri)) {
            let host = uri.authority().map_or("", |authority| authority.as_str());
            let allowed: Vec<String> = self.hosts.iter().map(ToString::to_string).collect();
            let allowed = if allowed.is_empty() {
                "none is".to_owned()
            } else {
                format!("allowed: {}", allowed.join(", "))
            };
            return Err(format!("`{host}` is no host that may be sent to; {allowed}"));
        }
        Ok(uri)
    }

    /// Sends a request to a URL that was admitted, and holds the answer to the operation; or says why there is none.
    pub(crate) async fn deliver(
        &self,
        uri: Uri,
        operation: &Operation,
        request: &Request,
    ) -> Result<Delivery, String> {
        let sending = async {
            let message = message(uri, request).map_err(|error| error.to_string())?;
            let answer = self.client.send(message).await.map_err(|error| match error {
                SendError::Refused(why) => format!("it is not sent: {why}"),
                SendError::Unreachable(why) => format!("it cannot be reached: {why}"),
                SendError::Broken(why) => format!("the answer cannot be read: {why}"),
            })?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await;
            let body = body.map_err(|error| format!("the answer cannot be read: {error}"))?.to_bytes();
            let answer = Response { status: head.status, headers: head.headers, body };
            let violations = validate::response(operation, &answer).violations;
            Ok(Delivery { status: answer.status.as_u16(), violations })
        };
        let sent = tokio::time::timeout(CALLBACK_DEADLINE, sending).await;
        sent.unwrap_or_else(|_| Err(format!("no answer after {CALLBACK_DEADLINE:?}")))
    }
}

fn message(uri: Uri, request: &Request) -> Result<http::Request<Full<Bytes>>, http::Error> {
    let uri = match request.query() {
        None => uri,
        Some(query) => {
            let joint = if uri.query().is_some() { '&' } else { '?' };
            format!("{uri}{joint}{query}").parse()?
        }
    };
    let mut message = http::Request::builder()
        .method(request.method.clone())
        .uri(uri)
        .body(Full::new(request.body.clone()))?;
    let mut headers = request.headers.clone();
    headers.remove(header::HOST);
    headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static("counterfoil"));
    *message.headers_mut() = headers;
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_callbacks_are_under_way_than_there_may_be() {
        let outbox = Outbox::new(vec!["localhost".parse().unwrap()]);
        let mut permits: Vec<_> = (0..MAX_CALLBACKS).map(|_| outbox.permit()).collect();
        assert!(permits.iter().all(Option::is_some) && outbox.permit().is_none());
        permits.pop();
        assert!(outbox.permit().is_some());
    }

    #[test]
    fn only_urls_of_the_hosts_allowed_are_admitted() {
        let outbox = Outbox::new(vec!["localhost:3000".parse().unwrap(), "hooks.test".parse().unwrap()]);
        for url in ["http://localhost:3000/x?y", "https://hooks.test/", "https://HOOKS.test:8443/"] {
            assert!(outbox.admit(url).is_ok(), "{url}");
        }
        let refused = [
            "http://localhost:3001/",
            "http://hooks.test.evil.test/",
            "http://user:pass@hooks.test/",
            "http://hooks.test@evil.test/",
            "ftp://hooks.test/",
            "//hooks.test/",
            "/x",
            "hooks.test",
            "http://evil.test/#hooks.test",
            "http://evil.test\\\\@hooks.test/",
            "",
        ];
        for url in refused {
            let why = outbox.admit(url).unwrap_err();
            assert!(!why.contains("pass"), "{why}");
        }
    }
}
