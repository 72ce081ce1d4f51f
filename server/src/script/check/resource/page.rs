//! How a list comes in parts, against the parameters and the reply of its operation.

use counterfoil_openapi::{Direction, Location, Operation};
use serde_json::{Value, json};

use super::super::super::grammar::{Named, Page, Role, Spot, SpotPlace, Start};
use super::super::super::nearest;
use super::super::super::resource::{BodyView, Holds, Next, PagePlan, View};
use super::super::super::shape::{Member, Shape};
use super::{Check, Found, is_documented_header, place, view};

impl Check<'_, '_> {
    /// How a list comes in parts.
    pub(super) fn page<'v>(
        &mut self,
        found: &[Found<'_>],
        views: impl Iterator<Item = &'v View>,
    ) -> PagePlan {
        let page = self.resource.page.clone();
        let list = found.iter().find(|(role, ..)| *role == Role::List);
        let body = views.filter_map(|view| Some((view.status, view.body.as_ref()?)));
        let body = body.into_iter().find(|(_, body)| body.holds == Holds::Items);
        let named = [page.limit.as_ref(), page.start.as_ref().map(|(_, named)| named)];
        let named: Vec<&Named> = named.into_iter().flatten().collect();
        let spots: Vec<&Spot> = [&page.total, &page.next, &page.items].into_iter().flatten().collect();
        let Some((_, _, operation)) = list else {
            let at = named.first().map(|named| &named.pointer).or(spots.first().map(|spot| &spot.pointer));
            if let Some(at) = at {
                self.reader.error("key-conflict", at, "`page` has no effect without `list`", None);
            }
            return PagePlan::default();
        };
        for named in &named {
            self.query(operation, named);
        }
        if let (Some(next), None) = (&page.next, &page.start) {
            let message = "`next` needs to know how a page begins";
            let hint = "say `offset`, `page` or `cursor` too".to_owned();
            self.reader.error("key-conflict", &next.pointer, message, Some(hint));
        }
        let Some((status, body)) = body else { return PagePlan::default() };
        for spot in [&page.total, &page.next].into_iter().flatten() {
            self.spot(operation, status, body, spot);
        }
        let documented = page.limit.as_ref().and_then(|limit| default_of(operation, &limit.name));
        let (next, echoed) = (next_in(body, &page), echoed(body, &page));
        PagePlan { page, documented, next, echoed }
    }

    /// A place in a reply has to be documented.
    fn spot(&mut self, operation: &Operation, status: u16, body: &BodyView, spot: &Spot) {
        match &spot.place {
            SpotPlace::Header(name) => {
                if !is_documented_header(operation, status, &spot.place) {
                    let message =
                        format!("the {status} of `{}` documents no header `{name}`", operation.id());
                    let known = view::response(operation, status).map(|response| response.headers.as_slice());
                    let names = known.unwrap_or_default().iter().map(|header| header.name.as_str());
                    let hint = nearest::hint(name, names);
                    self.reader.error("resource-reply", &spot.pointer, message, hint);
                }
            }
            SpotPlace::Body(way) => {
                let Some(schema) = &body.schema else { return };
                let mut shape = Shape::of(schema.bundle(Direction::Response));
                for step in way {
                    match shape.member(step) {
                        Member::Known(inner) => shape = inner,
                        Member::Open => return,
                        Member::Unknown(known) => {
                            let label = place::label(way);
                            let message = format!("the reply of `{}` has no `{label}`", operation.id());
                            let hint = nearest::hint(step, known);
                            self.reader.error("resource-reply", &spot.pointer, message, hint);
                            return;
                        }
                    }
                }
            }
        }
    }
}

/// How many items the document has on a page where a request does not say.
fn default_of(operation: &Operation, parameter: &str) -> Option<usize> {
    let known = operation.parameters_in(Location::Query).find(|known| known.name == parameter)?;
    let default = known.value_schema()?.resolved().get("default")?.as_u64()?;
    usize::try_from(default).ok().filter(|size| *size > 0)
}

/// How a body says where the next page is: by its URL where the schema says so, or where a number is no value of it.
fn next_in(body: &BodyView, page: &Page) -> Next {
    let (Some(Spot { place: SpotPlace::Body(way), .. }), Some(schema), Some((start, _))) =
        (&page.next, &body.schema, &page.start)
    else {
        return Next::Value;
    };
    let whole = Shape::of(schema.bundle(Direction::Response));
    let Some(shape) = place::follow(whole, way) else { return Next::Value };
    let is_url = shape.values_of("format").any(|format| {
        format.as_str().is_some_and(|format| format.starts_with("uri") || format.starts_with("url"))
    });
    let has_no_number = *start != Start::Cursor && !shape.admits_type_of(&json!(1));
    if is_url || has_no_number { Next::Url } else { Next::Value }
}

/// The members beside the list that are called as the parameters that ask for a page.
fn echoed(body: &BodyView, page: &Page) -> Vec<(Vec<String>, String)> {
    let (Some(schema), Some((_, beside))) = (&body.schema, body.place.split_last()) else {
        return Vec::new();
    };
    let Some(shape) = place::follow(Shape::of(schema.bundle(Direction::Response)), beside) else {
        return Vec::new();
    };
    let start = page.start.as_ref().filter(|(start, _)| *start != Start::Cursor).map(|(_, named)| named);
    let taken: Vec<&Vec<String>> = [&page.total, &page.next]
        .into_iter()
        .flatten()
        .filter_map(|spot| match &spot.place {
            SpotPlace::Body(way) => Some(way),
            SpotPlace::Header(_) => None,
        })
        .collect();
    let echoed = page.limit.iter().chain(start).filter_map(|named| {
        let Member::Known(member) = shape.member(&named.name) else { return None };
        let mut way = beside.to_vec();
        way.push(named.name.clone());
        let is_number = member.admits_type_of(&Value::from(1)) && !taken.contains(&&way);
        is_number.then(|| (way, named.name.clone()))
    });
    echoed.collect()
}
