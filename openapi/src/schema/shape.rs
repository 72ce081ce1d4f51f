//! What a schema says of the types of a value and its members: all that reading text needs of it.

mod annotation;
mod content;

use std::cell::Cell;

use serde_json::Value;

pub(crate) use self::content::Held;
use super::{Schema, Types};
use crate::document::{Document, resolve};

/// The most schemas looked at for one question, so that hostile compositions cost no time; what lies beyond is
/// taken to say nothing.
const MAX_VISITS: u32 = 512;

/// The schemas that speak of one value, and how they are combined.
#[derive(Debug, Clone)]
pub(crate) struct Shape<'s> {
    document: Option<&'s Document>,
    node: Node<'s>,
    /// The schema that it is the shape of, where nothing was stepped into; it remembers the types.
    root: Option<&'s Schema>,
    /// What was answered before: it is asked several times of each value.
    types: Cell<Option<Types>>,
}

#[derive(Debug, Clone)]
enum Node<'s> {
    /// Nothing is said.
    Any,
    /// One that is looked for in the document where more is asked than its types: that takes longer than to answer.
    Root(&'s Schema),
    /// The items of one whose items are scalars and all alike, looked for likewise.
    Items(&'s Schema),
    Schema(&'s Value),
    /// Every one of them holds.
    All(Vec<Node<'s>>),
    /// One of them holds.
    Either(Vec<Node<'s>>),
}

/// A step from a value to one of its members.
#[derive(Clone, Copy)]
enum Step<'n> {
    /// To a property that is declared by name.
    Property(&'n str),
    /// To one that is not.
    OtherProperty,
    Item(usize),
}

impl<'s> Shape<'s> {
    /// The shape of what a schema describes; nothing is known without one.
    pub(crate) fn of(schema: Option<&'s Schema>) -> Self {
        let Some(schema) = schema else { return Self::new(None, Node::Any) };
        let known = schema.known_types();
        let node = match known {
            // What else is asked of a scalar is asked once at the most, and of an array of scalars likewise.
            Some(types) if !types.admits_container() => Node::Root(schema),
            Some(types) if !types.admits(Types::OBJECT) && schema.known_item_types().is_some() => {
                Node::Root(schema)
            }
            _ => Node::Schema(schema.source()),
        };
        Self { document: Some(schema.document()), node, root: Some(schema), types: Cell::new(known) }
    }

    fn new(document: Option<&'s Document>, node: Node<'s>) -> Self {
        Self { document, node, root: None, types: Cell::new(None) }
    }

    /// The types a value may have.
    pub(crate) fn types(&self) -> Types {
        if let Some(types) = self.types.get() {
            return types;
        }
        let types = Visit::of(self).types(&self.node);
        self.types.set(Some(types));
        if let Some(schema) = self.root {
            schema.remember_types(types);
        }
        types
    }

    /// The shape of a property.
    pub(crate) fn property(&self, name: &str) -> Self {
        let declared = self.step(Step::Property(name));
        if matches!(declared.node, Node::Any) { self.step(Step::OtherProperty) } else { declared }
    }

    /// The shape of the properties that are not declared by name.
    pub(crate) fn other_property(&self) -> Self {
        self.step(Step::OtherProperty)
    }

    /// The shape of an array's item.
    pub(crate) fn item(&self, index: usize) -> Self {
        let Some(schema) = self.root else { return self.step(Step::Item(index)) };
        match schema.item_types(|| self.common_item_types()) {
            Some(types) => {
                Self { types: Cell::new(Some(types)), ..Self::new(self.document, Node::Items(schema)) }
            }
            None => self.step(Step::Item(index)),
        }
    }

    /// The types that every item may have, where all are scalars and no schema says something of one by its place.
    fn common_item_types(&self) -> Option<Types> {
        let mut are_alike = true;
        let visit = Visit::of(self);
        visit.each(&self.node, &mut |schema| {
            are_alike &=
                schema.get("prefixItems").is_none() && !schema.get("items").is_some_and(Value::is_array);
        });
        let types = (are_alike && visit.left.get() > 0).then(|| self.step(Step::Item(0)).types());
        types.filter(|types| !types.admits_container())
    }

    /// The shape of what one token of a JSON Pointer leads to.
    pub(super) fn member(&self, token: &str) -> Self {
        match token.parse() {
            Ok(index) if !self.types().admits(Types::OBJECT) => self.item(index),
            _ => self.property(token),
        }
    }

    fn step(&self, step: Step<'_>) -> Self {
        Self::new(self.document, Visit::of(self).step(&self.node, step))
    }

    /// The names of the properties that are declared anywhere in the schema, each once.
    pub(crate) fn property_names(&self) -> Vec<&'s str> {
        let mut names: Vec<&'s str> = Vec::new();
        Visit::of(self).each(&self.node, &mut |schema| {
            let declared = schema.get("properties").and_then(Value::as_object);
            names.extend(declared.into_iter().flat_map(|properties| properties.keys().map(String::as_str)));
        });
        let mut seen = std::collections::HashSet::with_capacity(names.len());
        names.retain(|name| seen.insert(*name));
        names
    }

    /// Whether a name can be told to be a property's where names of other things stand beside it.
    pub(crate) fn claims(&self, name: &str) -> bool {
        self.is_free_form() || self.property_names().contains(&name)
    }

    /// Whether names that no schema declares are meant to be there: `additionalProperties` asks for them, or
    /// nothing is declared at all.
    pub(crate) fn is_free_form(&self) -> bool {
        let (mut is_asked, mut is_refused, mut is_declared) = (false, false, false);
        Visit::of(self).each(&self.node, &mut |schema| {
            match schema.get("additionalProperties") {
                Some(Value::Bool(false)) => is_refused = true,
                Some(_) => is_asked = true,
                None => {}
            }
            is_declared |= schema.get("properties").is_some();
        });
        is_asked || (!is_refused && !is_declared)
    }

    /// Whether some schema that speaks of this value marks it as a secret: `format: password` or `writeOnly`.
    pub(crate) fn is_secret(&self) -> bool {
        let mut is_secret = false;
        let visit = Visit::of(self);
        visit.each(&self.node, &mut |schema| {
            is_secret |= schema.get("format").and_then(Value::as_str) == Some("password")
                || schema.get("writeOnly").and_then(Value::as_bool) == Some(true);
        });
        // What was not looked at may be one.
        is_secret || visit.left.get() == 0
    }
}

/// One question asked of a shape, with the number of schemas it may still look at.
struct Visit<'s> {
    document: Option<&'s Document>,
    has_siblings: bool,
    left: Cell<u32>,
}

impl<'s> Visit<'s> {
    fn of(shape: &Shape<'s>) -> Self {
        let has_siblings =
            shape.document.is_some_and(|document| document.version().has_json_schema_dialect());
        Self { document: shape.document, has_siblings, left: Cell::new(MAX_VISITS) }
    }

    fn is_spent(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left == 0
    }

    /// What the schema refers to and is composed of: schemas that hold together with it, and alternatives.
    fn parts(&self, schema: &'s Value) -> Parts<'s> {
        let mut parts = Parts { own: Some(schema), together: Vec::new(), alternatives: Vec::new() };
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.document.and_then(|document| resolve(reference).ok()?.find(document.root()));
            parts.together.extend(target);
            if !self.has_siblings {
                parts.own = None;
                return parts;
            }
        }
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            match (keyword.as_str(), value) {
                ("allOf", Value::Array(schemas)) => parts.together.extend(schemas),
                ("anyOf" | "oneOf", Value::Array(schemas)) => {
                    parts.alternatives.push(schemas.iter().collect())
                }
                ("if", _) => {
                    let branches = ["then", "else"].iter().filter_map(|keyword| schema.get(*keyword));
                    parts.alternatives.push(branches.collect());
                }
                _ => {}
            }
        }
        parts
    }

    fn types(&self, node: &Node<'s>) -> Types {
        match node {
            Node::Any => Types::ANY,
            Node::Root(schema) => self.schema_types(schema.source()),
            Node::Items(schema) => self.types(&self.items(schema)),
            Node::Schema(schema) => self.schema_types(schema),
            Node::All(nodes) => nodes.iter().fold(Types::ANY, |types, node| types & self.types(node)),
            Node::Either(nodes) => nodes.iter().fold(Types::NONE, |types, node| types | self.types(node)),
        }
    }

    fn schema_types(&self, schema: &'s Value) -> Types {
        if self.is_spent() || !schema.is_object() {
            return Types::ANY;
        }
        let parts = self.parts(schema);
        let mut types = parts.own.map_or(Types::ANY, own_types);
        for part in &parts.together {
            types = types & self.schema_types(part);
        }
        for branches in parts.alternatives.iter().filter(|branches| !branches.is_empty()) {
            let either =
                branches.iter().fold(Types::NONE, |either, branch| either | self.schema_types(branch));
            types = types & either;
        }
        let is_nullable =
            |keyword: &str| parts.own.and_then(|own| own.get(keyword)).and_then(Value::as_bool) == Some(true);
        if is_nullable("nullable") || is_nullable("x-nullable") { types | Types::NULL } else { types }
    }

    fn step(&self, node: &Node<'s>, step: Step<'_>) -> Node<'s> {
        match node {
            Node::Any => Node::Any,
            Node::Root(schema) => self.schema_step(schema.source(), step),
            Node::Items(schema) => self.step(&self.items(schema), step),
            Node::Schema(schema) => self.schema_step(schema, step),
            Node::All(nodes) => all(nodes.iter().map(|node| self.step(node, step)).collect()),
            Node::Either(nodes) => either(nodes.iter().map(|node| self.step(node, step)).collect()),
        }
    }

    /// What is said of the items of a schema whose items are all alike.
    fn items(&self, schema: &'s Schema) -> Node<'s> {
        self.schema_step(schema.source(), Step::Item(0))
    }

    fn schema_step(&self, schema: &'s Value, step: Step<'_>) -> Node<'s> {
        if self.is_spent() || !schema.is_object() {
            return Node::Any;
        }
        let parts = self.parts(schema);
        let mut nodes = Vec::new();
        nodes.extend(parts.own.map(|own| own_step(own, step)));
        nodes.extend(parts.together.iter().map(|part| self.schema_step(part, step)));
        for branches in &parts.alternatives {
            nodes.push(either(branches.iter().map(|branch| self.schema_step(branch, step)).collect()));
        }
        all(nodes)
    }

    /// Calls `act` with every schema that speaks of the value.
    fn each(&self, node: &Node<'s>, act: &mut dyn FnMut(&'s Value)) {
        match node {
            Node::Any => {}
            Node::Root(schema) => self.each_schema(schema.source(), act),
            Node::Items(schema) => self.each(&self.items(schema), act),
            Node::Schema(schema) => self.each_schema(schema, act),
            Node::All(nodes) | Node::Either(nodes) => nodes.iter().for_each(|node| self.each(node, act)),
        }
    }

    fn each_schema(&self, schema: &'s Value, act: &mut dyn FnMut(&'s Value)) {
        if self.is_spent() || !schema.is_object() {
            return;
        }
        let parts = self.parts(schema);
        if let Some(own) = parts.own {
            act(own);
        }
        let branches = parts.alternatives.iter().flatten();
        for part in parts.together.iter().chain(branches) {
            self.each_schema(part, act);
        }
    }
}

