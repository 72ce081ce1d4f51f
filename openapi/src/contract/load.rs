//! From a document to its operations.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use http::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::names::{self, Named};
use super::{Operation, OperationId, SecurityScheme, security};
use crate::document::{Document, Files, Finding, LoadError, NoFiles, Place, Pointer, Severity};
use crate::route::{BasePaths, Mount, PathTemplate, Router, Shadowed};

/// The fixed fields of a Path Item Object that are operations. Capitals are let pass.
const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];

/// A loaded document: its operations and what is wrong with it. Cheap to clone.
///
/// ```
/// let text = "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths: {/pets: {get: {responses: {'200': {description: ok}}}}}";
/// let contract = counterfoil_openapi::Contract::load("pets.yaml", text.as_bytes())?;
/// assert_eq!(contract.operations()[0].id().as_str(), "getPets");
/// # Ok::<(), counterfoil_openapi::LoadError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Contract(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    document: Arc<Document>,
    operations: Vec<Arc<Operation>>,
    webhooks: Vec<Arc<Operation>>,
    by_id: HashMap<OperationId, usize>,
    schemes: Arc<[SecurityScheme]>,
    findings: Vec<Finding>,
    digest: OnceLock<String>,
    shadowed: OnceLock<Vec<Shadowed>>,
}

impl Contract {
    /// Loads a document from its bytes; `name` is what messages call it.
    ///
    /// What is wrong and can be worked around is in [`Contract::findings`].
    ///
    /// # Errors
    ///
    /// When it is neither JSON nor YAML, no OpenAPI document, or over a limit.
    pub fn load(name: impl Into<String>, bytes: &[u8]) -> Result<Self, LoadError> {
        Self::load_with(name, bytes, &NoFiles)
    }

    /// Loads a document from its bytes, and what it refers to from `files`.
    ///
    /// # Errors
    ///
    /// As [`Contract::load`]; a file that cannot be had is a finding.
    pub fn load_with(name: impl Into<String>, bytes: &[u8], files: &dyn Files) -> Result<Self, LoadError> {
        let (document, findings) = Document::read(name, bytes, files)?;
        let document = Arc::new(document);
        let schemes: Arc<[SecurityScheme]> = security::read_schemes(&document).into();
        let mut reader = Reader { document: &document, drafts: Vec::new(), findings };
        reader.read_paths("paths");
        let webhooks_start = reader.drafts.len();
        reader.read_paths("webhooks");
        // What documents before 3.1 call them (https://redocly.com/docs/api-reference-docs/specification-extensions/x-webhooks).
        reader.read_paths("x-webhooks");
        let Reader { drafts, mut findings, .. } = reader;
        let ids = names::assign(&document, &drafts, &mut findings);
        let mut operations: Vec<Arc<Operation>> = drafts
            .into_iter()
            .zip(ids)
            .map(|(draft, id)| {
                Arc::new(Operation {
                    document: Arc::clone(&document),
                    schemes: Arc::clone(&schemes),
                    id,
                    method: draft.method,
                    path: draft.path,
                    pointer: draft.pointer,
                    path_items: draft.path_items,
                    mount: Mount::default(),
                    servers: OnceLock::new(),
                    parts: OnceLock::new(),
                })
            })
            .collect();
        let webhooks = operations.split_off(webhooks_start);
        if operations.is_empty() && webhooks.is_empty() {
            let message = "the document has no operation";
            let hint = "describe operations under `paths`; a library of components needs none";
            let finding =
                document.finding("operations-missing", Severity::Warning, &Pointer::root(), message);
            findings.push(finding.with_hint(hint));
        }
        let by_id =
            operations.iter().enumerate().map(|(index, operation)| (operation.id.clone(), index)).collect();
        Ok(Self(Arc::new(Inner {
            document,
            operations,
            webhooks,
            by_id,
            schemes,
            findings,
            digest: OnceLock::new(),
            shadowed: OnceLock::new(),
        })))
    }

