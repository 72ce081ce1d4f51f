//! A call that was recorded, read again.

use std::sync::Arc;

use counterfoil_openapi::validate::{self, Reading};
use counterfoil_openapi::{Operation, Request, Route, RouteMatch};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::call::Call;
use crate::edition::Edition;
use crate::journal::{Entry, Kept};
use crate::kept::MAX_BODY;
use crate::negotiate::prefer;
use crate::redact::{self, Found};
use crate::script::{Lens, Subject};

/// The request of a call as scripts saw it.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// What was served then; where that is gone, what is served now.
    edition: Arc<Edition>,
    operation: Arc<Operation>,
    request: Request,
    reading: Reading,
    found: Found,
    blind: Option<&'static str>,
    is_redacted: bool,
}

impl Recorded {
    /// Reads a call again; nothing where it meant no operation, or means none of what is served now.
    pub(crate) fn read(kept: &Kept, served: &Arc<Edition>) -> Option<Self> {
        match kept {
            Kept::Recorded(entry) => Self::of_entry(entry),
            Kept::Settled(call) => Self::of_call(call, served),
        }
    }

    fn of_entry(entry: &Entry) -> Option<Self> {
        let operation = entry.operation.as_ref()?;
        let request = entry.request.to_request(entry.method.clone(), entry.target.clone());
        let recorded = Self::new(&entry.edition, request, entry.request.is_cut(), false)?;
        let is_same = Arc::ptr_eq(&recorded.operation, operation);
        // What was wrong is known already; credentials, for one, are not judged twice.
        let reading = Reading { violations: entry.violations.clone(), ..recorded.reading };
        is_same.then_some(Self { reading, ..recorded })
    }

    fn of_call(call: &Call, served: &Arc<Edition>) -> Option<Self> {
        let mut headers = HeaderMap::new();
        for (name, value) in &call.request.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                headers.append(name, value);
            }
        }
        let request = Request {
            method: Method::from_bytes(call.method.as_bytes()).ok()?,
            target: call.url.clone(),
            headers,
            body: call.request.body.clone(),
        };
        let is_cut = call.request.body_size > MAX_BODY;
        let recorded = Self::new(served, request, is_cut, true)?;
        let is_same = call.operation.as_deref() == Some(recorded.operation.id().as_str());
        let reading = Reading { violations: call.violations.clone(), ..recorded.reading };
        is_same.then_some(Self { reading, ..recorded })
    }

    fn new(edition: &Arc<Edition>, request: Request, is_cut: bool, is_redacted: bool) -> Option<Self> {
        let target = prefer::without_keys(&request.target);
        let (operation, reading) = {
            let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
            let found = found(edition, &request, path, query)?;
            let reading = if target.len() == request.target.len() {
                validate::request(&found, &request, &edition.rules)
            } else {
                let stripped = Request { target: target.clone().into_owned(), ..request.clone() };
                validate::request(&found, &stripped, &edition.rules)
            };
            (Arc::clone(found.operation), reading)
        };
        let found = edition.secrets.found_in(&operation, &request);
        let blind = if is_cut {
            Some("the journal holds the beginning of the body only")
        } else if redact::is_hidden_whole(&request.body) {
            Some("the body may hold secrets, and is hidden since the documents were loaded anew")
        } else {
            None
        };
        Some(Self { edition: Arc::clone(edition), operation, request, reading, found, blind, is_redacted })
    }

    /// The request as it was put to scripts.
    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject { operation: &self.operation, request: &self.request, reading: &self.reading }
    }

    /// What of it can be seen and shown.
    pub(crate) fn lens(&self) -> Lens<'_> {
        Lens {
            secrets: &self.edition.secrets,
            found: &self.found,
            blind: self.blind,
            is_redacted: self.is_redacted,
        }
    }
}

/// The operation of a request, as the pipeline finds it.
fn found<'e, 'p>(
    edition: &'e Edition,
    request: &Request,
    path: &'p str,
    query: &str,
) -> Option<RouteMatch<'e, 'p>> {
    let find = |method: &Method| match edition.router.find_with(method, path, query, &request.headers) {
        Route::Found(found) => Some(found),
        _ => None,
    };
    let as_get = || (request.method == Method::HEAD).then(|| find(&Method::GET))?;
    find(&request.method).or_else(as_get)
}
