//! Whether a thing that was made below another one is shown as a thing of that one.

use counterfoil_openapi::{PathTemplate, Request, folded};
use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::listed::{Listed, plain};
use super::named::is_another;
use super::write_read_consistency::{Found, object};
use super::{Expectation, Observation};
use crate::resource::listing;
use crate::resource::naming::noun;

/// Who does things: below one of them may be what another one did.
const ACTORS: [&str; 17] = [
    "user",
    "account",
    "member",
    "person",
    "profile",
    "author",
    "owner",
    "employee",
    "customer",
    "client",
    "identity",
    "principal",
    "contact",
    "sender",
    "creator",
    "player",
    "me",
];
/// What is below another of its kind: a thing of the lower one may show the upper one.
const NESTED: [&str; 7] = ["comment", "message", "reply", "thread", "node", "parent", "entry"];
/// What may have others of its kind in it, whose things are in its lists too.
const NESTING: [&str; 22] = [
    "category",
    "folder",
    "directory",
    "group",
    "organization",
    "organisation",
    "org",
    "unit",
    "department",
    "location",
    "region",
    "area",
    "page",
    "section",
    "team",
    "space",
    "collection",
    "tag",
    "project",
    "company",
    "task",
    "issue",
];

/// The shortest noun that no other word begins with by chance.
const MIN_NOUN: usize = 3;
/// The shortest text that nobody shows by chance.
const MIN_TELLING: usize = 4;

/// One thing that a path leads through.
struct Parent {
    noun: String,
    /// The name, folded, of the member that refers to it.
    member: String,
    /// What stands in its place.
    name: String,
}

/// Whether a variable is called after what it names: `petId`, `shelfId` and `groupId` of `/pets`, `/shelves` and
/// `/user-groups`. Anything may have an `id`, a `number` or a `version` of its own.
fn is_of(variable: &str, noun: &str) -> bool {
    let stem = ["uuid", "guid", "id", "key"].iter().find_map(|end| variable.strip_suffix(end));
    let is_like = |stem: &str| {
        let shared = stem.chars().zip(noun.chars()).take_while(|(one, other)| one == other).count();
        let is_irregular = shared >= MIN_NOUN && shared * 2 > stem.len();
        is_irregular || stem.len() >= MIN_NOUN && noun.ends_with(stem)
    };
    noun.len() >= MIN_NOUN && (variable.starts_with(noun) && variable != noun || stem.is_some_and(is_like))
}

/// Whether a name may stand for no thing, or for all of them: `0`, `-1`, the nil UUID.
fn is_none(name: &str) -> bool {
    name.starts_with('-') || name.bytes().all(|character| matches!(character, b'0' | b'-'))
}

/// The things that a path leads through, from left to right.
fn parents(template: &PathTemplate, path: &str) -> Vec<Parent> {
    let Some(captures) = template.captures(path) else { return Vec::new() };
    let text = template.as_str();
    let segments: Vec<&str> = text.split('/').collect();
    let parent = |(variable, raw): (&str, &str)| {
        let at = segments.iter().position(|segment| *segment == format!("{{{variable}}}"))?;
        let noun = noun(at.checked_sub(1).and_then(|before| segments.get(before))?);
        let name = percent_decode_str(raw).decode_utf8().ok()?.into_owned();
        let variable = folded(variable);
        let member = match () {
            () if variable == noun => format!("{noun}id"),
            () if is_of(&variable, &noun) => variable,
            () => format!("{noun}{variable}"),
        };
        Some(Parent { noun, member, name })
    };
    captures.into_iter().filter_map(parent).collect()
}

/// Kind and message of what is shown as a thing of another one than it was made below.
pub(super) fn of_another(
    observation: &Observation<'_>,
    shown: &Map<String, Value>,
) -> Option<(String, String)> {
    let ((maker, reply), since) = observation.earlier.split_first()?;
    let is_made = maker.method == Method::POST && reply.status.as_u16() == 201;
    let template = template(observation, maker).filter(|_| is_made)?;
    // What is done to it by another path may put it elsewhere.
    let stays = |request: &Request| {
        let path = request.path();
        request.method.is_safe() || path == maker.path() || path == observation.request.path()
    };
    let is_it = observation.expectation == Some(Expectation::Made)
        || observation.earlier.iter().any(|(request, _)| is_as_sent(request, shown));
    if !is_it || !since.iter().all(|(request, _)| stays(request)) {
        return None;
    }
    let own = parents(observation.operation.path(), observation.request.path());
    let around = parents(&template, maker.path());
    let names: Vec<&str> = own.iter().chain(&around).map(|parent| parent.name.as_str()).collect();
    let requests: Vec<&Request> = observation.earlier.iter().map(|(request, _)| *request).collect();
    around.iter().find_map(|parent| elsewhere(parent, shown, &names, &requests))
}