    /// The same contract with every operation under a path; webhooks, which the API sends, stay as they are.
    pub fn mounted(&self, mount: &Mount) -> Self {
        let inner = &self.0;
        let operations =
            inner.operations.iter().map(|operation| Arc::new(operation.mounted(mount))).collect();
        Self(Arc::new(Inner {
            document: Arc::clone(&inner.document),
            operations,
            webhooks: inner.webhooks.clone(),
            by_id: inner.by_id.clone(),
            schemes: Arc::clone(&inner.schemes),
            findings: inner.findings.clone(),
            digest: inner.digest.clone(),
            shadowed: OnceLock::new(),
        }))
    }

    /// The document behind it.
    pub fn document(&self) -> &Arc<Document> {
        &self.0.document
    }

    /// The document's title, or its file name where it has none.
    pub fn title(&self) -> &str {
        self.info("title").unwrap_or_else(|| self.0.document.name())
    }

    /// The version of the API (not of the OpenAPI Specification).
    pub fn version(&self) -> Option<&str> {
        self.info("version")
    }

    fn info(&self, member: &str) -> Option<&str> {
        self.0.document.root().get("info")?.get(member)?.as_str()
    }

    /// The operations in document order.
    pub fn operations(&self) -> &[Arc<Operation>] {
        &self.0.operations
    }

    /// The operations that no request means, since each has its method and paths in common with one before it.
    pub fn shadowed(&self) -> &[Shadowed] {
        let router = || Router::new(self.operations(), BasePaths::Optional);
        self.0.shadowed.get_or_init(|| router().shadowed().to_vec())
    }

    /// Whether there are requests that mean an operation.
    pub fn is_meant(&self, operation: &Operation) -> bool {
        !self.shadowed().iter().any(|shadowed| shadowed.operation.id() == operation.id())
    }

    /// The requests that the API sends to its clients (OpenAPI 3.1, `webhooks`), in document order: operations like
    /// others, but no server of the API answers them. Their path template is the webhook's name.
    pub fn webhooks(&self) -> &[Arc<Operation>] {
        &self.0.webhooks
    }

    /// The operation that a name means: an operationId, or `METHOD /path/{template}`.
    pub fn operation(&self, name: &str) -> Option<&Arc<Operation>> {
        if let Some(index) = self.0.by_id.get(&OperationId::new(name)) {
            return self.0.operations.get(*index);
        }
        let (method, path) = name.split_once(' ')?;
        self.0.operations.iter().find(|operation| {
            operation.method.as_str().eq_ignore_ascii_case(method) && operation.path.as_str() == path.trim()
        })
    }

    /// The security schemes the document declares.
    pub fn security_schemes(&self) -> &[SecurityScheme] {
        &self.0.schemes
    }

    /// What reading the structure found wrong.
    pub fn findings(&self) -> &[Finding] {
        &self.0.findings
    }

    /// Everything wrong with the document, its operations and schemas included, in document order. Reads it all.
    ///
    /// What each code means is told by [`rules`](crate::rules).
    pub fn check(&self) -> Vec<Finding> {
        let mut loading = self.0.findings.clone();
        for operation in &self.0.operations {
            loading.extend(operation.findings().iter().cloned());
        }
        crate::check::inspect(self, loading)
    }

    /// The SHA-256 of the document's text, the files it is spread over and those of its examples included, in
    /// hexadecimal.
    pub fn digest(&self) -> &str {
        self.0.digest.get_or_init(|| {
            let mut digest = Sha256::new_with_prefix(self.0.document.text());
            for part in self.0.document.parts() {
                digest.update(part.text());
            }
            for (_, bytes) in self.0.document.externals() {
                digest.update(bytes);
            }
            digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
        })
    }
}

pub(super) struct Reader<'d> {
    document: &'d Arc<Document>,
    drafts: Vec<Draft>,
    findings: Vec<Finding>,
}

/// An operation that has no name yet.
pub(super) struct Draft {
    pub(super) method: Method,
    pub(super) path: PathTemplate,
    pub(super) pointer: Pointer,
    pub(super) path_items: Arc<[Pointer]>,
    pub(super) id: Option<(String, Pointer)>,
}

impl Named for Draft {
    fn method(&self) -> &Method {
        &self.method
    }

