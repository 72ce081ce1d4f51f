//! `value-kind-wrong`

use serde_json::Value;

use super::anatomy::{Holds, Kind};
use super::findings::Findings;
use super::rule::{Judge, declare};
use super::scene::{Scene, brief};
use super::walk::Site;
use crate::document::{Place, Severity, Version};

declare! {
    /// Found when a member holds a value of another type than the specification wants there.
    ///
    /// Why it matters: it is read as if it were not there, so that what it was to say is lost.
    ///
    /// Example: `paths` that is a list; `required: "true"` in a parameter; `required: true` in a property; `minLength:
    /// "5"`.
    ///
    /// What to do: write a value of the type that the finding names.
    VALUE_KIND_WRONG = "value-kind-wrong", Error, Judge::Object(&KINDS, judge)
}

static KINDS: [Kind; 29] = [
    Kind::Root,
    Kind::Info,
    Kind::Contact,
    Kind::License,
    Kind::Server,
    Kind::ServerVariable,
    Kind::Components,
    Kind::Paths,
    Kind::PathItem,
    Kind::Operation,
    Kind::ExternalDocs,
    Kind::Parameter,
    Kind::RequestBody,
    Kind::MediaType,
    Kind::Encoding,
    Kind::Responses,
    Kind::Response,
    Kind::Callback,
    Kind::Example,
    Kind::Link,
    Kind::Header,
    Kind::Tag,
    Kind::Schema,
    Kind::Discriminator,
    Kind::Xml,
    Kind::SecurityScheme,
    Kind::OAuthFlows,
    Kind::OAuthFlow,
    Kind::SecurityRequirement,
];

fn judge(scene: &Scene<'_>, site: &Site<'_>, findings: &mut Findings<'_>) {
    let is_reference = site.place.text("$ref").is_some();
    for (name, member) in site.place.members() {
        // A reference may stand for any object, also for one whose members have no fixed names.
        if is_reference || name.starts_with("x-") {
            continue;
        }
        let holds = site.kind.member(name, scene.version()).map(|known| known.holds).or(site.kind.others());
        if let Some(holds) = holds {
            judge_member(scene, site, name, holds, &member, findings);
        }
    }
}

fn judge_member(
    scene: &Scene<'_>,
    site: &Site<'_>,
    name: &str,
    holds: Holds,
    member: &Place<'_>,
    findings: &mut Findings<'_>,
) {
    let is_nothing = member.value.is_null();
    match holds {
        Holds::One(kind) | Holds::OneOrList(kind) if is_object(scene, kind, name, member.value) => {}
        Holds::OneOrList(kind) if member.value.is_array() => {
            each(scene, kind, name, member.items(), findings)
        }
        Holds::List(kind) if member.value.is_array() => each(scene, kind, name, member.items(), findings),
        Holds::Map(kind) if member.value.is_object() => {
            if member.text("$ref").is_none() {
                each(scene, kind, name, member.members().map(|(_, place)| place), findings);
            }
        }
        Holds::Any => {}
        Holds::Text if member.value.is_string() => {}
        Holds::Flag if member.value.is_boolean() => {}
        Holds::Number if member.value.is_number() => {}
        Holds::Texts if member.value.as_array().is_some_and(|items| items.iter().all(Value::is_string)) => {}
        _ => {
            let wanted = match holds {
                Holds::One(kind) | Holds::OneOrList(kind) => format!("an object ({})", kind.name()),
                Holds::List(kind) => format!("a list of objects ({})", kind.name()),
                Holds::Map(kind) => format!("an object whose members are each {}", kind.with_article()),
                Holds::Text => "a text".to_owned(),
                Holds::Flag => "true or false".to_owned(),
                Holds::Number => "a number".to_owned(),
                Holds::Texts => "a list of texts".to_owned(),
                Holds::Any => return,
            };
            let message = format!("`{name}` must be {wanted}, and is {}", describe(member.value));
            findings.add(&VALUE_KIND_WRONG, &member.pointer, message);
            match holds {
                // What is said in prose is not judged by anyone, and `title: 7` means the text.
                Holds::Text if !is_read(site.kind, name) => findings.soften(Severity::Note),
                Holds::Text | Holds::Flag | Holds::Number | Holds::Texts => {
                    findings.soften(Severity::Warning)
                }
                _ if is_nothing => findings.soften(Severity::Note),
                _ => {}
            }
            match (holds, member.value) {
                (Holds::Texts, Value::Bool(_)) if site.kind == Kind::Schema => findings
                    .hint("list the names of required properties in the object around: `required: [name]`"),
                (Holds::Number, Value::Bool(_)) if name.starts_with("exclusive") => {
                    let bound = name.replace("exclusiveM", "m");
                    findings.hint(format!(
                        "since 3.1 it holds the bound itself: `{name}: 0` in place of `{bound}: 0`"
                    ));
                }
                (Holds::Flag | Holds::Number, Value::String(text)) if !text.is_empty() => {
                    findings.hint(format!("write `{text}`, without quotes"));
                }
                (Holds::Texts, Value::String(text)) => findings.hint(format!("write `[{text}]`")),
                (Holds::Text, Value::Number(number)) => {
                    findings.hint(format!("write `\"{number}\"`, in quotes"))
                }
                (_, Value::Null) => findings.hint("remove it, or say what it holds"),
                (Holds::List(_), Value::Object(_)) => {
                    findings.hint("write a list: each item of it begins with `- `")
                }
                (Holds::Map(_) | Holds::One(_), Value::Array(_)) => {
                    findings.hint("write names and values, `name: value`, in the place of the items")
                }
                _ => {}
            }
        }
    }
}

