//! Discriminators: the values of one property name the schema that the whole value has.
//!
//! A discriminator changes nothing of what is valid: it is a hint (OpenAPI 3.0.4, section 4.7.25; 3.1.1, section 4.8.25).
//! The hint is taken where a choice is open: generated values carry the name of the alternative they are of, and what
//! is told of an invalid value is what the alternative refuses that it names.
//!
//! | where it stands | what it tells apart |
//! |---|---|
//! | beside `oneOf` or `anyOf` | the branches that are references |
//! | in a schema that others extend by `allOf` | those others, and those that extend them, wherever the schema is referred to |
//!
//! A schema's names are those that `mapping` gives it; without any, what `x-ms-discriminator-value` says, or the name of
//! the component. Real documents are careless here, so a name counts only where the property can have it: where a
//! schema lists values for the property and none of its names is among them, those values are its names.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::document::{Document, Place, Pointer, resolve};

/// The most schemas looked at to see what values a property may have, or what a schema extends.
const MAX_VISITS: usize = 64;

/// The most schemas that are told apart in one place; others are not generated there.
const MAX_KINDS: usize = 64;

/// The schemas that extend others by `allOf`, by the pointers of those.
pub(super) type Heirs = HashMap<Pointer, Vec<Pointer>>;

/// What a schema says of the property that tells its kinds apart.
pub(super) struct Discriminator<'d> {
    document: &'d Document,
    /// The schema it stands in.
    owner: Place<'d>,
    property: &'d str,
    /// Names and the schemas they stand for; nothing where the document does not have that.
    mapping: Vec<(&'d str, Option<Pointer>)>,
    /// What a value is whose property is not there or has no name of a schema (3.2).
    default: Option<Pointer>,
}

/// One kind of value.
pub(super) struct Kind {
    /// What it is beyond the schema that is referred to.
    pub(super) schema: Option<Pointer>,
    pub(super) pin: Pin,
}

/// What the property has to be in a value of one kind.
pub(super) struct Pin {
    property: String,
    rule: Value,
    is_required: bool,
}

impl Pin {
    pub(super) fn property(&self) -> &str {
        &self.property
    }

    /// It as a schema.
    pub(super) fn into_schema(self) -> Value {
        let Self { property, rule, is_required } = self;
        let required = if is_required { vec![property.clone()] } else { Vec::new() };
        json!({ "properties": { property: rule }, "required": required })
    }
}

/// The names of a schema.
struct Names {
    values: Vec<Value>,
    /// Whether the document gives them, beyond the name of the component.
    are_given: bool,
}

impl<'d> Discriminator<'d> {
    /// The discriminator of a schema: an object, or in 2.0 the name of the property.
    pub(super) fn of(document: &'d Document, owner: &Place<'d>) -> Option<Self> {
        let discriminator = owner.get("discriminator")?;
        if let Value::String(property) = discriminator.value {
            let mapping = Vec::new();
            return Some(Self { document, owner: owner.clone(), property, mapping, default: None });
        }
        let property = discriminator.text("propertyName")?;
        let mapping = discriminator.get("mapping");
        let mapping = mapping.iter().flat_map(|mapping| mapping.value.as_object().into_iter().flatten());
        let mapping = mapping.filter_map(|(name, target)| Some((name.as_str(), target.as_str()?)));
        Some(Self {
            document,
            owner: owner.clone(),
            property,
            mapping: mapping.map(|(name, target)| (name, target_of(document, target))).collect(),
            default: discriminator.text("defaultMapping").and_then(|target| target_of(document, target)),
        })
    }

    /// The discriminator of a schema or of the nearest one that it extends.
    fn above(document: &'d Document, schema: &Place<'d>) -> Option<Self> {
        let mut seen = HashSet::new();
        let mut next = vec![schema.clone()];
        while !next.is_empty() && seen.len() < MAX_VISITS {
            let mut bases = Vec::new();
            for place in next.into_iter().filter(|place| seen.insert(place.pointer.clone())) {
                if let Some(found) = Self::of(document, &place).filter(|_| !has_branches(&place)) {
                    return Some(found);
                }
                bases.extend(self::bases(document, &place));
            }
            next = bases;
        }
        None
    }

