//! What a document leaves open, so that accepting it breaks no promise: other notations of the documented type, where
//! values travel as text, and other notations of the documented format.

use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::{Location, Parameter, Part, Style, Violation};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::Observation;

/// Whether a violation of the data sent is one that no reading of the document allows.
pub(super) fn is_clear(observation: &Observation<'_>, violation: &Violation) -> bool {
    let travels = match &violation.part {
        Part::Parameter(..) => Travels::AsText,
        Part::Body => match observation.request.content_type().map(media::kind) {
            Some(Kind::Form | Kind::Multipart | Kind::Text) => Travels::AsText,
            _ => Travels::Typed,
        },
        _ => return true,
    };
    let is_torn = violation.rule == "unreadable" && violation.part == Part::Body && is_multipart(observation);
    let is_open = is_torn
        || is_other_charset(observation, violation)
        || is_trailed(observation, violation)
        || is_other_notation(observation, violation, travels)
        || is_bound_of_format(observation, violation)
        || is_without_brackets(observation, violation)
        || is_without_value(observation, violation)
        || (violation.part == Part::Body && is_read_only(observation, violation));
    !is_open
}

/// Whether the body is in parts. Where one of them has no end, or no name, many servers read the others.
fn is_multipart(observation: &Observation<'_>) -> bool {
    observation.request.content_type().map(media::kind) == Some(Kind::Multipart)
}

/// Whether the body is text, or JSON but for bytes that are not of its charset. JSON has to be UTF-8 (RFC 8259, section
/// 8.1), and yet many put a replacement character in the place of what is not before they read it; of other text a server
/// may make what it likes, as it may take the bytes of another charset than the one named.
fn is_other_charset(observation: &Observation<'_>, violation: &Violation) -> bool {
    let body = &observation.request.body;
    let is_open = || match observation.request.content_type().map(media::kind) {
        Some(Kind::Text) => true,
        Some(Kind::Json) => serde_json::from_str::<IgnoredAny>(&String::from_utf8_lossy(body)).is_ok(),
        _ => false,
    };
    violation.rule == "unreadable" && violation.part == Part::Body && is_open()
}

/// Whether the body is JSON that is whole, with something after it: many parsers stop where the value ends.
fn is_trailed(observation: &Observation<'_>, violation: &Violation) -> bool {
    let is_json = || observation.request.content_type().map(media::kind) == Some(Kind::Json);
    let mut values = serde_json::Deserializer::from_slice(&observation.request.body).into_iter::<Value>();
    violation.rule == "unreadable"
        && violation.part == Part::Body
        && is_json()
        && matches!(values.next(), Some(Ok(_)))
}

/// Whether a number is out of a range that only the width of its format implies (`int32`), and no keyword states: it
/// says how a number is to be held, and a server that can hold a wider one may.
fn is_bound_of_format(observation: &Observation<'_>, violation: &Violation) -> bool {
    let root = observation.operation.document().root();
    let stated = violation.document_pointer.as_ref().and_then(|pointer| root.pointer(pointer));
    matches!(violation.rule.as_ref(), "minimum" | "maximum") && stated.is_some_and(Value::is_object)
}

/// Whether it is a text in the place of an optional deepObject: what is not in brackets (`filter=text`) is to many servers
/// another parameter than `filter[...]`, and one that nobody declared.
fn is_without_brackets(observation: &Observation<'_>, violation: &Violation) -> bool {
    let Part::Parameter(Location::Query, name) = &violation.part else { return false };
    let is_deep = |parameter: &Parameter| {
        parameter.location == Location::Query
            && parameter.name == *name
            && !parameter.required
            && parameter.style == Style::DeepObject
    };
    violation.pointer.is_empty()
        && violation.rule == "type"
        && observation.operation.parameters().iter().any(is_deep)
}

