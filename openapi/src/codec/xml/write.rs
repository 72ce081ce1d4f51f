//! Values as XML text.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::layout::{self, Layouts, List, Member, Name, Role};
use super::name::is_character;
use super::tree::{INSTANCE, MAX_DEPTH, is_space};
use crate::codec::Loss;
use crate::codec::error::Inexpressible;
use crate::schema::{Shape, Types};

/// The prefix of `nil`.
const NIL_PREFIX: &str = "xsi";

/// The text of a value whose root element is named, without an XML declaration.
pub(super) fn write(value: &Value, shape: &Shape<'_>, loss: Loss) -> Result<String, Inexpressible> {
    let mut writer =
        Writer { out: String::new(), layouts: Layouts::default(), bound: Vec::new(), loss, depth: 0 };
    let (name, _) = layout::root(shape);
    match value {
        Value::Array(items) => writer.array(&name, items, shape, &layout::root_item(shape))?,
        value => writer.element(&name, value, shape)?,
    }
    Ok(writer.out)
}

struct Writer<'s> {
    out: String,
    layouts: Layouts<'s>,
    /// The prefixes in scope and their namespaces, the innermost last; the default namespace has an empty one.
    bound: Vec<(String, String)>,
    loss: Loss,
    depth: usize,
}

/// An element that was started: its name as written, and how many prefixes were bound before it.
struct Open {
    name: String,
    bound: usize,
}

impl<'s> Writer<'s> {
    /// What cannot be expressed: an error, unless it may be left out.
    fn leave_out(&self, why: &'static str) -> Result<(), Inexpressible> {
        match self.loss {
            Loss::Refused => Err(Inexpressible(why)),
            Loss::Accepted => Ok(()),
        }
    }

    fn element(&mut self, name: &Name<'s>, value: &Value, shape: &Shape<'s>) -> Result<(), Inexpressible> {
        match value {
            Value::Null => {
                let nil = Name { prefix: Some(NIL_PREFIX), local: "nil".into(), namespace: Some(INSTANCE) };
                let open = self.start(name, &[(nil, "true".to_owned())])?;
                self.out.truncate(self.out.len() - 1);
                self.out.push_str("/>");
                self.bound.truncate(open.bound);
                self.depth -= 1;
                Ok(())
            }
            Value::Object(members) => self.object(name, members, shape),
            Value::Array(items) => self.array(name, items, shape, &layout::item_name(shape, name)),
            value => {
                let text = self.scalar(value)?;
                let open = self.start(name, &[])?;
                escape_text(&text, &mut self.out);
                self.end(open);
                Ok(())
            }
        }
    }

