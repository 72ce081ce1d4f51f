//! `counterfoil check`.

use serde_json::Value;

use crate::process::{run, run_with_input, text, write};

const BROKEN: &str = "\
openapi: 3.0.3
paths:
  /pets/{id}:
    get:
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}, example: \"x\\e[31m\"}
        - {$ref: '#/components/parameters/Missing'}
      responses: {'200': {description: a pet}}
";

const SCRIPT: &str = "\
script: 1
rules:
  getPetsId: 404
  getPetsID: 200
";

#[test]
fn a_bundled_document_is_faultless() {
    for name in ["tyk", "arcgis"] {
        let checked = run(["check", name]);
        assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""));
        assert!(checked.stdout.ends_with(": 0 errors, 0 warnings, 0 notes\n"), "{}", checked.stdout);
    }
}

#[test]
fn findings_show_the_line_and_what_to_do() {
    let checked = run_with_input(["check", "-"], BROKEN);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    insta::assert_snapshot!(checked.stdout);
}

#[test]
fn findings_of_a_script_are_shown_beside_those_of_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let document = write(folder.path(), "pets.yaml", BROKEN);
    let script = write(folder.path(), "pets.script.yaml", SCRIPT);
    let checked = run(["check", text(&document), "--script", text(&script)]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    insta::assert_snapshot!(checked.stdout.replace(text(folder.path()), "."));
}

#[test]
fn findings_as_json() {
    let checked = run_with_input(["check", "-", "--format", "json"], BROKEN);
    assert_eq!(checked.code, Some(1));
    let report: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!(report["version"], 1);
    let codes: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["member-missing", "operation-id-missing", "example-invalid", "reference-unresolved"]);
    assert_eq!(report["findings"][3]["line"], 7);
}

#[test]
fn a_document_that_cannot_be_read_says_where_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let unfinished = write(folder.path(), "unfinished.json", "{\"openapi\": \"3.1.0\",\n \"paths\": {]}");
    let other = write(folder.path(), "other.yaml", "just: some YAML\n");
    let missing = folder.path().join("missing.yaml");
    let mut shown = String::new();
    for path in [&unfinished, &other, &missing] {
        let checked = run(["check", text(path)]);
        assert_eq!((checked.code, checked.stdout.as_str()), (Some(2), ""), "{checked:?}");
        shown.push_str(&checked.stderr);
        shown.push_str("---\n");
    }
    insta::assert_snapshot!(shown.replace(text(folder.path()), "."));
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let plain = run_with_input(["check", "-"], BROKEN);
    assert!(!plain.stdout.contains('\u{1b}'), "{}", plain.stdout);
    let coloured = run_with_input(["check", "-", "--color", "always"], BROKEN);
    assert!(coloured.stdout.contains("\u{1b}["), "{}", coloured.stdout);
}