/// Kind and message of what shows another thing than the one it was made below, and none that has another place in the
/// path, or that was sent.
fn elsewhere(
    parent: &Parent,
    shown: &Map<String, Value>,
    names: &[&str],
    requests: &[&Request],
) -> Option<(String, String)> {
    let noun = parent.noun.as_str();
    let (member, value) = shown.iter().find(|(name, _)| parent.member == folded(name))?;
    let other = plain(value).filter(|_| !ACTORS.contains(&noun) && !NESTED.contains(&noun))?;
    let is_other = is_another(&parent.name, &other)
        && !is_none(&other)
        && !names.iter().any(|name| name.eq_ignore_ascii_case(&other))
        && !requests.iter().any(|request| says(request, member, &other));
    let message = format!("{member} is {other}, and it was made below {} {}", parent.noun, parent.name);
    is_other.then(|| (format!("of another: {member}"), message))
}

/// Kinds and messages of what was made below a thing, and is answered with as one of another; nothing where the answer
/// shows no such thing.
pub(super) fn placed(observation: &Observation<'_>) -> Found {
    let request = observation.request;
    let reply = observation.response().filter(|response| response.status.as_u16() == 201)?;
    let made = object(&reply.body).filter(|made| is_as_sent(request, made))?;
    let around = parents(observation.operation.path(), request.path());
    // What is made of a thing (`/boards/7/clone`) may be another one of its kind.
    let kind = observation.operation.path().as_str().rsplit('/').next()?;
    let is_of_kind = noun(kind) == folded(kind) || around.iter().any(|parent| parent.noun == noun(kind));
    let own = made.iter().find(|(name, _)| listing::is_identifier(name)).filter(|_| !is_of_kind)?;
    let own = plain(own.1)?;
    let names: Vec<&str> =
        around.iter().map(|parent| &parent.name).chain([&own]).map(String::as_str).collect();
    let is_shown = |parent: &&Parent| made.keys().any(|name| parent.member == folded(name));
    let mut around = around.iter().filter(is_shown).peekable();
    around.peek()?;
    Some(around.find_map(|parent| elsewhere(parent, &made, &names, &[request])).into_iter().collect())
}

/// Whether a thing shows a text that was sent, so that it is what that was sent to.
fn is_as_sent(request: &Request, shown: &Map<String, Value>) -> bool {
    let sent = object(&request.body).filter(|_| !request.method.is_safe()).unwrap_or_default();
    let is_telling = |value: &Value| value.as_str().is_some_and(|text| text.len() >= MIN_TELLING);
    sent.iter().any(|(name, value)| is_telling(value) && shown.get(name) == Some(value))
}

/// The path of the document that a request was sent to, with the fewest variables.
fn template(observation: &Observation<'_>, request: &Request) -> Option<PathTemplate> {
    let paths = observation.operation.document().root().get("paths")?.as_object()?;
    let templates = paths.keys().map(|path| PathTemplate::parse(path));
    templates
        .filter(|template| template.captures(request.path()).is_some())
        .min_by_key(|template| template.variables().count())
}

/// Whether a request was sent to a path that leads through another thing, or to one that nobody knows.
pub(super) fn is_below(observation: &Observation<'_>, request: &Request) -> bool {
    template(observation, request).is_none_or(|template| template.variables().next().is_some())
}

/// What the document asks for of who sends a POST; nothing where it does not have it.
pub(super) fn security<'a>(observation: &'a Observation<'_>, post: &Request) -> Option<&'a [Value]> {
    let root = observation.operation.document().root();
    let template = template(observation, post)?;
    let operation = root.get("paths")?.get(template.as_str())?.get("post")?;
    let security = operation.get("security").or_else(|| root.get("security"));
    Some(security.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default())
}

