//! `counterfoil snapshot`.

use std::path::Path;

use crate::process::{run, text};

const FRONT: &str =
    "---\nsource: \"pets.yaml\"\ndescription: \"GET /pets/{id} answered 200 with application/json\"\n---\n";

fn put(folder: &Path, name: &str, contents: &str) {
    std::fs::write(folder.join(name), format!("{FRONT}{contents}\n")).expect("it can be written");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it is there").flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn what_is_pending_is_listed_with_its_class_and_settled() {
    let folder = tempfile::tempdir().unwrap();
    let dir = text(folder.path());
    put(
        folder.path(),
        "pets__get.200.json.snap",
        "body: object\nbody.id: integer, always\nbody.name: string, always",
    );
    put(
        folder.path(),
        "pets__get.200.json.snap.new",
        "body: object\nbody.id: number, always\nbody.tag: string, sometimes",
    );
    put(folder.path(), "pets__get.404.json.snap.new", "body: object\nbody.\u{1b}[31m: string, always");
    let listed = run(["snapshot", "review", dir]);
    assert_eq!(listed.code, Some(1), "{listed:?}");
    insta::assert_snapshot!(listed.stdout, @r"
    GET /pets/{id} answered 200 with application/json
      pets__get.200.json.snap
      breaking  body.name: gone; it was always there
      risky     body.id: number; it was integer
      additive  body.tag: new: string, sometimes
    GET /pets/{id} answered 200 with application/json
      pets__get.404.json.snap
      risky     no answer like this was accepted before
        body: object
        body.\u{1b}[31m: string, always
    2 pending: 1 breaking, 1 risky, 0 additive
    ");
    let one = run(["snapshot", "accept", dir, "--only", "pets__get.200.json"]);
    assert_eq!(one.code, Some(0), "{one:?}");
    assert_eq!(names(folder.path()), ["pets__get.200.json.snap", "pets__get.404.json.snap.new"]);
    for (class, code) in [("breaking", 0), ("risky", 1), ("additive", 1)] {
        let rest = run(["snapshot", "review", dir, "--fail-on", class]);
        assert_eq!(rest.code, Some(code), "{class}: {rest:?}");
    }
    assert_eq!(run(["snapshot", "reject", dir]).code, Some(0));
    assert_eq!(names(folder.path()), ["pets__get.200.json.snap"]);
    let accepted = std::fs::read_to_string(folder.path().join("pets__get.200.json.snap")).unwrap();
    assert!(accepted.contains("body.id: number"), "{accepted}");
    assert_eq!(run(["snapshot", "review", dir, "--fail-on", "additive"]).code, Some(0));
    assert_eq!(run(["snapshot", "accept", dir, "--only", "nothing"]).code, Some(2));
    assert_eq!(run(["snapshot", "review", "/no/such/folder"]).code, Some(2));
}
