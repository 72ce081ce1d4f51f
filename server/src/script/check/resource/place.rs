//! Where an item, or a list of them, stands in a body.

use counterfoil_openapi::codec::media::{self, Kind};
use counterfoil_openapi::{Content, Direction, MediaType, Operation};
use serde_json::{Value, json};

use super::super::super::resource::{Holds, Members};
use super::super::super::shape::{Member, Shape};

/// How deep in a body an item is looked for.
const MAX_DEPTH: usize = 3;
/// How many members of a body are looked at.
const MAX_MEMBERS: usize = 1_000;

/// Where something stands, as far as the schema tells.
#[derive(Debug)]
pub(super) enum Found {
    /// Here.
    At(Vec<String>),
    /// In one of these places.
    Several(Vec<String>),
    /// Nowhere; these are the members that there are where it should be.
    Nowhere(Vec<String>),
}

/// The media type of a body that is JSON.
pub(super) fn json(content: &Content) -> Option<&MediaType> {
    let is_json = |media: &&MediaType| media::kind(&media.name) == Kind::Json;
    let covers_json = |media: &&MediaType| media::specificity(&media.name, "application/json").is_some();
    content.iter().find(is_json).or_else(|| content.iter().find(covers_json))
}

/// Finds what has a key: an item, or a list of items.
///
/// The whole body comes first, then its members, level by level: the first level with exactly one such place counts.
pub(super) fn find(shape: &Shape<'_>, key: &str, holds: Holds) -> Found {
    let mut level = vec![(Vec::new(), shape.clone())];
    let (mut open, mut looked_at, mut known) = (Vec::new(), 0, Vec::new());
    for _ in 0..=MAX_DEPTH {
        let mut here = Vec::new();
        for (way, shape) in &level {
            let Some(item) = item(shape, holds) else { continue };
            match item.member(key) {
                Member::Known(_) => here.push(way.clone()),
                Member::Open => open.push(way.clone()),
                Member::Unknown(names) if known.is_empty() => known = names,
                Member::Unknown(_) => {}
            }
        }
        match here.len() {
            0 => {}
            1 => return Found::At(here.remove(0)),
            _ => return Found::Several(here.iter().map(|way| label(way)).collect()),
        }
        let mut next = Vec::new();
        for (way, shape) in &level {
            for name in shape.names().known {
                looked_at += 1;
                if looked_at > MAX_MEMBERS {
                    break;
                }
                if let Member::Known(inner) = shape.member(name) {
                    let mut way = way.clone();
                    way.push(name.to_owned());
                    next.push((way, inner));
                }
            }
        }
        level = next;
    }
    // What says nothing of its members may have the key.
    match open.len() {
        0 => Found::Nowhere(known.into_iter().map(str::to_owned).collect()),
        1 => Found::At(open.remove(0)),
        _ if open[0].is_empty() => Found::At(Vec::new()),
        _ => Found::Several(open.iter().map(|way| label(way)).collect()),
    }
}

/// Where an example shows what has a key; nothing where it does not, or in several places of a level.
pub(super) fn shown(example: &Value, key: &str, holds: Holds) -> Option<Vec<String>> {
    let mut level = vec![(Vec::new(), example)];
    for _ in 0..=MAX_DEPTH {
        let has_key = |value: &&Value| match holds {
            Holds::Item => value.get(key).is_some(),
            Holds::Items => {
                value.as_array().and_then(|items| items.first()).is_some_and(|item| item.get(key).is_some())
            }
        };
        let mut here = level.iter().filter(|(_, value)| has_key(value));
        if let Some((way, _)) = here.next() {
            return here.next().is_none().then(|| way.clone());
        }
        let members = level.iter().flat_map(|(way, value)| {
            let members = value.as_object().into_iter().flatten();
            members.map(move |(name, value)| {
                let mut way: Vec<String> = way.clone();
                way.push(name.clone());
                (way, value)
            })
        });
        level = members.take(MAX_MEMBERS).collect();
    }
    None
}

/// The shape of an item in a place that holds it, or a list of them; nothing where that cannot be there.
fn item<'s>(shape: &Shape<'s>, holds: Holds) -> Option<Shape<'s>> {
    match holds {
        Holds::Item => shape.admits_type_of(&json!({})).then(|| shape.clone()),
        Holds::Items if !shape.admits_type_of(&json!([])) => None,
        Holds::Items => match shape.member("0") {
            Member::Known(item) => item.admits_type_of(&json!({})).then_some(item),
            _ => None,
        },
    }
}

/// The shape of an item at the end of a way.
pub(super) fn inside<'s>(shape: Shape<'s>, way: &[String], holds: Holds) -> Option<Shape<'s>> {
    item(&follow(shape, way)?, holds)
}

/// The shape at the end of a way.
pub(super) fn follow<'s>(shape: Shape<'s>, way: &[String]) -> Option<Shape<'s>> {
    way.iter().try_fold(shape, |shape, step| match shape.member(step) {
        Member::Known(inner) => Some(inner),
        Member::Open | Member::Unknown(_) => None,
    })
}

/// A place in a body as the grammar writes it.
pub(super) fn label(way: &[String]) -> String {
    match way {
        [] => "body".to_owned(),
        way => format!("body.{}", way.join(".")),
    }
}

/// Where the body of a request holds an item, with its shape: where most of the members of an item are known, the
/// whole body unless one of its members knows more of them.
pub(super) fn intake<'o>(operation: &'o Operation, members: &Members) -> Option<(Vec<String>, Shape<'o>)> {
    let whole = request_shape(operation).find(|(way, _)| way.is_empty()).map(|(_, shape)| shape);
    let whole = whole?;
    let shared =
        |shape: &Shape<'_>| shape.names().known.iter().filter(|name| members.known.contains(**name)).count();
    let own = shared(&whole);
    let inner = request_shape(operation)
        .filter(|(way, shape)| {
            !way.is_empty() && shape.admits_type_of(&json!({})) && !shape.admits_type_of(&json!([]))
        })
        .map(|(way, shape)| (shared(&shape), way, shape))
        .max_by_key(|(count, ..)| *count)
        .filter(|(count, ..)| own == 0 && *count > 0);
    Some(inner.map_or((Vec::new(), whole), |(_, way, shape)| (way, shape)))
}

/// The shape of the body of a request, and those of its members.
pub(super) fn request_shape(operation: &Operation) -> impl Iterator<Item = (Vec<String>, Shape<'_>)> {
    let content = operation.request_body().map(|body| &body.content);
    let media = content.and_then(|content| json(content).or_else(|| content.iter().next()));
    let schema = media.and_then(|media| media.schema.as_ref());
    let whole = schema.map(|schema| Shape::of(schema.bundle(Direction::Request)));
    whole.into_iter().flat_map(|whole| {
        let names = whole.names().known;
        let inner = names.into_iter().take(MAX_MEMBERS).filter_map(|name| match whole.member(name) {
            Member::Known(inner) => Some((vec![name.to_owned()], inner)),
            _ => None,
        });
        let inner: Vec<_> = inner.collect();
        std::iter::once((Vec::new(), whole)).chain(inner)
    })
}
