//! `list_conformance`

use counterfoil_openapi::{Bound, ListParameter, Request, folded};
use serde_json::Value;

use super::order::{Asked, Way, disorder};
use super::registry::declare;
use super::{
    Breach, Expectation, Judgement, Observation, documented, list_defaults, list_filters, list_missing,
    list_told, list_twice, parents,
};
use crate::resource::{cursor, listing};

/// The most items of a part of a list that is compared with the whole.
const MAX_PART: usize = 64;

declare! {
    /// Fails when a list holds more items than its limit asks for, items that its filter leaves out, or items in another
    /// order than asked for; when its filter leaves out what it asks for; when what is left out of the request does not
    /// mean its documented default; when the list has an item twice, or not at all that was made in it; when it tells of
    /// fewer items or pages in all than there are, of two totals, or of a greater limit than asked for; and when its parts
    /// do not make up the whole: an item is in two of them, or in none.
    ///
    /// Why it matters: who asks for ten gets a thousand, who asks for what is open works on what is closed, and who goes
    /// through all pages misses what lies between two. Nothing else in the answer says so.
    ///
    /// A list below one thing (`/shelves/{shelfId}/books`) holds nothing that is below another one: no item of another
    /// `shelfId`, where the book that was made there shows the one of the path. One of no shelf (`0`), or one that has the
    /// name in the path in another member, may be in it.
    ///
    /// Judged is the list of a resource that the suite made, or found in the list where nothing makes it, and read, of a
    /// server that was seen to answer 404 to a resource that never was. A limit is a whole number called `limit`,
    /// `per_page`, `pageSize` and the like; a filter is an enumeration or a boolean that is called as a property of the
    /// items, and asks for a value that is not theirs; a bound is a number or a time called `min_price`, `ageMax`,
    /// `created_after` and the like, of a property of the items (`price`, `age`, `created_at`); an order is an enumeration
    /// called `sort`, `order_by` and the like, whose members name properties of the items, with the way (`-price`,
    /// `price_desc`, `order=desc`) or without. Parts are asked for by `offset`, `page` or the cursor that the first one
    /// told (`nextCursor`), right after the same list at once, which was the same twice.
    ///
    /// Left out: any parameter that is called as a property of the items asks for a value that some of them have (of an
    /// array of values, for two); those are in the list without it, which was the same twice, and have to be in the one
    /// with it, which was the same twice as well and shows all that there is, or others that come after them, and
    /// something that was made later. The value has to be the only one too where the parameter is an enumeration and a
    /// member of `filter`, or one of several (`tag` of `tags`), and no part of the item's. Defaults: the list comes
    /// without the parameter, with its `default`, and without it, and has what the story made each time; the number of
    /// items has to be the same, and which they are, or for an order what that asks for. Twice: the same item under the
    /// same name, of what is read at the list's own path and that name, where no request sent that. Made and not listed:
    /// what was made at the list's own path, and read, where the list shows all that there is, has something that was
    /// made there later, and another thing that agrees with it in whatever may keep it from being seen: the members that
    /// it has, words, booleans, what it refers to, on which side of now its times are, and the magnitude of its numbers;
    /// it is asked for again after a while.
    ///
    /// Not judged: a limit of 0, which many take for none; limits of a list that has several; booleans that are false,
    /// or by their name add to the list (`include_deleted`); members that stand for all (`all`, `any`); the order of
    /// words that are not of small letters only or that an enumeration has, of times where no way is asked for, and of
    /// lists that put some items ahead (`pinned`); lists below users and the like, who may share, and folders and the like,
    /// which may have others in them; a `pageCount` that is the number of items of the part; a smaller limit than asked
    /// for, or the `maximum`, that a list tells of; defaults, filters and what is not listed of answers that may come from
    /// a cache, by their headers or for all that anybody can tell; any other parameter.
    ///
    /// Example: `GET /pets?kind=dog` answers with a pet whose `kind` is `cat`.
    ///
    /// Silence: `--checks=-list_conformance`.
    ListConformance = "list_conformance", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let found = match observation.expectation {
        Some(Expectation::Listed) => beside(as_asked(observation), list_filters::by_filter(observation)),
        Some(Expectation::Enlisted) => {
            beside(as_asked(observation), list_missing::still_missing(observation).into_iter().collect())
        }
        Some(Expectation::Continued) => as_parts(observation),
        _ => None,
    };
    let Some(found) = found else { return Judgement::NotApplicable };
    let breach = |(kind, message)| Breach { kind, message, document_pointer: None };
    Judgement::of(found.into_iter().map(breach).collect())
}

