//! Whether a list has what was made in it.

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use counterfoil_openapi::{Direction, Operation, Request, Response, folded};

use super::Observation;
use super::fresh::is_cached;
use super::listed::{name_of, plain};
use crate::resource::listing::{self, is_identifier, is_naming};
use crate::resource::whole::is_whole;

/// Years up to which and from which on times are all past, or all to come.
const PAST: i32 = 2015;
const FUTURE: i32 = 2100;
/// What names of members end in, folded, that refer to another thing.
const REFERENCES: [&str; 9] = ["id", "ids", "uuid", "guid", "ref", "key", "owner", "user", "href"];
/// Words in names of members, folded, that sort things into kinds.
const KINDS: [&str; 12] = [
    "status", "state", "stage", "phase", "visib", "type", "kind", "role", "category", "lang", "local",
    "region",
];
/// What names of members end in, folded, that are times, as numbers too.
const TIMES: [&str; 24] = [
    "at",
    "on",
    "date",
    "time",
    "until",
    "from",
    "to",
    "expires",
    "expiry",
    "expiration",
    "since",
    "before",
    "after",
    "start",
    "starts",
    "begin",
    "begins",
    "end",
    "ends",
    "due",
    "deadline",
    "stamp",
    "day",
    "year",
];
/// Beyond what a number may be a time, or stand for something.
const GREAT: f64 = 1e8;
/// The longest word that may be a state which nobody listed.
const MAX_WORD: usize = 24;

/// A request with its answer.
pub(crate) type Exchange<'e> = (&'e Request, &'e Response);

/// A thing that was made in a list, and read, and that the list does not have, though it shows all that there is.
#[derive(Debug)]
pub(crate) struct Missing {
    list: Value,
    read: Map<String, Value>,
    sent: Map<String, Value>,
    /// The member that tells it from others.
    member: String,
    /// What enumerations have.
    words: Vec<String>,
}

impl Missing {
    /// What the first request of a story made, and is missing, though the list has something that the story made after it:
    /// one that is kept for a while has neither. `limit` is the one that was sent.
    pub(crate) fn of(
        operation: &Operation,
        story: &[Exchange<'_>],
        (reading, read): Exchange<'_>,
        (request, response): Exchange<'_>,
        limit: Option<u64>,
    ) -> Option<Self> {
        let ((made, answer), since) = story.split_first()?;
        let is_good = |response: &Response| response.status.as_u16() == 200;
        let is_made = is_good(answer) || answer.status.as_u16() == 201;
        let (own, path) = (made.path().trim_end_matches('/'), request.path().trim_end_matches('/'));
        if made.method != Method::POST
            || reading.method != Method::GET
            || !is_made
            || own != path
            || !is_good(read)
            || !is_good(response)
        {
            return None;
        }
        let name = name_of(reading)?;
        let Ok(Value::Object(sent)) = serde_json::from_slice(&made.body) else { return None };
        let Ok(Value::Object(read)) = serde_json::from_slice(&read.body) else { return None };
        let mut members = read.iter().filter(|(member, value)| is_naming(member) && is_called(value, &name));
        let member = members.next().map(|(member, _)| member).filter(|_| members.next().is_none())?;
        let member = member.clone();
        let list: Value = serde_json::from_slice(&response.body).ok()?;
        let items = listing::items(&list)?;
        let is_missing = is_whole(operation, limit, response, &list, items.len())
            && !items.iter().any(|item| leads_to(item, &name));
        let missing = is_missing.then(|| Self { read, sent, member, words: words(operation), list })?;
        since.iter().any(|step| missing.shows_other(made, *step)).then_some(missing)
    }

    /// What the list has.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Map<String, Value>> {
        listing::items(&self.list).into_iter().flatten().filter_map(Value::as_object)
    }

    /// Whether the list has another thing, that an exchange made where this one was.
    fn shows_other(&self, first: &Request, (made, answer): Exchange<'_>) -> bool {
        fn path(request: &Request) -> &str {
            request.path().trim_end_matches('/')
        }
        let is_made = made.method == Method::POST
            && matches!(answer.status.as_u16(), 200 | 201)
            && path(made) == path(first);
        let body = is_made.then(|| serde_json::from_slice::<Value>(&answer.body).ok()).flatten();
        body.as_ref().and_then(|body| body.get(&self.member)).is_some_and(|name| {
            plain(name).is_some()
                && *name != self.read[&self.member]
                && self.items().any(|item| item.get(&self.member) == Some(name))
        })
    }

