//! Media types and ranges (RFC 9110, sections 8.3.1 and 12.5.1).

use std::borrow::Cow;
use std::cmp::Reverse;

use crate::contract::{Content, MediaType};

/// How a body of some media type is read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `application/json` and everything with the suffix `+json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `multipart/*`.
    Multipart,
    /// `text/*` that is nothing more special.
    Text,
    /// `application/xml`, `text/xml` and everything with the suffix `+xml`.
    Xml,
    /// `text/event-stream`.
    EventStream,
    /// One JSON text a line: `application/x-ndjson`, `application/jsonl` and their like.
    JsonLines,
    /// Everything else, ranges included.
    Binary,
}

/// The type and subtype of a media type, without its parameters and outer white space.
pub fn essence(media_type: &str) -> &str {
    media_type.split_once(';').map_or(media_type, |(essence, _)| essence).trim()
}

/// How a body of a media type is read and written; parameters do not matter, nor does case.
pub fn kind(media_type: &str) -> Kind {
    let essence = essence(media_type);
    let Some((main, sub)) = essence.split_once('/') else { return Kind::Binary };
    let is = |text: &str, word: &str| text.eq_ignore_ascii_case(word);
    if is(sub, "json") || has_suffix(sub, "json") {
        return Kind::Json;
    }
    if is(sub, "xml") || has_suffix(sub, "xml") {
        return Kind::Xml;
    }
    if is(main, "application") && is(sub, "x-www-form-urlencoded") {
        return Kind::Form;
    }
    if is(main, "multipart") {
        return Kind::Multipart;
    }
    if ["x-ndjson", "ndjson", "jsonl", "x-jsonlines", "jsonlines", "json-seq"]
        .iter()
        .any(|word| is(sub, word))
    {
        return Kind::JsonLines;
    }
    if is(main, "text") {
        return if is(sub, "event-stream") { Kind::EventStream } else { Kind::Text };
    }
    Kind::Binary
}

/// How closely a documented media type or range fits a concrete media type; `None` where it does not.
///
/// | range | example | |
/// |---|---|---|
/// | exact, each of its parameters sent with the same value | `text/csv; header=absent` | 6 |
/// | exact, without parameters | `text/csv` | 5 |
/// | exact, some of its parameters not sent | `text/csv; header=absent` | 4 |
/// | a structured syntax suffix | `application/*+json` | 3 |
/// | any subtype | `text/*` | 2 |
/// | anything | `*/*` | 1 |
///
/// A parameter sent with another value than the documented one does not fit; one the document does not name is
/// ignored.
pub fn specificity(range: &str, media_type: &str) -> Option<u8> {
    let (wanted, sent) = (essence(range), essence(media_type));
    if wanted.eq_ignore_ascii_case(sent) {
        return exact_specificity(range, media_type);
    }
    if wanted == "*" || wanted == "*/*" {
        return Some(1);
    }
    let (wanted_main, wanted_sub) = wanted.split_once('/')?;
    let (sent_main, sent_sub) = sent.split_once('/')?;
    if !wanted_main.eq_ignore_ascii_case(sent_main) {
        return None;
    }
    if wanted_sub == "*" {
        return Some(2);
    }
    let suffix = wanted_sub.strip_prefix("*+")?;
    has_suffix(sent_sub, suffix).then_some(3)
}

fn exact_specificity(range: &str, media_type: &str) -> Option<u8> {
    if !range.contains(';') {
        return Some(5);
    }
    let (mut is_stated, mut is_sent) = (false, true);
    for (name, wanted) in parameters(range) {
        is_stated = true;
        match parameter(media_type, name) {
            Some(sent) if sent.eq_ignore_ascii_case(&wanted) => {}
            Some(_) => return None,
            None => is_sent = false,
        }
    }
    Some(match (is_stated, is_sent) {
        (false, _) => 5,
        (true, true) => 6,
        (true, false) => 4,
    })
}

fn has_suffix(sub: &str, suffix: &str) -> bool {
    sub.rsplit_once('+').is_some_and(|(_, found)| found.eq_ignore_ascii_case(suffix))
}

/// The value of a parameter of a media type, unquoted.
pub(crate) fn parameter<'m>(media_type: &'m str, name: &str) -> Option<Cow<'m, str>> {
    parameters(media_type).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The parameters of a media type or range; what has no `=` is skipped.
fn parameters(media_type: &str) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    split_unquoted(media_type, ';').skip(1).filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        Some((name.trim(), unquote(value.trim())))
    })
}

