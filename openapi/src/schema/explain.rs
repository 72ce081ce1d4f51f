//! What a schema refuses, in words people can read, and without the secrets in a value.

mod choice;
mod named;

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use self::choice::{Nearest, choices, nearest};
use self::named::Named;
use super::compile::{Direction, Schema, SchemaViolation};
use super::lower::Origins;
use super::shape::Shape;
use crate::document::{Pointer, step};

/// The most violations told of one value.
pub(super) const MAX_VIOLATIONS: usize = 100;

/// The most characters of a value that a message quotes.
const MAX_QUOTED: usize = 80;

/// The most characters of a message.
const MAX_MESSAGE: usize = 400;

/// The most alternatives a message goes into.
const MAX_ALTERNATIVES: usize = 3;

/// Whether a value may stand in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// As far as the schema does not mark it as a secret: `format: password` or `writeOnly`.
    BySchema,
    /// Never: it is a credential.
    Secret,
}

/// Where the keywords stand that values broke before: to find one in a large document takes longer than the rest.
#[derive(Debug, Default)]
pub(super) struct Located(Mutex<HashMap<Box<str>, Box<str>>>);

/// The most keywords of one schema whose places are kept.
const MAX_LOCATED: usize = 256;

impl Located {
    /// The document pointer of a place in the lowered schema, found by `find` the first time.
    fn of(&self, place: &str, find: impl FnOnce() -> String) -> String {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pointer) = known().get(place) {
            return pointer.to_string();
        }
        let pointer = find();
        let mut known = known();
        if known.len() < MAX_LOCATED {
            known.insert(place.into(), pointer.as_str().into());
        }
        pointer
    }
}

/// Tells the errors of one schema.
pub(super) struct Explainer<'s> {
    pub(super) schema: &'s Schema,
    pub(super) origins: &'s Origins,
    pub(super) located: &'s Located,
    pub(super) direction: Direction,
    pub(super) secrecy: Secrecy,
}

