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
    /// `application/yaml`, `text/yaml` and everything with the suffix `+yaml`.
    Yaml,
    /// Everything else, ranges included.
    Binary,
}

/// The subtypes whose bodies are one JSON text after the other.
const LINES: [&str; 11] = [
    "jsonl",
    "x-jsonl",
    "jsonlines",
    "x-jsonlines",
    "ndjson",
    "x-ndjson",
    "x-ldjson",
    "json-seq",
    "stream+json",
    "x-json-stream",
    "x-stream+json",
];

/// What most bodies are. It is compared as a whole: every message asks several times, and taking a media type apart
/// costs more than to look at all of it.
const JSON: &str = "application/json";

/// The type and subtype of a media type, without its parameters and outer white space.
pub fn essence(media_type: &str) -> &str {
    let end = media_type.bytes().position(|byte| byte == b';').unwrap_or(media_type.len());
    media_type[..end].trim()
}

/// Whether a text is a type, a slash and a subtype, all of them tokens (RFC 9110, section 8.3.1), stars included.
pub(crate) fn is_media_type(text: &str) -> bool {
    let is_token = |text: &str| {
        let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !text.is_empty() && text.bytes().all(is_token_byte)
    };
    essence(text).split_once('/').is_some_and(|(main, sub)| is_token(main) && is_token(sub))
}

