//! Whether a thing is called by one name wherever it is shown, and is one thing.

use chrono::{DateTime, TimeDelta};
use counterfoil_openapi::{Request, Response, folded};
use http::Method;
use serde_json::{Map, Value};

use super::listed::plain;
use super::write_read_consistency::{Deed, is_same, object};
use super::{Observation, acted, parents};
use crate::resource::listing::is_naming;
use crate::resource::naming;

/// Kinds and messages of what does not hold of the name of what is shown, and of when it was made.
pub(super) fn breaches(
    observation: &Observation<'_>,
    deed: Option<&Deed<'_>>,
    shown: &Map<String, Value>,
) -> Vec<(String, String)> {
    let name = Name::new(observation);
    let updated = deed.and_then(|deed| Some((deed, deed.before.as_ref()?)));
    let found = [
        name.as_ref().and_then(|name| name.read_otherwise(observation, shown)),
        name.as_ref()
            .zip(updated)
            .and_then(|(name, (deed, before))| name.answered_otherwise(deed, before, shown)),
        updated.and_then(|(deed, before)| made_anew(observation, deed, before, shown)),
        parents::of_another(observation, shown),
        name.as_ref().and_then(|name| acted::unkept(observation, name, shown)),
        name.as_ref().and_then(|name| name.given_twice(observation, shown)),
    ];
    found.into_iter().flatten().collect()
}

/// What stands last in the path of what is read, and the members that may show it.
pub(super) struct Name {
    text: String,
    /// Their names, folded.
    members: Vec<String>,
}

impl Name {
    /// Nothing where the path ends with no variable.
    pub(super) fn new(observation: &Observation<'_>) -> Option<Self> {
        let path = observation.operation.path();
        let variable = path.variables().last()?;
        let mut segments = path.as_str().rsplit('/');
        let is_last = segments.next()? == format!("{{{variable}}}");
        let noun = naming::noun(segments.next()?);
        let text = plain(observation.reading.values.path.get(variable)?).filter(|_| is_last)?;
        let members = naming::fields(variable, &noun).into_iter().map(|(name, _)| name).collect();
        Some(Self { text, members })
    }

    /// Whether a member shows the name.
    pub(super) fn is(&self, (member, value): (&String, &Value)) -> bool {
        self.members.contains(&folded(member))
            && plain(value).is_some_and(|text| text.eq_ignore_ascii_case(&self.text))
    }

    /// The member of a thing that shows its name.
    pub(super) fn shown_by<'m>(&self, thing: &'m Map<String, Value>) -> Option<&'m String> {
        thing.iter().find(|member| self.is(*member)).map(|(member, _)| member)
    }

    /// The name that a member of a thing shows in the place of this one. Where another member shows this one, that may
    /// be about something else.
    fn other(&self, thing: &Map<String, Value>, member: &str) -> Option<String> {
        let is_there = thing.iter().any(|(member, value)| {
            is_naming(member) && plain(value).is_some_and(|text| text.eq_ignore_ascii_case(&self.text))
        });
        plain(thing.get(member)?).filter(|other| !is_there && is_another(&self.text, other))
    }

    /// What was made under a name, and is read under another.
    fn read_otherwise(
        &self,
        observation: &Observation<'_>,
        shown: &Map<String, Value>,
    ) -> Option<(String, String)> {
        let (request, reply) = observation.earlier.first()?;
        let is_made = !request.method.is_safe() && reply.status.is_success();
        let made = object(&reply.body).filter(|_| is_made)?;
        let member = self.shown_by(&made)?;
        let other = self.other(shown, member)?;
        let message = format!(
            "{member} is {} in the answer to what made it, and in the path, and it is read as {other}",
            self.text
        );
        Some((format!("named otherwise: {member}"), message))
    }

    /// What is read under a name before and after an update, and has another one in the answer to it.
    fn answered_otherwise(
        &self,
        deed: &Deed<'_>,
        before: &Map<String, Value>,
        shown: &Map<String, Value>,
    ) -> Option<(String, String)> {
        // What shows nothing of what was sent may be about something else.
        let is_it = deed.reply.keys().all(|member| shown.contains_key(member))
            && deed.sent.iter().any(|(member, sent)| {
                is_telling(sent) && deed.reply.get(member).is_some_and(|reply| is_same(sent, reply))
            });
        let member = self.shown_by(shown).filter(|_| is_it)?;
        self.is((member, before.get(member)?)).then_some(())?;
        let other = self.other(&deed.reply, member)?;
        let message = format!(
            "{member} is {} before the update and after it, and {other} in the answer to it",
            self.text
        );
        Some((format!("answered with another name: {member}"), message))
    }
}

