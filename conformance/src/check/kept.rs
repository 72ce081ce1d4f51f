//! What is left of what was written, where it was not kept as it was.

use counterfoil_openapi::Response;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG};
use serde_json::{Map, Value};

use super::Observation;
use super::write_read_consistency::{Found, is_decided_by_server, is_empty, is_same, is_word, object};
use crate::secrets;

/// Words that end the names of numbers which servers find out by themselves.
const RECKONED: [&str; 14] = [
    "position", "order", "index", "rank", "sequence", "number", "count", "total", "balance", "score", "size",
    "page", "limit", "offset",
];
/// The shortest text that may be what is left of a longer one.
const MIN_LEFT: usize = 8;
/// The share of a number that its last digits may be.
const MIN_SHARE: f64 = 0.01;

/// Whether bytes are read as they were sent; nothing where they are no bytes to both sides.
pub(super) fn bytes(observation: &Observation<'_>) -> Found {
    let is_bytes = |headers: &HeaderMap| {
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/octet-stream")
    };
    let [(maker, reply)] = observation.earlier[..] else { return None };
    let read = observation.response().filter(|response| response.status.as_u16() == 200)?;
    let is_encoded = read.headers.contains_key(CONTENT_ENCODING);
    if !is_bytes(&maker.headers) || !is_bytes(&read.headers) || is_encoded || !reply.status.is_success() {
        return None;
    }
    let message =
        || format!("{} bytes were sent, and what is read are {} others", maker.body.len(), read.body.len());
    Some((maker.body != read.body).then(|| ("other bytes".to_owned(), message())).into_iter().collect())
}

/// Whether a strong `ETag` is the one of before, although what is shown has changed to what was sent.
pub(super) fn etag(
    observation: &Observation<'_>,
    sent: &Map<String, Value>,
    before: &Map<String, Value>,
    shown: &Map<String, Value>,
) -> Option<(String, String)> {
    let tag =
        |response: &Response| response.headers.get(ETAG).and_then(|tag| Some(tag.to_str().ok()?.to_owned()));
    let now = tag(observation.response()?)?;
    let is_strong = now.starts_with('"');
    if !is_strong || observation.before.and_then(tag)? != now {
        return None;
    }
    let has_changed = |(name, sent): &(&String, &Value)| {
        let (old, new) = (before.get(*name), shown.get(*name));
        !is_decided_by_server(observation, name)
            && old.is_some_and(|old| !is_same(old, sent))
            && new.is_some_and(|new| is_same(new, sent))
    };
    let (name, value) = sent.iter().find(has_changed)?;
    let message = format!("{name} was {}, and is {value} now, and the ETag is {now} still", before[name]);
    Some(("ETag of before".to_owned(), message))
}

/// Whether a name is that of a number which servers find out by themselves.
pub(super) fn is_reckoned(name: &str) -> bool {
    RECKONED.iter().any(|word| is_word(name, word))
}

/// Whether a value is what is left of another one: a number without its fraction, with the other sign, or one beside;
/// the beginning of a text; the day before a date, or after it; the first items of a list.
///
/// Not where a server may choose: in the place of 0 and -1, which ask for that in places, and of what it reckons; in
/// lists that refer to others.
pub(super) fn is_left_of(name: &str, sent: &Value, shown: &Value) -> bool {
    let is_telling = |text: &str| text.chars().filter(|character| character.is_alphanumeric()).count() > 1;
    match (sent, shown) {
        (Value::Number(sent), Value::Number(shown)) => {
            let (sent, shown) = (sent.as_f64().unwrap_or_default(), shown.as_f64().unwrap_or_default());
            let is_whole = |number: f64| number.fract() == 0.0;
            let is_cut = !is_whole(sent) && is_whole(shown) && (sent - shown).abs() < 1.0;
            let is_beside = is_whole(sent) && is_whole(shown) && (sent - shown).abs() == 1.0;
            let is_small = (sent - shown).abs() <= sent.abs() * MIN_SHARE;
            !is_small
                && sent.abs() > 1.0
                && shown != 0.0
                && (is_cut || is_beside || shown == -sent)
                && !is_reckoned(name)
        }
        (Value::String(sent), Value::String(shown)) if is_day_beside(sent, shown) => true,
        (Value::String(sent), Value::String(shown)) => {
            let is_plain = !sent.contains(|character: char| {
                character.is_control() || matches!(character, '<' | '&' | ':' | '/' | '?' | '#')
            });
            let is_number = |text: &str| text.parse::<f64>().is_ok();
            // The ending of the name of a file is not what names it.
            let is_ending = |rest: &str| rest.starts_with('.');
            let rest = sent.strip_prefix(shown.as_str());
            is_plain
                && !is_number(sent)
                && shown.chars().count() >= MIN_LEFT
                && rest.is_some_and(|rest| is_telling(rest) && !is_ending(rest))
        }
        (Value::Array(sent), Value::Array(shown)) => {
            let refers = ["id", "ids", "uuids", "keys"].iter().any(|word| is_word(name, word));
            let is_plain = |item: &Value| item.as_str().is_some_and(is_telling);
            !refers
                && !shown.is_empty()
                && shown.len() < sent.len()
                && sent.iter().zip(shown).all(|(sent, shown)| is_plain(sent) && is_same(sent, shown))
                && sent[shown.len()..]
                    .iter()
                    .all(|lost| is_plain(lost) && !shown.iter().any(|kept| is_same(lost, kept)))
        }
        _ => false,
    }
}

