//! The styles of OpenAPI 3.0.3, section 4.7.12.2: one a file, both directions.
//!
//! What a style cannot express, and so refuses to write:
//!
//! - an empty array or object, which RFC 6570 calls undefined and leaves out;
//! - a space in an item of `spaceDelimited`, a `|` in one of `pipeDelimited`;
//! - in headers, which have no escapes, what [`Escape`](super::escape::Escape) says.
//!
//! Arrays and objects inside arrays and objects have no notation in any style but `deepObject`; they are written as
//! JSON, and read back where the schema admits them.

mod deep_object;
pub(super) mod delimited;
pub(super) mod form;
pub(super) mod label;
mod list;
pub(super) mod matrix;
mod pairs;
pub(super) mod simple;

pub(super) use delimited::Delimiter;
pub(super) use pairs::PairStyle;

use super::scalar::Reading;
use crate::schema::Types;

/// What a value is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    Scalar,
    Array,
    Object,
}

/// How a text is to be read, by what the schema admits and by whether the text has more than one item.
fn notation(types: Types, raw: &str, is_plural: bool, reading: &Reading) -> Notation {
    if types.is_any() || !types.admits_container() {
        return Notation::Scalar;
    }
    if raw.is_empty() && types.admits(Types::NULL) {
        // The empty text is `null`, and an array of one empty item cannot be told from it.
        return Notation::Scalar;
    }
    if types.admits_scalar() && !(is_plural && reading.prefers_typed()) {
        return Notation::Scalar;
    }
    if types.admits(Types::ARRAY) { Notation::Array } else { Notation::Object }
}
