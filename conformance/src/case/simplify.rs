//! Smaller versions of a request's values, for shrinking: every one strictly simpler than what it is made from.

use counterfoil_openapi::codec::{BodyValue, Payload, RequestValues};
use indexmap::IndexMap;
use serde_json::Value;

/// The most members of an object or array that are taken away one by one.
const MAX_SINGLE: usize = 24;
/// The most nodes of a value that are simplified in one round.
const MAX_NODES: usize = 200;

/// Values simpler than `values`, the boldest step first. Whether one still serves the case is for the caller to see.
pub(crate) fn simplifications(values: &RequestValues) -> impl Iterator<Item = RequestValues> {
    let mut steps: Vec<Step> = Vec::new();
    if values.body.is_some() {
        steps.push(Step::DropBody);
    }
    for place in [Place::Query, Place::Header, Place::Cookie] {
        let map = place.of(values);
        if map.len() > 1 {
            steps.push(Step::DropAll(place));
        }
        steps.extend(map.keys().map(|name| Step::Drop(place, name.clone())));
    }
    if let Some(Payload::Value(value)) = values.body.as_ref().map(|body| &body.payload) {
        steps.extend(edits(value).into_iter().map(Step::EditBody));
    }
    for place in [Place::Path, Place::Query, Place::Header, Place::Cookie] {
        for (name, value) in place.of(values) {
            steps.extend(edits(value).into_iter().map(|edit| Step::Edit(place, name.clone(), edit)));
        }
    }
    let values = values.clone();
    steps.into_iter().filter_map(move |step| step.apply(&values))
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Path,
    Query,
    Header,
    Cookie,
}

impl Place {
    fn of(self, values: &RequestValues) -> &IndexMap<String, Value> {
        match self {
            Self::Path => &values.path,
            Self::Query => &values.query,
            Self::Header => &values.header,
            Self::Cookie => &values.cookie,
        }
    }

    fn of_mut(self, values: &mut RequestValues) -> &mut IndexMap<String, Value> {
        match self {
            Self::Path => &mut values.path,
            Self::Query => &mut values.query,
            Self::Header => &mut values.header,
            Self::Cookie => &mut values.cookie,
        }
    }
}

#[derive(Debug)]
enum Step {
    DropBody,
    DropAll(Place),
    Drop(Place, String),
    Edit(Place, String, Edit),
    EditBody(Edit),
}

impl Step {
    fn apply(self, values: &RequestValues) -> Option<RequestValues> {
        let mut values = values.clone();
        match self {
            Self::DropBody => values.body = None,
            Self::DropAll(place) => place.of_mut(&mut values).clear(),
            Self::Drop(place, name) => {
                place.of_mut(&mut values).shift_remove(&name)?;
            }
            Self::Edit(place, name, edit) => edit.apply(place.of_mut(&mut values).get_mut(&name)?)?,
            Self::EditBody(edit) => match values.body.as_mut()? {
                BodyValue { payload: Payload::Value(value), .. } => edit.apply(value)?,
                _ => return None,
            },
        }
        Some(values)
    }
}

/// A change of one node of a value.
#[derive(Debug)]
struct Edit {
    pointer: String,
    change: Change,
}

#[derive(Debug)]
enum Change {
    Replace(Value),
    /// Keeps the members whose position is in the range.
    Keep(std::ops::Range<usize>),
    /// Removes the member at a position.
    Remove(usize),
}

impl Edit {
    fn apply(self, value: &mut Value) -> Option<()> {
        let node = value.pointer_mut(&self.pointer)?;
        match (self.change, node) {
            (Change::Replace(simpler), node) => *node = simpler,
            (Change::Keep(range), Value::Array(items)) => *items = items.get(range)?.to_vec(),
            (Change::Keep(range), Value::Object(members)) => {
                let kept = members.iter().skip(range.start).take(range.len());
                *members = kept.map(|(name, member)| (name.clone(), member.clone())).collect();
            }
            (Change::Remove(at), Value::Array(items)) if at < items.len() => {
                items.remove(at);
            }
            (Change::Remove(at), Value::Object(members)) => {
                let name = members.keys().nth(at)?.clone();
                members.shift_remove(&name)?;
            }
            _ => return None,
        }
        Some(())
    }
}

/// The simplifying edits of a value, outermost nodes first.
fn edits(value: &Value) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut level: Vec<(String, &Value)> = vec![(String::new(), value)];
    let mut nodes = 0;
    while !level.is_empty() && nodes < MAX_NODES {
        let mut next = Vec::new();
        for (pointer, node) in level {
            nodes += 1;
            let edit = |change| Edit { pointer: pointer.clone(), change };
            match node {
                Value::Object(members) => {
                    edits.extend(removals(members.len()).map(edit));
                    next.extend(members.iter().map(|(name, member)| (join(&pointer, name), member)));
                }
                Value::Array(items) => {
                    edits.extend(removals(items.len()).map(edit));
                    next.extend(items.iter().enumerate().map(|(at, item)| (format!("{pointer}/{at}"), item)));
                }
                scalar => edits.extend(simpler(scalar).into_iter().map(|value| edit(Change::Replace(value)))),
            }
        }
        level = next;
    }
    edits
}

