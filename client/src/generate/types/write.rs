//! What schemas say, written as a Schema Object that the generator takes.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value, json};

use super::super::names::{pascal, snake};
use super::super::place::Place;
use super::read::{self, Merged};
use super::{Definition, FILE, Lowered, Types, Usage, nullable_if, within};

impl<'d> Types<'d> {
    /// Lowers schemas that all hold; what is within them is named after `hint`.
    pub(super) fn shape(&mut self, parts: &[Place<'d>], hint: &str, usage: Usage) -> Lowered {
        if let [one] = parts {
            if let Some(alternatives) = self.alternatives(one) {
                if let Some(texts) = self.texts_of_all(&alternatives) {
                    return choice(&texts);
                }
                let tag = self.tag(one, &alternatives, usage);
                let mut lowered = self.union_of(alternatives, hint, usage);
                if let Lowered::Named(definition) = &mut lowered {
                    definition.tag = tag;
                }
                return lowered;
            }
            if let Some(only) = self.only_part(one) {
                return Lowered::Inline(self.lower(vec![only], hint, usage));
            }
        }
        let mut merged = self.read(parts);
        match merged.len() {
            0 => Lowered::Inline(json!({})),
            1 => {
                let merged = merged.remove(0);
                self.write(&merged, parts, hint, usage)
            }
            _ => {
                if let Some(choice) = self.tagged(&merged, hint, usage) {
                    return Lowered::named(choice);
                }
                let lowered = merged
                    .into_iter()
                    .enumerate()
                    .map(|(index, merged)| {
                        let name = merged.name.clone().unwrap_or_else(|| format!("Option{}", index + 1));
                        let hint = within(hint, &name);
                        let lowered = self.write(&merged, parts, &hint, usage);
                        self.settle(lowered, parts, &hint)
                    })
                    .collect();
                self.union(lowered)
            }
        }
    }

    /// The alternatives of a schema that is nothing but a choice.
    fn alternatives(&mut self, place: &Place<'d>) -> Option<Vec<Place<'d>>> {
        let members = place.value.as_object()?;
        let mut choice = members.keys().filter(|key| !read::is_annotation(key));
        let (Some(keyword), None) = (choice.next(), choice.next()) else { return None };
        if keyword != "oneOf" && keyword != "anyOf" {
            return None;
        }
        let parts = self.without_null(place.items(keyword));
        (!parts.is_empty()).then_some(parts)
    }

    /// The texts of alternatives that each list some, as they do to say of each text what it means.
    fn texts_of_all(&mut self, alternatives: &[Place<'d>]) -> Option<BTreeSet<String>> {
        let mut all = BTreeSet::new();
        for alternative in alternatives.iter().filter(|_| alternatives.len() > 1) {
            let [read] = self.read(std::slice::from_ref(alternative)).try_into().ok()?;
            let is_text = read.types.as_deref().is_none_or(|types| types == ["string"]);
            let is_inline = alternative.text("$ref").is_none() && alternative.text("title").is_none();
            all.extend(texts_of(&read).filter(|_| is_text && is_inline)?);
        }
        (!all.is_empty()).then_some(all)
    }

    /// The one schema that an `allOf` is made of.
    fn only_part(&mut self, place: &Place<'d>) -> Option<Place<'d>> {
        let members = place.value.as_object()?;
        let says_more = |key: &str| key != "allOf" && key != "type" && !read::is_annotation(key);
        if members.keys().any(|key| says_more(key)) {
            return None;
        }
        let mut parts: Vec<Place<'d>> = place.items("allOf");
        parts.retain(|part| !read::is_any(part.value));
        let [only] = parts.as_slice() else { return None };
        only.text("$ref").is_some().then(|| only.clone())
    }

    fn union_of(&mut self, alternatives: Vec<Place<'d>>, hint: &str, usage: Usage) -> Lowered {
        let single = alternatives.len() == 1;
        let lowered = alternatives
            .into_iter()
            .enumerate()
            .map(|(index, place)| {
                let name = place.text("title").map_or_else(|| format!("Option{}", index + 1), str::to_owned);
                let hint = if single { hint.to_owned() } else { within(hint, &name) };
                self.lower(vec![place], &hint, usage)
            })
            .collect();
        self.union(lowered)
    }

    /// A choice between lowered schemas.
    fn union(&mut self, alternatives: Vec<Value>) -> Lowered {
        let nullable = alternatives.iter().any(|schema| schema.get("nullable").is_some());
        let mut distinct: Vec<Value> = Vec::new();
        for schema in alternatives.into_iter().map(super::without_null) {
            if !distinct.contains(&schema) {
                distinct.push(schema);
            }
        }
        if distinct.iter().any(|schema| schema.as_object().is_none_or(Map::is_empty)) {
            return Lowered::Inline(json!({}));
        }
        if distinct.len() == 1 {
            return Lowered::Inline(nullable_if(nullable, distinct.remove(0)));
        }
        // What takes more is tried later: a plain string takes every text, any map takes every object.
        distinct.sort_by_key(breadth);
        Lowered::named(nullable_if(nullable, json!({ "oneOf": distinct })))
    }

    /// Gives a name to what needs one.
    fn settle(&mut self, lowered: Lowered, parts: &[Place<'d>], hint: &str) -> Value {
        match lowered {
            Lowered::Inline(value) => value,
            Lowered::Named(definition) => {
                let name = self.names.pascal(hint, "Value");
                let named = super::reference(&name);
                self.define(name, parts, definition);
                named
            }
        }
    }

    fn write(&mut self, merged: &Merged<'d>, parts: &[Place<'d>], hint: &str, usage: Usage) -> Lowered {
        let types = types_of(merged);
        match types.as_slice() {
            [] => Lowered::Inline(json!({})),
            [one] => self.write_as(one, merged, parts, hint, usage),
            several => {
                let lowered = several
                    .iter()
                    .map(|kind| {
                        let hint = within(hint, kind);
                        let lowered = self.write_as(kind, merged, parts, &hint, usage);
                        self.settle(lowered, parts, &hint)
                    })
                    .collect();
                self.union(lowered)
            }
        }
    }

    fn write_as(
        &mut self,
        kind: &str,
        merged: &Merged<'d>,
        parts: &[Place<'d>],
        hint: &str,
        usage: Usage,
    ) -> Lowered {
        let inline = |schema| Lowered::Inline(schema);
        match kind {
            "object" => self.object(merged, hint, usage),
            "array" => {
                if merged.is_tuple {
                    let message = "items that differ by position are any values";
                    self.losses.degraded("tuple-untyped", &parts[0].pointer, message);
                }
                let items = match &merged.items {
                    Some(items) if !merged.is_tuple => {
                        self.lower(vec![items.clone()], &within(hint, "Item"), usage)
                    }
                    _ => json!({}),
                };
                inline(json!({ "type": "array", "items": items }))
            }
            "string" => match texts_of(merged) {
                Some(values) if values.iter().any(|value| value.len() > MAX_NAME) => {
                    let message = format!("a choice of texts longer than {MAX_NAME} bytes is any text");
                    self.losses.degraded("name-too-long", &parts[0].pointer, message);
                    inline(string(None, usage))
                }
                Some(values) => choice(&values),
                None => inline(string(merged.format, usage)),
            },
            "integer" => inline(match merged.format {
                Some(format @ ("int32" | "int64" | "uint32" | "uint64")) => {
                    json!({ "type": "integer", "format": format })
                }
                _ => json!({ "type": "integer" }),
            }),
            "number" => inline(match merged.format {
                Some("float") => json!({ "type": "number", "format": "float" }),
                _ => json!({ "type": "number" }),
            }),
            _ => inline(json!({ "type": "boolean" })),
        }
    }

    pub(super) fn object(&mut self, merged: &Merged<'d>, hint: &str, usage: Usage) -> Lowered {
        let additional = merged.additional.clone().filter(|place| !read::is_any(place.value));
        if merged.properties.is_empty() {
            return Lowered::Inline(match additional {
                Some(place) => {
                    let values = self.lower(vec![place], &within(hint, "Value"), usage);
                    json!({ "type": "object", "additionalProperties": values })
                }
                None => json!({ "type": "object" }),
            });
        }
        let mut properties = Map::new();
        let mut required = Vec::new();
        let mut aliases = Aliases::default();
        let mut additional = additional.map(|place| (place.pointer.clone(), Some(place)));
        for (name, places) in &merged.properties {
            if name.len() > MAX_NAME {
                let pointer = &places[0].pointer;
                let message =
                    format!("a property whose name is longer than {MAX_NAME} bytes is any value of `extra`");
                self.losses.degraded("name-too-long", pointer, message);
                additional = Some((pointer.clone(), None));
                continue;
            }
            let lowered = self.lower(places.clone(), &within(hint, name), usage);
            let one_way = places.iter().any(|place| self.is_one_way(place));
            let alias = aliases.of(name, snake(name, "field"), "_");
            if merged.required.contains(name) && !one_way {
                required.push(Value::String(alias.clone()));
            }
            properties.insert(alias, lowered);
        }
        let mut schema = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            schema["required"] = Value::Array(required);
        }
        if let Some((pointer, place)) = additional {
            match merged.properties.keys().any(|name| snake(name, "field") == "extra") {
                true => {
                    let message = "members beside a property called `extra` are not read";
                    self.losses.degraded("additional-properties-untyped", &pointer, message);
                }
                false => {
                    let place = place.into_iter().collect();
                    schema["additionalProperties"] = self.lower(place, &within(hint, "Extra"), usage);
                }
            }
        }
        Lowered::Named(Definition { schema, aliases: aliases.undone, tag: None })
    }

    fn is_one_way(&mut self, place: &Place<'d>) -> bool {
        let is = |place: &Place<'_>| place.is("readOnly") || place.is("writeOnly");
        is(place) || (place.text("$ref").is_some() && self.target(place).is_some_and(|target| is(&target)))
    }
}

/// A choice of texts.
fn choice(values: &BTreeSet<String>) -> Lowered {
    let mut aliases = Aliases::default();
    let listed: Vec<Value> =
        values.iter().map(|value| Value::String(aliases.of(value, pascal(value, "Value"), ""))).collect();
    let schema = json!({ "type": "string", "enum": listed });
    Lowered::Named(Definition { schema, aliases: aliases.undone, tag: None })
}

/// The longest name of a member, in bytes. What reads them matches each byte, which a compiler has to follow: a name of
/// 100,000 bytes takes it more memory than there is.
const MAX_NAME: usize = 200;

/// Names of members that the generator makes identifiers of, each another.
#[derive(Default)]
struct Aliases {
    known: HashSet<String>,
    /// Each alias with what it stands for.
    undone: Vec<(String, String)>,
}

impl Aliases {
    /// The name to give the generator, which keeps it beside the identifier it makes of it.
    fn of(&mut self, name: &str, identifier: String, joint: &str) -> String {
        let is_tame = name.len() <= 60
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-. ".contains(&byte));
        let is_free = self.known.insert(identifier.clone());
        if is_free && is_tame {
            return name.to_owned();
        }
        let mut unique = identifier.clone();
        let mut count = 1_u32;
        while !is_free && !self.known.insert(unique.clone()) {
            count += 1;
            unique = format!("{}{joint}{count}", identifier.trim_end_matches('_'));
        }
        // The dash makes it another text than the identifier, so that it is written out there and can be found.
        let alias = format!("{unique}-");
        self.undone.push((alias.clone(), name.to_owned()));
        alias
    }
}

/// How late an alternative is tried.
fn breadth(schema: &Value) -> u8 {
    if schema.get("$ref").is_some() {
        return 0;
    }
    match (schema["type"].as_str(), schema.get("format").is_some()) {
        (Some("number"), _) => 2,
        (Some("string"), false) => 3,
        (Some("object"), _) if schema.get("additionalProperties").is_none() => 4,
        _ => 1,
    }
}

fn string(format: Option<&str>, usage: Usage) -> Value {
    match (format, usage) {
        (Some(format @ ("date" | "date-time" | "uuid")), _) => json!({ "type": "string", "format": format }),
        (Some("binary"), Usage::Parts) => json!({ "type": "string", "format": FILE }),
        _ => json!({ "type": "string" }),
    }
}

/// The types a value may have: those named, else those that the other keywords are about.
fn types_of<'a>(merged: &Merged<'a>) -> Vec<&'a str> {
    if let Some(types) = &merged.types {
        let mut types = types.clone();
        if types.contains(&"number") {
            types.retain(|name| *name != "integer");
        }
        types.dedup();
        return types;
    }
    if !merged.properties.is_empty() || merged.additional.is_some() {
        return vec!["object"];
    }
    if merged.items.is_some() || merged.is_tuple {
        return vec!["array"];
    }
    if let Some(values) = &merged.values {
        let mut types: Vec<&str> = Vec::new();
        for value in values {
            let name = match value {
                Value::String(_) => "string",
                Value::Bool(_) => "boolean",
                Value::Number(number) if number.is_f64() => "number",
                Value::Number(_) => "integer",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
                Value::Null => continue,
            };
            if !types.contains(&name) {
                types.push(name);
            }
        }
        return types;
    }
    match merged.format {
        Some("int32" | "int64") => vec!["integer"],
        Some("float" | "double") => vec!["number"],
        Some("date" | "date-time" | "uuid" | "binary" | "byte" | "password" | "email" | "uri") => {
            vec!["string"]
        }
        _ => Vec::new(),
    }
}

/// The texts that a string may be, where they are listed. Other scalars in the list are their text, as they are where
/// a document forgot the quotes.
pub(super) fn texts_of(merged: &Merged<'_>) -> Option<BTreeSet<String>> {
    let several = merged.types.as_ref().is_none_or(|types| types.len() > 1);
    let texts: BTreeSet<String> = merged
        .values
        .as_ref()?
        .iter()
        .filter_map(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) if !several => Some(value.to_string()),
            _ => None,
        })
        .collect();
    (!texts.is_empty()).then_some(texts)
}
