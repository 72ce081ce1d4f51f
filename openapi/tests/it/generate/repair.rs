//! Examples that break their own schema, repaired.

use counterfoil_openapi::generate::{Remedy, Repaired, Seed, Variety, positive_in, repair, runner, sample};
use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::schemas::{DIRECTION, all_admitting, ordinary, schema_of};

fn repaired(source: &Value, value: &Value) -> Repaired {
    let schema = schema_of(source);
    let repaired =
        repair(&schema, DIRECTION, value, &Seed::derive(1, &["repair"], 0)).expect("it admits values");
    assert!(schema.is_valid(&repaired.value, DIRECTION), "{source}: {value} became {}", repaired.value);
    repaired
}

#[test]
fn what_a_value_plainly_means_takes_its_place() {
    let pet = json!({
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "integer"},
            "name": {"type": "string", "maxLength": 6},
            "born": {"type": "string", "format": "date"},
            "seen": {"type": "string", "format": "date-time"},
            "state": {"enum": ["available", "in_care"]},
            "tame": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
            "owner": {"type": "object", "required": ["mail"], "properties": {"mail": {"type": "string", "example": "ada@example.com"}}},
        },
        "additionalProperties": false,
    });
    let list = json!({"type": "array", "items": {"type": "integer"}});
    let either = json!({"oneOf": [
        {"type": "object", "required": ["kind", "radius"], "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}}},
        {"type": "object", "required": ["kind", "side"], "properties": {"kind": {"const": "square"}, "side": {"type": "number"}}},
    ]});
    let whole = json!({"type": "integer", "minimum": 1, "maximum": 10});
    let table = [
        (&pet, json!({"id": "42"}), json!({"id": 42})),
        (&pet, json!({"id": 1, "name": 7}), json!({"id": 1, "name": "7"})),
        (&pet, json!({"id": 1, "name": "Rex the dog"}), json!({"id": 1, "name": "Rex th"})),
        (&pet, json!({"id": 1, "name": null}), json!({"id": 1})),
        (&pet, json!({"id": 1, "born": "2024/1/5"}), json!({"id": 1, "born": "2024-01-05"})),
        (
            &pet,
            json!({"id": 1, "seen": "2024-01-05 10:20:30"}),
            json!({"id": 1, "seen": "2024-01-05T10:20:30Z"}),
        ),
        (&pet, json!({"id": 1, "state": "In care"}), json!({"id": 1, "state": "in_care"})),
        (&pet, json!({"id": 1, "tame": "true"}), json!({"id": 1, "tame": true})),
        (&pet, json!({"id": 1, "tags": "a, b"}), json!({"id": 1, "tags": ["a", "b"]})),
        (&pet, json!({"id": 1, "tags": ["a", "b", "c"]}), json!({"id": 1, "tags": ["a", "b"]})),
        (&pet, json!({"id": 1, "colour": "red"}), json!({"id": 1})),
        (&pet, json!({"ID": 1}), json!({"id": 1})),
        (&pet, json!({"id": 1, "owner": {}}), json!({"id": 1, "owner": {"mail": "ada@example.com"}})),
        (&pet, json!("{\"id\": 1, \"tame\": 1}"), json!({"id": 1, "tame": true})),
        (&pet, json!({"value": {"id": 1}, "summary": "A pet"}), json!({"id": 1})),
        (&pet, json!({"Pet": {"id": 1}}), json!({"id": 1})),
        (&pet, json!([{"id": 1}]), json!({"id": 1})),
        (&list, json!("1,2"), json!([1, 2])),
        (&list, json!(3), json!([3])),
        (&list, json!(["1", 2.0, "3"]), json!([1, 2.0, 3])),
        (&either, json!({"kind": "square", "side": "2"}), json!({"kind": "square", "side": 2})),
        (&whole, json!(11), json!(10)),
        (&whole, json!(3.2), json!(3)),
        (&whole, json!("7"), json!(7)),
    ];
    for (source, value, expected) in table {
        let found = repaired(source, &value);
        assert_eq!(found.value, expected, "{value}: {:?}", found.changes);
        assert!(!found.changes.is_empty(), "{value}");
    }
}

