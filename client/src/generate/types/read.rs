//! What schemas that all hold at once say of a value, put together.

use indexmap::IndexMap;
use serde_json::Value;

use super::super::place::Place;
use super::Types;

/// The most alternatives that are kept apart once compositions are multiplied out.
const MAX_ALTERNATIVES: usize = 32;

/// How deep compositions are followed.
const MAX_DEPTH: usize = 64;

/// Keywords that say nothing of a value that a type could hold.
const ANNOTATIONS: [&str; 17] = [
    "title",
    "description",
    "summary",
    "example",
    "examples",
    "deprecated",
    "externalDocs",
    "xml",
    "$comment",
    "$id",
    "$schema",
    "$anchor",
    "default",
    "readOnly",
    "writeOnly",
    "nullable",
    "discriminator",
];

/// One alternative of a schema: what a value of it may be.
#[derive(Debug, Clone, Default)]
pub(super) struct Merged<'d> {
    /// What an alternative is called.
    pub(super) name: Option<String>,
    /// The names in `type`; `None` is any.
    pub(super) types: Option<Vec<&'d str>>,
    /// Each property with every schema that it has to hold to.
    pub(super) properties: IndexMap<&'d str, Vec<Place<'d>>>,
    pub(super) required: Vec<&'d str>,
    pub(super) additional: Option<Place<'d>>,
    pub(super) items: Option<Place<'d>>,
    pub(super) is_tuple: bool,
    pub(super) values: Option<Vec<&'d Value>>,
    pub(super) format: Option<&'d str>,
}

impl<'d> Merged<'d> {
    /// Both at once.
    fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.name = other.name.clone().or(both.name);
        both.types = match (&self.types, &other.types) {
            (Some(left), Some(right)) => {
                let common: Vec<&str> = left.iter().filter(|name| accepts(right, name)).copied().collect();
                let common = if common.is_empty() { right.clone() } else { common };
                // An integer is what both a number and an integer are.
                Some(if common == ["number"] && right.contains(&"integer") {
                    vec!["integer"]
                } else {
                    common
                })
            }
            (left, right) => left.clone().or(right.clone()),
        };
        for (name, places) in &other.properties {
            both.properties.entry(name).or_default().extend(places.iter().cloned());
        }
        for name in &other.required {
            if !both.required.contains(name) {
                both.required.push(name);
            }
        }
        both.additional = both.additional.or_else(|| other.additional.clone());
        both.items = both.items.or_else(|| other.items.clone());
        both.is_tuple |= other.is_tuple;
        both.values = match (both.values, &other.values) {
            (Some(left), Some(right)) => {
                let common: Vec<&Value> =
                    left.iter().filter(|value| right.contains(value)).copied().collect();
                Some(if common.is_empty() { right.clone() } else { common })
            }
            (left, right) => left.or_else(|| right.clone()),
        };
        both.format = both.format.or(other.format);
        both
    }

    /// Whether it says no more than which members there must be.
    fn only_requires(&self) -> bool {
        self.types.as_ref().is_none_or(|types| types == &["object"])
            && self.properties.is_empty()
            && self.additional.is_none()
            && self.items.is_none()
            && self.values.is_none()
            && self.format.is_none()
    }
}

fn accepts(types: &[&str], name: &str) -> bool {
    types.contains(&name)
        || (name == "integer" && types.contains(&"number"))
        || (name == "number" && types.contains(&"integer"))
}

impl<'d> Types<'d> {
    /// The alternatives of schemas that all hold at once.
    pub(super) fn read(&mut self, parts: &[Place<'d>]) -> Vec<Merged<'d>> {
        let mut alternatives = vec![Merged::default()];
        for part in parts {
            let read = self.read_one(part, &mut Vec::new());
            alternatives = self.both(alternatives, read, part);
        }
        alternatives
    }

    fn read_one(&mut self, place: &Place<'d>, path: &mut Vec<Place<'d>>) -> Vec<Merged<'d>> {
        if path.len() >= MAX_DEPTH || path.iter().any(|other| other.pointer == place.pointer) {
            return vec![Merged::default()];
        }
        path.push(place.clone());
        let alternatives = self.read_whole(place, path);
        path.pop();
        alternatives
    }

    fn read_whole(&mut self, place: &Place<'d>, path: &mut Vec<Place<'d>>) -> Vec<Merged<'d>> {
        let mut alternatives = vec![Merged::default()];
        if place.text("$ref").is_some() {
            if let Some(target) = self.target(place) {
                alternatives = self.read_one(&target, path);
            }
            if !self.has_siblings {
                return alternatives;
            }
        }
        for part in place.items("allOf") {
            let read = self.read_one(&part, path);
            alternatives = self.both(alternatives, read, &part);
        }
        // What stands nearest is told last: it narrows the rest.
        alternatives = self.both(alternatives, vec![own(place)], place);
        for keyword in ["oneOf", "anyOf"] {
            let mut listed = Vec::new();
            for part in self.without_null(place.items(keyword)) {
                let mut read = self.read_one(&part, path);
                let name = part.text("title").map(str::to_owned).or_else(|| part.target(self.root)?.name());
                read.iter_mut().for_each(|merged| merged.name = name.clone().or(merged.name.take()));
                listed.extend(read);
            }
            if listed.is_empty() || listed.iter().all(Merged::only_requires) {
                continue;
            }
            alternatives = self.both(alternatives, listed, place);
        }
        alternatives
    }

