//! `counterfoil scaffold`: a crate in a folder, of which what the user writes is never written again.

use std::fs;

use serde_json::Value;

use crate::process::{run, write};

const PETS: &str = r"
openapi: 3.0.3
info: {title: Pets, version: '1'}
paths:
  /pets:
    get: {operationId: listPets, responses: {'200': {description: some}}}
  /pets/{id}.json:
    get: {operationId: filePet, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {'200': {description: one}}}
";

#[test]
fn a_scaffold_is_written_and_kept_current() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = write(folder.path(), "pets.yaml", PETS);
    let crate_folder = folder.path().join("out").join("pets");
    let (document, output) = (document.to_str().expect("text"), crate_folder.to_str().expect("text"));
    let scaffold = |more: &[&str]| {
        run(["scaffold", document, "--output", output].into_iter().chain(more.iter().copied()))
    };

    let stale = scaffold(&["--check"]);
    assert_eq!(stale.code, Some(1), "{stale:?}");
    assert!(!crate_folder.exists());
    let written = scaffold(&[]);
    assert_eq!(written.code, Some(0), "{written:?}");
    assert!(written.stdout.contains("pets-server: serves 1 of 2 operations\nwritten to"), "{written:?}");
    assert!(written.stdout.contains("left out: GET /pets/{id}.json"), "{written:?}");
    assert_eq!(scaffold(&["--check"]).code, Some(0));

    // What the user goes on with stays, and is no reason to call the folder stale.
    fs::write(crate_folder.join("src/stub.rs"), "mine").expect("it is written");
    fs::write(crate_folder.join("src/pool.rs"), "mine too").expect("it is written");
    assert_eq!(scaffold(&["--check"]).code, Some(0));
    write(folder.path(), "pets.yaml", &PETS.replace("/pets:", "/all-pets:"));
    let stale = scaffold(&["--check"]);
    assert_eq!(stale.code, Some(1), "{stale:?}");
    assert!(stale.stdout.contains("src/api.rs"), "{stale:?}");
    let renewed = scaffold(&["--format", "json"]);
    let report: Value = serde_json::from_str(&renewed.stdout).expect("JSON");
    assert_eq!(report["outcome"], "replaced");
    assert_eq!(report["claimed"], serde_json::json!(["GET /all-pets"]));
    assert_eq!(report["left_out"], serde_json::json!(["GET /pets/{id}.json"]));
    let read = |path: &str| fs::read_to_string(crate_folder.join(path)).expect("a file");
    assert_eq!((read("src/stub.rs").as_str(), read("src/pool.rs").as_str()), ("mine", "mine too"));
    assert!(read("src/api.rs").contains("/all-pets"));
    assert_eq!(scaffold(&["--check"]).code, Some(0));

    // What was changed of the rest is not lost without being told.
    fs::write(crate_folder.join("src/api.rs"), "changed").expect("it is written");
    let refused = scaffold(&[]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("src/api.rs") && refused.stderr.contains("--force"), "{refused:?}");
    assert_eq!(scaffold(&["--force"]).code, Some(0));
    assert!(read("src/api.rs").contains("/all-pets"));
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = write(folder.path(), "pets.yaml", PETS);
    let other = folder.path().join("other");
    fs::create_dir_all(other.join("src")).expect("a folder");
    fs::write(other.join("src/stub.rs"), "theirs").expect("it is written");
    let refused =
        run(["scaffold", document.to_str().expect("text"), "--output", other.to_str().expect("text")]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("which this did not write"), "{refused:?}");
    assert_eq!(fs::read_to_string(other.join("src/stub.rs")).expect("a file"), "theirs");
    assert!(!other.join("Cargo.toml").exists());
}
