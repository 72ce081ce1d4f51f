//! Conditional requests (RFC 9110, section 13): which operations have them, and how a request becomes one.

use counterfoil_openapi::{Location, Operation, Request, StatusPattern};
use http::header::{
    ETAG, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE,
};
use http::{HeaderValue, Method};

/// An entity tag that nothing has.
pub(crate) const UNKNOWN_TAG: &str = "\"counterfoil-nothing\"";
/// The header fields that make a request conditional.
const CONDITIONS: [HeaderName; 5] =
    [IF_MATCH, IF_NONE_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, IF_RANGE];

/// Whether a request has a condition.
pub(crate) fn is_conditional(request: &Request) -> bool {
    CONDITIONS.iter().any(|name| request.headers.contains_key(name))
}

/// Gives a request a condition, in the place of any that it has; nothing where no header can hold it.
pub(crate) fn put_condition(request: &mut Request, name: HeaderName, tag: &str) -> Option<()> {
    CONDITIONS.iter().for_each(|known| drop(request.headers.remove(known)));
    request.headers.insert(name, HeaderValue::from_str(tag).ok()?);
    Some(())
}

/// Whether a document promises that a reading tells what has not changed: by 304, by a tag in a success, or by a
/// parameter.
pub(crate) fn has_tags(operation: &Operation) -> bool {
    let is_tag = |name: &str| ETAG.as_str().eq_ignore_ascii_case(name);
    let shows_tag = operation.responses().iter().any(|response| {
        let is_success = matches!(response.status, StatusPattern::Exact(200..=299) | StatusPattern::Range(2));
        is_success && response.headers.iter().any(|header| is_tag(&header.name))
    });
    *operation.method() == Method::GET
        && (documents(operation, 304) || shows_tag || takes(operation, &IF_NONE_MATCH))
}

/// Whether a document promises that a reading is answered with 304 where its condition does not hold. One that has the
/// status and not the parameter may mean what stands between it and its clients.
pub(crate) fn is_revalidated(operation: &Operation) -> bool {
    *operation.method() == Method::GET && documents(operation, 304) && takes(operation, &IF_NONE_MATCH)
}

/// Whether a document promises that an operation is refused with 412 where its condition does not hold.
pub(crate) fn is_guarded(operation: &Operation) -> bool {
    documents(operation, 412) && takes(operation, &IF_MATCH)
}

/// Whether an operation documents this very status.
fn documents(operation: &Operation, status: u16) -> bool {
    operation.responses().get(StatusPattern::Exact(status)).is_some()
}

fn takes(operation: &Operation, header: &HeaderName) -> bool {
    let mut parameters = operation.parameters_in(Location::Header);
    parameters.any(|parameter| parameter.name.eq_ignore_ascii_case(header.as_str()))
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;

    use super::*;

    #[test]
    fn the_document_says_which_operations_have_conditions() {
        let if_match = "parameters: [{name: if-match, in: header, schema: {type: string}}], ";
        let if_none_match = "parameters: [{name: If-None-Match, in: header, schema: {type: string}}], ";
        let table = [
            ("get", "", "'200': {}", [false, false, false]),
            ("get", "", "'200': {}, '304': {}", [true, false, false]),
            ("put", "", "'200': {}, '304': {}", [false, false, false]),
            ("get", "", "'200': {headers: {etag: {schema: {type: string}}}}", [true, false, false]),
            ("get", "", "'404': {headers: {ETag: {schema: {type: string}}}}", [false, false, false]),
            ("get", if_none_match, "'200': {}", [true, false, false]),
            ("get", if_none_match, "'200': {}, '304': {}", [true, true, false]),
            ("put", if_none_match, "'200': {}, '304': {}", [false, false, false]),
            ("put", if_match, "'200': {}", [false, false, false]),
            ("put", if_match, "'200': {}, '412': {}", [false, false, true]),
            ("put", if_match, "'200': {}, '4XX': {}", [false, false, false]),
            ("put", "", "'200': {}, '412': {}", [false, false, false]),
        ];
        for (method, parameters, responses, expected) in table {
            let document = format!(
                "openapi: 3.0.3\npaths: {{/a: {{{method}: {{{parameters}responses: {{{responses}}}}}}}}}\n"
            );
            let contract = Contract::load("a.yaml", document.as_bytes()).unwrap();
            let operation = &contract.operations()[0];
            let found = [has_tags(operation), is_revalidated(operation), is_guarded(operation)];
            assert_eq!(found, expected, "{document}");
        }
    }

    #[test]
    fn a_request_has_one_condition() {
        let mut request = Request::new(Method::GET, "/a");
        assert!(!is_conditional(&request));
        request.headers.insert(IF_MODIFIED_SINCE, HeaderValue::from_static("now"));
        assert!(is_conditional(&request));
        assert!(put_condition(&mut request, IF_NONE_MATCH, UNKNOWN_TAG).is_some());
        assert_eq!(request.headers.len(), 1);
        assert_eq!(request.headers[IF_NONE_MATCH], UNKNOWN_TAG);
        assert!(put_condition(&mut request, IF_MATCH, "\n").is_none());
    }
}
