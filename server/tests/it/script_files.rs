//! Scripts in several files, files that are sent, and patches of operations, over HTTP.

use std::path::Path;

use counterfoil_openapi::Folder;
use counterfoil_server::{Script, ScriptError};
use reqwest::Method;
use serde_json::json;

use crate::scripts::{Answer, Stub, load, pets};

/// Writes the files of a script into a folder, and loads the first.
fn load_files(folder: &Path, files: &[(&str, &str)]) -> Result<Script, ScriptError> {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("each is in a folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }
    let (name, text) = files[0];
    let here = Folder::new(folder, folder).expect("the folder is there");
    Script::load_with(name, text.as_bytes(), &[pets()], &here)
}

/// The findings of a script in several files, each with its file, line, code and place.
fn findings(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("there is room");
    let error = load_files(folder.path(), files).expect_err("something is wrong");
    let told = error.findings().iter().map(|finding| {
        let line = finding.position.map_or(0, |position| position.line);
        format!("{}:{line} {} {}", finding.file, finding.code, finding.pointer)
    });
    told.collect()
}

#[tokio::test]
async fn operations_of_a_patch_change_the_documented_example() {
    let script = r#"
script: 1
rules:
  getPet:
    - when: { path.petId: 1 }
      json_patch:
        - { op: test, path: /name, value: Rex }
        - { op: replace, path: /name, value: "${query.name}" }
        - { op: add, path: /tags, value: [a, c] }
        - { op: add, path: /tags/1, value: "b${seq}" }
        - { op: add, path: /tags/-, value: "${query.missing}" }
        - { op: copy, from: /id, path: /number }
        - { op: move, from: /tags/2, path: /last }
    - { when: { path.petId: 2 }, example: tom, json_patch: [{ op: remove, path: /name }], allow_invalid: [body] }
    - { json_patch: [{ op: test, path: /name, value: "${query.name}" }] }
"#;
    let stub = Stub::scripted(script).await;
    let expected = json!({"id": 1, "name": "Ada", "tags": ["a", "b1"], "number": 1, "last": "c"});
    assert_eq!(stub.get("/pets/1?name=Ada").await.json(), expected);
    assert_eq!(stub.get("/pets/2").await.json(), json!({"id": 2}));
    assert_eq!(stub.get("/pets/3?name=Rex").await.status, 200);
    let refused = stub.get("/pets/3?name=Tom").await;
    assert_eq!(refused.status, 500);
    assert!(refused.text.contains("urn:counterfoil:response-invalid"), "{}", refused.text);
}

#[test]
fn what_is_wrong_with_a_patch_is_told() {
    let table = [
        ("[{ op: ad, path: /a, value: 1 }]", "value-invalid"),
        ("[{ op: add, path: a, value: 1 }]", "value-invalid"),
        ("[{ op: add, path: /a }]", "value-invalid"),
        ("[{ op: move, path: /a }]", "value-invalid"),
        ("[{ path: /a }]", "value-invalid"),
        ("[{ op: remove, path: /a, value: 1 }]", "key-conflict"),
        ("[{ op: remove, path: /name, form: /a }]", "key-unknown"),
        ("{ op: remove, path: /name }", "value-invalid"),
        ("[{ op: remove, path: /nmae }]", "body-invalid"),
        ("[{ op: remove, path: /name }]", "body-invalid"),
        ("[{ op: test, path: /name, value: Tom }]", "body-invalid"),
        ("[{ op: replace, path: /id, value: '${query.x}x' }]", "template-type"),
        ("[{ op: replace, path: /name, value: '${bdy.x}' }]", "template-unknown"),
    ];
    for (patch, code) in table {
        let error =
            load(&format!("script: 1\nrules: {{ getPet: {{ json_patch: {patch} }} }}")).expect_err(patch);
        assert!(error.findings().iter().any(|finding| finding.code == code), "{patch}: {error}");
    }
}

#[tokio::test]
async fn a_file_is_sent_as_it_is_under_the_documented_media_type() {
    let folder = tempfile::tempdir().expect("there is room");
    let script = "
script: 1
rules:
  getPet: { file: replies/ada.json, headers: { X-From: file } }
  generateToken: { media_type: text/html, file: replies/token.html }
";
    let files = [
        ("pets.script.yaml", script),
        ("replies/ada.json", "{ \"id\": 7,  \"name\": \"Ada ${seq}\" }\n"),
        ("replies/token.html", "<b>é</b>"),
    ];
    let script = load_files(folder.path(), &files).expect("the script is good");
    let stub = Stub::start(vec![script]).await;
    // What is sent was read when the script was loaded.
    drop(folder);
    let pet = stub.get("/pets/1").await;
    assert_eq!((pet.status, pet.text.as_str()), (200, files[1].1), "to the letter");
    assert_eq!((pet.header("content-type"), pet.header("x-from")), ("application/json", "file"));
    assert_eq!(pet.header("counterfoil-source"), "rule");
    let form =
        stub.request(Method::POST, "/token").header("content-type", "application/x-www-form-urlencoded");
    let token = Answer::of(form.body("user=u")).await;
    assert_eq!((token.header("content-type"), token.text.as_str()), ("text/html", "<b>é</b>"));
}

#[test]
fn a_file_is_held_to_its_schema() {
    let script = "script: 1\nrules:\n  getPet:\n    - { when: { nth: 1 }, file: a.json }\n    - { when: { nth: 2 }, file: b.json }\n    - { file: b.json, allow_invalid: [body] }\n";
    let files = [("s.yaml", script), ("a.json", "{\"id\": \"x\"}"), ("b.json", "{")];
    assert_eq!(
        findings(&files),
        [
            "s.yaml:4 body-invalid /rules/getPet/0/file",
            "s.yaml:4 body-invalid /rules/getPet/0/file",
            "s.yaml:5 body-invalid /rules/getPet/1/file",
        ]
    );
}

/// Attack A41, and A05 for scripts: neither a script nor a request names a file outside the script's folder.
#[tokio::test]
async fn a41_no_file_outside_the_folder_is_read_and_no_request_names_one() {
    let outside = tempfile::tempdir().expect("there is room");
    std::fs::write(outside.path().join("secret.json"), "{\"id\": 1, \"name\": \"secret\"}")
        .expect("it can be written");
    let folder = tempfile::tempdir().expect("there is room");
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).expect("a link can be made");
    let absolute = outside.path().join("secret.json").display().to_string();
    for path in [
        "/etc/passwd",
        "../secret.json",
        "a/../../secret.json",
        "link/secret.json",
        "file:///etc/passwd",
        &absolute,
    ] {
        for script in [
            json!({"script": 1, "rules": {"getPet": {"file": path}}}),
            json!({"script": 1, "include": [path]}),
        ] {
            let error = load_files(folder.path(), &[("s.yaml", &script.to_string())]).expect_err(path);
            let codes: Vec<&str> = error.findings().iter().map(|finding| finding.code).collect();
            assert_eq!(codes, ["file-unreadable"], "{path}");
            assert!(!format!("{error:?}").contains("\"secret\""), "{path}: {error:?}");
        }
    }
    let templated = json!({"script": 1, "rules": {"getPet": {"file": "${path.petId}.json"}}}).to_string();
    let error = load_files(folder.path(), &[("s.yaml", &templated)]).expect_err("a template is no path");
    assert_eq!(error.findings()[0].code, "value-invalid");

    let script = load_files(
        folder.path(),
        &[
            ("s.yaml", "script: 1\nrules: { getPet: { file: a.json } }"),
            ("a.json", "{\"id\": 1, \"name\": \"a\"}"),
        ],
    );
    let stub = Stub::start(vec![script.expect("the script is good")]).await;
    for path in ["/pets/..%2F..%2Fetc%2Fpasswd", "/pets/1?file=../secret.json", "/pets/1/../../etc/passwd"] {
        let answer = stub.get(path).await;
        assert!(!answer.text.contains("secret") && !answer.text.contains("root:"), "{path}: {}", answer.text);
    }
    // A reply that is set at run time names no file at all.
    let set = stub.control(Method::PUT, "/operations/getPet/reply").json(&json!({"file": "a.json"}));
    let refused = Answer::of(set).await;
    assert_eq!((refused.status, refused.text.contains("file-unreadable")), (422, true), "{}", refused.text);
}

