//! Resources against their document: which operations they are made of, what those show of an item, and what items
//! there are from the start.

mod page;
mod place;
mod seed;
mod view;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::{Contract, Direction, Location, Operation, Pointer, Severity};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::super::grammar::{Field, Named, Resource, Role, SpotPlace};
use super::super::nearest;
use super::super::read::Reader;
use super::super::resource::{BodyView, CompiledResource, KeyKind, Members, ResourceOperation, View, at};
use super::super::shape::{Member, Shape};

/// The operations that resources are made of, by document and id, with the resource that has each.
pub(in crate::script) type Taken = HashMap<(String, String), String>;

/// A resource, checked and made ready to run; nothing where something is wrong with it, which is told.
pub(in crate::script) fn resource(
    reader: &mut Reader<'_>,
    contracts: &[&Contract],
    resource: &Resource,
    taken: &mut Taken,
    place_of: impl Fn(&Pointer) -> String,
) -> Option<CompiledResource> {
    let errors = reader.error_count();
    let operations = operations(reader, contracts, resource, taken);
    let mut check = Check { reader, resource };
    let compiled = check.compile(&operations, place_of(&resource.name.pointer));
    compiled.filter(|_| check.reader.error_count() == errors)
}

/// An operation of the document, and what the script says that it does.
type Found<'c> = (Role, &'c Named, &'c Arc<Operation>);

fn operations<'c>(
    reader: &mut Reader<'_>,
    contracts: &[&'c Contract],
    resource: &'c Resource,
    taken: &mut Taken,
) -> Vec<Found<'c>> {
    let mut found = Vec::new();
    for (role, named) in &resource.operations {
        let Some(operation) = super::operation(reader, contracts, named) else { continue };
        let id = (operation.document().name().to_owned(), operation.id().as_str().to_owned());
        let owner = format!("`{}` of the resource `{}`", role.as_str(), resource.name.name);
        if let Some(other) = taken.insert(id, owner) {
            let message = format!("`{}` is {other} already", named.name);
            let hint = "an operation does one thing to one resource".to_owned();
            reader.error("resource-operation", &named.pointer, message, Some(hint));
            continue;
        }
        found.push((*role, named, operation));
    }
    if !resource.operations.iter().any(|(role, _)| matches!(role, Role::List | Role::Read)) {
        let message = "the resource has neither `list` nor `read`, so that nothing shows its items";
        let hint = "name the operation that lists them, or the one that shows one".to_owned();
        reader.error("resource-operation", &resource.name.pointer, message, Some(hint));
    }
    found
}

struct Check<'c, 'd> {
    reader: &'c mut Reader<'d>,
    resource: &'c Resource,
}

