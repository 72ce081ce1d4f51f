//! Multipart bodies (RFC 2046, section 5.1; RFC 7578; OpenAPI 3.0.3, section 4.7.15.1 and 3.2.0, section 4.15).
//!
//! | the schema of the body admits | the body |
//! |---|---|
//! | an object, or says nothing | a part for each member, named after it in `Content-Disposition` |
//! | an array and no object | a part for each item, in order |
//! | neither | one part |
//!
//! | a member | is written as |
//! |---|---|
//! | with `style`, `explode` or `allowReserved` in its encoding (not in 3.0) | parts of that style, without escapes |
//! | whose schema is one of arrays | a part an item, all of the same name |
//! | with a `contentType` in its encoding | that; of several the first that suits the value |
//! | that holds bytes (see below) | its bytes, with a file name, as `application/octet-stream` |
//! | that is an array or object | JSON |
//! | anything else | its text |
//!
//! A value holds bytes where its schema says `format: binary`, `contentMediaType` without `contentEncoding`, the type
//! `file` of 2.0, or from 3.1 on nothing at all. Its string stands for them as [`binary`](super::binary) says.
//!
//! Read is what the part's own `Content-Type` says. Parts without a name are, in a subtype other than `form-data`,
//! the declared properties in their order. What a part says of itself is checked apart, by [`Parts::each`].
//!
//! - An empty array among the members cannot be told from an absent one.
//! - A multipart body inside a part is read and written like any other, [`MAX_NESTING`] deep.

mod parse;
mod part;
mod write;

use std::borrow::Cow;

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Map, Value};

pub(crate) use self::parse::Part;
use self::part::Way;
use super::error::Inexpressible;
use super::query::QueryPairs;
use super::scalar::Reading;
use super::{binary, media};
use crate::contract::{Encoding, Encodings};
use crate::schema::{Shape, Types};

/// How deep multipart bodies stand inside each other; what is deeper is read as bytes.
const MAX_NESTING: usize = 4;

/// The name of a part of form data that the document has no name for.
const NAMELESS: &str = "file";

/// A value with everything that says how it is written or read.
#[derive(Clone, Copy)]
struct Context<'c> {
    media_type: &'c str,
    encodings: &'c Encodings,
    shape: &'c Shape<'c>,
    nesting: usize,
}

/// The body of a value.
pub(super) fn encode(
    media_type: &str,
    value: &Value,
    encodings: &Encodings,
    shape: &Shape<'_>,
) -> Result<Bytes, Inexpressible> {
    Context { media_type, encodings, shape, nesting: 0 }.encode(value)
}

/// A body taken apart.
pub(crate) struct Parts<'b>(Vec<Part<'b>>);

impl<'b> Parts<'b> {
    /// The parts of a body sent as `content_type`.
    ///
    /// # Errors
    ///
    /// What is wrong with the bytes, as a fragment.
    pub(crate) fn read(content_type: &str, body: &'b [u8]) -> Result<Self, String> {
        Ok(Self(parse::parts(body, &parse::boundary(content_type)?)?))
    }

    /// Whether there is one part.
    pub(super) fn is_single(&self) -> bool {
        self.0.len() == 1
    }

    /// The value that the parts are.
    pub(super) fn value(
        &self,
        content_type: &str,
        encodings: &Encodings,
        shape: &Shape<'_>,
        reading: &Reading,
    ) -> Result<Value, String> {
        Context { media_type: content_type, encodings, shape, nesting: 0 }.decode(&self.0, reading)
    }

    /// Shows each part that has an encoding: where its value stands in the body's, the encoding, and the part.
    pub(crate) fn each(
        &self,
        content_type: &str,
        encodings: &Encodings,
        shape: &Shape<'_>,
        mut show: impl FnMut(&str, &Encoding, &Part<'b>),
    ) {
        let context = Context { media_type: content_type, encodings, shape, nesting: 0 };
        if context.is_sequence(self.0.iter().any(|part| part.name().is_some())) {
            for (index, part) in self.0.iter().enumerate() {
                if let Some(encoding) = encodings.at(index) {
                    show(&format!("/{index}"), encoding, part);
                }
            }
            return;
        }
        for (name, part) in context.names(&self.0).into_iter().flatten().zip(&self.0) {
            if let Some(encoding) = encodings.named(&name) {
                let token = name.replace('~', "~0").replace('/', "~1");
                show(&format!("/{token}"), encoding, part);
            }
        }
    }
}

/// The `Content-Type` to send a body with: that of a multipart body names the boundary that the body begins with.
pub(super) fn content_type<'m>(media_type: &'m str, body: &[u8]) -> Cow<'m, str> {
    if media::kind(media_type) != media::Kind::Multipart {
        return Cow::Borrowed(media_type);
    }
    let Some(boundary) = write::leading_boundary(body) else { return Cow::Borrowed(media_type) };
    if media::parameter(media_type, "boundary").is_some_and(|named| named == boundary) {
        return Cow::Borrowed(media_type);
    }
    let is_token = boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"'+-._".contains(&byte));
    let boundary = if is_token {
        boundary.to_owned()
    } else {
        format!("\"{}\"", boundary.replace('\\', "\\\\").replace('"', "\\\""))
    };
    Cow::Owned(format!("{}; boundary={boundary}", media::without_parameter(media_type, "boundary")))
}

