//! What schemas say of a value besides its type.

use serde_json::Value;

use super::{Node, Shape, Visit};
use crate::document::resolve;

impl<'s> Shape<'s> {
    /// What is said of the value under a keyword that annotates: by the schema itself, by what it refers to, by a part
    /// of its `allOf` that is written in place, or by the only part there is.
    pub(crate) fn annotation(&self, keyword: &str) -> Option<&'s Value> {
        Visit::of(self).annotation(&self.node, keyword)
    }

    /// The reference that the schema consists of, or that is its only part.
    pub(crate) fn reference(&self) -> Option<&'s str> {
        let schema = self.single()?;
        let parts = || schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice);
        match (schema.get("$ref"), parts()) {
            (Some(reference), _) => reference.as_str(),
            (None, Some([only])) => only.get("$ref")?.as_str(),
            _ => None,
        }
    }

    /// Whether the value must have a property, whichever alternative holds.
    pub(crate) fn requires(&self, name: &str) -> bool {
        Visit::of(self).requires(&self.node, name)
    }

    /// What tells the schema from others, where it is a single one: the same for the same place of a document.
    pub(crate) fn identity(&self) -> Option<*const Value> {
        self.single().map(std::ptr::from_ref)
    }

    /// What tells it from other shapes, whatever it is made of: the same for places that refer to the same schemas.
    pub(crate) fn identities(&self) -> Vec<*const Value> {
        let mut found = Vec::new();
        Visit::of(self).identities(&self.node, &mut found);
        found
    }

    fn single(&self) -> Option<&'s Value> {
        match self.node {
            Node::Root(schema) => Some(schema.source()),
            Node::Schema(schema) => Some(schema),
            Node::Items(schema) => match Visit::of(self).items(schema) {
                Node::Schema(schema) => Some(schema),
                _ => None,
            },
            _ => None,
        }
    }
}

impl<'s> Visit<'s> {
    /// Compositions are told apart by their ends, which are null.
    fn identities(&self, node: &Node<'s>, found: &mut Vec<*const Value>) {
        match node {
            Node::Any => {}
            Node::Root(schema) => found.push(self.behind(schema.source())),
            Node::Schema(schema) => found.push(self.behind(schema)),
            Node::Items(schema) => self.identities(&self.items(schema), found),
            Node::All(nodes) | Node::Either(nodes) => {
                nodes.iter().for_each(|node| self.identities(node, found));
                let ends = if matches!(node, Node::All(_)) { 1 } else { 2 };
                found.extend(std::iter::repeat_n(std::ptr::null(), ends));
            }
        }
    }

    /// What a schema that is a reference and no more leads to.
    fn behind(&self, schema: &'s Value) -> *const Value {
        let mut schema = schema;
        while !self.is_spent()
            && let Some(members) = schema.as_object()
            && (members.len() == 1 || !self.has_siblings)
            && let Some(reference) = members.get("$ref").and_then(Value::as_str)
            && let Some(document) = self.document
            && let Some(target) = resolve(reference).ok().and_then(|pointer| pointer.find(document.root()))
        {
            schema = target;
        }
        std::ptr::from_ref(schema)
    }

    fn annotation(&self, node: &Node<'s>, keyword: &str) -> Option<&'s Value> {
        match node {
            Node::Any => None,
            Node::Root(schema) => self.schema_annotation(schema.source(), keyword),
            Node::Items(schema) => self.annotation(&self.items(schema), keyword),
            Node::Schema(schema) => self.schema_annotation(schema, keyword),
            Node::All(nodes) | Node::Either(nodes) => {
                nodes.iter().find_map(|node| self.annotation(node, keyword))
            }
        }
    }

    fn schema_annotation(&self, schema: &'s Value, keyword: &str) -> Option<&'s Value> {
        if self.is_spent() {
            return None;
        }
        let parts = self.parts(schema);
        if let Some(found) = parts.own.and_then(|own| own.get(keyword)) {
            return Some(found);
        }
        let is_reference = schema.get("$ref").is_some();
        let is_meant = |place: usize, part: &Value| {
            parts.together.len() == 1 || (is_reference && place == 0) || part.get("$ref").is_none()
        };
        let mut meant = parts.together.iter().enumerate().filter(|(place, part)| is_meant(*place, part));
        meant.find_map(|(_, part)| self.schema_annotation(part, keyword))
    }

    fn requires(&self, node: &Node<'s>, name: &str) -> bool {
        match node {
            Node::Any => false,
            Node::Root(schema) => self.schema_requires(schema.source(), name),
            Node::Items(schema) => self.requires(&self.items(schema), name),
            Node::Schema(schema) => self.schema_requires(schema, name),
            Node::All(nodes) => nodes.iter().any(|node| self.requires(node, name)),
            Node::Either(nodes) => nodes.iter().all(|node| self.requires(node, name)),
        }
    }

    fn schema_requires(&self, schema: &'s Value, name: &str) -> bool {
        if self.is_spent() {
            return false;
        }
        let parts = self.parts(schema);
        let listed = parts.own.and_then(|own| own.get("required")).and_then(Value::as_array);
        listed.is_some_and(|listed| listed.iter().any(|listed| listed == name))
            || parts.together.iter().any(|part| self.schema_requires(part, name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::check;

    #[test]
    fn an_annotation_is_found_where_it_is_meant() {
        let named = |name: &str| json!({"xml": {"name": name}});
        let reference = || json!({"$ref": "#/components/schemas/Named"});
        let table = [
            (named("a"), Some("a")),
            (reference(), Some("named")),
            (json!({"allOf": [reference()]}), Some("named")),
            (json!({"allOf": [reference(), {"minLength": 1}]}), None),
            (json!({"allOf": [reference(), named("b")]}), Some("b")),
            (json!({"type": "string"}), None),
        ];
        for (schema, expected) in table {
            let found = check("3.0.3", schema.clone(), |shape| {
                shape.annotation("xml").and_then(|xml| xml["name"].as_str()).map(str::to_owned)
            });
            assert_eq!(found.as_deref(), expected, "{schema}");
        }
    }

    #[test]
    fn a_property_is_required_where_every_alternative_or_any_part_asks_for_it() {
        let asks = || json!({"required": ["a"]});
        let table: [(Value, bool); 4] = [
            (asks(), true),
            (json!({"allOf": [{}, asks()]}), true),
            (json!({"oneOf": [asks(), {}]}), false),
            (json!({}), false),
        ];
        for (schema, expected) in table {
            assert_eq!(check("3.0.3", schema.clone(), |shape| shape.requires("a")), expected, "{schema}");
        }
    }
}
