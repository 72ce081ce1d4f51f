//! Lists: the queries by which they are tried, and what stands in them.

use counterfoil_openapi::codec::RequestValues;
use counterfoil_openapi::{Direction, ListParameter, Operation, Parameter, Response, folded, is_total};
use http::HeaderMap;
use serde_json::Value;

/// Names, folded, of members that tell one thing from another, alone or as the end of a longer name. The first ones are
/// of nothing else.
const NAMING: [&str; 10] = ["id", "uuid", "guid", "key", "slug", "href", "code", "name", "number", "handle"];
/// How many of them are of nothing else.
const IDENTIFIERS: usize = 6;

/// Whether a member is by its whole name what tells an item of a list from all others.
pub(crate) fn is_identifier(member: &str) -> bool {
    NAMING[..IDENTIFIERS].contains(&folded(member).as_str())
}

/// Whether a member may name one thing: a value of it that is known for one thing's leads to that.
pub(crate) fn is_naming(member: &str) -> bool {
    let member = folded(member);
    NAMING.iter().any(|end| member.ends_with(end))
}

/// The parameter by which a list is limited, with the least number that it takes. Of several, one may be there for old
/// clients only: there is none then.
pub(crate) fn limit(operation: &Operation) -> Option<(&Parameter, Value)> {
    let mut limits = operation.parameters().iter().filter_map(|known| match known.of_list()? {
        ListParameter::AtMost(least) => Some((known, least)),
        _ => None,
    });
    limits.next().filter(|_| limits.next().is_none())
}

/// The limit of a list that a request asks for.
pub(crate) fn asked(operation: &Operation, values: &RequestValues) -> Option<u64> {
    let asked = values.query.get(&limit(operation)?.0.name)?;
    asked.as_u64().or_else(|| asked.as_str()?.parse().ok())
}

/// Parameters of a query with their values.
pub(crate) type Query = Vec<(String, Value)>;

/// Queries that say what is to be in a list, or in which order: of one parameter each, and of two where one of them says
/// which way an order goes.
pub(crate) fn choices(operation: &Operation) -> Vec<Query> {
    let mut found = Vec::new();
    let mut fields = Vec::new();
    let mut ways = Vec::new();
    for parameter in operation.parameters() {
        let query = |value| vec![(parameter.name.clone(), value)];
        match parameter.of_list() {
            Some(ListParameter::AtMost(least)) => found.push(query(least)),
            Some(ListParameter::Only(values)) => found.extend(values.into_iter().map(query)),
            Some(ListParameter::Bound(bound)) => found.extend(bound.values.into_iter().map(query)),
            Some(ListParameter::Order(values)) => {
                let is_way = !values.is_empty() && values.iter().all(is_way);
                let list = if is_way { &mut ways } else { &mut fields };
                list.extend(values.into_iter().map(query));
            }
            _ => {}
        }
    }
    match ways.is_empty() {
        true => found.extend(fields),
        false => found.extend(
            fields.iter().flat_map(|field| ways.iter().map(move |way| [field.clone(), way.clone()].concat())),
        ),
    }
    found
}

/// Whether a value says which way an order goes, and nothing else.
fn is_way(value: &Value) -> bool {
    let is_way = |text: &str| WAYS.iter().any(|way| text.eq_ignore_ascii_case(way));
    value.as_str().is_some_and(is_way)
}

/// The words for the ways in which an order goes.
pub(crate) const WAYS: [&str; 4] = ["asc", "desc", "ascending", "descending"];

/// Three queries that show whether the parts of a list make up the whole: one for two parts at once, one for the first,
/// one for the second.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parts {
    pub(crate) both: Query,
    pub(crate) first: Query,
    pub(crate) second: Query,
}

/// The parts of a list, where its parameters say how large they are and where they begin.
pub(crate) fn parts(operation: &Operation) -> Option<Parts> {
    counted_parts(operation).or_else(|| super::cursor::parts(operation))
}

/// Whether the parts of a list are asked for by a cursor.
pub(crate) fn is_by_cursor(operation: &Operation) -> bool {
    counted_parts(operation).is_none() && super::cursor::parts(operation).is_some()
}

