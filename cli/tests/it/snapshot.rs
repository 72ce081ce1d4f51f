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

/// At a terminal each is asked about; what is no answer is asked again.
#[cfg(unix)]
#[test]
fn a_review_at_a_terminal_asks_of_each_what_to_do() {
    use crate::process::counterfoil;
    use crate::pty::at_terminal;
    let folder = tempfile::tempdir().unwrap();
    let fill = || {
        for name in ["a", "b", "c", "d"] {
            put(folder.path(), &format!("{name}.snap"), "body: object\nbody.id: integer, always");
            put(folder.path(), &format!("{name}.snap.new"), "body: object\nbody.id: string, always");
        }
    };
    fill();
    let review = |typed: &str| {
        let mut command = counterfoil(["snapshot", "review", text(folder.path())]);
        at_terminal(command.env("NO_COLOR", "1"), typed)
    };
    let Some((code, seen)) = review("yes\na\nReject\ns\nq\n") else {
        println!("skipped: there is no python3");
        return;
    };
    assert_eq!(code, Some(1), "{seen}");
    assert_eq!(seen.matches("type a, r, s or q: ").count(), 1, "{seen}");
    assert!(seen.contains("1 of 4\n") && seen.contains("4 of 4\n"), "{seen}");
    assert!(seen.contains("breaking  body.id: string; it was integer"), "{seen}");
    assert!(seen.contains("2 still pending"), "{seen}");
    assert_eq!(names(folder.path()), ["a.snap", "b.snap", "c.snap", "c.snap.new", "d.snap", "d.snap.new"]);
    let contents = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(contents("a.snap").contains("id: string") && contents("b.snap").contains("id: integer"));
    // Who closes the terminal (here by the key for the end of a text) decides nothing more.
    let Some((code, seen)) = review("a\n\u{4}") else { return };
    assert_eq!(code, Some(1), "{seen}");
    assert!(seen.contains("1 still pending"), "{seen}");
    let Some((code, seen)) = review("a\n") else { return };
    assert_eq!((code, names(folder.path()).len()), (Some(0), 4), "{seen}");
}
