//! Whether what a list tells of itself agrees: with what was asked for, and with what it tells elsewhere.

use counterfoil_openapi::{ListParameter, folded, is_total};
use http::HeaderMap;
use serde_json::{Map, Value};

use super::Observation;
use crate::resource::listing;

/// Names of limits, folded, that may be those of other numbers of a list.
const AMBIGUOUS: [&str; 3] = ["size", "top", "maxcount"];

/// A limit that a list tells of, and that is greater than the one it was asked for. A smaller one is what the server
/// has at most.
///
/// It is told where the parameter's own name stands beside that of another one that says which part is asked for, or
/// is the default: other numbers may be what the server has at most at any time.
pub(super) fn greater_limit(observation: &Observation<'_>, body: &Value) -> Option<(String, String)> {
    let (limit, _) = listing::limit(observation.operation)?;
    let asked =
        listing::asked(observation.operation, &observation.reading.values).filter(|asked| *asked > 0)?;
    // How many items there are may be called so as well.
    if AMBIGUOUS.contains(&folded(&limit.name).as_str()) {
        return None;
    }
    let schema = limit.value_schema()?.resolved();
    let said = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
    let starts = observation
        .operation
        .parameters()
        .iter()
        .filter(|known| matches!(known.of_list(), Some(ListParameter::Offset | ListParameter::Page(_))));
    let starts: Vec<&str> = starts.map(|known| known.name.as_str()).collect();
    let whole = body.as_object()?;
    let inner = whole.values().filter_map(Value::as_object);
    let greater = |members: &Map<String, Value>| {
        let told = members.get(&limit.name)?.as_u64().filter(|told| *told > asked)?;
        let is_beside = starts.iter().any(|start| members.get(*start).is_some_and(Value::is_u64));
        let is_said = is_beside || said("default") == Some(told);
        (is_said && said("maximum") != Some(told)).then_some(told)
    };
    let told = std::iter::once(whole).chain(inner).find_map(greater)?;
    let name = &limit.name;
    Some((
        format!("{name} above the asked"),
        format!("{name} is {asked}, and the list says that it is {told}"),
    ))
}

/// Totals of a list in its body and in a header that differ. `is_of_items` says whether a member called `total` can be
/// nothing but the number of items.
pub(super) fn other_total(headers: &HeaderMap, body: &Value, is_of_items: bool) -> Option<(String, String)> {
    let none = HeaderMap::new();
    let (member, inside) = listing::total(body, &none)?;
    let (header, outside) = listing::total(&Value::Null, headers)?;
    let totals = body.as_object()?.keys().filter(|name| is_total(name)).count();
    let is_judged = totals == 1 && (is_of_items || !member.eq_ignore_ascii_case("total"));
    (is_judged && inside != outside)
        .then(|| (format!("{header} is another"), format!("{header} is {outside}, and {member} is {inside}")))
}

#[cfg(test)]
mod tests {
    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn a_list_does_not_tell_of_a_greater_limit_than_was_asked_for() {
        let list = |operation, query: &str, body| {
            let path = if operation == "listPets" { "/pets" } else { "/defaults" };
            let scene = Scene::new(operation, &format!("{path}?{query}")).body("application/json", body);
            scene.expecting(Expectation::Listed).says("list_conformance")
        };
        let above = "failed: limit above the asked";
        let table = [
            ("listPets", "limit=2", r#"{"limit": 20, "offset": 0, "pets": [{}]}"#, above),
            ("listPets", "limit=2", r#"{"meta": {"limit": 20, "page": 1}, "pets": [{}]}"#, above),
            ("listPets", "limit=2", r#"{"limit": 2, "offset": 0, "pets": [{}]}"#, "passed"),
            // What a server has at most.
            ("listPets", "limit=2", r#"{"limit": 1, "offset": 0, "pets": [{}]}"#, "passed"),
            ("listPets", "limit=2", r#"{"limit": 100, "pets": [{}]}"#, "passed"),
            ("listPets", "limit=0", r#"{"limit": 100, "offset": 0, "pets": [{}]}"#, "passed"),
            ("listPets", "kind=dog", r#"{"limit": 100, "offset": 0, "pets": [{}]}"#, "passed"),
            ("listDefaults", "limit=2", r#"{"limit": 20, "pets": [{}]}"#, above),
            ("listDefaults", "limit=2", r#"{"limit": 30, "pets": [{}]}"#, "passed"),
            ("listDefaults", "limit=2", r#"{"limit": 50, "offset": 0, "pets": [{}]}"#, "passed"),
        ];
        let sized = Scene::new("listSized", "/sized?size=2")
            .body("application/json", r#"{"size": 9, "page": 0, "a": [{}]}"#);
        assert_eq!(sized.expecting(Expectation::Listed).says("list_conformance"), "passed");
        for (operation, query, body, expected) in table {
            assert_eq!(list(operation, query, body), expected, "{query} {body}");
        }
    }

    #[test]
    fn a_list_tells_of_one_total() {
        let list = |operation, target, total: &'static str, body| {
            let scene = Scene::new(operation, target).body("application/json", body);
            let scene = scene.header("x-total-count", total);
            scene.expecting(Expectation::Listed).says("list_conformance")
        };
        let table = [
            ("7", r#"{"total": 7, "pets": [{}]}"#, "passed"),
            ("8", r#"{"total": 7, "pets": [{}]}"#, "failed: x-total-count is another"),
            ("many", r#"{"total": 7, "pets": [{}]}"#, "passed"),
            ("8", r#"{"count": 7, "pets": [{}]}"#, "passed"),
            ("8", r#"{"total": 7, "totalCount": 8, "pets": [{}]}"#, "passed"),
        ];
        for (total, body, expected) in table {
            assert_eq!(list("listPets", "/pets", total, body), expected, "{total} {body}");
        }
        // A sum of what the items cost.
        assert_eq!(list("any", "/any", "8", r#"{"total": 7, "pets": [{}]}"#), "passed");
        assert_eq!(
            list("any", "/any", "8", r#"{"totalItems": 7, "pets": [{}]}"#),
            "failed: x-total-count is another"
        );
    }
}
