//! `write_read_consistency`

use counterfoil_openapi::{Request, Response, folded};
use http::Method;
use serde_json::{Map, Value};

use super::registry::declare;
use super::{
    Breach, Expectation, Judgement, Observation, documented, kept, named, parents, patched, refused, unmade,
};
use crate::phase::is_forged;
use crate::secrets;

declare! {
    /// Fails when a resource does not show what was written to it with success: a property that it was made with is
    /// gone or another, an update left it as it was or was answered with what was there before, or a PATCH took away
    /// what it did not name, or set it back to its `default`. Of a number without its fraction, with the other sign or
    /// one beside it, of the beginning of a text, of the first items of a list, of an object without some of its
    /// members and of the day before a date, it is plain that they are what is left of what was sent. A merge patch
    /// (RFC 7396) does what it says: it removes what it says is null, it replaces lists, and what it does not name
    /// stays.
    ///
    /// Why it matters: the answer said that it was done. What is lost here is missed much later, and by then nobody has
    /// it any more.
    ///
    /// The resource was read right before an update and right after it, with nothing in between, and the server was seen
    /// to answer 404 to a resource that never was: one that answers 2xx to everything keeps nothing. An update counts as
    /// lost for a property only where the reading before showed what the suite itself had written, and the reading after
    /// still does; a property that it was made with only where the answer had it, or others of it are shown as sent.
    ///
    /// A property that the document marks as `readOnly` is the server's to set: what a client sends in its place, where
    /// the server takes it at all, is not what is read afterwards.
    ///
    /// Bytes that were sent as `application/octet-stream`, and are read as such, are the same; a strong `ETag` (RFC 9110,
    /// section 8.8.1) is another one when what was sent has changed what is shown.
    ///
    /// A thing has one name: what the answer to its making names is read under that name at its path, and the answer to
    /// an update names it as it is read before and after. Numbers are compared with numbers, UUIDs with UUIDs, and
    /// other names made of letters and digits with those of the same length. What was made below another thing shows
    /// that one, where it shows any in a member that is called after it (`shelfId` of what was posted to
    /// `/shelves/{shelfId}/books`; a `number` is its own), in the answer to its making as well. It is made once: an
    /// update leaves `createdAt` and the like as they were, where they tell milliseconds and no version has changed
    /// with them.
    ///
    /// What is made after it, of other data, has another name, and leaves it as it is, where nothing says who asks: of
    /// some things there is one for each.
    ///
    /// An action (`POST /orders/7/cancel`) that answers with the thing as it is after it, in a member or a word that is
    /// called like the action (`cancelled`), has done that: the next reading is not wholly the one before it. Of what
    /// only begins (`rebooting`) or passes (`restart`, `refresh`, `send`, `start` and the like) nothing need be left.
    ///
    /// What was refused with a 4xx is not done: a text or a number that a PUT or a PATCH had which was refused, and
    /// that nobody had sent before, is not shown by the reading after it. Some stories have such a change, which is
    /// wrong in one property and right in another, and some have a request like that to make another one, which is not
    /// in the list afterwards where a 400 or a 422 refused it; where a server accepts it, `negative_data_rejection`
    /// says so, and the story ends.
    ///
    /// Not judged: answers of 202, which only promise; what servers decide by themselves by its name (ids, states, kinds,
    /// versions, times, names to sign in with); another notation of the same (case, spaces, the order of a list); what is
    /// left of a number that by its name is a place, a sum or a count.
    ///
    /// Example: `PATCH /pets/7` with `{"name": "Rex"}` answers 200, and `GET /pets/7` shows the name of before.
    ///
    /// Silence: `--checks=-write_read_consistency`.
    WriteReadConsistency = "write_read_consistency", On
}

