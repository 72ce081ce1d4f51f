//! Swagger 2.0 read straight into the model: body and form parameters, media types beside the body, inline schemas.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::media_type::body_schema;
use super::{
    Content, Encoding, Encodings, Example, Header, Location, MediaType, Parameter, RequestBody, Response,
    Responses, Server, StatusPattern, Style,
};
use crate::codec::media::{self, Kind};
use crate::document::{Document, Place};
use crate::schema::Schema;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

/// What a parameter of Swagger 2.0 turns into.
pub(super) enum Input {
    /// A path, query or header parameter.
    Parameter(Parameter),
    /// The body.
    Body,
    /// A field of a form body.
    Field,
}

/// Reads a Parameter Object (Swagger 2.0, "Parameter Object"); the error says why it cannot be used.
pub(super) fn read_parameter(document: &Arc<Document>, place: &Place<'_>) -> Result<Input, String> {
    let object = place.follow(document)?;
    let name = object.text("name").ok_or("a parameter without a name")?;
    let location = match object.text("in") {
        Some("body") => return Ok(Input::Body),
        Some("formData") => return Ok(Input::Field),
        Some("path") => Location::Path,
        Some("query") => Location::Query,
        Some("header") => Location::Header,
        _ => return Err(format!("parameter `{name}`: `in` is none of path, query, header, body, formData")),
    };
    let (style, explode) = collection_style(&object, location.default_style());
    Ok(Input::Parameter(Parameter {
        name: name.to_owned(),
        location,
        required: location == Location::Path || object.is("required"),
        deprecated: object.is("deprecated"),
        style,
        explode,
        allow_reserved: false,
        allow_empty_value: object.is("allowEmptyValue"),
        schema: Some(Schema::new(document, object.pointer.clone())),
        content: None,
        examples: vendor_example(&object),
        pointer: object.pointer,
    }))
}

/// `collectionFormat` as a style, and whether it explodes; `multi` is for what has a name (Swagger 2.0, "Parameter
/// Object").
fn collection_style(object: &Place<'_>, default: Style) -> (Style, bool) {
    match object.text("collectionFormat") {
        Some("multi") if default == Style::Form => (Style::Form, true),
        Some("tsv") => (Style::TabDelimited, false),
        Some("ssv") => (Style::SpaceDelimited, false),
        Some("pipes") => (Style::PipeDelimited, false),
        _ => (default, false),
    }
}

/// The example that tools put under `x-example`, since 2.0 has no place for a parameter's.
fn vendor_example(object: &Place<'_>) -> Vec<Example> {
    let example = object.get("x-example").or_else(|| object.get("example"));
    example.iter().map(Example::unnamed).collect()
}

/// The media types of `consumes` or `produces`: the operation's own, else the document's.
fn media_types(document: &Document, operation: &Place<'_>, member: &str) -> Vec<String> {
    let list = operation.get(member).or_else(|| Place::root(document).get(member));
    list.iter()
        .flat_map(|list| list.items().collect::<Vec<_>>())
        .filter_map(|item| item.value.as_str().map(|name| name.trim().to_owned()))
        .collect()
}