    fn path(&self) -> &str {
        self.path.as_str()
    }

    fn given(&self) -> Option<(&str, &Pointer)> {
        self.id.as_ref().map(|(id, pointer)| (id.as_str(), pointer))
    }
}

impl Reader<'_> {
    /// The operations of a map from templates to Path Item Objects; what cannot be read is left out.
    pub(super) fn drafts_of(document: &Arc<Document>, paths: &Place<'_>) -> Vec<Draft> {
        let mut reader = Reader { document, drafts: Vec::new(), findings: Vec::new() };
        reader.read_items(document, paths);
        reader.drafts
    }

    fn read_paths(&mut self, member: &str) {
        let document = Arc::clone(self.document);
        let Some(paths) = Place::root(&document).get(member) else { return };
        self.read_items(&document, &paths);
    }

    fn read_items(&mut self, document: &Document, paths: &Place<'_>) {
        for (path, place) in paths.members().filter(|(path, _)| !path.starts_with("x-")) {
            let items = self.path_items(document, place);
            let pointers: Arc<[Pointer]> = items.iter().map(|item| item.pointer.clone()).collect();
            let template = PathTemplate::parse(path);
            let mut known: Vec<Method> = Vec::new();
            for item in &items {
                for (method, object) in self.operations(item) {
                    // What stands nearer wins over what a reference brings in.
                    if !known.contains(&method) {
                        known.push(method.clone());
                        self.draft(method, &template, &object, &pointers);
                    }
                }
            }
        }
    }

    /// A Path Item Object and those that its `$ref` brings in, nearest first.
    fn path_items<'d>(&mut self, document: &'d Document, place: Place<'d>) -> Vec<Place<'d>> {
        let mut items = vec![place];
        loop {
            let last = &items[items.len() - 1];
            if last.text("$ref").is_none() {
                return items;
            }
            match last.step(document) {
                Ok(next) if items.iter().all(|item| item.pointer != next.pointer) => items.push(next),
                Ok(_) => {
                    let message = "the reference leads back to itself".to_owned();
                    self.unresolved(&items[0].pointer.clone(), message);
                    return items;
                }
                Err(message) => {
                    self.unresolved(&last.pointer.clone(), message);
                    return items;
                }
            }
        }
    }

    fn unresolved(&mut self, pointer: &Pointer, message: String) {
        let finding = self.document.finding("reference-unresolved", Severity::Error, pointer, message);
        self.findings.push(finding);
    }

    fn operations<'d>(&mut self, item: &Place<'d>) -> Vec<(Method, Place<'d>)> {
        let mut found = Vec::new();
        for (key, object) in item.members() {
            let lower = key.to_ascii_lowercase();
            if METHODS.contains(&lower.as_str()) && object.value.is_object() {
                found.extend(
                    Method::from_bytes(lower.to_ascii_uppercase().as_bytes()).map(|method| (method, object)),
                );
            } else if key == "additionalOperations" {
                for (method, object) in object.members() {
                    match Method::from_bytes(method.as_bytes()) {
                        Ok(method) => found.push((method, object)),
                        Err(_) => {
                            let message = "the name of this operation is not an HTTP method";
                            let finding = self.document.finding(
                                "method-invalid",
                                Severity::Error,
                                &object.pointer,
                                message,
                            );
                            self.findings.push(finding);
                        }
                    }
                }
            }
        }
        found
    }

    /// Notes an operation. The specification has no reference in its place, and some documents have one all the same.
    fn draft(&mut self, method: Method, path: &PathTemplate, place: &Place<'_>, path_items: &Arc<[Pointer]>) {
        let document = Arc::clone(self.document);
        let object = place.follow(&document).unwrap_or_else(|message| {
            self.unresolved(&place.pointer, message);
            Place { pointer: place.pointer.clone(), value: &Value::Null }
        });
        let id = [(place.text("operationId"), place), (object.text("operationId"), &object)];
        let id = id.into_iter().find_map(|(id, owner)| {
            let id = id.map(str::trim).filter(|id| !id.is_empty())?;
            Some((id.to_owned(), owner.pointer.join("operationId")))
        });
        self.drafts.push(Draft {
            method,
            path: path.clone(),
            pointer: object.pointer.clone(),
            path_items: Arc::clone(path_items),
            id,
        });
    }
}