fn join(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// All members away, either half away, each away alone.
fn removals(count: usize) -> impl Iterator<Item = Change> {
    let half = count / 2;
    let bold = match count {
        0 | 1 => Vec::new(),
        2 | 3 => vec![Change::Keep(0..0)],
        _ => vec![Change::Keep(0..0), Change::Keep(0..half), Change::Keep(half..count)],
    };
    bold.into_iter().chain((0..count.min(MAX_SINGLE)).map(Change::Remove))
}

/// Scalars simpler than a scalar, the simplest first.
fn simpler(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(true) => vec![Value::Bool(false)],
        Value::String(text) => simpler_texts(text).into_iter().map(Value::from).collect(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => simpler_integers(number).into_iter().map(Value::from).collect(),
            None => simpler_numbers(number.as_f64().unwrap_or_default()),
        },
        _ => Vec::new(),
    }
}

fn simpler_texts(text: &str) -> Vec<String> {
    let count = text.chars().count();
    let prefix = |length: usize| text.chars().take(length).collect::<String>();
    let mut texts = Vec::new();
    if count > 0 {
        texts.push(String::new());
    }
    for length in [1, count / 2, count.saturating_sub(1)] {
        if length > 0 && length < count && !texts.iter().any(|known: &String| known.chars().count() == length)
        {
            texts.push(prefix(length));
        }
    }
    // The same length in plain letters tells whether the characters matter; the least unusual of the unusual ones
    // tells which do.
    let mut replace = |plain: &dyn Fn(char) -> char| {
        let replaced: String = text.chars().map(plain).collect();
        if replaced != text && !texts.contains(&replaced) {
            texts.push(replaced);
        }
    };
    replace(&|_| 'a');
    // Plain letters of the same kind keep to most patterns.
    replace(&|character| match character {
        'a'..='z' => 'a',
        'A'..='Z' => 'A',
        '0'..='9' => '0',
        other => other,
    });
    replace(&|character| if character.is_ascii_digit() { '0' } else { character });
    replace(&|character| if character.is_ascii_alphanumeric() { character } else { 'a' });
    replace(&|character| if character.is_ascii() { character } else { 'é' });
    texts
}

fn simpler_integers(number: i64) -> Vec<i64> {
    let mut simpler: Vec<i64> = Vec::new();
    let nearer = number - number.signum();
    for candidate in [0, number.signum(), number / 2, number.checked_neg().unwrap_or(0).max(0), nearer] {
        let is_simpler =
            candidate.unsigned_abs() < number.unsigned_abs() || (number < 0 && candidate == -number);
        if is_simpler && !simpler.contains(&candidate) {
            simpler.push(candidate);
        }
    }
    simpler
}

fn simpler_numbers(number: f64) -> Vec<Value> {
    let mut simpler = Vec::new();
    for candidate in [0.0, 1.0, number.trunc(), (number / 2.0).trunc()] {
        #[expect(clippy::float_cmp, reason = "whether the very same number would be tried again")]
        let is_new = candidate != number && candidate.abs() <= number.abs() && !simpler.contains(&candidate);
        if is_new {
            simpler.push(candidate);
        }
    }
    // A number without a fraction is written as an integer where it is one exactly.
    let exact = |number: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "bounded before the cast")]
        let integer = (number.abs() < 9e15).then_some(number as i64);
        integer.map_or_else(|| Value::from(number), Value::from)
    };
    simpler.into_iter().map(exact).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(value: Value) -> RequestValues {
        let body = BodyValue { media_type: "application/json".to_owned(), payload: Payload::Value(value) };
        RequestValues { body: Some(body), ..RequestValues::default() }
    }

    /// Shrinks greedily while `keeps` holds.
    fn minimum(mut values: RequestValues, keeps: impl Fn(&RequestValues) -> bool) -> RequestValues {
        for _ in 0..10_000 {
            let Some(simpler) = simplifications(&values).find(|simpler| keeps(simpler)) else {
                return values;
            };
            values = simpler;
        }
        panic!("shrinking does not end");
    }

    fn value(values: &RequestValues) -> &Value {
        values.body.as_ref().and_then(|body| body.payload.as_value()).unwrap_or(&Value::Null)
    }

    #[test]
    fn what_does_not_matter_goes_and_what_matters_stays() {
        let start = body(json!({"a": [1, 2, {"b": "hello wörld", "c": true}], "d": null, "e/f": {"g": -40}}));
        let kept = minimum(start.clone(), |values| {
            value(values).pointer("/e~1f/g").and_then(Value::as_i64).is_some_and(|g| g < -10)
        });
        assert_eq!(value(&kept), &json!({"e/f": {"g": -11}}));
        let kept = minimum(start, |values| value(values).to_string().contains('ö'));
        assert_eq!(value(&kept), &json!({"a": [{"b": "aaaaa aö"}]}));
    }

    #[test]
    fn everything_goes_where_nothing_matters() {
        let mut start = body(json!({"a": 1}));
        start.query.insert("q".to_owned(), json!("x"));
        start.header.insert("h".to_owned(), json!(["x", 1.5]));
        start.path.insert("id".to_owned(), json!(123));
        let least = minimum(start, |_| true);
        assert_eq!((least.query.len(), least.header.len(), least.body.is_none()), (0, 0, true));
        assert_eq!(least.path["id"], json!(0));
    }

    #[test]
    fn no_value_simplifies_to_itself() {
        for value in [
            json!("a"),
            json!("ab"),
            json!("é"),
            json!(1),
            json!(-1),
            json!(0.5),
            json!(-2.5),
            json!(true),
            json!(i64::MIN),
            json!(1e300),
        ] {
            assert!(!simpler(&value).contains(&value), "{value}");
        }
    }
}