impl Name {
    /// What was made first, where what was made after it has its name, and its place.
    fn given_twice(
        &self,
        observation: &Observation<'_>,
        shown: &Map<String, Value>,
    ) -> Option<(String, String)> {
        let earlier = &observation.earlier;
        let ((maker, made), since) = earlier.split_first()?;
        let is_deed = |(request, _): &&(&Request, &Response)| !request.method.is_safe();
        let at = since.iter().rposition(|step| is_deed(&step))?;
        let (again, reply) = since[at];
        let is_reading = |(request, reply): &&(&Request, &Response)| {
            request.target == observation.request.target && reply.status.as_u16() == 200
        };
        let last = since[..at].iter().rev().take_while(|step| !is_deed(step)).find(is_reading)?;
        let before = object(&last.1.body)?;
        let is_maker = |request: &Request, reply: &Response| {
            request.method == Method::POST
                && request.target == maker.target
                && reply.status.as_u16() == 201
                && object(&reply.body).is_some_and(|thing| self.shown_by(&thing).is_some())
        };
        let is_gone = since[..at].iter().any(|(request, _)| request.method == Method::DELETE);
        // Below another thing, and of who asks, there may be only one.
        let is_one_each = parents::is_below(observation, maker)
            || observation.operation.is_secured()
            || [maker, again].into_iter().any(|request| is_by_somebody(observation, request));
        if !is_maker(maker, made) || !is_maker(again, reply) || is_gone || is_one_each {
            return None;
        }
        let (first, second) = (object(&maker.body)?, object(&again.body)?);
        let is_plain = |value: &Value| value.is_string() || value.is_number();
        let both = || first.iter().filter_map(|(name, one)| Some((name, one, second.get(name)?)));
        // What is the same may be the key under which it is kept.
        let is_same_key = |(_, one, other): (&String, &Value, &Value)| is_plain(one) && is_same(one, other);
        if both().any(is_same_key) {
            return None;
        }
        let is_lost = |name: &String, other: &Value| {
            is_telling(other)
                && before.get(name).is_some_and(|before| !is_same(before, other))
                && shown.get(name).is_some_and(|shown| is_same(shown, other))
        };
        let (name, _, other) = both().find(|(name, _, other)| is_lost(name, other))?;
        let message = format!(
            "another one was made with {name} {other} and was given the same name, {}; {name} was {} here, and is that now",
            self.text, before[name]
        );
        Some(("made over another".to_owned(), message))
    }
}

/// Headers that say nothing of who asks.
const IMPERSONAL: [&str; 8] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "content-length",
    "content-type",
    "host",
    "user-agent",
];

/// Whether a POST may say who asks, by what it has beside its path and its body, or as the document has it.
fn is_by_somebody(observation: &Observation<'_>, request: &Request) -> bool {
    let is_open = request.query().is_none()
        && request.headers.keys().all(|name| IMPERSONAL.contains(&name.as_str()))
        && parents::security(observation, request).is_some_and(|schemes| schemes.is_empty());
    !is_open
}

/// Whether a value says enough to be no accident.
fn is_telling(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() > 3) || value.is_number()
}

/// The shortest name made of letters and digits that nobody thought of.
const MIN_TOKEN: usize = 12;

/// Whether two names are of one make, and are not the same: what is a number in one place and a word in the other may
/// be two names of one thing.
pub(super) fn is_another(one: &str, other: &str) -> bool {
    let is_number = |text: &str| text.parse::<i64>().is_ok();
    let is_uuid = |text: &str| {
        let mut parts = text.split('-');
        let lengths = parts.clone().map(str::len);
        lengths.eq([8, 4, 4, 4, 12])
            && parts.all(|part| part.bytes().all(|character| character.is_ascii_hexdigit()))
    };
    let is_token = |text: &str| {
        text.len() >= MIN_TOKEN
            && text.bytes().all(|character| character.is_ascii_alphanumeric() || character == b'_')
            && text.bytes().any(|character| character.is_ascii_digit())
    };
    let are = |make: &dyn Fn(&str) -> bool| make(one) && make(other);
    if are(&is_number) {
        return one.parse::<i64>() != other.parse::<i64>();
    }
    (are(&is_uuid) || are(&is_token) && one.len() == other.len()) && !one.eq_ignore_ascii_case(other)
}

