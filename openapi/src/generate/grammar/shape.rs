//! Lowered schemas taken apart: one [`Shape`] for each Schema Object, read when first reached.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

use super::arena::Arena;
use super::source::Source;
use crate::document::Pointer;
use crate::schema::{LINK, Types};

/// The number of a shape in its grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ShapeId(u32);

/// The keywords of one Schema Object, typed, with its subschemas by number.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// The unit it is a part of, and where it stands there.
    pub(crate) unit: Arc<str>,
    pub(crate) way: Pointer,
    /// It is the schema `false`.
    pub(crate) is_never: bool,
    pub(crate) types: Types,
    /// `enum`, or `const` as the only member.
    pub(crate) values: Option<Vec<Value>>,
    pub(crate) number: Rule<NumberRule>,
    pub(crate) text: Rule<TextRule>,
    pub(crate) array: Rule<ArrayRule>,
    pub(crate) object: Rule<ObjectRule>,
    pub(super) reference: Option<Reference>,
    pub(crate) all_of: Vec<ShapeId>,
    pub(crate) any_of: Vec<ShapeId>,
    pub(crate) one_of: Vec<ShapeId>,
    pub(crate) not: Option<ShapeId>,
    /// `if`, `then`, `else`.
    pub(crate) condition: Option<(ShapeId, Option<ShapeId>, Option<ShapeId>)>,
}

/// What a Schema Object says of one type. Most say nothing of most types, and share that.
pub(crate) type Rule<T> = Arc<T>;

/// A reference, followed when first asked for.
#[derive(Debug)]
pub(super) struct Reference {
    /// The pointer of the unit it leads to.
    pointer: String,
    found: OnceLock<Option<ShapeId>>,
}

/// A bound of a number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bound {
    pub(crate) value: Number,
    pub(crate) is_exclusive: bool,
}

/// What a schema says of numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct NumberRule {
    pub(crate) low: Vec<Bound>,
    pub(crate) high: Vec<Bound>,
    pub(crate) steps: Vec<Number>,
}

/// What a schema says of strings; lengths count characters.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TextRule {
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
    pub(crate) patterns: Vec<String>,
    pub(crate) formats: Vec<String>,
}

/// What a schema says of arrays.
#[derive(Debug, Clone, Default, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contains {
    pub(crate) shape: ShapeId,
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
}

/// What a schema says of objects.
#[derive(Debug, Clone, Default, PartialEq)]
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

impl Shape {
    /// Whether it says anything of the values of a single type.
    pub(super) fn rules(&self, single: Types) -> bool {
        match single {
            Types::INTEGER | Types::FRACTION => *self.number != NumberRule::default(),
            Types::STRING => *self.text != TextRule::default(),
            Types::ARRAY => *self.array != ArrayRule::default(),
            Types::OBJECT => *self.object != ObjectRule::default(),
            _ => false,
        }
    }
}

/// The shapes of the units reached so far.
#[derive(Debug)]
pub(super) struct Shapes {
    source: Source,
    list: Arena<Shape>,
    units: Mutex<HashMap<String, Option<ShapeId>>>,
}

impl Shapes {
    pub(super) fn new(source: Source) -> Self {
        Self { source, list: Arena::default(), units: Mutex::default() }
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// The shape of the unit at a pointer; nothing where there is none.
    pub(super) fn unit(&self, pointer: &str) -> Option<ShapeId> {
        let units = || self.units.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = units().get(pointer) {
            return *known;
        }
        // Read without the lock; of two that race, the first one stored is everyone's.
        let read = self.source.unit(pointer).map(|schema| {
            let mut reader = Reader { list: &self.list, unit: pointer.into() };
            reader.schema(&schema, Pointer::root())
        });
        *units().entry(pointer.to_owned()).or_insert(read)
    }

    /// The shape that a shape's reference leads to.
    pub(super) fn reference(&self, shape: &Shape) -> Option<ShapeId> {
        let reference = shape.reference.as_ref()?;
        // A reference that leads nowhere admits everything, as it does for the validator.
        *reference.found.get_or_init(|| self.unit(&reference.pointer))
    }

    /// The shape of a number given out by this very list.
    pub(super) fn get(&self, id: ShapeId) -> &Shape {
        self.list.get(id.0)
    }
}

struct Reader<'l> {
    list: &'l Arena<Shape>,
    unit: Arc<str>,
}

