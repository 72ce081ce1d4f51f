//! Templates: values of a script with holes that requests fill.
//!
//! | hole | what it gives | JSON type |
//! |---|---|---|
//! | `${path.x}` `${query.x}` `${header.X}` `${cookie.x}` `${form.x}` | the parameter or field, decoded | as its schema says, else text |
//! | `${body}` `${body.a.b}` `${body#/a/0}` | what stands in the body there | its own |
//! | `${state.k}` | what scripts keep under that name | its own |
//! | `${seq}` | which use of its rule this is, from 1 | integer |
//! | `${uuid}` | a version 4 UUID by the seed | text |
//! | `${now}` `${now+1h}` `${now-5m}` | that time in UTC, to the second (RFC 3339) | text |
//! | `${rand(1,6)}` | a whole number by the seed, both ends included | integer |
//!
//! - A value that is only a hole keeps the JSON type of what fills it; inside other text it is that text.
//! - A hole that nothing fills leaves its member out, and is no text inside other text.
//! - `$${` is a literal `${`. What fills a hole is never looked at for holes: templates are taken apart once, when
//!   the script is loaded.
//!
//! There is nothing else in them: no loops, no conditions, no functions, and so nothing that runs for long. What they
//! make is bounded by [`MAX_RENDERED_BYTES`].

mod date;
mod parse;
mod render;

use serde_json::{Map, Value};

use super::grammar::Field;
pub(crate) use date::{parse as parse_time, rfc3339};
pub(super) use parse::Unreadable;
pub(super) use render::{Turn, Unfilled};

/// The most that the templates of one reply may make, in bytes.
pub(crate) const MAX_RENDERED_BYTES: usize = 32 * 1024 * 1024;

/// The most holes in one reply.
pub(crate) const MAX_HOLES: usize = 1_000;

/// A JSON value with holes in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Template {
    /// No holes here.
    Literal(Value),
    /// Only a hole: what fills it keeps its type.
    Hole(Hole),
    /// Text with holes.
    Text(Text),
    List(Vec<Template>),
    Map(Vec<(String, Template)>),
}

/// A text with holes.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Text(pub(super) Vec<Piece>);

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Literal(String),
    Hole(Hole),
}

/// Where what fills a hole comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Hole {
    /// The request, or what scripts keep.
    Field(Field),
    /// Which use of the rule this is.
    Sequence,
    Uuid,
    /// The time, so many seconds from now.
    Now(i64),
    /// A whole number from the first to the second.
    Random(i64, i64),
}

impl Hole {
    /// The hole as the grammar writes it, without its braces.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Field(field) => field.label(),
            Self::Sequence => "seq".to_owned(),
            Self::Uuid => "uuid".to_owned(),
            Self::Now(0) => "now".to_owned(),
            Self::Now(seconds) => format!("now{seconds:+}s"),
            Self::Random(least, most) => format!("rand({least},{most})"),
        }
    }
}

impl Text {
    /// The text, where it has no holes.
    pub(super) fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Its holes.
    pub(super) fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(hole),
            Piece::Literal(_) => None,
        })
    }
}

impl Template {
    /// The value, where it has no holes.
    pub(super) fn as_literal(&self) -> Option<&Value> {
        match self {
            Self::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// A list; a literal where all of it is.
    pub(super) fn list(items: Vec<Self>) -> Self {
        match items.iter().all(|item| item.as_literal().is_some()) {
            true => Self::Literal(items.into_iter().filter_map(Self::into_literal).collect()),
            false => Self::List(items),
        }
    }

    /// A map; a literal where all of it is.
    pub(super) fn map(members: Vec<(String, Self)>) -> Self {
        if members.iter().any(|(_, member)| member.as_literal().is_none()) {
            return Self::Map(members);
        }
        let members = members.into_iter().filter_map(|(key, member)| Some((key, member.into_literal()?)));
        Self::Literal(Value::Object(members.collect::<Map<_, _>>()))
    }

    fn into_literal(self) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Whether a map, or what may be one.
    pub(super) fn may_be_map(&self) -> bool {
        match self {
            Self::Literal(value) => value.is_object(),
            Self::Map(_) | Self::Hole(_) => true,
            Self::Text(_) | Self::List(_) => false,
        }
    }

    /// How many holes it has.
    pub(super) fn hole_count(&self) -> usize {
        match self {
            Self::Literal(_) => 0,
            Self::Hole(_) => 1,
            Self::Text(text) => text.holes().count(),
            Self::List(items) => items.iter().map(Self::hole_count).sum(),
            Self::Map(members) => members.iter().map(|(_, member)| member.hole_count()).sum(),
        }
    }
}
