//! Breaking one rule about one place of a value.

use serde_json::{Map, Number, Value, json};

use super::target::{Rule, Spot};
use super::text;
use crate::generate::Variety;
use crate::generate::draw::{Care, Draw, decimal, exact, is_same};
use crate::generate::grammar::{Bound, Grammar, ShapeId};
use crate::generate::seed::Dice;
use crate::generate::text::{MAX_TEXT, word};
use crate::schema::Types;

/// The most items or properties that are added to go beyond a limit.
const MAX_ADDED: u64 = 2_000;

/// Breaks rules about the values of one grammar.
#[derive(Debug)]
pub(super) struct Breaking<'g> {
    pub(super) grammar: &'g Grammar,
    pub(super) dice: &'g mut Dice,
}

impl Breaking<'_> {
    /// The value with a rule about one of its places broken, or so it is meant; nothing where that is not to be had.
    pub(super) fn apply(&mut self, value: &Value, spot: &Spot, shape: ShapeId, rule: &Rule) -> Option<Value> {
        let mut broken = value.clone();
        let place = broken.pointer_mut(spot.pointer.as_str())?;
        let changed = self.changed(place, spot, shape, rule)?;
        *place = changed;
        Some(broken)
    }

    fn changed(&mut self, place: &Value, spot: &Spot, id: ShapeId, rule: &Rule) -> Option<Value> {
        let grammar = self.grammar;
        let shape = grammar.shape(id);
        match (rule, place) {
            (Rule::Type, _) => self.of_other_type(shape.types),
            (Rule::Values, _) => self.non_member(shape.values.as_deref()?, place),
            (Rule::Not, _) => self.drawn(spot, &[shape.not?]),
            (Rule::NoBranch, _) => self.alien(spot),
            (Rule::TwoBranches, _) => {
                let order = self.dice.order(shape.one_of.len());
                let (first, second) = (shape.one_of[order[0]], shape.one_of[order[1]]);
                self.drawn(spot, &[first, second])
            }
            (Rule::Low(index), Value::Number(_)) => self.beyond(shape.number.low.get(*index)?, -1, spot),
            (Rule::High(index), Value::Number(_)) => self.beyond(shape.number.high.get(*index)?, 1, spot),
            (Rule::Step(index), Value::Number(number)) => {
                between_steps(number, shape.number.steps.get(*index)?)
            }
            (_, Value::String(text)) => self.text(text, shape, rule).map(Value::String),
            (_, Value::Array(items)) => self.array(items, spot, id, rule).map(Value::Array),
            (_, Value::Object(map)) => self.object(map, spot, id, rule).map(Value::Object),
            _ => None,
        }
    }

    /// A value of a type that is not among those admitted.
    fn of_other_type(&mut self, admitted: Types) -> Option<Value> {
        let others: Vec<Value> =
            self.samples().into_iter().filter(|sample| !admitted.holds(Types::of(sample))).collect();
        self.dice.pick(&others).cloned()
    }

    /// A small value of each type.
    fn samples(&mut self) -> [Value; 7] {
        let text = word(self.dice);
        [
            Value::Null,
            Value::Bool(self.dice.chance(50)),
            json!(self.dice.below(100)),
            json!(0.5 + self.dice.below(100) as f64),
            json!(text),
            json!([text]),
            json!({ text: self.dice.below(10) }),
        ]
    }

    fn non_member(&mut self, members: &[Value], place: &Value) -> Option<Value> {
        let is_member = |value: &Value| members.iter().any(|member| is_same(member, value));
        let mut others = match place {
            Value::String(text) => {
                let other = word(self.dice);
                vec![json!(format!("{text}x")), json!(other), json!(text.to_uppercase()), json!("")]
            }
            Value::Number(number) => {
                let float = number.as_f64().unwrap_or(0.0);
                vec![json!(number.as_i64().and_then(|number| number.checked_add(1))), json!(float + 1000.0)]
            }
            Value::Bool(value) => vec![json!(!value)],
            _ => Vec::new(),
        };
        others.retain(|other| !is_member(other) && !other.is_null());
        if let Some(other) = self.dice.pick(&others) {
            return Some(other.clone());
        }
        let samples: Vec<Value> = self.samples().into_iter().filter(|sample| !is_member(sample)).collect();
        self.dice.pick(&samples).cloned()
    }

    /// A value that meets more than it may: the schemas of the place and others.
    fn drawn(&mut self, spot: &Spot, more: &[ShapeId]) -> Option<Value> {
        // Of the leaves the choices would have to be made again; the plain rules among them are enough.
        let plain = spot.leaves.iter().filter(|id| {
            let shape = self.grammar.shape(**id);
            shape.any_of.is_empty()
                && shape.one_of.is_empty()
                && shape.not.is_none()
                && shape.condition.is_none()
        });
        let with: Vec<ShapeId> = plain.copied().chain(more.iter().copied()).collect();
        self.sample(with, Variety::Plain).or_else(|| self.sample(more.to_vec(), Variety::Plain))
    }

    fn sample(&mut self, shapes: Vec<ShapeId>, variety: Variety) -> Option<Value> {
        let id = self.grammar.node_of(&shapes);
        let mut draw = Draw::new(self.grammar, self.dice.split(), variety, Care::Quick);
        draw.value(id, 0).ok()
    }

    /// A value of a type that none of the branches admits, or else anything.
    fn alien(&mut self, spot: &Spot) -> Option<Value> {
        let types =
            spot.leaves.iter().fold(Types::default(), |types, id| types.and(self.grammar.shape(*id).types));
        self.of_other_type(types)
            .or_else(|| self.dice.pick(&[json!({}), json!([]), json!(""), json!(0)]).cloned())
    }

    /// A number just beyond a bound, on the side that `direction` says; a multiple of the steps where there are any.
    fn beyond(&mut self, bound: &Bound, direction: i128, spot: &Spot) -> Option<Value> {
        let steps = spot.leaves.iter().flat_map(|id| &self.grammar.shape(*id).number.steps);
        let step = steps.filter_map(Number::as_f64).fold(1.0, f64::max);
        let Some((mantissa, scale)) = exact(&bound.value) else {
            let bound = bound.value.as_f64()?;
            return Number::from_f64(bound + direction as f64 * (bound.abs() * 0.5 + 1.0)).map(Value::Number);
        };
        if bound.is_exclusive && self.dice.chance(50) {
            return Some(Value::Number(bound.value.clone()));
        }
        let far = if self.dice.chance(70) { 1 } else { 1 + self.dice.below(1000) as i128 };
        let distance = direction * far * (step as i128).max(1);
        let beyond = mantissa.checked_add(distance.checked_mul(10_i128.checked_pow(scale)?)?)?;
        decimal(beyond, scale).or_else(|| {
            // Beyond 64 bits only doubles go on, and the next one has to differ.
            Number::from_f64(bound.value.as_f64()? * 2.0).map(Value::Number)
        })
    }

    fn text(&mut self, text: &str, shape: &crate::generate::grammar::Shape, rule: &Rule) -> Option<String> {
        let characters = || text.chars();
        match rule {
            Rule::MinLength => {
                let length = usize::try_from(shape.text.min.checked_sub(1)?).ok()?;
                Some(characters().take(length).collect())
            }
            Rule::MaxLength => {
                let length = shape.text.max?.checked_add(1).filter(|length| *length <= MAX_TEXT)?;
                let filler = characters().last().filter(char::is_ascii_alphanumeric).unwrap_or('a');
                let length = usize::try_from(length).ok()?;
                Some(characters().chain(std::iter::repeat(filler)).take(length).collect())
            }
            Rule::Pattern => Some(text::off_pattern(text, self.dice)),
            Rule::Format => Some(text::off_format(text, self.dice)),
            _ => None,
        }
    }

    fn array(&mut self, items: &[Value], spot: &Spot, id: ShapeId, rule: &Rule) -> Option<Vec<Value>> {
        let grammar = self.grammar;
        let array = &grammar.shape(id).array;
        let mut items = items.to_vec();
        match rule {
            Rule::MinItems => items.truncate(usize::try_from(array.min.checked_sub(1)?).ok()?),
            Rule::MaxItems => {
                let wanted = array.max?.checked_add(1)?;
                if wanted.saturating_sub(items.len() as u64) > MAX_ADDED {
                    return None;
                }
                while (items.len() as u64) < wanted {
                    let shapes = grammar.item_shapes(&spot.leaves, items.len());
                    let item = self.new_item(shapes, &items)?;
                    items.push(item);
                }
            }
            Rule::Unique => {
                let copied = self.dice.pick(&items)?.clone();
                match self.has_room(spot, &items) || items.len() < 2 {
                    true => items.push(copied),
                    false => {
                        let at = items.iter().position(|item| *item != copied)?;
                        items[at] = copied;
                    }
                }
            }
            Rule::ClosedItems => {
                let length = array.prefix.len().max(items.len());
                while items.len() <= length {
                    let shapes = grammar.item_shapes(&spot.leaves, items.len());
                    let item = self.sample(shapes, Variety::Plain).unwrap_or(Value::Null);
                    items.push(item);
                }
            }
            Rule::ExtraItem => {
                if !self.has_room(spot, &items) {
                    return None;
                }
                let item = self.refused(&grammar.item_shapes(&spot.leaves, items.len()))?;
                items.push(item);
            }
            Rule::ContainsTooFew => {
                let wanted = grammar.node(grammar.node_of(&[array.contains.as_ref()?.shape]));
                items.retain(|item| !grammar.admits(wanted, item));
            }
            Rule::ContainsTooMany => {
                let contains = array.contains.as_ref()?;
                let missing = contains.max?.checked_add(1).filter(|count| *count <= MAX_ADDED)?;
                for _ in 0..missing {
                    let mut shapes = grammar.item_shapes(&spot.leaves, items.len());
                    shapes.push(contains.shape);
                    items.push(self.sample(shapes, Variety::Plain)?);
                }
            }
            _ => return None,
        }
        Some(items)
    }

    /// Whether an array may have one item more.
    fn has_room(&self, spot: &Spot, items: &[Value]) -> bool {
        let mut most = spot.leaves.iter().filter_map(|id| self.grammar.shape(*id).array.max);
        most.all(|max| (items.len() as u64) < max)
    }

    /// An item that is not there yet, if one can be had.
    fn new_item(&mut self, shapes: Vec<ShapeId>, items: &[Value]) -> Option<Value> {
        let mut item = self.sample(shapes.clone(), Variety::Plain)?;
        for _ in 0..8 {
            if !items.contains(&item) {
                break;
            }
            item = self.sample(shapes.clone(), Variety::Wild)?;
        }
        Some(item)
    }

    fn object(
        &mut self,
        map: &Map<String, Value>,
        spot: &Spot,
        id: ShapeId,
        rule: &Rule,
    ) -> Option<Map<String, Value>> {
        let grammar = self.grammar;
        let object = &grammar.shape(id).object;
        let mut map = map.clone();
        match rule {
            Rule::Required(name) => {
                map.shift_remove(name)?;
            }
            Rule::Dependent(trigger, name) => {
                if !map.contains_key(trigger) {
                    let value = self.property(trigger, spot);
                    map.insert(trigger.clone(), value);
                }
                map.shift_remove(name);
            }
            Rule::Declared => {
                let names =
                    object.properties.keys().chain(object.dependent_schemas.iter().map(|(name, _)| name));
                let absent: Vec<&String> = names.filter(|name| !map.contains_key(*name)).collect();
                let name = (*self.dice.pick(&absent)?).clone();
                let shapes = grammar.property_shapes(&spot.leaves, &name);
                let samples = self.samples();
                let value = self.refused(&shapes).or_else(|| self.dice.pick(&samples).cloned())?;
                map.insert(name, value);
            }
            Rule::Extra => {
                let name =
                    self.matching_name(&object.patterns, &map).or_else(|| self.new_name(&map, spot))?;
                let shapes = grammar.property_shapes(&spot.leaves, &name);
                map.insert(name, self.refused(&shapes)?);
            }
            Rule::ForbiddenPattern(index) => {
                let name = self.matching_name(object.patterns.get(*index..=*index)?, &map)?;
                map.insert(name, json!(word(self.dice)));
            }
            Rule::Forbidden(name) => {
                map.insert(name.clone(), json!(word(self.dice)));
            }
            Rule::ClosedProperties => {
                let name = self.new_name(&map, spot)?;
                map.insert(name, json!(word(self.dice)));
            }
            Rule::Names => {
                let names = grammar.node(grammar.node_of(&[object.names?]));
                let mut name = self.new_name(&map, spot)?;
                for _ in 0..8 {
                    if !grammar.admits(names, &Value::String(name.clone())) {
                        break;
                    }
                    name = text::off_pattern(&name, self.dice);
                }
                let value = self.property(&name, spot);
                map.insert(name, value);
            }
            Rule::MinProperties => {
                while map.len() as u64 >= object.min {
                    let is_required = |name: &String| {
                        spot.leaves.iter().any(|id| grammar.shape(*id).object.required.contains(name))
                    };
                    let name = map.keys().find(|name| !is_required(name)).or(map.keys().next())?.clone();
                    map.shift_remove(&name);
                }
            }
            Rule::MaxProperties => {
                let wanted = object.max?.checked_add(1)?;
                if wanted.saturating_sub(map.len() as u64) > MAX_ADDED {
                    return None;
                }
                let rules = || spot.leaves.iter().map(|id| &grammar.shape(*id).object);
                let is_never = |schema: &Option<ShapeId>| schema.is_some_and(|id| grammar.shape(id).is_never);
                let is_closed = rules().any(|rule| is_never(&rule.additional) || is_never(&rule.unevaluated));
                let declared: Vec<&String> = rules().flat_map(|rule| rule.properties.keys()).collect();
                let mut declared = declared
                    .into_iter()
                    .filter(|name| is_closed && !map.contains_key(*name))
                    .cloned()
                    .collect::<Vec<_>>()
                    .into_iter();
                while (map.len() as u64) < wanted {
                    let name = match declared.next() {
                        Some(name) => name,
                        None => self.new_name(&map, spot)?,
                    };
                    let value = self.property(&name, spot);
                    map.insert(name, value);
                }
            }
            _ => return None,
        }
        Some(map)
    }

    /// A value that a property of this name may have, where one can be had.
    fn property(&mut self, name: &str, spot: &Spot) -> Value {
        let shapes = self.grammar.property_shapes(&spot.leaves, name);
        self.sample(shapes, Variety::Plain).unwrap_or(Value::Null)
    }

    /// A small value that the schemas of a place refuse, one of another type if that is to be had.
    fn refused(&mut self, shapes: &[ShapeId]) -> Option<Value> {
        let node = self.grammar.node(self.grammar.node_of(shapes));
        let mut samples = self.samples().to_vec();
        samples.retain(|sample| !self.grammar.admits(node, sample));
        self.dice.pick(&samples).cloned()
    }

    /// A new name that one of several `patternProperties` matches; nothing where there are none.
    fn matching_name(&mut self, patterns: &[(String, ShapeId)], map: &Map<String, Value>) -> Option<String> {
        let (pattern, _) = self.dice.pick(patterns)?;
        let form = self.grammar.names(pattern);
        (0..4).find_map(|_| {
            let name = form.draw(self.dice, Variety::Plain).ok()?;
            (!map.contains_key(&name)).then_some(name)
        })
    }

    /// A name that no schema here declares.
    fn new_name(&mut self, map: &Map<String, Value>, spot: &Spot) -> Option<String> {
        for attempt in 0..16 {
            let name = match attempt {
                0..4 => word(self.dice).to_owned(),
                _ => format!("{}-{}", word(self.dice), self.dice.below(10_000)),
            };
            let is_declared = spot.leaves.iter().any(|id| {
                let object = &self.grammar.shape(*id).object;
                object.properties.contains_key(&name)
                    || object.patterns.iter().any(|(pattern, _)| self.grammar.matches(pattern, &name))
            });
            if !is_declared && !map.contains_key(&name) {
                return Some(name);
            }
        }
        None
    }
}

/// A number near another one that is no multiple of a step.
fn between_steps(number: &Number, step: &Number) -> Option<Value> {
    let (near, near_scale) = exact(number)?;
    let (step, step_scale) = exact(step)?;
    // One digit more than both have, so that a part of a step can be said.
    let scale = near_scale.max(step_scale) + 1;
    let unit = |own: u32| 10_i128.checked_pow(scale - own);
    let (near, step) = (near.checked_mul(unit(near_scale)?)?, step.checked_mul(unit(step_scale)?)?);
    let whole = 10_i128.checked_pow(scale)?;
    // A whole number stays whole where the steps leave one between them.
    let offset = if step > whole && near % whole == 0 { whole } else { step / 2 };
    decimal(near.checked_add(offset)?, scale)
}