/// Kinds and messages of what does not hold; nothing where nothing could be judged.
type Found = Option<Vec<(String, String)>>;

/// What was found of a list by itself, and beside others.
fn beside(found: Found, more: Vec<(String, String)>) -> Found {
    if found.is_none() && more.is_empty() {
        return None;
    }
    let mut all = found.unwrap_or_default();
    // The item that tells of it may be the same.
    all.extend(
        more.into_iter().filter(|(kind, _)| !all.iter().any(|(known, _)| known == kind)).collect::<Vec<_>>(),
    );
    Some(all)
}

/// Whether a list is what its parameters ask for.
fn as_asked(observation: &Observation<'_>) -> Found {
    let response = observation.response().filter(|response| response.status.as_u16() == 200)?;
    let body = serde_json::from_slice::<Value>(&response.body).ok()?;
    let items = listing::items(&body)?;
    let mut found = Vec::new();
    let mut order = Asked { member: None, way: None };
    let limit = listing::limit(observation.operation).map(|(limit, _)| limit.name.as_str());
    for parameter in observation.operation.parameters() {
        let asked = observation.reading.values.query.get(&parameter.name);
        let (Some(said), Some(asked)) = (parameter.of_list(), asked) else { continue };
        let name = &parameter.name;
        match said {
            ListParameter::AtMost(_) if limit != Some(name) => {}
            ListParameter::AtMost(_) => {
                let most = asked.as_u64().or_else(|| asked.as_str()?.parse().ok());
                // Many take 0 for no limit at all.
                let most = most.filter(|most| *most > 0).and_then(|most| usize::try_from(most).ok());
                if let Some(most) = most.filter(|most| items.len() > *most) {
                    let message = format!("{name} is {most}, and {} items came", items.len());
                    found.push((format!("more than {name}"), message));
                }
            }
            ListParameter::Only(_) => {
                let is_other = |item: &&Value| item.get(name).is_some_and(|found| is_left_out(found, asked));
                if let Some(item) = items.iter().find(is_other) {
                    let message =
                        format!("{name} is {asked}, and an item came whose {name} is {}", item[name]);
                    found.push((format!("not by {name}"), message));
                }
            }
            ListParameter::Order(members) => {
                let Some(text) = asked.as_str() else { continue };
                let said = Asked::of(text);
                order.member = order.member.or(said.member);
                // Where the other way has a word of its own, this one is no matter of taste.
                let is_up = || members.iter().any(|other| other.as_str() == Some(&format!("-{text}")));
                order.way = order.way.or(said.way).or_else(|| is_up().then_some(Way::Up));
            }
            ListParameter::Bound(bound) => {
                if let Some((member, item)) = items.iter().find_map(|item| beyond(item, &bound, asked)) {
                    let message = format!("{name} is {asked}, and an item came whose {member} is {item}");
                    found.push((format!("not within {name}"), message));
                }
            }
            ListParameter::Offset | ListParameter::Page(_) => {}
        }
    }
    if let Some((name, pages)) = pages(&body, items.len())
        && (pages == 0 && !items.is_empty())
    {
        let message = format!("{name} is {pages}, and {} items came", items.len());
        found.push((format!("{name} below the items"), message));
    }
    let ranks = documented::body(observation).map(enumerated).unwrap_or_default();
    if let Some((one, other)) = disorder(items, &order, &ranks) {
        let member = order.member.unwrap_or_default();
        found.push((
            format!("not in order of {member}"),
            format!("the list is asked for in the order of {member}, and in it {one} comes before {other}"),
        ));
    }
    if let Some((name, total)) = listing::total(&body, &response.headers)
        && (comes_in_parts(observation) || !name.eq_ignore_ascii_case("total"))
        && usize::try_from(total).is_ok_and(|total| total < items.len())
    {
        let message = format!("{name} is {total}, and {} items came", items.len());
        found.push((format!("{name} below the items"), message));
    }
    found.extend(parents::strangers(observation, &response.body));
    let is_of_items = comes_in_parts(observation);
    found.extend(list_told::other_total(&response.headers, &body, is_of_items));
    found.extend(list_told::greater_limit(observation, &body));
    found.extend(list_twice::twice(observation, items));
    found.extend(list_defaults::not_applied(observation));
    Some(found)
}

