//! Shrinking: smaller and simpler values that still are what they have to be.
//!
//! A value tree here does not undo draws. It edits the JSON value itself, keeps only what its reader accepts (the
//! validator, as a rule), and so can leave every path the draw took: any schema shrinks the same way.

use std::cmp::Ordering;
use std::fmt;

use proptest::strategy::ValueTree;
use serde_json::{Map, Number, Value};

/// The most edits that are tried on one value in all.
const MAX_EDITS: usize = 20_000;

/// The longest string of which every single character is looked at.
const FINE_TEXT: usize = 64;

/// Reads what a JSON value stands for; nothing where it is not acceptable.
pub(super) type Read<T> = Box<dyn Fn(&Value) -> Option<T>>;

/// Values worth trying that no edit of a value leads to.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    /// In place of the whole.
    pub(crate) wholes: Vec<Value>,
    /// In place of any string or number.
    pub(crate) members: Vec<Value>,
}

/// A value that shrinks: the JSON it is made of is edited.
pub(super) struct Shrinking<T> {
    /// The smallest known to be wanted.
    best: (Value, T),
    /// What is on trial.
    current: (Value, T),
    hints: Hints,
    read: Read<T>,
    edits: Vec<Edit>,
    /// The edit to try next, and how many were tried since the best changed.
    next: usize,
    tried: usize,
    left: usize,
}

/// One change: where, and what to.
#[derive(Debug, Clone)]
struct Edit {
    path: Vec<Step>,
    change: Change,
}

#[derive(Debug, Clone)]
enum Step {
    Name(String),
    Index(usize),
}

#[derive(Debug, Clone)]
enum Change {
    /// Another value in its place.
    Replace(Value),
    /// The property is not there.
    RemoveName(String),
    /// The items from one index to before another are not there.
    RemoveItems(usize, usize),
}

impl<T: Clone> Shrinking<T> {
    /// A tree that starts from a value and what it stands for.
    pub(super) fn new(value: Value, meaning: T, hints: Hints, read: Read<T>) -> Self {
        let best = (value, meaning);
        Self {
            current: best.clone(),
            best,
            hints,
            read,
            edits: Vec::new(),
            next: 0,
            tried: 0,
            left: MAX_EDITS,
        }
    }

    /// Puts the next smaller value on trial; `false`, with the best one in its place, where there is none.
    fn advance(&mut self) -> bool {
        let smallest = Measure::of(&self.best.0);
        while self.tried < self.edits.len() && self.left > 0 {
            let edit = &self.edits[self.next % self.edits.len()];
            self.next += 1;
            self.tried += 1;
            let Some(candidate) = edit.apply(&self.best.0) else { continue };
            if Measure::of(&candidate).compare(&smallest) != Ordering::Less {
                continue;
            }
            self.left -= 1;
            if let Some(meaning) = (self.read)(&candidate) {
                self.current = (candidate, meaning);
                return true;
            }
        }
        self.current = self.best.clone();
        false
    }
}

impl<T: Clone + fmt::Debug> ValueTree for Shrinking<T> {
    type Value = T;

    fn current(&self) -> T {
        self.current.1.clone()
    }

    fn simplify(&mut self) -> bool {
        let is_start = self.edits.is_empty();
        if is_start || self.current.0 != self.best.0 {
            self.best = self.current.clone();
            self.edits = edits(&self.best.0, &self.hints);
            self.tried = 0;
            // What comes next is mostly worth trying next on the smaller value too, which has fewer edits.
            if !self.edits.is_empty() {
                self.next = self.next.saturating_sub(1) % self.edits.len();
            }
        }
        self.advance()
    }

    fn complicate(&mut self) -> bool {
        self.advance()
    }
}

impl Edit {
    fn apply(&self, value: &Value) -> Option<Value> {
        let mut edited = value.clone();
        let mut place = &mut edited;
        for step in &self.path {
            place = match (step, place) {
                (Step::Name(name), Value::Object(map)) => map.get_mut(name)?,
                (Step::Index(index), Value::Array(items)) => items.get_mut(*index)?,
                _ => return None,
            };
        }
        match (&self.change, place) {
            (Change::Replace(value), place) => *place = value.clone(),
            (Change::RemoveName(name), Value::Object(map)) => {
                map.shift_remove(name)?;
            }
            (Change::RemoveItems(from, to), Value::Array(items)) if *to <= items.len() => {
                items.drain(from..to);
            }
            _ => return None,
        }
        Some(edited)
    }
}

