//! What XML stands for the values of schemas, as a table: for those who make programs that read and write it.

use std::collections::HashMap;

use serde_json::Value;

use super::layout::{self, Facets, Layout, List, Member, Name, Role};
use crate::schema::{Schema, Shape, Types};

/// The most rows of one table; what is beyond is the first, which takes anything.
const MAX_ROWS: usize = 20_000;

/// The XML of the bodies of one document.
///
/// - Rows refer to each other by their index, so that a schema may hold itself.
/// - The first row is of values that no schema speaks of.
#[derive(Debug)]
pub struct XmlTable<'s> {
    rows: Vec<XmlRow>,
    known: HashMap<Vec<*const Value>, usize>,
    /// Rows whose parts are still to be found.
    open: Vec<(usize, Shape<'s>)>,
}

/// What a value may be, and what its parts are called.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct XmlRow {
    /// The types that it may have.
    pub kinds: XmlKinds,
    /// The row of the items where a list is asked for, and what each is called within the element of the list; a name
    /// without a local part is the list's own.
    pub item: Option<(usize, XmlName)>,
    /// The properties that are declared.
    pub members: Vec<XmlMember>,
    /// The row of all other properties.
    pub others: usize,
}

/// A set of the types of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a member of a set")]
#[non_exhaustive]
pub struct XmlKinds {
    /// `null`.
    pub null: bool,
    /// `true` and `false`.
    pub boolean: bool,
    /// Numbers.
    pub number: bool,
    /// Texts.
    pub string: bool,
    /// Lists.
    pub array: bool,
    /// Objects.
    pub object: bool,
}

/// A declared property.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct XmlMember {
    /// Its name in JSON.
    pub property: String,
    /// The row of its value.
    pub row: usize,
    /// What it becomes.
    pub role: XmlRole,
    /// The name of its element or attribute, or of each of its elements where it is a list that stands in none.
    pub name: XmlName,
    /// Another name that its elements are read under, which some implementations write.
    pub other_name: Option<String>,
    /// Whether it is a list whose items stand in the element of the object.
    pub is_repeated: bool,
    /// Whether the object must have it.
    pub is_required: bool,
}

/// What a property becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum XmlRole {
    /// An element.
    Element,
    /// An attribute of the object's element.
    Attribute,
    /// The text of the object's element.
    Text,
}

/// The name of an element or attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct XmlName {
    /// Its prefix, where the document wants one.
    pub prefix: Option<String>,
    /// What follows the prefix.
    pub local: String,
    /// Its namespace, where the document names one.
    pub namespace: Option<String>,
}

/// The XML of one body.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct XmlRoot {
    /// The row of its value.
    pub row: usize,
    /// The name of the root element.
    pub name: XmlName,
    /// The name of the items, where the body is a list.
    pub item: XmlName,
}

impl<'s> XmlTable<'s> {
    /// A table with the row of anything.
    pub fn new() -> Self {
        let mut table = Self { rows: Vec::new(), known: HashMap::new(), open: Vec::new() };
        table.push(Shape::of(None));
        table.complete();
        table
    }

    /// The rows, by their index.
    pub fn rows(&self) -> &[XmlRow] {
        &self.rows
    }

    /// Adds the rows of a body of some schema.
    pub fn add(&mut self, schema: &'s Schema) -> XmlRoot {
        let shape = Shape::of(Some(schema));
        let (name, _) = layout::root(&shape);
        let root = XmlRoot {
            name: XmlName::of(&name),
            item: XmlName::of(&layout::root_item(&shape)),
            row: self.row(shape.clone()),
        };
        self.complete();
        root
    }

    /// The row of a shape, the same for the same schemas.
    fn row(&mut self, shape: Shape<'s>) -> usize {
        let key = shape.identities();
        if key.is_empty() {
            return 0;
        }
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if self.rows.len() >= MAX_ROWS {
            return 0;
        }
        let index = self.push(shape);
        self.known.insert(key, index);
        index
    }

    fn push(&mut self, shape: Shape<'s>) -> usize {
        let index = self.rows.len();
        let kinds = XmlKinds::of(shape.types());
        self.rows.push(XmlRow { kinds, item: None, members: Vec::new(), others: 0 });
        self.open.push((index, shape));
        index
    }

