//! What documents become: types, signatures, replies, and what is told of the rest.

use counterfoil_client::generate::{Call, Generated, calls, generate};
use counterfoil_openapi::{Contract, Location};
use serde_json::{Value, json};

fn client_of(text: &str) -> Generated {
    let contract = Contract::load("sample.yaml", text.as_bytes()).expect("a document");
    generate(&contract, None).expect("a client")
}

/// The client of a document with one schema, `Thing`.
fn with_schema(version: &str, schema: &str) -> Generated {
    client_of(&format!(
        "openapi: {version}\ninfo: {{title: Sample, version: '1'}}\npaths:\n  /things:\n    get:\n      operationId: things\n      \
         responses: {{'200': {{description: ok, content: {{application/json: {{schema: {{$ref: '#/components/schemas/Thing'}}}}}}}}}}\n\
         components:\n  schemas:\n    Other: {{type: object, properties: {{o: {{type: string}}}}}}\n    More: {{type: object, properties: {{o: {{type: string}}}}}}\n    Thing: {schema}\n"
    ))
}

/// A source without its line breaks, so that what is looked for can be written on one line.
fn source(generated: &Generated, path: &str) -> String {
    let file = generated.package.files.iter().find(|file| file.path == path).expect("a source");
    file.text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn schemas_become_types() {
    let rows = [
        ("a text", "3.0.3", "{type: string}", "pub struct Thing(pub ::std::string::String);", ""),
        (
            "bounds are not checked",
            "3.0.3",
            "{type: object, properties: {a: {type: string, pattern: '^(?!x)', maxLength: 3}}}",
            "pub a: ::std::option::Option<::std::string::String>,",
            "",
        ),
        (
            "a default is the server's",
            "3.0.3",
            "{type: object, properties: {a: {type: integer, default: x}}}",
            "pub a: ::std::option::Option<i64>,",
            "",
        ),
        (
            "nullable",
            "3.0.3",
            "{type: object, required: [a], properties: {a: {type: string, nullable: true}}}",
            "pub a: ::std::option::Option<::std::string::String>,",
            "",
        ),
        (
            "a list of types",
            "3.1.0",
            "{type: object, required: [a], properties: {a: {type: ['null', integer]}}}",
            "pub a: ::std::option::Option<i64>,",
            "",
        ),
        (
            "allOf is one object",
            "3.0.3",
            "{allOf: [{$ref: '#/components/schemas/Other'}, {type: object, required: [o], properties: {b: {type: boolean}}}]}",
            "pub struct Thing { #[serde(skip_serializing_if = \"::std::option::Option::is_none\")] pub b: ::std::option::Option<bool>, pub o: ::std::string::String, }",
            "",
        ),
        (
            "properties beside a reference",
            "3.1.0",
            "{$ref: '#/components/schemas/Other', properties: {b: {type: boolean}}}",
            "pub b: ::std::option::Option<bool>,",
            "",
        ),
        (
            "what is sent one way is never required",
            "3.0.3",
            "{type: object, required: [a], properties: {a: {type: string, readOnly: true}}}",
            "pub a: ::std::option::Option<::std::string::String>,",
            "",
        ),
        (
            "a choice",
            "3.0.3",
            "{oneOf: [{type: string}, {$ref: '#/components/schemas/Other'}]}",
            "#[serde(untagged)] pub enum Thing {",
            "",
        ),
        (
            "a choice of texts",
            "3.0.3",
            "{oneOf: [{type: string, enum: [a], description: First.}, {type: string, enum: [b, c]}]}",
            "pub enum Thing { #[serde(rename = \"a\")] A, #[serde(rename = \"b\")] B,",
            "",
        ),
        (
            "a choice told apart by a property",
            "3.0.3",
            "{type: object, required: [k], properties: {k: {type: string}}, oneOf: [{properties: {k: {enum: [a]}, x: {type: string}}}, {properties: {k: {enum: [b]}}}]}",
            "#[serde(tag = \"k\")] pub enum Thing {",
            "",
        ),
        (
            "a choice told apart by a discriminator",
            "3.0.3",
            "{oneOf: [{$ref: '#/components/schemas/Other'}, {$ref: '#/components/schemas/More'}], discriminator: {propertyName: k, mapping: {o: '#/components/schemas/Other'}}}",
            "Some(\"o\") => { return ::serde_json::from_value(value) .map(Self::Other) .map_err(::serde::de::Error::custom); } Some(\"More\") =>",
            "",
        ),
        (
            "what holds itself",
            "3.0.3",
            "{type: object, required: [t], properties: {t: {$ref: '#/components/schemas/Thing'}}}",
            "pub t: ::std::boxed::Box<Thing>,",
            "",
        ),
        (
            "texts that are the same identifier",
            "3.0.3",
            "{type: string, enum: [a-b, a_b, '', '+1']}",
            "#[serde(rename = \"a_b\")] Ab2,",
            "",
        ),
        (
            "names that are the same identifier",
            "3.0.3",
            "{type: object, properties: {aB: {type: string}, a_b: {type: string}}}",
            "#[serde(rename = \"a_b\",",
            "",
        ),
        (
            "numbers in a list of texts",
            "3.0.3",
            "{type: string, enum: [1, 2]}",
            "#[serde(rename = \"1\")]",
            "",
        ),
        (
            "not is no type",
            "3.0.3",
            "{type: object, properties: {a: {not: {type: string}}}}",
            "pub a: ::std::option::Option<::serde_json::Value>,",
            "",
        ),
        (
            "a reference to nowhere",
            "3.0.3",
            "{type: object, properties: {a: {$ref: '#/nowhere'}}}",
            "pub a: ::std::option::Option<::serde_json::Value>,",
            "reference-untyped",
        ),
        (
            "a reference in a circle",
            "3.0.3",
            "{$ref: '#/components/schemas/Thing'}",
            "ResponseValue<::serde_json::Value>",
            "reference-untyped",
        ),
        (
            "a tuple",
            "3.1.0",
            "{type: array, prefixItems: [{type: string}, {type: integer}]}",
            "pub struct Thing(pub ::std::vec::Vec<::serde_json::Value>);",
            "tuple-untyped",
        ),
    ];
    for (name, version, schema, expected, code) in rows {
        let generated = with_schema(version, schema);
        let text = source(&generated, "src/client.rs");
        assert!(text.contains(expected), "{name}: {}", &text[text.find("pub struct Thing").unwrap_or(0)..]);
        let codes: Vec<&str> = generated.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes.join(" "), code, "{name}");
        assert_eq!(generated.expressed.methods, 1, "{name}");
    }
}

