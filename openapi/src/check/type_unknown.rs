//! `type-unknown`

use serde_json::Value;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::{Scene, brief};
use super::walk::Site;
use crate::document::Version;

declare! {
    /// Found when `type` names no JSON Schema type.
    ///
    /// Why it matters: a type that nobody knows restricts nothing, so that every value is taken for valid.
    ///
    /// Example: `type: date`, `type: int`, `type: any`.
    ///
    /// What to do: write one of `string`, `number`, `integer`, `boolean`, `array`, `object` (since 3.1 also `null`), with
    /// a `format` beside it where one fits; leave `type` out for any value.
    TYPE_UNKNOWN = "type-unknown", Warning, Judge::Object(&[Kind::Schema, Kind::Parameter, Kind::Header], judge)
}

const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let Some(named) = site.place.get("type") else { return };
    if site.kind != Kind::Schema && scene.version() != Version::V2_0 || site.place.text("$ref").is_some() {
        return;
    }
    let is_file = |name: &str| name == "file" && scene.version() == Version::V2_0;
    let is_known = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name) || is_file(name));
    let items: Vec<_> = if named.value.is_array() { named.items().collect() } else { vec![named.clone()] };
    for item in items.into_iter().filter(|item| !is_known(item.value)) {
        let message = format!("{} is no type, so every value is taken for valid", brief(item.value));
        findings.add(&TYPE_UNKNOWN, &item.pointer, message);
        match item.value.as_str().and_then(meant) {
            Some(meant) => findings.hint(format!("write {meant}")),
            None => findings.hint(format!("write one of {}", TYPES[..6].join(", "))),
        }
    }
}

fn meant(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "any" | "mixed" | "unknown" => "no `type` at all for any value",
        "date" => "`type: string` with `format: date`",
        "datetime" | "date-time" | "timestamp" => "`type: string` with `format: date-time`",
        "int" | "int32" | "long" | "int64" | "short" => "`type: integer`",
        "float" | "double" | "decimal" => "`type: number`",
        "bool" => "`type: boolean`",
        "str" | "text" | "char" => "`type: string`",
        "uuid" => "`type: string` with `format: uuid`",
        "list" | "collection" => "`type: array`",
        "map" | "dict" | "json" => "`type: object`",
        "file" | "binary" => "`type: string` with `format: binary`",
        lower => return TYPES.into_iter().find(|known| *known == lower),
    })
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_schema};

    #[test]
    fn types_are_the_seven_of_json_schema() {
        for (schema, is_found) in [
            ("{type: date}", true),
            ("{type: String}", true),
            ("{type: [string, any]}", true),
            ("{type: null}", true),
            ("{type: 'null'}", false),
            ("{type: object}", false),
        ] {
            assert_eq!(
                !found("type-unknown", &with_schema("3.1.0", schema)).is_empty(),
                is_found,
                "{schema}"
            );
        }
    }
}
