//! Which field a refusal names, in the notations of common frameworks.
//!
//! | notation | where the field is |
//! |---|---|
//! | RFC 9457 as commonly extended | `errors[].pointer`, `invalid-params[].name` |
//! | FastAPI, pydantic | `detail[].loc` |
//! | Spring | `errors[].field`, `fieldErrors[].field` |
//! | ASP.NET, Rails, Laravel | the keys of `errors` |
//! | express-validator | `errors[].path` or `.param`, with `.location` |
//! | ajv | `[].instancePath`, `[].params.missingProperty` |
//! | zod, Joi | `issues[].path`, `details[].path` |
//! | Django REST Framework | the keys of the body, their values lists of text |
//! | Symfony, Quarkus | `violations[].propertyPath` or `.field` |
//! | Go validator | `Field validation for 'Age' failed`, in any text |
//!
//! Only names that the request may have count: what a server makes up is nothing to tell one refusal from another by.

use std::collections::BTreeSet;

use counterfoil_openapi::folded;
use serde_json::Value;

/// The most fields taken from one refusal.
const MAX_FIELDS: usize = 8;
/// The deepest part of a refusal that is looked at.
const MAX_DEPTH: usize = 5;
/// Members that hold a field's name or path.
const FIELD_MEMBERS: [&str; 17] = [
    "loc",
    "pointer",
    "field",
    "path",
    "param",
    "name",
    "property",
    "propertypath",
    "instancepath",
    "datapath",
    "missingproperty",
    "additionalproperty",
    "fieldname",
    "key",
    "source",
    "target",
    "attribute",
];
/// Words that say where a field is and are no part of its path.
const PLACES: [&str; 12] = [
    "body", "query", "path", "header", "headers", "cookie", "cookies", "params", "request", "json", "form",
    "data",
];

/// The fields that the body of a refusal names, folded, out of those that a request may have; sorted.
pub(crate) fn fields(body: &[u8], known: &BTreeSet<String>) -> BTreeSet<String> {
    let mut search = Search { known, found: BTreeSet::new() };
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => {
            search.structured(&value, 0, Under::Body);
            if search.found.is_empty() {
                search.texts(&value, 0);
            }
        }
        Err(_) => {
            if let Ok(text) = std::str::from_utf8(body)
                && text.len() <= 4096
            {
                search.text(text);
            }
        }
    }
    search.found
}

/// What stands around a part of a refusal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Under {
    Body,
    /// A member that lists what is wrong, or one thing that is.
    Errors,
}

struct Search<'k> {
    known: &'k BTreeSet<String>,
    found: BTreeSet<String>,
}

