//! A reply about to be sent, with all that a mutation may look at.

use std::sync::Arc;

use counterfoil_openapi::validate::{self, Reading};
use counterfoil_openapi::{Operation, Part, Request, Response, Route, Violation};
use http::{Method, StatusCode};

use super::keeping::Memory;
use super::mutant::Spares;
use super::mutation::Breaks;
use crate::answer::Context;
use crate::call::Source;
use crate::compose::{self, Task};
use crate::fault::{Fault, Mishap};
use crate::negotiate::prefer::{self, Preferences};
use crate::pipeline::Notes;
use crate::plan;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::trail::Trail;
use crate::wish::Wish;

/// What a mutation acts on. The headers of the reply are all in its map.
pub(crate) struct Scene<'s> {
    pub(super) context: Context<'s>,
    pub(super) request: &'s Request,
    /// The operation that the request means; where it means none, one of its path.
    pub(super) operation: &'s Arc<Operation>,
    /// What is wrong with the request.
    pub(super) violations: &'s [Violation],
    pub(super) reply: &'s mut Reply,
    pub(super) memory: &'s Memory,
    pub(super) spares: &'s Spares,
}

impl Scene<'_> {
    /// Whether a valid request is answered with a success of its operation.
    pub(super) fn is_success(&self) -> bool {
        self.violations.is_empty()
            && self.reply.source != Source::Routing
            && self.reply.status.is_success()
            && self.reply.fault().is_none()
    }

    /// Whether a request is refused for what is wrong with it.
    pub(super) fn is_refusal(&self) -> bool {
        !self.violations.is_empty() && self.reply.status.is_client_error()
    }

    /// Whether a request is refused, and everything that is wrong with it is of one kind.
    pub(super) fn is_refused_for(&self, is_it: impl Fn(&Violation) -> bool) -> bool {
        self.is_refusal() && self.violations.iter().all(is_it)
    }

    /// The reply as the validator sees it.
    pub(super) fn response(&self) -> Response {
        plan::as_response(self.reply.status, &self.reply.headers, self.reply.body.clone())
    }

    /// Breaks the reply as a mutation breaks responses, or else another reply that would have been as right.
    pub(super) fn change(
        &mut self,
        name: &'static str,
        breaks: Breaks,
        others: fn(&Arc<Operation>) -> Vec<Response>,
    ) -> bool {
        let status = self.reply.status;
        let spare = || {
            let others = others(self.operation);
            let mut alike = others.iter().filter(|other| other.status == status);
            alike.find_map(|other| breaks(self.operation, other))
        };
        let broken = breaks(self.operation, &self.response())
            .or_else(|| self.spares.of(name, self.operation, status, spare));
        let Some(Response { status, headers, body }) = broken else { return false };
        (self.reply.status, self.reply.headers, self.reply.body) = (status, headers, body);
        self.reply.stream = None;
        true
    }

    /// Sends what a valid request would be answered with; false where that is no success.
    pub(super) fn accept(&mut self) -> bool {
        let reply = self.composed(None, Vec::new());
        let is_success = reply.status.is_success();
        if is_success {
            *self.reply = reply;
        }
        is_success
    }

    /// Refuses the request as the document says that invalid ones are refused.
    pub(super) fn refuse(&mut self, why: &'static str) -> bool {
        *self.reply = self.composed(None, vec![Violation::new(Part::Body, "mutated", why)]);
        // Where a secret is sent, a 400 may say that it is a wrong one, and nothing is wrong with the data.
        if self.reply.status == StatusCode::BAD_REQUEST && takes_secrets(self.operation) {
            self.reply.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        true
    }

    /// Says that nothing is there.
    pub(super) fn deny(&mut self) -> bool {
        *self.reply = self.composed(Some(404), Vec::new());
        true
    }

    /// Answers with a 500.
    pub(super) fn fail(&mut self, why: &'static str) -> bool {
        let title = "The stub breaks its contract on purpose";
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        *self.reply = Problem::new("mutated", title, status, why).into_reply();
        true
    }

    /// Does something to the connection.
    pub(super) fn mishap(&mut self, fault: Fault) -> bool {
        self.reply.mishap = Some(Box::new(Mishap { fault: Some(fault), drip: None }));
        true
    }

    /// The reply that the document gives a request with such violations, or that somebody asks for by its status.
    fn composed(&self, status: Option<u16>, violations: Vec<Violation>) -> Reply {
        let (edition, settings) = (self.context.edition, &self.context.state.settings);
        let preferences = Preferences::default();
        let task = Task {
            edition,
            settings,
            operation: self.operation,
            plan: edition.plans.of(self.operation),
            request: self.request,
            preferences: &preferences,
            scripted: None,
            wish: Wish { status, ..Wish::new(settings, &preferences, None) },
        };
        let mut notes = Notes {
            operation: Some(Arc::clone(self.operation)),
            violations,
            told: None,
            upstream_violations: Vec::new(),
            trail: Trail::new(),
            callbacks: None,
        };
        let mut reply = compose::reply(&task, &mut notes).unwrap_or_else(|refusal| *refusal);
        open(&mut reply);
        reply
    }

    /// The request as its operation reads it.
    pub(super) fn reading(&self) -> Reading {
        let target = prefer::without_keys(&self.request.target).into_owned();
        let request = Request { target, ..self.request.clone() };
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let method = match (&request.method, self.operation.method()) {
            // A HEAD that is not documented means the GET that is.
            (&Method::HEAD, &Method::GET) => &Method::GET,
            (method, _) => method,
        };
        match self.context.edition.router.find_with(method, path, query, &request.headers) {
            Route::Found(found) => validate::request(&found, &request, &self.context.edition.rules),
            _ => Reading::default(),
        }
    }
}

/// Puts the headers of a reply into its map, whose own they are.
pub(super) fn open(reply: &mut Reply) {
    if let Some(head) = reply.head.take() {
        reply.headers = head.own().clone();
    }
}

/// Whether requests of an operation hold a password, or an OAuth 2.0 grant (RFC 6749).
fn takes_secrets(operation: &Operation) -> bool {
    let media = operation.request_body().into_iter().flat_map(|body| body.content.iter());
    media.filter_map(|media| media.schema.as_ref()).any(|schema| {
        let properties = schema.resolved().get("properties");
        properties.is_some_and(|properties| properties.get("grant_type").is_some())
            || !schema.secret_members().is_empty()
    })
}