fn each<'d>(
    scene: &Scene<'_>,
    kind: Kind,
    name: &str,
    items: impl Iterator<Item = Place<'d>>,
    findings: &mut Findings<'_>,
) {
    for item in items.filter(|item| !is_object(scene, kind, "", item.value)) {
        let wanted = kind.name();
        let message = format!(
            "each member of `{name}` must be an object ({wanted}), and this is {}",
            describe(item.value)
        );
        findings.add(&VALUE_KIND_WRONG, &item.pointer, message);
        if item.value.is_null() {
            findings.hint("remove it, or say what it holds");
        }
    }
}

/// Whether a value can be an object of a kind: schemas may be `true` or `false` since 3.1, `additionalProperties` always.
fn is_object(scene: &Scene<'_>, kind: Kind, name: &str, value: &Value) -> bool {
    let may_be_flag =
        kind == Kind::Schema && (name == "additionalProperties" || scene.version() >= Version::V3_1);
    value.is_object() || (may_be_flag && value.is_boolean())
}

/// Whether a text member is more than prose.
fn is_read(kind: Kind, name: &str) -> bool {
    matches!(
        (kind, name),
        (Kind::Server, "url")
            | (
                _,
                "$ref"
                    | "in"
                    | "name"
                    | "operationId"
                    | "pattern"
                    | "format"
                    | "style"
                    | "type"
                    | "propertyName"
            )
    )
}

/// The type of a value in words.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) => format!("the truth value {value}"),
        Value::Number(_) => format!("the number {value}"),
        Value::String(_) => format!("the text {}", brief(value)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::fixture::{found, with_operation, with_schema};

    #[test]
    fn each_type_is_wanted_somewhere() {
        let table = [
            ("{minLength: '5'}", "`minLength` must be a number, and is the text \"5\""),
            ("{required: true}", "`required` must be a list of texts, and is the truth value true"),
            (
                "{properties: [a]}",
                "`properties` must be an object whose members are each a Schema Object, and is a list",
            ),
            (
                "{properties: {a: text}}",
                "each member of `properties` must be an object (Schema Object), and this is the text \"text\"",
            ),
            ("{items: 5}", "`items` must be an object (Schema Object), and is the number 5"),
            ("{nullable: 'true'}", "`nullable` must be true or false, and is the text \"true\""),
        ];
        for (schema, message) in table {
            let found = found("value-kind-wrong", &with_schema("3.0.3", schema));
            assert!(found.ends_with(message), "{found}");
        }
        for schema in ["{additionalProperties: false}", "{items: {}}", "{default: 5}"] {
            assert_eq!(found("value-kind-wrong", &with_schema("3.0.3", schema)), "", "{schema}");
        }
    }

    #[test]
    fn a_reference_hides_what_stands_beside_it() {
        let operation = "responses: {'200': {$ref: '#/components/responses/R', description: 5}}";
        let text = with_operation("3.0.3", operation, "responses: {R: {description: ok}}");
        assert_eq!(found("value-kind-wrong", &text), "");
    }

    #[test]
    fn a_reference_stands_for_a_callback_too() {
        let operation =
            "responses: {'200': {description: ok}}, callbacks: {done: {$ref: '#/components/callbacks/C'}}";
        let text = with_operation("3.0.3", operation, "callbacks: {C: {'{$url}': {post: {responses: {}}}}}");
        assert_eq!(found("value-kind-wrong", &text), "");
    }
}