const OPERATIONS: &str = r"
swagger: '2.0'
info: {title: Sample, version: '1'}
consumes: [application/json, application/xml]
produces: [application/json]
definitions: {Job: {type: object, properties: {id: {type: integer}}}}
paths:
  /jobs/{id}:
    post:
      parameters:
        - {name: id, in: query, type: integer}
        - {name: since, in: query, required: true, type: array, items: {type: string}, collectionFormat: pipes}
        - {name: job, in: body, required: true, schema: {$ref: '#/definitions/Job'}}
      responses:
        200: {description: done, schema: {$ref: '#/definitions/Job'}}
        202: {description: later}
        400: {description: no, schema: {type: string}}
        403: {description: no, schema: {$ref: '#/definitions/Job'}}
        default: {description: else}
    put:
      consumes: [multipart/form-data]
      parameters: [{name: id, in: path, required: true, type: string}, {name: data, in: formData, type: file, required: true}]
      responses: {default: {description: any, schema: {$ref: '#/definitions/Job'}}}
";

#[test]
fn operations_become_methods() {
    let generated = client_of(OPERATIONS);
    assert_eq!((generated.expressed.methods, generated.findings.as_slice()), (2, &[][..]));
    let client = source(&generated, "src/client.rs");
    let expected = [
        // An undeclared variable of the path comes first, then what is required.
        "pub async fn post_jobs_id<'a>( &'a self, id_2: &'a str, since: &'a ::std::vec::Vec<::std::string::String>, id: Option<i64>, body: &'a types::Job, ) -> Result< ResponseValue<crate::replies::PostJobsIdReply>, Error<crate::replies::PostJobsIdRefusal>, >",
        "url.query(\"since\", crate::wire::Style::Pipe, false, false, &since);",
        // The other media types of the body.
        "pub async fn post_jobs_id_as<'a, B: Into<reqwest::Body>>(",
        "pub async fn put_jobs_id<'a>( &'a self, id: &'a str, body: &'a types::PutJobsIdBody, ) -> Result<ResponseValue<types::Job>, Error<types::Job>>",
        "pub data: crate::wire::File,",
        "200u16..=299u16 =>",
    ];
    for expected in expected {
        assert!(
            client.contains(expected),
            "{expected}\n{}",
            &client[client.find("pub async fn").unwrap_or(0)..]
        );
    }
    let replies = source(&generated, "src/replies.rs");
    for variant in [
        "Status200(types::Job)",
        "Status202,",
        "Status400(::std::string::String)",
        "Status403(types::Job)",
        "Default,",
    ] {
        assert!(replies.contains(variant), "{variant}\n{replies}");
    }
}

