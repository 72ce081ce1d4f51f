//! Values from XML.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::layout::{Layout, Layouts, List, Member, Role};
use super::name::unescape;
use super::tree::{Element, QualifiedName, is_space};
use crate::codec::scalar::{self, Reading};
use crate::schema::{Shape, Types};

/// The member that the text of an element becomes which has attributes or elements too, where no property is for it.
const TEXT: &str = "#text";

/// The value of an element.
pub(super) fn read(element: &Element, shape: &Shape<'_>, reading: &Reading) -> Result<Value, String> {
    Reader { layouts: Layouts::default(), reading }.value(element, shape)
}

struct Reader<'s, 'r> {
    layouts: Layouts<'s>,
    reading: &'r Reading,
}

impl<'s> Reader<'s, '_> {
    fn value(&self, element: &Element, shape: &Shape<'s>) -> Result<Value, String> {
        if element.is_nil {
            return Ok(Value::Null);
        }
        let types = shape.types();
        let has_parts = !element.children.is_empty() || !element.attributes.is_empty();
        if types.admits_items() && is_list(element, types) {
            if !element.is_blank() {
                return Ok(Value::String(element.text.clone()));
            }
            let items = element.children.iter().enumerate();
            let items = items.map(|(index, item)| self.value(item, &shape.item(index)));
            return items.collect::<Result<_, _>>().map(Value::Array);
        }
        if has_parts && types.admits(Types::OBJECT) {
            return self.object(element, &self.layouts.of(shape), shape);
        }
        if types.admits(Types::OBJECT) && !types.is_any() && !types.admits_scalar() {
            let layout = self.layouts.of(shape);
            return match element.is_blank() || layout.text().is_some() {
                true => self.object(element, &layout, shape),
                false => Ok(Value::String(element.text.clone())),
            };
        }
        if !element.children.is_empty() {
            // No schema speaks of elements here, and it will say so.
            let any = Shape::of(None);
            return self.object(element, &self.layouts.of(&any), &any);
        }
        Ok(self.scalar(&element.text, shape))
    }

    fn scalar(&self, text: &str, shape: &Shape<'s>) -> Value {
        let types = shape.types();
        let is_text = types.is_any() || types.admits(Types::STRING);
        scalar::read(if is_text { text } else { text.trim_matches(is_space) }, shape, self.reading)
    }

    fn object(&self, element: &Element, layout: &Layout<'s>, shape: &Shape<'s>) -> Result<Value, String> {
        let mut object = Map::new();
        for (name, value) in &element.attributes {
            let member = match layout.attribute(name) {
                Some(member) => Cow::Borrowed(member),
                None => undeclared(layout, name)?,
            };
            object.insert(member.property.clone().into_owned(), self.scalar(value, &member.shape));
        }
        let mut found: IndexMap<String, (Cow<'_, Member<'s>>, Vec<&Element>)> = IndexMap::new();
        for child in &element.children {
            let member = match layout.element(&child.name) {
                Some(member) => Cow::Borrowed(member),
                None => undeclared(layout, &child.name)?,
            };
            let property = member.property.clone().into_owned();
            found.entry(property).or_insert_with(|| (member, Vec::new())).1.push(child);
        }
        for (property, (member, elements)) in found {
            let value = self.member(&member, &elements)?;
            match object.get_mut(&property) {
                // An attribute and an element of one name.
                Some(Value::Array(values)) => values.push(value),
                Some(other) => *other = Value::Array(vec![other.take(), value]),
                None => drop(object.insert(property, value)),
            }
        }
        self.text(element, layout, shape, &mut object);
        for member in layout.declared() {
            let is_missing =
                matches!(member.list, List::Repeated(_)) && !object.contains_key(&*member.property);
            // No element at all is how a list without items is written.
            if is_missing && shape.requires(&member.property) {
                object.insert(member.property.clone().into_owned(), Value::Array(Vec::new()));
            }
        }
        Ok(Value::Object(object))
    }

    /// The text of an object's element.
    fn text(
        &self,
        element: &Element,
        layout: &Layout<'s>,
        shape: &Shape<'s>,
        object: &mut Map<String, Value>,
    ) {
        let text = match element.children.is_empty() {
            true => element.text.as_str(),
            false => element.text.trim_matches(is_space),
        };
        match layout.text() {
            Some(member) if !text.is_empty() || shape.requires(&member.property) => {
                object.insert(member.property.clone().into_owned(), self.scalar(text, &member.shape));
            }
            None if !element.is_blank() => {
                object.insert(TEXT.to_owned(), Value::String(text.to_owned()));
            }
            _ => {}
        }
    }

    /// The value of a property that these elements are of.
    fn member(&self, member: &Member<'s>, elements: &[&Element]) -> Result<Value, String> {
        let shape = &member.shape;
        let items = |elements: &[&Element]| -> Result<Value, String> {
            let items = elements.iter().enumerate();
            items
                .map(|(index, item)| self.value(item, &shape.item(index)))
                .collect::<Result<_, _>>()
                .map(Value::Array)
        };
        match (&member.list, elements) {
            (List::Repeated(_), [only]) => {
                let types = shape.types();
                if only.is_nil && (types.admits(Types::NULL) || !shape.item(0).types().admits(Types::NULL)) {
                    return Ok(Value::Null);
                }
                if types.admits_scalar_or_object() && !self.reading.prefers_typed() {
                    return self.value(only, shape);
                }
                items(elements)
            }
            (List::Repeated(_), _) => items(elements),
            (_, [only]) => self.value(only, shape),
            // Nothing that was sent is lost: where no list is asked for, the schema refuses the one there is.
            (_, several) => {
                let values = several.iter().map(|element| self.value(element, &Shape::of(None)));
                values.collect::<Result<_, _>>().map(Value::Array)
            }
        }
    }
}

/// Whether an element whose schema admits arrays holds one.
fn is_list(element: &Element, types: Types) -> bool {
    if types.admits(Types::OBJECT) {
        let mut names = element.children.iter().map(|child| &child.name);
        let first = names.next();
        return element.attributes.is_empty() && first.is_some() && names.all(|name| Some(name) == first);
    }
    !types.admits_scalar() || !element.children.is_empty()
}

/// The member that no schema declares in this notation; a property that is declared in another one is an error.
fn undeclared<'l, 's>(layout: &'l Layout<'s>, name: &QualifiedName) -> Result<Cow<'l, Member<'s>>, String> {
    let property = unescape(&name.local);
    let member = layout.property(&property);
    if matches!(member, Cow::Owned(_)) {
        return Ok(member);
    }
    let expected = match member.role {
        Role::Element => format!("an element <{}>", member.found_as().local),
        Role::Attribute => format!("an attribute `{}`", member.name.local),
        Role::Text | Role::Cdata => "the text of its element".to_owned(),
    };
    Err(format!("not the XML documented: the property `{}` is to be {expected}", property.escape_debug()))
}
