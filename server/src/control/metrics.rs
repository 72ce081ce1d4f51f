//! What is counted of all requests, for Prometheus.

use dropshot::{ApiEndpointResponse, Body, HttpError, HttpResponse, HttpResponseOk};
use http::{Response, StatusCode, header};

use super::asked::Admitted;
use crate::metrics::Gauges;
use crate::session::Session;

/// The text format of Prometheus.
const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A text as Prometheus reads it.
pub(crate) struct MetricsText(String);

impl HttpResponse for MetricsText {
    fn to_result(self) -> Result<Response<Body>, HttpError> {
        Ok(Response::builder().header(header::CONTENT_TYPE, MEDIA_TYPE).body(Body::from(self.0))?)
    }

    fn response_metadata() -> ApiEndpointResponse {
        HttpResponseOk::<String>::response_metadata()
    }

    fn status_code(&self) -> StatusCode {
        StatusCode::OK
    }
}

/// All of it, over all sessions.
pub(super) fn show(admitted: &Admitted<'_>) -> MetricsText {
    let sessions = admitted.sessions.all();
    let sum = |of: fn(&Session) -> usize| sessions.iter().map(|session| of(session)).sum();
    let gauges = Gauges {
        sessions: sessions.len() - 1,
        calls: sum(|session| session.journal.size().0),
        bytes: sum(|session| session.journal.size().1),
        rules: sum(Session::set_rule_count),
    };
    MetricsText(admitted.metrics.show(gauges))
}
