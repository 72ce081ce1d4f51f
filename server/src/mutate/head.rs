//! Statuses, media types and headers that are not as documented.

use std::sync::Arc;

use counterfoil_openapi::{Header, Operation, Part, Response, Violation, validate};
use http::{HeaderName, HeaderValue, StatusCode, header};

use super::mutation::{Deed, Mutation};

/// Statuses that hardly any document has, successes first.
const STRANGE_STATUSES: [u16; 6] = [299, 218, 207, 418, 451, 399];

pub(super) const ALL: &[Mutation] = &[
    Mutation {
        name: "undocumented-status",
        about: "a valid request is answered with a status that is not documented",
        check: "status_code_conformance",
        deed: Deed::Success(|operation, response| {
            STRANGE_STATUSES.iter().find_map(|code| {
                let status = StatusCode::from_u16(*code).ok()?;
                let strange = Response { status, ..response.clone() };
                confirmed(operation, strange, |known| known.part == Part::Status)
            })
        }),
    },
    Mutation {
        name: "undocumented-media-type",
        about: "the body is called something that is not documented",
        check: "content_type_conformance",
        deed: Deed::Success(|operation, response| {
            named(operation, response, &["application/x-counterfoil", "counterfoil/mutated"])
        }),
    },
    Mutation {
        name: "malformed-content-type",
        about: "the Content-Type is no media type",
        check: "content_type_conformance",
        deed: Deed::Success(|operation, response| named(operation, response, &["mutated"])),
    },
    Mutation {
        name: "missing-content-type",
        about: "a body comes without a Content-Type",
        check: "content_type_conformance",
        deed: Deed::Success(|operation, response| {
            if response.body.is_empty() {
                return None;
            }
            let mut bare = response.clone();
            bare.headers.remove(header::CONTENT_TYPE);
            confirmed(operation, bare, |known| known.part == Part::ContentType)
        }),
    },
    Mutation {
        name: "unknown-content-encoding",
        about: "the Content-Encoding is one that nobody knows",
        check: "content_type_conformance",
        deed: Deed::Success(|operation, response| {
            let mut strange = response.clone();
            strange.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("x-mutated"));
            confirmed(operation, strange, |known| known.part == Part::ContentEncoding)
        }),
    },
    Mutation {
        name: "missing-response-header",
        about: "a header is not there that is required of the response",
        check: "response_headers_conformance",
        deed: Deed::Success(|operation, response| {
            let documented = operation.responses().documenting(response.status)?;
            documented.headers.iter().filter(|header| header.required && is_its_own(header)).find_map(
                |header| {
                    let mut without = response.clone();
                    without.headers.remove(HeaderName::try_from(header.name.as_str()).ok()?);
                    let is_it = |part: &Part| *part == Part::Header(header.name.clone());
                    confirmed(operation, without, |known| is_it(&known.part) && known.rule == "missing")
                },
            )
        }),
    },
    Mutation {
        name: "invalid-response-header",
        about: "a header of the response has a value that its schema refuses",
        check: "response_headers_conformance",
        deed: Deed::Success(|operation, response| {
            const VALUES: [&str; 5] = ["mutated, ~", "-987654321", "", "~", "999999999999999999999"];
            let documented = operation.responses().documenting(response.status)?;
            documented.headers.iter().filter(|header| is_its_own(header)).find_map(|header| {
                let name = HeaderName::try_from(header.name.as_str()).ok()?;
                let is_it = |part: &Part| *part == Part::Header(header.name.clone());
                VALUES.iter().find_map(|value| {
                    let mut wrong = response.clone();
                    wrong.headers.insert(name.clone(), HeaderValue::from_static(value));
                    confirmed(operation, wrong, |known| is_it(&known.part))
                })
            })
        }),
    },
];

/// Whether a header is left as a reply has it: some are put on every reply when all else is done.
fn is_its_own(header: &Header) -> bool {
    const LATER: [&str; 6] =
        ["connection", "content-length", "date", "transfer-encoding", "vary", "x-request-id"];
    let name = header.name.to_ascii_lowercase();
    !LATER.contains(&name.as_str())
        && !name.starts_with("access-control-")
        && !name.starts_with("counterfoil-")
}

/// A response, where the validator says that it is broken in such a way.
pub(super) fn confirmed(
    operation: &Operation,
    response: Response,
    is_meant: impl Fn(&Violation) -> bool,
) -> Option<Response> {
    let violations = validate::response(operation, &response).violations;
    violations.iter().any(is_meant).then_some(response)
}

/// The same response under the first name that its media type may not have.
fn named(
    operation: &Arc<Operation>,
    response: &Response,
    names: &'static [&'static str],
) -> Option<Response> {
    names.iter().find_map(|name| {
        let mut other = response.clone();
        other.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(name));
        confirmed(operation, other, |known| known.part == Part::ContentType)
    })
}
