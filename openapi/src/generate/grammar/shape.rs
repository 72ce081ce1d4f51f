//! A lowered schema taken apart: one [`Shape`] for each Schema Object of a bundle.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

use super::types::Types;
use crate::document::Pointer;

/// The number of a shape in its bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ShapeId(u32);

/// The keywords of one Schema Object, typed, with its subschemas by number.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// Where it stands in the bundle.
    pub(crate) pointer: Pointer,
    /// It is the schema `false`.
    pub(crate) is_never: bool,
    pub(crate) types: Types,
    /// `enum`, or `const` as the only member.
    pub(crate) values: Option<Vec<Value>>,
    pub(crate) number: NumberRule,
    pub(crate) text: TextRule,
    pub(crate) array: ArrayRule,
    pub(crate) object: ObjectRule,
    pub(crate) reference: Option<ShapeId>,
    pub(crate) all_of: Vec<ShapeId>,
    pub(crate) any_of: Vec<ShapeId>,
    pub(crate) one_of: Vec<ShapeId>,
    pub(crate) not: Option<ShapeId>,
    /// `if`, `then`, `else`.
    pub(crate) condition: Option<(ShapeId, Option<ShapeId>, Option<ShapeId>)>,
}

/// A bound of a number.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    pub(crate) value: Number,
    pub(crate) is_exclusive: bool,
}

/// What a schema says of numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct NumberRule {
    pub(crate) low: Vec<Bound>,
    pub(crate) high: Vec<Bound>,
    pub(crate) steps: Vec<Number>,
}

/// What a schema says of strings; lengths count characters.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextRule {
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
    pub(crate) patterns: Vec<String>,
    pub(crate) formats: Vec<String>,
}

/// What a schema says of arrays.
#[derive(Debug, Clone, Default)]
pub(crate) struct ArrayRule {
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
    pub(crate) is_unique: bool,
    pub(crate) prefix: Vec<ShapeId>,
    pub(crate) items: Option<ShapeId>,
    pub(crate) contains: Option<Contains>,
    /// `unevaluatedItems`.
    pub(crate) unevaluated: Option<ShapeId>,
}

/// `contains` with its bounds.
#[derive(Debug, Clone)]
pub(crate) struct Contains {
    pub(crate) shape: ShapeId,
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
}

/// What a schema says of objects.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectRule {
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
    pub(crate) required: Vec<String>,
    pub(crate) properties: IndexMap<String, ShapeId>,
    pub(crate) patterns: Vec<(String, ShapeId)>,
    pub(crate) additional: Option<ShapeId>,
    pub(crate) names: Option<ShapeId>,
    pub(crate) dependent_required: Vec<(String, Vec<String>)>,
    pub(crate) dependent_schemas: Vec<(String, ShapeId)>,
    /// `unevaluatedProperties`.
    pub(crate) unevaluated: Option<ShapeId>,
}

/// All shapes of a bundle; the first is its root.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    list: Vec<Shape>,
    by_pointer: HashMap<String, ShapeId>,
}

impl Shapes {
    /// Takes a bundle apart.
    pub(crate) fn read(bundle: &Value) -> Self {
        let mut reader = Reader { shapes: Self::default(), references: Vec::new() };
        reader.schema(bundle, Pointer::root());
        let Reader { mut shapes, references } = reader;
        for (from, reference) in references {
            // A reference that leads nowhere admits everything, as it does for the validator's bundle.
            let target = reference.strip_prefix('#').and_then(|pointer| shapes.by_pointer.get(pointer));
            shapes.list[from.index()].reference = target.copied();
        }
        shapes
    }

    /// The root of the bundle.
    pub(crate) fn root(&self) -> ShapeId {
        ShapeId(0)
    }

    /// All shapes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Shape> {
        self.list.iter()
    }

    /// The shape of a number given out by this very list.
    pub(crate) fn get(&self, id: ShapeId) -> &Shape {
        &self.list[id.index()]
    }
}

impl ShapeId {
    fn index(self) -> usize {
        self.0 as usize
    }
}

struct Reader {
    shapes: Shapes,
    references: Vec<(ShapeId, String)>,
}

impl Reader {
    fn schema(&mut self, source: &Value, pointer: Pointer) -> ShapeId {
        let id =
            ShapeId(u32::try_from(self.shapes.list.len()).expect("a document has fewer nodes than 2^32"));
        self.shapes.by_pointer.insert(pointer.as_str().to_owned(), id);
        self.shapes.list.push(Shape::default());
        let mut shape = match source.as_object() {
            Some(keywords) => self.keywords(id, keywords, &pointer),
            None => Shape { is_never: source == &Value::Bool(false), ..Shape::default() },
        };
        shape.pointer = pointer;
        self.shapes.list[id.index()] = shape;
        id
    }