/// Whether a request has a value, or anything by the name of a member, outside of its path and its headers.
fn says(request: &Request, member: &str, value: &str) -> bool {
    if request.method.is_safe() {
        return false;
    }
    let is_said = |text: &str| {
        let is_in_name = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
        folded(text).contains(&folded(member))
            || text.split(|character| !is_in_name(character)).any(|word| word.eq_ignore_ascii_case(value))
    };
    is_said(request.query().unwrap_or_default()) || is_said(&String::from_utf8_lossy(&request.body))
}

/// Kind and message of a list of what is below one thing, and what is below another one is in it: what was read by
/// itself, and made where the list is, shows the one.
pub(super) fn strangers(observation: &Observation<'_>, body: &[u8]) -> Option<(String, String)> {
    let around = parents(observation.operation.path(), observation.request.path());
    let listed = Listed::new(observation, body).filter(|_| !around.is_empty())?;
    let items = listing::items(&listed.list)?;
    let of = |parent: &Parent| {
        let noun = parent.noun.as_str();
        let is_plain = ![&ACTORS[..], &NESTED, &NESTING].into_iter().flatten().any(|known| *known == noun);
        let (member, value) = listed.read.iter().find(|(name, _)| parent.member == folded(name))?;
        let is_its = is_plain && plain(value).is_some_and(|name| name.eq_ignore_ascii_case(&parent.name));
        // What has two ends is in the lists of both.
        let is_end = |(name, value): (&String, &Value)| name != member && has(value, &parent.name);
        let others = items
            .iter()
            .filter(|item| !item.as_object().is_some_and(|item| item.iter().any(is_end)))
            .filter_map(|item| plain(item.get(member)?));
        let is_other = |other: &String| is_another(&parent.name, other) && !is_none(other);
        let other = others.filter(|_| is_its).find(is_other)?;
        let message = format!(
            "{member} is {} where what was made is read, and in the path, and {other} of an item of the list",
            parent.name
        );
        Some((format!("items of another: {member}"), message))
    };
    around.iter().find_map(of)
}

