//! `counterfoil explain`.

use crate::process::run;

#[test]
fn all_checks_are_listed_and_each_is_explained() {
    let listed = run(["explain"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let names: Vec<&str> =
        listed.stdout.lines().map(|line| line.split_whitespace().next().unwrap_or_default()).collect();
    for known in
        ["not_a_server_error", "negative_data_rejection", "ignored_auth", "example-invalid", "key-repeated"]
    {
        assert!(names.contains(&known), "{}", listed.stdout);
    }
    for name in names {
        let explained = run(["explain", name]);
        assert_eq!(explained.code, Some(0), "{name}: {explained:?}");
        assert!(explained.stdout.starts_with(&format!("{name}\n\n")), "{}", explained.stdout);
        assert!(explained.stdout.lines().count() > 5, "{}", explained.stdout);
    }
}

#[test]
fn a_misspelt_check_is_guessed() {
    let explained = run(["explain", "ignore_auth"]);
    assert_eq!(explained.code, Some(2));
    insta::assert_snapshot!(explained.stderr, @"error: failed to find a check called `ignore_auth`; did you mean `ignored_auth`?");
    let explained = run(["explain", "zzz"]);
    insta::assert_snapshot!(explained.stderr, @"error: failed to find a check called `zzz`; `counterfoil explain` lists them all");
}
