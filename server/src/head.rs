//! The header fields that an example is sent with, put together once: most replies are an example that nobody asked
//! to be changed.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::call::Source;
use crate::cors::{self, Cors};
use crate::dress::{self, CALL};
use crate::kept;

/// What dropshot sets on every reply. Where it is there already, the map need not grow for it.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The fields of one example.
#[derive(Debug)]
pub(crate) struct Head {
    /// Those of the document, and the media type.
    own: HeaderMap,
    /// All that are sent to a page that may not use credentials, or to no page at all. The number of the call is that
    /// of none, and so is dropshot's id of the request.
    whole: HeaderMap,
    /// The same as the journal keeps them, without the number.
    recorded: Arc<[u8]>,
}

impl Head {
    /// The head of an example, by the fields that are its own.
    pub(crate) fn new(own: HeaderMap, cors: &Cors) -> Self {
        let mut whole = own.clone();
        dress::put_source(&mut whole, Source::Example);
        // The number gets this place, whatever it is.
        whole.insert(CALL, HeaderValue::from_static(""));
        cors::apply(cors, &HeaderMap::new(), &mut whole);
        let recorded = kept::written(&whole).into();
        whole.insert(REQUEST_ID, HeaderValue::from_static(""));
        Self { own, whole, recorded }
    }

    /// Those of the document, and the media type.
    pub(crate) fn own(&self) -> &HeaderMap {
        &self.own
    }

    /// All that are sent with a call, unless it comes from a page that may use credentials.
    pub(crate) fn of_call(&self, id: u64) -> HeaderMap {
        let mut headers = self.whole.clone();
        headers.insert(CALL, dress::number(id));
        headers
    }

    /// The same as the journal keeps them, the value of [`CALL`] left empty.
    pub(crate) fn recorded(&self) -> &Arc<[u8]> {
        &self.recorded
    }
}
