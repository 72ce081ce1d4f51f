//! A place in the script and what can be asked of it.

use bytes::Bytes;
use counterfoil_openapi::{Document, FileError, Finding, Pointer, Severity};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::library::{Library, resolve};
use super::super::nearest;
use crate::upstream::{Reach, Upstream};

/// The most errors told about one script, and the most of all else; what is beyond is not told.
const MAX_FINDINGS: usize = 1_000;

/// Collects what is wrong with a script.
#[derive(Debug)]
pub(in crate::script) struct Reader<'d> {
    document: &'d Document,
    /// The files that the script may name, and the folder its paths are relative to.
    files: Option<(&'d Library<'d>, &'d str)>,
    /// The servers that it may forward to; any where it says nothing.
    reach: Option<&'d Reach>,
    findings: Vec<Finding>,
    errors: usize,
    others: usize,
}

/// A value of the script and where it stands.
#[derive(Debug, Clone)]
pub(in crate::script) struct Node<'d> {
    pub(in crate::script) value: &'d Value,
    pub(in crate::script) pointer: Pointer,
}

/// The keys an object may have.
#[derive(Debug, Clone, Copy)]
pub(in crate::script) struct Keys {
    /// What the object is, with its article: `a rule`.
    pub(in crate::script) of: &'static str,
    /// Those that are read.
    pub(in crate::script) known: &'static [&'static str],
    /// Those of the grammar that are not built yet.
    pub(in crate::script) later: &'static [&'static str],
}

impl<'d> Reader<'d> {
    pub(in crate::script) fn new(document: &'d Document) -> Self {
        Self { document, files: None, reach: None, findings: Vec::new(), errors: 0, others: 0 }
    }

    /// A reader of a script in a folder that files can be read from.
    pub(in crate::script) fn with_files(
        document: &'d Document,
        library: &'d Library<'d>,
        folder: &'d str,
    ) -> Self {
        Self { files: Some((library, folder)), ..Self::new(document) }
    }

    /// From now on only servers within reach may be forwarded to, where it says something.
    pub(in crate::script) fn within(&mut self, reach: Option<&'d Reach>) {
        self.reach = reach;
    }

    /// Whether a server may be forwarded to; it is told where not.
    pub(super) fn may_reach(&mut self, upstream: &Upstream, at: &Pointer) -> bool {
        let refusal = self.reach.and_then(|reach| reach.refusal(upstream));
        let may = refusal.is_none();
        if let Some((message, hint)) = refusal {
            self.error("proxy-refused", at, message, Some(hint));
        }
        may
    }

