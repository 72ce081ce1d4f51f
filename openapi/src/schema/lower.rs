//! Schema Objects lowered to JSON Schema 2020-12.
//!
//! | in the document | lowered |
//! |---|---|
//! | `$ref` | into the bundle's own `$defs`; siblings are dropped before 3.1, and in the drafts before 2019-09 |
//! | `nullable: true` (3.0) | `null` joins `type` and `enum`; around a composition, an `anyOf` |
//! | boolean `exclusiveMinimum`, `exclusiveMaximum` | their numeric form |
//! | `format: int8` to `int64`, `uint8` to `uint64`, `int`, `uint` on integers | the bounds they stand for |
//! | `readOnly` in a request, `writeOnly` in a response | the property is refused and not required |
//! | an array in `items` | `prefixItems`, and `additionalItems` is `items` |
//! | `dependencies` (3.1) | `dependentRequired` and `dependentSchemas` |
//! | `discriminator` | nothing, or for drawing values: see [`super::discriminator`] |
//! | annotations, unknown keywords, keywords of the wrong type | dropped |

mod bounds;
mod dependencies;
mod dialect;
mod guide;
mod nullable;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use self::bounds::{exclusive_bounds, integer_bounds};
use self::nullable::nullable;
use super::discriminator;
use super::{Direction, Pattern};
use crate::document::{Document, Place, Pointer, resolve};

/// Where each definition of a bundle comes from.
#[derive(Debug, Default)]
pub(super) struct Origins {
    /// Document pointers by name in `$defs`.
    definitions: HashMap<String, Pointer>,
}

impl Origins {
    /// Where a place in the bundle comes from, which `root` was lowered to: the document pointer of a schema, and
    /// the rest of the way in the lowered one.
    pub(super) fn origin<'p>(&'p self, bundle_pointer: &'p str, root: &'p Pointer) -> (&'p Pointer, &'p str) {
        if let Some(rest) = bundle_pointer.strip_prefix("/$defs/") {
            let (name, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if let Some(origin) = self.definitions.get(name) {
                return (origin, rest);
            }
        }
        (root, bundle_pointer)
    }
}

/// The keyword that stands for a reference in a schema lowered by [`linked`]; its value is a document pointer.
pub(crate) const LINK: &str = "x-counterfoil-link";

/// A schema lowered alone: each reference is a [`LINK`].
pub(crate) struct Linked {
    pub(crate) schema: Value,
    /// What it refers to, each once.
    pub(super) targets: Vec<Pointer>,
    /// Whether what a reference evaluates matters to the keywords beside it (`unevaluatedProperties` and its like),
    /// so that the schema can only be judged together with all it refers to.
    pub(crate) looks_through: bool,
}

/// What is made of discriminators, which only hint at what a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Discriminators {
    /// Nothing: what is lowered admits what the schema does.
    Ignored,
    /// What they tell apart is kept apart.
    Followed,
}

/// Lowers a schema alone, to judge values by; `pointer` is where it stands, or the place it was made for.
pub(super) fn linked(document: &Document, pointer: &Pointer, source: &Value, direction: Direction) -> Linked {
    let lowering = Lowering::new(document, direction, Form::Linked);
    lowered_alone(lowering, pointer, source)
}

/// Lowers a schema alone, as [`linked`] does, to draw values from: it admits only what every reader of the document
/// agrees on. `nullable` is no keyword from 3.1 on, and in documents that keep it a `null` is accepted and not made.
pub(crate) fn drawn(
    document: &Document,
    pointer: &Pointer,
    source: &Value,
    direction: Direction,
    discriminators: Discriminators,
) -> Linked {
    let form = if discriminators == Discriminators::Followed { Form::Guided } else { Form::Linked };
    let mut lowering = Lowering::new(document, direction, form);
    lowering.knows_nullable = !lowering.has_siblings;
    lowered_alone(lowering, pointer, source)
}

fn lowered_alone<'d>(mut lowering: Lowering<'d>, pointer: &Pointer, source: &'d Value) -> Linked {
    let root = Place { pointer: pointer.clone(), value: source };
    let schema = lowering.schema(&root);
    let targets = lowering.queue.into_iter().map(|(_, pointer)| pointer).collect();
    Linked { schema, targets, looks_through: lowering.looks_through }
}

/// Lowers the schema `root` with all that it refers to, in the words of plain JSON Schema 2020-12: patterns that other
/// validators cannot compile are left out.
pub(super) fn plain(document: &Document, root: &Place<'_>, direction: Direction) -> Value {
    bundle(document, root, direction, Form::Plain).0
}

