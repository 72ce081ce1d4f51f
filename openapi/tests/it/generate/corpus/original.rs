//! The schemas of a document as it has them, judged by the `jsonschema` crate alone.
//!
//! Nothing of ours stands between but the parser: no lowering, no bundling, no links. The whole document is given to
//! JSON Schema 2020-12, with a `properties` at its root that refers to every schema which values are made for, so
//! that the document is compiled once and `{"17": value}` asks about the schema number 17. What is taken out before:
//!
//! - what no validator compiles: keywords of a wrong type, references that lead nowhere, patterns that no engine takes;
//! - before 3.1: what stands beside a `$ref`; `nullable` and boolean bounds become their newer form;
//! - by direction: a property that may not travel this way is not required, and nothing is valid for it.
//!
//! What is added are the formats of OpenAPI: `byte`, and the bounds that formats of integers stand for.

use std::collections::{HashMap, HashSet};

use counterfoil_openapi::{Direction, Document, Schema};
use jsonschema::canonical::{self, Satisfiability};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::proof::Proof;

/// What a fragment does not hold as it stands.
const FRAGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'~').remove(b'-').remove(b'.').remove(b'_');

/// Where what is lost by tidying is put, if something refers to it.
const LOST: &str = "x-lost";

/// The members whose value maps names, whatever these are, to schemas or other objects.
const MAPS: [&str; 16] = [
    "properties",
    "patternProperties",
    "dependentSchemas",
    "definitions",
    "$defs",
    "schemas",
    "parameters",
    "responses",
    "requestBodies",
    "headers",
    "content",
    "callbacks",
    "paths",
    "pathItems",
    "webhooks",
    "mediaTypes",
];

/// The schemas of one document that values are made for in one direction.
pub(super) struct Originals {
    root: Map<String, Value>,
    numbers: HashMap<String, usize>,
    validator: Result<Validator, String>,
}