impl Check<'_, '_> {
    fn compile(&mut self, found: &[Found<'_>], place: String) -> Option<CompiledResource> {
        let views: Vec<Option<View>> =
            found.iter().map(|(role, named, operation)| self.view(*role, named, operation)).collect();
        for (role, named, operation) in found {
            self.within(named, operation);
            if role.is_of_one() && operation.responses().documenting(StatusCode::NOT_FOUND).is_none() {
                let message = format!("`{}` documents no 404", operation.id());
                let hint = "an item that is not there is answered with a problem".to_owned();
                self.reader.tell(Severity::Note, "resource-reply", &named.pointer, message, Some(hint));
            }
        }
        let keys: Vec<Option<Field>> = found.iter().map(|of| self.key_parameter(of, found)).collect();
        let order = [Role::Read, Role::List, Role::Create, Role::Update, Role::Patch];
        let canonical = order.iter().find_map(|wanted| {
            let index = found.iter().position(|(role, ..)| role == wanted)?;
            Some((index, views.get(index)?.as_ref()?.body.as_ref()?))
        });
        let (index, canon) = canonical.map(|(index, canon)| (index, canon.clone()))?;
        let shape = self::shape_of(&canon)?;
        let key_kind = key_kind(&shape, &self.resource.key.name);
        let required = shape.required().into_iter().map(str::to_owned).collect();
        let look = look(found[index].2, &canon);
        self.filters(found, &canon);
        let page = self.page(found, views.iter().flatten());
        let initial = self.seeds(&canon);
        let listing = found.iter().zip(keys).zip(views);
        let operations = listing
            .filter_map(|(((role, named, operation), key), view)| {
                let (intake, settable) = self.intake(*role, named, operation, &canon);
                Some(ResourceOperation {
                    role: *role,
                    document: operation.document().name().to_owned(),
                    operation: operation.id().as_str().to_owned(),
                    view: view?,
                    key,
                    intake,
                    settable,
                })
            })
            .collect();
        Some(CompiledResource {
            name: self.resource.name.name.clone(),
            key: self.resource.key.name.clone(),
            key_kind,
            within: self.resource.within.iter().map(|per| per.field.clone()).collect(),
            operations: self.located(operations, found),
            canon,
            required,
            look,
            initial,
            filters: self.resource.filter.clone(),
            page,
            keep: self.resource.keep,
            place,
        })
    }

    /// The parameters that collections are within must be there in every operation.
    fn within(&mut self, named: &Named, operation: &Operation) {
        for per in &self.resource.within {
            let Field::Parameter(location, name) = &per.field else { continue };
            let is_there = operation.parameters_in(*location).any(|known| known.name == *name);
            if !is_there {
                let message = format!("`{}` has no parameter `{}`", named.name, per.field.label());
                let names = operation.parameters_in(*location).map(|known| known.name.as_str());
                let near = nearest::nearest(name, names);
                let hint = near.map_or_else(
                    || "every operation of the resource has to have it".to_owned(),
                    |near| format!("did you mean `{location}.{near}`?"),
                );
                self.reader.error("matcher-unknown", &per.pointer, message, Some(hint));
            }
        }
    }

    /// The parameter that names the item; of an operation that makes one it is there where the request chooses the key.
    fn key_parameter(&mut self, (role, named, operation): &Found<'_>, all: &[Found<'_>]) -> Option<Field> {
        let key = self.resource.key.name.as_str();
        let in_path = match role {
            Role::List => return None,
            Role::Create => {
                let others = all.iter().filter(|(role, ..)| role.is_of_one());
                let mut names = others.filter_map(|(_, _, operation)| self.last_variable(operation));
                names.find(|name| operation.path().variables().any(|variable| variable == *name))
            }
            _ => self.last_variable(operation),
        };
        if let Some(name) = in_path {
            return Some(Field::Parameter(Location::Path, name.to_owned()));
        }
        if *role == Role::Create {
            return None;
        }
        let elsewhere = [Location::Query, Location::Header].into_iter().find_map(|location| {
            let known = operation.parameters_in(location).find(|known| known.name == key)?;
            Some(Field::Parameter(location, known.name.clone()))
        });
        if elsewhere.is_none() {
            let message = format!("no parameter of `{}` names an item", named.name);
            let hint =
                format!("its path has no variable but those of `in`, and no parameter is called `{key}`");
            self.reader.error("resource-key", &named.pointer, message, Some(hint));
        }
        elsewhere
    }

