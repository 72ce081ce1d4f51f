//! `counterfoil mock --watch`, with files saved as editors and others save them.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use crate::process::{Log, Mock, shell, text, write};

const PETS: &str = "\
openapi: 3.0.3
info: {title: Pets, version: '1'}
paths:
  /pets:
    get:
      operationId: listPets
      responses:
        '200': {description: ok, content: {application/json: {example: first}}}
        '503': {description: busy}
";

/// The document with another example.
fn pets(example: &str) -> String {
    PETS.replace("example: first", &format!("example: {example}"))
}

/// A document that takes its response from another file.
fn spread() -> String {
    PETS.replace(
        "{description: ok, content: {application/json: {example: first}}}",
        "{$ref: 'parts/replies.yaml#/ok'}",
    )
}

fn part(example: &str) -> String {
    format!("ok:\n  description: ok\n  content:\n    application/json:\n      example: {example}\n")
}

fn get(mock: &Mock) -> String {
    shell(&format!("curl -s {}/pets", mock.url))
}

/// A stub that watches a document.
fn watching(pets: &Path) -> (Mock, Log) {
    let (mut mock, log) = Mock::start_logged([text(pets), "--watch"]);
    mock.announcement();
    (mock, log)
}

#[test]
fn watch_reloads_the_document_whichever_way_it_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "pets.yaml", PETS);
    let (mock, log) = watching(&path);
    assert_eq!(get(&mock), r#""first""#);
    log.until("/pets");
    let beside = folder.path().join("pets.yaml.new");
    type Save<'s> = (&'s str, &'s dyn Fn(&str));
    let ways: [Save<'_>; 5] = [
        ("rewritten", &|text| fs::write(&path, text).unwrap()),
        ("replaced", &|text| {
            fs::write(&beside, text).unwrap();
            fs::rename(&beside, &path).unwrap();
        }),
        ("deleted and written", &|text| {
            fs::remove_file(&path).unwrap();
            fs::write(&path, text).unwrap();
        }),
        ("moved away and written", &|text| {
            fs::rename(&path, folder.path().join("pets.yaml~")).unwrap();
            fs::write(&path, text).unwrap();
        }),
        ("appended", &|text| {
            File::create(&path).unwrap();
            for line in text.split_inclusive('\n') {
                File::options().append(true).open(&path).unwrap().write_all(line.as_bytes()).unwrap();
            }
        }),
    ];
    for (number, (about, save)) in ways.into_iter().enumerate() {
        save(&pets(&format!("save{number}")));
        let told = log.until("reloaded: ");
        assert_eq!(told.len(), 1, "{about}: {told:?}");
        assert!(told[0].ends_with("reloaded: operations: 1 changed (listPets)"), "{about}: {told:?}");
        assert_eq!(get(&mock), format!("\"save{number}\""), "{about}");
        log.until("/pets");
    }
    let more = PETS.replace(
        "paths:",
        "paths:\n  /dogs: {get: {operationId: listDogs, responses: {'204': {description: none}}}}",
    );
    fs::write(&path, more.replace("/pets", "/cats").replace("listPets", "listCats")).unwrap();
    let told = log.until("reloaded: ").pop().unwrap();
    assert!(
        told.ends_with("reloaded: operations: 2 added (listCats, listDogs), 1 removed (listPets)"),
        "{told}"
    );
    assert_eq!(shell(&format!("curl -s {}/cats", mock.url)), r#""first""#);
}

#[test]
fn watch_reloads_everything_it_references_and_the_script_and_keeps_state() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("parts")).unwrap();
    let replies = write(folder.path(), "parts/replies.yaml", &part("first"));
    let path = write(folder.path(), "pets.yaml", &spread());
    let script = write(folder.path(), "s.yaml", "script: 1\nrules: {listPets: [503, 503, 200]}\n");
    let (mut mock, log) = Mock::start_logged([text(&path), "--script", text(&script), "--watch"]);
    mock.announcement();
    let status = || shell(&format!("curl -s -o /dev/null -w '%{{http_code}}' {}/pets", mock.url));
    assert_eq!([status(), status()], ["503", "503"]);
    fs::write(&replies, part("second")).unwrap();
    let told = log.until("reloaded: ").pop().unwrap();
    assert!(told.ends_with("reloaded: operations: 1 changed (listPets)"), "{told}");
    assert_eq!(get(&mock), r#""second""#, "the script goes on at its third reply");
    fs::write(&script, "script: 1\nrules: {listPets: 503}\n").unwrap();
    let told = log.until("reloaded: ").pop().unwrap();
    assert!(told.ends_with("reloaded: rules: 1 changed (listPets#1)"), "{told}");
    assert_eq!(status(), "503");
    let calls = shell(&format!("curl -s {}/calls", mock.control_url));
    assert_eq!(calls.matches("\"id\":").count(), 4, "the journal goes on: {calls}");
}

