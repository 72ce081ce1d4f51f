//! The values at and just beyond the boundaries that a schema draws.
//!
//! Which of them are valid is not decided here: a value at the edge of one keyword may break another. Whoever sends
//! one asks the validator.

use serde_json::{Map, Number, Value, json};

/// The longest text or array made to reach a boundary.
const MAX_LENGTH: u64 = 4_096;
/// The most members of an enumeration that are sent one by one.
const MAX_MEMBERS: usize = 32;
/// The most places of an array whose item is replaced.
const MAX_PLACES: usize = 4;
/// Texts that programs stumble over: what ends a text in C, what is no ASCII and what is beyond sixteen bits, what ends
/// a text or a pattern in SQL, what begins an escape, what ends a line.
const AWKWARD: [&str; 7] = ["\0", "\u{e9}\u{4e16}", "\u{1f600}", "'", "%", "\\", "a\nb"];
/// A property that no document has.
const UNEXPECTED: &str = "counterfoil-unexpected";

/// The values worth trying in the place of `current`, a valid value, by the keywords of one schema object.
pub(super) fn values(schema: &Map<String, Value>, current: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    for member in schema.get("enum").and_then(Value::as_array).into_iter().flatten().take(MAX_MEMBERS) {
        found.push(member.clone());
    }
    let first = schema.get("enum").and_then(|members| members.get(0)).or_else(|| schema.get("const"));
    if let Some(text) = first.and_then(Value::as_str) {
        // Members are compared to the letter.
        found.extend([text.to_uppercase(), text.to_lowercase()].map(Value::from));
    }
    if schema.contains_key("enum") || schema.contains_key("const") {
        found.push(json!("counterfoil-no-member"));
        found.push(json!(-987_654));
    }
    // What is forbidden by name.
    if let Some(not) = schema.get("not") {
        found.extend(not.get("const").cloned());
        let members = not.get("enum").and_then(Value::as_array).into_iter().flatten();
        found.extend(members.take(MAX_MEMBERS).cloned());
    }
    found.extend(schema.get("default").cloned());
    numbers(schema, current, &mut found);
    found.iter_mut().for_each(write_plainly);
    match current {
        Value::String(text) => texts(schema, text, &mut found),
        Value::Array(items) => arrays(schema, items, &mut found),
        Value::Object(members) => objects(schema, members, &mut found),
        _ => {}
    }
    // One value of every type: those of a wrong one are refused, whatever the right one is.
    found.extend([Value::Null, json!(true), json!(7), json!(0.5), json!("text"), json!([]), json!({})]);
    found
}

fn numbers(schema: &Map<String, Value>, current: &Value, found: &mut Vec<Value>) {
    let number = |keyword: &str| schema.get(keyword).and_then(Value::as_number);
    let step = number("multipleOf").cloned().unwrap_or_else(|| Number::from(1));
    for keyword in ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"] {
        let Some(bound) = number(keyword) else { continue };
        found.push(Value::Number(bound.clone()));
        for sign in [-1, 1] {
            found.extend(add(bound, &step, sign));
        }
    }
    if let (Some(multiple), Some(current)) = (number("multipleOf"), current.as_number()) {
        let half = multiple.as_f64().map(|multiple| multiple / 2.0).and_then(Number::from_f64);
        found.extend(half.and_then(|half| add(current, &half, 1)));
    }
    if current.is_number() {
        found.extend([json!(0), json!(-1)]);
        // The width of the types that numbers are held in.
        found.extend([i64::from(i32::MAX), i64::from(i32::MAX) + 1, i64::from(i32::MIN)].map(Value::from));
    }
}

/// Writes a whole number without a fraction, however the document writes its bounds (`40.0`): to many servers `40.0` is
/// no integer, and none minds `40`.
fn write_plainly(value: &mut Value) {
    let number = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15);
    if let (Value::Number(written), Some(number)) = (&value, number)
        && written.is_f64()
    {
        #[expect(clippy::cast_possible_truncation, reason = "bounded before the cast")]
        let whole = number as i64;
        *value = Value::from(whole);
    }
}

