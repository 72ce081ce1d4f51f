//! The types of a client: schemas of any edition lowered to the few that the generator takes.
//!
//! | in the document | lowered |
//! |---|---|
//! | a reference | a component of its own, named after what it leads to |
//! | `allOf`, and members beside a composition | one object with the members of all |
//! | `oneOf`, `anyOf` | a component with one alternative each, beside which nothing stands |
//! | `null` as a type, a value or an alternative | `nullable` |
//! | an object with properties, a list of strings in `enum` | a component, wherever it stands |
//! | properties sent one way only | never required |
//! | names that are no identifiers, or the same once they are | an alias, undone in what is generated |
//! | bounds, patterns, `not` and defaults | nothing: a client takes what a server really sends |

mod read;
mod rust;
mod tagged;
mod write;

use std::collections::{HashMap, VecDeque};

use counterfoil_openapi::Contract;
use serde_json::{Map, Value, json};

pub(crate) use self::rust::rust_type;
use super::losses::Losses;
use super::names::{Names, pascal};
use super::place::Place;
use super::xml::Xml;

/// The most types of one client.
const MAX_COMPONENTS: usize = 50_000;

/// The format that stands for a file of a multipart body.
pub(crate) const FILE: &str = "counterfoil-file";

/// What a value is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Usage {
    /// Text of some kind: `format: binary` is a string in it.
    Text,
    /// A multipart body: `format: binary` is a file.
    Parts,
}

/// The schemas, in the order of their pointers, that all hold of a value, and what it is sent in.
type Key = (String, Usage);

/// The types of one client, found from the schemas that its operations name.
pub(crate) struct Types<'d> {
    pub(crate) root: &'d Value,
    /// Whether keywords beside a reference count, as they do since 3.1.
    has_siblings: bool,
    names: Names,
    pub(crate) losses: Losses<'d>,
    /// How bodies are XML.
    pub(crate) xml: Xml<'d>,
    /// Schema Objects of the lowered document by name.
    components: Map<String, Value>,
    /// Where each was read from.
    pub(crate) origins: HashMap<String, Place<'d>>,
    /// What the aliases of a component's members stand for.
    pub(crate) aliases: HashMap<String, Vec<(String, String)>>,
    /// What tells the alternatives of a component apart.
    pub(crate) tags: HashMap<String, Tag>,
    /// The components of references, some of them still to be read.
    by_key: HashMap<Key, String>,
    queue: VecDeque<(String, Vec<Place<'d>>, Usage)>,
    /// What schemas that stand inline were lowered to.
    inline: HashMap<Key, Value>,
    /// Those that are being lowered, with the name that they need because they hold themselves.
    open: HashMap<Key, Option<String>>,
}

/// What a schema is lowered to.
pub(super) enum Lowered {
    /// It can stand where it is used.
    Inline(Value),
    /// It needs a name.
    Named(Definition),
}

impl Lowered {
    fn named(schema: Value) -> Self {
        Self::Named(Definition { schema, aliases: Vec::new(), tag: None })
    }

    fn into_definition(self) -> Definition {
        match self {
            Self::Inline(schema) => Definition { schema, aliases: Vec::new(), tag: None },
            Self::Named(definition) => definition,
        }
    }
}

/// What a name stands for.
pub(super) struct Definition {
    pub(super) schema: Value,
    /// What the aliases of its members stand for.
    pub(super) aliases: Vec<(String, String)>,
    /// What tells its alternatives apart.
    pub(super) tag: Option<Tag>,
}

/// A property that names the alternative that an object is of (OpenAPI 3.0.3, section 4.7.25).
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    pub(crate) property: String,
    /// The component that each value stands for.
    pub(crate) values: Vec<(String, String)>,
}

impl<'d> Types<'d> {
    pub(crate) fn new(contract: &'d Contract, losses: Losses<'d>) -> Self {
        Self {
            root: contract.document().root(),
            has_siblings: contract.document().version().has_json_schema_dialect(),
            names: Names::default(),
            losses,
            xml: Xml::default(),
            components: Map::new(),
            origins: HashMap::new(),
            aliases: HashMap::new(),
            tags: HashMap::new(),
            by_key: HashMap::new(),
            queue: VecDeque::new(),
            inline: HashMap::new(),
            open: HashMap::new(),
        }
    }

    /// The lowered form of a schema, with the types it refers to; `hint` names it where nothing else does.
    pub(crate) fn of(&mut self, place: Place<'d>, hint: &str, usage: Usage) -> Value {
        let lowered = self.lower(vec![place], hint, usage);
        self.drain();
        lowered
    }

    /// The components of the lowered document.
    pub(crate) fn components(&self) -> &Map<String, Value> {
        &self.components
    }

    /// Puts a component in the place of what a schema was lowered to.
    #[cfg(test)]
    pub(crate) fn replace(&mut self, name: &str, schema: Value) {
        self.components.insert(name.to_owned(), schema);
    }

    /// An identifier for a type that is made elsewhere.
    pub(crate) fn name(&mut self, name: &str) -> String {
        self.names.pascal(name, "Value")
    }

    /// Takes any value where the generator does not take the type.
    pub(crate) fn give_up(&mut self, name: &str, reason: &str) {
        self.components.insert(name.to_owned(), json!({}));
        self.aliases.remove(name);
        self.tags.remove(name);
        if let Some(place) = self.origins.get(name) {
            let message =
                format!("any value is taken here, since the generator takes no such type: {reason}");
            self.losses.degraded("type-untyped", &place.pointer, message);
        }
    }

