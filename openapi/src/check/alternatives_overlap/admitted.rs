//! What a schema admits, as far as it can be compared with another one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::check::scene::Scene;
use crate::document::{Place, Version};
use crate::schema::{Direction, Schema, Types};

/// How deep schemas are compared; below that they are different unless they are the same.
const MAX_DEPTH: u32 = 6;

/// The most schemas that one is put together from.
const MAX_PARTS: usize = 64;

/// The most members of an `enum` that are put to another schema.
const MAX_MEMBERS: usize = 64;

/// The keywords that refuse nothing.
const ANNOTATIONS: [&str; 16] = [
    "title",
    "description",
    "default",
    "example",
    "examples",
    "deprecated",
    "discriminator",
    "externalDocs",
    "xml",
    "nullable",
    "$comment",
    "$defs",
    "definitions",
    "$id",
    "$anchor",
    "$schema",
];

/// The keywords that other keywords beside them, or in other schemas, change the meaning of.
const ENTANGLED: [&str; 6] = [
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$dynamicRef",
    "$recursiveRef",
];

/// What a schema says, with what its references and `allOf` say.
pub(super) struct Admitted<'d> {
    scene: &'d Scene<'d>,
    place: Place<'d>,
    types: Types,
    /// Whether null is admitted beside what the type says.
    is_nullable: bool,
    /// Whether `nullable: true` stands anywhere.
    has_null: bool,
    required: BTreeSet<&'d str>,
    properties: BTreeMap<&'d str, Vec<Place<'d>>>,
    items: Vec<Place<'d>>,
    /// The names that each part admits which has `additionalProperties: false`.
    closed: Vec<BTreeSet<&'d str>>,
    /// Every other keyword.
    others: Vec<(&'d str, &'d Value)>,
    /// Whether all that it says is here.
    is_whole: bool,
    parts: usize,
    depth: u32,
}

impl<'d> Admitted<'d> {
    /// What the schema at a place admits.
    pub(super) fn by(scene: &'d Scene<'d>, place: &Place<'d>) -> Self {
        Self::below(scene, place, 0)
    }

    fn below(scene: &'d Scene<'d>, place: &Place<'d>, depth: u32) -> Self {
        let mut admitted = Self {
            scene,
            place: place.clone(),
            types: Types::ANY,
            is_nullable: true,
            has_null: false,
            required: BTreeSet::new(),
            properties: BTreeMap::new(),
            items: Vec::new(),
            closed: Vec::new(),
            others: Vec::new(),
            is_whole: true,
            parts: 0,
            depth,
        };
        admitted.add(place);
        admitted
    }

    fn add(&mut self, place: &Place<'d>) {
        self.parts += 1;
        let Some(schema) = place.value.as_object().filter(|_| self.parts <= MAX_PARTS) else {
            self.is_whole &= place.value == &Value::Bool(true);
            return;
        };
        let has_siblings = self.scene.version() >= Version::V3_1;
        if place.text("$ref").is_some() {
            match place.step(self.scene.document) {
                Ok(target) => self.add(&target),
                Err(_) => self.is_whole = false,
            }
            if !has_siblings {
                return;
            }
        }
        if !has_siblings && schema.contains_key("type") {
            self.is_nullable &= place.is("nullable");
        }
        self.has_null |= !has_siblings && place.is("nullable");
        for (keyword, value) in schema {
            match keyword.as_str() {
                "$ref" => {}
                keyword if ANNOTATIONS.contains(&keyword) || keyword.starts_with("x-") => {}
                "type" => self.types = self.types.and(Types::named(value)),
                "required" => {
                    self.required.extend(value.as_array().into_iter().flatten().filter_map(Value::as_str))
                }
                "properties" => {
                    for (name, property) in
                        place.get("properties").iter().flat_map(|all| all.members().collect::<Vec<_>>())
                    {
                        self.properties.entry(name).or_default().push(property);
                    }
                }
                "items" if value.is_object() => self.items.extend(place.get("items")),
                "allOf" => {
                    let parts: Vec<Place<'d>> =
                        place.get("allOf").iter().flat_map(|list| list.items().collect::<Vec<_>>()).collect();
                    parts.iter().for_each(|part| self.add(part));
                }
                "additionalProperties"
                    if value == &Value::Bool(false) && !schema.contains_key("patternProperties") =>
                {
                    let names = schema.get("properties").and_then(Value::as_object);
                    self.closed
                        .push(names.into_iter().flat_map(|names| names.keys().map(String::as_str)).collect());
                }
                "additionalProperties"
                    if value == &Value::Bool(true) || value.as_object().is_some_and(|one| one.is_empty()) => {
                }
                keyword if ENTANGLED.contains(&keyword) => self.is_whole = false,
                "items" => self.is_whole &= value.is_boolean(),
                keyword => self.others.push((keyword, value)),
            }
        }
    }

