//! What can be broken about a value, and where.

use indexmap::IndexMap;
use serde_json::Value;

use crate::document::Pointer;
use crate::generate::grammar::{Grammar, Shape, ShapeId};
use crate::schema::Types;

/// The most places of one value that are looked at.
const MAX_SPOTS: usize = 400;

/// The most Schema Objects of one place whose rules are looked at.
const MAX_LEAVES: usize = 256;

/// A rule that a Schema Object states, to be broken.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Rule {
    Type,
    Values,
    /// One of the lower bounds, by index.
    Low(usize),
    High(usize),
    Step(usize),
    MinLength,
    MaxLength,
    Pattern,
    Format,
    MinItems,
    MaxItems,
    Unique,
    /// `items: false` or `unevaluatedItems: false` behind the positions that have rules.
    ClosedItems,
    ContainsTooFew,
    ContainsTooMany,
    Required(String),
    /// A property whose schema is `false`: it may not be there.
    Forbidden(String),
    /// The same for all names that one of `patternProperties` matches, by index.
    ForbiddenPattern(usize),
    ClosedProperties,
    MinProperties,
    MaxProperties,
    Names,
    /// A property that another one, the first, asks for.
    Dependent(String, String),
    /// A declared property that is not there: it is put there with a value it may not have.
    Declared,
    /// A property beyond the declared ones, with a value it may not have.
    Extra,
    /// One item more, which it may not be.
    ExtraItem,
    Not,
    NoBranch,
    /// Two branches of `oneOf` at once.
    TwoBranches,
}

impl Rule {
    /// Whether a keyword that the validator found broken is the one this rule is about.
    pub(super) fn is_keyword(&self, keyword: &str) -> bool {
        match self {
            Self::Type => keyword == "type",
            Self::Values => matches!(keyword, "enum" | "const"),
            Self::Low(_) => matches!(keyword, "minimum" | "exclusiveMinimum"),
            Self::High(_) => matches!(keyword, "maximum" | "exclusiveMaximum"),
            Self::Step(_) => keyword == "multipleOf",
            Self::MinLength => keyword == "minLength",
            Self::MaxLength => keyword == "maxLength",
            Self::Pattern => keyword == "pattern",
            Self::Format => keyword == "format",
            Self::MinItems => keyword == "minItems",
            Self::MaxItems => keyword == "maxItems",
            Self::Unique => keyword == "uniqueItems",
            Self::ClosedItems => {
                matches!(keyword, "items" | "additionalItems" | "unevaluatedItems" | "false")
            }
            Self::ContainsTooFew | Self::ContainsTooMany => {
                matches!(keyword, "contains" | "minContains" | "maxContains")
            }
            Self::Required(_) => keyword == "required",
            Self::Forbidden(_) => matches!(keyword, "false" | "readOnly" | "writeOnly"),
            Self::ForbiddenPattern(_) => keyword == "false",
            Self::ClosedProperties => matches!(keyword, "additionalProperties" | "unevaluatedProperties"),
            Self::MinProperties => keyword == "minProperties",
            Self::MaxProperties => keyword == "maxProperties",
            Self::Names => keyword == "propertyNames",
            Self::Dependent(..) => matches!(keyword, "dependentRequired" | "required"),
            Self::Declared | Self::Extra | Self::ExtraItem => true,
            Self::Not => keyword == "not",
            Self::NoBranch => matches!(keyword, "anyOf" | "oneOf" | "type" | "enum" | "const"),
            Self::TwoBranches => keyword == "oneOf",
        }
    }

    /// Whether the validator names the place that is meant when this rule is broken about a spot: a property that
    /// may not be there is named itself.
    pub(super) fn is_place(&self, spot: &Pointer, pointer: &str) -> bool {
        match self {
            Self::Forbidden(name) => pointer == spot.join(name).as_str(),
            Self::Declared | Self::Extra | Self::ExtraItem | Self::ForbiddenPattern(_) => {
                pointer.strip_prefix(spot.as_str()).is_some_and(|rest| rest.starts_with('/'))
            }
            _ => pointer == spot.as_str(),
        }
    }
}

/// A place of a value and the Schema Objects that apply there.
#[derive(Debug)]
pub(super) struct Spot {
    pub(super) pointer: Pointer,
    pub(super) leaves: Vec<ShapeId>,
}