/// The number of all pages that a list tells of, in a member that is called so. `pageCount` may be that of the items of
/// a page.
fn pages(body: &Value, items: usize) -> Option<(&str, u64)> {
    const NAMES: [&str; 4] = ["totalpages", "pagecount", "numpages", "numberofpages"];
    let mut members = body.as_object()?.iter().filter(|(name, _)| NAMES.contains(&folded(name).as_str()));
    members.find_map(|(name, value)| {
        let is_of_items = folded(name) == "pagecount" && value.as_u64() == u64::try_from(items).ok();
        Some((name.as_str(), value.as_u64().filter(|_| !is_of_items)?))
    })
}

/// Whether a list comes in parts. Of one that does not, what is called `total` may be a sum of something else.
fn comes_in_parts(observation: &Observation<'_>) -> bool {
    observation.operation.parameters().iter().any(|known| {
        let said = known.of_list();
        matches!(said, Some(ListParameter::AtMost(_) | ListParameter::Offset | ListParameter::Page(_)))
    })
}

/// What tells the items of lists apart: a member that is an identifier, where all have it, or else all that they are.
/// Other members may be about the page, as a rank is.
pub(super) fn identified<const N: usize>(lists: [&[Value]; N]) -> [Vec<&Value>; N] {
    let all = || lists.into_iter().flatten();
    let is_identifier =
        |name: &&str| listing::is_identifier(name) && all().all(|item| item.get(name).is_some_and(is_plain));
    let first = all().next().and_then(Value::as_object);
    let identifier = first.and_then(|item| item.keys().map(String::as_str).find(is_identifier));
    lists.map(|items| {
        items.iter().map(|item| identifier.and_then(|name| item.get(name)).unwrap_or(item)).collect()
    })
}

/// The items in a member of a body, or those that it is.
pub(super) fn listed<'v>(body: &'v Value, member: Option<&str>) -> Option<&'v [Value]> {
    let list = match member {
        Some(member) => body.get(member)?,
        None => body,
    };
    list.as_array().map(Vec::as_slice)
}

fn is_plain(value: &Value) -> bool {
    value.is_string() || value.is_number()
}

/// Every text that an enumeration of a schema has.
pub(super) fn enumerated(schema: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut next = vec![schema];
    while let Some(schema) = next.pop() {
        let members = schema.get("enum").and_then(Value::as_array);
        found.extend(members.into_iter().flatten().filter_map(Value::as_str));
        match schema {
            Value::Array(parts) => next.extend(parts),
            Value::Object(parts) => next.extend(parts.values()),
            _ => {}
        }
    }
    found
}

/// Where two parts begin, by the parameter that says it.
struct Beginnings<'o> {
    name: &'o str,
    first: u64,
    second: u64,
    /// Whether the document leaves no doubt how the first part is asked for.
    is_known: bool,
}

