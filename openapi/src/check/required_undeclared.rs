//! `required-undeclared`

use serde_json::Value;

use super::anatomy::Kind;
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::Scene;
use super::walk::Site;

declare! {
    /// Found when a schema requires a property that its `additionalProperties: false` refuses, since `properties` does
    /// not declare it; and when the name of a required property that is not declared differs by a slip from one that is.
    ///
    /// Why it matters: with the property a value is refused, and without it too, so that no value is valid. Where other
    /// properties are let pass, the property that was meant is not required.
    ///
    /// Example: `required: [name]`, `properties: {nmae: ...}`, `additionalProperties: false`.
    ///
    /// What to do: declare the property, or do not require it.
    REQUIRED_UNDECLARED = "required-undeclared", Warning, Judge::Object(&[Kind::Schema], judge)
}

fn judge(_: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let schema = site.place.value;
    if schema.get("patternProperties").is_some() {
        return;
    }
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return judge_slips(schema, site, findings);
    }
    let declares =
        |name: &str| schema.get("properties").is_some_and(|properties| properties.get(name).is_some());
    let Some(required) = site.place.get("required") else { return };
    for item in required.items() {
        if let Some(name) = item.value.as_str()
            && !declares(name)
        {
            let message = format!(
                "`{name}` is required, and `additionalProperties: false` refuses it: no value is valid"
            );
            findings.add(&REQUIRED_UNDECLARED, &item.pointer, message);
            let declared =
                schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|map| map.keys());
            match super::scene::nearest(name, declared.map(String::as_str)) {
                Some(near) => {
                    findings.hint(format!("did you mean `{near}`? else declare it in `properties`"))
                }
                None => findings.hint("declare it in `properties`, or do not require it"),
            }
        }
    }
}

/// Names of required properties that are a slip away from a property that is declared and not required.
fn judge_slips(schema: &Value, site: &Site<'_>, findings: &mut Findings<'_>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let Some(required) = site.place.get("required") else { return };
    let names: Vec<&str> = required.items().filter_map(|item| item.value.as_str()).collect();
    for item in required.items() {
        let Some(name) = item.value.as_str().filter(|name| !properties.contains_key(*name)) else { continue };
        let is_slip = |other: &&String| {
            let allowed = if name.len() > 3 { 1 } else { 0 };
            let swapped = strsim::osa_distance(&name.to_lowercase(), &other.to_lowercase()) <= allowed;
            swapped && !names.contains(&other.as_str())
        };
        if let Some(meant) = properties.keys().find(is_slip) {
            let message = format!("`{name}` is required, and `properties` declares no such property");
            findings.add_with_hint(
                &REQUIRED_UNDECLARED,
                &item.pointer,
                message,
                format!("did you mean `{meant}`?"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_schema};

    #[test]
    fn only_a_closed_object_refuses_what_it_does_not_declare() {
        let closed = "{required: [a, b], properties: {a: {}}, additionalProperties: false}";
        assert_eq!(
            found("required-undeclared", &with_schema("3.0.3", closed)),
            "/components/schemas/S/required/1 `b` is required, and `additionalProperties: false` refuses it: no value is valid"
        );
        assert_eq!(
            found("required-undeclared", &with_schema("3.0.3", "{required: [a, b], properties: {a: {}}}")),
            ""
        );
        for (name, is_found) in
            [("titel", true), ("Title", true), ("title", false), ("author", false), ("tile", true)]
        {
            let open = format!("{{required: [{name}], properties: {{title: {{}}}}}}");
            let found = found("required-undeclared", &with_schema("3.0.3", &open));
            assert_eq!(!found.is_empty(), is_found, "{name}");
        }
    }
}
