//! What differs between two equal runs, hidden: times, ports, and headers that servers stamp on every reply.

use crate::event::{Event, EventSink, RecordedExchange};

/// What stands for the target's base URL.
const TARGET: &str = "http://target";
/// What stands for the value of a header that differs from reply to reply.
const HIDDEN: &str = "[masked]";
/// Headers whose values say when or how often, and nothing about the reply.
const VOLATILE_HEADERS: [&str; 8] = [
    "date",
    "age",
    "x-request-id",
    "x-correlation-id",
    "x-runtime",
    "x-response-time",
    "server-timing",
    "counterfoil-call",
];

/// Hands events on to another sink with everything masked that differs between two runs that did the same, so that
/// their reports can be compared byte by byte.
#[derive(Debug)]
pub struct Masked<S> {
    inner: S,
    target: String,
}

impl<S: EventSink> Masked<S> {
    /// Masks what `inner` gets.
    pub fn new(inner: S) -> Self {
        Self { inner, target: String::new() }
    }

    /// The sink behind the mask; what it is given directly is not masked.
    pub fn inner_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Takes the mask off.
    pub fn into_inner(self) -> S {
        self.inner
    }

    fn text(&self, text: &mut String) {
        if !self.target.is_empty() && text.contains(&self.target) {
            *text = text.replace(&self.target, TARGET);
        }
    }

    fn exchange(&self, exchange: &mut RecordedExchange) {
        (exchange.started_micros, exchange.elapsed_micros) = (0, 0);
        self.text(&mut exchange.url);
        for (name, value) in &mut exchange.response_headers {
            if VOLATILE_HEADERS.iter().any(|volatile| name.eq_ignore_ascii_case(volatile)) {
                HIDDEN.clone_into(value);
            }
        }
        exchange.transport_error.iter_mut().for_each(|error| self.text(error));
    }
}

impl<S: EventSink> EventSink for Masked<S> {
    fn take(&mut self, event: &Event) {
        let mut event = event.clone();
        match &mut event {
            Event::RunStarted { target, started_millis, rerun, .. } => {
                target.trim_end_matches('/').clone_into(&mut self.target);
                TARGET.clone_into(target);
                *started_millis = 0;
                self.text(rerun);
            }
            Event::CaseFinished { case } => self.exchange(&mut case.exchange),
            Event::FailureFound { failure } => {
                self.exchange(&mut failure.exchange);
                self.text(&mut failure.message);
                self.text(&mut failure.reproduction.curl);
                failure.reproduction.before.iter_mut().for_each(|step| self.text(step));
            }
            Event::WarningRaised { warning } => self.text(&mut warning.message),
            Event::OperationStarted { .. } | Event::OperationCovered { .. } | Event::RunFinished { .. } => {}
        }
        self.inner.take(&event);
    }
}
