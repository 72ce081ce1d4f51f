//! XML text as a tree.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::MAX_DEPTH;

/// The namespace of `nil` (XML Schema, part 1, section 2.6).
pub(super) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// An element.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) prefix: String,
    pub(super) local: String,
    /// Prefix, local name and value of each, but for those that XML keeps to itself.
    pub(super) attributes: Vec<(String, String, String)>,
    pub(super) children: Vec<Element>,
    /// The text that is directly in it.
    pub(super) text: String,
    /// Whether it says that it has no value.
    pub(super) is_nil: bool,
}

impl Element {
    /// Whether it holds no text but white space.
    pub(super) fn is_blank(&self) -> bool {
        self.text.chars().all(is_space)
    }
}

pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// The root element of a text.
pub(super) fn parse(text: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let closed = match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                if root.is_some() || open.len() >= MAX_DEPTH {
                    return Err("there is a second root element, or elements nest too deep".to_owned());
                }
                open.push(element(&start)?);
                None
            }
            Event::Empty(start) if root.is_none() => Some(element(&start)?),
            Event::Empty(_) => return Err("there is a second root element".to_owned()),
            // The reader pairs start and end.
            Event::End(_) => open.pop(),
            Event::Text(text) => {
                add(&mut open, &text.xml10_content().map_err(|error| error.to_string())?);
                None
            }
            Event::CData(text) => {
                add(&mut open, &text.xml10_content().map_err(|error| error.to_string())?);
                None
            }
            Event::GeneralRef(reference) => {
                match reference.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(character) => add(&mut open, character.encode_utf8(&mut [0; 4])),
                    None => {
                        let name = reference.decode().map_err(|error| error.to_string())?;
                        let text = quick_xml::escape::resolve_xml_entity(&name);
                        add(&mut open, text.ok_or_else(|| format!("the entity {name:?} is not known"))?);
                    }
                }
                None
            }
            Event::DocType(text) if text.contains(&b'[') => {
                return Err("declarations within the text are not read".to_owned());
            }
            Event::Eof => break,
            _ => None,
        };
        match (closed, open.last_mut()) {
            (Some(closed), Some(parent)) => parent.children.push(closed),
            (Some(closed), None) => root = Some(closed),
            (None, _) => {}
        }
    }
    match open.pop() {
        Some(open) => Err(format!("<{}> is not closed", open.local)),
        None => root.ok_or_else(|| "there is no element".to_owned()),
    }
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let (prefix, local) = split(start.name().into_inner());
    let mut attributes = Vec::new();
    let mut is_nil = false;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| error.to_string())?;
        let (prefix, local) = split(attribute.key.into_inner());
        match (prefix.as_str(), local.as_str()) {
            ("xmlns" | "xml", _) | ("", "xmlns") => {}
            ("xsi", "nil") => is_nil = matches!(value.trim(), "true" | "1"),
            ("xsi", _) => {}
            _ => attributes.push((prefix, local, value.into_owned())),
        }
    }
    Ok(Element { prefix, local, attributes, children: Vec::new(), text: String::new(), is_nil })
}

fn split(name: &[u8]) -> (String, String) {
    let name = String::from_utf8_lossy(name);
    match name.split_once(':') {
        Some((prefix, local)) => (prefix.to_owned(), local.to_owned()),
        None => (String::new(), name.into_owned()),
    }
}
