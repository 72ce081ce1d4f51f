//! Values that read like those of a system in use: people, places and prices where a property is named so.
//!
//! What a property is called says what to put there ([`meaning`]); a `format` says it first. What comes of it is only a
//! proposal: the rules of the schema decide, and where they refuse it a plain value is drawn. Nothing here belongs to
//! anybody: domains are those of RFC 2606, telephone numbers those kept for fiction.

mod meaning;
mod number;
mod text;

pub(super) use number::number;
pub(super) use text::text;
