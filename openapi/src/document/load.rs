//! Reading a document's text, whichever of the two languages it is written in.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;
use serde_json::Value;

use super::decode::decode;
use super::mend::Mended;
use super::node::{Node, RepeatedKey};
use super::places::Places;
use super::refusal::{self, Refusal};
use super::{
    Files, Finding, Pointer, Position, Severity, Version, dynamic, gather, json, plain, settle, yaml,
};
use crate::schema::Definitions;

/// The largest document read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The deepest nesting of values read.
pub const MAX_DEPTH: usize = 192;
/// The most nodes of one document.
pub const MAX_NODES: usize = 10_000_000;
/// The most nodes that YAML aliases may expand to, over a whole document.
pub const MAX_ALIASED_NODES: usize = 1_000_000;

/// A document: its text, its value tree, and the positions of its nodes on demand.
#[derive(Debug)]
pub struct Document {
    pub(super) name: String,
    pub(super) text: String,
    language: Language,
    pub(super) root: Value,
    version: Version,
    /// The files gathered into `root`, in the order of their trees there; their own roots are empty.
    pub(super) parts: Vec<Self>,
    /// The files that examples are in, by the address that their `externalValue` became.
    pub(super) external: HashMap<String, Bytes>,
    /// The tree with positions, parsed again the first time a position is asked for.
    places: OnceLock<Option<Places>>,
    /// Its schemas, as far as they are compiled.
    definitions: Definitions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Json,
    Yaml,
}

impl Document {
    /// Reads an OpenAPI document, and from `files` whatever it refers to.
    ///
    /// * `name` is what messages call it, normally the path the user gave.
    /// * The language is found by looking: what starts like JSON and parses as JSON is JSON, all else is YAML.
    /// * The second part of the result is what was wrong and worked around.
    ///
    /// # Errors
    ///
    /// When the text is neither JSON nor YAML, is over a limit, or its root names no OpenAPI version.
    pub fn read(
        name: impl Into<String>,
        bytes: &[u8],
        files: &dyn Files,
    ) -> Result<(Self, Vec<Finding>), LoadError> {
        let (mut document, mut findings) = Self::read_tree(name, bytes)?;
        let version = Version::of(&document.root);
        document.version = version.unwrap_or(Version::V3_1);
        if version.is_none() {
            if document.root.get("paths").is_none() && document.root.get("webhooks").is_none() {
                let refusal = refusal::other_tree(&document.root);
                return Err(LoadError::refused(&document.name, None, refusal));
            }
            findings.push(document.version_unknown());
        }
        findings.extend(gather::gather(&mut document, files));
        settle::settle(&mut document.root)
            .map_err(|message| LoadError::new(&document.name, None, message))?;
        if document.version.has_json_schema_dialect() {
            dynamic::settle(&mut document.root);
        }
        Ok((document, findings))
    }

    /// Reads any JSON or YAML text (a script, a file that a document refers to); its version is the newest.
    ///
    /// # Errors
    ///
    /// When the text is neither JSON nor YAML, or is over a limit.
    pub fn read_tree(name: impl Into<String>, bytes: &[u8]) -> Result<(Self, Vec<Finding>), LoadError> {
        let name = name.into();
        if bytes.len() > MAX_BYTES {
            let message = format!("{} bytes, over the limit of {MAX_BYTES}", bytes.len());
            return Err(LoadError::new(&name, None, message));
        }
        let (text, misread) = decode(bytes).map_err(|message| {
            let hint = "save it as UTF-8, as JSON or YAML text".to_owned();
            LoadError::refused(&name, None, refusal::binary(bytes).unwrap_or((message, Some(hint))))
        })?;
        let parsed = parse(&text).map_err(|error| {
            match refusal::binary(bytes).or_else(|| refusal::foreign(&text)) {
                Some(refusal) => LoadError::refused(&name, None, refusal),
                None => LoadError::refused(&name, Some(error.position), refusal::explained(&text, &error)),
            }
        })?;
        let Parsed { language, root, mended, repeated } = parsed;
        if root.is_string()
            && let Some(refusal) = refusal::foreign(&text)
        {
            return Err(LoadError::refused(&name, None, refusal));
        }
        let document = Self {
            root,
            name,
            text,
            language,
            version: Version::V3_2,
            parts: Vec::new(),
            external: HashMap::new(),
            places: OnceLock::new(),
            definitions: Definitions::default(),
        };
        let mended = mended.into_iter().map(|mended| Finding {
            code: mended.code,
            severity: Severity::Warning,
            file: document.name.clone(),
            position: Some(mended.position),
            pointer: Pointer::root(),
            message: mended.message.to_owned(),
            hint: Some(mended.hint.to_owned()),
        });
        let repeated = repeated.into_iter().map(|RepeatedKey { object, key, first, again }| Finding {
            code: "key-repeated",
            severity: Severity::Warning,
            file: document.name.clone(),
            position: Some(again),
            pointer: object.join(&key),
            message: format!("the key `{key}` is at {first} already; the last one counts"),
            hint: Some("remove one of the two, or put what they hold together".to_owned()),
        });
        let misread = misread.map(|position| Finding {
            code: "encoding-wrong",
            severity: Severity::Warning,
            file: document.name.clone(),
            position: Some(position),
            pointer: Pointer::root(),
            message: "the text is not valid UTF-8; what is not is read as Windows-1252".to_owned(),
            hint: Some("save the file as UTF-8".to_owned()),
        });
        let findings = misread.into_iter().chain(mended).chain(repeated).collect();
        Ok((document, findings))
    }

