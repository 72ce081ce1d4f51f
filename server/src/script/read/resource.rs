//! `resources`: items that operations of the document make, show, change and remove.

use counterfoil_openapi::Location;

use super::super::grammar::{Field, Filter, Named, Page, Resource, Role, Spot, SpotPlace, Start};
use super::cursor::{Keys, Node, Reader};
use super::{field, rule, scenario};

pub(in crate::script) const RESOURCE: Keys = Keys {
    of: "a resource",
    known: &[
        "key", "in", "list", "create", "read", "update", "patch", "delete", "seed", "filter", "page", "keep",
    ],
    later: &[],
};

pub(in crate::script) const PAGE: Keys = Keys {
    of: "`page`",
    known: &["limit", "offset", "page", "cursor", "first", "size", "total", "next", "items"],
    later: &[],
};

/// Reads the resources of a script.
pub(super) fn resources<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Vec<Resource> {
    let named = scenario::named(reader, node, "a map from names to resources");
    named.into_iter().filter_map(|(name, node)| resource(reader, name, &node)).collect()
}

fn resource<'d>(reader: &mut Reader<'d>, name: Named, node: &Node<'d>) -> Option<Resource> {
    let errors = reader.error_count();
    let mut key = None;
    let (mut within, mut operations, mut seed, mut filter) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut page = Page::default();
    let (mut has_key, mut keep) = (false, None);
    for (word, member) in reader.members(node, &RESOURCE)? {
        match word {
            "key" => {
                has_key = true;
                key = text(reader, &member, "the name of the member that tells items apart");
            }
            "in" => {
                let fields = member.items().unwrap_or_else(|| vec![member.clone()]);
                within.extend(fields.iter().filter_map(|field| parameter(reader, field)));
            }
            "seed" => {
                let items = reader.items(&member, "a list of items").unwrap_or_default();
                seed = items.into_iter().map(|item| (item.value.clone(), item.pointer)).collect();
            }
            "filter" => {
                let items = reader.items(&member, "a list of query parameters").unwrap_or_default();
                filter = items.iter().filter_map(|item| self::filter(reader, item)).collect();
            }
            "page" => page = self::page(reader, &member),
            "keep" => keep = reader.count(&member, 1).and_then(|most| usize::try_from(most).ok()),
            word => {
                let role = Role::ALL.into_iter().find(|role| role.as_str() == word);
                let operation = text(reader, &member, "an operation");
                operations.extend(role.zip(operation));
            }
        }
    }
    if !has_key {
        let message = "a resource needs `key`, the member that tells its items apart";
        reader.error("value-invalid", &node.pointer, message, Some("for example `key: id`".to_owned()));
    }
    operations.sort_by_key(|(role, _)| *role);
    let resource = Resource { name, key: key?, within, operations, seed, filter, page, keep };
    (reader.error_count() == errors).then_some(resource)
}

fn text<'d>(reader: &mut Reader<'d>, node: &Node<'d>, expected: &str) -> Option<Named> {
    let name = reader.text(node, expected)?.to_owned();
    Some(Named { name, pointer: node.pointer.clone() })
}

fn parameter<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<super::super::grammar::Per> {
    let per = rule::per(reader, node)?;
    if !matches!(per.field, Field::Parameter(..)) {
        reader.unexpected(node, "a parameter that all operations have, such as path.orgId");
        return None;
    }
    Some(per)
}

/// `kind`, or `{ owner: ownerId }` where the member is called something else.
fn filter<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Filter> {
    const EXPECTED: &str = "a query parameter, or a map from one to the member that it is compared to";
    let Some(object) = node.value.as_object() else {
        let query = text(reader, node, EXPECTED)?;
        return Some(Filter { member: vec![query.name.clone()], query });
    };
    let mut pairs = object.iter();
    let (Some((name, value)), None) = (pairs.next(), pairs.next()) else {
        reader.unexpected(node, EXPECTED);
        return None;
    };
    let pointer = node.pointer.join(name);
    let member = Node { value, pointer: pointer.clone() };
    let path = reader.text(&member, "the name of a member, such as owner or owner.id")?;
    let member = path.split('.').map(str::to_owned).collect();
    Some(Filter { query: Named { name: name.clone(), pointer }, member })
}

fn page<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Page {
    let mut page = Page::default();
    for (word, member) in reader.members(node, &PAGE).unwrap_or_default() {
        let start = match word {
            "limit" => {
                page.limit = text(reader, &member, "a query parameter");
                continue;
            }
            "first" => {
                page.first = reader.count(&member, 0);
                continue;
            }
            "size" => {
                page.size = reader.count(&member, 1).and_then(|size| usize::try_from(size).ok());
                continue;
            }
            "total" => {
                page.total = spot(reader, &member);
                continue;
            }
            "next" => {
                page.next = spot(reader, &member);
                continue;
            }
            "items" => {
                page.items = spot(reader, &member);
                if matches!(&page.items, Some(Spot { place: SpotPlace::Header(_), .. })) {
                    reader.unexpected(&member, "a place in the body, such as body.items");
                }
                continue;
            }
            "offset" => Start::Offset,
            "page" => Start::Page,
            _ => Start::Cursor,
        };
        let named = text(reader, &member, "a query parameter");
        if page.start.is_some() {
            let message = "a page begins by one of `offset`, `page` and `cursor`";
            reader.error("key-conflict", &member.pointer, message, Some("leave the others out".to_owned()));
        }
        page.start = named.map(|named| (start, named));
    }
    page
}

/// A place in a reply, written as fields are.
fn spot<'d>(reader: &mut Reader<'d>, node: &Node<'d>) -> Option<Spot> {
    const EXPECTED: &str = "a header or a place in the body, such as header.X-Total-Count or body.total";
    let name = reader.text(node, EXPECTED)?;
    let place = match field::parse(name) {
        field::Parsed::Field(Field::Parameter(Location::Header, name)) => SpotPlace::Header(name),
        field::Parsed::Field(Field::Body(steps)) => SpotPlace::Body(steps),
        _ => {
            reader.unexpected(node, EXPECTED);
            return None;
        }
    };
    Some(Spot { place, pointer: node.pointer.clone() })
}