    /// Whether it is certain that whatever the other admits this admits as well.
    pub(super) fn covers(&self, other: &Self) -> bool {
        if let Some(members) = other.members() {
            let schema = Schema::new(self.scene.contract.document(), self.place.pointer.clone());
            let is_admitted = |value: &&Value| schema.is_valid(value, Direction::Response);
            let null = other.has_null.then_some(&Value::Null);
            return other.is_whole && members.into_iter().chain(null).all(|member| is_admitted(&member));
        }
        self.is_whole
            && other.is_whole
            && self.depth < MAX_DEPTH
            && self.types.holds(other.types)
            && (self.is_nullable || !other.is_nullable)
            && self.required.is_subset(&other.required)
            && self.closed.iter().all(|names| other.closed.iter().any(|own| own.is_subset(names)))
            && self.properties.iter().all(|(name, wanted)| other.keeps(name, wanted))
            && self.items.iter().all(|wanted| other.items.iter().any(|own| self.is_within(own, wanted)))
            && self.others.iter().all(|(keyword, value)| match *keyword {
                "additionalProperties" => self.is_bound_by(other, value),
                keyword => other.meets(keyword, value),
            })
    }

    /// The values that it lists, as far as they are all it admits.
    fn members(&self) -> Option<Vec<&'d Value>> {
        let list = |(keyword, value): &(&str, &'d Value)| match *keyword {
            "enum" => value.as_array().map(|members| members.iter().collect::<Vec<_>>()),
            "const" => Some(vec![*value]),
            _ => None,
        };
        let members = self.others.iter().find_map(list)?;
        (!members.is_empty() && members.len() <= MAX_MEMBERS).then_some(members)
    }

    /// Whether a property of a name is always what some schemas ask for, or never there.
    fn keeps(&self, name: &str, wanted: &[Place<'d>]) -> bool {
        if self.closed.iter().any(|names| !names.contains(name)) {
            return true;
        }
        let own = self.properties.get(name).map(Vec::as_slice).unwrap_or_default();
        wanted.iter().all(|wanted| {
            let says_nothing = wanted.value.as_object().is_some_and(|one| one.is_empty());
            says_nothing || own.iter().any(|own| self.is_within(own, wanted))
        })
    }

    /// Whether one schema admits nothing but what another does.
    fn is_within(&self, own: &Place<'d>, wanted: &Place<'d>) -> bool {
        let followed = |place: &Place<'d>| self.scene.followed(place);
        let (Some(one), Some(other)) = (followed(own), followed(wanted)) else { return false };
        if one.pointer == other.pointer || own.value == wanted.value {
            return true;
        }
        let below = |place: &Place<'d>| Self::below(self.scene, place, self.depth + 1);
        self.depth < MAX_DEPTH && below(wanted).covers(&below(own))
    }

    /// Whether the other's properties that are none of its own always meet its `additionalProperties`: there are none, or
    /// the other says the same of them.
    fn is_bound_by(&self, other: &Self, value: &Value) -> bool {
        let is_own = |name: &str| self.properties.contains_key(name);
        let is_closed = other.closed.iter().any(|names| names.iter().all(|name| is_own(name)));
        is_closed
            || (other.properties.keys().all(|name| is_own(name))
                && other.meets("additionalProperties", value))
    }

    /// Whether it is as strict as a keyword.
    fn meets(&self, keyword: &str, value: &Value) -> bool {
        let own = self.others.iter().filter(|(own, _)| *own == keyword).map(|(_, value)| *value);
        let mut own = own.peekable();
        own.any(|own| {
            let compared = own.as_f64().zip(value.as_f64());
            match keyword {
                "minimum" | "minLength" | "minItems" | "minProperties" => {
                    compared.is_some_and(|(own, least)| own >= least)
                }
                "maximum" | "maxLength" | "maxItems" | "maxProperties" => {
                    compared.is_some_and(|(own, most)| own <= most)
                }
                _ => own == value,
            }
        })
    }
}
