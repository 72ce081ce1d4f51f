//! Which media types an operation may be asked for.

use counterfoil_openapi::codec::media;
use counterfoil_openapi::{Operation, ResponseObject, StatusPattern};
use http::Method;

/// The most media types of one operation that are asked for.
const MAX_TYPES: usize = 8;
/// Media types that frameworks know of by themselves, for those that an operation does not have.
const WELL_KNOWN: [&str; 4] = ["application/xml", "text/plain", "text/html", "application/pdf"];

/// The media types of an operation's successes, no ranges among them; none where there is no choice.
pub(crate) fn choice_of_types(operation: &Operation) -> Vec<String> {
    let mut types: Vec<String> = Vec::new();
    for media in successes(operation).flat_map(|success| success.content.iter()) {
        let essence = media::essence(&media.name);
        // What a body is written in is not what a client asks for.
        let parameters = media.name[essence.len()..].to_ascii_lowercase();
        let is_of_body = ["charset", "boundary"].iter().any(|known| parameters.contains(known));
        let name = if is_of_body { essence } else { media.name.as_str() };
        let is_range = essence.contains('*') || !essence.contains('/');
        if !is_range && !types.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            types.push(name.to_owned());
        }
    }
    let has_choice = types.len() > 1 && *operation.method() != Method::HEAD;
    types.truncate(if has_choice { MAX_TYPES } else { 0 });
    types
}

/// A media type that no response of an operation has, as far as there is a well-known one.
pub(crate) fn unknown_type(operation: &Operation) -> Option<&'static str> {
    let is_known =
        |name: &str| operation.responses().iter().any(|response| response.content.matching(name).is_some());
    WELL_KNOWN.into_iter().find(|name| !is_known(name))
}

/// Whether every success of an operation that has a body has a media type.
pub(crate) fn promises_type(operation: &Operation, media_type: &str) -> bool {
    successes(operation)
        .filter(|success| !success.content.is_empty())
        .all(|success| success.content.matching(media_type).is_some())
}

/// Whether an operation documents a success.
pub(crate) fn has_success(operation: &Operation) -> bool {
    successes(operation).next().is_some()
}

/// The responses that document a success: those of 2xx, or `default` where there is none.
fn successes(operation: &Operation) -> impl Iterator<Item = &ResponseObject> {
    let is_success = |response: &ResponseObject| match response.status {
        StatusPattern::Exact(code) => (200..300).contains(&code),
        StatusPattern::Range(digit) => digit == 2,
        StatusPattern::Default => false,
    };
    let responses = operation.responses();
    let has_any = responses.iter().any(is_success);
    responses.iter().filter(move |response| {
        is_success(response) || (!has_any && response.status == StatusPattern::Default)
    })
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;

    use super::*;

    #[test]
    fn media_types_are_asked_for_where_there_is_a_choice() {
        let table = [
            ("'200': {content: {application/json: {}}}", "", Some("application/xml")),
            ("'200': {content: {application/json: {}, '*/*': {}}}", "", None),
            ("'200': {content: {application/json: {}, text/*: {}}}", "", Some("application/xml")),
            (
                "'200': {content: {application/json: {}, text/csv; charset=utf-8: {}}}",
                "application/json text/csv",
                Some("application/xml"),
            ),
            (
                "'200': {content: {application/xml: {}}}, '202': {content: {a/b; v=1: {}}}, '404': {content: {text/plain: {}}}",
                "application/xml a/b; v=1",
                Some("text/html"),
            ),
            ("'404': {content: {a/b: {}, a/c: {}}}", "", Some("application/xml")),
            ("default: {content: {a/b: {}, a/c: {}}}", "a/b a/c", Some("application/xml")),
        ];
        for (responses, choice, unknown) in table {
            for (method, is_asked) in [("get", true), ("head", false)] {
                let document =
                    format!("openapi: 3.0.3\npaths: {{/a: {{{method}: {{responses: {{{responses}}}}}}}}}\n");
                let contract = Contract::load("a.yaml", document.as_bytes()).unwrap();
                let operation = &contract.operations()[0];
                let expected = if is_asked { choice } else { "" };
                assert_eq!(choice_of_types(operation).join(" "), expected, "{responses}");
                assert_eq!(unknown_type(operation), unknown, "{responses}");
            }
        }
    }

    #[test]
    fn a_type_is_promised_where_every_success_has_it() {
        let document = "openapi: 3.0.3\npaths: {/a: {get: {responses: {'200': {content: {a/b: {}, a/c: {}}}, '202': {content: {a/b: {}}}, '204': {}, '400': {content: {a/d: {}}}}}}}\n";
        let contract = Contract::load("a.yaml", document.as_bytes()).unwrap();
        for (media_type, is_promised) in [("a/b", true), ("a/c", false), ("a/d", false)] {
            assert_eq!(promises_type(&contract.operations()[0], media_type), is_promised, "{media_type}");
        }
    }
}
