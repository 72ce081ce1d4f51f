//! Lists whose next part is asked for by a cursor: what the part before it said.

use counterfoil_openapi::{Direction, Operation, Parameter, folded};
use serde_json::Value;

use super::listing::{Parts, limit};

/// The names, folded, of parameters that take what the part before said.
const PARAMETERS: [&str; 8] = [
    "cursor",
    "nextcursor",
    "pagecursor",
    "pagetoken",
    "nexttoken",
    "nextpagetoken",
    "continuationtoken",
    "continuation",
];
/// The names, folded, of members of a list that say how its next part is asked for.
const MEMBERS: [&str; 6] =
    ["nextcursor", "nextpagecursor", "nextpagetoken", "nexttoken", "continuationtoken", "continuation"];
/// What stands in the place of a cursor until one is known.
const UNKNOWN: &str = "0";

/// The parameter that takes a cursor, where there is only one.
pub(crate) fn parameter(operation: &Operation) -> Option<&Parameter> {
    let is_cursor = |known: &&Parameter| {
        known.location == counterfoil_openapi::Location::Query
            && PARAMETERS.contains(&folded(&known.name).as_str())
    };
    let mut cursors = operation.parameters().iter().filter(is_cursor);
    cursors.next().filter(|_| cursors.next().is_none())
}

/// The parts of a list that goes on by a cursor; the one in the second part is known when the first one has come.
pub(super) fn parts(operation: &Operation) -> Option<Parts> {
    let cursor = parameter(operation)?;
    let (limit, least) = limit(operation)?;
    let (size, unknown) = (least.as_u64()?, Value::from(UNKNOWN));
    let twice = Value::from(size.checked_mul(2)?);
    let admits = |parameter: &Parameter, value: &Value| {
        parameter.value_schema().is_some_and(|schema| schema.is_valid(value, Direction::Request))
    };
    let first = vec![(limit.name.clone(), least.clone())];
    (admits(limit, &twice) && admits(cursor, &unknown)).then(|| Parts {
        both: vec![(limit.name.clone(), twice)],
        second: [first.clone(), vec![(cursor.name.clone(), unknown)]].concat(),
        first,
    })
}

/// What a part of a list says of how the next one is asked for: a text in a member that is called so, of the body or
/// of an object in it.
pub(crate) fn next(body: &Value) -> Option<&str> {
    let members = body.as_object()?;
    let inner = members.values().filter_map(Value::as_object).flatten();
    let next = members.iter().chain(inner).filter(|(name, _)| is_next(name));
    let mut said = next.filter_map(|(_, value)| value.as_str());
    said.next().filter(|cursor| !cursor.is_empty() && !cursor.contains("://") && said.next().is_none())
}

/// Whether a member of a list is called as what says how the next part is asked for.
pub(crate) fn is_next(member: &str) -> bool {
    MEMBERS.contains(&folded(member).as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_says_how_it_goes_on() {
        for (body, expected) in [
            (json!({"data": [], "nextCursor": "c7"}), Some("c7")),
            (json!({"data": [], "meta": {"next_page_token": "c7"}}), Some("c7")),
            (json!({"data": [], "next_cursor": null}), None),
            (json!({"data": [], "nextCursor": ""}), None),
            (json!({"data": [], "nextCursor": "https://a.test/?cursor=c7"}), None),
            (json!({"nextCursor": "c7", "meta": {"nextCursor": "c8"}}), None),
            (json!([{"nextCursor": "c7"}]), None),
        ] {
            assert_eq!(next(&body), expected, "{body}");
        }
    }
}
