//! Bounds of numbers, as 2020-12 states them.

use serde_json::{Map, Number, Value};

/// The integer formats of OpenAPI's format registry, and the ones that Rust frameworks write, narrow the bounds of an
/// integer.
pub(super) fn integer_bounds(source: &Map<String, Value>, lowered: &mut Map<String, Value>) {
    let is_integer = match source.get("type") {
        Some(Value::String(name)) => name == "integer",
        Some(Value::Array(names)) => names.iter().any(|name| name == "integer"),
        _ => false,
    };
    let Some(format) = source.get("format").and_then(Value::as_str).filter(|_| is_integer) else { return };
    let (low, high): (Number, Number) = match format {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" | "int" => (i64::MIN.into(), i64::MAX.into()),
        "uint8" => (0.into(), u8::MAX.into()),
        "uint16" => (0.into(), u16::MAX.into()),
        "uint32" => (0.into(), u32::MAX.into()),
        "uint64" | "uint" => (0.into(), u64::MAX.into()),
        _ => return,
    };
    let is_looser = |keyword: &str, beyond: fn(f64, f64) -> bool, bound: &Number| {
        let stated = lowered.get(keyword).and_then(Value::as_f64);
        stated.zip(bound.as_f64()).is_none_or(|(stated, bound)| beyond(stated, bound))
    };
    let (widen_low, widen_high) = (
        is_looser("minimum", |stated, bound| stated < bound, &low),
        is_looser("maximum", |stated, bound| stated > bound, &high),
    );
    if widen_low {
        lowered.insert("minimum".to_owned(), Value::Number(low));
    }
    if widen_high {
        lowered.insert("maximum".to_owned(), Value::Number(high));
    }
}

/// `minimum: 1` with `exclusiveMinimum: true` is 2020-12's `exclusiveMinimum: 1`.
pub(super) fn exclusive_bounds(source: &Map<String, Value>, lowered: &mut Map<String, Value>) {
    for (exclusive, inclusive) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if source.get(exclusive) == Some(&Value::Bool(true))
            && let Some(bound) = source.get(inclusive).filter(|bound| bound.is_number())
        {
            lowered.shift_remove(inclusive);
            lowered.insert(exclusive.to_owned(), bound.clone());
        }
    }
}
