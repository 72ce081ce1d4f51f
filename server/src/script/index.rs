//! Which rules of an operation a request can be answered by, without asking each of them.
//!
//! Most rules of a long list ask that some field equals some value, each another value. Those are found by hashing
//! what the request has in that field; only the rules found, and those that ask for no equality, are then asked in
//! full, in the order of the script. So the first that matches is the same as if each rule had been asked.

use std::collections::HashMap;

use serde_json::{Number, Value};

use super::grammar::{Case, Clause, Condition, Field, FieldClause, Test, When};
use super::scope::Scope;

/// Fewer rules are asked one by one.
const MIN_RULES: usize = 8;

/// The most values of an `in` that a rule is found by.
const MAX_VALUES: usize = 64;

/// The rules of one operation, by what they ask for.
#[derive(Debug, Default)]
pub(super) struct RuleIndex {
    /// The fields that rules are found by.
    fields: Vec<FieldIndex>,
    /// The places of the rules that have to be asked each time, ascending.
    others: Vec<usize>,
}

/// The rules that ask for certain values of one field.
#[derive(Debug)]
struct FieldIndex {
    field: Field,
    /// The places of the rules that ask for a value, ascending.
    places: HashMap<Key, Vec<usize>>,
}

/// What values are hashed by: values that count as equal have the same key. The converse need not be, since whatever
/// is found is asked in full.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Null,
    Bool(bool),
    Number(u64),
    Text(Box<str>),
}

/// Values of a field one of which a request must have.
struct Wanted<'w> {
    field: Field,
    values: Vec<&'w Value>,
}

impl RuleIndex {
    /// The index over rules in their order.
    pub(super) fn new<'w>(rules: impl Iterator<Item = &'w When>) -> Self {
        let wanted: Vec<Vec<(String, Field, Vec<Key>)>> = rules.map(keys_of).collect();
        if wanted.len() < MIN_RULES {
            return Self { fields: Vec::new(), others: (0..wanted.len()).collect() };
        }
        let mut shares: HashMap<(&str, &Key), usize> = HashMap::new();
        for (label, _, keys) in wanted.iter().flatten() {
            for key in keys {
                *shares.entry((label, key)).or_default() += 1;
            }
        }
        let mut fields: Vec<FieldIndex> = Vec::new();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut others = Vec::new();
        for (place, choices) in wanted.iter().enumerate() {
            // Each rule is found by what it shares with the fewest others.
            let share = |(label, _, keys): &&(String, Field, Vec<Key>)| {
                keys.iter().map(|key| shares.get(&(label.as_str(), key)).copied().unwrap_or(0)).sum::<usize>()
            };
            let Some((label, field, keys)) = choices.iter().min_by_key(share) else {
                others.push(place);
                continue;
            };
            let number = *numbers.entry(label).or_insert_with(|| {
                fields.push(FieldIndex { field: field.clone(), places: HashMap::new() });
                fields.len() - 1
            });
            for key in keys {
                let places = fields[number].places.entry(key.clone()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        Self { fields, others }
    }

    /// The places of all rules that a request may be answered by, ascending.
    pub(super) fn candidates<'i>(&'i self, scope: &Scope<'_>) -> Candidates<'i> {
        let mut lists: Vec<&[usize]> = Vec::new();
        if !self.others.is_empty() {
            lists.push(&self.others);
        }
        for index in &self.fields {
            let key = index.field.value(scope).and_then(|value| key_of(&value, index.field.is_text()));
            lists.extend(key.and_then(|key| index.places.get(&key)).map(Vec::as_slice));
        }
        Candidates { lists }
    }
}

/// The places of rules, ascending.
#[derive(Debug)]
pub(super) struct Candidates<'i> {
    /// What is left of each list, none of them empty.
    lists: Vec<&'i [usize]>,
}

impl Iterator for Candidates<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let nearest = (0..self.lists.len()).min_by_key(|list| self.lists[*list].first().copied())?;
        let (first, rest) = self.lists[nearest].split_first()?;
        match rest.is_empty() {
            true => drop(self.lists.swap_remove(nearest)),
            false => self.lists[nearest] = rest,
        }
        Some(*first)
    }
}

/// The fields that a rule can be found by, each with its label and the keys of its values.
fn keys_of(when: &When) -> Vec<(String, Field, Vec<Key>)> {
    let mut wanted = Vec::new();
    collect(&when.clauses, &mut wanted);
    let keyed = wanted.into_iter().filter_map(|Wanted { field, values }| {
        let keys =
            values.into_iter().map(|value| key_of(value, field.is_text())).collect::<Option<Vec<_>>>()?;
        Some((field.label(), field, keys))
    });
    keyed.collect()
}