#[tokio::test]
async fn what_a_script_includes_comes_after_its_own_rules() {
    let folder = tempfile::tempdir().expect("there is room");
    let files = [
        (
            "main.script.yaml",
            "script: 1\ninclude: [parts/one.yaml, parts/two.yaml]\ndefaults: { headers: { X-Main: 1 } }\nrules: { getPet: { when: { path.petId: 1 }, respond: 401 } }",
        ),
        (
            "parts/one.yaml",
            "script: 1\ninclude: [deeper/three.yaml]\nseed: 9\ndefaults: { headers: { X-Main: 2, X-One: 1 } }\nrules:\n  getPet: { when: { path.petId: { in: [1, 2] } }, respond: 404/gone }",
        ),
        (
            "parts/two.yaml",
            "script: 1\ninclude: [one.yaml]\nrules: { getPet: { file: tom.json }, listPets: none }",
        ),
        (
            "parts/deeper/three.yaml",
            "script: 1\nrules: { getPet: { when: { path.petId: 3 }, respond: 503/gone } }",
        ),
        ("parts/tom.json", "{\"id\": 2, \"name\": \"Tom\"}"),
    ];
    let script = load_files(folder.path(), &files).expect("the script is good");
    let names: Vec<&str> = script.included().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["parts/one.yaml", "parts/deeper/three.yaml", "parts/two.yaml"]);
    let stub = Stub::start(vec![script]).await;
    let mut told = Vec::new();
    for id in 1..=4 {
        let answer = stub.get(&format!("/pets/{id}")).await;
        told.push((answer.status, answer.header("counterfoil-rule").to_owned()));
    }
    let rule = |number: u8| format!("getPet#{number}");
    assert_eq!(told, [(401, rule(1)), (404, rule(2)), (503, rule(3)), (200, rule(4))]);
    let listed = stub.get("/pets").await;
    assert_eq!((listed.json(), listed.header("x-main"), listed.header("x-one")), (json!([]), "1", "1"));
    let lines: Vec<String> =
        stub.server.calls()[1].trail.iter().filter(|line| line.starts_with("rule ")).cloned().collect();
    assert_eq!(lines, ["rule getPet#2 (parts/one.yaml:6) answers, use 1"]);
}

#[test]
fn findings_name_the_file_that_they_are_about() {
    let files = [
        (
            "dir/main.yaml",
            "script: 1\ninclude: [a.yaml, gone.yaml, b.yaml, broken.yaml, 7]\nrules: { getPett: 404 }",
        ),
        ("a.yaml", "script: 1\ninclude: [b.yaml]\nrules: { getPet: 404 }"),
        (
            "b.yaml",
            "script: 1\ninclude: [a.yaml, main.yaml, b.yaml]\nrules:\n  getPet: tom\n  listPets: nine",
        ),
        ("broken.yaml", "script: [1"),
    ];
    assert_eq!(
        findings(&files),
        [
            "dir/main.yaml:2 file-unreadable /include/1",
            "dir/main.yaml:2 value-invalid /include/4",
            "dir/main.yaml:3 operation-unknown /rules/getPett",
            "dir/broken.yaml:2 script-unreadable ",
            "dir/b.yaml:2 include-cycle /include/0",
            "dir/b.yaml:2 include-cycle /include/1",
            "dir/b.yaml:2 include-cycle /include/2",
            "dir/b.yaml:4 rule-shadows /rules/getPet",
            "dir/b.yaml:5 example-unknown /rules/listPets",
        ]
    );
}
