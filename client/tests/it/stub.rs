//! The module `stub` of a client: what documents become in it.

use counterfoil_client::generate::generate;
use counterfoil_openapi::Contract;

/// A parameter of each place, a body with members, choices and lists, and replies of every kind.
const DOCUMENT: &str = r"
openapi: 3.0.3
info: {title: Pets, version: '1'}
servers: [{url: 'https://example.com/v1'}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        name: {type: string}
        kind: {type: string, enum: [cat, dog]}
        tags: {type: array, items: {type: string}}
        owner: {$ref: '#/components/schemas/Owner'}
        mother: {$ref: '#/components/schemas/Pet'}
        notes: {type: object, additionalProperties: {type: integer}}
    Owner:
      oneOf: [{$ref: '#/components/schemas/Person'}, {$ref: '#/components/schemas/Firm'}]
    Person: {type: object, properties: {first-name: {type: string}}}
    Firm: {type: object, properties: {number: {type: integer, nullable: true}}}
paths:
  /pets/{petId}:
    put:
      operationId: putPet
      summary: Puts a pet in its place.
      parameters:
        - {name: petId, in: path, required: true, description: Which., schema: {type: integer}}
        - {name: dry, in: query, schema: {type: boolean}}
        - {name: X-Trace, in: header, schema: {type: string}}
        - {name: filter, in: query, style: deepObject, schema: {$ref: '#/components/schemas/Person'}}
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}}
      responses:
        '200':
          description: It is there.
          headers: {X-Rate: {schema: {type: integer}}, Location: {schema: {type: string}}}
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Pet'}
              examples: {tom: {value: {name: Tom}}}
            text/plain: {}
        '204': {description: It is gone.}
        '404': {description: None., content: {text/plain: {}}}
        4XX: {description: No., content: {application/json: {schema: {type: string}}}}
        default: {description: Else., content: {image/png: {}}}
";

#[test]
fn what_no_request_means_is_not_tested() {
    const TWINS: &str = "openapi: 3.0.3\npaths:\n  /pets#all: {get: {operationId: all, responses: {'200': {}}}}\n  \
                         /pets#some: {get: {operationId: some, responses: {'200': {}}}}\n";
    let contract = Contract::load("pets.yaml", TWINS.as_bytes()).expect("a document");
    let package = generate(&contract, None).expect("a client").package;
    let test = package.files.iter().find(|file| file.path == "tests/stub.rs").expect("a file");
    assert!(test.text.contains("async fn all()") && !test.text.contains("async fn some()"), "{}", test.text);
}

#[test]
fn a_document_becomes_scripts_in_its_types() {
    let contract = Contract::load("pets.yaml", DOCUMENT.as_bytes()).expect("a document");
    let package = generate(&contract, None).expect("a client").package;
    let text = |path: &str| {
        package.files.iter().find(|file| file.path == path).map(|file| file.text.as_str()).expect("a file")
    };
    insta::assert_snapshot!("stub", text("src/stub.rs"));
    insta::assert_snapshot!("stub_test", text("tests/stub.rs"));
    assert!(text("README.md").contains("stub.on::<PutPet>().reply(put_pet::NotFound::example())"));
    assert!(text("Cargo.toml").contains("required-features = [\"stub\"]"));
}