/// `bound + sign * step`, exactly where both are integers.
fn add(bound: &Number, step: &Number, sign: i64) -> Option<Value> {
    if let (Some(bound), Some(step)) = (bound.as_i64(), step.as_i64()) {
        return bound.checked_add(step.checked_mul(sign)?).map(Value::from);
    }
    #[expect(clippy::cast_precision_loss, reason = "the sign is one or minus one")]
    let sum = bound.as_f64()? + step.as_f64()? * sign as f64;
    Number::from_f64(sum).map(Value::Number)
}

fn texts(schema: &Map<String, Value>, current: &str, found: &mut Vec<Value>) {
    for length in lengths(schema, "minLength", "maxLength") {
        found.push(Value::from(of_length(current, length)));
    }
    found.push(json!(""));
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        found.extend(repetitions(pattern).into_iter().map(|length| Value::from(of_length(current, length))));
        found.extend([json!(format!("{current}\n")), json!(format!(" {current}")), json!("~")]);
        found.extend([json!(format!("{current}~")), json!(format!("~{current}"))]);
        found.extend([json!(current.to_lowercase()), json!(current.to_uppercase())]);
    }
    let is_free = ["enum", "const", "pattern", "format"].iter().all(|keyword| !schema.contains_key(*keyword));
    if is_free {
        let room = schema.get("maxLength").and_then(Value::as_u64).unwrap_or(MAX_LENGTH);
        let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
        for text in AWKWARD {
            let missing = least.saturating_sub(text.chars().count() as u64);
            if missing <= MAX_LENGTH && text.chars().count() as u64 <= room {
                let filler = "a".repeat(usize::try_from(missing).unwrap_or_default());
                found.push(json!(format!("{text}{filler}")));
            }
        }
        // What is left of it where somebody takes the blanks off.
        if least <= room.min(MAX_LENGTH) && room > 0 {
            found.push(json!(" ".repeat(usize::try_from(least).unwrap_or_default().max(1))));
        }
    }
    if let Some(format) = schema.get("format").and_then(Value::as_str) {
        found.push(json!(format!("not a {format}")));
        let near_miss = match format {
            "date" => "2023-02-29",
            "date-time" => "2023-02-29T25:61:61Z",
            "time" => "25:00:00Z",
            "email" => "nobody@",
            "uuid" => "00000000-0000-0000-0000-00000000000g",
            "ipv4" => "256.0.0.1",
            "ipv6" => "1::2::3",
            "uri" => "http//example.com",
            "hostname" => "-example-.com",
            _ => "",
        };
        found.push(json!(near_miss));
    }
    let extremes: &[&str] = match schema.get("format").and_then(Value::as_str) {
        Some("date") => &["2024-02-29", "1970-01-01", "1899-12-31", "2099-12-31", "9999-12-31"],
        Some("date-time") => {
            &["2024-02-29T23:59:59Z", "1970-01-01T00:00:00+14:00", "9999-12-31T00:00:00.123456Z"]
        }
        _ => &[],
    };
    found.extend(extremes.iter().map(|text| json!(text)));
}