/// The rules stated about a value, each with the spots where it applies, by index.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) spots: Vec<Spot>,
    pub(super) rules: IndexMap<(ShapeId, Rule), Vec<usize>>,
}

impl Targets {
    /// Everything that could be broken about a value that is valid.
    pub(super) fn of(grammar: &Grammar, root: &[ShapeId], value: &Value) -> Self {
        let mut targets = Self { spots: Vec::new(), rules: IndexMap::new() };
        targets.visit(grammar, root, value, Pointer::root());
        targets
    }

    fn visit(&mut self, grammar: &Grammar, key: &[ShapeId], value: &Value, pointer: Pointer) {
        if self.spots.len() >= MAX_SPOTS {
            return;
        }
        let leaves = applying(grammar, key, value);
        let spot = self.spots.len();
        for id in &leaves {
            for rule in rules(grammar, grammar.shape(*id), value) {
                self.rules.entry((*id, rule)).or_default().push(spot);
            }
        }
        self.spots.push(Spot { pointer: pointer.clone(), leaves: leaves.clone() });
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let shapes = grammar.item_shapes(&leaves, index);
                    if !shapes.is_empty() {
                        self.visit(grammar, &shapes, item, pointer.index(index));
                    }
                }
            }
            Value::Object(map) => {
                for (name, member) in map {
                    let shapes = grammar.property_shapes(&leaves, name);
                    if !shapes.is_empty() {
                        self.visit(grammar, &shapes, member, pointer.join(name));
                    }
                }
            }
            _ => {}
        }
    }
}

/// The shapes that apply to a value, references, `allOf` and the branches it seems to take followed.
fn applying(grammar: &Grammar, key: &[ShapeId], value: &Value) -> Vec<ShapeId> {
    let mut pending: Vec<ShapeId> = key.iter().rev().copied().collect();
    let mut leaves: Vec<ShapeId> = Vec::new();
    while let Some(id) = pending.pop() {
        if leaves.len() >= MAX_LEAVES || leaves.contains(&id) {
            continue;
        }
        leaves.push(id);
        let shape = grammar.shape(id);
        pending.extend(shape.all_of.iter().rev());
        pending.extend(grammar.reference(shape));
        if let Some((condition, then, otherwise)) = &shape.condition {
            let condition = grammar.node(grammar.node_of(&[*condition]));
            pending.extend(if grammar.admits(condition, value) { then } else { otherwise });
        }
        if let Value::Object(map) = value {
            let conditional = shape.object.dependent_schemas.iter();
            pending.extend(conditional.filter(|(name, _)| map.contains_key(name)).map(|(_, shape)| *shape));
        }
        let branches = shape.any_of.iter().chain(&shape.one_of);
        pending.extend(branches.filter(|branch| seems_to_take(grammar, **branch, value, 0)));
    }
    leaves
}

/// Whether a value may well be meant for a branch: its type, required properties and fixed values tell.
fn seems_to_take(grammar: &Grammar, branch: ShapeId, value: &Value, depth: u32) -> bool {
    const MAX_DEPTH: u32 = 8;
    let shape = grammar.shape(branch);
    if shape.is_never || !shape.types.holds(Types::of(value)) {
        return false;
    }
    if shape.values.as_ref().is_some_and(|values| !values.contains(value)) {
        return false;
    }
    if depth > MAX_DEPTH {
        return true;
    }
    if let Value::Object(map) = value {
        let is_fixed_otherwise = |(name, property): (&String, &ShapeId)| {
            let values = &grammar.shape(*property).values;
            map.get(name).zip(values.as_ref()).is_some_and(|(value, values)| !values.contains(value))
        };
        if !shape.object.required.iter().all(|name| map.contains_key(name))
            || shape.object.properties.iter().any(is_fixed_otherwise)
        {
            return false;
        }
    }
    let mut parts = shape.all_of.iter().copied().chain(grammar.reference(shape));
    parts.all(|part| seems_to_take(grammar, part, value, depth + 1))
}