impl Explainer<'_> {
    /// Adds what an error means: itself, or where alternatives are refused what the nearest one lacks.
    pub(super) fn explain(&self, error: &ValidationError<'_>, told: &mut Vec<SchemaViolation>) {
        if told.len() >= MAX_VIOLATIONS {
            return;
        }
        if let Kind::AnyOf { context } | Kind::OneOfNotValid { context } = error.kind() {
            match self.named(error, context) {
                Some(Named::Branch(errors)) => {
                    return errors.iter().for_each(|error| self.explain(error, told));
                }
                Some(Named::Nothing(violation)) => return self.tell(violation, told),
                None => {}
            }
            match nearest(context, error.instance_path().as_str()) {
                Nearest::Branch(errors) => errors.iter().for_each(|error| self.explain(error, told)),
                Nearest::Choice(errors) => {
                    let message = format!("{} is {}", self.quote(errors[0]), choices(&errors));
                    self.tell(self.violation(errors[0], message), told);
                }
                Nearest::Several(branches) => {
                    let message = self.describe_branches(error, context.len(), &branches);
                    self.tell(self.violation(error, message), told);
                }
            }
            return;
        }
        self.tell(self.violation(error, self.message(error)), told);
    }

    /// Adds a violation, unless a neighbouring schema refuses the same in the same words.
    fn tell(&self, violation: SchemaViolation, told: &mut Vec<SchemaViolation>) {
        let is_told = told.iter().any(|other| {
            other.instance_pointer == violation.instance_pointer && other.message == violation.message
        });
        if !is_told {
            told.push(violation);
        }
    }

    /// Where in the document a refused keyword stands, or the schema it was made from.
    fn locate(&self, error: &ValidationError<'_>) -> String {
        let place = error.schema_path().as_str();
        self.located.of(place, || {
            let (origin, rest) = self.origins.origin(place, self.schema.pointer());
            locate(self.schema.document().root(), origin, rest)
        })
    }

    fn violation(&self, error: &ValidationError<'_>, message: String) -> SchemaViolation {
        let keyword = match error.kind() {
            Kind::FalseSchema => self.hiding_keyword(error).unwrap_or("false"),
            kind => kind.keyword(),
        };
        SchemaViolation {
            keyword: keyword.to_owned(),
            instance_pointer: error.instance_path().as_str().to_owned(),
            document_pointer: self.locate(error),
            message: shortened(message),
        }
    }

    fn describe_branches(
        &self,
        error: &ValidationError<'_>,
        count: usize,
        branches: &[&[ValidationError<'_>]],
    ) -> String {
        let mut message = format!("{} fits none of the {count} alternatives", self.quote(error));
        let mut reasons: Vec<String> = Vec::new();
        for branch in branches {
            let mut told = Vec::new();
            branch.iter().take(1).for_each(|error| self.explain(error, &mut told));
            let reason = told.first().map(|found| match found.instance_pointer.as_str() {
                "" => found.message.clone(),
                pointer => format!("{pointer}: {}", found.message),
            });
            reasons.extend(reason.filter(|reason| !reasons.contains(reason)));
        }
        reasons.truncate(MAX_ALTERNATIVES);
        if !reasons.is_empty() {
            let _ = write!(message, " ({})", reasons.join("; or "));
        }
        message
    }

    fn message(&self, error: &ValidationError<'_>) -> String {
        match error.kind() {
            Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
                let names: Vec<String> = unexpected.iter().map(|name| format!("\"{name}\"")).collect();
                format!("properties that may not be here: {}", names.join(", "))
            }
            Kind::AdditionalItems { limit } => format!("there may not be more than {limit} items"),
            Kind::UnevaluatedItems { unexpected } => {
                format!("{} items may not be here", unexpected.len())
            }
            Kind::PropertyNames { error } => match error.kind() {
                Kind::Custom { message, .. } => format!("the name {} {message}", error.instance()),
                _ => format!("the name {error}"),
            },
            // Our own keywords say what is wrong of the value.
            Kind::Custom { message, .. } => format!("{} {message}", self.quote(error)),
            Kind::Not { .. } => format!("{} is what the schema rules out", self.quote(error)),
            Kind::Contains => "no item is as one has to be".to_owned(),
            Kind::OneOfMultipleValid { context } => {
                let fitting: Vec<String> = context
                    .iter()
                    .enumerate()
                    .filter(|(_, errors)| errors.is_empty())
                    .map(|(index, _)| (index + 1).to_string())
                    .collect();
                let which = match fitting.as_slice() {
                    [] => String::new(),
                    numbers => format!(" (numbers {})", numbers.join(" and ")),
                };
                format!("{} fits more than one alternative{which}", self.quote(error))
            }
            Kind::FalseSchema => match self.hiding_keyword(error) {
                Some("readOnly") => "it is read-only, so a request may not hold it".to_owned(),
                Some(_) => "it is write-only, so a response may not hold it".to_owned(),
                None => "nothing may be here".to_owned(),
            },
            Kind::Enum { .. } | Kind::Constant { .. } | Kind::Type { .. } => {
                format!("{} is {}", self.quote(error), choices(&[error]))
            }
            // It is told of by its name, and not by the object that lacks it.
            Kind::Required { .. } => error.masked_with("").to_string(),
            _ => error.masked_with(self.quote(error)).to_string(),
        }
    }

    /// The keyword that hides a property, where that is why nothing may be there.
    fn hiding_keyword(&self, error: &ValidationError<'_>) -> Option<&'static str> {
        let (origin, rest) = self.origins.origin(error.schema_path().as_str(), self.schema.pointer());
        let root = self.schema.document().root();
        // The document itself may have `false` there.
        Pointer::from_escaped(format!("{origin}{rest}")).find(root).filter(|found| found.is_object())?;
        Some(match self.direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        })
    }

    /// The value an error is about as it may be shown.
    fn quote(&self, error: &ValidationError<'_>) -> String {
        let (shape, is_secret) = match self.schema.document_has_secrets() {
            true => self.shape_at(error.instance_path().as_str()),
            false => (Shape::of(None), self.secrecy == Secrecy::Secret),
        };
        if is_secret {
            return "the value".to_owned();
        }
        let mut quoted = String::new();
        let mut left = MAX_QUOTED;
        quote_value(error.instance(), &shape, &mut left, &mut quoted);
        if left == 0 {
            quoted.push('…');
        }
        quoted
    }

    /// The shape of the value at a pointer, and whether that or anything around it is a secret.
    fn shape_at(&self, pointer: &str) -> (Shape<'_>, bool) {
        let mut shape = Shape::of(Some(self.schema));
        let mut is_secret = self.secrecy == Secrecy::Secret || shape.is_secret();
        for token in Pointer::from_escaped(pointer).tokens() {
            shape = shape.member(&token);
            is_secret |= shape.is_secret();
        }
        (shape, is_secret)
    }
}

