//! A document and the files it refers to, gathered into one value tree.
//!
//! Each file's tree becomes an item of [`FILES`] at the root, and every reference is rewritten to lead there, so
//! that behind this module all references are local.

use std::collections::HashMap;

use serde_json::Value;

use super::{Document, Files, Finding, Pointer, Severity};

/// The member of the gathered root that holds the trees of the other files.
pub(super) const FILES: &str = "x-counterfoil-files";
/// The most files one document may be spread over.
pub(super) const MAX_FILES: usize = 4096;

/// Reads what `main` refers to, and what that refers to, and so on, each file once.
pub(super) fn gather(main: &mut Document, files: &dyn Files) -> Vec<Finding> {
    let mut gathering = Gathering { files, parts: Vec::new(), known: HashMap::new(), findings: Vec::new() };
    let mut root = std::mem::take(&mut main.root);
    gathering.rewrite(&mut root, None, main.file_name(), &Pointer::root(), main);
    let mut trees = Vec::new();
    let mut at = 0;
    while at < gathering.parts.len() {
        let mut tree = std::mem::take(&mut gathering.parts[at].1.root);
        let name = gathering.parts[at].0.clone();
        gathering.rewrite(&mut tree, Some(at), &name, &Pointer::root(), main);
        trees.push(tree);
        at += 1;
    }
    if !trees.is_empty()
        && let Value::Object(members) = &mut root
    {
        members.insert(FILES.to_owned(), Value::Array(trees));
    }
    main.root = root;
    main.parts = gathering.parts.into_iter().map(|(_, part)| part).collect();
    gathering.findings
}

struct Gathering<'f> {
    files: &'f dyn Files,
    /// The files read so far: path relative to the main document's folder, and tree.
    parts: Vec<(String, Document)>,
    /// Indices into `parts` by path; nothing for a file that could not be read.
    known: HashMap<String, Option<usize>>,
    findings: Vec<Finding>,
}

