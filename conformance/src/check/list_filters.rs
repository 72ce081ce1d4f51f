//! Whether a filter leaves in what it asks for, and lets nothing else through.

use counterfoil_openapi::{Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Observation;
use super::fresh::{is_before, is_cached, is_it, made};
use super::list_conformance::{identified, listed};
use super::positive_data_acceptance::text_of;
use crate::resource::filters::{Filter, filters};
use crate::resource::listing;
use crate::resource::whole::is_whole;

/// In how many items two lists agree whose order is taken to be the same.
const MIN_COMMON: usize = 4;

/// What a filtered list lacks, and what it has though the filter leaves it out. Right before it the list came
/// unfiltered, filtered the same way, and unfiltered again.
pub(super) fn by_filter(observation: &Observation<'_>) -> Vec<(String, String)> {
    judge(observation).unwrap_or_default()
}

fn judge(observation: &Observation<'_>) -> Option<Vec<(String, String)>> {
    let [.., (bare, all), (filtered, some), (bare_again, all_again)] = observation.earlier[..] else {
        return None;
    };
    let response = observation.response()?;
    let is_sandwich = bare.target == bare_again.target && filtered.target == observation.request.target;
    if !is_sandwich || bare.path() != filtered.path() {
        return None;
    }
    let filter = sent(observation, bare, filtered)?;
    let asked = filter.asked(observation.reading.values.query.get(&filter.parameter.name)?)?;
    let is_good = |response: &Response| response.status.as_u16() == 200 && !is_cached(response);
    if asked.is_empty() || ![all, some, all_again, response].into_iter().all(is_good) {
        return None;
    }
    let read = |response: &Response| serde_json::from_slice::<Value>(&response.body).ok();
    let (all, some, all_again, body) = (read(all)?, read(some)?, read(all_again)?, read(response)?);
    let member = listing::member(&all);
    let items = |body| listed(body, member);
    let (all, some, all_again, ours) = (items(&all)?, items(&some)?, items(&all_again)?, items(&body)?);
    let [names, some, names_again, our_names] = identified([all, some, all_again, ours]);
    // What is not the same as a whole may be the same, shown otherwise.
    let is_named = |name: &&Value| !name.is_object() || names.contains(name);
    if names != names_again || some != our_names || !our_names.iter().all(is_named) {
        return None;
    }
    let has =
        |item: &Value| filter.values(item).map(|values| values.iter().any(|value| asked.contains(value)));
    let name = filter.name();
    let said = match &asked[..] {
        [one] => one.to_string(),
        several => several.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or "),
    };
    let mut found = Vec::new();
    // A text in another case, or a number as a text, may be the same, and a part may be looked for.
    let is_other = |item: &&Value| {
        let same = |one: &Value, asked: &Value| {
            let is_part = text_of(one).to_lowercase().contains(&text_of(asked).to_lowercase());
            is_part || one.is_f64() || asked.is_f64()
        };
        let values = filter.values(item).filter(|values| !values.is_empty());
        values.is_some_and(|values| !values.iter().any(|value| asked.iter().any(|asked| same(value, asked))))
    };
    if let Some(item) =
        ours.iter().find(is_other).filter(|item| filter.is_enumerated() && filter.is_plain(item))
    {
        let message = format!("{name} is {said}, and this item came: {item}");
        found.push((format!("not by {name}"), message));
    }
    let limit = listing::asked(observation.operation, &observation.reading.values);
    let is_all = is_whole(observation.operation, limit, response, &body, ours.len());
    let passed = passed(&names, &our_names);
    let is_answered = !ours.is_empty() && ours.iter().all(|item| has(item) == Some(true));
    // A list that is kept for a while lacks what was made since.
    let made = made(observation).filter(|made| our_names.iter().any(|name| is_it(name, made)));
    let is_old = |name: &Value| {
        let newest = our_names.iter().filter_map(|name| name.as_i64()).max();
        let is_older = name.as_i64().zip(newest).is_some_and(|(name, newest)| name < newest);
        is_older || made.as_ref().is_some_and(|made| is_before(name, made))
    };
    let is_lost = |at: usize, item: &Value, name: &Value| {
        has(item) == Some(true) && !our_names.contains(&name) && is_old(name) && (is_all || at < passed)
    };
    let mut lost = all.iter().zip(&names).enumerate().filter(|(at, (item, name))| is_lost(*at, item, name));
    if let Some((_, (item, _))) = lost.next().filter(|_| is_answered) {
        let message = format!(
            "{name} is {said}, and this item did not come, which is in the list without the filter: {item}"
        );
        found.push((format!("left out by {name}"), message));
    }
    Some(found)
}

/// How far a part of a filtered list has come in the whole: before which of its items nothing is left to come, where
/// both are in the same order.
fn passed(whole: &[&Value], part: &[&Value]) -> usize {
    let places: Vec<usize> =
        part.iter().filter_map(|name| whole.iter().position(|known| known == name)).collect();
    let is_in_order = places.len() >= MIN_COMMON && places.is_sorted();
    places.last().copied().filter(|_| is_in_order).unwrap_or_default()
}

/// The only filter that a request has and another one has not, where nothing else differs.
fn sent<'o>(observation: &Observation<'o>, bare: &Request, filtered: &Request) -> Option<Filter<'o>> {
    let pairs = |request: &Request| -> Vec<(String, String)> {
        let pairs = request.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let decoded = |name: &str| percent_decode_str(name).decode_utf8_lossy().into_owned();
        pairs.map(|(name, value)| (decoded(name), value.to_owned())).collect()
    };
    let (bare, filtered) = (pairs(bare), pairs(filtered));
    let mut more = filtered.iter().filter(|pair| !bare.contains(pair)).map(|(name, _)| name).peekable();
    let name = (*more.peek()?).clone();
    let is_one = more.all(|other| *other == name) && bare.iter().all(|pair| filtered.contains(pair));
    let is_new = bare.iter().all(|(other, _)| *other != name);
    filters(observation.operation).into_iter().find(|filter| is_one && is_new && filter.name() == name)
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    /// What is said of a list that comes so, unfiltered and filtered, twice each.
    fn said(query: &str, all: [&'static str; 2], some: [&'static str; 2]) -> String {
        let target = format!("/defaults?limit=50&{query}");
        let scene = Scene::new("listDefaults", &target).body("application/json", some[1]);
        let earlier = [("/defaults?limit=50", all[0]), (&target, some[0]), ("/defaults?limit=50", all[1])];
        let scene = earlier
            .into_iter()
            .fold(scene, |scene, (target, body)| scene.earlier_at(target, Method::GET, "", 200, body));
        scene.expecting(Expectation::Listed).says("list_conformance")
    }

    #[test]
    fn a_filter_leaves_in_what_it_asks_for() {
        let all = r#"[{"id": 1, "state": "open"}, {"id": 2, "state": "open"}, {"id": 3, "state": "done"}]"#;
        let one = r#"[{"id": 2, "state": "open"}]"#;
        let first = r#"[{"id": 1, "state": "open"}]"#;
        let both = r#"[{"id": 1, "state": "open"}, {"id": 2, "state": "open"}]"#;
        let left_out = "failed: left out by state";
        let table = [
            ("state=open", [all, all], [both, both], "passed"),
            ("state=open", [all, all], [one, one], left_out),
            // They may be of a time when the others were not there.
            ("state=open", [all, all], [first, first], "passed"),
            ("state=open", [all, all], ["[]", "[]"], "passed"),
            // It came in between, or for one answer only.
            ("state=open", [all, one], [one, one], "passed"),
            ("state=open", [all, all], [both, one], "passed"),
            ("state=open", [one, one], [both, both], "passed"),
            ("state=done", [one, one], ["[]", "[]"], "passed"),
        ];
        for (query, all, some, expected) in table {
            assert_eq!(said(query, all, some), expected, "{query} {all:?} {some:?}");
        }
        let kinds = r#"[{"id": 1, "kinds": "cat"}, {"id": 2, "kinds": "dog"}, {"id": 3, "kinds": "cow"}]"#;
        let dogs = r#"[{"id": 2, "kinds": "dog"}]"#;
        let more = r#"[{"id": 1, "kinds": "cat"}, {"id": 2, "kinds": "dog"}]"#;
        assert_eq!(said("kinds=cat&kinds=dog", [kinds; 2], [more; 2]), "passed");
        assert_eq!(said("kinds=cat&kinds=dog", [kinds; 2], [dogs; 2]), "failed: left out by kinds");
        // All of them at once is what no item has.
        assert_eq!(said("kinds=cat&kinds=dog", [kinds; 2], ["[]"; 2]), "passed");
        // What has more than the words that are listed may be asked for by a part of it.
        let teams = r#"[{"id": 1, "team": "red"}, {"id": 2, "team": "reddish"}]"#;
        assert_eq!(said("team=red", [teams; 2], [r#"[{"id": 2, "team": "reddish"}]"#; 2]), "passed");
        assert_eq!(said("team=red", [teams; 2], ["[]"; 2]), "passed");
        // As many as are shown at once, or some of more.
        let page = r#"{"total": 2, "pets": [{"id": 1, "state": "open"}]}"#;
        let wrapped = r#"{"total": 9, "pets": [{"id": 1, "state": "open"}, {"id": 2, "state": "open"}]}"#;
        assert_eq!(said("state=open", [wrapped; 2], [page; 2]), "passed");
        let page = r#"{"total": 1, "pets": [{"id": 2, "state": "open"}]}"#;
        assert_eq!(said("state=open", [wrapped; 2], [page; 2]), left_out);
        // Of a part in the same order, what comes before its last item is there or nowhere.
        let list = |ids: &[u32], total: u32| {
            let items: Vec<String> =
                ids.iter().map(|id| format!(r#"{{"id": {id}, "state": "open"}}"#)).collect();
            let text = format!(r#"{{"total": {total}, "pets": [{}]}}"#, items.join(", "));
            &*Box::leak(text.into_boxed_str())
        };
        let all = list(&[1, 2, 3, 4, 5, 6], 90);
        for (ids, expected) in [
            (&[1, 2, 4, 5, 8][..], left_out),
            (&[1, 2, 3, 4, 5], "passed"),
            (&[2, 1, 4, 5], "passed"),
            (&[2, 4, 5], "passed"),
        ] {
            assert_eq!(said("state=open", [all; 2], [list(ids, 80); 2]), expected, "{ids:?}");
        }
    }

    #[test]
    fn a_filter_lets_nothing_else_through() {
        let all = r#"[{"id": 1, "ownerId": 1, "tags": ["a"], "marks": ["a"]}, {"id": 2, "ownerId": 12, "tags": ["b"], "marks": ["b"]}, {"id": 3}]"#;
        let first = r#"[{"id": 1, "ownerId": 1, "tags": ["a"], "marks": ["a"]}]"#;
        let bare = r#"[{"id": 1, "ownerId": 1, "tags": ["a"], "marks": ["a"]}, {"id": 3}]"#;
        for (query, expected) in [
            ("mark=a", "failed: not by mark"),
            ("filter[mark]=a", "failed: not by filter[mark]"),
            // A part may be looked for, or what is below it.
            ("tag=a", "passed"),
            ("filter[ownerId]=1", "passed"),
            ("filter[tag]=a", "passed"),
            // The texts of a list may be searched, and by what somebody is it may be asked for.
            ("tags=a", "passed"),
            ("ownerId=1", "passed"),
        ] {
            assert_eq!(said(query, [all; 2], [all; 2]), expected, "{query}");
            assert_eq!(said(query, [all; 2], [first; 2]), "passed", "{query}");
            assert_eq!(said(query, [all; 2], [bare; 2]), "passed", "{query}");
        }
        let marks = r#"[{"id": 1, "mark": "a"}, {"id": 2, "mark": "b"}]"#;
        assert_eq!(said("filter[mark]=a", [marks; 2], [marks; 2]), "failed: not by filter[mark]");
        for second in ["A", "ab", "cat"] {
            let marks = format!(r#"[{{"id": 1, "marks": ["a"]}}, {{"id": 2, "marks": ["{second}"]}}]"#);
            let marks = &*Box::leak(marks.into_boxed_str());
            assert_eq!(said("mark=a", [marks; 2], [marks; 2]), "passed", "{second}");
        }
        let cases = r#"[{"id": 1, "marks": ["A"]}, {"id": 2, "marks": []}]"#;
        assert_eq!(said("mark=a", [cases; 2], [cases; 2]), "passed");
    }
}
