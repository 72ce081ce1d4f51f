//! Values as XML.

use serde_json::Value;

use super::tree::INSTANCE;
use super::{MAX_DEPTH, Member, Name, Role, Root, Row, name};

/// The text of a body.
pub(super) fn text(value: &Value, rows: &'static [Row], root: &'static Root) -> Result<String, String> {
    let out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    let mut writer = Writer { rows, out, bound: Vec::new(), depth: 0 };
    match value {
        Value::Array(items) => writer.list(&Tag::of(&root.name), items, root.row, &Tag::of(&root.item))?,
        value => writer.element(&Tag::of(&root.name), value, root.row)?,
    }
    Ok(writer.out)
}

/// The name of an element or attribute.
#[derive(Debug, Clone)]
struct Tag {
    prefix: String,
    local: String,
    namespace: String,
}

impl Tag {
    fn of(name: &Name) -> Self {
        Self {
            prefix: name.prefix.to_owned(),
            local: name.local.to_owned(),
            namespace: name.namespace.to_owned(),
        }
    }
}

struct Writer {
    rows: &'static [Row],
    out: String,
    /// The prefixes in scope with their namespaces, the innermost last.
    bound: Vec<(String, String)>,
    depth: usize,
}

impl Writer {
    fn element(&mut self, tag: &Tag, value: &Value, at: usize) -> Result<(), String> {
        let row = &self.rows[at];
        match value {
            Value::Null => {
                let nil =
                    Tag { prefix: "xsi".to_owned(), namespace: INSTANCE.to_owned(), ..Tag::of(&name("nil")) };
                self.within(tag, &[(nil, "true".to_owned())], |_| Ok(()))
            }
            Value::Object(members) => {
                let (mut attributes, mut elements, mut text) = (Vec::new(), Vec::new(), None);
                // The order of the document, which some servers insist on, and then what it does not declare.
                let declared = row.members.iter().filter_map(|member| {
                    let (property, value) = members.get_key_value(member.property)?;
                    Some((property, value, Some(member)))
                });
                let is_declared =
                    |property: &str| row.members.iter().any(|member| member.property == property);
                let others = members.iter().filter(|(property, _)| !is_declared(property));
                for (property, value, member) in
                    declared.chain(others.map(|(property, value)| (property, value, None)))
                {
                    match member.map(|member| (member.role, member)) {
                        Some((Role::Element, member)) => {
                            elements.push((Tag::of(&member.name), value, Some(member)))
                        }
                        Some(_) if value.is_null() => {}
                        Some((Role::Attribute, member)) => {
                            attributes.push((Tag::of(&member.name), scalar(value)?))
                        }
                        Some((Role::Text, _)) => text = Some(scalar(value)?),
                        None => {
                            let tag = Tag { local: property.clone(), ..Tag::of(&name("")) };
                            elements.push((tag, value, None));
                        }
                    }
                }
                self.within(tag, &attributes, |writer| {
                    escape(text.as_deref().unwrap_or_default(), &mut writer.out);
                    elements
                        .iter()
                        .try_for_each(|(tag, value, member)| writer.member(tag, value, *member, row))
                })
            }
            Value::Array(items) => {
                let named =
                    row.item.as_ref().map(|(_, name)| Tag::of(name)).filter(|name| !name.local.is_empty());
                let own = || Tag { local: tag.local.clone(), ..Tag::of(&name("")) };
                self.list(tag, items, at, &named.unwrap_or_else(own))
            }
            value => {
                let text = scalar(value)?;
                self.within(tag, &[], |writer| {
                    escape(&text, &mut writer.out);
                    Ok(())
                })
            }
        }
    }

    /// The element or the elements of a property.
    fn member(
        &mut self,
        tag: &Tag,
        value: &Value,
        member: Option<&Member>,
        object: &Row,
    ) -> Result<(), String> {
        let at = member.map_or(object.others, |member| member.row);
        match (value, member) {
            (Value::Array(items), member) if member.is_none_or(|member| member.is_repeated) => {
                let item = self.rows[at].item.as_ref().map_or(0, |(item, _)| *item);
                items.iter().try_for_each(|value| self.element(tag, value, item))
            }
            (value, _) => self.element(tag, value, at),
        }
    }

    /// An element that holds those of a list's items.
    fn list(&mut self, tag: &Tag, items: &[Value], at: usize, item: &Tag) -> Result<(), String> {
        let row = self.rows[at].item.as_ref().map_or(0, |(item, _)| *item);
        self.within(tag, &[], |writer| items.iter().try_for_each(|value| writer.element(item, value, row)))
    }

    fn within(
        &mut self,
        tag: &Tag,
        attributes: &[(Tag, String)],
        fill: impl FnOnce(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        if self.depth >= MAX_DEPTH {
            return Err(format!("elements nest deeper than {MAX_DEPTH} levels"));
        }
        self.depth += 1;
        let bound = self.bound.len();
        let written = self.qualified(tag, true)?;
        let mut listed = String::new();
        for (tag, value) in attributes {
            listed.push_str(&format!(" {}=\"", self.qualified(tag, false)?));
            escape(value, &mut listed);
            listed.push('"');
        }
        self.out.push_str(&format!("<{written}"));
        for (prefix, namespace) in &self.bound[bound..] {
            self.out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.out.push_str(&format!("{prefix}=\""));
            escape(namespace, &mut self.out);
            self.out.push('"');
        }
        self.out.push_str(&listed);
        self.out.push('>');
        fill(self)?;
        self.out.push_str(&format!("</{written}>"));
        self.bound.truncate(bound);
        self.depth -= 1;
        Ok(())
    }

    /// A name as it is written, its prefix bound where it is not. One that no namespace is given for is left out, since
    /// nobody could read it.
    fn qualified(&mut self, tag: &Tag, is_element: bool) -> Result<String, String> {
        if !is_name(&tag.local) {
            return Err(format!("{:?} is no name in XML", tag.local));
        }
        let known =
            self.bound.iter().rfind(|(prefix, _)| *prefix == tag.prefix).map(|(_, namespace)| namespace);
        let is_default = tag.prefix.is_empty();
        if tag.namespace.is_empty() {
            return Ok(match known {
                Some(_) if !is_default => format!("{}:{}", tag.prefix, tag.local),
                _ => tag.local.clone(),
            });
        }
        if is_default && !is_element {
            return Ok(tag.local.clone());
        }
        if known != Some(&tag.namespace) {
            self.bound.push((tag.prefix.clone(), tag.namespace.clone()));
        }
        Ok(if is_default { tag.local.clone() } else { format!("{}:{}", tag.prefix, tag.local) })
    }
}

/// The text of a value that is neither list nor object.
fn scalar(value: &Value) -> Result<String, String> {
    match value {
        Value::Object(_) | Value::Array(_) => Err("an attribute or a text holds a single value".to_owned()),
        value => Ok(super::super::text_of(value)),
    }
}

fn is_name(text: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || "-._".contains(character);
    text.starts_with(|first: char| first.is_alphabetic() || first == '_') && text.chars().all(is_part)
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push_str(&format!("&#{};", u32::from(character))),
            other => out.push(other),
        }
    }
}