/// The years between which every calendar and every server have the same days.
const YEARS: std::ops::Range<i32> = 1900..2100;

/// Whether two dates are those of neighbouring days: what a date becomes that is taken for a time, and told in another
/// zone.
///
/// Not where a server may choose: in the place of a day of the weekend, and the days at which months begin and end.
fn is_day_beside(sent: &str, shown: &str) -> bool {
    /// Saturday and Sunday, by what is left of the numbers of days.
    const WEEKEND: [i32; 2] = [4, 5];
    let (Some(sent), Some((year, month, date))) = (date(sent), date(shown)) else { return false };
    let (sent, shown) = (day(sent), day((year, month, date)));
    let is_at_end = date == 1 || day((year, month + 1, 1)) == shown + 1;
    (sent - shown).abs() == 1 && !WEEKEND.contains(&(sent % 7)) && !is_at_end
}

/// The year, the month and the day, where a text is a date (RFC 3339) and nothing else.
fn date(text: &str) -> Option<(i32, i32, i32)> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, date] = parts[..] else { return None };
    let number = |text: &str, length: usize| {
        let is_number = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i32>().ok().filter(|_| is_number)
    };
    let (year, month, date) = (number(year, 4)?, number(month, 2)?, number(date, 2)?);
    let is_one = YEARS.contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&date);
    is_one.then_some((year, month, date))
}

/// The number of a day, counted from some day on. The thirteenth month is the next year's first.
fn day((year, month, date): (i32, i32, i32)) -> i32 {
    // Years begin in March, so that the day which only some of them have is their last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + date
}

/// The member of an object that was sent and is not shown any more, beside one that is shown as it was sent.
///
/// Not where a server may choose: of what it decides by itself by its name, and of what says nothing; nor where the
/// answer to what was sent has such an object, and does not show the member as it was sent.
pub(super) fn lost_member<'v>(
    observation: &Observation<'_>,
    whole: &'v Value,
    shown: &Value,
) -> Option<(&'v String, &'v Value)> {
    let (sent, shown) = (whole.as_object()?, shown.as_object()?);
    let secrets = secrets::names(observation.operation);
    let own = || {
        sent.iter().filter(|(name, value)| {
            !is_empty(value) && !is_decided_by_server(observation, name) && !secrets.contains(*name)
        })
    };
    let is_shown = |name: &String| shown.get(name).is_some_and(|shown| !shown.is_null());
    let is_kept = sent
        .iter()
        .any(|(name, value)| !is_empty(value) && shown.get(name).is_some_and(|shown| is_same(value, shown)));
    let replies = replied(observation, whole);
    let is_replied = |name: &String, value: &Value| {
        replies.iter().all(|reply| reply.get(name).is_some_and(|replied| is_same(value, replied)))
    };
    own().find(|(name, value)| {
        is_kept && !is_shown(name) && (value.is_string() || value.is_number()) && is_replied(name, value)
    })
}