impl Originals {
    /// The schemas of a document; those that stand nowhere in it are left out.
    pub(super) fn of<'s>(
        document: &Document,
        direction: Direction,
        schemas: impl Iterator<Item = &'s Schema>,
    ) -> Self {
        let stands_there = |schema: &&Schema| {
            schema.pointer().find(document.root()).is_some_and(|found| found == schema.source())
        };
        let pointers = schemas.filter(stands_there).map(|schema| schema.pointer().as_str().to_owned());
        Self::at(document, direction, pointers)
    }

    /// The schemas at some places of a document.
    pub(super) fn at(
        document: &Document,
        direction: Direction,
        pointers: impl Iterator<Item = String>,
    ) -> Self {
        let mut numbers = HashMap::new();
        let mut asked = Map::new();
        for pointer in pointers {
            if !numbers.contains_key(&pointer) {
                asked.insert(numbers.len().to_string(), json!({ "$ref": fragment(&pointer) }));
                numbers.insert(pointer, numbers.len());
            }
        }
        let mut tidying = Tidying::new(document, direction);
        let root = match tidying.tidied(document.root(), Members::Keywords) {
            Value::Object(root) => root,
            _ => Map::new(),
        };
        let mut asking = root;
        asking.insert("properties".to_owned(), Value::Object(asked));
        let asking = tidying.with_all_targets(asking);
        let mut root = asking.clone();
        root.remove("properties");
        let options = jsonschema::draft202012::options().should_validate_formats(true).offline();
        let validator = options
            .with_format("byte", is_base64)
            .build(&Value::Object(asking))
            .map_err(|error| format!("the document does not compile: {error} at {}", error.schema_path()));
        Self { root, numbers, validator }
    }

    /// Whether a schema of the document provably admits no value at all, for what it says or by the `jsonschema`
    /// crate's own proof.
    pub(super) fn is_empty(&self, schema: &Schema) -> bool {
        self.is_empty_at(schema.pointer().as_str())
    }

    /// As [`Self::is_empty`], of what stands at a place.
    pub(super) fn is_empty_at(&self, pointer: &str) -> bool {
        let root = Value::Object(self.root.clone());
        let place = root.pointer(pointer);
        if place.is_some_and(|place| Proof { root: &root, passed: Vec::new() }.is_empty(place)) {
            return true;
        }
        let mut root = self.root.clone();
        root.insert("$ref".to_owned(), json!(fragment(pointer)));
        let options =
            canonical::options().with_draft(Draft::Draft202012).should_validate_formats(true).offline();
        options
            .canonicalize(&Value::Object(root))
            .is_ok_and(|schema| schema.satisfiability() == Satisfiability::No)
    }

    /// The rules by which a schema of the document refuses a value, each a keyword and the place in the value, those
    /// of the alternatives that the value is none of among them; nothing where the schema stands nowhere in it.
    ///
    /// # Errors
    ///
    /// Why the document cannot be judged by.
    pub(super) fn broken(&self, schema: &Schema, value: &Value) -> Option<Result<Vec<Rule>, String>> {
        let number = self.numbers.get(schema.pointer().as_str())?;
        let validator = match &self.validator {
            Ok(validator) => validator,
            Err(why) => return Some(Err(why.clone())),
        };
        let asked = json!({ number.to_string(): value });
        let mut rules = Vec::new();
        validator.iter_errors(&asked).for_each(|error| gather(&error, &mut rules));
        let prefix = format!("/{number}");
        for rule in &mut rules {
            rule.pointer = rule.pointer.strip_prefix(&prefix).unwrap_or(&rule.pointer).to_owned();
        }
        Some(Ok(rules))
    }

    /// Whether a schema of the document admits a value; nothing where the schema stands nowhere in it.
    ///
    /// # Errors
    ///
    /// What the schema refuses about the value, or why the document cannot be judged by.
    pub(super) fn admits(&self, schema: &Schema, value: &Value) -> Option<Result<(), String>> {
        let verdict = self.admits_at(schema.pointer().as_str(), value)?;
        Some(verdict.map_err(|Refusal { why, schema }| format!("{why}, says {schema}")))
    }

    /// Whether the schema at a place admits a value; nothing where it is none of those asked about.
    ///
    /// # Errors
    ///
    /// As for [`Self::admits`].
    pub(super) fn admits_at(&self, pointer: &str, value: &Value) -> Option<Result<(), Refusal>> {
        let number = self.numbers.get(pointer)?;
        let validator = match &self.validator {
            Ok(validator) => validator,
            Err(why) => return Some(Err(Refusal { why: why.clone(), schema: pointer.to_owned() })),
        };
        let asked = json!({ number.to_string(): value });
        Some(validator.validate(&asked).map_err(|error| {
            let keyword = error.schema_path().as_str();
            Refusal {
                why: format!("{pointer} refuses {value}: {error} ({keyword})"),
                schema: keyword.rsplit_once('/').map_or(pointer, |(schema, _)| schema).to_owned(),
            }
        }))
    }
}

/// Why a value is refused, and the schema that says so: the one asked about, or one that it refers to.
pub(super) struct Refusal {
    pub(super) why: String,
    pub(super) schema: String,
}

/// A rule that a value breaks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) keyword: String,
    pub(super) pointer: String,
}

/// Adds the rule of an error, and those of the errors that it comes from.
fn gather(error: &ValidationError<'_>, rules: &mut Vec<Rule>) {
    let keyword = match error.kind() {
        ValidationErrorKind::FalseSchema => "false".to_owned(),
        kind => kind.keyword().to_owned(),
    };
    rules.push(Rule { keyword, pointer: error.instance_path().as_str().to_owned() });
    if let ValidationErrorKind::AnyOf { context }
    | ValidationErrorKind::OneOfNotValid { context }
    | ValidationErrorKind::OneOfMultipleValid { context } = error.kind()
    {
        context.iter().flatten().for_each(|error| gather(error, rules));
    }
}

/// What the members of an object are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Members {
    Keywords,
    Names,
}

struct Tidying<'d> {
    root: &'d Value,
    is_newer: bool,
    flag: &'static str,
    /// The names of properties that may not travel this way, somewhere in the document.
    hidden: HashSet<&'d str>,
    /// What the schemas around the next one say of the same value's properties: whether they may not travel.
    around: HashMap<String, bool>,
    patterns: HashMap<String, bool>,
}