    fn object(
        &mut self,
        name: &Name<'s>,
        members: &Map<String, Value>,
        shape: &Shape<'s>,
    ) -> Result<(), Inexpressible> {
        if members.is_empty() && (shape.types().admits(Types::STRING) || shape.types().is_any()) {
            self.leave_out("an empty object cannot be told from an empty text")?;
        }
        let layout = self.layouts.of(shape);
        let mut attributes = Vec::new();
        let mut elements: Vec<(Member<'s>, &Value)> = Vec::new();
        let mut text = None;
        for (property, value) in members {
            let member = layout.property(property).into_owned();
            if member.role != Role::Text && member.role != Role::Cdata && !layout.finds(&member) {
                return Err(Inexpressible("two properties of its schema have one name in XML"));
            }
            match member.role {
                Role::Element => elements.push((member, value)),
                Role::Attribute if value.is_null() => self.leave_out("no attribute can hold null")?,
                Role::Attribute => attributes.push((member.name.clone(), self.scalar(value)?)),
                Role::Text | Role::Cdata if value.is_null() => self.leave_out("no text can be null")?,
                Role::Text | Role::Cdata
                    if layout.text().is_none_or(|text| text.property != member.property) =>
                {
                    self.leave_out("an element has one text, which is the first property that is to be it")?;
                }
                Role::Text | Role::Cdata => {
                    let content = self.scalar(value)?;
                    if content.is_empty() && !shape.requires(property) {
                        self.leave_out("an empty text cannot be told from none")?;
                    }
                    text = Some((member.role, content));
                }
            }
        }
        if let Some((_, text)) = &text
            && !elements.is_empty()
            && text.trim_matches(is_space) != text.as_str()
        {
            self.leave_out("white space around a text beside elements is lost")?;
        }
        let open = self.start(name, &attributes)?;
        match &text {
            Some((Role::Cdata, text)) if !text.contains('\r') => {
                self.out.push_str("<![CDATA[");
                self.out.push_str(&text.replace("]]>", "]]]]><![CDATA[>"));
                self.out.push_str("]]>");
            }
            Some((_, text)) => escape_text(text, &mut self.out),
            None => {}
        }
        for (member, value) in &elements {
            let is_required = shape.requires(&member.property);
            self.member(member, value, is_required)?;
        }
        self.end(open);
        Ok(())
    }

    /// The element or elements of a property.
    fn member(&mut self, member: &Member<'s>, value: &Value, is_required: bool) -> Result<(), Inexpressible> {
        let Value::Array(items) = value else {
            if !matches!(member.list, List::None)
                && !value.is_null()
                && !member.shape.types().admits_scalar_or_object()
            {
                return Err(Inexpressible("a single value cannot be told from a list of one"));
            }
            return self.element(&member.name, value, &member.shape);
        };
        let name = match &member.list {
            List::Wrapped => return self.element(&member.name, value, &member.shape),
            List::Repeated(name) => {
                if items.is_empty() && !is_required {
                    self.leave_out("an empty list cannot be told from none")?;
                }
                if let [Value::Null] = items.as_slice()
                    && (member.shape.types().admits(Types::NULL)
                        || !member.shape.item(0).types().admits(Types::NULL))
                {
                    self.leave_out("a list of one null cannot be told from null")?;
                }
                name
            }
            List::None => {
                if items.len() < 2 {
                    self.leave_out("a list of less than two items needs a schema that asks for one")?;
                }
                &member.name
            }
        };
        for (index, item) in items.iter().enumerate() {
            self.element(name, item, &member.shape.item(index))?;
        }
        Ok(())
    }

    /// An element that holds those of an array's items.
    fn array(
        &mut self,
        name: &Name<'s>,
        items: &[Value],
        shape: &Shape<'s>,
        item_name: &Name<'s>,
    ) -> Result<(), Inexpressible> {
        if !shape.types().admits_items() {
            self.leave_out("a list needs a schema that asks for one")?;
        }
        if items.is_empty() && shape.types().admits_scalar_or_object() {
            self.leave_out("an empty list cannot be told from other empty values")?;
        }
        let open = self.start(name, &[])?;
        for (index, item) in items.iter().enumerate() {
            self.element(item_name, item, &shape.item(index))?;
        }
        self.end(open);
        Ok(())
    }

    /// The text of a value that is neither list nor object.
    fn scalar(&self, value: &Value) -> Result<String, Inexpressible> {
        match value {
            Value::String(text) if text.chars().all(is_character) => Ok(text.clone()),
            Value::String(text) => {
                self.leave_out("XML has no such characters")?;
                Ok(text
                    .chars()
                    .map(|character| if is_character(character) { character } else { '\u{fffd}' })
                    .collect())
            }
            Value::Object(_) | Value::Array(_) => {
                Err(Inexpressible("an attribute or text holds a single value"))
            }
            other => Ok(other.to_string()),
        }
    }

    fn start(&mut self, name: &Name<'s>, attributes: &[(Name<'s>, String)]) -> Result<Open, Inexpressible> {
        if self.depth >= MAX_DEPTH {
            return Err(Inexpressible("it is nested too deep"));
        }
        self.depth += 1;
        let bound = self.bound.len();
        let written = self.qualify(name, bound, true);
        let attributes: Vec<(String, &str)> = attributes
            .iter()
            .map(|(name, value)| (self.qualify(name, bound, false), value.as_str()))
            .collect();
        let mut names = HashSet::new();
        if attributes.iter().any(|(name, _)| !names.insert(name.as_str())) {
            return Err(Inexpressible("two of its attributes have one name"));
        }
        self.out.push('<');
        self.out.push_str(&written);
        for (prefix, namespace) in &self.bound[bound..] {
            self.out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.out.push_str(prefix);
            write_attribute(namespace, &mut self.out);
        }
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(&name);
            write_attribute(value, &mut self.out);
        }
        self.out.push('>');
        Ok(Open { name: written, bound })
    }

    fn end(&mut self, open: Open) {
        self.depth -= 1;
        self.bound.truncate(open.bound);
        self.out.push_str("</");
        self.out.push_str(&open.name);
        self.out.push('>');
    }

    /// A name as it is written where `start` prefixes were bound before; those it needs are bound. A prefix that no
    /// namespace is given for is left out, since a document with it could not be read.
    fn qualify(&mut self, name: &Name<'s>, start: usize, is_element: bool) -> String {
        let (prefix, namespace) = match (name.prefix, name.namespace) {
            (None, None) => return name.local.clone().into_owned(),
            (None, Some(_)) if !is_element => return name.local.clone().into_owned(),
            (prefix, namespace) => (prefix.unwrap_or_default(), namespace),
        };
        let known = self.bound.iter().rposition(|(known, _)| known == prefix);
        let is_bound = match (known, namespace) {
            (Some(at), Some(namespace)) => self.bound[at].1 == namespace,
            (Some(_), None) => true,
            (None, _) => false,
        };
        let is_taken = known.is_some_and(|at| at >= start);
        match namespace {
            _ if is_bound => {}
            Some(namespace) if !is_taken && namespace.chars().all(is_character) => {
                self.bound.push((prefix.to_owned(), namespace.to_owned()));
            }
            _ => return name.local.clone().into_owned(),
        }
        if prefix.is_empty() { name.local.clone().into_owned() } else { format!("{prefix}:{}", name.local) }
    }
}

fn escape_text(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // As it stands it would be read as a line feed.
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
}

fn write_attribute(value: &str, out: &mut String) {
    out.push_str("=\"");
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
    out.push('"');
}
