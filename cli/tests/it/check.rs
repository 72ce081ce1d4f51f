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
        let last = checked.stdout.lines().last().expect("a table");
        let counts: Vec<&str> = last.split_whitespace().skip(2).collect();
        assert_eq!(counts, ["0", "0", "0"], "{}", checked.stdout);
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
fn several_documents_are_checked_and_one_that_cannot_be_read_spoils_none() {
    let folder = tempfile::tempdir().unwrap();
    let good = write(folder.path(), "good.yaml", BROKEN);
    let bad = write(folder.path(), "bad.yaml", "a: [");
    let missing = folder.path().join("missing.yaml");
    let checked = run(["check", text(&missing), "tyk"]);
    assert_eq!(checked.code, Some(2), "{checked:?}");
    assert!(checked.stderr.contains("missing.yaml") && checked.stdout.contains("tyk"), "{checked:?}");
    let checked = run(["check", text(&bad), text(&good), "tyk"]);
    assert_eq!(checked.code, Some(2), "{checked:?}");
    assert_eq!(checked.stderr, "");
    let table: Vec<&str> = checked.stdout.lines().skip_while(|line| !line.starts_with("document")).collect();
    let cells = |line: &&str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let table: Vec<String> = table.iter().map(cells).collect();
    insta::assert_snapshot!(table.join("\n").replace(text(folder.path()), "."));
}

#[test]
fn what_fails_and_what_is_left_out_is_ones_own_choice() {
    let rows: [(&[&str], i32); 6] = [
        (&[], 1),
        (&["--deny", "note"], 1),
        (&["--deny", "error"], 1),
        (&["--deny", "error", "--allow", "reference-unresolved"], 0),
        (&["--allow", "reference-unresolved", "--allow", "example-invalid"], 0),
        (&["--allow", "example-invalod"], 2),
    ];
    for (options, code) in rows {
        let checked = run_with_input(["check", "-"].iter().chain(options).copied(), BROKEN);
        assert_eq!(checked.code, Some(code), "{options:?}: {checked:?}");
    }
}

#[test]
fn what_is_read_leniently_is_an_error_when_strict() {
    let twice = "openapi: 3.0.3\npaths: {/a: {}, /a: {}}\n";
    let rows: [(&[&str], i32); 2] =
        [(&["check", "-", "--deny", "error"], 0), (&["check", "-", "--strict", "--deny", "error"], 1)];
    for (arguments, code) in rows {
        let checked = run_with_input(arguments.iter().copied(), twice);
        assert_eq!(checked.code, Some(code), "{checked:?}");
        assert!(checked.stdout.contains("key-repeated"), "{checked:?}");
    }
}

#[test]
fn only_the_first_of_many_are_shown_unless_all_are_wanted() {
    let paths: String =
        (0..25).map(|number| format!("  /p{number}: {{get: {{responses: {{}}}}}}\n")).collect();
    let many = format!("openapi: 3.0.3\npaths:\n{paths}");
    let shown = |options: &[&str]| {
        let checked = run_with_input(["check", "-"].iter().chain(options).copied(), &many);
        (
            checked.stdout.matches("[responses-missing]").count(),
            checked.stdout.contains("... and 15 more responses-missing"),
        )
    };
    assert_eq!(shown(&[]), (10, true));
    assert_eq!(shown(&["--all"]), (25, false));
}

#[test]
fn findings_as_sarif() {
    let checked = run_with_input(["check", "-", "--format", "sarif"], BROKEN);
    assert_eq!(checked.code, Some(1));
    let log: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "counterfoil");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        // What the SARIF schema requires, and what code scanners show.
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["text"].as_str().unwrap().contains("What to do"), "{rule}");
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let location = &result["locations"][0];
        assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], "%3Cstdin%3E");
        assert!(location["physicalLocation"]["region"]["startLine"].as_u64().unwrap() >= 1);
        assert!(location["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap().starts_with('#'));
    }
}

#[test]
fn programs_are_told_of_a_document_that_cannot_be_read() {
    for format in ["json", "sarif", "github"] {
        let checked =
            run_with_input(["check", "-", "--format", format, "--allow", "document-unreadable"], "a: [\n");
        assert_eq!((checked.code, checked.stderr.as_str()), (Some(2), ""), "{checked:?}");
        assert!(checked.stdout.contains("document-unreadable"), "{}", checked.stdout);
    }
}

#[test]
fn findings_as_annotations() {
    let checked = run_with_input(["check", "-", "--format", "github"], BROKEN);
    assert_eq!(checked.code, Some(1));
    insta::assert_snapshot!(checked.stdout);
}

/// A text of a document that drives a terminal, turns the direction of writing, or gives orders to a CI server.
#[test]
fn what_a_document_says_gives_no_orders() {
    let hostile = "openapi: 3.0.3\npaths:\n  ? \"/a\\e[31m\\u202E\\n::error::owned\\n##[set-env name=X]y\"\n  : get: {operationId: \"\\u202E\"}\n  \"%0A::error::x\": {get: {}}\n";
    for format in ["text", "github"] {
        let checked = run_with_input(["check", "-", "--format", format], hostile);
        assert_eq!(checked.code, Some(1), "{checked:?}");
        for line in checked.stdout.lines() {
            assert!(!line.trim_start().starts_with("::error::"), "{line}");
            assert!(!line.contains("##["), "{line}");
            assert!(
                !line.chars().any(|character| character == '\u{1b}' || character == '\u{202e}'),
                "{line:?}"
            );
        }
    }
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
        assert_eq!(checked.code, Some(2), "{checked:?}");
        let findings = checked.stdout.split("document  ").next().expect("text comes before the table");
        shown.push_str(findings);
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

#[test]
fn findings_of_an_included_script_show_its_own_line() {
    let folder = tempfile::tempdir().unwrap();
    let document = write(folder.path(), "pets.yaml", BROKEN);
    write(folder.path(), "part.yaml", "script: 1\nrules:\n  listPetz: 404\n");
    let script = write(folder.path(), "pets.script.yaml", "script: 1\ninclude: [part.yaml]\n");
    let checked = run(["check", text(&document), "--script", text(&script)]);
    let shown = checked.stdout.replace(text(folder.path()), ".");
    let line = shown.lines().find(|line| line.contains("operation-unknown")).unwrap_or_default();
    assert!(shown.contains("./part.yaml:3:3") && line.contains("operation-unknown"), "{shown}");
    assert!(shown.contains("listPetz: 404"), "the line itself: {shown}");
}