impl Reader<'_> {
    fn schema(&mut self, source: &Value, way: Pointer) -> ShapeId {
        let mut shape = match source.as_object() {
            Some(keywords) => self.keywords(keywords, &way),
            None => Shape { is_never: source == &Value::Bool(false), ..Shape::default() },
        };
        shape.unit = Arc::clone(&self.unit);
        shape.way = way;
        ShapeId(self.list.push(shape))
    }

    fn keywords(&mut self, keywords: &Map<String, Value>, way: &Pointer) -> Shape {
        let mut shape = Shape::default();
        let reference = keywords.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
        let link = keywords.get(LINK).and_then(Value::as_str);
        shape.reference = link
            .or(reference)
            .map(|pointer| Reference { pointer: pointer.to_owned(), found: OnceLock::new() });
        let named = keywords.get("type").map_or(Types::NONE, Types::named);
        shape.types = if named.is_empty() { Types::ANY } else { named };
        shape.values = match (keywords.get("const"), keywords.get("enum").and_then(Value::as_array)) {
            (Some(value), None) => Some(vec![value.clone()]),
            (Some(value), Some(values)) => {
                Some(values.iter().filter(|other| *other == value).cloned().collect())
            }
            (None, values) => values.cloned(),
        };
        static NUMBER: LazyLock<Rule<NumberRule>> = LazyLock::new(Arc::default);
        static TEXT: LazyLock<Rule<TextRule>> = LazyLock::new(Arc::default);
        static ARRAY: LazyLock<Rule<ArrayRule>> = LazyLock::new(Arc::default);
        static OBJECT: LazyLock<Rule<ObjectRule>> = LazyLock::new(Arc::default);
        shape.number = shared(number(keywords), &NUMBER);
        let text = TextRule {
            min: count(keywords, "minLength").unwrap_or(0),
            max: count(keywords, "maxLength"),
            patterns: text(keywords, "pattern").into_iter().collect(),
            formats: text(keywords, "format").into_iter().collect(),
        };
        shape.text = shared(text, &TEXT);
        shape.array = shared(self.array(keywords, way), &ARRAY);
        shape.object = shared(self.object(keywords, way), &OBJECT);
        shape.all_of = self.list(keywords, "allOf", way);
        shape.any_of = self.list(keywords, "anyOf", way);
        shape.one_of = self.list(keywords, "oneOf", way);
        shape.not = self.single(keywords, "not", way);
        if let Some(condition) = self.single(keywords, "if", way) {
            let then = self.single(keywords, "then", way);
            shape.condition = Some((condition, then, self.single(keywords, "else", way)));
        }
        shape
    }

    fn array(&mut self, keywords: &Map<String, Value>, way: &Pointer) -> ArrayRule {
        let contains = self.single(keywords, "contains", way).map(|shape| Contains {
            shape,
            min: count(keywords, "minContains").unwrap_or(1),
            max: count(keywords, "maxContains"),
        });
        ArrayRule {
            min: count(keywords, "minItems").unwrap_or(0),
            max: count(keywords, "maxItems"),
            is_unique: keywords.get("uniqueItems") == Some(&Value::Bool(true)),
            prefix: self.list(keywords, "prefixItems", way),
            items: self.single(keywords, "items", way),
            contains,
            unevaluated: self.single(keywords, "unevaluatedItems", way),
        }
    }

    fn object(&mut self, keywords: &Map<String, Value>, way: &Pointer) -> ObjectRule {
        let lists = |value: &Value| texts(Some(value));
        ObjectRule {
            min: count(keywords, "minProperties").unwrap_or(0),
            max: count(keywords, "maxProperties"),
            required: texts(keywords.get("required")),
            properties: self.members(keywords, "properties", way).into_iter().collect(),
            patterns: self.members(keywords, "patternProperties", way),
            additional: self.single(keywords, "additionalProperties", way),
            names: self.single(keywords, "propertyNames", way),
            dependent_required: members(keywords, "dependentRequired")
                .map(|(name, value)| (name.clone(), lists(value)))
                .collect(),
            dependent_schemas: self.members(keywords, "dependentSchemas", way),
            unevaluated: self.single(keywords, "unevaluatedProperties", way),
        }
    }

    fn single(&mut self, keywords: &Map<String, Value>, keyword: &str, way: &Pointer) -> Option<ShapeId> {
        keywords.get(keyword).map(|schema| self.schema(schema, way.join(keyword)))
    }

    fn list(&mut self, keywords: &Map<String, Value>, keyword: &str, way: &Pointer) -> Vec<ShapeId> {
        let items = keywords.get(keyword).and_then(Value::as_array).into_iter().flatten();
        let way = way.join(keyword);
        items.enumerate().map(|(index, schema)| self.schema(schema, way.index(index))).collect()
    }

    fn members(
        &mut self,
        keywords: &Map<String, Value>,
        keyword: &str,
        way: &Pointer,
    ) -> Vec<(String, ShapeId)> {
        let way = way.join(keyword);
        members(keywords, keyword)
            .map(|(name, schema)| (name.clone(), self.schema(schema, way.join(name))))
            .collect()
    }
}

/// A rule, or the shared one where it says nothing.
fn shared<T: Default + PartialEq>(rule: T, nothing: &Rule<T>) -> Rule<T> {
    if rule == **nothing { Arc::clone(nothing) } else { Arc::new(rule) }
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
