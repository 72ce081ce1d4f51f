//! Whether a list is in the order that was asked for.

use std::cmp::Ordering;

use counterfoil_openapi::folded;
use serde_json::Value;

use crate::resource::listing::WAYS;

/// The most items that are compared, each with each.
const MAX_ITEMS: usize = 64;
/// Words in names of members that, where they are true, put an item before all others.
const AHEAD: [&str; 6] = ["pin", "sticky", "feature", "promote", "boost", "favo"];

/// Which way an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
}

/// What a value of a parameter says of the order of a list: by which member, and which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked<'v> {
    /// The member, where the value names one.
    pub(super) member: Option<&'v str>,
    pub(super) way: Option<Way>,
}

impl<'v> Asked<'v> {
    /// | value | by | way |
    /// |---|---|---|
    /// | `price` | `price` | |
    /// | `-price`, `price_desc`, `price:desc`, `priceDesc` | `price` | down |
    /// | `+price`, `price.asc`, `price ascending` | `price` | up |
    /// | `desc` | | down |
    pub(super) fn of(value: &'v str) -> Self {
        if let Some(member) = value.strip_prefix('-') {
            return Self { member: Some(member), way: Some(Way::Down) };
        }
        if let Some(member) = value.strip_prefix('+') {
            return Self { member: Some(member), way: Some(Way::Up) };
        }
        for word in WAYS {
            let Some(at) = value.len().checked_sub(word.len()).filter(|at| value.is_char_boundary(*at))
            else {
                continue;
            };
            let (before, end) = value.split_at(at);
            let begins_word = before.is_empty()
                || before.ends_with(|last: char| !last.is_alphanumeric())
                || before.ends_with(char::is_lowercase) && end.starts_with(char::is_uppercase);
            if end.eq_ignore_ascii_case(word) && begins_word {
                let way = if word.starts_with('a') { Way::Up } else { Way::Down };
                let member = before.trim_end_matches(|last: char| !last.is_alphanumeric());
                return Self { member: Some(member).filter(|member| !member.is_empty()), way: Some(way) };
            }
        }
        Self { member: Some(value), way: None }
    }
}

/// Two items in an order other than asked for: their values of the member. Where no way is asked for, either will do.
///
/// Compared is what every server puts in the same order: numbers, times in one notation, words of small letters. `ranks`
/// are words with an order of their own, since an enumeration has them. Times are compared only where a way is asked for:
/// without one, what is called as a time may be the order in which things were made.
pub(super) fn disorder<'l>(
    items: &'l [Value],
    asked: &Asked<'_>,
    ranks: &[&str],
) -> Option<(&'l Value, &'l Value)> {
    let member = folded(asked.member?);
    let is_ahead = |item: &Value| {
        item.as_object().into_iter().flatten().any(|(name, value)| {
            *value == Value::Bool(true) && AHEAD.iter().any(|word| folded(name).contains(word))
        })
    };
    if items.iter().any(is_ahead) {
        return None;
    }
    let value = |item: &'l Value| -> Option<&'l Value> {
        let mut members = item.as_object()?.iter().filter(|(name, _)| folded(name) == member);
        members.next().map(|(_, value)| value).filter(|_| members.next().is_none())
    };
    let is_time = |value: &&Value| value.as_str().is_some_and(|text| zone(text).is_some());
    let values = items.iter().take(MAX_ITEMS).filter_map(value);
    let values: Vec<&Value> = values.filter(|value| asked.way.is_some() || !is_time(value)).collect();
    let pair = |wrong: Ordering| {
        let pairs = values
            .iter()
            .enumerate()
            .flat_map(|(at, one)| values[at + 1..].iter().map(move |other| (*one, *other)));
        pairs.into_iter().find(|(one, other)| compare(one, other, ranks) == Some(wrong))
    };
    let (falling, rising) = (pair(Ordering::Greater), pair(Ordering::Less));
    match asked.way {
        Some(Way::Up) => falling,
        Some(Way::Down) => rising,
        None => falling.filter(|_| rising.is_some()),
    }
}