    /// The property by whose values kinds are told apart.
    pub(super) fn property(&self) -> &'d str {
        self.property
    }

    /// What the property has to be in a branch of the `oneOf` or `anyOf` beside the discriminator; nothing where
    /// nothing is said.
    pub(super) fn pin(&self, branches: &[Place<'d>], branch: &Place<'d>) -> Option<Pin> {
        let target = reference_of(self.document, branch)?;
        let names = self.names(&target);
        if self.default.as_ref() == Some(&target.pointer) && !names.are_given {
            let others = branches.iter().filter_map(|other| reference_of(self.document, other));
            let others = others.filter(|other| other.pointer != target.pointer);
            let taken: Vec<Value> = others.flat_map(|other| self.names(&other).values).collect();
            let rule = json!({ "not": { "enum": taken } });
            return Some(Pin { property: self.property.to_owned(), rule, is_required: false });
        }
        self.named(&target, names.values)
    }

    /// Whether the document itself gives the target of a branch its names.
    pub(super) fn names_branch(&self, branch: &Place<'d>) -> bool {
        reference_of(self.document, branch).is_some_and(|target| self.names(&target).are_given)
    }

    /// The branch that a value names, by index: an error holds the names there are. Nothing where the property is no
    /// text or the branches have no names.
    pub(super) fn branch_of(
        &self,
        branches: &[Place<'d>],
        value: &Value,
    ) -> Option<Result<usize, Vec<Value>>> {
        let name = value.get(self.property).filter(|name| !name.is_object() && !name.is_array())?;
        let heirs = heirs(self.document);
        let mut all = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            let target = reference_of(self.document, branch)?;
            let own = std::iter::once(target.clone());
            for schema in own.chain(descendants(self.document, heirs, &target)) {
                let names = self.names(&schema).values;
                if names.contains(name) {
                    return Some(Ok(index));
                }
                all.extend(names);
            }
        }
        let default = branches.iter().position(|branch| {
            self.default.is_some()
                && reference_of(self.document, branch).map(|target| target.pointer) == self.default
        });
        match default {
            Some(index) => Some(Ok(index)),
            // A name that is mapped may be of something that a branch stands for.
            None if self.mapping.iter().any(|(known, _)| is_named(name, known)) => None,
            None => (name.is_string() && !all.is_empty()).then_some(Err(all)),
        }
    }

    /// The pin of a schema with names.
    fn named(&self, schema: &Place<'d>, names: Vec<Value>) -> Option<Pin> {
        let mut declared = self.declared(schema, None);
        declared.extend(self.declared(&self.owner, None));
        // What may not travel in one direction is left out of both.
        let is_hidden = |declared: &&Value| {
            ["readOnly", "writeOnly"].iter().any(|flag| declared.get(*flag) == Some(&Value::Bool(true)))
        };
        let is_required = !declared.is_empty() && !declared.iter().any(is_hidden);
        (!names.is_empty()).then(|| Pin {
            property: self.property.to_owned(),
            rule: json!({ "enum": names }),
            is_required,
        })
    }

    /// The names of a schema, as values that the property can have in it.
    fn names(&self, schema: &Place<'d>) -> Names {
        let mapped = self.mapping.iter().filter(|(_, target)| target.as_ref() == Some(&schema.pointer));
        let mut names: Vec<String> = mapped.map(|(name, _)| (*name).to_owned()).collect();
        let stated = ["x-ms-discriminator-value", "x-discriminator-value"];
        if names.is_empty() {
            names.extend(stated.iter().find_map(|keyword| schema.text(keyword)).map(str::to_owned));
        }
        let are_given = !names.is_empty();
        if names.is_empty() && is_component(&schema.pointer) {
            let implied = schema.pointer.tokens().last().unwrap_or_default();
            names.extend(Some(implied).filter(|name| self.mapping.iter().all(|(known, _)| known != name)));
        }
        Names { values: self.possible(schema, names), are_given }
    }

    /// Which values of the property are meant by names.
    fn possible(&self, schema: &Place<'d>, names: Vec<String>) -> Vec<Value> {
        let own = self.declared(schema, Some(self.owner.value));
        let around = self.declared(&self.owner, None);
        let Some(listed) = listed(own.iter().chain(&around)) else {
            let types: Vec<&Value> =
                own.iter().chain(&around).filter_map(|declared| declared.get("type")).collect();
            return names.into_iter().filter_map(|name| of_types(name, &types)).collect();
        };
        let meant = |is_same: fn(&Value, &str) -> bool| -> Vec<Value> {
            let is_meant = |value: &&Value| names.iter().any(|name| is_same(value, name));
            listed.iter().filter(is_meant).cloned().collect()
        };
        let exactly = meant(is_named);
        if !exactly.is_empty() {
            return exactly;
        }
        // What the schema lists on its own is what it is known by.
        if self::listed(own.iter()).is_some() {
            return listed;
        }
        meant(|value, name| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(name)))
    }

    /// What a schema and those it extends say of the property, but for `without` and what that extends.
    fn declared(&self, schema: &Place<'d>, without: Option<&Value>) -> Vec<&'d Value> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut queue: Vec<(&'d Value, bool)> = vec![(schema.value, false)];
        while let Some((value, is_property)) = queue.pop() {
            let is_new = seen.len() < MAX_VISITS && seen.insert((std::ptr::from_ref(value), is_property));
            if !is_new || without.is_some_and(|without| std::ptr::eq(without, value)) {
                continue;
            }
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                let target = resolve(reference).ok().and_then(|target| target.find(self.document.root()));
                queue.extend(target.map(|target| (target, is_property)));
            }
            let parts = value.get("allOf").and_then(Value::as_array).into_iter().flatten();
            queue.extend(parts.map(|part| (part, is_property)));
            if is_property {
                found.push(value);
            } else {
                let property = value.get("properties").and_then(|properties| properties.get(self.property));
                queue.extend(property.map(|property| (property, true)));
            }
        }
        found
    }
}

