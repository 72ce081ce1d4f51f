//! XML bodies, by the XML Objects of their schemas (OpenAPI 3.0.4, section 4.8.26).
//!
//! | a value | is written as |
//! |---|---|
//! | the body | one element: `xml.name`, else the name of the component referred to, else `root` |
//! | a property | an element: `xml.name`, else its own name; an attribute or text where `xml` says so |
//! | an array | an element an item: the items' `xml.name`, else the property's own name; all in one element where `wrapped` |
//! | an array within an array, or as the body | one element, which holds those of the items |
//! | `null` | an empty element with `xsi:nil="true"` |
//! | a property whose name is no name in XML | `_x0040_id` for `@id` (ISO 9075-14) |
//! | a string as the body, where the schema knows nothing else | the text of the root element |
//!
//! - A namespace is declared where it is first needed. Reading looks at local names, and at prefixes only where two
//!   properties share one: a peer may choose its own.
//! - A property whose schema is a reference has the `xml.name` found there; where two would have one name so, each has
//!   its own. Reading takes the property's name too: implementations differ.
//! - The name of the root element is insisted on where `xml.name` gives it.
//! - An attribute beside the documented ones is a property like any other, and so is an element; what a schema
//!   declares as one is refused as the other. Of an element that repeats without being a list all are kept, in an
//!   array, which the schema then refuses.
//! - Text keeps its white space where the schema admits strings. The text of an element that has attributes or
//!   elements as well is its `nodeType: text` property, else the member `#text`.
//! - No element at all is an empty list where the list is required, and no list where it is not; an empty list that
//!   is not required cannot be written unless it is wrapped.
//! - Where the schema knows only strings and the body is more than one element with text, the value is the XML text
//!   itself: such documents mean "some XML".
//! - `nodeType: none` matters for arrays only, and elements nest at most 128 deep.

mod layout;
mod name;
mod read;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod write;

pub use self::table::{XmlKinds, XmlMember, XmlName, XmlRole, XmlRoot, XmlRow, XmlTable};

use bytes::Bytes;
use serde_json::Value;

use super::Loss;
use super::charset;
use super::error::Inexpressible;
use super::scalar::{self, Reading};
use crate::schema::{Direction, Schema, Shape, Types};

/// The body of a value.
pub(super) fn encode(
    media_type: &str,
    value: &Value,
    schema: Option<&Schema>,
    loss: Loss,
) -> Result<Bytes, Inexpressible> {
    encode_shaped(media_type, value, &Shape::of(schema), loss)
}

/// The same for a value that is a part of a body.
pub(super) fn encode_shaped(
    media_type: &str,
    value: &Value,
    shape: &Shape<'_>,
    loss: Loss,
) -> Result<Bytes, Inexpressible> {
    let label = charset::stated(media_type).unwrap_or("UTF-8".into());
    let xml = write::write(value, shape, loss)?;
    charset::encode(media_type, &format!("<?xml version=\"1.0\" encoding=\"{label}\"?>{xml}"))
}

/// The value of a body.
pub(super) fn decode(
    content_type: &str,
    body: &[u8],
    schema: Option<&Schema>,
    direction: Direction,
) -> Result<Value, String> {
    scalar::read_validly(
        schema,
        direction,
        |reading| decode_shaped(content_type, body, &Shape::of(schema), reading),
        |read| read.as_ref().ok(),
    )
}

/// The same for a value that is a part of a body.
pub(super) fn decode_shaped(
    content_type: &str,
    body: &[u8],
    shape: &Shape<'_>,
    reading: &Reading,
) -> Result<Value, String> {
    let text = tree::text(content_type, body).map_err(|error| format!("not XML: {error}"))?;
    let root = tree::parse(&text).map_err(|error| format!("not XML: {error}"))?;
    let types = shape.types();
    let is_simple = root.children.is_empty() && root.attributes.is_empty();
    if !is_simple && types.admits(Types::STRING) && !types.admits_container() {
        return Ok(Value::String(text.into_owned()));
    }
    let (name, is_meant) = layout::root(shape);
    if is_meant && root.name.local != name.local {
        return Err(format!(
            "not the XML documented: the root element is <{}>, and it is to be <{}>",
            root.name.local, name.local
        ));
    }
    read::read(&root, shape, reading)
}
