use serde_json::{Value, json};

use crate::scripting::Field;

#[test]
fn members_of_parameters_are_asked_for_by_schemas() {
    let field: Field<String> = Field::<()>::of_parameter("query", "filter").field_within("a");
    let number: Field<i64> =
        Field::<()>::of_parameter("query", "filter").field_within::<()>("a").field_within("b");
    let list: Field<Vec<String>> = field.field_again();
    let holds = |schema: Value| {
        json!({ "query.filter": { "schema": {
        "type": "object", "required": ["a"], "properties": { "a": schema }
    } } })
    };
    let rows = [
        (field.eq("x"), holds(json!({"enum": ["x"]}))),
        (field.ne("x"), json!({"not": holds(json!({"enum": ["x"]}))})),
        (field.exists(), holds(json!({}))),
        (field.absent(), json!({"not": holds(json!({}))})),
        (field.one_of(["x", "y"]), holds(json!({"enum": ["x", "y"]}))),
        (field.matches("^x"), holds(json!({"pattern": "^x"}))),
        (
            field.contains("x.y"),
            holds(json!({"anyOf": [
                {"type": "string", "pattern": "x\\.y"},
                {"type": "array", "not": {"items": {"not": {"enum": ["x.y"]}}}}
            ]})),
        ),
        (field.eq_ignoring_case("x."), holds(json!({"pattern": "^(?:(?:x|X)\\.)$"}))),
        (field.min_len(2), holds(json!({"minLength": 2, "minItems": 2}))),
        (list.max_len(2), holds(json!({"maxLength": 2, "maxItems": 2}))),
        (
            number.gt(3),
            holds(json!({
                "type": "object", "required": ["b"],
                "properties": {"b": {"minimum": 3, "not": {"enum": [3]}}}
            })),
        ),
    ];
    for (condition, when) in rows {
        assert_eq!(condition.into_when().map(Value::Object), Ok(when));
    }
}
