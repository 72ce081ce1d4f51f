//! A document and the files it refers to, gathered into one value tree.
//!
//! Each file's tree becomes an item of [`FILES`] at the root, and every reference is rewritten to lead there, so
//! that behind this module all references are local JSON Pointers. What a reference names is looked for in this order:
//!
//! | the part before `#` | leads to |
//! |---|---|
//! | nothing | the schema resource around it (its `$id`), else its own file |
//! | a URI that an `$id` or a `$self` of a file read so far gives | that resource |
//! | the main document's own name or URL | the main document |
//! | a relative path, a URL | the file that [`Files`] has there; URLs come last, since a file may be one by its `$id` |
//!
//! The files that examples name with `externalValue` are read too, each once, and kept as bytes: what they are is the
//! affair of the media type. Their text in the tree becomes the address they were read at.
//!
//! | the part behind `#` | leads to |
//! |---|---|
//! | nothing | the whole |
//! | `/…` | a JSON Pointer within the resource, else within the file |
//! | a name | an `$anchor` or `$dynamicAnchor` |

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use serde_json::Value;

use super::address::{beside, has_scheme, home, is_url};
use super::names::{Anchors, has_names, names};
use super::walk::{Site, SiteKind, Step, Visitor, walk};
use super::{Document, FileError, Files, Finding, MAX_BYTES, Pointer, Severity, dynamic};

/// The member of the gathered root that holds the trees of the other files.
pub(super) const FILES: &str = "x-counterfoil-files";
/// The most files one document may be spread over.
pub const MAX_FILES: usize = 4096;
/// The most bytes that the files may have together, beside the main document.
pub const MAX_GATHERED_BYTES: usize = 2 * MAX_BYTES;

/// Reads what `main` refers to, and what that refers to, and so on, each file once.
pub(super) fn gather(main: &mut Document, files: &dyn Files) -> Vec<Finding> {
    let tree = std::mem::take(&mut main.root);
    let address = home(&main.name).to_owned();
    let has_names = has_names(&main.text);
    let mut gathering = Gathering {
        main,
        files,
        trees: Vec::new(),
        parts: Vec::new(),
        known: HashMap::from([(address.clone(), Some(0))]),
        ids: HashMap::new(),
        inner: Vec::new(),
        far: Vec::new(),
        bytes: 0,
        external: HashMap::new(),
        findings: Vec::new(),
    };
    gathering.trees.push(Tree::new(address, tree, has_names));
    gathering.run();
    let Gathering { mut trees, parts, external, findings, .. } = gathering;
    for tree in &mut trees {
        for (at, text) in std::mem::take(&mut tree.changes) {
            if let Some(place) = tree.root.pointer_mut(at.as_str()) {
                *place = Value::String(text);
            }
        }
    }
    let mut roots = trees.into_iter().map(|tree| tree.root);
    main.root = roots.next().unwrap_or_default();
    let others: Vec<Value> = roots.collect();
    if !others.is_empty()
        && let Value::Object(members) = &mut main.root
    {
        members.insert(FILES.to_owned(), Value::Array(others));
    }
    main.parts = parts;
    main.external = external.into_iter().filter_map(|(address, bytes)| Some((address, bytes?))).collect();
    findings
}

struct Gathering<'f> {
    main: &'f Document,
    files: &'f dyn Files,
    /// The main document's tree, then those of `parts`.
    trees: Vec<Tree>,
    parts: Vec<Document>,
    /// Indices into `trees` by address; nothing for a file that could not be read.
    known: HashMap<String, Option<usize>>,
    /// Schema resources by the URI of their `$id`.
    ids: HashMap<String, (usize, Pointer)>,
    /// Vendors' members that references lead into, by the index of their tree, yet to be looked at.
    inner: Vec<(usize, Pointer)>,
    /// References by URL, and the index of their tree: looked at when nothing nearer is left.
    far: Vec<(usize, Found)>,
    /// The bytes of all files read so far, the main document's left out.
    bytes: usize,
    /// The files that examples are in, by address; nothing for one that could not be read.
    external: HashMap<String, Option<Bytes>>,
    findings: Vec<Finding>,
}

/// One file's tree.
struct Tree {
    address: String,
    root: Value,
    /// Whether it may have identifiers or anchors.
    has_names: bool,
    /// The base URIs of its schema resources.
    bases: HashMap<Pointer, String>,
    anchors: Anchors,
    /// The texts to put in the places of others, once all is read.
    changes: HashMap<Pointer, String>,
    /// Vendors' members that references lead into.
    entered: HashSet<Pointer>,
}