impl<'d> Tidying<'d> {
    fn new(document: &'d Document, direction: Direction) -> Self {
        let root = document.root();
        let flag = match direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        };
        let mut hidden = HashSet::new();
        let is_newer = document.version().has_json_schema_dialect();
        hide(root, is_newer, root, flag, &mut hidden);
        Self { root, is_newer, flag, hidden, around: HashMap::new(), patterns: HashMap::new() }
    }

    /// The document with everything in it that references lead to. Some of it is gone: what may be null is a level
    /// deeper, and what stood beside a reference is left out.
    fn with_all_targets(&mut self, root: Map<String, Value>) -> Map<String, Value> {
        let mut root = Value::Object(root);
        let mut moved: HashMap<String, String> = HashMap::new();
        loop {
            let mut lost = HashSet::new();
            each_reference(&mut root.clone(), &mut |reference| {
                lost.extend(pointer(reference).filter(|target| root.pointer(target).is_none()));
            });
            if lost.is_empty() {
                break;
            }
            let mut found = Map::new();
            for target in lost {
                let place = format!("{}", moved.len());
                let schema = self.root.pointer(&target).cloned().unwrap_or_default();
                found.insert(place.clone(), self.tidied(&schema, Members::Keywords));
                moved.insert(target, format!("#/{LOST}/{place}"));
            }
            if let Some(root) = root.as_object_mut() {
                match root.get_mut(LOST) {
                    Some(Value::Object(known)) => known.extend(found),
                    _ => drop(root.insert(LOST.to_owned(), Value::Object(found))),
                }
            }
            each_reference(&mut root, &mut |reference| {
                if let Some(place) = pointer(reference).and_then(|target| moved.get(&target)) {
                    reference.clone_from(place);
                }
            });
        }
        match root {
            Value::Object(root) => root,
            _ => Map::new(),
        }
    }

    fn tidied(&mut self, value: &Value, members: Members) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.tidied(item, Members::Keywords)).collect(),
            Value::Object(map) if members == Members::Names => map
                .iter()
                .map(|(name, value)| (name.clone(), self.tidied(value, Members::Keywords)))
                .collect(),
            Value::Object(map) => self.tidied_keywords(map),
            other => other.clone(),
        }
    }

    fn tidied_keywords(&mut self, map: &Map<String, Value>) -> Value {
        let around = std::mem::take(&mut self.around);
        let mut tidied = Map::new();
        let reference = map.get("$ref").and_then(Value::as_str);
        if let Some(reference) = reference {
            if let Some(pointer) = pointer(reference)
                && self.root.pointer(&pointer).is_some_and(|found| found.is_object() || found.is_boolean())
            {
                tidied.insert("$ref".to_owned(), json!(fragment(&pointer)));
            }
            if !self.is_newer {
                return Value::Object(tidied);
            }
        }
        for (keyword, value) in map {
            if keyword == "$ref" {
                continue;
            }
            if keyword == "properties"
                && let Some(properties) = value.as_object()
            {
                let tidied_properties = properties.iter().map(|(name, property)| {
                    let is_hidden = is_flagged(self.root, self.is_newer, property, self.flag, 0);
                    (
                        name.clone(),
                        if is_hidden { Value::Bool(false) } else { self.tidied(property, Members::Keywords) },
                    )
                });
                tidied.insert(keyword.clone(), Value::Object(tidied_properties.collect()));
            } else if MAPS.contains(&keyword.as_str()) {
                // An array here is a list of parameters, and anything else is no map.
                if value.is_object() || value.is_array() {
                    tidied.insert(keyword.clone(), self.tidied(value, Members::Names));
                }
            } else if let Some(kept) = self.kept(map, &around, keyword, value) {
                tidied.insert(keyword.clone(), kept);
            }
        }
        self.modernise(map, &mut tidied);
        Value::Object(tidied)
    }

    /// What is kept of a keyword.
    fn kept(
        &mut self,
        map: &Map<String, Value>,
        around: &HashMap<String, bool>,
        keyword: &str,
        value: &Value,
    ) -> Option<Value> {
        match keyword {
            "example" | "examples" | "default" | "description" | "title" | "summary" | "discriminator"
            | "xml" | "externalDocs" | "security" | "tags" | "servers" | "info" | "id" => None,
            "$id" | "$schema" | "$anchor" | "$dynamicRef" | "$dynamicAnchor" => {
                (self.is_newer && value.is_string()).then(|| value.clone())
            }
            "enum" => value.as_array().filter(|members| !members.is_empty()).map(|_| value.clone()),
            "const" => Some(value.clone()),
            "type" => is_type(value).then(|| value.clone()),
            "required" => value.as_array().map(|names| {
                let names =
                    names.iter().filter_map(Value::as_str).filter(|name| !self.is_hidden(map, around, name));
                let mut seen = HashSet::new();
                names.filter(|name| seen.insert(*name)).map(Value::from).collect()
            }),
            "pattern" => value.as_str().filter(|pattern| self.compiles(pattern)).map(|_| value.clone()),
            "multipleOf" => value.as_f64().filter(|step| *step > 0.0).map(|_| value.clone()),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                value.is_number().then(|| value.clone())
            }
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
            | "minContains" | "maxContains" => {
                let count = value.as_f64().filter(|count| *count >= 0.0 && count.fract() == 0.0)?;
                (count < 9e15).then(|| value.clone())
            }
            "uniqueItems" => value.is_boolean().then(|| value.clone()),
            "format" | "contentEncoding" | "contentMediaType" => value.is_string().then(|| value.clone()),
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                let list = value.as_array().filter(|list| !list.is_empty())?;
                let is_in_place = keyword != "prefixItems";
                let part = |item: &Value| {
                    let part = if is_in_place { self.in_place(map, around, item) } else { self.schema(item) };
                    part.unwrap_or(Value::Bool(true))
                };
                Some(list.iter().map(part).collect())
            }
            "not" | "if" | "then" | "else" => self.in_place(map, around, value),
            "items" | "additionalItems" if value.is_array() => Some(self.tidied(value, Members::Keywords)),
            "items"
            | "additionalItems"
            | "additionalProperties"
            | "contains"
            | "propertyNames"
            | "unevaluatedItems"
            | "unevaluatedProperties" => self.schema(value),
            _ => Some(self.tidied(value, Members::Keywords)),
        }
    }

    /// Whether a property may not travel: as declared beside where it is required, in a schema around that, or else
    /// anywhere.
    fn is_hidden(&self, map: &Map<String, Value>, around: &HashMap<String, bool>, name: &str) -> bool {
        match map.get("properties").and_then(|properties| properties.get(name)) {
            Some(property) => is_flagged(self.root, self.is_newer, property, self.flag, 0),
            None => around.get(name).copied().unwrap_or_else(|| self.hidden.contains(name)),
        }
    }

    /// A schema that speaks of the same value as the one it stands in.
    fn in_place(
        &mut self,
        map: &Map<String, Value>,
        around: &HashMap<String, bool>,
        value: &Value,
    ) -> Option<Value> {
        let mut declared = around.clone();
        for (name, property) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let is_hidden = is_flagged(self.root, self.is_newer, property, self.flag, 0);
            *declared.entry(name.clone()).or_default() |= is_hidden;
        }
        self.around = declared;
        let schema = self.schema(value);
        self.around = HashMap::new();
        schema
    }

    fn schema(&mut self, value: &Value) -> Option<Value> {
        (value.is_object() || value.is_boolean()).then(|| self.tidied(value, Members::Keywords))
    }

    /// The older dialects' ways of saying things in the newer one's.
    fn modernise(&self, map: &Map<String, Value>, tidied: &mut Map<String, Value>) {
        if let Some(Value::Array(_)) = tidied.get("items") {
            let items = tidied.remove("items").unwrap_or_default();
            tidied.insert("prefixItems".to_owned(), items);
            if let Some(rest) = tidied.remove("additionalItems") {
                tidied.insert("items".to_owned(), rest);
            }
        }
        for (strict, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            if map.get(strict) == Some(&Value::Bool(true))
                && let Some(bound) = tidied.remove(bound)
            {
                tidied.insert(strict.to_owned(), bound);
            }
        }
        let is_integer = match map.get("type") {
            Some(Value::Array(names)) => names.contains(&json!("integer")),
            name => name == Some(&json!("integer")),
        };
        let format = map.get("format").and_then(Value::as_str).filter(|_| is_integer);
        let bounds = format.and_then(|format| match format.strip_prefix('u') {
            Some("int8") => Some((json!(0), json!(u8::MAX))),
            Some("int16") => Some((json!(0), json!(u16::MAX))),
            Some("int32") => Some((json!(0), json!(u32::MAX))),
            Some("int64" | "int") => Some((json!(0), json!(u64::MAX))),
            _ => match format {
                "int8" => Some((json!(i8::MIN), json!(i8::MAX))),
                "int16" => Some((json!(i16::MIN), json!(i16::MAX))),
                "int32" => Some((json!(i32::MIN), json!(i32::MAX))),
                "int64" | "int" => Some((json!(i64::MIN), json!(i64::MAX))),
                _ => None,
            },
        });
        if let Some((least, most)) = bounds {
            tidied.entry("minimum").or_insert(least);
            tidied.entry("maximum").or_insert(most);
        }
        let is = |flag: &str| map.get(flag) == Some(&Value::Bool(true));
        // The older parameters, which are half a schema, are asked about by none.
        let is_parameter = map.get("in").is_some_and(Value::is_string) && map.contains_key("name");
        if !self.is_newer && !is_parameter && (is("nullable") || is("x-nullable")) {
            let rest = std::mem::take(tidied);
            tidied.insert("anyOf".to_owned(), json!([{ "type": "null" }, rest]));
        }
    }

    fn compiles(&mut self, pattern: &str) -> bool {
        if let Some(known) = self.patterns.get(pattern) {
            return *known;
        }
        let compiles = compiles(pattern);
        self.patterns.insert(pattern.to_owned(), compiles);
        compiles
    }
}