#[test]
fn a_mounted_document_stays_where_it_is_when_it_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "pets.yaml", PETS);
    let (mut mock, log) = Mock::start_logged([text(&path), "tyk", "--mount", "pets=/v7", "--watch"]);
    mock.announcement();
    for example in ["second", "third"] {
        fs::write(&path, pets(example)).unwrap();
        log.until("reloaded: operations: 1 changed (listPets)");
        assert_eq!(shell(&format!("curl -s {}/v7/pets", mock.url)), format!("\"{example}\""));
    }
}

/// As configuration is mounted into a container: the document is a link through a link that is pointed elsewhere.
#[cfg(unix)]
#[test]
fn a_link_that_is_pointed_elsewhere_is_followed() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    for (version, example) in [("v1", "first"), ("v2", "second")] {
        fs::create_dir(folder.path().join(version)).unwrap();
        write(folder.path(), &format!("{version}/pets.yaml"), &pets(example));
    }
    symlink("v1", folder.path().join("data")).unwrap();
    symlink("data/pets.yaml", folder.path().join("pets.yaml")).unwrap();
    let (mock, log) = watching(&folder.path().join("pets.yaml"));
    assert_eq!(get(&mock), r#""first""#);
    symlink("v2", folder.path().join("data.new")).unwrap();
    fs::rename(folder.path().join("data.new"), folder.path().join("data")).unwrap();
    log.until("reloaded: ");
    assert_eq!(get(&mock), r#""second""#);
}

/// Attack A17.
#[test]
fn watch_keeps_serving_the_old_one_when_the_new_one_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("parts")).unwrap();
    let script = "script: 1\nrules: {}\n";
    let good = [("pets.yaml", spread()), ("parts/replies.yaml", part("good")), ("s.yaml", script.to_owned())];
    for (name, text) in &good {
        write(folder.path(), name, text);
    }
    let place = |name: &str| folder.path().join(name);
    let (pets, script) = (place("pets.yaml"), place("s.yaml"));
    let (mut mock, log) = Mock::start_logged([text(&pets), "--script", text(&script), "--watch"]);
    mock.announcement();
    let half = spread()[..60].to_owned();
    // The file, what becomes of it (nothing: it is deleted), and what the error says.
    let rows: [(&str, Option<&str>, &str); 10] = [
        ("pets.yaml", Some("openapi: 3.0.3\npaths: {/a: [\n"), "pets.yaml:3:1: "),
        ("pets.yaml", Some(&half), "find an operation in"),
        ("pets.yaml", Some(""), "pets.yaml"),
        ("pets.yaml", None, "pets.yaml"),
        ("parts/replies.yaml", Some("ok: {description: [\n"), "parts/replies.yaml:2:1: "),
        ("parts/replies.yaml", Some(" \n"), "parts/replies.yaml: it is empty now"),
        ("parts/replies.yaml", None, "there is no file `parts/replies.yaml`"),
        ("s.yaml", Some("script: 1\nrules: {listPets: 418}\n"), "s.yaml"),
        ("s.yaml", Some("script: ["), "s.yaml"),
        ("s.yaml", None, "s.yaml"),
    ];
    for (name, text, says) in rows {
        match text {
            Some(text) => fs::write(place(name), text).unwrap(),
            None => fs::remove_file(place(name)).unwrap(),
        }
        let told =
            log.until("cannot reload, so what was loaded before is served on: failed to ").pop().unwrap();
        assert!(told.contains(says), "{name} {text:?}: {told}");
        assert_eq!(get(&mock), r#""good""#, "{name} {text:?}");
        let whole = &good.iter().find(|(known, _)| *known == name).unwrap().1;
        fs::write(place(name), whole).unwrap();
        let told = log.until("reloaded: ").pop().unwrap();
        assert!(told.ends_with("reloaded: nothing that is served"), "{told}");
        assert_eq!(get(&mock), r#""good""#);
    }
    fs::write(place("parts/replies.yaml"), part("better")).unwrap();
    log.until("reloaded: ");
    assert_eq!(get(&mock), r#""better""#);
}

/// Attack A65.
#[test]
fn a65_a_storm_of_saves_is_few_reloads_and_the_last_one_is_served() {
    const SAVES: usize = 1_000;
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "pets.yaml", PETS);
    let (mock, log) = watching(&path);
    for save in 1..=SAVES {
        fs::write(&path, pets(&format!("save{save}"))).unwrap();
    }
    let last = format!("\"save{SAVES}\"");
    let mut reloads = 0;
    loop {
        let told = log.until("reloaded: ");
        assert!(!told.iter().any(|line| line.contains("cannot reload")), "{told:?}");
        reloads += 1;
        if get(&mock) == last {
            break;
        }
    }
    println!("{SAVES} saves are {reloads} reloads");
    assert!(reloads <= 5, "{reloads} reloads");
}

#[test]
fn a_stub_without_files_says_that_nothing_is_watched() {
    let (mock, log) = Mock::start_logged(["tyk", "--watch"]);
    assert!(log.line().contains("nothing is watched"));
    drop(mock);
}

#[test]
fn watch_follows_what_a_script_includes_and_sends() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "pets.yaml", PETS);
    fs::create_dir(folder.path().join("parts")).unwrap();
    let part = write(folder.path(), "parts/busy.yaml", "script: 1\nrules: { listPets: 503 }\n");
    let body = write(folder.path(), "parts/body.json", "\"from a file\"");
    let script = write(folder.path(), "pets.script.yaml", "script: 1\ninclude: [parts/busy.yaml]\n");
    let (mut mock, log) = Mock::start_logged([text(&path), "--script", text(&script), "--watch"]);
    mock.announcement();
    let status = || shell(&format!("curl -s -o /dev/null -w '%{{http_code}}' {}/pets", mock.url));
    assert_eq!(status(), "503");
    fs::write(&part, "script: 1\nrules: { listPets: { file: body.json } }\n").unwrap();
    log.until("reloaded");
    assert_eq!(get(&mock), "\"from a file\"");
    fs::write(&body, "\"from the same file\"").unwrap();
    log.until("reloaded");
    assert_eq!(get(&mock), "\"from the same file\"");
}

#[test]
fn watch_follows_the_accepted_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let guarded = format!(
        "{PETS}security: [{{key: []}}]\ncomponents: {{securitySchemes: {{key: {{type: apiKey, in: header, name: X-Key}}}}}}\n"
    );
    let path = write(folder.path(), "pets.yaml", &guarded);
    let accepted = write(folder.path(), "accepted.yaml", "key: old\n");
    let (mut mock, log) = Mock::start_logged([text(&path), "--credentials", text(&accepted), "--watch"]);
    mock.announcement();
    let status = |key: &str| {
        shell(&format!("curl -s -o /dev/null -w '%{{http_code}}' -H 'X-Key: {key}' {}/pets", mock.url))
    };
    assert_eq!((status("old"), status("new")), ("200".to_owned(), "401".to_owned()));
    fs::write(&accepted, "key: new\n").unwrap();
    log.until("reloaded: credentials: 1 changed (key)");
    assert_eq!((status("old"), status("new")), ("401".to_owned(), "200".to_owned()));
    fs::write(&accepted, "other: newer\n").unwrap();
    log.until("cannot reload");
    assert_eq!(
        (status("old"), status("new")),
        ("401".to_owned(), "200".to_owned()),
        "what was served before stays"
    );
}
