//! `counterfoil client`: a crate in a folder, written whole, kept current, and nowhere else.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::process::{run, write};

const PETS: &str = r#"
openapi: 3.1.0
info: {title: Pets, version: '1'}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
    Pet: {type: object, required: [name], properties: {name: {type: string}, of: {$ref: '#/components/schemas/Pet'}}}
paths:
  /pets:
    get:
      operationId: listPets
      parameters: [{name: tags, in: query, explode: false, schema: {type: array, items: {type: string}}}]
      responses:
        '200': {description: some, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}}}}
        '202': {description: later}
        '400': {description: no, content: {multipart/mixed: {schema: {type: object}}}}
"#;

/// Every file below a folder with what it holds.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut queue = vec![folder.to_owned()];
    while let Some(inner) = queue.pop() {
        for entry in std::fs::read_dir(&inner).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                queue.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("below it").to_string_lossy().into_owned();
            found.insert(name, std::fs::read(&path).expect("a file"));
        }
    }
    found
}

#[test]
fn a_client_is_written_and_kept_current() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = write(folder.path(), "pets.yaml", PETS);
    let crate_folder = folder.path().join("out").join("pets");
    let (document, output) = (document.to_str().expect("text"), crate_folder.to_str().expect("text"));
    let client =
        |more: &[&str]| run(["client", document, "--output", output].into_iter().chain(more.iter().copied()));

    let stale = client(&["--check"]);
    assert_eq!(stale.code, Some(1), "{stale:?}");
    assert!(!crate_folder.exists());
    let written = client(&[]);
    assert_eq!(written.code, Some(0), "{written:?}");
    assert!(
        written.stdout.contains("pets-client: 1 of 1 operations, 1 of 4 parameters and bodies"),
        "{written:?}"
    );
    assert!(written.stdout.contains("response-untyped"), "{written:?}");
    let first = files(&crate_folder);
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "Cargo.toml",
            "README.md",
            "counterfoil-client.txt",
            "examples/first_call.rs",
            "src/client.rs",
            "src/lib.rs",
            "src/replies.rs",
            "src/scripting/answer.rs",
            "src/scripting/call.rs",
            "src/scripting/condition.rs",
            "src/scripting/control.rs",
            "src/scripting/error.rs",
            "src/scripting/expected.rs",
            "src/scripting/fault.rs",
            "src/scripting/field.rs",
            "src/scripting/member.rs",
            "src/scripting/mod.rs",
            "src/scripting/rule.rs",
            "src/scripting/stub.rs",
            "src/security.rs",
            "src/settings.rs",
            "src/stub.rs",
            "src/wire/body.rs",
            "src/wire/mod.rs",
            "src/wire/reply.rs",
            "src/wire/url.rs",
            "tests/stub.rs",
        ]
    );
    assert_eq!(client(&["--check"]).code, Some(0));
    assert!(client(&[]).stdout.contains("is current"));
    assert_eq!(files(&crate_folder), first);

    // What cargo leaves there is kept when the document changes; nothing is left beside the folder.
    std::fs::create_dir(crate_folder.join("target")).expect("a folder");
    write(&crate_folder.join("target"), "kept", "");
    write(folder.path(), "pets.yaml", &PETS.replace("listPets", "allPets"));
    let stale = client(&["--check"]);
    assert!(stale.stdout.contains("src/client.rs"), "{stale:?}");
    assert!(client(&[]).stdout.contains("replaced"));
    assert!(crate_folder.join("target").join("kept").exists());
    assert!(String::from_utf8_lossy(&files(&crate_folder)["src/client.rs"]).contains("fn all_pets"));
    assert_eq!(files(&folder.path().join("out")).len(), first.len() + 1);
}

