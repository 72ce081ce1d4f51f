//! Objects.

use serde_json::{Map, Value};

use super::{Draw, Gap};
use crate::document::Pointer;
use crate::generate::Variety;
use crate::generate::grammar::{Node, ObjectForm, Property};
use crate::generate::text::word;

/// The most properties of one object; a schema that asks for more counts as admitting none.
const MAX_PROPERTIES: u64 = 2_000;

/// How often a name is drawn anew that is taken or not admitted.
const NAME_DRAWS: usize = 32;

impl Draw<'_> {
    pub(super) fn object(&mut self, node: &Node, form: &ObjectForm, depth: u32) -> Result<Value, Gap> {
        let required = form.properties.iter().filter(|property| property.is_required).count();
        let most = form.max.unwrap_or(u64::MAX);
        if most < form.min || most < required as u64 {
            let reason = "`maxProperties` is less than the properties there must be".to_owned();
            return Err(self.certain(node, reason));
        }
        if form.min > MAX_PROPERTIES {
            let reason = format!(
                "`minProperties` asks for {}, and no more than {MAX_PROPERTIES} are generated",
                form.min
            );
            return Err(self.certain(node, reason));
        }
        // What a schema is called says what its objects are.
        if self.names.as_ref().is_some_and(Vec::is_empty) {
            let schema = Pointer::from_escaped(self.grammar.pointer(node)).tokens().last();
            self.names.iter_mut().for_each(|names| names.extend(schema.clone()));
        }
        let mut map = Map::new();
        let mut optional = most - required as u64;
        for property in &form.properties {
            let is_wanted = optional > 0 && !self.is_sparing(depth) && self.dice.chance(self.fullness);
            if property.is_required {
                let value = self.named(&property.name, form.property(self.grammar, property), depth + 1)?;
                map.insert(property.name.clone(), value);
            } else if is_wanted && self.add(form, property, depth, &mut map) {
                optional -= 1;
            }
        }
        for property in &form.properties {
            if map.len() as u64 >= form.min {
                break;
            }
            if !map.contains_key(&property.name) {
                self.add(form, property, depth, &mut map);
            }
        }
        let extras = self.extras(form, depth).min(most.saturating_sub(map.len() as u64));
        let target = form.min.max(map.len() as u64 + extras);
        while (map.len() as u64) < target {
            if !self.add_extra(form, depth, &mut map) {
                if (map.len() as u64) < form.min {
                    let reason = "there are not enough names for the properties there must be".to_owned();
                    return Err(self.gap(node, reason));
                }
                break;
            }
        }
        self.add_dependent(form, depth, &mut map)?;
        self.conditional(node, form, depth, map)
    }

    /// Adds an optional property, where its schema and `propertyNames` let it be there.
    fn add(
        &mut self,
        form: &ObjectForm,
        property: &Property,
        depth: u32,
        map: &mut Map<String, Value>,
    ) -> bool {
        let id = form.property(self.grammar, property);
        if self.grammar.height(id).is_none() || !self.is_name(form, &property.name) {
            return false;
        }
        match self.named(&property.name, id, depth + 1) {
            Ok(value) => {
                map.insert(property.name.clone(), value);
                true
            }
            Err(_) => false,
        }
    }

    fn is_name(&self, form: &ObjectForm, name: &str) -> bool {
        form.names.is_empty() || {
            let names = self.grammar.node(self.grammar.node_of(&form.names));
            self.grammar.admits(names, &Value::String(name.to_owned()))
        }
    }

    /// How many properties to add that the schema does not name.
    fn extras(&mut self, form: &ObjectForm, depth: u32) -> u64 {
        let is_described = form.describes_extras(self.grammar);
        if self.is_sparing(depth) || (!form.is_open && form.patterns.is_empty()) {
            return 0;
        }
        match self.variety {
            Variety::Minimal => 0,
            // A map: its entries are all there is to it.
            _ if form.properties.is_empty() && is_described => 1 + self.dice.below(3) as u64,
            Variety::Plain if form.properties.is_empty() => u64::from(self.dice.chance(50)),
            Variety::Wild if form.properties.is_empty() => self.dice.below(3) as u64,
            Variety::Wild if is_described => u64::from(self.dice.chance(30)),
            _ => 0,
        }
    }

    fn add_extra(&mut self, form: &ObjectForm, depth: u32, map: &mut Map<String, Value>) -> bool {
        for _ in 0..NAME_DRAWS {
            let Some(name) = self.name(form) else { return false };
            let is_declared = form.properties.iter().any(|property| property.name == name);
            if is_declared || map.contains_key(&name) || !self.is_name(form, &name) {
                continue;
            }
            let id = self.grammar.node_of(&form.property_shapes(self.grammar, &name));
            if self.grammar.height(id).is_none() {
                continue;
            }
            if let Ok(value) = self.named(&name, id, depth + 1) {
                map.insert(name, value);
                return true;
            }
        }
        false
    }

    /// A name for a property that the schema does not name; nothing where there can be none.
    fn name(&mut self, form: &ObjectForm) -> Option<String> {
        if !form.names.is_empty() && self.dice.chance(80) {
            let id = self.grammar.node_of(&form.names);
            if let Ok(Value::String(name)) = self.value(id, 0) {
                return Some(name);
            }
        }
        let of_pattern = !form.patterns.is_empty() && (!form.is_open || self.dice.chance(50));
        if of_pattern {
            return self.dice.pick(&form.patterns)?.draw(&mut self.dice, self.variety).ok();
        }
        if !form.is_open {
            return None;
        }
        let name = word(&mut self.dice);
        Some(if self.dice.chance(20) { format!("{name}{}", self.dice.below(1000)) } else { name.to_owned() })
    }

    /// Adds what `dependentRequired` asks for.
    fn add_dependent(
        &mut self,
        form: &ObjectForm,
        depth: u32,
        map: &mut Map<String, Value>,
    ) -> Result<(), Gap> {
        let mut is_settled = form.dependent.is_empty();
        while !is_settled {
            is_settled = true;
            for (trigger, needed) in &form.dependent {
                if !map.contains_key(trigger) {
                    continue;
                }
                for name in needed {
                    if !map.contains_key(name) {
                        let id = self.grammar.node_of(&form.property_shapes(self.grammar, name));
                        let value = self.named(name, id, depth + 1)?;
                        map.insert(name.clone(), value);
                        is_settled = false;
                    }
                }
            }
        }
        Ok(())
    }

    /// The object itself, or one drawn with the `dependentSchemas` that its properties bring into force.
    fn conditional(
        &mut self,
        node: &Node,
        form: &ObjectForm,
        depth: u32,
        map: Map<String, Value>,
    ) -> Result<Value, Gap> {
        let in_force = form.conditional.iter().filter(|(trigger, _)| map.contains_key(trigger));
        let added: Vec<_> = in_force.map(|(_, shape)| *shape).filter(|shape| !form.has(*shape)).collect();
        if added.is_empty() {
            return Ok(Value::Object(map));
        }
        let shapes: Vec<_> = node.key.iter().copied().chain(added).collect();
        self.value(self.grammar.node_of(&shapes), depth)
    }
}