#[test]
fn what_was_changed_is_told_with_the_reason() {
    let source = json!({
        "type": "object",
        "required": ["id", "name"],
        "properties": {
            "id": {"type": "integer"},
            "name": {"type": "string", "default": "Rex"},
            "age": {"type": "integer", "nullable": false},
            "state": {"enum": ["new"]},
        },
        "additionalProperties": false,
    });
    let found = repaired(&source, &json!({"id": "1", "user id": 3, "age": null, "state": 7}));
    let told: Vec<String> = found.changes.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    /id: "1" is not of type "integer" [type]; read as 1
    /user id: may not be here; left out
    /age: null is not of type "integer" [type]; left out
    /state: 7 is not "new" [enum]; replaced by "new"
    /name: missing; added "Rex"
    "#);
}

/// Whether two values are equal wherever no change tells of, at or around the place.
fn is_untouched(before: &Value, after: &Value, at: &str, found: &Repaired) -> bool {
    let mut changes = found.changes.iter();
    if changes.any(|change| change.pointer == at && change.remedy != Remedy::Added) {
        return true;
    }
    let escape = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let mut names = before.keys().chain(after.keys());
            names.all(|name| {
                let at = format!("{at}/{}", escape(name));
                match (before.get(name), after.get(name)) {
                    (Some(before), Some(after)) => is_untouched(before, after, &at, found),
                    (Some(_), None) => found.changes.iter().any(|change| change.pointer == at),
                    (None, _) => found.changes.iter().any(|change| {
                        change.pointer == at || change.put.as_ref().is_some_and(|put| put == name)
                    }),
                }
            })
        }
        (Value::Array(before), Value::Array(after)) => {
            let is_moved = |index: usize| {
                let place = format!("{at}/{index}");
                found.changes.iter().any(|change| change.pointer == place && change.remedy == Remedy::Removed)
            };
            let kept = before.iter().enumerate().filter(|(index, _)| !is_moved(*index));
            kept.zip(after)
                .all(|((index, before), after)| is_untouched(before, after, &format!("{at}/{index}"), found))
        }
        _ => before == after,
    }
}

#[test]
fn any_value_becomes_a_valid_one_and_what_was_valid_stays() {
    let sources: Vec<Value> = ordinary().into_iter().chain(all_admitting()).collect();
    let schemas: Vec<_> = sources.iter().map(|source| (source.clone(), schema_of(source))).collect();
    let anything = positive_in(&schema_of(&json!(true)), DIRECTION, Variety::Wild).expect("anything goes");
    let config = runner(&Seed::derive(3, &["laws"], 0)).config().clone();
    let config = proptest::test_runner::Config { cases: 1_500, ..config };
    let mut laws = TestRunner::new(config);
    let strategy = (select(schemas.clone()), select(schemas), anything, any::<u64>());
    let law = strategy.prop_map(|((source, schema), (_, other), anything, seed)| {
        let seed = Seed::derive(seed, &["law"], 0);
        // A value of another schema is often nearly right.
        let near = positive_in(&other, DIRECTION, Variety::Plain).ok().and_then(|any| sample(&any, &seed));
        (source, schema, [Some(anything), near], seed)
    });
    let result = laws.run(&law, |(source, schema, values, seed)| {
        for value in values.into_iter().flatten() {
            let found = repair(&schema, DIRECTION, &value, &seed).expect("the schema admits values");
            assert!(schema.is_valid(&found.value, DIRECTION), "{source}: {value} became {}", found.value);
            assert_eq!(found.changes.is_empty(), schema.is_valid(&value, DIRECTION), "{source}: {value}");
            assert!(is_untouched(&value, &found.value, "", &found), "{source}: {value} became {found:?}");
            let again = repair(&schema, DIRECTION, &value, &seed).expect("as before");
            assert_eq!(again, found, "{source}: {value}");
            let settled = repair(&schema, DIRECTION, &found.value, &seed).expect("as before");
            assert_eq!(settled, Repaired { value: found.value, changes: Vec::new() });
        }
        Ok(())
    });
    result.unwrap();
}
