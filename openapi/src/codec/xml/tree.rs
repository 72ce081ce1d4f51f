//! XML text as a tree, over the events of the parser: what is not well-formed is an error.
//!
//! - A document type declaration is passed over, and one with declarations of its own in it is refused: no entity is
//!   known but the five of XML, and nothing outside the text is ever read.
//! - Elements nest at most [`MAX_DEPTH`] deep.
//! - Comments and processing instructions are passed over.
//! - Prefixes are kept as they are; whether they are declared is not looked at.

use std::borrow::Cow;
use std::collections::HashSet;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::name::{is_character, is_local};
use crate::codec::charset;

/// The deepest nesting of elements that is read or written.
pub(super) const MAX_DEPTH: usize = 128;

/// The most bytes in which an XML declaration is looked for.
const DECLARATION: usize = 256;

/// The most prefixes that are known to stand for [`INSTANCE`].
const MAX_PREFIXES: usize = 8;

/// The namespace of `nil` and `type` (XML Schema, part 1, section 2.6).
pub(super) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// An element.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: QualifiedName,
    /// Its attributes, declarations of namespaces and those of XML and XML Schema themselves aside.
    pub(super) attributes: Vec<(QualifiedName, String)>,
    pub(super) children: Vec<Self>,
    /// All text directly in it, CDATA sections included.
    pub(super) text: String,
    /// Whether `xsi:nil` says that it has no value.
    pub(super) is_nil: bool,
}

/// A name as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct QualifiedName {
    pub(super) prefix: Option<String>,
    pub(super) local: String,
}

impl QualifiedName {
    fn read(name: &[u8]) -> Result<Self, String> {
        let name = String::from_utf8_lossy(name);
        let (prefix, local) = match name.split_once(':') {
            Some((prefix, local)) => (Some(prefix), local),
            None => (None, &*name),
        };
        if !is_local(local) || prefix.is_some_and(|prefix| !is_local(prefix)) {
            return Err(format!("`{}` is no name", name.escape_debug()));
        }
        Ok(Self { prefix: prefix.map(str::to_owned), local: local.to_owned() })
    }
}

impl Element {
    /// Whether it holds nothing but white space.
    pub(super) fn is_blank(&self) -> bool {
        self.text.chars().all(is_space)
    }
}

pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// The text of a body: by its mark, what its media type says, or what its XML declaration says.
pub(super) fn text<'b>(content_type: &str, body: &'b [u8]) -> Result<Cow<'b, str>, String> {
    let is_marked = body.starts_with(b"\xFE\xFF") || body.starts_with(b"\xFF\xFE");
    let is_free = charset::stated(content_type).is_none() && !is_marked;
    if let Some(label) = declared_encoding(body).filter(|_| is_free) {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        return charset::decode_as(&label, body);
    }
    charset::decode(content_type, body)
}

/// The encoding that an XML declaration names; UTF-16 shows by its zeros.
fn declared_encoding(body: &[u8]) -> Option<String> {
    if body.starts_with(b"<\0") {
        return Some("utf-16le".to_owned());
    }
    if body.starts_with(b"\0<") {
        return Some("utf-16be".to_owned());
    }
    let start = String::from_utf8_lossy(&body[..body.len().min(DECLARATION)]);
    let declaration = start.trim_start_matches('\u{feff}').strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let label = value[1..].split_once(quote)?.0;
    // Who could read this much does not write the text in UTF-16, whatever it says.
    (!label.to_ascii_lowercase().starts_with("utf-16")).then(|| label.to_owned())
}

/// The root element of a text.
pub(super) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut parser = Parser { open: Vec::new(), root: None, instances: vec!["xsi".to_owned()] };
    loop {
        let event = reader.read_event().map_err(|error| at(reader.error_position(), error))?;
        if matches!(event, Event::Eof) {
            break;
        }
        parser.take(event).map_err(|message| at(reader.buffer_position(), message))?;
    }
    match (parser.open.pop(), parser.root) {
        (Some(open), _) => Err(format!("<{}> is not closed", open.name.local)),
        (None, Some(root)) => Ok(root),
        (None, None) => Err("there is no element".to_owned()),
    }
}