    /// The bytes of a file that the script names; what cannot be had is told.
    pub(super) fn file(&mut self, path: &str, at: &Pointer) -> Option<Bytes> {
        let read = match self.files {
            Some((library, folder)) => resolve(folder, path).and_then(|path| library.read(&path)),
            None => Err(FileError::refused("a reply that is set at run time names no file")),
        };
        match read {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                let hint = error
                    .is_refused()
                    .then(|| "only files beside the script, and below, are sent".to_owned());
                self.error("file-unreadable", at, error.to_string(), hint);
                None
            }
        }
    }

    /// What messages call the file.
    pub(in crate::script) fn name(&self) -> &'d str {
        self.document.name()
    }

    /// The root of the script.
    pub(in crate::script) fn root(&self) -> Node<'d> {
        Node { value: self.document.root(), pointer: Pointer::root() }
    }

    /// The SHA-256 of what stands at a place, however it is laid out.
    pub(in crate::script) fn digest(&self, at: &Pointer) -> [u8; 32] {
        let value = at.find(self.document.root()).unwrap_or(&Value::Null);
        Sha256::digest(value.to_string()).into()
    }

    /// Everything found, in the order of the script.
    pub(in crate::script) fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings;
        // What is said of a file that cannot be read comes after the rest of the file that names it.
        findings.sort_by_key(|finding| (finding.file != self.document.name(), finding.position));
        findings
    }

    /// How many errors were found so far.
    pub(in crate::script) fn error_count(&self) -> usize {
        self.errors
    }

    /// Takes findings made elsewhere.
    pub(in crate::script) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            if self.has_room(finding.severity) {
                self.findings.push(finding);
            }
        }
    }

    /// Tells a finding, with a hint where there is one.
    pub(in crate::script) fn tell(
        &mut self,
        severity: Severity,
        code: &'static str,
        at: &Pointer,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        if self.has_room(severity) {
            let mut finding = self.document.finding(code, severity, at, message);
            finding.hint = hint;
            self.findings.push(finding);
        }
    }

    /// Tells an error, with a hint where there is one.
    pub(in crate::script) fn error(
        &mut self,
        code: &'static str,
        at: &Pointer,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        self.tell(Severity::Error, code, at, message, hint);
    }

    /// Tells that a part of the grammar is not built yet.
    pub(super) fn later(&mut self, what: &str, at: &Pointer) {
        let message = format!("`{what}` is part of the grammar, and not supported yet");
        self.error("not-supported-yet", at, message, Some("leave it out for now".to_owned()));
    }

    /// Tells that a value is not what is expected here.
    pub(super) fn unexpected(&mut self, node: &Node<'_>, expected: &str) {
        let message = format!("expected {expected}, found {}", describe(node.value));
        self.error("value-invalid", &node.pointer, message, None);
    }

    /// The members of an object whose keys are known; every other key is told.
    pub(super) fn members(&mut self, node: &Node<'d>, keys: &Keys) -> Option<Vec<(&'d str, Node<'d>)>> {
        let Some(object) = node.value.as_object() else {
            self.unexpected(node, &format!("{} (a map)", keys.of));
            return None;
        };
        let mut members = Vec::with_capacity(object.len());
        for (key, value) in object {
            let member = Node { value, pointer: node.pointer.join(key) };
            if keys.known.contains(&key.as_str()) {
                members.push((key.as_str(), member));
            } else if keys.later.contains(&key.as_str()) {
                self.later(key, &member.pointer);
            } else {
                let known = keys.known.iter().chain(keys.later).copied();
                let message = format!("{} has no key `{key}`", keys.of);
                self.error("key-unknown", &member.pointer, message, nearest::hint(key, known));
            }
        }
        Some(members)
    }

    /// The items of a list.
    pub(super) fn items(&mut self, node: &Node<'d>, expected: &str) -> Option<Vec<Node<'d>>> {
        let Some(items) = node.items() else {
            self.unexpected(node, expected);
            return None;
        };
        Some(items)
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, node: &Node<'d>, expected: &str) -> Option<&'d str> {
        let text = node.value.as_str().filter(|text| !text.is_empty());
        if text.is_none() {
            self.unexpected(node, expected);
        }
        text
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, node: &Node<'d>) -> Option<bool> {
        let value = node.value.as_bool();
        if value.is_none() {
            self.unexpected(node, "true or false");
        }
        value
    }

    /// A whole number from `least` up.
    pub(super) fn count(&mut self, node: &Node<'d>, least: u64) -> Option<u64> {
        let number = node.value.as_u64().filter(|number| *number >= least);
        if number.is_none() {
            self.unexpected(node, &format!("a whole number from {least} up"));
        }
        number
    }

    /// Counts a finding; whether it is told.
    fn has_room(&mut self, severity: Severity) -> bool {
        let count = if severity == Severity::Error { &mut self.errors } else { &mut self.others };
        *count = count.saturating_add(1);
        *count <= MAX_FINDINGS
    }
}

impl<'d> Node<'d> {
    /// The items of a list; nothing where it is none.
    pub(super) fn items(&self) -> Option<Vec<Node<'d>>> {
        let items = self.value.as_array()?;
        Some(
            items
                .iter()
                .enumerate()
                .map(|(index, value)| Node { value, pointer: self.pointer.index(index) })
                .collect(),
        )
    }
}

/// A value as messages tell it: its type, and itself where it is short.
pub(super) fn describe(value: &Value) -> String {
    const SHOWN: usize = 40;
    match value {
        Value::Null => "nothing (null)".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(text) if text.chars().count() <= SHOWN => format!("the text `{text}`"),
        Value::String(text) => format!("the text `{}…`", text.chars().take(SHOWN).collect::<String>()),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(members) if members.is_empty() => "an empty map".to_owned(),
        Value::Object(_) => "a map".to_owned(),
    }
}