/// Whether the `jsonschema` crate compiles a pattern.
pub(super) fn compiles(pattern: &str) -> bool {
    jsonschema::draft202012::new(&json!({ "pattern": pattern })).is_ok()
}

/// Whether a text is base64 of either alphabet, with or without padding; line breaks are fine.
fn is_base64(text: &str) -> bool {
    let digits: String = text.chars().filter(|own| !own.is_ascii_whitespace()).collect();
    let bare = digits.trim_end_matches('=');
    let is_padded = digits.len() > bare.len();
    bare.chars().all(|own| own.is_ascii_alphanumeric() || "+/-_".contains(own))
        && bare.len() % 4 != 1
        && (!is_padded || (digits.len().is_multiple_of(4) && digits.len() - bare.len() < 3))
}

fn is_type(value: &Value) -> bool {
    let is_name = |value: &Value| {
        let names = ["null", "boolean", "object", "array", "number", "string", "integer"];
        value.as_str().is_some_and(|name| names.contains(&name))
    };
    match value {
        Value::Array(names) => !names.is_empty() && names.iter().all(is_name),
        name => is_name(name),
    }
}

/// The pointer that a reference within the document holds.
fn pointer(reference: &str) -> Option<String> {
    let fragment = percent_decode_str(reference.strip_prefix('#')?).decode_utf8().ok()?;
    Some(fragment.into_owned())
}