/// Where an object stands in its document, for messages.
impl Operation {
    /// The line and column of the Operation Object.
    pub fn position(&self) -> Option<crate::document::Position> {
        self.document.position(&self.pointer)
    }

    /// Method and path template, as people write them: `GET /pets/{petId}`.
    pub fn label(&self) -> String {
        format!("{} {}", self.method, self.path.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{Contract, OperationId};
    use crate::contract::{Location, StatusPattern};

    const TEXT: &str = r##"
openapi: 3.0.3
info: {title: Sample, version: '2'}
servers: [{url: 'https://{host}/api/{stage}/', variables: {host: {default: h}, stage: {default: v1}}}]
security: [{key: []}, {}]
paths:
  /things/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
      - {name: page, in: query, schema: {type: integer}}
    get:
      operationId: readThing
      security: [{key: [], token: [read]}]
      parameters:
        - {name: page, in: query, required: true, schema: {type: string}}
        - {$ref: '#/components/parameters/Trace'}
        - {name: Authorization, in: header, schema: {type: string}}
      responses:
        200: {$ref: '#/components/responses/Thing'}
        4xx: {description: refused}
        default: {description: the rest}
    put:
      operationId: readThing
      responses: {}
  /things/{id}/{part}:
    get: {responses: {'204': {description: none}}}
components:
  parameters:
    Trace: {name: X-Trace, in: header, schema: {type: string}}
  responses:
    Thing: {description: a thing, content: {application/json: {schema: {type: object}}}}
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    token: {type: http, scheme: Bearer}
"##;

    fn sample() -> Contract {
        Contract::load("sample.yaml", TEXT.as_bytes()).expect("the text of this test is a document")
    }

    #[test]
    fn names_are_given_or_made_and_never_repeat() {
        let contract = sample();
        let ids: Vec<&str> = contract.operations().iter().map(|operation| operation.id().as_str()).collect();
        assert_eq!(ids, ["readThing", "readThing2", "getThingsIdPart"]);
        assert!(
            contract.operation("get /things/{id}").is_some_and(|found| found.id().as_str() == "readThing")
        );
        assert!(contract.operation("GET /nowhere").is_none());
        let made = OperationId::synthesise(&http::Method::GET, "/pets/{petId}/toy-box");
        assert_eq!(made.as_str(), "getPetsPetIdToyBox");
    }

    #[test]
    fn an_operation_overrides_its_path_items_parameters() {
        let contract = sample();
        let operation = &contract.operations()[0];
        let names: Vec<String> =
            operation.parameters().iter().map(|one| format!("{}.{}", one.location, one.name)).collect();
        assert_eq!(names, ["path.id", "query.page", "header.X-Trace"]);
        assert!(operation.parameters_in(Location::Query).all(|page| page.required));
    }

    #[test]
    fn exact_statuses_come_before_ranges_and_the_default() {
        let contract = sample();
        let responses = contract.operations()[0].responses();
        let documenting = |code: u16| {
            let status = http::StatusCode::from_u16(code).expect("a status");
            responses.documenting(status).map(|response| response.status)
        };
        assert_eq!(documenting(200), Some(StatusPattern::Exact(200)));
        assert_eq!(documenting(404), Some(StatusPattern::Range(4)));
        assert_eq!(documenting(500), Some(StatusPattern::Default));
        assert!(responses.iter().next().is_some_and(|response| !response.content.is_empty()));
    }

    #[test]
    fn security_and_servers_are_inherited() {
        let contract = sample();
        let [own, inherited, _] = contract.operations() else { panic!("three operations") };
        assert!(own.is_secured());
        assert_eq!(own.security()[0].schemes.len(), 2);
        assert!(!inherited.is_secured());
        assert_eq!(inherited.default_base_path(), "/api/v1");
    }

    #[test]
    fn check_finds_what_loading_worked_around() {
        let findings: Vec<String> = sample().check().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(findings.join("\n"));
    }
}