    fn keywords(&mut self, id: ShapeId, keywords: &Map<String, Value>, pointer: &Pointer) -> Shape {
        let mut shape = Shape::default();
        if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
            self.references.push((id, reference.to_owned()));
        }
        if let Some(definitions) = keywords.get("$defs").and_then(Value::as_object) {
            for (name, definition) in definitions {
                self.schema(definition, pointer.join("$defs").join(name));
            }
        }
        shape.types = keywords.get("type").map_or_else(Types::default, Types::named);
        shape.values = match (keywords.get("const"), keywords.get("enum").and_then(Value::as_array)) {
            (Some(value), None) => Some(vec![value.clone()]),
            (Some(value), Some(values)) => {
                Some(values.iter().filter(|other| *other == value).cloned().collect())
            }
            (None, values) => values.cloned(),
        };
        shape.number = number(keywords);
        shape.text = TextRule {
            min: count(keywords, "minLength").unwrap_or(0),
            max: count(keywords, "maxLength"),
            patterns: text(keywords, "pattern").into_iter().collect(),
            formats: text(keywords, "format").into_iter().collect(),
        };
        shape.array = self.array(keywords, pointer);
        shape.object = self.object(keywords, pointer);
        shape.all_of = self.list(keywords, "allOf", pointer);
        shape.any_of = self.list(keywords, "anyOf", pointer);
        shape.one_of = self.list(keywords, "oneOf", pointer);
        shape.not = self.single(keywords, "not", pointer);
        if let Some(condition) = self.single(keywords, "if", pointer) {
            let then = self.single(keywords, "then", pointer);
            shape.condition = Some((condition, then, self.single(keywords, "else", pointer)));
        }
        shape
    }

    fn array(&mut self, keywords: &Map<String, Value>, pointer: &Pointer) -> ArrayRule {
        let contains = self.single(keywords, "contains", pointer).map(|shape| Contains {
            shape,
            min: count(keywords, "minContains").unwrap_or(1),
            max: count(keywords, "maxContains"),
        });
        ArrayRule {
            min: count(keywords, "minItems").unwrap_or(0),
            max: count(keywords, "maxItems"),
            is_unique: keywords.get("uniqueItems") == Some(&Value::Bool(true)),
            prefix: self.list(keywords, "prefixItems", pointer),
            items: self.single(keywords, "items", pointer),
            contains,
            unevaluated: self.single(keywords, "unevaluatedItems", pointer),
        }
    }

    fn object(&mut self, keywords: &Map<String, Value>, pointer: &Pointer) -> ObjectRule {
        let lists = |value: &Value| texts(Some(value));
        ObjectRule {
            min: count(keywords, "minProperties").unwrap_or(0),
            max: count(keywords, "maxProperties"),
            required: texts(keywords.get("required")),
            properties: self.members(keywords, "properties", pointer).into_iter().collect(),
            patterns: self.members(keywords, "patternProperties", pointer),
            additional: self.single(keywords, "additionalProperties", pointer),
            names: self.single(keywords, "propertyNames", pointer),
            dependent_required: members(keywords, "dependentRequired")
                .map(|(name, value)| (name.clone(), lists(value)))
                .collect(),
            dependent_schemas: self.members(keywords, "dependentSchemas", pointer),
            unevaluated: self.single(keywords, "unevaluatedProperties", pointer),
        }
    }

    fn single(&mut self, keywords: &Map<String, Value>, keyword: &str, pointer: &Pointer) -> Option<ShapeId> {
        keywords.get(keyword).map(|schema| self.schema(schema, pointer.join(keyword)))
    }

    fn list(&mut self, keywords: &Map<String, Value>, keyword: &str, pointer: &Pointer) -> Vec<ShapeId> {
        let items = keywords.get(keyword).and_then(Value::as_array).into_iter().flatten();
        let pointer = pointer.join(keyword);
        items.enumerate().map(|(index, schema)| self.schema(schema, pointer.index(index))).collect()
    }

    fn members(
        &mut self,
        keywords: &Map<String, Value>,
        keyword: &str,
        pointer: &Pointer,
    ) -> Vec<(String, ShapeId)> {
        let pointer = pointer.join(keyword);
        members(keywords, keyword)
            .map(|(name, schema)| (name.clone(), self.schema(schema, pointer.join(name))))
            .collect()
    }
}

fn number(keywords: &Map<String, Value>) -> NumberRule {
    let bound = |keyword: &str, is_exclusive: bool| match keywords.get(keyword) {
        Some(Value::Number(value)) => Some(Bound { value: value.clone(), is_exclusive }),
        _ => None,
    };
    NumberRule {
        low: [bound("minimum", false), bound("exclusiveMinimum", true)].into_iter().flatten().collect(),
        high: [bound("maximum", false), bound("exclusiveMaximum", true)].into_iter().flatten().collect(),
        steps: match keywords.get("multipleOf") {
            Some(Value::Number(step)) => vec![step.clone()],
            _ => Vec::new(),
        },
    }
}

fn members<'k>(
    keywords: &'k Map<String, Value>,
    keyword: &str,
) -> impl Iterator<Item = (&'k String, &'k Value)> + use<'k> {
    keywords.get(keyword).and_then(Value::as_object).into_iter().flatten()
}

fn count(keywords: &Map<String, Value>, keyword: &str) -> Option<u64> {
    let value = keywords.get(keyword)?;
    value.as_u64().or_else(|| value.as_f64().filter(|float| *float >= 0.0).map(|float| float as u64))
}

fn text(keywords: &Map<String, Value>, keyword: &str) -> Option<String> {
    keywords.get(keyword).and_then(Value::as_str).map(str::to_owned)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}
