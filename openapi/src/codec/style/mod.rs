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

pub(super) mod form;
mod list;
pub(super) mod simple;

use super::shape::Types;

/// What a value is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    Scalar,
    Array,
    Object,
}

/// How a text is to be read, by what the schema admits and by whether it has more than one item.
fn notation(types: Types, is_plural: bool, is_typed: impl Fn() -> bool) -> Notation {
    if types.is_any() || !types.admits_container() {
        return Notation::Scalar;
    }
    if types.admits_scalar() && !(is_plural && is_typed()) {
        return Notation::Scalar;
    }
    if types.admits(Types::ARRAY) { Notation::Array } else { Notation::Object }
}
