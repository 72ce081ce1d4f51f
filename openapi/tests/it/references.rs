//! References wherever real documents have them, within a file, across files, and in circles.

use std::collections::HashMap;

use counterfoil_openapi::{Contract, Direction, FileError, Files, Location, NoFiles};
use serde_json::json;

/// A file: what it is called, and its text.
type File<'f> = (&'f str, &'f str);

struct Few<'f>(HashMap<&'f str, &'f str>);

impl Files for Few<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let text = self.0.get(path).ok_or_else(|| format!("`{path}`: not found"))?;
        Ok(text.as_bytes().to_vec())
    }
}

fn load(main: &str, files: &[File<'_>]) -> Contract {
    let files = Few(files.iter().copied().collect());
    Contract::load_with("api.yaml", main.as_bytes(), &files).expect("a document")
}

/// A document whose one response has this schema, and components.
fn with_schema(version: &str, schema: &str, rest: &str) -> String {
    format!(
        "openapi: {version}\npaths: {{/a: {{get: {{responses: {{'200': {{description: '', content: {{application/json: {{schema: {schema}}}}}}}}}}}}}}}\n{rest}"
    )
}

/// Whether the one schema takes integers and nothing else: what every reference of the table below leads to.
fn is_found(contract: &Contract) -> bool {
    let responses = contract.operations()[0].responses();
    let Some(schema) = &responses.0[0].content.0[0].schema else { return false };
    schema.is_valid(&json!(1), Direction::Response) && !schema.is_valid(&json!("a"), Direction::Response)
}

#[test]
fn a_schema_is_found_however_it_is_referred_to() {
    let integer = "{type: integer}";
    let components = "components: {schemas: {Number: {type: integer}, 'a b/c{d}%': {type: integer}}}\n";
    let table: &[(&str, &str, &str, &[File<'_>])] = &[
        ("3.0.3", "{$ref: '#/components/schemas/Number'}", components, &[]),
        ("3.0.3", "{$ref: '#/components/schemas/a b~1c{d}%'}", components, &[]),
        ("3.0.3", "{$ref: '#/components/schemas/a%20b~1c%7Bd%7D%25'}", components, &[]),
        ("3.0.3", "{$ref: '#/components/schemas/a%20b%2Fc%7Bd%7D%25'}", components, &[]),
        ("3.0.3", "{$ref: '#components/schemas/Number'}", components, &[]),
        ("3.0.3", "{$ref: 'components/schemas/Number'}", components, &[]),
        ("3.0.3", "{$ref: 'Number'}", components, &[]),
        ("3.0.3", "{$ref: 'api.yaml#/components/schemas/Number'}", components, &[]),
        ("3.0.3", "{$ref: './x/../api.yaml#/components/schemas/Number'}", components, &[]),
        (
            "3.0.3",
            "{$ref: '#/components/schemas/Far'}",
            "components: {schemas: {$ref: all.yaml}}\n",
            &[("all.yaml", "Far: {type: integer}")],
        ),
        (
            "3.0.3",
            "{$ref: '#/components/schemas/Far'}",
            "components: {$ref: all.yaml}\n",
            &[("all.yaml", "schemas: {Far: {type: integer}}")],
        ),
        (
            "3.0.3",
            "{$ref: '#/components/schemas/A/properties/b'}",
            "components: {schemas: {A: {$ref: '#/components/schemas/B'}, B: {properties: {b: {type: integer}}}}}\n",
            &[],
        ),
        ("3.0.3", "{$ref: '#/x-schemas/A'}", "x-schemas: {A: {$ref: 'a.yaml'}}\n", &[("a.yaml", integer)]),
        ("3.0.3", "{$ref: a.yaml}", "", &[("a.yaml", integer)]),
        ("3.0.3", "{$ref: ./a.json}", "", &[("a.json", "{\"type\": \"integer\"}")]),
        ("3.0.3", "{$ref: 'my types/a b.yaml#/A'}", "", &[("my types/a b.yaml", "A: {type: integer}")]),
        ("3.0.3", "{$ref: 'my%20types/a%20b.yaml#/A'}", "", &[("my types/a b.yaml", "A: {type: integer}")]),
        ("3.0.3", "{$ref: '.\\types\\a.yaml#/A'}", "", &[("types/a.yaml", "A: {type: integer}")]),
        (
            "3.0.3",
            "{$ref: 'a.yaml#/definitions/A'}",
            components,
            &[
                ("a.yaml", "definitions: {A: {$ref: '#/definitions/B'}, B: {$ref: 'b.json#/B'}}"),
                ("b.json", "{\"B\": {\"$ref\": \"c/c.yaml\"}}"),
                ("c/c.yaml", "$ref: '../api.yaml#/components/schemas/Number'"),
            ],
        ),
        (
            "3.1.0",
            "{$ref: '#number'}",
            "components: {schemas: {Number: {$anchor: number, type: integer}}}\n",
            &[],
        ),
        (
            "3.1.0",
            "{$ref: 'a.yaml#number'}",
            "",
            &[("a.yaml", "$defs: {Number: {$anchor: number, type: integer}}")],
        ),
        (
            "3.1.0",
            "{$ref: 'https://e.com/number'}",
            "components: {schemas: {Number: {$id: 'https://e.com/number', type: integer}}}\n",
            &[],
        ),
        (
            "3.1.0",
            "{$ref: 'https://e.com/all#/$defs/n'}",
            "components: {schemas: {All: {$id: 'https://e.com/all', $defs: {n: {$ref: '#/$defs/m'}, m: {type: integer}}}}}\n",
            &[],
        ),
        (
            "3.1.0",
            "{$ref: '#/components/schemas/All/$defs/n'}",
            "components: {schemas: {All: {$id: 'https://e.com/all', $defs: {n: {$ref: 'one'}, m: {$id: one, type: integer}}}}}\n",
            &[],
        ),
        (
            "3.1.0",
            "{$ref: a.yaml}",
            "",
            &[("a.yaml", "$id: https://e.com/a/a.json\n$ref: b.json"), ("b.json", "{\"type\": \"integer\"}")],
        ),
        (
            "3.2.0",
            "{$ref: 'https://e.com/api#/components/schemas/Number'}",
            "$self: https://e.com/api\ncomponents: {schemas: {Number: {type: integer}}}\n",
            &[],
        ),
        (
            "3.1.0",
            "{$ref: '#/components/schemas/A', description: beside}",
            "components: {schemas: {A: {$ref: '#/components/schemas/B', title: T}, B: {type: integer}}}\n",
            &[],
        ),
    ];
    for (version, schema, rest, files) in table {
        let contract = load(&with_schema(version, schema, rest), files);
        assert!(is_found(&contract), "{schema} {rest} {:?}", contract.findings());
        assert!(
            contract.findings().iter().all(|finding| finding.code == "reference-odd"),
            "{:?}",
            contract.findings()
        );
    }
}

#[test]
fn every_object_may_be_a_reference() {
    let main = r##"
openapi: 3.1.0
servers: {$ref: 'rest.yaml#/servers'}
info: {description: {$ref: about.md}}
paths:
  /a/{id}: {$ref: 'rest.yaml#/paths/a', summary: mine}
  /b: {get: {$ref: rest.yaml#/operation}}
  /c: {$ref: '#/components/pathItems/C', put: {operationId: ownPut, responses: {'204': {description: ''}}}}
components:
  pathItems: {C: {$ref: '#/components/pathItems/D'}, D: {put: {operationId: notMine}, get: {operationId: readC, security: [{key: []}]}}}
  parameters: {$ref: 'rest.yaml#/parameters'}
  securitySchemes: {key: {$ref: 'rest.yaml#/key'}}
"##;
    let rest = r##"
servers: [{url: https://e.com/v2}]
key: {type: http, scheme: bearer}
paths:
  a:
    parameters: [{$ref: 'api.yaml#/components/parameters/Id'}]
    post:
      operationId: postA
      requestBody: {$ref: '#/body'}
      responses: {$ref: '#/responses'}
parameters:
  Id: {name: id, in: path, required: true, schema: {$ref: '#/number'}}
number: {type: integer}
body: {required: true, content: {$ref: '#/content'}}
content:
  application/json: {$ref: '#/media'}
media: {schema: {$ref: '#/number'}, examples: {one: {$ref: '#/example'}}}
example: {summary: one, value: 1}
responses:
  '200': {$ref: '#/response'}
response: {description: '', headers: {X-A: {$ref: '#/header'}}, content: {application/json: {schema: {properties: {$ref: '#/properties'}}}}}
header: {required: true, schema: {$ref: '#/number'}}
properties: {n: {$ref: '#/number'}}
operation: {operationId: getB, responses: {'200': {description: ''}}}
"##;
    let contract = load(main, &[("rest.yaml", rest), ("about.md", "# About\n\nthis: that")]);
    assert_eq!(contract.findings(), []);
    let ids: Vec<String> = contract.operations().iter().map(|operation| operation.id().to_string()).collect();
    assert_eq!(ids, ["postA", "getB", "ownPut", "readC"]);
    let post = &contract.operations()[0];
    assert_eq!(post.default_base_path(), "/v2");
    let id = post.parameters_in(Location::Path).next().expect("a parameter");
    assert!(!id.schema.as_ref().expect("a schema").is_valid(&json!("a"), Direction::Request));
    let body = post.request_body().expect("a body");
    assert!(body.required);
    assert_eq!(body.content.0[0].examples[0].value, json!(1));
    let response = &post.responses().0[0];
    assert!(response.headers[0].required);
    let schema = response.content.0[0].schema.as_ref().expect("a schema");
    assert!(!schema.is_valid(&json!({"n": "a"}), Direction::Response));
    assert!(contract.operations()[3].is_secured());
    let description = contract.document().root()["info"]["description"].as_str();
    assert_eq!(description, Some("# About\n\nthis: that"));
}

#[test]
fn an_example_that_is_a_reference_is_what_it_leads_to() {
    let main = with_schema(
        "3.0.3",
        "{type: object}, example: {$ref: '#/components/examples/One'}",
        "components: {examples: {One: {summary: one, value: {a: 1}}}}\n",
    );
    let contract = load(&main, &[]);
    assert_eq!(contract.operations()[0].responses().0[0].content.0[0].examples[0].value, json!({"a": 1}));
}

#[test]
fn references_in_circles_load() {
    let table: &[(&str, &[File<'_>])] = &[
        ("{$ref: '#/components/schemas/A'}", &[]),
        ("{$ref: '#/components/schemas/B'}", &[]),
        ("{$ref: '#/components/schemas/D'}", &[]),
        (
            "{$ref: 'x.yaml#/A'}",
            &[
                ("x.yaml", "A: {properties: {b: {$ref: 'y.json#/B'}}}"),
                ("y.json", "{\"B\": {\"items\": {\"$ref\": \"z.yaml\"}}}"),
                ("z.yaml", "{$ref: 'x.yaml#/A'}"),
            ],
        ),
        ("{$ref: 'x.yaml'}", &[("x.yaml", "{$ref: y.yaml}"), ("y.yaml", "{$ref: x.yaml}")]),
    ];
    let components = "components: {schemas: {A: {$ref: '#/components/schemas/A'}, B: {$ref: '#/components/schemas/C'}, C: {$ref: '#/components/schemas/B'}, D: {allOf: [{$ref: '#/components/schemas/E'}]}, E: {allOf: [{$ref: '#/components/schemas/D'}]}}}\n";
    for (schema, files) in table {
        let contract = load(&with_schema("3.0.3", schema, components), files);
        let schema = contract.operations()[0].responses().0[0].content.0[0].schema.clone().expect("a schema");
        assert!(schema.is_valid(&json!({}), Direction::Response), "{files:?}");
    }
    let main = "openapi: 3.0.3\npaths: {/a: {$ref: '#/paths/~1b'}, /b: {$ref: '#/paths/~1a'}, /c: {get: {parameters: [{$ref: '#/components/parameters/P'}], responses: {}}}}\ncomponents: {parameters: {P: {$ref: '#/components/parameters/P'}}}\n";
    let contract = Contract::load_with("circles.yaml", main.as_bytes(), &NoFiles).expect("a document");
    assert_eq!(contract.operations().len(), 1);
    assert!(contract.operations()[0].parameters().is_empty());
    assert!(contract.check().iter().any(|finding| finding.message.contains("leads back to itself")));
}

#[test]
fn webhooks_are_apart_from_operations() {
    let main = "openapi: 3.1.0\nwebhooks:\n  newPet:\n    $ref: '#/components/pathItems/Hook'\ncomponents: {pathItems: {Hook: {post: {requestBody: {content: {application/json: {}}}, responses: {'200': {description: ''}}}}}}\n";
    let contract = load(main, &[]);
    assert!(contract.operations().is_empty());
    let [hook] = contract.webhooks() else { panic!("one webhook") };
    assert_eq!((hook.id().as_str(), hook.path().as_str()), ("postNewPet", "newPet"));
    assert!(hook.request_body().is_some());
    assert_eq!(contract.findings(), []);
}