/// Where the part that is asked for begins, and the one before it.
fn beginnings<'o>(observation: &Observation<'o>) -> Option<Beginnings<'o>> {
    observation.operation.parameters().iter().find_map(|known| {
        let second = observation.reading.values.query.get(&known.name)?.as_u64()?;
        let (first, is_known) = match known.of_list()? {
            ListParameter::Offset => (0, true),
            ListParameter::Page(first) => (first.unwrap_or(1), first.is_some()),
            _ => return None,
        };
        let is_next = is_offset(observation, &known.name) || second == first + 1;
        is_next.then_some(Beginnings { name: &known.name, first, second, is_known })
    })
}

/// Whether a parameter counts items, and not pages.
fn is_offset(observation: &Observation<'_>, name: &str) -> bool {
    let mut parameters = observation.operation.parameters().iter();
    parameters.any(|known| known.name == name && known.of_list() == Some(ListParameter::Offset))
}

/// Whether the second part of a list goes on where the first one ended: both parts at once, the first one, and both at
/// once again were read right before it.
fn as_parts(observation: &Observation<'_>) -> Found {
    let [.., (both, before), (request, first), (once_more, again)] = observation.earlier[..] else {
        return None;
    };
    let second = observation.response()?;
    let beginnings = match listing::is_by_cursor(observation.operation) {
        true => None,
        false => Some(beginnings(observation)?),
    };
    let is_asked = |request: &Request, from: Option<(&str, u64)>| {
        let pairs = || request.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let is_it = |name: &str| match from.filter(|(known, _)| *known == name) {
            Some((_, from)) => {
                pairs().find(|(key, _)| *key == name).is_some_and(|(_, value)| value.parse() == Ok(from))
            }
            None => !pairs().any(|(key, _)| key == name),
        };
        let name = beginnings.as_ref().map(|known| known.name);
        let cursor = cursor::parameter(observation.operation).map(|known| known.name.as_str());
        request.path() == observation.request.path() && name.or(cursor).is_some_and(is_it)
    };
    let from = beginnings.as_ref().map(|known| (known.name, known.first));
    if both.target != once_more.target || !is_asked(both, None) || !is_asked(request, from) {
        return None;
    }
    let is_good = |response: &counterfoil_openapi::Response| response.status.as_u16() == 200;
    if ![before, first, again, second].into_iter().all(is_good) {
        return None;
    }
    let [whole, first_body, again, second_body] =
        [before, first, again, second].map(|response| serde_json::from_slice::<Value>(&response.body).ok());
    let (whole, first_body, again, second_body) = (whole?, first_body?, again?, second_body?);
    let member = listing::member(&whole);
    let items = |body| listed(body, member);
    let (whole, one, again, two) =
        (items(&whole)?, items(&first_body)?, items(&again)?, items(&second_body)?);
    let size = one.len();
    if size == 0 || size > MAX_PART || whole.len() != 2 * size || two.len() > size || whole != again {
        return None;
    }
    let [whole, one, two] = identified([whole, one, two]);
    let is_distinct = whole.iter().enumerate().all(|(at, item)| !whole[..at].contains(item));
    let is_step = match &beginnings {
        Some(known) => {
            !is_offset(observation, known.name) || usize::try_from(known.second).is_ok_and(|to| to == size)
        }
        None => {
            let cursor = cursor::parameter(observation.operation);
            let asked = cursor.and_then(|known| observation.reading.values.query.get(&known.name));
            asked.is_some_and(|asked| asked.as_str() == cursor::next(&first_body))
        }
    };
    if !is_distinct || !is_step {
        return None;
    }
    let mut found = Vec::new();
    if let Some(item) = two.iter().find(|item| one.contains(item)) {
        found.push((
            "parts overlap".to_owned(),
            format!("{item} is in this part of the list, and in the one before it"),
        ));
    } else if one[..] == whole[..size] && two[..] != whole[size..] {
        let lost = whole[size..].iter().find(|item| !two.contains(item));
        let item = lost.unwrap_or(&whole[size]);
        found.push((
            "parts leave out".to_owned(),
            format!("{item} follows the first part of the list, and is not where the second one begins"),
        ));
    } else if one[..] != whole[..size] && beginnings.is_none_or(|known| known.is_known) {
        let message = format!("the list begins with {}, and its first part with {}", whole[0], one[0]);
        found.push(("parts begin elsewhere".to_owned(), message));
    }
    if let Some((name, pages)) = pages(&first_body, size).filter(|(_, pages)| *pages < 2) {
        let message =
            format!("{name} is {pages} in the first part (`{}`), and there are two", request.target);
        found.push((format!("{name} below the items"), message));
    }
    let told = listing::total(&first_body, &first.headers);
    if let Some((name, total)) = told.filter(|(_, total)| *total < whole.len() as u64) {
        let message = format!(
            "{name} is {total} in the first part (`{}`), and there are {}",
            request.target,
            whole.len()
        );
        found.push((format!("{name} of a part"), message));
    }
    Some(found)
}

