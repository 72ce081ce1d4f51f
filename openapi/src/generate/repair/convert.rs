//! What a value of the wrong type or notation plainly means.

use serde_json::{Map, Number, Value};

use super::mender::size;
use super::moment;
use crate::generate::draw::exact;
use crate::generate::grammar::{Form, FormKind, Node, NumberRule, TextRule};

/// The longest text that is read as something else, in bytes.
const MAX_TEXT: usize = 1 << 20;

/// The most items that a text is split into.
const MAX_SPLIT: usize = 100;

/// The members that an Example Object may have (OpenAPI 3.0.3, section 4.7.19).
const EXAMPLE_OBJECT: [&str; 4] = ["summary", "description", "value", "externalValue"];

/// A value that another one holds, and how many values of that are lost when it takes its place.
pub(super) struct Content {
    pub(super) value: Value,
    pub(super) lost: u32,
}

/// The values that a scalar may be meant for at a node, likeliest first; whether they fit has to be asked.
pub(super) fn readings(value: &Value, node: &Node) -> Vec<Value> {
    if text_of(value).is_some_and(|text| text.len() > MAX_TEXT) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for form in &node.forms {
        match &form.kind {
            FormKind::Values(values) => {
                found.extend(values.iter().find(|known| is_alike(known, value)).cloned())
            }
            FormKind::Null => {
                let is_null = matches!(value.as_str(), Some("null" | "nil" | "None" | ""));
                found.extend(is_null.then_some(Value::Null));
            }
            FormKind::Boolean => found.extend(boolean(value)),
            FormKind::Number { rule, is_whole } => numbers(value, rule, *is_whole, &mut found),
            FormKind::Text(text) => texts(value, &text.rule, &mut found),
            FormKind::Array(_) | FormKind::Object(_) => {}
        }
    }
    found.retain(|read| read != value);
    found
}

/// The containers that a value of another kind may be meant for, likeliest first.
pub(super) fn contents(value: &Value, node: &Node) -> Vec<Content> {
    let has = |is_wanted: fn(&FormKind) -> bool| node.forms.iter().any(|form: &Form| is_wanted(&form.kind));
    let has_array = has(|kind| matches!(kind, FormKind::Array(_)));
    let has_object = has(|kind| matches!(kind, FormKind::Object(_)));
    let mut found = Vec::new();
    let mut push = |value: Value, lost: u32| found.push(Content { value, lost });
    match value {
        Value::String(text) if (has_array || has_object) && text.len() <= MAX_TEXT => {
            match serde_json::from_str::<Value>(text.trim()) {
                Ok(inner) if inner.is_object() || inner.is_array() || inner.is_string() => push(inner, 0),
                _ => {}
            }
            if has_array && text.contains(',') {
                let items = text.split(',').take(MAX_SPLIT).map(|item| Value::from(item.trim()));
                push(Value::Array(items.collect()), 0);
            }
            if has_array {
                push(Value::Array(vec![value.clone()]), 0);
            }
        }
        Value::Bool(_) | Value::Number(_) if has_array => push(Value::Array(vec![value.clone()]), 0),
        Value::Array(items) if !has_array => {
            if let Some(first) = items.first() {
                push(first.clone(), size(value) - size(first) - 1);
            }
        }
        Value::Object(members) => {
            if let Some(inner) = wrapped(members) {
                push(inner.clone(), size(value) - size(inner) - 1);
            }
            if has_array && !has_object {
                push(Value::Array(vec![value.clone()]), 0);
            }
        }
        _ => {}
    }
    found
}

/// What an object holds that is only a wrapping: an Example Object, or one member under some name.
fn wrapped(members: &Map<String, Value>) -> Option<&Value> {
    let is_example = members.keys().all(|name| EXAMPLE_OBJECT.contains(&name.as_str()));
    let inner = match members.get("value") {
        Some(inner) if is_example => inner,
        _ if members.len() == 1 => members.values().next()?,
        _ => return None,
    };
    (inner.is_object() || inner.is_array() || is_example).then_some(inner)
}

fn text_of(value: &Value) -> Option<&str> {
    value.as_str()
}

/// Whether a value was written for a listed one: in other letters, with other separators, or of another type.
fn is_alike(known: &Value, value: &Value) -> bool {
    let Some((known, value)) = plain(known).zip(plain(value)) else { return false };
    let letters = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && !"_-".contains(*c))
            .flat_map(char::to_lowercase)
            .collect()
    };
    let known = letters(&known);
    !known.is_empty() && known == letters(&value)
}

/// A scalar as text.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn boolean(value: &Value) -> Option<Value> {
    let text = plain(value)?.trim().to_ascii_lowercase();
    match text.as_str() {
        "true" | "yes" | "1" | "1.0" => Some(Value::Bool(true)),
        "false" | "no" | "0" | "0.0" => Some(Value::Bool(false)),
        _ => None,
    }
}

