//! What the bytes of replies can stand for, read without a schema: of a text all the values are given that it could
//! be the notation of, and one of them must be valid.

use serde_json::{Map, Value};

/// The most ways tried to read the items of a list or the members of an object each as a text or as a number.
const MAX_WAYS: usize = 256;

/// How a body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    /// One JSON text a line, or each after a record separator.
    Lines,
    Text,
    /// By the codec.
    Coded,
    /// Not at all.
    Bytes,
}

/// A media type without its parameters, in small letters.
pub(super) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

pub(super) fn kind(media_type: &str) -> Kind {
    let essence = essence(media_type);
    let (main, sub) = essence.split_once('/').unwrap_or((&essence, ""));
    let suffix = sub.rsplit('+').next().unwrap_or_default();
    let is_lines = ["jsonl", "ndjson", "ldjson", "jsonlines", "json-seq", "json-stream"]
        .iter()
        .any(|name| sub.trim_start_matches("x-").ends_with(name));
    match (main, suffix) {
        _ if is_lines || sub.ends_with("stream+json") => Kind::Lines,
        (_, "json") => Kind::Json,
        (_, "xml" | "yaml" | "x-yaml" | "yml" | "x-yml" | "vnd.yaml") | ("multipart", _) => Kind::Coded,
        (_, "x-www-form-urlencoded" | "event-stream") => Kind::Coded,
        ("text", _) => Kind::Text,
        _ => Kind::Bytes,
    }
}

/// The JSON of a text.
pub(super) fn json(text: &str) -> Vec<Value> {
    serde_json::from_str(text).into_iter().collect()
}

/// The items of a sequence; nothing where one of them is no JSON.
pub(super) fn lines(body: &[u8]) -> Option<Vec<Value>> {
    let text = std::str::from_utf8(body).ok()?;
    let is_records = text.starts_with('\u{1e}');
    let separator = if is_records { '\u{1e}' } else { '\n' };
    let items = text.split(separator).map(str::trim).filter(|item| !item.is_empty());
    items.map(|item| serde_json::from_str(item).ok()).collect()
}

/// What a text can stand for.
pub(super) fn text(text: &str) -> Vec<Value> {
    let mut readings = vec![Value::from(text)];
    readings.extend(json(text));
    readings
}

/// What the text of a header can stand for: a single value, a list, or an object of style `simple`.
pub(super) fn header(raw: &str) -> Vec<Value> {
    let mut readings = text(raw);
    for separator in [',', ' ', '\t', '|'] {
        if separator != ',' && !raw.contains(separator) {
            continue;
        }
        let pieces: Vec<&str> = raw.split(separator).map(str::trim).collect();
        let lists = ways(&pieces).into_iter().map(Value::Array);
        readings.extend(lists);
        if pieces.iter().all(|piece| piece.contains('=')) {
            let pairs: Vec<(&str, &str)> = pieces.iter().filter_map(|piece| piece.split_once('=')).collect();
            readings.extend(objects(&pairs));
        }
        if pieces.len().is_multiple_of(2) {
            let pairs: Vec<(&str, &str)> = pieces.chunks(2).map(|pair| (pair[0], pair[1])).collect();
            readings.extend(objects(&pairs));
        }
    }
    if raw.is_empty() {
        readings.extend([Value::Array(Vec::new()), Value::Object(Map::new())]);
    }
    readings
}

fn objects(pairs: &[(&str, &str)]) -> Vec<Value> {
    let values: Vec<&str> = pairs.iter().map(|(_, value)| *value).collect();
    let named = |values: Vec<Value>| {
        let names = pairs.iter().map(|(name, _)| (*name).to_owned());
        Value::Object(names.zip(values).collect())
    };
    ways(&values).into_iter().map(named).collect()
}

/// Every way to read some texts, each as a text or as what it is the notation of.
fn ways(pieces: &[&str]) -> Vec<Vec<Value>> {
    let mut ways: Vec<Vec<Value>> = vec![Vec::new()];
    for piece in pieces {
        let readings = text(piece);
        let few =
            if ways.len() * readings.len() > MAX_WAYS { &readings[readings.len() - 1..] } else { &readings };
        ways = ways
            .into_iter()
            .flat_map(|way| few.iter().map(move |reading| [way.clone(), vec![reading.clone()]].concat()))
            .collect();
    }
    ways
}