    /// Another thing in the list that is like it. Many lists leave something out: what is not published, or past, or
    /// somebody else's. So it has to agree with it in whatever may decide that.
    pub(crate) fn like(&self) -> Option<&Map<String, Value>> {
        let kin = Kin { member: &self.member, sent: &self.sent, words: &self.words };
        self.items().find(|item| kin.is_alike(&self.read, item, 0))
    }
}

/// What was made and is [`Missing`] in a list, which was asked for before, and has another thing like it.
pub(super) fn still_missing(observation: &Observation<'_>) -> Option<(String, String)> {
    let response = observation.response()?;
    let (before, answered) = observation.earlier.last()?;
    let reading = observation.reading()?;
    if before.target != observation.request.target || is_cached(answered) || is_cached(response) {
        return None;
    }
    let limit = listing::asked(observation.operation, &observation.reading.values);
    let missing = |response| {
        let listed = (observation.request, response);
        Missing::of(observation.operation, &observation.earlier, reading, listed, limit)
    };
    let _ = missing(*answered)?;
    let missing = missing(response)?;
    let (member, like) = (&missing.member, missing.like()?);
    let message = format!(
        "the thing whose {member} is {} was made here and read, and is not in the list, which has the like of it \
         ({member}: {})",
        missing.read[member], like[member]
    );
    Some(("made, and not listed".to_owned(), message))
}

fn is_called(value: &Value, name: &str) -> bool {
    plain(value).is_some_and(|text| text == name)
}

/// Whether anything in an item is a name, or a link that ends with it.
pub(super) fn leads_to(item: &Value, name: &str) -> bool {
    let is_end = |text: &str| {
        text.rsplit_once('/').is_some_and(|(_, end)| percent_decode_str(end).decode_utf8_lossy() == name)
    };
    match item {
        Value::Object(members) => members
            .iter()
            .any(|(member, value)| is_naming(member) && is_called(value, name) || leads_to(value, name)),
        Value::Array(values) => values.iter().any(|value| leads_to(value, name)),
        Value::String(text) => is_end(text),
        _ => false,
    }
}

/// Every text that an enumeration in the answers or the parameters of an operation has.
fn words(operation: &Operation) -> Vec<String> {
    let responses = operation.responses().iter().flat_map(|response| response.content.iter());
    let schemas = responses.filter_map(|media| media.schema.as_ref());
    let mut found = Vec::new();
    for schema in schemas {
        let texts = super::list_conformance::enumerated(schema.bundle(Direction::Response));
        found.extend(texts.into_iter().map(str::to_owned));
    }
    found
}

/// What makes two things alike.
struct Kin<'k> {
    /// The member that tells them apart.
    member: &'k str,
    /// What a client sent to make one of them.
    sent: &'k Map<String, Value>,
    /// What enumerations have.
    words: &'k [String],
}

impl Kin<'_> {
    /// Whether two things agree in whatever may decide who sees them: the same members, the same words and answers to
    /// yes and no, the same things referred to, times on the same side of now.
    fn is_alike(&self, one: &Map<String, Value>, other: &Map<String, Value>, depth: usize) -> bool {
        let is_own = |name: &str| depth == 0 && (name == self.member || is_identifier(name));
        let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
        names.filter(|name| !is_own(name)).all(|name| match (one.get(name), other.get(name)) {
            (Some(one), Some(other)) => self.agree(name, one, other, depth),
            (Some(only), None) | (None, Some(only)) => self.is_idle(name, only),
            (None, None) => true,
        })
    }

    /// Whether nobody is kept from seeing a thing by whether it has a member: a text that is no word, time or name.
    fn is_idle(&self, name: &str, value: &Value) -> bool {
        match value {
            Value::String(text) => {
                let is_kind = KINDS.iter().any(|word| folded(name).contains(word));
                !is_kind
                    && !refers(name)
                    && year(text).is_none()
                    && !self.words.contains(text)
                    && !is_word(text)
            }
            Value::Array(values) => values.iter().all(|value| self.is_idle(name, value)),
            _ => false,
        }
    }

    fn agree(&self, name: &str, one: &Value, other: &Value, depth: usize) -> bool {
        match (one, other) {
            (one, other) if one == other => true,
            (Value::Number(_), Value::Number(_)) if !refers(name) => {
                let numbers = one.as_f64().zip(other.as_f64());
                !is_time(name) && numbers.is_some_and(|(one, other)| are_near(one, other))
            }
            (Value::String(first), Value::String(second)) => {
                let is_listed = |text: &String| self.words.contains(text);
                let is_state = |text: &str| !self.sent.contains_key(name) && is_word(text);
                let is_fixed = refers(name)
                    || KINDS.iter().any(|word| folded(name).contains(word))
                    || is_listed(first)
                    || is_listed(second)
                    || is_state(first)
                    || is_state(second)
                    || first.is_empty() != second.is_empty();
                match (year(first), year(second)) {
                    (Some(first), Some(second)) => {
                        (first == second && !self.sent.contains_key(name))
                            || first.max(second) < PAST
                            || first.min(second) > FUTURE
                    }
                    (None, None) => !is_fixed,
                    _ => false,
                }
            }
            (Value::Array(first), Value::Array(second)) => first.is_empty() == second.is_empty(),
            (Value::Object(first), Value::Object(second)) => {
                depth < 4 && self.is_alike(first, second, depth + 1)
            }
            _ => false,
        }
    }
}

