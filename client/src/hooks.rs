//! What every typed client does around a request.

use http::HeaderName;

/// The generator sends the document's version in this header with every request, declared or not.
const API_VERSION: HeaderName = HeaderName::from_static("api-version");

/// Takes from a request what the generator adds and the document does not say, so that a typed client sends what
/// any other client of the document sends.
pub(crate) fn remove_undeclared(request: &mut reqwest::Request) {
    request.headers_mut().remove(API_VERSION);
}
