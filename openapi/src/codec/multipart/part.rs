//! One part: which media type it has, and what it holds.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderValue;
use serde_json::Value;

use super::super::error::Inexpressible;
use super::super::escape::Escape;
use super::super::media::{self, Kind};
use super::super::query::{QueryPairs, QueryWriter};
use super::super::scalar::{self, Reading};
use super::super::style::PairStyle;
use super::super::{Loss, binary, charset, form, header, json, text, xml, yaml};
use super::parse::Part;
use super::write::Piece;
use super::{Context, MAX_NESTING, Parts};
use crate::contract::{Encoding, Encodings, Header, Style};
use crate::schema::{Held, Shape, Types};

const TEXT: &str = "text/plain";
const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";

/// The header that says how the bytes of a part are written as text (OpenAPI 3.1.1, section 4.8.15).
const TRANSFER_ENCODING: &str = "Content-Transfer-Encoding";

/// How the values of one schema are written as parts.
pub(super) struct Way<'w> {
    encoding: Option<&'w Encoding>,
    shape: &'w Shape<'w>,
    held: Held<'w>,
    is_form: bool,
    nesting: usize,
}

impl<'w> Way<'w> {
    pub(super) fn of(
        encoding: Option<&'w Encoding>,
        shape: &'w Shape<'w>,
        is_form: bool,
        nesting: usize,
    ) -> Self {
        Self { encoding, shape, held: shape.held(), is_form, nesting }
    }

