//! Where a value tree has references: in the places of OpenAPI and JSON Schema, not in data that looks like one.

use serde_json::{Map, Value};

use super::Pointer;

/// One step down a tree.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

/// A reference, or a place where documents write one though the specification has none there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'w, 'v> {
    pub(super) kind: SiteKind,
    /// The text of the reference.
    pub(super) text: &'v str,
    /// The way from the root to the object that holds the text under the last step's key.
    pub(super) path: &'w [Step<'v>],
    /// How much of the way leads to the schema resource around it, the nearest ancestor with an `$id`.
    pub(super) resource: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SiteKind {
    /// `$ref` or `$dynamicRef` in an object of its own.
    Reference,
    /// `$ref` where a map of names or a list stands: its members are those of what it leads to.
    Members,
    /// `$ref` where a scalar or a list of scalars stands: that is what it leads to.
    Scalar,
    /// `$ref` alone in the place of an example, which may be meant or be the example.
    Example,
    /// A value of a discriminator's `mapping`, which may be a reference or a name.
    Mapping,
    /// `externalValue` of an example: a file of its own, which is no part of the tree.
    External,
}

impl Site<'_, '_> {
    /// The pointer to the text itself.
    pub(super) fn pointer(&self) -> Pointer {
        pointer(self.path)
    }

    /// The pointer to the object around the text.
    pub(super) fn owner(&self) -> Pointer {
        pointer(&self.path[..self.path.len().saturating_sub(1)])
    }

    /// The pointer to the schema resource around it.
    pub(super) fn resource_pointer(&self) -> Pointer {
        pointer(&self.path[..self.resource])
    }
}

pub(super) fn pointer(path: &[Step<'_>]) -> Pointer {
    path.iter().fold(Pointer::root(), |pointer, step| match step {
        Step::Key(key) => pointer.join(key),
        Step::Index(index) => pointer.index(*index),
    })
}

/// What is done at the places of a tree.
pub(super) trait Visitor<'v> {
    /// A reference.
    fn reference(&mut self, site: Site<'_, 'v>);

    /// An object that may be a schema with an identifier or an anchor of its own.
    fn object(&mut self, _object: &'v Map<String, Value>, _path: &[Step<'v>], _resource: usize) {}
}

/// Walks a tree, or the part of one at the end of `path`.
///
/// Members whose name starts with `x-` are left out: what vendors put there is theirs. Where a reference leads into
/// one of them, that part is walked on its own.
pub(super) fn walk<'v>(value: &'v Value, path: Vec<Step<'v>>, visitor: &mut dyn Visitor<'v>) {
    Walk { resource: 0, path, visitor }.fields_of(value);
}

struct Walk<'w, 'v> {
    path: Vec<Step<'v>>,
    resource: usize,
    visitor: &'w mut dyn Visitor<'v>,
}

/// Members whose own members have names of the author's choice, `default` and `example` among them.
const MAPS: [&str; 22] = [
    "$defs",
    "additionalOperations",
    "callbacks",
    "content",
    "definitions",
    "dependentSchemas",
    "encoding",
    "examples",
    "headers",
    "links",
    "mediaTypes",
    "parameters",
    "pathItems",
    "paths",
    "patternProperties",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "securityDefinitions",
    "securitySchemes",
    "webhooks",
];

/// Members that are lists of objects.
const LISTS: [&str; 7] = ["allOf", "anyOf", "oneOf", "prefixItems", "security", "servers", "tags"];

/// Members that are scalars or lists of scalars.
const SCALARS: [&str; 7] = ["description", "enum", "required", "consumes", "produces", "schemes", "title"];