/// What must be equal where all clauses hold.
fn collect<'w>(clauses: &'w [Clause], wanted: &mut Vec<Wanted<'w>>) {
    for clause in clauses {
        match clause {
            Clause::All(groups) => groups.iter().for_each(|group| collect(group, wanted)),
            // State may change between the look-up and the decision, which is one step with it.
            Clause::Field(FieldClause { field: Field::State(_), .. }) => {}
            Clause::Field(FieldClause { field, condition, .. }) => match condition {
                Condition::Subset(value) => {
                    if let Field::Body(steps) = field {
                        members(steps, value, wanted);
                    }
                }
                Condition::Tests { tests, case: Case::Sensitive } => {
                    for test in tests {
                        let values = match test {
                            Test::Equal(value) => vec![value],
                            Test::OneOf(values) if values.len() <= MAX_VALUES => values.iter().collect(),
                            _ => continue,
                        };
                        wanted.push(Wanted { field: field.clone(), values });
                    }
                }
                Condition::Tests { case: Case::Ignored, .. } => {}
            },
            Clause::Any(_)
            | Clause::Not(_)
            | Clause::MediaType(_)
            | Clause::Accept(_)
            | Clause::Valid(_)
            | Clause::Invalid(_) => {}
        }
    }
}

/// What must be equal where a body holds the members of an object.
fn members<'w>(steps: &[String], value: &'w Value, wanted: &mut Vec<Wanted<'w>>) {
    let Value::Object(object) = value else {
        wanted.push(Wanted { field: Field::Body(steps.to_vec()), values: vec![value] });
        return;
    };
    for (key, member) in object {
        let mut inner = steps.to_vec();
        inner.push(key.clone());
        members(&inner, member, wanted);
    }
}

/// The key of a value; lists and maps have none, and equal nothing that has one.
fn key_of(value: &Value, is_text: bool) -> Option<Key> {
    Some(match value {
        Value::Null => Key::Null,
        Value::Bool(value) if is_text => Key::Text(if *value { "true" } else { "false" }.into()),
        Value::Bool(value) => Key::Bool(*value),
        Value::Number(number) => number_key(number),
        // Where a number is also the text that writes it, both have the key of the number.
        Value::String(text) if is_text => match text.parse::<f64>() {
            Ok(number) => double_key(number),
            Err(_) => Key::Text(text.as_str().into()),
        },
        Value::String(text) => Key::Text(text.as_str().into()),
        Value::Array(_) | Value::Object(_) => return None,
    })
}

fn number_key(number: &Number) -> Key {
    number.as_f64().map_or_else(|| Key::Text(number.to_string().into()), double_key)
}

