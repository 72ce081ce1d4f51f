//! What is wrong with a script: all of it, each with its place, as people read it.

use std::path::Path;

use counterfoil_openapi::Contract;
use counterfoil_openapi::{Finding, bundled};
use counterfoil_server::Script;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use crate::scripts::{Answer, Stub, pets};

/// The findings of a text, one a line, hints below.
fn findings(name: &str, bytes: &[u8]) -> String {
    let findings: Vec<Finding> = match Script::load(name, bytes, &[pets()]) {
        Ok(script) => script.findings().to_vec(),
        Err(error) => error.findings().to_vec(),
    };
    findings
        .iter()
        .map(|finding| match &finding.hint {
            Some(hint) => format!("{finding}\n  {hint}\n"),
            None => format!("{finding}\n"),
        })
        .collect()
}

#[test]
fn every_broken_script_says_all_that_is_wrong_with_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/broken");
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .expect("the scripts are in the repository")
        .map(|entry| entry.expect("the folder can be listed").path())
        .collect();
    paths.sort();
    assert!(paths.len() > 15, "the scripts are in {}", folder.display());
    for path in paths {
        let file = path.file_name().and_then(|name| name.to_str()).expect("names are plain ASCII").to_owned();
        let bytes = std::fs::read(&path).expect("the script can be read");
        let name = file.trim_end_matches(".script.yaml").to_owned();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, findings(&file, &bytes));
        });
    }
}

/// Each code of the list of findings, with a script that gives it, alone, and what is told.
#[test]
fn each_finding_says_its_code_its_place_and_what_to_do() {
    let table = [
        ("operation-unknown", "rules: { getPett: 404 }"),
        ("status-undocumented", "rules: { listPets: 418 }"),
        ("example-unknown", "rules: { listPets: nonne }"),
        ("example-ambiguous", "rules: { getPet: gone }"),
        ("body-invalid", "rules: { getPet: { body: { id: one, name: Rex } } }"),
        ("body-undocumented", "rules: { deletePet: { body: {} } }"),
        ("header-undocumented", "rules: { createPet: { headers: { Locatoin: /pets/3 } } }"),
        ("header-invalid", "rules: { createPet: { headers: { X-Remaining: many } } }"),
        ("media-type-undocumented", "rules: { getPet: { media_type: text/plain } }"),
        ("matcher-unknown", "rules: { createPet: { when: { body.nmae: Rex }, respond: 409 } }"),
        ("matcher-never-matches", "rules: { listPets: { when: { query.kind: cow }, respond: 503 } }"),
        ("template-unknown", "rules: { getPet: { patch: { name: '${path.pteId}' } } }"),
        ("template-type", "rules: { getPet: { patch: { name: '${path.petId}' } } }"),
        (
            "rule-shadows",
            "rules: { getPet: [{ example: tom }, { when: { path.petId: 1 }, respond: 404/gone }] }",
        ),
        ("sequence-empty", "rules: { getPet: { respond: [] } }"),
        ("include-cycle", "include: [parts/../s.yaml]"),
        (
            "state-unknown",
            "scenarios: { life: { start: alive, states: { alive: { deletePet: { to: gnoe } }, gone: {} } } }",
        ),
        ("seed-invalid", "resources: { pets: { key: id, list: listPets, seed: [{ id: 1 }] } }"),
        ("allow-invalid-needless", "rules: { getPet: { example: tom, allow_invalid: [body] } }"),
    ];
    let mut told = String::new();
    for (code, line) in table {
        let found = findings("s.yaml", format!("script: 1\n{line}\n").as_bytes());
        let codes = found.matches(&format!("[{code}]")).count();
        assert_eq!((codes, found.matches(": ").count() > 0), (1, true), "{code}: {found}");
        told.push_str(&found);
    }
    insta::assert_snapshot!("each_finding", told);
}

