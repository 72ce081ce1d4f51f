//! What an operation of a resource answers, and where that shows an item.

use counterfoil_openapi::generate::{self, Seed};
use counterfoil_openapi::{Direction, MediaType, Operation, PathTemplate, ResponseObject, StatusPattern};
use http::StatusCode;
use serde_json::{Map, Value};

use super::super::super::grammar::{Named, Role, SpotPlace};
use super::super::super::nearest;
use super::super::super::resource::{BodyView, Holds, LocationPlan, Members, View, is_tag_possible};
use super::super::super::shape::Shape;
use super::place::{self, Found};
use super::{Check, is_documented_header, members, shape_of};
use crate::negotiate::status;

impl Check<'_, '_> {
    /// What an operation answers where it does what it is there for; nothing where it cannot, which is told.
    pub(super) fn view(&mut self, role: Role, named: &Named, operation: &Operation) -> Option<View> {
        let Some((status, response)) = success(role, operation) else {
            let message = format!("`{}` documents no 2xx, so that it can answer nothing", named.name);
            self.reader.error("resource-reply", &named.pointer, message, None);
            return None;
        };
        let body = place::json(&response.content);
        let must_show = matches!(role, Role::List | Role::Read);
        if must_show && body.is_none() {
            let message = format!("the {} of `{}` documents no body in JSON", response.status, named.name);
            let hint = "an item is shown in JSON".to_owned();
            self.reader.error("resource-reply", &named.pointer, message, Some(hint));
            return None;
        }
        let body = match body {
            Some(media) => self.body(role, named, media, must_show),
            None => None,
        };
        if must_show && body.is_none() {
            return None;
        }
        let status_if_known = [200, 204].into_iter().find(|status| {
            role == Role::Create && operation.responses().get(StatusPattern::Exact(*status)).is_some()
        });
        let tag = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("etag"));
        let is_tagged = role != Role::List
            && tag.is_some_and(|tag| tag.content.is_none() && is_tag_possible(tag.schema.as_ref()));
        Some(View { status, status_if_known, body, location: None, is_tagged })
    }

    fn body(&mut self, role: Role, named: &Named, media: &MediaType, is_told: bool) -> Option<BodyView> {
        let holds = if role == Role::List { Holds::Items } else { Holds::Item };
        let given = self.resource.page.items.as_ref().filter(|_| role == Role::List);
        let given = given.and_then(|spot| match &spot.place {
            SpotPlace::Body(way) => Some((way.clone(), spot.pointer.clone())),
            SpotPlace::Header(_) => None,
        });
        let Some(schema) = &media.schema else {
            // What no schema says an example may.
            let examples = media.examples.iter().map(|example| &example.value);
            let shown = examples
                .into_iter()
                .find_map(|example| place::shown(example, &self.resource.key.name, holds));
            let place = given.map(|(way, _)| way).or(shown).unwrap_or_default();
            let members = Members { is_open: true, ..Members::default() };
            let around = Value::Object(Map::new());
            return Some(BodyView { schema: None, place, holds, around, members });
        };
        let shape = Shape::of(schema.bundle(Direction::Response));
        let key = &self.resource.key;
        let place = match given {
            Some((way, at)) => {
                let item = place::inside(shape.clone(), &way, holds);
                if item.is_none() {
                    let message = format!(
                        "there is no list at `{}` of the reply of `{}`",
                        place::label(&way),
                        named.name
                    );
                    self.reader.error("resource-reply", &at, message, None);
                    return None;
                }
                way
            }
            None => match place::find(&shape, &key.name, holds) {
                Found::At(way) => way,
                _ if !is_told => return None,
                Found::Several(ways) => {
                    let message = format!(
                        "several places of the reply of `{}` show items: {}",
                        named.name,
                        ways.join(", ")
                    );
                    let hint = match holds {
                        Holds::Items => Some(format!("name one of them: `page: {{ items: {} }}`", ways[0])),
                        Holds::Item => None,
                    };
                    self.reader.error("resource-reply", &named.pointer, message, hint);
                    return None;
                }
                Found::Nowhere(known) => {
                    let what = if holds == Holds::Items { "list of items" } else { "item" };
                    let message =
                        format!("the reply of `{}` shows no {what} with a member `{}`", named.name, key.name);
                    let hint = nearest::hint(&key.name, known.iter().map(String::as_str));
                    self.reader.error("resource-key", &key.pointer, message, hint);
                    return None;
                }
            },
        };
        let around = if place.is_empty() { Value::Null } else { around(media, &shape, &place, holds) };
        let mut view =
            BodyView { schema: Some(schema.clone()), place, holds, around, members: Members::default() };
        view.members = shape_of(&view).map(|shape| members(&shape)).unwrap_or_default();
        Some(view)
    }

    /// Where the header `Location` of a reply leads, where the document has one.
    pub(super) fn location(
        &self,
        operation: &Operation,
        status: u16,
        path: PathTemplate,
        variable: String,
    ) -> Option<LocationPlan> {
        let header = SpotPlace::Header("location".to_owned());
        let segments = operation.path().as_str().matches('/').count();
        is_documented_header(operation, status, &header).then_some(LocationPlan { path, variable, segments })
    }
}

/// The response that an operation answers with where all goes well, and its status.
fn success(role: Role, operation: &Operation) -> Option<(u16, &ResponseObject)> {
    let responses = operation.responses();
    let preferred: &[u16] = match role {
        Role::Create => &[201, 200],
        Role::Delete => &[204, 200],
        _ => &[200],
    };
    let exact =
        preferred.iter().find_map(|status| Some((*status, responses.get(StatusPattern::Exact(*status))?)));
    exact.or_else(|| {
        let usual = status::valid(responses).filter(|usual| usual.status.is_success())?;
        Some((usual.status.as_u16(), responses.0.get(usual.response)?))
    })
}

/// What is around an item: an example of the document, else the least that is valid. Around a list it is only what
/// must be there, since the rest would tell of other items.
fn around(media: &MediaType, shape: &Shape<'_>, place: &[String], holds: Holds) -> Value {
    let schema = media.schema.as_ref();
    let seed = Seed::derive(0, &["around", media.pointer.as_str()], 0);
    let example =
        media.examples.iter().find(|example| example.value.is_object()).map(|example| &example.value);
    let mended = example.zip(schema).and_then(|(example, schema)| {
        Some(generate::repair(schema, Direction::Response, example, &seed).ok()?.value)
    });
    let least = || schema.and_then(|schema| generate::minimal(schema, Direction::Response).ok());
    let mut around =
        mended.or_else(least).filter(Value::is_object).unwrap_or_else(|| Value::Object(Map::new()));
    if let (Holds::Items, Some(members)) = (holds, around.as_object_mut()) {
        let required = shape.required();
        members.retain(|name, _| required.contains(&name.as_str()) || place.first() == Some(name));
    }
    around
}

/// The response that documents a status.
pub(super) fn response(operation: &Operation, status: u16) -> Option<&ResponseObject> {
    operation.responses().documenting(StatusCode::from_u16(status).ok()?)
}