/// Calls a function with every reference.
fn each_reference(value: &mut Value, act: &mut impl FnMut(&mut String)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each_reference(item, act)),
        Value::Object(map) => {
            for (name, member) in map {
                match member {
                    Value::String(reference) if name == "$ref" => act(reference),
                    member => each_reference(member, act),
                }
            }
        }
        _ => {}
    }
}

/// The reference to a pointer.
fn fragment(pointer: &str) -> String {
    format!("#{}", utf8_percent_encode(pointer, FRAGMENT))
}

/// Finds the names of the properties that carry a flag, or refer to something that does.
fn hide<'d>(root: &'d Value, is_newer: bool, value: &'d Value, flag: &str, hidden: &mut HashSet<&'d str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| hide(root, is_newer, item, flag, hidden)),
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                let flagged =
                    properties.iter().filter(|(_, property)| is_flagged(root, is_newer, property, flag, 0));
                hidden.extend(flagged.map(|(name, _)| name.as_str()));
            }
            map.values().for_each(|member| hide(root, is_newer, member, flag, hidden));
        }
        _ => {}
    }
}

/// Whether a property carries a flag; what stands beside a `$ref` counts from 3.1 on.
fn is_flagged(root: &Value, is_newer: bool, property: &Value, flag: &str, hops: u32) -> bool {
    let reference = property.get("$ref").and_then(Value::as_str);
    let counts = is_newer || reference.is_none();
    if counts && property.get(flag) == Some(&Value::Bool(true)) {
        return true;
    }
    let parts = property.get("allOf").filter(|_| counts).and_then(Value::as_array).into_iter().flatten();
    let referred = reference.and_then(|reference| root.pointer(&pointer(reference)?));
    hops < 16 && parts.chain(referred).any(|part| is_flagged(root, is_newer, part, flag, hops + 1))
}
