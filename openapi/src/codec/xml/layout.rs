//! Which elements and attributes the properties of an object are, by the XML Objects of their schemas (OpenAPI 3.0.4,
//! section 4.8.26; `nodeType` from 3.2).

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::name::{escape, is_local};
use super::tree::QualifiedName;
use crate::schema::Shape;

/// The name of an element or attribute, as the document wants it.
#[derive(Debug, Clone)]
pub(super) struct Name<'s> {
    pub(super) prefix: Option<&'s str>,
    pub(super) local: Cow<'s, str>,
    pub(super) namespace: Option<&'s str>,
}

impl<'s> Name<'s> {
    /// A name in no namespace that stands for any text.
    pub(super) fn plain(text: &'s str) -> Self {
        Self { prefix: None, local: escape(text), namespace: None }
    }

    fn owned(text: String) -> Self {
        Self { prefix: None, local: Cow::Owned(escape(&text).into_owned()), namespace: None }
    }
}

/// What the XML Object of a schema says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Facets<'s> {
    name: Option<&'s str>,
    prefix: Option<&'s str>,
    namespace: Option<&'s str>,
    node: Option<&'s str>,
    is_attribute: bool,
    is_wrapped: bool,
}

impl<'s> Facets<'s> {
    pub(super) fn of(shape: &Shape<'s>) -> Self {
        let Some(object) = shape.annotation("xml") else { return Self::default() };
        let text = |key: &str| {
            object.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
        };
        let is = |key: &str| object.get(key).and_then(Value::as_bool) == Some(true);
        let (prefix, name) = match text("name").and_then(|name| name.split_once(':')) {
            Some((prefix, name)) => (Some(prefix), Some(name)),
            None => (None, text("name")),
        };
        Self {
            name,
            prefix: text("prefix").or(prefix).filter(|prefix| is_local(prefix) && !prefix.starts_with("xml")),
            namespace: text("namespace"),
            node: text("nodeType"),
            is_attribute: is("attribute"),
            is_wrapped: is("wrapped"),
        }
    }

    /// The name it gives, or in its stead the one that the place gives.
    pub(super) fn name_or(&self, other: &Name<'s>) -> Name<'s> {
        let local = self.name.map_or_else(|| other.local.clone(), escape);
        Name { prefix: self.prefix, local, namespace: self.namespace }
    }

    /// Whether it gives a name.
    pub(super) fn has_name(&self) -> bool {
        self.name.is_some()
    }

    /// Whether an array stands in an element of its own.
    fn wraps(&self) -> bool {
        self.node.map_or(self.is_wrapped, |node| node == "element")
    }

    fn role(&self) -> Role {
        match self.node {
            Some("attribute") => Role::Attribute,
            Some("text") => Role::Text,
            Some("cdata") => Role::Cdata,
            Some(_) => Role::Element,
            None if self.is_attribute => Role::Attribute,
            None => Role::Element,
        }
    }
}

/// What a property becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Element,
    Attribute,
    Text,
    Cdata,
}

/// How an array stands in the element of its object.
#[derive(Debug, Clone)]
pub(super) enum List<'s> {
    /// The schema asks for no array.
    None,
    /// An element of this name each item.
    Repeated(Name<'s>),
    /// One element, which holds those of the items.
    Wrapped,
}

/// A property.
#[derive(Debug, Clone)]
pub(super) struct Member<'s> {
    pub(super) property: Cow<'s, str>,
    pub(super) shape: Shape<'s>,
    pub(super) role: Role,
    /// The name of the element or attribute; of a list the wrapper's.
    pub(super) name: Name<'s>,
    pub(super) list: List<'s>,
}

impl<'s> Member<'s> {
    fn declared(property: &'s str, shape: Shape<'s>) -> Self {
        let facets = Facets::of(&shape);
        let plain = Name::plain(property);
        let list = list(&shape, &facets, &plain);
        let name = facets.name_or(&plain);
        Self { property: Cow::Borrowed(property), shape, role: facets.role(), name, list }
    }

