//! Operation Object (OpenAPI 3.0.3, section 4.7.10).

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::Method;
use serde_json::Value;

use super::{
    Callback, Link, Location, Parameter, RequestBody, Responses, SecurityRequirement, SecurityScheme, Server,
    callback, link, media_type, parameter, response, security, server, swagger,
};
use crate::document::{Document, Finding, Place, Pointer, Severity, Version};
use crate::route::{Mount, PathTemplate};
use crate::schema::Schema;

/// The name of an operation: its `operationId`, or one made from method and path where it has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(String);

impl OperationId {
    /// An id from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id made for an operation that has none: the method, then the path's words in camel case.
    ///
    /// `GET /pets/{petId}` becomes `getPetsPetId`. Where that id is taken, by an operation that was given it or by
    /// one whose path comes first in the order of text, a `_` and eight hexadecimal digits of the SHA-256 of
    /// `GET /pets/{petId}` follow. So a made id depends on no operation but those that would share it.
    pub fn synthesise(method: &Method, path: &str) -> Self {
        let mut id = method.as_str().to_ascii_lowercase();
        for word in path.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
        {
            let mut characters = word.chars();
            id.extend(characters.next().into_iter().flat_map(char::to_uppercase));
            id.push_str(characters.as_str());
        }
        Self(id)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One operation of a contract; its parts are read from the document when first asked for.
#[derive(Debug)]
pub struct Operation {
    pub(super) document: Arc<Document>,
    pub(super) schemes: Arc<[SecurityScheme]>,
    pub(super) id: OperationId,
    pub(super) method: Method,
    pub(super) path: PathTemplate,
    /// The Operation Object.
    pub(super) pointer: Pointer,
    /// The Path Item Object around it, then those that its `$ref` brings in.
    pub(super) path_items: Arc<[Pointer]>,
    pub(super) mount: Mount,
    pub(super) servers: OnceLock<Vec<Server>>,
    pub(super) parts: OnceLock<Parts>,
}

#[derive(Debug)]
pub(super) struct Parts {
    parameters: Vec<Parameter>,
    request_body: Option<RequestBody>,
    responses: Responses,
    security: Vec<SecurityRequirement>,
    findings: Vec<Finding>,
}

impl Operation {
    /// Its name, unique in the contract.
    pub fn id(&self) -> &OperationId {
        &self.id
    }

    /// Its method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Its path template, without any server's base path.
    pub fn path(&self) -> &PathTemplate {
        &self.path
    }

    /// Where the Operation Object stands in the document.
    pub fn pointer(&self) -> &Pointer {
        &self.pointer
    }

    /// The document it stands in.
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// A schema that stands nowhere in the document, in the dialect of the document; its references lead into it.
    pub fn schema(&self, source: Value) -> Schema {
        Schema::made(&self.document, Pointer::root(), source)
    }

    /// What it does, in a line.
    pub fn summary(&self) -> Option<&str> {
        self.object().text("summary")
    }

    /// Its tags.
    pub fn tags(&self) -> Vec<&str> {
        self.object()
            .get("tags")
            .map(|tags| tags.items().filter_map(|tag| tag.value.as_str()).collect())
            .unwrap_or_default()
    }

    /// Whether it is on its way out.
    pub fn is_deprecated(&self) -> bool {
        self.object().is("deprecated")
    }

    /// Its parameters: the path item's, overridden by its own of the same name and location.
    ///
    /// A variable of the path template that nothing declares is there as a required string.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parts().parameters
    }

    /// The parameters sent in one place.
    pub fn parameters_in(&self, location: Location) -> impl Iterator<Item = &Parameter> {
        self.parameters().iter().filter(move |parameter| parameter.location == location)
    }

    /// Its request body.
    pub fn request_body(&self) -> Option<&RequestBody> {
        self.parts().request_body.as_ref()
    }

    /// The requests that the API sends because of a request to it, read anew each time.
    pub fn callbacks(&self) -> Vec<Callback> {
        callback::read(self)
    }

    /// What its responses say can be done next, read anew each time.
    pub fn links(&self) -> Vec<Link> {
        link::read(self)
    }

    /// Its responses.
    pub fn responses(&self) -> &Responses {
        &self.parts().responses
    }

    /// The alternatives of its security, one of which must hold; empty where nothing is asked.
    pub fn security(&self) -> &[SecurityRequirement] {
        &self.parts().security
    }

    /// Whether every alternative of its security asks for credentials.
    pub fn is_secured(&self) -> bool {
        !self.security().is_empty()
            && self.security().iter().all(|alternative| !alternative.schemes.is_empty())
    }

    /// The servers in force here: its own, else the path's, else the document's; where the contract is mounted, their
    /// base paths begin with that.
    pub fn servers(&self) -> &[Server] {
        // Apart from the other parts, since the router asks for nothing else of every operation.
        self.servers.get_or_init(|| {
            let servers = self.read_servers();
            if servers.is_empty() && !self.mount().is_empty() {
                return vec![Server::at(self.mount())];
            }
            servers.into_iter().map(|server| server.under(self.mount())).collect()
        })
    }

    /// What its base paths begin with, see [`Contract::mounted`](super::Contract::mounted); empty unless the contract
    /// is mounted somewhere.
    pub fn mount(&self) -> &str {
        self.mount.as_str()
    }

    /// The base path its requests are sent under: the first server's, with variables at their defaults.
    pub fn default_base_path(&self) -> &str {
        self.servers().first().map_or("", |server| &server.default_base_path)
    }

    /// What is wrong with its parts.
    pub(super) fn findings(&self) -> &[Finding] {
        &self.parts().findings
    }

    /// The same operation of a contract mounted elsewhere.
    pub(super) fn mounted(&self, mount: &Mount) -> Self {
        Self {
            document: Arc::clone(&self.document),
            schemes: Arc::clone(&self.schemes),
            id: self.id.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
            pointer: self.pointer.clone(),
            path_items: Arc::clone(&self.path_items),
            mount: mount.clone(),
            servers: OnceLock::new(),
            parts: OnceLock::new(),
        }
    }

    pub(super) fn object(&self) -> Place<'_> {
        self.place(&self.pointer)
    }