    /// Every pair of alternatives; where those are too many, the properties of all in one, none of them required.
    fn both(&mut self, left: Vec<Merged<'d>>, right: Vec<Merged<'d>>, place: &Place<'d>) -> Vec<Merged<'d>> {
        if left.is_empty() || right.is_empty() {
            return if left.is_empty() { right } else { left };
        }
        if left.len().saturating_mul(right.len()) <= MAX_ALTERNATIVES {
            return left.iter().flat_map(|one| right.iter().map(|other| one.and(other))).collect();
        }
        let message = format!("more than {MAX_ALTERNATIVES} combinations of alternatives are one type here");
        self.losses.degraded("alternatives-merged", &place.pointer, message);
        let mut all = left.into_iter().chain(right);
        let mut merged = all.next().unwrap_or_default();
        for other in all {
            merged.required.retain(|name| other.required.contains(name));
            let required = merged.required.clone();
            merged = merged.and(&other);
            merged.required = required;
        }
        vec![merged]
    }

    /// Whether `null` is a value of a schema, by what stands at its root.
    pub(super) fn is_nullable(&self, place: &Place<'d>) -> bool {
        self.is_nullable_within(place, MAX_DEPTH)
    }

    fn is_nullable_within(&self, place: &Place<'d>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        if let Some(target) = place.target(self.root) {
            return self.is_nullable_within(&target, depth);
        }
        let all = place.items("allOf");
        if !all.is_empty() && all.iter().all(|part| self.is_nullable_within(part, depth)) {
            return true;
        }
        let is_null = |name: &Value| name == "null";
        place.is("nullable")
            || place.is("x-nullable")
            || place.value.get("type").is_some_and(|kind| {
                is_null(kind) || kind.as_array().is_some_and(|names| names.iter().any(is_null))
            })
            || (place.get("type").is_none() && place.items("enum").iter().any(|value| value.value.is_null()))
            || ["oneOf", "anyOf"].iter().any(|keyword| {
                place
                    .items(keyword)
                    .iter()
                    .any(|part| is_null_only(part) || self.is_nullable_within(part, depth))
            })
    }

    /// The alternatives that are more than `null`.
    pub(super) fn without_null(&self, parts: Vec<Place<'d>>) -> Vec<Place<'d>> {
        parts.into_iter().filter(|part| !is_null_only(part)).collect()
    }

    /// What a reference names, through those that are no more than references themselves.
    pub(super) fn target(&mut self, place: &Place<'d>) -> Option<Place<'d>> {
        let mut seen = vec![place.pointer.clone()];
        let mut place = place.clone();
        while place.text("$ref").is_some() {
            let Some(target) = place.target(self.root).filter(|target| !seen.contains(&target.pointer))
            else {
                let message = "a reference that leads nowhere: any value is taken here";
                self.losses.degraded("reference-untyped", &place.pointer, message);
                return None;
            };
            seen.push(target.pointer.clone());
            place = target;
            if self.has_siblings && !is_bare_reference(place.value) {
                break;
            }
        }
        Some(place)
    }
}

/// Whether a schema says nothing of a value.
pub(super) fn is_any(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.keys().all(|key| is_annotation(key)),
        _ => true,
    }
}

/// Whether a schema is a reference and no more.
pub(super) fn is_bare_reference(value: &Value) -> bool {
    value.as_object().is_some_and(|members| {
        members.contains_key("$ref") && members.keys().all(|key| key == "$ref" || is_annotation(key))
    })
}

pub(super) fn is_annotation(keyword: &str) -> bool {
    ANNOTATIONS.contains(&keyword) || keyword.starts_with("x-")
}

fn is_null_only(place: &Place<'_>) -> bool {
    match place.value.get("type") {
        Some(Value::String(name)) => name == "null",
        Some(Value::Array(names)) => !names.is_empty() && names.iter().all(|name| name == "null"),
        Some(_) => false,
        None => {
            place.value.get("const").is_some_and(Value::is_null)
                || place
                    .value
                    .get("enum")
                    .and_then(Value::as_array)
                    .is_some_and(|values| !values.is_empty() && values.iter().all(Value::is_null))
        }
    }
}

/// What the keywords of one schema say, its compositions aside.
fn own<'d>(place: &Place<'d>) -> Merged<'d> {
    let mut merged = Merged::default();
    let mut types: Vec<&str> = match place.value.get("type") {
        Some(Value::String(name)) => vec![name.as_str()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    types.retain(|name| *name != "null");
    // What 2.0 calls a file is bytes; other words are no types.
    let is_file = types.contains(&"file");
    types.retain(|name| ["object", "array", "string", "number", "integer", "boolean"].contains(name));
    if is_file {
        types = vec!["string"];
        merged.format = Some("binary");
    }
    merged.types = (!types.is_empty()).then_some(types);
    for (name, property) in place.members("properties") {
        merged.properties.insert(name, vec![property]);
    }
    merged.required =
        place.items("required").iter().filter_map(|name| name.value.as_str()).collect::<Vec<_>>();
    merged.additional =
        place.get("additionalProperties").filter(|additional| additional.value.is_object()).or_else(|| {
            let mut patterns = place.members("patternProperties").into_iter();
            patterns.next().filter(|_| patterns.next().is_none()).map(|(_, schema)| schema)
        });
    merged.items = place.get("items").filter(|items| items.value.is_object());
    merged.is_tuple =
        place.get("prefixItems").is_some() || place.get("items").is_some_and(|items| items.value.is_array());
    let values: Option<Vec<&Value>> = match (place.value.get("const"), place.value.get("enum")) {
        (Some(value), _) => Some(vec![value]),
        (None, Some(Value::Array(values))) if !values.is_empty() => Some(values.iter().collect()),
        _ => None,
    };
    merged.values = values;
    merged.format = merged.format.or(place.text("format"));
    if place.text("contentEncoding").is_none()
        && place.text("contentMediaType").is_some_and(|name| name != "application/json")
    {
        merged.format = merged.format.or(Some("binary"));
    }
    merged
}