    /// A property that only `additionalProperties` and their like speak of: its name is its own.
    fn undeclared(property: &str, shape: Shape<'s>) -> Self {
        let name = Name::owned(property.to_owned());
        let list = match list(&shape, &Facets::of(&shape), &name) {
            List::Repeated(_) => List::Repeated(name.clone()),
            other => other,
        };
        Self { property: Cow::Owned(property.to_owned()), shape, role: Role::Element, name, list }
    }

    /// Whether its elements are named by what it refers to.
    pub(super) fn is_named_by_reference(&self) -> bool {
        self.role == Role::Element
            && match self.list {
                List::Repeated(_) => self.shape.item(0).reference().is_some(),
                List::None | List::Wrapped => self.shape.reference().is_some(),
            }
    }

    /// Names its elements by the property itself.
    fn name_by_property(&mut self, property: &'s str) {
        match &mut self.list {
            List::Repeated(item) => *item = Name::plain(property),
            List::None | List::Wrapped => self.name = Name::plain(property),
        }
    }

    /// The name that its elements have where they are found.
    pub(super) fn found_as(&self) -> &Name<'s> {
        match &self.list {
            List::Repeated(item) => item,
            List::None | List::Wrapped => &self.name,
        }
    }
}

fn list<'s>(shape: &Shape<'s>, facets: &Facets<'s>, plain: &Name<'s>) -> List<'s> {
    if !shape.types().admits_items() {
        List::None
    } else if facets.wraps() {
        List::Wrapped
    } else {
        // The array's own name counts only where it is wrapped.
        List::Repeated(Facets::of(&shape.item(0)).name_or(plain))
    }
}

/// The name of the elements of an array's items within the element of the array.
pub(super) fn item_name<'s>(array: &Shape<'s>, own: &Name<'s>) -> Name<'s> {
    Facets::of(&array.item(0)).name_or(&Name { prefix: None, local: own.local.clone(), namespace: None })
}

/// The name of the root element, and whether the document insists on it.
pub(super) fn root<'s>(shape: &Shape<'s>) -> (Name<'s>, bool) {
    let facets = Facets::of(shape);
    let is_meant = facets.name.is_some() && (facets.wraps() || !shape.types().admits_items());
    (facets.name_or(&component(shape).unwrap_or(Name::plain("root"))), is_meant)
}

/// The name of the items of the array that is the root.
pub(super) fn root_item<'s>(array: &Shape<'s>) -> Name<'s> {
    let item = array.item(0);
    Facets::of(&item).name_or(&component(&item).unwrap_or(Name::plain("item")))
}

/// The name of the component that a schema refers to.
fn component<'s>(shape: &Shape<'s>) -> Option<Name<'s>> {
    let (_, last) = shape.reference()?.rsplit_once('/')?;
    let decoded = percent_decode_str(last).decode_utf8_lossy();
    Some(Name::owned(decoded.replace("~1", "/").replace("~0", "~")))
}

/// The properties of an object.
#[derive(Debug)]
pub(super) struct Layout<'s> {
    shape: Shape<'s>,
    members: Vec<Member<'s>>,
    by_property: HashMap<&'s str, usize>,
    /// By local name.
    elements: HashMap<String, Vec<usize>>,
    attributes: HashMap<String, Vec<usize>>,
    text: Option<usize>,
}