/// Lowers the schema `root` with all that it refers to, to be compiled by [`super::whole::validator`].
///
/// The last part of the result is whether what references evaluate matters to the keywords beside any of them.
pub(super) fn whole(document: &Document, root: &Place<'_>, direction: Direction) -> (Value, Origins, bool) {
    bundle(document, root, direction, Form::Whole)
}

fn bundle<'d>(
    document: &'d Document,
    root: &Place<'d>,
    direction: Direction,
    form: Form,
) -> (Value, Origins, bool) {
    let mut lowering = Lowering::new(document, direction, form);
    let mut lowered = lowering.schema(root);
    let mut definitions = Map::new();
    let mut origins = Origins::default();
    while let Some((name, pointer)) = lowering.queue.pop() {
        let definition = lowering.schema(&lowering.place(&pointer));
        definitions.insert(name.clone(), definition);
        origins.definitions.insert(name, pointer);
    }
    if !definitions.is_empty() {
        // A boolean root refers to nothing, so a root with definitions is an object.
        if let Value::Object(schema) = &mut lowered {
            definitions.sort_keys();
            schema.insert("$defs".to_owned(), Value::Object(definitions));
        }
    }
    (lowered, origins, lowering.looks_through)
}

/// The most schemas looked at, of those that a composition consists of, to see which properties they hide.
const MAX_PARTS: usize = 512;

/// The largest pattern that other engines are asked to compile, which have as many states for it and more.
const MAX_PATTERN_SIZE: u64 = 2_000;

/// What a schema is lowered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Any validator of JSON Schema 2020-12. References lead into `$defs`.
    Plain,
    /// Ours, with all that it refers to in `$defs`.
    Whole,
    /// Ours, each reference being a [`LINK`].
    Linked,
    /// The same with what discriminators say, to draw values from.
    Guided,
}

struct Lowering<'d> {
    document: &'d Document,
    direction: Direction,
    form: Form,
    looks_through: bool,
    has_siblings: bool,
    knows_nullable: bool,
    /// Whether the next reference stands for its target alone, whatever kinds of that there are.
    is_bare: bool,
    /// The properties that a schema hides whose part is lowered next.
    hidden_around: HashSet<String>,
    /// Names in `$defs` by document pointer.
    names: HashMap<Pointer, String>,
    taken: HashSet<String>,
    /// Definitions named and not yet lowered.
    queue: Vec<(String, Pointer)>,
}

impl<'d> Lowering<'d> {
    fn new(document: &'d Document, direction: Direction, form: Form) -> Self {
        Self {
            document,
            direction,
            form,
            looks_through: false,
            is_bare: false,
            hidden_around: HashSet::new(),
            has_siblings: document.version().has_json_schema_dialect(),
            knows_nullable: true,
            names: HashMap::new(),
            taken: HashSet::new(),
            queue: Vec::new(),
        }
    }

