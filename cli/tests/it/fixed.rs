//! Values that `counterfoil test` is told to send: by flags, by a file and its profiles.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::process::{run, text, write};

const PETS: &str = "\
openapi: 3.0.3
info: {title: Pets, version: '1'}
paths:
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
    post:
      operationId: feedPet
      parameters: [{name: lang, in: query, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {type: object, properties: {pin: {type: string, format: password}, food: {type: string}}}}}}
      responses: {'200': {description: fed, content: {application/json: {schema: {type: object}}}}}
";
const LIAR: &str =
    "script: 1\nrules:\n  feedPet:\n    - {when: {valid: any}, status: 500, body: 5, allow_invalid: true}\n";

#[test]
fn values_are_set_by_flags_a_file_and_its_profiles() {
    let folder = tempfile::tempdir().unwrap();
    let pets = write(folder.path(), "pets.yaml", PETS);
    let script = write(folder.path(), "liar.yaml", LIAR);
    let settings = "[test]\nmax-cases = 10\n[test.set]\npath.petId = 7\nquery.lang = 'de'\n[profiles.other.set]\n'query.lang@feedPet' = 'fr'\n";
    let file = write(folder.path(), "settings.toml", settings);
    let events = folder.path().join("events.ndjson");
    let report = format!("ndjson={}", text(&events));
    let base = ["test", text(&pets), "--config", text(&file), "--script", text(&script), "--report", &report];
    let tested = |more: &[&str]| run(base.into_iter().chain(more.iter().copied()));
    // Where requests went, below the address of the stub.
    let targets = || -> BTreeSet<String> {
        let text = std::fs::read_to_string(&events).unwrap();
        let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let urls = events.filter_map(|event| Some(event["case"]["exchange"]["url"].as_str()?.to_owned()));
        // One request has a parameter beside them that the document does not have.
        let below = |url: String| url[url.find("/pets").unwrap()..].replace("&counterfoil-unknown=1", "");
        urls.map(below).collect()
    };
    for (flags, expected) in [
        (&[][..], "/pets/7?lang=de"),
        (&["--profile", "other"], "/pets/7?lang=fr"),
        (&["--set", "path.petId=8"], "/pets/8?lang=de"),
        (&["--set", "query.lang=it", "--set", "path.petId@POST=9"], "/pets/9?lang=it"),
    ] {
        let tested = tested(flags);
        assert_eq!(tested.code, Some(1), "{tested:?}");
        assert_eq!(targets(), [expected.to_owned()].into(), "{flags:?}");
        assert!(tested.stdout.contains(expected), "{flags:?}: {}", tested.stdout);
    }
}

#[test]
fn what_is_set_is_told_but_for_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let pets = write(folder.path(), "pets.yaml", PETS);
    let script = write(folder.path(), "liar.yaml", LIAR);
    let flags = ["--set", "path.petId=7", "--set", "body.pin=canary-1234", "--max-cases", "10"];
    let (cases, events) = (folder.path().join("cases"), folder.path().join("events"));
    let report = format!("ndjson={}", events.display());
    let written = ["--cases", text(&cases), "--report", &report];
    let tested =
        run(["test", text(&pets), "--script", text(&script)].into_iter().chain(flags).chain(written));
    assert_eq!(tested.code, Some(1), "{tested:?}");
    let told = "--set path.petId=7 --set \"body.pin=$COUNTERFOIL_BODY_PIN\"";
    assert!(tested.stdout.contains(told), "{}", tested.stdout);
    assert!(!tested.stdout.contains("canary"), "{}", tested.stdout);
    let files: Vec<_> = fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    let texts: Vec<String> =
        files.iter().chain([&events]).map(|path| fs::read_to_string(path).unwrap()).collect();
    assert!(texts.iter().any(|text| text.contains("COUNTERFOIL_BODY_PIN")), "{texts:?}");
    assert!(!texts.iter().any(|text| text.contains("canary")), "{texts:?}");
}

#[test]
fn what_cannot_be_set_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pets = write(folder.path(), "pets.yaml", PETS);
    for (value, expected) in [
        ("path.petId", "there is no `=`"),
        ("petId=7", "`petId` is no place; write `path.NAME`"),
        ("path.=7", "`path.` is no place"),
        ("path.petID=7", "pets.yaml has `path.petID`; there is path.petId"),
        (
            "path.petId=rex",
            "`path.petId` cannot be set to \"rex\" in feedPet: \"rex\" is not of type \"integer\"",
        ),
        ("query.lang@readPet=de", "there is @feedPet"),
    ] {
        let refused = run(["test", text(&pets), "--set", value]);
        assert_eq!(refused.code, Some(2), "{value}: {refused:?}");
        assert!(refused.stderr.contains(expected), "{value}: {}", refused.stderr);
    }
    // Of several documents one has to have the place.
    let both = run(["test", "--set", "body.ForSection=portal", "--max-cases", "5", "--phases", "fuzzing"]);
    assert_eq!(both.code, Some(0), "{both:?}");
}