    fn place(&self, pointer: &Pointer) -> Place<'_> {
        let value = pointer.find(self.document.root()).unwrap_or(&serde_json::Value::Null);
        Place { pointer: pointer.clone(), value }
    }

    fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| self.read_parts())
    }

    fn read_servers(&self) -> Vec<Server> {
        if self.document.version() == Version::V2_0 {
            return swagger::read_servers(&self.document);
        }
        let path_items = self.path_items.iter().map(|pointer| self.place(pointer));
        std::iter::once(self.object())
            .chain(path_items)
            .chain([Place::root(&self.document)])
            .map(|owner| server::read(&self.document, &owner))
            .find(|servers| !servers.is_empty())
            .unwrap_or_default()
    }

    fn read_parts(&self) -> Parts {
        let operation = self.object();
        let document = &self.document;
        let mut findings = Vec::new();
        let (parameters, inputs) = self.read_parameters(&operation, &mut findings);
        let (request_body, responses) = if document.version() == Version::V2_0 {
            let request_body = swagger::read_request_body(document, &operation, &inputs);
            (request_body, swagger::read_responses(document, &operation))
        } else {
            (self.read_request_body(&operation, &mut findings), response::read(document, &operation))
        };
        if responses.is_empty() {
            let message = format!("operation `{}` documents no response", self.id);
            let finding = document.finding("responses-missing", Severity::Warning, &self.pointer, message);
            findings.push(finding.with_hint("add `responses` with a status, or `default` for all"));
        }
        let security = security::read_requirements(document, &operation, &self.schemes);
        Parts { parameters, request_body, responses, security, findings }
    }

    fn read_request_body(&self, operation: &Place<'_>, findings: &mut Vec<Finding>) -> Option<RequestBody> {
        let place = operation.get("requestBody")?;
        match place.follow(&self.document) {
            Ok(object) => Some(RequestBody {
                required: object.is("required"),
                content: media_type::read_content(&self.document, &object),
                pointer: object.pointer,
            }),
            Err(message) => {
                let finding =
                    self.document.finding("reference-unresolved", Severity::Error, &place.pointer, message);
                findings.push(finding);
                None
            }
        }
    }

    /// The parameters, and what Swagger 2.0 lists among them though it makes up the body.
    fn read_parameters<'d>(
        &'d self,
        operation: &Place<'d>,
        findings: &mut Vec<Finding>,
    ) -> (Vec<Parameter>, Vec<Place<'d>>) {
        let mut parameters: Vec<Parameter> = Vec::new();
        let mut inputs = Vec::new();
        let path_items = self.path_items.iter().rev().map(|pointer| self.place(pointer));
        for owner in path_items.chain([operation.clone()]) {
            let Some(list) = owner.get("parameters") else { continue };
            for place in list.items() {
                let read = match self.document.version() {
                    Version::V2_0 => swagger::read_parameter(&self.document, &place),
                    _ => parameter::read(&self.document, &place).map(swagger::Input::Parameter),
                };
                match read {
                    Ok(swagger::Input::Body | swagger::Input::Field) => inputs.push(place),
                    Ok(swagger::Input::Parameter(read)) if is_ignored_header(&read) => {}
                    Ok(swagger::Input::Parameter(read)) => {
                        // The names of header fields are the same in either case (RFC 9110, section 5.1).
                        let same = |other: &&mut Parameter| {
                            let is_header = read.location == Location::Header;
                            other.location == read.location
                                && (other.name == read.name
                                    || (is_header && other.name.eq_ignore_ascii_case(&read.name)))
                        };
                        match parameters.iter_mut().find(same) {
                            Some(overridden) => *overridden = read,
                            None => parameters.push(read),
                        }
                    }
                    Err(message) => {
                        let pointer = &place.pointer;
                        let finding =
                            self.document.finding("parameter-unusable", Severity::Error, pointer, message);
                        findings.push(
                            finding.with_hint("say what it is called (`name`) and where it is sent (`in`)"),
                        );
                    }
                }
            }
        }
        let in_path = |name: &str| self.path.variables().any(|variable| variable == name);
        for (name, variable) in self.path.query_variables().filter(|(_, variable)| !in_path(variable)) {
            move_to_query(&mut parameters, name, variable);
        }
        for variable in self.path.variables() {
            let is_declared = parameters
                .iter()
                .any(|parameter| parameter.location == Location::Path && parameter.name == variable);
            if !is_declared {
                let message =
                    format!("no parameter declares `{{{variable}}}` of {}; taken as any string", self.path);
                let finding = self.document.finding(
                    "path-parameter-undeclared",
                    Severity::Warning,
                    &self.pointer,
                    message,
                );
                let hint = format!("declare a parameter `{variable}` with `in: path` and `required: true`");
                findings.push(finding.with_hint(hint));
                parameters.push(undeclared(variable, &self.pointer));
            }
        }
        (parameters, inputs)
    }
}

