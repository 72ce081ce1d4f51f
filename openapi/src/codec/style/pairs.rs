//! The styles that write a value as pairs of a query or form body.

use serde_json::Value;

use super::delimited::{self, Delimiter};
use super::{deep_object, form};
use crate::codec::error::Inexpressible;
use crate::codec::escape::Escape;
use crate::codec::query::{QueryPairs, QueryWriter};
use crate::codec::scalar::Reading;
use crate::contract::Style;
use crate::schema::Shape;

/// How a value is written as pairs.
#[derive(Debug, Clone, Copy)]
pub(in crate::codec) struct PairStyle {
    /// Its style; one that is not for queries counts as `form`.
    pub(in crate::codec) style: Style,
    /// Whether an array or object becomes several pairs.
    pub(in crate::codec) explode: bool,
}

impl PairStyle {
    /// Writes a value under its name.
    pub(in crate::codec) fn encode(
        self,
        name: &str,
        value: &Value,
        escape: Escape,
        shape: &Shape<'_>,
        out: &mut QueryWriter,
    ) -> Result<(), Inexpressible> {
        match (self.style, Delimiter::of(self.style)) {
            (Style::DeepObject, _) => deep_object::encode(name, value, escape, shape, out),
            (_, Some(delimiter)) if !self.explode => {
                delimited::encode(name, value, delimiter, escape, shape, out)
            }
            _ => form::encode(name, value, self.explode, escape, shape, out),
        }
    }

    /// Reads the value of a name; nothing when it is not there. `is_taken` says which names mean something else.
    pub(in crate::codec) fn decode(
        self,
        name: &str,
        pairs: &QueryPairs<'_>,
        escape: Escape,
        shape: &Shape<'_>,
        reading: &Reading,
        is_taken: &dyn Fn(&str) -> bool,
    ) -> Option<Value> {
        match (self.style, Delimiter::of(self.style)) {
            (Style::DeepObject, _) => deep_object::decode(name, pairs, escape, shape, reading),
            (_, Some(delimiter)) if !self.explode => {
                delimited::decode(name, delimiter, pairs, escape, shape, reading)
            }
            _ => form::decode(name, self.explode, pairs, escape, shape, reading, is_taken),
        }
    }
}