/// The member of an item that is beyond a bound, and its value. Of times the years are compared, which no zone changes
/// by more than one.
fn beyond<'i>(item: &'i Value, bound: &Bound, asked: &Value) -> Option<(&'i str, &'i Value)> {
    let year =
        |text: &str| text.get(..4).and_then(|year| year.parse::<i32>().ok()).filter(|_| text.len() >= 10);
    let is_beyond = |found: &Value| match (found, asked) {
        (Value::Number(found), Value::Number(asked)) => {
            let (found, asked) = (found.as_f64().unwrap_or_default(), asked.as_f64().unwrap_or_default());
            // Many take 0 for no bound at all.
            asked != 0.0 && if bound.is_least { found < asked } else { found > asked }
        }
        (Value::String(found), Value::String(asked)) => match (year(found), year(asked)) {
            (Some(found), Some(asked)) if bound.is_least => found < asked - 1,
            (Some(found), Some(asked)) => found > asked + 1,
            _ => false,
        },
        _ => false,
    };
    let members = item.as_object()?.iter();
    let mut named = members.filter(|(name, _)| bound.names.contains(&folded(name)));
    // Of two that are called so, either may be meant.
    let (name, value) = named.next().filter(|_| named.next().is_none())?;
    is_beyond(value).then_some((name.as_str(), value))
}