fn judge(observation: &Observation<'_>) -> Judgement {
    let of = |found: Found| match found {
        Some(breaches) => Judgement::of(
            breaches
                .into_iter()
                .map(|(kind, message)| Breach { kind, message, document_pointer: None })
                .collect(),
        ),
        None => Judgement::NotApplicable,
    };
    match observation.expectation {
        Some(Expectation::Placed) => return of(parents::placed(observation)),
        Some(Expectation::Unmade) => return of(unmade::listed(observation)),
        _ => {}
    }
    if !matches!(observation.expectation, Some(Expectation::Made | Expectation::Changed)) {
        return Judgement::NotApplicable;
    }
    if observation.expectation == Some(Expectation::Made)
        && let found @ Some(_) = kept::bytes(observation)
    {
        return of(found);
    }
    if observation.expectation == Some(Expectation::Changed)
        && let found @ Some(_) = refused::applied(observation)
    {
        return of(found);
    }
    let shown = observation.response().filter(|response| response.status.as_u16() == 200);
    let Some(shown) = shown.and_then(|shown| object(&shown.body)) else { return Judgement::NotApplicable };
    let deed = Deed::last(observation);
    let named = named::breaches(observation, deed.as_ref(), &shown);
    let kept = deed.and_then(|deed| held(observation, &deed, &shown));
    of(match named.is_empty() {
        true => kept,
        false => Some(named.into_iter().chain(kept.unwrap_or_default()).collect()),
    })
}

/// What does not hold of what was last done, and is shown.
fn held(observation: &Observation<'_>, deed: &Deed<'_>, shown: &Map<String, Value>) -> Found {
    let found = match &deed.before {
        Some(before) => after_update(observation, deed, before, shown),
        None => after_making(observation, deed, shown),
    };
    let etag = deed.before.as_ref().and_then(|before| kept::etag(observation, &deed.sent, before, shown));
    etag.into_iter()
        .chain(overwritten(deed, shown))
        .fold(found, |found, one| Some(found.unwrap_or_default().into_iter().chain([one]).collect()))
}

/// Kinds and messages of what does not hold; nothing where nothing could be compared.
pub(super) type Found = Option<Vec<(String, String)>>;

/// What was last done to a resource, before it was read.
pub(super) struct Deed<'a> {
    pub(super) request: &'a Request,
    pub(super) sent: Map<String, Value>,
    /// What of the sent is `readOnly`, and was sent to see whether it is kept to.
    forged: Map<String, Value>,
    pub(super) reply: Map<String, Value>,
    /// What a reading right before it showed, where it was an update.
    pub(super) before: Option<Map<String, Value>>,
    /// What was written to it before that.
    written: Vec<Map<String, Value>>,
}

impl<'a> Deed<'a> {
    fn last(observation: &Observation<'a>) -> Option<Self> {
        let earlier = &observation.earlier;
        let is_deed = |(request, _): &(&Request, &Response)| {
            !matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS)
        };
        let at = earlier.iter().rposition(is_deed)?;
        let (request, reply) = earlier[at];
        let is_done = |reply: &Response| reply.status.is_success() && reply.status.as_u16() != 202;
        let is_reading = |(request, reply): &&(&Request, &Response)| {
            request.method == Method::GET
                && request.target == observation.request.target
                && reply.status.as_u16() == 200
        };
        // A reading in between has shown already what there is to see.
        if !is_done(reply) || earlier[at + 1..].iter().any(|step| is_reading(&step)) {
            return None;
        }
        let since = earlier[..at].iter().rposition(is_deed);
        let before = match since {
            None => None,
            Some(since) => {
                let is_update = matches!(request.method, Method::PUT | Method::PATCH)
                    && request.path() == observation.request.path();
                let reading = earlier[since + 1..at].iter().rfind(is_reading).filter(|_| is_update)?;
                Some(object(&reading.1.body)?)
            }
        };
        let written = earlier[..at].iter().filter(|step| is_deed(step) && is_done(step.1));
        // What is a secret is told to nobody.
        let secrets = secrets::names(observation.operation);
        let mut sent = object(&request.body)?;
        sent.retain(|name, _| !secrets.contains(name));
        let (mut forged, sent): (Map<_, _>, Map<_, _>) =
            sent.into_iter().partition(|(name, _)| documented::is_set_by_server(observation, name));
        // Others may be read-only to who reads, and for clients to set once.
        forged.retain(|_, value| is_forged(value));
        Some(Self {
            request,
            sent,
            forged,
            reply: object(&reply.body).unwrap_or_default(),
            before,
            written: written.filter_map(|(request, _)| object(&request.body)).collect(),
        })
    }

    /// Whether a value of a property is one that the suite wrote.
    pub(super) fn is_written(&self, name: &str, value: &Value) -> bool {
        self.written.iter().any(|written| written.get(name).is_some_and(|written| is_same(written, value)))
    }
}