/// The edits worth trying on a value, the ones that cut most first.
fn edits(value: &Value, hints: &Hints) -> Vec<Edit> {
    let mut edits: Vec<Edit> = hints
        .wholes
        .iter()
        .map(|hint| Edit { path: Vec::new(), change: Change::Replace(hint.clone()) })
        .collect();
    collect(value, &hints.members, &mut Vec::new(), &mut edits);
    // The nearer to the root, the more goes.
    edits.sort_by_key(|edit| edit.path.len());
    edits
}

fn collect(value: &Value, members: &[Value], path: &mut Vec<Step>, edits: &mut Vec<Edit>) {
    let own = Measure::of(value);
    let mut push = |change: Change| edits.push(Edit { path: path.clone(), change });
    match value {
        Value::Null => {}
        Value::Bool(value) => {
            if *value {
                push(Change::Replace(Value::Bool(false)));
            }
        }
        Value::Number(number) => {
            smaller(members, &own).for_each(|member| push(Change::Replace(member.clone())));
            for number in simpler_numbers(number) {
                push(Change::Replace(Value::Number(number)));
            }
        }
        Value::String(text) => {
            smaller(members, &own).for_each(|member| push(Change::Replace(member.clone())));
            for text in simpler_texts(text) {
                push(Change::Replace(Value::String(text)));
            }
        }
        Value::Array(items) => {
            let mut size = items.len();
            while size > 0 {
                let starts = (0..items.len()).step_by(size);
                starts.for_each(|start| push(Change::RemoveItems(start, (start + size).min(items.len()))));
                size /= 2;
            }
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                collect(item, members, path, edits);
                path.pop();
            }
        }
        Value::Object(map) => {
            if map.len() > 1 {
                push(Change::Replace(Value::Object(Map::new())));
            }
            map.keys().for_each(|name| push(Change::RemoveName(name.clone())));
            for (name, value) in map {
                path.push(Step::Name(name.clone()));
                collect(value, members, path, edits);
                path.pop();
            }
        }
    }
}

/// The members that are smaller than a value.
fn smaller<'m>(members: &'m [Value], own: &Measure) -> impl Iterator<Item = &'m Value> {
    members.iter().filter(|member| Measure::of(member).compare(own) == Ordering::Less)
}

/// Numbers nearer to zero, the nearest first, and whole ones instead of fractions.
fn simpler_numbers(number: &Number) -> Vec<Number> {
    let mut simpler = Vec::new();
    let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    let Some(whole) = whole else {
        let float = number.as_f64().unwrap_or(0.0);
        // Beyond 64 bits the casts saturate, and the measure refuses what is no smaller.
        simpler
            .extend([0.0, 1.0, float.trunc(), float.trunc() / 2.0].map(|float| Number::from(float as i64)));
        let (fraction, sign) = (float.fract(), float.signum());
        let nearer = [fraction, fraction + sign, float / 2.0 - fraction / 2.0 + fraction, float - sign];
        let shorter = [(float * 10.0).trunc() / 10.0, (float * 100.0).trunc() / 100.0];
        simpler.extend(nearer.into_iter().chain(shorter).filter_map(Number::from_f64));
        return simpler;
    };
    let mut distance = whole;
    while distance != 0 {
        let nearer = whole - distance;
        simpler.extend(
            i64::try_from(nearer).map(Number::from).or_else(|_| u64::try_from(nearer).map(Number::from)).ok(),
        );
        distance /= 2;
    }
    if whole < 0 {
        simpler.extend(u64::try_from(-whole).map(Number::from).ok());
    }
    simpler
}

/// Shorter strings, and strings of simpler characters.
fn simpler_texts(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let length = characters.len();
    let mut simpler = Vec::new();
    let mut size = length;
    while size > 0 {
        if size > 1 || length <= FINE_TEXT {
            for start in (0..length).step_by(size) {
                let kept = characters[..start].iter().chain(&characters[(start + size).min(length)..]);
                simpler.push(kept.collect());
            }
        } else {
            simpler.push(characters[..length - 1].iter().collect());
        }
        size /= 2;
    }
    for plain in ['a', '0', 'A'] {
        simpler.push(std::iter::repeat_n(plain, length).collect());
    }
    if length <= FINE_TEXT {
        for (index, character) in characters.iter().enumerate() {
            for plain in ['a', '0', 'A'].into_iter().filter(|plain| plain != character) {
                let mut changed = characters.clone();
                changed[index] = plain;
                simpler.push(changed.into_iter().collect());
            }
        }
    }
    simpler
}

