//! The exchanges of one operation as rules.
//!
//! Of two calls with different replies the rules hold what told them apart. The fields that do are found greedily:
//! always the one that tells most pairs apart which no other has told apart yet. What no field tells apart follows one
//! after the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::call::{Call, Question};

/// The most pairs of calls that are compared for one operation and path; beyond them every field is taken.
const MAX_PAIRS: usize = 2_000;

/// Everything recorded of one operation.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// The same replies, once each.
    replies: HashMap<String, Arc<str>>,
    /// By what was asked, in the order of the first calls.
    groups: Vec<Group>,
    places: HashMap<String, usize>,
    calls: u64,
}

/// Calls that asked the same.
#[derive(Debug)]
struct Group {
    question: Question,
    runs: Vec<Run>,
}

/// The same reply, so many times in a row.
#[derive(Debug, Clone)]
struct Run {
    /// When the first came, counted in calls of the operation.
    at: u64,
    reply: Arc<str>,
    count: u64,
}

impl Recorded {
    /// Adds a call; gives the bytes and the number of replies that it takes.
    pub(super) fn add(&mut self, call: Call) -> (usize, usize) {
        let mut bytes = 0;
        let text = Value::Object(call.reply).to_string();
        let reply = match self.replies.get(&text) {
            Some(known) => Arc::clone(known),
            None => {
                bytes += 2 * text.len();
                let reply: Arc<str> = text.as_str().into();
                self.replies.insert(text, Arc::clone(&reply));
                reply
            }
        };
        let key = format!("{:?}", call.question);
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None => {
                bytes += 2 * key.len();
                self.groups.push(Group { question: call.question, runs: Vec::new() });
                self.places.insert(key, self.groups.len() - 1);
                self.groups.len() - 1
            }
        };
        let at = self.calls;
        self.calls += 1;
        let runs = &mut self.groups[place].runs;
        match runs.last_mut() {
            Some(last) if last.reply == reply => {
                last.count += 1;
                (bytes, 0)
            }
            _ => {
                runs.push(Run { at, reply, count: 1 });
                (bytes, 1)
            }
        }
    }

    /// The rules, the first of which that matches answers.
    pub(super) fn rules(&self) -> Vec<Map<String, Value>> {
        let mut clusters: IndexMap<String, Vec<&Group>> = IndexMap::new();
        let mut groups: Vec<&Group> = self.groups.iter().collect();
        groups.sort_by_key(|group| severity(group.question.invalid.as_ref()));
        for group in groups {
            let key = format!("{:?}{:?}", group.question.invalid, paths(&group.question));
            clusters.entry(key).or_default().push(group);
        }
        clusters.values().flat_map(|cluster| rules_of(cluster)).collect()
    }
}

/// What a request is refused for first comes first, and valid requests before all.
fn severity(invalid: Option<&BTreeSet<String>>) -> u8 {
    match invalid {
        None => 0,
        Some(parts) if parts.contains("security") => 1,
        Some(parts) if parts.contains("media_type") => 2,
        Some(parts) if !parts.is_empty() => 3,
        Some(_) => 4,
    }
}

fn paths(question: &Question) -> BTreeMap<&str, &Value> {
    let fields = question.fields.iter().map(|(field, value)| (field.as_str(), value));
    fields.filter(|(field, _)| field.starts_with("path.")).collect()
}

/// The rules of calls with the same path parameters.
fn rules_of(cluster: &[&Group]) -> Vec<Map<String, Value>> {
    let telling = telling(cluster);
    let mut rules: IndexMap<String, (Asked<'_>, Vec<&Group>)> = IndexMap::new();
    for group in cluster {
        let asked: Asked<'_> =
            telling.iter().map(|field| (*field, group.question.fields.get(*field))).collect();
        let key = format!("{asked:?}");
        rules.entry(key).or_insert_with(|| (asked, Vec::new())).1.push(group);
    }
    rules.values().flat_map(|(asked, groups)| rule(asked, groups)).collect()
}

/// The values of the fields that a rule asks for; nothing where a field is to be absent.
type Asked<'g> = BTreeMap<&'g str, Option<&'g Value>>;

/// The fields that tell calls with different replies apart.
fn telling<'g>(cluster: &[&'g Group]) -> Vec<&'g str> {
    let fields: BTreeSet<&str> = cluster
        .iter()
        .flat_map(|group| group.question.fields.keys())
        .map(String::as_str)
        .filter(|field| !field.starts_with("path."))
        .collect();
    let differ = |left: &Group, right: &Group| {
        left.runs.iter().map(|run| &run.reply).ne(right.runs.iter().map(|run| &run.reply))
    };
    let mut pairs: Vec<(&Group, &Group)> = Vec::new();
    for (index, left) in cluster.iter().enumerate() {
        pairs.extend(
            cluster[index + 1..].iter().filter(|right| differ(left, right)).map(|right| (*left, *right)),
        );
        if pairs.len() > MAX_PAIRS {
            return fields.into_iter().collect();
        }
    }
    let tells = |field: &str, (left, right): &(&Group, &Group)| {
        left.question.fields.get(field) != right.question.fields.get(field)
    };
    let mut telling: Vec<&str> = Vec::new();
    while !pairs.is_empty() {
        let count = |field: &str| pairs.iter().filter(|pair| tells(field, pair)).count();
        // Of several that tell as much the query's comes first, then the body's, then a header.
        let rank =
            |field: &str| ["header", "body", "query"].iter().position(|place| field.starts_with(place));
        let best = fields.iter().max_by_key(|field| (count(field), rank(field), std::cmp::Reverse(**field)));
        let Some(best) = best.filter(|field| count(field) > 0) else { break };
        telling.push(best);
        pairs.retain(|pair| !tells(best, pair));
    }
    telling.sort_unstable();
    telling
}