/// The kinds of values that a reference to a schema stands for, as its own discriminator or one of what it extends
/// tells them apart; none where nothing does.
pub(super) fn kinds(document: &Document, target: &Pointer) -> Vec<Kind> {
    let Some(value) = target.find(document.root()) else { return Vec::new() };
    let target = Place { pointer: target.clone(), value };
    if has_branches(&target) {
        return Vec::new();
    }
    let Some(discriminator) = Discriminator::above(document, &target) else { return Vec::new() };
    let kinds = kinds_of(&discriminator, &target);
    // What extends a schema without a name of its own among those that are given is a use of it, and no kind.
    if kinds.is_empty() && discriminator.owner.pointer != target.pointer {
        return kinds_of(&discriminator, &discriminator.owner);
    }
    kinds
}

fn kinds_of<'d>(discriminator: &Discriminator<'d>, target: &Place<'d>) -> Vec<Kind> {
    let document = discriminator.document;
    let mut schemas = vec![target.clone()];
    schemas.extend(descendants(document, heirs(document), target));
    if target.pointer == discriminator.owner.pointer {
        for (_, mapped) in &discriminator.mapping {
            if let Some(pointer) = mapped
                && schemas.iter().all(|schema| schema.pointer != *pointer)
                && let Some(value) = pointer.find(document.root())
            {
                schemas.push(Place { pointer: pointer.clone(), value });
            }
        }
    }
    let mut named: Vec<(Place<'_>, Names)> =
        schemas.into_iter().map(|schema| (schema.clone(), discriminator.names(&schema))).collect();
    if named.iter().any(|(_, names)| names.are_given) {
        named.retain(|(_, names)| names.are_given);
    } else if discriminator.mapping.iter().any(|(_, mapped)| mapped.is_some()) {
        return Vec::new();
    } else if named.len() > 1 && target.pointer == discriminator.owner.pointer {
        // The base itself is mostly there to be extended.
        named.remove(0);
    }
    let mut taken: Vec<Value> = Vec::new();
    let mut kinds = Vec::new();
    for (schema, names) in named {
        let mut names = names.values;
        names.retain(|name| !taken.contains(name));
        taken.extend_from_slice(&names);
        let Some(pin) = discriminator.named(&schema, names) else { continue };
        let schema = Some(schema.pointer).filter(|pointer| *pointer != target.pointer);
        kinds.push(Kind { schema, pin });
    }
    kinds.truncate(MAX_KINDS);
    kinds
}

/// Whether a place is a part of the `allOf` by which a component extends others.
pub(super) fn is_inheritance(pointer: &Pointer) -> bool {
    let tokens: Vec<String> = pointer.tokens().take(6).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    matches!(*tokens, ["components", "schemas", _, "allOf", _] | ["definitions", _, "allOf", _])
}