impl Tree {
    fn new(address: String, root: Value, has_names: bool) -> Self {
        Self {
            address,
            root,
            has_names,
            bases: HashMap::new(),
            anchors: Anchors::default(),
            changes: HashMap::new(),
            entered: HashSet::new(),
        }
    }
}

/// A reference found in a tree.
#[derive(Debug, Clone)]
struct Found {
    kind: SiteKind,
    text: String,
    at: Pointer,
    owner: Pointer,
    resource: Pointer,
}

impl Gathering<'_> {
    fn run(&mut self) {
        self.learn_names(0);
        let mut at = 0;
        loop {
            if at < self.trees.len() {
                for found in self.references(at, &Pointer::root()) {
                    self.settle(at, found);
                }
                at += 1;
            } else if let Some((at, start)) = self.inner.pop() {
                for found in self.references(at, &start) {
                    if !self.trees[at].changes.contains_key(&found.at) {
                        self.settle(at, found);
                    }
                }
            } else if self.far.is_empty() {
                return;
            } else {
                for (from, found) in std::mem::take(&mut self.far) {
                    self.settle_far(from, &found);
                }
            }
        }
    }

    /// Notes the identifiers and anchors of a tree.
    fn learn_names(&mut self, at: usize) {
        let tree = &mut self.trees[at];
        if !tree.has_names {
            return;
        }
        dynamic::settle_pointers(&mut tree.root);
        let (anchors, resources) = names(&tree.root);
        tree.anchors = anchors;
        for (place, uri) in resources {
            self.ids.entry(uri.clone()).or_insert_with(|| (at, place.clone()));
            tree.bases.insert(place, uri);
        }
    }

    /// The references of a tree below `start` that are not local already.
    fn references(&self, at: usize, start: &Pointer) -> Vec<Found> {
        let mut references = References { is_main: at == 0, found: Vec::new() };
        let tree = &self.trees[at].root;
        let tokens: Vec<String> = start.tokens().collect();
        if let Some(value) = start.find(tree) {
            walk(value, tokens.iter().map(|token| Step::Key(token)).collect(), &mut references);
        }
        references.found
    }

    fn settle(&mut self, from: usize, found: Found) {
        if found.kind == SiteKind::External {
            return self.read_example(from, &found);
        }
        if found.kind == SiteKind::Mapping && !is_mapping_reference(&found.text) {
            return;
        }
        let (file, fragment) = found.text.split_once('#').unwrap_or((&found.text, ""));
        if file.is_empty() {
            return self.land(from, &found, from, &found.resource, fragment);
        }
        if let Some((to, resource)) = self.identified(from, &found.resource, file) {
            return self.land(from, &found, to, &resource, fragment);
        }
        if self.is_shorthand(from, &found, file) {
            return;
        }
        if has_scheme(file) && !is_url(file) {
            let message = format!("`{}` is neither a file in a folder nor an http URL", found.text);
            return self.unread(from, &found, FileError::refused(message));
        }
        let path = beside(&self.trees[from].address, file);
        if is_url(&path) && !self.known.contains_key(&path) {
            return self.far.push((from, found));
        }
        self.settle_in(from, &found, &path);
    }

    fn settle_far(&mut self, from: usize, found: &Found) {
        let (file, fragment) = found.text.split_once('#').unwrap_or((&found.text, ""));
        match self.identified(from, &found.resource, file) {
            Some((to, resource)) => self.land(from, found, to, &resource, fragment),
            None => self.settle_in(from, found, &beside(&self.trees[from].address, file)),
        }
    }

    fn settle_in(&mut self, from: usize, found: &Found, path: &str) {
        let fragment = found.text.split_once('#').map_or("", |(_, fragment)| fragment);
        if found.kind == SiteKind::Scalar
            && fragment.is_empty()
            && found.owner.as_str().ends_with("/description")
        {
            return self.read_prose(from, found, path);
        }
        let known = match self.known.get(path) {
            Some(known) => *known,
            None => {
                let read = self.read(from, found, path);
                self.known.insert(path.to_owned(), read);
                read
            }
        };
        if let Some(to) = known {
            self.land(from, found, to, &Pointer::root(), fragment);
        }
    }

    /// The schema resource whose URI `file` is, seen from the resource it stands in.
    fn identified(&self, from: usize, resource: &Pointer, file: &str) -> Option<(usize, Pointer)> {
        if self.ids.is_empty() {
            return None;
        }
        let based = self.trees[from].bases.get(resource).map(|base| beside(base, file));
        let wanted = based.as_deref().into_iter().chain([file]);
        wanted.into_iter().find_map(|uri| self.ids.get(uri)).cloned()
    }

    /// Notes where a reference leads: to the tree `to`, and there within `resource`.
    fn land(&mut self, from: usize, found: &Found, to: usize, resource: &Pointer, fragment: &str) {
        let tree = &self.trees[to];
        let decoded = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
        let within = |rest: &str| {
            let inner = format!("{}{rest}", resource.as_str());
            Pointer::from_escaped(&*inner).find(&tree.root).is_some().then_some(inner)
        };
        let landing = if decoded.is_empty() {
            Some(resource.as_str().to_owned())
        } else if decoded.starts_with('/') {
            Some(within(&decoded).map_or_else(|| fragment.to_owned(), |inner| inner.replace('%', "%25")))
        } else {
            tree.anchors.find(resource, &decoded).map(|place| place.as_str().replace('%', "%25"))
        };
        let landing = match landing {
            Some(landing) => landing,
            // `#definitions/Pet` is what many write.
            None if within(&format!("/{decoded}")).is_some() => {
                self.odd(from, found, format!("`{}` lacks a `/` behind `#`", found.text));
                format!("{}/{fragment}", resource.as_str())
            }
            None => return,
        };
        if landing.contains("/x-") {
            self.enter(to, &landing);
        }
        let text = match to {
            0 => format!("#{landing}"),
            part => format!("#/{FILES}/{}{landing}", part - 1),
        };
        if text != found.text {
            self.trees[from].changes.insert(found.at.clone(), text);
        }
    }

    /// Has a vendor's member looked at, since a reference leads into it.
    fn enter(&mut self, at: usize, landing: &str) {
        let start = landing.find("/x-").map_or(landing, |start| {
            let end = landing[start + 1..].find('/').map_or(landing.len(), |end| start + 1 + end);
            &landing[..end]
        });
        let start = Pointer::from_escaped(start.replace("%25", "%"));
        if self.trees[at].entered.insert(start.clone()) {
            self.inner.push((at, start));
        }
    }

    /// Whether a reference is a bare name, or a pointer that lacks its `#/`: then it is settled here.
    fn is_shorthand(&mut self, from: usize, found: &Found, file: &str) -> bool {
        let has_extension = file.rsplit('/').next().is_some_and(|last| last.contains('.'));
        if has_extension || found.text.contains('#') || found.kind == SiteKind::Mapping || has_scheme(file) {
            return false;
        }
        let tree = &self.trees[from].root;
        let candidates =
            [format!("/{file}"), format!("/definitions/{file}"), format!("/components/schemas/{file}")];
        let candidate = candidates.into_iter().find(|candidate| tree.pointer(candidate).is_some());
        let Some(candidate) = candidate else { return false };
        self.odd(from, found, format!("`{}` is no reference; read as `#{candidate}`", found.text));
        self.land(from, found, from, &Pointer::root(), &candidate.replace('%', "%25"));
        true
    }

    fn read(&mut self, from: usize, found: &Found, path: &str) -> Option<usize> {
        let read = self.bytes_of(path).and_then(|bytes| {
            Document::read_tree(path, &bytes).map_err(|error| FileError::new(error.to_string()))
        });
        match read {
            Ok((mut document, findings)) => {
                self.findings.extend(findings);
                let root = std::mem::take(&mut document.root);
                let has_names = has_names(&document.text);
                self.trees.push(Tree::new(path.to_owned(), root, has_names));
                self.parts.push(document);
                self.learn_names(self.parts.len());
                Some(self.parts.len())
            }
            Err(error) => {
                self.unread(from, found, error);
                None
            }
        }
    }

    /// A description kept in a file of its own, which is text and no tree.
    fn read_prose(&mut self, from: usize, found: &Found, path: &str) {
        match self.bytes_of(path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                self.trees[from].changes.insert(found.owner.clone(), text);
            }
            Err(error) => self.unread(from, found, error),
        }
    }

    /// Reads a file, within the limits of them all.
    fn bytes_of(&mut self, path: &str) -> Result<Vec<u8>, FileError> {
        if self.parts.len() >= MAX_FILES {
            return Err(FileError::new(format!("the document is spread over more than {MAX_FILES} files")));
        }
        if self.bytes >= MAX_GATHERED_BYTES {
            let message = format!("the document's files have more than {MAX_GATHERED_BYTES} bytes together");
            return Err(FileError::new(message));
        }
        let bytes = self.files.read(path)?;
        self.bytes += bytes.len();
        Ok(bytes)
    }

    /// An example kept in a file of its own.
    fn read_example(&mut self, from: usize, found: &Found) {
        let address = beside(&self.trees[from].address, &found.text);
        if !self.external.contains_key(&address) {
            let read = match self.external.len() < MAX_FILES {
                true => self.bytes_of(&address),
                false => Err(FileError::new(format!("more than {MAX_FILES} examples are files"))),
            };
            let bytes = match read {
                Ok(bytes) => Some(bytes.into()),
                Err(error) => {
                    let (code, severity) = match error.is_refused() {
                        true => ("example-refused", Severity::Note),
                        false => ("example-unread", Severity::Warning),
                    };
                    self.note(from, found, code, severity, error.to_string());
                    if let (Some(finding), Some(hint)) = (self.findings.last_mut(), error.into_hint()) {
                        finding.hint = Some(hint);
                    }
                    None
                }
            };
            self.external.insert(address.clone(), bytes);
        }
        if address != found.text {
            self.trees[from].changes.insert(found.at.clone(), address);
        }
    }

    fn unread(&mut self, from: usize, found: &Found, error: FileError) {
        // What stands in the place of an example may be one.
        if found.kind != SiteKind::Example {
            self.note(from, found, "reference-unread", Severity::Error, error.to_string());
            if let Some(finding) = self.findings.last_mut() {
                let usual = || "put the file where the reference says, or mend the reference".to_owned();
                finding.hint = Some(error.into_hint().unwrap_or_else(usual));
            }
        }
    }

    fn odd(&mut self, from: usize, found: &Found, message: String) {
        self.note(from, found, "reference-odd", Severity::Warning, message);
    }

    fn note(&mut self, from: usize, found: &Found, code: &'static str, severity: Severity, message: String) {
        let document = if from == 0 { self.main } else { &self.parts[from - 1] };
        self.findings.push(document.finding(code, severity, &found.at, message));
    }
}