    /// What is wrong with the version that the root names, or does not.
    fn version_unknown(&self) -> Finding {
        let named =
            ["openapi", "swagger"].into_iter().find_map(|member| Some((member, self.root.get(member)?)));
        let message = match named {
            Some((member, value)) => {
                format!("`{member}: {value}` names no version we know; read as {}", self.version)
            }
            None => format!(
                "neither `openapi` nor `swagger` says which version this is; read as {}",
                self.version
            ),
        };
        let pointer = named.map_or_else(Pointer::root, |(member, _)| Pointer::root().join(member));
        let mut finding = self.finding("version-unknown", Severity::Warning, &pointer, message);
        finding.hint = Some(
            "write the version it follows, for example `openapi: 3.0.4` or `swagger: \"2.0\"`".to_owned(),
        );
        finding
    }

    /// What messages call this document.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text as read, decoded to UTF-8 and without a byte-order mark; of other files, see [`Document::parts`].
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The other files the document is spread over, in order of first reference.
    pub fn parts(&self) -> &[Self] {
        &self.parts
    }

    /// The files that examples are in, with their addresses, in the order of those.
    pub(crate) fn externals(&self) -> Vec<(&str, &Bytes)> {
        let mut files: Vec<_> =
            self.external.iter().map(|(address, bytes)| (address.as_str(), bytes)).collect();
        files.sort_unstable_by_key(|(address, _)| *address);
        files
    }

    /// What the `externalValue` of an example names, where it could be read.
    pub fn external(&self, address: &str) -> Option<&Bytes> {
        self.external.get(address)
    }

    /// The value tree, with the trees of other files gathered in; every reference in it is local.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// Its schemas, as far as they are compiled.
    pub(crate) fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// The edition of the OpenAPI Specification the document follows.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Line and column of the node at `pointer`, or of its nearest ancestor that exists.
    pub fn position(&self, pointer: &Pointer) -> Option<Position> {
        if let Some((part, rest)) = self.part(pointer) {
            return part.position(&rest);
        }
        let parse_again = || {
            let root = match self.language {
                Language::Json => json::parse(&self.text).ok()?.root,
                Language::Yaml => yaml::parse(&self.text).ok()?.root,
            };
            Some(Places::of(root))
        };
        let places = self.places.get_or_init(parse_again).as_ref()?;
        let mut text = pointer.as_str();
        loop {
            if let Some(position) = places.find(&Pointer::from_escaped(text)) {
                return Some(position);
            }
            text = &text[..text.rfind('/')?];
        }
    }

    /// The other file that a pointer leads into, and the pointer there.
    fn part(&self, pointer: &Pointer) -> Option<(&Self, Pointer)> {
        let rest = pointer.as_str().strip_prefix('/')?.strip_prefix(gather::FILES)?.strip_prefix('/')?;
        let (index, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Some((self.parts.get(index.parse::<usize>().ok()?)?, Pointer::from_escaped(rest)))
    }

    /// The other file that a pointer leads into, where it does, and the pointer within its file.
    pub(crate) fn locate(&self, pointer: &Pointer) -> (Option<&Self>, Pointer) {
        match self.part(pointer) {
            Some((part, rest)) => (Some(part), rest),
            None => (None, pointer.clone()),
        }
    }

    /// A finding about the node at `pointer`, with its position.
    pub fn finding(
        &self,
        code: &'static str,
        severity: Severity,
        pointer: &Pointer,
        message: impl Into<String>,
    ) -> Finding {
        if let Some((part, rest)) = self.part(pointer) {
            return part.finding(code, severity, &rest, message);
        }
        Finding {
            code,
            severity,
            file: self.name.clone(),
            position: self.position(pointer),
            pointer: pointer.clone(),
            message: message.into(),
            hint: None,
        }
    }
}

/// What a text holds, and what is odd about it.
struct Parsed {
    language: Language,
    root: Value,
    mended: Vec<Mended>,
    repeated: Vec<RepeatedKey>,
}

fn parse(text: &str) -> Result<Parsed, ParseError> {
    let parsed = |language, node: Node, mended| Parsed {
        language,
        repeated: node.repeated_keys(),
        root: node.into_value(),
        mended,
    };
    let yaml = || yaml::parse(text).map(|yaml| parsed(Language::Yaml, yaml.root, yaml.mended));
    if text.trim_start().starts_with(['{', '[']) {
        if let Some(root) = plain::parse(text) {
            return Ok(Parsed { language: Language::Json, root, mended: Vec::new(), repeated: Vec::new() });
        }
        match json::parse(text) {
            Ok(json) => return Ok(parsed(Language::Json, json.root, json.mended)),
            // Flow YAML may start like JSON; where neither parses, JSON's message is the one that helps.
            Err(error) => return yaml().map_err(|_| error),
        }
    }
    yaml()
}

/// The value of a YAML text that is no document of ours, and in which nothing is mended; the error says where it is
/// none, and why.
pub(crate) fn read_yaml(text: &str) -> Result<Value, String> {
    let root =
        yaml::parse_strictly(text).map_err(|error| format!("{}: {}", error.position, error.message))?;
    Ok(root.into_value())
}

/// What a parser refused, and where.
#[derive(Debug)]
pub(super) struct ParseError {
    position: Position,
    message: String,
}

impl ParseError {
    pub(super) fn new(position: Position, message: impl Into<String>) -> Self {
        Self { position, message: message.into() }
    }