fn is_component(pointer: &Pointer) -> bool {
    let tokens: Vec<String> = pointer.tokens().take(4).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    matches!(*tokens, ["components", "schemas", _] | ["definitions", _])
}

fn has_branches(schema: &Place<'_>) -> bool {
    schema.get("oneOf").is_some() || schema.get("anyOf").is_some()
}

/// Whether there is any discriminator in a document.
pub(super) fn has_any(document: &Document) -> bool {
    let mut pending = vec![document.root()];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items),
            Value::Object(members) if members.contains_key("discriminator") => return true,
            Value::Object(members) => pending.extend(members.values()),
            _ => {}
        }
    }
    false
}

/// The schemas that extend others, found out once for each document.
fn heirs(document: &Document) -> &Heirs {
    document.definitions().heirs(|| {
        let mut heirs = Heirs::new();
        for way in ["/components/schemas", "/definitions"] {
            let pointer = Pointer::from_escaped(way);
            let Some(value) = pointer.find(document.root()) else { continue };
            for (_, schema) in (Place { pointer, value }).members() {
                for base in bases(document, &schema) {
                    heirs.entry(base.pointer).or_default().push(schema.pointer.clone());
                }
            }
        }
        heirs
    })
}

/// The schemas that a schema extends.
fn bases<'d>(document: &'d Document, schema: &Place<'d>) -> Vec<Place<'d>> {
    let parts = schema.get("allOf");
    parts.iter().flat_map(|parts| parts.items().filter_map(|part| reference_of(document, &part))).collect()
}

/// All that extends a schema, and what extends that.
fn descendants<'d>(document: &'d Document, heirs: &Heirs, base: &Place<'d>) -> Vec<Place<'d>> {
    let mut found: Vec<&Pointer> = Vec::new();
    let mut next = Some(&base.pointer);
    let mut done = 0;
    while let Some(current) = next {
        for heir in heirs.get(current).into_iter().flatten() {
            if found.len() < MAX_KINDS && *heir != base.pointer && !found.contains(&heir) {
                found.push(heir);
            }
        }
        next = found.get(done).copied();
        done += 1;
    }
    let place =
        |pointer: &Pointer| Some(Place { value: pointer.find(document.root())?, pointer: pointer.clone() });
    found.into_iter().filter_map(place).collect()
}

/// What a schema's own `$ref` leads to.
fn reference_of<'d>(document: &'d Document, schema: &Place<'d>) -> Option<Place<'d>> {
    let pointer = resolve(schema.text("$ref")?).ok()?;
    Some(Place { value: pointer.find(document.root())?, pointer })
}

/// What a mapping leads to: a reference, or the name of a component.
fn target_of(document: &Document, target: &str) -> Option<Pointer> {
    let named = ["/components/schemas", "/definitions"].map(|way| Pointer::from_escaped(way).join(target));
    let reference = resolve(target).ok();
    reference.into_iter().chain(named).find(|pointer| pointer.find(document.root()).is_some())
}

/// The values that all lists among declarations hold; nothing where there is no list.
fn listed<'v>(declared: impl Iterator<Item = &'v &'v Value>) -> Option<Vec<Value>> {
    let lists = declared.filter_map(|declared| {
        let listed = declared.get("enum").and_then(Value::as_array).cloned();
        listed.or_else(|| Some(vec![declared.get("const")?.clone()]))
    });
    lists.reduce(|all, list| all.into_iter().filter(|value| list.contains(value)).collect())
}

/// A name as a value of all of some types.
fn of_types(name: String, types: &[&Value]) -> Option<Value> {
    let mut candidates = vec![Value::String(name.clone())];
    candidates.extend(serde_json::from_str::<Value>(&name).ok().filter(|value| !value.is_string()));
    candidates.into_iter().find(|value| types.iter().all(|types| is_of_type(value, types)))
}

fn is_named(value: &Value, name: &str) -> bool {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned) == name
}

fn is_of_type(value: &Value, types: &Value) -> bool {
    let is = |word: &Value| match word.as_str() {
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer" | "number") => value.is_number(),
        Some("null") => value.is_null(),
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        _ => true,
    };
    types.as_array().map_or_else(|| is(types), |words| words.iter().any(is))
}