/// How a body of a media type is read and written; parameters do not matter, nor does case.
pub fn kind(media_type: &str) -> Kind {
    if media_type.eq_ignore_ascii_case(JSON) {
        return Kind::Json;
    }
    let essence = essence(media_type);
    let Some((main, sub)) = essence.split_once('/') else { return Kind::Binary };
    let is = |text: &str, word: &str| text.eq_ignore_ascii_case(word);
    if LINES.iter().any(|word| is(sub, word)) || has_suffix(sub, "json-seq") {
        return Kind::JsonLines;
    }
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
    if ["yaml", "x-yaml", "yml", "x-yml", "vnd.yaml"].iter().any(|word| is(sub, word))
        || has_suffix(sub, "yaml")
    {
        return Kind::Yaml;
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
/// ignored, and so is the `boundary` of a multipart body, which each body chooses for itself.
pub fn specificity(range: &str, media_type: &str) -> Option<u8> {
    if range == media_type && !range.as_bytes().contains(&b';') {
        return Some(5);
    }
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
    let is_own = |name: &str| name.eq_ignore_ascii_case("boundary") && kind(range) == Kind::Multipart;
    for (name, wanted) in parameters(range).filter(|(name, _)| !is_own(name)) {
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

/// A media type without the boundary of a multipart body, which is no part of what the body says.
pub(crate) fn without_boundary(media_type: &str) -> Cow<'_, str> {
    let has_boundary = kind(media_type) == Kind::Multipart && parameter(media_type, "boundary").is_some();
    if has_boundary {
        Cow::Owned(without_parameter(media_type, "boundary"))
    } else {
        Cow::Borrowed(media_type)
    }
}

/// A media type without one of its parameters.
pub(super) fn without_parameter(media_type: &str, name: &str) -> String {
    let is_other = |piece: &&str| {
        !piece.split_once('=').is_some_and(|(found, _)| found.trim().eq_ignore_ascii_case(name))
    };
    let kept: Vec<&str> = split_unquoted(media_type, ';').filter(is_other).map(str::trim).collect();
    kept.join("; ")
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

/// The ranges that an `Accept` header does not refuse, the most wanted first, those of one quality as they stand.
pub fn acceptable(accept: &str) -> Vec<&str> {
    let mut ranges = read_accept(accept);
    ranges.retain(|wanted| wanted.quality > 0);
    ranges.sort_by_key(|wanted| Reverse(wanted.quality));
    ranges.into_iter().map(|wanted| wanted.range).collect()
}

fn overlap(wanted: &str, documented: &str) -> Option<u8> {
    specificity(wanted, documented).or_else(|| specificity(documented, wanted))
}

/// The ranges of an `Accept` header; what is no range is skipped.
fn read_accept(accept: &str) -> Vec<Wanted<'_>> {
    split_unquoted(accept, ',')
        .filter_map(|item| {
            let item = item.trim();
            let is_range = is_media_type(item) || essence(item) == "*";
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::Contract;

    #[test]
    fn a_range_fits_the_closer_the_more_it_says() {
        let table = [
            ("application/json", "application/json", Some(5)),
            ("Application/JSON", "application/json; charset=utf-8", Some(5)),
            ("text/csv; header=absent", "text/csv;header=ABSENT", Some(6)),
            ("text/csv; header=absent", "text/csv;header=\"absent\"; x=1", Some(6)),
            ("text/csv; header=absent", "text/csv", Some(4)),
            ("text/csv; header=absent", "text/csv; header=present", None),
            ("multipart/mixed; boundary=a", "multipart/mixed; boundary=b", Some(5)),
            ("multipart/mixed; boundary=a; type=x", "multipart/mixed; boundary=b; type=x", Some(6)),
            ("text/csv; boundary=a", "text/csv; boundary=b", None),
            ("application/*+json", "application/problem+json", Some(3)),
            ("application/*+json", "application/json", None),
            ("application/*", "application/problem+json", Some(2)),
            ("*/*", "image/png", Some(1)),
            ("*", "image/png", Some(1)),
            ("application/json", "application/problem+json", None),
            ("text/*", "application/json", None),
            ("application/json", "json", None),
            ("", "application/json", None),
        ];
        for (range, media_type, expected) in table {
            assert_eq!(specificity(range, media_type), expected, "{range} {media_type}");
        }
    }

    #[test]
    fn a_media_type_has_one_kind() {
        let table = [
            ("application/json", Kind::Json),
            ("application/problem+JSON; charset=utf-8", Kind::Json),
            ("application/x-www-form-urlencoded", Kind::Form),
            ("multipart/form-data; boundary=x", Kind::Multipart),
            ("text/html", Kind::Text),
            ("text/xml", Kind::Xml),
            ("image/svg+xml", Kind::Xml),
            ("text/event-stream", Kind::EventStream),
            ("application/x-ndjson", Kind::JsonLines),
            ("application/stream+json", Kind::JsonLines),
            ("application/geo+json-seq", Kind::JsonLines),
            ("text/YAML", Kind::Yaml),
            ("application/x-yaml", Kind::Yaml),
            ("application/vnd.oai.openapi+yaml", Kind::Yaml),
            ("application/octet-stream", Kind::Binary),
            ("*/*", Kind::Binary),
            ("", Kind::Binary),
        ];
        for (media_type, kind) in table {
            assert_eq!(super::kind(media_type), kind, "{media_type}");
        }
    }

    /// The name of the media type that is chosen of those documented.
    fn chosen(documented: &[&str], accept: Option<&str>) -> Option<String> {
        let content: serde_json::Map<_, _> =
            documented.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        let response = json!({"description": "ok", "content": content});
        let document = json!({
            "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
            "paths": {"/": {"get": {"responses": {"200": response}}}}
        });
        let contract = Contract::load("t.json", document.to_string().as_bytes()).unwrap();
        let response = contract.operations()[0].responses().iter().next().unwrap();
        negotiate(&response.content, accept).map(|media| media.name.clone())
    }

    #[test]
    fn the_best_documented_media_type_is_chosen() {
        let both = ["text/html", "application/json", "application/xml"];
        let table: [(&[&str], Option<&str>, Option<&str>); 21] = [
            (&both, None, Some("application/json")),
            (&both, Some(""), Some("application/json")),
            (&both, Some("*/*"), Some("application/json")),
            (&["text/html", "text/plain"], None, Some("text/html")),
            (&both, Some("text/html"), Some("text/html")),
            (&both, Some("TEXT/HTML; q=0.5, application/xml;q=0.6"), Some("application/xml")),
            (&both, Some("application/xml, text/html"), Some("application/xml")),
            (&both, Some("text/html, */*"), Some("text/html")),
            (&both, Some("application/json;q=0, */*;q=0.1"), Some("text/html")),
            (&both, Some("application/*"), Some("application/json")),
            (&both, Some("image/png"), None),
            (&both, Some("text/html;q=0"), None),
            (&both, Some("text/*;q=0.3, text/html;q=0.7, application/*;q=0.5"), Some("text/html")),
            (&["application/problem+json"], Some("application/*+json"), Some("application/problem+json")),
            (&["application/problem+json"], Some("application/json"), None),
            (&["*/*"], Some("image/png"), Some("*/*")),
            (&["image/*", "application/json"], Some("image/png, application/json;q=0.9"), Some("image/*")),
            (&["text/csv; header=absent"], Some("text/csv; header=present"), None),
            (
                &["text/csv; header=absent"],
                Some("text/csv; header=\"absent\"; q=0.2"),
                Some("text/csv; header=absent"),
            ),
            (&both, Some("nonsense, ;;, text/html;q=x"), Some("text/html")),
            (&[], None, None),
        ];
        for (documented, accept, expected) in table {
            assert_eq!(chosen(documented, accept).as_deref(), expected, "{documented:?} {accept:?}");
        }
    }

    #[test]
    fn what_is_acceptable_comes_by_quality() {
        let accept = "text/html;q=0.5, image/png;q=0, nonsense, */*;q=0.1, application/json, text/csv";
        assert_eq!(acceptable(accept), ["application/json", "text/csv", "text/html", "*/*"]);
        assert_eq!(acceptable("garbage;;;"), Vec::<&str>::new());
    }

    #[test]
    fn a_range_stands_for_a_media_type_it_covers() {
        for range in ["*/*", "text/*", "image/*", "application/*", "application/*+json", "multipart/*"] {
            assert!(specificity(range, &concrete(range)).is_some(), "{range}");
        }
        assert_eq!(concrete("text/csv; header=absent"), "text/csv; header=absent");
    }
}