impl Gathering<'_> {
    /// Rewrites every reference below `value`, which is part of the file `name` (`part` among the files read).
    fn rewrite(&mut self, value: &mut Value, part: Option<usize>, name: &str, at: &Pointer, main: &Document) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    if item.is_object() || item.is_array() {
                        self.rewrite(item, part, name, &at.index(index), main);
                    }
                }
            }
            Value::Object(members) => {
                let is_map = at.as_str().rsplit('/').next().is_some_and(|last| MAPS.contains(&last));
                for (key, member) in members.iter_mut() {
                    match member {
                        Value::String(reference) if key == "$ref" => {
                            if let Some(local) = self.local(reference, part, name, &at.join(key), main) {
                                *reference = local;
                            }
                        }
                        Value::Object(_) | Value::Array(_) if is_map || !is_literal(key) => {
                            self.rewrite(member, part, name, &at.join(key), main);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// The local form of a reference in the file `name`; nothing where it stays as it is.
    fn local(
        &mut self,
        reference: &str,
        part: Option<usize>,
        name: &str,
        at: &Pointer,
        main: &Document,
    ) -> Option<String> {
        let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        if file.is_empty() {
            return part.map(|part| format!("#/{FILES}/{part}{fragment}"));
        }
        if file.contains("://") {
            self.unread(part, at, main, format!("`{reference}` is on another host, and nothing is fetched"));
            return None;
        }
        let decoded = percent_encoding::percent_decode_str(file).decode_utf8_lossy();
        let path = beside(name, &decoded);
        if path == main.file_name() {
            return Some(format!("#{fragment}"));
        }
        let known = match self.known.get(&path) {
            Some(known) => *known,
            None => {
                let read = self.read(&path, part, at, main);
                self.known.insert(path, read);
                read
            }
        };
        known.map(|index| format!("#/{FILES}/{index}{fragment}"))
    }

    fn read(&mut self, path: &str, part: Option<usize>, at: &Pointer, main: &Document) -> Option<usize> {
        if self.parts.len() >= MAX_FILES {
            self.unread(part, at, main, format!("the document is spread over more than {MAX_FILES} files"));
            return None;
        }
        let read = self
            .files
            .read(path)
            .and_then(|bytes| Document::read_tree(path, &bytes).map_err(|error| error.to_string()));
        match read {
            Ok((document, findings)) => {
                self.findings.extend(findings);
                self.parts.push((path.to_owned(), document));
                Some(self.parts.len() - 1)
            }
            Err(message) => {
                self.unread(part, at, main, message);
                None
            }
        }
    }

    fn unread(&mut self, part: Option<usize>, at: &Pointer, main: &Document, message: String) {
        let document = part.map_or(main, |part| &self.parts[part].1);
        self.findings.push(document.finding("reference-unread", Severity::Error, at, message));
    }
}

/// Members whose own members have names of the author's choice, `default` and `example` among them.
const MAPS: [&str; 16] = [
    "$defs",
    "callbacks",
    "content",
    "definitions",
    "dependentSchemas",
    "encoding",
    "examples",
    "headers",
    "links",
    "parameters",
    "patternProperties",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "securitySchemes",
];

/// Members whose values are data, where `$ref` is a name like any other.
fn is_literal(key: &str) -> bool {
    matches!(key, "example" | "default" | "enum" | "const" | "value")
}

/// The path of `file` as seen from the main document's folder, when the file `from` names it.
fn beside(from: &str, file: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    if file.starts_with('/') {
        return file.to_owned();
    }
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::beside;
    use crate::document::Files;
    use crate::{Contract, Direction};

    struct Few(HashMap<&'static str, &'static str>);

    impl Files for Few {
        fn read(&self, path: &str) -> Result<Vec<u8>, String> {
            let text = self.0.get(path).ok_or_else(|| format!("`{path}`: not found"))?;
            Ok(text.as_bytes().to_vec())
        }
    }

    const MAIN: &str = "openapi: 3.0.3
paths:
  /pets: {$ref: 'paths/pets.yaml'}
  /lost: {get: {responses: {'200': {description: '', content: {application/json: {schema: {$ref: 'lost.yaml'}}}}}}}
components: {schemas: {Name: {type: string}}}
";
    const PETS: &str = "get:
  responses:
    '200': {description: '', content: {application/json: {schema: {$ref: '../schemas.yaml#/Pet'}}}}
";
    const SCHEMAS: &str = "Pet:
  type: object
  required: [name]
  properties:
    name: {$ref: 'api.yaml#/components/schemas/Name'}
    mother: {$ref: '#/Pet'}
    default: {$ref: '#/Age'}
  example: {$ref: 'not a reference'}
Age: {type: integer}
";

    #[test]
    fn files_refer_to_each_other_and_back() {
        let files = Few(HashMap::from([("paths/pets.yaml", PETS), ("schemas.yaml", SCHEMAS)]));
        let contract = Contract::load_with("dir/api.yaml", MAIN.as_bytes(), &files).expect("a document");
        let responses = contract.operations()[0].responses();
        let schema = responses.0[0].content.0[0].schema.as_ref().expect("a schema");
        for (value, is_valid) in [
            (json!({"name": "a", "mother": {"name": "b"}}), true),
            (json!({"name": 1}), false),
            (json!({"name": "a", "mother": {}}), false),
            (json!({"name": "a", "default": "x"}), false),
        ] {
            assert_eq!(schema.is_valid(&value, Direction::Response), is_valid, "{value}");
        }
        let findings: Vec<String> = contract.findings().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(
            findings.join("\n"),
            @"dir/api.yaml:4:92: error[reference-unread]: `lost.yaml`: not found (at /paths/~1lost/get/responses/200/content/application~1json/schema/$ref)"
        );
    }

    #[test]
    fn a_place_in_another_file_is_named_by_that_file() {
        let files = Few(HashMap::from([("paths/pets.yaml", PETS), ("schemas.yaml", SCHEMAS)]));
        let contract = Contract::load_with("dir/api.yaml", MAIN.as_bytes(), &files).expect("a document");
        let responses = contract.operations()[0].responses();
        let schema = responses.0[0].content.0[0].schema.as_ref().expect("a schema");
        let violation = schema.violations(&json!({"name": 1}), Direction::Response).remove(0);
        let pointer = crate::Pointer::from_escaped(violation.document_pointer);
        let finding = contract.document().finding("x", crate::Severity::Note, &pointer, "here");
        assert_eq!(
            finding.to_string(),
            "dir/api.yaml:5:31: note[x]: here (at /components/schemas/Name/type)"
        );
        let violation = schema.violations(&json!({}), Direction::Response).remove(0);
        let pointer = crate::Pointer::from_escaped(violation.document_pointer);
        let finding = contract.document().finding("x", crate::Severity::Note, &pointer, "here");
        assert_eq!(finding.to_string(), "schemas.yaml:3:3: note[x]: here (at /Pet/required)");
    }

    #[test]
    fn paths_are_seen_from_the_main_documents_folder() {
        let table = [
            ("api.yaml", "a.yaml", "a.yaml"),
            ("paths/a.yaml", "../b.yaml", "b.yaml"),
            ("paths/a.yaml", "./b/c.yaml", "paths/b/c.yaml"),
            ("api.yaml", "../common/a.yaml", "../common/a.yaml"),
            ("../common/a.yaml", "../x.yaml", "../x.yaml"),
            ("../common/a.yaml", "b.yaml", "../common/b.yaml"),
        ];
        for (from, file, expected) in table {
            assert_eq!(beside(from, file), expected, "{file} in {from}");
        }
    }
}
