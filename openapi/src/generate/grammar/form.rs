//! The flat rules of one way to meet a node.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::node::{Grammar, NodeId};
use super::shape::{NumberRule, ShapeId, TextRule};
use crate::generate::Variety;
use crate::generate::seed::Dice;
use crate::generate::text::{NoText, TextSource};
use crate::schema::Types;

/// One way to meet all the rules of a node: a set of values or a JSON type with its rules.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) kind: FormKind,
    /// Whether the schemas speak of such values. Where they state no `type` but rules about objects, say, a string is
    /// valid, and hardly what they are for.
    pub(crate) is_meant: bool,
    /// How deep its shallowest value nests; nothing where every value would be infinite.
    pub(super) height: OnceLock<Option<u32>>,
}

/// What a form draws from.
#[derive(Debug)]
pub(crate) enum FormKind {
    /// The members of an `enum`, or a `const`.
    Values(Vec<Value>),
    Null,
    Boolean,
    /// Numbers, only whole ones or any.
    Number {
        rule: NumberRule,
        is_whole: bool,
    },
    Text(TextForm),
    Array(ArrayForm),
    Object(ObjectForm),
}

/// The rules of a string.
#[derive(Debug)]
pub(crate) struct TextForm {
    pub(crate) rule: TextRule,
    /// Patterns and formats made ready to draw from, the first time they are.
    source: OnceLock<TextSource>,
}

/// The rules of an array.
#[derive(Debug)]
pub(crate) struct ArrayForm {
    leaves: Arc<[ShapeId]>,
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
    pub(crate) is_unique: bool,
    /// The nodes of the positions that have rules of their own.
    prefix: Vec<OnceLock<NodeId>>,
    /// The node of every later position.
    rest: OnceLock<NodeId>,
    /// How many items there must be, and may be, that meet a schema.
    pub(crate) contains: Vec<(ShapeId, u64, Option<u64>)>,
}

/// The rules of an object.
#[derive(Debug)]
pub(crate) struct ObjectForm {
    leaves: Arc<[ShapeId]>,
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
    /// The properties that have a schema or must be there, in the order of the document.
    pub(crate) properties: Vec<Property>,
    /// Whether properties beyond those may be there.
    pub(crate) is_open: bool,
    /// `patternProperties`, as the names that they match.
    pub(crate) patterns: Vec<Arc<TextForm>>,
    /// `propertyNames`.
    pub(crate) names: Vec<ShapeId>,
    /// The properties that must be there if another one is.
    pub(crate) dependent: Vec<(String, Vec<String>)>,
    /// The schemas that the object must meet if a property is there.
    pub(crate) conditional: Vec<(String, ShapeId)>,
}

/// A property of an object.
#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) is_required: bool,
    node: OnceLock<NodeId>,
}

impl Form {
    fn new(kind: FormKind) -> Self {
        Self { kind, is_meant: true, height: OnceLock::new() }
    }

    /// The forms of a set of shapes without open choices, one a type.
    pub(super) fn read(grammar: &Grammar, types: Types, leaves: &Arc<[ShapeId]>, forms: &mut Vec<Self>) {
        let shapes = || leaves.iter().map(|id| grammar.shape(*id));
        let mut listed = shapes().filter_map(|shape| shape.values.as_ref());
        if let Some(first) = listed.next() {
            let others: Vec<&Vec<Value>> = listed.collect();
            let mut values: Vec<Value> = first
                .iter()
                .filter(|value| others.iter().all(|other| other.contains(value)))
                .filter(|value| types.holds(Types::of(value)))
                .cloned()
                .collect();
            let text = text_rule(grammar, leaves);
            values.retain(|value| value.as_str().is_none_or(|value| text.fits(value)));
            if !values.is_empty() {
                forms.push(Self::new(FormKind::Values(values)));
            }
            return;
        }
        let spoken_of = match types == Types::default() {
            true => Types::each(types).filter(|single| shapes().any(|shape| shape.rules(*single))).collect(),
            false => Vec::new(),
        };
        for single in types.each() {
            let kind = match single {
                Types::NULL => FormKind::Null,
                Types::BOOLEAN => FormKind::Boolean,
                // One form for all numbers, where fractions are admitted as well.
                Types::INTEGER if types.holds(Types::FRACTION) => continue,
                Types::INTEGER | Types::FRACTION => {
                    let mut rule = NumberRule::default();
                    for shape in shapes() {
                        rule.low.extend_from_slice(&shape.number.low);
                        rule.high.extend_from_slice(&shape.number.high);
                        rule.steps.extend_from_slice(&shape.number.steps);
                    }
                    FormKind::Number { rule, is_whole: single == Types::INTEGER }
                }
                Types::STRING => {
                    FormKind::Text(TextForm { rule: text_rule(grammar, leaves), source: OnceLock::new() })
                }
                Types::ARRAY => FormKind::Array(ArrayForm::read(grammar, leaves)),
                _ => FormKind::Object(ObjectForm::read(grammar, leaves)),
            };
            let is_meant = spoken_of.is_empty() || spoken_of.contains(&single);
            forms.push(Self { is_meant, ..Self::new(kind) });
        }
    }
}

impl TextForm {
    /// Any string that a pattern matches.
    pub(super) fn matching(pattern: &str) -> Self {
        let rule = TextRule { patterns: vec![pattern.to_owned()], ..TextRule::default() };
        Self { rule, source: OnceLock::new() }
    }