/// The parts of a list that begin after so many items or pages.
fn counted_parts(operation: &Operation) -> Option<Parts> {
    let said = || operation.parameters().iter().filter_map(|known| Some((known, known.of_list()?)));
    let (limit, least) = limit(operation)?;
    let size = match &least {
        Value::String(text) => text.parse().ok(),
        number => number.as_u64(),
    }?;
    let two = u64::checked_mul(size, 2)?;
    let twice = match &least {
        Value::String(_) => Value::from(two.to_string()),
        _ => Value::from(two),
    };
    // By the items before it where that is possible: nothing is left to guess then.
    let offset = said().find(|(_, said)| *said == ListParameter::Offset).map(|(start, _)| (start, 0, size));
    let (start, first, second) = offset.or_else(|| {
        said().find_map(|(start, said)| match said {
            ListParameter::Page(first) => {
                Some((start, first.unwrap_or(1), first.unwrap_or(1).saturating_add(1)))
            }
            _ => None,
        })
    })?;
    let is_valid = |parameter: &Parameter, value: &Value| {
        parameter.value_schema().is_some_and(|schema| schema.is_valid(value, Direction::Request))
    };
    let (first, second) = (Value::from(first), Value::from(second));
    let are_valid = is_valid(limit, &twice)
        && is_valid(limit, &least)
        && is_valid(start, &first)
        && is_valid(start, &second);
    let part = |at| vec![(limit.name.clone(), least.clone()), (start.name.clone(), at)];
    are_valid.then(|| Parts {
        both: vec![(limit.name.clone(), twice.clone())],
        first: part(first),
        second: part(second),
    })
}

/// The parameter of a list that asks for the most items, so many at most, with its value.
pub(crate) fn most(operation: &Operation, most: u64) -> Option<(String, Value)> {
    let (limit, least) = limit(operation)?;
    let schema = limit.value_schema()?;
    let sizes = std::iter::successors(Some(most), |size| (*size > 1).then_some(size / 2));
    let maximum = schema.resolved().get("maximum").and_then(Value::as_u64);
    let sizes = maximum.filter(|maximum| *maximum < most).into_iter().chain(sizes);
    let as_asked =
        |size: u64| if least.is_string() { Value::from(size.to_string()) } else { Value::from(size) };
    let value = sizes.map(as_asked).find(|value| schema.is_valid(value, Direction::Request))?;
    Some((limit.name.clone(), value))
}