/// Whether a value is plainly another than the one asked for.
fn is_left_out(found: &Value, asked: &Value) -> bool {
    let is_other = |asked: &Value| match (found, asked) {
        (Value::String(found), Value::String(asked)) => !found.eq_ignore_ascii_case(asked),
        (Value::Bool(found), Value::Bool(true)) => !found,
        _ => false,
    };
    match asked {
        Value::Array(any) => !any.is_empty() && any.iter().all(is_other),
        one => is_other(one),
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn a_list_is_what_was_asked_for() {
        let list = |query: &str, body| {
            let scene = Scene::new("listPets", &format!("/pets?{query}")).body("application/json", body);
            scene.expecting(Expectation::Listed)
        };
        let bare =
            |body| Scene::new("any", "/any").body("application/json", body).expecting(Expectation::Listed);
        let dogs = r#"[{"kind": "dog"}, {"kind": "cat"}]"#;
        let table = [
            (list("limit=1", dogs), "failed: more than limit"),
            (list("limit=2", dogs), "passed"),
            (list("limit=0", dogs), "passed"),
            (list("limit=1", r#"{"total": 2, "pets": [{}, {}]}"#), "failed: more than limit"),
            // Either may be the list.
            (list("limit=1", r#"{"total": 0, "pets": [], "links": [{}, {}]}"#), "n/a"),
            (list("limit=1", r#"{"total": 2, "pets": [{}, {}], "links": []}"#), "n/a"),
            (list("limit=1", r#"{"pets": [{}, {}], "owners": [{}]}"#), "n/a"),
            (list("kind=dog", dogs), "failed: not by kind"),
            (list("kind=dog", r#"[{"kind": "Dog"}, {"kind": null}, {}]"#), "passed"),
            (list("min_age=4", r#"[{"age": 4}, {"age": 3}]"#), "failed: not within min_age"),
            (list("min_age=4", r#"[{"age": 4}, {"age": 5}, {"age": null}, {"age": "3"}, {}]"#), "passed"),
            (
                list("born_before=1971-01-01", r#"[{"born_on": "1999-01-01"}]"#),
                "failed: not within born_before",
            ),
            (list("born_before=1971-01-01", r#"[{"born_on": "1971-12-31"}, {"born_on": "?"}]"#), "passed"),
            // Either may be meant.
            (list("born_before=1971-01-01", r#"[{"born_on": "1999-01-01", "born": "1"}]"#), "passed"),
            (list("kinds=dog&kinds=cat", r#"[{"kinds": "cat"}, {"kinds": "cow"}]"#), "failed: not by kinds"),
            (list("kinds=dog&kinds=cat", r#"[{"kinds": "cat"}, {"kinds": ["cow"]}]"#), "passed"),
            (list("tame=true", r#"[{"tame": false}]"#), "failed: not by tame"),
            (list("tame=false", r#"[{"tame": true}]"#), "passed"),
            (list("limit=1", dogs).status(206), "n/a"),
            (list("limit=1", "no list"), "n/a"),
            (Scene::new("listPets", "/pets?limit=1").body("application/json", dogs), "n/a"),
            (list("sort=-age", r#"[{"age": 2}, {"age": 1}]"#), "passed"),
            (list("sort=-age", r#"[{"age": 1}, {"age": 2}]"#), "failed: not in order of age"),
            // The document has `-age` as well: without it the way is up.
            (list("sort=age", r#"[{"age": 2}, {"age": 1}]"#), "failed: not in order of age"),
            (list("sort=name", r#"[{"name": "b"}, {"name": "a"}]"#), "passed"),
            (
                list("sort=name&order=asc", r#"[{"name": "b"}, {"name": "a"}]"#),
                "failed: not in order of name",
            ),
            (
                list("sort=name", r#"[{"name": "b"}, {"name": "a"}, {"name": "c"}]"#),
                "failed: not in order of name",
            ),
            (list("sort=name", r#"[{"name": "b", "pinned": true}, {"name": "a"}, {"name": "c"}]"#), "passed"),
            (list("limit=2", r#"{"total": 1, "pets": [{}, {}]}"#), "failed: total below the items"),
            (list("limit=2", r#"{"total": 2, "count": 1, "pets": [{}, {}]}"#), "passed"),
            // A list that does not come in parts may have a sum of what its items cost.
            (bare(r#"{"total": 1, "pets": [{}, {}]}"#), "passed"),
            (bare(r#"{"totalCount": 1, "pets": [{}, {}]}"#), "failed: totalCount below the items"),
        ];
        let two = |query| {
            let scene = Scene::new("listTwice", query).body("application/json", r#"[{"id": 1}, {"id": 2}]"#);
            scene.expecting(Expectation::Listed).says("list_conformance")
        };
        assert_eq!(two("/twice?limit=1"), "passed");
        assert_eq!(two("/twice?page_size=1"), "passed");
        for (row, (scene, expected)) in table.into_iter().enumerate() {
            assert_eq!(scene.says("list_conformance"), expected, "row {row}");
        }
    }

    #[test]
    fn parts_make_up_the_whole() {
        let asked = |query: &str, bodies: [&str; 3], second: &'static str| {
            let target = |start: &str| format!("/pets?limit=1{start}");
            let first = query.replace('1', "0").replace('2', "1");
            let targets = ["/pets?limit=2".to_owned(), target(&first), "/pets?limit=2".to_owned()];
            let scene = Scene::new("listPets", &target(query)).body("application/json", second);
            let earlier = targets.iter().zip(bodies);
            earlier
                .fold(scene, |scene, (at, body)| scene.earlier_at(at, Method::GET, "", 200, body))
                .expecting(Expectation::Continued)
                .says("list_conformance")
        };
        let parts = |both: &str, first: &str, again: &str, second: &'static str| {
            asked("&offset=1", [both, first, again], second)
        };
        let both = r#"[{"id": 1}, {"id": 2}]"#;
        let wrapped = r#"{"total": 5, "pets": [{"id": 1}, {"id": 2}]}"#;
        let table = [
            (both, r#"[{"id": 1}]"#, both, r#"[{"id": 2}]"#, "passed"),
            (both, r#"[{"id": 1}]"#, both, r#"[{"id": 1}]"#, "failed: parts overlap"),
            (both, r#"[{"id": 1}]"#, both, r#"[{"id": 3}]"#, "failed: parts leave out"),
            (both, r#"[{"id": 1}]"#, both, "[]", "failed: parts leave out"),
            (both, r#"[{"id": 2}]"#, both, r#"[{"id": 3}]"#, "failed: parts begin elsewhere"),
            // What else an item shows may be about its place in the part.
            (
                r#"[{"id": 1, "rank": 0}, {"id": 2, "rank": 1}]"#,
                r#"[{"id": 1, "rank": 0}]"#,
                r#"[{"id": 1, "rank": 0}, {"id": 2, "rank": 1}]"#,
                r#"[{"id": 2, "rank": 0}]"#,
                "passed",
            ),
            // What changes by itself, or holds less than was asked for, proves nothing.
            (both, r#"[{"id": 1}]"#, r#"[{"id": 2}, {"id": 1}]"#, r#"[{"id": 1}]"#, "n/a"),
            (r#"[{"id": 1}]"#, r#"[{"id": 1}]"#, r#"[{"id": 1}]"#, r#"[{"id": 1}]"#, "n/a"),
            (r#"[{}, {}]"#, "[{}]", r#"[{}, {}]"#, "[{}]", "n/a"),
            (
                wrapped,
                r#"{"total": 5, "pets": [{"id": 1}]}"#,
                wrapped,
                r#"{"total": 5, "pets": [{"id": 2}]}"#,
                "passed",
            ),
            (
                wrapped,
                r#"{"total": 5, "pets": [{"id": 1}]}"#,
                wrapped,
                r#"{"pets": []}"#,
                "failed: parts leave out",
            ),
            (
                wrapped,
                r#"{"total": 1, "pets": [{"id": 1}]}"#,
                wrapped,
                r#"{"total": 1, "pets": [{"id": 2}]}"#,
                "failed: total of a part",
            ),
            (
                wrapped,
                r#"{"totalPages": 1, "pets": [{"id": 1}]}"#,
                wrapped,
                r#"{"totalPages": 1, "pets": [{"id": 2}]}"#,
                "failed: totalPages below the items",
            ),
            // It may be the number of items of the page.
            (
                wrapped,
                r#"{"page_count": 1, "pets": [{"id": 1}]}"#,
                wrapped,
                r#"{"page_count": 1, "pets": [{"id": 2}]}"#,
                "passed",
            ),
            (
                wrapped,
                r#"{"pageCount": 0, "pets": [{"id": 1}]}"#,
                wrapped,
                r#"{"pageCount": 0, "pets": [{"id": 2}]}"#,
                "failed: pageCount below the items",
            ),
        ];
        for (both, first, again, second, expected) in table {
            assert_eq!(parts(both, first, again, second), expected, "{both} {first} {again} {second}");
        }
        // Pages may begin at 0 where the document does not say: what is called the first one is the second then.
        let second = r#"[{"id": 2}]"#;
        assert_eq!(asked("&page=2", [both, second, both], r#"[{"id": 3}]"#), "passed");
        assert_eq!(asked("&page=2", [both, second, both], second), "failed: parts overlap");
        // What asks for no part, or for another one, is none.
        for query in ["", "&offset=0", "&offset=2", "&page=1"] {
            assert_eq!(asked(query, [both, r#"[{"id": 1}]"#, both], r#"[{"id": 1}]"#), "n/a", "{query}");
        }
    }
}