    pub(super) fn position(&self) -> Position {
        self.position
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Whether the message holds these words, which are a parser's.
    pub(super) fn says(&self, words: &str) -> bool {
        self.message.contains(words)
    }
}

/// Counts nodes against [`MAX_NODES`].
#[derive(Debug, Default)]
pub(super) struct Budget {
    spent: usize,
}

impl Budget {
    /// Spends one node; the count it now stands at.
    pub(super) fn spend(&mut self, position: Position) -> Result<usize, ParseError> {
        self.spend_many(1, position)
    }

    pub(super) fn spend_many(&mut self, nodes: usize, position: Position) -> Result<usize, ParseError> {
        self.spent += nodes;
        if self.spent > MAX_NODES {
            return Err(ParseError::new(position, format!("more than {MAX_NODES} nodes")));
        }
        Ok(self.spent)
    }

    pub(super) fn spent(&self) -> usize {
        self.spent
    }
}

/// A document that could not be read at all.
#[derive(Debug)]
pub struct LoadError {
    name: String,
    position: Option<Position>,
    message: String,
    hint: Option<String>,
}

impl LoadError {
    pub(crate) fn new(name: &str, position: Option<Position>, message: impl Into<String>) -> Self {
        Self { name: name.to_owned(), position, message: message.into(), hint: None }
    }

    fn refused(name: &str, position: Option<Position>, (message, hint): Refusal) -> Self {
        Self { hint, ..Self::new(name, position, message) }
    }

    /// The same as a finding, the code of which is `document-unreadable`.
    pub fn to_finding(&self) -> Finding {
        Finding {
            code: "document-unreadable",
            severity: Severity::Error,
            file: self.name.clone(),
            position: self.position,
            pointer: Pointer::root(),
            message: self.message.clone(),
            hint: self.hint.clone(),
        }
    }

    /// Where reading stopped, when it stopped at a place.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Why it stopped, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "read {}:{position}: {}", self.name, self.message),
            None => write!(f, "read {}: {}", self.name, self.message),
        }
    }
}

impl Error for LoadError {}

#[cfg(test)]
mod tests {
    use super::{Document, Pointer};
    use crate::document::NoFiles;

    const TEXT: &str = "openapi: 3.0.3\npaths:\n  /a: {}\n  /a: {}\n";

    #[test]
    fn repeated_keys_are_found_with_both_places() {
        let (_, findings) = Document::read("twice.yaml", TEXT.as_bytes(), &NoFiles)
            .expect("the text of this test is a document");
        insta::assert_snapshot!(
            findings[0],
            @"twice.yaml:4:3: warning[key-repeated]: the key `/a` is at 3:3 already; the last one counts (at /paths/~1a)"
        );
    }

    #[test]
    fn a_place_that_is_not_there_is_where_its_nearest_ancestor_is() {
        let (document, _) = Document::read("twice.yaml", TEXT.as_bytes(), &NoFiles)
            .expect("the text of this test is a document");
        let position = document.position(&Pointer::from_escaped("/paths/~1b/get"));
        assert_eq!(position.map(|position| position.to_string()).as_deref(), Some("2:1"));
    }

    #[test]
    fn any_encoding_with_a_byte_order_mark_is_read() {
        let little: Vec<u8> =
            std::iter::once(0xFEFF).chain(TEXT.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> =
            std::iter::once(0xFEFF).chain(TEXT.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        let utf8 = [b"\xEF\xBB\xBF".as_slice(), TEXT.as_bytes()].concat();
        let windows = TEXT.replace('\n', "\r\n").into_bytes();
        let bare: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [little, big, utf8, windows, bare] {
            let (document, _) = Document::read("encoded.yaml", &bytes, &NoFiles)
                .expect("the text of this test is a document");
            assert!(document.root().get("paths").is_some());
        }
    }

    #[test]
    fn what_is_no_document_says_why() {
        let table: [(&[u8], &str); 5] = [
            (b"", "read x:1:1: the document is empty"),
            (b"a: 1", "read x: the root has neither"),
            (b"\xFFabc", "not valid UTF-8 at byte 0 (line 1)"),
            (b"{\"openapi\": ", "read x:1:13: the text ends"),
            (b"a: [1", "read x:"),
        ];
        for (bytes, expected) in table {
            let error = Document::read("x", bytes, &NoFiles)
                .map(drop)
                .map_err(|error| error.to_string())
                .unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