    fn place(&self, pointer: &Pointer) -> Place<'d> {
        let value = pointer.find(self.document.root()).unwrap_or(&Value::Bool(true));
        Place { pointer: pointer.clone(), value }
    }

    fn schema(&mut self, place: &Place<'d>) -> Value {
        let mut hidden = std::mem::take(&mut self.hidden_around);
        let Some(source) = place.value.as_object() else {
            return Value::Bool(place.value.as_bool().unwrap_or(true));
        };
        let is_bare = std::mem::take(&mut self.is_bare) || self.form != Form::Guided;
        let mut lowered = Map::new();
        let mut kinds_of = None;
        if let Some(reference) = place.text("$ref") {
            if let Some((name, pointer)) = self.define(reference) {
                match self.form {
                    Form::Linked | Form::Guided => lowered.insert(LINK.to_owned(), json!(pointer.as_str())),
                    Form::Plain | Form::Whole => {
                        lowered.insert("$ref".to_owned(), json!(format!("#/$defs/{name}")))
                    }
                };
                kinds_of =
                    Some(pointer).filter(|_| !is_bare && !discriminator::is_inheritance(&place.pointer));
            }
            if !dialect::has_siblings(self.document, &place.pointer) {
                if let Some(target) = kinds_of {
                    self.guide_reference(&target, &mut lowered);
                }
                return Value::Object(lowered);
            }
        }
        // What is hidden matters to what is required, here or in a part, and to nothing else.
        if asks(place.value) {
            hidden.extend(self.hidden_names(place));
        }
        for (keyword, value) in source {
            let member = Place { pointer: place.pointer.join(keyword), value };
            self.keyword(keyword, &member, source, &hidden, &mut lowered);
        }
        self.dependencies(place, &mut lowered);
        self.guide_branches(place, &mut lowered);
        if let Some(target) = kinds_of {
            self.guide_reference(&target, &mut lowered);
        }
        integer_bounds(source, &mut lowered);
        exclusive_bounds(source, &mut lowered);
        // 2.0 has no `nullable`; tools agreed on the extension.
        if self.knows_nullable && (place.is("nullable") || place.is("x-nullable")) {
            return nullable(lowered);
        }
        Value::Object(lowered)
    }

    fn keyword(
        &mut self,
        keyword: &str,
        member: &Place<'d>,
        source: &'d Map<String, Value>,
        hidden: &HashSet<String>,
        lowered: &mut Map<String, Value>,
    ) {
        let value = member.value;
        self.looks_through |= keyword.starts_with("unevaluated");
        let kept = match keyword {
            "type" => simple_type(value),
            "enum" => value.as_array().filter(|items| !items.is_empty()).map(|_| value.clone()),
            "const" => Some(value.clone()),
            "multipleOf" => value.as_f64().filter(|step| *step > 0.0).map(|_| value.clone()),
            "minimum" | "maximum" => value.is_number().then(|| value.clone()),
            "exclusiveMinimum" | "exclusiveMaximum" => value.is_number().then(|| value.clone()),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
            | "minContains" | "maxContains" => count(value),
            "uniqueItems" => value.is_boolean().then(|| value.clone()),
            "pattern" => {
                value.as_str().filter(|pattern| self.is_usable_pattern(pattern)).map(|_| value.clone())
            }
            "format" => value.is_string().then(|| value.clone()),
            "required" => required(value, hidden),
            "dependentRequired" => value.is_object().then(|| value.clone()),
            "properties" => Some(self.properties(member)),
            "patternProperties" => Some(self.pattern_properties(member)),
            "dependentSchemas" => Some(self.map_of_schemas(member)),
            // The list of drafts before 2020-12: `additionalItems` is for what comes after it.
            "items" if value.is_array() => {
                lowered.insert("prefixItems".to_owned(), self.list_of_schemas(member));
                let rest = source.get("additionalItems").filter(|rest| rest.is_object() || rest.is_boolean());
                let pointer = beside(&member.pointer, "additionalItems");
                rest.map(|value| self.schema(&Place { pointer, value }))
            }
            "items"
            | "additionalProperties"
            | "not"
            | "contains"
            | "propertyNames"
            | "if"
            | "then"
            | "else"
            | "unevaluatedItems"
            | "unevaluatedProperties" => {
                (value.is_object() || value.is_boolean()).then(|| self.schema(member))
            }
            "prefixItems" => {
                let is_list = value.as_array().is_some_and(|items| !items.is_empty());
                is_list.then(|| self.list_of_schemas(member))
            }
            "allOf" | "anyOf" | "oneOf" => {
                let is_list = value.as_array().is_some_and(|items| !items.is_empty());
                let parts = member.items().map(|part| {
                    self.hidden_around.clone_from(hidden);
                    self.schema(&part)
                });
                is_list.then(|| Value::Array(parts.collect()))
            }
            _ => None,
        };
        if let Some(kept) = kept {
            lowered.insert(keyword.to_owned(), kept);
        }
    }

    fn is_usable_pattern(&self, pattern: &str) -> bool {
        Pattern::read(pattern).is_ok() && (self.form != Form::Plain || is_usable_elsewhere(pattern))
    }

    fn properties(&mut self, member: &Place<'d>) -> Value {
        let mut lowered = Map::new();
        for (name, property) in member.members() {
            let schema = if self.is_hidden(&property) { Value::Bool(false) } else { self.schema(&property) };
            lowered.insert(name.to_owned(), schema);
        }
        Value::Object(lowered)
    }

    fn pattern_properties(&mut self, member: &Place<'d>) -> Value {
        let mut lowered = Map::new();
        for (pattern, property) in member.members() {
            if is_usable_elsewhere(pattern) {
                lowered.insert(pattern.to_owned(), self.schema(&property));
            }
        }
        Value::Object(lowered)
    }

    fn map_of_schemas(&mut self, member: &Place<'d>) -> Value {
        Value::Object(
            member.members().map(|(name, schema)| (name.to_owned(), self.schema(&schema))).collect(),
        )
    }

    fn list_of_schemas(&mut self, member: &Place<'d>) -> Value {
        Value::Array(member.items().map(|schema| self.schema(&schema)).collect())
    }

    /// The name in `$defs` of what a reference leads to, and where that stands; nothing when it leads nowhere (a
    /// finding says so).
    fn define(&mut self, reference: &str) -> Option<(String, Pointer)> {
        let pointer = resolve(reference).ok()?;
        pointer.find(self.document.root())?;
        if let Some(name) = self.names.get(&pointer) {
            return Some((name.clone(), pointer));
        }
        let last = pointer.tokens().last().unwrap_or_else(|| "root".to_owned());
        let is_plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
        let stem: String =
            last.chars().map(|character| if is_plain(character) { character } else { '_' }).collect();
        let mut name = stem.clone();
        let mut number = 2_u32;
        while !self.taken.insert(name.clone()) {
            name = format!("{stem}_{number}");
            number += 1;
        }
        self.names.insert(pointer.clone(), name.clone());
        self.queue.push((name.clone(), pointer.clone()));
        Some((name, pointer))
    }

    /// Whether a property may not travel in this direction.
    fn is_hidden(&self, property: &Place<'d>) -> bool {
        let flag = match self.direction {
            Direction::Request => "readOnly",
            Direction::Response => "writeOnly",
        };
        let mut pending = vec![property.clone()];
        let mut looked_at = 0;
        while let Some(place) = pending.pop() {
            looked_at += 1;
            let is_reference = place.text("$ref").is_some();
            if place.is(flag) && (self.has_siblings || !is_reference) {
                return true;
            }
            if looked_at > MAX_PARTS {
                return false;
            }
            if is_reference {
                pending.extend(place.follow(self.document));
            }
            pending.extend(place.get("allOf").iter().flat_map(Place::items));
        }
        false
    }

    /// The hidden properties that a schema and the parts of its compositions declare.
    fn hidden_names(&self, place: &Place<'d>) -> HashSet<String> {
        let mut names = HashSet::new();
        let mut seen = HashSet::new();
        let mut queue = vec![place.clone()];
        while let Some(place) = queue.pop() {
            if seen.len() >= MAX_PARTS || !seen.insert(place.pointer.clone()) {
                continue;
            }
            if let Some(properties) = place.get("properties") {
                let hidden = properties.members().filter(|(_, property)| self.is_hidden(property));
                names.extend(hidden.map(|(name, _)| name.to_owned()));
            }
            let parts = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| place.get(keyword));
            for part in parts.flat_map(|parts| parts.items().collect::<Vec<_>>()) {
                queue.extend(part.follow(self.document));
            }
        }
        names
    }
}