/// Names, folded, of the time at which a thing was made.
const MADE: [&str; 13] = [
    "created",
    "createdat",
    "createdon",
    "createddate",
    "createdtime",
    "createtime",
    "createdatetime",
    "creationdate",
    "creationtime",
    "creationtimestamp",
    "datecreated",
    "timecreated",
    "insertedat",
];
/// The least time between two, in milliseconds: a database may keep less of a time than it was told.
const MIN_BETWEEN: i64 = 2;

/// The time at which a thing was made, where an update has changed it.
fn made_anew(
    observation: &Observation<'_>,
    deed: &Deed<'_>,
    before: &Map<String, Value>,
    shown: &Map<String, Value>,
) -> Option<(String, String)> {
    // What is put where nothing was is made by that, and may be made again; so is a version, each by itself.
    let is_put = observation.earlier.first().is_none_or(|(maker, _)| maker.method == Method::PUT);
    let is_version = |name: &String| ["version", "revision"].iter().any(|word| folded(name).contains(word));
    let is_next = shown.iter().any(|(name, now)| is_version(name) && before.get(name) != Some(now));
    let sent = object(&deed.request.body).unwrap_or_default();
    let is_changed = |(name, now): &(&String, &Value)| {
        let (Some(old), Some(now)) = (before.get(*name).and_then(Value::as_str), now.as_str()) else {
            return false;
        };
        let both = [old, now].map(|text| DateTime::parse_from_rfc3339(text).ok().filter(|_| is_fine(text)));
        let [Some(earlier), Some(later)] = both else { return false };
        MADE.contains(&folded(name).as_str())
            && !sent.contains_key(*name)
            && old.len() == now.len()
            && later - earlier >= TimeDelta::milliseconds(MIN_BETWEEN)
    };
    let (name, now) = shown.iter().find(is_changed).filter(|_| !is_put && !is_next)?;
    let message = format!("{name} was {}, an update was accepted, and it is {now}", before[name]);
    Some((format!("made anew: {name}"), message))
}