/// Appends the JSON of a value with its secrets masked, as far as the characters left allow.
fn quote_value(value: &Value, shape: &Shape<'_>, left: &mut usize, out: &mut String) {
    if *left == 0 {
        return;
    }
    if !out.is_empty() && shape.is_secret() {
        push("\"***\"", left, out);
        return;
    }
    match value {
        Value::String(text) => {
            let head: String = text.chars().take(*left).collect();
            push(&Value::String(head).to_string(), left, out);
        }
        Value::Array(items) => {
            push("[", left, out);
            for (index, item) in items.iter().enumerate().take_while(|(index, _)| *index < MAX_QUOTED) {
                push(if index > 0 { "," } else { "" }, left, out);
                quote_value(item, &shape.item(index), left, out);
            }
            push("]", left, out);
        }
        Value::Object(members) => {
            push("{", left, out);
            for (index, (name, member)) in members.iter().enumerate() {
                if *left == 0 {
                    return;
                }
                push(if index > 0 { "," } else { "" }, left, out);
                push(&Value::String(name.clone()).to_string(), left, out);
                push(":", left, out);
                quote_value(member, &shape.property(name), left, out);
            }
            push("}", left, out);
        }
        scalar => push(&scalar.to_string(), left, out),
    }
}

fn push(text: &str, left: &mut usize, out: &mut String) {
    let before = out.len();
    out.extend(text.chars().take(*left));
    *left -= out[before..].chars().count();
}

fn shortened(message: String) -> String {
    match message.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}