/// Whether a value of `mapping` is a reference and no schema's name.
fn is_mapping_reference(text: &str) -> bool {
    let file = text.to_ascii_lowercase();
    text.contains('#') || [".json", ".yaml", ".yml"].iter().any(|extension| file.ends_with(extension))
}

struct References {
    is_main: bool,
    found: Vec<Found>,
}

impl<'v> Visitor<'v> for References {
    fn reference(&mut self, site: Site<'_, 'v>) {
        let is_local = self.is_main
            && site.resource == 0
            && site.text.starts_with("#/")
            && site.kind == SiteKind::Reference
            && !site.text.contains("/x-");
        if !is_local {
            self.found.push(Found {
                kind: site.kind,
                text: site.text.trim().to_owned(),
                at: site.pointer(),
                owner: site.owner(),
                resource: site.resource_pointer(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use crate::document::{FileError, Files};
    use crate::{Contract, Direction};

    struct Few(HashMap<&'static str, &'static str>);

    impl Files for Few {
        fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
            if path.starts_with("https:") {
                return Err(FileError::refused(format!("`{path}` is not fetched")));
            }
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
    fn examples_in_files_of_their_own_are_read_as_bytes() {
        let text = r#"
openapi: 3.0.3
paths:
  /a:
    get:
      responses:
        '200':
          description: ''
          content:
            application/json:
              schema: {type: object}
              examples:
                beside: {externalValue: ./pet.json}
                lost: {externalValue: lost.json}
                far: {externalValue: 'https://example.com/pet.json'}
            image/png: {examples: {dot: {externalValue: dot.png}}}
"#;
        let files = Few(HashMap::from([("pet.json", "{\"a\" : 1}"), ("dot.png", "\u{1}PNG")]));
        let contract = Contract::load_with("dir/api.yaml", text.as_bytes(), &files).expect("a document");
        let content = &contract.operations()[0].responses().0[0].content.0;
        let told = |media: &crate::MediaType| {
            let told = media.examples.iter().map(|example| {
                let bytes = example.serialized.as_deref().unwrap_or_default();
                format!("{:?} {} {:?}", example.name, example.value, String::from_utf8_lossy(bytes))
            });
            told.collect::<Vec<_>>()
        };
        assert_eq!(told(&content[0]), [r#"Some("beside") {"a":1} "{\"a\" : 1}""#]);
        assert_eq!(told(&content[1]), [r#"Some("dot") "\u0001PNG" "\u{1}PNG""#]);
        let findings: Vec<String> = contract.findings().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(findings.join("\n"), @"
        dir/api.yaml:14:24: warning[example-unread]: `lost.json`: not found (at /paths/~1a/get/responses/200/content/application~1json/examples/lost/externalValue)
        dir/api.yaml:15:23: note[example-refused]: `https://example.com/pet.json` is not fetched (at /paths/~1a/get/responses/200/content/application~1json/examples/far/externalValue)
        ");
    }
}