/// Whether it is an optional query parameter without a value (`kind=`), which is to many servers as one that is not
/// there, where it is only no member or not of a format: a length or a pattern that it has not is clear.
fn is_without_value(observation: &Observation<'_>, violation: &Violation) -> bool {
    let Part::Parameter(Location::Query, name) = &violation.part else { return false };
    let is_optional = |parameter: &Parameter| {
        parameter.location == Location::Query && parameter.name == *name && !parameter.required
    };
    matches!(violation.rule.as_ref(), "enum" | "const" | "format")
        && violation.pointer.is_empty()
        && value_at(observation, violation).and_then(Value::as_str) == Some("")
        && observation.operation.parameters().iter().any(is_optional)
}

/// The value that a violation of the data sent is about, as the document's decoder read it.
pub(super) fn value_at<'a>(observation: &Observation<'a>, violation: &Violation) -> Option<&'a Value> {
    let values = &observation.reading.values;
    let whole = match &violation.part {
        Part::Parameter(Location::Path, name) => values.path.get(name),
        Part::Parameter(Location::Query | Location::QueryString, name) => values.query.get(name),
        Part::Parameter(Location::Header, name) => values.header.get(name),
        Part::Parameter(Location::Cookie, name) => values.cookie.get(name),
        Part::Body => values.body.as_ref().and_then(|body| body.payload.as_value()),
        _ => None,
    };
    whole?.pointer(&violation.pointer)
}

/// How values of a part of a message are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Travels {
    /// As text, whatever their type.
    AsText,
    /// In a notation that keeps types apart.
    Typed,
}

/// Whether the value at the violation is the documented thing in another notation.
fn is_other_notation(observation: &Observation<'_>, violation: &Violation, travels: Travels) -> bool {
    let value = value_at(observation, violation);
    if travels == Travels::AsText && violation.rule == "type" {
        // A name given several times where one value is documented: one server takes the first, another the last. And
        // whatever is written is a text, to who asks for one: a part that says to be JSON can be read as its text.
        let root = observation.operation.document().root();
        let wanted = violation.document_pointer.as_ref().and_then(|pointer| root.pointer(pointer));
        if value.is_some_and(Value::is_array) || wanted.is_some_and(|wanted| wanted == "string") {
            return true;
        }
    }
    if travels == Travels::AsText && is_item_of_none(observation, violation) {
        return true;
    }
    let Some(Value::String(text)) = value else { return false };
    // A field without a value is to many servers as one that is not there.
    let is_field = matches!(violation.part, Part::Parameter(Location::Header | Location::Cookie, _));
    if is_field && text.trim().is_empty() {
        return true;
    }
    match violation.rule.as_ref() {
        "type" => travels == Travels::AsText && is_loose_scalar(text),
        "format" => {
            let root = observation.operation.document().root();
            let format = violation.document_pointer.as_ref().and_then(|pointer| root.pointer(pointer));
            format.and_then(Value::as_str).is_some_and(|format| is_loose_format(format, text))
        }
        _ => false,
    }
}

/// Whether what is refused is the one empty item of a list: `tags=` is a list of one empty text to one server, and an
/// empty list to another.
fn is_item_of_none(observation: &Observation<'_>, violation: &Violation) -> bool {
    let Some(pointer) = violation.pointer.strip_suffix("/0") else { return false };
    let list = Violation { pointer: pointer.to_owned(), ..violation.clone() };
    value_at(observation, &list).and_then(Value::as_array).is_some_and(|items| *items == [Value::from("")])
}