/// The request body that `body` or `formData` parameters stand for.
pub(super) fn read_request_body(
    document: &Arc<Document>,
    operation: &Place<'_>,
    inputs: &[Place<'_>],
) -> Option<RequestBody> {
    let consumes = media_types(document, operation, "consumes");
    let objects: Vec<Place<'_>> = inputs.iter().filter_map(|place| place.follow(document).ok()).collect();
    if let Some(body) = objects.iter().rev().find(|object| object.text("in") == Some("body")) {
        let names = if consumes.is_empty() { vec![JSON.to_owned()] } else { consumes };
        let media = |name: String| MediaType {
            schema: body_schema(document, &name, body),
            name,
            examples: vendor_example(body),
            encoding: Encodings::default(),
            pointer: body.pointer.clone(),
        };
        return Some(RequestBody {
            required: body.is("required"),
            content: Content(names.into_iter().map(media).collect()),
            pointer: body.pointer.clone(),
        });
    }
    let fields: Vec<&Place<'_>> =
        objects.iter().filter(|object| object.text("in") == Some("formData")).collect();
    let first = fields.first()?;
    let has_file = fields.iter().any(|field| field.text("type") == Some("file"));
    let mut names: Vec<String> =
        consumes.into_iter().filter(|name| (name == FORM && !has_file) || name == MULTIPART).collect();
    if names.is_empty() {
        names.push(if has_file { MULTIPART } else { FORM }.to_owned());
    }
    let schema = form_schema(&fields);
    let media = |name: String| MediaType {
        name,
        schema: Some(Schema::made(document, operation.pointer.clone(), schema.clone())),
        examples: Vec::new(),
        encoding: field_encodings(&fields),
        pointer: first.pointer.clone(),
    };
    Some(RequestBody {
        required: fields.iter().any(|field| field.is("required")),
        content: Content(names.into_iter().map(media).collect()),
        pointer: first.pointer.clone(),
    })
}

/// The object that the fields of a form make up; each property refers to the parameter that describes it.
fn form_schema(fields: &[&Place<'_>]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let Some(name) = field.text("name") else { continue };
        let described = json!({ "$ref": format!("#{}", fragment(field)) });
        properties.insert(name.to_owned(), with_file(field, described));
        if field.is("required") {
            required.push(name);
        }
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

/// What a field's description says, and that a file is bytes: JSON Schema has no type `file`.
fn with_file(field: &Place<'_>, described: Value) -> Value {
    let file = json!({ "type": "string", "format": "binary" });
    if field.text("type") == Some("file") {
        return json!({ "allOf": [described, file] });
    }
    match field.get("items") {
        Some(items) if items.text("type") == Some("file") => {
            json!({ "allOf": [described, { "type": "array", "items": file }] })
        }
        _ => described,
    }
}

/// A place's pointer as the fragment of a reference.
fn fragment(place: &Place<'_>) -> String {
    place.pointer.as_str().replace('%', "%25")
}

fn field_encodings(fields: &[&Place<'_>]) -> Encodings {
    let encoding = |field: &&Place<'_>| {
        let (style, explode) = collection_style(field, Style::Form);
        Some(Encoding {
            property: field.text("name")?.to_owned(),
            style: Some(style),
            explode: Some(explode),
            ..Encoding::default()
        })
    };
    Encodings { by_name: fields.iter().filter_map(encoding).collect(), ..Encodings::default() }
}

/// Reads the Responses Object: each response's schema under every media type of `produces`.
pub(super) fn read_responses(document: &Arc<Document>, operation: &Place<'_>) -> Responses {
    let produces = media_types(document, operation, "produces");
    let Some(responses) = operation.get("responses") else { return Responses::default() };
    let read = |(key, place): (&str, Place<'_>)| {
        let status = StatusPattern::of(key)?;
        let object = place.follow(document).ok()?;
        Some(Response {
            status,
            description: object.text("description").unwrap_or_default().to_owned(),
            headers: read_headers(document, &object),
            content: read_content(document, &object, &produces),
            pointer: object.pointer,
        })
    };
    Responses(responses.members().filter_map(read).collect())
}

fn read_content(document: &Arc<Document>, response: &Place<'_>, produces: &[String]) -> Content {
    let examples = response.get("examples");
    let schema = response.get("schema");
    let mut names: Vec<String> = if schema.is_some() { produces.to_vec() } else { Vec::new() };
    for (name, _) in examples.iter().flat_map(|examples| examples.members().collect::<Vec<_>>()) {
        if name.contains('/') && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() && schema.is_some() {
        names.push(JSON.to_owned());
    }
    let media = |name: String| MediaType {
        schema: response_schema(document, &name, response),
        examples: examples
            .iter()
            .filter_map(|examples| examples.get(&name))
            .map(|place| Example::unnamed(&place))
            .collect(),
        encoding: Encodings::default(),
        pointer: response.pointer.clone(),
        name,
    };
    Content(names.into_iter().map(media).collect())
}

/// The schema of the body of a response: a file (`type: file`) is bytes, and where its media type is a notation of values
/// it may hold any.
fn response_schema(document: &Arc<Document>, name: &str, response: &Place<'_>) -> Option<Schema> {
    let schema = response.get("schema")?;
    let is_file = schema.follow(document).is_ok_and(|schema| schema.text("type") == Some("file"));
    if !(is_file && matches!(media::kind(name), Kind::Binary | Kind::Text)) {
        return body_schema(document, name, response);
    }
    Some(Schema::made(document, schema.pointer, json!({ "type": "string", "format": "binary" })))
}

/// Headers carry their schema inline; 2.0 requires none of them.
fn read_headers(document: &Arc<Document>, response: &Place<'_>) -> Vec<Header> {
    let Some(headers) = response.get("headers") else { return Vec::new() };
    headers
        .members()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"))
        .map(|(name, object)| Header {
            name: name.to_owned(),
            required: false,
            style: collection_style(&object, Style::Simple).0,
            explode: false,
            schema: Some(Schema::new(document, object.pointer.clone())),
            content: None,
            examples: vendor_example(&object),
            pointer: object.pointer,
        })
        .collect()
}

/// The servers that `host`, `basePath` and `schemes` stand for.
pub(super) fn read_servers(document: &Document) -> Vec<Server> {
    let root = Place::root(document);
    let base_path = root.text("basePath").unwrap_or_default().trim_end_matches('/');
    let base_path = match base_path {
        "" => String::new(),
        rooted if rooted.starts_with('/') => rooted.to_owned(),
        bare => format!("/{bare}"),
    };
    let Some(host) = root.text("host") else {
        return if base_path.is_empty() { Vec::new() } else { vec![Server::at(&base_path)] };
    };
    let schemes = root.get("schemes");
    let mut schemes: Vec<&str> = schemes
        .iter()
        .flat_map(|list| list.items().collect::<Vec<_>>())
        .filter_map(|item| item.value.as_str())
        .collect();
    if schemes.is_empty() {
        schemes.push("https");
    }
    schemes
        .into_iter()
        .map(|scheme| Server { url: format!("{scheme}://{host}{base_path}"), ..Server::at(&base_path) })
        .collect()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::json;

    use crate::contract::{Contract, Location, Style};
    use crate::schema::Direction;

    const TEXT: &str = r##"
swagger: '2.0'
host: api.example.com
basePath: /v1/
schemes: [https, http]
consumes: [application/json]
produces: [application/json, application/xml]
securityDefinitions:
  login: {type: basic}
security: [{login: []}]
paths:
  /things/{id}:
    parameters:
      - {name: id, in: path, required: true, type: integer, maximum: 9}
    put:
      parameters:
        - {name: tags, in: query, type: array, items: {type: string}, collectionFormat: pipes}
        - {name: thing, in: body, required: true, schema: {$ref: '#/definitions/Thing'}}
      responses:
        200: {description: stored, schema: {$ref: '#/definitions/Thing'}, examples: {application/json: {name: a}}}
        204: {description: nothing, headers: {X-Left: {type: integer}}}
    post:
      consumes: [application/x-www-form-urlencoded]
      parameters:
        - {name: name, in: formData, required: true, type: string, x-nullable: true}
        - {name: size, in: formData, type: integer}
      responses: {default: {description: any}}
definitions:
  Thing: {type: object, required: [name], properties: {name: {type: string}}}
"##;

    fn sample() -> Contract {
        Contract::load("things.yaml", TEXT.as_bytes()).expect("the text of this test is a document")
    }

    #[test]
    fn a_body_parameter_is_the_request_body() {
        let contract = sample();
        let operation = &contract.operations()[0];
        let body = operation.request_body().expect("a body");
        assert!(body.required);
        assert_eq!(body.content.0[0].name, "application/json");
        let schema = body.content.0[0].schema.as_ref().expect("a schema");
        assert!(schema.is_valid(&json!({"name": "a"}), Direction::Request));
        assert!(!schema.is_valid(&json!({}), Direction::Request));
        let [id, tags] = operation.parameters() else { panic!("two parameters") };
        assert_eq!((id.location, tags.style, tags.explode), (Location::Path, Style::PipeDelimited, false));
        assert!(!id.schema.as_ref().expect("its own").is_valid(&json!(10), Direction::Request));
    }

    #[test]
    fn form_fields_make_up_one_object() {
        let contract = sample();
        let body = contract.operations()[1].request_body().expect("a body");
        assert_eq!(body.content.0[0].name, "application/x-www-form-urlencoded");
        let schema = body.content.0[0].schema.as_ref().expect("a schema");
        assert!(schema.is_valid(&json!({"name": null, "size": 1}), Direction::Request));
        assert!(!schema.is_valid(&json!({"size": 1}), Direction::Request));
        assert!(!schema.is_valid(&json!({"name": "a", "size": "b"}), Direction::Request));
    }

    #[test]
    fn a_response_has_its_schema_under_every_media_type_produced() {
        let contract = sample();
        let responses = contract.operations()[0].responses();
        let stored = responses.documenting(StatusCode::OK).expect("a response");
        let names: Vec<&str> = stored.content.iter().map(|media| media.name.as_str()).collect();
        assert_eq!(names, ["application/json", "application/xml"]);
        assert_eq!(stored.content.0[0].examples[0].value, json!({"name": "a"}));
        let nothing = responses.documenting(StatusCode::NO_CONTENT).expect("a response");
        assert!(nothing.content.is_empty());
        assert_eq!(nothing.headers[0].name, "X-Left");
    }

    #[test]
    fn host_and_base_path_are_servers_and_definitions_secure() {
        let contract = sample();
        let operation = &contract.operations()[0];
        let urls: Vec<&str> = operation.servers().iter().map(|server| server.url.as_str()).collect();
        assert_eq!(urls, ["https://api.example.com/v1", "http://api.example.com/v1"]);
        assert_eq!(operation.default_base_path(), "/v1");
        assert!(operation.is_secured());
    }
}