    /// Finds the parts of all rows.
    fn complete(&mut self) {
        while let Some((index, shape)) = self.open.pop() {
            if shape.types().is_any() && shape.property_names().is_empty() {
                continue;
            }
            if shape.types().admits_items() {
                let item = shape.item(0);
                let name = XmlName::of(&Facets::of(&item).name_or(&Name::plain("")));
                // A name that stands for no text is none: the list's own is meant.
                let local = if Facets::of(&item).has_name() { name.local } else { String::new() };
                let row = self.row(item);
                self.rows[index].item = Some((row, XmlName { local, ..name }));
            }
            if shape.types().admits(Types::OBJECT) {
                let layout = Layout::of(&shape);
                let members = layout.declared().iter().map(|member| self.member(member, &shape)).collect();
                self.rows[index].members = members;
                self.rows[index].others = self.row(shape.other_property());
            }
        }
    }

    fn member(&mut self, member: &Member<'s>, object: &Shape<'s>) -> XmlMember {
        let role = match member.role {
            Role::Element => XmlRole::Element,
            Role::Attribute => XmlRole::Attribute,
            Role::Text | Role::Cdata => XmlRole::Text,
        };
        let name = XmlName::of(member.found_as());
        let plain = Name::plain(&member.property).local.into_owned();
        let other_name = (member.is_named_by_reference() && plain != name.local).then_some(plain);
        XmlMember {
            property: member.property.clone().into_owned(),
            row: self.row(member.shape.clone()),
            role,
            name,
            other_name,
            is_repeated: matches!(member.list, List::Repeated(_)),
            is_required: object.requires(&member.property),
        }
    }
}

impl Default for XmlTable<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl XmlName {
    fn of(name: &Name<'_>) -> Self {
        Self {
            prefix: name.prefix.map(str::to_owned),
            local: name.local.clone().into_owned(),
            namespace: name.namespace.map(str::to_owned),
        }
    }
}

impl XmlKinds {
    fn of(types: Types) -> Self {
        Self {
            null: types.admits(Types::NULL),
            boolean: types.admits(Types::BOOLEAN),
            number: types.admits(Types::NUMBER),
            string: types.admits(Types::STRING),
            array: types.admits(Types::ARRAY),
            object: types.admits(Types::OBJECT),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::Contract;

    #[test]
    fn a_schema_that_holds_itself_is_a_row_that_does() {
        let document = json!({
            "openapi": "3.0.3", "info": {"title": "t", "version": "1"},
            "paths": {"/": {"post": {
                "requestBody": {"content": {"application/xml": {"schema": {"$ref": "#/components/schemas/Pet"}}}},
                "responses": {"200": {"description": "ok"}}
            }}},
            "components": {"schemas": {"Pet": {
                "type": "object", "required": ["tags"], "xml": {"name": "pet", "namespace": "urn:p"},
                "properties": {
                    "id": {"type": "integer", "xml": {"attribute": true}},
                    "tags": {"type": "array", "items": {"type": "string", "xml": {"name": "tag"}}},
                    "wrapped": {"type": "array", "xml": {"wrapped": true}, "items": {"type": "string"}},
                    "mother": {"$ref": "#/components/schemas/Pet"}
                }
            }}}
        });
        let contract = Contract::load("t.json", document.to_string().as_bytes()).unwrap();
        let body = contract.operations()[0].request_body().unwrap();
        let mut table = XmlTable::new();
        let root = table.add(body.content.0[0].schema.as_ref().unwrap());
        assert_eq!((&*root.name.local, root.name.namespace.as_deref()), ("pet", Some("urn:p")));
        let pet = &table.rows()[root.row];
        assert!(pet.kinds.object && !pet.kinds.string && !pet.kinds.null);
        let told: Vec<_> = pet
            .members
            .iter()
            .map(|member| {
                (&*member.property, member.role, &*member.name.local, member.is_repeated, member.is_required)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("id", XmlRole::Attribute, "id", false, false),
                ("tags", XmlRole::Element, "tag", true, true),
                ("wrapped", XmlRole::Element, "wrapped", false, false),
                ("mother", XmlRole::Element, "pet", false, false),
            ]
        );
        assert_eq!(pet.members[3].row, root.row);
        assert_eq!(pet.members[3].other_name.as_deref(), Some("mother"));
        let wrapped = &table.rows()[pet.members[2].row];
        assert_eq!(wrapped.item.as_ref().map(|(_, name)| &*name.local), Some(""));
        assert!(table.rows()[wrapped.item.as_ref().unwrap().0].kinds.string);
        assert_eq!(table.add(body.content.0[0].schema.as_ref().unwrap()), root);
        assert!(table.rows()[0].kinds.null && table.rows()[0].members.is_empty());
    }
}