    /// The variable of a path that names the item: the one that is called as the key, else the last that no
    /// collection is within.
    fn last_variable<'o>(&self, operation: &'o Operation) -> Option<&'o str> {
        let is_within = |name: &str| {
            let field = Field::Parameter(Location::Path, name.to_owned());
            self.resource.within.iter().any(|per| per.field == field)
        };
        let free = || operation.path().variables().filter(|name| !is_within(name));
        free().find(|name| *name == self.resource.key.name).or_else(|| free().last())
    }

    /// The query parameters that narrow a list, and the members they are compared to.
    fn filters(&mut self, found: &[Found<'_>], canon: &BodyView) {
        let Some(first) = self.resource.filter.first() else { return };
        let Some((_, _, list)) = found.iter().find(|(role, ..)| *role == Role::List) else {
            let message = "`filter` has no effect without `list`";
            self.reader.error("key-conflict", &first.query.pointer, message, None);
            return;
        };
        for filter in &self.resource.filter {
            if !self.query(list, &filter.query) {
                continue;
            }
            let Some(mut shape) = shape_of(canon) else { continue };
            for step in &filter.member {
                match shape.member(step) {
                    Member::Known(inner) => shape = inner,
                    Member::Open => break,
                    Member::Unknown(_) if filter.member.len() == 1 && self.is_sent(found, step) => break,
                    Member::Unknown(known) => {
                        let message = format!("an item has no member `{}`", filter.member.join("."));
                        let hint = nearest::hint(step, known);
                        let hint = match filter.member.len() == 1 && filter.member[0] == filter.query.name {
                            true => Some(format!(
                                "write `{{ {}: MEMBER }}` where the member is called something else",
                                filter.query.name
                            )),
                            false => hint,
                        };
                        self.reader.error("matcher-unknown", &filter.query.pointer, message, hint);
                        break;
                    }
                }
            }
        }
    }

    /// Whether a request can send a member, though no reply shows it.
    fn is_sent(&self, found: &[Found<'_>], name: &str) -> bool {
        found.iter().flat_map(|(_, _, operation)| place::request_shape(operation)).any(|(way, shape)| {
            let inner = way.iter().try_fold(shape, |shape, step| match shape.member(step) {
                Member::Known(inner) => Some(inner),
                _ => None,
            });
            inner.is_some_and(|shape| matches!(shape.member(name), Member::Known(_)))
        })
    }

    /// A query parameter of an operation.
    fn query(&mut self, operation: &Operation, named: &Named) -> bool {
        let names: Vec<&str> =
            operation.parameters_in(Location::Query).map(|known| known.name.as_str()).collect();
        let is_known = names.contains(&named.name.as_str());
        if !is_known {
            let message = format!("`{}` has no query parameter `{}`", operation.id(), named.name);
            let hint = nearest::hint(&named.name, names.iter().copied());
            self.reader.error("matcher-unknown", &named.pointer, message, hint);
        }
        is_known
    }

    /// Where a body holds the item, and the members it can have.
    fn intake(
        &mut self,
        role: Role,
        named: &Named,
        operation: &Operation,
        canon: &BodyView,
    ) -> (Vec<String>, Members) {
        if !matches!(role, Role::Create | Role::Update | Role::Patch) {
            return Default::default();
        }
        let Some((way, shape)) = place::intake(operation, &canon.members) else {
            return Default::default();
        };
        if !shape.admits_type_of(&json!({})) && role != Role::Patch {
            let message = format!("the body of `{}` is no object, so that no item is made of it", named.name);
            self.reader.error("resource-reply", &named.pointer, message, None);
        }
        (way, members(&shape))
    }

    /// Gives the operations that make items the path of the one that shows them.
    fn located(&self, mut operations: Vec<ResourceOperation>, found: &[Found<'_>]) -> Vec<ResourceOperation> {
        let order = [Role::Read, Role::Update, Role::Patch, Role::Delete];
        let shown = order.iter().find_map(|wanted| {
            let of = operations.iter().find(|of| of.role == *wanted)?;
            let Some(Field::Parameter(Location::Path, variable)) = &of.key else { return None };
            let (_, _, operation) = found.iter().find(|(role, ..)| role == wanted)?;
            Some((operation.path().clone(), variable.clone()))
        });
        for of in &mut operations {
            let made = found.iter().find(|(role, ..)| *role == of.role && *role == Role::Create);
            let Some(((_, _, operation), (path, variable))) = made.zip(shown.clone()) else { continue };
            of.view.location = self.location(operation, of.view.status, path, variable);
        }
        operations
    }
}

/// The shape of an item as a view shows it; where no schema says any, it may be anything.
fn shape_of(view: &BodyView) -> Option<Shape<'_>> {
    static ANY: Value = Value::Bool(true);
    let Some(schema) = &view.schema else { return Some(Shape::of(&ANY)) };
    place::inside(Shape::of(schema.bundle(Direction::Response)), &view.place, view.holds)
}

/// The members that a shape knows.
fn members(shape: &Shape<'_>) -> Members {
    let names = shape.names();
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<HashSet<_>>();
    Members { known: owned(names.known), refused: owned(names.refused), is_open: names.is_open }
}

fn key_kind(shape: &Shape<'_>, key: &str) -> KeyKind {
    let Member::Known(shape) = shape.member(key) else { return KeyKind::Number };
    if shape.admits_type_of(&json!(1)) {
        return KeyKind::Number;
    }
    let is_uuid = shape.values_of("format").any(|format| *format == "uuid" || *format == "guid");
    if is_uuid { KeyKind::Uuid } else { KeyKind::Text }
}

/// What an example of an operation shows of an item.
fn look(operation: &Operation, canon: &BodyView) -> Map<String, Value> {
    let examples = operation.responses().iter().flat_map(|response| response.content.iter());
    let examples = examples.filter(|media| media::kind(&media.name) == Kind::Json);
    let shown = examples.flat_map(|media| &media.examples).find_map(|example| {
        let found = at(&example.value, &canon.place)?;
        found.as_array().map_or(Some(found), |items| items.first())?.as_object()
    });
    shown.cloned().unwrap_or_default()
}

/// Whether a field of a reply is a header that its response documents.
fn is_documented_header(operation: &Operation, status: u16, spot: &SpotPlace) -> bool {
    let SpotPlace::Header(name) = spot else { return false };
    StatusCode::from_u16(status)
        .ok()
        .and_then(|status| operation.responses().documenting(status))
        .is_some_and(|response| response.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name)))
}
