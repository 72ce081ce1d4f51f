//! `enum-member-unusable`

use serde_json::Value;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::{Scene, brief};
use super::walk::Site;

declare! {
    /// Found when a member of an `enum` is not of the schema's `type`, so that it is never valid, or is listed twice.
    ///
    /// Why it matters: the list promises a value that the type refuses. In YAML a bare `yes`, `1.0` or `2020` is easily
    /// another type than was meant. A `null` without `nullable` is only a note: many write it, and tools differ.
    ///
    /// Example: `type: string` with `enum: [1.0, 2.0]`, which lists numbers.
    ///
    /// What to do: put the member in quotes, or mend the type.
    ENUM_MEMBER_UNUSABLE = "enum-member-unusable", Warning, Judge::Object(&[Kind::Schema, Kind::Parameter, Kind::Header], judge)
}

fn judge(_: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let Some(members) = site.place.get("enum") else { return };
    let types: Vec<&str> = match site.place.value.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is_nullable = site.place.is("nullable") || site.place.is("x-nullable");
    let mut seen = std::collections::HashSet::new();
    for member in members.items() {
        let is_admitted = types.is_empty()
            || (member.value.is_null() && is_nullable)
            || types.iter().any(|name| is_of_type(member.value, name));
        if !is_admitted {
            let message = format!(
                "{} is not of the type {}, so it is never valid",
                brief(member.value),
                types.join(" or ")
            );
            findings.add(&ENUM_MEMBER_UNUSABLE, &member.pointer, message);
            match member.value {
                Value::Null => {
                    findings.soften(crate::document::Severity::Note);
                    findings.hint("let the type admit null, or take it out of the list");
                }
                Value::String(_) => findings.hint("take the quotes away, or mend the type"),
                Value::Number(_) | Value::Bool(_) if types.contains(&"string") => {
                    findings.hint("put it in quotes")
                }
                _ => findings.hint("take it out of the list, or mend the type"),
            }
        } else if !seen.insert(member.value.to_string()) {
            let message = format!("{} is in the list already", brief(member.value));
            findings.add_with_hint(
                &ENUM_MEMBER_UNUSABLE,
                &member.pointer,
                message,
                "take it out of the list",
            );
            findings.soften(crate::document::Severity::Note);
        }
    }
}

/// Whether a value is of a JSON Schema type; what is no such type is not judged here.
fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_schema};

    #[test]
    fn members_are_held_to_the_type() {
        let table = [
            ("{type: string, enum: [a, 1]}", "1 is not of the type string, so it is never valid"),
            ("{type: integer, enum: [1, '2']}", "\"2\" is not of the type integer, so it is never valid"),
            ("{type: string, enum: [a, a]}", "\"a\" is in the list already"),
            ("{type: string, nullable: true, enum: [a, null]}", ""),
            ("{enum: [a, 1, null]}", ""),
            ("{type: integer, enum: [1.0]}", ""),
        ];
        for (schema, message) in table {
            let found = found("enum-member-unusable", &with_schema("3.0.3", schema));
            assert!(found.ends_with(message) && found.is_empty() == message.is_empty(), "{schema}: {found}");
        }
    }
}