/// Whether a time has a fraction that nobody has rounded.
fn is_fine(text: &str) -> bool {
    let fraction = text.split('.').nth(1).unwrap_or_default();
    let end = fraction.find(|character: char| !character.is_ascii_digit()).unwrap_or(fraction.len());
    end >= 3 && !fraction[..end].ends_with("000")
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    const CHECK: &str = "write_read_consistency";

    fn read(target: &str, shown: &'static str, made: &str) -> Scene {
        Scene::new("getPet", target).body("application/json", shown).earlier_at(
            "/pets",
            Method::POST,
            r#"{"rank": 5}"#,
            201,
            made,
        )
    }

    #[test]
    fn a_thing_is_read_under_the_name_that_it_was_made_with() {
        let table = [
            (r#"{"id": 17}"#, r#"{"id": 17}"#, "n/a"),
            (r#"{"id": 17}"#, r#"{"id": "17"}"#, "n/a"),
            (r#"{"id": 17}"#, r#"{"id": 18}"#, "failed: named otherwise: id"),
            (r#"{"petId": "17"}"#, r#"{"petId": 18, "age": 17}"#, "failed: named otherwise: petId"),
            // What the answer named was something else, or is named by another member.
            (r#"{"id": 9}"#, r#"{"id": 18}"#, "n/a"),
            (r#"{"id": 17}"#, r#"{"id": 18, "petNumber": 17}"#, "n/a"),
            (r#"{"age": 17}"#, r#"{"age": 18}"#, "n/a"),
            (r#"{"id": 17}"#, r#"{"id": null}"#, "n/a"),
            (r#"{"id": 17}"#, r#"{"id": "a-slug"}"#, "n/a"),
        ];
        for (made, shown, expected) in table {
            let scene = read("/pets/17", shown, made);
            assert_eq!(scene.expecting(Expectation::Made).says(CHECK), expected, "{made} {shown}");
        }
        // Whatever was asked for, this server shows something.
        let scene = read("/pets/17", r#"{"id": 18}"#, r#"{"id": 17}"#);
        assert_eq!(scene.expecting(Expectation::There).says(CHECK), "n/a");
    }

    #[test]
    fn names_are_compared_with_those_of_their_make() {
        let uuid = "f66856ef-0927-4861-b438-213ed84327cc";
        let table = [
            ("17", "18", true),
            ("17", "017", false),
            ("17", "eighteen", false),
            (uuid, "36ad5666-9159-4e6e-b3dd-f8a06f115ebf", true),
            (uuid, "F66856EF-0927-4861-B438-213ED84327CC", false),
            (uuid, "36ad56669159-4e6e-b3dd-f8a06f115ebf", false),
            ("cus_4fhrTs82QaLx", "cus_1mfzKs05PeVo", true),
            ("cus_4fhrTs82QaLx", "cus_4fhrTs82QaLxx", false),
            ("cus_4fhrTs82QaLx", "customer-seventeen", false),
            ("a-red-one", "one-of-red", false),
            ("sk_4fhrTs82QaLx", "***********QaLx", false),
        ];
        for (one, other, expected) in table {
            assert_eq!(super::is_another(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn the_answer_to_an_update_names_what_was_updated() {
        let pet = r#"{"id": 17, "tag": "tabby", "age": 4}"#;
        let table = [
            (r#"{"id": 17, "tag": "black"}"#, "n/a"),
            (r#"{"id": 18, "tag": "black"}"#, "failed: answered with another name: id"),
            (r#"{"id": 18, "tag": "black", "age": 4}"#, "failed: answered with another name: id"),
            // It may be about the task of doing it.
            (r#"{"id": 18, "tag": "other"}"#, "n/a"),
            (r#"{"id": 18, "tag": "black", "task": "update"}"#, "n/a"),
            (r#"{"id": 18, "petid": 17, "tag": "black"}"#, "n/a"),
        ];
        for (answer, expected) in table {
            let scene = read("/pets/17", r#"{"id": 17, "tag": "black", "age": 4}"#, pet)
                .earlier(Method::GET, "", 200, pet)
                .earlier(Method::PATCH, r#"{"tag": "black"}"#, 200, answer)
                .expecting(Expectation::Changed);
            assert_eq!(scene.says(CHECK), expected, "{answer}");
            // What is sent, and is shown, says so little that anything may show it.
            let short = |text: &str| text.replace("black", "new");
            let scene = read("/pets/17", r#"{"id": 17, "tag": "new", "age": 4}"#, pet)
                .earlier(Method::GET, "", 200, pet)
                .earlier(Method::PATCH, r#"{"tag": "new"}"#, 200, &short(answer))
                .expecting(Expectation::Changed);
            assert_eq!(scene.says(CHECK), "n/a", "{answer}");
        }
    }

    #[test]
    fn a_thing_is_made_once() {
        let shown = |made: &str, version: u8| {
            format!(r#"{{"id": 17, "tag": "tabby", "createdAt": "{made}", "version": {version}}}"#)
        };
        let old = "2026-01-02T03:04:05.678Z";
        let story = |before: &str, after: String, maker: Method, sent: &str| {
            let pet = shown(before, 1);
            Scene::new("getPet", "/pets/17")
                .earlier(maker, r#"{"tag": "tabby"}"#, 201, &pet)
                .earlier(Method::GET, "", 200, &pet)
                .earlier(Method::PUT, sent, 204, "")
                .body("application/json", Box::leak(after.into_boxed_str()))
                .expecting(Expectation::Changed)
                .says(CHECK)
        };
        let anew = "failed: made anew: createdAt";
        let table = [
            (old, old, "n/a"),
            (old, "2026-01-02T03:04:05.681Z", anew),
            ("2026-01-02T03:04:05.678901+01:00", "2026-01-02T03:04:06.078902+01:00", anew),
            // What a database has rounded, or tells in another way, is the same; nothing was made before it was.
            (old, "2026-01-02T03:04:05.679Z", "n/a"),
            (old, "2026-01-02T03:04:06.000Z", "n/a"),
            (old, "2026-01-02T03:04:05.681000Z", "n/a"),
            (old, "2026-01-02T03:04:05.681234Z", "n/a"),
            (old, "2026-01-02T03:04:05.601Z", "n/a"),
            (old, "2026-01-02T03:04:05.68Z", "n/a"),
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z", "n/a"),
            ("2026-01-02T03:04:05.678+00:00", "2026-01-02T04:04:05.678+01:00", "n/a"),
        ];
        for (before, after, expected) in table {
            let said = story(before, shown(after, 1), Method::POST, r#"{"age": 4}"#);
            assert_eq!(said, expected, "{before} {after}");
        }
        let new = "2026-01-02T03:04:07.681Z";
        let sent = format!(r#"{{"createdAt": "{new}"}}"#);
        assert_eq!(story(old, shown(new, 1), Method::POST, &sent), "n/a");
        // Each version has a time of its own, and what is put is made by that.
        assert_eq!(story(old, shown(new, 2), Method::POST, r#"{"age": 4}"#), "n/a");
        assert_eq!(story(old, shown(new, 1), Method::PUT, r#"{"age": 4}"#), "n/a");
    }

    #[test]
    fn two_things_have_two_names() {
        let (first, second) = (r#"{"name": "atlas", "age": 4}"#, r#"{"name": "novel", "age": 5}"#);
        let story = |made: [(&str, &str, u16, &str); 2], shown: &'static str| {
            let [one, other] = made;
            let scene = Scene::new("readBook", "/books/7").expecting(Expectation::Changed);
            let add = |scene: Scene, (at, sent, status, reply): (&str, &str, u16, &str)| {
                scene.earlier_at(at, Method::POST, sent, status, reply)
            };
            let before = r#"{"id": 7, "name": "atlas", "age": 4}"#;
            let scene = add(scene, one).earlier(Method::GET, "", 200, before);
            add(scene, other).body("application/json", shown)
        };
        let (id, over) = (r#"{"id": 7}"#, r#"{"id": 7, "name": "novel", "age": 5}"#);
        let (one, twice) = (("/books", first, 201, id), ("/books", second, 201, id));
        let failed = "failed: made over another";
        let table = [
            ([one, twice], over, failed),
            ([one, twice], r#"{"id": 7, "name": "atlas", "age": 4}"#, "n/a"),
            ([one, twice], r#"{"id": 7, "name": "other", "age": 4}"#, "n/a"),
            ([one, ("/books", second, 200, id)], over, "n/a"),
            ([("/books", first, 200, id), twice], over, "n/a"),
            ([one, ("/books", second, 201, r#"{"id": 8}"#)], over, "n/a"),
            ([("/books", first, 201, "{}"), twice], over, "n/a"),
            ([one, ("/shelves", second, 201, id)], over, "n/a"),
            // What is the same is the key, and it was put there.
            ([one, ("/books", r#"{"name": "novel", "age": 4}"#, 201, id)], over, "n/a"),
            // There may be one of it for each.
            ([("/racks/3/books", first, 201, id), ("/racks/3/books", second, 201, id)], over, "n/a"),
        ];
        for (row, (made, shown, expected)) in table.into_iter().enumerate() {
            assert_eq!(story(made, shown).says(CHECK), expected, "row {row}");
        }
        let with = |method: Method, sent: &str| {
            let scene = Scene::new("readBook", "/books/7").expecting(Expectation::Changed);
            let scene = scene.earlier_at("/books", Method::POST, first, 201, id);
            let scene = scene.earlier(method, sent, 204, "").earlier(Method::GET, "", 200, id);
            let before = r#"{"id": 7, "name": "thing", "age": 4}"#;
            let scene = scene.earlier(Method::GET, "", 200, before);
            let scene = scene.earlier_at("/books", Method::POST, second, 201, id);
            scene.body("application/json", over).says(CHECK)
        };
        assert_eq!(with(Method::PATCH, r#"{"name": "thing"}"#), failed);
        // There may be one of it for each who asks.
        let of = |at: &str, header: Option<(&'static str, &'static str)>| {
            let add = |scene: Scene, sent: &str| {
                let scene = scene.earlier_at(at, Method::POST, sent, 201, id);
                header.into_iter().fold(scene, |scene, (name, value)| scene.earlier_header(name, value))
            };
            let scene = add(Scene::new("readBook", "/books/7").expecting(Expectation::Changed), first);
            let before = r#"{"id": 7, "name": "atlas", "age": 4}"#;
            add(scene.earlier(Method::GET, "", 200, before), second)
                .body("application/json", over)
                .says(CHECK)
        };
        let table = [
            ("/books", None, failed),
            ("/books", Some(("accept", "*/*")), failed),
            ("/books", Some(("authorization", "Bearer a")), "n/a"),
            ("/books", Some(("cookie", "session=a")), "n/a"),
            ("/books", Some(("x-api-key", "a")), "n/a"),
            ("/books?key=a", None, "n/a"),
            ("/drafts", None, "n/a"),
            ("/unknown", None, "n/a"),
        ];
        for (at, header, expected) in table {
            assert_eq!(of(at, header), expected, "{at} {header:?}");
        }
        // The name of what is gone is free.
        assert_eq!(with(Method::DELETE, ""), "n/a");
    }
}