/// How two values compare, where that leaves no doubt.
fn compare(one: &Value, other: &Value, ranks: &[&str]) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
        (Value::String(one), Value::String(other)) => {
            let is_word = |text: &str| {
                !text.is_empty()
                    && text.bytes().all(|byte| byte.is_ascii_lowercase())
                    && !ranks.contains(&text)
            };
            let is_alike = is_word(one) && is_word(other)
                || one.len() == other.len() && zone(one).is_some() && zone(one) == zone(other);
            is_alike.then(|| one.cmp(other))
        }
        _ => None,
    }
}

/// What follows the digits of a date, or of a time to the second; nothing where a text is neither.
fn zone(text: &str) -> Option<&str> {
    let is_like = |pattern: &str| {
        text.len() >= pattern.len()
            && pattern.bytes().zip(text.bytes()).all(|(wanted, byte)| match wanted {
                b'0' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b't' | b' '),
                other => other == byte,
            })
    };
    if is_like("0000-00-00T00:00:00") {
        let rest = text[19..].strip_prefix('.').unwrap_or(&text[19..]);
        return Some(rest.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    }
    (is_like("0000-00-00") && text.len() == 10).then_some("")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_say_by_what_and_which_way() {
        let table = [
            ("price", Some("price"), None),
            ("-price", Some("price"), Some(Way::Down)),
            ("+price", Some("price"), Some(Way::Up)),
            ("price_desc", Some("price"), Some(Way::Down)),
            ("price:ASC", Some("price"), Some(Way::Up)),
            ("priceDesc", Some("price"), Some(Way::Down)),
            ("made_at ascending", Some("made_at"), Some(Way::Up)),
            ("desc", None, Some(Way::Down)),
            ("shortdesc", Some("shortdesc"), None),
        ];
        for (value, member, way) in table {
            assert_eq!(Asked::of(value), Asked { member, way }, "{value}");
        }
    }

    #[test]
    fn only_what_every_server_orders_alike_is_out_of_order() {
        let is_wrong = |asked: &str, values: Value| {
            let items: Vec<Value> =
                values.as_array().unwrap().iter().map(|value| json!({"made_at": value})).collect();
            disorder(&items, &Asked::of(asked), &["low", "high"]).is_some()
        };
        let table = [
            ("madeAt", json!([1, 2, 3]), false),
            ("madeAt", json!([3, 2, 1.5]), false),
            ("madeAt", json!([1, 3, 2]), true),
            ("madeAt", json!([1, null, "x", 2]), false),
            ("-madeAt", json!([1, 2]), true),
            ("-madeAt", json!([2, 2, 1]), false),
            ("madeAt_asc", json!([2, 1]), true),
            ("madeAt", json!(["a", "c", "b"]), true),
            ("madeAt", json!(["a", "C", "b"]), false),
            ("madeAt", json!(["a10", "a9", "b"]), false),
            ("madeAt_asc", json!(["low", "high"]), false),
            ("madeAt_asc", json!(["2024-01-02", "2024-01-01"]), true),
            ("madeAt", json!(["2024-01-02", "2024-01-01", "2024-01-03"]), false),
            ("madeAt_asc", json!(["2024-01-01T10:00:00Z", "2024-01-01T09:00:00Z"]), true),
            ("madeAt_asc", json!(["2024-01-01T10:00:00+02:00", "2024-01-01T09:00:00+00:00"]), false),
            ("madeAt_asc", json!(["2024-01-01T10:00:00.50Z", "2024-01-01T10:00:00.5Z"]), false),
            ("other", json!([1, 3, 2]), false),
            ("desc", json!([1, 2]), false),
        ];
        for (asked, values, expected) in table {
            assert_eq!(is_wrong(asked, values.clone()), expected, "{asked} {values}");
        }
        let items = [json!({"n": 2, "pinned": true}), json!({"n": 1}), json!({"n": 3})];
        assert!(disorder(&items, &Asked::of("n"), &[]).is_none());
    }
}