/// Whether a member refers to another thing.
fn refers(name: &str) -> bool {
    let name = folded(name);
    REFERENCES.iter().any(|end| name.ends_with(end))
}

/// Whether a member is a time by its name.
fn is_time(name: &str) -> bool {
    let name = folded(name);
    TIMES.iter().any(|end| name.ends_with(end))
}

/// Whether two numbers are of the same sign and magnitude, and of none that times have.
fn are_near(one: f64, other: f64) -> bool {
    let (least, most) = (one.abs().min(other.abs()), one.abs().max(other.abs()));
    let is_same_side = (one == 0.0) == (other == 0.0) && (one < 0.0) == (other < 0.0);
    is_same_side && most <= GREAT && most <= 10.0 * least
}

/// Whether a text is a single word, as those of states are.
fn is_word(text: &str) -> bool {
    let is_of_word = |letter: char| letter.is_ascii_alphabetic() || matches!(letter, '-' | '_');
    text.len() <= MAX_WORD && text.chars().all(is_of_word)
}

/// The year of a text that is a date or a time.
fn year(text: &str) -> Option<i32> {
    let is_date = text.len() >= 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    text.get(..4)?.parse().ok().filter(|_| is_date)
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    /// What is said where a thing was made and read, and the list came twice.
    fn said(sent: &str, read: &'static str, lists: [&'static str; 2]) -> String {
        beside(sent, read, lists, "/defaults", r#"{"id": 1}"#).says("list_conformance")
    }

    /// The same with another thing that is made after it.
    fn beside(sent: &str, read: &'static str, lists: [&'static str; 2], path: &str, other: &str) -> Scene {
        let scene = Scene::new("listDefaults", "/defaults?limit=50").body("application/json", lists[1]);
        scene
            .earlier_at("/defaults", Method::POST, sent, 201, read)
            .earlier_at(path, Method::POST, sent, 201, other)
            .earlier_at("/defaults/7", Method::GET, "", 200, read)
            .earlier_at("/defaults?limit=50", Method::GET, "", 200, lists[0])
            .read_before(read)
            .expecting(Expectation::Enlisted)
    }

    #[test]
    fn a_list_that_is_old_is_not_blamed() {
        let (read, list) = (r#"{"id": 7}"#, r#"[{"id": 1}]"#);
        let table = [
            ("/defaults", r#"{"id": 1}"#, "failed: made, and not listed"),
            // It has nothing that was made later.
            ("/defaults", r#"{"id": 8}"#, "passed"),
            ("/defaults", "{}", "passed"),
            ("/others", r#"{"id": 1}"#, "passed"),
        ];
        for (path, other, expected) in table {
            let scene = beside("{}", read, [list; 2], path, other);
            assert_eq!(scene.says("list_conformance"), expected, "{path} {other}");
        }
        let scene = || beside("{}", read, [list; 2], "/defaults", r#"{"id": 1}"#);
        assert_eq!(scene().header("x-cache", "HIT").says("list_conformance"), "passed");
        assert_eq!(scene().header("age", "7").says("list_conformance"), "passed");
    }

    #[test]
    fn what_was_made_is_in_its_list() {
        let failed = "failed: made, and not listed";
        let table = [
            (r#"{"id": 7}"#, r#"[{"id": 1}]"#, failed),
            (r#"{"id": 7}"#, r#"[{"id": 1}, {"id": 7}]"#, "passed"),
            (r#"{"id": 7}"#, r#"[{"id": 1}, {"id": 2, "self": "/defaults/7"}]"#, "passed"),
            (r#"{"id": 7}"#, "[]", "passed"),
            // There may be more of them.
            (r#"{"id": 7}"#, r#"{"total": 2, "items": [{"id": 1}]}"#, "passed"),
            (r#"{"id": 7}"#, r#"{"next": "c2", "items": [{"id": 1}]}"#, "passed"),
            // What is in the list is of another kind.
            (r#"{"id": 7}"#, r#"[{"id": 1, "open": true}]"#, "passed"),
            (r#"{"id": 7, "open": false}"#, r#"[{"id": 1, "open": true}]"#, "passed"),
            (r#"{"id": 7, "open": false}"#, r#"[{"id": 1, "open": false}]"#, failed),
            (r#"{"id": 7, "open": null}"#, r#"[{"id": 1, "open": false}]"#, "passed"),
            (r#"{"id": 7, "kind": "cat"}"#, r#"[{"id": 1, "kind": "dog"}]"#, "passed"),
            (r#"{"id": 7, "kind": "a b"}"#, r#"[{"id": 1, "kind": "c d"}]"#, "passed"),
            (r#"{"id": 7, "state": "pending"}"#, r#"[{"id": 1, "state": "approved"}]"#, "passed"),
            (r#"{"id": 7, "ownerId": 3}"#, r#"[{"id": 1, "ownerId": 4}]"#, "passed"),
            (r#"{"id": 7, "ownerId": 3}"#, r#"[{"id": 1, "ownerId": 3}]"#, failed),
            (r#"{"id": 7, "stock": 0}"#, r#"[{"id": 1, "stock": 4}]"#, "passed"),
            (r#"{"id": 7, "stock": 3}"#, r#"[{"id": 1, "stock": 4}]"#, failed),
            (r#"{"id": 7, "stock": 3}"#, r#"[{"id": 1, "stock": -4}]"#, "passed"),
            // Times are numbers as well, and some numbers are thresholds.
            (r#"{"id": 7, "expiresAt": 1234}"#, r#"[{"id": 1, "expiresAt": 1900000000}]"#, "passed"),
            (r#"{"id": 7, "expiresAt": 1234}"#, r#"[{"id": 1, "expiresAt": 1235}]"#, "passed"),
            (r#"{"id": 7, "expiresAt": 1234}"#, r#"[{"id": 1, "expiresAt": 1234}]"#, failed),
            (r#"{"id": 7, "seen": 1234}"#, r#"[{"id": 1, "seen": 1900000000}]"#, "passed"),
            (r#"{"id": 7, "seen": 1800000000}"#, r#"[{"id": 1, "seen": 1900000000}]"#, "passed"),
            (r#"{"id": 7, "radius": 3}"#, r#"[{"id": 1, "radius": 400}]"#, "passed"),
            (r#"{"id": 7, "radius": 30}"#, r#"[{"id": 1, "radius": 4}]"#, failed),
            (r#"{"id": 7, "on": "1999-01-01"}"#, r#"[{"id": 1, "on": "2026-01-01"}]"#, "passed"),
            (r#"{"id": 7, "on": "1999-01-01"}"#, r#"[{"id": 1, "on": "2001-01-01"}]"#, failed),
            (r#"{"id": 7, "on": "2026-01-01"}"#, r#"[{"id": 1, "on": "2026-12-01"}]"#, failed),
            (r#"{"id": 7, "due": "2026-01-01"}"#, r#"[{"id": 1, "due": "2026-12-01"}]"#, "passed"),
            (r#"{"id": 7, "due": "2026-01-01"}"#, r#"[{"id": 1, "due": "2026-01-01"}]"#, failed),
            (r#"{"id": 7, "tags": []}"#, r#"[{"id": 1, "tags": ["a"]}]"#, "passed"),
            (r#"{"id": 7, "of": {"a": true}}"#, r#"[{"id": 1, "of": {"a": false}}]"#, "passed"),
            // What it is called, and says, is its own.
            (r#"{"id": 7, "note": "a b"}"#, r#"[{"id": 1}]"#, failed),
            (r#"{"id": 7, "title": "One of two"}"#, r#"[{"id": 1, "title": "Another"}]"#, failed),
        ];
        let sent = r#"{"title": "One of two", "kind": "x", "due": "2026-01-01"}"#;
        for (read, list, expected) in table {
            assert_eq!(said(sent, read, [list; 2]), expected, "{read} {list}");
        }
        let (read, without, with) = (r#"{"id": 7}"#, r#"[{"id": 1}]"#, r#"[{"id": 1}, {"id": 7}]"#);
        // It was only late, or gone at once.
        assert_eq!(said(sent, read, [without, with]), "passed");
        assert_eq!(said(sent, read, [with, without]), "passed");
        assert_eq!(said("text", read, [without, without]), "passed");
    }
}
