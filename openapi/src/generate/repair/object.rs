//! Objects, mended member by member.

use serde_json::{Map, Value};

use super::change::Remedy;
use super::mender::{Mender, size};
use crate::document::Pointer;
use crate::generate::grammar::{NodeId, ObjectForm};

impl Mender<'_> {
    /// An object of a form made from the members of another; nothing where one that must be there cannot be made.
    pub(super) fn object(
        &mut self,
        form: &ObjectForm,
        members: &Map<String, Value>,
        at: &Pointer,
    ) -> Option<Value> {
        let mut missing: Vec<&str> = form
            .properties
            .iter()
            .filter(|property| property.is_required && !members.contains_key(&property.name))
            .map(|property| property.name.as_str())
            .collect();
        let mut mended = Map::new();
        for (name, member) in members {
            let place = at.join(name);
            let renamed = missing.iter().position(|known| !is_declared(form, name) && is_alike(known, name));
            let known = match renamed {
                Some(index) => missing.remove(index),
                None => name,
            };
            let id = self.property(form, known);
            let is_required =
                form.properties.iter().any(|property| property.name == known && property.is_required);
            let is_left_out = member.is_null() && !is_required && !self.fits(self.grammar.node(id), member);
            let value = match !is_left_out && self.is_name(form, known) {
                true => self.mend(id, member, &place),
                false => None,
            };
            match value {
                Some(value) => {
                    if renamed.is_some() {
                        let put = Value::String(known.to_owned());
                        self.note(place.as_str().to_owned(), Remedy::Renamed, Some(put), 0);
                    }
                    mended.insert(known.to_owned(), value);
                }
                None if is_required => return None,
                None => self.note(place.as_str().to_owned(), Remedy::Removed, None, size(member)),
            }
        }
        for name in missing {
            self.add(form, name, at, &mut mended)?;
        }
        self.add_dependent(form, at, &mut mended)?;
        self.fill(form, at, &mut mended)?;
        self.thin(form, at, &mut mended);
        Some(Value::Object(mended))
    }

    fn property(&self, form: &ObjectForm, name: &str) -> NodeId {
        self.grammar.node_of(&form.property_shapes(self.grammar, name))
    }

    /// Whether `propertyNames` admits a name.
    fn is_name(&self, form: &ObjectForm, name: &str) -> bool {
        form.names.is_empty() || {
            let names = self.grammar.node(self.grammar.node_of(&form.names));
            self.fits(names, &Value::String(name.to_owned()))
        }
    }

    fn add(
        &mut self,
        form: &ObjectForm,
        name: &str,
        at: &Pointer,
        mended: &mut Map<String, Value>,
    ) -> Option<()> {
        let made = self.make(self.property(form, name), &[])?;
        self.note(at.join(name).to_string(), Remedy::Added, Some(made.clone()), 0);
        mended.insert(name.to_owned(), made);
        Some(())
    }

    /// Adds what `dependentRequired` asks for.
    fn add_dependent(
        &mut self,
        form: &ObjectForm,
        at: &Pointer,
        mended: &mut Map<String, Value>,
    ) -> Option<()> {
        loop {
            let needed = form
                .dependent
                .iter()
                .filter(|(trigger, _)| mended.contains_key(trigger))
                .flat_map(|(_, needed)| needed)
                .find(|name| !mended.contains_key(*name));
            let Some(name) = needed else { return Some(()) };
            self.add(form, name, at, mended)?;
        }
    }

    /// Adds declared properties until there are as many as there must be.
    fn fill(&mut self, form: &ObjectForm, at: &Pointer, mended: &mut Map<String, Value>) -> Option<()> {
        for property in &form.properties {
            if mended.len() as u64 >= form.min {
                break;
            }
            if !mended.contains_key(&property.name) && self.is_name(form, &property.name) {
                // One that cannot be made is made up for by another.
                let _ = self.add(form, &property.name, at, mended);
            }
        }
        (mended.len() as u64 >= form.min).then_some(())
    }

    /// Leaves properties out, the undeclared ones first, until there are as few as there may be.
    fn thin(&mut self, form: &ObjectForm, at: &Pointer, mended: &mut Map<String, Value>) {
        let Some(most) = form.max.and_then(|max| usize::try_from(max).ok()) else { return };
        for keep_declared in [true, false] {
            let optional = mended.keys().rev().filter(|name| {
                let declared = form.properties.iter().find(|property| property.name == **name);
                declared.is_none_or(|property| !property.is_required && !keep_declared)
            });
            let surplus = mended.len().saturating_sub(most);
            let leaving: Vec<String> = optional.take(surplus).cloned().collect();
            for name in leaving {
                let lost = mended.shift_remove(&name).as_ref().map_or(0, size);
                self.note(at.join(&name).to_string(), Remedy::Removed, None, lost);
            }
        }
    }
}

fn is_declared(form: &ObjectForm, name: &str) -> bool {
    form.properties.iter().any(|property| property.name == name)
}

/// Whether two names differ only in how their words are put together: `userId`, `user_id`, `User-ID`.
fn is_alike(left: &str, right: &str) -> bool {
    let letters = |name: &str| -> Vec<char> {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let left = letters(left);
    !left.is_empty() && left == letters(right)
}