/// `type` with only the names JSON Schema knows; nothing when none is left.
fn simple_type(value: &Value) -> Option<Value> {
    const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "string", "integer"];
    match value {
        Value::String(name) => TYPES.contains(&name.as_str()).then(|| value.clone()),
        Value::Array(names) => {
            let mut known: Vec<&Value> = Vec::new();
            for name in names {
                if name.as_str().is_some_and(|name| TYPES.contains(&name)) && !known.contains(&name) {
                    known.push(name);
                }
            }
            (!known.is_empty() && known.len() == names.len()).then(|| json!(known))
        }
        _ => None,
    }
}

/// A non-negative whole number, a double such as `3.0` included.
fn count(value: &Value) -> Option<Value> {
    if value.is_u64() {
        return Some(value.clone());
    }
    let float = value.as_f64()?;
    // What is beyond 2^53 cannot be told from infinite and limits nothing.
    (float >= 0.0 && float.fract() == 0.0 && float < 9_007_199_254_740_992.0).then(|| json!(float as u64))
}

/// Whether a schema, or a part of its composition that stands in it, asks for properties.
fn asks(schema: &Value) -> bool {
    let parts = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array());
    schema.get("required").is_some() || parts.flatten().any(asks)
}

fn required(value: &Value, hidden: &HashSet<String>) -> Option<Value> {
    let mut names: Vec<&str> = Vec::new();
    for name in value.as_array()?.iter().filter_map(Value::as_str) {
        if !hidden.contains(name) && !names.contains(&name) {
            names.push(name);
        }
    }
    Some(json!(names))
}

/// The place of another keyword of the same schema.
fn beside(keyword: &Pointer, other: &str) -> Pointer {
    let schema = keyword.as_str().rsplit_once('/').map_or("", |(schema, _)| schema);
    Pointer::from_escaped(schema).join(other)
}

