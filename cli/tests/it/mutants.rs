//! Stubs that break their contract on purpose.

use std::collections::BTreeSet;

use crate::process::{Mock, run, shell};

#[test]
fn the_kinds_are_listed_with_the_checks_that_find_them() {
    let listed = run(["mock", "--mutate", "list"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let checks: BTreeSet<&str> =
        listed.stdout.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert!(listed.stdout.lines().count() >= 25, "{}", listed.stdout);
    for check in checks {
        let explained = run(["explain", check]);
        assert_eq!(explained.code, Some(0), "{check}: {explained:?}");
    }
}

#[test]
fn a_mutant_says_so_when_it_starts_and_in_every_reply_it_breaks() {
    let mock =
        Mock::start(["tyk", "--mutate", "undocumented-status@generateAuthToken", "--mutate", "forget-allow"]);
    let called = shell(&format!("curl -s -i -X DELETE {}/admin/sso", mock.url));
    assert!(called.contains("counterfoil-reason: mutated: forget-allow"), "{called}");
    let refused = run(["mock", "--mutate", "forget-alow"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused.stderr.contains("did you mean `forget-allow`?; `--mutate list` prints"),
        "{}",
        refused.stderr
    );
    let refused = run(["mock", "tyk", "--port", "0", "--mutate", "stall@nowhere"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused.stderr.contains("break `nowhere`: the document has no such operation"),
        "{}",
        refused.stderr
    );
}