impl Search<'_> {
    /// Takes a path's last name that is one of a request's fields.
    fn take(&mut self, path: &str) -> bool {
        let mut names = path.rsplit(['.', '/', '[', ']', '#', '$', '\'', '"', ' ']);
        let name = names.find(|name| {
            !name.is_empty()
                && !name.bytes().all(|byte| byte.is_ascii_digit())
                && !PLACES.contains(name)
                && *name != "*"
        });
        let Some(name) = name.map(folded).filter(|name| self.known.contains(name)) else { return false };
        if self.found.len() < MAX_FIELDS {
            self.found.insert(name);
        }
        true
    }

    fn structured(&mut self, value: &Value, depth: usize, under: Under) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Value::Array(items) => {
                items.iter().take(64).for_each(|item| self.structured(item, depth + 1, under));
            }
            Value::Object(members) => {
                for (name, member) in members.iter().take(64) {
                    self.member(name, member, depth, under);
                }
            }
            _ => {}
        }
    }

    fn member(&mut self, name: &str, member: &Value, depth: usize, under: Under) {
        let plain = folded(name);
        let is_reason = |member: &Value| {
            let is_text = |item: &Value| item.is_string() || item.is_object();
            member.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(is_text))
        };
        match member {
            Value::String(path) if under == Under::Errors && FIELD_MEMBERS.contains(&plain.as_str()) => {
                self.take(path);
            }
            Value::Array(parts) if ["loc", "path"].contains(&plain.as_str()) => {
                let names = parts.iter().filter_map(Value::as_str);
                if let Some(last) = names.rev().find(|name| !PLACES.contains(name)) {
                    self.take(last);
                }
            }
            // `{"errors": {"age": …}}`, and `{"age": ["…"]}`.
            _ if (under == Under::Errors && depth <= 2 || is_reason(member)) && self.take(name) => {}
            _ => {
                let lists = plain.contains("error")
                    || [
                        "detail",
                        "details",
                        "violations",
                        "invalidparams",
                        "issues",
                        "messages",
                        "params",
                        "validation",
                        "source",
                        "causes",
                    ]
                    .contains(&plain.as_str());
                let under = if lists { Under::Errors } else { under };
                self.structured(member, depth + 1, under);
            }
        }
    }

    fn texts(&mut self, value: &Value, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        match value {
            Value::String(text) if text.len() <= 4096 => self.text(text),
            Value::Array(items) => items.iter().take(64).for_each(|item| self.texts(item, depth + 1)),
            Value::Object(members) => {
                members.values().take(64).for_each(|member| self.texts(member, depth + 1));
            }
            _ => {}
        }
    }

    /// Takes the fields that a text quotes, or the one that it begins with, or those in it whose names are no words:
    /// `X-Api-Version`, `page_size`.
    fn text(&mut self, text: &str) {
        let before = self.found.len();
        for (at, quoted) in text.split(['\'', '"', '`']).enumerate() {
            if at % 2 == 1 && quoted.len() <= 128 {
                self.take(quoted);
            }
        }
        if self.found.len() == before
            && let Some(first) = text.split([' ', ':']).next()
            && first.len() > 1
        {
            self.take(first);
        }
        if self.found.len() == before {
            let is_part = |character: char| character.is_alphanumeric() || ['-', '_'].contains(&character);
            let names = text.split(|character| !is_part(character));
            names.filter(|name| name.trim_matches(['-', '_']).contains(['-', '_'])).for_each(|name| {
                self.take(name);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_in_many_ways() {
        let known: BTreeSet<String> = ["age", "name", "petid", "xpetid", "limit"].map(str::to_owned).into();
        let table = [
            (
                "FastAPI",
                r#"{"detail":[{"type":"int_type","loc":["body","pets",0,"age"],"msg":"x","input":{"name":1}}]}"#,
                "age",
            ),
            ("FastAPI query", r#"{"detail":[{"loc":["query","limit"],"msg":"x"}]}"#, "limit"),
            (
                "RFC 9457",
                r##"{"type":"about:blank","title":"x","errors":[{"detail":"x","pointer":"#/age"}]}"##,
                "age",
            ),
            ("RFC 7807", r#"{"title":"x","invalid-params":[{"name":"age","reason":"x"}]}"#, "age"),
            (
                "Spring",
                r#"{"status":400,"error":"Bad Request","errors":[{"objectName":"pet","field":"age","defaultMessage":"x"}]}"#,
                "age",
            ),
            ("ASP.NET", r#"{"title":"x","status":400,"errors":{"$.Age":["x"]},"traceId":"y"}"#, "age"),
            (
                "express-validator",
                r#"{"errors":[{"type":"field","msg":"x","path":"age","location":"body"}]}"#,
                "age",
            ),
            (
                "ajv",
                r#"[{"instancePath":"","keyword":"required","params":{"missingProperty":"age"},"message":"x"}]"#,
                "age",
            ),
            (
                "ajv path",
                r#"{"errors":[{"instancePath":"/pets/0/age","keyword":"type","message":"x"}]}"#,
                "age",
            ),
            ("zod", r#"{"issues":[{"code":"x","path":["pets",0,"age"],"message":"x"}]}"#, "age"),
            ("Joi", r#"{"details":[{"message":"x","path":["age"],"context":{"key":"age"}}]}"#, "age"),
            ("Rails", r#"{"errors":{"age":["can't be blank"],"name":["is too long"]}}"#, "age name"),
            ("Django", r#"{"age":["A valid integer is required."],"pet_id":["x"]}"#, "age petid"),
            (
                "Go validator",
                r#"{"error":"Key: 'Pet.Age' Error:Field validation for 'Age' failed on the 'min' tag"}"#,
                "age",
            ),
            ("Symfony", r#"{"violations":[{"propertyPath":"pets[0].age","message":"x"}]}"#, "age"),
            ("text", "`age` is too small", "age"),
            ("a sentence", r#"{"message":"limit must be even"}"#, "limit"),
            (
                "a name that is no word",
                r#"{"detail":"Invalid X-PET-ID header format.Expected 'x.y.z' but received a"}"#,
                "xpetid",
            ),
            ("a word", r#"{"detail":"the given name is too long"}"#, ""),
            ("nothing known", r#"{"errors":[{"field":"9f8a7"}]}"#, ""),
            ("no field", r#"{"message":"too long for us"}"#, ""),
            ("what came in", r#"{"message":"no","name":"Rex","age":3}"#, ""),
        ];
        for (notation, body, expected) in table {
            let found: Vec<String> = fields(body.as_bytes(), &known).into_iter().collect();
            assert_eq!(found.join(" "), expected, "{notation}");
        }
    }
}