#[test]
fn a_stream_is_read_as_bytes_and_that_is_told_where_its_items_are_more_than_texts() {
    let rows = [
        (
            "events",
            "text/event-stream: {schema: {type: object, properties: {a: {type: integer}}}}",
            "response-untyped",
        ),
        ("lines", "application/jsonl: {itemSchema: {$ref: '#/components/schemas/Line'}}", "response-untyped"),
        ("parts", "multipart/mixed: {schema: {type: object}}", "response-untyped"),
        ("texts", "text/event-stream: {schema: {type: string}}", ""),
        ("texts of a component", "text/event-stream: {itemSchema: {$ref: '#/components/schemas/Word'}}", ""),
        ("anything", "text/event-stream: {}", ""),
        ("bytes", "application/octet-stream: {schema: {type: string, format: binary}}", ""),
    ];
    for (name, media, code) in rows {
        let generated = client_of(&format!(
            "openapi: 3.2.0\ninfo: {{title: Sample, version: '1'}}\npaths:\n  /a: {{get: {{operationId: a, responses: \
             {{'200': {{description: ok, content: {{{media}}}}}}}}}}}\n\
             components: {{schemas: {{Line: {{type: object}}, Word: {{type: string}}}}}}\n"
        ));
        let codes: Vec<&str> = generated.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes.join(" "), code, "{name}");
        assert!(source(&generated, "src/client.rs").contains("Result<ResponseValue<ByteStream>"), "{name}");
    }
}

#[test]
fn a_multipart_body_without_parts_is_written_by_the_caller() {
    let generated = |schema: &str| {
        client_of(&format!(
            "openapi: 3.0.3\ninfo: {{title: Sample, version: '1'}}\npaths:\n  /a: {{post: {{operationId: a, requestBody: \
             {{required: true, content: {{multipart/form-data: {{schema: {schema}}}}}}}, responses: {{'200': {{description: ok}}}}}}}}\n"
        ))
    };
    let whole = generated("{type: string, format: binary}");
    let client = source(&whole, "src/client.rs");
    assert!(client.contains("pub async fn a_as<'a, B: Into<reqwest::Body>>("), "{client}");
    assert_eq!(whole.findings, []);
    // Only the crate itself has the module that files are in: its test names none.
    for schema in [
        "{type: string, format: binary}",
        "{type: object, additionalProperties: {type: string, format: binary}}",
        "{type: object, properties: {a: {type: string, format: binary}}}",
    ] {
        let generated = generated(schema);
        let test = generated.package.files.iter().find(|file| file.path == "tests/stub.rs");
        assert!(test.is_none_or(|test| !test.text.contains("crate::")), "{schema}: {test:?}");
    }
}

#[test]
fn a_document_makes_the_same_client_each_time() {
    assert_eq!(client_of(OPERATIONS).package, client_of(OPERATIONS).package);
}