/// What a resource was made with, and does not show.
fn after_making(observation: &Observation<'_>, deed: &Deed<'_>, shown: &Map<String, Value>) -> Found {
    let own = || deed.sent.iter().filter(|(name, _)| !is_decided_by_server(observation, name));
    let is_kept = own().any(|(name, sent)| {
        // What says little may be there by chance.
        let is_telling = sent.as_str().is_some_and(|text| text.len() > 3) || sent.is_number();
        is_telling && shown.get(name).is_some_and(|shown| is_same(sent, shown))
    });
    let mut found = Vec::new();
    let mut is_compared = false;
    for (name, sent) in own() {
        let is_echoed = deed.reply.get(name).is_some_and(|reply| is_same(sent, reply));
        is_compared |= is_echoed || is_kept;
        let is_lost = match shown.get(name) {
            None | Some(Value::Null) => {
                !is_empty(sent)
                    && (is_echoed || is_kept)
                    && documented::admits(observation, shown, name, sent)
            }
            Some(now) => {
                let is_left = || {
                    is_kept
                        && kept::is_left_of(name, sent, now)
                        && documented::admits(observation, shown, name, sent)
                };
                !is_same(sent, now) && (is_echoed || is_left())
            }
        };
        if let Some(now) = shown.get(name).filter(|_| !is_lost && (is_echoed || is_kept))
            && let Some((member, sent)) = kept::lost_member(observation, sent, now)
            && documented::admits_member(observation, shown, (name, member), sent)
        {
            let message = format!("{member} of {name} was sent as {sent}, and is read as nothing");
            found.push((format!("not kept: {name}"), message));
        }
        if is_lost {
            let now = shown.get(name).map_or("nothing".to_owned(), Value::to_string);
            found.push((
                format!("not kept: {name}"),
                format!("{name} was sent as {sent}, and is read as {now}"),
            ));
        }
    }
    is_compared.then_some(found)
}

/// What is `readOnly`, was sent all the same, and is shown as it was sent. A server that sets such a property itself
/// comes to another value than the suite, whose are rare.
fn overwritten<'a>(
    deed: &'a Deed<'_>,
    shown: &'a Map<String, Value>,
) -> impl Iterator<Item = (String, String)> + 'a {
    let is_shown = |(name, sent): &(&String, &Value)| {
        let is_other = deed.before.as_ref().is_none_or(|before| before.get(*name) != Some(*sent));
        // Of a time, the notation may be another one.
        let as_sent = |shown: &Value| match (sent.as_str(), shown.as_str()) {
            (Some(sent), Some(shown)) if is_time(sent) => {
                sent.get(..MINUTES).is_some_and(|sent| Some(sent) == shown.get(..MINUTES))
            }
            _ => *sent == shown,
        };
        is_other && shown.get(*name).is_some_and(as_sent)
    };
    deed.forged.iter().filter(is_shown).map(|(name, sent)| {
        let message =
            format!("{name} is read-only, was sent as {sent} with success, and is read as {}", shown[name]);
        (format!("read-only, and written: {name}"), message)
    })
}

/// The length of a time up to its minutes.
const MINUTES: usize = 16;