/// The objects that the answer to the last change has in the place of one that was sent with it.
fn replied(observation: &Observation<'_>, sent: &Value) -> Vec<Value> {
    let mut earlier = observation.earlier.iter();
    let Some((request, reply)) = earlier.rfind(|(request, _)| !request.method.is_safe()) else {
        return Vec::new();
    };
    let (Some(whole), Some(mut reply)) = (object(&request.body), object(&reply.body)) else {
        return Vec::new();
    };
    let named = whole.iter().filter(|(_, value)| *value == sent);
    named.filter_map(|(name, _)| reply.remove(name)).filter(Value::is_object).collect()
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::json;

    use crate::check::Expectation;
    use crate::check::fixture::Scene;

    #[test]
    fn what_is_left_of_a_value_is_told_from_another_one() {
        let table = [
            ("weight", json!(3.5), json!(3), true),
            ("weight", json!(3.5), json!(4), true),
            ("weight", json!(3.5), json!(-3.5), true),
            ("level", json!(7), json!(6), true),
            // Another number may be the server's own, or what it makes of what asks for none.
            ("weight", json!(3.5), json!(350), false),
            ("weight", json!(3.504), json!(3.5), false),
            ("weight", json!(350.5), json!(350), false),
            ("level", json!(0), json!(1), false),
            ("level", json!(-1), json!(1), false),
            ("level", json!(7), json!(0), false),
            ("listPosition", json!(7), json!(6), false),
            ("discount", json!(7), json!(6), true),
            ("name", json!("a long name of it"), json!("a long name"), true),
            ("name", json!("a long name of it"), json!("another name"), false),
            ("due", json!("2024-03-06"), json!("2024-03-05"), true),
            ("due", json!("2024-03-08"), json!("2024-03-09"), true),
            ("due", json!("2024-03-01"), json!("2024-03-02"), true),
            ("due", json!("2024-03-01"), json!("2024-03-04"), false),
            ("due", json!("2099-12-29"), json!("2099-12-30"), true),
            // The day of business that is next, and the ends of months.
            ("due", json!("2024-03-09"), json!("2024-03-08"), false),
            ("due", json!("2024-03-10"), json!("2024-03-11"), false),
            ("due", json!("1999-10-30"), json!("1999-10-29"), false),
            ("due", json!("2024-03-01"), json!("2024-02-29"), false),
            ("due", json!("2023-02-27"), json!("2023-02-28"), false),
            ("due", json!("2024-02-27"), json!("2024-02-28"), true),
            ("due", json!("2024-01-02"), json!("2024-01-01"), false),
            ("due", json!("2099-12-30"), json!("2099-12-31"), false),
            ("due", json!("1024-03-01"), json!("1024-02-29"), false),
            ("due", json!("2024-03-01"), json!("2024-03"), false),
            ("price", json!("12345678.90"), json!("12345678"), false),
            ("name", json!("a long name.pdf"), json!("a long name"), false),
            ("tags", json!(["a7", "b7"]), json!(["a7"]), true),
            ("tags", json!(["a7", "a7", " "]), json!(["a7"]), false),
            ("tags", json!(["a7", "b7"]), json!(["b7"]), false),
            ("tags", json!(["a7", "b7"]), json!([]), false),
            ("memberIds", json!(["a7", "b7"]), json!(["a7"]), false),
        ];
        for (name, sent, shown, expected) in table {
            assert_eq!(super::is_left_of(name, &sent, &shown), expected, "{name} {sent} {shown}");
        }
    }

    #[test]
    fn a_member_is_lost_where_the_answer_did_not_say_so() {
        let sent = r#"{"in": {"colour": "red", "room": "attic"}, "age": 4}"#;
        let read = |reply| {
            Scene::new("getPet", "/pets/1")
                .expecting(Expectation::Made)
                .body("application/json", r#"{"id": 1, "in": {"colour": "red"}, "age": 4}"#)
                .earlier(Method::PUT, sent, 201, reply)
                .says("write_read_consistency")
        };
        let table = [
            ("", "failed: not kept: in"),
            (r#"{"id": 1}"#, "failed: not kept: in"),
            (r#"{"in": null}"#, "failed: not kept: in"),
            (sent, "failed: not kept: in"),
            (r#"{"in": {"colour": "red"}, "age": 4}"#, "passed"),
            (r#"{"in": {"colour": "red", "room": null}, "age": 4}"#, "passed"),
            (r#"{"in": {"colour": "red", "room": "hall"}, "age": 4}"#, "passed"),
        ];
        for (reply, expected) in table {
            assert_eq!(read(reply), expected, "{reply}");
        }
    }

    #[test]
    fn bytes_are_read_as_they_were_sent() {
        let read = |maker: &'static str, media_type, body| {
            Scene::new("getPet", "/pets/1")
                .expecting(Expectation::Made)
                .made_of(maker, "abc")
                .body(media_type, body)
                .says("write_read_consistency")
        };
        let bytes = "application/octet-stream";
        assert_eq!(read(bytes, bytes, "abc"), "passed");
        assert_eq!(read(bytes, bytes, "ab"), "failed: other bytes");
        // It may be another notation of the same.
        assert_eq!(read(bytes, "image/png", "ab"), "n/a");
        assert_eq!(read("image/png", bytes, "ab"), "n/a");
    }

    #[test]
    fn another_representation_has_another_etag() {
        let pet = r#"{"id": 1, "tag": "tabby"}"#;
        let read = |sent: &str, etag, shown| {
            Scene::new("getPet", "/pets/1")
                .expecting(Expectation::Changed)
                .earlier(Method::PUT, pet, 201, pet)
                .earlier(Method::GET, "", 200, pet)
                .earlier(Method::PUT, sent, 200, "")
                .read_before_tagged(r#""1""#)
                .header("etag", etag)
                .body("application/json", shown)
                .says("write_read_consistency")
        };
        let (sent, old, new) = (r#"{"tag": "black"}"#, r#""1""#, r#""2""#);
        let shown = r#"{"id": 1, "tag": "black"}"#;
        assert_eq!(read(sent, old, shown), "failed: ETag of before");
        assert_eq!(read(sent, new, shown), "passed");
        assert_eq!(read(r#"{"tag": "Tabby"}"#, old, pet), "n/a");
    }
}