    /// Whether a string meets the rules.
    pub(crate) fn admits(&self, text: &str) -> bool {
        self.rule.fits(text) && self.source.get_or_init(|| TextSource::new(&self.rule)).admits(text)
    }

    /// A string of the form; the error says why there is none.
    pub(crate) fn draw(&self, dice: &mut Dice, variety: Variety) -> Result<String, NoText> {
        let source = self.source.get_or_init(|| TextSource::new(&self.rule));
        source.draw(&self.rule, dice, variety)
    }
}

fn text_rule(grammar: &Grammar, leaves: &[ShapeId]) -> TextRule {
    let mut rule = TextRule::default();
    for id in leaves {
        let text = &grammar.shape(*id).text;
        rule.min = rule.min.max(text.min);
        rule.max = least(rule.max, text.max);
        for (all, more) in [(&mut rule.patterns, &text.patterns), (&mut rule.formats, &text.formats)] {
            all.extend(more.iter().filter(|one| !all.contains(one)).cloned().collect::<Vec<_>>());
        }
    }
    rule
}

fn least(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    left.into_iter().chain(right).min()
}

impl TextRule {
    /// Whether the length of a string is admitted.
    pub(crate) fn fits(&self, text: &str) -> bool {
        let length = text.chars().count() as u64;
        self.min <= length && self.max.is_none_or(|max| length <= max)
    }
}

impl ArrayForm {
    fn read(grammar: &Grammar, leaves: &Arc<[ShapeId]>) -> Self {
        let rules = || leaves.iter().map(|id| &grammar.shape(*id).array);
        let positions = rules().map(|rule| rule.prefix.len()).max().unwrap_or(0);
        Self {
            leaves: Arc::clone(leaves),
            min: rules().map(|rule| rule.min).max().unwrap_or(0),
            max: rules().filter_map(|rule| rule.max).min(),
            is_unique: rules().any(|rule| rule.is_unique),
            prefix: (0..positions).map(|_| OnceLock::new()).collect(),
            rest: OnceLock::new(),
            contains: rules()
                .filter_map(|rule| rule.contains.as_ref())
                .map(|contains| (contains.shape, contains.min, contains.max))
                .collect(),
        }
    }

    /// The number of positions that have rules of their own.
    pub(crate) fn positions(&self) -> usize {
        self.prefix.len()
    }

    /// The node of the item at an index.
    pub(crate) fn item(&self, grammar: &Grammar, index: usize) -> NodeId {
        let slot = self.prefix.get(index).unwrap_or(&self.rest);
        *slot.get_or_init(|| grammar.node_of(&self.item_shapes(grammar, index)))
    }

    /// The shapes that apply to the item at an index.
    pub(crate) fn item_shapes(&self, grammar: &Grammar, index: usize) -> Vec<ShapeId> {
        grammar.item_shapes(&self.leaves, index)
    }
}

impl ObjectForm {
    fn read(grammar: &Grammar, leaves: &Arc<[ShapeId]>) -> Self {
        let rules = || leaves.iter().map(|id| &grammar.shape(*id).object);
        let required: HashSet<&str> =
            rules().flat_map(|rule| rule.required.iter().map(String::as_str)).collect();
        let mut seen = HashSet::new();
        let declared = rules().flat_map(|rule| rule.properties.keys());
        let properties = declared
            .chain(rules().flat_map(|rule| &rule.required))
            .filter(|name| seen.insert(name.as_str()))
            .map(|name| Property {
                name: name.clone(),
                is_required: required.contains(name.as_str()),
                node: OnceLock::new(),
            })
            .collect();
        let is_closed = |schema: &Option<ShapeId>| schema.is_some_and(|id| grammar.shape(id).is_never);
        Self {
            leaves: Arc::clone(leaves),
            min: rules().map(|rule| rule.min).max().unwrap_or(0),
            max: rules().filter_map(|rule| rule.max).min(),
            properties,
            is_open: !rules().any(|rule| is_closed(&rule.additional) || is_closed(&rule.unevaluated)),
            patterns: rules()
                .flat_map(|rule| rule.patterns.iter().map(|(pattern, _)| grammar.names(pattern)))
                .collect(),
            names: rules().filter_map(|rule| rule.names).collect(),
            dependent: rules().flat_map(|rule| rule.dependent_required.iter().cloned()).collect(),
            conditional: rules().flat_map(|rule| rule.dependent_schemas.iter().cloned()).collect(),
        }
    }

    /// The node of a property's value.
    pub(crate) fn property(&self, grammar: &Grammar, property: &Property) -> NodeId {
        *property.node.get_or_init(|| grammar.node_of(&self.property_shapes(grammar, &property.name)))
    }

    /// The shapes that apply to the value of the property of a name.
    pub(crate) fn property_shapes(&self, grammar: &Grammar, name: &str) -> Vec<ShapeId> {
        grammar.property_shapes(&self.leaves, name)
    }

    /// Whether a schema describes the properties that are not named.
    pub(crate) fn describes_extras(&self, grammar: &Grammar) -> bool {
        self.leaves.iter().any(|id| {
            let rule = &grammar.shape(*id).object;
            rule.additional.is_some() || !rule.patterns.is_empty()
        })
    }

    /// Whether a shape is among those the form meets.
    pub(crate) fn has(&self, shape: ShapeId) -> bool {
        self.leaves.contains(&shape)
    }
}