/// The lengths at and next to the numbers of repetitions that a pattern asks for (`{2,8}`), and a bit beyond, for what
/// stands beside what is repeated.
fn repetitions(pattern: &str) -> Vec<usize> {
    let bounds = pattern.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    let numbers = bounds.flat_map(|(bounds, _)| bounds.split(',')).filter_map(|number| number.parse().ok());
    let mut lengths: Vec<usize> = numbers
        .filter(|number: &u64| *number <= MAX_LENGTH)
        .filter_map(|number| usize::try_from(number).ok())
        .take(MAX_MEMBERS)
        .flat_map(|number| number.saturating_sub(1)..=number + 2)
        .collect();
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

/// A text cut or prolonged to a length in characters.
fn of_length(text: &str, length: usize) -> String {
    let filler = text.chars().last().unwrap_or('a');
    text.chars().chain(std::iter::repeat(filler)).take(length).collect()
}

/// The lengths at and next to two bounds.
fn lengths(schema: &Map<String, Value>, least: &str, most: &str) -> Vec<usize> {
    let bound =
        |keyword: &str| schema.get(keyword).and_then(Value::as_u64).filter(|bound| *bound <= MAX_LENGTH);
    let around = |bound: u64| [bound.checked_sub(1), Some(bound), Some(bound + 1)];
    let mut lengths: Vec<usize> = [bound(least), bound(most)]
        .into_iter()
        .flatten()
        .flat_map(around)
        .flatten()
        .filter_map(|length| usize::try_from(length).ok())
        .collect();
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

fn arrays(schema: &Map<String, Value>, current: &[Value], found: &mut Vec<Value>) {
    let Some(first) = current.first() else { return };
    let is_unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
    for length in lengths(schema, "minItems", "maxItems") {
        let items = current.iter().cloned();
        found.push(match is_unique {
            true => items.chain(others(current)).take(length).collect(),
            false => items.chain(std::iter::repeat(first.clone())).take(length).collect(),
        });
    }
    found.push(json!([first]));
    // One more than a list of fixed places has room for.
    if ["prefixItems", "additionalItems"].iter().any(|keyword| schema.contains_key(*keyword))
        || schema.get("items").is_some_and(Value::is_array)
    {
        found.push(current.iter().chain([first]).cloned().collect());
    }
    // One item of another type at each of the first places.
    for at in 0..current.len().min(MAX_PLACES) {
        let mut items = current.to_vec();
        items[at] = if items[at].is_object() { json!("text") } else { json!({}) };
        found.push(Value::Array(items));
    }
    if schema.contains_key("uniqueItems") {
        found.push(json!([first, first]));
    }
}

/// Values like the first one of some that has any, and none of those.
fn others(current: &[Value]) -> Vec<Value> {
    let like = |value: &Value| {
        let others = (1..u8::MAX).map_while(|number| another(value, number));
        others.filter(|other| !current.contains(other)).collect::<Vec<_>>()
    };
    current.iter().map(like).find(|others| !others.is_empty()).unwrap_or_default()
}

/// A value like another one, and not the same: the text with another last character, the number that many steps away.
fn another(value: &Value, number: u8) -> Option<Value> {
    match value {
        Value::Number(_) => Some(Value::from(value.as_i64()?.checked_add(number.into())?)),
        Value::String(text) => {
            let last = text.chars().last()?;
            let first = if last.is_ascii_digit() { b'0' } else { b'a' };
            let most = if last.is_ascii_digit() { 10 } else { 26 };
            // The characters of the same kind that come after it, and then those before it.
            let place =
                last.is_ascii_alphanumeric().then(|| u8::try_from(last.to_ascii_lowercase()).ok())??;
            let other = (number < most).then(|| char::from(first + (place - first + number) % most))?;
            let other = if last.is_ascii_uppercase() { other.to_ascii_uppercase() } else { other };
            Some(Value::from(format!("{}{other}", &text[..text.len() - last.len_utf8()])))
        }
        _ => None,
    }
}

fn objects(schema: &Map<String, Value>, current: &Map<String, Value>, found: &mut Vec<Value>) {
    for name in current.keys() {
        let mut without = current.clone();
        without.shift_remove(name);
        found.push(Value::Object(without));
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let required: Vec<&str> = required.filter_map(Value::as_str).collect();
    let only = |keep: &dyn Fn(&str) -> bool| -> Value {
        let kept = current.iter().filter(|(name, _)| keep(name));
        Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    found.push(only(&|name| required.contains(&name)));
    for optional in current.keys().filter(|name| !required.contains(&name.as_str())) {
        found.push(only(&|name| name == optional || required.contains(&name)));
    }
    for count in lengths(schema, "minProperties", "maxProperties") {
        let mut members: Map<String, Value> = current.clone().into_iter().take(count).collect();
        let sample = current.values().next().cloned().unwrap_or(json!("text"));
        for number in members.len()..count {
            members.insert(format!("{UNEXPECTED}-{number}"), sample.clone());
        }
        found.push(Value::Object(members));
    }
    if let Some(rules) = schema.get("propertyNames").and_then(Value::as_object) {
        let sample = current.values().next().cloned().unwrap_or(json!("text"));
        let name = Value::from(current.keys().next().map_or(UNEXPECTED, String::as_str));
        for name in values(rules, &name) {
            let Value::String(name) = name else { continue };
            let mut named = current.clone();
            if named.insert(name, sample.clone()).is_none() {
                found.push(Value::Object(named));
            }
        }
    }
    let mut more = current.clone();
    more.insert(UNEXPECTED.to_owned(), json!("text"));
    found.push(Value::Object(more));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(schema: &Value, current: Value) -> Vec<Value> {
        values(schema.as_object().unwrap(), &current)
    }

    #[test]
    fn both_sides_of_every_boundary_are_tried() {
        let table = [
            (json!({"minimum": 1, "maximum": 9}), json!(5), json!([0, 1, 2, 8, 9, 10])),
            (json!({"exclusiveMinimum": 0.5}), json!(1), json!([-0.5, 0.5, 1.5])),
            (json!({"minimum": 0.0, "exclusiveMaximum": 40.0}), json!(5), json!([-1, 0, 1, 39, 40, 41])),
            (json!({"multipleOf": 5, "maximum": 20}), json!(10), json!([15, 20, 25, 12.5])),
            (json!({"minLength": 2, "maxLength": 3}), json!("ab"), json!(["a", "ab", "abb", "abbb", ""])),
            (json!({"maxItems": 1}), json!([7]), json!([[], [7], [7, 7]])),
            (json!({}), json!([7, 8]), json!([[{}, 8], [7, {}]])),
            (json!({"not": {"enum": ["a"]}}), json!("b"), json!(["a"])),
            (
                json!({"minProperties": 1, "maxProperties": 2}),
                json!({"a": 1, "b": 2}),
                json!([{}, {"a": 1}, {"a": 1, "b": 2, "counterfoil-unexpected-2": 1}]),
            ),
            (
                json!({"propertyNames": {"maxLength": 2, "pattern": "^[a-z]*$"}}),
                json!({"a": 1}),
                json!([{"a": 1, "aa": 1}, {"a": 1, "aaa": 1}, {"a": 1, "": 1}, {"a": 1, "~": 1}]),
            ),
            (json!({"uniqueItems": true}), json!([7]), json!([[7, 7]])),
            (json!({"uniqueItems": true, "maxItems": 2}), json!([7]), json!([[7, 8], [7, 8, 9]])),
            (json!({"uniqueItems": true, "maxItems": 1}), json!(["az"]), json!([["az"], ["az", "aa"]])),
            // The first one has none like it.
            (
                json!({"uniqueItems": true, "maxItems": 2}),
                json!(["%", "a"]),
                json!([["%", "a"], ["%", "a", "b"]]),
            ),
            (json!({"prefixItems": [{}], "items": false}), json!([7]), json!([[7, 7]])),
            (json!({"items": [{}], "additionalItems": false}), json!([7, 8]), json!([[7, 8, 7]])),
            (json!({"minLength": 2, "maxLength": 2}), json!("ab"), json!(["  "])),
            (json!({"enum": ["a", "b"]}), json!("a"), json!(["a", "b", "counterfoil-no-member"])),
            (json!({"enum": ["aB"]}), json!("aB"), json!(["AB", "ab"])),
            (
                json!({"format": "date"}),
                json!("2024-01-01"),
                json!(["2023-02-29", "2024-02-29", "9999-12-31"]),
            ),
            (json!({"minLength": 2, "maxLength": 2}), json!("ab"), json!(["\0a", "\u{1f600}a", "'a"])),
            (json!({"pattern": "^a$"}), json!("a"), json!(["a~", "~a", "a\n", "A"])),
            (json!({"pattern": "^[a-z]{2,4}$"}), json!("ab"), json!(["a", "abb", "abbb", "abbbb", "abbbbb"])),
            (json!({"pattern": "^a[0-9]{3}{x}$"}), json!("a123"), json!(["a1", "a12", "a1233"])),
            (json!({"type": "integer"}), json!(5), json!([2_147_483_647, 2_147_483_648_u32, -2_147_483_648])),
            (
                json!({"required": ["a"]}),
                json!({"a": 1, "b": 2, "c": 3}),
                json!([{"b": 2, "c": 3}, {"a": 1}, {"a": 1, "b": 2}, {"a": 1, "c": 3},
                    {"a": 1, "b": 2, "c": 3, "counterfoil-unexpected": "text"}]),
            ),
        ];
        for (schema, current, expected) in table {
            let found = of(&schema, current);
            for value in expected.as_array().unwrap() {
                assert!(found.contains(value), "{schema}: {value} is not among {found:?}");
            }
        }
    }

    #[test]
    fn bounds_beyond_reason_are_left_alone() {
        let found = of(&json!({"maxLength": 1_u64 << 40, "maximum": i64::MAX}), json!("a"));
        assert!(found.iter().all(|value| value.to_string().len() < 100));
    }
}
