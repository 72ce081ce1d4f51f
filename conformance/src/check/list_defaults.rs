//! Whether what is left out of a request for a list means its documented default.

use counterfoil_openapi::{ListParameter, Location, Parameter, Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::fresh::{is_before, is_cached, is_it, made};
use super::list_conformance::{enumerated, identified, listed};
use super::order::{Asked, disorder};
use super::positive_data_acceptance::text_of;
use super::{Observation, documented};
use crate::resource::listing;

/// A list without a parameter that is not as it is with the default of that; right before it the same list came
/// without, and with it.
pub(super) fn not_applied(observation: &Observation<'_>) -> Option<(String, String)> {
    let [.., (one, before), (with, answered)] = observation.earlier[..] else { return None };
    let now = observation.response()?;
    if one.target != observation.request.target || with.path() != one.path() {
        return None;
    }
    let (parameter, default) = sent(observation, one, with)?;
    let is_good = |response: &Response| response.status.as_u16() == 200 && !is_cached(response);
    if ![before, answered, now].into_iter().all(is_good) {
        return None;
    }
    let read = |response: &Response| serde_json::from_slice::<Value>(&response.body).ok();
    let (before, answered, now) = (read(before)?, read(answered)?, read(now)?);
    let member = listing::member(&now).or_else(|| listing::member(&answered));
    let items = |body| listed(body, member);
    let (before, answered, now) = (items(&before)?, items(&answered)?, items(&now)?);
    let name = &parameter.name;
    let kind = format!("default not applied: {name}");
    let said = format!("the default of {name} is {default}, and without it");
    if let (Some(ListParameter::Order(_)), Some(text)) = (parameter.of_list(), default.as_str()) {
        let ranks = documented::body(observation).map(enumerated).unwrap_or_default();
        let order = Asked::of(text);
        let is_in_order = order.way.is_some() && disorder(answered, &order, &ranks).is_none();
        let (first, second) = disorder(now, &order, &ranks).filter(|_| is_in_order && before == now)?;
        return Some((kind, format!("{said} {first} comes before {second}; with it not")));
    }
    let [before, ours, theirs] = identified([before, now, answered]);
    // A list that is kept for a while lacks what was made since: each has to have what the story made, and the one
    // lacks what was there before that.
    let made = made(observation)?;
    let is_fresh = |items: &[&Value]| items.iter().any(|item| is_it(item, &made));
    if before != ours || !is_fresh(&ours) || !is_fresh(&theirs) {
        return None;
    }
    if ours.len() != theirs.len() {
        let (more, fewer) = if ours.len() > theirs.len() { (&ours, &theirs) } else { (&theirs, &ours) };
        more.iter().find(|item| !fewer.contains(item) && is_before(item, &made))?;
        let (ours, theirs) = (ours.len(), theirs.len());
        return Some((kind, format!("{said} the list has {ours} items, twice; with it {theirs}")));
    }
    // What a limit leaves out may be chosen anew for each answer; others say which items there are.
    let is_limit = matches!(parameter.of_list(), Some(ListParameter::AtMost(_)));
    let is_named = ours.iter().chain(&theirs).all(|item| !item.is_object());
    let is_other = |item: &&&Value| !ours.contains(item) && is_before(item, &made);
    let other = theirs.iter().find(is_other).filter(|_| is_named && !is_limit)?;
    Some((kind, format!("{said} the list does not have {other}, twice; with it it does")))
}

/// The only parameter that a request has and another one has not, where that was sent with its default.
fn sent<'o>(
    observation: &Observation<'o>,
    without: &Request,
    with: &Request,
) -> Option<(&'o Parameter, &'o Value)> {
    let pairs = |request: &Request| -> Vec<String> {
        let pairs = request.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        pairs.map(str::to_owned).collect()
    };
    let (bare, mut more) = (pairs(without), pairs(with));
    if more.len() != bare.len() + 1 || !bare.iter().all(|pair| more.contains(pair)) {
        return None;
    }
    more.retain(|pair| !bare.contains(pair));
    let [pair] = &more[..] else { return None };
    let (name, value) = pair.split_once('=')?;
    let decoded = |text: &str| {
        percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(|text| text.into_owned())
    };
    let (name, value) = (decoded(name)?, decoded(value)?);
    let parameter = observation
        .operation
        .parameters()
        .iter()
        .find(|known| known.location == Location::Query && !known.required && known.name == name)?;
    let default = parameter.value_schema()?.resolved().get("default")?;
    (text_of(default) == value).then_some((parameter, default))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn what_is_left_out_means_its_default() {
        let three = r#"[{"id": 7}, {"id": 2}, {"id": 3}]"#;
        let two = r#"[{"id": 7}, {"id": 2}]"#;
        let late = r#"[{"id": 7}, {"id": 2}, {"id": 8}]"#;
        let old = r#"[{"id": 2}, {"id": 3}]"#;
        let up = r#"[{"id": 1, "age": 1}, {"id": 2, "age": 2}]"#;
        let down = r#"[{"id": 2, "age": 2}, {"id": 1, "age": 1}]"#;
        let scene = |queries: [&str; 3], bodies: [&'static str; 3]| {
            let target = |query: &str| format!("/defaults{query}");
            let read = r#"{"id": 7}"#;
            let scene = Scene::new("listDefaults", &target(queries[2])).body("application/json", bodies[2]);
            let scene = scene.earlier_at("/defaults", Method::POST, "{}", 201, read).read_before(read);
            let scene = scene.earlier_at("/defaults/7", Method::GET, "", 200, read);
            let earlier = queries.iter().zip(bodies).take(2);
            earlier
                .fold(scene, |scene, (query, body)| {
                    scene.earlier_at(&target(query), Method::GET, "", 200, body)
                })
                .expecting(Expectation::Listed)
        };
        let limit = ["", "?limit=20", ""];
        let failed = "failed: default not applied: limit";
        let table = [
            (limit, [two, three, two], failed),
            (limit, [three, two, three], failed),
            (limit, [three, three, three], "passed"),
            // Either may be of another time.
            (limit, [two, late, two], "passed"),
            (limit, [late, two, late], "passed"),
            (limit, [old, three, old], "passed"),
            (limit, [three, old, three], "passed"),
            // Which of them there are may be another matter.
            (limit, [two, r#"[{"id": 7}, {"id": 1}]"#, two], "passed"),
            // Something came in between.
            (limit, [two, three, three], "passed"),
            (["", "?limit=19", ""], [two, three, two], "passed"),
            (["?tame=true", "?limit=20&tame=true", "?tame=true"], [two, three, two], failed),
            (["?tame=true", "?limit=20", "?tame=true"], [two, three, two], "passed"),
            (["", "?limit=20", "?tame=true"], [two, three, two], "passed"),
            (
                ["", "?state=open", ""],
                [two, r#"[{"id": 7}, {"id": 1}]"#, two],
                "failed: default not applied: state",
            ),
            (["", "?state=open", ""], [two, r#"[{"id": 2}, {"id": 7}]"#, two], "passed"),
            (["", "?state=open", ""], [two, r#"[{"id": 7}, {"id": 9}]"#, two], "passed"),
            (["", "?state=open", ""], [old, r#"[{"id": 3}, {"id": 1}]"#, old], "passed"),
            // What names nothing may show otherwise.
            (["", "?state=open", ""], [r#"[{"a": 1}]"#, r#"[{"a": 2}]"#, r#"[{"a": 1}]"#], "passed"),
            (["", "?sort=-age", ""], [up, down, up], "failed: default not applied: sort"),
            (["", "?sort=-age", ""], [down, down, down], "passed"),
            (["", "?sort=-age", ""], [down, down, up], "passed"),
            (["", "?sort=-age", ""], [up, up, up], "passed"),
        ];
        for (queries, bodies, expected) in table {
            let found = scene(queries, bodies).says("list_conformance");
            assert_eq!(found, expected, "{queries:?} {bodies:?}");
        }
        let bad = scene(limit, [two, three, two]);
        assert_eq!(bad.header("age", "3").says("list_conformance"), "passed");
        let bad = scene(limit, [two, three, two]);
        assert_eq!(bad.header("cache-control", "public, max-age=60").says("list_conformance"), "passed");
        let bad = scene(limit, [two, three, two]);
        assert_eq!(
            bad.header("cache-control", "max-age=0, must-revalidate").says("list_conformance"),
            failed
        );
    }
}