    /// The same for an item of the array that this is the way of.
    fn of_item<'i>(&'i self, shape: &'i Shape<'i>) -> Way<'i> {
        Way::of(self.encoding, shape, self.is_form, self.nesting)
    }

    /// Whether a string is written as it is, whatever its media type: it holds a file, or bytes as text.
    fn is_raw(&self) -> bool {
        let types = self.shape.types();
        (self.held.is_binary || self.held.encoding.is_some()) && (types.is_any() || !types.admits_container())
    }

    /// The style of the parts; files have none.
    fn style(&self) -> Option<PairStyle> {
        let encoding = self.encoding.filter(|encoding| self.is_form && encoding.has_style())?;
        if self.is_raw() || (self.shape.is_list() && self.of_item(&self.shape.item(0)).is_raw()) {
            return None;
        }
        let style = encoding.style.unwrap_or(Style::Form);
        Some(PairStyle { style, explode: encoding.explode.unwrap_or(style.explodes_by_default()) })
    }

    /// Adds the parts of an object's member.
    pub(super) fn write_member(
        &self,
        name: &str,
        value: &Value,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), Inexpressible> {
        if let Some(style) = self.style() {
            let mut out = QueryWriter::parts();
            style.encode(name, value, Escape::Part, self.shape, &mut out)?;
            for (name, text) in out.into_parts() {
                let (content_type, headers) = (None, self.headers()?);
                let body = Bytes::from(text);
                pieces.push(Piece { name: Some(name), is_file: false, content_type, headers, body });
            }
            return Ok(());
        }
        match value {
            Value::Array(items) if self.shape.is_list() => {
                if items.is_empty() {
                    return Err(Inexpressible("an empty array cannot be told from an absent one"));
                }
                for (index, item) in items.iter().enumerate() {
                    let shape = self.shape.item(index);
                    pieces.push(self.of_item(&shape).piece(Some(name.to_owned()), item)?);
                }
            }
            Value::Null if self.shape.is_list() => {
                return Err(Inexpressible("null cannot be told from an item"));
            }
            value => pieces.push(self.piece(Some(name.to_owned()), value)?),
        }
        Ok(())
    }

    /// The one part of a value.
    pub(super) fn piece(&self, name: Option<String>, value: &Value) -> Result<Piece, Inexpressible> {
        let chosen = self.content_type(value);
        let body = self.body(chosen.as_deref().unwrap_or(TEXT), value)?;
        let content_type = match chosen {
            Some(chosen) => Some(super::content_type(&chosen, &body).into_owned()),
            // Form fields go without one, as browsers send them; elsewhere the default is US-ASCII.
            None => (!self.is_form).then(|| "text/plain; charset=utf-8".to_owned()),
        };
        let is_file = self.held.is_binary && self.is_raw();
        Ok(Piece { name, is_file, content_type, headers: self.headers()?, body })
    }

    /// The media type that a value is written as; nothing for plain text.
    fn content_type(&self, value: &Value) -> Option<Cow<'_, str>> {
        let is_container = value.is_array() || value.is_object();
        if let Some(documented) = self.documented().next() {
            let is_json =
                |range: &&str| media::specificity(range, JSON).is_some() || media::kind(range) == Kind::Json;
            let suitable =
                self.documented().find(|range| is_container && is_json(range)).unwrap_or(documented);
            return Some(match suitable.contains('*') && is_container {
                true => Cow::Borrowed(JSON),
                false => media::concrete(suitable),
            });
        }
        if is_container || (self.shape.types().is_any() && !value.is_string()) {
            return Some(Cow::Borrowed(JSON));
        }
        match self.held.media_type {
            Some(held) if !held.contains('*') => Some(Cow::Borrowed(held)),
            _ if self.is_raw() => Some(Cow::Borrowed(BYTES)),
            _ if self.shape.is_untyped_binary() => Some(Cow::Borrowed(BYTES)),
            _ => None,
        }
    }

    /// The media types and ranges that the encoding names.
    fn documented(&self) -> impl Iterator<Item = &'w str> {
        self.encoding.into_iter().flat_map(Encoding::content_types)
    }

    fn body(&self, content_type: &str, value: &Value) -> Result<Bytes, Inexpressible> {
        if let Value::String(text) = value
            && self.is_raw()
        {
            return binary::to_bytes(text);
        }
        match media::kind(content_type) {
            Kind::Json if charset::stated(content_type).is_some() => {
                charset::encode(content_type, &value.to_string())
            }
            Kind::Json => Ok(json::encode(value)),
            Kind::Form if value.is_object() => form::encode(value, self.inner(), self.shape),
            Kind::Multipart if (value.is_object() || value.is_array()) && self.nesting < MAX_NESTING => {
                self.nested(content_type).encode(value)
            }
            Kind::Xml if !value.is_string() => {
                xml::encode_shaped(content_type, value, self.shape, Loss::Refused)
            }
            Kind::Yaml if !value.is_string() => charset::encode(content_type, &yaml::encode(value)),
            Kind::Text => {
                let text = scalar::write(value, self.shape)?.into_owned();
                text::encode(content_type, &Value::String(text))
            }
            _ => binary::to_bytes(&scalar::write(value, self.shape)?),
        }
    }

    fn inner(&self) -> &'w Encodings {
        static NONE: Encodings = Encodings { by_name: Vec::new(), prefix: Vec::new(), item: None };
        self.encoding.map_or(&NONE, |encoding| &encoding.inner)
    }

    fn nested<'n>(&'n self, media_type: &'n str) -> Context<'n> {
        Context { media_type, encodings: self.inner(), shape: self.shape, nesting: self.nesting + 1 }
    }

    /// The headers that the document requires and shows a value of, and how bytes are written.
    fn headers(&self) -> Result<Vec<(String, HeaderValue)>, Inexpressible> {
        let documented = self.encoding.map_or(&[][..], |encoding| &encoding.headers);
        let mut headers = Vec::new();
        for documented in documented.iter().filter(|header| header.required) {
            if let Some(value) = shown(documented) {
                let field = header::encode_header(documented, value)
                    .map_err(|_| Inexpressible("a header of its part cannot hold what the document shows"))?;
                headers.push((documented.name.clone(), field));
            }
        }
        let is_named = |name: &str| headers.iter().any(|(found, _)| found.eq_ignore_ascii_case(name));
        if let Some(encoding) = self.held.encoding.and_then(|encoding| HeaderValue::from_str(encoding).ok())
            && self.is_raw()
            && !is_named(TRANSFER_ENCODING)
        {
            headers.push((TRANSFER_ENCODING.to_owned(), encoding));
        }
        Ok(headers)
    }

    /// The value of the parts that have one name.
    pub(super) fn read_member(&self, parts: &[&Part<'_>], reading: &Reading) -> Result<Value, String> {
        let types = self.shape.types();
        match parts {
            [part] if !self.shape.is_list() => self.read(part, reading),
            [part] if is_json(part) && !self.shape.item(0).types().admits(Types::ARRAY) => {
                // Some clients write the whole array as JSON.
                match json::decode(part.body)? {
                    whole @ Value::Array(_) => Ok(whole),
                    item => Ok(Value::Array(vec![item])),
                }
            }
            parts => {
                let is_array = types.admits_items();
                let items = parts.iter().enumerate().map(|(index, part)| match is_array {
                    true => self.of_item(&self.shape.item(index)).read(part, reading),
                    // Several parts where one is documented are an array, which the schema refuses.
                    false => self.read(part, reading),
                });
                Ok(Value::Array(items.collect::<Result<_, _>>()?))
            }
        }
    }

    /// The value that stands in a style among the parts that are texts; nothing where it has none, or is not there.
    pub(super) fn read_styled(
        &self,
        name: &str,
        pairs: &QueryPairs<'_>,
        reading: &Reading,
        is_taken: &dyn Fn(&str) -> bool,
    ) -> Option<Value> {
        self.style()?.decode(name, pairs, Escape::Part, self.shape, reading, is_taken)
    }

    /// The value of one part.
    pub(super) fn read(&self, part: &Part<'_>, reading: &Reading) -> Result<Value, String> {
        let types = self.shape.types();
        let content_type = part.content_type().unwrap_or(TEXT);
        let is_text = !types.is_any() && types.admits(Types::STRING) && !types.admits_container();
        if self.is_raw() && (is_text || !is_json(part)) {
            return Ok(Value::String(binary::to_text(part.body).into_owned()));
        }
        match media::kind(content_type) {
            Kind::Json if charset::stated(content_type).is_some() => {
                json::decode(charset::decode(content_type, part.body)?.as_bytes())
            }
            Kind::Json => json::decode(part.body),
            Kind::Form if types.admits(Types::OBJECT) => {
                let text = text::read(content_type, part.body)?;
                form::decode(&text, self.inner(), self.shape, reading)
            }
            Kind::Multipart if types.admits_container() && self.nesting < MAX_NESTING => {
                let parts = Parts::read(content_type, part.body)?;
                self.nested(content_type).decode(&parts.0, reading)
            }
            Kind::Xml if !is_text => xml::decode_shaped(content_type, part.body, self.shape, reading),
            Kind::Yaml if !is_text => yaml::decode(&charset::decode(content_type, part.body)?),
            Kind::Text => match text::read(content_type, part.body) {
                Ok(text) => Ok(scalar::read(&text, self.shape, reading)),
                Err(_) if types.is_any() => Ok(Value::String(binary::to_text(part.body).into_owned())),
                Err(why) => Err(why),
            },
            _ => Ok(scalar::read(&binary::to_text(part.body), self.shape, reading)),
        }
    }
}

fn is_json(part: &Part<'_>) -> bool {
    part.content_type().is_some_and(|content_type| media::kind(content_type) == Kind::Json)
}

/// A value that the document shows for a header.
fn shown(header: &Header) -> Option<&Value> {
    if let Some(example) = header.examples.first() {
        return Some(&example.value);
    }
    let schema = header.schema.as_ref()?.resolved();
    let listed = || schema.get("enum")?.get(0);
    ["example", "default", "const"].iter().find_map(|keyword| schema.get(*keyword)).or_else(listed)
}
