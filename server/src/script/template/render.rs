//! Templates filled for one reply.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use serde_json::{Map, Value};

use super::super::chance::Chance;
use super::super::scope::Scope;
use super::date::rfc3339;
use super::{Hole, MAX_RENDERED_BYTES, Piece, Template, Text};

/// One use of a rule: what its templates are filled from.
#[derive(Debug)]
pub(in crate::script) struct Turn<'a> {
    scope: &'a Scope<'a>,
    /// Which use of the rule it is, from 1.
    number: u64,
    chance: Chance,
    /// How many bytes may still be made.
    room: usize,
}

/// Why a template cannot be filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::script) struct Unfilled;

impl std::fmt::Display for Unfilled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "its templates make more than {MAX_RENDERED_BYTES} bytes")
    }
}

impl<'a> Turn<'a> {
    /// The use of a number, counted from 1, of the rule with a name; the seed decides what is left to chance.
    pub(in crate::script) fn new(scope: &'a Scope<'a>, seed: u64, rule: &str, number: u64) -> Self {
        // Delays are drawn by the seed itself, and what is replied is no matter of how long it took.
        let chance = Chance::new(seed.rotate_left(32) ^ 1, rule, number);
        Self { scope, number, chance, room: MAX_RENDERED_BYTES }
    }

    /// Takes room for so many bytes.
    fn take(&mut self, bytes: usize) -> Result<(), Unfilled> {
        self.room = self.room.checked_sub(bytes).ok_or(Unfilled)?;
        Ok(())
    }

    /// What fills a hole; nothing where nothing does.
    fn fill(&mut self, hole: &Hole) -> Result<Option<Value>, Unfilled> {
        let value = match hole {
            Hole::Field(field) => {
                let Some(value) = field.value(self.scope) else { return Ok(None) };
                self.take(weight(&value))?;
                return Ok(Some(value.into_owned()));
            }
            Hole::Sequence => Value::from(self.number),
            Hole::Uuid => Value::from(self.chance.uuid()),
            Hole::Now(seconds) => {
                let now = i64::try_from(self.scope.now.unix.as_secs()).unwrap_or(i64::MAX);
                Value::from(rfc3339(now.saturating_add(*seconds)))
            }
            Hole::Random(least, most) => Value::from(self.chance.between(*least, *most)),
        };
        self.take(weight(&value))?;
        Ok(Some(value))
    }
}

impl Text {
    /// The text; a hole that nothing fills is empty.
    pub(in crate::script) fn render(&self, turn: &mut Turn<'_>) -> Result<String, Unfilled> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => {
                    turn.take(literal.len())?;
                    text.push_str(literal);
                }
                Piece::Hole(hole) => {
                    if let Some(value) = turn.fill(hole)? {
                        text.push_str(&text_of(&value));
                    }
                }
            }
        }
        Ok(text)
    }

    /// The text as a header can hold it: what no header holds is percent-encoded, so that no request can end a line.
    /// Nothing where it is only a hole and nothing fills that.
    pub(in crate::script) fn render_header(&self, turn: &mut Turn<'_>) -> Result<Option<String>, Unfilled> {
        const REFUSED: &AsciiSet = &CONTROLS.remove(b'\t');
        // What is not ASCII is always encoded. The literal parts were found to be fit for a header before.
        let text = match self.0.as_slice() {
            [Piece::Hole(hole)] => match turn.fill(hole)? {
                Some(value) => text_of(&value).into_owned(),
                None => return Ok(None),
            },
            _ => self.render(turn)?,
        };
        Ok(Some(percent_encode(text.as_bytes(), REFUSED).to_string()))
    }
}

impl Template {
    /// The value; nothing where it is only a hole and nothing fills that.
    pub(in crate::script) fn render(&self, turn: &mut Turn<'_>) -> Result<Option<Value>, Unfilled> {
        Ok(Some(match self {
            Self::Literal(value) => {
                turn.take(weight(value))?;
                value.clone()
            }
            Self::Hole(hole) => return turn.fill(hole),
            Self::Text(text) => Value::String(text.render(turn)?),
            Self::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(item.render(turn)?);
                }
                Value::Array(list)
            }
            Self::Map(members) => {
                let mut map = Map::with_capacity(members.len());
                for (key, member) in members {
                    turn.take(key.len())?;
                    if let Some(value) = member.render(turn)? {
                        map.insert(key.clone(), value);
                    }
                }
                Value::Object(map)
            }
        }))
    }
}

/// A value inside a text: a text as it is, everything else as JSON; null is nothing.
fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        other => Cow::Owned(other.to_string()),
    }
}

/// About how many bytes a value takes.
fn weight(value: &Value) -> usize {
    const NODE: usize = 8;
    match value {
        Value::String(text) => NODE + text.len(),
        Value::Array(items) => NODE + items.iter().map(weight).sum::<usize>(),
        Value::Object(members) => {
            NODE + members.iter().map(|(key, value)| key.len() + weight(value)).sum::<usize>()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => NODE,
    }
}