fn double_key(number: f64) -> Key {
    // Both zeros are one.
    Key::Number(if number == 0.0 { 0 } else { number.to_bits() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use counterfoil_openapi::validate::{self, RequestRules};
    use counterfoil_openapi::{BasePaths, Contract, Request, Route, Router};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::script::clock::Moment;
    use crate::script::scope::Kept;
    use crate::script::{Script, Subject};
    use crate::session::Sessions;

    const DOCUMENT: &str = "
openapi: 3.0.3
paths:
  /a/{id}:
    post:
      operationId: a
      parameters:
        - { name: id, in: path, required: true, schema: { type: integer } }
        - { name: q, in: query, schema: { type: string } }
      requestBody: { content: { application/json: { schema: {} } } }
      responses: { '200': { description: ok } }
";

    fn contract() -> Contract {
        Contract::load("a.yaml", DOCUMENT.as_bytes()).unwrap()
    }

    /// Asks all rules, and those that the index gives; the places of the first that match.
    fn first_of_both(
        contract: &Contract,
        whens: &[&When],
        request: &Request,
    ) -> (Option<usize>, Option<usize>) {
        let router = Router::new(contract.operations(), BasePaths::Optional);
        let path = request.target.split('?').next().unwrap();
        let Route::Found(found) = router.find(&request.method, path) else {
            panic!("the path is documented")
        };
        let reading = validate::request(&found, request, &RequestRules::default());
        let subject = Subject { operation: found.operation, request, reading: &reading };
        let sessions = Sessions::default();
        let state = Kept { memory: None, session: sessions.unnamed(), initial: &BTreeMap::new() };
        let scope = Scope { subject, state, now: Moment::START };
        let index = RuleIndex::new(whens.iter().copied());
        let candidates: Vec<usize> = index.candidates(&scope).collect();
        assert!(candidates.windows(2).all(|pair| pair[0] < pair[1]), "{candidates:?}");
        let naive = whens.iter().position(|when| when.admits(&scope));
        (naive, candidates.into_iter().find(|place| whens[*place].admits(&scope)))
    }

    fn scalar() -> impl Strategy<Value = Value> {
        proptest::sample::select(vec![
            json!(1),
            json!(1.0),
            json!("1"),
            json!("1.0"),
            json!(2),
            json!("a"),
            json!("A"),
            json!(true),
            json!("true"),
            json!(0),
            json!(-0.0),
            json!(9_007_199_254_740_993_i64),
            json!(9_007_199_254_740_992.0),
        ])
    }

    fn when() -> impl Strategy<Value = Value> {
        let condition = prop_oneof![
            4 => scalar(),
            1 => proptest::collection::vec(scalar(), 1..4).prop_map(|values| json!({"in": values})),
            1 => scalar().prop_map(|value| json!({"ne": value})),
            1 => scalar().prop_map(|value| json!({"eq": value, "icase": true})),
        ];
        let field = proptest::sample::select(vec!["path.id", "query.q", "body.x", "body#/y/0", "header.X-H"]);
        let one = (field, condition).prop_map(|(field, condition)| json!({field: condition}));
        prop_oneof![
            6 => one.clone(),
            1 => (one.clone(), one.clone()).prop_map(|(a, b)| json!({"all": [a, b]})),
            1 => (one.clone(), one.clone()).prop_map(|(a, b)| json!({"any": [a, b]})),
            1 => one.clone().prop_map(|a| json!({"not": a})),
            1 => scalar().prop_map(|x| json!({"body": {"x": x}})),
            1 => scalar().prop_map(|x| json!({"body": {"y": [x]}})),
            1 => Just(json!({})),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(192))]

        #[test]
        fn the_first_rule_is_the_same_as_where_each_is_asked(
            whens in proptest::collection::vec(when(), 8..24),
            (id, q, x, y) in (0..3_u8, scalar(), scalar(), scalar()),
        ) {
            // `valid: any`, so that no rule is refused for what a valid request cannot hold.
            let rules: Vec<Value> = whens.into_iter().map(|mut when| {
                when["valid"] = json!("any");
                json!({"when": when, "times": 1, "status": 200})
            }).collect();
            let contract = contract();
            let script = json!({"script": 1, "rules": {"a": rules}}).to_string();
            let script = Script::load("a.script.yaml", script.as_bytes(), std::slice::from_ref(&contract)).unwrap();
            let whens: Vec<&When> = script.loaded().operations[0].rules.iter().map(|rule| &rule.when).collect();
            let q = q.as_str().map_or_else(|| q.to_string(), str::to_owned);
            let mut request = Request {
                method: http::Method::POST,
                target: format!("/a/{id}?q={q}"),
                headers: http::HeaderMap::new(),
                body: json!({"x": x, "y": [y]}).to_string().into(),
            };
            request.headers.insert("content-type", http::HeaderValue::from_static("application/json"));
            request.headers.insert("x-h", http::HeaderValue::from_str(&q).unwrap());
            let (naive, indexed) = first_of_both(&contract, &whens, &request);
            prop_assert_eq!(naive, indexed);
        }
    }

    #[test]
    fn values_that_count_as_equal_have_one_key() {
        let table = [
            (json!(1), json!(1.0), false),
            (json!(0), json!(-0.0), false),
            (json!(13), json!("13"), true),
            (json!(13.5), json!("13.5"), true),
            (json!(true), json!("true"), true),
            (json!("a"), json!("a"), false),
        ];
        for (left, right, is_text) in table {
            assert_eq!(key_of(&left, is_text), key_of(&right, is_text), "{left} and {right}");
        }
        assert_eq!(key_of(&json!([1]), false), None);
    }

    #[test]
    fn a_rule_is_found_by_what_it_shares_with_the_fewest() {
        let rules: Vec<Value> =
            (0..1_000).map(|id| json!({"when": {"query.q": "all", "path.id": id}, "status": 200})).collect();
        let script = json!({"script": 1, "rules": {"a": rules}}).to_string();
        let script = Script::load("a.script.yaml", script.as_bytes(), &[contract()]).unwrap();
        let index = RuleIndex::new(script.loaded().operations[0].rules.iter().map(|rule| &rule.when));
        let [field] = index.fields.as_slice() else { panic!("{} fields", index.fields.len()) };
        assert_eq!(
            (field.field.label().as_str(), field.places.len(), index.others.len()),
            ("path.id", 1_000, 0)
        );
    }
}