/// The rules of calls that nothing tells apart: one, or several where the same reply came so many times first.
fn rule(asked: &Asked<'_>, groups: &[&Group]) -> Vec<Map<String, Value>> {
    let Some(first) = groups.first() else { return Vec::new() };
    let when = when(&first.question, asked);
    let mut runs: Vec<Run> = groups.iter().flat_map(|group| &group.runs).cloned().collect();
    runs.sort_by_key(|run| run.at);
    runs.dedup_by(|later, earlier| {
        let is_same = later.reply == earlier.reply;
        earlier.count += if is_same { later.count } else { 0 };
        is_same
    });
    let base = || {
        let mut rule = Map::new();
        if !when.is_empty() {
            rule.insert("when".into(), Value::Object(when.clone()));
        }
        rule
    };
    let is_plain = runs.iter().rev().skip(1).all(|run| run.count == 1);
    if is_plain && runs.len() > 1 {
        let mut rule = base();
        rule.insert("respond".into(), runs.iter().map(|run| Value::Object(reply(run))).collect());
        return vec![rule];
    }
    let last = runs.len().saturating_sub(1);
    runs.iter()
        .enumerate()
        .map(|(index, run)| {
            let mut rule = base();
            if index < last {
                rule.insert("times".into(), run.count.into());
            }
            rule.extend(reply(run));
            rule
        })
        .collect()
}

fn reply(run: &Run) -> Map<String, Value> {
    serde_json::from_str(&run.reply).unwrap_or_default()
}

fn when(question: &Question, asked: &Asked<'_>) -> Map<String, Value> {
    let mut when = Map::new();
    if let Some(parts) = &question.invalid {
        if parts.is_empty() {
            when.insert("valid".into(), false.into());
        } else {
            when.insert("invalid".into(), parts.iter().cloned().collect());
        }
    }
    let paths = paths(question).into_iter().map(|(field, value)| (field, Some(value)));
    for (field, value) in paths.chain(asked.iter().map(|(field, value)| (*field, *value))) {
        let condition = match value {
            None => json!({ "exists": false }),
            Some(value @ Value::Object(_)) if value.get("eq").is_none() => json!({ "eq": value }),
            Some(value) => value.clone(),
        };
        when.insert(field.to_owned(), condition);
    }
    when
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(calls: &[(Value, u16)]) -> Value {
        let mut recorded = Recorded::default();
        for (fields, status) in calls {
            let fields = fields.as_object().expect("a map").clone().into_iter().collect();
            let reply = Map::from_iter([("status".to_owned(), Value::from(*status))]);
            recorded.add(Call { question: Question { fields, invalid: None }, reply });
        }
        recorded.rules().into_iter().map(Value::Object).collect()
    }

    #[test]
    fn rules_hold_what_told_calls_apart() {
        let table = [
            (
                "the same call is one rule, with its path",
                vec![(json!({"path.id": 1, "query.x": 1}), 200), (json!({"path.id": 1, "query.x": 1}), 200)],
                json!([{"when": {"path.id": 1}, "status": 200}]),
            ),
            (
                "what changes is a sequence",
                vec![(json!({}), 503), (json!({}), 200)],
                json!([{"respond": [{"status": 503}, {"status": 200}]}]),
            ),
            (
                "what changes after several times is several rules",
                vec![(json!({}), 503), (json!({}), 503), (json!({}), 200), (json!({}), 200)],
                json!([{"times": 2, "status": 503}, {"status": 200}]),
            ),
            (
                "only what tells replies apart is asked",
                vec![
                    (json!({"query.page": 1, "query.trace": "a"}), 200),
                    (json!({"query.page": 2, "query.trace": "a"}), 404),
                    (json!({"query.page": 1, "query.trace": "b"}), 200),
                ],
                json!([
                    {"when": {"query.page": 1}, "status": 200},
                    {"when": {"query.page": 2}, "status": 404},
                ]),
            ),
            (
                "what is absent is asked for too",
                vec![(json!({"query.q": "x"}), 200), (json!({}), 400)],
                json!([
                    {"when": {"query.q": "x"}, "status": 200},
                    {"when": {"query.q": {"exists": false}}, "status": 400},
                ]),
            ),
            (
                "two fields where one is not enough",
                vec![
                    (json!({"body.a": 1, "body.b": 1}), 200),
                    (json!({"body.a": 1, "body.b": 2}), 201),
                    (json!({"body.a": 2, "body.b": 1}), 202),
                ],
                json!([
                    {"when": {"body.a": 1, "body.b": 1}, "status": 200},
                    {"when": {"body.a": 1, "body.b": 2}, "status": 201},
                    {"when": {"body.a": 2, "body.b": 1}, "status": 202},
                ]),
            ),
        ];
        for (about, calls, expected) in table {
            assert_eq!(recorded(&calls), expected, "{about}");
        }
    }
}