    fn drain(&mut self) {
        while let Some((name, parts, usage)) = self.queue.pop_front() {
            let definition = self.shape(&parts, &name, usage).into_definition();
            self.define(name, &parts, definition);
        }
    }

    fn define(&mut self, name: String, parts: &[Place<'d>], definition: Definition) {
        if !definition.aliases.is_empty() {
            self.aliases.insert(name.clone(), definition.aliases);
        }
        if let Some(tag) = definition.tag {
            self.tags.insert(name.clone(), tag);
        }
        if let Some(first) = parts.first() {
            self.origins.insert(name.clone(), first.clone());
        }
        self.components.insert(name, without_null(definition.schema));
    }

    /// Lowers schemas that all hold of one value.
    fn lower(&mut self, parts: Vec<Place<'d>>, hint: &str, usage: Usage) -> Value {
        let parts = self.distinct(parts);
        let nullable = !parts.is_empty() && parts.iter().all(|part| self.is_nullable(part));
        let value = match parts.as_slice() {
            [] => json!({}),
            [one]
                if one.text("$ref").is_some()
                    && (!self.has_siblings || read::is_bare_reference(one.value)) =>
            {
                match self.target(one) {
                    Some(target) => self.component(vec![target], hint, usage),
                    None => json!({}),
                }
            }
            [_] => self.inline(parts, hint, usage),
            _ => self.component(parts, hint, usage),
        };
        nullable_if(nullable, value)
    }

    /// References as what they lead to where there are several, each once; what says nothing goes.
    fn distinct(&mut self, parts: Vec<Place<'d>>) -> Vec<Place<'d>> {
        let mut distinct: Vec<Place<'d>> = Vec::new();
        let several = parts.len() > 1;
        for part in parts {
            let is_reference =
                part.text("$ref").is_some() && (!self.has_siblings || read::is_bare_reference(part.value));
            let part = match several && is_reference {
                true => match self.target(&part) {
                    Some(target) => target,
                    None => continue,
                },
                false => part,
            };
            let is_known =
                distinct.iter().any(|other| other.pointer == part.pointer || other.value == part.value);
            let says_nothing = several && read::is_any(part.value);
            if !is_known && !says_nothing {
                distinct.push(part);
            }
        }
        distinct
    }

    /// A reference to the component for schemas, which is read later.
    fn component(&mut self, parts: Vec<Place<'d>>, hint: &str, usage: Usage) -> Value {
        let key = key(&parts, usage);
        if let Some(name) = self.by_key.get(&key) {
            return reference(name);
        }
        if self.by_key.len() + self.components.len() >= MAX_COMPONENTS {
            let message = format!("a client has at most {MAX_COMPONENTS} types: any value is taken here");
            self.losses.degraded("types-too-many", &parts[0].pointer, message);
            return json!({});
        }
        let named = match parts.as_slice() {
            [one] => one.name().unwrap_or_else(|| hint.to_owned()),
            _ => hint.to_owned(),
        };
        let name = self.names.pascal(&named, "Value");
        self.by_key.insert(key, name.clone());
        let value = reference(&name);
        self.queue.push_back((name, parts, usage));
        value
    }

    /// A schema that stands where it is used.
    fn inline(&mut self, parts: Vec<Place<'d>>, hint: &str, usage: Usage) -> Value {
        let key = key(&parts, usage);
        if let Some(value) = self.inline.get(&key) {
            return value.clone();
        }
        if let Some(name) = self.open.get(&key) {
            let name = name.clone().unwrap_or_else(|| self.names.pascal(hint, "Value"));
            self.open.insert(key, Some(name.clone()));
            return reference(&name);
        }
        self.open.insert(key.clone(), None);
        let lowered = self.shape(&parts, hint, usage);
        let name = self.open.remove(&key).flatten();
        let value = match (lowered, name) {
            (Lowered::Inline(value), None) => value,
            (lowered, name) => {
                let name = name.unwrap_or_else(|| self.names.pascal(hint, "Value"));
                let named = reference(&name);
                self.define(name, &parts, lowered.into_definition());
                named
            }
        };
        self.inline.insert(key, value.clone());
        value
    }
}

fn key(parts: &[Place<'_>], usage: Usage) -> Key {
    let pointers: Vec<&str> = parts.iter().map(|part| part.pointer.as_str()).collect();
    (pointers.join(" "), usage)
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The component that a lowered schema is a reference to.
pub(crate) fn referenced(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

/// The same schema with `null` let pass. What takes anything takes `null`.
fn nullable_if(nullable: bool, mut schema: Value) -> Value {
    if !nullable || schema.as_object().is_none_or(Map::is_empty) {
        return schema;
    }
    if schema.get("$ref").is_some() {
        return json!({ "nullable": true, "allOf": [schema] });
    }
    schema["nullable"] = Value::Bool(true);
    schema
}

/// The same schema with `null` not let pass. A component is never null itself: what refers to it says so.
pub(crate) fn without_null(mut schema: Value) -> Value {
    if let Some(members) = schema.as_object_mut() {
        members.shift_remove("nullable");
        let only = members.get("allOf").and_then(Value::as_array).filter(|_| members.len() == 1);
        if let Some([one]) = only.map(Vec::as_slice) {
            return one.clone();
        }
    }
    schema
}

/// A name for what is within another.
fn within(outer: &str, inner: &str) -> String {
    format!("{outer}{}", pascal(inner, "Value"))
}
