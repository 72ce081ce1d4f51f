//! The JSON Schema of scripts: it takes what the loader takes, and refuses what is plainly wrong.

use counterfoil_openapi::Document;
use counterfoil_server::script_schema;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::scripts::pets;

fn read(text: &str) -> Value {
    let (document, _) = Document::read_tree("s.yaml", text.as_bytes()).expect("each is YAML");
    document.root().clone()
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft7::meta::validate(schema).expect("it is a JSON Schema");
    jsonschema::draft7::new(schema).expect("it can be compiled")
}

fn wrongs(validator: &Validator, script: &Value) -> Vec<String> {
    validator.iter_errors(script).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Scripts with all words of the grammar, for the sample document where the second says so.
const GOOD: [(&str, bool); 9] = [
    ("script: 1\nrules: { createPet: 403, getPet: tom }", true),
    ("script: 1\nrules:\n  getPet: [401, 200]\n  listPets: { respond: [503*3, none], after: pass }", true),
    (
        "script: 1\nrules:\n  createPet:\n    - { when: { body.name: Rex }, respond: 409 }\n    - { when: { header.X-Api-Key: { re: '^ro-' } }, respond: 403 }\n    - { patch: { id: '${seq}', name: '${body.name}' }, headers: { Location: '/pets/${seq}' } }",
        true,
    ),
    (
        "script: 1\nseed: 7\ndefaults: { delay: { lognormal: { p50: 80ms, p99: 400ms } } }\nrules:\n  listPets:\n    - { when: { chance: 0.05 }, fault: reset }\n    - { drip: { chunks: 5, over: 1s } }\n  getPet:\n    - { when: { nth: 3 }, fault: { truncate: 12 } }",
        true,
    ),
    (
        "script: 1\nscenarios:\n  order:\n    per: path.orderId\n    start: pending\n    states:\n      pending:\n        getOrder: { patch: { id: '${path.orderId}', status: pending } }\n        payOrder: { respond: 200, to: paid }\n      paid:\n        getOrder: { patch: { id: '${path.orderId}', status: paid } }\n        payOrder: 409",
        false,
    ),
    (
        "script: 1\nresources:\n  pets: { key: id, list: listPets, create: createPet, read: getPet, update: updatePet, delete: deletePet, seed: [{ id: 1, name: Rex }] }",
        false,
    ),
    (
        "script: 1\nrules:\n  getPet:\n    - { when: { path.petId: 13 }, patch: { name: null }, allow_invalid: [body] }\n    - { when: { path.petId: 14 }, status: 418, body: { teapot: true }, allow_invalid: true }\n    - { when: { valid: false }, respond: 404 }",
        true,
    ),
    (
        "script: 1\nrules: { createPet: 201 }\nexpect:\n  createPet: 1\n  listPets: { min: 1, where: { query.limit: { le: 100 } } }\n  deletePet: 0",
        true,
    ),
    (
        "script: 1\ndocument: pets.yaml\ninclude: [a.yaml]\ndefaults: { on_unscripted: generate, on_invalid_request: log, media_type: application/json, headers: { A: 1, B: null, C: [a, b] } }\nrules:\n  GET /pets/{petId}:\n    - { id: a, note: b, times: 2, expires: 1.5h, when: { any: [{ 'body#/a/0': null }, { not: { body: { a: 1 } } }], all: [{ query.x: { in: [1] } }], accept: [text/html], invalid: [query.x] }, respond: { status: 404, example: gone, delay: { uniform: [1ms, 2ms] } } }\n    - { when: { nth: 2..4, query.x: { len: { ge: 2 }, schema: { type: string }, icase: true } }, respond: [404/gone*2, { generate: true }], after: cycle }\n    - { json_patch: [{ op: copy, from: /a, path: /b }], fault: { stall: { after: 3, for: 1s } } }\n    - { file: a.json, proxy: 'https://example.com' }",
        true,
    ),
];

#[test]
fn every_example_of_the_grammar_is_valid() {
    let (any, of_pets) = (validator(&script_schema(&[])), validator(&script_schema(&[pets()])));
    for (text, is_for_pets) in GOOD {
        let script = read(text);
        assert_eq!(wrongs(&any, &script), Vec::<String>::new(), "{text}");
        if is_for_pets {
            assert_eq!(wrongs(&of_pets, &script), Vec::<String>::new(), "{text}");
        }
    }
}

#[test]
fn what_is_wrong_is_refused() {
    let any = validator(&script_schema(&[]));
    let table = [
        "{}",
        "script: 2",
        "{script: 1, rule: {}}",
        "{script: 1, seed: -1}",
        "{script: 1, include: a.yaml}",
        "{script: 1, rules: {a: []}}",
        "{script: 1, rules: {a: 99}}",
        "{script: 1, rules: {a: true}}",
        "{script: 1, rules: {a: {respnd: 403}}}",
        "{script: 1, rules: {a: {after: never}}}",
        "{script: 1, rules: {a: {times: 0}}}",
        "{script: 1, rules: {a: {expires: 90}}}",
        "{script: 1, rules: {a: {delay: 90s!}}}",
        "{script: 1, rules: {a: {delay: {lognormal: {p99: 1s}}}}}",
        "{script: 1, rules: {a: {fault: crash}}}",
        "{script: 1, rules: {a: {generate: false}}}",
        "{script: 1, rules: {a: {json_patch: {op: add}}}}",
        "{script: 1, rules: {a: {json_patch: [{op: ad, path: /a}]}}}",
        "{script: 1, rules: {a: {allow_invalid: [bodi]}}}",
        "{script: 1, rules: {a: {headers: {A: {b: 1}}}}}",
        "{script: 1, rules: {a: {when: {name: Rex}}}}",
        "{script: 1, rules: {a: {when: {query.a: {equals: 1}}}}}",
        "{script: 1, rules: {a: {when: {query.a: {}}}}}",
        "{script: 1, rules: {a: {when: {query.a: {in: []}}}}}",
        "{script: 1, rules: {a: {when: {chance: 2}}}}",
        "{script: 1, rules: {a: {when: {nth: 0}}}}",
        "{script: 1, rules: {a: {when: {invalid: [headers]}}}}",
        "{script: 1, rules: {a: {when: {not: {x: 1}}}}}",
        "{script: 1, defaults: {on_unscripted: nothing}}",
        "{script: 1, defaults: {status: 200}}",
        "{script: 1, scenarios: {a: {states: {}}}}",
        "{script: 1, scenarios: {a: {start: b, states: {b: {c: {times: 3}}}}}}",
        "{script: 1, resources: {a: {list: b}}}",
        "{script: 1, expect: {a: -1}}",
    ];
    for text in table {
        assert!(!any.is_valid(&read(text)), "{text}");
    }
}

#[test]
fn the_schema_for_a_document_offers_its_operations_statuses_and_examples() {
    let schema = script_schema(&[pets()]);
    let names: Vec<&String> =
        schema["properties"]["rules"]["properties"].as_object().expect("a map").keys().collect();
    assert!(
        names.iter().any(|name| *name == "getPet") && names.iter().any(|name| *name == "GET /pets/{petId}")
    );
    let of_pets = validator(&schema);
    let table = [
        ("{script: 1, rules: {getPett: 404}}", false),
        ("{script: 1, rules: {get /pets: 503}}", true),
        ("{script: 1, rules: {getPet: 404}}", true),
        ("{script: 1, rules: {getPet: 418}}", true),
        ("{script: 1, rules: {listPets: 418}}", false),
        ("{script: 1, rules: {listPets: '503*3'}}", true),
        ("{script: 1, rules: {listPets: none}}", true),
        ("{script: 1, rules: {listPets: nine}}", false),
        ("{script: 1, rules: {getPet: 404/gone*2}}", true),
        ("{script: 1, rules: {getPet: 404/going}}", false),
        ("{script: 1, rules: {getPet: {example: rex}}}", true),
        ("{script: 1, rules: {getPet: {example: max}}}", false),
        ("{script: 1, expect: {getPet: 1}}", true),
        ("{script: 1, expect: {getPett: 1}}", false),
        ("{script: 1, resources: {a: {key: id, list: listPetz}}}", false),
    ];
    for (text, expected) in table {
        assert_eq!(of_pets.is_valid(&read(text)), expected, "{text}: {:?}", wrongs(&of_pets, &read(text)));
    }
    let statuses: Vec<&Value> = schema["definitions"]
        .as_object()
        .expect("a map")
        .values()
        .filter_map(|definition| definition["properties"]["status"]["anyOf"].as_array())
        .flat_map(|any| any.iter().filter_map(|one| one["enum"].as_array()).flatten())
        .collect();
    assert!(statuses.contains(&&json!(503)), "{statuses:?}");
}