fn unquote(value: &str) -> Cow<'_, str> {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Cow::Borrowed(value);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut is_escaped = false;
    for character in inner.chars() {
        if character == '\\' && !is_escaped {
            is_escaped = true;
            continue;
        }
        is_escaped = false;
        text.push(character);
    }
    Cow::Owned(text)
}

/// The pieces of a header value between separators that stand outside quoted strings.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character: char| {
        if is_escaped {
            is_escaped = false;
            return false;
        }
        match character {
            '"' => is_quoted = !is_quoted,
            '\\' if is_quoted => is_escaped = true,
            _ => return !is_quoted && character == separator,
        }
        false
    })
}

/// One range of an `Accept` header.
struct Wanted<'a> {
    range: &'a str,
    /// Thousandths.
    quality: u16,
}

/// The documented media type that suits an `Accept` header best; `None` when none does.
///
/// Without the header it is JSON where JSON is documented, else the first. With it (RFC 9110, section 12.5.1) the
/// most specific range that fits a media type gives its quality; the greatest quality wins, then the most specific
/// range, then the range named first, then JSON, then the order of the document. A documented range such as `*/*`
/// fits every range it overlaps.
pub fn negotiate<'c>(content: &'c Content, accept: Option<&str>) -> Option<&'c MediaType> {
    let ranges = accept.map(read_accept).unwrap_or_default();
    let is_json = |media: &MediaType| kind(&media.name) == Kind::Json;
    if ranges.is_empty() {
        return content.iter().find(|media| is_json(media)).or_else(|| content.iter().next());
    }
    let rated = content.iter().filter_map(|media| {
        let (index, range, closeness) = ranges
            .iter()
            .enumerate()
            .filter_map(|(index, wanted)| Some((index, wanted, overlap(wanted.range, &media.name)?)))
            .max_by_key(|(index, _, closeness)| (*closeness, Reverse(*index)))?;
        let key = (range.quality, closeness, Reverse(index), is_json(media));
        (range.quality > 0).then_some((key, media))
    });
    // Of equals `max_by` returns the last, and the first documented is wanted.
    rated
        .max_by(|(left, _), (right, _)| left.cmp(right).then(std::cmp::Ordering::Greater))
        .map(|(_, media)| media)
}

fn overlap(wanted: &str, documented: &str) -> Option<u8> {
    specificity(wanted, documented).or_else(|| specificity(documented, wanted))
}

/// The ranges of an `Accept` header; what is no range is skipped.
fn read_accept(accept: &str) -> Vec<Wanted<'_>> {
    split_unquoted(accept, ',')
        .filter_map(|item| {
            let item = item.trim();
            let is_range = essence(item).contains('/') || essence(item) == "*";
            is_range.then(|| match parameters(item).find(|(name, _)| name.eq_ignore_ascii_case("q")) {
                Some((_, quality)) => {
                    Wanted { range: without_quality(item), quality: read_quality(&quality) }
                }
                None => Wanted { range: item, quality: 1000 },
            })
        })
        .collect()
}

/// The range before its `q`, which ends the media type's own parameters.
fn without_quality(item: &str) -> &str {
    let mut end = 0;
    for piece in split_unquoted(item, ';') {
        let is_quality = piece.split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
        if end > 0 && is_quality {
            return item[..end - 1].trim();
        }
        end += piece.len() + 1;
    }
    item
}

fn read_quality(text: &str) -> u16 {
    let quality = text.parse::<f64>().ok().filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(1.0);
    // In 0 to 1000, so nothing is lost.
    (quality * 1000.0).round() as u16
}

/// A media type that a documented range covers, to be sent where the document names none: `text/*` gives
/// `text/plain`, `application/*+json` gives `application/any+json`, `*/*` gives `application/octet-stream`.
pub fn concrete(range: &str) -> Cow<'_, str> {
    let found = essence(range);
    if !found.contains('*') {
        return Cow::Borrowed(range);
    }
    let sample = match found.split_once('/') {
        Some(("text", "*")) => "text/plain",
        Some(("image", "*")) => "image/png",
        Some(("multipart", "*")) => "multipart/form-data",
        Some((main, sub)) if main != "*" => {
            let sub = sub.strip_prefix('*').unwrap_or(sub);
            return Cow::Owned(match sub {
                "" => format!("{main}/octet-stream"),
                suffix => format!("{main}/any{suffix}"),
            });
        }
        _ => "application/octet-stream",
    };
    Cow::Borrowed(sample)
}