/// The document pointer of a place in a lowered schema: as far as the document has it, past the `anyOf` that
/// lowering puts around a nullable composition.
pub(crate) fn locate(root: &Value, origin: &Pointer, rest: &str) -> String {
    let mut pointer = origin.clone();
    let mut value = origin.find(root);
    let tokens: Vec<String> = Pointer::from_escaped(rest).tokens().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(next) = value.and_then(|value| step(value, &tokens[at])) {
            pointer = pointer.join(&tokens[at]);
            value = Some(next);
            at += 1;
        } else if tokens[at] == "anyOf" && tokens.get(at + 1).is_some_and(|index| index == "1") {
            at += 2;
        } else {
            break;
        }
    }
    pointer.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::Contract;

    /// What the request body's schema refuses, as `pointer: message [keyword] document pointer`.
    fn told(components: Value, value: Value) -> Vec<String> {
        let document = json!({
            "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
            "paths": {"/": {"post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}},
                "responses": {"200": {"description": "ok"}}
            }}},
            "components": {"schemas": components}
        });
        let contract = Contract::load("t.json", document.to_string().as_bytes()).unwrap();
        let body = contract.operations()[0].request_body().unwrap();
        let schema = body.content.iter().next().unwrap().schema.as_ref().unwrap();
        let violations = schema.violations(&value, Direction::Request);
        violations
            .iter()
            .map(|found| {
                let at = found.document_pointer.strip_prefix("/components/schemas/").unwrap();
                let at = at.strip_prefix("Body").unwrap_or(at);
                format!("{}: {} [{}] {at}", found.instance_pointer, found.message, found.keyword)
            })
            .collect()
    }

    fn conditional() -> Value {
        json!({"Body": {
            "type": "object", "required": ["client"],
            "properties": {"client": {"type": "string", "enum": ["referer", "ip", "requestip"]}},
            "oneOf": [
                {"required": ["referer"], "properties": {"client": {"enum": ["referer"]}}},
                {"required": ["ip"], "properties": {"client": {"enum": ["ip"]}}},
                {"properties": {"client": {"enum": ["requestip"]}}}
            ]
        }})
    }

    #[test]
    fn the_nearest_alternative_says_what_it_lacks() {
        assert_eq!(
            told(conditional(), json!({"client": "referer"})),
            [": \"referer\" is a required property [required] /oneOf/0/required"]
        );
    }

    #[test]
    fn a_constant_that_no_alternative_has_is_named_once() {
        assert_eq!(
            told(conditional(), json!({"client": "browser"})),
            [
                "/client: \"browser\" is none of \"referer\", \"ip\", \"requestip\" [enum] /properties/client/enum"
            ]
        );
    }

    #[test]
    fn types_of_alternatives_are_gathered() {
        let body = json!({"Body": {"anyOf": [{"type": "string"}, {"type": "integer"}]}});
        assert_eq!(
            told(body, json!(true)),
            [": true is not of types \"string\", \"integer\" [type] /anyOf/0/type"]
        );
    }

    #[test]
    fn alternatives_as_near_are_all_told() {
        let body = json!({"Body": {"oneOf": [{"minimum": 5}, {"multipleOf": 3}], "type": "integer"}});
        assert_eq!(
            told(body.clone(), json!(4)),
            [
                ": 4 fits none of the 2 alternatives (4 is less than the minimum of 5; or 4 is not a multiple of 3) \
              [oneOf] /oneOf"
            ]
        );
        assert_eq!(
            told(body, json!(6)),
            [": 6 fits more than one alternative (numbers 1 and 2) [oneOf] /oneOf"]
        );
    }

    #[test]
    fn a_nullable_composition_points_at_what_the_document_has() {
        let body = json!({"Body": {"nullable": true, "allOf": [{"type": "object", "required": ["a"]}]}});
        assert_eq!(told(body, json!({})), [": \"a\" is a required property [required] /allOf/0/required"]);
    }

    #[test]
    fn a_secret_is_never_quoted() {
        let body = json!({"Body": {
            "type": "object", "maxProperties": 2,
            "properties": {
                "password": {"type": "string", "format": "password", "minLength": 20},
                "pin": {"type": "integer", "writeOnly": true, "minimum": 100_000},
                "login": {"$ref": "#/components/schemas/Login"}
            },
            "not": {"required": ["pin"]}
        }, "Login": {"type": "array", "writeOnly": true, "items": {"type": "string"}}});
        let found = told(body, json!({"password": "hunter2", "pin": 4711, "login": [4711], "x": "shown"}));
        assert_eq!(
            found,
            [
                ": {\"password\":\"***\",\"pin\":\"***\",\"login\":\"***\",\"x\":\"shown\"} has more than 2 properties \
                 [maxProperties] /maxProperties",
                "/password: the value is shorter than 20 characters [minLength] /properties/password/minLength",
                "/pin: the value is less than the minimum of 100000 [minimum] /properties/pin/minimum",
                "/login/0: the value is not of type \"string\" [type] Login/items/type",
                ": {\"password\":\"***\",\"pin\":\"***\",\"login\":\"***\",\"x\":\"shown\"} is what the schema rules out [not] /not",
            ]
        );
    }

    #[test]
    fn what_a_pattern_refuses_is_told() {
        let body = json!({"Body": {
            "properties": {"a": {"pattern": r"^\d$"}, "b": {"pattern": r"(?<=a+)b"}},
            "patternProperties": {"^x": {"pattern": "[^]!"}},
            "propertyNames": {"pattern": "^[a-z]$"}
        }});
        let found = told(body, json!({"a": "٣", "b": "cb", "xy": "1"}));
        assert_eq!(
            found,
            [
                r#"/a: "٣" does not match "^\d$" [pattern] /properties/a/pattern"#,
                r#"/b: "cb" does not match "(?<=a+)b" [pattern] /properties/b/pattern"#,
                r#"/xy: "1" does not match "[^]!" [pattern] /patternProperties/^x/pattern"#,
                r#": the name "xy" does not match "^[a-z]$" [propertyNames] /propertyNames/pattern"#,
            ]
        );
        let body = json!({"Body": {"pattern": "(?=(a+)+b)"}});
        let found = told(body, json!("a".repeat(10_000)));
        assert!(found[0].contains("the pattern budget of 1000000 steps is spent [pattern]"), "{found:?}");
    }

    #[test]
    fn what_may_not_travel_says_so() {
        let body = json!({"Body": {"properties": {"id": {"type": "integer", "readOnly": true}}}});
        assert_eq!(
            told(body, json!({"id": 1})),
            ["/id: it is read-only, so a request may not hold it [readOnly] /properties/id"]
        );
    }

    #[test]
    fn long_values_are_cut() {
        let body = json!({"Body": {"type": "object"}});
        let found = told(body, json!("é".repeat(100_000)));
        assert_eq!(found, [format!(": \"{}… is not of type \"object\" [type] /type", "é".repeat(79))]);
    }
}
