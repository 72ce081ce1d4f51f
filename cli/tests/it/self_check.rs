//! Whether the suite finds what is broken on purpose.

use serde_json::Value;

use crate::process::{Finished, run, text};

/// Runs the self-check of a document, and gives what it found and missed.
fn score(document: &str, flags: &[&str]) -> (Finished, u64, u64) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let json = folder.path().join("score.json");
    let arguments = ["test", document, "--self-check", "--score", text(&json)];
    let checked = run(arguments.into_iter().chain(flags.iter().copied()));
    let Ok(written) = std::fs::read(&json) else { return (checked, 0, 0) };
    let scores: Value = serde_json::from_slice(&written).expect("it is JSON");
    let count = |member: &str| scores[0][member].as_u64().expect("it is a number");
    (checked, count("found"), count("missed"))
}

#[test]
fn the_suite_finds_every_mutant_of_a_bundled_document() {
    for document in ["tyk", "arcgis"] {
        let (checked, found, missed) = score(document, &["--max-cases", "10"]);
        assert_eq!(checked.code, Some(0), "{}{}", checked.stdout, checked.stderr);
        assert!(checked.stdout.contains("cases, 0 failures"), "{}", checked.stdout);
        assert!(found >= 30 && missed == 0, "{}", checked.stdout);
    }
}

#[test]
fn what_is_not_found_is_told_and_fails() {
    // Without the check that is named for it, a mutant is told by that check alone.
    let flags = ["--mutations", "wrong-type,forget-allow", "--phases", "examples", "--max-cases", "5"];
    let (checked, found, missed) = score("tyk", &flags);
    assert_eq!((checked.code, found, missed), (Some(1), 1, 1), "{}{}", checked.stdout, checked.stderr);
    let told = "forget-allow on POST /admin/sso: none of";
    assert!(checked.stdout.contains(told), "{}", checked.stdout);
    assert!(checked.stdout.contains("mutation score: 1 of 2 mutants found (50.0 %)"), "{}", checked.stdout);
}

#[test]
fn operations_that_no_request_means_have_no_mutants() {
    const DOCUMENT: &str = "openapi: 3.0.3\npaths:\n  /pets#all: {get: {responses: {'200': {description: ok}}}}\n  \
                            /pets#some: {get: {responses: {'200': {description: ok}}}}\n";
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let document = folder.path().join("pets.yaml");
    std::fs::write(&document, DOCUMENT).expect("it can be written");
    let (checked, found, missed) =
        score(text(&document), &["--mutations", "close-connection", "--max-cases", "5"]);
    assert_eq!((checked.code, found, missed), (Some(0), 1, 0), "{}{}", checked.stdout, checked.stderr);
}

#[test]
fn mutants_of_a_folder_of_documents() {
    const FOLDER: &str = "COUNTERFOIL_SELF_CHECK";
    let Some(folder) = std::env::var_os(FOLDER) else {
        println!("skipped: {FOLDER} names no folder of documents");
        return;
    };
    let mut documents: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder can be listed")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    documents.retain(|path| path.is_file());
    documents.sort();
    let (mut all, mut found) = (0, 0);
    for document in &documents {
        let (checked, is_found, is_missed) = score(text(document), &["--max-mutants", "60"]);
        println!("{}: {is_found} found, {is_missed} missed\n{}", document.display(), checked.stdout);
        all += is_found + is_missed;
        found += is_found;
    }
    assert!(found * 100 >= all * 98, "{found} of {all} mutants were found");
}