/// The request for the page after one, or for the last one where a list tells how many items there are; nothing where
/// the page is the last, or no parameter asks for another.
pub(crate) fn next_page(
    operation: &Operation,
    values: &RequestValues,
    response: &Response,
) -> Option<RequestValues> {
    let body: Value = serde_json::from_slice(&response.body).ok()?;
    let count = items(&body)?.len() as u64;
    let asked = |parameter: &Parameter| {
        let value = values.query.get(&parameter.name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    let said = || operation.parameters().iter().filter_map(|known| Some((known, known.of_list()?)));
    let size = limit(operation).and_then(|(limit, _)| asked(limit)).unwrap_or(count);
    if size == 0 || count == 0 || count < size {
        return None;
    }
    let total = total(&body, &response.headers).map(|(_, total)| total);
    let (start, next) = said().find_map(|(known, said)| match said {
        ListParameter::Offset => {
            let next = asked(known).unwrap_or(0).saturating_add(count);
            Some((known, total.map_or(Some(next), |total| (total > next).then(|| next.max(total - count)))?))
        }
        ListParameter::Page(first) => {
            let first = first.unwrap_or(1);
            let next = asked(known).unwrap_or(first).saturating_add(1);
            let last = total.map(|total| (total.saturating_sub(1) / size).saturating_add(first));
            Some((known, last.map_or(Some(next), |last| (last >= next).then_some(last))?))
        }
        _ => None,
    })?;
    let next = Value::from(next);
    start.value_schema().filter(|schema| schema.is_valid(&next, Direction::Request))?;
    let mut values = values.clone();
    values.query.insert(start.name.clone(), next);
    Some(values)
}

/// The items of a list: the body, or the only array of objects in it.
pub(crate) fn items(body: &Value) -> Option<&[Value]> {
    let list = match body {
        Value::Array(_) => body,
        body => &body[member(body)?],
    };
    list.as_array().map(Vec::as_slice)
}

/// The name of the only member that is an array, where it is one of objects and holds any: of several, an empty one may
/// be the list, and the other what leads elsewhere.
pub(crate) fn member(body: &Value) -> Option<&str> {
    let mut arrays = body.as_object()?.iter().filter(|(_, value)| value.is_array());
    let (name, only) = arrays.next().filter(|_| arrays.next().is_none())?;
    let items = only.as_array()?;
    (!items.is_empty() && items.iter().all(Value::is_object)).then_some(name.as_str())
}

/// The number of all items that a list tells of, in a member or a header that is called so.
pub(crate) fn total(body: &Value, headers: &HeaderMap) -> Option<(String, u64)> {
    let mut members = body.as_object().into_iter().flatten().filter(|(name, _)| is_total(name));
    if let Some((name, total)) = members.find_map(|(name, value)| Some((name, value.as_u64()?))) {
        return Some((name.clone(), total));
    }
    headers
        .iter()
        .filter(|(name, _)| is_total(name.as_str()))
        .find_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.trim().parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use counterfoil_openapi::Contract;
    use serde_json::json;

    use super::*;

    fn with(parameters: &[(&str, &str)], holds: impl Fn(&Operation)) {
        let parameters: Vec<String> = parameters
            .iter()
            .map(|(name, schema)| format!("{{name: {name}, in: query, schema: {schema}}}"))
            .collect();
        let document = format!(
            "openapi: 3.0.3\npaths: {{/pets: {{get: {{parameters: [{}], responses: {{}}}}}}}}\ncomponents: {{schemas: {{Kind: {{type: string, enum: [cat]}}}}}}\n",
            parameters.join(", ")
        );
        let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
        holds(&contract.operations()[0]);
    }

    #[test]
    fn names_and_schemas_say_what_is_to_be_in_a_list() {
        let table = [
            ("limit", "{type: integer, minimum: 1}", json!([1])),
            ("per_page", "{type: integer, minimum: 5}", json!([5])),
            ("limit", "{type: string}", json!(["1"])),
            ("limit", "{type: string, pattern: '^[a-z]+$'}", json!([])),
            ("size", "{type: string}", json!([])),
            ("size", "{type: string, pattern: '^[0-9]{1,2}$'}", json!(["1"])),
            ("page", "{type: integer}", json!([])),
            ("offset", "{type: integer}", json!([])),
            ("kind", "{type: string, enum: [cat, dog, all]}", json!(["cat", "dog"])),
            ("kind", "{$ref: '#/components/schemas/Kind'}", json!(["cat"])),
            ("kind", "{type: array, items: {type: string, enum: [cat, dog]}}", json!([["cat"], ["dog"]])),
            ("tame", "{type: boolean}", json!([true])),
            ("minAge", "{type: integer, minimum: 0, maximum: 20}", json!([10, 20])),
            ("price_max", "{type: number}", json!([500, 1])),
            ("created_after", "{type: string, format: date}", json!(["2120-01-01"])),
            ("dueBefore", "{type: string, format: date-time}", json!(["1971-01-01T00:00:00Z"])),
            ("after", "{type: string, format: date}", json!([])),
            ("min", "{type: integer}", json!([])),
            ("admin", "{type: string}", json!([])),
            ("include_deleted", "{type: boolean}", json!([])),
            ("name", "{type: string}", json!([])),
            ("sort", "{type: string, enum: [name, -name]}", json!(["name", "-name"])),
            ("sort", "{type: string}", json!([])),
            // Which way alone says nothing of what.
            ("order", "{type: string, enum: [asc, desc]}", json!([])),
        ];
        for (name, schema, expected) in table {
            with(&[(name, schema)], |operation| {
                let values: Value = choices(operation).into_iter().map(|query| query[0].1.clone()).collect();
                assert_eq!(values, expected, "{name} {schema}");
            });
        }
    }

    #[test]
    fn what_a_list_is_ordered_by_goes_with_each_way() {
        let fields = ("sort_by", "{type: string, enum: [name]}");
        with(&[fields, ("order", "{type: string, enum: [asc, desc]}")], |operation| {
            let query =
                |way: &str| vec![("sort_by".to_owned(), json!("name")), ("order".to_owned(), json!(way))];
            assert_eq!(choices(operation), [query("asc"), query("desc")]);
        });
    }

    #[test]
    fn the_most_is_what_the_schema_admits() {
        for (schema, expected) in [
            ("{type: integer, maximum: 50}", json!(50)),
            ("{type: integer, maximum: 5000}", json!(1000)),
            ("{type: string, pattern: '^([1-9]|1[0-9]|20)$'}", json!("15")),
            ("{type: boolean}", json!(null)),
        ] {
            with(&[("limit", schema)], |operation| {
                let most = most(operation, 1000).map(|(_, value)| value);
                assert_eq!(most.unwrap_or_default(), expected, "{schema}");
            });
        }
    }

    #[test]
    fn a_list_has_one_limit_or_none() {
        let of = |parameters: &[(&str, &str)], expected: Option<&str>| {
            with(parameters, |operation| {
                let found = limit(operation).map(|(limit, _)| limit.name.as_str());
                assert_eq!(found, expected);
                assert_eq!(most(operation, 9).map(|(name, _)| name).as_deref(), expected);
            });
        };
        let whole = "{type: integer}";
        of(&[("page", whole), ("limit", whole)], Some("limit"));
        of(&[("limit", whole), ("per_page", whole)], None);
        of(&[("page", whole)], None);
    }

    #[test]
    fn members_name_things_by_what_they_are_called() {
        for (member, expected) in [
            ("id", (true, true)),
            ("ID", (true, true)),
            ("href", (true, true)),
            ("ownerId", (false, true)),
            ("name", (false, true)),
            ("countryCode", (false, true)),
            ("rank", (false, false)),
        ] {
            assert_eq!((is_identifier(member), is_naming(member)), expected, "{member}");
        }
    }

    #[test]
    fn parts_begin_where_the_parameters_say() {
        let limit = ("limit", "{type: integer, minimum: 2}");
        let offset = ("offset", "{type: integer, minimum: 0}");
        let table: [(&[(&str, &str)], Value); 9] = [
            (&[limit, offset], json!([4, [2, 0], [2, 2]])),
            (&[limit, ("page", "{type: integer, minimum: 1}"), offset], json!([4, [2, 0], [2, 2]])),
            (&[limit, ("page", "{type: integer, minimum: 1}")], json!([4, [2, 1], [2, 2]])),
            (&[limit, ("page", "{type: integer, minimum: 0}")], json!([4, [2, 0], [2, 1]])),
            (&[limit, ("page", "{type: integer}")], json!([4, [2, 1], [2, 2]])),
            (&[("limit", "{type: string}"), offset], json!(["2", ["1", 0], ["1", 1]])),
            (&[("limit", "{type: integer, maximum: 1}"), offset], json!(null)),
            (&[limit], json!(null)),
            // Either may be the one that counts.
            (&[limit, ("per_page", "{type: integer}"), offset], json!(null)),
        ];
        for (parameters, expected) in table {
            with(parameters, |operation| {
                let values = |query: &Query| query.iter().map(|(_, value)| value.clone()).collect::<Value>();
                let parts = parts(operation)
                    .map(|Parts { both, first, second }| json!([both[0].1, values(&first), values(&second)]));
                assert_eq!(parts.unwrap_or_default(), expected, "{parameters:?}");
            });
        }
    }

    #[test]
    fn a_total_is_a_count_that_is_called_so() {
        let mut headers = HeaderMap::new();
        let total = |body: Value, headers: &HeaderMap| total(&body, headers).map(|(_, total)| total);
        assert_eq!(total(json!({"total_count": 3}), &headers), Some(3));
        assert_eq!(total(json!({"totalPrice": 3, "count": 4, "total": "5"}), &headers), None);
        assert_eq!(total(json!([]), &headers), None);
        headers.insert("x-total-count", http::HeaderValue::from_static("7"));
        assert_eq!(total(json!([]), &headers), Some(7));
    }

    #[test]
    fn the_last_page_is_asked_for_where_it_is_known_or_else_the_next() {
        let limit = ("limit", "{type: integer}");
        let (offset, page) = (("offset", "{type: integer}"), ("page", "{type: integer, maximum: 6}"));
        let two = json!([{}, {}]);
        let table = [
            (&[limit, offset], json!({"limit": 2}), two.clone(), json!({"limit": 2, "offset": 2})),
            (
                &[limit, offset],
                json!({"limit": 2, "offset": 4}),
                two.clone(),
                json!({"limit": 2, "offset": 6}),
            ),
            (&[limit, offset], json!({"limit": 3}), two.clone(), json!(null)),
            (&[limit, offset], json!({}), two.clone(), json!({"offset": 2})),
            (
                &[limit, offset],
                json!({"limit": 2}),
                json!({"total": 9, "a": two}),
                json!({"limit": 2, "offset": 7}),
            ),
            (&[limit, offset], json!({"limit": 2}), json!({"total": 2, "a": two}), json!(null)),
            (&[limit, page], json!({"limit": 2}), two.clone(), json!({"limit": 2, "page": 2})),
            (
                &[limit, page],
                json!({"limit": 2}),
                json!({"total": 9, "a": two}),
                json!({"limit": 2, "page": 5}),
            ),
            (&[limit, page], json!({"limit": 2}), json!({"total": 99, "a": two}), json!(null)),
            (&[limit, page], json!({"limit": 2}), json!([]), json!(null)),
        ];
        for (parameters, asked, body, expected) in table {
            with(parameters, |operation| {
                let mut values = RequestValues::default();
                values.query.extend(asked.as_object().unwrap().clone());
                let mut response = Response::new(http::StatusCode::OK);
                response.body = body.to_string().into();
                let next = next_page(operation, &values, &response).map(|next| json!(next.query));
                assert_eq!(next.unwrap_or_default(), expected, "{asked} {body}");
            });
        }
    }
}