/// What an update did not change, and what it took away.
fn after_update(
    observation: &Observation<'_>,
    deed: &Deed<'_>,
    before: &Map<String, Value>,
    shown: &Map<String, Value>,
) -> Found {
    let mut found = Vec::new();
    let mut compared = 0;
    for (name, sent) in deed.sent.iter().filter(|(name, _)| !is_decided_by_server(observation, name)) {
        let Some(old) = before.get(name) else { continue };
        // Null may ask for no change at all, and so may what no answer shows.
        let is_shown = !sent.is_null() && documented::admits(observation, shown, name, sent);
        if is_same(sent, old) || !deed.is_written(name, old) || !is_shown {
            continue;
        }
        compared += 1;
        if shown.get(name).is_some_and(|shown| is_same(shown, old)) {
            let message =
                format!("{name} was {old}, an update to {sent} was accepted, and it is {old} still");
            found.push((format!("not updated: {name}"), message));
        }
    }
    if !found.is_empty() && found.len() == compared {
        found.truncate(1);
        "update lost".clone_into(&mut found[0].0);
    }
    // The answer to the update itself shows what was there before it.
    let is_behind = |name: &&String| {
        let (sent, old) = (&deed.sent[*name], before.get(*name));
        let is = |members: &Map<String, Value>, value: &Value| {
            members.get(*name).is_some_and(|member| is_same(member, value))
        };
        old.is_some_and(|old| !is_same(sent, old) && deed.is_written(name, old) && is(&deed.reply, old))
            && is(shown, sent)
    };
    let named = deed.sent.keys().filter(|name| !is_decided_by_server(observation, name));
    if let Some(name) = named.filter(|_| found.is_empty()).find(is_behind) {
        let message =
            format!("{name} was {}, and is so in the answer to the update, and not after it", before[name]);
        found.push(("answered with what was before".to_owned(), message));
    }
    let mut is_compared = compared > 0;
    if deed.request.method == Method::PATCH {
        let schema = documented::body(observation);
        let unnamed: Vec<&String> = before
            .iter()
            .filter(|(name, old)| {
                !deed.sent.contains_key(*name) && !is_empty(old) && deed.is_written(name, old)
            })
            .map(|(name, _)| name)
            .filter(|name| schema.is_some_and(|schema| !documented::requires(schema, name)))
            .collect();
        is_compared |= !unnamed.is_empty();
        let is_gone = |name: &&String| shown.get(*name).is_none_or(Value::is_null);
        if let Some(first) = unnamed.first().filter(|_| unnamed.iter().all(is_gone)) {
            let message =
                format!("{first} was {}, a PATCH without it was accepted, and it is gone", before[*first]);
            found.push(("taken away by PATCH".to_owned(), message));
        }
    }
    let beside = patched::beside(observation, deed, before, shown);
    is_compared |= !beside.is_empty();
    found.extend(beside);
    is_compared.then_some(found)
}

/// Words, folded, that end the names of what servers decide by themselves, or may hold fast.
const DECIDED: [&str; 24] = [
    "id", "uuid", "guid", "key", "slug", "status", "state", "type", "kind", "role", "version", "revision",
    "etag", "password", "secret", "token", "email", "username", "login", "created", "updated", "modified",
    "at", "by",
];

/// Whether a property is one that servers decide by themselves, or that names the resource.
pub(super) fn is_decided_by_server(observation: &Observation<'_>, name: &str) -> bool {
    let is_in_path =
        || observation.operation.path().variables().any(|variable| folded(variable) == folded(name));
    DECIDED.iter().any(|word| is_word(name, word)) || is_in_path()
}

/// Whether a name ends in a word: `createdAt` and `made_by` in `at` and `by`, and `format` not.
pub(super) fn is_word(name: &str, word: &str) -> bool {
    let Some(start) = name.len().checked_sub(word.len()).filter(|start| name.is_char_boundary(*start)) else {
        return false;
    };
    let (rest, end) = name.split_at(start);
    let begins_word = end.starts_with(|first: char| first.is_ascii_uppercase())
        || rest.is_empty()
        || rest.ends_with(|last: char| !last.is_alphanumeric());
    end.eq_ignore_ascii_case(word) && begins_word
}

pub(super) fn object(body: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// Whether a value holds nothing, so that leaving it out says the same.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        _ => false,
    }
}