/// Whether many servers read a text as a boolean, a number, or nothing at all.
fn is_loose_scalar(text: &str) -> bool {
    const WORDS: [&str; 13] =
        ["", "true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "null", "none"];
    let text = text.trim().to_ascii_lowercase();
    let digits = text.replace('_', "");
    WORDS.contains(&text.as_str()) || digits.parse::<f64>().is_ok() || digits.starts_with("0x")
}

/// Whether common libraries take a text for a format that it does not have to the letter.
///
/// | format | taken as well |
/// |---|---|
/// | uuid | without hyphens, in braces, as a URN |
/// | date, time, date-time | a time stamp, other separators, no zone; not a day or an hour that does not exist |
/// | email | anything around an `@` |
/// | hostname | underscores, a dot at the end, any length |
/// | ipv4 | leading zeros |
/// | byte | base64 with line breaks, without padding, of the other alphabet |
fn is_loose_format(format: &str, text: &str) -> bool {
    match format {
        "uuid" => {
            let bare = text.to_ascii_lowercase();
            let bare = bare.trim_start_matches("urn:uuid:").replace(['-', '{', '}'], "");
            bare.len() == 32 && bare.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
        "date" | "time" | "date-time" => is_loose_time(text),
        "email" | "idn-email" => {
            text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        }
        "hostname" | "idn-hostname" => {
            !text.is_empty()
                && text.chars().all(|character| character.is_alphanumeric() || "-_.".contains(character))
        }
        "ipv4" => {
            let parts: Vec<&str> = text.split('.').collect();
            parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok())
        }
        "byte" => text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_\r\n ".contains(&byte)),
        _ => false,
    }
}

/// Whether a text is made like a date, a time or a time stamp, and names none that does not exist.
fn is_loose_time(text: &str) -> bool {
    let is_made_like_one = text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"-:+.,/TtZz ".contains(&byte));
    if !is_made_like_one {
        return false;
    }
    let numbers: Vec<u32> = text
        .split(|character: char| !character.is_ascii_digit())
        .map_while(|digits| digits.parse().ok())
        .collect();
    let is_dashed = text.as_bytes().get(4) == Some(&b'-');
    let (date, time) = match numbers.as_slice() {
        [year, month, day, time @ ..] if is_dashed => (Some((*year, *month, *day)), time),
        _ if text.as_bytes().get(2) == Some(&b':') => (None, numbers.as_slice()),
        _ => return true,
    };
    let is_day = date.is_none_or(|(year, month, day)| (1..=days(year, month)).contains(&day));
    let is_hour = time.first().is_none_or(|hour| *hour <= 24);
    is_day && is_hour && time.iter().skip(1).take(2).all(|sixtieth| *sixtieth <= 60)
}

/// The days of a month; none where there is no such month.
fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

/// Whether what is refused is a `readOnly` property in a request, which servers are free to ignore.
fn is_read_only(observation: &Observation<'_>, violation: &Violation) -> bool {
    let Some(pointer) = &violation.document_pointer else { return false };
    let root = observation.operation.document().root();
    let around = pointer.rfind('/').and_then(|end| root.pointer(&pointer[..end]));
    let is_marked = |schema: &Value| schema.get("readOnly") == Some(&Value::Bool(true));
    violation.rule == "readOnly" || [root.pointer(pointer), around].into_iter().flatten().any(is_marked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_notations_of_a_format_are_told_from_other_things() {
        let table: [(&str, &[&str], &[&str]); 7] = [
            (
                "uuid",
                &["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "{aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa}"],
                &["", "abc", "00000000-0000-0000-0000-00000000000g"],
            ),
            (
                "date",
                &["1700000000", "2024-1-1", "2024-02-29", "01/02/2024"],
                &["", "tomorrow", "2023-02-29", "2024-13-01"],
            ),
            (
                "date-time",
                &["2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "2024-01-01", "1.5"],
                &[
                    "",
                    "2023-02-29T25:61:61Z",
                    "2024-01-01T25:00:00Z",
                    "2024-01-01T10:61:00Z",
                    "not a date-time",
                ],
            ),
            ("time", &["10:00", "10:00:00"], &["25:00:00Z", "noon"]),
            ("email", &["a@b", "\u{e9}@example.com"], &["", "nobody@", "@example.com", "nobody"]),
            ("ipv4", &["01.2.3.4"], &["256.0.0.1", "1.2.3", "host"]),
            ("uri", &[], &["http//example.com", "not a uri"]),
        ];
        for (format, loose, clear) in table {
            for text in loose {
                assert!(is_loose_format(format, text), "{format}: {text:?}");
            }
            for text in clear {
                assert!(!is_loose_format(format, text), "{format}: {text:?}");
            }
        }
    }
}