/// Whether a value is a name, or has it in it.
fn has(value: &Value, name: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| has(item, name)),
        Value::Object(members) => members.values().any(|member| has(member, name)),
        _ => plain(value).is_some_and(|text| text.eq_ignore_ascii_case(name)),
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn a_thing_is_of_what_it_was_made_below() {
        let read = |at: &str, sent: &str, shown: &'static str| {
            Scene::new("readBook", "/books/7")
                .expecting(Expectation::Made)
                .earlier_at(at, Method::POST, sent, 201, "{}")
                .body("application/json", shown)
                .says("write_read_consistency")
        };
        let (shelf, rack) = ("/shelves/3/books", "/racks/3/books");
        let table = [
            (shelf, "{}", r#"{"id": 7, "shelfId": 3}"#, "n/a"),
            (shelf, "{}", r#"{"id": 7, "shelf_id": "3"}"#, "n/a"),
            (shelf, "{}", r#"{"id": 7, "shelfId": 4}"#, "failed: of another: shelfId"),
            (rack, "{}", r#"{"id": 7, "rackId": 4}"#, "failed: of another: rackId"),
            // That is another name, and no number of a shelf.
            (shelf, "{}", r#"{"id": 7, "shelfId": "upper"}"#, "n/a"),
            (shelf, "{}", r#"{"id": 7, "shelfId": null}"#, "n/a"),
            (rack, "{}", r#"{"id": 9}"#, "n/a"),
            // It is the thing itself, or where it was sent to.
            (shelf, "{}", r#"{"shelfId": 7}"#, "n/a"),
            (shelf, r#"{"shelfId": 4}"#, r#"{"id": 7, "shelfId": 4}"#, "n/a"),
            (shelf, r#"{"shelf-id": 4}"#, r#"{"id": 7, "shelfId": 5}"#, "n/a"),
            (shelf, r#"{"place": "room 4"}"#, r#"{"id": 7, "shelfId": 4}"#, "n/a"),
            (shelf, r#"{"place": 44}"#, r#"{"id": 7, "shelfId": 4}"#, "failed: of another: shelfId"),
            ("/shelves/3/books?to=4", "{}", r#"{"id": 7, "shelfId": 4}"#, "n/a"),
            (shelf, "{}", r#"{"id": 7, "shelfId": 0}"#, "n/a"),
            (shelf, "{}", r#"{"id": 7, "shelfId": -1}"#, "n/a"),
            // It has a number, a year and a line of its own.
            ("/issues/9/remarks", "{}", r#"{"id": 7, "number": 1}"#, "n/a"),
            ("/issues/9/remarks", "{}", r#"{"id": 7, "issueNumber": 9}"#, "n/a"),
            ("/issues/9/remarks", "{}", r#"{"id": 7, "issueNumber": 1}"#, "failed: of another: issueNumber"),
            ("/lines/9/remarks", "{}", r#"{"id": 7, "line": 1}"#, "n/a"),
            ("/lines/9/remarks", "{}", r#"{"id": 7, "lineId": 1}"#, "failed: of another: lineId"),
            // Who did it need not be whose it is.
            ("/users/3/books", "{}", r#"{"id": 7, "userId": 4}"#, "n/a"),
            ("/shelves/3/books/5", "{}", r#"{"id": 7, "shelfId": 5}"#, "n/a"),
        ];
        for (at, sent, shown, expected) in table {
            assert_eq!(read(at, sent, shown), expected, "{at} {sent} {shown}");
        }
    }

    #[test]
    fn a_member_refers_to_what_a_variable_is_called_after() {
        let table = [
            ("/pets/{petId}", "petid"),
            ("/pets/{pet_number}", "petnumber"),
            ("/user-groups/{groupId}", "groupid"),
            ("/shelves/{shelfId}", "shelfid"),
            ("/indices/{indexId}", "indexid"),
            ("/parts/{parentId}", "partparentid"),
            ("/organizations/{organizationSlug}", "organizationslug"),
            ("/pets/{id}", "petid"),
            ("/pets/{pet}", "petid"),
            ("/years/{year}", "yearid"),
            ("/pets/{number}", "petnumber"),
            ("/pets/{iid}", "petiid"),
            ("/pets/{externalId}", "petexternalid"),
            ("/v/{version}", "vversion"),
        ];
        let bare = ["no", "code", "seq", "index", "version", "year", "slug", "name", "uuid", "key"];
        let bare = bare.map(|variable| (format!("/pets/{{{variable}}}"), format!("pet{variable}")));
        let table = table.map(|(path, member)| (path.to_owned(), member.to_owned()));
        for (path, expected) in table.into_iter().chain(bare) {
            let template = super::PathTemplate::parse(&path);
            let at = format!("{}/7", path.rsplit_once('/').unwrap().0);
            assert_eq!(super::parents(&template, &at)[0].member, expected, "{path}");
        }
        let nil = "00000000-0000-0000-0000-000000000000";
        assert!([nil, "0", "-1"].into_iter().all(super::is_none));
        assert!(!["10", "cus_0", "36ad5666-9159-4e6e-b3dd-f8a06f115ebf"].into_iter().any(super::is_none));
    }

    #[test]
    fn what_is_made_below_a_thing_is_answered_with_as_of_it() {
        let sent = r#"{"name": "atlas"}"#;
        let made = |at: &str, status, answer: &'static str| {
            let operation = match at {
                _ if at.ends_with("lend") => "lendBook",
                _ if at.starts_with("/issues") => "addRemark",
                _ => "addBook",
            };
            Scene::new(operation, at)
                .method(Method::POST)
                .sent_body("application/json", sent)
                .expecting(Expectation::Placed)
                .status(status)
                .body("application/json", answer)
                .says("write_read_consistency")
        };
        let books = "/shelves/3/books";
        let table = [
            (books, 201, r#"{"id": 7, "name": "atlas", "shelfId": 3}"#, "passed"),
            (books, 201, r#"{"id": 7, "name": "atlas", "shelfId": 4}"#, "failed: of another: shelfId"),
            (books, 201, r#"{"id": 7, "name": "atlas"}"#, "n/a"),
            // It is no answer to what was sent, or says itself what it is.
            (books, 201, r#"{"id": 7, "name": "novel", "shelfId": 4}"#, "n/a"),
            (books, 201, r#"{"name": "atlas", "shelfId": 4}"#, "n/a"),
            (books, 201, r#"{"id": 4, "name": "atlas", "shelfId": 4}"#, "passed"),
            (books, 200, r#"{"id": 7, "name": "atlas", "shelfId": 4}"#, "n/a"),
            ("/shelves/3/books/5/lend", 201, r#"{"id": 7, "name": "atlas", "shelfId": 4}"#, "n/a"),
            (books, 201, r#"{"id": 7, "name": "atlas", "shelfId": 0}"#, "passed"),
            // The number is its own.
            ("/issues/9/remarks", 201, r#"{"id": 7, "name": "atlas", "number": 1}"#, "n/a"),
        ];
        for (at, status, answer, expected) in table {
            assert_eq!(made(at, status, answer), expected, "{at} {status} {answer}");
        }
    }

    #[test]
    fn what_was_changed_is_of_what_it_was_made_below_where_it_is_known_to_be_the_thing() {
        let read = |sent: &str, at: &str, shown: &'static str| {
            Scene::new("getBook", "/shelves/3/books/7")
                .expecting(Expectation::Changed)
                .earlier_at("/shelves/3/books", Method::POST, r#"{"name": "atlas"}"#, 201, "{}")
                .earlier_at(at, Method::PUT, sent, 200, "{}")
                .body("application/json", shown)
                .says("write_read_consistency")
        };
        let (atlas, other) =
            (r#"{"id": 7, "name": "atlas", "shelfId": 4}"#, r#"{"id": 7, "name": "novel", "shelfId": 4}"#);
        let book = "/shelves/3/books/7";
        let table = [
            ("{}", book, atlas, "failed: of another: shelfId"),
            (r#"{"name": "novel"}"#, book, other, "failed: of another: shelfId"),
            // It may be another thing, or may have been put elsewhere.
            ("{}", book, other, "n/a"),
            (r#"{"shelf": 4}"#, book, atlas, "n/a"),
            ("{}", "/shelves/3/books/7/lend", atlas, "n/a"),
        ];
        for (sent, at, shown, expected) in table {
            assert_eq!(read(sent, at, shown), expected, "{sent} {at} {shown}");
        }
    }

    #[test]
    fn a_list_is_of_what_is_below_one_thing() {
        let list = |(operation, target): (&str, &str), read: &'static str, body| {
            Scene::new(operation, target)
                .expecting(Expectation::Listed)
                .earlier_at("/books/7", Method::GET, "", 200, read)
                .read_before(read)
                .body("application/json", body)
                .says("list_conformance")
        };
        let shelf = ("listBooks", "/shelves/3/books");
        let read = r#"{"id": 7, "shelfId": 3, "rackId": 3, "userId": 3, "folderId": 3}"#;
        let table = [
            (shelf, read, r#"[{"id": 7, "shelfId": 3}, {"id": 8, "shelfId": "3"}, {"id": 9}]"#, "passed"),
            (shelf, read, r#"[{"id": 8, "shelfId": 4}]"#, "failed: items of another: shelfId"),
            (
                ("listRack", "/racks/3/books"),
                read,
                r#"{"books": [{"rackId": 3}, {"rackId": 4}]}"#,
                "failed: items of another: rackId",
            ),
            (shelf, read, r#"[{"id": 8, "shelfId": null}, {"id": 9, "shelfId": "upper"}]"#, "passed"),
            // It is in all of them, or has two ends.
            (shelf, read, r#"[{"id": 8, "shelfId": 0}, {"id": 9, "shelfId": -1}]"#, "passed"),
            (shelf, read, r#"[{"id": 8, "shelfId": 4, "toShelfId": 3}]"#, "passed"),
            (shelf, read, r#"[{"id": 8, "shelfId": 4, "others": [{"id": "3"}]}]"#, "passed"),
            (
                shelf,
                read,
                r#"[{"id": 8, "shelfId": 4, "toShelfId": 5}]"#,
                "failed: items of another: shelfId",
            ),
            // Each has a number of its own.
            (
                ("listRemarks", "/issues/9/remarks"),
                r#"{"id": 7, "number": 9}"#,
                r#"[{"number": 1}]"#,
                "passed",
            ),
            // Nobody knows what it is that is called so.
            (shelf, r#"{"id": 7, "shelfId": 5}"#, r#"[{"id": 8, "shelfId": 4}]"#, "passed"),
            (shelf, r#"{"id": 7}"#, r#"[{"id": 8, "shelfId": 4}]"#, "passed"),
            // Others may have done it, and folders are in folders.
            (("listUsed", "/users/3/books"), read, r#"[{"userId": 4}]"#, "passed"),
            (("listFolder", "/folders/3/books"), read, r#"[{"folderId": 4}]"#, "passed"),
        ];
        for (at, read, body, expected) in table {
            assert_eq!(list(at, read, body), expected, "{at:?} {read} {body}");
        }
    }
}