impl<'s> Layout<'s> {
    pub(super) fn of(shape: &Shape<'s>) -> Self {
        let names = shape.property_names();
        let mut members: Vec<Member<'s>> =
            names.iter().map(|name| Member::declared(name, shape.property(name))).collect();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for member in members.iter().filter(|member| member.role == Role::Element) {
            *counts.entry(member.found_as().local.clone().into_owned()).or_default() += 1;
        }
        for (member, name) in members.iter_mut().zip(&names) {
            if member.is_named_by_reference() && counts.get(&*member.found_as().local) > Some(&1) {
                member.name_by_property(name);
            }
        }
        let mut layout = Self {
            shape: shape.clone(),
            by_property: names.iter().enumerate().map(|(at, name)| (*name, at)).collect(),
            elements: HashMap::new(),
            attributes: HashMap::new(),
            text: None,
            members,
        };
        for (at, member) in layout.members.iter().enumerate() {
            let names = match member.role {
                Role::Element => &mut layout.elements,
                Role::Attribute => &mut layout.attributes,
                Role::Text | Role::Cdata => {
                    layout.text.get_or_insert(at);
                    continue;
                }
            };
            names.entry(member.found_as().local.clone().into_owned()).or_default().push(at);
        }
        for (at, (member, name)) in layout.members.iter().zip(&names).enumerate() {
            if member.is_named_by_reference() {
                layout.elements.entry(escape(name).into_owned()).or_insert_with(|| vec![at]);
            }
        }
        layout
    }

    /// The member of a property.
    pub(super) fn property(&self, property: &str) -> Cow<'_, Member<'s>> {
        match self.by_property.get(property) {
            Some(at) => Cow::Borrowed(&self.members[*at]),
            None => Cow::Owned(Member::undeclared(property, self.shape.property(property))),
        }
    }

    /// The member that is text.
    pub(super) fn text(&self) -> Option<&Member<'s>> {
        self.text.map(|at| &self.members[at])
    }

    /// The members that the schema declares.
    pub(super) fn declared(&self) -> &[Member<'s>] {
        &self.members
    }

    /// The declared member that an element of this name is of.
    pub(super) fn element(&self, name: &QualifiedName) -> Option<&Member<'s>> {
        self.named(self.elements.get(&name.local)?, name)
    }

    /// The declared member that an attribute of this name is.
    pub(super) fn attribute(&self, name: &QualifiedName) -> Option<&Member<'s>> {
        self.named(self.attributes.get(&name.local)?, name)
    }

    /// Whether what a member is written as is read as that member, with or without its prefix: one that no namespace is
    /// given for may be left out.
    pub(super) fn finds(&self, member: &Member<'s>) -> bool {
        let name = member.found_as();
        let leads_back = |prefix: Option<&str>| {
            let written =
                QualifiedName { prefix: prefix.map(str::to_owned), local: name.local.clone().into_owned() };
            let found = match member.role {
                Role::Attribute => self.attribute(&written),
                _ => self.element(&written),
            };
            match found {
                Some(found) => found.property == member.property,
                None => !self.by_property.contains_key(&*member.property),
            }
        };
        leads_back(name.prefix) && (name.namespace.is_some() || leads_back(None))
    }

    /// Of several of one local name that with the same prefix, else the first: a peer may choose its prefixes.
    fn named(&self, places: &[usize], name: &QualifiedName) -> Option<&Member<'s>> {
        let has_prefix = |at: &&usize| self.members[**at].found_as().prefix == name.prefix.as_deref();
        let at = places.iter().find(has_prefix).or(places.first())?;
        Some(&self.members[*at])
    }
}

/// The layouts of the objects of one body: its items mostly share one.
#[derive(Debug, Default)]
pub(super) struct Layouts<'s>(RefCell<HashMap<*const Value, Rc<Layout<'s>>>>);

impl<'s> Layouts<'s> {
    pub(super) fn of(&self, shape: &Shape<'s>) -> Rc<Layout<'s>> {
        let Some(identity) = shape.identity() else { return Rc::new(Layout::of(shape)) };
        if let Some(known) = self.0.borrow().get(&identity) {
            return Rc::clone(known);
        }
        let layout = Rc::new(Layout::of(shape));
        self.0.borrow_mut().insert(identity, Rc::clone(&layout));
        layout
    }
}