struct Parts<'s> {
    /// The schema's own keywords, where they count.
    own: Option<&'s Value>,
    together: Vec<&'s Value>,
    alternatives: Vec<Vec<&'s Value>>,
}

fn all(mut nodes: Vec<Node<'_>>) -> Node<'_> {
    nodes.retain(|node| !matches!(node, Node::Any));
    if nodes.len() > 1 { Node::All(nodes) } else { nodes.pop().unwrap_or(Node::Any) }
}

/// Branches that say nothing of a member leave what the others say.
fn either(mut nodes: Vec<Node<'_>>) -> Node<'_> {
    nodes.retain(|node| !matches!(node, Node::Any));
    if nodes.len() > 1 { Node::Either(nodes) } else { nodes.pop().unwrap_or(Node::Any) }
}

/// The types that `type`, `const` and `enum` name; without them those that other keywords speak of.
fn own_types(schema: &Value) -> Types {
    let named = schema.get("type").map_or(Types::NONE, Types::named);
    if !named.is_empty() {
        return named;
    }
    if let Some(value) = schema.get("const") {
        return Types::of(value);
    }
    if let Some(Value::Array(members)) = schema.get("enum")
        && !members.is_empty()
    {
        return members.iter().fold(Types::NONE, |types, member| types | Types::of(member));
    }
    let hints = [
        (Types::OBJECT, &["properties", "additionalProperties", "minProperties", "maxProperties"][..]),
        (Types::ARRAY, &["items", "prefixItems", "minItems", "maxItems"]),
        (Types::STRING, &["pattern", "minLength", "maxLength", "contentEncoding", "contentMediaType"]),
        (Types::NUMBER, &["minimum", "maximum", "multipleOf", "exclusiveMinimum"]),
    ];
    hints
        .into_iter()
        .find(|(_, keywords)| keywords.iter().any(|keyword| schema.get(*keyword).is_some()))
        .map_or(Types::ANY, |(types, _)| types)
}

/// What a schema's own keywords say of a member. No pattern is tried on a name that a peer sent: every patterned
/// property is an alternative.
fn own_step<'s>(schema: &'s Value, step: Step<'_>) -> Node<'s> {
    let found: Vec<&'s Value> = match step {
        Step::Property(name) => {
            schema.get("properties").and_then(|properties| properties.get(name)).into_iter().collect()
        }
        Step::OtherProperty => {
            let patterned = schema.get("patternProperties").and_then(Value::as_object);
            let patterned = patterned.into_iter().flat_map(|patterns| patterns.values());
            patterned.chain(schema.get("additionalProperties")).collect()
        }
        Step::Item(index) => {
            let items = schema.get("items");
            let listed = schema.get("prefixItems").or(items).and_then(|items| items.get(index));
            listed.or(items).into_iter().collect()
        }
    };
    either(found.into_iter().filter(|schema| schema.is_object()).map(Node::Schema).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::Contract;

    /// A contract whose only request body has a schema.
    fn contract(version: &str, schema: Value) -> Contract {
        let document = json!({
            "openapi": version, "info": {"title": "t", "version": "1"},
            "paths": {"/": {"post": {
                "requestBody": {"content": {"application/json": {"schema": schema}}},
                "responses": {"200": {"description": "ok"}}
            }}},
            "components": {"schemas": {
                "Text": {"type": "string"},
                "Named": {"type": "string", "xml": {"name": "named"}},
                "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}], "properties": {"a": {"type": "boolean"}}},
                "Fork": {"anyOf": [{"$ref": "#/components/schemas/Fork"}, {"$ref": "#/components/schemas/Fork"}]}
            }}
        });
        Contract::load("t.json", document.to_string().as_bytes()).unwrap()
    }

    pub(super) fn check<T>(version: &str, schema: Value, ask: impl Fn(Shape<'_>) -> T) -> T {
        let contract = contract(version, schema);
        let media = &contract.operations()[0].request_body().unwrap().content.0[0];
        ask(Shape::of(media.schema.as_ref()))
    }

    #[test]
    fn types_follow_compositions() {
        let text = || json!({"$ref": "#/components/schemas/Text"});
        let table = [
            (json!({}), Types::ANY),
            (json!({"type": "integer"}), Types::INTEGER),
            (json!({"type": "integer", "nullable": true}), Types::INTEGER | Types::NULL),
            (json!({"enum": ["a", 1, null]}), Types::STRING | Types::INTEGER | Types::NULL),
            (json!({"properties": {}}), Types::OBJECT),
            (json!({"minimum": 1}), Types::NUMBER),
            (text(), Types::STRING),
            (json!({"allOf": [text(), {"minLength": 1}]}), Types::STRING),
            (json!({"oneOf": [text(), {"type": "boolean"}]}), Types::STRING | Types::BOOLEAN),
            (json!({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}), Types::OBJECT),
            (json!({"type": "number", "allOf": [{"type": "integer"}]}), Types::INTEGER),
        ];
        for (schema, types) in table {
            assert_eq!(check("3.0.3", schema.clone(), |shape| shape.types()), types, "{schema}");
        }
        let united = json!({"type": ["string", "null"], "$ref": "#/components/schemas/Text"});
        assert_eq!(check("3.1.0", united, |shape| shape.types()), Types::STRING);
    }

    #[test]
    fn members_are_found_through_compositions() {
        let schema = json!({
            "allOf": [{"properties": {"a": {"type": "integer"}}}],
            "oneOf": [
                {"properties": {"b": {"type": "boolean"}}},
                {"properties": {"b": {"type": "string", "format": "password"}, "c": {"items": {"type": "null"}}}}
            ],
            "patternProperties": {"^x": {"type": "number"}}
        });
        check("3.1.0", schema, |shape| {
            assert_eq!(shape.property("a").types(), Types::INTEGER);
            assert_eq!(shape.property("b").types(), Types::BOOLEAN | Types::STRING);
            assert_eq!(shape.property("c").item(3).types(), Types::NULL);
            assert_eq!(shape.property("xyz").types(), Types::NUMBER);
            assert_eq!(shape.property_names(), ["a", "b", "c"]);
            assert!(shape.property("b").is_secret() && !shape.property("a").is_secret());
            assert!(!shape.is_free_form());
        });
    }

    #[test]
    fn items_that_are_alike_are_asked_about_once() {
        let named = || json!({"$ref": "#/components/schemas/Named"});
        let table = [
            (json!({"type": "array", "items": {"type": "integer"}}), [Types::INTEGER; 2]),
            (json!({"type": "array", "allOf": [{"items": {"type": "integer"}}]}), [Types::INTEGER; 2]),
            (json!({"type": "array", "items": named()}), [Types::STRING; 2]),
            (json!({"type": "array", "items": {"type": "object"}}), [Types::OBJECT; 2]),
            (
                json!({"prefixItems": [{"type": "null"}], "items": {"type": "integer"}}),
                [Types::NULL, Types::INTEGER],
            ),
            (json!({"items": [{"type": "null"}, {"type": "string"}]}), [Types::NULL, Types::STRING]),
        ];
        for (schema, types) in table {
            let contract = contract("3.1.0", schema.clone());
            let media = &contract.operations()[0].request_body().unwrap().content.0[0];
            let shape = || Shape::of(media.schema.as_ref());
            // What is found out the first time is remembered by the schema.
            for _ in 0..2 {
                assert_eq!([0, 1].map(|index| shape().item(index).types()), types, "{schema}");
                assert!(!shape().types().is_any() && !shape().item(0).is_secret());
            }
            let name = shape().item(1).annotation("xml").map(|xml| xml["name"].clone());
            assert_eq!(name.is_some(), schema["items"] == named(), "{schema}");
            assert_eq!(shape().item(0).reference().is_some(), schema["items"] == named(), "{schema}");
        }
    }

    #[test]
    fn endless_compositions_end() {
        for name in ["Loop", "Fork"] {
            check("3.0.3", json!({"$ref": format!("#/components/schemas/{name}")}), |shape| {
                let _ =
                    (shape.types(), shape.property("a").types(), shape.property_names(), shape.is_secret());
            });
        }
    }
}