impl Context<'_> {
    fn is_form(&self) -> bool {
        media::essence(self.media_type).eq_ignore_ascii_case("multipart/form-data")
    }

    /// Whether the parts are the items of an array.
    fn is_sequence(&self, has_names: bool) -> bool {
        let types = self.shape.types();
        let is_open = types.is_any() && !self.is_form() && !has_names;
        types.admits(Types::ARRAY) && (is_open || !types.admits(Types::OBJECT))
    }

    fn encode(&self, value: &Value) -> Result<Bytes, Inexpressible> {
        let mut pieces = Vec::new();
        match value {
            Value::Object(members) if self.shape.types().admits(Types::OBJECT) => {
                for (name, value) in members {
                    let shape = self.shape.property(name);
                    self.way(self.encodings.named(name), &shape).write_member(name, value, &mut pieces)?;
                }
            }
            Value::Array(items) if self.is_sequence(false) => {
                if items.is_empty() && self.shape.types().is_any() {
                    return Err(Inexpressible("a body without parts holds no members, and not no items"));
                }
                for (index, item) in items.iter().enumerate() {
                    let name = self.is_form().then(|| index.to_string());
                    let shape = self.shape.item(index);
                    pieces.push(self.way(self.encodings.at(index), &shape).piece(name, item)?);
                }
            }
            value if !self.shape.types().admits_container() => {
                let name = self.is_form().then(|| NAMELESS.to_owned());
                pieces.push(self.way(self.encodings.at(0), self.shape).piece(name, value)?);
            }
            _ => return Err(Inexpressible("a multipart body holds members or items and nothing else")),
        }
        // RFC 7578 has its own disposition; elsewhere a part is attached (RFC 2183, section 2.2).
        write::write(if self.is_form() { "form-data" } else { "attachment" }, &pieces)
    }

    fn way<'w>(&'w self, encoding: Option<&'w Encoding>, shape: &'w Shape<'w>) -> Way<'w> {
        Way::of(encoding, shape, self.is_form(), self.nesting)
    }

    fn decode(&self, parts: &[Part<'_>], reading: &Reading) -> Result<Value, String> {
        let has_names = parts.iter().any(|part| part.name().is_some());
        if !parts.is_empty() && self.is_sequence(has_names) || self.shape.is_list() {
            let items = parts.iter().enumerate().map(|(index, part)| {
                let shape = self.shape.item(index);
                let read = self.way(self.encodings.at(index), &shape).read(part, reading);
                read.map_err(|why| format!("part {}: {why}", index + 1))
            });
            return Ok(Value::Array(items.collect::<Result<_, _>>()?));
        }
        if !self.shape.types().admits_container() {
            let [part] = parts else {
                return Err(format!("it has {} parts where one is documented", parts.len()));
            };
            return self.way(self.encodings.at(0), self.shape).read(part, reading);
        }
        self.decode_members(parts, reading)
    }

    fn decode_members(&self, parts: &[Part<'_>], reading: &Reading) -> Result<Value, String> {
        let mut names = Vec::with_capacity(parts.len());
        for (index, name) in self.names(parts).into_iter().enumerate() {
            names.push(name.ok_or_else(|| format!("part {} has no name", index + 1))?);
        }
        let mut members = Map::new();
        let is_styled = self.decode_styled(&names, parts, reading, &mut members);
        let mut groups: IndexMap<&str, Vec<&Part<'_>>> = IndexMap::new();
        for ((name, part), _) in names.iter().zip(parts).zip(is_styled).filter(|(_, is_styled)| !is_styled) {
            groups.entry(name).or_default().push(part);
        }
        for (name, parts) in groups {
            let shape = self.shape.property(name);
            let read = self.way(self.encodings.named(name), &shape).read_member(&parts, reading);
            let value = read.map_err(|why| format!("part `{}`: {why}", name.escape_debug()))?;
            members.insert(name.to_owned(), value);
        }
        Ok(Value::Object(members))
    }

    /// Reads the members that have a style; says of each part whether it was one of theirs.
    fn decode_styled(
        &self,
        names: &[String],
        parts: &[Part<'_>],
        reading: &Reading,
        members: &mut Map<String, Value>,
    ) -> Vec<bool> {
        let mut is_styled = vec![false; parts.len()];
        if !self.encodings.by_name.iter().any(Encoding::has_style) {
            return is_styled;
        }
        let texts: Vec<(usize, Cow<'_, str>)> = parts
            .iter()
            .enumerate()
            .filter(|(_, part)| part.content_type().is_none_or(|sent| media::kind(sent) == media::Kind::Text))
            .map(|(index, part)| (index, binary::to_text(part.body)))
            .collect();
        let pairs =
            QueryPairs::of_parts(texts.iter().map(|(index, text)| (names[*index].as_str(), text.as_ref())));
        let declared = self.shape.property_names();
        let is_taken = |name: &str| declared.contains(&name) || self.encodings.named(name).is_some();
        for encoding in self.encodings.by_name.iter().filter(|encoding| encoding.has_style()) {
            let name = encoding.property.as_str();
            let shape = self.shape.property(name);
            let read = self.way(Some(encoding), &shape).read_styled(name, &pairs, reading, &is_taken);
            members.extend(read.map(|value| (name.to_owned(), value)));
        }
        for ((index, _), is_read) in texts.iter().zip(pairs.are_read()) {
            is_styled[*index] = is_read;
        }
        is_styled
    }

    /// The name of each part, where it has one or its place gives it one.
    fn names(&self, parts: &[Part<'_>]) -> Vec<Option<String>> {
        let mut names: Vec<Option<String>> = parts.iter().map(Part::name).collect();
        if !self.is_form() && names.iter().any(Option::is_none) {
            let declared = self.shape.property_names();
            let free: Vec<&str> = declared
                .into_iter()
                .filter(|name| !names.iter().flatten().any(|taken| taken == name))
                .collect();
            let nameless = names.iter_mut().filter(|name| name.is_none());
            for (name, declared) in nameless.zip(free) {
                *name = Some(declared.to_owned());
            }
        }
        names
    }
}