fn at(position: u64, message: impl std::fmt::Display) -> String {
    format!("at byte {position}: {message}")
}

struct Parser {
    /// The elements that are open, the root first.
    open: Vec<Element>,
    root: Option<Element>,
    /// The prefixes that stand for [`INSTANCE`], wherever they are declared.
    instances: Vec<String>,
}

impl Parser {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(start) => {
                let element = self.element(&start)?;
                self.open.push(element);
                Ok(())
            }
            Event::Empty(start) => {
                let element = self.element(&start)?;
                self.close(element);
                Ok(())
            }
            Event::End(_) => {
                // The reader pairs start and end.
                if let Some(element) = self.open.pop() {
                    self.close(element);
                }
                Ok(())
            }
            Event::Text(text) => {
                let text = text.xml10_content().map_err(|error| error.to_string())?;
                if text.contains("]]>") {
                    return Err("`]]>` stands outside a CDATA section".to_owned());
                }
                self.text(&text)
            }
            Event::CData(text) => {
                if self.open.is_empty() {
                    return Err("a CDATA section stands outside the root element".to_owned());
                }
                self.text(&text.xml10_content().map_err(|error| error.to_string())?)
            }
            Event::GeneralRef(reference) => {
                if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
                    return self.text(character.encode_utf8(&mut [0; 4]));
                }
                let name = reference.decode().map_err(|error| error.to_string())?;
                match quick_xml::escape::resolve_xml_entity(&name) {
                    Some(text) => self.text(text),
                    None => Err(format!("the entity `{}` is not known", name.escape_debug())),
                }
            }
            Event::DocType(text) => {
                let text = text.decode().map_err(|error| error.to_string())?;
                if self.root.is_some() || !self.open.is_empty() {
                    return Err("a document type declaration stands after the root element starts".to_owned());
                }
                match text.contains('[') {
                    true => Err("declarations within the text are not read".to_owned()),
                    false => Ok(()),
                }
            }
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::Eof => Ok(()),
        }
    }

    fn element(&mut self, start: &BytesStart<'_>) -> Result<Element, String> {
        if self.open.is_empty() && self.root.is_some() {
            return Err("there is more than one root element".to_owned());
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("elements nest deeper than {MAX_DEPTH} levels"));
        }
        let name = QualifiedName::read(start.name().into_inner())?;
        let mut attributes = Vec::new();
        let mut seen = HashSet::new();
        // The iterator's own check compares every attribute with every other.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let name = QualifiedName::read(attribute.key.into_inner())?;
            if !seen.insert(name.clone()) {
                return Err(format!("the attribute `{}` is there twice", name.local));
            }
            if attribute.value.contains(&b'<') {
                return Err(format!("a `<` stands in the attribute `{}`", name.local));
            }
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|error| format!("the attribute `{}`: {error}", name.local))?;
            check(&value)?;
            match name.prefix.as_deref() {
                Some("xmlns") if value == INSTANCE && self.instances.len() < MAX_PREFIXES => {
                    self.instances.push(name.local);
                }
                Some("xmlns" | "xml") => {}
                None if name.local == "xmlns" => {}
                _ => attributes.push((name, value.into_owned())),
            }
        }
        let mut is_nil = false;
        attributes.retain(|(name, value)| {
            let is_instance = name.prefix.as_ref().is_some_and(|prefix| self.instances.contains(prefix));
            is_nil |= is_instance && name.local == "nil" && matches!(value.trim(), "true" | "1");
            !is_instance
        });
        Ok(Element { name, attributes, children: Vec::new(), text: String::new(), is_nil })
    }

    fn close(&mut self, element: Element) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        check(text)?;
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.chars().all(is_space) => {}
            None => return Err("text stands outside the root element".to_owned()),
        }
        Ok(())
    }
}

fn check(text: &str) -> Result<(), String> {
    match text.chars().find(|character| !is_character(*character)) {
        Some(character) => Err(format!("the character {} is not allowed", character.escape_debug())),
        None => Ok(()),
    }
}