#[test]
fn the_bundled_scripts_have_nothing_wrong_with_them() {
    let mut loaded = 0;
    for system in bundled() {
        let Some(text) = system.script else { continue };
        let contract = Contract::load(system.name, system.document.as_bytes()).expect("it is a document");
        let script =
            Script::load("bundled.script.yaml", text.as_bytes(), &[contract]).expect("it is a script");
        assert_eq!(script.findings(), [], "{}", system.name);
        loaded += 1;
    }
    assert!(loaded > 0);
}

#[test]
fn a_script_for_several_documents_names_the_one_it_means_where_both_know_an_operation() {
    let other = include_str!("../scripts/pets.yaml").replace("title: Pets", "title: Others");
    let other = Contract::load("others/pets2.yaml", other.as_bytes()).expect("it is a document");
    let contracts = [pets(), other];
    let ambiguous =
        Script::load("s.yaml", b"script: 1\nrules: { getPet: tom }", &contracts).expect("a warning");
    let codes: Vec<&str> = ambiguous.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["operation-ambiguous"]);
    let text = b"script: 1\ndocument: ../api/pets2.yaml\nrules: { getPet: tom }";
    let named = Script::load("s.yaml", text, &contracts).expect("the script is good");
    assert_eq!(named.findings(), []);
}

/// Texts that are nearly scripts: words of the grammar in a structure that is often right.
fn nearly_scripts() -> impl Strategy<Value = Value> {
    let words = [
        "script",
        "rules",
        "getPet",
        "createPet",
        "when",
        "respond",
        "status",
        "body",
        "patch",
        "nth",
        "valid",
        "invalid",
        "any",
        "all",
        "not",
        "path.petId",
        "body.name",
        "body#/a",
        "form.f",
        "re",
        "in",
        "len",
        "icase",
        "headers",
        "delay",
        "uniform",
        "lognormal",
        "p50",
        "fault",
        "allow_invalid",
        "times",
        "after",
        "403",
        "tom",
        "503*3",
        "404/gone",
        "80ms",
        "reset",
        "media_type",
        "application/json",
        "${x}",
        "$${",
        "(",
        "GET /pets",
    ];
    let word = proptest::sample::select(words.to_vec()).prop_map(Value::from);
    let leaf = prop_oneof![
        word.clone(),
        any::<i64>().prop_map(Value::from),
        (100..600_u64).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    let key = proptest::sample::select(words.to_vec()).prop_map(str::to_owned);
    let inner = leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            proptest::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    });
    inner.prop_map(
        |rule| serde_json::json!({"script": 1, "rules": {"getPet": rule.clone(), "createPet": rule}}),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_bytes_make_the_loader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Script::load("any.yaml", &bytes, &[pets()]);
    }

    #[test]
    fn no_text_of_the_grammar_makes_the_loader_panic(script in nearly_scripts()) {
        let text = serde_json::to_vec(&script).expect("a value is JSON");
        match Script::load("nearly.yaml", &text, &[pets()]) {
            Ok(script) => prop_assert!(script.findings().iter().all(|finding| finding.position.is_some())),
            Err(error) => {
                prop_assert!(error.error_count() > 0);
                prop_assert!(error.findings().iter().all(|finding| finding.position.is_some()));
            }
        }
    }
}

#[tokio::test]
async fn words_are_text_and_a_key_stands_once() {
    let stub = Stub::scripted("script: 1\nstate: { a: no, b: on, c: yes, d: off, e: true, f: ~ }").await;
    let kept = Answer::of(stub.control(Method::GET, "/state")).await.json();
    assert_eq!(
        kept,
        json!({"a": "no", "b": "on", "c": "yes", "d": "off", "e": true, "f": null}),
        "as YAML 1.2 reads"
    );
    for text in [
        "script: 1\nrules: { getPet: 404, getPet: 200 }",
        "script: 1\nrules:\n  getPet: { respond: 404, respond: 200 }",
    ] {
        let error = crate::scripts::load(text).expect_err(text);
        let found: Vec<&str> = error.findings().iter().map(|finding| finding.code).collect();
        assert_eq!(found, ["key-repeated"], "{error}");
    }
}
