//! Answers to invalid requests that are not as documented.

use counterfoil_openapi::codec::media;
use counterfoil_openapi::{Response, validate};
use http::{HeaderValue, StatusCode, header};

use super::leniency;
use super::mutation::{Act, Deed, Mutation, Needs};
use super::{body, head};

/// Statuses that hardly any document has for a refusal.
const STRANGE_STATUSES: [u16; 3] = [418, 451, 420];

/// Bodies of other shapes than any documented error has.
const OTHER_SHAPES: [&str; 5] = [r#"{"mutated":{"oops":true}}"#, r#"["mutated"]"#, r#""mutated""#, "7", "{}"];

pub(super) const ALL: &[Mutation] = &[
    Mutation {
        name: "other-error-shape",
        about: "invalid requests are answered with an error of another shape than documented",
        check: "response_schema_conformance",
        deed: Deed::Refusal(|operation, response| {
            if !leniency::can_be_invalid(operation) || !is_json(response) {
                return None;
            }
            OTHER_SHAPES.iter().find_map(|shape| {
                let other = Response { body: shape.as_bytes().into(), ..response.clone() };
                body::confirmed(operation, other, &[])
            })
        }),
    },
    Mutation {
        name: "html-error",
        about: "invalid requests are answered with a page of HTML",
        check: "content_type_conformance",
        deed: Deed::Refusal(|operation, response| {
            if !leniency::can_be_invalid(operation) {
                return None;
            }
            let page = b"<!doctype html><title>Error</title>".as_slice();
            let mut html = Response { body: page.into(), ..response.clone() };
            html.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
            head::confirmed(operation, html, |known| known.part == counterfoil_openapi::Part::ContentType)
        }),
    },
    Mutation {
        name: "undocumented-refusal",
        about: "invalid requests are refused with a status that is not documented",
        check: "status_code_conformance",
        deed: Deed::Refusal(|operation, response| {
            if !leniency::can_be_invalid(operation) {
                return None;
            }
            STRANGE_STATUSES.iter().find_map(|code| {
                let strange = Response { status: StatusCode::from_u16(*code).ok()?, ..response.clone() };
                let known = validate::response(operation, &strange).response;
                known.is_none().then_some(strange)
            })
        }),
    },
    Mutation {
        name: "fail-on-invalid",
        about: "invalid requests are answered with 500",
        check: "not_a_server_error",
        deed: Deed::Act(Act {
            needs: Needs::Nothing,
            accepts: None,
            applies: |subject| leniency::can_be_invalid(subject.operation),
            act: |scene| scene.is_refused_for(leniency::is_data) && scene.fail("the request is invalid"),
        }),
    },
];

fn is_json(response: &Response) -> bool {
    response.content_type().is_some_and(|named| media::kind(named) == media::Kind::Json)
}