/// Calls of methods with values at hand: literals where the type has some, else values that are read from JSON.
#[test]
fn calls_are_written_in_the_types_of_the_client() {
    let document = r#"
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets/{petId}:
    put:
      operationId: putPet
      parameters:
        - {name: petId, in: path, required: true, schema: {type: integer}}
        - {name: q, in: query, schema: {type: string}}
        - {name: kind, in: query, schema: {type: string, enum: [cat, dog]}}
        - {name: X-Tags, in: header, schema: {type: array, items: {type: string}}}
        - {name: weight, in: query, schema: {type: number}}
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}}
      responses: {'200': {description: ok}}
  /notes:
    post:
      operationId: note
      parameters: [{name: to, in: query, required: true, schema: {type: string, nullable: true}}]
      requestBody: {required: true, content: {application/xml: {schema: {type: object, properties: {text: {type: string}}}}}}
      responses: {'200': {description: ok}}
  /count: {put: {operationId: count, requestBody: {content: {application/json: {schema: {type: integer, nullable: true}}}}, responses: {'200': {description: ok}}}}
  /files: {post: {operationId: upload, requestBody: {content: {text/csv: {schema: {type: string}}}}, responses: {'200': {description: ok}}}}
"#;
    let contract = Contract::load("pets.yaml", document.as_bytes()).unwrap();
    let body = Some(("application/json".to_owned(), json!({ "name": "it's" })));
    let call = |parameters: &[(Location, &str, Value)], body| Call {
        operation: "putPet".to_owned(),
        parameters: parameters
            .iter()
            .map(|(place, name, value)| (*place, (*name).to_owned(), value.clone()))
            .collect(),
        body,
    };
    let id = (Location::Path, "petId", json!(-7));
    let all = [
        id.clone(),
        (Location::Query, "kind", json!("cat")),
        (Location::Header, "x-tags", json!(["a"])),
        (Location::Query, "weight", json!(1.5)),
    ];
    let wanted = [
        call(&all, body.clone()),
        // What cannot be said: no path, no body, a body of another kind, a parameter that there is not.
        call(&[], body.clone()),
        call(std::slice::from_ref(&id), None),
        call(std::slice::from_ref(&id), Some(("text/plain".to_owned(), json!("a")))),
        call(&[id, (Location::Query, "none", json!(1))], body),
        Call {
            operation: "upload".to_owned(),
            parameters: Vec::new(),
            body: Some(("text/csv".to_owned(), json!("a"))),
        },
    ];
    let xml = |to: Value| Call {
        operation: "note".to_owned(),
        parameters: vec![(Location::Query, "to".to_owned(), to)],
        body: Some(("application/xml".to_owned(), json!({ "text": "a" }))),
    };
    let counted = |value: Option<Value>| Call {
        operation: "count".to_owned(),
        parameters: Vec::new(),
        body: value.map(|value| ("application/json".to_owned(), value)),
    };
    let more = [
        xml(json!("b")),
        counted(Some(json!(7))),
        counted(None),
        xml(Value::Null),
        counted(Some(Value::Null)),
    ];
    let wanted: Vec<Call> = wanted.into_iter().chain(more).collect();
    let written = calls(&contract, None, &wanted).unwrap();
    assert_eq!(written.package, "pets-client");
    let first = written.calls[0].as_ref().unwrap();
    let text = |code: &str| code.replace(' ', "");
    assert_eq!(
        text(&first.call),
        "client.put_pet(-7,None,Some(parameter2),Some(&parameter3),Some(parameter4),&body)"
    );
    assert!(text(&first.before).contains("letparameter2:types::PutPetKind="), "{}", first.before);
    assert!(first.before.contains(r#"from_str ("{\"name\":\"it's\"}")"#), "{}", first.before);
    assert_eq!(written.calls[1..6], [None, None, None, None, None]);
    // What may be null is an option, and the body as well where it may be left out; there is no call for null itself.
    let told: Vec<Option<String>> =
        written.calls[6..].iter().map(|call| call.as_ref().map(|call| text(&call.call))).collect();
    let expected = [
        Some("client.note(Some(\"b\"),&body)".to_owned()),
        Some("client.count(Some(Some(7)))".to_owned()),
        Some("client.count(None)".to_owned()),
        None,
        None,
    ];
    assert_eq!(told, expected);
}