#[test]
fn what_someone_else_wrote_is_not_written_over() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = write(folder.path(), "pets.yaml", PETS);
    let crate_folder = folder.path().join("pets");
    std::fs::create_dir(&crate_folder).expect("a folder");
    write(&crate_folder, "notes.txt", "mine");
    let (document, output) = (document.to_str().expect("text"), crate_folder.to_str().expect("text"));
    let refused = run(["client", document, "--output", output]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("it holds `notes.txt`, which this did not write"), "{refused:?}");
    assert!(refused.stderr.contains("`--force`"), "{refused:?}");
    assert_eq!(files(&crate_folder).len(), 1);
    assert_eq!(run(["client", document, "--output", output, "--force"]).code, Some(0));
    assert_eq!(files(&crate_folder)["notes.txt"], b"mine");
    // What was changed by hand is someone else's too.
    std::fs::remove_file(crate_folder.join("notes.txt")).expect("it is there");
    write(&crate_folder.join("src"), "client.rs", "// mine");
    let refused = run(["client", document, "--output", output]);
    assert!(refused.stderr.contains("`src/client.rs`"), "{refused:?}");
    assert_eq!(files(&crate_folder)["src/client.rs"], b"// mine");
}

#[test]
fn a16_a_title_that_is_a_path_stays_in_the_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for title in ["../../x", "/etc/cron.d/x", "..", "a/../../b", "C:\\\\x", "\\0", ".git/hooks/pre-commit"] {
        let text =
            PETS.replace("title: Pets", &format!("title: \"{title}\"")).replace("listPets", "../../evil");
        let document = write(folder.path(), "pets.yaml", &text);
        let output = folder.path().join("a").join("b").join("out");
        let (document, place) = (document.to_str().expect("text"), output.to_str().expect("text"));
        for arguments in [
            ["client", document, "--output", place, "--format=json"],
            ["scaffold", document, "--output", place, "--format=json"],
            ["client", document, "--output", place, "--macro"],
        ] {
            let written = run(arguments);
            assert_eq!(written.code, Some(0), "{title}: {written:?}");
            if let Ok(report) = serde_json::from_str::<Value>(&written.stdout) {
                let name = report["crate"].as_str().expect("a name");
                let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                assert!(is_plain, "{title}: {name}");
            }
            let all = files(folder.path());
            let outside: Vec<&String> = all.keys().filter(|path| !path.starts_with("a/b/out/")).collect();
            assert_eq!(outside, ["pets.yaml"], "{title}: {arguments:?}");
            std::fs::remove_dir_all(&output).expect("it was written");
        }
    }
    let refused = run(["client", "tyk", "--output", "x", "--name", "../../x"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("not the name of a crate"), "{refused:?}");
}

#[test]
fn what_a_document_is_told_in_acts_on_no_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = PETS.replace("multipart/mixed", "\"multipart/\\e[31m\\a\"");
    let document = write(folder.path(), "pets.yaml", &text);
    let output = folder.path().join("pets");
    let written =
        run(["client", document.to_str().expect("text"), "--output", output.to_str().expect("text")]);
    assert_eq!(written.code, Some(0), "{written:?}");
    assert!(written.stdout.contains("response-untyped"), "{written:?}");
    assert!(!written.stdout.contains(['\u{1b}', '\u{7}']), "{written:?}");
}

#[test]
fn a_document_for_the_macro_is_written_and_its_lines_are_printed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let document = write(folder.path(), "pets.yaml", PETS);
    let output = folder.path().join("out");
    let (document, place) = (document.to_str().expect("text"), output.to_str().expect("text"));
    let lower = |more: &[&str]| {
        run(["client", document, "--output", place, "--macro"].into_iter().chain(more.iter().copied()))
    };

    let written = lower(&[]);
    assert_eq!(written.code, Some(0), "{written:?}");
    assert!(written.stdout.contains("progenitor::generate_api!(\"pets-client.json\");"), "{written:?}");
    assert!(written.stdout.contains("progenitor = \"0.15\"\nreqwest = "), "{written:?}");
    assert!(written.stdout.contains("response-untyped"), "{written:?}");
    assert!(written.stdout.contains("pets-client.json: 1 of 1 operations"), "{written:?}");
    let text = String::from_utf8(files(&output)["pets-client.json"].clone()).expect("text");
    let lowered: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(lowered["openapi"], "3.0.3");
    assert_eq!(lowered["paths"]["/pets"]["get"]["operationId"], "list_pets");
    assert_eq!(lower(&[]).code, Some(0), "it is made again");

    // What someone else wrote is kept.
    write(&output, "pets-client.json", "{}");
    let refused = lower(&[]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("this did not write what is there"), "{refused:?}");
    assert_eq!(files(&output)["pets-client.json"], b"{}");
    assert_eq!(lower(&["--force"]).code, Some(0));
}