/// Whether a pattern can be matched by the validator itself, as those for names are, and by others. What asks for
/// seconds to find that out is not.
fn is_usable_elsewhere(pattern: &str) -> bool {
    Pattern::read(pattern).is_ok_and(|read| read.size() <= MAX_PATTERN_SIZE)
        && jsonschema::draft202012::new(&json!({ "pattern": pattern })).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::plain;
    use crate::document::{Document, NoFiles, Place, Pointer};
    use crate::schema::Direction;

    fn lowered(version: &str, schema: &Value, direction: Direction) -> Value {
        let document = json!({ "openapi": version, "paths": {}, "components": { "schemas": {
            "Root": schema,
            "Name": { "type": "string", "minLength": 1 },
            "Secret": { "type": "string", "writeOnly": true },
        } } });
        let (document, _) =
            Document::read("schemas.json", document.to_string().as_bytes(), &NoFiles).expect("a document");
        let pointer = Pointer::from_escaped("/components/schemas/Root");
        let value = pointer.find(document.root()).expect("the schema is there");
        plain(&document, &Place { pointer, value }, direction)
    }

    #[test]
    fn the_older_dialect_becomes_2020_12() {
        let name = json!({ "Name": { "type": "string", "minLength": 1 } });
        let table = [
            (json!({"type": "string", "nullable": true}), json!({"type": ["string", "null"]})),
            (
                json!({"type": "string", "enum": ["a"], "nullable": true}),
                json!({"type": ["string", "null"], "enum": ["a", null]}),
            ),
            (
                json!({"nullable": true, "allOf": [{"type": "string"}]}),
                json!({"anyOf": [{"type": "null"}, {"allOf": [{"type": "string"}]}]}),
            ),
            (
                json!({"minimum": 1, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false}),
                json!({"maximum": 9, "exclusiveMinimum": 1}),
            ),
            (
                json!({"type": "integer", "format": "int32", "minimum": 0}),
                json!({"type": "integer", "format": "int32", "minimum": 0, "maximum": i32::MAX}),
            ),
            (
                json!({"type": "integer", "format": "uint16", "maximum": 80}),
                json!({"type": "integer", "format": "uint16", "maximum": 80, "minimum": 0}),
            ),
            (
                json!({"type": "integer", "format": "uint64"}),
                json!({"type": "integer", "format": "uint64", "minimum": 0, "maximum": u64::MAX}),
            ),
            (json!({"type": "integer", "format": "epoch"}), json!({"type": "integer", "format": "epoch"})),
            (
                json!({"$ref": "#/components/schemas/Name", "description": "dropped"}),
                json!({"$ref": "#/$defs/Name", "$defs": name}),
            ),
            (json!({"type": "any", "required": true, "minLength": -1, "example": 1}), json!({})),
            (json!({"$ref": "#/components/schemas/Nowhere"}), json!({})),
            (json!({"pattern": "(?<broken"}), json!({})),
        ];
        for (schema, expected) in table {
            assert_eq!(lowered("3.0.3", &schema, Direction::Request), expected, "{schema}");
        }
    }

    #[test]
    fn the_newer_dialect_keeps_siblings_of_a_reference() {
        let schema = json!({"$ref": "#/components/schemas/Name", "maxLength": 5});
        let lowered = lowered("3.1.0", &schema, Direction::Request);
        assert_eq!(lowered["maxLength"], json!(5));
        assert_eq!(lowered["$ref"], json!("#/$defs/Name"));
    }

    #[test]
    fn what_may_not_travel_is_refused_and_not_required() {
        let schema = json!({
            "type": "object",
            "required": ["id", "secret", "name"],
            "properties": {
                "id": { "type": "integer", "readOnly": true },
                "secret": { "$ref": "#/components/schemas/Secret" },
                "name": { "type": "string" },
            },
        });
        let request = lowered("3.0.3", &schema, Direction::Request);
        assert_eq!(request["required"], json!(["secret", "name"]));
        assert_eq!(request["properties"]["id"], json!(false));
        let response = lowered("3.0.3", &schema, Direction::Response);
        assert_eq!(response["required"], json!(["id", "name"]));
        assert_eq!(response["properties"]["secret"], json!(false));
    }

    #[test]
    fn hidden_properties_are_not_required_from_beside_a_composition() {
        let schema = json!({
            "required": ["id"],
            "allOf": [{ "properties": { "id": { "readOnly": true } } }],
        });
        assert_eq!(lowered("3.0.3", &schema, Direction::Request)["required"], json!([]));
    }

    #[test]
    fn a_schema_that_holds_itself_is_bundled_once() {
        let schema = json!({ "properties": { "next": { "$ref": "#/components/schemas/Root" } } });
        let lowered = lowered("3.0.3", &schema, Direction::Request);
        assert_eq!(lowered["$defs"]["Root"]["properties"]["next"], json!({"$ref": "#/$defs/Root"}));
    }
}