impl<'v> Walk<'_, 'v> {
    fn step(&mut self, step: Step<'v>, then: impl FnOnce(&mut Self)) {
        self.path.push(step);
        then(self);
        self.path.pop();
    }

    /// A value whose members are the fields of some object of the specification.
    fn fields_of(&mut self, value: &'v Value) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if item.is_object() || item.is_array() {
                        self.step(Step::Index(index), |walk| walk.fields_of(item));
                    }
                }
            }
            Value::Object(members) => {
                let outer = self.resource;
                if members.get("$id").is_some_and(Value::is_string) {
                    self.resource = self.path.len();
                }
                self.visitor.object(members, &self.path, self.resource);
                for (key, member) in members {
                    self.field(key, member);
                }
                self.resource = outer;
            }
            _ => {}
        }
    }

    fn field(&mut self, key: &'v str, value: &'v Value) {
        match value {
            Value::String(text) if key == "$ref" || key == "$dynamicRef" => {
                self.site(SiteKind::Reference, Step::Key(key), text)
            }
            Value::String(text) if key == "externalValue" => {
                self.site(SiteKind::External, Step::Key(key), text)
            }
            Value::Object(members) => {
                self.step(Step::Key(key), |walk| walk.object_under(key, value, members))
            }
            Value::Array(_) if !is_data(key) && key != "examples" && !key.starts_with("x-") => {
                self.step(Step::Key(key), |walk| walk.fields_of(value));
            }
            _ => {}
        }
    }

    fn object_under(&mut self, key: &'v str, value: &'v Value, members: &'v Map<String, Value>) {
        let reference = members.get("$ref").and_then(Value::as_str);
        match (key, reference) {
            ("example" | "value", Some(text)) if members.len() == 1 => {
                self.site(SiteKind::Example, Step::Key("$ref"), text);
            }
            (key, Some(text)) if SCALARS.contains(&key) => {
                self.site(SiteKind::Scalar, Step::Key("$ref"), text)
            }
            (key, Some(text)) if LISTS.contains(&key) => {
                self.site(SiteKind::Members, Step::Key("$ref"), text)
            }
            (key, _) if is_data(key) || key.starts_with("x-") => {}
            ("mapping", _) => {
                for (name, target) in members {
                    if let Value::String(text) = target {
                        self.site(SiteKind::Mapping, Step::Key(name), text);
                    }
                }
            }
            (key, _) if MAPS.contains(&key) => self.names_of(members),
            _ => self.fields_of(value),
        }
    }

    /// The members of a map whose names are the author's.
    fn names_of(&mut self, members: &'v Map<String, Value>) {
        for (name, member) in members {
            match member {
                Value::String(text) if name == "$ref" => {
                    self.site(SiteKind::Members, Step::Key(name), text);
                }
                Value::Object(_) | Value::Array(_) => {
                    self.step(Step::Key(name), |walk| walk.fields_of(member));
                }
                _ => {}
            }
        }
    }

    fn site(&mut self, kind: SiteKind, step: Step<'v>, text: &'v str) {
        self.path.push(step);
        self.visitor.reference(Site { kind, text, path: &self.path, resource: self.resource });
        self.path.pop();
    }
}

/// Members whose values are data, where `$ref` is a name like any other.
fn is_data(key: &str) -> bool {
    matches!(key, "example" | "default" | "enum" | "const" | "value")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Site, Visitor, walk};

    struct Texts(Vec<String>);

    impl Visitor<'_> for Texts {
        fn reference(&mut self, site: Site<'_, '_>) {
            self.0.push(format!("{:?} {}", site.kind, site.pointer()));
        }
    }

    #[test]
    fn references_are_told_from_names_and_data() {
        let table = [
            (json!({"schema": {"$ref": "a"}}), "Reference /schema/$ref"),
            (json!({"properties": {"$ref": {"type": "string"}}}), ""),
            (json!({"properties": {"$ref": "a"}}), "Members /properties/$ref"),
            (
                json!({"properties": {"properties": {"properties": {"example": {"$ref": "a"}}}}}),
                "Reference /properties/properties/properties/example/$ref",
            ),
            (json!({"properties": {"default": {"default": {"$ref": "a"}}}}), ""),
            (json!({"responses": {"default": {"$ref": "a"}}}), "Reference /responses/default/$ref"),
            (json!({"allOf": {"$ref": "a"}}), "Members /allOf/$ref"),
            (json!({"allOf": [{"$ref": "a"}]}), "Reference /allOf/0/$ref"),
            (json!({"example": {"$ref": "a"}}), "Example /example/$ref"),
            (json!({"example": {"$ref": "a", "b": 1}}), ""),
            (json!({"example": {"a": {"$ref": "b"}}}), ""),
            (json!({"examples": [{"$ref": "a"}]}), ""),
            (json!({"examples": {"a": {"$ref": "b"}}}), "Reference /examples/a/$ref"),
            (json!({"examples": {"a": {"externalValue": "b.json"}}}), "External /examples/a/externalValue"),
            (json!({"properties": {"externalValue": {"type": "string"}}}), ""),
            (json!({"enum": {"$ref": "a"}}), "Scalar /enum/$ref"),
            (json!({"mapping": {"a": "b.yaml"}}), "Mapping /mapping/a"),
            (json!({"x-any": {"$ref": "a"}}), ""),
            (json!({"properties": {"x-any": {"$ref": "a"}}}), "Reference /properties/x-any/$ref"),
        ];
        for (tree, expected) in table {
            let mut texts = Texts(Vec::new());
            walk(&tree, Vec::new(), &mut texts);
            assert_eq!(texts.0.join("\n"), expected, "{tree}");
        }
    }
}