/// How large a value is: nodes count before characters, those before kinds of characters and numbers.
#[derive(Debug, Default)]
struct Measure {
    nodes: usize,
    characters: usize,
    oddness: usize,
    numbers: f64,
}

impl Measure {
    fn of(value: &Value) -> Self {
        let mut measure = Self::default();
        measure.add(value);
        measure
    }

    fn compare(&self, other: &Self) -> Ordering {
        let sizes = (self.nodes, self.characters).cmp(&(other.nodes, other.characters));
        let oddness = sizes.then(self.oddness.cmp(&other.oddness));
        oddness.then_with(|| self.numbers.total_cmp(&other.numbers))
    }

    fn add(&mut self, value: &Value) {
        self.nodes += 1;
        match value {
            Value::Null => {}
            Value::Bool(value) => self.oddness += usize::from(*value),
            Value::Number(number) => {
                let float = number.as_f64().unwrap_or(0.0);
                self.numbers += float.abs();
                self.oddness += usize::from(float < 0.0);
                if float.fract() != 0.0 {
                    self.oddness += number.to_string().len();
                }
            }
            Value::String(text) => {
                self.characters += text.chars().count();
                self.oddness += text.chars().map(oddness).sum::<usize>();
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(map) => map.iter().for_each(|(name, value)| {
                self.characters += name.chars().count();
                self.add(value);
            }),
        }
    }
}

fn oddness(character: char) -> usize {
    match character {
        'a' => 0,
        '0' => 1,
        'A' => 2,
        'b'..='z' | '1'..='9' | 'B'..='Z' => 3,
        ' '..='~' => 4,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The smallest value for which `fails` holds, as a runner would find it.
    fn shrink(value: Value, fails: impl Fn(&Value) -> bool) -> Value {
        let read = |value: &Value| Some(value.clone());
        let mut tree = Shrinking::new(value.clone(), value, Hints::default(), Box::new(read));
        let mut best = tree.current();
        let mut goes_on = tree.simplify();
        while goes_on {
            let value = tree.current();
            goes_on = if fails(&value) {
                best = value;
                tree.simplify()
            } else {
                tree.complicate()
            };
        }
        assert_eq!(tree.current(), best, "what is left in the tree is the smallest");
        best
    }

    #[test]
    fn values_shrink_to_the_least_that_fails() {
        let large = json!({
            "name": "Willow Creek", "tags": ["x", "yy", {"deep": [1, 2, 3]}], "size": 941, "other": {"a": [true]},
        });
        type Fails = fn(&Value) -> bool;
        let rows: [(Fails, Value); 6] = [
            (|_| true, json!({})),
            (|value| value["size"].as_i64() > Some(100), json!({"size": 101})),
            (|value| value["name"].as_str().is_some_and(|name| name.len() > 3), json!({"name": "aaaa"})),
            (|value| value["name"].as_str().is_some_and(|name| name.contains('C')), json!({"name": "C"})),
            (|value| value["tags"].as_array().is_some_and(|tags| tags.len() > 1), json!({"tags": ["", {}]})),
            (|value| value.pointer("/other/a/0").is_some(), json!({"other": {"a": [false]}})),
        ];
        for (fails, expected) in rows {
            assert_eq!(shrink(large.clone(), fails), expected);
        }
    }

    #[test]
    fn numbers_shrink_towards_zero() {
        type Fails = fn(f64) -> bool;
        let rows: [(Value, Fails, Value); 4] = [
            (json!(-77), |number| number <= -5.0, json!(-5)),
            (json!(u64::MAX), |number| number > 1e6, json!(1_000_001)),
            (json!(12.75), |number| number > 3.0, json!(4)),
            (json!(0.375), |number| number > 0.0, json!(1)),
        ];
        for (start, fails, expected) in rows {
            let shrunk = shrink(start.clone(), |value| value.as_f64().is_some_and(fails));
            assert_eq!(shrunk, expected, "{start}");
        }
    }
}
