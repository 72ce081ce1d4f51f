//! Shrinking of what was drawn.

use counterfoil_openapi::generate::{Seed, Variety, positive_in, runner};
use proptest::strategy::{Strategy, ValueTree};
use serde_json::{Value, json};

use super::schemas::{DIRECTION, schema_of};

/// The value that a failing case shrinks to, the way a runner goes.
pub(super) fn shrunk<S: Strategy>(strategy: &S, fails: impl Fn(&S::Value) -> bool) -> S::Value {
    let tree = (0..2_000).find_map(|index| {
        let tree = strategy.new_tree(&mut runner(&Seed::derive(3, &["shrink"], index))).ok()?;
        fails(&tree.current()).then_some(tree)
    });
    let mut tree = tree.expect("one of many cases fails");
    let mut goes_on = tree.simplify();
    while goes_on {
        goes_on = if fails(&tree.current()) { tree.simplify() } else { tree.complicate() };
    }
    assert!(fails(&tree.current()), "what is left still fails");
    tree.current()
}

/// The least that the case of a seed shrinks to where everything fails.
pub(super) fn least<S: Strategy>(strategy: &S, seed: &Seed) -> S::Value {
    let mut tree = strategy.new_tree(&mut runner(seed)).expect("a case");
    while tree.simplify() {}
    tree.current()
}

#[test]
fn failing_cases_shrink_to_the_least_valid_one() {
    let pet = json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "minLength": 2},
            "age": {"type": "integer", "minimum": 0},
            "tags": {"type": "array", "items": {"type": "string"}},
            "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
            "kind": {"enum": ["cat", "dog", "elephant"]},
            "weight": {"type": "number", "exclusiveMinimum": 0},
        },
    });
    type Fails = fn(&Value) -> bool;
    let rows: [(Fails, Value); 6] = [
        (|_| true, json!({"name": "aa"})),
        (|value| value["age"].as_i64() > Some(10), json!({"name": "aa", "age": 11})),
        (
            |value| value["tags"].as_array().is_some_and(|tags| tags.len() > 1),
            json!({"name": "aa", "tags": ["", ""]}),
        ),
        (|value| value["code"].is_string(), json!({"name": "aa", "code": "AA-0"})),
        (|value| value["kind"].is_string(), json!({"name": "aa", "kind": "cat"})),
        (|value| value["weight"].as_f64() > Some(2.5), json!({"name": "aa", "weight": 3})),
    ];
    let schema = schema_of(&pet);
    let strategy = positive_in(&schema, DIRECTION, Variety::Wild).expect("values");
    for (fails, expected) in rows {
        assert_eq!(shrunk(&strategy, fails), expected);
    }
}
