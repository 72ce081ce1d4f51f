//! What is wrong with a resource: all of it, with its place and what to do.

use counterfoil_openapi::Severity;

use super::{NOTES, PETS, TEAMS, load};

fn told(text: &str) -> String {
    let findings = match load(text) {
        Ok(script) => script.findings().to_vec(),
        Err(error) => error.findings().to_vec(),
    };
    let lines = findings.iter().map(|finding| match &finding.hint {
        Some(hint) => format!("{finding}\n  {hint}\n"),
        None => format!("{finding}\n"),
    });
    lines.collect()
}

#[test]
fn what_is_right_is_taken() {
    for text in [PETS, TEAMS, NOTES] {
        let script = load(text).unwrap_or_else(|error| panic!("{:#?}", error.findings()));
        assert!(script.findings().iter().all(|finding| finding.severity == Severity::Note), "{}", told(text));
    }
}

/// Each line is a resource, and what is told of it.
#[test]
fn each_finding_says_its_code_its_place_and_what_to_do() {
    let table: [(&str, &[&str]); 24] = [
        ("{ list: listPets }", &["value-invalid"]),
        ("{ key: id }", &["resource-operation"]),
        ("{ key: id, create: createPet }", &["resource-operation"]),
        ("{ key: id, list: listPetz }", &["operation-unknown"]),
        ("{ key: id, read: getPet, update: getPet }", &["resource-operation"]),
        ("{ key: idd, list: listPets }", &["resource-key"]),
        ("{ key: id, list: listPets, read: listPets }", &["resource-operation"]),
        ("{ key: slug, list: putNote }", &["resource-key"]),
        ("{ key: id, list: deletePet }", &["resource-reply"]),
        ("{ key: id, list: listPets, filter: [kin] }", &["matcher-unknown"]),
        ("{ key: id, list: listPets, filter: [owner, limit] }", &["matcher-unknown"]),
        ("{ key: id, read: getPet, filter: [kind] }", &["key-conflict"]),
        ("{ key: id, list: listPets, page: { limit: limt } }", &["matcher-unknown"]),
        ("{ key: id, list: listPets, page: { total: header.X-Totl } }", &["resource-reply"]),
        ("{ key: id, list: listPets, page: { next: header.Link } }", &["key-conflict"]),
        ("{ key: id, list: listPets, page: { offset: offset, cursor: limit } }", &["key-conflict"]),
        (
            "{ key: id, in: path.orgId, list: listTeams, page: { total: body.meta.totl } }",
            &["resource-reply"],
        ),
        ("{ key: id, in: path.orgid, list: listTeams }", &["matcher-unknown"]),
        ("{ key: id, in: body.orgId, list: listTeams }", &["value-invalid"]),
        ("{ key: id, list: listPets, page: { items: body.items } }", &["resource-reply"]),
        (
            "{ key: id, list: listPets, seed: [{ id: one, name: '' }] }",
            &["seed-invalid", "seed-invalid", "seed-invalid"],
        ),
        (
            "{ key: id, list: listPets, seed: [{ id: 1, name: a, createdAt: '2026-01-01T00:00:00Z' }, { id: 1, name: b, createdAt: '2026-01-01T00:00:00Z' }] }",
            &["seed-invalid"],
        ),
        ("{ key: id, list: listPets, seed: [7] }", &["seed-invalid"]),
        (
            "{ key: slug, list: listNotes, read: getNote, seed: [{ slug: a }, { text: b }] }",
            &["resource-reply", "seed-invalid", "seed-invalid"],
        ),
    ];
    let (mut all, mut differences) = (String::new(), Vec::new());
    for (line, expected) in table {
        let found = told(&format!("script: 1\nresources:\n  it: {line}\n"));
        let codes: Vec<&str> = found
            .lines()
            .filter_map(|line| line.split_once('[')?.1.split_once("]: ").map(|(code, _)| code))
            .collect();
        if codes != expected {
            differences.push(format!("{line}: {expected:?}\n{found}"));
        }
        assert!(
            found.lines().filter(|line| !line.starts_with(' ')).all(|line| line.contains("(at /")),
            "{found}"
        );
        all.push_str(&format!("{line}\n{found}\n"));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("resources", all);
    });
}

#[test]
fn an_operation_is_part_of_one_resource() {
    let text = "script: 1\nresources:\n  a: { key: id, list: listPets }\n  b: { key: id, list: GET /pets }\n";
    let found = told(text);
    assert_eq!(found.matches("[resource-operation]").count(), 1, "{found}");
    assert!(found.contains("`GET /pets` is `list` of the resource `a` already"), "{found}");
}