fn numbers(value: &Value, rule: &NumberRule, is_whole: bool, found: &mut Vec<Value>) {
    let number = match value {
        Value::Number(number) => number.clone(),
        Value::String(text) => match number(text.trim()) {
            Some(number) => number,
            None => return,
        },
        Value::Bool(flag) => Number::from(u8::from(*flag)),
        Value::Null | Value::Array(_) | Value::Object(_) => return,
    };
    found.push(Value::Number(number.clone()));
    let Some(float) = number.as_f64() else { return };
    let mut nearest = float;
    for bound in rule.low.iter().filter_map(|bound| bound.value.as_f64()) {
        nearest = nearest.max(bound);
    }
    for bound in rule.high.iter().filter_map(|bound| bound.value.as_f64()) {
        nearest = nearest.min(bound);
    }
    if let Some(step) = rule.steps.first().and_then(Number::as_f64) {
        nearest = (nearest / step).round() * step;
    }
    for float in [nearest, nearest.round(), nearest.floor(), nearest.ceil()] {
        found.extend(number_of(float, is_whole || nearest.fract() == 0.0));
    }
}

fn number_of(float: f64, is_whole: bool) -> Option<Value> {
    // Beyond this a double names no single whole number.
    let is_exact = float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0;
    if is_whole && is_exact {
        return Some(Value::from(float as i64));
    }
    Number::from_f64(float).map(Value::Number)
}

/// A number as people write it: in JSON's notation, with a sign, or with commas between thousands.
fn number(text: &str) -> Option<Number> {
    let bare = text.strip_prefix('+').unwrap_or(text);
    if let Ok(number) = serde_json::from_str::<Number>(bare) {
        return Some(number);
    }
    let mut groups = bare.split('.').next()?.trim_start_matches('-').split(',');
    let is_grouped = groups.next().is_some_and(|first| (1..=3).contains(&first.len()))
        && groups.all(|group| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()));
    let number = if is_grouped { bare.replace(',', "") } else { bare.to_owned() };
    let float: f64 = number.parse().ok().filter(|float: &f64| float.is_finite())?;
    if !number.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    match number.parse::<i64>() {
        Ok(whole) => Some(Number::from(whole)),
        Err(_) => Number::from_f64(float),
    }
}

fn texts(value: &Value, rule: &TextRule, found: &mut Vec<Value>) {
    let formats = || rule.formats.iter().map(String::as_str);
    let mut written: Vec<String> = Vec::new();
    match value {
        Value::String(text) => {
            written.push(text.trim().to_owned());
            written.extend(formats().flat_map(|format| in_format(text.trim(), format)));
            written.extend([text.to_lowercase(), text.to_uppercase()]);
            if let Some(most) = rule.max.and_then(|max| usize::try_from(max).ok()) {
                let cut: String = text.chars().take(most).collect();
                written.extend([cut.trim_end().to_owned(), cut]);
            }
        }
        Value::Number(number) => {
            written.extend(formats().filter_map(|format| moment::of_number(number, format)));
            written.push(number.to_string());
            // A number that is to be a text of one length, such as a post code, has lost its zeros.
            if let (Some((whole, 0)), Ok(width)) = (exact(number), usize::try_from(rule.min.min(32))) {
                written.push(format!("{whole:0width$}"));
            }
        }
        Value::Bool(flag) => written.push(flag.to_string()),
        Value::Array(items) => match items.as_slice() {
            [Value::String(only)] => written.push(only.clone()),
            _ => written.push(value.to_string()),
        },
        Value::Object(_) => written.push(value.to_string()),
        Value::Null => {}
    }
    found.extend(written.into_iter().map(Value::String));
}

/// A text in the notation of a format.
fn in_format(text: &str, format: &str) -> Vec<String> {
    match format {
        "date" | "date-time" | "time" => moment::read(text, format).into_iter().collect(),
        "uri" | "url" | "iri" => {
            let spaced = text.replace(' ', "%20");
            vec![format!("https://{}", spaced.trim_start_matches("//")), spaced]
        }
        "uri-reference" | "iri-reference" => vec![text.replace(' ', "%20")],
        "uuid" | "guid" => uuid(text).into_iter().collect(),
        "ipv4" | "ipv6" => text.split_once('/').map(|(address, _)| address.to_owned()).into_iter().collect(),
        "hostname" => text
            .split_once("://")
            .map(|(_, rest)| rest.split(['/', ':']).next().unwrap_or_default().to_owned())
            .into_iter()
            .collect(),
        "email" => vec![
            text.strip_prefix("mailto:").unwrap_or(text).to_owned(),
            text.split_once('<').map_or(text, |(_, rest)| rest.trim_end_matches('>')).to_owned(),
        ],
        _ => Vec::new(),
    }
}

/// A UUID from its 32 digits, in whatever groups and brackets they stand.
fn uuid(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !"{}- ".contains(*c)).collect();
    let is_uuid = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_uuid.then(|| {
        let group = |from: usize, to: usize| &digits[from..to];
        [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-")
    })
}