/// Makes a path parameter the query parameter that a template such as `/pets?id={id}` says it is; one that is declared
/// as such stays.
fn move_to_query(parameters: &mut Vec<Parameter>, name: &str, variable: &str) {
    let place = |parameters: &[Parameter], location, name: &str| {
        parameters.iter().position(|parameter| parameter.location == location && parameter.name == name)
    };
    let Some(at) = place(parameters, Location::Path, variable) else { return };
    let mut parameter = parameters.remove(at);
    if place(parameters, Location::Query, name).is_some() {
        return;
    }
    if parameter.style == Location::Path.default_style() {
        parameter.style = Location::Query.default_style();
    }
    parameter.location = Location::Query;
    parameter.name = name.to_owned();
    parameters.insert(at, parameter);
}

/// Header parameters that the specification says are ignored, since other members describe them.
fn is_ignored_header(parameter: &Parameter) -> bool {
    parameter.location == Location::Header
        && ["accept", "content-type", "authorization"]
            .iter()
            .any(|ignored| parameter.name.eq_ignore_ascii_case(ignored))
}

fn undeclared(variable: &str, pointer: &Pointer) -> Parameter {
    Parameter {
        name: variable.to_owned(),
        location: Location::Path,
        required: true,
        deprecated: false,
        style: Location::Path.default_style(),
        explode: false,
        allow_reserved: false,
        allow_empty_value: false,
        schema: None,
        content: None,
        examples: Vec::new(),
        pointer: pointer.clone(),
    }
}
