//! Schemas made to take time or memory.

use std::time::Duration;

use counterfoil_openapi::generate::{Seed, Variety, negative, positive_in, sample};
use serde_json::{Map, Value, json};

use super::schemas::{DIRECTION, schema_of};
use crate::work::Work;

/// What no schema may take longer than; it is far from what any takes, so that a busy machine does not matter.
const LIMIT: Duration = Duration::from_secs(10);

fn repeated(count: usize, one: impl Fn(usize) -> Value) -> Value {
    Value::Array((0..count).map(one).collect())
}

/// Schemas whose combinations, sizes or depths explode.
fn hostile() -> Vec<(&'static str, Value)> {
    let two = |index: usize| {
        let (left, right) = (format!("a{index}"), format!("b{index}"));
        json!({"oneOf": [{"required": [left]}, {"required": [right]}]})
    };
    let dead_end = |index: usize| match index {
        24 => json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        _ => json!({"anyOf": [{"type": "object", "minProperties": index}, {"type": "object"}]}),
    };
    let mut deep = json!({"type": "integer"});
    for _ in 0..60 {
        deep = json!({"type": "object", "required": ["a"], "properties": {"a": deep}});
    }
    let mut wide = json!({"type": "integer"});
    for _ in 0..8 {
        let names: Vec<String> = (0..8).map(|index| format!("p{index}")).collect();
        let members: Map<String, Value> = names.iter().map(|name| (name.clone(), wide.clone())).collect();
        wide = match names.len() {
            // The same schema eight times over, three levels deep: past that the document itself is too large.
            _ if wide.to_string().len() > 20_000 => wide,
            _ => json!({"type": "object", "required": names, "properties": members}),
        };
    }
    let many: Map<String, Value> =
        (0..1_500).map(|index| (format!("p{index}"), json!({"type": "integer"}))).collect();
    vec![
        ("a product of alternatives", json!({"type": "object", "allOf": repeated(40, two)})),
        ("a product of alternatives that ends in nothing", json!({"allOf": repeated(25, dead_end)})),
        ("alternatives within alternatives", {
            let leaf = json!({"oneOf": [{"minimum": 1}, {"maximum": 0}, {"multipleOf": 7}]});
            (0..6).fold(leaf, |inner, _| json!({"oneOf": [inner, inner, {"not": inner}]}))
        }),
        ("a deep value", deep),
        ("a bushy value", wide),
        (
            "many required properties",
            json!({"type": "object", "required": many.keys().collect::<Vec<_>>(), "properties": many}),
        ),
        (
            "large arrays of large arrays",
            json!({"type": "array", "minItems": 9_999, "items": {"type": "array", "minItems": 9_999, "items": {}}}),
        ),
        (
            "as many different items as there are",
            json!({"type": "array", "uniqueItems": true, "minItems": 600, "items": {"enum": repeated(600, |index| json!(index))}}),
        ),
        (
            "more different items than there are",
            json!({"type": "array", "uniqueItems": true, "minItems": 601, "items": {"enum": repeated(600, |index| json!(index))}}),
        ),
        ("a long string", json!({"type": "string", "minLength": 300_000})),
        ("a long pattern", json!({"type": "string", "pattern": "^((ab?){1,15}){1,20}$", "minLength": 400})),
        (
            "a pattern that backtracks",
            json!({"type": "string", "pattern": "^(a+)+$", "not": {"pattern": "b"}}),
        ),
        ("a pattern of nothing", json!({"type": "string", "pattern": "^[^\\s\\S]$"})),
        ("a pattern that is written as a literal", json!({"type": "string", "pattern": "/^.*[a-z]+.*$/i"})),
        (
            "names that cannot be",
            json!({"type": "object", "minProperties": 40, "propertyNames": {"pattern": "^[ab]{1,4}$"}}),
        ),
        (
            "an enumeration without end",
            json!({"enum": repeated(3_000, |index| json!(format!("member-{index}")))}),
        ),
        (
            "what contradicts itself slowly",
            json!({"not": {"anyOf": repeated(60, |index| json!({"maxLength": index})) }, "type": "string", "maxLength": 59}),
        ),
        ("a sum of alternatives", json!({"anyOf": repeated(1_000, |index| json!({"const": index}))})),
    ]
}

#[test]
fn no_schema_hangs_or_takes_memory_without_bound() {
    for (name, source) in hostile() {
        let work = Work::start();
        let schema = schema_of(&source);
        let mut size = 0;
        for variety in [Variety::Minimal, Variety::Plain, Variety::Wild] {
            if let Ok(strategy) = positive_in(&schema, DIRECTION, variety) {
                for index in 0..3 {
                    let value = sample(&strategy, &Seed::derive(1, &[name], index)).expect("a value");
                    assert!(schema.is_valid(&value, DIRECTION), "{name}");
                    size = size.max(value.to_string().len());
                }
            }
        }
        if let Ok(strategy) = negative(&schema, DIRECTION) {
            let broken = sample(&strategy, &Seed::derive(1, &[name], 0)).expect("an invalid value");
            assert!(!schema.is_valid(&broken.value, DIRECTION), "{name}");
        }
        println!("{name}: {size} bytes, {:?}", work.done());
        assert!(work.done() < LIMIT, "{name} took {:?}", work.done());
        assert!(size < 8_000_000, "{name} is {size} bytes long");
    }
}
