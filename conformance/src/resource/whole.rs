//! Whether a list shows all that there is.

use counterfoil_openapi::{ListParameter, Operation, Response, folded};
use http::header::LINK;
use serde_json::Value;

use super::{cursor, listing};

/// Words, folded, in names of members that tell of more where they hold anything.
const MORE: [&str; 2] = ["next", "more"];
/// From how many items on their number may be a limit that nobody wrote down.
const LEAST_CAP: usize = 5;

/// Whether an answer with so many items shows all that the list has, as far as anybody can tell. `asked` is the limit
/// that was sent.
///
/// It does not where it has as many items as it may have, where it says of a next part, or of more in all. A round
/// number of items may be as many as the server ever shows at once.
pub(crate) fn is_whole(
    operation: &Operation,
    asked: Option<u64>,
    response: &Response,
    body: &Value,
    count: usize,
) -> bool {
    let said = || operation.parameters().iter().filter_map(|known| known.of_list());
    let is_limited = said().any(|said| matches!(said, ListParameter::AtMost(_)));
    let is_in_parts = cursor::parameter(operation).is_some()
        || said().any(|said| matches!(said, ListParameter::Offset | ListParameter::Page(_)));
    let limit = asked.or_else(|| {
        let (limit, _) = listing::limit(operation)?;
        limit.value_schema()?.resolved().get("default")?.as_u64()
    });
    let count_there = u64::try_from(count).unwrap_or(u64::MAX);
    let is_told = match listing::total(body, &response.headers) {
        Some((_, total)) if total > count_there => return false,
        total => total.is_some_and(|(_, total)| total == count_there),
    };
    let is_below = match limit {
        Some(limit) => count_there < limit,
        None => !is_limited && !is_in_parts,
    };
    let is_round = count >= LEAST_CAP && (count.is_multiple_of(5) || count.is_power_of_two());
    // A total may be the number of items of the page.
    let is_all =
        is_told && limit.map_or(!is_round || !is_limited && !is_in_parts, |limit| count_there < limit);
    !tells_of_more(response, body) && (is_all || is_below && !is_round)
}

/// Whether a list says that another part follows.
fn tells_of_more(response: &Response, body: &Value) -> bool {
    let is_next = |field: &http::HeaderValue| {
        let text = field.to_str().unwrap_or_default().to_ascii_lowercase();
        text.contains("rel=next") || text.contains("rel=\"next")
    };
    let is_more = |(name, value): (&String, &Value)| {
        let is_named = MORE.iter().any(|word| folded(name).contains(word));
        let is_empty = match value {
            Value::Null | Value::Bool(false) => true,
            Value::String(text) => text.is_empty(),
            _ => false,
        };
        is_named && !is_empty
    };
    let members = || body.as_object().into_iter().flatten();
    let inner = members().filter_map(|(_, value)| value.as_object()).flatten();
    response.headers.get_all(LINK).iter().any(is_next) || members().chain(inner).any(is_more)
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use http::{HeaderValue, StatusCode};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_whole_unless_anything_says_otherwise() {
        let limited = "[{name: limit, in: query, schema: {type: integer, default: 4}}]";
        let unsaid = "[{name: limit, in: query, schema: {type: integer}}]";
        let paged = "[{name: page, in: query, schema: {type: integer}}]";
        let table = [
            ("[]", None, json!([]), 0, true),
            ("[]", None, json!([]), 3, true),
            // It may be as many as are ever shown at once.
            ("[]", None, json!([]), 10, false),
            ("[]", None, json!([]), 16, false),
            ("[]", None, json!({"total": 10, "items": []}), 10, true),
            ("[]", None, json!({"total": 11, "items": []}), 10, false),
            ("[]", None, json!({"next": null, "hasMore": false, "items": []}), 3, true),
            ("[]", None, json!({"hasMore": true, "items": []}), 3, false),
            ("[]", None, json!({"links": {"next": "/pets?page=2"}, "items": []}), 3, false),
            (limited, None, json!([]), 3, true),
            (limited, None, json!([]), 4, false),
            (limited, Some(50), json!([]), 4, true),
            (unsaid, None, json!([]), 4, false),
            (paged, None, json!([]), 4, false),
            (paged, None, json!({"total": 3}), 3, true),
            // A total may be that of the page, where it is full.
            (paged, None, json!({"total": 10}), 10, false),
            (unsaid, Some(10), json!({"total": 10}), 10, false),
            (unsaid, Some(11), json!({"total": 10}), 10, true),
            (limited, None, json!({"total": 4}), 4, false),
            (limited, None, json!({"total": 3}), 3, true),
        ];
        for (parameters, asked, body, count, expected) in table {
            let document = format!(
                "openapi: 3.0.3\npaths: {{/pets: {{get: {{parameters: {parameters}, responses: {{}}}}}}}}\n"
            );
            let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
            let response = Response::new(StatusCode::OK);
            let operation = &contract.operations()[0];
            assert_eq!(is_whole(operation, asked, &response, &body, count), expected, "{body} {count}");
            let mut linked = response;
            linked.headers.insert(LINK, HeaderValue::from_static("</pets?page=2>; rel=\"next\""));
            assert!(!is_whole(operation, asked, &linked, &body, count));
        }
    }
}