/// The rules of a shape that can be broken by changing a value of this type.
fn rules(grammar: &Grammar, shape: &Shape, value: &Value) -> Vec<Rule> {
    let mut rules = Vec::new();
    if shape.types != Types::default() {
        rules.push(Rule::Type);
    }
    if shape.values.is_some() {
        rules.push(Rule::Values);
    }
    if shape.not.is_some() {
        rules.push(Rule::Not);
    }
    if !shape.any_of.is_empty() || !shape.one_of.is_empty() {
        rules.push(Rule::NoBranch);
    }
    if shape.one_of.len() > 1 {
        rules.push(Rule::TwoBranches);
    }
    match value {
        Value::Number(_) => {
            rules.extend((0..shape.number.low.len()).map(Rule::Low));
            rules.extend((0..shape.number.high.len()).map(Rule::High));
            rules.extend((0..shape.number.steps.len()).map(Rule::Step));
        }
        Value::String(_) => {
            push_if(&mut rules, shape.text.min > 0, Rule::MinLength);
            push_if(&mut rules, shape.text.max.is_some(), Rule::MaxLength);
            push_if(&mut rules, !shape.text.patterns.is_empty(), Rule::Pattern);
            push_if(&mut rules, !shape.text.formats.is_empty(), Rule::Format);
        }
        Value::Array(_) => array_rules(grammar, shape, &mut rules),
        Value::Object(map) => object_rules(grammar, shape, map, &mut rules),
        _ => {}
    }
    rules
}

fn array_rules(grammar: &Grammar, shape: &Shape, rules: &mut Vec<Rule>) {
    let array = &shape.array;
    let is_closed = |schema: Option<ShapeId>| schema.is_some_and(|id| grammar.shape(id).is_never);
    push_if(rules, array.min > 0, Rule::MinItems);
    push_if(rules, array.max.is_some(), Rule::MaxItems);
    push_if(rules, array.is_unique, Rule::Unique);
    let mut own = array.prefix.iter().copied().map(Some).chain([array.items, array.unevaluated]);
    push_if(rules, own.any(is_closed), Rule::ClosedItems);
    let is_stated = array.prefix.iter().chain(&array.items).chain(&array.unevaluated).next().is_some();
    push_if(rules, is_stated, Rule::ExtraItem);
    if let Some(contains) = &array.contains {
        push_if(rules, contains.min > 0, Rule::ContainsTooFew);
        push_if(rules, contains.max.is_some(), Rule::ContainsTooMany);
    }
}

fn object_rules(
    grammar: &Grammar,
    shape: &Shape,
    map: &serde_json::Map<String, Value>,
    rules: &mut Vec<Rule>,
) {
    let object = &shape.object;
    let is_closed = |schema: Option<ShapeId>| schema.is_some_and(|id| grammar.shape(id).is_never);
    let present = object.required.iter().filter(|name| map.contains_key(*name));
    rules.extend(present.cloned().map(Rule::Required));
    let forbidden = object.properties.iter().filter(|(_, property)| grammar.shape(**property).is_never);
    rules.extend(forbidden.map(|(name, _)| Rule::Forbidden(name.clone())));
    let never = (0..object.patterns.len()).filter(|index| is_closed(Some(object.patterns[*index].1)));
    rules.extend(never.map(Rule::ForbiddenPattern));
    push_if(rules, is_closed(object.additional) || is_closed(object.unevaluated), Rule::ClosedProperties);
    let is_open = |schema: Option<ShapeId>| schema.is_some() && !is_closed(schema);
    let is_stated = is_open(object.additional) || is_open(object.unevaluated) || !object.patterns.is_empty();
    push_if(rules, is_stated, Rule::Extra);
    push_if(rules, object.min > 0, Rule::MinProperties);
    push_if(rules, object.max.is_some(), Rule::MaxProperties);
    push_if(rules, object.names.is_some(), Rule::Names);
    for (trigger, needed) in &object.dependent_required {
        rules.extend(needed.iter().map(|name| Rule::Dependent(trigger.clone(), name.clone())));
    }
    let mut declared = object.properties.iter().filter(|(_, property)| !grammar.shape(**property).is_never);
    let is_any_absent = declared.any(|(name, _)| !map.contains_key(name));
    push_if(rules, is_any_absent || !object.dependent_schemas.is_empty(), Rule::Declared);
}

fn push_if(rules: &mut Vec<Rule>, is_stated: bool, rule: Rule) {
    if is_stated {
        rules.push(rule);
    }
}
