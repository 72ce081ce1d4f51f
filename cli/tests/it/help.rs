//! The help texts, and how wrong flags are refused.

use crate::process::run;

#[test]
fn help_of_every_command() {
    for command in [
        "", "mock", "test", "replay", "snapshot", "report", "merge", "check", "explain", "client",
        "scaffold", "ctl", "schema",
    ] {
        let arguments = [command, "--help"];
        let help = run(arguments.into_iter().filter(|argument| !argument.is_empty()));
        assert_eq!(help.code, Some(0), "{help:?}");
        let name = if command.is_empty() { "help" } else { command };
        insta::assert_snapshot!(format!("help_{name}"), help.stdout);
    }
}

#[test]
fn wrong_flags_are_refused_with_what_to_do() {
    let rows: [(&str, &[&str], &str); 12] = [
        ("header name", &["test", "--header", "Ad min: x"], "`Ad min` is not the name of a header"),
        ("header", &["test", "--header", "Admin-Auth"], "write `Name: value`"),
        ("report", &["test", "--report", "pdf=x"], "there is no report `pdf`; there are junit"),
        ("report path", &["test", "--report", "junit="], "there is no path after `=`"),
        ("seed", &["test", "--seed", "x"], "give a whole number, or `random`"),
        ("check", &["test", "--checks", "nope"], "no check is called `nope`"),
        ("host", &["mock", "--host", "nowhere"], "invalid IP address"),
        (
            "upstream",
            &["mock", "--upstream", "http://169.254.169.254"],
            "a link-local address, which is never contacted",
        ),
        ("credentials", &["mock", "--upstream", "http://me:hunter2@api.test"], "holds credentials"),
        ("operation", &["mock", "tyk", "--stub", "generateAuthToken"], "--upstream <URL>"),
        ("callback host", &["mock", "--callbacks", "http://localhost/x"], "is no host; write `example.com`"),
        ("command", &["frobnicate"], "unrecognized subcommand"),
    ];
    for (name, arguments, expected) in rows {
        let refused = run(arguments.iter().copied());
        assert_eq!(refused.code, Some(2), "{name}: {refused:?}");
        assert!(refused.stderr.contains(expected), "{name}: {}", refused.stderr);
        assert_eq!(refused.stdout, "", "{name}");
    }
}