/// Whether two values say the same to a server that keeps them in its own notation.
pub(super) fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap_or_default(), other.as_f64().unwrap_or_default());
            (one - other).abs() <= 1e-2_f64.min(one.abs() / 1e6)
        }
        (Value::String(one), Value::String(other)) => {
            plain(one) == plain(other) || (is_time(one) && is_time(other))
        }
        (Value::Array(one), Value::Array(other)) => {
            let is_within = |some: &[Value], all: &[Value]| {
                some.iter().all(|item| all.iter().any(|other| is_same(item, other)))
            };
            is_within(one, other) && is_within(other, one)
        }
        (Value::Object(one), Value::Object(other)) => {
            let is_within = |some: &Map<String, Value>, all: &Map<String, Value>| {
                some.iter().all(|(name, value)| all.get(name).is_none_or(|other| is_same(value, other)))
            };
            is_within(one, other) && is_within(other, one)
        }
        (one, other) => one == other,
    }
}

/// A text without what servers change of it: case, what is no letter or digit.
fn plain(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a text is made like a time stamp, of which there are many notations of the same.
fn is_time(text: &str) -> bool {
    text.len() > 15 && text.contains(':') && text.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use http::Method;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    fn read(expectation: Expectation, shown: &'static str) -> Scene {
        Scene::new("getPet", "/pets/1").expecting(expectation).body("application/json", shown)
    }

    #[test]
    fn what_was_made_is_shown_as_it_was_made() {
        let made = |sent: &str, reply: &str, shown| {
            read(Expectation::Made, shown)
                .earlier(Method::PUT, sent, 201, reply)
                .says("write_read_consistency")
        };
        let pet = r#"{"tag": "tabby", "age": 4}"#;
        let placed = r#"{"in": {"colour": "red", "room": "attic"}, "age": 4}"#;
        let table = [
            (pet, pet, pet, "passed"),
            (pet, pet, r#"{"tag": "Tabby ", "age": 4.0}"#, "passed"),
            (pet, pet, r#"{"tag": "t", "age": 4}"#, "failed: not kept: tag"),
            (pet, pet, r#"{"id": 1, "age": 4}"#, "failed: not kept: tag"),
            (pet, "", r#"{"id": 1, "age": 4}"#, "failed: not kept: tag"),
            // No answer said that it would be kept as it was sent.
            (pet, "", r#"{"tag": "t", "age": 4}"#, "passed"),
            (pet, "", r#"{"id": 1, "tag": "tabby", "age": 5}"#, "failed: not kept: age"),
            (pet, "", r#"{"id": 1, "tag": "tabby", "age": 9}"#, "passed"),
            (pet, "", r#"{"id": 1, "tag": "other", "age": 5}"#, "n/a"),
            (pet, "", "{}", "n/a"),
            // What no response has cannot be missed in it.
            (r#"{"unknown": "text", "age": 4}"#, "", r#"{"age": 4}"#, "passed"),
            (r#"{"pin": "1234", "age": 4}"#, "", r#"{"id": 1, "age": 4}"#, "passed"),
            (r#"{"tag": "", "age": 4}"#, "", r#"{"age": 4}"#, "passed"),
            (
                r#"{"id": 5, "status": "new"}"#,
                r#"{"id": 5, "status": "new"}"#,
                r#"{"id": 1, "status": "old"}"#,
                "n/a",
            ),
            (pet, pet, "[]", "n/a"),
            (placed, placed, r#"{"id": 1, "in": {"colour": "red"}, "age": 4}"#, "failed: not kept: in"),
            (
                placed,
                "",
                r#"{"id": 1, "in": {"colour": "red", "room": null}, "age": 4}"#,
                "failed: not kept: in",
            ),
            // No answer has such a room, or nothing of it is there.
            (
                r#"{"in": {"colour": "red", "floor": "2nd"}, "age": 4}"#,
                "",
                r#"{"id": 1, "in": {"colour": "red"}, "age": 4}"#,
                "passed",
            ),
            (placed, "", r#"{"id": 1, "in": {"colour": "blue"}, "age": 4}"#, "passed"),
        ];
        for (sent, reply, shown, expected) in table {
            assert_eq!(made(sent, reply, shown), expected, "{sent} {reply} {shown}");
        }
        let scene = read(Expectation::There, "{}").earlier(Method::PUT, pet, 201, pet);
        assert_eq!(scene.says("write_read_consistency"), "n/a");
        let scene = read(Expectation::Made, "{}").earlier(Method::PUT, pet, 202, pet);
        assert_eq!(scene.says("write_read_consistency"), "n/a");
    }

    #[test]
    fn what_only_the_server_sets_is_not_what_a_client_sent() {
        let sent = r#"{"tag": "tabby", "made": "2001-02-03T04:05:06Z", "rank": 1618000005}"#;
        let table = [
            (r#"{"id": 1, "tag": "tabby", "made": "2026-01-01T00:00:00Z", "rank": 1}"#, "passed"),
            (r#"{"id": 1, "tag": "tabby"}"#, "passed"),
            (r#"{"id": 1, "tag": "tabby", "rank": 1618000005}"#, "failed: read-only, and written: rank"),
            (
                r#"{"id": 1, "tag": "tabby", "made": "2001-02-03T04:05:06.000000+00:00"}"#,
                "failed: read-only, and written: made",
            ),
        ];
        for (shown, expected) in table {
            let scene = read(Expectation::Made, shown).earlier(Method::PUT, sent, 201, shown);
            assert_eq!(scene.says("write_read_consistency"), expected, "{shown}");
        }
        // To who reads it is read-only, and who makes it may have set it.
        let once = r#"{"id": 1, "tag": "tabby", "rank": 7}"#;
        let scene = read(Expectation::Made, once).earlier(Method::PUT, once, 201, once);
        assert_eq!(scene.says("write_read_consistency"), "passed");
    }

    #[test]
    fn what_was_changed_is_shown_as_it_was_changed() {
        let pet = r#"{"id": 1, "tag": "tabby", "age": 4}"#;
        let story = |method: Method, sent: &str, status, shown| {
            read(Expectation::Changed, shown)
                .earlier(Method::PUT, pet, 201, pet)
                .earlier(Method::GET, "", 200, pet)
                .earlier(method, sent, status, "{}")
        };
        let change = r#"{"id": 1, "tag": "black", "age": 5}"#;
        let table = [
            (Method::PUT, change, 200, change, "passed"),
            (Method::PUT, change, 200, pet, "failed: update lost"),
            (Method::PATCH, change, 204, pet, "failed: update lost"),
            (Method::PUT, change, 200, r#"{"id": 1, "tag": "tabby", "age": 5}"#, "failed: not updated: tag"),
            // Of another value than was sent nobody knows where it comes from.
            (Method::PUT, change, 200, r#"{"id": 1, "tag": "striped", "age": 5}"#, "passed"),
            (Method::PUT, change, 202, pet, "n/a"),
            // To many servers this asks for no change of it.
            (Method::PATCH, r#"{"tag": null}"#, 200, pet, "passed"),
            (Method::PUT, change, 409, pet, "passed"),
            (Method::PUT, r#"{"tag": "Tabby"}"#, 200, pet, "n/a"),
            (Method::POST, change, 200, pet, "n/a"),
            (Method::PATCH, r#"{"age": 5}"#, 200, r#"{"id": 1, "age": 5}"#, "failed: taken away by PATCH"),
            (Method::PATCH, r#"{"age": 5}"#, 200, r#"{"id": 1, "age": 5, "tag": "tabby"}"#, "passed"),
            (Method::PUT, r#"{"age": 5}"#, 200, r#"{"id": 1, "age": 5}"#, "passed"),
        ];
        for (method, sent, status, shown, expected) in table {
            let says = story(method.clone(), sent, status, shown).says("write_read_consistency");
            assert_eq!(says, expected, "{method} {sent} {status} {shown}");
        }
        let scene = read(Expectation::Changed, change).earlier(Method::PUT, pet, 201, pet);
        let scene = scene.earlier(Method::GET, "", 200, pet).earlier(Method::PUT, change, 200, pet);
        assert_eq!(scene.says("write_read_consistency"), "failed: answered with what was before");
        // Without a reading between two changes nobody knows which of them it was.
        let scene = read(Expectation::Changed, pet).earlier(Method::PUT, pet, 201, pet);
        let scene = scene.earlier(Method::PUT, change, 200, "{}");
        assert_eq!(scene.says("write_read_consistency"), "n/a");
    }
}
